/*
 * The text of a policy.  Each line is a keyword and its values; what is not
 * understood is an error, because a rule that silently does not hold is worse
 * than a daemon that says why it does not start.  A keyword that is a list may
 * come several times, any other once.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sodium.h>

#include "bwrapflags.h"
#include "confkey.h"
#include "confline.h"
#include "err.h"
#include "policy-int.h"
#include "units.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define VALUE_SHOWN 80
#define AGE_MAX	    (100LL * 365 * 24 * 3600) /* seconds */

enum kind {
	PT_PATTERNS = 1, /* of ids: * and ? */
	PT_URLS,
	PT_KEYS,
	PT_HOOKS,
	PT_WORDS, /* of the keyword's own table */
	PT_FLAGS,
	PT_PATHS,
	PT_ADDRESSES,
	/* From here on: one value. */
	PT_WORD,   /* of the keyword's table, or that of `as` in the settings */
	PT_NUMBER, /* as that of `as` in the settings */
	PT_LEAST,  /* likewise, and 0 is more than any */
	PT_LIMIT,  /* as that of a grant */
	PT_AGE,
	PT_WARN_AGE /* with warn= */
};

static const struct conf_word yes_no[] = { { "no", 0 }, { "yes", 1 },
	{ NULL, 0 } };
static const struct conf_word networks[] = { { "any", 0 }, { "off", 1 },
	{ NULL, 0 } };
static const struct conf_word sources[] = { { "built-in", 0 },
	{ "registry", 0 }, { "user", 0 }, { NULL, 0 } };
static const struct conf_word grants[] = { { "ro", GRANT_RO },
	{ "rw", GRANT_RW }, { "env", GRANT_ENV },
	{ "ssh-agent", GRANT_SSH_AGENT }, { "nested-sandbox", GRANT_NESTED },
	{ "limit", GRANT_LIMIT }, { "all", 0 }, { NULL, 0 } };
static const struct conf_word stores[] = { { "secret-service", 0 },
	{ "vault", 0 }, { "keychain", 0 }, { NULL, 0 } };

