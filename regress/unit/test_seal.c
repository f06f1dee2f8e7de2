/*
 * The seal, looked at from inside and outside.  Each test seals a process of
 * its own and has it do what serving needs, then what a stranger who had
 * taken it over would want.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "ringletd/seal.h"
#include "suites.h"

#define NAMESPACES \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | \
	    CLONE_NEWIPC | CLONE_NEWUTS)

/* A child's verdict: 0 is good, else the line that saw what was wrong. */
#define REQUIRE(cond) \
	do { \
		if (!(cond)) \
			_exit(__LINE__ % 250 + 1); \
	} while (0)

static void
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	REQUIRE(fd != -1);
	REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/*
 * Runs child(sock) in a process with these namespaces (0: none) and returns
 * its wait status; *sock is our end.  -1: the kernel refuses namespaces.
 */
static pid_t
start(unsigned long flags, void (*child)(int), int *sock)
{
	int sv[2];
	char uid[32], gid[32];
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	snprintf(uid, sizeof(uid), "0 %u 1", (unsigned)geteuid());
	snprintf(gid, sizeof(gid), "0 %u 1", (unsigned)getegid());
	pid = (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL,
	    NULL);
	if (pid == 0) {
		close(sv[0]);
		if (flags != 0) {
			put("/proc/self/setgroups", "deny");
			put("/proc/self/uid_map", uid);
			put("/proc/self/gid_map", gid);
		}
		child(sv[1]);
		_exit(0);
	}
	close(sv[1]);
	*sock = sv[0];
	return pid;
}

static int
end(pid_t pid, int sock)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	close(sock);
	return status;
}

/* What serving takes, and what it must not be able to do. */
static void
use_and_abuse(int sock)
{
	char *p, c = 'x';

	REQUIRE(send(sock, &c, 1, MSG_NOSIGNAL) == 1);
	REQUIRE(recv(sock, &c, 1, 0) == 1);
	REQUIRE((p = malloc(1024 * 1024)) != NULL);
	memset(p, 1, 1024 * 1024);
	free(p);
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	REQUIRE(p != MAP_FAILED);

	REQUIRE(open("/etc/passwd", O_RDONLY) == -1 && errno == EPERM);
	REQUIRE(socket(AF_INET, SOCK_STREAM, 0) == -1 && errno == EPERM);
	REQUIRE(kill(1, 0) == -1 && errno == EPERM);
	REQUIRE(kill(-1, SIGKILL) == -1 && errno == EPERM);
	REQUIRE(fork() == -1 && errno == EPERM);
	REQUIRE(mprotect(p, 4096, PROT_EXEC) == -1 && errno == EPERM);
	/* The low 32 bits alone say "no exec": the kernel looks at all. */
	REQUIRE(syscall(SYS_mprotect, p, 4096, 0x100000004UL) == -1);
}

static void
plain(int sock)
{
	struct seal s;

	REQUIRE(seal_enter(&s) == 0);
	REQUIRE(!s.full);
	REQUIRE(strstr(s.text, "namespaces") != NULL);
	use_and_abuse(sock);
}

START_TEST(reduced_without_namespaces)
{
	int sock, status;
	pid_t pid;
	char c;

	pid = start(0, plain, &sock);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(read(sock, &c, 1), 1);
	ck_assert_int_eq(write(sock, &c, 1), 1);
	status = end(pid, sock);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", status);
}
END_TEST

static void
full(int sock)
{
	struct seal s;

	REQUIRE(seal_enter(&s) == 0);
	/* Only the kernel's lack of Landlock may make it less. */
	REQUIRE(s.full || strstr(s.text, "Landlock") != NULL);
	REQUIRE(strstr(s.text, "namespaces") == NULL);
	REQUIRE(strstr(s.text, "root") == NULL);
	use_and_abuse(sock);
}

/* Whether /proc/PID/status has this line. */
static bool
status_has(pid_t pid, const char *line)
{
	char path[64], buf[256];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	while (fgets(buf, sizeof(buf), f) != NULL) {
		buf[strcspn(buf, "\n")] = '\0';
		if (strcmp(buf, line) == 0)
			found = true;
	}
	fclose(f);
	return found;
}

START_TEST(full_with_namespaces)
{
	int sock, status;
	pid_t pid;
	char c;

	pid = start(NAMESPACES, full, &sock);
	if (pid == -1) {
		close(sock);
		return; /* this kernel has none for us: see the other test */
	}
	/* It has sealed itself, and waits. */
	if (read(sock, &c, 1) == 1) {
		ck_assert(status_has(pid, "CapPrm:\t0000000000000000"));
		ck_assert(status_has(pid, "CapEff:\t0000000000000000"));
		ck_assert(status_has(pid, "CapBnd:\t0000000000000000"));
		ck_assert(status_has(pid, "NoNewPrivs:\t1"));
		ck_assert(status_has(pid, "Seccomp:\t2"));
		ck_assert_int_eq(write(sock, &c, 1), 1);
	}
	status = end(pid, sock);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "status %#x", status);
}
END_TEST

#ifndef WITH_SANITIZERS
static void
unlisted(int sock)
{
	struct utsname u;
	struct seal s;

	(void)sock;
	REQUIRE(seal_enter(&s) == 0);
	(void)uname(&u);
}

/* With sanitizers it fails instead: see seal-linux.c. */
START_TEST(an_unlisted_call_kills)
{
	int sock, status;
	pid_t pid;

	pid = start(0, unlisted, &sock);
	ck_assert_int_gt(pid, 0);
	status = end(pid, sock);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS,
	    "status %#x", status);
}
END_TEST
#endif

static void
aborting(int sock)
{
	struct seal s;

	(void)sock;
	REQUIRE(seal_enter(&s) == 0);
	abort();
}

START_TEST(an_abort_is_an_abort)
{
	int sock, status;
	pid_t pid;

	pid = start(0, aborting, &sock);
	ck_assert_int_gt(pid, 0);
	status = end(pid, sock);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT,
	    "status %#x", status);
}
END_TEST

Suite *
suite_seal(void)
{
	Suite *s = suite_create("seal");
	TCase *tc = tcase_create("linux");

	tcase_add_test(tc, reduced_without_namespaces);
	tcase_add_test(tc, full_with_namespaces);
#ifndef WITH_SANITIZERS
	tcase_add_test(tc, an_unlisted_call_kills);
#endif
	tcase_add_test(tc, an_abort_is_an_abort);
	suite_add_tcase(s, tc);
	return s;
}
