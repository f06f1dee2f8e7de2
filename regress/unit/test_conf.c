/*
 * ringlet.conf: what is taken, what is refused and in which words, and that a
 * file with a mistake changes nothing.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "buf.h"
#include "conf.h"
#include "err.h"
#include "log.h"
#include "ring.h"
#include "ringletd/ringletd.h"
#include "suites.h"
#include "tier.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static char why[512];

/* From memory of exactly its size, so that a sanitizer sees overreads. */
static int
parse(struct conf *c, const char *text, size_t len)
{
	char *p = malloc(len + (len == 0));
	int r;

	memcpy(p, text, len);
	why[0] = '\0';
	r = conf_parse(c, p, len, "F", why, sizeof(why));
	free(p);
	return r;
}

static void
takes(struct conf *c, const char *text)
{
	ck_assert_msg(parse(c, text, strlen(text)) == 0, "%s", why);
}

/* The settings as text. */
static char *
printed(const struct conf *c)
{
	struct buf *b = buf_new(8192);
	char *s;

	ck_assert_int_eq(conf_print(c, b), 0);
	s = strndup((const char *)buf_ptr(b), buf_len(b));
	buf_free(b);
	return s;
}

START_TEST(defaults)
{
	struct conf c;

	conf_defaults(&c);
	ck_assert_uint_eq(c.nlisten, 1);
	ck_assert_str_eq(c.listen[0], "127.0.0.1:8765");
	ck_assert(!c.allow_remote);
	ck_assert(!c.require_full_seal);
	ck_assert_int_eq(c.log_level, LOGL_INFO);
	ck_assert_int_eq(c.log_destination, CONF_LOG_AUTO);
	ck_assert_int_eq(c.syslog_facility, LOG_DAEMON);
	ck_assert_uint_eq(c.scrollback, RING_CAPACITY);
	ck_assert_uint_ge(c.max_sessions, 1);
	ck_assert_uint_ge(c.max_viewers, 1);
	ck_assert_uint_eq(c.session_keep_s, 24 * 3600);
	ck_assert_int_eq(c.keychain, CONF_KEYCHAIN_AUTO);
	ck_assert_uint_eq(c.vault_lock_s, 8 * 3600);
	ck_assert_uint_eq(c.browse_roots.n, 1);
	ck_assert_str_eq(c.browse_roots.v[0], "~/");
	takes(&c, "BrowseRoots none");
	ck_assert_uint_eq(c.browse_roots.n, 0);
	takes(&c, "BrowseRoots /srv\nBrowseRoots ~/\nBrowseRoots ~/src");
	ck_assert_uint_eq(c.browse_roots.n, 3);
	takes(&c, "");
	takes(&c, "\n\n  \t\n# comment\n   # more\n");
	conf_free(&c);
	conf_free(&c);
	conf_free(NULL);
}
END_TEST

/* Until ringletd is told, it keeps to what the settings say by default. */
START_TEST(limits_of_http)
{
	struct limits l;
	struct conf c;

	conf_defaults(&c);
	limits_default(&l);
	ck_assert_uint_eq(c.http.connections, l.connections);
	ck_assert_uint_eq(c.http.streams, l.streams);
	ck_assert_uint_eq(c.http.header, l.head);
	ck_assert_uint_eq(c.http.body, l.body);
	ck_assert_uint_eq(c.http.first_ms, l.first_ms);
	ck_assert_uint_eq(c.http.request_ms, l.request_ms);
	ck_assert_uint_eq(c.http.idle_ms, l.idle_ms);
	ck_assert_uint_eq(c.http.write_ms, l.write_ms);
	ck_assert_uint_eq(c.http.ping_ms, l.ping_ms);
	takes(&c, "MaxConnections 4\nMaxStreams 1\nMaxHeaderSize 2K\n"
		  "MaxBodySize 1K\nFirstRequestTime 1s\nRequestTime 2m\n"
		  "IdleTime 10m\nWriteTime 1500ms\nPingInterval 1");
	ck_assert_uint_eq(c.http.connections, 4);
	ck_assert_uint_eq(c.http.body, 1024);
	ck_assert_uint_eq(c.http.request_ms, 120000);
	ck_assert_uint_eq(c.http.write_ms, 1500);
	ck_assert_uint_eq(c.http.ping_ms, 1000);
	conf_free(&c);
}
END_TEST

