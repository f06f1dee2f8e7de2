/*
 * tokens.c: the tokens that there are.
 *
 * The main one has a file of its own, which scripts read.  Of the others only
 * a digest is kept, in tokens.json: whoever made one has it, and it is shown to
 * nobody again.  A change is in the file before it is true here.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "err.h"
#include "json.h"
#include "paths.h"
#include "platform.h"
#include "secret.h"
#include "tokens.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define FORMAT_VERSION 1
#define FILE_MAX       (256 * 1024) /* bytes */
#define DIGEST_HEX     ((size_t)TOKEN_DIGEST * 2)
/* Seconds: two clocks need not be kept for what outlives us all. */
#define FOREVER (200LL * 365 * 24 * 3600)

#define CLOCK_OFF 86400 /* seconds that a clock may have been wrong */

struct tokens {
	char *main_file;
	char *file;
	struct token v[1 + TOKENS_MAX]; /* the main one first */
	size_t n;
	bool stale; /* the file has some that have expired */
	long long max_age; /* seconds; 0: none */
};

struct token_time
token_time(void)
{
	return (struct token_time){ .wall = time(NULL),
		.boot = platform_boot_ms() };
}

/* --- the file ---------------------------------------------------------------
 */

/* A token as its object in the file has it. */
struct stored {
	char *id;
	char *digest;
	char *scope;
	char *label;
	long long created_at;
	long long expires_at;
};

static const struct json_member members[] = {
	{ "id", JK_STRING, offsetof(struct stored, id), TOKEN_ID_LEN, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "digest", JK_STRING, offsetof(struct stored, digest), DIGEST_HEX, 0,
	    0, JSONF_REQUIRED, NULL },
	{ "scope", JK_STRING, offsetof(struct stored, scope), 16, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "label", JK_STRING, offsetof(struct stored, label), TOKEN_LABEL_MAX,
	    0, 0, 0, NULL },
	{ "created_at", JK_INT, offsetof(struct stored, created_at), 0, 0,
	    LLONG_MAX, JSONF_REQUIRED, NULL },
	{ "expires_at", JK_INT, offsetof(struct stored, expires_at), 0, 0,
	    LLONG_MAX, 0, NULL },
};

static bool
is_hex(const char *s, size_t len)
{
	return strlen(s) == len && strspn(s, "0123456789abcdef") == len;
}

/* A line for people: it is shown in tables and logs. */
static bool
label_ok(const char *s)
{
	size_t i, len = strlen(s);

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return false;
	return len <= TOKEN_LABEL_MAX && valid_utf8(s, len);
}

/* Makes a token of what was read; takes its label. */
static int
take_stored(struct stored *s, struct token *t, char *why, size_t size)
{
	if (!is_hex(s->id, TOKEN_ID_LEN)) {
		snprintf(why, size, "id: is not %d hex digits", TOKEN_ID_LEN);
		return RL_ERR_INVALID;
	}
	if (!is_hex(s->digest, DIGEST_HEX) ||
	    sodium_hex2bin(t->digest, TOKEN_DIGEST, s->digest, DIGEST_HEX, NULL,
		NULL, NULL) != 0) {
		snprintf(why, size, "digest: is not %zu hex digits", DIGEST_HEX);
		return RL_ERR_INVALID;
	}
	t->control = strcmp(s->scope, "control") == 0;
	if (!t->control && strcmp(s->scope, "view") != 0) {
		snprintf(why, size, "scope: is neither view nor control");
		return RL_ERR_INVALID;
	}
	if (s->label != NULL && !label_ok(s->label)) {
		snprintf(why, size, "label: has a control character");
		return RL_ERR_INVALID;
	}
	(void)strlcpy(t->id, s->id, sizeof(t->id));
	t->created_at = s->created_at;
	t->expires_at = s->expires_at;
	t->made_at = t->created_at;
	t->label = s->label != NULL ? s->label : xstrdup("");
	s->label = NULL;
	return 0;
}

/*
 * How long it may live by the clock that nobody sets.  The wall clock may stand
 * before the day that the token was made; its whole time is the most.
 */
static void
set_end(struct token *t, const struct token_time *now)
{
	long long left = t->expires_at - now->wall, whole;

	if (t->expires_at == 0)
		return;
	whole = t->expires_at - t->created_at;
	if (left > whole)
		left = whole;
	if (left < 0)
		left = 0;
	if (left > FOREVER)
		left = FOREVER;
	t->ends_at = now->boot + (uint64_t)left * 1000;
}

