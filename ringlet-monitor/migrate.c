/*
 * KEYCHAIN_MIGRATE: the keys of all profiles into one store, or none of them.
 *
 * Each key is copied, read back and compared; then the profiles' files are
 * written; then the keys are removed where they were.  Until the files are
 * written every key is still in its old place, and afterwards in its new one:
 * whenever this ends, by an error or a kill, no key is lost and each profile's
 * file names a store that has its key.  What fails before the files are
 * written is undone.  A migration that was cut short is completed by another.
 *
 * One key at a time is in memory.  Sessions are not touched: they have theirs.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "err.h"
#include "keychain.h"
#include "keystore.h"
#include "log.h"
#include "migrate.h"
#include "monitor.h"
#include "policy.h"
#include "profile.h"
#include "secret.h"
#include "strlist.h"
#include "vault.h"
#include "xmalloc.h"

#define WHY_MAX 1024

enum kind {
	OF_PROFILE = 1,
	OF_AUDIT, /* the audit log's: there need be none */
	LEFT_OVER /* of a profile whose key is in the target already */
};

/* One key. */
struct move {
	enum kind kind;
	char *alias; /* reserved, but for the audit log's key */
	char *provider;
	char *from;
	bool touched;  /* there may be a copy in the target */
	bool copied;   /* there is */
	bool switched; /* the profile's file says so */
};

struct migration {
	struct env *env;
	struct asker asker;
	const char *target; /* static */
	struct move *moves;
	size_t nmoves;
	size_t at;	      /* the move in hand */
	struct secret *key;   /* of that move */
	struct strlist there; /* aliases whose profiles name the target */
	struct strlist held;  /* "alias provider" of keys that it has */
	struct strlist left;  /* what could not be removed */
	int err;	      /* why it fails */
	char why[WHY_MAX];
};

static void copy_next(struct migration *);
static void undo_next(struct migration *);
static void clean_next(struct migration *);

/* --- its end --- */

void
migration_free(struct migration *g)
{
	if (g == NULL)
		return;
	for (size_t i = 0; i < g->nmoves; i++) {
		if (g->moves[i].kind != OF_AUDIT)
			alias_release(g->env, g->moves[i].alias);
		free(g->moves[i].alias);
		free(g->moves[i].provider);
		free(g->moves[i].from);
	}
	free(g->moves);
	secret_free(g->key);
	strlist_clear(&g->there);
	strlist_clear(&g->held);
	strlist_clear(&g->left);
	if (g->env->migration == g) {
		g->env->migration = NULL;
		vault_release(g->env->vault);
		audit_key_release(g->env);
	}
	free(g);
}

static size_t
count_profiles(const struct migration *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->nmoves; i++)
		n += g->moves[i].kind == OF_PROFILE;
	return n;
}

static void
succeed(struct migration *g)
{
	struct peer *p = asker_peer(g->env, &g->asker);
	struct msg_keychain_moved body = { .target = g->target,
		.moved = count_profiles(g),
		.there = g->there.n,
		.left = { (const char **)g->left.v, g->left.n } };
	char n[32];

	vault_note(g->env->vault);
	log_info("keys: %zu moved to %s, %zu were there, %zu not removed where "
		 "they were",
	    count_profiles(g), g->target, g->there.n, g->left.n);
	snprintf(n, sizeof(n), "%zu", count_profiles(g));
	(void)audit_event(g->env, &g->asker.who, AUDIT_MIGRATE, g->target,
	    AUDIT_OK, "profiles", n, NULL);
	if (p != NULL)
		peer_reply(p, g->asker.id, MSG_KEYCHAIN_MOVED, &body, NULL, 0);
	migration_free(g);
}

static void
fail(struct migration *g)
{
	struct peer *p = asker_peer(g->env, &g->asker);
	const char *more = g->left.n == 0 ? ""
					  : ": copies are left there, see the "
					    "log";

	log_error("keys: none was moved to %s: %s", g->target, g->why);
	(void)audit_event(g->env, &g->asker.who, AUDIT_MIGRATE, g->target,
	    AUDIT_FAILED, "why", g->why, NULL);
	if (p != NULL)
		peer_reply_error(p, g->asker.id, g->err,
		    "no key was moved%s: %s", more, g->why);
	migration_free(g);
}

