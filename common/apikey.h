#ifndef COMMON_APIKEY_H
#define COMMON_APIKEY_H
/*
 * What an API key may be: one rule for the command, which says early what is
 * wrong, and for the monitor, which decides.  A pure function.
 */

#include <stddef.h>

#define APIKEY_MAX 8192 /* bytes */

/*
 * Whether the len bytes at p are a key: 1 to APIKEY_MAX bytes of UTF-8 without
 * control characters, and no white space at either end.  0; else
 * RL_ERR_INVALID, and why[size] goes on after "the API key": what is wrong,
 * and where, never a part of it.
 */
int apikey_check(const char *p, size_t len, char *why, size_t size);

#endif /* COMMON_APIKEY_H */
