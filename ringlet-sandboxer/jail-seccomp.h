#ifndef RINGLET_SANDBOXER_JAIL_SECCOMP_H
#define RINGLET_SANDBOXER_JAIL_SECCOMP_H
/*
 * The system calls that a jailed agent may not make, as a BPF program for
 * bwrap's --seccomp.
 */

#include <stddef.h>
#include <stdint.h>

/* What a variant of the filter differs in. */
#define JAIL_SECCOMP_NO_UNIX                                                   \
	0x1 /* no unix sockets: the kernel lacks Landlock's                    \
	  scope, which else guards abstract ones */
#define JAIL_SECCOMP_NESTING 0x2 /* the agent may build a sandbox of its own   \
				  */
#define JAIL_SECCOMP_VARIANTS 4	 /* every mask of the above is below this */

/* Argument number arg, masked, equals value. */
struct jail_seccomp_cond {
	unsigned int arg;
	uint64_t mask; /* 0: unused */
	uint64_t value;
};

#define JAIL_SECCOMP_CONDS 2

/* The call fails with error if every condition holds (none: always). */
struct jail_seccomp_row {
	int nr; /* SCMP_SYS(); negative where the arch lacks it */
	const char *name;
	int error;
	unsigned int when;   /* only with these JAIL_SECCOMP_* */
	unsigned int unless; /* not with any of these */
	struct jail_seccomp_cond cond[JAIL_SECCOMP_CONDS];
};

/* The table without the socket families, for tests and for explaining. */
const struct jail_seccomp_row *jail_seccomp_rows(size_t *n);

/*
 * Whether socket(2) of that family is left to the agent; socketpair(2) is for
 * AF_UNIX alone.
 */
int jail_seccomp_family(int family);
#define JAIL_SECCOMP_FAMILIES                                                  \
	64 /* families below this are judged; the kernel                       \
	 knows none above */

/* Whether a netlink socket of that protocol is. */
int jail_seccomp_netlink(int protocol);
#define JAIL_SECCOMP_NETLINKS 32 /* likewise */

/*
 * Builds the program of that variant.  *prog (struct sock_filter[], *len
 * bytes) is the caller's to free.  RL_ERR_UNAVAILABLE: libseccomp refused;
 * RL_ERR_SYSTEM.
 */
int jail_seccomp_build(unsigned int variant, uint8_t **prog, size_t *len);

/*
 * The same for another architecture (AUDIT_ARCH_* of linux/audit.h), without
 * the rows that libseccomp has no name for: to look at, not to load.
 */
int jail_seccomp_build_for(
    uint32_t arch, unsigned int variant, uint8_t **prog, size_t *len);

#endif /* RINGLET_SANDBOXER_JAIL_SECCOMP_H */