/* Notes why, and takes back what was copied. */
static void __attribute__((__format__(printf, 3, 4)))
give_up(struct migration *g, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(g->why, sizeof(g->why), fmt, ap);
	va_end(ap);
	g->err = err;
	g->at = 0;
	secret_free(g->key);
	g->key = NULL;
	undo_next(g);
}

/* --- taking back: the copies in the target --- */

static void
on_undone(void *arg, int err, struct secret *key, const char *text)
{
	struct migration *g = arg;

	(void)key;
	if (err != 0 && err != RL_ERR_NOTFOUND) {
		log_error("keys: a copy of %s's stays in %s: %s",
		    g->moves[g->at].alias, g->target, text);
		strlist_add(&g->left, g->moves[g->at].alias);
	}
	g->at++;
	undo_next(g);
}

static void
undo_next(struct migration *g)
{
	/* One whose file could not be written back needs its copy. */
	while (g->at < g->nmoves &&
	       (!g->moves[g->at].touched || g->moves[g->at].switched))
		g->at++;
	if (g->at == g->nmoves) {
		fail(g);
		return;
	}
	keychain_delete(
	    g->env->keychain, g->target, g->moves[g->at].alias, on_undone, g);
}

/* --- removing what was moved --- */

static void
on_cleaned(void *arg, int err, struct secret *key, const char *text)
{
	struct migration *g = arg;
	const struct move *mv = &g->moves[g->at];

	(void)key;
	if (err != 0 && err != RL_ERR_NOTFOUND) {
		log_error("keys: %s's stays in %s, too: %s", mv->alias,
		    mv->from, text);
		strlist_addf(
		    &g->left, "%s in %s: %s", mv->alias, mv->from, text);
	}
	g->at++;
	clean_next(g);
}

static void
clean_next(struct migration *g)
{
	while (g->at < g->nmoves && !g->moves[g->at].copied)
		g->at++;
	if (g->at == g->nmoves) {
		succeed(g);
		return;
	}
	keychain_delete(g->env->keychain, g->moves[g->at].from,
	    g->moves[g->at].alias, on_cleaned, g);
}

/* --- the profiles' files --- */

static void
write_back(struct migration *g)
{
	char why[WHY_MAX];

	for (size_t i = 0; i < g->nmoves; i++) {
		struct move *mv = &g->moves[i];

		if (!mv->switched)
			continue;
		if (profile_set_keychain(&g->env->paths, mv->alias, mv->from,
			why, sizeof(why)) == 0)
			mv->switched = false;
		else
			log_error("profile %s: its key is in %s and in %s: %s",
			    mv->alias, g->target, mv->from, why);
	}
}

static void
switch_all(struct migration *g)
{
	char why[WHY_MAX];
	int err;

	for (size_t i = 0; i < g->nmoves; i++) {
		struct move *mv = &g->moves[i];

		if (mv->kind == OF_AUDIT && mv->copied)
			audit_key_moved(g->env, g->target);
		if (mv->kind != OF_PROFILE)
			continue;
		err = profile_set_keychain(
		    &g->env->paths, mv->alias, g->target, why, sizeof(why));
		if (err != 0) {
			write_back(g);
			give_up(g, err, "%s", why);
			return;
		}
		mv->switched = true;
	}
	g->at = 0;
	clean_next(g);
}

/* --- copying --- */

static void
on_read_back(void *arg, int err, struct secret *key, const char *text)
{
	struct migration *g = arg;
	struct move *mv = &g->moves[g->at];
	bool same;

	if (err != 0) {
		give_up(g, err,
		    "the key of %s cannot be read back from %s: "
		    "%s",
		    mv->alias, g->target, text);
		return;
	}
	same = secret_equal(key, secret_ptr(g->key), secret_len(g->key));
	secret_free(key);
	if (!same) {
		give_up(g, RL_ERR_UNAVAILABLE,
		    "the key of %s does not come "
		    "back from %s as it was stored",
		    mv->alias, g->target);
		return;
	}
	mv->copied = true;
	secret_free(g->key);
	g->key = NULL;
	g->at++;
	copy_next(g);
}

static void
on_stored(void *arg, int err, struct secret *key, const char *text)
{
	struct migration *g = arg;
	const struct move *mv = &g->moves[g->at];

	(void)key;
	if (err != 0)
		give_up(g, err, "the key of %s cannot be stored in %s: %s",
		    mv->alias, g->target, text);
	else
		keychain_lookup(g->env->keychain, g->target, mv->alias,
		    mv->provider, on_read_back, g);
}

