#ifndef RECORD_H
#define RECORD_H
/*
 * A recording: an asciicast v2 file, as asciinema(1) plays it.  It is JSON, so
 * what is no UTF-8 in the output becomes U+FFFD; a character that comes in
 * parts is joined first.
 */

#include <stddef.h>
#include <stdint.h>

struct record;

/*
 * Makes the file, readable by the user alone; NULL with errno, EEXIST where
 * there is one already.
 */
struct record *record_new(const char *path);
/* What is told in its first line; the size of the terminal from then on. */
void record_title(struct record *, const char *title);
void record_size(struct record *, uint64_t cols, uint64_t rows);
/* Bytes that the terminal shows now. */
void record_output(struct record *, const void *p, size_t len);
/*
 * The errno of what could not be written, or 0.  After an error nothing more
 * is written.
 */
int record_error(const struct record *);
const char *record_path(const struct record *);
/* Completes and closes the file; as record_error(). */
int record_end(struct record *);
/* Removes the file: there was nothing to record. */
void record_discard(const struct record *);
void record_free(struct record *);

/* --- for record.c and its tests --- */

struct buf;

/* What of a character has been seen; zeroed is the beginning. */
struct utf8 {
	uint8_t seen[4];
	size_t n;
};

/*
 * Appends len bytes to the inside of a JSON string; an incomplete character at
 * the end stays in struct utf8, and utf8_end() appends what becomes of it.
 * 0, or RL_ERR_TOOBIG: there is no room, or more than 16 KiB.
 */
int utf8_put_json(struct utf8 *, const uint8_t *p, size_t len, struct buf *);
int utf8_end(struct utf8 *, struct buf *);

#endif /* RECORD_H */
