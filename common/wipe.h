#ifndef COMMON_WIPE_H
#define COMMON_WIPE_H
/*
 * Memory that is wiped when it is freed, for libraries that are given an
 * allocator.
 */

#include <stddef.h>

/* As malloc(3) and so on; NULL for a size that cannot be. */
void *wipe_alloc(size_t len);
void *wipe_calloc(size_t n, size_t size);
void *wipe_realloc(void *p, size_t len);
void wipe_free(void *p);

#endif /* COMMON_WIPE_H */
