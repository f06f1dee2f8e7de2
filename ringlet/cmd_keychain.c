/*
 * keychain status, unlock, lock, passphrase, migrate.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "ringlet.h"
#include "secret.h"
#include "xmalloc.h"

#define SERVICE "secret-service"
#define VAULT	"vault"

static int
get_state(struct cli *cli, bool brief, struct msg *m)
{
	const struct msg_keychain_status req = { .brief = brief };

	return client_call(
	    cli, MSG_KEYCHAIN_STATUS, &req, MSG_KEYCHAIN_STATE, m);
}

static void
fill(struct msg_bin *to, const struct secret *from)
{
	to->p = (const uint8_t *)secret_ptr(from);
	to->len = secret_len(from);
}

/* --- status --- */

/* The Secret Service in a word, as in JSON. */
static const char *
service_word(const struct msg_keychain_state *s)
{
	switch (s->service) {
	case 0:
		return "open";
	case RL_ERR_LOCKED:
		return "locked";
	case RL_ERR_NOSERVICE:
		return "absent";
	case RL_ERR_TIMEOUT:
		return "silent";
	default:
		return "failing";
	}
}

static const char *
vault_word(const struct msg_keychain_state *s)
{
	if (!s->vault_there)
		return s->generation > 0 ? "gone" : "absent";
	return s->vault_open ? "open" : "locked";
}

static json_t *
state_json(const struct msg_keychain_state *s)
{
	const struct msg_keychain_count *counts = s->counts.v;
	json_t *profiles = json_object();

	for (size_t i = 0; i < s->counts.n; i++)
		json_object_set_new(profiles, counts[i].store,
		    json_integer((json_int_t)counts[i].profiles));
	return json_pack("{s:s, s:o, s:s, s:{s:s, s:s}, "
			 "s:{s:s, s:s, s:I, s:o}, s:o}",
	    "setting", s->setting, "store", json_text(s->store), "text",
	    s->text, "secret_service", "state", service_word(s), "text",
	    s->service_text, VAULT, "state", vault_word(s), "file",
	    s->vault_file, "generation", (json_int_t)s->generation, "locks_at",
	    json_time(s->locks_at), "profiles", profiles);
}

static void
print_state(const struct msg_keychain_state *s)
{
	const struct msg_keychain_count *counts = s->counts.v;
	char when[64];

	print_field("Setting", "Keychain %s", s->setting);
	if (*s->store != '\0')
		print_field("New keys", "%s: %s", s->store, s->text);
	else
		print_field("New keys", "nowhere: %s", s->text);
	print_field(
	    "Secret Service", "%s: %s", service_word(s), s->service_text);
	print_field("Vault", "%s", vault_word(s));
	print_field("Vault's file", "%s", s->vault_file);
	if (s->generation > 0)
		print_field(
		    "Generation", "%llu", (unsigned long long)s->generation);
	if (s->vault_there && s->vault_open)
		print_field("Locks", "%s",
		    s->locks_at == 0
			? "not by itself"
			: text_time(when, sizeof(when), s->locks_at));
	for (size_t i = 0; i < s->counts.n; i++)
		/* "none" has the profiles whose provider takes no key. */
		if (strcmp(counts[i].store, "none") != 0)
			print_field("Keys", "%llu in %s",
			    (unsigned long long)counts[i].profiles,
			    counts[i].store);
}

int
cmd_keychain_status(struct cli *cli, const struct args *args)
{
	struct msg m;
	int r;

	if ((r = get_state(cli, false, &m)) != 0)
		return r;
	if (cli->json)
		r = print_json(cli, state_json(m.body));
	else
		print_state(m.body);
	msg_clear(&m);
	return r;
}

/* --- unlock --- */

/* --lock-after, in the words of VaultLockAfter: 0, or reports. */
static int
lock_after(const struct cli *cli, const struct args *args,
    struct msg_keychain_unlock *req)
{
	const char *value = opt_get(args, OPT_LOCK_AFTER);
	char *option, why[512];
	struct conf c;
	int r;

