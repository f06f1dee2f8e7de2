/*
 * What `ringlet doctor` asks: which keychains answer, and whether what they
 * hold and what profiles say go together.
 *
 * Every store is asked in turn, each call in a helper of its own.  Profiles
 * are read before and after: what changed meanwhile is not taken for amiss.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "err.h"
#include "keychain.h"
#include "log.h"
#include "monitor.h"
#include "profile-msg.h"
#include "profile.h"
#include "strlist.h"
#include "valid.h"
#include "vault.h"
#include "xmalloc.h"

#define WHY_MAX	  1024
#define ITEMS_MAX 1024 /* told in one answer */

static const char *const stores[] = { KEYCHAIN_SECRET_SERVICE, KEYCHAIN_VAULT };

#define NSTORES (sizeof(stores) / sizeof(stores[0]))

struct store {
	int err;
	char *text;
	struct strlist items; /* "PROFILE PROVIDER" */
};

struct check {
	struct env *env;
	struct asker asker;
	struct strlist before; /* aliases of all profiles */
	struct store stores[NSTORES];
	size_t at; /* the store in hand */
};

static void
check_free(struct check *c)
{
	for (size_t i = 0; i < NSTORES; i++) {
		free(c->stores[i].text);
		strlist_clear(&c->stores[i].items);
	}
	strlist_clear(&c->before);
	free(c);
}

/* The store that a profile's file names. */
static const char *
store_of(const struct profile *pr)
{
	return *pr->keychain != '\0' ? pr->keychain : KEYCHAIN_SECRET_SERVICE;
}

static const struct profile_entry *
find(const struct profile_entry *list, size_t n, const char *alias)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].alias, alias) == 0)
			return &list[i];
	return NULL;
}

/* --- what does not go together --- */

/* The answer's records, whose strings are item's, a profile's or static. */
struct answer {
	struct msg_keys_checked body;
	struct msg_keys_store states[NSTORES];
	struct msg_keys_item orphans[ITEMS_MAX];
	struct msg_keys_item missing[ITEMS_MAX];
};

/* Splits "PROFILE PROVIDER" in place. */
static char *
split(char *item)
{
	char *space = strchr(item, ' ');

	if (space == NULL)
		return NULL;
	*space = '\0';
	return space + 1;
}

/*
 * A key is an orphan if there is no profile of its name, or one that looks for
 * its key elsewhere.  Of a damaged profile nobody knows.
 */
static void
find_orphans(struct check *c, const struct profile_entry *list, size_t n,
    struct answer *a)
{
	for (size_t s = 0; s < NSTORES; s++) {
		for (size_t i = 0; i < c->stores[s].items.n; i++) {
			char *alias = c->stores[s].items.v[i];
			const char *provider = split(alias);
			const struct profile_entry *e = find(list, n, alias);
			bool here;

			if (provider == NULL || !valid_alias(alias) ||
			    alias_is_busy(c->env, alias) ||
			    a->body.orphans.n == ITEMS_MAX)
				continue;
			if (e == NULL) {
				if (strlist_has(&c->before, alias))
					continue;
				here = false;
			} else {
				if (e->profile == NULL)
					continue;
				here = strcmp(store_of(e->profile),
					   stores[s]) == 0;
				if (here && strcmp(e->profile->provider_id,
						provider) == 0)
					continue;
			}
			a->orphans[a->body.orphans.n++] =
			    (struct msg_keys_item){ stores[s], alias, provider,
				    here };
		}
	}
}

static bool
has_key(const struct store *s, const struct profile *pr)
{
	char item[256];

	snprintf(item, sizeof(item), "%s %s", pr->alias, pr->provider_id);
	return strlist_has(&s->items, item);
}

static void
find_missing(struct check *c, const struct profile_entry *list, size_t n,
    struct answer *a)
{
	for (size_t i = 0; i < n; i++) {
		const struct profile *pr = list[i].profile;

		if (pr == NULL || strcmp(pr->keychain, KEYCHAIN_NONE) == 0)
			continue;
		for (size_t s = 0; s < NSTORES; s++) {
			if (strcmp(store_of(pr), stores[s]) != 0)
				continue;
			a->states[s].profiles++;
			if (c->stores[s].err == 0 &&
			    strlist_has(&c->before, pr->alias) &&
			    !alias_is_busy(c->env, pr->alias) &&
			    !has_key(&c->stores[s], pr) &&
			    a->body.missing.n < ITEMS_MAX)
				a->missing[a->body.missing.n++] =
				    (struct msg_keys_item){ stores[s],
					    pr->alias, pr->provider_id, true };
		}
	}
}

/* Keys of profiles: the audit log's own is none. */
static uint64_t
count_keys(const struct strlist *items)
{
	static const char audit[] = KEYCHAIN_AUDIT_PROFILE " ";
	uint64_t n = 0;

	for (size_t i = 0; i < items->n; i++)
		n += strncmp(items->v[i], audit, sizeof(audit) - 1) != 0;
	return n;
}

static void
finish(struct check *c)
{
	struct env *env = c->env;
	struct peer *p = asker_peer(env, &c->asker);
	struct answer *a = xcalloc(1, sizeof(*a));
	struct profile_entry *list = NULL;
	char why[WHY_MAX];
	size_t n = 0;
	int err;

	err = profile_list(&env->paths, &list, &n, why, sizeof(why));
	if (err != 0) {
		profile_msg_refuse(env, &c->asker, err, why);
		goto out;
	}
	for (size_t s = 0; s < NSTORES; s++) {
		a->states[s].name = stores[s];
		a->states[s].code = c->stores[s].err;
		a->states[s].text = c->stores[s].text;
		a->states[s].keys = count_keys(&c->stores[s].items);
	}
	a->body.stores = (struct msg_recs){ a->states, NSTORES };
	a->body.orphans.v = a->orphans;
	a->body.missing.v = a->missing;
	find_missing(c, list, n, a);
	/* It splits the items. */
	find_orphans(c, list, n, a);
	if (p != NULL)
		peer_reply(p, c->asker.id, MSG_KEYS_CHECKED, &a->body, NULL, 0);
	profile_list_free(list, n);
out:
	free(a);
	check_free(c);
}

