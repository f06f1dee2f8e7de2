/*
 * ringlet.conf(5), parsed from a buffer.  Each line is "Keyword value", and a
 * table says what values a keyword takes.  A file applies as a whole or not
 * at all; what is not understood is an error, never ignored, because a
 * setting that silently does not hold is worse than a daemon that says why it
 * does not start.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>

#include "conf.h"
#include "confkey.h"
#include "confline.h"
#include "err.h"
#include "log.h"
#include "ring.h"
#include "tier.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define VALUE_SHOWN 80 /* bytes of a value in an error */

#define F(f) offsetof(struct conf, f)

static const struct conf_word destinations[] = {
	{ "auto", CONF_LOG_AUTO },
	{ "file", CONF_LOG_FILE },
	{ "stderr", CONF_LOG_STDERR },
	{ "syslog", CONF_LOG_SYSLOG },
	{ NULL, 0 },
};
static const struct conf_word facilities[] = {
	{ "daemon", LOG_DAEMON },
	{ "user", LOG_USER },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
	{ NULL, 0 },
};

static const struct conf_word tiers[] = {
	{ "full", TIER_FULL },
	{ "no-landlock-scope", TIER_NO_LANDLOCK_SCOPE },
	{ "no-fresh-proc", TIER_NO_FRESH_PROC },
	{ "minimal", TIER_MINIMAL },
	{ NULL, 0 },
};

static const struct conf_word same_user[] = {
	{ "auto", CONF_SAME_AUTO },
	{ "yes", CONF_SAME_YES },
	{ "no", CONF_SAME_NO },
	{ NULL, 0 },
};

static const struct conf_word keychains[] = {
	{ "auto", CONF_KEYCHAIN_AUTO },
	{ "secret-service", CONF_KEYCHAIN_SERVICE },
	{ "vault", CONF_KEYCHAIN_VAULT },
	{ NULL, 0 },
};

static const struct conf_word no_sandbox[] = {
	{ "never", CONF_UNJAILED_NEVER },
	{ "cli", CONF_UNJAILED_CLI },
	{ "http", CONF_UNJAILED_HTTP },
	{ NULL, 0 },
};

static const struct conf_word audit_full[] = {
	{ "deny", CONF_AUDIT_DENY },
	{ "warn", CONF_AUDIT_WARN },
	{ NULL, 0 },
};

