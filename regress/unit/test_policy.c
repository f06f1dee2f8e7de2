/*
 * The administrator's policy: its text, its file, and its answers.
 */

#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "err.h"
#include "ringlet-monitor/policy.h"
#include "ringlet-monitor/policy-int.h"
#include "suites.h"
#include "tier.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static char why[1024];

static struct policy *
make(const char *text)
{
	struct policy *p;

	ck_assert_msg(
	    policy_parse(text, strlen(text), "/p", &p, why, sizeof(why)) == 0,
	    "%s: %s", text, why);
	return p;
}

/* The verdict names the rule, the file and the line. */
static void
names(const char *rule, unsigned line)
{
	char wanted[128];

	snprintf(
	    wanted, sizeof(wanted), "refused by %s (/p line %u)", rule, line);
	ck_assert_msg(
	    strstr(why, wanted) != NULL, "%s: not in: %s", wanted, why);
}

/* --- the text --- */

START_TEST(mistakes)
{
	static const struct {
		const char *text;
		const char *says;
	} rows[] = {
		{ "Nonsense yes", "/p line 1: 'Nonsense' is not a keyword" },
		{ "\n#\nAllowAgents", "/p line 3: AllowAgents: the value is" },
		{ "AllowAgents Claude", "'Claude' is not ids of agents" },
		{ "AllowAgents \"a", "a quote is not closed" },
		{ "AllowEndpoints user@host", "is not hosts or addresses" },
		{ "AllowEndpoints a.*.b", "is not hosts or addresses" },
		{ "AllowEndpoints h:70000", "is not hosts or addresses" },
		{ "AllowEndpoints https://h/?q", "is not hosts or addresses" },
		{ "AllowEndpoints https://h/a/../b", "is not hosts" },
		{ "RegistryKeys 12345", "is not public keys of minisign" },
		/* Anybody can make a key that has this id. */
		{ "RegistryKeys E7620F1842B4E81F", "RegistryKeys" },
		{ "AllowManifests mine", "is not built-in, registry or user" },
		{ "AllowHooks no fmt", "no stands alone" },
		{ "AllowHooks fmt\nAllowHooks yes", "line 2: AllowHooks: yes" },
		{ "NoSandbox maybe", "is not never, cli or http" },
		{ "NoSandbox cli\nNoSandbox never", "already set on line 1" },
		{ "NoSandbox cli never", "takes one value" },
		{ "ForceNetwork on", "is not off or any" },
		{ "DenyGrants read", "is not ro, rw, env" },
		{ "DenyBwrapFlags ro-bind", "is not options of bwrap" },
		{ "DenyBwrapFlags --ro-bnd", "is not options of bwrap" },
		{ "JailHide relative", "is not absolute paths" },
		{ "JailHide none", "is not absolute paths" },
		{ "JailMinimum best", "is not full, no-landlock-scope" },
		{ "LimitMemory 1", "LimitMemory: limit memory: must be" },
		{ "MaxSessions 0", "is not a number from 1 to 1024" },
		{ "VaultLockAfter 0", "is not a time" },
		{ "LockListenAddress here", "is not addresses" },
		{ "LockListenAddress none unix", "none stands alone" },
		{ "AllowKeychains paper", "is not secret-service" },
		{ "MaxKeyAge 90d warn=91d", "is not warn= and a time" },
		{ "MaxKeyAge warn=3d", "is not a time such as 90d" },
		{ "MaxKeyAge 90d warn=1d warn=2d", "takes one value" },
		{ "MaxTokenAge 90", "is not a time such as" },
		{ "MaxTokenAge 90d warn=1d", "takes one value" },
		{ "AuditSyslog maybe", "is not yes or no" },
		{ "AuditFull quietly", "is not deny or warn" },
		{ "AuditKeep all", "is not a number from 0 to 10000" },
		{ "AuditKeep 10001", "is not a number from 0 to 10000" },
		{ "AuditKeep 1 2", "takes one value" },
	};
	struct policy *p;

	for (size_t i = 0; i < NELEM(rows); i++) {
		ck_assert_msg(policy_parse(rows[i].text, strlen(rows[i].text),
				  "/p", &p, why, sizeof(why)) == RL_ERR_INVALID,
		    "%s was taken", rows[i].text);
		ck_assert_ptr_null(p);
		ck_assert_msg(strstr(why, rows[i].says) != NULL, "%s: %s",
		    rows[i].text, why);
	}
	ck_assert_int_eq(
	    policy_parse("AllowAgents a\0b", 15, "/p", &p, why, sizeof(why)),
	    RL_ERR_INVALID);
}
END_TEST

