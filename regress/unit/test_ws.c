/*
 * What a viewer's WebSocket begins with, and what it may say: the handshake,
 * base64 as it is used there, and the text messages.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "ringletd/ringletd.h"
#include "suites.h"

static struct span
span(const char *s)
{
	struct span out = { s, s != NULL ? strlen(s) : 0 };

	return out;
}

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

static const struct {
	const char *name;
	bool upgrade;
	const char *to;
	const char *version;
	const char *key;
	int status;
} handshakes[] = {
	{ "right", true, "websocket", "13", KEY, 0 },
	{ "right, in capitals", true, "WebSocket", "13", KEY, 0 },
	{ "no Connection", false, "websocket", "13", KEY, 400 },
	{ "no Upgrade", true, NULL, "13", KEY, 400 },
	{ "another Upgrade", true, "h2c", "13", KEY, 400 },
	{ "two Upgrades", true, "websocket, h2c", "13", KEY, 400 },
	{ "no version", true, "websocket", NULL, KEY, 400 },
	{ "an old version", true, "websocket", "8", KEY, 400 },
	{ "two versions", true, "websocket", "13, 8", KEY, 400 },
	{ "no key", true, "websocket", "13", NULL, 400 },
	{ "an empty key", true, "websocket", "13", "", 400 },
	{ "a short key", true, "websocket", "13", "dGhlIHNhbXBsZSBub24=",
	    400 },
	{ "a long key", true, "websocket", "13",
	    "dGhlIHNhbXBsZSBub25jZXh4", 400 },
	{ "a key without padding", true, "websocket", "13",
	    "dGhlIHNhbXBsZSBub25jZQ", 400 },
	{ "a key with bits after its end", true, "websocket", "13",
	    "dGhlIHNhbXBsZSBub25jZR==", 400 },
	{ "a key that is no base64", true, "websocket", "13",
	    "dGhlIHNhbXBsZSBub25jZ!==", 400 },
	{ "a key of another alphabet", true, "websocket", "13",
	    "dGhlIHNhbXBsZSBub25jZ_==", 400 },
};

START_TEST(judges_handshakes)
{
	struct request r;
	const char *why = NULL;
	int status;

	memset(&r, 0, sizeof(r));
	r.method = METHOD_GET;
	r.upgrade = handshakes[_i].upgrade;
	r.upgrade_to = span(handshakes[_i].to);
	r.ws_version = span(handshakes[_i].version);
	r.ws_key = span(handshakes[_i].key);
	status = ws_handshake(&r, &why);
	ck_assert_msg(status == handshakes[_i].status, "%s: %d",
	    handshakes[_i].name, status);
	/* The example of RFC 6455 1.3. */
	if (status == 0)
		ck_assert_str_eq(r.ws_accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	else
		ck_assert_ptr_nonnull(why);
	r.head = true;
	ck_assert_int_eq(ws_handshake(&r, &why), 400);
}
END_TEST

START_TEST(knows_base64)
{
	static const char *const bad[] = { "A", "AA", "AAA", "AA=", "AA==A",
		"A===", "====", "AA==AA==", "AA\n=", "AA= ", "AB==", "AA-_" };
	uint8_t *p;
	size_t i, len;
	char *text;

	for (i = 0; i < NELEM(bad); i++) {
		p = base64_decode(bad[i], strlen(bad[i]), &len);
		ck_assert_msg(p == NULL, "'%s' was taken", bad[i]);
	}
	p = base64_decode("", 0, &len);
	ck_assert(p != NULL && len == 0);
	free(p);
	p = base64_decode("AP+/", 4, &len);
	ck_assert(p != NULL && len == 3 && memcmp(p, "\0\377\277", 3) == 0);
	text = base64_encode(p, len);
	ck_assert_str_eq(text, "AP+/");
	free(text);
	free(p);
}
END_TEST

