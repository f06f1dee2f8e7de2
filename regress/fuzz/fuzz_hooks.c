/*
 * Fuzzes what is imported as hooks, over HTTP as well: a settings file of
 * Claude Code.  What is taken is within bounds, and is the same once it was
 * written again.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "err.h"
#include "hook.h"
#include "valid.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool cond)
{
	if (!cond)
		abort();
}

static void
check_one(const struct msg_hook_text *h)
{
	char why[512] = "", hash[HOOK_HASH_LEN + 1];

	require(hook_check(h, why, sizeof(why)) == 0);
	require(strlen(h->command) <= HOOK_COMMAND_MAX &&
		strlen(h->matcher) <= HOOK_MATCHER_MAX);
	hook_hash(h, hash);
	require(hook_hash_ok(hash));
}

/* A hook of another event may come in between: they are kept by event. */
static bool
is_in(const struct msg_hook_text *h, const struct msg_hook_text *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(h->event, v[i].event) == 0 &&
		    strcmp(h->matcher, v[i].matcher) == 0 &&
		    strcmp(h->command, v[i].command) == 0 &&
		    h->timeout == v[i].timeout)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct msg_hook_text *v, *again;
	char why[512] = "";
	json_t *obj;
	size_t n, k;

	if (hook_texts_parse((const char *)data, len, &v, &n, why,
		sizeof(why)) != 0) {
		require(v == NULL && n == 0 && why[0] != '\0');
		require(valid_utf8(why, strlen(why)));
		return 0;
	}
	require(n <= HOOKS_MAX);
	for (size_t i = 0; i < n; i++)
		check_one(&v[i]);
	obj = hook_texts_json(v, n);
	require(hook_texts_read(obj, &again, &k, why, sizeof(why)) == 0);
	require(k == n);
	for (size_t i = 0; i < n; i++)
		require(is_in(&v[i], again, k));
	json_decref(obj);
	hook_texts_free(again, k);
	hook_texts_free(v, n);
	return 0;
}
