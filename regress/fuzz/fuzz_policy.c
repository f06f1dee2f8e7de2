/*
 * Fuzzes the administrator's policy and what is asked of it.  The input is a
 * policy, and after a byte 0xff what is asked about.  A policy that is refused
 * says where; one that is taken leaves no setting looser than it was, and is
 * done when it was applied once; an address that it allows can be read in one
 * way only.
 */

#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "conf.h"
#include "err.h"
#include "ringlet-monitor/policy.h"
#include "xmalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char loose[] = "AllowRemote yes\nListenAddress 0.0.0.0:1\n"
			    "ListenAddress /run/x\nNoSandbox http\n"
			    "JailEnv X\nJailReadOnly /srv\nAuditFull warn\n"
			    "RequireSameUser no\nVaultLockAfter 0\n"
			    "MaxSessions 1024\nMaxViewers 256\n"
			    "SessionKeep 365d\nJailProtectRepo no\n";

static void
require(int cond)
{
	if (!cond)
		abort();
}

static struct buf *
printed(const struct conf *c)
{
	struct buf *b = buf_new(2 * 1024 * 1024);

	require(conf_print(c, b) == 0);
	return b;
}

static void
apply(const struct policy *p)
{
	struct conf c, was;
	struct buf *once, *twice;
	char why[300];

	conf_defaults(&c);
	conf_defaults(&was);
	require(
	    conf_parse(&c, loose, strlen(loose), "L", why, sizeof(why)) == 0 &&
	    conf_parse(&was, loose, strlen(loose), "L", why, sizeof(why)) == 0);
	policy_apply(p, &c);
	require(c.nlisten <= was.nlisten && c.no_sandbox <= was.no_sandbox &&
		c.jail_minimum >= was.jail_minimum &&
		c.max_sessions <= was.max_sessions && c.max_sessions >= 1 &&
		c.max_viewers <= was.max_viewers &&
		c.session_keep_s <= was.session_keep_s &&
		c.jail_env.n <= was.jail_env.n &&
		c.jail_hide.n >= was.jail_hide.n);
	once = printed(&c);
	policy_apply(p, &c);
	twice = printed(&c);
	require(buf_len(once) == buf_len(twice) &&
		memcmp(buf_ptr(once), buf_ptr(twice), buf_len(once)) == 0);
	buf_free(once);
	buf_free(twice);
	conf_free(&c);
	conf_free(&was);
}

/* Whether all readers take this address apart in the same way. */
static bool
is_plain(const char *url)
{
	const char *host = strstr(url, "://");

	if (strpbrk(url, "\\%?#\t") != NULL || strstr(url, "/../") != NULL)
		return false;
	if (*url == '/')
		return true;
	/* Behind the host an '@' is a byte like others (RFC 3986, 3.3). */
	return host != NULL &&
	       memchr(host + 3, '@', strcspn(host + 3, "/")) == NULL;
}

static void
ask(const struct policy *p, const char *text)
{
	char why[2048], *value;
	unsigned line;
	bool lists =
	    (value = policy_value(p, PK_ALLOW_ENDPOINTS, &line)) != NULL;

	free(value);
	if (policy_may_endpoint(p, text, why, sizeof(why)) == 0 && lists)
		require(*text == '\0' || is_plain(text));
	(void)policy_may_agent(p, text, why, sizeof(why));
	(void)policy_may_provider(p, text, why, sizeof(why));
	(void)policy_may_registry(p, text, text, why, sizeof(why));
	(void)policy_may_manifest(p, text, text, why, sizeof(why));
	(void)policy_may_hook(p, text, why, sizeof(why));
	(void)policy_may_keychain(p, text, why, sizeof(why));
	(void)policy_may_listen(p, text, why, sizeof(why));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, 0xff, len);
	size_t n = end == NULL ? len : (size_t)(end - data);
	struct policy *p;
	char why[2048] = "", *text;
	int r;

	r = policy_parse((const char *)data, n, "FILE", &p, why, sizeof(why));
	if (r != 0) {
		require(r == RL_ERR_INVALID && p == NULL);
		require(strncmp(why, "FILE line ", 10) == 0);
		return 0;
	}
	apply(p);
	text = end == NULL ? xstrdup("")
			   : xstrndup((const char *)end + 1, len - n - 1);
	ask(p, text);
	free(text);
	policy_free(p);
	return 0;
}
