/*
 * The audit log as text: what is written is read again and has the hash that
 * the manual says, whatever was in it; and no change to a log stays unseen.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "buf.h"
#include "err.h"
#include "json.h"
#include "ringlet-monitor/audit-line.h"
#include "ringlet-monitor/audit-verify.h"
#include "ringlet-monitor/audit.h"
#include "secret.h"
#include "suites.h"
#include "valid.h"
#include "xmalloc.h"

#define LINES 12

static const struct audit_who nobody = { .kind = AUDIT_MONITOR };

static struct {
	struct secret *key;
	struct secret *other;
	struct audit_link at;
	struct buf *line;
	struct buf *log;
	size_t begin[LINES + 1];	   /* of each line; the last: the end */
	struct audit_link link[LINES + 1]; /* after each */
} t;

static void
setup(void)
{
	uint8_t raw[AUDIT_KEY_LEN];

	secret_init();
	memset(&t, 0, sizeof(t));
	memset(raw, 7, sizeof(raw));
	t.key = secret_new(raw, sizeof(raw));
	memset(raw, 8, sizeof(raw));
	t.other = secret_new(raw, sizeof(raw));
	t.line = buf_new(AUDIT_LINE_MAX);
	t.log = buf_new(1024 * 1024);
}

static void
teardown(void)
{
	secret_free(t.key);
	secret_free(t.other);
	buf_free(t.line);
	buf_free(t.log);
}

/* One more line at the end of the log. */
static void
put(const struct secret *key, const char *event, const char *object,
    const char *name, const char *value)
{
	buf_reset(t.line);
	audit_line_begin(
	    t.line, 1700000000123, t.at.seq + 1, &nobody, event, object, "ok");
	if (name != NULL)
		audit_line_add(t.line, name, value);
	audit_line_end(t.line, key, &t.at);
	ck_assert_int_eq(buf_put(t.log, buf_ptr(t.line), buf_len(t.line)), 0);
}

/* A log whose first two lines have no key, and the others have. */
static void
make_log(void)
{
	for (size_t i = 0; i < LINES; i++) {
		t.begin[i] = buf_len(t.log);
		put(i < 2 ? NULL : t.key, AUDIT_KEY_READ, "alice", "n",
		    i % 2 ? "odd" : "even");
		t.link[i + 1] = t.at;
	}
	t.begin[LINES] = buf_len(t.log);
}

static char *
line(size_t i)
{
	return xstrndup((const char *)buf_ptr(t.log) + t.begin[i],
	    t.begin[i + 1] - t.begin[i]);
}

/* Checks text, fed in pieces of so many bytes. */
static struct audit_result
verify_in(const void *p, size_t len, size_t piece, const struct secret *key,
    const struct audit_link *known, const struct audit_link *head)
{
	struct audit_verify *v = audit_verify_new(key, known);
	struct audit_result r;

	for (size_t n; len > 0; p = (const char *)p + n, len -= n) {
		n = len < piece ? len : piece;
		audit_verify_feed(v, p, n);
	}
	r = *audit_verify_end(v, head);
	audit_verify_free(v);
	return r;
}

static struct audit_result
verify(const char *text, const struct audit_link *known)
{
	return verify_in(text, strlen(text), 4096, t.key, known, NULL);
}

/* --- lines --- */

START_TEST(a_line)
{
	struct audit_entry e;
	uint8_t hash[AUDIT_HASH_LEN];
	const uint8_t zero[AUDIT_HASH_LEN] = { 0 };
	char id[AUDIT_KEYID_LEN + 1], why[128];
	const char *p;
	size_t len;

	put(t.key, AUDIT_KEY_READ, "alice", "what", "it \"was\" so");
	p = (const char *)buf_ptr(t.log);
	len = buf_len(t.log);
	ck_assert_int_eq(p[len - 1], '\n');
	ck_assert_int_eq(
	    strncmp(p,
		"{\"time\":\"2023-11-14T22:13:20.123Z\",\"seq\":1,\"actor\":"
		"{\"kind\":\"monitor\"},\"event\":\"key.read\",\"object\":"
		"\"alice\",\"outcome\":\"ok\",\"what\":\"it \\\"was\\\" so\","
		"\"key\":\"",
		150),
	    0);
	ck_assert_int_eq(audit_line_parse(p, len - 1, &e, why, sizeof(why)), 0);
	ck_assert_uint_eq(e.seq, 1);
	ck_assert_str_eq(e.time, "2023-11-14T22:13:20.123Z");
	ck_assert_str_eq(e.event, "key.read");
	ck_assert_str_eq(e.what, "it \"was\" so");
	audit_key_id(t.key, id);
	ck_assert_str_eq(e.key, id);
	audit_line_hash(p, e.hashed, zero, t.key, hash);
	ck_assert_mem_eq(hash, e.hash, sizeof(hash));
	audit_line_hash(p, e.hashed, zero, t.other, hash);
	ck_assert_mem_ne(hash, e.hash, sizeof(hash));
	ck_assert_uint_eq(t.at.seq, 1);
	ck_assert_mem_eq(t.at.hash, e.hash, sizeof(e.hash));
}
END_TEST

