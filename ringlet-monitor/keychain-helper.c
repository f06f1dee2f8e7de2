/*
 * keychain-helper.c: the program ringlet-keychain.
 *
 * Started by the monitor for one call to the credential store: reads one
 * request on descriptor 3, asks the store, writes one reply, ends.  The store's
 * library brings threads and may block for ever; here it can, for the monitor
 * has a deadline and kills.  A key is only ever in guarded or wiped memory, and
 * in the reply.
 */

#include "config.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "keychain-backend.h"
#include "log.h"
#include "msgdef.h"
#include "proc.h"
#include "secret.h"
#include "strlist.h"
#include "valid.h"
#include "xmalloc.h"

#define REQUEST_TIMEOUT 5000 /* ms until the request must be there */
/*
 * Seconds until this process ends whatever happens, should the monitor be
 * stopped; longer than any deadline that KeychainTimeout can set.
 */
#define LAST_RESORT 660
#define WHY_MAX	    1024

/* What the libraries may know: where the bus is, and no more. */
static const char *const kept[] = {
	"DBUS_SESSION_BUS_ADDRESS",
	"HOME",
	"XDG_RUNTIME_DIR",
};

#define NKEPT (sizeof(kept) / sizeof(kept[0]))

static void
reduce_environment(void)
{
	char *value[NKEPT];
	const char *v;
	size_t i;

	for (i = 0; i < NKEPT; i++) {
		v = getenv(kept[i]);
		value[i] = v != NULL ? xstrdup(v) : NULL;
	}
	if (clearenv() != 0)
		fatal("cannot clear the environment");
	for (i = 0; i < NKEPT; i++) {
		if (value[i] != NULL && setenv(kept[i], value[i], 1) == -1)
			fatal("cannot set %s", kept[i]);
		free(value[i]);
	}
	/* No plug-ins: they would be somebody else's code beside a key. */
	if (setenv("GIO_MODULE_DIR", "/nonexistent", 1) == -1 ||
	    setenv("GIO_USE_VFS", "local", 1) == -1)
		fatal("cannot set the environment");
}

static const struct keychain_backend *
backend_find(const char *name)
{
	size_t i;

	for (i = 0; keychain_backends[i] != NULL; i++) {
		if (strcmp(keychain_backends[i]->name, name) == 0)
			return keychain_backends[i];
	}
	return NULL;
}

/* The monitor waits longer while a prompt is open. */
static void
on_prompting(bool open)
{
	struct msg_kc_prompt body = { .open = open };

	if (msg_write(PROC_CHANNEL_FD, MSG_KC_PROMPT, 0, &body, NULL, 0) !=
	    RL_OK)
		_exit(1); /* nobody waits any more */
}

/* What is answered, but for result and text. */
struct answer {
	char *value; /* KC_SECRET_MAX + 1 bytes */
	size_t len;
	struct strlist items;
	uint64_t generation;
};

/*
 * The monitor has checked the names; it may nevertheless be wrong, and what it
 * says ends in the store's attributes and opens a file.
 */
static int
request_check(const struct msg_kc_request *q)
{
	bool ok;

	switch (q->op) {
	case KC_STORE:
		ok = kc_item_ok(q->profile, q->provider) && q->value.len > 0;
		break;
	case KC_LOOKUP:
		ok = kc_item_ok(q->profile, q->provider);
		break;
	case KC_DELETE:
		ok = kc_item_ok(q->profile, NULL);
		break;
	case KC_STATUS:
	case KC_LIST:
		ok = true;
		break;
	case KC_UNLOCK:
	case KC_VAULT_NEW:
	case KC_VAULT_PASSPHRASE:
		ok = q->value.len > 0 && q->value.len <= KC_PASSPHRASE_MAX;
		break;
	default:
		ok = false;
		break;
	}
	if (q->vault[0] != '\0' && !valid_abs_path(q->vault))
		ok = false;
	if (q->vault_key.len != 0 && q->vault_key.len != KC_VAULT_KEY_LEN)
		ok = false;
	return ok ? RL_OK : RL_ERR_INVALID;
}

