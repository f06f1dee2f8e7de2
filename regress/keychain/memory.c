/*
 * A keychain in memory: the least that ringlet-monitor/keychain-backend.h asks
 * for.  It shows that the claims of conform.c can be met by what knows nothing
 * of any of the real ones.  In no program but tests.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conform.h"
#include "err.h"
#include "xmalloc.h"

struct entry {
	char *profile;
	char *provider;
	char *key;
	size_t len;
	struct entry *next;
};

static struct entry *entries;
static int is_locked;

void
memory_lock(int locked)
{
	is_locked = locked;
}

static int
check(char *why, size_t whysz)
{
	if (!is_locked)
		return RL_OK;
	snprintf(why, whysz, "it is locked");
	return RL_ERR_LOCKED;
}

static struct entry **
find(const char *profile)
{
	struct entry **p = &entries;

	while (*p != NULL && strcmp((*p)->profile, profile) != 0)
		p = &(*p)->next;
	return p;
}

static int
absent(char *why, size_t whysz)
{
	snprintf(why, whysz, "there is no such key");
	return RL_ERR_NOTFOUND;
}

static int
memory_remove(
    struct kc_reach *reach, const struct kc_item *item, char *why, size_t whysz)
{
	struct entry **p = find(item->profile), *e = *p;
	int r;

	if ((r = check(why, whysz)) != RL_OK)
		return r;
	if (e == NULL)
		return absent(why, whysz);
	*p = e->next;
	free(e->profile);
	free(e->provider);
	free(e->key);
	free(e);
	return RL_OK;
}

static int
memory_store(struct kc_reach *reach, const struct kc_item *item,
    const char *secret, size_t len, char *why, size_t whysz)
{
	struct entry *e;
	int r;

	if ((r = kc_value_check(secret, len, why, whysz)) != RL_OK ||
	    (r = check(why, whysz)) != RL_OK)
		return r;
	(void)memory_remove(reach, item, why, whysz);
	*why = '\0';
	e = xcalloc(1, sizeof(*e));
	e->profile = xstrdup(item->profile);
	e->provider = xstrdup(item->provider);
	e->key = xstrndup(secret, len);
	e->len = len;
	e->next = entries;
	entries = e;
	return RL_OK;
}

static int
memory_lookup(struct kc_reach *reach, const struct kc_item *item, char *buf,
    size_t cap, size_t *lenp, char *why, size_t whysz)
{
	struct entry *e = *find(item->profile);
	int r;

	*lenp = 0;
	if ((r = check(why, whysz)) != RL_OK)
		return r;
	if (e == NULL || strcmp(e->provider, item->provider) != 0)
		return absent(why, whysz);
	memcpy(buf, e->key, e->len + 1);
	*lenp = e->len;
	return RL_OK;
}

static int
memory_status(struct kc_reach *reach, char *why, size_t whysz)
{
	int r = check(why, whysz);

	if (r == RL_OK)
		snprintf(why, whysz, "memory of this program");
	return r;
}

static int
memory_list(
    struct kc_reach *reach, struct strlist *items, char *why, size_t whysz)
{
	struct entry *e;
	int r = check(why, whysz);

	for (e = entries; e != NULL && r == RL_OK; e = e->next)
		r = kc_list_add(items, e->profile, e->provider, why, whysz);
	return r;
}

const struct keychain_backend keychain_memory = {
	.name = "memory",
	.store = memory_store,
	.lookup = memory_lookup,
	.remove = memory_remove,
	.status = memory_status,
	.list = memory_list,
};
