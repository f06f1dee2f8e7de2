/*
 * Which store takes the key of a new profile, and what to type where none can.
 * The choice is made once, when a profile is made.  Nothing here moves a key,
 * and no error of one store leads to the other: but with Keychain auto, and
 * only where there is no Secret Service at all.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "keychain.h"
#include "keystore.h"
#include "monitor.h"
#include "profile.h"
#include "vault.h"
#include "xmalloc.h"

#define WHY_MAX	   1024
#define COUNTS_MAX 16 /* stores in KEYCHAIN_STATE */

static const char no_vault[] = "there is no vault yet: 'ringlet keychain "
			       "unlock' makes one";
static const char vault_gone[] = "the vault's file is gone: put it back from a "
				 "backup, or make another with 'ringlet "
				 "keychain unlock --new'";
static const char vault_locked[] = "the vault is locked: 'ringlet keychain "
				   "unlock' unlocks it";

const char *
keystore_setting(const struct env *env)
{
	switch (env->conf.keychain) {
	case CONF_KEYCHAIN_SERVICE:
		return KEYCHAIN_SECRET_SERVICE;
	case CONF_KEYCHAIN_VAULT:
		return KEYCHAIN_VAULT;
	default:
		return "auto";
	}
}

int
keystore_ready(struct env *env, const char *store, char *why, size_t size)
{
	/* Files that do not say are of a time when there was one store. */
	if (*store == '\0' || strcmp(store, KEYCHAIN_SECRET_SERVICE) == 0)
		return 0;
	if (strcmp(store, KEYCHAIN_NONE) == 0) {
		strlcpy(why, "the profile was made without one", size);
		return RL_ERR_NOTFOUND;
	}
	if (strcmp(store, KEYCHAIN_VAULT) != 0) {
		snprintf(why, size,
		    "it is in the keychain '%s', which this "
		    "Ringlet does not know",
		    store);
		return RL_ERR_INVALID;
	}
	vault_check(env->vault);
	if (vault_is_open(env->vault))
		return 0;
	if (!vault_is_there(env->vault)) {
		snprintf(why, size, "it is in the vault, but %s is not there",
		    vault_file(env->vault));
		return RL_ERR_NOTFOUND;
	}
	strlcpy(why, vault_locked, size);
	return RL_ERR_LOCKED;
}

/* --- choosing --- */

/*
 * The vault for a new key, where there is no Secret Service (which said so), or
 * none was asked (NULL).
 */
static int
judge_vault(struct env *env, const char *service, const char **store, char *why,
    size_t size)
{
	static const char no_service[] = "no Secret Service: ";
	const struct vault *v = env->vault;
	const char *state;
	int err;

	vault_check(env->vault);
	*store = KEYCHAIN_VAULT;
	if (!vault_is_there(v)) {
		*store = "";
		err = RL_ERR_NOSERVICE;
		state = vault_generation(v) > 0 ? vault_gone : no_vault;
	} else if (!vault_is_open(v)) {
		err = RL_ERR_LOCKED;
		state = vault_locked;
	} else {
		err = 0;
		state = vault_file(v);
	}
	/* It begins with what is said here as well. */
	if (service != NULL && err != 0 &&
	    strncmp(service, no_service, strlen(no_service)) == 0)
		service += strlen(no_service);
	if (service == NULL)
		strlcpy(why, state, size);
	else if (err == 0)
		snprintf(why, size, "%s (%s)", state, service);
	else
		snprintf(why, size, "no Secret Service answers (%s), and %s",
		    service, state);
	return err;
}

int
keystore_judge(struct env *env, int err, const char *text, const char **store,
    char *why, size_t size)
{
	switch (env->conf.keychain) {
	case CONF_KEYCHAIN_VAULT:
		return judge_vault(env, NULL, store, why, size);
	case CONF_KEYCHAIN_SERVICE:
		*store = KEYCHAIN_SECRET_SERVICE;
		break;
	default:
		if (err == RL_ERR_NOSERVICE)
			return judge_vault(env, text, store, why, size);
		/* It is there, locked: keys belong there, not elsewhere. */
		*store = err == 0 || err == RL_ERR_LOCKED
			     ? KEYCHAIN_SECRET_SERVICE
			     : "";
		break;
	}
	strlcpy(why, text, size);
	return err;
}

struct choice {
	struct env *env;
	keystore_cb cb;
	void *arg;
};

