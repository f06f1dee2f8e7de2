#ifndef UNIT_KEYRIG_H
#define UNIT_KEYRIG_H
/*
 * The monitor's keychain handlers in a world of their own: a CLI that the test
 * plays, and helpers that are the test's program again.  A helper's stores are
 * folders below HOME; files beside them say what goes wrong:
 *
 *	STORE.OP.PROFILE	a result to answer at once, or "key:" and a key
 *	STORE.OP.PROFILE.kill	the name of a file to remove before
 *	STORE.OP.PROFILE.wait	as long as it is there nothing is done
 */

#include <stdint.h>

#include <check.h>

#include "err.h"
#include "msgdef.h"
#include "ringlet-monitor/keychain.h"
#include "ringlet-monitor/monitor.h"
#include "ringlet-monitor/vault.h"

#define PASS	"correct horse"
#define SERVICE KEYCHAIN_SECRET_SERVICE
#define VAULT	KEYCHAIN_VAULT

struct world {
	struct env env;
	struct loop_timer *timer;
	char *base;
	int cli;	/* our end of its channel */
	unsigned ready; /* calls of monitor_ready() that counted */
	char why[2048]; /* text of the last error */
};
extern struct world w;

/* If this process was started as a helper: its status, else -1. */
int rig_helper(void);
void rig_setup(void);
void rig_teardown(void);

/* Writes a file. */
void rig_put(const char *text, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
/* A file's content, or NULL; good until the next call. */
const char *rig_get(const char *fmt, ...)
    __attribute__((__format__(printf, 1, 2)));
/* Removes one. */
void rig_remove(const char *fmt, ...) __attribute__((__format__(printf, 1, 2)));

/* Lets the monitor work for a moment. */
void rig_turn(void);
/* Sends a message as the CLI. */
void rig_say(uint16_t type, const void *body);
/* Waits for the answer, which must be of that type. */
void rig_hear(uint16_t type, struct msg *);
void rig_done(uint16_t type);
/* It must be that error; its text goes to w.why. */
void rig_refused(int err);

struct msg_bin rig_bin(const char *);
void rig_say_unlock(const char *pass, bool fresh);
void rig_say_lock(void);
/* Makes or opens the vault; locks it. */
void rig_open(void);
void rig_lock(void);

#endif /* UNIT_KEYRIG_H */
