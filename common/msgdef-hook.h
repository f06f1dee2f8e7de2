#ifndef COMMON_MSGDEF_HOOK_H
#define COMMON_MSGDEF_HOOK_H
/*
 * Messages about hooks: what the owner of a profile has the agent run, and
 * reports that it ran.  Included by msgdef.h.
 */

struct msg_hook_text { /* inside others: all that is approved of one */
	const char *event;
	const char *matcher; /* "": none, or all */
	const char *command;
	uint64_t timeout; /* seconds */
};

struct msg_hook { /* inside others */
	const char *event;
	uint64_t index; /* among those of the event */
	const char *matcher;
	const char *command;
	uint64_t timeout;
	const char *hash; /* of these */
	int64_t added_at;
	const char *added_by; /* cli, or which token */
	bool approved;	      /* as it is */
	const char *refused;  /* why the policy does not let it run, or "" */
	/* What was approved, if anything was; then approved_at is not 0. */
	int64_t approved_at;
	const char *was_event;
	const char *was_matcher;
	const char *was_command;
	uint64_t was_timeout;
};

struct msg_hooks {
	const char *alias;
	struct msg_recs list; /* struct msg_hook */
};

struct msg_hook_add {
	struct msg_bin token;
	const char *alias;
	const char *event;
	const char *matcher;
	const char *command;
	uint64_t timeout;
	int64_t index; /* of the one that it replaces; -1: none */
};

struct msg_hook_remove {
	struct msg_bin token;
	const char *alias;
	const char *event;
	uint64_t index;
};

struct msg_hook_import {
	struct msg_bin token;
	const char *alias;
	struct msg_recs list; /* struct msg_hook_text */
};

struct msg_hook_approve {
	struct msg_bin token;
	const char *alias;
	const char *event;
	uint64_t index;
	const char *hash; /* of what the person has seen */
};

struct msg_hook_run { /* from the hook of an agent without a jail */
	struct msg_bin token;
	const char *alias;
	const char *event;
	uint64_t index;
	const char *hash;
	uint64_t phase; /* enum hook_phase */
	int64_t status; /* once ended: its exit status */
};

struct msg_jail_hook { /* the same from a jail, whose word it is */
	const char *id;
	uint64_t event; /* enum hook_event */
	uint64_t index;
	const char *hash;
	uint64_t phase; /* 0: no run, lost alone */
	int64_t status;
	uint64_t lost; /* reports before it that were too many, or nonsense */
};

#endif /* COMMON_MSGDEF_HOOK_H */
