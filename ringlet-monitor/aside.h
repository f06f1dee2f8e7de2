#ifndef ASIDE_H
#define ASIDE_H
/*
 * A process beside the loop that gets one request and gives one answer: what
 * it does may take its time, hang or fail, and the loop must not notice.  Its
 * owner has the rules of its channel, and a handler of SIGCHLD that calls
 * aside_reap().
 */

#include <stdbool.h>
#include <stdint.h>

#include "peer.h"
#include "proc.h"

struct aside {
	struct proc proc;  /* pid 0: there is none */
	struct peer *peer; /* NULL: it has answered ... */
	uint64_t ended;	   /* ... loop_now() then */
};

struct aside_ask {
	const char *path;  /* the program */
	char *const *argv; /* argv[0] included, NULL-terminated */
	char *const *envp; /* the whole environment */
	uint16_t from;	   /* FROM_ of its channel */
	const char *name;  /* of the channel, in traces */
	const struct peer_ops *ops;
	uint16_t type; /* of the request */
	const void *body;
	uint64_t timeout_ms;
	peer_cb cb; /* also called, as by peer_free(), from aside_end() */
	void *arg;  /* for cb and peer_arg() */
};

/* Starts and asks it.  0, or an error, no answer comes, and it is ended. */
int aside_start(struct aside *, struct loop *, const struct aside_ask *);
/*
 * It has said what it had to, or cannot any more: closes its channel and sends
 * signo (0: none).  peer is NULL from then on, also within cb.
 */
void aside_end(struct aside *, int signo);
/* Whether it had been ended, and is dead by now: then it is cleared. */
bool aside_reap(struct aside *);
/* Whether it is to be waited for: not, if the kernel does not let it die. */
bool aside_is_busy(const struct aside *);
/* Ends it, and lets go of it. */
void aside_clear(struct aside *);
/*
 * The same for one that has children of its own, which it ends itself when it
 * sees its channel close: waits for that, at most so many milliseconds, before
 * it is killed.
 */
void aside_leave(struct aside *, int ms);

#endif /* ASIDE_H */
