/*
 * The vault, seen from the monitor: whether it is open, until when, and who may
 * say so.  The data key is in guarded memory here and goes to each helper that
 * needs it.  What turns a passphrase into that key takes a second and much
 * memory, so it runs in a helper, for one asker at a time.
 *
 * It must never open the vault's file, nor keep a passphrase after the call
 * that it is for.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit.h"
#include "err.h"
#include "fdpass.h"
#include "keychain.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "policy.h"
#include "platform.h"
#include "secret.h"
#include "vault.h"
#include "xmalloc.h"

/*
 * How often the time is looked at while the vault is open: the loop's timers
 * stand still while the machine sleeps.
 */
#define TICK_MS 30000

#define CREDENTIAL "ringlet-vault-passphrase"
#define NUMBER_MAX 32 /* bytes of the file with the generation */

/* A passphrase that is being tried. */
struct attempt {
	struct vault *vault;
	bool make;
	bool own_time;
	uint64_t lock_after;
	struct secret *fresh; /* another passphrase, once this one is right */
	bool was_open;
	vault_cb cb;
	void *arg;
};

struct vault {
	struct env *env;
	struct keychain_vault kv; /* what the keychain sees */
	char *file;
	char *generation_file;
	uint64_t noted; /* the generation in that file */
	bool unnoted;	/* it could not be written, which the log tells */
	struct loop_timer *timer;
	uint64_t opened; /* platform_boot_ms() */
	bool own_time;
	uint64_t lock_after; /* seconds, with own_time */
	unsigned holds;
	struct attempt *attempt; /* one at a time, or NULL */
	bool starting;		 /* it is the credential's */
};

/* --- the generation that was seen last --- */

static void
load_generation(struct vault *v)
{
	const char *errstr;
	char *text;
	size_t len;
	int r;

	r = paths_read_file(v->generation_file, NUMBER_MAX, &text, &len);
	if (r == RL_ERR_NOTFOUND)
		return;
	if (r != 0) {
		log_error("%s: %s: an old vault would not be noticed",
		    v->generation_file, rl_strerror(r));
		return;
	}
	text[strcspn(text, "\n")] = '\0';
	v->noted = (uint64_t)strtonum(text, 0, INT64_MAX, &errstr);
	if (errstr != NULL)
		log_error("%s: is no number: an old vault would not be "
			  "noticed",
		    v->generation_file);
	v->kv.generation = v->noted;
	free(text);
}

void
vault_note(struct vault *v)
{
	char text[NUMBER_MAX];
	int n, r;

	if (v->kv.generation == v->noted)
		return;
	n = snprintf(
	    text, sizeof(text), "%llu\n", (unsigned long long)v->kv.generation);
	r = paths_write_file(v->generation_file, text, (size_t)n);
	if (r == 0)
		v->noted = v->kv.generation;
	else if (!v->unnoted)
		log_error("%s: %s: an old vault would not be noticed after "
			  "the daemon's end",
		    v->generation_file, rl_strerror(r));
	v->unnoted = r != 0;
}

/* --- open and locked --- */

static uint64_t
time_to_live(const struct vault *v)
{
	return policy_vault_lock(v->env->policy,
	    v->own_time ? v->lock_after : v->env->conf.vault_lock_s);
}

static void
drop(struct vault *v, const char *why)
{
	if (v->kv.key == NULL)
		return;
	secret_free(v->kv.key);
	v->kv.key = NULL;
	loop_timer_disarm(v->timer);
	vault_note(v);
	log_info("vault: locked: %s", why);
	event_keychain(v->env, "locked");
}

/* Milliseconds until its time is over; UINT64_MAX: it has no end. */
static uint64_t
left(const struct vault *v)
{
	uint64_t life = time_to_live(v) * 1000;
	uint64_t age = platform_boot_ms() - v->opened;

	if (life == 0)
		return UINT64_MAX;
	return age < life ? life - age : 0;
}

void
vault_check(struct vault *v)
{
	uint64_t ms;

	if (v->kv.key == NULL)
		return;
	ms = left(v);
	if (v->holds > 0 || ms > TICK_MS)
		loop_timer_arm(v->timer, TICK_MS);
	else if (ms > 0)
		loop_timer_arm(v->timer, ms);
	else {
		drop(v, v->own_time ? "its time is over (--lock-after)"
				    : "its time is over (VaultLockAfter)");
		(void)audit_event(v->env, &audit_monitor, AUDIT_LOCK, "vault",
		    AUDIT_OK, "why", "its time was over", NULL);
	}
}

static void
on_tick(void *arg)
{
	struct vault *v = arg;

	vault_note(v);
	vault_check(v);
}

void
vault_settings(struct vault *v)
{
	vault_check(v);
}

