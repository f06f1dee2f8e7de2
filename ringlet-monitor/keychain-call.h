#ifndef KEYCHAIN_CALL_H
#define KEYCHAIN_CALL_H
/*
 * What the files of keychain.h share:
 *
 *	keychain.c		a call's life: its helper, its end
 *	keychain-calls.c	what can be asked
 *	keychain-prompt.c	how long it may take, and who may be asked
 */

#include <sys/queue.h>
#include <stdbool.h>
#include <stdint.h>

#include "keychain.h"
#include "msgdef.h"
#include "peer.h"
#include "proc.h"

#define KEYCHAIN_HANDED 3 /* variables of a helper */

/* A helper that was killed, or ends by itself, and has not been reaped. */
struct remains {
	struct proc proc;
	/* When one that takes its window away is killed, else NULL. */
	struct loop_timer *kill;
	TAILQ_ENTRY(remains) link;
};

struct keychain_call {
	struct keychain *kc;
	enum kc_op op;
	char *backend;
	char *profile;
	char *provider;
	struct secret *value; /* a key to store, or a passphrase */
	keychain_cb cb;	      /* one of the two */
	keychain_list_cb list_cb;
	void *arg;
	bool dead; /* no callback may come any more */
	bool running;
	enum kc_ask ask;
	bool prompting; /* does not count as running */
	bool gone;	/* whoever asked is: no window may open */
	uint64_t client;
	uint32_t id;
	struct proc proc;
	struct peer *peer;
	struct loop_timer *deadline;
	/* Reports what went wrong without the helper's doing. */
	struct loop_timer *failed;
	int err;
	const char *text;
	TAILQ_ENTRY(keychain_call) link;
};

struct keychain {
	struct loop *loop;
	char *helper;
	char *envp[KEYCHAIN_HANDED + 1];
	uint64_t timeout;
	uint64_t prompt_timeout;
	keychain_prompt_cb on_prompt;
	void *prompt_arg;
	struct loop_timer *start;
	struct keychain_vault *vault; /* not ours; NULL: there is none */
	unsigned nrunning;
	unsigned nwaiting;
	unsigned nprompting;
	TAILQ_HEAD(call_list, keychain_call) calls; /* oldest first */
	TAILQ_HEAD(, remains) remains;
	struct loop_signal *child;
};

/*
 * A call that waits for its turn, at the earliest the loop's next one; the
 * caller sets its callback, one of the two kinds.  value is copied.
 */
struct keychain_call *keychain_call_new(struct keychain *, enum kc_op,
    const char *backend, const char *profile, const char *provider,
    const struct secret *value);
/*
 * The call has its answer, and is gone.  key goes to the callback; items may
 * be NULL and are copied.
 */
void keychain_call_end(struct keychain_call *, int err, struct secret *key,
    const struct msg_strs *items, const char *text);
/* Ends it with an error on the next turn of the loop; text is static. */
void keychain_call_fail(struct keychain_call *, int err, const char *text);
bool keychain_call_is_vault(const struct keychain_call *);
/* Starts what may run; arg is the keychain. */
void keychain_start_waiting(void *arg);

/* The call's time is over; arg is the call. */
void keychain_on_deadline(void *arg);
int on_KC_PROMPT(struct peer *, struct msg *);

#endif /* KEYCHAIN_CALL_H */
