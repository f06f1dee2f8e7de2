/*
 * Fuzzes what reads the audit log: anybody who can write the file can put
 * there what he likes.  The first byte chooses: 'V', a log, which is checked
 * in one piece and byte by byte, with the same result; 'L', one line; 'K', what
 * the keychain has; 'T', a text that an entry is made of, which must be read
 * again and found whole.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "audit-line.h"
#include "audit-verify.h"
#include "buf.h"
#include "err.h"
#include "secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool cond)
{
	if (!cond)
		abort();
}

static struct secret *
some_key(void)
{
	uint8_t raw[AUDIT_KEY_LEN] = { 1, 2, 3 };

	return secret_new(raw, sizeof(raw));
}

static struct audit_result
verify(const char *p, size_t len, size_t piece)
{
	struct secret *key = some_key();
	struct audit_link known = { 2, { 1 } };
	struct audit_verify *v = audit_verify_new(key, &known);
	struct audit_result r;

	for (size_t n; len > 0; p += n, len -= n) {
		n = len < piece ? len : piece;
		audit_verify_feed(v, p, n);
	}
	r = *audit_verify_end(v, NULL);
	audit_verify_free(v);
	secret_free(key);
	return r;
}

static void
fuzz_log(const char *p, size_t len)
{
	struct audit_result a = verify(p, len, len), b = verify(p, len, 1);

	require(a.lines == b.lines && a.entries == b.entries &&
		a.nfindings == b.nfindings && a.partial == b.partial &&
		a.keyed == b.keyed && a.last.seq == b.last.seq);
	require(a.entries <= a.lines && a.keyed <= a.entries);
	/* The keychain knows of an entry 2 that cannot be there. */
	require(a.nfindings > 0 && a.untold <= a.nfindings);
}

static void
fuzz_line(const char *p, size_t len)
{
	struct audit_entry e;
	uint8_t hash[AUDIT_HASH_LEN];
	char why[128] = "";

	if (audit_line_parse(p, len, &e, why, sizeof(why)) != 0) {
		require(why[0] != '\0');
		return;
	}
	require(e.seq > 0 && e.hashed < len);
	audit_line_hash(p, e.hashed, e.hash, NULL, hash);
}

static void
fuzz_value(const char *p, size_t len)
{
	char again[AUDIT_VALUE_MAX];
	struct audit_link link;
	struct secret *key;

	if (audit_value_parse(p, len, &key, &link) != 0) {
		require(key == NULL);
		return;
	}
	audit_value_make(key, &link, again);
	require(strlen(again) <= len);
	secret_free(key);
}

static void
fuzz_text(const char *text)
{
	struct audit_who who = { .kind = AUDIT_CLI, .uid = 1, .pid = 2 };
	struct secret *key = some_key();
	struct buf *b = buf_new(AUDIT_LINE_MAX);
	struct audit_link at = { 0 };
	struct audit_verify *v = audit_verify_new(key, NULL);

	strlcpy(who.exe, text, sizeof(who.exe));
	strlcpy(who.comm, text, sizeof(who.comm));
	audit_line_begin(b, 1, 1, &who, "key.read", text, "ok");
	audit_line_add(b, "why", text);
	audit_line_add(b, "what", text);
	audit_line_end(b, key, &at);
	audit_verify_feed(v, buf_ptr(b), buf_len(b));
	require(audit_verify_end(v, &at)->nfindings == 0);
	require(audit_verify_end(v, &at)->keyed == 1);
	audit_verify_free(v);
	buf_free(b);
	secret_free(key);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	char *text;

	if (len == 0)
		return 0;
	if (!ready)
		secret_init();
	ready = true;
	/* A block of its own, so that ASan sees a byte too many. */
	if ((text = malloc(len)) == NULL)
		abort();
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	if (data[0] == 'V')
		fuzz_log(text, len - 1);
	else if (data[0] == 'L')
		fuzz_line(text, len - 1);
	else if (data[0] == 'K')
		fuzz_value(text, len - 1);
	else if (data[0] == 'T')
		fuzz_text(text);
	free(text);
	return 0;
}
