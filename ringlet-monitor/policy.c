/*
 * What a policy says to a question.  Where both lists of a thing are set, what
 * is denied is denied, whatever allows it.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "policy-int.h"
#include "valid.h"
#include "xmalloc.h"

#define SHOWN	200
#define FORWARD (24 * 3600) /* seconds that a clock may have been wrong */

const char *
policy_file(const struct policy *p)
{
	return p == NULL ? "none" : p->file;
}

const char *
policy_hash(const struct policy *p)
{
	return p == NULL ? "none" : p->hash;
}

static bool
is_set(const struct policy *p, enum policy_keyword k)
{
	return p != NULL && p->v[k].line != 0;
}

int
policy_refuse(const struct policy *p, enum policy_keyword k, unsigned line,
    const char *what, char *why, size_t size)
{
	snprintf(why, size, "%s: refused by %s (%s line %u)", what,
	    policy_keyword_name(k), p->file, line);
	return RL_ERR_DENIED;
}

/*
 * Whether text is what pattern says, with * and ?; neither stands for a byte of
 * stop.
 */
static bool
match(const char *pattern, const char *text, const char *stop)
{
	const char *star = NULL, *back = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			back = text;
		} else if (*pattern == *text ||
			   (*pattern == '?' && strchr(stop, *text) == NULL)) {
			pattern++;
			text++;
		} else if (star != NULL && strchr(stop, *back) == NULL) {
			pattern = star + 1;
			text = ++back;
		} else
			return false;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* The line of the word of that list which text matches; 0: none does. */
static unsigned
find(const struct policy_value *v, const char *text)
{
	for (size_t i = 0; i < v->words.n; i++)
		if (match(v->words.v[i], text, ""))
			return v->lines[i];
	return 0;
}

static unsigned
find_equal(const struct policy_value *v, const char *text)
{
	for (size_t i = 0; i < v->words.n; i++)
		if (strcasecmp(v->words.v[i], text) == 0)
			return v->lines[i];
	return 0;
}

static int
may_id(const struct policy *p, enum policy_keyword allow,
    enum policy_keyword deny, const char *noun, const char *id, char *why,
    size_t size)
{
	char what[SHOWN], shown[128];
	unsigned line;

	if (p == NULL)
		return 0;
	snprintf(what, sizeof(what), "%s %s", noun,
	    text_escape(shown, sizeof(shown), id));
	if ((line = find(&p->v[deny], id)) != 0)
		return policy_refuse(p, deny, line, what, why, size);
	if (is_set(p, allow) && find(&p->v[allow], id) == 0)
		return policy_refuse(
		    p, allow, p->v[allow].line, what, why, size);
	return 0;
}

int
policy_may_agent(const struct policy *p, const char *id, char *why, size_t size)
{
	return may_id(
	    p, PK_ALLOW_AGENTS, PK_DENY_AGENTS, "agent", id, why, size);
}

int
policy_may_provider(
    const struct policy *p, const char *id, char *why, size_t size)
{
	return may_id(p, PK_ALLOW_PROVIDERS, PK_DENY_PROVIDERS, "provider", id,
	    why, size);
}

/* --- addresses --- */

static unsigned
find_url(
    const struct policy_value *v, const struct policy_url *url, bool denies)
{
	struct policy_url pattern;

	for (size_t i = 0; i < v->words.n; i++)
		if (policy_pattern_parse(v->words.v[i], &pattern) == 0 &&
		    policy_url_match(&pattern, url, denies))
			return v->lines[i];
	return 0;
}

static int
may_url(const struct policy *p, enum policy_keyword allow,
    enum policy_keyword deny, const char *noun, const char *text, char *why,
    size_t size)
{
	char what[SHOWN], shown[128];
	struct policy_url url;
	unsigned line;

	if (!is_set(p, allow) && !is_set(p, deny))
		return 0;
	snprintf(what, sizeof(what), "%s %s", noun,
	    text_escape(shown, sizeof(shown), text));
	/* What cannot be read in one way only is not allowed in any. */
	if (policy_url_parse(text, &url) != 0) {
		(void)strlcat(
		    what, " (which is no plain address)", sizeof(what));
		if (is_set(p, allow))
			deny = allow;
		return policy_refuse(p, deny, p->v[deny].line, what, why, size);
	}
	if ((line = find_url(&p->v[deny], &url, true)) != 0)
		return policy_refuse(p, deny, line, what, why, size);
	if (is_set(p, allow) && find_url(&p->v[allow], &url, false) == 0)
		return policy_refuse(
		    p, allow, p->v[allow].line, what, why, size);
	return 0;
}