	if (value == NULL)
		return 0;
	conf_defaults(&c);
	option = xasprintf("VaultLockAfter=%s", value);
	r = conf_parse_option(&c, option, why, sizeof(why));
	free(option);
	req->own_time = true;
	req->lock_after = c.vault_lock_s;
	conf_free(&c);
	return r == 0 ? 0
		      : fail_usage(cli,
			    "--lock-after: '%s' is not a time from 0 to 365d, "
			    "such as 30m or 8h",
			    value);
}

/*
 * Without a vault, and unless one is asked for, it depends: where the Secret
 * Service keeps the keys there is nothing for us to unlock.  True: *status is
 * what to exit with.  False: a vault is to be made.
 */
static bool
is_the_services(struct cli *cli, int *status)
{
	const struct msg_keychain_state *s;
	bool theirs = true;
	struct msg m;

	if ((*status = get_state(cli, false, &m)) != 0)
		return true;
	s = m.body;
	if (s->service == 0) {
		if (cli->json)
			*status = print_json(cli, state_json(s));
		else
			hint(cli,
			    "keys are kept by the Secret Service, which is "
			    "unlocked: there is nothing to do (--new makes a "
			    "vault)");
	} else if (s->service == RL_ERR_LOCKED)
		*status = fail_error(cli, RL_ERR_LOCKED,
		    "keys are kept by the Secret Service, whose keyring is "
		    "locked" HINT
		    "unlock it by logging in to the desktop, with its "
		    "own program, or with 'gnome-keyring-daemon --unlock', "
		    "which reads the password of standard input");
	else if (strcmp(s->setting, SERVICE) == 0)
		*status = fail_error(cli, (int)s->service,
		    "%s: 'Keychain secret-service' is set, so no vault is "
		    "made" HINT "set it to auto or vault, or give --new",
		    s->service_text);
	else if (s->service != RL_ERR_NOSERVICE)
		*status = fail_error(cli, (int)s->service,
		    "%s" HINT "try again; --new makes a vault all the same",
		    s->service_text);
	else
		theirs = false;
	msg_clear(&m);
	return theirs;
}

static void
print_unlocked(const struct cli *cli, const struct msg_keychain_unlocked *u)
{
	char when[64];

	if (u->locks_at == 0)
		hint(cli,
		    "the vault %s: it stays unlocked until 'ringlet "
		    "keychain lock' or the daemon's end",
		    u->made ? "was made" : "is unlocked");
	else
		hint(cli, "the vault %s: it locks at %s",
		    u->made ? "was made and is unlocked" : "is unlocked",
		    text_time(when, sizeof(when), u->locks_at));
}

/*
 * Whether there is a vault, and whether Keychain is set to it; 0, or the exit
 * status.
 */
static int
look(struct cli *cli, bool wants_new, bool *there, bool *is_set)
{
	const struct msg_keychain_state *s;
	struct msg m;
	int r;

	if ((r = get_state(cli, true, &m)) != 0)
		return r;
	s = m.body;
	*there = s->vault_there;
	*is_set = strcmp(s->setting, VAULT) == 0;
	if (!*there && !wants_new && s->generation > 0)
		r = fail_error(cli, RL_ERR_NOTFOUND,
		    "%s is gone" HINT
		    "put it back from a backup, or make another "
		    "with 'ringlet keychain unlock --new'",
		    s->vault_file);
	else if (*there && wants_new)
		r = fail_error(cli, RL_ERR_EXISTS,
		    "%s is there already" HINT "leave out --new to unlock it",
		    s->vault_file);
	msg_clear(&m);
	return r;
}

int
cmd_keychain_unlock(struct cli *cli, const struct args *args)
{
	struct msg_keychain_unlock req = { 0 };
	const struct msg_keychain_unlocked *u;
	struct secret *pass = NULL;
	bool there, is_set, made = opt_has(args, OPT_NEW);
	struct msg m;
	int r;

	if ((r = lock_after(cli, args, &req)) != 0 ||
	    (r = look(cli, made, &there, &is_set)) != 0)
		return r;
	if (!there && !made && !is_set && is_the_services(cli, &r))
		return r;
	req.make = !there;
	if (req.make)
		hint(cli, "this makes a new vault.  Without its passphrase "
			  "nobody can get at the keys in it: if it is lost, "
			  "so are they");
	r = passphrase_get(cli,
	    req.make ? "Passphrase for the new vault: "
		     : "Passphrase of Ringlet's vault: ",
	    req.make ? "The same again: " : NULL,
	    opt_get(args, OPT_PASSPHRASE_FILE), &pass);
	if (r != 0)
		goto out;
	fill(&req.passphrase, pass);
	r = client_call(
	    cli, MSG_KEYCHAIN_UNLOCK, &req, MSG_KEYCHAIN_UNLOCKED, &m);
	if (r != 0)
		goto out;
	u = m.body;
	if (cli->json)
		r = print_json(
		    cli, json_pack("{s:b, s:I, s:o}", "made", u->made,
			     "generation", (json_int_t)u->generation,
			     "locks_at", json_time(u->locks_at)));
	else
		print_unlocked(cli, u);
	msg_clear(&m);
out:
	secret_free(pass);
	return r;
}

