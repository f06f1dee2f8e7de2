/*
 * The agent's seccomp filter.  Only this file knows libseccomp.
 *
 * What is not listed is allowed: an agent runs compilers, debuggers and
 * language run-times whose calls nobody can list.  The filter is the second
 * fence, behind namespaces without capabilities: it closes calls that reach
 * around namespaces, and kernel surface that agents have no use for.  Other
 * calling conventions (32-bit, x32) would renumber the calls and are fatal.
 *
 * int arguments are compared in their low 32 bits, because that is what the
 * kernel looks at: a comparison of the whole register is passed by setting a
 * high bit.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "jail-seccomp.h"
#include "xmalloc.h"

#define INT_MASK  0xffffffffu
#define TYPE_MASK 0xfu /* socket type without SOCK_CLOEXEC and friends */
#define TMPFILE	  (O_TMPFILE & ~O_DIRECTORY)

#ifndef TIOCLINUX
#define TIOCLINUX 0x541c
#endif
/* One number on every architecture; libseccomp may have no name for them. */
#define NR_FCHMODAT2	  452
#define NR_OPEN_TREE_ATTR 467

#ifndef IPPROTO_L2TP
#define IPPROTO_L2TP 115
#endif
#ifndef IPPROTO_SMC
#define IPPROTO_SMC 256
#endif

/* clang-format off */
#define ROW(call, err, ...) { SCMP_SYS(call), #call, err, __VA_ARGS__ }
#define ALWAYS		 0, 0, { { 0, 0, 0 }, { 0, 0, 0 } }
#define IF(a, m, v)	 0, 0, { { a, m, v }, { 0, 0, 0 } }
#define IF2(a, m, v, a2, m2, v2) 0, 0, { { a, m, v }, { a2, m2, v2 } }
#define NOT_NESTING	 0, JAIL_SECCOMP_NESTING, { { 0, 0, 0 }, { 0, 0, 0 } }
/* clang-format on */