START_TEST(shown)
{
	struct policy *p =
	    make("# first\r\n\nallowagents shell c*\n"
		 "AllowHooks \"fmt -w *\"\nALLOWAGENTS codex # x");
	unsigned line = 0;
	char *value;

	value = policy_value(p, PK_ALLOW_AGENTS, &line);
	ck_assert_str_eq(value, "shell c* codex");
	ck_assert_uint_eq(line, 3);
	free(value);
	value = policy_value(p, PK_ALLOW_HOOKS, &line);
	ck_assert_str_eq(value, "\"fmt -w *\"");
	free(value);
	ck_assert_ptr_null(policy_value(p, PK_DENY_AGENTS, &line));
	ck_assert_ptr_null(policy_keyword_name(PK_MAX));
	ck_assert_uint_eq(strlen(policy_hash(p)), POLICY_HASH_LEN);
	ck_assert_str_eq(policy_hash(NULL), "none");
	policy_free(p);
}
END_TEST

/* --- the file --- */

static char dir[64], path[256];

static void
put(const char *text, mode_t mode)
{
	int fd;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static int
read_it(uid_t owner)
{
	struct policy *p;
	int r;

	why[0] = '\0';
	r = policy_read(path, owner, &p, why, sizeof(why));
	if (r != 0)
		ck_assert_ptr_null(p);
	else if (p != NULL) {
		policy_free(p);
		r = 1;
	}
	return r;
}

START_TEST(whose_file)
{
	uid_t me = getuid();
	char other[160];

	strlcpy(dir, "/tmp/policy.XXXXXX", sizeof(dir));
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/policy.conf", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	ck_assert_int_eq(chmod(dir, 0755), 0);
	ck_assert_int_eq(read_it(me), 0);
	put("AllowAgents shell\n", 0644);
	ck_assert_int_eq(read_it(me), 1);
	ck_assert_int_eq(read_it(me + 1), RL_ERR_DENIED);
	put("AllowAgents shell\n", 0664);
	ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "can be written by others"));
	put("AllowAgents shell\n", 0646);
	ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	put("AllowAgents shell\n", 0644);
	ck_assert_int_eq(chmod(dir, 0777), 0);
	ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	/* A file that is mistaken is one that is there. */
	put("AllowAgents shell\nWhat\n", 0644);
	ck_assert_int_eq(read_it(me), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "policy.conf line 2"));
	if (me != 0) {
		put("AllowAgents shell\n", 0);
		ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	}
	/* Nor is it one under another name, a pipe, a folder, or another's. */
	put("AllowAgents shell\n", 0644);
	ck_assert_int_eq(rename(path, other), 0);
	ck_assert_int_eq(symlink(other, path), 0);
	ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "symbolic link"));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0644), 0);
	ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	ck_assert_int_eq(rmdir(path), 0);
	/* A folder that is reached by a link is not looked into. */
	ck_assert_int_eq(rename(other, path), 0);
	snprintf(other, sizeof(other), "%s.link", dir);
	ck_assert_int_eq(symlink(dir, other), 0);
	ck_assert_int_eq(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/policy.conf", other);
	put("AllowAgents shell\n", 0644);
	ck_assert_int_eq(read_it(me), RL_ERR_DENIED);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(unlink(other), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(read_it(me), 0);
}
END_TEST

/* --- questions --- */

START_TEST(no_policy_allows)
{
	const struct grant g = { .kind = GRANT_RW, .value = "/x" };
	char *option[] = { (char[]){ "--ro-bind" } };
	uint64_t n = 5;
	unsigned line;

	ck_assert_int_eq(policy_may_agent(NULL, "x", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_provider(NULL, "x", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_endpoint(NULL, "x", why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_registry(NULL, "x", "y", why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_manifest(NULL, "x", "user f", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_hook(NULL, "x", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_grant(NULL, &g, why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_flags(NULL, option, 1, why, sizeof(why)), 0);
	ck_assert(!policy_no_network(NULL));
	ck_assert(!policy_limit(NULL, LIMIT_MEMORY, &n));
	ck_assert_int_eq(policy_may_keychain(NULL, "x", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_key(NULL, "x", 0, 1, why, sizeof(why)), 0);
	ck_assert_int_eq(policy_token_age(NULL, &line), 0);
	ck_assert_int_eq(policy_may_listen(NULL, "x", why, sizeof(why)), 0);
	ck_assert_ptr_null(policy_browse_bounds(NULL));
	ck_assert_uint_eq(policy_audit_syslog(NULL), 0);
	policy_free(NULL);
}
END_TEST

START_TEST(ids)
{
	struct policy *p = make("AllowAgents shell c*\nDenyAgents co?ex\n"
				"DenyProviders open*\n");

	ck_assert_int_eq(policy_may_agent(p, "shell", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_agent(p, "claude", why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_agent(p, "codex", why, sizeof(why)), RL_ERR_DENIED);
	names("DenyAgents", 2);
	ck_assert_int_eq(
	    policy_may_agent(p, "shells", why, sizeof(why)), RL_ERR_DENIED);
	names("AllowAgents", 1);
	ck_assert_int_eq(policy_may_provider(p, "zai", why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_provider(p, "openai", why, sizeof(why)), RL_ERR_DENIED);
	names("DenyProviders", 3);
	policy_free(p);
}
END_TEST

START_TEST(addresses)
{
	static const struct {
		const char *pattern;
		const char *url;
		bool allows, denies; /* matches as the one, as the other */
	} rows[] = {
		{ "api.example.com", "https://api.example.com", true, true },
		{ "api.example.com", "https://API.Example.COM./v1", true,
		    true },
		{ "api.example.com", "https://api.example.com:443/", true,
		    true },
		{ "api.example.com", "https://api.example.com:8443", false,
		    true },
		{ "api.example.com:*", "https://api.example.com:8443", true,
		    true },
		{ "api.example.com:8443", "https://api.example.com", false,
		    false },
		{ "api.example.com", "https://api.example.com.evil.net", false,
		    false },
		{ "api.example.com", "https://evil.net/api.example.com", false,
		    false },
		{ "*.example.com", "https://a.b.example.com", true, true },
		{ "*.example.com", "https://example.com", false, false },
		{ "*.example.com", "https://notexample.com", false, false },
		{ "*", "https://any.thing", true, true },
		{ "http://*", "https://any.thing", false, false },
		{ "loopback:*", "http://127.0.0.1:8080/v1", true, true },
		{ "loopback:*", "http://localhost:1", true, true },
		{ "loopback:*", "http://[::1]:1", true, true },
		{ "loopback:*", "http://127.0.0.1.evil.net:1", false, false },
		{ "127.0.0.1:*", "http://127.1:9/", true, true },
		{ "127.0.0.1:*", "http://0x7f000001:9/", true, true },
		{ "127.0.0.1:*", "http://[::ffff:127.0.0.1]:9/", true, true },
		{ "[::1]:*", "http://[0:0::1]:9/", true, true },
		{ "https://h.org/team", "https://h.org/team/v1", true, true },
		{ "https://h.org/team/", "https://h.org/team", true, true },
		{ "https://h.org/team", "https://h.org/teams", false, false },
		{ "file:///srv/reg", "file:///srv/reg/x", true, true },
		{ "file:///srv/reg", "/srv/reg", true, true },
		{ "/srv/reg", "file:///srv/register", false, false },
		{ "/srv/a", "/srv/a/b c\xc3\xa4", true, true },
		{ "*", "file:///srv/reg", false, false },
	};
	/* Whatever is said, these are no addresses. */
	static const char *const none[] = { "https://a@api.example.com/",
		"https://api.example.com@evil.net/",
		"https://api.example.com\\@evil.net/",
		"https://api%2eexample.com/", "https://api.example.com/%2e%2e/",
		"https://h.org/team/../x", "https://h.org/./team",
		"https://h.org//team", "https://h.org/a?b", "https://h.org#a",
		"https:// h.org/", "https://h.org/a b", "h&s://h.org/",
		"https://h.org/\xc3\xa4", "https://[::1/", "https://h.org:0/",
		"https://h.org:/", "https://h.org:1x/", "https://../",
		"https:///x", "h.org", "", "https://h..org/",
		"https://\xc3\xa4.org/", "file://host/srv" };
	char text[256];
	struct policy *p;

	for (size_t i = 0; i < NELEM(rows); i++)
		for (int deny = 0; deny < 2; deny++) {
			bool hit = deny ? rows[i].denies : rows[i].allows;
			int want = hit == (deny == 0) ? 0 : RL_ERR_DENIED;

			snprintf(text, sizeof(text), "%sEndpoints %s",
			    deny ? "Deny" : "Allow", rows[i].pattern);
			p = make(text);
			ck_assert_msg(policy_may_endpoint(p, rows[i].url, why,
					  sizeof(why)) == want,
			    "%s: %s", text, rows[i].url);
			policy_free(p);
		}
	for (size_t i = 0; i < NELEM(none); i++) {
		struct policy_url u;

		ck_assert_msg(
		    policy_url_parse(none[i], &u) != 0, "%s", none[i]);
		if (none[i][0] == '\0')
			continue;
		p = make("DenyEndpoints other.org");
		ck_assert_msg(policy_may_endpoint(p, none[i], why,
				  sizeof(why)) == RL_ERR_DENIED,
		    "%s", none[i]);
		policy_free(p);
	}
}
END_TEST

START_TEST(registries)
{
	/* A key of minisign's, and one that somebody gave the same id. */
	static const char key[] = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0Q"
				  "TaLn73Y7GFO3";
	static const char twin[] = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0Q"
				   "TaLn73Y7GFO4";
	struct policy *p = make("AllowRegistries r.org file:///srv/reg\n"
				"DenyRegistries r.org:8443\n"
				"RegistryKeys RWQf6LRCGA9i53mlYecO4IzT51TGPpvWu"
				"cNSCh1CBM0QTaLn73Y7GFO3\n"
				"AllowManifests built-in registry\n");

	ck_assert_int_eq(
	    policy_may_registry(p, "https://r.org/x", key, why, sizeof(why)),
	    0);
	ck_assert_int_eq(
	    policy_may_registry(p, "/srv/reg", key, why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_registry(p, "https://s.org", NULL, why, sizeof(why)),
	    RL_ERR_DENIED);
	names("AllowRegistries", 1);
	ck_assert_int_eq(policy_may_registry(
			     p, "https://r.org:8443", NULL, why, sizeof(why)),
	    RL_ERR_DENIED);
	names("DenyRegistries", 2);
	ck_assert_int_eq(
	    policy_may_registry(p, NULL, twin, why, sizeof(why)),
	    RL_ERR_DENIED);
	names("RegistryKeys", 3);
	ck_assert_int_eq(
	    policy_may_registry(p, NULL, "E7620F1842B4E81F", why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_int_eq(
	    policy_may_registry(p, NULL, "garbage", why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_int_eq(
	    policy_may_manifest(p, "claude", "registry 7", why, sizeof(why)),
	    0);
	ck_assert_int_eq(
	    policy_may_manifest(p, "claude", "user f.json", why, sizeof(why)),
	    RL_ERR_DENIED);
	names("AllowManifests", 4);
	policy_free(p);
}
END_TEST

START_TEST(hooks)
{
	static const struct {
		const char *command;
		bool may;
	} rows[] = {
		{ "/usr/bin/fmt", true },
		{ "/usr/bin/fmt -w file", true },
		{ "/usr/bin/fmt -w file; rm -rf x", false },
		{ "/usr/bin/fmt -w $(id)", false },
		{ "/usr/bin/fmt -w `id`", false },
		{ "/usr/bin/fmt -w a\nrm b", false },
		{ "/usr/bin/fmt -w a | sh", false },
		{ "/usr/bin/fmt -w a>b", false },
		{ "/usr/bin/fmts", false },
		{ "", false },
	};
	struct policy *p = make("AllowHooks /usr/bin/fmt \"/usr/bin/fmt *\"\n");

	for (size_t i = 0; i < NELEM(rows); i++)
		ck_assert_msg((policy_may_hook(p, rows[i].command, why,
				   sizeof(why)) == 0) == rows[i].may,
		    "%s", rows[i].command);
	policy_free(p);
	p = make("AllowHooks no");
	ck_assert_int_eq(
	    policy_may_hook(p, "no", why, sizeof(why)), RL_ERR_DENIED);
	names("AllowHooks", 1);
	policy_free(p);
	p = make("AllowHooks yes");
	ck_assert_int_eq(policy_may_hook(p, "a;b", why, sizeof(why)), 0);
	policy_free(p);
	/* What is written out is meant, whatever it is. */
	p = make("AllowHooks \"a; b $x\"");
	ck_assert_int_eq(policy_may_hook(p, "a; b $x", why, sizeof(why)), 0);
	policy_free(p);
}
END_TEST

START_TEST(jails)
{
	char *options[] = { (char[]){ "--new-session" },
		(char[]){ "--ro-bind" } };
	char *net[] = { (char[]){ "--unshare-net" } };
	struct policy *p = make("DenyGrants rw env\nDenyBwrapFlags "
				"--ro-bind-try\nForceNetwork off\n"
				"LimitMemory 1G\nLimitTmp 64M");
	struct grant g = { .kind = GRANT_RO, .value = "/x" };
	uint64_t n;
	unsigned line;

	ck_assert_int_eq(policy_may_grant(p, &g, why, sizeof(why)), 0);
	g.kind = GRANT_RW;
	ck_assert_int_eq(
	    policy_may_grant(p, &g, why, sizeof(why)), RL_ERR_DENIED);
	names("DenyGrants", 1);
	ck_assert_int_eq(
	    policy_may_flags(p, options, 2, why, sizeof(why)), RL_ERR_DENIED);
	names("DenyBwrapFlags", 2);
	ck_assert_int_eq(policy_may_flags(p, options, 1, why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_flags(p, net, 1, why, sizeof(why)), 0);
	ck_assert(policy_no_network(p));
	ck_assert(policy_has_jail_rules(p, &line));
	ck_assert_uint_eq(line, 3);
	n = 0;
	ck_assert(policy_limit(p, LIMIT_MEMORY, &n) && n == 1ULL << 30);
	n = 1ULL << 31;
	ck_assert(policy_limit(p, LIMIT_MEMORY, &n) && n == 1ULL << 30);
	n = 1ULL << 29;
	ck_assert(!policy_limit(p, LIMIT_MEMORY, &n) && n == 1ULL << 29);
	ck_assert(!policy_limit(p, LIMIT_FILES, &n));
	policy_free(p);
	p = make("DenyGrants all\nDenyBwrapFlags all");
	ck_assert_int_eq(
	    policy_may_grant(p, &g, why, sizeof(why)), RL_ERR_DENIED);
	ck_assert_int_eq(
	    policy_may_flags(p, net, 1, why, sizeof(why)), RL_ERR_DENIED);
	ck_assert_int_eq(policy_may_flags(p, NULL, 0, why, sizeof(why)), 0);
	policy_free(p);
	p = make("DenyBwrapFlags --unshare-net");
	ck_assert_int_eq(
	    policy_may_flags(p, net, 1, why, sizeof(why)), RL_ERR_DENIED);
	names("DenyBwrapFlags", 1);
	policy_free(p);
}
END_TEST

START_TEST(ages)
{
	struct policy *p = make("MaxKeyAge 90d warn=75d\nMaxTokenAge 12h\n"
				"AllowKeychains vault");
	const long long day = 86400, now = 1000 * day;
	unsigned line;

	ck_assert_int_eq(
	    policy_may_key(p, "a", now - 74 * day, now, why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_key(p, "a", now - 76 * day, now, why, sizeof(why)), 1);
	ck_assert_ptr_nonnull(strstr(why, "14 days more"));
	ck_assert_int_eq(
	    policy_may_key(p, "a", now - 91 * day, now, why, sizeof(why)),
	    RL_ERR_DENIED);
	names("MaxKeyAge", 1);
	/* Not known when, or in the future: a file that somebody edited. */
	ck_assert_int_eq(
	    policy_may_key(p, "a", 0, now, why, sizeof(why)), RL_ERR_DENIED);
	ck_assert_int_eq(
	    policy_may_key(p, "a", now + 2 * day, now, why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_int_eq(policy_token_age(p, &line), 12 * 3600);
	ck_assert_uint_eq(line, 2);
	ck_assert_int_eq(policy_may_keychain(p, "vault", why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_keychain(p, "", why, sizeof(why)), RL_ERR_DENIED);
	names("AllowKeychains", 3);
	policy_free(p);
}
END_TEST

START_TEST(listeners)
{
	struct policy *p = make("LockListenAddress 127.0.0.1 unix ::1\n"
				"LockListenAddress 10.0.0.1:80\n");

	ck_assert_int_eq(
	    policy_may_listen(p, "127.0.0.1:8765", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_listen(p, "/run/x", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_listen(p, "[::1]:1", why, sizeof(why)), 0);
	ck_assert_int_eq(
	    policy_may_listen(p, "10.0.0.1:80", why, sizeof(why)), 0);
	ck_assert_int_eq(policy_may_listen(p, "10.0.0.1:81", why, sizeof(why)),
	    RL_ERR_DENIED);
	ck_assert_int_eq(
	    policy_may_listen(p, "127.0.0.11:80", why, sizeof(why)),
	    RL_ERR_DENIED);
	names("LockListenAddress", 1);
	policy_free(p);
	p = make("LockListenAddress none");
	ck_assert_int_eq(policy_may_listen(p, "127.0.0.1:1", why, sizeof(why)),
	    RL_ERR_DENIED);
	policy_free(p);
}
END_TEST

/* --- settings --- */

static void
settings(struct conf *c, const char *text)
{
	conf_defaults(c);
	ck_assert_msg(
	    conf_parse(c, text, strlen(text), "c", why, sizeof(why)) == 0, "%s",
	    why);
}

/* For each keyword: a loose setting, the rule, and what must then hold. */
START_TEST(settings_are_bound)
{
	static const struct {
		const char *policy;
		const char *loose;
		const char *keyword;
		const char *bound;
		const char *tight; /* which the policy leaves as it is */
	} rows[] = {
		{ "NoSandbox never", "NoSandbox http", "NoSandbox", "never",
		    "NoSandbox never" },
		{ "NoSandbox cli", "NoSandbox http", "NoSandbox", "cli",
		    "NoSandbox never" },
		{ "LimitTmp 1G", "NoSandbox cli", "NoSandbox", "never",
		    "NoSandbox never" },
		{ "DenyGrants ro", "JailReadOnly /srv", "JailReadOnly", "none",
		    NULL },
		{ "DenyGrants rw", "JailReadWrite /srv", "JailReadWrite",
		    "none", NULL },
		{ "DenyGrants env", "JailEnv X", "JailEnv", "none", NULL },
		{ "JailHide /srv", "JailHide none", "JailHide", "/srv",
		    "JailHide /srv" },
		{ "JailMinimum full", "JailMinimum minimal", "JailMinimum",
		    "full", "JailMinimum full" },
		{ "JailProtectRepo yes", "JailProtectRepo no",
		    "JailProtectRepo", "yes", "JailProtectRepo yes" },
		{ "MaxSessions 2", "MaxSessions 9", "MaxSessions", "2",
		    "MaxSessions 1" },
		{ "MaxViewers 2", "MaxViewers 9", "MaxViewers", "2",
		    "MaxViewers 1" },
		{ "SessionKeep 1h", "SessionKeep 9h", "SessionKeep", "1h",
		    "SessionKeep 1m" },
		{ "VaultLockAfter 1h", "VaultLockAfter 0", "VaultLockAfter",
		    "1h", "VaultLockAfter 1m" },
		{ "LockListenAddress unix", "ListenAddress 127.0.0.1:1",
		    "ListenAddress", "none", "ListenAddress /run/x" },
		{ "RequireSameUser yes", "RequireSameUser no",
		    "RequireSameUser", "yes", "RequireSameUser yes" },
		{ "RequireSealedKeys yes", "RequireSealedKeys no",
		    "RequireSealedKeys", "yes", "RequireSealedKeys yes" },
		{ "RequireFullSeal yes", "RequireFullSeal no",
		    "RequireFullSeal", "yes", "RequireFullSeal yes" },
		{ "AllowUploads no", "AllowUploads yes", "AllowUploads", "no",
		    "AllowUploads no" },
		{ "AllowKeychains vault", "Keychain secret-service", "Keychain",
		    "vault", "Keychain vault" },
		{ "AllowKeychains secret-service", "Keychain auto", "Keychain",
		    "secret-service", "Keychain secret-service" },
		{ "AuditSyslog yes", "AuditSyslog no", "AuditSyslog", "yes",
		    "AuditSyslog yes" },
		{ "AuditFull deny", "AuditFull warn", "AuditFull", "deny",
		    "AuditFull deny" },
		{ "AuditKeep 9", "AuditKeep 1", "AuditKeep", "9",
		    "AuditKeep 10" },
		{ "AuditKeep 0", "AuditKeep 1", "AuditKeep", "0",
		    "AuditKeep 0" },
		/* All of them are kept: how long each is bounds nothing. */
		{ "AuditKeep 0", "AuditKeep 9\nAuditMaxSize 64K", "AuditKeep",
		    "0", "AuditMaxSize 64K" },
		{ "AuditKeep 9", "AuditKeep 9\nAuditMaxSize 64K",
		    "AuditMaxSize", "64M",
		    "AuditKeep 9\nAuditMaxSize 128M" },
	};
	const char *name;
	struct conf c;
	struct policy *p;
	size_t at;
	char *value;

	for (size_t i = 0; i < NELEM(rows); i++) {
		p = make(rows[i].policy);
		at = conf_keyword_find(rows[i].keyword);
		settings(&c, rows[i].loose);
		ck_assert_int_eq(c.from[at].source, CONF_FROM_FILE);
		policy_apply(p, &c);
		value = conf_value(&c, at, &name);
		ck_assert_str_eq(name, rows[i].keyword);
		ck_assert_msg(strcmp(value, rows[i].bound) == 0, "%s: %s is %s",
		    rows[i].policy, name, value);
		ck_assert_uint_eq(c.from[at].policy, 1);
		free(value);
		conf_free(&c);
		if (rows[i].tight != NULL) {
			settings(&c, rows[i].tight);
			policy_apply(p, &c);
			ck_assert_msg(c.from[at].policy == 0, "%s: %s",
			    rows[i].policy, rows[i].tight);
			conf_free(&c);
		}
		policy_free(p);
	}
}
END_TEST

Suite *
suite_policy(void)
{
	Suite *s = suite_create("policy");
	TCase *t = tcase_create("policy");

	tcase_add_test(t, mistakes);
	tcase_add_test(t, shown);
	tcase_add_test(t, whose_file);
	tcase_add_test(t, no_policy_allows);
	tcase_add_test(t, ids);
	tcase_add_test(t, addresses);
	tcase_add_test(t, registries);
	tcase_add_test(t, hooks);
	tcase_add_test(t, jails);
	tcase_add_test(t, ages);
	tcase_add_test(t, listeners);
	tcase_add_test(t, settings_are_bound);
	suite_add_tcase(s, t);
	return s;
}
