/*
 * The dashboard's files, as a browser asks for them: two of the test's own stand
 * in for those that are embedded.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "ringletd/assets.h"
#include "ringletd/ringletd.h"
#include "suites.h"

#define HOST "Host: localhost\r\n"
#define TAG  "\"0123456789abcdef\""

static const uint8_t packed[] = "not really compressed";

const struct asset assets[] = {
	{ "", "text/html; charset=utf-8", TAG, packed, sizeof(packed) - 1 },
	{ "app-1.js", "text/javascript; charset=utf-8", "\"app\"", packed,
	    sizeof(packed) - 1 },
};
const size_t nassets = 2;

static char head[4096], body[4096];

static const struct {
	const char *request;
	int status;
	bool whole; /* the body is the file */
	const char *in_head;
} rows[] = {
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 200, true,
	    "Content-Encoding: gzip\r\n" },
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 200, true,
	    "Cache-Control: no-cache\r\n" },
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 200, true,
	    "require-trusted-types-for 'script'" },
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 200, true, "ETag: " TAG "\r\n" },
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 200, true,
	    "Vary: Accept-Encoding\r\n" },
	{ "GET /assets/app-1.js HTTP/1.1\r\n" HOST "\r\n", 200, true,
	    "Cache-Control: public, max-age=31536000, immutable\r\n" },
	{ "GET /assets/app-1.js HTTP/1.1\r\n" HOST "\r\n", 200, true,
	    "Content-Type: text/javascript; charset=utf-8\r\n" },
	{ "HEAD /assets/app-1.js HTTP/1.1\r\n" HOST "\r\n", 200, false,
	    "Content-Length: 21\r\n" },
	{ "GET / HTTP/1.1\r\n" HOST "If-None-Match: " TAG "\r\n\r\n", 304,
	    false, "ETag: " TAG "\r\n" },
	{ "GET / HTTP/1.1\r\n" HOST "If-None-Match: \"x\", W/" TAG "\r\n\r\n",
	    304, false, "" },
	{ "GET / HTTP/1.1\r\n" HOST "If-None-Match: *\r\n\r\n", 304, false,
	    "" },
	{ "GET / HTTP/1.1\r\n" HOST "If-None-Match: \"0123\"\r\n\r\n", 200,
	    true, "" },
	/* Of two the first counts, and neither is a reason to refuse. */
	{ "GET / HTTP/1.1\r\n" HOST "If-None-Match: \"x\"\r\n"
	    "If-None-Match: " TAG "\r\n\r\n", 200, true, "" },
	{ "GET / HTTP/1.1\r\n" HOST "Accept-Encoding: identity\r\n\r\n", 406,
	    false, "" },
	{ "GET /assets/app-2.js HTTP/1.1\r\n" HOST "\r\n", 404, false, "" },
	{ "GET /assets/ HTTP/1.1\r\n" HOST "\r\n", 404, false, "" },
	{ "GET /assets HTTP/1.1\r\n" HOST "\r\n", 404, false, "" },
	{ "GET /assets/../assets/app-1.js HTTP/1.1\r\n" HOST "\r\n", 404,
	    false, "" },
	{ "GET /assets/app-1.js?x HTTP/1.1\r\n" HOST "\r\n", 400, false, "" },
	{ "POST /assets/app-1.js HTTP/1.1\r\n" HOST
	    "Content-Length: 0\r\n\r\n", 405, false, "Allow: GET, HEAD\r\n" },
	{ "GET /assets/app-1.js HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403,
	    false, "" },
};

/* On one connection, so that each reply must end where it says. */
START_TEST(answers)
{
	int fd, status;

	front_start();
	fd = front_connect();
	for (size_t i = 0; i < NELEM(rows); i++) {
		ck_assert(front_send(
		    fd, rows[i].request, strlen(rows[i].request)));
		if (strncmp(rows[i].request, "HEAD", 4) == 0 ||
		    rows[i].status == 304)
			status = front_reply(
			    fd, head, sizeof(head), NULL, 1);
		else
			status = front_reply(
			    fd, head, sizeof(head), body, sizeof(body));
		ck_assert_msg(status == rows[i].status, "row %zu: %d, not %d",
		    i, status, rows[i].status);
		ck_assert_msg(strstr(head, rows[i].in_head) != NULL,
		    "row %zu has no %s", i, rows[i].in_head);
		if (rows[i].whole)
			ck_assert_str_eq(body, (const char *)packed);
		if (status >= 400)
			ck_assert_ptr_nonnull(
			    strstr(head, "Cache-Control: no-store\r\n"));
	}
	close(fd);
	front_stop();
}
END_TEST

static const struct {
	const char *value; /* NULL: no such field */
	bool gzip;
} codings[] = {
	{ NULL, true },
	{ "gzip", true },
	{ "GZip", true },
	{ "x-gzip", true },
	{ "deflate, gzip, br", true },
	{ "deflate , gzip;q=1.0", true },
	{ "gzip; q=0.001", true },
	{ "*", true },
	{ "gzip;q=0", false },
	{ "gzip;q=0.000", false },
	{ "*, gzip;q=0", false },
	{ "gzip ; q=0, *", false },
	{ "*;q=0", false },
	{ "identity", false },
	{ "", false },
	{ ",", false },
	{ "gzipped", false },
	{ "br", false },
};

START_TEST(reads_codings)
{
	struct span value = { codings[_i].value, 0 };

	if (value.p != NULL)
		value.len = strlen(value.p);
	ck_assert_msg(asset_takes_gzip(&value) == codings[_i].gzip, "%s",
	    codings[_i].value);
}
END_TEST

Suite *
suite_assets(void)
{
	Suite *s = suite_create("assets");
	TCase *tc = tcase_create("assets");

	tcase_add_test(tc, answers);
	tcase_add_loop_test(tc, reads_codings, 0, (int)NELEM(codings));
	suite_add_tcase(s, tc);
	return s;
}
