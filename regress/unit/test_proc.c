/*
 * Starting programs: what a child gets and what it does not, failures told
 * where they happen, and death that follows the parent's.  The children are
 * shell scripts that report over descriptor 3.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "proc.h"
#include "suites.h"

#define SH "/bin/sh"

static char *const env[] = { (char *)"PATH=/usr/bin:/bin", (char *)"CANARY=1",
	NULL };

/* Starts a script and returns our end of its channel. */
static int
spawn(const char *script, bool seal, struct proc *p)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	struct proc_spec spec = {
		.path = SH, .argv = argv, .envp = env, .seal = seal
	};
	int sv[2];

	ck_assert_int_eq(fd_pair(sv), 0);
	spec.channel = sv[1];
	ck_assert_msg(proc_spawn(&spec, p) == 0, "%s", strerror(errno));
	ck_assert_int_gt(p->pid, 0);
	ck_assert_int_eq(fcntl(sv[1], F_GETFD), FD_CLOEXEC);
	close(sv[1]);
	return sv[0];
}

static int
wait_end(struct proc *p)
{
	int r, status = -1;

	while ((r = proc_reap(p, &status)) == 0)
		poll(NULL, 0, 2);
	ck_assert_int_eq(r, 1);
	ck_assert_int_eq(p->pid, 0);
	ck_assert_int_eq(p->pidfd, -1);
	return status;
}

/* Everything a script says on its channel. */
static char *
listen_to(int fd)
{
	static char out[8192];
	size_t used = 0;
	ssize_t n;

	while ((n = read(fd, out + used, sizeof(out) - 1 - used)) > 0)
		used += (size_t)n;
	ck_assert_int_eq((int)n, 0);
	close(fd);
	out[used] = '\0';
	return out;
}

static void
expect(const char *script, bool seal, const char *want)
{
	struct proc p;
	int fd = spawn(script, seal, &p);

	ck_assert_str_eq(listen_to(fd), want);
	ck_assert_int_eq(wait_end(&p), 0);
}

START_TEST(channel_both_ways)
{
	struct proc p;
	int fd = spawn("read x <&3; echo \"got $x\" >&3; exit 7", false, &p);

	ck_assert(!p.sealed);
	ck_assert_int_eq((int)write(fd, "word\n", 5), 5);
	ck_assert_str_eq(listen_to(fd), "got word\n");
	ck_assert_int_eq(WEXITSTATUS(wait_end(&p)), 7);
}
END_TEST

START_TEST(inherits_nothing)
{
	sigset_t set;
	int leak[3];

	/* Descriptors without close-on-exec, low and high. */
	ck_assert_int_ge(leak[0] = dup(STDERR_FILENO), 0);
	ck_assert_int_eq(leak[1] = dup2(STDERR_FILENO, 200), 200);
	ck_assert_int_eq(leak[2] = dup2(STDERR_FILENO, 57), 57);
	/* Signals blocked and ignored. */
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);

	/* The last one is ls's own, to read the folder. */
	expect("exec ls /proc/self/fd >&3", false, "0\n1\n2\n3\n4\n");
	expect("x=$(readlink /proc/$$/fd/0 /proc/$$/fd/1); echo $x >&3", false,
	    "/dev/null /dev/null\n");
	expect("env | grep -v -e ^PWD= -e ^_= | sort >&3", false,
	    "CANARY=1\nPATH=/usr/bin:/bin\n");
	/* But two that the C library keeps for itself and nobody resets. */
	expect("while read k v; do case $k in SigBlk:|SigIgn:) "
	       "echo $k $((0x$v & ~0x180000000)) >&3;; esac; "
	       "done </proc/self/status",
	    false, "SigBlk: 0\nSigIgn: 0\n");
	expect("pwd >&3", false, "/\n");
	/* A session of its own. */
	expect("set -- $(cat /proc/$$/stat); "
	       "[ $6 = $$ ] && echo leader >&3",
	    false, "leader\n");
	for (int i = 0; i < 3; i++)
		close(leak[i]);
}
END_TEST

/*
 * Starts a script whose channel is our descriptor `at`, and says whether it
 * came up.  In a process of its own, since check has its own at 3 or so.
 */
