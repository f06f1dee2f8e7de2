/*
 * Tokens and one-time codes as a connection brings them: good ones, wrong ones,
 * many of them, and those that end.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "front-http1.h"
#include "front.h"
#include "ringletd/ringletd.h"
#include "suites.h"

static char head[4096], body[4096];

static int
reply(int fd)
{
	return front_reply(fd, head, sizeof(head), body, sizeof(body));
}

/* --- one-time codes --- */

#define EXCHANGE "POST /api/token/exchange HTTP/1.1\r\n"
#define CODE(n, text)                                                          \
	EXCHANGE HOST JSON "Content-Length: " n "\r\n\r\n{\"code\":\"" text    \
			   "\"}"

START_TEST(a_code_is_exchanged_once)
{
	int fd;

	front_start();
	fd = front_connect();
	front_say(fd, CODE("15", "code"));
	ck_assert_int_eq(reply(fd), 201);
	ck_assert_ptr_nonnull(strstr(head, "Cache-Control: no-store\r\n"));
	ck_assert_str_eq(body,
	    "{\"success\":true,\"data\":{\"token\":\"good\",\"id\":"
	    "\"0a0a0a0a\",\"scope\":\"control\",\"expires_at\":"
	    "\"2001-09-09T01:46:40Z\"}}");
	front_say(fd, CODE("15", "code"));
	ck_assert_int_eq(reply(fd), 401);
	/* A token that comes along makes no difference. */
	front_say(fd, EXCHANGE HOST GOOD JSON "Content-Length: 15\r\n\r\n"
					      "{\"code\":\"code\"}");
	ck_assert_int_eq(reply(fd), 401);
	front_say(fd, PING);
	ck_assert_int_eq(reply(fd), 200);
	close(fd);
	front_stop();
}
END_TEST

/* As with tokens: three, and no good one, and it is over. */
START_TEST(wrong_codes_end_a_connection)
{
	int fd;

	front_start();
	fd = front_connect();
	front_say(fd, CODE("15", "wron"));
	ck_assert_int_eq(reply(fd), 401);
	front_say(fd, CODE("15", "many"));
	ck_assert_int_eq(reply(fd), 429);
	ck_assert_ptr_nonnull(strstr(head, "Retry-After: "));
	ck_assert_ptr_null(strstr(head, "Connection: close"));
	front_say(fd, CODE("15", "many"));
	ck_assert_int_eq(reply(fd), 429);
	ck_assert_ptr_nonnull(strstr(head, "Connection: close"));
	ck_assert(front_closes(fd, 5000));
	close(fd);
	/* A right code does not make three wrong ones more. */
	fd = front_connect();
	front_say(fd, CODE("15", "wron"));
	ck_assert_int_eq(reply(fd), 401);
	front_say(fd, CODE("15", "code"));
	ck_assert_int_eq(reply(fd), 201);
	front_say(fd, CODE("15", "code"));
	ck_assert_int_eq(reply(fd), 401);
	front_say(fd, CODE("15", "code"));
	ck_assert_int_eq(reply(fd), 401);
	ck_assert(front_closes(fd, 5000));
	close(fd);
	front_stop();
}
END_TEST

static const struct {
	const char *name;
	int status;
	const char *bytes;
} codes[] = {
	{ "a foreign host", 403,
	    EXCHANGE "Host: evil.example\r\n" JSON
		     "Content-Length: 15\r\n\r\n{\"code\":\"code\"}" },
	{ "a foreign origin", 403,
	    EXCHANGE HOST JSON
	    "Origin: http://evil.example\r\n"
	    "Content-Length: 15\r\n\r\n{\"code\":\"code\"}" },
	{ "a form's type", 415,
	    EXCHANGE HOST "Content-Type: text/plain\r\n"
			  "Content-Length: 15\r\n\r\n{\"code\":\"code\"}" },
	{ "another member", 400,
	    EXCHANGE HOST JSON
	    "Content-Length: 21\r\n\r\n{\"code\":\"code\",\"x\":1}" },
	{ "no code", 400, EXCHANGE HOST JSON "Content-Length: 2\r\n\r\n{}" },
	{ "a code twice", 400,
	    EXCHANGE HOST JSON "Content-Length: 29\r\n\r\n"
			       "{\"code\":\"code\",\"code\":\"code\"}" },
	{ "an empty code", 401, CODE("11", "") },
	{ "a query", 400,
	    "POST /api/token/exchange?code=code HTTP/1.1\r\n" HOST JSON
	    "Content-Length: 15\r\n\r\n{\"code\":\"code\"}" },
};