static const struct jail_seccomp_row rows[] = {
	/* Types on the terminal of whoever shares it: input that the shell
	   outside would run as the user's own. */
	ROW(ioctl, EPERM, IF(1, INT_MASK, TIOCSTI)),
	/* The same by pasting the console's selection. */
	ROW(ioctl, EPERM, IF(1, INT_MASK, TIOCLINUX)),
	/* Line disciplines are modem and serial-bus code that any terminal
	   loads into the kernel; root shells have come out of them. */
	ROW(ioctl, EPERM, IF(1, INT_MASK, TIOCSETD)),
	/* Has what the kernel prints on its console sent here. */
	ROW(ioctl, EPERM, IF(1, INT_MASK, TIOCCONS)),

	/* Keyrings belong to the uid, not to a pid or mount namespace: the
	   user's kerberos tickets and disk keys would be in reach. */
	ROW(add_key, EPERM, ALWAYS),
	ROW(request_key, EPERM, ALWAYS),
	ROW(keyctl, EPERM, ALWAYS),

	/* Makes socket, connect and open in the kernel's name, past this
	   filter; a rich source of kernel exploits. */
	ROW(io_uring_setup, EPERM, ALWAYS),
	ROW(io_uring_enter, EPERM, ALWAYS),
	ROW(io_uring_register, EPERM, ALWAYS),

	/* Code in the kernel; its verifier has been fooled often. */
	ROW(bpf, EPERM, ALWAYS),
	/* Measures other processes and the kernel; many past exploits. */
	ROW(perf_event_open, EPERM, ALWAYS),
	/* Stops the kernel in mid-copy: turns small races into exploits. */
	ROW(userfaultfd, EPERM, ALWAYS),

	/* Uncovers what a mount hides, or mounts anew what the jail left
	   out, should a capability ever leak in. */
	ROW(mount, EPERM, NOT_NESTING),
	ROW(umount2, EPERM, NOT_NESTING),
	ROW(pivot_root, EPERM, NOT_NESTING),
	ROW(chroot, EPERM, NOT_NESTING),
	ROW(fsopen, EPERM, NOT_NESTING),
	ROW(fsconfig, EPERM, NOT_NESTING),
	ROW(fsmount, EPERM, NOT_NESTING),
	ROW(fspick, EPERM, NOT_NESTING),
	ROW(move_mount, EPERM, NOT_NESTING),
	ROW(open_tree, EPERM, NOT_NESTING),
	ROW(mount_setattr, EPERM, NOT_NESTING),
	{ NR_OPEN_TREE_ATTR, "open_tree_attr", EPERM, NOT_NESTING },

	/* A new user namespace hands out all capabilities inside it, and
	   with them the kernel code that only root was meant to reach. */
	ROW(clone, EPERM, 0, JAIL_SECCOMP_NESTING,
	    { { 0, CLONE_NEWUSER, CLONE_NEWUSER }, { 0, 0, 0 } }),
	ROW(unshare, EPERM, 0, JAIL_SECCOMP_NESTING,
	    { { 0, CLONE_NEWUSER, CLONE_NEWUSER }, { 0, 0, 0 } }),
	/* Its flags lie in memory, where no filter can see them.  The C
	   library falls back to clone when the call does not exist. */
	ROW(clone3, ENOSYS, NOT_NESTING),
	/* Into a namespace whose descriptor was slipped in. */
	ROW(setns, EPERM, ALWAYS),

	/* Forges packets, and reads those of others. */
	ROW(socket, EPERM, IF2(0, INT_MASK, AF_INET, 1, TYPE_MASK, SOCK_RAW)),
	ROW(socket, EPERM, IF2(0, INT_MASK, AF_INET6, 1, TYPE_MASK, SOCK_RAW)),
	/* An old name of packet sockets: the kernel changes the family. */
	ROW(socket, EPERM, IF(1, TYPE_MASK, SOCK_PACKET)),
	/* Protocols that few use and that a socket alone loads; each has
	   given root to ordinary users.  SCTP also comes by its type. */
	ROW(socket, EPERM, IF(1, TYPE_MASK, SOCK_DCCP)),
	ROW(socket, EPERM, IF(2, INT_MASK, IPPROTO_DCCP)),
	ROW(socket, EPERM, IF(2, INT_MASK, IPPROTO_SCTP)),
	ROW(socket, EPERM, IF(2, INT_MASK, IPPROTO_L2TP)),
	ROW(socket, EPERM, IF(2, INT_MASK, IPPROTO_SMC)),
	ROW(socket, EPERM,
	    IF2(0, INT_MASK, AF_INET, 1, TYPE_MASK, SOCK_SEQPACKET)),
	ROW(socket, EPERM,
	    IF2(0, INT_MASK, AF_INET6, 1, TYPE_MASK, SOCK_SEQPACKET)),

	/* Abstract sockets have no path that a mount could hide: the session
	   bus, X11 and others listen there. */
	ROW(socket, EPERM, JAIL_SECCOMP_NO_UNIX, 0,
	    { { 0, INT_MASK, AF_UNIX }, { 0, 0, 0 } }),
	/* One of a pair can still send to any address, unless it is of a
	   connected type.  SOCK_RAW is another word for SOCK_DGRAM here.  The
	   family is unix, as of all pairs. */
	ROW(socketpair, EPERM, JAIL_SECCOMP_NO_UNIX, 0,
	    { { 1, TYPE_MASK, SOCK_DGRAM }, { 0, 0, 0 } }),
	ROW(socketpair, EPERM, JAIL_SECCOMP_NO_UNIX, 0,
	    { { 1, TYPE_MASK, SOCK_RAW }, { 0, 0, 0 } }),

	/* Replaces the running kernel, or adds to it. */
	ROW(kexec_load, EPERM, ALWAYS),
	ROW(kexec_file_load, EPERM, ALWAYS),
	ROW(init_module, EPERM, ALWAYS),
	ROW(finit_module, EPERM, ALWAYS),
	ROW(delete_module, EPERM, ALWAYS),
	ROW(reboot, EPERM, ALWAYS),

	/* The machine's clock: certificates and tickets expire by it. */
	ROW(settimeofday, EPERM, ALWAYS),
	ROW(clock_settime, EPERM, ALWAYS),
	/* Ports of the hardware, past every driver. */
	ROW(ioperm, EPERM, ALWAYS),
	ROW(iopl, EPERM, ALWAYS),
	/* Segments of 16 bits: what the kernel does on return to them has
	   leaked its stack, and more. */
	ROW(modify_ldt, EPERM, ALWAYS),

	/* The kernel's log holds addresses and what others plugged in. */
	ROW(syslog, EPERM, ALWAYS),
	/* Opens a file by number, wherever it is mounted. */
	ROW(open_by_handle_at, EPERM, ALWAYS),
	/* Tells of every file of a mount, with a descriptor of each. */
	ROW(fanotify_init, EPERM, ALWAYS),
	/* Machine-wide accounting, quotas and swap. */
	ROW(acct, EPERM, ALWAYS),
	ROW(quotactl, EPERM, ALWAYS),
	ROW(quotactl_fd, EPERM, ALWAYS),
	ROW(swapon, EPERM, ALWAYS),
	ROW(swapoff, EPERM, ALWAYS),

	/* A set-user-ID program left in the working folder: whoever else of
	   the machine starts it is this user.  The group's bit is allowed:
	   shared repositories have it on their folders. */
	ROW(chmod, EPERM, IF(1, S_ISUID, S_ISUID)),
	ROW(fchmod, EPERM, IF(1, S_ISUID, S_ISUID)),
	ROW(fchmodat, EPERM, IF(2, S_ISUID, S_ISUID)),
	{ NR_FCHMODAT2, "fchmodat2", EPERM, IF(2, S_ISUID, S_ISUID) },
	ROW(creat, EPERM, IF(1, S_ISUID, S_ISUID)),
	ROW(mknod, EPERM, IF(1, S_ISUID, S_ISUID)),
	ROW(mknodat, EPERM, IF(2, S_ISUID, S_ISUID)),
	ROW(open, EPERM, IF2(1, O_CREAT, O_CREAT, 2, S_ISUID, S_ISUID)),
	ROW(open, EPERM, IF2(1, TMPFILE, TMPFILE, 2, S_ISUID, S_ISUID)),
	ROW(openat, EPERM, IF2(2, O_CREAT, O_CREAT, 3, S_ISUID, S_ISUID)),
	ROW(openat, EPERM, IF2(2, TMPFILE, TMPFILE, 3, S_ISUID, S_ISUID)),
	/* Its mode lies in memory; programs have openat for a kernel that
	   does not know it. */
	ROW(openat2, ENOSYS, ALWAYS),
};

