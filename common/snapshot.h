#ifndef COMMON_SNAPSHOT_H
#define COMMON_SNAPSHOT_H
/*
 * What a session's terminal shows at one offset of its output: a memory file
 * with the bytes that draw it.  A screen keeper writes it, the sandboxer seals
 * it, and viewers read it; nobody can change it by then.
 */

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes.  A cell with colours of its own takes up to 40: two screens of 500
 * columns and 200 rows full of such fit.
 */
#define SNAPSHOT_MAX (8 * 1024 * 1024)

/* An empty one to write into; it grows.  The descriptor, or RL_ERR_SYSTEM. */
int snapshot_new(void);
/* An empty one that is sealed: a terminal that has shown nothing. */
int snapshot_blank(void);
/*
 * Seals what was written, which must be size bytes.  0; RL_ERR_INVALID: it is
 * of another size, or cannot be sealed since somebody has it mapped.
 */
int snapshot_seal(int fd, uint64_t size);
/*
 * Maps it; fd stays the caller's.  *p is NULL where *len is 0.  0;
 * RL_ERR_INVALID: it is not sealed, or too large; RL_ERR_SYSTEM.
 */
int snapshot_map(int fd, const uint8_t **p, size_t *len);
void snapshot_unmap(const uint8_t *p, size_t len);

#endif /* COMMON_SNAPSHOT_H */