/* --- asking the stores --- */

static void ask_next(struct check *);

static void
on_listed(void *arg, int err, const struct strlist *items, const char *text)
{
	struct check *c = arg;
	struct store *s = &c->stores[c->at++];

	if (err == 0)
		strlist_copy(&s->items, items);
	else {
		s->err = err;
		free(s->text);
		s->text = xstrdup(text);
	}
	ask_next(c);
}

static void
on_status(void *arg, int err, struct secret *key, const char *text)
{
	struct check *c = arg;
	struct store *s = &c->stores[c->at];

	(void)key;
	s->err = err;
	s->text = xstrdup(text);
	if (err == 0) {
		keychain_list(c->env->keychain, stores[c->at], on_listed, c);
		return;
	}
	c->at++;
	ask_next(c);
}

static void
ask_next(struct check *c)
{
	/* A vault whose time is over must not be read once more. */
	vault_check(c->env->vault);
	if (c->at == NSTORES)
		finish(c);
	else
		keychain_status(c->env->keychain, stores[c->at], on_status, c);
}

/* The CLI alone: it tells what Ringlet has in a keychain, but no key. */
int
on_KEYS_CHECK(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	struct check *c = xcalloc(1, sizeof(*c));
	struct profile_entry *list;
	char why[WHY_MAX];
	size_t n;
	int err;

	c->env = env;
	c->asker = asker_of(p, m);
	err = profile_list(&env->paths, &list, &n, why, sizeof(why));
	if (err != 0) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		check_free(c);
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		strlist_add(&c->before, list[i].alias);
	profile_list_free(list, n);
	ask_next(c);
	return 0;
}

/* --- removing an orphan --- */

struct removal {
	struct env *env;
	struct asker asker;
	char *alias;
	const char *store; /* static */
};

static void
on_removed(void *arg, int err, struct secret *key, const char *text)
{
	struct removal *r = arg;
	struct peer *p = asker_peer(r->env, &r->asker);
	char why[WHY_MAX];

	(void)key;
	(void)audit_event(r->env, &r->asker.who, AUDIT_KEY_DELETE, r->alias,
	    err == 0 ? AUDIT_OK : AUDIT_FAILED, "store", r->store, "why",
	    err != 0 ? text : NULL, NULL);
	if (err != 0) {
		snprintf(why, sizeof(why), "keychain: %s%s", text,
		    key_advice(r->store, err));
		profile_msg_refuse(r->env, &r->asker, err, why);
	} else {
		log_info("a key of profile %s in %s, which no profile uses, "
			 "was deleted",
		    r->alias, r->store);
		if (p != NULL)
			peer_reply(p, r->asker.id, MSG_OK, NULL, NULL, 0);
	}
	alias_release(r->env, r->alias);
	free(r->alias);
	free(r);
}

/*
 * Whether no profile can want what that store has under its name: judged here
 * again, whatever the asker saw before.
 */
static int
check_orphan(struct env *env, const struct msg_orphan_delete *req,
    const char **store, char *why, size_t size)
{
	struct profile *pr = NULL;
	int err;

	for (size_t i = 0; i < NSTORES; i++)
		if (strcmp(req->keychain, stores[i]) == 0)
			*store = stores[i];
	if (*store == NULL) {
		strlcpy(why, "there is no such keychain", size);
		return RL_ERR_NOTFOUND;
	}
	err = profile_load(&env->paths, req->profile, &pr, why, size);
	if (err == RL_ERR_NOTFOUND)
		return 0;
	if (err == 0 && strcmp(store_of(pr), *store) == 0) {
		snprintf(why, size,
		    "profile %s has its key there: 'ringlet "
		    "profiles rekey %s' replaces all that is there of it",
		    req->profile, req->profile);
		err = RL_ERR_STATE;
	}
	profile_free(pr);
	return err;
}

/* The CLI alone: it deletes keys of no profile, and nothing else. */
int
on_ORPHAN_DELETE(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_orphan_delete *req = m->body;
	struct removal *r;
	const char *store = NULL;
	char why[WHY_MAX];
	int err;

	if ((err = check_orphan(env, req, &store, why, sizeof(why))) != 0) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		return 0;
	}
	if (!alias_reserve(env, req->profile)) {
		peer_reply_error(p, m->hdr.id, RL_ERR_STATE,
		    "profile %s is being changed by another request: try "
		    "again",
		    req->profile);
		return 0;
	}
	if (audit_event(env, audit_who_of(p), AUDIT_KEY_DELETE, req->profile,
		AUDIT_INTENT, "store", store, NULL) != 0) {
		peer_reply_error(
		    p, m->hdr.id, RL_ERR_DENIED, "%s", audit_trouble(env));
		alias_release(env, req->profile);
		return 0;
	}
	r = xcalloc(1, sizeof(*r));
	r->env = env;
	r->asker = asker_of(p, m);
	r->alias = xstrdup(req->profile);
	r->store = store;
	vault_check(env->vault);
	prompt_allow(env,
	    keychain_delete(env->keychain, store, r->alias, on_removed, r),
	    &r->asker);
	return 0;
}
