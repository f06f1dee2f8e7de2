#ifndef COMMON_HOOK_H
#define COMMON_HOOK_H
/*
 * Hooks: commands that an agent runs at certain events.  What one may be, the
 * hash that its approval is for, and the file format of Claude Code, in which
 * hooks are imported and exported.  Pure functions.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "msgdef.h"

/* Events; the numbers go over pipes. */
enum hook_event {
	HOOK_PRE_TOOL_USE = 1, /* may keep the agent from using a tool */
	HOOK_POST_TOOL_USE,
	HOOK_NOTIFICATION,
	HOOK_STOP,
	HOOK_EVENT_END
};

#define HOOKS_MAX	     32	  /* of a profile */
#define HOOK_EVENT_MAX	     32	  /* bytes of an event's name */
#define HOOK_MATCHER_MAX     256  /* bytes */
#define HOOK_COMMAND_MAX     4096 /* the same */
#define HOOK_TIMEOUT_MAX     3600 /* seconds */
#define HOOK_TIMEOUT_DEFAULT 60
#define HOOK_HASH_LEN	     64 /* hex digits, of BLAKE2b-256 */

/* A run of one, as it is reported. */
enum hook_phase { HOOK_BEGINS = 1, HOOK_ENDED = 2 };

/* The name of an event, static; NULL: there is no such event. */
const char *hook_event_name(unsigned event);
/* The event of that name, or 0. */
unsigned hook_event_find(const char *name);

/*
 * Whether a hook may be so: a known event; a matcher that agents can read
 * (none for Stop, where nothing can be matched); a command, UTF-8 of any
 * characters but NUL; a time-out.  RL_ERR_INVALID: why[size] says what is
 * wrong with it.
 */
int hook_check(const struct msg_hook_text *, char *why, size_t size);

/* The hash of a hook's whole content: hex digits and a NUL. */
void hook_hash(const struct msg_hook_text *, char hex[HOOK_HASH_LEN + 1]);
/* Whether it has the form of one. */
bool hook_hash_ok(const char *);

/*
 * Reads the member `hooks` of a settings file of Claude Code into an array of
 * *n, for hook_texts_free(); order is kept.  What this version could not keep
 * (another type, a member that is not known, another event) is RL_ERR_INVALID,
 * and why[size] names it; more than HOOKS_MAX is RL_ERR_LIMIT.
 */
int hook_texts_read(const json_t *hooks, struct msg_hook_text **out, size_t *n,
    char *why, size_t size);
/* The same from a whole file, whose other members are passed over. */
int hook_texts_parse(const char *text, size_t len, struct msg_hook_text **out,
    size_t *n, char *why, size_t size);
void hook_texts_free(struct msg_hook_text *, size_t n);

/*
 * The member `hooks` that has those, for json_decref(): neighbours of one
 * event and matcher share an entry.
 */
json_t *hook_texts_json(const struct msg_hook_text *, size_t n);

#endif /* COMMON_HOOK_H */