static void
on_status(void *arg, int err, struct secret *key, const char *text)
{
	struct choice *c = arg;
	const char *store;
	char why[WHY_MAX];

	(void)key;
	err = keystore_judge(c->env, err, text, &store, why, sizeof(why));
	/* Storing it will say so again, or have the person asked. */
	if (err == RL_ERR_LOCKED && strcmp(store, KEYCHAIN_VAULT) != 0)
		err = 0;
	c->cb(c->arg, err, store, why);
	free(c);
}

void
keystore_choose(struct env *env, keystore_cb cb, void *arg)
{
	struct choice *c;
	const char *store;
	char why[WHY_MAX];
	int err;

	switch (env->conf.keychain) {
	case CONF_KEYCHAIN_SERVICE:
		cb(arg, 0, KEYCHAIN_SECRET_SERVICE, "");
		return;
	case CONF_KEYCHAIN_VAULT:
		err = judge_vault(env, NULL, &store, why, sizeof(why));
		cb(arg, err, store, why);
		return;
	default:
		c = xcalloc(1, sizeof(*c));
		c->env = env;
		c->cb = cb;
		c->arg = arg;
		keychain_status(
		    env->keychain, KEYCHAIN_SECRET_SERVICE, on_status, c);
	}
}

/* --- KEYCHAIN_STATUS --- */

struct looking {
	struct env *env;
	struct asker asker;
};

static void
count(struct msg_keychain_count *counts, size_t *n, const char *store)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(counts[i].store, store) == 0)
			break;
	/* Never so many but by hand: the last takes the rest. */
	if (i == COUNTS_MAX)
		i--;
	else if (i == *n) {
		counts[i].store = store;
		counts[i].profiles = 0;
		(*n)++;
	}
	counts[i].profiles++;
}

static const char *
store_of(const struct profile_entry *e)
{
	if (e->profile == NULL)
		return "damaged profiles";
	return *e->profile->keychain != '\0' ? e->profile->keychain
					     : KEYCHAIN_SECRET_SERVICE;
}

static void
answer(struct env *env, const struct asker *a, struct msg_keychain_state *s)
{
	struct msg_keychain_count counts[COUNTS_MAX];
	struct profile_entry *list;
	struct peer *p = asker_peer(env, a);
	char why[WHY_MAX];
	size_t n, k = 0;
	int err;

	if (p == NULL)
		return;
	err = profile_list(&env->paths, &list, &n, why, sizeof(why));
	if (err != 0) {
		peer_reply_error(p, a->id, err, "%s", why);
		return;
	}
	for (size_t i = 0; i < n; i++)
		count(counts, &k, store_of(&list[i]));
	s->counts = (struct msg_recs){ counts, k };
	s->setting = keystore_setting(env);
	s->vault_file = vault_file(env->vault);
	s->vault_there = vault_is_there(env->vault);
	s->vault_open = vault_is_open(env->vault);
	s->generation = vault_generation(env->vault);
	s->locks_at = vault_locks_at(env->vault);
	peer_reply(p, a->id, MSG_KEYCHAIN_STATE, s, NULL, 0);
	s->counts = (struct msg_recs){ NULL, 0 };
	profile_list_free(list, n);
}

static void
on_looked(void *arg, int err, struct secret *key, const char *text)
{
	struct looking *l = arg;
	struct msg_keychain_state s = { .service = err, .service_text = text };
	char why[WHY_MAX];

	(void)key;
	(void)keystore_judge(l->env, err, text, &s.store, why, sizeof(why));
	s.text = why;
	answer(l->env, &l->asker, &s);
	free(l);
}

/* Only the CLI has a row for it: it tells where keys are. */
int
on_KEYCHAIN_STATUS(struct peer *p, struct msg *m)
{
	struct env *env = peer_env(p);
	const struct msg_keychain_status *req = m->body;
	struct asker a = asker_of(p, m);
	struct looking *l;

	vault_check(env->vault);
	if (req->brief) {
		struct msg_keychain_state s = { .store = "",
			.text = "",
			.service = RL_ERR_STATE,
			.service_text = "not asked" };

		answer(env, &a, &s);
		return 0;
	}
	l = xcalloc(1, sizeof(*l));
	l->env = env;
	l->asker = a;
	keychain_status(env->keychain, KEYCHAIN_SECRET_SERVICE, on_looked, l);
	return 0;
}