static bool
has_ended(const struct token *t, const struct token_time *now)
{
	return t->expires_at != 0 &&
	       (t->expires_at <= now->wall || t->ends_at <= now->boot);
}

static int
parse_token(const json_t *obj, const struct token_time *now, struct tokens *ts,
    char *why, size_t size)
{
	struct token t = { .label = NULL };
	struct stored s;
	int r;

	memset(&s, 0, sizeof(s));
	if (!json_is_object(obj)) {
		snprintf(why, size, "is no object");
		return RL_ERR_INVALID;
	}
	if (ts->n == NELEM(ts->v)) {
		snprintf(why, size, "is one more than %d", TOKENS_MAX);
		return RL_ERR_INVALID;
	}
	r = json_get_members(obj, members, NELEM(members), &s, why, size);
	if (r == 0)
		r = take_stored(&s, &t, why, size);
	if (r == 0) {
		set_end(&t, now);
		ts->v[ts->n++] = t;
	}
	json_free_members(members, NELEM(members), &s);
	return r;
}

static int
parse(const char *text, size_t len, const struct token_time *now,
    struct tokens *ts, char *why, size_t size)
{
	json_t *root, *list;
	char what[256];
	size_t i;
	int r = 0;

	if ((root = json_parse_object(text, len, what, sizeof(what))) == NULL) {
		snprintf(why, size, "%s: %s", ts->file, what);
		return RL_ERR_INVALID;
	}
	list = json_object_get(root, "tokens");
	if (json_object_size(root) != 2 || !json_is_array(list) ||
	    json_integer_value(json_object_get(root, "version")) !=
		FORMAT_VERSION) {
		snprintf(why, size,
		    "%s: has not just version %d and a list of tokens",
		    ts->file, FORMAT_VERSION);
		r = RL_ERR_INVALID;
	}
	for (i = 0; r == 0 && i < json_array_size(list); i++) {
		r = parse_token(
		    json_array_get(list, i), now, ts, what, sizeof(what));
		if (r != 0)
			snprintf(why, size, "%s: token %zu: %s", ts->file,
			    i + 1, what);
	}
	json_decref(root);
	return r;
}

static json_t *
token_json(const struct token *t)
{
	char digest[DIGEST_HEX + 1];

	sodium_bin2hex(digest, sizeof(digest), t->digest, TOKEN_DIGEST);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "id", t->id, "digest",
	    digest, "scope", t->control ? "control" : "view", "label", t->label,
	    "created_at", (json_int_t)t->created_at, "expires_at",
	    (json_int_t)t->expires_at);
}

/* Writes all but number skip (0, the main one, is never in the file: all). */
static int
save(struct tokens *ts, size_t skip, char *why, size_t size)
{
	json_t *list = json_array();
	bool whole = true;
	char *text;
	size_t i;
	int r, saved;

	/* A token that is left out is one that its holder has lost. */
	for (i = 1; i < ts->n && whole; i++)
		if (i != skip)
			whole = json_array_append_new(
				    list, token_json(&ts->v[i])) == 0;
	list = json_pack(
	    "{s:i, s:o}", "version", FORMAT_VERSION, "tokens", list);
	text = whole ? json_dumps(list, JSON_INDENT(1)) : NULL;
	json_decref(list);
	if (text == NULL) {
		snprintf(why, size, "%s: cannot be formatted", ts->file);
		return RL_ERR_INTERNAL;
	}
	r = paths_write_file(ts->file, text, strlen(text));
	saved = errno;
	free(text);
	if (r != 0)
		snprintf(why, size, "%s: cannot be written: %s", ts->file,
		    strerror(saved));
	else
		ts->stale = false;
	return r;
}

static int
load(struct tokens *ts, const struct token_time *now, char *why, size_t size)
{
	char *text;
	size_t len;
	int r;

	r = paths_read_file(ts->file, FILE_MAX, &text, &len);
	if (r == RL_ERR_NOTFOUND)
		return 0;
	if (r != 0) {
		snprintf(why, size, "%s: %s", ts->file, rl_strerror(r));
		return r;
	}
	r = parse(text, len, now, ts, why, size);
	free(text);
	return r;
}

/* When the main token was made: its file is replaced, never written. */
static long long
file_time(const char *file)
{
	struct stat st;

	return lstat(file, &st) == 0 ? (long long)st.st_mtime : 0;
}