static const struct conf_keyword keywords[] = {
	{ "ListenAddress", CK_LISTEN, CONF_AT_START, 0, 0, 0,
	    "HOST:PORT or [HOST]:PORT with a numeric address or localhost, "
	    "an absolute path, or none", NULL },
	{ "AllowRemote", CK_BOOL, CONF_AT_START, F(allow_remote), 0, 0,
	    "yes or no", NULL },
	{ "RequireSameUser", CK_WORD, CONF_AT_RESTART, F(require_same_user), 0,
	    0, "auto, yes or no", same_user },
	{ "RequireFullSeal", CK_BOOL, CONF_AT_RESTART, F(require_full_seal), 0,
	    0, "yes or no", NULL },
	{ "RequireSealedKeys", CK_BOOL, CONF_AT_ONCE, F(require_sealed_keys), 0,
	    0, "yes or no", NULL },
	{ "JailMinimum", CK_WORD, CONF_AT_ONCE, F(jail_minimum), 0, 0,
	    "full, no-landlock-scope, no-fresh-proc or minimal", tiers },
	{ "NoSandbox", CK_WORD, CONF_AT_ONCE, F(no_sandbox), 0, 0,
	    "never, cli or http", no_sandbox },
	{ "LogLevel", CK_LEVEL, CONF_AT_ONCE, F(log_level), 0, 0,
	    "error, warn, info, debug or trace", NULL },
	{ "LogDestination", CK_WORD, CONF_AT_ONCE, F(log_destination), 0,
	    0, "auto, file, stderr or syslog", destinations },
	{ "SyslogFacility", CK_WORD, CONF_AT_ONCE, F(syslog_facility), 0, 0,
	    "daemon, user or local0 to local7", facilities },
	{ "ScrollbackSize", CK_SIZE, CONF_AT_ONCE, F(scrollback),
	    RING_CAPACITY_MIN, RING_CAPACITY_MAX,
	    "a power of two from 64K to 256M", NULL },
	{ "MaxSessions", CK_COUNT, CONF_AT_ONCE, F(max_sessions), 1, 1024,
	    "a number from 1 to 1024", NULL },
	{ "MaxViewers", CK_COUNT, CONF_AT_ONCE, F(max_viewers), 1, 256,
	    "a number from 1 to 256", NULL },
	/* What ringletd's own bounds leave room for (http1.h, ringletd.h). */
	{ "MaxConnections", CK_COUNT, CONF_AT_ONCE, F(http.connections), 4,
	    512, "a number from 4 to 512", NULL },
	{ "MaxStreams", CK_COUNT, CONF_AT_ONCE, F(http.streams), 1, 64,
	    "a number from 1 to 64", NULL },
	{ "MaxHeaderSize", CK_SIZE, CONF_AT_ONCE, F(http.header), 2048,
	    16 * 1024, "a power of two from 2K to 16K", NULL },
	{ "MaxBodySize", CK_SIZE, CONF_AT_ONCE, F(http.body), 1024, 64 * 1024,
	    "a power of two from 1K to 64K", NULL },
	{ "FirstRequestTime", CK_TIME, CONF_AT_ONCE, F(http.first_ms), 1000,
	    60 * 1000, "a time from 1s to 60s, such as 10s", NULL },
	{ "RequestTime", CK_TIME, CONF_AT_ONCE, F(http.request_ms), 1000,
	    120 * 1000, "a time from 1s to 120s, such as 15s", NULL },
	{ "IdleTime", CK_TIME, CONF_AT_ONCE, F(http.idle_ms), 1000, 600 * 1000,
	    "a time from 1s to 10m, such as 60s", NULL },
	{ "WriteTime", CK_TIME, CONF_AT_ONCE, F(http.write_ms), 1000,
	    600 * 1000, "a time from 1s to 10m, such as 30s", NULL },
	{ "PingInterval", CK_TIME, CONF_AT_ONCE, F(http.ping_ms), 1000,
	    600 * 1000, "a time from 1s to 10m, such as 30s", NULL },
	/* Whoever waits for these gives up after a minute (ringletd.h). */
	{ "KillGrace", CK_TIME, CONF_AT_ONCE, F(kill_grace_ms), 0, 25 * 1000,
	    "a time from 0 to 25s, such as 500ms or 5s", NULL },
	{ "JailReadOnly", CK_PATHS, CONF_AT_ONCE, F(jail_read_only), 0, 0,
	    "an absolute path, one that begins with ~/, or none", NULL },
	{ "JailReadWrite", CK_PATHS, CONF_AT_ONCE, F(jail_read_write), 0, 0,
	    "an absolute path, one that begins with ~/, or none", NULL },
	{ "JailHide", CK_PATHS, CONF_AT_ONCE, F(jail_hide), 0, 0,
	    "an absolute path, one that begins with ~/, or none", NULL },
	{ "JailEnv", CK_NAMES, CONF_AT_ONCE, F(jail_env), 0, 0,
	    "a variable's name, or none", NULL },
	{ "JailProtectRepo", CK_BOOL, CONF_AT_ONCE, F(jail_protect_repo), 0, 0,
	    "yes or no", NULL },
	{ "AllowUploads", CK_BOOL, CONF_AT_ONCE, F(allow_uploads), 0, 0,
	    "yes or no", NULL },
	{ "UploadMaxSize", CK_SIZE, CONF_AT_ONCE, F(upload_max), 64 * 1024,
	    64 * 1024 * 1024, "a power of two from 64K to 64M", NULL },
	{ "UploadQuota", CK_SIZE, CONF_AT_ONCE, F(upload_quota), 1024 * 1024,
	    1024 * 1024 * 1024, "a power of two from 1M to 1G", NULL },
	{ "BrowseRoots", CK_ROOTS, CONF_AT_ONCE, F(browse_roots), 0, 0,
	    "an absolute path, one that begins with ~/, or none", NULL },
	{ "SessionKeep", CK_PERIOD, CONF_AT_ONCE, F(session_keep_s), 1,
	    365 * 24 * 3600, "a time from 1s to 365d, such as 12h or 7d", NULL },
	{ "KeychainTimeout", CK_TIME, CONF_AT_ONCE, F(keychain_timeout_ms),
	    1000, 25 * 1000, "a time from 1s to 25s, such as 20s", NULL },
	{ "KeychainPromptTimeout", CK_TIME, CONF_AT_ONCE,
	    F(keychain_prompt_ms), 1000, 150 * 1000,
	    "a time from 1s to 150s, such as 60s", NULL },
	{ "Keychain", CK_WORD, CONF_AT_ONCE, F(keychain), 0, 0,
	    "auto, secret-service or vault", keychains },
	{ "VaultLockAfter", CK_PERIOD, CONF_AT_ONCE, F(vault_lock_s), 0,
	    365 * 24 * 3600, "a time from 0 to 365d, such as 30m or 8h", NULL },
	{ "RegistryURL", CK_PLACE, CONF_AT_ONCE, F(registry_url), 0, 0,
	    "https://HOST/PATH, file:///PATH, an absolute path, or none",
	    NULL },
	{ "RegistryKey", CK_SIGNERS, CONF_AT_ONCE, F(registry_key), 0, 0,
	    "a public key of minisign, or none", NULL },
	{ "RegistryChannel", CK_IDENT, CONF_AT_ONCE, F(registry_channel), 0, 0,
	    "a channel's name, or none", NULL },
	/* Whoever waits for a sync over HTTP gives up after a minute. */
	{ "RegistryTimeout", CK_TIME, CONF_AT_ONCE, F(registry_timeout_ms),
	    1000, 50 * 1000, "a time from 1s to 50s, such as 30s", NULL },
	{ "AuditFull", CK_WORD, CONF_AT_ONCE, F(audit_full), 0, 0,
	    "deny or warn", audit_full },
	{ "AuditMaxSize", CK_SIZE, CONF_AT_ONCE, F(audit_max_size),
	    64 * 1024, 1024 * 1024 * 1024, "a power of two from 64K to 1G",
	    NULL },
	{ "AuditKeep", CK_COUNT, CONF_AT_ONCE, F(audit_keep), 0, 10000,
	    "a number from 0 to 10000", NULL },
	{ "AuditSyslog", CK_BOOL, CONF_AT_ONCE, F(audit_syslog), 0, 0,
	    "yes or no", NULL },
};