/*
 * Every other family is closed: packet sockets see all traffic, vsock talks
 * to the hypervisor past any network namespace, alg is the kernel's crypto
 * code, and the rest is little-used protocol code with a record of holes.
 */
static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

/*
 * What netlink may be asked: addresses and routes, which the C library needs,
 * and the list of sockets, which /proc/net shows anyway.  Others set up
 * firewalls, tunnels and kernel crypto, write into the audit trail, or tell
 * what is plugged in.
 */
static const int netlinks[] = { NETLINK_ROUTE, NETLINK_SOCK_DIAG };

const struct jail_seccomp_row *
jail_seccomp_rows(size_t *n)
{
	*n = sizeof(rows) / sizeof(rows[0]);
	return rows;
}

static int
listed(const int *list, size_t n, int what)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (list[i] == what)
			return 1;
	}
	return 0;
}

int
jail_seccomp_family(int family)
{
	return listed(families, sizeof(families) / sizeof(families[0]), family);
}

int
jail_seccomp_netlink(int protocol)
{
	return listed(
	    netlinks, sizeof(netlinks) / sizeof(netlinks[0]), protocol);
}

static int
add_row(scmp_filter_ctx ctx, const struct jail_seccomp_row *row)
{
	struct scmp_arg_cmp cmp[JAIL_SECCOMP_CONDS];
	unsigned int i, n = 0;

	for (i = 0; i < JAIL_SECCOMP_CONDS && row->cond[i].mask != 0; i++) {
		cmp[n++] = SCMP_CMP(row->cond[i].arg, SCMP_CMP_MASKED_EQ,
		    row->cond[i].mask, row->cond[i].value);
	}
	return seccomp_rule_add_array(
	    ctx, SCMP_ACT_ERRNO((unsigned int)row->error), row->nr, n, cmp);
}

/*
 * socketpair makes two sockets of the family, and loads its module, before it
 * finds that they cannot be a pair: it is left with unix alone.
 */