int
policy_may_endpoint(
    const struct policy *p, const char *url, char *why, size_t size)
{
	return *url == '\0' ? 0
			    : may_url(p, PK_ALLOW_ENDPOINTS, PK_DENY_ENDPOINTS,
				  "endpoint", url, why, size);
}

/* --- registries and manifests --- */

int
policy_may_registry(const struct policy *p, const char *url, const char *key,
    char *why, size_t size)
{
	char what[SHOWN], shown[128];
	const struct policy_value *v;

	if (p == NULL)
		return 0;
	if (url != NULL && may_url(p, PK_ALLOW_REGISTRIES, PK_DENY_REGISTRIES,
			       "registry", url, why, size) != 0)
		return RL_ERR_DENIED;
	v = &p->v[PK_REGISTRY_KEYS];
	if (key == NULL || v->line == 0)
		return 0;
	for (size_t i = 0; i < v->words.n; i++)
		/* The whole of it: an id anybody can give to a key. */
		if (strcmp(v->words.v[i], key) == 0)
			return 0;
	snprintf(what, sizeof(what), "registry key %s",
	    text_escape(shown, sizeof(shown), key));
	return policy_refuse(p, PK_REGISTRY_KEYS, v->line, what, why, size);
}

int
policy_may_manifest(const struct policy *p, const char *id, const char *source,
    char *why, size_t size)
{
	char what[SHOWN], shown[128], word[16];

	if (!is_set(p, PK_ALLOW_MANIFESTS))
		return 0;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(source, " "), source);
	if (find_equal(&p->v[PK_ALLOW_MANIFESTS], word) != 0)
		return 0;
	snprintf(what, sizeof(what), "manifest %s (%s)",
	    text_escape(shown, sizeof(shown), id), word);
	return policy_refuse(p, PK_ALLOW_MANIFESTS,
	    p->v[PK_ALLOW_MANIFESTS].line, what, why, size);
}

/* --- hooks --- */

int
policy_may_hook(
    const struct policy *p, const char *command, char *why, size_t size)
{
	/* What makes another command of one, to the shell that has it. */
	static const char shell[] = ";&|<>()$`\\\"'\n\r{}!*?[]~#=";
	const struct policy_value *v;
	char what[SHOWN], shown[128];

	if (!is_set(p, PK_ALLOW_HOOKS))
		return 0;
	v = &p->v[PK_ALLOW_HOOKS];
	if (strcasecmp(v->words.v[0], "yes") == 0)
		return 0;
	for (size_t i = 0;
	     strcasecmp(v->words.v[0], "no") != 0 && i < v->words.n; i++)
		if (match(v->words.v[i], command, shell))
			return 0;
	snprintf(what, sizeof(what), "hook '%s'",
	    text_escape(shown, sizeof(shown), command));
	return policy_refuse(p, PK_ALLOW_HOOKS, v->line, what, why, size);
}

/* --- jails --- */

bool
policy_has_jail_rules(const struct policy *p, unsigned *line)
{
	static const enum policy_keyword about[] = { PK_FORCE_NETWORK,
		PK_DENY_GRANTS, PK_DENY_BWRAP_FLAGS, PK_JAIL_HIDE,
		PK_JAIL_MINIMUM, PK_JAIL_PROTECT_REPO, PK_LIMIT_MEMORY,
		PK_LIMIT_PROCESSES, PK_LIMIT_FILES, PK_LIMIT_CPU,
		PK_LIMIT_TMP };

	for (size_t i = 0; i < sizeof(about) / sizeof(about[0]); i++)
		if (is_set(p, about[i])) {
			*line = p->v[about[i]].line;
			return true;
		}
	return false;
}

