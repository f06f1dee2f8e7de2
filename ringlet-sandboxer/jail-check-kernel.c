/*
 * Tries on keys and on the kernel.
 *
 * Some calls an ordinary user may not make in any case.  Those count as
 * reached by an error that the kernel gives only after it has judged the
 * right to call.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jail-check.h"

#define NELEM(v) (sizeof(v) / sizeof((v)[0]))

#define USER_KEYRING   (-4)
#define KEYCTL_SEARCH  10
#define KEYCTL_READ    11
#define MAP_CREATE     0
#define MAP_ARRAY      2
#define UFFD_USER_MODE 1
#define FAN_BY_ID      0x200
#define TREE_CLONE     1
#define X32_BIT	       0x40000000L
#ifndef TIOCLINUX
#define TIOCLINUX 0x541c
#endif
#ifndef SYS_open_tree /* one number on every architecture */
#define SYS_open_tree 428
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif

static int
result(long ret)
{
	return ret == -1 ? errno : 0;
}

/* --- keys --- */

static int
read_key(long key)
{
	char text[64] = "";
	const char *id = target("id");

	if (key == -1)
		return errno;
	if (syscall(SYS_keyctl, KEYCTL_READ, key, text, sizeof(text) - 1) == -1)
		return errno;
	return id != NULL && strcmp(text, id) == 0 ? 0 : ENOKEY;
}

static int
one_key(const struct attempt *a, const char *name)
{
	long key;

	switch (a->a) {
	case 0:
		return read_key(syscall(
		    SYS_keyctl, KEYCTL_SEARCH, USER_KEYRING, "user", name, 0));
	case 1:
		key = syscall(SYS_request_key, "user", name, NULL, 0);
		/* Found, where it is not for us to read, is reached, too. */
		return key == -1 ? errno : 0;
	default:
		return result(syscall(
		    SYS_add_key, "user", name, "x", (size_t)1, USER_KEYRING));
	}
}

static int
try_key(const struct attempt *a)
{
	return target_any(a, one_key);
}

/* --- parts of the kernel --- */

static int
try_io_uring(const struct attempt *a)
{
	uint64_t params[15] = { 0 };

	return result(syscall(SYS_io_uring_setup, 1, params));
}

static int
try_bpf(const struct attempt *a)
{
	uint32_t attr[32] = { MAP_ARRAY, 4, 4, 1 };

	return result(syscall(SYS_bpf, MAP_CREATE, attr, sizeof(attr)));
}

