#ifndef RINGLET_SANDBOXER_CGROUP_H
#define RINGLET_SANDBOXER_CGROUP_H
/*
 * Control groups (version 2), where one is the daemon's own: a group for each
 * session bounds all of its processes together, counts what they use, and can
 * be killed as one.
 */

#include <stdbool.h>
#include <stdint.h>

/* The daemon's own group. */
struct cgroup {
	char *dir;   /* NULL: there is none */
	bool memory; /* its children can bound memory */
	bool pids;   /* and processes */
};

/*
 * Finds the group, moves the daemon into a child of it, and removes what an
 * earlier sandboxer has left.  It is ours if we may write to it and no other
 * program's process is in it, as in a scope or service with Delegate=yes.
 * root is put before all names: "" but in tests.  why (static) says why there
 * is none.
 */
void cgroup_find(struct cgroup *, const char *root, const char **why);
void cgroup_clear(struct cgroup *);

/* A session's group. */
struct cgroup_session;

/*
 * Makes one with bounds; 0: none.  NULL: it cannot be had, with errno.
 */
struct cgroup_session *cgroup_session_new(
    const struct cgroup *, const char *id, uint64_t memory, uint64_t pids);
/*
 * A descriptor for writing: whoever writes "0" joins the group.  It stays the
 * session's.
 */
int cgroup_session_procs(const struct cgroup_session *);
/* Processor time used so far, in microseconds; 0 where it is not known. */
uint64_t cgroup_session_cpu(const struct cgroup_session *);
/* How many processes of it were killed for want of memory. */
uint64_t cgroup_session_oom(const struct cgroup_session *);
/* SIGKILL to every process in it. */
void cgroup_session_kill(const struct cgroup_session *);
/* Removes it with what is left in it, and frees it; NULL is legal. */
void cgroup_session_free(struct cgroup_session *);

#endif /* RINGLET_SANDBOXER_CGROUP_H */
