/*
 * manifest-format.c: choosing an endpoint, and expanding templates.
 *
 * Pure functions.  Endpoint addresses and model names come from users and
 * files, and end up in arguments and configuration text, so their grammars
 * leave out every character that could mean something there.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "manifest-format.h"

#define URL_MAX	  2048 /* bytes of an endpoint's address */
#define MODEL_MAX 128

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

bool
manifest_is_for(const char *const *types, const char *type)
{
	size_t i;

	for (i = 0; types != NULL && types[i] != NULL; i++) {
		if (strcmp(types[i], type) == 0)
			return true;
	}
	return types == NULL;
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
		{ "provider_type", v->provider_type },
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

/* A piece of a template: text as it stands, or a variable. */
struct piece {
	const char *text;
	size_t len;
	bool variable;
};

/*
 * Takes the next piece off *p.  1; 0: there is none; RL_ERR_INVALID: a brace
 * is not closed.
 */
static int
next_piece(const char **p, struct piece *out)
{
	const char *s = *p, *end;

	if (*s == '\0')
		return 0;
	out->variable = false;
	if (strncmp(s, "$${", 3) == 0) {
		out->text = s + 1;
		out->len = 2;
		*p = s + 3;
		return 1;
	}
	if (strncmp(s, "${", 2) == 0) {
		if ((end = strchr(s, '}')) == NULL)
			return RL_ERR_INVALID;
		out->variable = true;
		out->text = s + 2;
		out->len = (size_t)(end - s - 2);
		*p = end + 1;
		return 1;
	}
	/* At least one byte: a '$' that begins nothing is itself. */
	end = s + 1 + strcspn(s + 1, "$");
	out->text = s;
	out->len = (size_t)(end - s);
	*p = end;
	return 1;
}

bool
manifest_template_ok(const char *tmpl, bool with_key, char *why, size_t size)
{
	static const struct manifest_vars none;
	struct piece piece;
	int r;

	while ((r = next_piece(&tmpl, &piece)) == 1) {
		if (!piece.variable)
			continue;
		if (var_value(&none, piece.text, piece.len) == NULL) {
			snprintf(why, size, "has an unknown variable");
			return false;
		}
		if (!with_key && piece.len == 3 &&
		    memcmp(piece.text, "key", 3) == 0) {
			snprintf(why, size, "has ${key}, which only the value "
			    "of an environment variable may have");
			return false;
		}
	}
	if (r < 0)
		snprintf(why, size, "has a ${ that is not closed");
	return r == 0;
}

bool
manifest_template_uses(const char *tmpl, const char *name)
{
	struct piece piece;

	while (next_piece(&tmpl, &piece) == 1) {
		if (piece.variable && piece.len == strlen(name) &&
		    memcmp(piece.text, name, piece.len) == 0)
			return true;
	}
	return false;
}

/*
 * Two passes: the first finds out whether all is there, so that nothing is
 * appended when something is missing.
 */
int
manifest_expand(
    const char *tmpl, const struct manifest_vars *vars, struct buf *out)
{
	struct piece piece;
	const char *p, *value;
	size_t total = 0;
	int pass, r;

	for (pass = 0; pass < 2; pass++) {
		if (pass == 1 && total > buf_room(out))
			return RL_ERR_TOOBIG;
		for (p = tmpl; (r = next_piece(&p, &piece)) == 1;) {
			if (piece.variable) {
				value = var_value(vars, piece.text, piece.len);
				if (value == NULL)
					return RL_ERR_INVALID;
				if (*value == '\0')
					return 0;
				piece.text = value;
				piece.len = strlen(value);
			}
			total += piece.len;
			if (pass == 1 && (r = buf_put(out, piece.text,
					      piece.len)) != RL_OK)
				return r;
		}
		if (r < 0)
			return r;
	}
	return 1;
}