/* Whatever is told becomes one line of JSON, in UTF-8, with an end. */
START_TEST(any_text)
{
	static char big[5000], alien[5000];
	static const char *const texts[] = { "", "a\nb\r\t\x1b[2J\x7f",
		"\xff\xfe\xc3", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		"\"\\\",\"hash\":\"", big, alien };
	struct audit_who who = { .kind = AUDIT_CLI, .uid = 1, .pid = 2 };
	struct audit_entry e;
	char why[128];

	memset(big, '\x01', sizeof(big) - 1);
	memset(alien, '\xfe', sizeof(alien) - 1);
	memset(who.exe, '\x02', sizeof(who.exe) - 1);
	memset(who.comm, '\xff', sizeof(who.comm) - 1);
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		buf_reset(t.line);
		audit_line_begin(t.line, 1, t.at.seq + 1, &who, AUDIT_KEY_READ,
		    texts[i], "ok");
		for (int n = 0; n < 20; n++) {
			char name[8];

			snprintf(name, sizeof(name), "d%d", n);
			audit_line_add(t.line, name, texts[i]);
		}
		audit_line_end(t.line, t.key, &t.at);
		ck_assert_uint_le(buf_len(t.line), AUDIT_LINE_MAX);
		ck_assert(
		    valid_utf8((const char *)buf_ptr(t.line), buf_len(t.line)));
		ck_assert_ptr_eq(memchr(buf_ptr(t.line), '\n', buf_len(t.line)),
		    buf_ptr(t.line) + buf_len(t.line) - 1);
		ck_assert_msg(
		    audit_line_parse((const char *)buf_ptr(t.line),
			buf_len(t.line) - 1, &e, why, sizeof(why)) == 0,
		    "%zu: %s", i, why);
	}
}
END_TEST

START_TEST(no_lines)
{
	static const char *const bad[] = { "", "{}", "x",
		"{\"time\":\"2023-11-14T22:13:20.123Z\",\"seq\":1}" };
	struct audit_entry e;
	char why[128], *s;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(audit_line_parse(bad[i], strlen(bad[i]), &e,
				     why, sizeof(why)),
		    RL_ERR_INVALID);
	make_log();
	s = line(3);
	/* Any one byte less. */
	for (size_t n = 0; n < strlen(s) - 1; n++)
		ck_assert_int_eq(audit_line_parse(s, n, &e, why, sizeof(why)),
		    RL_ERR_INVALID);
	free(s);
}
END_TEST

START_TEST(values)
{
	struct audit_link in = { 42, { 1, 2, 3 } }, out;
	char value[AUDIT_VALUE_MAX];
	struct secret *key;
	size_t len;

	audit_value_make(t.key, &in, value);
	len = strlen(value);
	ck_assert_int_eq(audit_value_parse(value, len, &key, &out), 0);
	ck_assert_uint_eq(out.seq, 42);
	ck_assert_mem_eq(out.hash, in.hash, sizeof(in.hash));
	ck_assert(secret_equal(key, secret_ptr(t.key), AUDIT_KEY_LEN));
	secret_free(key);
	for (size_t n = 0; n < len; n++) {
		char was = value[n];

		ck_assert_int_ne(audit_value_parse(value, n, &key, &out), 0);
		value[n] = 'x';
		ck_assert_int_ne(audit_value_parse(value, len, &key, &out), 0);
		value[n] = was;
	}
}
END_TEST

/* --- whole logs --- */

