/*
 * The key of the audit log's chain.
 *
 * It is kept where a new profile's key would have been when it was made,
 * together with how far the log has got (the checkpoint), and is asked for at
 * the start.  Until it is there entries are chained without; the first that has
 * it covers them.  Before a key is used the log is checked with it, from its
 * first byte: what is wrong is told in the log.
 *
 * No call of these may hold anything up: each is one of keychain.c's, and
 * what does not work is tried again later.
 */

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "audit-int.h"
#include "err.h"
#include "fdpass.h"
#include "keychain.h"
#include "keystore.h"
#include "log.h"
#include "loop.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define RETRY_MS    (5 * 60 * 1000) /* until the key is asked for again */
#define NOTE_MS	    (60 * 1000)	    /* from an entry to its checkpoint */
#define NOTE_MIN_MS 2000	    /* between two checkpoints, at least */
#define NOTE_MANY   64		    /* entries that make one due at once */
#define PATIENCE_MS 3000	    /* that a stop waits for the last one */
#define STATE_MAX   256		    /* bytes of the state file */

/* --- the state file: which key the last run had, and where --- */

static void
state_read(struct audit *a)
{
	char *text, store[32], id[AUDIT_KEYID_LEN + 1];
	size_t len;

	if (paths_read_file(
		a->env->paths.audit_state, STATE_MAX, &text, &len) != 0)
		return;
	if (sscanf(text, "v1 %31[a-z-] %16[0-9a-f]", store, id) == 2) {
		strlcpy(a->was_keyid, id, sizeof(a->was_keyid));
		strlcpy(a->was_store, store, sizeof(a->was_store));
		strlcpy(a->store, store, sizeof(a->store));
		a->settled = true;
	}
	free(text);
}

/* The key of that id is in a->store. */
static void
state_write(struct audit *a, const char *keyid)
{
	char text[STATE_MAX];
	int n;

	a->settled = true;
	if (strcmp(a->was_keyid, keyid) == 0 &&
	    strcmp(a->was_store, a->store) == 0)
		return;
	n = snprintf(text, sizeof(text), "v1 %s %s\n", a->store, keyid);
	if (paths_write_file(a->env->paths.audit_state, text, (size_t)n) != 0) {
		log_warn("%s: %s", a->env->paths.audit_state, strerror(errno));
		return;
	}
	if (keyid != a->was_keyid)
		strlcpy(a->was_keyid, keyid, sizeof(a->was_keyid));
	strlcpy(a->was_store, a->store, sizeof(a->was_store));
}

/* --- checkpoints --- */

static void
arm(struct audit *a)
{
	uint64_t since = loop_now() - a->checked_at, wait = NOTE_MS;

	if (a->head.seq - a->known.seq >= NOTE_MANY)
		wait = since >= NOTE_MIN_MS ? 0 : NOTE_MIN_MS - since;
	else if (a->armed)
		return;
	loop_timer_arm(a->checkpoint, wait);
	a->armed = true;
}

static void
end_finish(struct audit *a)
{
	if (!a->finishing)
		return;
	a->finishing = false;
	a->finished = true;
	monitor_maybe_done(a->env);
}

static void
on_stored(void *arg, int err, struct secret *key, const char *text)
{
	struct audit *a = arg;

	(void)key;
	a->call = NULL;
	loop_timer_disarm(a->patience);
	if (err == 0)
		a->known = a->telling;
	else
		log_debug("the audit log: the keychain was not told how far "
			  "it is: %s",
		    text);
	end_finish(a);
}

/*
 * Tells the keychain how far the log has got; a call must not be under way.
 * False: there is no log, and what the keychain knows of one stays.
 */
static bool
store(struct audit *a)
{
	char value[AUDIT_VALUE_MAX];
	struct secret *s;

	if (!a->taken)
		return false;
	a->armed = false;
	loop_timer_disarm(a->checkpoint);
	a->checked_at = loop_now();
	a->telling = a->head;
	audit_value_make(a->key, &a->head, value);
	s = secret_new(value, strlen(value));
	secret_wipe(value, sizeof(value));
	a->call = keychain_store(a->env->keychain, a->store,
	    KEYCHAIN_AUDIT_PROFILE, KEYCHAIN_AUDIT_PROVIDER, s, on_stored, a);
	secret_free(s);
	return true;
}

