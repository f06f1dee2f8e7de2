#ifndef RINGLET_SANDBOXER_NOTICE_H
#define RINGLET_SANDBOXER_NOTICE_H
/*
 * What an agent prints to have its person look, on its way from a session's
 * screen keeper to the monitor.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop_timer;
struct session;

/* All that is known of it for one session; all zero at first. */
struct notice {
	uint8_t last;	    /* byte of the output */
	bool hinted;	    /* a keeper is to look */
	uint64_t looked_at; /* loop_now() when one was last told to ... */
	uint64_t upto;	    /* ... and the offset that they have read to */
	uint64_t told_at;   /* loop_now() of the last JAIL_NOTICE */
	uint64_t kind;	    /* enum notice_kind of the one that waits; 0 */
	char *title;	    /* of that, or NULL */
	char *text;	    /* likewise */
	struct loop_timer *timer; /* NULL: never needed */
};

/* The session has printed these bytes. */
void notice_output(struct session *, const uint8_t *p, size_t len);
/*
 * A keeper has found a bell and a notification that end at these offsets (0:
 * none).  What was found before is not news.
 */
void notice_found(struct session *, uint64_t bell, uint64_t note,
    const char *title, const char *text);
/* A keeper has read all before this offset, and found what there was. */
void notice_read(struct session *, uint64_t offset);
/* There is nobody any more whom it could concern. */
void notice_end(struct session *);
/* Frees what it holds. */
void notice_clear(struct session *);

#endif /* RINGLET_SANDBOXER_NOTICE_H */
