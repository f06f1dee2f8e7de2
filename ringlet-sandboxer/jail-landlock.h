#ifndef RINGLET_SANDBOXER_JAIL_LANDLOCK_H
#define RINGLET_SANDBOXER_JAIL_LANDLOCK_H
/*
 * Landlock's scope around a jail.  It shuts two ways out that no mount and no
 * namespace of the jail closes: abstract unix sockets (they belong to the
 * network namespace, which most jails share) and signals.  Rules about files
 * or ports are not used: they would forbid bwrap its mounts.
 */

/*
 * A ruleset for jail_landlock_enter(), made once and good for every jail;
 * the caller closes it.  RL_ERR_UNAVAILABLE: the kernel has no scopes (ABI
 * below 6); RL_ERR_SYSTEM.
 */
int jail_landlock_open(void);

/*
 * Confines the calling process and all it will start; sets no_new_privs.
 * Safe between fork and exec.  0, or RL_ERR_SYSTEM.
 */
int jail_landlock_enter(int ruleset);

#endif /* RINGLET_SANDBOXER_JAIL_LANDLOCK_H */