/* --- lock, passphrase --- */

int
cmd_keychain_lock(struct cli *cli, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	struct msg m;
	int r;

	r = client_call(cli, MSG_KEYCHAIN_LOCK, &req, MSG_OK, &m);
	if (r != 0)
		return r;
	msg_clear(&m);
	if (cli->json)
		return print_json(cli, NULL);
	hint(cli, "the vault is locked; sessions that run keep their keys");
	return STATUS_DONE;
}

int
cmd_keychain_passphrase(struct cli *cli, const struct args *args)
{
	const char *old_file = opt_get(args, OPT_PASSPHRASE_FILE);
	const char *new_file = opt_get(args, OPT_NEW_PASSPHRASE_FILE);
	struct msg_keychain_passphrase req = { 0 };
	struct secret *old = NULL, *fresh = NULL;
	bool there, is_set;
	struct msg m;
	int r;

	if (old_file != NULL && new_file != NULL &&
	    strcmp(old_file, "-") == 0 && strcmp(new_file, "-") == 0)
		return fail_usage(cli,
		    "only one of the two can be read from standard input" HINT
		    "name a file for the other");
	if ((r = look(cli, false, &there, &is_set)) != 0)
		return r;
	if (!there)
		return fail_error(cli, RL_ERR_NOTFOUND,
		    "there is no vault yet" HINT
		    "'ringlet keychain unlock' makes "
		    "one");
	r = passphrase_get(
	    cli, "Passphrase of Ringlet's vault: ", NULL, old_file, &old);
	if (r == 0)
		r = passphrase_get(cli,
		    "New passphrase: ", "The same again: ", new_file, &fresh);
	if (r != 0)
		goto out;
	fill(&req.old, old);
	fill(&req.fresh, fresh);
	r = client_call(cli, MSG_KEYCHAIN_PASSPHRASE, &req, MSG_OK, &m);
	if (r != 0)
		goto out;
	msg_clear(&m);
	if (cli->json)
		r = print_json(cli, NULL);
	else
		hint(cli, "the vault has a new passphrase");
out:
	secret_free(old);
	secret_free(fresh);
	return r;
}

/* --- migrate --- */

int
cmd_keychain_migrate(struct cli *cli, const struct args *args)
{
	const struct msg_keychain_migrate req = { .target = args->v[0] };
	const struct msg_keychain_moved *k;
	struct msg m;
	int r;

	if (strcmp(req.target, SERVICE) != 0 && strcmp(req.target, VAULT) != 0)
		return fail_usage(cli,
		    "'%s' is no keychain: it is " SERVICE " or " VAULT,
		    req.target);
	r = client_call(
	    cli, MSG_KEYCHAIN_MIGRATE, &req, MSG_KEYCHAIN_MOVED, &m);
	if (r != 0)
		return r;
	k = m.body;
	if (cli->json)
		r = print_json(cli,
		    json_pack("{s:s, s:I, s:I, s:o}", "store", k->target,
			"moved", (json_int_t)k->moved, "there",
			(json_int_t)k->there, "left", json_strs(&k->left)));
	else
		hint(cli, "moved %llu %s to %s; %llu %s there already",
		    (unsigned long long)k->moved,
		    k->moved == 1 ? "key" : "keys", k->target,
		    (unsigned long long)k->there,
		    k->there == 1 ? "was" : "were");
	for (size_t i = 0; !cli->json && i < k->left.n; i++)
		hint(cli, "not removed where it was: %s", k->left.v[i]);
	msg_clear(&m);
	return r;
}