int
vault_lock(struct vault *v, char *why, size_t size)
{
	if (v->holds > 0) {
		snprintf(why, size,
		    "keys are being moved, or the passphrase "
		    "changed: try again");
		return RL_ERR_STATE;
	}
	drop(v, "as asked");
	return 0;
}

void
vault_hold(struct vault *v)
{
	v->holds++;
}

void
vault_release(struct vault *v)
{
	v->holds--;
	vault_check(v);
}

bool
vault_is_there(const struct vault *v)
{
	struct stat st;

	/* Whatever has the name: it must not be written over. */
	return lstat(v->file, &st) == 0;
}

bool
vault_is_open(const struct vault *v)
{
	return v->kv.key != NULL;
}

const char *
vault_file(const struct vault *v)
{
	return v->file;
}

uint64_t
vault_generation(const struct vault *v)
{
	return v->kv.generation;
}

time_t
vault_locks_at(const struct vault *v)
{
	uint64_t ms;

	if (v->kv.key == NULL || (ms = left(v)) == UINT64_MAX)
		return 0;
	return time(NULL) + (time_t)(ms / 1000);
}

/* --- trying a passphrase --- */

static void
attempt_end(struct attempt *a, int err, const char *why)
{
	struct vault *v = a->vault;
	vault_cb cb = a->cb;
	void *arg = a->arg;

	v->attempt = NULL;
	secret_free(a->fresh);
	free(a);
	vault_note(v);
	cb(arg, err, why);
}

static void
take_key(struct vault *v, struct secret *key)
{
	secret_free(v->kv.key);
	v->kv.key = key;
}

static void
on_changed(void *arg, int err, struct secret *key, const char *text)
{
	struct attempt *a = arg;

	(void)key;
	a->vault->holds--;
	if (!a->was_open)
		drop(a->vault, "it was before");
	else
		vault_check(a->vault);
	if (err == 0)
		log_info("vault: it has a new passphrase");
	attempt_end(a, err, text);
}

static void
on_unlocked(void *arg, int err, struct secret *key, const char *text)
{
	struct attempt *a = arg;
	struct vault *v = a->vault;

	if (err != 0) {
		log_warn(
		    "vault: not %s: %s", a->make ? "made" : "unlocked", text);
		attempt_end(a, err, text);
		return;
	}
	a->was_open = v->kv.key != NULL;
	take_key(v, key);
	if (a->fresh != NULL) {
		/* The helper needs the key, until it has answered. */
		v->holds++;
		keychain_vault_passphrase(
		    v->env->keychain, KEYCHAIN_VAULT, a->fresh, on_changed, a);
		return;
	}
	v->opened = platform_boot_ms();
	v->own_time = a->own_time;
	v->lock_after = a->lock_after;
	log_info("vault: %s, generation %llu",
	    a->make ? "made and unlocked" : "unlocked",
	    (unsigned long long)v->kv.generation);
	event_keychain(v->env, "unlocked");
	vault_check(v);
	attempt_end(a, 0, "");
}

/* 0, or why none can begin now. */
static int
may_try(const struct vault *v, bool make, char *why, size_t size)
{
	bool there = vault_is_there(v);

	if (v->attempt != NULL) {
		snprintf(why, size,
		    "another passphrase is being tried: try "
		    "again");
		return RL_ERR_STATE;
	}
	if (make && there) {
		snprintf(why, size,
		    "%s is there already: 'ringlet keychain "
		    "unlock' unlocks it",
		    v->file);
		return RL_ERR_EXISTS;
	}
	if (!make && !there) {
		snprintf(why, size,
		    "there is no vault yet: 'ringlet keychain "
		    "unlock' makes one");
		return RL_ERR_NOTFOUND;
	}
	return 0;
}

static struct attempt *
attempt_new(struct vault *v, vault_cb cb, void *arg)
{
	struct attempt *a = xcalloc(1, sizeof(*a));

	a->vault = v;
	a->cb = cb;
	a->arg = arg;
	v->attempt = a;
	return a;
}

int
vault_unlock(struct vault *v, const struct vault_unlock *u, vault_cb cb,
    void *arg, char *why, size_t size)
{
	struct attempt *a;
	int r;

	if ((r = may_try(v, u->make, why, size)) != 0)
		return r;
	if (u->make &&
	    (r = paths_make_private_dir(v->env->paths.data_dir)) != 0) {
		snprintf(why, size, "%s: %s", v->env->paths.data_dir,
		    r == RL_ERR_DENIED ? "must be a folder of yours with mode "
					 "0700: mend it with chmod 700"
				       : rl_strerror(r));
		return r;
	}
	a = attempt_new(v, cb, arg);
	a->make = u->make;
	a->own_time = u->own_time;
	a->lock_after = u->lock_after;
	if (u->make) {
		/* A key that is still here is that of a file that is gone. */
		drop(v, "its file is gone");
		keychain_vault_new(v->env->keychain, KEYCHAIN_VAULT,
		    u->passphrase, on_unlocked, a);
	} else
		keychain_unlock(v->env->keychain, KEYCHAIN_VAULT, u->passphrase,
		    on_unlocked, a);
	return 0;
}

