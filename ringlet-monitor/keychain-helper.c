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
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "keychain-backend.h"
#include "log.h"
#include "msgdef.h"
#include "proc.h"
#include "secret.h"
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

/*
 * The monitor has checked the names; it may nevertheless be wrong, and what it
 * says ends in the store's attributes.
 */
static int
request_check(const struct msg_kc_request *q)
{
	switch (q->op) {
	case KC_STORE:
		if (q->value.len == 0)
			return RL_ERR_INVALID;
		/* FALLTHROUGH */
	case KC_LOOKUP:
		return valid_alias(q->profile) && valid_ident(q->provider)
			   ? RL_OK
			   : RL_ERR_INVALID;
	case KC_DELETE:
		return valid_alias(q->profile) ? RL_OK : RL_ERR_INVALID;
	case KC_STATUS:
		return RL_OK;
	default:
		return RL_ERR_INVALID;
	}
}

static int
serve(const struct msg_kc_request *q, char *key, size_t cap, size_t *len,
    char *why, size_t size)
{
	const struct kc_item item = { q->profile, q->provider };

	switch (q->op) {
	case KC_STORE:
		return keychain_backend_store(
		    &item, (const char *)q->value.p, q->value.len, why, size);
	case KC_LOOKUP:
		return keychain_backend_lookup(&item, key, cap, len, why, size);
	case KC_DELETE:
		return keychain_backend_delete(&item, why, size);
	default:
		return keychain_backend_status(why, size);
	}
}

int
main(void)
{
	struct msg_kc_reply reply;
	struct msg m;
	char why[WHY_MAX] = "", shown[WHY_MAX];
	char *key;
	size_t len = 0;
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
	key = xcalloc(1, KC_SECRET_MAX + 1);
	if ((r = request_check(m.body)) == RL_OK)
		r = serve(
		    m.body, key, KC_SECRET_MAX + 1, &len, why, sizeof(why));

	/* The store's own words: whatever they are, they must fit a message. */
	(void)text_escape(shown, sizeof(shown), why);
	memset(&reply, 0, sizeof(reply));
	reply.result = r;
	reply.text = shown;
	if (r == RL_OK) {
		reply.value.p = (const uint8_t *)key;
		reply.value.len = len;
	}
	r = msg_write(PROC_CHANNEL_FD, MSG_KC_REPLY, m.hdr.id, &reply, NULL, 0);
	secret_wipe(key, KC_SECRET_MAX + 1);
	free(key);
	msg_clear(&m);
	/* Not exit(): the library's threads may be anywhere. */
	_exit(r == RL_OK ? 0 : 1);
}