_Static_assert(NELEM(keywords) <= CONF_KEYWORDS_MAX, "conf.from is too short");

/* One run over a file. */
struct parse {
	struct conf *c; /* a copy, thrown away on error */
	const char *file;
	unsigned line;			/* 0: not from a file */
	unsigned seen[NELEM(keywords)]; /* line of the first, 0: not yet */
	bool none;			/* ListenAddress none was said */
	unsigned listen_line[CONF_LISTEN_MAX]; /* 0: from an earlier call */
	char *why;
	size_t size;
};

static int __attribute__((__format__(printf, 3, 4)))
refuse(struct parse *ps, unsigned line, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	if (line > 0)
		(void)snprintf(
		    ps->why, ps->size, "%s line %u: %s", ps->file, line, what);
	else
		(void)snprintf(ps->why, ps->size, "%s: %s", ps->file, what);
	return RL_ERR_INVALID;
}

static int
refuse_value(struct parse *ps, const struct conf_keyword *k, const char *value)
{
	char shown[VALUE_SHOWN];

	return refuse(ps, ps->line, "%s: '%s' is not %s", k->name,
	    text_escape(shown, sizeof(shown), value), k->accepts);
}

/* --- ListenAddress --- */

static void
listen_clear(struct conf *c)
{
	while (c->nlisten > 0)
		free(c->listen[--c->nlisten]);
}

static int
set_listen(struct parse *ps, const struct conf_keyword *k, const char *value)
{
	struct conf *c = ps->c;
	char *address;
	bool local, first = ps->seen[k - keywords] == 0;

	if (strcasecmp(value, "none") == 0) {
		if (!first)
			return refuse(ps, ps->line,
			    "%s: none stands alone, but line %u names an "
			    "address",
			    k->name, ps->seen[k - keywords]);
		listen_clear(c);
		ps->none = true;
		return 0;
	}
	if (ps->none)
		return refuse(ps, ps->line,
		    "%s: line %u says none, which stands alone", k->name,
		    ps->seen[k - keywords]);
	if ((address = conf_listen_clean(value, &local)) == NULL)
		return refuse_value(ps, k, value);
	if (first)
		listen_clear(c);
	for (size_t i = 0; i < c->nlisten; i++)
		if (strcmp(c->listen[i], address) == 0) {
			free(address);
			return refuse(ps, ps->line,
			    "%s: line %u names the same address", k->name,
			    ps->listen_line[i]);
		}
	if (c->nlisten == CONF_LISTEN_MAX) {
		free(address);
		return refuse(ps, ps->line, "%s: at most %d addresses", k->name,
		    CONF_LISTEN_MAX);
	}
	ps->listen_line[c->nlisten] = ps->line;
	c->listen[c->nlisten++] = address;
	return 0;
}