static void
on_checkpoint(void *arg)
{
	struct audit *a = arg;

	a->armed = false;
	if (a->key == NULL || a->head.seq == a->known.seq || a->held)
		return;
	if (a->call == NULL)
		(void)store(a);
	else
		arm(a);
}

void
audit_key_note(struct audit *a)
{
	if (a->checkpoint != NULL && a->key != NULL && !a->env->stopping)
		arm(a);
}

/* --- the key is here --- */

static void
no_key(struct audit *a, const char *why)
{
	size_t n;

	if (strcmp(a->no_key, why) != 0)
		log_info("the audit log has no key yet: %s", why);
	strlcpy(a->no_key, why, sizeof(a->no_key));
	/* It goes into a message: cut, but not within a character. */
	for (n = strlen(a->no_key); n > 0 && !valid_utf8(a->no_key, n); n--)
		a->no_key[n - 1] = '\0';
	loop_timer_arm(a->retry, RETRY_MS);
}

/* Says what the check has found that the log does not tell yet. */
static void
tell_damage(struct audit *a, const struct audit_result *r)
{
	const struct audit_finding *f;
	char what[400], n[32];
	size_t i;

	if (r->untold == 0)
		return;
	/* The last ones are new; where there are many, the last that is kept.
	 */
	i = r->nfindings < AUDIT_FINDINGS_MAX ? (size_t)r->nfindings
					      : AUDIT_FINDINGS_MAX;
	i -= r->untold < i ? (size_t)r->untold : i;
	f = &r->findings[i];
	if (f->line != 0)
		snprintf(what, sizeof(what), "line %" PRIu64 ": %s", f->line,
		    f->text);
	else
		snprintf(what, sizeof(what), "it %s", f->text);
	snprintf(n, sizeof(n), "%" PRIu64, r->untold);
	log_error("%s: %s: 'ringlet audit verify' tells all",
	    a->env->paths.audit_file, what);
	(void)audit_event(a->env, &audit_monitor, AUDIT_DAMAGED, "audit.jsonl",
	    AUDIT_FAILED, "what", what, "findings", n, NULL);
}

/* The key is in use from now on. */
static void
take_key(struct audit *a, struct secret *key)
{
	secret_free(a->key);
	a->key = key;
	audit_key_id(key, a->keyid);
	a->no_key[0] = '\0';
	loop_timer_disarm(a->retry);
	state_write(a, a->keyid);
}

/* The log was checked with the key that the keychain had. */
static void
on_checked(void *arg, struct audit_verify *v)
{
	struct audit *a = arg;
	const struct audit_result *r = audit_verify_end(v, NULL);
	char covers[32], after[32];

	a->scan = NULL;
	take_key(a, a->fresh);
	a->fresh = NULL;
	tell_damage(a, r);
	snprintf(
	    covers, sizeof(covers), "%" PRIu64, a->head.seq - r->last_keyed);
	snprintf(after, sizeof(after), "%" PRIu64, r->unvouched);
	(void)audit_event(a->env, &audit_monitor, AUDIT_SEALED, "audit.jsonl",
	    AUDIT_OK, "entries", covers, "after_checkpoint", after, NULL);
	audit_verify_free(v);
	if (a->call == NULL)
		(void)store(a);
}