static int
spawn_from(int at)
{
	char *argv[] = { (char *)"sh", (char *)"-c", (char *)"echo here >&3",
		NULL };
	struct proc_spec spec = { .path = SH, .argv = argv, .envp = env };
	struct proc p;
	int sv[2], ours, theirs, status;
	char said[8] = "";

	closefrom(3);
	if (fd_pair(sv) != 0 || (ours = fcntl(sv[0], F_DUPFD, 30)) == -1 ||
	    (theirs = fcntl(sv[1], F_DUPFD, 30)) == -1)
		return 10;
	closefrom(32);
	close(sv[0]);
	close(sv[1]);
	if (dup3(theirs, at, O_CLOEXEC) != at)
		return 11;
	close(theirs);
	spec.channel = at;
	if (proc_spawn(&spec, &p) != 0)
		return 12;
	close(at);
	if (read(ours, said, 5) != 5 || strcmp(said, "here\n") != 0)
		return 13;
	if (waitpid(p.pid, &status, 0) != p.pid || status != 0)
		return 14;
	return 0;
}

START_TEST(any_descriptor)
{
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0)
		_exit(spawn_from(_i));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(exec_failure_is_told)
{
	char *argv[] = { (char *)"x", NULL };
	struct proc_spec spec = { .argv = argv, .envp = env };
	static const struct {
		const char *path;
		int error;
	} rows[] = {
		{ "/nonexistent/program", ENOENT },
		{ "/", EACCES },
		{ "/etc/passwd", EACCES },
		{ "/bin/sh/x", ENOTDIR },
	};
	struct proc p;
	int sv[2], before;

	ck_assert_int_eq(fd_pair(sv), 0);
	spec.channel = sv[1];
	ck_assert_int_ge(before = dup(0), 0);
	close(before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int seal = 0; seal < 2; seal++) {
			spec.path = rows[i].path;
			spec.seal = seal != 0;
			errno = 0;
			ck_assert_int_eq(proc_spawn(&spec, &p), RL_ERR_SYSTEM);
			ck_assert_int_eq(errno, rows[i].error);
			ck_assert_int_eq(p.pid, 0);
			ck_assert_int_eq(p.pidfd, -1);
			ck_assert(!p.sealed);
		}
	/* No zombie and no descriptor is left. */
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(dup(0), before);
	close(before);

	spec.path = SH;
	spec.channel = -1;
	ck_assert_int_eq(proc_spawn(&spec, &p), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, EBADF);
	close(sv[0]);
	close(sv[1]);
}
END_TEST

START_TEST(seals)
{
	static const char *const ns[] = { "user", "mnt", "pid", "net", "ipc",
		"uts" };
	char script[256], path[64], ours[64], want[64];
	struct proc p;
	ssize_t n;
	int fd;

	/* As the monitor is; see secret_init(). */
	ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 0), 0);
	fd = spawn("exit 0", true, &p);
	close(fd);
	ck_assert_int_eq(wait_end(&p), 0);
	fd = spawn("read x <&3", true, &p);
	if (!p.sealed) {
		/* A kernel that forbids it; then it has to run plainly. */
		close(fd);
		wait_end(&p);
		expect("echo up >&3", true, "up\n");
		return;
	}
	close(fd);
	wait_end(&p);
	expect("echo $$ $(id -u) $(id -g) >&3", true, "1 0 0\n");
	snprintf(want, sizeof(want), "0 %u 1\n", (unsigned)geteuid());
	expect("set -- $(cat /proc/self/uid_map); echo $* >&3", true, want);
	snprintf(want, sizeof(want), "0 %u 1\n", (unsigned)getegid());
	expect("set -- $(cat /proc/self/gid_map); echo $* >&3", true, want);
	expect("cat /proc/self/setgroups >&3", true, "deny\n");
	for (size_t i = 0; i < sizeof(ns) / sizeof(*ns); i++) {
		snprintf(path, sizeof(path), "/proc/self/ns/%s", ns[i]);
		prctl(PR_SET_DUMPABLE, 1);
		n = readlink(path, ours, sizeof(ours) - 1);
		prctl(PR_SET_DUMPABLE, 0);
		ck_assert_int_gt((int)n, 0);
		ours[n] = '\0';
		snprintf(script, sizeof(script),
		    "[ $(readlink %s) != '%s' ] && echo new >&3", path, ours);
		expect(script, true, "new\n");
	}
	/* It may do there what its seal needs. */
	expect("mount -t tmpfs none /mnt && hostname x && echo ok >&3", true,
	    "ok\n");
}
END_TEST