START_TEST(takes_everything)
{
	struct conf c;

	conf_defaults(&c);
	takes(&c, "listenaddress 127.0.0.1:0\r\n"
		  "\tLISTENADDRESS [0:0:0:0:0:0:0:1]:9000 # v6\n"
		  "ListenAddress = localhost:1\n"
		  "ListenAddress \"/run/a b/sock\" #x\n"
		  "AllowRemote no\n"
		  "RequireFullSeal=YES\n"
		  "LogLevel debug\n"
		  "JailMinimum No-Fresh-Proc\n"
		  "LogDestination SysLog\n"
		  "SyslogFacility local7\n"
		  "ScrollbackSize 64k\n"
		  "MaxSessions 1024\n"
		  "MaxViewers 1\n"
		  "KillGrace 0\n"
		  "Keychain Vault\n"
		  "VaultLockAfter 0\n"
		  "KeychainTimeout 1500ms");
	ck_assert_uint_eq(c.nlisten, 4);
	ck_assert_str_eq(c.listen[0], "127.0.0.1:0");
	ck_assert_str_eq(c.listen[1], "[::1]:9000");
	ck_assert_str_eq(c.listen[2], "127.0.0.1:1");
	ck_assert_str_eq(c.listen[3], "/run/a b/sock");
	ck_assert(c.require_full_seal);
	ck_assert_int_eq(c.log_level, LOGL_DEBUG);
	ck_assert_int_eq(c.jail_minimum, TIER_NO_FRESH_PROC);
	ck_assert_int_eq(c.log_destination, CONF_LOG_SYSLOG);
	ck_assert_int_eq(c.syslog_facility, LOG_LOCAL7);
	ck_assert_uint_eq(c.scrollback, 65536);
	ck_assert_uint_eq(c.max_sessions, 1024);
	ck_assert_uint_eq(c.max_viewers, 1);
	ck_assert_uint_eq(c.kill_grace_ms, 0);
	ck_assert_uint_eq(c.keychain_timeout_ms, 1500);
	ck_assert_int_eq(c.keychain, CONF_KEYCHAIN_VAULT);
	ck_assert_uint_eq(c.vault_lock_s, 0);
	conf_free(&c);
}
END_TEST

START_TEST(units)
{
	struct conf c;

	conf_defaults(&c);
	takes(&c, "ScrollbackSize 131072\nKillGrace 7\nKeychainTimeout 25s\n"
		  "SessionKeep 90");
	ck_assert_uint_eq(c.session_keep_s, 90);
	ck_assert_uint_eq(c.scrollback, 131072);
	ck_assert_uint_eq(c.kill_grace_ms, 7000);
	ck_assert_uint_eq(c.keychain_timeout_ms, 25000);
	takes(&c, "ScrollbackSize 256M\nKillGrace 20s\nKeychainTimeout 1S\n"
		  "SessionKeep 2h");
	ck_assert_uint_eq(c.session_keep_s, 2 * 3600);
	takes(&c, "SessionKeep 365D");
	ck_assert_uint_eq(c.session_keep_s, 365 * 24 * 3600);
	takes(&c, "SessionKeep 3m");
	ck_assert_uint_eq(c.session_keep_s, 180);
	ck_assert_uint_eq(c.scrollback, 256u << 20);
	ck_assert_uint_eq(c.kill_grace_ms, 20000);
	ck_assert_uint_eq(c.keychain_timeout_ms, 1000);
	conf_free(&c);
}
END_TEST