int
vault_change(struct vault *v, const struct secret *old,
    const struct secret *fresh, vault_cb cb, void *arg, char *why, size_t size)
{
	struct attempt *a;
	int r;

	if ((r = may_try(v, false, why, size)) != 0)
		return r;
	a = attempt_new(v, cb, arg);
	a->fresh = secret_dup(fresh);
	keychain_unlock(v->env->keychain, KEYCHAIN_VAULT, old, on_unlocked, a);
	return 0;
}

/* --- the credential --- */

/*
 * The passphrase in the file, or NULL and why: it must be nobody's but ours
 * or root's.  systemd lets a service of ours read its own by an access list,
 * which shows as rights of the group.
 */
static struct secret *
read_credential(const char *file, char *why, size_t size)
{
	char text[PASSPHRASE_MAX + 3];
	struct secret *pass = NULL;
	struct stat st;
	ssize_t n = -1;
	size_t len;
	int fd;

	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd == -1 || fstat(fd, &st) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		goto out;
	}
	if (!S_ISREG(st.st_mode) ||
	    (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    (st.st_mode & (S_IWGRP | S_IRWXO)) != 0) {
		snprintf(why, size,
		    "must be a regular file of root's or the "
		    "user's own that no other can read or write");
		goto out;
	}
	if ((n = read(fd, text, sizeof(text))) == -1) {
		snprintf(why, size, "%s", strerror(errno));
		goto out;
	}
	len = (size_t)n;
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (len == 0 || len > PASSPHRASE_MAX)
		snprintf(why, size, "is empty, or longer than %d bytes",
		    PASSPHRASE_MAX);
	else
		pass = secret_new(text, len);
out:
	secret_wipe(text, sizeof(text));
	fd_close(fd);
	return pass;
}

static void
on_credential(void *arg, int err, const char *why)
{
	struct vault *v = arg;
	struct env *env = v->env;

	v->starting = false;
	(void)audit_event(env, &audit_monitor, AUDIT_UNLOCK, "vault",
	    err == 0 ? AUDIT_OK : AUDIT_FAILED, "by", "credential", "why",
	    err != 0 ? why : NULL, NULL);
	if (err == 0)
		audit_key_retry(env);
	if (err != 0)
		log_error("vault: it stays locked: the credential " CREDENTIAL
			  " does not open it: %s",
		    why);
	/* Whoever waits for the daemon finds the vault open. */
	if (env->ringletd.ready && env->sandboxer.ready)
		monitor_ready(env);
}

void
vault_take_credential(struct vault *v)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	struct vault_unlock u = { .make = false };
	struct secret *pass;
	struct stat st;
	char *file, why[512];

	if (folder == NULL || folder[0] != '/')
		return;
	file = xasprintf("%s/" CREDENTIAL, folder);
	/* A unit may have credentials that are not for us. */
	if (lstat(file, &st) == -1 && errno == ENOENT) {
		free(file);
		return;
	}
	if ((pass = read_credential(file, why, sizeof(why))) == NULL)
		log_error("vault: it stays locked: %s: %s", file, why);
	else {
		u.passphrase = pass;
		if (vault_unlock(v, &u, on_credential, v, why, sizeof(why)) ==
		    0)
			v->starting = true;
		else
			log_error(
			    "vault: it stays locked: the credential " CREDENTIAL
			    " opens nothing: %s",
			    why);
	}
	secret_free(pass);
	free(file);
}

bool
vault_is_starting(const struct vault *v)
{
	return v->starting;
}

/* --- life --- */

struct vault *
vault_new(struct env *env)
{
	struct vault *v = xcalloc(1, sizeof(*v));

	v->env = env;
	v->file = xasprintf("%s/vault", env->paths.data_dir);
	v->generation_file =
	    xasprintf("%s/vault.generation", env->paths.state_dir);
	v->kv.path = v->file;
	v->timer = loop_timer_new(env->loop, on_tick, v);
	load_generation(v);
	keychain_set_vault(env->keychain, &v->kv);
	return v;
}

void
vault_free(struct vault *v)
{
	if (v == NULL)
		return;
	drop(v, "the daemon ends");
	keychain_set_vault(v->env->keychain, NULL);
	loop_timer_free(v->timer);
	if (v->attempt != NULL) {
		secret_free(v->attempt->fresh);
		free(v->attempt);
	}
	free(v->file);
	free(v->generation_file);
	free(v);
}
