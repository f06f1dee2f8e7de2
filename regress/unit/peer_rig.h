#ifndef REGRESS_UNIT_PEER_RIG_H
#define REGRESS_UNIT_PEER_RIG_H
/*
 * A peer with rules for tests, and the test at the other end of its channel
 * with a plain socket.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "regress/peer/msggen.h"
#include "regress/peer/rawmsg.h"

#define NELEM(a)    (sizeof(a) / sizeof((a)[0]))
#define PT_GUARD_MS 20000 /* nothing here takes so long */
#define PT_NRULES   10

/* The sides and states that most tests mean. */
#define D FROM_RINGLETD
#define S PST_SERVING

struct peer_test {
	struct loop *loop;
	struct loop_timer *guard;
	struct peer *peer;
	int fd; /* the other end */
	int fds_before;
	struct msggen *gen;

	/* what has happened */
	unsigned handled; /* handlers that ran */
	uint16_t last;	  /* type of the last message handled */
	uint32_t last_id;
	char text[200];	 /* of the last LOG */
	unsigned judged; /* tokens */
	bool judged_control;
	size_t judged_len;
	unsigned answers;
	int answer_err;
	uint16_t answer_type;
	unsigned closed;
	int closed_err;
	char closed_why[128];
	unsigned answers_at_close;
	int nfds_seen;

	/* what handlers are to do */
	unsigned stop_after; /* stop the loop after so many were handled */
	int handler_result;
	int verdict; /* of authorise */
	bool free_in_handler;
	bool free_in_closed;
	bool take_fds;
	bool pause_in_handler;
};

/* The one of the test that runs. */
extern struct peer_test pt;
extern const struct msg_rule pt_rules[PT_NRULES];

/* The checked fixture: teardown sees that no descriptor is left over. */
void pt_setup(void);
void pt_teardown(void);

/* A new peer of that side in that state, and nothing has happened yet. */
void pt_start(uint16_t from, uint16_t state);
/* Frees the peer, if there is one. */
void pt_drop(void);

/* Runs the loop until a callback stops it. */
void pt_run(void);
void pt_run_until_handled(unsigned n);
void pt_run_until_closed(void);

/* Writes what the peer is to read, at once. */
void pt_write(const void *p, size_t len);
void pt_say(uint16_t type, uint32_t id, const void *body);
void pt_say_log(const char *text);
/* Reads what the peer has sent: its type; its id must be that one. */
uint16_t pt_hear(uint32_t id);
/* Has the peer ask for STATUS, and hears it; the call's id. */
uint32_t pt_call(uint64_t timeout_ms);
/* Answers that. */
void pt_say_status(uint32_t id);

/* For peer_call(): notes the answer and stops the loop. */
void pt_on_answer(void *arg, struct msg *m, int err);

#endif /* REGRESS_UNIT_PEER_RIG_H */