START_TEST(a_whole_log)
{
	struct audit_result r;
	const struct audit_link *known = &t.link[5];

	make_log();
	for (size_t piece = 1; piece < 400; piece += 7) {
		r = verify_in(
		    buf_ptr(t.log), buf_len(t.log), piece, t.key, known, &t.at);
		ck_assert_uint_eq(r.nfindings, 0);
		ck_assert_uint_eq(r.entries, LINES);
		ck_assert_uint_eq(r.keyed, LINES - 2);
		ck_assert_uint_eq(r.uncovered, 0);
		ck_assert(!r.partial);
		ck_assert_uint_eq(r.last.seq, LINES);
	}
	r = verify_in("", 0, 1, t.key, NULL, NULL);
	ck_assert_uint_eq(r.nfindings, 0);
	put(NULL, AUDIT_START, "daemon", NULL, NULL);
	put(NULL, AUDIT_START, "daemon", NULL, NULL);
	r = verify_in(
	    buf_ptr(t.log), buf_len(t.log), 99, t.key, &t.link[LINES], &t.at);
	ck_assert_uint_eq(r.nfindings, 0);
	ck_assert_uint_eq(r.uncovered, 2);
	ck_assert_uint_eq(r.unvouched, 2);
}
END_TEST

/* Every byte of the log, changed: told, and at that line. */
START_TEST(every_byte)
{
	struct audit_result r;
	size_t len, at = 0;
	char *copy;

	make_log();
	len = buf_len(t.log);
	copy = xmalloc(len);
	for (size_t i = 0; i < len; i++) {
		while (i >= t.begin[at + 1])
			at++;
		memcpy(copy, buf_ptr(t.log), len);
		copy[i] ^= 1;
		r = verify_in(copy, len, 4096, t.key, &t.at, NULL);
		/* A newline less makes one line of two. */
		ck_assert_msg(r.nfindings + r.partial > 0, "byte %zu", i);
		if (r.nfindings > 0 && r.findings[0].line != 0)
			ck_assert_uint_eq(r.findings[0].line, at + 1);
	}
	free(copy);
}
END_TEST

/* The log with its lines in that order, a word of indexes. */
static char *
arrange(const size_t *order, size_t n)
{
	char *text = xstrdup(""), *s, *more;

	for (size_t i = 0; i < n; i++) {
		s = line(order[i]);
		more = xasprintf("%s%s", text, s);
		free(text);
		free(s);
		text = more;
	}
	return text;
}

START_TEST(removed)
{
	size_t order[LINES];
	struct audit_result r;
	char *text;

	make_log();
	for (size_t gone = 0; gone < LINES; gone++) {
		for (size_t i = 0, n = 0; i < LINES; i++)
			if (i != gone)
				order[n++] = i;
		text = arrange(order, LINES - 1);
		r = verify(text, &t.at);
		free(text);
		if (gone == LINES - 1) {
			ck_assert_uint_eq(r.nfindings, 1);
			ck_assert_str_eq(r.findings[0].kind, "truncated");
			ck_assert_uint_eq(r.findings[0].seq, LINES - 1);
			continue;
		}
		ck_assert_uint_eq(r.nfindings, 1);
		ck_assert_str_eq(r.findings[0].kind, "missing");
		ck_assert_uint_eq(r.findings[0].line, gone + 1);
		ck_assert_uint_eq(r.findings[0].seq, gone + 2);
	}
}
END_TEST

START_TEST(swapped)
{
	size_t order[LINES];
	struct audit_result r;
	char *text;

	make_log();
	for (size_t a = 0; a < LINES; a++)
		for (size_t b = a + 1; b < LINES; b++) {
			for (size_t i = 0; i < LINES; i++)
				order[i] = i == a ? b : i == b ? a : i;
			text = arrange(order, LINES);
			r = verify(text, &t.at);
			free(text);
			ck_assert_uint_ge(r.nfindings, 1);
			ck_assert_uint_eq(r.findings[0].line, a + 1);
		}
}
END_TEST

/* A line again, right after itself or anywhere. */
START_TEST(repeated)
{
	size_t order[LINES + 1];
	struct audit_result r;
	char *text;

	make_log();
	for (size_t a = 0; a < LINES; a++)
		for (size_t where = a + 1; where <= LINES; where++) {
			for (size_t i = 0, n = 0; i <= LINES; i++)
				order[i] = i == where ? a : n++;
			text = arrange(order, LINES + 1);
			r = verify(text, &t.at);
			free(text);
			ck_assert_uint_eq(r.nfindings, 1);
			ck_assert_str_eq(r.findings[0].kind, "order");
			ck_assert_uint_eq(r.findings[0].line, where + 1);
		}
}
END_TEST

