/*
 * Fuzzes the strict reading of JSON objects: whatever the text, either the
 * members fit the table, or an error says so in a bounded line of its own
 * words.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "valid.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct target {
	char *alias;
	long long cols;
	bool on;
	char **args;
	char *key;
};

static const struct json_member table[] = {
	{ "alias", JK_STRING, offsetof(struct target, alias), 64, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "cols", JK_INT, offsetof(struct target, cols), 0, 1, 4096, 0, NULL },
	{ "on", JK_BOOL, offsetof(struct target, on), 0, 0, 0, 0, NULL },
	{ "args", JK_STRINGS, offsetof(struct target, args), 4, 0, 0, 0, NULL },
	{ "key", JK_STRING, offsetof(struct target, key), 20, 0, 0, 0, NULL },
};
#define NTABLE (sizeof(table) / sizeof(*table))

static void
require(int cond)
{
	if (!cond)
		abort();
}

static void
check_why(const char *why, size_t size)
{
	require(why[0] != '\0' && strlen(why) < size);
	for (; *why != '\0'; why++)
		require((unsigned char)*why >= 0x20 && *why != 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct target t = { .cols = 80 };
	char why[200] = "";
	json_t *v;

	v = json_parse_object((const char *)data, len, why, sizeof(why));
	if (v == NULL) {
		check_why(why, sizeof(why));
		return 0;
	}
	if (json_get_members(v, table, NTABLE, &t, why, sizeof(why)) != 0)
		check_why(why, sizeof(why));
	else {
		require(t.alias != NULL && strlen(t.alias) <= 64);
		require(valid_utf8(t.alias, strlen(t.alias)));
		require(t.cols >= 1 && t.cols <= 4096);
		require(t.key == NULL || strlen(t.key) <= 20);
		for (size_t i = 0; t.args != NULL && t.args[i] != NULL; i++)
			require(i < 4 && strlen(t.args[i]) <= ARG_MAX_LEN);
	}
	json_free_members(table, NTABLE, &t);
	json_decref(v);
	return 0;
}
