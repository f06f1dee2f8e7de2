#ifndef COMMON_BINDKIND_H
#define COMMON_BINDKIND_H
/*
 * Mounts of a jail in words, which the command and HTTP have in common.
 */

#include <stdint.h>

/* "read-only" and so on of an enum bind_kind; static, never NULL. */
const char *bind_kind_name(uint64_t kind);

#endif /* COMMON_BINDKIND_H */
