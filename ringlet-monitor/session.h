#ifndef SESSION_H
#define SESSION_H
/*
 * One row of the table of sessions.  The monitor keeps the ring's descriptor,
 * so that the output can be read after the session, and after the sandboxer.
 */

#include <sys/queue.h>
#include <stdbool.h>
#include <stdint.h>

#include "jailnote.h"
#include "ring.h"
#include "uploads.h"
#include "valid.h"

struct env;

struct session {
	char id[SESSION_ID_LEN + 1];
	char *alias;
	char *cwd;
	char *tier;
	char *limits; /* what it may use, for people */
	char *reason;
	char *text;
	enum session_state state;
	int exit_code; /* -1: none */
	unsigned signal;
	int64_t created_at;
	int64_t ended_at;
	uint64_t pid;
	unsigned cols;
	unsigned rows;
	uint64_t viewers;
	uint64_t next_viewer;
	uint64_t wanted_at; /* loop_now() of the last input_wanted; 0 */
	bool sandboxed;
	bool check;	/* the jail's test; unknown after a handover */
	int ring_fd;	/* read-only */
	int screen_fd;	/* once ended: what was shown before ... */
	uint64_t clean; /* ... this byte; without: -1 and 0 */
	struct jailnote note;
	struct strlist hooks_left_out; /* and why */
	char *hook_report;	       /* a pipe's name, or NULL */
	struct uploads uploads;	       /* pictures for its agent */
	int note_fd; /* during a handover, else -1 */
	struct ring_reader *ring; /* NULL until the ring is sealed */
	TAILQ_ENTRY(session) link;
};

/* session-table.c */
struct session *session_find(const struct env *, const char *id);
struct session *session_add(struct env *, const char *alias);
void session_remove(struct env *, struct session *);
/*
 * Whether lists have it: all but a test that has ended.  Whoever started that
 * reads it by its id, and nobody else has a use for it.
 */
bool session_is_listed(const struct session *);
/*
 * The window's size by now, where the ring has one that can be true: the
 * sandboxer writes it.  Else *cols and *rows stay as they are.
 */
void session_size(const struct session *, uint64_t *cols, uint64_t *rows);
/* Copies what is known of s to the message; strings stay s's. */
struct msg_session;
void session_to_msg(const struct session *, struct msg_session *);
/* The lists as well, for which there is no room where all are told. */
void session_msg_lists(const struct session *, struct msg_session *);
/* It has no hooks any more: their pipe goes. */
void session_end_hooks(struct session *);
/*
 * session.c: the session that id (whole, or a prefix of one alone) names, or
 * NULL after answering why there is none.
 */
struct msg;
struct peer;
struct session *session_asked(
    struct peer *, const struct msg *, const char *id);
/* A string field: frees the old, copies the new. */
void session_set(char **to, const char *from);

#endif /* SESSION_H */