static const struct {
	const char *name;
	enum kind kind;
	const char *as; /* a keyword of the settings, or a limit of a grant */
	const struct conf_word *words;
	const char *accepts; /* for people */
} keys[] = {
	[PK_ALLOW_AGENTS] = { "AllowAgents", PT_PATTERNS, NULL, NULL,
	    "ids of agents" },
	[PK_DENY_AGENTS] = { "DenyAgents", PT_PATTERNS, NULL, NULL,
	    "ids of agents" },
	[PK_ALLOW_PROVIDERS] = { "AllowProviders", PT_PATTERNS, NULL, NULL,
	    "ids of providers" },
	[PK_DENY_PROVIDERS] = { "DenyProviders", PT_PATTERNS, NULL, NULL,
	    "ids of providers" },
	[PK_ALLOW_ENDPOINTS] = { "AllowEndpoints", PT_URLS, NULL, NULL,
	    "hosts or addresses, such as *.example.com" },
	[PK_DENY_ENDPOINTS] = { "DenyEndpoints", PT_URLS, NULL, NULL,
	    "hosts or addresses, such as *.example.com" },
	[PK_ALLOW_REGISTRIES] = { "AllowRegistries", PT_URLS, NULL, NULL,
	    "hosts or addresses, such as file:///srv/registry" },
	[PK_DENY_REGISTRIES] = { "DenyRegistries", PT_URLS, NULL, NULL,
	    "hosts or addresses, such as file:///srv/registry" },
	[PK_REGISTRY_KEYS] = { "RegistryKeys", PT_KEYS, NULL, NULL,
	    "public keys of minisign, each with its 56 characters" },
	[PK_ALLOW_MANIFESTS] = { "AllowManifests", PT_WORDS, NULL, sources,
	    "built-in, registry or user" },
	[PK_ALLOW_HOOKS] = { "AllowHooks", PT_HOOKS, NULL, NULL,
	    "yes, no, or commands" },
	[PK_NO_SANDBOX] = { "NoSandbox", PT_WORD, "NoSandbox", NULL, NULL },
	[PK_FORCE_NETWORK] = { "ForceNetwork", PT_WORD, NULL, networks,
	    "off or any" },
	[PK_DENY_GRANTS] = { "DenyGrants", PT_WORDS, NULL, grants,
	    "ro, rw, env, ssh-agent, nested-sandbox, limit or all" },
	[PK_DENY_BWRAP_FLAGS] = { "DenyBwrapFlags", PT_FLAGS, NULL, NULL,
	    "options of bwrap such as --ro-bind, or all" },
	[PK_JAIL_HIDE] = { "JailHide", PT_PATHS, NULL, NULL,
	    "absolute paths, or ones that begin with ~/" },
	[PK_JAIL_MINIMUM] = { "JailMinimum", PT_WORD, "JailMinimum", NULL,
	    NULL },
	[PK_JAIL_PROTECT_REPO] = { "JailProtectRepo", PT_WORD, NULL, yes_no,
	    "yes or no" },
	[PK_LIMIT_MEMORY] = { "LimitMemory", PT_LIMIT, "memory", NULL, NULL },
	[PK_LIMIT_PROCESSES] = { "LimitProcesses", PT_LIMIT, "processes", NULL,
	    NULL },
	[PK_LIMIT_FILES] = { "LimitFiles", PT_LIMIT, "files", NULL, NULL },
	[PK_LIMIT_CPU] = { "LimitCPU", PT_LIMIT, "cpu", NULL, NULL },
	[PK_LIMIT_TMP] = { "LimitTmp", PT_LIMIT, "tmp", NULL, NULL },
	[PK_MAX_SESSIONS] = { "MaxSessions", PT_NUMBER, "MaxSessions", NULL,
	    NULL },
	[PK_MAX_VIEWERS] = { "MaxViewers", PT_NUMBER, "MaxViewers", NULL,
	    NULL },
	[PK_SESSION_KEEP] = { "SessionKeep", PT_NUMBER, "SessionKeep", NULL,
	    NULL },
	[PK_VAULT_LOCK_AFTER] = { "VaultLockAfter", PT_NUMBER, "VaultLockAfter",
	    NULL, NULL },
	[PK_LOCK_LISTEN] = { "LockListenAddress", PT_ADDRESSES, NULL, NULL,
	    "addresses with or without a port, loopback, unix, absolute "
	    "paths, or none" },
	[PK_REQUIRE_SAME_USER] = { "RequireSameUser", PT_WORD, NULL, yes_no,
	    "yes or no" },
	[PK_REQUIRE_SEALED_KEYS] = { "RequireSealedKeys", PT_WORD, NULL, yes_no,
	    "yes or no" },
	[PK_REQUIRE_FULL_SEAL] = { "RequireFullSeal", PT_WORD, NULL, yes_no,
	    "yes or no" },
	[PK_ALLOW_UPLOADS] = { "AllowUploads", PT_WORD, NULL, yes_no,
	    "yes or no" },
	[PK_BROWSE_ROOTS] = { "BrowseRoots", PT_PATHS, NULL, NULL,
	    "absolute paths, or ones that begin with ~/" },
	[PK_ALLOW_KEYCHAINS] = { "AllowKeychains", PT_WORDS, NULL, stores,
	    "secret-service, vault or keychain" },
	[PK_MAX_KEY_AGE] = { "MaxKeyAge", PT_WARN_AGE, NULL, NULL,
	    "a time such as 90d, and perhaps warn=75d" },
	[PK_MAX_TOKEN_AGE] = { "MaxTokenAge", PT_AGE, NULL, NULL,
	    "a time such as 12h or 30d" },
	[PK_AUDIT_SYSLOG] = { "AuditSyslog", PT_WORD, NULL, yes_no,
	    "yes or no" },
	[PK_AUDIT_FULL] = { "AuditFull", PT_WORD, "AuditFull", NULL, NULL },
	[PK_AUDIT_KEEP] = { "AuditKeep", PT_LEAST, "AuditKeep", NULL, NULL },
};
_Static_assert(NELEM(keys) == PK_MAX, "a keyword has no row");

struct parse {
	struct policy *p;
	const char *file;
	unsigned line;
	char *why;
	size_t size;
};

static int __attribute__((__format__(printf, 2, 3)))
refuse(struct parse *ps, const char *fmt, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(
	    ps->why, ps->size, "%s line %u: %s", ps->file, ps->line, what);
	return RL_ERR_INVALID;
}

static int
refuse_value(struct parse *ps, size_t k, const char *value, const char *accepts)
{
	char shown[VALUE_SHOWN];

	return refuse(ps, "%s: '%s' is not %s", keys[k].name,
	    text_escape(shown, sizeof(shown), value),
	    accepts != NULL ? accepts : keys[k].accepts);
}

/* --- values --- */

static const struct conf_word *
find_word(const struct conf_word *w, const char *value)
{
	for (; w->name != NULL; w++)
		if (strcasecmp(w->name, value) == 0)
			return w;
	return NULL;
}

static bool
is_pattern(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789._-*?");

	return n > 0 && n <= 64 && s[n] == '\0';
}