int
tokens_open(const char *main_file, const char *file,
    const struct token_time *now, struct tokens **out, char *why, size_t size)
{
	struct tokens *ts = xcalloc(1, sizeof(*ts));
	struct token *t = &ts->v[ts->n++];
	int r;

	ts->main_file = xstrdup(main_file);
	ts->file = xstrdup(file);
	(void)strlcpy(t->id, TOKEN_MAIN, sizeof(t->id));
	t->label = xstrdup("");
	t->control = true;
	r = token_load(main_file, t->digest, why, size);
	if (r == RL_ERR_NOTFOUND &&
	    (r = token_make(main_file, why, size)) == 0)
		r = token_load(main_file, t->digest, why, size);
	if (r == 0) {
		t->made_at = file_time(main_file);
		r = load(ts, now, why, size);
	}
	if (r != 0) {
		tokens_free(ts);
		ts = NULL;
	}
	*out = ts;
	return r;
}

void
tokens_free(struct tokens *ts)
{
	if (ts == NULL)
		return;
	while (ts->n > 0)
		free(ts->v[--ts->n].label);
	free(ts->main_file);
	free(ts->file);
	secret_wipe(ts, sizeof(*ts));
	free(ts);
}

/* --- what there is ------------------------------------------------------------
 */

/*
 * p comes from whoever can reach the listener.  Every digest is compared, each
 * in constant time, so that neither which token it is nor how near it comes
 * shows in the time.
 */
const struct token *
tokens_find(const struct tokens *ts, const void *p, size_t len,
    const struct token_time *now)
{
	uint8_t digest[TOKEN_DIGEST];
	const struct token *found = NULL;
	size_t i;

	token_digest(p, len, digest);
	for (i = 0; i < ts->n; i++)
		if (sodium_memcmp(digest, ts->v[i].digest, TOKEN_DIGEST) == 0)
			found = &ts->v[i];
	if (found != NULL && has_ended(found, now))
		found = NULL;
	return found;
}

const struct token *
tokens_get(const struct tokens *ts, size_t i)
{
	return i < ts->n ? &ts->v[i] : NULL;
}

size_t
tokens_room(const struct tokens *ts)
{
	return NELEM(ts->v) - ts->n;
}

/* Milliseconds that are left to it. */
static long long
left_ms(const struct token *t, const struct token_time *now)
{
	long long left = t->expires_at - now->wall;
	uint64_t boot;

	if (has_ended(t, now))
		return 0;
	boot = t->ends_at - now->boot;
	if (left > FOREVER)
		left = FOREVER;
	return (uint64_t)left * 1000 < boot ? left * 1000 : (long long)boot;
}

static void
sooner(long long *next, long long left)
{
	if (*next == -1 || left < *next)
		*next = left < 0 ? 0 : left;
}

long long
tokens_next_expiry(const struct tokens *ts, const struct token_time *now)
{
	long long next = -1;
	size_t i;

	for (i = 0; i < ts->n; i++) {
		const struct token *t = &ts->v[i];

		if (i > 0 && t->expires_at != 0)
			sooner(&next, left_ms(t, now));
		if (ts->max_age != 0 && !t->outdated)
			sooner(&next,
			    (t->made_at + ts->max_age + 1 - now->wall) * 1000);
	}
	return next;
}

void
tokens_max_age(struct tokens *ts, long long seconds)
{
	size_t i;

	if (ts->max_age == seconds)
		return;
	ts->max_age = seconds;
	for (i = 0; i < ts->n; i++)
		ts->v[i].outdated = false;
}

bool
tokens_is_old(const struct tokens *ts, const struct token *t,
    const struct token_time *now)
{
	if (ts->max_age == 0)
		return false;
	/* One of the future was not made by us, or by another clock. */
	return t->made_at < now->wall - ts->max_age ||
	       t->made_at > now->wall + CLOCK_OFF;
}

bool
tokens_outdated(struct tokens *ts, const struct token_time *now,
    uint8_t digest[TOKEN_DIGEST])
{
	size_t i;

	for (i = 0; i < ts->n; i++)
		if (!ts->v[i].outdated && tokens_is_old(ts, &ts->v[i], now)) {
			ts->v[i].outdated = true;
			memcpy(digest, ts->v[i].digest, TOKEN_DIGEST);
			return true;
		}
	return false;
}

/* --- changes -------------------------------------------------------------------
 */

