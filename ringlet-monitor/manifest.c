/*
 * manifest.c: looking up agents and providers, choosing an endpoint, and
 * expanding templates.
 *
 * Pure functions over const tables.  Templates and tables are ours; endpoint
 * addresses and model names come from users, and end up in arguments and
 * configuration text, so their grammars leave out every character that could
 * mean something there.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "manifest.h"
#include "xmalloc.h"

#define URL_MAX	  2048 /* bytes of an endpoint's address */
#define MODEL_MAX 128

struct manifest_set {
	const struct manifest_agent **agents;
	size_t nagents;
	const struct manifest_provider **providers;
	size_t nproviders;
};

struct manifest_set *
manifest_set_new(void)
{
	struct manifest_set *set = xcalloc(1, sizeof(*set));
	size_t i;

	set->nagents = manifest_builtin_nagents;
	set->agents = xcalloc(set->nagents, sizeof(*set->agents));
	for (i = 0; i < set->nagents; i++)
		set->agents[i] = &manifest_builtin_agents[i];
	set->nproviders = manifest_builtin_nproviders;
	set->providers = xcalloc(set->nproviders, sizeof(*set->providers));
	for (i = 0; i < set->nproviders; i++)
		set->providers[i] = &manifest_builtin_providers[i];
	return set;
}

void
manifest_set_free(struct manifest_set *set)
{
	if (set == NULL)
		return;
	free(set->agents);
	free(set->providers);
	free(set);
}

const struct manifest_agent *const *
manifest_agents(const struct manifest_set *set, size_t *n)
{
	*n = set->nagents;
	return set->agents;
}

const struct manifest_provider *const *
manifest_providers(const struct manifest_set *set, size_t *n)
{
	*n = set->nproviders;
	return set->providers;
}

const struct manifest_agent *
manifest_agent(const struct manifest_set *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->nagents; i++) {
		if (strcmp(set->agents[i]->id, id) == 0)
			return set->agents[i];
	}
	return NULL;
}

const struct manifest_provider *
manifest_provider(const struct manifest_set *set, const char *id)
{
	size_t i;

	for (i = 0; i < set->nproviders; i++) {
		if (strcmp(set->providers[i]->id, id) == 0)
			return set->providers[i];
	}
	return NULL;
}

bool
manifest_supports(
    const struct manifest_agent *a, const struct manifest_provider *p)
{
	size_t i;

	for (i = 0; a->types[i] != NULL; i++) {
		if (strcmp(a->types[i], p->type) == 0)
			return true;
	}
	return false;
}

/* ASCII only, whatever the locale. */
static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether all len bytes are letters, digits, or in extra. */
static bool
only(const char *p, size_t len, const char *extra)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!is_alnum(p[i]) &&
		    (p[i] == '\0' || strchr(extra, p[i]) == NULL))
			return false;
	}
	return true;
}

/* 127.A.B.C in plain decimal, each part 0 to 255. */
static bool
is_loopback4(const char *p, size_t len)
{
	unsigned part = 0, digits = 0, dots = 0;
	size_t i;

	if (len < 4 || strncmp(p, "127.", 4) != 0)
		return false;
	for (i = 0; i < len; i++) {
		if (p[i] == '.') {
			if (digits == 0)
				return false;
			dots++;
			part = digits = 0;
		} else if (is_digit(p[i])) {
			part = part * 10 + (unsigned)(p[i] - '0');
			if (++digits > 3 || part > 255)
				return false;
		} else
			return false;
	}
	return dots == 3 && digits > 0;
}

static bool
is_loopback(const char *host, size_t len)
{
	return is_loopback4(host, len) ||
	       (len == 9 && strncmp(host, "localhost", 9) == 0) ||
	       (len == 5 && strncmp(host, "[::1]", 5) == 0);
}