/* The keychain has the key that it did not have. */
static void
on_made(void *arg, int err, struct secret *key, const char *text)
{
	struct audit *a = arg;
	bool had = a->was_keyid[0] != '\0';
	char was[AUDIT_KEYID_LEN + 1];

	(void)key;
	a->call = NULL;
	if (err != 0) {
		secret_free(a->fresh);
		a->fresh = NULL;
		no_key(a, text);
		return;
	}
	strlcpy(was, had ? a->was_keyid : "none", sizeof(was));
	take_key(a, a->fresh);
	a->fresh = NULL;
	if (had) {
		log_error("the audit log's key %s is not in the keychain any "
			  "more: key %s begins",
		    was, a->keyid);
		(void)audit_event(a->env, &audit_monitor, AUDIT_KEY_LOST,
		    "audit.jsonl", AUDIT_FAILED, "what",
		    "the key was not in the keychain any more: a new one "
		    "begins",
		    "lost", was, NULL);
	} else
		(void)audit_event(a->env, &audit_monitor, AUDIT_KEY_MADE,
		    "audit.jsonl", AUDIT_OK, "store", a->store, NULL);
	if (a->call == NULL)
		(void)store(a);
}

static void
make_key(struct audit *a)
{
	const struct audit_link nothing = { 0 };
	uint8_t raw[AUDIT_KEY_LEN];
	char value[AUDIT_VALUE_MAX];
	struct secret *s;

	randombytes_buf(raw, sizeof(raw));
	a->fresh = secret_new(raw, sizeof(raw));
	secret_wipe(raw, sizeof(raw));
	audit_value_make(a->fresh, &nothing, value);
	s = secret_new(value, strlen(value));
	secret_wipe(value, sizeof(value));
	a->call = keychain_store(a->env->keychain, a->store,
	    KEYCHAIN_AUDIT_PROFILE, KEYCHAIN_AUDIT_PROVIDER, s, on_made, a);
	secret_free(s);
}

/* Entries with a key, in a log whose key is gone: the state file may be too. */
static void
on_searched(void *arg, struct audit_verify *v)
{
	struct audit *a = arg;
	const struct audit_result *r = audit_verify_end(v, NULL);

	a->scan = NULL;
	for (size_t i = 0; i < r->nfindings && i < AUDIT_FINDINGS_MAX; i++)
		if (strcmp(r->findings[i].kind, "key") == 0 &&
		    a->was_keyid[0] == '\0')
			strlcpy(a->was_keyid, "unknown", sizeof(a->was_keyid));
	audit_verify_free(v);
	make_key(a);
}

/* Has the log read with key; cb then goes on, also if there is no log. */
static void
check(struct audit *a, const struct secret *key, audit_scan_cb cb)
{
	struct audit_verify *v = audit_verify_new(key, &a->known);
	char why[256];
	off_t size = 0;
	int fd;

	audit_verify_began(v, a->began);
	fd = audit_open_path(a, &size, why, sizeof(why));
	if (fd < 0)
		audit_verify_add(v, "file", "%s", why);
	a->scan = audit_turn_scan(a, fd < 0 ? -1 : fd, size, v, cb, a);
}

static void
on_looked_up(void *arg, int err, struct secret *key, const char *text)
{
	struct audit *a = arg;

	a->call = NULL;
	if (err == RL_ERR_NOTFOUND) {
		check(a, NULL, on_searched);
		return;
	}
	if (err == 0 && audit_value_parse(secret_ptr(key), secret_len(key),
			    &a->fresh, &a->known) != 0) {
		/* Not ours to overwrite: somebody may know what it was. */
		text = "what the keychain has under its name is no key";
		err = RL_ERR_INVALID;
	}
	secret_free(key);
	if (err != 0)
		no_key(a, text);
	else
		check(a, a->fresh, on_checked);
}

static void
look_up(struct audit *a)
{
	char why[256];

	if (keystore_ready(a->env, a->store, why, sizeof(why)) != 0)
		no_key(a, why);
	else
		a->call = keychain_lookup(a->env->keychain, a->store,
		    KEYCHAIN_AUDIT_PROFILE, KEYCHAIN_AUDIT_PROVIDER,
		    on_looked_up, a);
}

static void
on_chosen(void *arg, int err, const char *store, const char *why)
{
	struct audit *a = arg;

	if (!a->choosing)
		return; /* given up meanwhile */
	a->choosing = false;
	if (err != 0) {
		no_key(a, why);
		return;
	}
	strlcpy(a->store, store, sizeof(a->store));
	look_up(a);
}