bool
conf_is_remote(const char *address)
{
	bool local = false;

	free(conf_listen_clean(address, &local));
	return !local;
}

/*
 * Done at the end, so that the order of lines does not matter.  Whoever can
 * reach the listener can guess at tokens: the network needs a second yes.
 */
static int
check_remote(struct parse *ps)
{
	const struct conf *c = ps->c;

	if (c->allow_remote)
		return 0;
	for (size_t i = 0; i < c->nlisten; i++)
		if (conf_is_remote(c->listen[i]))
			return refuse(ps, ps->listen_line[i],
			    "ListenAddress: %s is reachable from other "
			    "machines: use a loopback address, or set "
			    "AllowRemote yes as well",
			    c->listen[i]);
	return 0;
}

/* --- the other kinds --- */

/* The first of a call takes the place of those set before. */
static int
set_list(struct parse *ps, const struct conf_keyword *k, struct strlist *list,
    const char *value)
{
	char shown[VALUE_SHOWN];
	const char *wrong;

	if (ps->seen[k - keywords] == 0)
		strlist_clear(list);
	if ((wrong = conflist_add(k->kind, list, value)) == NULL)
		return 0;
	return refuse(ps, ps->line, "%s: '%s' %s", k->name,
	    text_escape(shown, sizeof(shown), value), wrong);
}

static int
set_value(struct parse *ps, const struct conf_keyword *k, const char *value)
{
	void *field = (char *)ps->c + k->off;
	const struct conf_word *w;
	long long n;
	int level;

	switch (k->kind) {
	case CK_LISTEN:
		return set_listen(ps, k, value);
	case CK_BOOL:
		if (strcasecmp(value, "yes") != 0 &&
		    strcasecmp(value, "no") != 0)
			break;
		*(bool *)field = strcasecmp(value, "yes") == 0;
		return 0;
	case CK_LEVEL:
		if ((level = log_level_parse(value)) == -1)
			break;
		*(int *)field = level;
		return 0;
	case CK_WORD:
		for (w = k->words; w->name != NULL; w++)
			if (strcasecmp(value, w->name) == 0) {
				*(int *)field = w->value;
				return 0;
			}
		break;
	case CK_SIZE:
		if (!conf_number(k, value, &n) || (n & (n - 1)) != 0)
			break;
		*(uint64_t *)field = (uint64_t)n;
		return 0;
	case CK_COUNT:
	case CK_TIME:
	case CK_PERIOD:
		if (!conf_number(k, value, &n))
			break;
		*(unsigned *)field = (unsigned)n;
		return 0;
	case CK_PATHS:
	case CK_NAMES:
	case CK_ROOTS:
	case CK_SIGNERS:
	case CK_PLACE:
	case CK_IDENT:
		return set_list(ps, k, field, value);
	}
	return refuse_value(ps, k, value);
}

const struct conf_keyword *
conf_keyword_get(size_t i)
{
	return i < NELEM(keywords) ? &keywords[i] : NULL;
}

size_t
conf_keyword_find(const char *name)
{
	size_t i = 0;

	while (i < NELEM(keywords) && strcasecmp(keywords[i].name, name) != 0)
		i++;
	return i;
}

/* --- lines --- */

static const struct conf_keyword *
find_keyword(const char *name, size_t len)
{
	for (size_t i = 0; i < NELEM(keywords); i++)
		if (strlen(keywords[i].name) == len &&
		    strncasecmp(keywords[i].name, name, len) == 0)
			return &keywords[i];
	return NULL;
}

/* The one word that s has, in place; NULL: it has more, or none. */
static char *
take_value(char *s)
{
	char *value, *more;

	return confline_word(&s, &value) == 1 && confline_word(&s, &more) == 0
		   ? value
		   : NULL;
}