int
policy_may_grant(
    const struct policy *p, const struct grant *g, char *why, size_t size)
{
	static const char *const words[] = { [GRANT_RO] = "ro",
		[GRANT_RW] = "rw",
		[GRANT_ENV] = "env",
		[GRANT_SSH_AGENT] = "ssh-agent",
		[GRANT_NESTED] = "nested-sandbox",
		[GRANT_LIMIT] = "limit" };
	char what[SHOWN], shown[128];
	unsigned line;

	if (!is_set(p, PK_DENY_GRANTS))
		return 0;
	line = find_equal(&p->v[PK_DENY_GRANTS], words[g->kind]);
	if (line == 0)
		line = find_equal(&p->v[PK_DENY_GRANTS], "all");
	if (line == 0)
		return 0;
	snprintf(what, sizeof(what), "grant %s%s%s", words[g->kind],
	    *g->value != '\0' ? " " : "",
	    text_escape(shown, sizeof(shown), g->value));
	return policy_refuse(p, PK_DENY_GRANTS, line, what, why, size);
}

/* With or without -try, it does the same. */
static bool
same_option(const char *a, const char *b)
{
	static const char try[] = "-try";
	size_t n = strlen(a), m = strlen(b), k = sizeof(try) - 1;

	if (n > k && strcmp(a + n - k, try) == 0)
		n -= k;
	if (m > k && strcmp(b + m - k, try) == 0)
		m -= k;
	return n == m && strncmp(a, b, n) == 0;
}

int
policy_may_flags(const struct policy *p, char *const *options, size_t n,
    char *why, size_t size)
{
	const struct policy_value *v;
	char what[SHOWN];
	unsigned line;

	if (!is_set(p, PK_DENY_BWRAP_FLAGS) || n == 0)
		return 0;
	v = &p->v[PK_DENY_BWRAP_FLAGS];
	if ((line = find_equal(v, "all")) != 0)
		return policy_refuse(
		    p, PK_DENY_BWRAP_FLAGS, line, "--bwrap-flags", why, size);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < v->words.n; k++) {
			if (!same_option(v->words.v[k], options[i]))
				continue;
			snprintf(what, sizeof(what), "--bwrap-flags: %s",
			    options[i]);
			return policy_refuse(p, PK_DENY_BWRAP_FLAGS,
			    v->lines[k], what, why, size);
		}
	return 0;
}

bool
policy_no_network(const struct policy *p)
{
	return is_set(p, PK_FORCE_NETWORK) &&
	       p->v[PK_FORCE_NETWORK].number != 0;
}

static const enum policy_keyword limits[] = {
	[LIMIT_MEMORY] = PK_LIMIT_MEMORY,
	[LIMIT_PROCESSES] = PK_LIMIT_PROCESSES,
	[LIMIT_FILES] = PK_LIMIT_FILES,
	[LIMIT_CPU] = PK_LIMIT_CPU,
	[LIMIT_TMP] = PK_LIMIT_TMP,
};

int
policy_may_limit(const struct policy *p, enum grant_limit limit, uint64_t value,
    char *why, size_t size)
{
	if (!policy_limit(p, limit, &value))
		return 0;
	return policy_refuse(p, limits[limit], p->v[limits[limit]].line,
	    "a limit that is higher", why, size);
}

bool
policy_limit(const struct policy *p, enum grant_limit limit, uint64_t *value)
{
	uint64_t most;

	if (!is_set(p, limits[limit]))
		return false;
	most = (uint64_t)p->v[limits[limit]].number;
	if (*value != 0 && *value <= most)
		return false;
	*value = most;
	return true;
}

/* --- keys and tokens --- */

int
policy_may_keychain(
    const struct policy *p, const char *store, char *why, size_t size)
{
	char what[SHOWN], shown[128];

	/* A profile's file that names none is of the time of one store. */
	if (*store == '\0')
		store = "secret-service";
	if (!is_set(p, PK_ALLOW_KEYCHAINS) || strcmp(store, "none") == 0 ||
	    find_equal(&p->v[PK_ALLOW_KEYCHAINS], store) != 0)
		return 0;
	snprintf(what, sizeof(what), "keychain %s",
	    text_escape(shown, sizeof(shown), store));
	return policy_refuse(p, PK_ALLOW_KEYCHAINS,
	    p->v[PK_ALLOW_KEYCHAINS].line, what, why, size);
}