static int
add_families(scmp_filter_ctx ctx)
{
	struct jail_seccomp_row row =
	    ROW(socket, EAFNOSUPPORT, IF(0, INT_MASK, 0));
	struct jail_seccomp_row pair =
	    ROW(socketpair, EAFNOSUPPORT, IF(0, INT_MASK, 0));
	int family, ret;

	for (family = 0; family < JAIL_SECCOMP_FAMILIES; family++) {
		row.cond[0].value = pair.cond[0].value = (uint64_t)family;
		if (!jail_seccomp_family(family) &&
		    (ret = add_row(ctx, &row)) != 0)
			return ret;
		if (family != AF_UNIX && (ret = add_row(ctx, &pair)) != 0)
			return ret;
	}
	return 0;
}

static int
add_netlinks(scmp_filter_ctx ctx)
{
	struct jail_seccomp_row row = ROW(socket, EPROTONOSUPPORT,
	    IF2(0, INT_MASK, AF_NETLINK, 2, INT_MASK, 0));
	int protocol, ret;

	for (protocol = 0; protocol < JAIL_SECCOMP_NETLINKS; protocol++) {
		if (jail_seccomp_netlink(protocol))
			continue;
		row.cond[1].value = (uint64_t)protocol;
		if ((ret = add_row(ctx, &row)) != 0)
			return ret;
	}
	return 0;
}

/* libseccomp 2.5 writes a program to a descriptor only. */
static int export(scmp_filter_ctx ctx, uint8_t **prog, size_t *len)
{
	struct stat st;
	uint8_t *p = NULL;
	size_t off;
	ssize_t n;
	int fd, ret = RL_ERR_SYSTEM;

	if ((fd = memfd_create("seccomp", MFD_CLOEXEC)) == -1)
		return RL_ERR_SYSTEM;
	if (seccomp_export_bpf(ctx, fd) != 0) {
		ret = RL_ERR_UNAVAILABLE;
		goto out;
	}
	if (fstat(fd, &st) == -1)
		goto out;
	if (st.st_size <= 0) {
		ret = RL_ERR_UNAVAILABLE;
		goto out;
	}
	p = xmalloc((size_t)st.st_size);
	for (off = 0; off < (size_t)st.st_size; off += (size_t)n) {
		n = pread(fd, p + off, (size_t)st.st_size - off, (off_t)off);
		if (n <= 0)
			goto out;
	}
	*prog = p;
	*len = off;
	p = NULL;
	ret = 0;
out:
	free(p);
	fd_close(fd);
	return ret;
}

/*
 * Whether libseccomp can put the row into a program for that architecture: it
 * translates numbers by their names.
 */
static bool
has_row(uint32_t arch, const struct jail_seccomp_row *row)
{
	char *name;

	if (arch == seccomp_arch_native())
		return true;
	name = seccomp_syscall_resolve_num_arch(seccomp_arch_native(), row->nr);
	free(name);
	return name != NULL;
}

static int
build(uint32_t arch, unsigned int variant, uint8_t **prog, size_t *len)
{
	scmp_filter_ctx ctx;
	size_t i;
	int ret = RL_ERR_UNAVAILABLE;

	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		return RL_ERR_UNAVAILABLE;
	if (seccomp_attr_set(
		ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0)
		goto out;
	if (arch != seccomp_arch_native() &&
	    (seccomp_arch_add(ctx, arch) != 0 ||
		seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE) != 0))
		goto out;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((rows[i].when & variant) != rows[i].when ||
		    (rows[i].unless & variant) != 0 || !has_row(arch, &rows[i]))
			continue;
		if (add_row(ctx, &rows[i]) != 0)
			goto out;
	}
	if (add_families(ctx) != 0 || add_netlinks(ctx) != 0)
		goto out;
	ret = export(ctx, prog, len);
out:
	seccomp_release(ctx);
	return ret;
}

int
jail_seccomp_build(unsigned int variant, uint8_t **prog, size_t *len)
{
	return build(seccomp_arch_native(), variant, prog, len);
}

int
jail_seccomp_build_for(
    uint32_t arch, unsigned int variant, uint8_t **prog, size_t *len)
{
	return build(arch, variant, prog, len);
}