/* One line without its newline; changed in place. */
static int
parse_line(struct parse *ps, char *s)
{
	char shown[VALUE_SHOWN], *value;
	const struct conf_keyword *k;
	size_t n;
	int r;

	s += strspn(s, " \t");
	if (*s == '\0' || *s == '#')
		return 0;
	n = strcspn(s, " \t=");
	if ((k = find_keyword(s, n)) == NULL) {
		s[n] = '\0';
		return refuse(ps, ps->line, "'%s' is not a keyword",
		    text_escape(shown, sizeof(shown), s));
	}
	s += n;
	s += strspn(s, " \t");
	if (*s == '=') {
		s++;
		s += strspn(s, " \t");
	}
	if (*s == '\0' || *s == '#')
		return refuse(ps, ps->line, "%s: the value is missing: %s",
		    k->name, k->accepts);
	if (k->kind != CK_LISTEN &&
	    (!conflist_is(k->kind) || conflist_is_single(k->kind)) &&
	    ps->seen[k - keywords] != 0)
		return refuse(ps, ps->line, "%s: already set on line %u",
		    k->name, ps->seen[k - keywords]);
	if ((value = take_value(s)) == NULL)
		return refuse(ps, ps->line,
		    "%s: takes one value (put blanks in double quotes): %s",
		    k->name, k->accepts);
	r = set_value(ps, k, value);
	if (ps->seen[k - keywords] == 0) {
		ps->seen[k - keywords] = ps->line;
		ps->c->from[k - keywords] = (struct conf_from){
			ps->line > 0 ? CONF_FROM_FILE : CONF_FROM_OPTION,
			ps->line, 0 };
	}
	return r;
}

static void *
field_of(struct conf *c, const struct conf_keyword *k)
{
	return (char *)c + k->off;
}

static void
conf_copy(struct conf *dst, const struct conf *src)
{
	*dst = *src;
	for (size_t i = 0; i < src->nlisten; i++)
		dst->listen[i] = xstrdup(src->listen[i]);
	for (size_t i = 0; i < NELEM(keywords); i++)
		if (conflist_is(keywords[i].kind)) {
			struct strlist *to = field_of(dst, &keywords[i]);

			*to = (struct strlist){ NULL, 0 };
			strlist_copy(to, field_of((struct conf *)(uintptr_t)src,
					     &keywords[i]));
		}
}

/* Gives work to c if r is 0, else throws it away. */
static int
finish(struct conf *c, struct parse *ps, int r)
{
	if (r == 0)
		r = check_remote(ps);
	if (r != 0) {
		conf_free(ps->c);
		return r;
	}
	conf_free(c);
	*c = *ps->c;
	return 0;
}

int
conf_parse(struct conf *c, const char *text, size_t len, const char *file,
    char *why, size_t size)
{
	struct conf work;
	struct parse ps;
	const char *end;
	char *line;
	size_t n;
	int r = 0;

	conf_copy(&work, c);
	memset(&ps, 0, sizeof(ps));
	ps.c = &work;
	ps.file = file;
	ps.why = why;
	ps.size = size;
	while (r == 0 && len > 0) {
		ps.line++;
		end = memchr(text, '\n', len);
		n = end == NULL ? len : (size_t)(end - text);
		line = xstrndup(text, n);
		if (n > 0 && line[n - 1] == '\r')
			line[n - 1] = '\0';
		if (memchr(text, '\0', n) != NULL)
			r = refuse(&ps, ps.line, "there is a NUL byte");
		else
			r = parse_line(&ps, line);
		free(line);
		if (end != NULL)
			n++;
		text += n;
		len -= n;
	}
	return finish(c, &ps, r);
}

int
conf_parse_option(struct conf *c, const char *option, char *why, size_t size)
{
	struct conf work;
	struct parse ps;
	char *line;
	int r;

	conf_copy(&work, c);
	memset(&ps, 0, sizeof(ps));
	ps.c = &work;
	ps.file = "-o";
	ps.why = why;
	ps.size = size;
	line = xstrdup(option);
	if (line[strspn(line, " \t")] == '\0' || strchr(line, '\n') != NULL)
		r = refuse(&ps, 0, "takes one Keyword=value");
	else
		r = parse_line(&ps, line);
	free(line);
	return finish(c, &ps, r);
}

/* --- the whole --- */

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	listen_clear(c);
	for (size_t i = 0; i < NELEM(keywords); i++)
		if (conflist_is(keywords[i].kind))
			strlist_clear(field_of(c, &keywords[i]));
	memset(c, 0, sizeof(*c));
}