static void
drop(struct tokens *ts, size_t i, uint8_t digest[TOKEN_DIGEST])
{
	memcpy(digest, ts->v[i].digest, TOKEN_DIGEST);
	free(ts->v[i].label);
	ts->n--;
	memmove(&ts->v[i], &ts->v[i + 1], (ts->n - i) * sizeof(ts->v[0]));
	memset(&ts->v[ts->n], 0, sizeof(ts->v[0]));
}

/* An id that no other has. */
static void
make_id(const struct tokens *ts, char id[TOKEN_ID_LEN + 1])
{
	size_t i;

	do {
		snprintf(id, TOKEN_ID_LEN + 1, "%08x", randombytes_random());
		for (i = 0; i < ts->n && strcmp(ts->v[i].id, id) != 0; i++)
			;
	} while (i < ts->n);
}

int
tokens_add(struct tokens *ts, bool control, const char *label,
    const struct token_time *now, long long expires_at,
    char text[TOKEN_LEN + 1], const struct token **out, char *why, size_t size)
{
	struct token *t = &ts->v[ts->n];
	int r;

	if (!label_ok(label)) {
		snprintf(why, size,
		    "label: must be at most %d bytes of text without control "
		    "characters",
		    TOKEN_LABEL_MAX);
		return RL_ERR_INVALID;
	}
	if (expires_at != 0 && expires_at <= now->wall) {
		snprintf(why, size, "expires: that time is over");
		return RL_ERR_INVALID;
	}
	if (ts->n == NELEM(ts->v)) {
		snprintf(why, size,
		    "there are %d tokens already: revoke one first",
		    TOKENS_MAX);
		return RL_ERR_LIMIT;
	}
	memset(t, 0, sizeof(*t));
	make_id(ts, t->id);
	token_random(text);
	token_digest(text, TOKEN_LEN, t->digest);
	t->control = control;
	t->created_at = t->made_at = now->wall;
	t->expires_at = expires_at;
	set_end(t, now);
	t->label = xstrdup(label);
	ts->n++;
	if ((r = save(ts, 0, why, size)) != 0) {
		uint8_t gone[TOKEN_DIGEST];

		drop(ts, ts->n - 1, gone);
		secret_wipe(text, TOKEN_LEN + 1);
		return r;
	}
	*out = t;
	return 0;
}

int
tokens_revoke(struct tokens *ts, const char *id, uint8_t digest[TOKEN_DIGEST],
    char *why, size_t size)
{
	size_t i, at = 0, len = strlen(id);
	int r;

	if (strcmp(id, TOKEN_MAIN) == 0) {
		snprintf(why, size,
		    "the main token can be replaced, not revoked: 'ringlet "
		    "token rotate'");
		return RL_ERR_DENIED;
	}
	for (i = 1; len > 0 && i < ts->n; i++) {
		if (strncmp(ts->v[i].id, id, len) != 0)
			continue;
		if (at != 0) {
			snprintf(why, size,
			    "more than one token's id begins so: give more "
			    "of it");
			return RL_ERR_INVALID;
		}
		at = i;
	}
	if (at == 0) {
		snprintf(why, size, "there is no such token");
		return RL_ERR_NOTFOUND;
	}
	if ((r = save(ts, at, why, size)) != 0)
		return r;
	drop(ts, at, digest);
	return 0;
}

bool
tokens_expire(struct tokens *ts, const struct token_time *now,
    uint8_t digest[TOKEN_DIGEST])
{
	size_t i;

	for (i = 1; i < ts->n; i++)
		if (has_ended(&ts->v[i], now)) {
			drop(ts, i, digest);
			ts->stale = true;
			return true;
		}
	return false;
}

int
tokens_tidy(struct tokens *ts, char *why, size_t size)
{
	return ts->stale ? save(ts, 0, why, size) : 0;
}

int
tokens_rotate(
    struct tokens *ts, uint8_t digest[TOKEN_DIGEST], char *why, size_t size)
{
	uint8_t fresh[TOKEN_DIGEST];
	int r;

	if ((r = token_replace(ts->main_file, fresh, why, size)) != 0)
		return r;
	memcpy(digest, ts->v[0].digest, TOKEN_DIGEST);
	memcpy(ts->v[0].digest, fresh, TOKEN_DIGEST);
	ts->v[0].made_at = file_time(ts->main_file);
	ts->v[0].outdated = false;
	return 0;
}
