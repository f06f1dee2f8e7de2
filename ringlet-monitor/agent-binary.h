#ifndef AGENT_BINARY_H
#define AGENT_BINARY_H
/*
 * Where an agent's program is and what a jail must show of it.  The monitor
 * looks at files; it never runs them.
 */

#include <stddef.h>

struct manifest_agent;

#define AGENT_BINDS_MAX 4

struct agent_binary {
	char *found;	  /* the name it was found by, for people */
	char *path;	  /* the same without symbolic links: what is run */
	char *interp_dir; /* folder of a script's interpreter, to go to PATH's
			     front; NULL if none, or in a standard place */
	char *version;	  /* as its package says, or NULL */
	/*
	 * Files and folders to bind read-only at their own names, without
	 * those that every jail shows (agent_binary_is_system()).  Never the
	 * user's home or a folder above it.
	 */
	char *binds[AGENT_BINDS_MAX];
	size_t nbinds;
};

/*
 * Looks for the agent's program: first in the search folders (NULL-terminated,
 * only absolute ones count; may be NULL), then in those of our own PATH, then
 * in the usual ones below / and home.  Programs that others could have written
 * are passed over. RL_ERR_NOTFOUND (why[size] says what was looked for and how
 * to get it, or why what was found cannot be used).  Free *out by
 * agent_binary_clear() in either case.
 */
int agent_binary_find(const struct manifest_agent *, const char *home,
    const char *const *search, struct agent_binary *out, char *why,
    size_t size);
void agent_binary_clear(struct agent_binary *);

/* The login shell of the user, an absolute name; the caller frees it. */
char *agent_binary_shell(void);

/* Whether every jail shows path read-only anyway: /usr, /bin, /opt ... */
int agent_binary_is_system(const char *path);

#endif /* AGENT_BINARY_H */
