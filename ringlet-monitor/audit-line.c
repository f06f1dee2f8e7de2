/*
 * A line of the audit log: a JSON object whose last member is the hash.  What
 * is hashed is the line as it stands in the file, up to the comma before that
 * member, so that nobody needs to agree on how JSON is written.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "audit-line.h"
#include "buf.h"
#include "err.h"
#include "json.h"
#include "secret.h"
#include "valid.h"

#define HASH_MEMBER ",\"hash\":\""
#define HASH_HEX    (AUDIT_HASH_LEN * 2)
/* From the comma before the hash to the end of the object. */
#define TAIL_LEN (sizeof(HASH_MEMBER) - 1 + HASH_HEX + 2)
/* What must be left for key and hash when all else is written. */
#define TAIL_ROOM 160

_Static_assert(AUDIT_HASH_LEN == crypto_generichash_BYTES, "BLAKE2b-256");
_Static_assert(AUDIT_KEY_LEN == crypto_generichash_KEYBYTES, "its key");

/* --- making --- */

/* Bytes of the character that p begins with; 0: that is none. */
static size_t
character(const char *p, size_t len)
{
	for (size_t n = 1; n <= 4 && n <= len; n++)
		if (valid_utf8(p, n))
			return n;
	return 0;
}

/* A JSON string of s, cut at AUDIT_TEXT_MAX bytes, always UTF-8. */
static int
put_string(struct buf *b, const char *s)
{
	size_t len = strlen(s), used = 0, n, width;
	int r = buf_puts(b, "\"");

	for (; r == 0 && len > 0; s += n, len -= n, used += width) {
		n = character(s, len);
		/* What is read again has the bytes of U+FFFD. */
		width = n > 0 ? n : 3;
		if (used + width > AUDIT_TEXT_MAX) {
			r = buf_puts(b, "...");
			break;
		}
		if (n == 0) {
			n = 1;
			r = buf_puts(b, "\\ufffd");
		} else if (*s == '"' || *s == '\\')
			r = buf_putf(b, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			r = buf_putf(b, "\\u%04x", (unsigned)*s);
		else
			r = buf_put(b, s, n);
	}
	return r == 0 ? buf_puts(b, "\"") : r;
}

static void
put_time(struct buf *b, int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	char text[32];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		strlcpy(text, "1970-01-01T00:00:00", sizeof(text));
	(void)buf_putf(b, "{\"time\":\"%s.%03dZ\"", text, (int)(ms % 1000));
}

static void
put_who(struct buf *b, const struct audit_who *who)
{
	switch (who->kind) {
	case AUDIT_CLI:
		(void)buf_putf(b, "{\"kind\":\"cli\",\"uid\":%lu,\"pid\":%ld",
		    (unsigned long)who->uid, (long)who->pid);
		if (who->exe[0] != '\0') {
			(void)buf_puts(b, ",\"exe\":");
			(void)put_string(b, who->exe);
		}
		(void)buf_puts(b, ",\"comm\":");
		(void)put_string(b, who->comm);
		(void)buf_puts(b, "}");
		break;
	case AUDIT_HTTP:
		(void)buf_puts(b, "{\"kind\":\"http\",\"token\":");
		(void)put_string(b, who->token);
		(void)buf_puts(b, "}");
		break;
	case AUDIT_MONITOR:
		(void)buf_puts(b, "{\"kind\":\"monitor\"}");
		break;
	}
}

void
audit_line_begin(struct buf *b, int64_t ms, uint64_t seq,
    const struct audit_who *who, const char *event, const char *object,
    const char *outcome)
{
	put_time(b, ms);
	(void)buf_putf(b, ",\"seq\":%llu,\"actor\":", (unsigned long long)seq);
	put_who(b, who);
	(void)buf_puts(b, ",\"event\":");
	(void)put_string(b, event);
	(void)buf_puts(b, ",\"object\":");
	(void)put_string(b, object);
	(void)buf_puts(b, ",\"outcome\":");
	(void)put_string(b, outcome);
}

void
audit_line_add(struct buf *b, const char *name, const char *value)
{
	/* Every byte of a value takes six at most. */
	if (buf_room(b) < TAIL_ROOM + strlen(name) + 6 * AUDIT_TEXT_MAX + 16)
		return;
	(void)buf_puts(b, ",");
	(void)put_string(b, name);
	(void)buf_puts(b, ":");
	(void)put_string(b, value);
}

void
audit_line_hash(const char *p, size_t hashed,
    const uint8_t before[AUDIT_HASH_LEN], const struct secret *key,
    uint8_t out[AUDIT_HASH_LEN])
{
	crypto_generichash_state st;

	crypto_generichash_init(&st,
	    key != NULL ? (const uint8_t *)secret_ptr(key) : NULL,
	    key != NULL ? secret_len(key) : 0, AUDIT_HASH_LEN);
	crypto_generichash_update(&st, before, AUDIT_HASH_LEN);
	crypto_generichash_update(&st, (const uint8_t *)p, hashed);
	crypto_generichash_final(&st, out, AUDIT_HASH_LEN);
	secret_wipe(&st, sizeof(st));
}

void
audit_key_id(const struct secret *key, char *id)
{
	uint8_t hash[AUDIT_HASH_LEN];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)secret_ptr(key),
	    secret_len(key), NULL, 0);
	sodium_bin2hex(id, AUDIT_KEYID_LEN + 1, hash, AUDIT_KEYID_LEN / 2);
}

