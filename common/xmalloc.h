#ifndef COMMON_XMALLOC_H
#define COMMON_XMALLOC_H
/*
 * Allocation that never fails: out of memory ends the process through
 * fatal().  A size that a peer chose must have been range-checked before it
 * gets here.
 */

#include <stddef.h>

/* size bytes, uninitialised; size 0 is a broken invariant (fatal). */
void *xmalloc(size_t size);
/* n * size zeroed bytes; overflow of the product is fatal. */
void *xcalloc(size_t n, size_t size);
/* As reallocarray(3), but fatal on overflow and out of memory. */
void *xreallocarray(void *p, size_t n, size_t size);
/* A copy of s that the caller frees.  s must not be NULL. */
char *xstrdup(const char *s);
/* The first len bytes of p and a NUL, as a string that the caller frees. */
char *xstrndup(const char *p, size_t len);
/* asprintf(3) into a string that the caller frees. */
char *xasprintf(const char *fmt, ...)
    __attribute__((__format__(printf, 1, 2)));

#endif /* COMMON_XMALLOC_H */
