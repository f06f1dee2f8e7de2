/*
 * keychain-item.c: which names and keys a credential store may hold for
 * Ringlet, the same for every store.  Pure functions.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "keychain-backend.h"
#include "strlist.h"
#include "valid.h"

int
kc_item_ok(const char *profile, const char *provider)
{
	if (strcmp(profile, KC_AUDIT_PROFILE) == 0)
		return provider == NULL ||
		       strcmp(provider, KC_AUDIT_PROVIDER) == 0;
	return valid_alias(profile) &&
	       (provider == NULL || valid_ident(provider));
}

int
kc_value_check(const char *p, size_t len, char *why, size_t whysz)
{
	size_t i;

	if (len == 0 || len > KC_SECRET_MAX) {
		snprintf(why, whysz,
		    "the key has %zu bytes; 1 to %d are possible", len,
		    KC_SECRET_MAX);
		return RL_ERR_INVALID;
	}
	for (i = 0; i < len; i++) {
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f) {
			snprintf(
			    why, whysz, "the key holds a control character");
			return RL_ERR_INVALID;
		}
	}
	if (!valid_utf8(p, len)) {
		snprintf(why, whysz, "the key is not UTF-8 text");
		return RL_ERR_INVALID;
	}
	return RL_OK;
}

int
kc_list_add(struct strlist *items, const char *profile, const char *provider,
    char *why, size_t whysz)
{
	size_t i, n;

	if (!kc_item_ok(profile, provider))
		return RL_OK;
	n = strlen(profile);
	for (i = 0; i < items->n; i++)
		if (strncmp(items->v[i], profile, n) == 0 &&
		    items->v[i][n] == ' ' &&
		    strcmp(items->v[i] + n + 1, provider) == 0)
			return RL_OK;
	if (items->n == KC_ITEMS_MAX) {
		snprintf(why, whysz, "it holds more than %d keys of Ringlet",
		    KC_ITEMS_MAX);
		return RL_ERR_LIMIT;
	}
	strlist_addf(items, "%s %s", profile, provider);
	return RL_OK;
}