int
policy_may_key(const struct policy *p, const char *alias, long long set_at,
    long long now, char *why, size_t size)
{
	const struct policy_value *v;
	char what[SHOWN + 64];
	long long age = now - set_at;

	if (!is_set(p, PK_MAX_KEY_AGE))
		return 0;
	v = &p->v[PK_MAX_KEY_AGE];
	if (set_at > now + FORWARD) {
		snprintf(what, sizeof(what),
		    "API key of profile %s: its "
		    "file says that it was stored in the future: 'ringlet "
		    "profiles rekey %s' puts a new one in its place",
		    alias, alias);
		return policy_refuse(
		    p, PK_MAX_KEY_AGE, v->line, what, why, size);
	}
	if (set_at == 0) {
		snprintf(what, sizeof(what),
		    "API key of profile %s: its "
		    "file does not say when it was stored: 'ringlet profiles "
		    "rekey %s' puts a new one in its place",
		    alias, alias);
		return policy_refuse(
		    p, PK_MAX_KEY_AGE, v->line, what, why, size);
	}
	if (age > v->number) {
		snprintf(what, sizeof(what),
		    "API key of profile %s: is %lld "
		    "days old: 'ringlet profiles rekey %s' puts a new one in "
		    "its place",
		    alias, age / 86400, alias);
		return policy_refuse(
		    p, PK_MAX_KEY_AGE, v->line, what, why, size);
	}
	if (v->warn == 0 || age <= v->warn)
		return 0;
	snprintf(why, size,
	    "the API key of profile %s is %lld days old, and "
	    "may be used for %lld days more (MaxKeyAge, %s line %u): 'ringlet "
	    "profiles rekey %s' puts a new one in its place",
	    alias, age / 86400, (v->number - age) / 86400, p->file, v->line,
	    alias);
	return 1;
}

long long
policy_token_age(const struct policy *p, unsigned *line)
{
	if (!is_set(p, PK_MAX_TOKEN_AGE))
		return 0;
	*line = p->v[PK_MAX_TOKEN_AGE].line;
	return p->v[PK_MAX_TOKEN_AGE].number;
}

uint64_t
policy_vault_lock(const struct policy *p, uint64_t seconds)
{
	uint64_t most;

	if (!is_set(p, PK_VAULT_LOCK_AFTER))
		return seconds;
	most = (uint64_t)p->v[PK_VAULT_LOCK_AFTER].number;
	return seconds == 0 || seconds > most ? most : seconds;
}

/* --- the daemon --- */

/* Both in the form of conf.listen; port 0 of the rule is any. */
static bool
listen_matches(const char *rule, const char *address)
{
	size_t n = strlen(rule);

	if (strcasecmp(rule, "unix") == 0)
		return address[0] == '/';
	if (strcasecmp(rule, "loopback") == 0)
		return address[0] != '/' && !conf_is_remote(address);
	if (rule[0] != '/' && n > 2 && strcmp(rule + n - 2, ":0") == 0)
		return strncmp(rule, address, n - 1) == 0;
	return strcmp(rule, address) == 0;
}

int
policy_may_listen(
    const struct policy *p, const char *address, char *why, size_t size)
{
	const struct policy_value *v;
	char what[SHOWN], shown[128];

	if (!is_set(p, PK_LOCK_LISTEN))
		return 0;
	v = &p->v[PK_LOCK_LISTEN];
	for (size_t i = 0; i < v->words.n; i++)
		if (listen_matches(v->words.v[i], address))
			return 0;
	snprintf(what, sizeof(what), "ListenAddress %s",
	    text_escape(shown, sizeof(shown), address));
	return policy_refuse(p, PK_LOCK_LISTEN, v->line, what, why, size);
}

const struct strlist *
policy_browse_bounds(const struct policy *p)
{
	return is_set(p, PK_BROWSE_ROOTS) ? &p->v[PK_BROWSE_ROOTS].words : NULL;
}

unsigned
policy_audit_syslog(const struct policy *p)
{
	return is_set(p, PK_AUDIT_SYSLOG) && p->v[PK_AUDIT_SYSLOG].number != 0
		   ? p->v[PK_AUDIT_SYSLOG].line
		   : 0;
}
