/*
 * Host and Origin: every name by which a page of another site could reach
 * this server must be refused, every loopback name by any port taken.
 */
#include "config.h"

#include <string.h>

#include "ringletd/ringletd.h"
#include "suites.h"

static const struct {
	const char *host;
	bool local;
} hosts[] = {
	{ "127.0.0.1", true },
	{ "127.0.0.1:8765", true },
	{ "127.0.0.1:1", true },
	{ "127.0.0.1:65535", true },
	{ "localhost", true },
	{ "localhost:9999", true },
	{ "LocalHost:80", true },
	{ "[::1]", true },
	{ "[::1]:8765", true },

	{ "", false },
	{ ":8765", false },
	{ "127.0.0.1:", false },
	{ "127.0.0.1:0", false },
	{ "127.0.0.1:08765", false },
	{ "127.0.0.1:65536", false },
	{ "127.0.0.1:100000", false },
	{ "127.0.0.1:8765:8765", false },
	{ "127.0.0.1:8765.evil.example", false },
	{ "127.0.0.1:+80", false },
	{ "127.0.0.1.", false },
	{ "127.0.0.1.evil.example", false },
	{ "127.0.0.1evil.example", false },
	{ "127.0.0.2", false },
	{ "127.1", false },
	{ "2130706433", false },
	{ "0x7f000001", false },
	{ "0.0.0.0", false },
	{ "0", false },
	{ "localhost.", false },
	{ "localhost.evil.example", false },
	{ "localhos", false },
	{ "evil.example", false },
	{ "evil.localhost", false },
	{ "[::]", false },
	{ "[::1", false },
	{ "::1", false },
	{ "[::1]x", false },
	{ "[0:0:0:0:0:0:0:1]", false },
	{ "[::ffff:127.0.0.1]", false },
};

static const struct {
	const char *origin;
	const char *host;
	bool same;
} origins[] = {
	{ "http://127.0.0.1:8765", "127.0.0.1:8765", true },
	{ "http://localhost", "localhost", true },
	{ "HTTP://LOCALHOST:80", "localhost:80", true },
	{ "http://[::1]:8765", "[::1]:8765", true },

	{ "", "127.0.0.1:8765", false },
	{ "null", "127.0.0.1:8765", false },
	{ "127.0.0.1:8765", "127.0.0.1:8765", false },
	{ "https://127.0.0.1:8765", "127.0.0.1:8765", false },
	{ "http://127.0.0.1:8766", "127.0.0.1:8765", false },
	{ "http://127.0.0.1", "127.0.0.1:8765", false },
	{ "http://127.0.0.1:8765/", "127.0.0.1:8765", false },
	{ "http://127.0.0.1:87655", "127.0.0.1:8765", false },
	{ "http://127.0.0.1.evil.example", "127.0.0.1", false },
	{ "http://evil.example", "127.0.0.1:8765", false },
	{ "http://localhost:8765", "127.0.0.1:8765", false },
	{ "http://127.0.0.1:8765 http://evil.example", "127.0.0.1:8765",
	    false },
	{ "http://a@127.0.0.1:8765", "127.0.0.1:8765", false },
};

static const struct {
	const char *host;
	const char *address;
	bool same;
} addresses[] = {
	{ "192.0.2.1:8765", "192.0.2.1:8765", true },
	{ "192.0.2.1", "192.0.2.1:8765", true },
	{ "192.0.2.1:80", "192.0.2.1:8765", true },
	{ "[2001:DB8::1]:80", "[2001:db8::1]:8765", true },
	{ "192.0.2.10", "192.0.2.1:8765", false },
	{ "192.0.2.1:x", "192.0.2.1:8765", false },
	{ "192.0.2.1.evil.example", "192.0.2.1:8765", false },
	{ "0.0.0.0:8765", "0.0.0.0:8765", false },
	{ "[::]:8765", "[::]:8765", false },
	{ "run", "/run/user/1/ringlet/http", false },
	{ "", "127.0.0.1:8765", false },
};

static struct span
span(const char *s)
{
	struct span out = { s, strlen(s) };

	return out;
}

START_TEST(knows_local_hosts)
{
	struct span s = span(hosts[_i].host);

	ck_assert_msg(host_is_local(&s) == hosts[_i].local, "Host '%s'",
	    hosts[_i].host);
}
END_TEST

START_TEST(compares_addresses)
{
	struct span h = span(addresses[_i].host);

	ck_assert_msg(host_is_address(&h, addresses[_i].address) ==
	    addresses[_i].same, "Host '%s', address '%s'",
	    addresses[_i].host, addresses[_i].address);
}
END_TEST

START_TEST(compares_origins)
{
	struct span o = span(origins[_i].origin), h = span(origins[_i].host);

	ck_assert_msg(origin_is_host(&o, &h) == origins[_i].same,
	    "Origin '%s' with Host '%s'", origins[_i].origin,
	    origins[_i].host);
}
END_TEST

Suite *
suite_hostcheck(void)
{
	Suite *s = suite_create("hostcheck");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, knows_local_hosts, 0, (int)NELEM(hosts));
	tcase_add_loop_test(tc, compares_addresses, 0,
	    (int)NELEM(addresses));
	tcase_add_loop_test(tc, compares_origins, 0, (int)NELEM(origins));
	suite_add_tcase(s, tc);
	return s;
}