/* What only a store with a passphrase of its own can do. */
static int
serve_vault(const struct keychain_backend *b, struct kc_reach *reach,
    const struct msg_kc_request *q, struct answer *a, char *why, size_t size)
{
	const char *pass = (const char *)q->value.p;
	uint8_t *key = (uint8_t *)a->value;
	int r;

	if (b->unlock == NULL) {
		snprintf(
		    why, size, "%s has no passphrase of Ringlet's", b->name);
		return RL_ERR_INVALID;
	}
	switch (q->op) {
	case KC_UNLOCK:
		r = b->unlock(reach, pass, q->value.len, key, why, size);
		break;
	case KC_VAULT_NEW:
		r = b->make(reach, pass, q->value.len, key, why, size);
		break;
	default:
		return b->passphrase(reach, pass, q->value.len, why, size);
	}
	if (r == RL_OK)
		a->len = KC_VAULT_KEY_LEN;
	return r;
}

static int
serve(const struct msg_kc_request *q, struct answer *a, char *why, size_t size)
{
	const struct kc_item item = { q->profile, q->provider };
	const struct keychain_backend *b = backend_find(q->backend);
	struct kc_reach reach = { .vault = q->vault,
		.vault_key = q->vault_key.len > 0 ? q->vault_key.p : NULL,
		.generation = q->generation,
		.command = q->ask >= KC_ASK_NOTHING,
		.prompting = q->ask == KC_ASK_PERSON ? on_prompting : NULL,
		.asker = PROC_CHANNEL_FD };
	int r;

	if (b == NULL) {
		snprintf(
		    why, size, "this build has no keychain \"%s\"", q->backend);
		return RL_ERR_INVALID;
	}
	switch (q->op) {
	case KC_STORE:
		r = b->store(&reach, &item, (const char *)q->value.p,
		    q->value.len, why, size);
		break;
	case KC_LOOKUP:
		r = b->lookup(&reach, &item, a->value, KC_SECRET_MAX + 1,
		    &a->len, why, size);
		break;
	case KC_DELETE:
		r = b->remove(&reach, &item, why, size);
		break;
	case KC_STATUS:
		r = b->status(&reach, why, size);
		break;
	case KC_LIST:
		r = b->list(&reach, &a->items, why, size);
		break;
	default:
		r = serve_vault(b, &reach, q, a, why, size);
		break;
	}
	a->generation = reach.generation;
	return r;
}

/* Answers the request m with r, and with what is in a if that is RL_OK. */
static int
reply(const struct msg *m, int r, const struct answer *a, const char *why)
{
	struct msg_kc_reply body;
	char shown[WHY_MAX];

	/* The store's own words: whatever they are, they must fit a message. */
	(void)text_escape(shown, sizeof(shown), why);
	memset(&body, 0, sizeof(body));
	body.result = r;
	body.text = shown;
	if (r == RL_OK) {
		body.value.p = (const uint8_t *)a->value;
		body.value.len = a->len;
		body.items.v = (const char **)a->items.v;
		body.items.n = a->items.n;
		body.generation = a->generation;
	}
	return msg_write(
	    PROC_CHANNEL_FD, MSG_KC_REPLY, m->hdr.id, &body, NULL, 0);
}

int
main(void)
{
	struct answer a = { NULL, 0, { NULL, 0 }, 0 };
	struct msg m;
	char why[WHY_MAX] = "";
	int r;

	log_init("ringlet-keychain", LOGL_WARN);
	proc_child_begin();
	secret_init();
	(void)alarm(LAST_RESORT);
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		fatal("cannot ignore SIGPIPE");
	reduce_environment();

	if ((r = msg_read(PROC_CHANNEL_FD, REQUEST_TIMEOUT, &m)) != RL_OK)
		fatal("no request: %s", rl_strerror(r));
	if (m.hdr.type != MSG_KC_REQUEST || m.hdr.nfds != 0)
		fatal("the first message is not KC_REQUEST");
	a.value = xcalloc(1, KC_SECRET_MAX + 1);
	if ((r = request_check(m.body)) == RL_OK)
		r = serve(m.body, &a, why, sizeof(why));
	r = reply(&m, r, &a, why);
	secret_wipe(a.value, KC_SECRET_MAX + 1);
	free(a.value);
	strlist_clear(&a.items);
	msg_clear(&m);
	/* Not exit(): the library's threads may be anywhere. */
	_exit(r == RL_OK ? 0 : 1);
}
