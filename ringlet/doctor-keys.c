/*
 * What `doctor` says of keychains: whether they answer, where a new key goes,
 * keys that no profile has, and profiles whose key is gone.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "xmalloc.h"

/* What to do about a keychain that does not tell. */
static const char *
keychain_advice(const struct msg_keys_store *k)
{
	switch (k->code) {
	case RL_ERR_LOCKED:
		/* How the vault is unlocked, its own words say. */
		return strcmp(k->name, "vault") == 0
			   ? ": what it holds is unknown"
			   : ": 'ringlet keychain unlock' says how to unlock "
			     "it; what it holds is unknown";
	case RL_ERR_NOSERVICE:
		if (k->profiles == 0)
			return "";
		return ": start a Secret Service in this session, as a login "
		       "to the desktop does; or put keys into a vault: "
		       "'ringlet keychain unlock', and 'ringlet profiles "
		       "rekey' for each";
	case RL_ERR_TIMEOUT:
		return ": it may be asking something on the desktop";
	default:
		return "";
	}
}

/* One that no profile uses need not be there, if another is. */
static void
print_store(
    struct doctor *d, const struct msg_keys_store *k, bool another_works)
{
	char *what = xasprintf("keychain %s", k->name);
	enum verdict v;

	if (k->code == 0)
		doctor_say(d, FINE, what, "%s: keys: %llu, profiles: %llu",
		    k->text, (unsigned long long)k->keys,
		    (unsigned long long)k->profiles);
	else if (k->profiles == 0 && another_works)
		doctor_say(
		    d, FINE, what, "not used by any profile: %s", k->text);
	else {
		v = k->profiles == 0 || k->code == RL_ERR_LOCKED ? WARN : FAIL;
		doctor_say(d, v, what, "%s%s (profiles: %llu)", k->text,
		    keychain_advice(k), (unsigned long long)k->profiles);
	}
	free(what);
}

static void
print_stores(struct doctor *d, const struct msg_recs *recs)
{
	const struct msg_keys_store *k = recs->v;
	size_t works = 0;

	for (size_t i = 0; i < recs->n; i++)
		works += k[i].code == 0;
	for (size_t i = 0; i < recs->n; i++)
		print_store(d, &k[i], works > 0);
}

static json_t *
item_json(const struct msg_keys_item *i)
{
	return json_pack("{s:s, s:s, s:s, s:b}", "keychain", i->keychain,
	    "profile", i->profile, "provider", i->provider, "in_use",
	    i->in_use ? 1 : 0);
}

/* Deletes what is nobody's, each after asking. */
static void
remove_orphan(
    struct doctor *d, const struct args *args, const struct msg_keys_item *i)
{
	const struct msg_orphan_delete req = { .keychain = i->keychain,
		.profile = i->profile };
	char *raw, *question;
	bool yes = opt_has(args, 'y');
	struct msg m;

	if (!yes) {
		raw = xasprintf("Delete the key of %s for %s in %s?",
		    i->profile, i->provider, i->keychain);
		question = text_safe(raw);
		yes = prompt_yes(question);
		free(question);
		free(raw);
	}
	if (!yes) {
		doctor_say(d, WARN, "orphan",
		    "the key of %s for %s stays in %s", i->profile, i->provider,
		    i->keychain);
		return;
	}
	if (!doctor_ask(d, MSG_ORPHAN_DELETE, &req, MSG_OK, "orphan", &m))
		return;
	msg_clear(&m);
	doctor_say(d, FINE, "orphan", "the key of %s was deleted from %s",
	    i->profile, i->keychain);
}

static void
check_orphans(
    struct doctor *d, const struct args *args, const struct msg_recs *recs)
{
	const struct msg_keys_item *i = recs->v;

	for (size_t n = 0; n < recs->n; n++, i++) {
		json_array_append_new(d->orphans, item_json(i));
		if (i->in_use)
			doctor_say(d, WARN, "orphan",
			    "%s has in %s a key for %s, which its profile "
			    "does not use: 'ringlet profiles rekey %s' "
			    "removes it",
			    i->profile, i->keychain, i->provider, i->profile);
		else if (opt_has(args, OPT_REMOVE_ORPHANS))
			remove_orphan(d, args, i);
		else
			doctor_say(d, WARN, "orphan",
			    "%s has a key of %s for %s, and no profile uses "
			    "it: 'ringlet doctor --remove-orphans' deletes it",
			    i->keychain, i->profile, i->provider);
	}
}

/* Where the next key goes, by the setting Keychain. */
static void
check_choice(struct doctor *d)
{
	const struct msg_keychain_status req = { .brief = false };
	const struct msg_keychain_state *s;
	struct msg m;
	bool good;

	if (!doctor_ask(d, MSG_KEYCHAIN_STATUS, &req, MSG_KEYCHAIN_STATE,
		"new keys", &m))
		return;
	s = m.body;
	good = strcmp(s->store, "vault") == 0 ? s->vault_there && s->vault_open
					      : s->service == 0;
	if (*s->store == '\0')
		doctor_say(d, WARN, "new keys", "have no place: %s", s->text);
	else
		doctor_say(d, good ? FINE : WARN, "new keys", "go to %s: %s",
		    s->store, s->text);
	msg_clear(&m);
}

void
doctor_keychains(struct doctor *d)
{
	const struct msg_token_only req = { 0 };
	const struct msg_keys_checked *k;
	const struct msg_keys_item *i;
	struct msg m;

	if (!doctor_ask(
		d, MSG_KEYS_CHECK, &req, MSG_KEYS_CHECKED, "keychain", &m))
		return;
	k = m.body;
	print_stores(d, &k->stores);
	check_choice(d);
	i = k->missing.v;
	for (size_t n = 0; n < k->missing.n; n++) {
		json_array_append_new(d->missing, item_json(&i[n]));
		doctor_say(d, FAIL, "profiles",
		    "the key of %s is not in %s: 'ringlet profiles rekey %s' "
		    "puts one there",
		    i[n].profile, i[n].keychain, i[n].profile);
	}
	check_orphans(d, d->args, &k->orphans);
	msg_clear(&m);
}