/* A line of somebody who has no key, with the right number. */
START_TEST(put_in)
{
	struct audit_result r;
	char *text, *head, *alien;

	make_log();
	for (size_t where = 0; where < LINES; where++) {
		t.at = t.link[where];
		buf_reset(t.line);
		audit_line_begin(t.line, 1, t.at.seq + 1, &nobody,
		    AUDIT_KEY_READ, "mallory", "ok");
		audit_line_end(t.line, t.other, &t.at);
		alien =
		    xstrndup((const char *)buf_ptr(t.line), buf_len(t.line));
		head = xstrndup((const char *)buf_ptr(t.log), t.begin[where]);
		text = xasprintf("%s%s%.*s", head, alien,
		    (int)(t.begin[LINES] - t.begin[where]),
		    (const char *)buf_ptr(t.log) + t.begin[where]);
		r = verify(text, &t.link[LINES]);
		ck_assert_uint_ge(r.nfindings, 1);
		ck_assert_uint_eq(r.findings[0].line, where + 1);
		free(text);
		free(head);
		free(alien);
	}
}
END_TEST

/* The end is cut off at every byte. */
START_TEST(cut_off)
{
	struct audit_result r;

	make_log();
	for (size_t n = 0; n < buf_len(t.log); n++) {
		r = verify_in(buf_ptr(t.log), n, 4096, t.key, &t.at, NULL);
		ck_assert_uint_eq(r.nfindings, 1);
		ck_assert_str_eq(r.findings[0].kind, "truncated");
		/* What is in memory tells it as well, without a keychain. */
		r = verify_in(buf_ptr(t.log), n, 4096, t.key, NULL, &t.at);
		ck_assert_uint_eq(r.nfindings, 1);
		ck_assert_str_eq(r.findings[0].kind, "truncated");
	}
}
END_TEST

/* All of it written anew without the key, as long and with right hashes. */
START_TEST(rewritten)
{
	struct audit_link known;
	struct audit_result r;

	make_log();
	known = t.at;
	buf_reset(t.log);
	memset(&t.at, 0, sizeof(t.at));
	for (size_t i = 0; i < LINES + 3; i++)
		put(NULL, AUDIT_KEY_READ, "mallory", NULL, NULL);
	r = verify_in(
	    buf_ptr(t.log), buf_len(t.log), 4096, t.key, &known, NULL);
	ck_assert_uint_eq(r.nfindings, 1);
	ck_assert_str_eq(r.findings[0].kind, "rewritten");
	ck_assert_uint_eq(r.uncovered, LINES + 3);
}
END_TEST

/* A crash within a line is no tampering, once the next entry tells it. */
START_TEST(crash)
{
	struct audit_result r;
	char half[] = "{\"time\":\"2023-11-14T22:13:20.1";
	char bytes[16];

	make_log();
	buf_put(t.log, half, strlen(half));
	r = verify_in(
	    buf_ptr(t.log), buf_len(t.log), 4096, t.key, &t.at, &t.at);
	ck_assert_uint_eq(r.nfindings, 0);
	ck_assert(r.partial);
	ck_assert_uint_eq(r.partial_bytes, strlen(half));
	buf_puts(t.log, "\n");
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 4096, t.key, &t.at, NULL);
	ck_assert_uint_eq(r.nfindings, 1);
	ck_assert_str_eq(r.findings[0].kind, "damaged");
	ck_assert_uint_eq(r.findings[0].line, LINES + 1);
	snprintf(bytes, sizeof(bytes), "%zu", strlen(half));
	put(t.key, AUDIT_RECOVERED, "audit.jsonl", "bytes", bytes);
	r = verify_in(
	    buf_ptr(t.log), buf_len(t.log), 4096, t.key, &t.at, &t.at);
	ck_assert_uint_eq(r.nfindings, 0);
	/* It explains that one line, of that length. */
	buf_puts(t.log, "{}\n");
	put(t.key, AUDIT_RECOVERED, "audit.jsonl", "bytes", bytes);
	r = verify_in(
	    buf_ptr(t.log), buf_len(t.log), 4096, t.key, &t.at, &t.at);
	ck_assert_uint_eq(r.nfindings, 1);
}
END_TEST