static const struct {
	const char *text;
	enum control_type type; /* 0: refused, and why has what follows */
	const char *why;
	unsigned a, b;
} controls[] = {
	{ "{\"type\":\"resize\",\"cols\":80,\"rows\":24}", CONTROL_RESIZE,
	    NULL, 80, 24 },
	{ " {\"rows\":1, \"cols\":4096, \"type\":\"resize\"} ", CONTROL_RESIZE,
	    NULL, 4096, 1 },
	{ "{\"type\":\"signal\",\"signal\":2}", CONTROL_SIGNAL, NULL, 2, 0 },
	{ "{\"type\":\"signal\",\"signal\":3}", CONTROL_SIGNAL, NULL, 3, 0 },
	{ "{\"type\":\"signal\",\"signal\":9}", CONTROL_SIGNAL, NULL, 9, 0 },
	{ "{\"type\":\"signal\",\"signal\":15}", CONTROL_SIGNAL, NULL, 15,
	    0 },

	{ "", 0, "", 0, 0 },
	{ "{", 0, "", 0, 0 },
	{ "[]", 0, "object", 0, 0 },
	{ "\"resize\"", 0, "", 0, 0 },
	{ "{}", 0, "type", 0, 0 },
	{ "{\"type\":1}", 0, "type", 0, 0 },
	{ "{\"type\":\"Resize\",\"cols\":80,\"rows\":24}", 0, "type", 0, 0 },
	{ "{\"type\":\"exec\",\"cols\":80,\"rows\":24}", 0, "type", 0, 0 },
	{ "{\"type\":\"resize\",\"cols\":80}", 0, "rows", 0, 0 },
	{ "{\"type\":\"resize\",\"cols\":0,\"rows\":24}", 0, "cols", 0, 0 },
	{ "{\"type\":\"resize\",\"cols\":-1,\"rows\":24}", 0, "cols", 0, 0 },
	{ "{\"type\":\"resize\",\"cols\":4097,\"rows\":24}", 0, "cols", 0,
	    0 },
	{ "{\"type\":\"resize\",\"cols\":80.0,\"rows\":24}", 0, "cols", 0,
	    0 },
	{ "{\"type\":\"resize\",\"cols\":\"80\",\"rows\":24}", 0, "cols", 0,
	    0 },
	{ "{\"type\":\"resize\",\"cols\":80,\"rows\":24,\"x\":1}", 0, "x", 0,
	    0 },
	{ "{\"type\":\"resize\",\"cols\":80,\"cols\":81,\"rows\":24}", 0,
	    "twice", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":2} {}", 0, "end", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":2,\"rows\":24}", 0, "rows", 0,
	    0 },
	{ "{\"type\":\"signal\"}", 0, "signal", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":0}", 0, "signal", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":1}", 0, "signal", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":10}", 0, "signal", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":19}", 0, "signal", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":4294967298}", 0, "signal", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":true}", 0, "signal", 0, 0 },
	{ "{\"type\":\"signal\",\"signal\":null}", 0, "signal", 0, 0 },
	{ "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 0, "deep", 0, 0 },
};

START_TEST(reads_controls)
{
	struct control c;
	char why[200] = "";
	int r;

	r = control_parse(controls[_i].text, strlen(controls[_i].text), &c,
	    why, sizeof(why));
	if (controls[_i].type == 0) {
		ck_assert_msg(r < 0, "%s was taken", controls[_i].text);
		ck_assert_msg(why[0] != '\0' &&
		    strstr(why, controls[_i].why) != NULL, "%s: '%s'",
		    controls[_i].text, why);
		return;
	}
	ck_assert_msg(r == 0, "%s: %s", controls[_i].text, why);
	ck_assert(c.type == controls[_i].type);
	if (c.type == CONTROL_RESIZE) {
		ck_assert_uint_eq(c.cols, controls[_i].a);
		ck_assert_uint_eq(c.rows, controls[_i].b);
	} else
		ck_assert_uint_eq(c.signal, controls[_i].a);
}
END_TEST

Suite *
suite_ws(void)
{
	Suite *s = suite_create("ws");
	TCase *tc = tcase_create("viewers");

	tcase_add_loop_test(tc, judges_handshakes, 0,
	    (int)NELEM(handshakes));
	tcase_add_test(tc, knows_base64);
	tcase_add_loop_test(tc, reads_controls, 0, (int)NELEM(controls));
	suite_add_tcase(s, tc);
	return s;
}
