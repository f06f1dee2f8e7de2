#ifndef COMMON_LANDLOCK_ABI_H
#define COMMON_LANDLOCK_ABI_H
/*
 * The kernel's Landlock interface, up to ABI 6.  The C library has no
 * wrappers, and linux/landlock.h of the oldest supported system ends at
 * ABI 2.  Linux only.
 */

#include <linux/landlock.h>
#include <sys/syscall.h>

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset /* one number on every architecture */
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif

/* File rights that came after ABI 1, with the ABI that knows them. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* 3 */
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15) /* 5 */
#endif
#ifndef LANDLOCK_ACCESS_NET_BIND_TCP
#define LANDLOCK_ACCESS_NET_BIND_TCP	(1ULL << 0) /* 4 */
#define LANDLOCK_ACCESS_NET_CONNECT_TCP (1ULL << 1)
#endif
#ifndef LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET
#define LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET (1ULL << 0) /* 6 */
#define LANDLOCK_SCOPE_SIGNAL		    (1ULL << 1)
#endif

#define LANDLOCK_ABI_FS	   1
#define LANDLOCK_ABI_NET   4
#define LANDLOCK_ABI_SCOPE 6

/*
 * struct landlock_ruleset_attr as ABI 6 has it.  An older kernel takes it as
 * long as the fields that it does not know are zero.
 */
struct landlock_attr {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
	uint64_t scoped;
};

/* The kernel's ABI, or 0 where Landlock is missing or switched off. */
static inline int
landlock_abi(void)
{
	long abi;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	return (abi > 0 ? (int)abi : 0);
}

/* A new ruleset (close-on-exec), or -1 with errno. */
static inline int
landlock_create(const struct landlock_attr *attr)
{
	return (
	    (int)syscall(SYS_landlock_create_ruleset, attr, sizeof(*attr), 0));
}

/*
 * Puts the calling thread under the ruleset for good.  It needs
 * no_new_privs.  0, or -1 with errno.
 */
static inline int
landlock_restrict(int ruleset)
{
	return ((int)syscall(SYS_landlock_restrict_self, ruleset, 0));
}

#endif /* COMMON_LANDLOCK_ABI_H */
