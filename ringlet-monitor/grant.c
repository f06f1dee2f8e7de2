/*
 * The texts of grants.  They are written by the CLI's user and kept in a
 * profile's file, which a person may have edited: both are parsed here.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "grant.h"
#include "valid.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define KIB (1024ULL)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

static const struct {
	const char *word;
	enum grant_kind kind;
	bool value;
} kinds[] = {
	{ "ro", GRANT_RO, true },
	{ "rw", GRANT_RW, true },
	{ "env", GRANT_ENV, true },
	{ "ssh-agent", GRANT_SSH_AGENT, false },
	{ "nested-sandbox", GRANT_NESTED, false },
	{ "limit", GRANT_LIMIT, true },
};

struct unit {
	const char *name;
	uint64_t factor;
};

static const struct unit sizes[] = { { "", 1 }, { "k", KIB }, { "m", MIB },
	{ "g", GIB }, { "t", TIB }, { NULL, 0 } };
static const struct unit counts[] = { { "", 1 }, { NULL, 0 } };
static const struct unit times[] = { { "", 1 }, { "s", 1 }, { "m", 60 },
	{ "h", 3600 }, { NULL, 0 } };

/* Below the least of each no agent would start. */
static const struct {
	const char *name;
	enum grant_limit limit;
	const struct unit *units;
	uint64_t min, max;
	const char *accepts;
} limits[] = {
	{ "memory", LIMIT_MEMORY, sizes, 64 * MIB, 1024 * TIB,
	    "a size from 64M, such as 4G" },
	{ "processes", LIMIT_PROCESSES, counts, 16, 4194304,
	    "a number from 16 to 4194304" },
	{ "files", LIMIT_FILES, counts, 64, 1048576,
	    "a number from 64 to 1048576" },
	{ "cpu", LIMIT_CPU, times, 1, 366 * 86400ULL,
	    "a time from 1s, such as 90s, 30m or 2h" },
	{ "tmp", LIMIT_TMP, sizes, MIB, TIB,
	    "a size from 1M to 1T, such as 512M" },
};

static bool
parse_number(const char *s, const struct unit *units, uint64_t max,
    uint64_t *out)
{
	size_t n = strspn(s, "0123456789");
	const struct unit *u;
	const char *errstr;
	char digits[20];

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	for (u = units; u->name != NULL; u++)
		if (strcasecmp(s + n, u->name) == 0)
			break;
	if (u->name == NULL)
		return false;
	*out = (uint64_t)strtonum(
	    digits, 0, (long long)(max / u->factor), &errstr);
	*out *= u->factor;
	return errstr == NULL;
}

static int
parse_limit(struct grant *g, char *why, size_t size)
{
	size_t len = strcspn(g->value, "="), i;

	for (i = 0; i < NELEM(limits); i++)
		if (strlen(limits[i].name) == len &&
		    strncmp(limits[i].name, g->value, len) == 0)
			break;
	if (i == NELEM(limits) || g->value[len] != '=') {
		snprintf(why, size, "limit: there are memory=, processes=, "
		    "files=, cpu= and tmp=");
		return RL_ERR_INVALID;
	}
	if (!parse_number(g->value + len + 1, limits[i].units, limits[i].max,
		&g->number) || g->number < limits[i].min) {
		snprintf(why, size, "limit %s: must be %s", limits[i].name,
		    limits[i].accepts);
		return RL_ERR_INVALID;
	}
	g->limit = limits[i].limit;
	return 0;
}

int
grant_parse(const char *text, struct grant *g, char *why, size_t size)
{
	size_t len = strcspn(text, " "), i;

	memset(g, 0, sizeof(*g));
	for (i = 0; i < NELEM(kinds); i++)
		if (strlen(kinds[i].word) == len &&
		    strncmp(kinds[i].word, text, len) == 0)
			break;
	if (i == NELEM(kinds)) {
		snprintf(why, size, "a grant is ro PATH, rw PATH, env NAME, "
		    "ssh-agent, nested-sandbox or limit NAME=VALUE");
		return RL_ERR_INVALID;
	}
	g->kind = kinds[i].kind;
	g->value = text[len] == ' ' ? text + len + 1 : text + len;
	if ((*g->value != '\0') != kinds[i].value ||
	    (text[len] == ' ' && *g->value == '\0')) {
		snprintf(why, size, "%s: takes %s", kinds[i].word,
		    kinds[i].value ? "one argument" : "no argument");
		return RL_ERR_INVALID;
	}
	switch (g->kind) {
	case GRANT_RO:
	case GRANT_RW:
		if (valid_abs_path(g->value) &&
		    strlen(g->value) < 4096 &&
		    valid_utf8(g->value, strlen(g->value)))
			return 0;
		snprintf(why, size, "%s: must be an absolute path without . "
		    "or .. parts, in UTF-8", kinds[i].word);
		return RL_ERR_INVALID;
	case GRANT_ENV:
		if (valid_env_name(g->value, strlen(g->value)))
			return 0;
		snprintf(why, size, "env: must be a variable's name: letters, "
		    "digits and _");
		return RL_ERR_INVALID;
	case GRANT_LIMIT:
		return parse_limit(g, why, size);
	case GRANT_SSH_AGENT:
	case GRANT_NESTED:
		break;
	}
	return 0;
}

int
grant_same(const char *a, const char *b)
{
	struct grant x, y;
	char why[256];

	if (strcmp(a, b) == 0)
		return 1;
	if (grant_parse(a, &x, why, sizeof(why)) != 0 ||
	    grant_parse(b, &y, why, sizeof(why)) != 0)
		return 0;
	if (x.kind == GRANT_LIMIT && y.kind == GRANT_LIMIT)
		return x.limit == y.limit;
	return x.kind <= GRANT_RW && y.kind <= GRANT_RW &&
	    strcmp(x.value, y.value) == 0;
}
