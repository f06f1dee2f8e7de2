#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H
/*
 * A secret in libsodium's guarded memory: between guard pages, locked into
 * RAM where the limits allow, left out of core dumps, wiped when freed.
 */

#include <stdbool.h>
#include <stddef.h>

struct secret;

/*
 * Must be called once before anything else here; fatal if libsodium cannot
 * start.  Also switches core dumps off and makes the process non-dumpable.
 */
void secret_init(void);
/* Copies len bytes (0 is legal); the caller wipes its own copy. */
struct secret *secret_new(const void *p, size_t len);
/* A second copy. */
struct secret *secret_dup(const struct secret *);
void secret_free(struct secret *);
/* The bytes, followed by a NUL that secret_len() does not count. */
const char *secret_ptr(const struct secret *);
size_t secret_len(const struct secret *);
/* Compares in constant time for equal lengths. */
bool secret_equal(const struct secret *, const void *p, size_t len);
/* Overwrites len bytes of p in a way that is not optimised away. */
void secret_wipe(void *p, size_t len);

#endif /* COMMON_SECRET_H */