/* A public key of minisign: 42 bytes in Base64. */
static bool
is_key(const char *s)
{
	unsigned char raw[64];
	size_t n;

	return sodium_base642bin(raw, sizeof(raw), s, strlen(s), NULL, &n, NULL,
		   sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       n == 42;
}

/*
 * "HOST:PORT" in the form of conf.listen, where a port 0 is any; or the word
 * as it is.  For free(); NULL: it is no address.
 */
static char *
clean_address(const char *s)
{
	char *with, *out;
	bool local;

	if (strcasecmp(s, "unix") == 0 || strcasecmp(s, "none") == 0 ||
	    strcasecmp(s, "loopback") == 0)
		return xstrdup(s);
	if ((out = conf_listen_clean(s, &local)) != NULL)
		return out;
	with = strchr(s, ':') != NULL && s[0] != '[' ? xasprintf("[%s]:0", s)
						     : xasprintf("%s:0", s);
	out = conf_listen_clean(with, &local);
	free(with);
	return out;
}

/* A name that bwrap does not have would be a rule that refuses nothing. */
static bool
is_flag(const char *s)
{
	return strcmp(s, "all") == 0 || bwrap_flags_know(s);
}

/* One more of a list.  0 or RL_ERR_INVALID. */
static int
add_word(struct parse *ps, size_t k, const char *value)
{
	struct policy_value *v = &ps->p->v[k];
	struct policy_url url;
	const char *wrong;
	char *address;
	bool good = false;

	if (v->words.n == POLICY_WORDS_MAX)
		return refuse(ps, "%s: has more than %d values", keys[k].name,
		    POLICY_WORDS_MAX);
	switch (keys[k].kind) {
	case PT_PATTERNS:
		good = is_pattern(value);
		break;
	case PT_URLS:
		good = policy_pattern_parse(value, &url) == 0;
		break;
	case PT_KEYS:
		good = is_key(value);
		break;
	case PT_HOOKS:
		good = value[0] != '\0' && valid_utf8(value, strlen(value));
		break;
	case PT_WORDS:
		good = find_word(keys[k].words, value) != NULL;
		break;
	case PT_FLAGS:
		good = is_flag(value);
		break;
	case PT_PATHS:
		if (strcasecmp(value, "none") == 0)
			break;
		wrong = conflist_add(k == PK_BROWSE_ROOTS ? CK_ROOTS : CK_PATHS,
		    &v->words, value);
		if (wrong != NULL)
			break;
		v->lines[v->words.n - 1] = ps->line;
		return 0;
	case PT_ADDRESSES:
		if ((address = clean_address(value)) == NULL)
			break;
		strlist_add(&v->words, address);
		free(address);
		v->lines[v->words.n - 1] = ps->line;
		return 0;
	default:
		break;
	}
	if (!good)
		return refuse_value(ps, k, value, NULL);
	v->lines[v->words.n] = ps->line;
	strlist_add(&v->words, value);
	return 0;
}

static int
set_limit(struct parse *ps, size_t k, const char *value)
{
	char *text = xasprintf("limit %s=%s", keys[k].as, value);
	char what[256];
	struct grant g;
	int r;

	r = grant_parse(text, &g, what, sizeof(what));
	free(text);
	if (r != 0)
		return refuse(ps, "%s: %s", keys[k].name, what);
	ps->p->v[k].number = (long long)g.number;
	return 0;
}

static int
set_number(struct parse *ps, size_t k, const char *value)
{
	struct policy_value *v = &ps->p->v[k];
	const struct conf_keyword *c =
	    conf_keyword_get(conf_keyword_find(keys[k].as));

	/* 0 is "never" in the settings, which is no upper bound. */
	if (!conf_number(c, value, &v->number) ||
	    (v->number == 0 && keys[k].kind != PT_LEAST))
		return refuse_value(ps, k, value, c->accepts);
	return 0;
}

static int
set_word(struct parse *ps, size_t k, const char *value)
{
	const struct conf_word *w = keys[k].words;
	const struct conf_keyword *c = NULL;

	if (w == NULL) {
		c = conf_keyword_get(conf_keyword_find(keys[k].as));
		w = c->words;
	}
	if ((w = find_word(w, value)) == NULL)
		return refuse_value(
		    ps, k, value, c != NULL ? c->accepts : NULL);
	ps->p->v[k].number = w->value;
	return 0;
}

static int
set_age(struct parse *ps, size_t k, const char *value)
{
	struct policy_value *v = &ps->p->v[k];

	if (strncmp(value, "warn=", 5) == 0 && keys[k].kind == PT_WARN_AGE &&
	    v->number > 0 && v->warn == 0) {
		if (!units_parse(value + 5, units_span, 1, v->number, &v->warn))
			return refuse_value(ps, k, value,
			    "warn= and a time that is not longer");
		return 0;
	}
	if (v->number > 0 ||
	    !units_parse(value, units_span, 1, AGE_MAX, &v->number))
		return refuse_value(ps, k, value, NULL);
	return 0;
}

/* A value of a keyword that is no list; it is kept as it was written, too. */
static int
set_value(struct parse *ps, size_t k, const char *value)
{
	struct policy_value *v = &ps->p->v[k];
	int r;

	switch (keys[k].kind) {
	case PT_LIMIT:
		r = set_limit(ps, k, value);
		break;
	case PT_NUMBER:
	case PT_LEAST:
		r = set_number(ps, k, value);
		break;
	case PT_WORD:
		r = set_word(ps, k, value);
		break;
	default:
		r = set_age(ps, k, value);
		break;
	}
	if (r == 0)
		strlist_add(&v->words, value);
	return r;
}

/* --- lines --- */

/* yes and no stand alone, and so does none. */
static int
check_alone(struct parse *ps, size_t k)
{
	const struct policy_value *v = &ps->p->v[k];

	if (v->words.n < 2 ||
	    (keys[k].kind != PT_HOOKS && keys[k].kind != PT_ADDRESSES))
		return 0;
	for (size_t i = 0; i < v->words.n; i++)
		if (keys[k].kind == PT_HOOKS
			? find_word(yes_no, v->words.v[i]) != NULL
			: strcasecmp(v->words.v[i], "none") == 0)
			return refuse(ps, "%s: %s stands alone", keys[k].name,
			    v->words.v[i]);
	return 0;
}

static int
parse_line(struct parse *ps, char *s)
{
	char shown[VALUE_SHOWN], *name, *value;
	size_t k, most, n = 0;
	bool list;
	int r, more;

	if ((more = confline_word(&s, &name)) == 0)
		return 0;
	if (more == -1)
		return refuse(ps, "a quote is not closed");
	for (k = 0; k < PK_MAX && strcasecmp(keys[k].name, name) != 0; k++)
		;
	if (k == PK_MAX)
		return refuse(ps, "'%s' is not a keyword",
		    text_escape(shown, sizeof(shown), name));
	list = keys[k].kind < PT_WORD;
	if (!list && ps->p->v[k].line != 0)
		return refuse(ps, "%s: already set on line %u", keys[k].name,
		    ps->p->v[k].line);
	most = list ? POLICY_WORDS_MAX : keys[k].kind == PT_WARN_AGE ? 2 : 1;
	while ((more = confline_word(&s, &value)) == 1) {
		if (n++ == most)
			return refuse(ps, "%s: takes one value", keys[k].name);
		r = list ? add_word(ps, k, value) : set_value(ps, k, value);
		if (r != 0)
			return r;
	}
	if (more == -1)
		return refuse(ps, "%s: a quote is not closed", keys[k].name);
	if (n == 0)
		return refuse(ps, "%s: the value is missing", keys[k].name);
	if (ps->p->v[k].line == 0)
		ps->p->v[k].line = ps->line;
	return check_alone(ps, k);
}

int
policy_parse(const char *text, size_t len, const char *file,
    struct policy **out, char *why, size_t size)
{
	struct parse ps = { .file = file, .why = why, .size = size };
	unsigned char hash[POLICY_HASH_LEN / 2];
	const char *end;
	char *line;
	size_t n;
	int r = 0;

	*out = NULL;
	ps.p = xcalloc(1, sizeof(*ps.p));
	ps.p->file = xstrdup(file);
	crypto_generichash(
	    hash, sizeof(hash), (const unsigned char *)text, len, NULL, 0);
	sodium_bin2hex(ps.p->hash, sizeof(ps.p->hash), hash, sizeof(hash));
	while (r == 0 && len > 0) {
		ps.line++;
		end = memchr(text, '\n', len);
		n = end == NULL ? len : (size_t)(end - text);
		line = xstrndup(text, n);
		if (n > 0 && line[n - 1] == '\r')
			line[n - 1] = '\0';
		if (memchr(text, '\0', n) != NULL)
			r = refuse(&ps, "there is a NUL byte");
		else
			r = parse_line(&ps, line);
		free(line);
		if (end != NULL)
			n++;
		text += n;
		len -= n;
	}
	if (r != 0)
		policy_free(ps.p);
	else
		*out = ps.p;
	return r;
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t k = 0; k < PK_MAX; k++)
		strlist_clear(&p->v[k].words);
	free(p->file);
	free(p);
}

/* --- to be shown --- */

const char *
policy_keyword_name(size_t k)
{
	return k < PK_MAX ? keys[k].name : NULL;
}

char *
policy_value(const struct policy *p, size_t k, unsigned *line)
{
	const struct policy_value *v;
	char *s, *more;

	if (p == NULL || k >= PK_MAX || p->v[k].line == 0)
		return NULL;
	v = &p->v[k];
	*line = v->line;
	s = xstrdup("");
	for (size_t i = 0; i < v->words.n; i++) {
		const char *quote =
		    strpbrk(v->words.v[i], " \t#") != NULL ? "\"" : "";

		more = xasprintf("%s%s%s%s%s", s, i > 0 ? " " : "", quote,
		    v->words.v[i], quote);
		free(s);
		s = more;
	}
	return s;
}