START_TEST(refuses)
{
	static const struct {
		const char *text;
		const char *why;
	} rows[] = {
		{ "Nonsense 1", "F line 1: 'Nonsense' is not a keyword" },
		{ "\n\n\x1b[2J 1", "F line 3: '\\x1b[2J' is not a keyword" },
		{ "=", "F line 1: '' is not a keyword" },
		{ "LogLevels info", NULL },
		{ "LogLeve info", NULL },
		{ "LogLevel",
		    "F line 1: LogLevel: the value is missing: error, warn, "
		    "info, debug or trace" },
		{ "LogLevel =", NULL },
		{ "LogLevel # info", NULL },
		{ "LogLevel loud",
		    "F line 1: LogLevel: 'loud' is not error, warn, info, "
		    "debug or trace" },
		{ "LogLevel info debug", NULL },
		{ "LogLevel \"info", NULL },
		{ "LogLevel \"info\"x", NULL },
		{ "LogLevel info\nLogLevel info",
		    "F line 2: LogLevel: already set on line 1" },
		{ "AllowRemote maybe",
		    "F line 1: AllowRemote: 'maybe' is not yes or no" },
		{ "AllowRemote 1", NULL },
		{ "RequireFullSeal true", NULL },
		{ "RequireSealedKeys 1", NULL },
		{ "JailMinimum none", NULL },
		{ "JailMinimum unavailable", NULL },
		{ "MaxSessions 0",
		    "F line 1: MaxSessions: '0' is not a number from 1 to "
		    "1024" },
		{ "MaxSessions 1025", NULL },
		{ "MaxSessions -1", NULL },
		{ "MaxSessions +1", NULL },
		{ "MaxSessions 1.5", NULL },
		{ "MaxSessions 0x10", NULL },
		{ "MaxSessions 10k", NULL },
		{ "MaxSessions \" 10\"", NULL },
		{ "MaxSessions 99999999999999999999999999", NULL },
		{ "MaxSessions 18446744073709551617", NULL },
		{ "MaxViewers 257", NULL },
		{ "ScrollbackSize 5M",
		    "F line 1: ScrollbackSize: '5M' is not a power of two "
		    "from 64K to 256M" },
		{ "ScrollbackSize 32K", NULL },
		{ "ScrollbackSize 512M", NULL },
		{ "ScrollbackSize 0", NULL },
		{ "ScrollbackSize 4MB", NULL },
		{ "ScrollbackSize 17592186044416M", NULL },
		{ "ScrollbackSize 9223372036854775807G", NULL },
		{ "KillGrace 5h",
		    "F line 1: KillGrace: '5h' is not a time from 0 to 25s, "
		    "such as 500ms or 5s" },
		{ "KillGrace 26", NULL },
		{ "KillGrace 1h", NULL },
		{ "SessionKeep 366d",
		    "F line 1: SessionKeep: '366d' is not a time from 1s to "
		    "365d, such as 12h or 7d" },
		{ "SessionKeep 0", NULL },
		{ "SessionKeep 5ms", NULL },
		{ "SessionKeep -1h", NULL },
		{ "KillGrace s", NULL },
		{ "KeychainTimeout 0", NULL },
		{ "KeychainTimeout 999ms", NULL },
		{ "KeychainTimeout 26s", NULL },
		{ "Keychain none",
		    "F line 1: Keychain: 'none' is not auto, secret-service "
		    "or vault" },
		{ "Keychain file", NULL },
		{ "VaultLockAfter 366d",
		    "F line 1: VaultLockAfter: '366d' is not a time from 0 "
		    "to 365d, such as 30m or 8h" },
		{ "VaultLockAfter 5ms", NULL },
		{ "VaultLockAfter never", NULL },
		{ "RegistryURL http://reg.example/",
		    "F line 1: RegistryURL: 'http://reg.example/' is neither "
		    "https://HOST[:PORT]/PATH, nor file:///PATH, nor an "
		    "absolute path (http:// is for 127.0.0.1, [::1] and "
		    "localhost alone)" },
		{ "RegistryURL /a\nRegistryURL /b",
		    "F line 2: RegistryURL: already set on line 1" },
		{ "RegistryKey RWQ",
		    "F line 1: RegistryKey: 'RWQ' is not a public key of "
		    "minisign: the second line of its .pub file" },
		{ "RegistryChannel a/b", NULL },
		{ "RegistryTimeout 51s", NULL },
		{ "RegistryTimeout 0", NULL },
	};
	struct conf c;
	char *before, *after;

	conf_defaults(&c);
	before = printed(&c);
	for (size_t i = 0; i < NELEM(rows); i++) {
		ck_assert_msg(parse(&c, rows[i].text, strlen(rows[i].text)) ==
				  RL_ERR_INVALID,
		    "%s", rows[i].text);
		ck_assert_msg(strncmp(why, "F line ", 7) == 0, "%s", why);
		if (rows[i].why != NULL)
			ck_assert_str_eq(why, rows[i].why);
	}
	ck_assert_int_eq(parse(&c, "LogLevel\0info\n", 14), RL_ERR_INVALID);
	ck_assert_str_eq(why, "F line 1: there is a NUL byte");
	after = printed(&c);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
	conf_free(&c);
}
END_TEST