void
audit_line_end(struct buf *b, const struct secret *key, struct audit_link *link)
{
	char id[AUDIT_KEYID_LEN + 1] = "none", hex[HASH_HEX + 1];

	if (key != NULL)
		audit_key_id(key, id);
	(void)buf_putf(b, ",\"key\":\"%s\"", id);
	audit_line_hash(
	    (const char *)buf_ptr(b), buf_len(b), link->hash, key, link->hash);
	link->seq++;
	sodium_bin2hex(hex, sizeof(hex), link->hash, sizeof(link->hash));
	(void)buf_putf(b, HASH_MEMBER "%s\"}\n", hex);
}

/* --- reading --- */

static int
wrong(const char *what, char *why, size_t size)
{
	strlcpy(why, what, size);
	return RL_ERR_INVALID;
}

static bool
is_hex(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr("0123456789abcdef", p[i]) == NULL || p[i] == '\0')
			return false;
	return true;
}

static void
from_hex(uint8_t *out, size_t n, const char *p)
{
	(void)sodium_hex2bin(out, n, p, 2 * n, NULL, NULL, NULL);
}

/* A member that is a string and fits. */
static bool
get_text(const json_t *obj, const char *name, char *dst, size_t size)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s != NULL && strlcpy(dst, s, size) < size;
}

/* "2026-01-31T23:59:59.999Z": times are compared as text. */
static bool
is_time(const char *s)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

	if (strlen(s) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
			return false;
	return true;
}

/* A member that is a number, as text; 0: it is none. */
static uint64_t
get_number(const json_t *obj, const char *name)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s != NULL ? (uint64_t)strtonum(s, 0, INT64_MAX, NULL) : 0;
}

static void
get_after(const json_t *obj, struct audit_entry *out)
{
	const char *hash =
	    json_string_value(json_object_get(obj, "after_hash"));

	out->after.seq = get_number(obj, "after");
	out->begins = out->after.seq > 0 && hash != NULL &&
		      strlen(hash) == HASH_HEX && is_hex(hash, HASH_HEX);
	if (out->begins)
		from_hex(out->after.hash, AUDIT_HASH_LEN, hash);
}

static int
get_members(const json_t *obj, struct audit_entry *out, char *why, size_t size)
{
	const json_t *seq = json_object_get(obj, "seq");
	char text[AUDIT_TEXT_MAX + 8];

	if (!get_text(obj, "time", out->time, sizeof(out->time)) ||
	    !is_time(out->time))
		return wrong("it has no time", why, size);
	if (!json_is_integer(seq) || json_integer_value(seq) < 1)
		return wrong("it has no number", why, size);
	out->seq = (uint64_t)json_integer_value(seq);
	if (!json_is_object(json_object_get(obj, "actor")))
		return wrong("it has no actor", why, size);
	if (!get_text(obj, "event", out->event, sizeof(out->event)) ||
	    !get_text(obj, "object", out->object, sizeof(out->object)) ||
	    !get_text(obj, "outcome", text, sizeof(text)))
		return wrong("it lacks a member", why, size);
	if (!get_text(obj, "key", out->key, sizeof(out->key)))
		return wrong("it names no key", why, size);
	if (strcmp(out->key, "none") == 0)
		out->key[0] = '\0';
	else if (strlen(out->key) != AUDIT_KEYID_LEN ||
		 !is_hex(out->key, AUDIT_KEYID_LEN))
		return wrong("it names no key", why, size);
	(void)get_text(obj, "what", out->what, sizeof(out->what));
	out->bytes = get_number(obj, "bytes");
	out->up_to = get_number(obj, "up_to");
	get_after(obj, out);
	return 0;
}