static void
on_read(void *arg, int err, struct secret *key, const char *text)
{
	struct migration *g = arg;
	struct move *mv = &g->moves[g->at];

	if (mv->kind == OF_AUDIT &&
	    (err == RL_ERR_NOTFOUND || err == RL_ERR_NOSERVICE ||
		(err == RL_ERR_LOCKED && count_profiles(g) == 0))) {
		g->at++;
		copy_next(g);
	} else if (err != 0)
		give_up(g, err, "the key of %s cannot be read from %s: %s",
		    mv->alias, mv->from, text);
	else {
		g->key = key;
		/* It may be there whatever the answer is. */
		mv->touched = true;
		keychain_store(g->env->keychain, g->target, mv->alias,
		    mv->provider, key, on_stored, g);
	}
}

static void
copy_next(struct migration *g)
{
	const struct move *mv;
	char why[WHY_MAX];
	int err = 0;

	while (g->at < g->nmoves && g->moves[g->at].kind == LEFT_OVER)
		g->at++;
	if (g->at == g->nmoves) {
		switch_all(g);
		return;
	}
	mv = &g->moves[g->at];
	if (mv->kind == OF_PROFILE)
		err = keystore_ready(g->env, mv->from, why, sizeof(why));
	if (err != 0)
		give_up(g, err, "the key of %s: %s", mv->alias, why);
	else
		keychain_lookup(g->env->keychain, mv->from, mv->alias,
		    mv->provider, on_read, g);
}

/* --- what is to be moved --- */

static void
add(struct migration *g, enum kind kind, const char *alias,
    const char *provider, const char *from)
{
	struct move *mv;

	g->moves = xreallocarray(g->moves, g->nmoves + 1, sizeof(*g->moves));
	mv = &g->moves[g->nmoves++];
	memset(mv, 0, sizeof(*mv));
	mv->kind = kind;
	mv->alias = xstrdup(alias);
	mv->provider = xstrdup(provider);
	mv->from = xstrdup(from);
}

static int
add_profile(
    struct migration *g, const struct profile_entry *e, char *why, size_t size)
{
	const struct profile *pr = e->profile;

	if (pr == NULL) {
		snprintf(why, size,
		    "profile %s is damaged, so nobody knows "
		    "where its key is: mend or delete it first: %s",
		    e->alias, e->damage);
		return RL_ERR_INVALID;
	}
	if (strcmp(pr->keychain, KEYCHAIN_NONE) == 0)
		return 0;
	if (strcmp(pr->keychain, g->target) == 0) {
		strlist_add(&g->there, pr->alias);
		return 0;
	}
	if (!alias_reserve(g->env, pr->alias)) {
		snprintf(why, size,
		    "profile %s is being changed by another "
		    "request: try again",
		    pr->alias);
		return RL_ERR_STATE;
	}
	add(g, OF_PROFILE, pr->alias, pr->provider_id,
	    *pr->keychain != '\0' ? pr->keychain : KEYCHAIN_SECRET_SERVICE);
	return 0;
}

/* The other store, where the target's keys may be, too. */
static const char *
other_store(const struct migration *g)
{
	return strcmp(g->target, KEYCHAIN_VAULT) == 0 ? KEYCHAIN_SECRET_SERVICE
						      : KEYCHAIN_VAULT;
}

static int
add_all(struct migration *g, char *why, size_t size)
{
	struct profile_entry *list;
	size_t n;
	int err;

	err = profile_list(&g->env->paths, &list, &n, why, size);
	if (err != 0)
		return err;
	for (size_t i = 0; i < n && err == 0; i++)
		err = add_profile(g, &list[i], why, size);
	profile_list_free(list, n);
	if (err == 0)
		add(g, OF_AUDIT, KEYCHAIN_AUDIT_PROFILE,
		    KEYCHAIN_AUDIT_PROVIDER, other_store(g));
	return err;
}

/*
 * A key that the other store has, of a profile whose file names the target: it
 * is left over if the target has it, too.  If not, it may be the only one.
 */