START_TEST(refuses_addresses)
{
	static const char *const rows[] = { "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536", "127.0.0.1:-1",
		"127.0.0.1: 1", ":8765", "8765", "127.1:80", "127.0.0.1:1:2",
		"0127.0.0.1:1", "[::1]", "[::1]:", "[::1:1", "::1:80",
		"[127.0.0.1]:80", "[::1%lo]:80", "[fe80::1%lo]:80",
		"[localhost]:80", "example.com:80", "*:80", "relative/sock",
		"/a/../b", "/a//b", "/a/", "127.0.0.1:99999999999999999999",
		"\"/a/\x01\"/", "/a\x01", "/a\r\r", "\"/a\tb\"", "/a\x7f" };
	char text[256], *p = text;
	struct conf c;

	conf_defaults(&c);
	for (size_t i = 0; i < NELEM(rows); i++) {
		snprintf(text, sizeof(text), "ListenAddress %s", rows[i]);
		ck_assert_msg(parse(&c, text, strlen(text)) == RL_ERR_INVALID,
		    "%s", text);
		ck_assert_ptr_nonnull(strstr(why, "F line 1: ListenAddress"));
	}
	/* Longer than a unix socket's name may be. */
	p += sprintf(p, "ListenAddress /");
	memset(p, 's', 120);
	p[120] = '\0';
	ck_assert_int_eq(parse(&c, text, strlen(text)), RL_ERR_INVALID);
	ck_assert_str_eq(c.listen[0], "127.0.0.1:8765");
	conf_free(&c);
}
END_TEST

START_TEST(address_lists)
{
	char text[1024] = "";
	struct conf c;

	conf_defaults(&c);
	takes(&c, "ListenAddress none");
	ck_assert_uint_eq(c.nlisten, 0);
	takes(&c, "LogLevel warn");
	ck_assert_uint_eq(c.nlisten, 0);
	ck_assert_int_eq(parse(&c, "ListenAddress none\nListenAddress /s", 35),
	    RL_ERR_INVALID);
	ck_assert_str_eq(why, "F line 2: ListenAddress: line 1 says none, "
			      "which stands alone");
	ck_assert_int_eq(parse(&c, "ListenAddress /s\nListenAddress none", 35),
	    RL_ERR_INVALID);
	ck_assert_int_eq(parse(&c, "ListenAddress /s\n\nListenAddress /s", 34),
	    RL_ERR_INVALID);
	ck_assert_str_eq(
	    why, "F line 3: ListenAddress: line 1 names the same address");
	for (int i = 0; i <= CONF_LISTEN_MAX; i++) {
		snprintf(text + strlen(text), 64,
		    "ListenAddress 127.0.0.1:%d\n", 1000 + i);
		if (i == CONF_LISTEN_MAX - 1)
			takes(&c, text);
	}
	ck_assert_uint_eq(c.nlisten, CONF_LISTEN_MAX);
	ck_assert_int_eq(parse(&c, text, strlen(text)), RL_ERR_INVALID);
	ck_assert_str_eq(why, "F line 9: ListenAddress: at most 8 addresses");
	/* The first of a call replaces what was there. */
	takes(&c, "ListenAddress /one");
	ck_assert_uint_eq(c.nlisten, 1);
	ck_assert_str_eq(c.listen[0], "/one");
	conf_free(&c);
}
END_TEST

