#ifndef REGRESS_PEER_MSGGEN_H
#define REGRESS_PEER_MSGGEN_H
/*
 * Bodies made from the field tables, for tests that want every message type
 * and not a list of them that somebody has to keep.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msg.h"

struct msggen;

/* The same seed brings the same bodies.  Free with msggen_free(). */
struct msggen *msggen_new(uint64_t seed);
void msggen_free(struct msggen *);

/* Evenly from [0, n), n > 0. */
uint64_t msggen_below(struct msggen *, uint64_t n);
/* len bytes of UTF-8 without NUL, of one to three bytes a character. */
const char *msggen_str(struct msggen *, size_t len);
/* len zeroed bytes that live as long as the generator. */
void *msggen_alloc(struct msggen *, size_t len);

/* Everything zero or empty. */
void *msggen_empty(struct msggen *, const struct msg_rec *);
/* Values within their bounds, often the bound itself; arrays are short. */
void *msggen_random(struct msggen *, const struct msg_rec *);
/*
 * Sets field f of body to the largest value that is allowed, plus excess.
 * False if that cannot be said in the field's C type.
 */
bool msggen_set_bound(
    struct msggen *, const struct msg_field *f, void *body, uint64_t excess);

/* Whether two bodies of a record say the same. */
bool msggen_equal(const struct msg_rec *, const void *a, const void *b);

#endif /* REGRESS_PEER_MSGGEN_H */