static void
add_left_over(struct migration *g, const char *alias, const char *item)
{
	if (!strlist_has(&g->held, item)) {
		log_error("keys: %s's is not in %s, which its profile names, "
			  "but in %s: it stays there",
		    alias, g->target, other_store(g));
		strlist_addf(&g->left, "%s in %s: %s does not have it", alias,
		    other_store(g), g->target);
	} else if (alias_reserve(g->env, alias)) {
		add(g, LEFT_OVER, alias, "", other_store(g));
		/* It is only to be removed. */
		g->moves[g->nmoves - 1].copied = true;
	}
}

/* What one that was cut short has left: keys that are in both stores. */
static void
on_listed(void *arg, int err, const struct strlist *items, const char *text)
{
	struct migration *g = arg;
	char *alias;

	(void)text;
	/* A store that is locked, or not there, is none of our concern. */
	for (size_t i = 0; err == 0 && i < items->n; i++) {
		alias = xstrndup(items->v[i], strcspn(items->v[i], " "));
		if (strlist_has(&g->there, alias))
			add_left_over(g, alias, items->v[i]);
		free(alias);
	}
	copy_next(g);
}

static void
on_held(void *arg, int err, const struct strlist *items, const char *text)
{
	struct migration *g = arg;

	if (err != 0) {
		give_up(g, err, "%s: %s", g->target, text);
		return;
	}
	for (size_t i = 0; i < items->n; i++)
		strlist_add(&g->held, items->v[i]);
	keychain_list(g->env->keychain, other_store(g), on_listed, g);
}

static void
on_target(void *arg, int err, struct secret *key, const char *text)
{
	struct migration *g = arg;

	(void)key;
	if (err != 0)
		give_up(g, err, "%s: %s", g->target, text);
	else
		keychain_list(g->env->keychain, g->target, on_held, g);
}

static int
check_target(struct env *env, const char *target, char *why, size_t size)
{
	if (strcmp(target, KEYCHAIN_SECRET_SERVICE) != 0 &&
	    strcmp(target, KEYCHAIN_VAULT) != 0) {
		snprintf(why, size,
		    "there is no such keychain: it is " KEYCHAIN_SECRET_SERVICE
		    " or " KEYCHAIN_VAULT);
		return RL_ERR_INVALID;
	}
	if (env->migration != NULL || env->stopping) {
		snprintf(why, size,
		    env->stopping ? "the daemon is stopping"
				  : "keys are being moved "
				    "already: try again");
		return RL_ERR_STATE;
	}
	if (strcmp(target, KEYCHAIN_VAULT) == 0 &&
	    !vault_is_there(env->vault)) {
		snprintf(why, size,
		    "there is no vault yet: 'ringlet keychain "
		    "unlock --new' makes one");
		return RL_ERR_NOTFOUND;
	}
	return keystore_ready(env, target, why, size);
}

/* Only the CLI has a row for it. */
int
on_KEYCHAIN_MIGRATE(struct peer *p, struct msg *m)
{
	const struct msg_keychain_migrate *req = m->body;
	struct env *env = peer_env(p);
	struct migration *g;
	char why[WHY_MAX];
	int err;

	err = check_target(env, req->target, why, sizeof(why));
	if (err == 0)
		err = policy_verdict(env, audit_who_of(p), req->target,
		    policy_may_keychain(
			env->policy, req->target, why, sizeof(why)),
		    why);
	if (err == 0 &&
	    (err = audit_event(env, audit_who_of(p), AUDIT_MIGRATE,
		 req->target, AUDIT_INTENT, NULL)) != 0)
		strlcpy(why, audit_trouble(env), sizeof(why));
	if (err != 0) {
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		return 0;
	}
	g = xcalloc(1, sizeof(*g));
	g->env = env;
	g->asker = asker_of(p, m);
	g->target = strcmp(req->target, KEYCHAIN_VAULT) == 0
			? KEYCHAIN_VAULT
			: KEYCHAIN_SECRET_SERVICE;
	env->migration = g;
	vault_hold(env->vault);
	audit_key_hold(env);
	if ((err = add_all(g, why, sizeof(why))) != 0) {
		(void)audit_event(env, &g->asker.who, AUDIT_MIGRATE, g->target,
		    AUDIT_FAILED, "why", why, NULL);
		peer_reply_error(p, m->hdr.id, err, "%s", why);
		migration_free(g);
		return 0;
	}
	keychain_status(env->keychain, g->target, on_target, g);
	return 0;
}