START_TEST(remote_needs_two_words)
{
	static const char *const remote[] = { "0.0.0.0:80", "10.0.0.1:80",
		"126.255.255.255:80", "128.0.0.0:80", "[::]:80",
		"[2001:db8::1]:80", "[::ffff:127.0.0.1]:80" };
	static const char *const local[] = { "127.255.255.254:80", "[::1]:80",
		"LocalHost:80", "/s" };
	char text[256];
	struct conf c;

	for (size_t i = 0; i < NELEM(remote); i++) {
		conf_defaults(&c);
		snprintf(text, sizeof(text), "#\nListenAddress %s", remote[i]);
		ck_assert_msg(parse(&c, text, strlen(text)) == RL_ERR_INVALID,
		    "%s", text);
		ck_assert_ptr_nonnull(strstr(why, "F line 2: "));
		ck_assert_ptr_nonnull(strstr(why, "AllowRemote yes"));
		strlcat(text, "\nAllowRemote no", sizeof(text));
		ck_assert_int_eq(parse(&c, text, strlen(text)), RL_ERR_INVALID);
		snprintf(text, sizeof(text),
		    "ListenAddress %s\nAllowRemote yes\n", remote[i]);
		takes(&c, text);
		/* Taking the permission back needs the address to go too. */
		ck_assert_int_eq(
		    parse(&c, "AllowRemote no", 14), RL_ERR_INVALID);
		ck_assert(c.allow_remote);
		conf_free(&c);
	}
	for (size_t i = 0; i < NELEM(local); i++) {
		conf_defaults(&c);
		snprintf(text, sizeof(text), "ListenAddress %s", local[i]);
		takes(&c, text);
		conf_free(&c);
	}
}
END_TEST

START_TEST(options)
{
	static const char *const bad[] = { "", " ", "=", "Nonsense=1",
		"LogLevel", "LogLevel=", "LogLevel=loud",
		"LogLevel=info\nMaxViewers=2", "# LogLevel=info\n",
		"ListenAddress=0.0.0.0:1" };
	struct conf c;

	conf_defaults(&c);
	ck_assert_int_eq(conf_parse_option(
			     &c, "ListenAddress=127.0.0.1:0", why, sizeof(why)),
	    0);
	ck_assert_str_eq(c.listen[0], "127.0.0.1:0");
	ck_assert_int_eq(
	    conf_parse_option(&c, "LogLevel trace", why, sizeof(why)), 0);
	ck_assert_int_eq(c.log_level, LOGL_TRACE);
	for (size_t i = 0; i < NELEM(bad); i++) {
		ck_assert_msg(conf_parse_option(&c, bad[i], why, sizeof(why)) ==
				  RL_ERR_INVALID,
		    "%s", bad[i]);
		ck_assert_msg(strncmp(why, "-o: ", 4) == 0, "%s", why);
	}
	ck_assert_int_eq(
	    conf_parse_option(&c, "AllowRemote=yes", why, sizeof(why)), 0);
	ck_assert_int_eq(
	    conf_parse_option(&c, "ListenAddress=0.0.0.0:1", why, sizeof(why)),
	    0);
	conf_free(&c);
}
END_TEST