START_TEST(other_keys)
{
	struct audit_result r;

	make_log();
	/* No key at hand, and another. */
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 64, NULL, NULL, &t.at);
	ck_assert_uint_eq(r.nfindings, 1);
	ck_assert_str_eq(r.findings[0].kind, "key");
	ck_assert_uint_eq(r.findings[0].line, 3);
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 64, t.other, NULL, &t.at);
	ck_assert_uint_eq(r.nfindings, 1);
	ck_assert_uint_eq(r.keyed, 0);
	/* A new key begins, and says so. */
	put(t.other, AUDIT_KEY_LOST, "audit.jsonl", "what", "gone");
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 64, t.other, NULL, &t.at);
	ck_assert_uint_eq(r.nfindings, 2);
	ck_assert_str_eq(r.findings[1].kind, "told");
	ck_assert_uint_eq(r.untold, 0);
	ck_assert_uint_eq(r.uncovered, 0);
}
END_TEST

/* What the log has told with its key is not told again; without, it is. */
START_TEST(told)
{
	struct audit_result r;
	size_t order[LINES - 1];
	char *text;

	make_log();
	for (size_t i = 0, n = 0; i < LINES; i++)
		if (i != 4)
			order[n++] = i;
	text = arrange(order, LINES - 1);
	buf_reset(t.log);
	buf_puts(t.log, text);
	free(text);
	put(NULL, AUDIT_DAMAGED, "audit.jsonl", "what", "something");
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 4096, t.key, NULL, &t.at);
	ck_assert_uint_eq(r.nfindings, 2);
	ck_assert_uint_eq(r.untold, 1);
	put(t.key, AUDIT_DAMAGED, "audit.jsonl", "what", "something");
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 4096, t.key, NULL, &t.at);
	ck_assert_uint_eq(r.nfindings, 3);
	ck_assert_uint_eq(r.untold, 0);
	ck_assert_str_eq(r.findings[2].kind, "told");
}
END_TEST

/* What an entry says goes into a message, which takes UTF-8 alone. */
START_TEST(told_in_any_words)
{
	char text[AUDIT_TEXT_MAX];
	struct audit_result r;

	for (size_t skip = 0; skip < 4; skip++) {
		buf_reset(t.log);
		memset(&t.at, 0, sizeof(t.at));
		memset(text, 'x', skip);
		text[skip] = '\0';
		while (strlen(text) + 4 < sizeof(text))
			strlcat(text, "\xf0\x9f\x98\x80", sizeof(text));
		put(t.key, AUDIT_DAMAGED, "audit.jsonl", "what", text);
		r = verify_in(
		    buf_ptr(t.log), buf_len(t.log), 64, t.key, NULL, &t.at);
		ck_assert_uint_eq(r.nfindings, 1);
		ck_assert(
		    valid_utf8(r.findings[0].text, strlen(r.findings[0].text)));
		ck_assert_uint_gt(strlen(r.findings[0].text), 200);
	}
}
END_TEST

/* More findings than are kept are counted; long lines end. */
START_TEST(many)
{
	static char big[3 * AUDIT_LINE_MAX];
	struct audit_result r;

	for (int i = 0; i < 3 * AUDIT_FINDINGS_MAX; i++)
		buf_puts(t.log, "x\n");
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 4096, t.key, NULL, NULL);
	ck_assert_uint_eq(r.nfindings, 3 * AUDIT_FINDINGS_MAX);
	buf_reset(t.log);
	make_log();
	memset(big, 'x', sizeof(big));
	big[sizeof(big) - 1] = '\n';
	buf_put(t.log, big, sizeof(big));
	put(t.key, AUDIT_KEY_READ, "alice", NULL, NULL);
	r = verify_in(buf_ptr(t.log), buf_len(t.log), 1000, t.key, NULL, &t.at);
	ck_assert_uint_eq(r.nfindings, 1);
	ck_assert_str_eq(r.findings[0].kind, "damaged");
	ck_assert_uint_eq(r.entries, LINES + 1);
}
END_TEST

Suite *
suite_audit(void)
{
	Suite *s = suite_create("audit");
	TCase *tc = tcase_create("audit");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_line);
	tcase_add_test(tc, any_text);
	tcase_add_test(tc, no_lines);
	tcase_add_test(tc, values);
	tcase_add_test(tc, a_whole_log);
	tcase_add_test(tc, every_byte);
	tcase_add_test(tc, removed);
	tcase_add_test(tc, swapped);
	tcase_add_test(tc, repeated);
	tcase_add_test(tc, put_in);
	tcase_add_test(tc, cut_off);
	tcase_add_test(tc, rewritten);
	tcase_add_test(tc, crash);
	tcase_add_test(tc, other_keys);
	tcase_add_test(tc, told);
	tcase_add_test(tc, told_in_any_words);
	tcase_add_test(tc, many);
	suite_add_tcase(s, tc);
	return s;
}