bool
manifest_url_ok(const char *url, char *why, size_t size)
{
	const char *host, *end, *p;
	size_t hostlen;
	bool plain;

	if (strlen(url) > URL_MAX) {
		snprintf(why, size, "is longer than %d bytes", URL_MAX);
		return false;
	}
	if (strncmp(url, "https://", 8) == 0) {
		plain = false;
		host = url + 8;
	} else if (strncmp(url, "http://", 7) == 0) {
		plain = true;
		host = url + 7;
	} else {
		snprintf(why, size,
		    "must begin with https:// (or http:// for "
		    "a loopback address)");
		return false;
	}
	end = host + strcspn(host, "/");
	if (*host == '[') {
		p = memchr(host, ']', (size_t)(end - host));
		if (p == NULL ||
		    !only(host + 1, (size_t)(p - host - 1), ":.")) {
			snprintf(why, size, "has a malformed host");
			return false;
		}
		p++;
	} else
		p = host + strcspn(host, ":/");
	hostlen = (size_t)(p - host);
	if (hostlen == 0 || hostlen > 255 ||
	    (*host != '[' &&
		(!only(host, hostlen, ".-") || !is_alnum(*host)))) {
		/* This also keeps a user name out: '@' is in no grammar. */
		snprintf(why, size, "has a malformed host");
		return false;
	}
	if (*p == ':') {
		unsigned long port = 0;

		for (p++; p < end; p++) {
			if (!is_digit(*p) || port > 65535)
				break;
			port = port * 10 + (unsigned long)(*p - '0');
		}
		if (p != end || port == 0 || port > 65535) {
			snprintf(why, size, "has a malformed port");
			return false;
		}
	}
	if (p != end) {
		snprintf(why, size, "has a malformed host");
		return false;
	}
	if (!only(end, strlen(end), "/._~-")) {
		snprintf(why, size,
		    "has a path with other characters than "
		    "letters, digits and / . _ ~ -");
		return false;
	}
	if (plain && !is_loopback(host, hostlen)) {
		snprintf(why, size,
		    "would send the key unencrypted: use "
		    "https://, or http:// with localhost, 127.0.0.1 or [::1]");
		return false;
	}
	return true;
}

int
manifest_endpoint(const struct manifest_provider *p, const char *endpoint,
    const char **url, char *why, size_t size)
{
	char reason[128];
	size_t i;

	*url = "";
	if (endpoint == NULL || *endpoint == '\0') {
		if (p->default_endpoint == NULL)
			return RL_OK;
		endpoint = p->default_endpoint;
	} else if (p->default_endpoint == NULL) {
		snprintf(why, size, "provider %s has no endpoints", p->id);
		return RL_ERR_INVALID;
	}
	if (strstr(endpoint, "://") != NULL) {
		if (!manifest_url_ok(endpoint, reason, sizeof(reason))) {
			snprintf(why, size, "the address %s", reason);
			return RL_ERR_INVALID;
		}
		*url = endpoint;
		return RL_OK;
	}
	for (i = 0; p->endpoints[i].id != NULL; i++) {
		if (strcmp(p->endpoints[i].id, endpoint) == 0) {
			*url = p->endpoints[i].url;
			return RL_OK;
		}
	}
	snprintf(why, size,
	    "provider %s has no endpoint of that id, and it is "
	    "no https:// address",
	    p->id);
	return RL_ERR_INVALID;
}

bool
manifest_model_ok(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= MODEL_MAX && *s != '-' &&
	       only(s, len, "._:/@+-");
}

/*
 * The value of the variable name (len bytes); "" if it has none, NULL if there
 * is no such variable.
 */
static const char *
var_value(const struct manifest_vars *v, const char *name, size_t len)
{
	const struct {
		const char *name;
		const char *value;
	} table[] = {
		{ "alias", v->alias },
		{ "auth_variable", v->auth_variable },
		{ "endpoint", v->endpoint },
		{ "home", v->home },
		{ "key", v->key },
		{ "model", v->model },
		{ "provider", v->provider },
	};
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strlen(table[i].name) == len &&
		    memcmp(table[i].name, name, len) == 0)
			return table[i].value != NULL ? table[i].value : "";
	}
	return NULL;
}

bool
manifest_has(const struct manifest_vars *vars, const char *name)
{
	const char *value = var_value(vars, name, strlen(name));

	return value != NULL && *value != '\0';
}

/*
 * Two passes: the first finds out whether all is there, so that nothing is
 * appended when something is missing.
 */
int
manifest_expand(
    const char *tmpl, const struct manifest_vars *vars, struct buf *out)
{
	const char *p, *var, *end, *value;
	size_t total = 0;
	int pass, r;

	for (pass = 0; pass < 2; pass++) {
		if (pass == 1 && total > buf_room(out))
			return RL_ERR_TOOBIG;
		for (p = tmpl; *p != '\0'; p = end + 1) {
			var = strstr(p, "${");
			if (var == NULL) {
				total += strlen(p);
				if (pass == 1 &&
				    (r = buf_puts(out, p)) != RL_OK)
					return r;
				break;
			}
			if ((end = strchr(var, '}')) == NULL)
				return RL_ERR_INVALID;
			value =
			    var_value(vars, var + 2, (size_t)(end - var - 2));
			if (value == NULL)
				return RL_ERR_INVALID;
			if (*value == '\0')
				return 0;
			total += (size_t)(var - p) + strlen(value);
			if (pass == 1 &&
			    ((r = buf_put(out, p, (size_t)(var - p))) !=
				    RL_OK ||
				(r = buf_puts(out, value)) != RL_OK))
				return r;
		}
	}
	return 1;
}