/* What conf_print() says, conf_parse() understands the same way. */
START_TEST(prints_what_it_takes)
{
	static const char *const rows[] = { "", "ListenAddress none",
		"ListenAddress \"/a b/\xc3\xa4\"\nListenAddress [::1]:0",
		"AllowRemote yes\nListenAddress 0.0.0.0:1\nLogLevel trace\n"
		"ScrollbackSize 128K\nKillGrace 1ms\nKeychainTimeout 1001ms\n"
		"MaxSessions 7\nMaxViewers 9\nRequireFullSeal yes\n"
		"SessionKeep 3d\nKeychain secret-service\n"
		"VaultLockAfter 90m\n"
		"RegistryURL https://reg.example:8443/x\n"
		"RegistryKey "
		"RWTF0H3ijXIBzpdTSkQhcd467nxYnjtM5759dGEZdm4ea9fOxByl8BJC\n"
		"RegistryKey "
		"RWQ/PF6F6JhIPMEQIqkAwcOJDQaGTCQFk1NXlPKFfcSAB4ki2NI9bKS0\n"
		"RegistryChannel beta\nRegistryTimeout 1s\n"
		"LogDestination stderr\nSyslogFacility user\n"
		"JailMinimum full" };
	static const char *const says[] = { "\nVaultLockAfter 90m\n",
		"\nKillGrace 1001ms\n", "\nIdleTime 90s\n",
		"\nScrollbackSize 64K\n", "\nSessionKeep 1d\n",
		"\nUploadMaxSize 16M\n", "\nWriteTime 30s\n" };
	struct conf a, b;
	struct buf *small;
	char *x, *y;

	for (size_t i = 0; i < NELEM(rows); i++) {
		conf_defaults(&a);
		takes(&a, rows[i]);
		x = printed(&a);
		conf_defaults(&b);
		takes(&b, x);
		y = printed(&b);
		ck_assert_str_eq(x, y);
		free(x);
		free(y);
		conf_free(&a);
		conf_free(&b);
	}
	/* In units that one would write. */
	conf_defaults(&a);
	takes(&a, "VaultLockAfter 90m\nKillGrace 1001ms\nIdleTime 90000ms\n"
		  "ScrollbackSize 64K");
	x = printed(&a);
	for (size_t i = 0; i < NELEM(says); i++)
		ck_assert_msg(strstr(x, says[i]) != NULL, "%s: %s", says[i], x);
	free(x);
	conf_free(&a);
	conf_defaults(&a);
	small = buf_new(40);
	ck_assert_int_eq(conf_print(&a, small), RL_ERR_TOOBIG);
	buf_free(small);
	conf_free(&a);
}
END_TEST

static char told[512];

static void
on_told(const char *keyword, const char *value, enum conf_when when, void *arg)
{
	size_t used = strlen(told);

	ck_assert_ptr_eq(arg, told);
	snprintf(told + used, sizeof(told) - used, "%s=%s:%d ", keyword, value,
	    (int)when);
}

/* What may change does; what may not is told and stays. */
START_TEST(changes)
{
	struct conf c, fresh, all;

	conf_defaults(&c);
	conf_defaults(&fresh);
	told[0] = '\0';
	ck_assert_int_eq(conf_update(&c, &fresh, on_told, told), 0);
	ck_assert_str_eq(told, "");
	takes(&fresh, "AllowRemote yes\nListenAddress 127.0.0.1:1\n"
		      "ListenAddress 0.0.0.0:2\nRequireFullSeal yes\n"
		      "JailMinimum full\n"
		      "MaxSessions 3\nLogLevel debug\nScrollbackSize 64K\n"
		      "KillGrace 1ms\nLogDestination syslog\n"
		      "Keychain vault\nVaultLockAfter 5m");
	ck_assert_int_eq(conf_update(&c, &fresh, on_told, told), 0);
	ck_assert_str_eq(told,
	    "ListenAddress=127.0.0.1:1 0.0.0.0:2:3 AllowRemote=yes:3 "
	    "RequireFullSeal=yes:2 JailMinimum=full:1 LogLevel=debug:1 "
	    "LogDestination=syslog:1 "
	    "ScrollbackSize=64K:1 MaxSessions=3:1 KillGrace=1ms:1 "
	    "Keychain=vault:1 VaultLockAfter=5m:1 ");
	ck_assert_uint_eq(c.nlisten, 1);
	ck_assert_str_eq(c.listen[0], "127.0.0.1:8765");
	ck_assert(!c.allow_remote);
	ck_assert(!c.require_full_seal);
	conf_defaults(&all);
	takes(&all, "MaxSessions 3\nLogLevel debug\nScrollbackSize 64K\n"
		    "KillGrace 1ms\nLogDestination syslog\n"
		    "Keychain vault\nVaultLockAfter 5m\n"
		    "JailMinimum full");
	told[0] = '\0';
	ck_assert_int_eq(conf_update(&all, &c, on_told, told), 0);
	ck_assert_str_eq(told, "");
	conf_free(&c);
	conf_free(&fresh);
	conf_free(&all);
}
END_TEST