static int
try_perf(const struct attempt *a)
{
	struct perf_event_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.size = sizeof(attr);
	attr.type = PERF_TYPE_SOFTWARE;
	attr.config = PERF_COUNT_SW_TASK_CLOCK;
	attr.exclude_kernel = 1;
	attr.exclude_hv = 1;
	return result(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int
try_userfaultfd(const struct attempt *a)
{
	return result(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE));
}

static int
try_fanotify(const struct attempt *a)
{
	return result(syscall(SYS_fanotify_init, FAN_BY_ID, O_RDONLY));
}

/* --- namespaces and mounts --- */

static int
try_unshare(const struct attempt *a)
{
	if (unshare(a->a) == -1)
		return errno;
	if ((a->a & CLONE_NEWNS) == 0)
		return 0;
	return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int
try_clone(const struct attempt *a)
{
	struct {
		uint64_t flags, pidfd, child_tid, parent_tid, exit_signal,
		    stack, stack_size, tls;
	} args = { .flags = CLONE_NEWUSER, .exit_signal = SIGCHLD };
	long pid;

	if (a->a == 0)
		pid = syscall(SYS_clone, (unsigned long)CLONE_NEWUSER | SIGCHLD,
		    NULL, NULL, NULL, NULL);
	else
		pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		_exit(0);
	if (pid == -1)
		return errno;
	(void)waitpid((pid_t)pid, NULL, 0);
	return 0;
}

static int
try_mount(const struct attempt *a)
{
	return result(mount("none", "/tmp", "tmpfs", 0, NULL));
}

static int
try_open_tree(const struct attempt *a)
{
	return result(syscall(SYS_open_tree, AT_FDCWD, "/", TREE_CLONE));
}

static int
try_remount(const struct attempt *a)
{
	return result(mount(NULL, "/usr", NULL,
	    MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV, NULL));
}

/* MNT_EXPIRE unmounts nothing the first time. */
static int
try_unmount(const struct attempt *a)
{
	if (umount2("/proc", MNT_EXPIRE) == 0 || errno == EAGAIN ||
	    errno == EBUSY)
		return 0;
	return errno;
}

static int
try_chroot(const struct attempt *a)
{
	return result(chroot("."));
}

/* Our own user namespace, which nobody may enter again: EINVAL. */
static int
try_setns(const struct attempt *a)
{
	int fd = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno;
	if (setns(fd, CLONE_NEWUSER) == 0 || errno == EINVAL)
		return 0;
	return errno;
}

static int
try_handle(const struct attempt *a)
{
	struct {
		struct file_handle h;
		unsigned char room[MAX_HANDLE_SZ];
	} handle = { .h = { .handle_bytes = MAX_HANDLE_SZ } };
	int mount_id;

	if (name_to_handle_at(AT_FDCWD, ".", &handle.h, &mount_id, 0) == -1)
		return errno;
	return result(open_by_handle_at(AT_FDCWD, &handle.h, O_RDONLY));
}

static int
try_kernel_log(const struct attempt *a)
{
	return klogctl(10, NULL, 0) >= 0 ? 0 : errno;
}

/* With the right to, it would look at the descriptor. */
static int
try_module(const struct attempt *a)
{
	if (syscall(SYS_finit_module, -1, "", 0) == 0 || errno == EBADF)
		return 0;
	return errno;
}

/* --- privileges --- */

static int
try_capabilities(const struct attempt *a)
{
	static const char *const sets[] = {
		"CapEff:", "CapPrm:", "CapBnd:", "CapInh:", "CapAmb:"
	};
	char line[256];
	uint64_t mask;
	FILE *fp;
	size_t i;
	int ret = EPERM;

	if ((fp = fopen("/proc/self/status", "re")) == NULL)
		return errno;
	while (fgets(line, sizeof(line), fp) != NULL) {
		for (i = 0; i < NELEM(sets); i++) {
			if (strncmp(line, sets[i], strlen(sets[i])) == 0 &&
			    sscanf(line + strlen(sets[i]), "%" SCNx64, &mask) ==
				1 &&
			    mask != 0)
				ret = 0;
		}
	}
	fclose(fp);
	return ret;
}

static int
try_new_privileges(const struct attempt *a)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0 ? 0 : EPERM;
}

/* --- the terminal --- */

static int
try_typing(const struct attempt *a)
{
	return result(ioctl(STDIN_FILENO, TIOCSTI, " "));
}

/* A pseudo-terminal has no console: its own error says that it was asked. */
static int
try_pasting(const struct attempt *a)
{
	char what = 3;

	if (ioctl(STDIN_FILENO, TIOCLINUX, &what) == 0 || errno == ENOTTY ||
	    errno == EINVAL)
		return 0;
	return errno;
}

static int
try_discipline(const struct attempt *a)
{
	int normal = 0;

	return result(ioctl(STDIN_FILENO, TIOCSETD, &normal));
}

/* --- other ways to call --- */

#if defined(__x86_64__) && !defined(__ILP32__)
/* Number 20 is getpid there. */
static int
try_call_32(const struct attempt *a)
{
	long ret = 20;

	__asm__ volatile("int $0x80"
			 : "+a"(ret)
			 :
			 : "r8", "r9", "r10", "r11", "memory");
	return ret == getpid() ? 0 : ENOSYS;
}

static int
try_call_x32(const struct attempt *a)
{
	return result(syscall(X32_BIT | SYS_getpid));
}

static int
try_modify_ldt(const struct attempt *a)
{
	char room[64];

	return result(syscall(SYS_modify_ldt, 0, room, sizeof(room)));
}
#else
static int
try_call_32(const struct attempt *a)
{
	return ABSENT;
}
#define try_call_x32   try_call_32
#define try_modify_ldt try_call_32
#endif

const struct attempt check_kernel[] = {
	{ "key-search", try_key, "ringlet-check-{id}", 0, 0, 0 },
	{ "key-request", try_key, "ringlet-check-{id}", 1, 0, 0 },
	{ "key-add", try_key, "ringlet-check-{id}.left", 2, 0, 0 },
	{ "io-uring", try_io_uring, NULL, 0, 0, 0 },
	{ "bpf", try_bpf, NULL, 0, 0, 0 },
	{ "perf", try_perf, NULL, 0, 0, 0 },
	{ "userfaultfd", try_userfaultfd, NULL, 0, 0, 0 },
	{ "fanotify", try_fanotify, NULL, 0, 0, 0 },
	{ "userns-unshare", try_unshare, NULL, CLONE_NEWUSER, 0, 0 },
	{ "userns-clone", try_clone, NULL, 0, 0, 0 },
	{ "userns-clone3", try_clone, NULL, 1, 0, 0 },
	{ "userns-mount", try_unshare, NULL, CLONE_NEWUSER | CLONE_NEWNS, 0,
	    0 },
	{ "mount", try_mount, NULL, 0, 0, 0 },
	{ "mount-new", try_open_tree, NULL, 0, 0, 0 },
	{ "remount", try_remount, NULL, 0, 0, 0 },
	{ "unmount", try_unmount, NULL, 0, 0, 0 },
	{ "chroot", try_chroot, NULL, 0, 0, 0 },
	{ "setns", try_setns, NULL, 0, 0, 0 },
	{ "handle", try_handle, NULL, 0, 0, 0 },
	{ "kernel-log", try_kernel_log, NULL, 0, 0, 0 },
	{ "module", try_module, NULL, 0, 0, 0 },
	{ "capabilities", try_capabilities, NULL, 0, 0, 0 },
	{ "new-privileges", try_new_privileges, NULL, 0, 0, 0 },
	{ "typing", try_typing, NULL, 0, 0, 0 },
	{ "pasting", try_pasting, NULL, 0, 0, 0 },
	{ "discipline", try_discipline, NULL, 0, 0, 0 },
	{ "call-32", try_call_32, NULL, 0, 0, 0 },
	{ "call-x32", try_call_x32, NULL, 0, 0, 0 },
	{ "modify-ldt", try_modify_ldt, NULL, 0, 0, 0 },
};
const size_t check_nkernel = NELEM(check_kernel);