START_TEST(signals_and_descriptions)
{
	struct proc p, none = { .pidfd = -1 };
	char text[64];
	int fd, status;

	fd = spawn("read x <&3", false, &p);
	ck_assert_int_eq(proc_reap(&p, &status), 0);
	ck_assert_int_eq(proc_signal(&p, 0), 0);
	ck_assert_int_eq(proc_signal(&p, SIGTERM), 0);
	status = wait_end(&p);
	ck_assert_str_eq(proc_describe(status, text, sizeof(text)),
	    "was killed by signal 15 (Terminated)");
	close(fd);
	/* Never a group, never a number that is somebody else's now. */
	ck_assert_int_eq(proc_signal(&p, SIGTERM), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_int_eq(proc_signal(&none, SIGTERM), RL_ERR_SYSTEM);
	ck_assert_int_eq(proc_reap(&p, &status), RL_ERR_SYSTEM);
	ck_assert_int_eq(errno, ECHILD);

	fd = spawn("exit 3", false, &p);
	close(fd);
	ck_assert_str_eq(proc_describe(wait_end(&p), text, sizeof(text)),
	    "exited with status 3");
	/* Without a pidfd, too; even one that is pid 1 of a namespace. */
	fd = spawn("read x <&3", true, &p);
	close(p.pidfd);
	p.pidfd = -1;
	ck_assert_int_eq(proc_signal(&p, SIGKILL), 0);
	status = wait_end(&p);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	close(fd);
	proc_describe(status, text, 10);
	ck_assert_str_eq(text, "was kille");
}
END_TEST

/* A child, sealed or not, is killed when its parent is. */
START_TEST(dies_with_parent)
{
	struct proc p;
	struct pollfd pfd;
	int sv[2], fd, status;
	char c;
	pid_t pid;

	ck_assert_int_eq(fd_pair(sv), 0);
	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		/* The grandchild holds a copy of sv[1]: its descriptor 2. */
		dup2(sv[1], STDERR_FILENO);
		fd = spawn("trap '' TERM; echo up >&2; while :; do "
			   "sleep 1; done",
		    _i != 0, &p);
		close(sv[0]);
		close(sv[1]);
		pause();
		_exit(fd);
	}
	close(sv[1]);
	ck_assert_int_eq((int)read(sv[0], &c, 1), 1);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	/* Its end of the pair closes once it is gone (sleep too, in 1 s). */
	pfd.fd = sv[0];
	pfd.events = POLLIN;
	do {
		ck_assert_int_eq(poll(&pfd, 1, 10000), 1);
	} while (read(sv[0], &c, 1) > 0);
	close(sv[0]);
}
END_TEST

static void
begin_in_child(int fd3, int want)
{
	int status;
	pid_t pid;

	ck_assert_int_ne(pid = fork(), -1);
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		dup2(null, STDERR_FILENO);
		if (fd3 == -1)
			close(PROC_CHANNEL_FD);
		else if (fd3 == PROC_CHANNEL_FD)
			fcntl(fd3, F_SETFD, 0);
		else
			dup2(fd3, PROC_CHANNEL_FD);
		dup2(null, 40);
		proc_child_begin();
		if (fcntl(PROC_CHANNEL_FD, F_GETFD) != FD_CLOEXEC ||
		    fcntl(40, F_GETFD) != -1 ||
		    fcntl(PROC_CHANNEL_FD + 1, F_GETFD) != -1)
			_exit(9);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "status 0x%x", status);
	ck_assert_int_eq(WEXITSTATUS(status), want);
}

START_TEST(child_begin)
{
	int sv[2], p[2], dgram[2], l;

	ck_assert_int_eq(fd_pair(sv), 0);
	ck_assert_int_eq(pipe(p), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, dgram), 0);
	ck_assert_int_ge(l = socket(AF_INET, SOCK_STREAM, 0), 0);
	begin_in_child(sv[0], 0);
	begin_in_child(-1, 1);
	begin_in_child(p[0], 1);
	begin_in_child(dgram[0], 1);
	begin_in_child(l, 1);
}
END_TEST

Suite *
suite_proc(void)
{
	Suite *s = suite_create("proc");
	TCase *tc = tcase_create("proc");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, channel_both_ways);
	tcase_add_test(tc, inherits_nothing);
	tcase_add_loop_test(tc, any_descriptor, 0, 13);
	tcase_add_test(tc, exec_failure_is_told);
	tcase_add_test(tc, seals);
	tcase_add_test(tc, signals_and_descriptions);
	tcase_add_loop_test(tc, dies_with_parent, 0, 2);
	tcase_add_test(tc, child_begin);
	suite_add_tcase(s, tc);
	return s;
}