/* Lists: one value a line, the first of a call in place of those before. */
START_TEST(lists)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "JailReadOnly data", "absolute" },
		{ "JailReadOnly /", "absolute" },
		{ "JailReadOnly /a/../b", "absolute" },
		{ "JailHide ~root/x", "absolute" },
		{ "JailHide ~/../x", "absolute" },
		{ "JailReadWrite /a/", "absolute" },
		{ "JailHide ~/", "absolute" },
		{ "BrowseRoots /", "absolute" },
		{ "BrowseRoots ~/a/..", "absolute" },
		{ "JailEnv A=B", "not a variable's name" },
		{ "JailEnv LD_PRELOAD", "load code" },
		{ "JailProtectRepo maybe", "yes or no" },
		{ "AllowUploads maybe", "yes or no" },
		{ "UploadMaxSize 32K", "64K to 64M" },
		{ "UploadMaxSize 10M", "power of two" },
		{ "UploadMaxSize 128M", "64K to 64M" },
		{ "UploadQuota 512K", "1M to 1G" },
		{ "UploadQuota 0", "1M to 1G" },
		{ "JailProtectRepo no\nJailProtectRepo no", "already set" },
	};
	struct conf c, fresh;
	struct buf *b = buf_new(65536);

	conf_defaults(&c);
	ck_assert(c.jail_protect_repo);
	takes(&c, "JailReadOnly /srv\nJailReadOnly \"~/a b\"\nJailEnv A\n"
		  "JailReadOnly /srv\nJailProtectRepo no\n");
	ck_assert_uint_eq(c.jail_read_only.n, 2);
	ck_assert_str_eq(c.jail_read_only.v[1], "~/a b");
	ck_assert_uint_eq(c.jail_env.n, 1);
	ck_assert(!c.jail_protect_repo);
	/* What is printed is taken again, as the same. */
	ck_assert_int_eq(conf_print(&c, b), 0);
	conf_defaults(&fresh);
	ck_assert_int_eq(conf_parse(&fresh, (const char *)buf_ptr(b),
			     buf_len(b), "f", why, sizeof(why)), 0);
	told[0] = '\0';
	ck_assert_int_eq(conf_update(&c, &fresh, on_told, told), 0);
	ck_assert_str_eq(told, "");
	/* At once, and as a copy. */
	takes(&fresh, "JailReadOnly none\nJailHide /x\n");
	ck_assert_int_eq(conf_update(&c, &fresh, on_told, told), 0);
	ck_assert_str_eq(told, "JailReadOnly=none:1 JailHide=/x:1 ");
	conf_free(&fresh);
	ck_assert_uint_eq(c.jail_read_only.n, 0);
	ck_assert_str_eq(c.jail_hide.v[0], "/x");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_int_eq(conf_parse(&c, bad[i].text,
				     strlen(bad[i].text), "f", why,
				     sizeof(why)), RL_ERR_INVALID);
		ck_assert_msg(strstr(why, bad[i].words) != NULL, "%s: %s",
		    bad[i].text, why);
	}
	ck_assert_str_eq(c.jail_hide.v[0], "/x");
	conf_free(&c);
	buf_free(b);
}
END_TEST

Suite *
suite_conf(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("conf");

	tcase_add_test(tc, defaults);
	tcase_add_test(tc, limits_of_http);
	tcase_add_test(tc, takes_everything);
	tcase_add_test(tc, units);
	tcase_add_test(tc, refuses);
	tcase_add_test(tc, refuses_addresses);
	tcase_add_test(tc, address_lists);
	tcase_add_test(tc, remote_needs_two_words);
	tcase_add_test(tc, options);
	tcase_add_test(tc, prints_what_it_takes);
	tcase_add_test(tc, changes);
	tcase_add_test(tc, lists);
	suite_add_tcase(s, tc);
	return s;
}