static void
ask(struct audit *a)
{
	if (a->key != NULL || a->call != NULL || a->scan != NULL ||
	    a->choosing || a->held || a->env->stopping)
		return;
	loop_timer_disarm(a->retry);
	if (a->settled) {
		look_up(a);
		return;
	}
	a->choosing = true;
	keystore_choose(a->env, on_chosen, a);
}

bool
audit_key_pending(const struct audit *a)
{
	return a->key == NULL &&
	       (a->call != NULL || a->scan != NULL || a->choosing);
}

static void
on_retry(void *arg)
{
	ask(arg);
}

void
audit_key_retry(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL || a->retry == NULL)
		return;
	if (a->key == NULL)
		ask(a);
	/* The store may be open that was not when it should have been told. */
	else if (a->head.seq != a->known.seq)
		audit_key_note(a);
}

static void
on_patience(void *arg)
{
	struct audit *a = arg;

	log_warn("the audit log: the keychain does not answer: it was not "
		 "told how far the log is");
	if (a->call != NULL)
		keychain_cancel(a->call);
	a->call = NULL;
	end_finish(a);
}

void
audit_begin(struct env *env)
{
	struct audit *a = env->audit;

	a->retry = loop_timer_new(env->loop, on_retry, a);
	a->checkpoint = loop_timer_new(env->loop, on_checkpoint, a);
	a->patience = loop_timer_new(env->loop, on_patience, a);
	strlcpy(
	    a->no_key, "the keychain has not answered yet", sizeof(a->no_key));
	state_read(a);
	ask(a);
}

/* What is under way is given up; a store is begun anew where it matters. */
static void
give_up(struct audit *a)
{
	if (a->call != NULL)
		keychain_cancel(a->call);
	a->call = NULL;
	audit_scan_cancel(a->scan);
	a->scan = NULL;
	secret_free(a->fresh);
	a->fresh = NULL;
	a->choosing = false;
}

/* --- keys are moved --- */

void
audit_key_hold(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL || a->retry == NULL)
		return;
	give_up(a);
	a->held = true;
}

void
audit_key_moved(struct env *env, const char *store)
{
	struct audit *a = env->audit;

	if (a == NULL || a->retry == NULL)
		return;
	strlcpy(a->store, store, sizeof(a->store));
	/* Without a key here, it is the one that the state file tells of. */
	if (a->key != NULL)
		state_write(a, a->keyid);
	else if (a->was_keyid[0] != '\0')
		state_write(a, a->was_keyid);
}

void
audit_key_release(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL || !a->held)
		return;
	a->held = false;
	audit_key_retry(env);
}

/* --- the end --- */

bool
audit_finish(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL || a->finished || a->patience == NULL)
		return true;
	if (a->finishing)
		return false;
	audit_repeats_end(a);
	(void)audit_event(
	    env, &audit_monitor, AUDIT_STOP, "daemon", AUDIT_OK, NULL);
	give_up(a);
	if (a->key == NULL || a->held || !store(a)) {
		a->finished = true;
		return true;
	}
	a->finishing = true;
	loop_timer_arm(a->patience, PATIENCE_MS);
	return false;
}

void
audit_pause(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL || a->retry == NULL)
		return;
	audit_repeats_end(a);
	give_up(a);
	if (a->key == NULL) {
		/* Should the exec fail, it is asked for again. */
		loop_timer_arm(a->retry, RETRY_MS);
		return;
	}
	if (!a->held && store(a))
		loop_timer_arm(a->patience, PATIENCE_MS);
}

void
audit_key_again(struct audit *a)
{
	if (a->retry == NULL)
		return;
	give_up(a);
	secret_free(a->key);
	a->key = NULL;
	ask(a);
}

void
audit_key_free(struct audit *a)
{
	/* The keychain is freed before: the call is gone. */
	a->call = NULL;
	give_up(a);
	secret_free(a->key);
	loop_timer_free(a->retry);
	loop_timer_free(a->checkpoint);
	loop_timer_free(a->patience);
}