/* What is refused before the monitor is asked uses no code up. */
START_TEST(an_exchange_is_a_request_like_others)
{
	int fd;

	front_start();
	fd = front_connect();
	front_say(fd, codes[_i].bytes);
	ck_assert_msg(
	    reply(fd) == codes[_i].status, "%s: %s", codes[_i].name, head);
	ck_assert_ptr_nonnull(strstr(body, "\"success\":false"));
	close(fd);
	fd = front_connect();
	front_say(fd, CODE("15", "code"));
	ck_assert_msg(reply(fd) == 201, "%s", codes[_i].name);
	close(fd);
	front_stop();
}
END_TEST

/* --- tokens that end --- */

static void
ping_with(int fd, const char *token)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	    "GET /api/ping HTTP/1.1\r\n" HOST
	    "Authorization: Bearer %s\r\n\r\n",
	    token);
	front_say(fd, text);
}

START_TEST(a_token_takes_its_connections_along)
{
	int brief, good, racing;

	front_start();
	brief = front_connect();
	good = front_connect();
	ping_with(brief, "brief");
	ck_assert_int_eq(reply(brief), 200);
	ping_with(good, "good");
	ck_assert_int_eq(reply(good), 200);
	front_token_ends();
	ck_assert(front_closes(brief, 5000));
	/* What was asked before it ended, and answered after. */
	racing = front_connect();
	ping_with(racing, "racing");
	ck_assert(front_closes(racing, 5000));
	ping_with(good, "good");
	ck_assert_int_eq(reply(good), 200);
	close(brief);
	close(good);
	close(racing);
	front_stop();
}
END_TEST

/*
 * A proxy may bring those of several clients.  More than are remembered make
 * that any one that ends may have been among them.
 */
START_TEST(a_few_tokens_are_told_apart)
{
	static const char *const names[] = { "good-1", "good-2", "good-3",
		"good-4", "good-1", "good-5" };
	int few, many;
	size_t i;

	front_start();
	few = front_connect();
	many = front_connect();
	for (i = 0; i < NELEM(names); i++) {
		ping_with(many, names[i]);
		ck_assert_int_eq(reply(many), 200);
		if (i == NELEM(names) - 1)
			break;
		ping_with(few, names[i]);
		ck_assert_int_eq(reply(few), 200);
	}
	front_token_ends();
	ck_assert(front_closes(many, 5000));
	ping_with(few, "good-4");
	ck_assert_int_eq(reply(few), 200);
	close(few);
	close(many);
	front_stop();
}
END_TEST

/* Who guesses is sent away, but a good one makes up for any number. */
START_TEST(wrong_tokens_end_a_stranger)
{
	int stranger, known, i;

	front_start();
	stranger = front_connect();
	known = front_connect();
	ping_with(known, "good");
	ck_assert_int_eq(reply(known), 200);
	for (i = 1; i <= WRONG_MAX; i++) {
		ping_with(stranger, "bad");
		ck_assert_int_eq(reply(stranger), 401);
		ck_assert_msg((strstr(head, "Connection: close") != NULL) ==
				  (i == WRONG_MAX),
		    "after %d", i);
		ping_with(known, "bad");
		ck_assert_int_eq(reply(known), 401);
	}
	ck_assert(front_closes(stranger, 5000));
	ping_with(known, "bad");
	ck_assert_int_eq(reply(known), 401);
	ping_with(known, "good");
	ck_assert_int_eq(reply(known), 200);
	close(stranger);
	close(known);
	front_stop();
}
END_TEST

Suite *
suite_conn_token(void)
{
	Suite *s = suite_create("conn-token");
	TCase *tc = tcase_create("tokens");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_code_is_exchanged_once);
	tcase_add_test(tc, wrong_codes_end_a_connection);
	tcase_add_loop_test(
	    tc, an_exchange_is_a_request_like_others, 0, (int)NELEM(codes));
	tcase_add_test(tc, a_token_takes_its_connections_along);
	tcase_add_test(tc, a_few_tokens_are_told_apart);
	tcase_add_test(tc, wrong_tokens_end_a_stranger);
	suite_add_tcase(s, tc);
	return s;
}
