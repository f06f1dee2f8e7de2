#ifndef HOOKS_H
#define HOOKS_H
/*
 * The hooks of a profile, as its file has them.  One is approved as it is or
 * not at all: the approval has a hash of all that it was, and the text, so
 * that what has changed since can be shown.
 */

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "hook.h"

struct hook {
	char *event;
	char *matcher;
	char *command;
	long long timeout;  /* seconds */
	long long added_at; /* of what it is now; seconds since 1970 */
	char *added_by;
	struct hook_approval { /* hash NULL: nothing was */
		char *event;
		char *matcher;
		char *command;
		long long timeout;
		char *hash;
		long long at;
	} approved;
};

struct hooks {
	struct hook *v;
	size_t n;
};

/* What is hashed and run of it; its strings are borrowed. */
struct msg_hook_text hook_text(const struct hook *);
/* Whether it is as it was approved. */
bool hook_is_approved(const struct hook *);

/* The hook of that place among those of the event, or NULL. */
struct hook *hooks_at(const struct hooks *, const char *event, uint64_t index);
/* The place of the i-th among those of its event. */
uint64_t hooks_index(const struct hooks *, size_t i);

/*
 * Appends text, after hook_check(), as added now by that asker; or puts it in
 * the place of index (-1: none), whose approval is kept to be compared with.
 * RL_ERR_INVALID, RL_ERR_EXISTS (the same is there), RL_ERR_NOTFOUND (no such
 * index), RL_ERR_LIMIT, with why[size].  *out, which may be NULL, becomes the
 * number of the hook in v.
 */
int hooks_add(struct hooks *, const struct msg_hook_text *, int64_t index,
    long long now, const char *by, size_t *out, char *why, size_t size);
/* Takes it out.  RL_ERR_NOTFOUND. */
int hooks_remove(struct hooks *, const char *event, uint64_t index);
/*
 * Approves it if its hash is that one; RL_ERR_STATE: it is another by now;
 * RL_ERR_NOTFOUND.
 */
int hooks_approve(struct hooks *, const char *event, uint64_t index,
    const char *hash, long long now);

/* As the array in a profile's file, for json_decref(). */
json_t *hooks_json(const struct hooks *);
/*
 * Moves the member `hooks` of a profile's file, if it has one, out of obj and
 * into out, which hooks_clear() frees in any case.  RL_ERR_INVALID: why[size]
 * names the member.
 */
int hooks_take(json_t *obj, struct hooks *out, char *why, size_t size);
void hooks_clear(struct hooks *);

#endif /* HOOKS_H */
