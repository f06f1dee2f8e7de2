#ifndef MANIFEST_MSG_H
#define MANIFEST_MSG_H
/*
 * Where a manifest comes from, what it shadows and what is wrong, as the
 * messages AGENTS and PROVIDERS tell it.
 */

#include "manifest.h"
#include "msgdef.h"

/* Texts that a message points into. */
struct manifest_told {
	const char *source;
	const char *shadows[2]; /* the registry's and the built-in one */
	char *damage;		/* "" or what is wrong, where and how */
	char *id;		/* of one that is told for its damage alone */
	struct msg_strs strs;
};

/* Fills *told in for the manifest of that id. */
void manifest_tell(const struct manifest_set *, enum manifest_kind,
    const char *id, struct manifest_told *told);
/*
 * Fills *told in for the i-th of those that are broken and have no other of
 * their id; false: there are no more.
 */
bool manifest_tell_broken(const struct manifest_set *, enum manifest_kind,
    size_t i, struct manifest_told *told);
void manifest_told_clear(struct manifest_told *);

#endif /* MANIFEST_MSG_H */