int
audit_line_parse(
    const char *p, size_t len, struct audit_entry *out, char *why, size_t size)
{
	const char *tail;
	json_t *obj;
	int r;

	memset(out, 0, sizeof(*out));
	if (len >= AUDIT_LINE_MAX)
		return wrong("it is too long", why, size);
	if (len <= TAIL_LEN)
		return wrong("it is too short", why, size);
	out->hashed = len - TAIL_LEN;
	tail = p + out->hashed;
	if (memcmp(tail, HASH_MEMBER, sizeof(HASH_MEMBER) - 1) != 0 ||
	    memcmp(p + len - 2, "\"}", 2) != 0 ||
	    !is_hex(tail + sizeof(HASH_MEMBER) - 1, HASH_HEX))
		return wrong("it does not end with a hash", why, size);
	from_hex(out->hash, AUDIT_HASH_LEN, tail + sizeof(HASH_MEMBER) - 1);
	if ((obj = json_parse_object(p, len, why, size)) == NULL)
		return RL_ERR_INVALID;
	r = get_members(obj, out, why, size);
	json_decref(obj);
	return r;
}

/* --- the keychain's value --- */

#define VALUE_MARK "v1"

void
audit_value_make(const struct secret *key, const struct audit_link *at,
    char dst[AUDIT_VALUE_MAX])
{
	char hex[AUDIT_KEY_LEN * 2 + 1], hash[HASH_HEX + 1];

	sodium_bin2hex(
	    hex, sizeof(hex), (const uint8_t *)secret_ptr(key), AUDIT_KEY_LEN);
	sodium_bin2hex(hash, sizeof(hash), at->hash, sizeof(at->hash));
	(void)snprintf(dst, AUDIT_VALUE_MAX, VALUE_MARK " %s %llu %s", hex,
	    (unsigned long long)at->seq, hash);
	secret_wipe(hex, sizeof(hex));
}

int
audit_value_parse(
    const char *p, size_t len, struct secret **key, struct audit_link *at)
{
	const size_t skip = sizeof(VALUE_MARK " ") - 1;
	uint8_t raw[AUDIT_KEY_LEN];
	char text[AUDIT_VALUE_MAX], number[24];
	const char *errstr = "";
	const char *s = text + skip;
	size_t n;

	*key = NULL;
	memset(at, 0, sizeof(*at));
	if (len >= sizeof(text))
		return RL_ERR_INVALID;
	memcpy(text, p, len);
	text[len] = '\0';
	if (strlen(text) != len || strncmp(text, VALUE_MARK " ", skip) != 0 ||
	    len < skip + 2 * AUDIT_KEY_LEN + 3 + HASH_HEX ||
	    !is_hex(s, 2 * AUDIT_KEY_LEN) || s[2 * AUDIT_KEY_LEN] != ' ')
		goto out;
	from_hex(raw, sizeof(raw), s);
	s += 2 * AUDIT_KEY_LEN + 1;
	n = strspn(s, "0123456789");
	if (n == 0 || n >= sizeof(number) || s[n] != ' ' ||
	    strlen(s + n + 1) != HASH_HEX || !is_hex(s + n + 1, HASH_HEX))
		goto out;
	memcpy(number, s, n);
	number[n] = '\0';
	at->seq = (uint64_t)strtonum(number, 0, INT64_MAX, &errstr);
	if (errstr != NULL)
		goto out;
	from_hex(at->hash, sizeof(at->hash), s + n + 1);
	*key = secret_new(raw, sizeof(raw));
out:
	secret_wipe(raw, sizeof(raw));
	secret_wipe(text, sizeof(text));
	return *key != NULL ? 0 : RL_ERR_INVALID;
}
