/*
 * The jail in which a program says its version: see version.h.
 *
 * The program is taken to be hostile, but for what the user would let it do
 * anyway once they run it: it may try to hang, to fork, to print without an
 * end, to stay.  It has no network, sees no home, inherits nothing, and is the
 * child of a process that waits until the last of what it started is gone.
 */

#include "config.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "loop.h"
#include "msgdef.h"
#include "platform.h"
#include "ringlet-sandboxer/jail-seccomp.h"
#include "valid.h"
#include "version.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define RUN_MS	    5000	  /* for all of it */
#define FLOOD	    (1024 * 1024) /* bytes printed; more is no version */
#define TMP_SIZE    "67108864"	  /* bytes of its /tmp */
#define FILE_SIZE   (16 * 1024 * 1024)
#define DATA_SIZE   (8ULL << 30) /* runtimes reserve what they never use */
#define CPU_SECONDS 10
#define FILES	    1024
#define PROCESSES   128 /* threads count */
#define WORDS	    128
#define WORDS_SAID  256 /* bytes of its standard error */
#define INFO_MAX    512

/* Numbers that bwrap gets its descriptors at. */
enum { FD_INFO = 4, FD_BLOCK, FD_SECCOMP, FD_FIRST_FREE };

static const char *const fixed[] = {
	"--unshare-user",
	"--unshare-pid",
	"--unshare-net",
	"--unshare-ipc",
	"--unshare-uts",
	"--unshare-cgroup-try",
	"--cap-drop",
	"ALL",
	"--die-with-parent",
	"--clearenv",
	"--setenv",
	"HOME",
	"/tmp",
	"--setenv",
	"LANG",
	"C.UTF-8",
	"--setenv",
	"TERM",
	"dumb",
	"--setenv",
	"NO_COLOR",
	"1",
	"--dev",
	"/dev",
	"--remount-ro",
	"/dev",
	"--size",
	TMP_SIZE,
	"--tmpfs",
	"/tmp",
};

/* Folders of the system that programs need; links are made again. */
static const char *const system_dirs[] = {
	"/usr",
	"/bin",
	"/sbin",
	"/lib",
	"/lib32",
	"/lib64",
	"/libx32",
	"/opt",
	"/nix/store",
};

/* Of /etc what the dynamic linker and links of programs need. */
static const char *const etc_files[] = {
	"/etc/alternatives",
	"/etc/ld.so.cache",
	"/etc/ld.so.conf",
	"/etc/ld.so.conf.d",
};

struct run {
	const char *words[WORDS];
	size_t nwords;
	char links[NELEM(system_dirs)][256];
	char *path; /* PATH inside */
	int out[2], err[2], info[2], block[2];
	int seccomp;
	pid_t pid; /* bwrap, leader of a group; 0: not started */
	int pidfd;
	char said[WORDS_SAID];
	size_t nsaid;
	size_t printed; /* in all */
};

/* --- bwrap's words --- */

static void
put(struct run *r, const char *word)
{
	/* The tables above and 16 binds leave room. */
	if (r->nwords < WORDS - 1)
		r->words[r->nwords++] = word;
}

static void
put3(struct run *r, const char *a, const char *b, const char *c)
{
	put(r, a);
	put(r, b);
	put(r, c);
}

static void
put_system(struct run *r)
{
	struct stat st;
	ssize_t n;

	for (size_t i = 0; i < NELEM(system_dirs); i++) {
		if (lstat(system_dirs[i], &st) == -1)
			continue;
		if (S_ISDIR(st.st_mode)) {
			put3(r, "--ro-bind", system_dirs[i], system_dirs[i]);
			continue;
		}
		n = readlink(
		    system_dirs[i], r->links[i], sizeof(r->links[i]) - 1);
		if (n > 0) {
			r->links[i][n] = '\0';
			put3(r, "--symlink", r->links[i], system_dirs[i]);
		}
	}
	for (size_t i = 0; i < NELEM(etc_files); i++)
		put3(r, "--ro-bind-try", etc_files[i], etc_files[i]);
}

/* whole: with a fresh /proc, which some containers forbid. */
static void
make_words(struct run *r, const struct msg_version_ask *q, const char *bwrap,
    bool whole)
{
	r->nwords = 0;
	put(r, bwrap);
	for (size_t i = 0; i < NELEM(fixed); i++)
		put(r, fixed[i]);
	put3(r, "--setenv", "PATH", r->path);
	if (whole) {
		put3(r, "--disable-userns", "--proc", "/proc");
	} else {
		put(r, "--dir");
		put(r, "/proc");
	}
	put_system(r);
	for (size_t i = 0; i < q->binds.n; i++)
		put3(r, "--ro-bind", q->binds.v[i], q->binds.v[i]);
	put3(r, "--chdir", "/tmp", "--remount-ro");
	put(r, "/");
	put3(r, "--info-fd", "4", "--block-fd");
	put3(r, "5", "--seccomp", "6");
	put3(r, "--", q->path, q->argument);
	r->words[r->nwords] = NULL;
}

/* The filter of agents, as a file that bwrap reads; -1: there is none. */
static int
open_filter(void)
{
	FILE *f = NULL;
	uint8_t *prog = NULL;
	size_t len;
	int fd = -1;

	if (jail_seccomp_build(0, &prog, &len) == 0 &&
	    (f = tmpfile()) != NULL && fwrite(prog, 1, len, f) == len &&
	    fflush(f) == 0 && fseek(f, 0, SEEK_SET) == 0)
		fd = fcntl(fileno(f), F_DUPFD_CLOEXEC, 0);
	if (f != NULL)
		(void)fclose(f);
	free(prog);
	return fd;
}

/* --- the child --- */

static int
set_limit(int what, rlim_t most)
{
	struct rlimit rl;

	if (getrlimit(what, &rl) == -1)
		return -1;
	if (rl.rlim_max == RLIM_INFINITY || rl.rlim_max > most)
		rl.rlim_max = most;
	rl.rlim_cur = rl.rlim_max;
	return setrlimit(what, &rl);
}

static bool
set_limits(void)
{
	int fd;

	/* Where memory ends, it is the first to go. */
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd != -1) {
		if (write(fd, "1000", 4) != 4)
			errno = 0; /* it may be so already */
		close(fd);
	}
	(void)setpriority(PRIO_PROCESS, 0, 10);
	/* Not the user's keys in the kernel. */
	(void)syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
	return set_limit(RLIMIT_CORE, 0) == 0 &&
	       set_limit(RLIMIT_FSIZE, FILE_SIZE) == 0 &&
	       set_limit(RLIMIT_DATA, (rlim_t)DATA_SIZE) == 0 &&
	       set_limit(RLIMIT_NOFILE, FILES) == 0 &&
	       set_limit(RLIMIT_CPU, CPU_SECONDS) == 0;
}

static void __attribute__((__noreturn__)) child(const struct run *r)
{
	static char *no_env[] = { NULL };
	/* Beyond the numbers that they are to get. */
	int info = fcntl(r->info[1], F_DUPFD, FD_FIRST_FREE);
	int block = fcntl(r->block[0], F_DUPFD, FD_FIRST_FREE);
	int filter = fcntl(r->seccomp, F_DUPFD, FD_FIRST_FREE);
	int out = fcntl(r->out[1], F_DUPFD, FD_FIRST_FREE);
	int err = fcntl(r->err[1], F_DUPFD, FD_FIRST_FREE);

	(void)signal(SIGPIPE, SIG_DFL);
	if (setsid() != -1 && info != -1 && block != -1 && filter != -1 &&
	    out != -1 && err != -1 && dup2(out, STDOUT_FILENO) != -1 &&
	    dup2(err, STDERR_FILENO) != -1 && dup2(info, FD_INFO) != -1 &&
	    dup2(block, FD_BLOCK) != -1 && dup2(filter, FD_SECCOMP) != -1 &&
	    chdir("/") == 0 && set_limits()) {
		close(3); /* the channel */
		closefrom(FD_FIRST_FREE);
		execve(r->words[0], (char **)(uintptr_t)r->words, no_env);
	}
	dprintf(STDERR_FILENO, "bwrap: %s", strerror(errno));
	_exit(127);
}

/* --- the parent --- */

static void
close_pair(int fds[2])
{
	fd_close(fds[0]);
	fd_close(fds[1]);
	fds[0] = fds[1] = -1;
}

static int
start(struct run *r)
{
	if (pipe2(r->out, O_CLOEXEC) == -1 || pipe2(r->err, O_CLOEXEC) == -1 ||
	    pipe2(r->info, O_CLOEXEC) == -1 || pipe2(r->block, O_CLOEXEC) == -1)
		return RL_ERR_SYSTEM;
	if ((r->pid = fork()) == -1) {
		r->pid = 0;
		return RL_ERR_SYSTEM;
	}
	if (r->pid == 0)
		child(r);
	fd_close(r->out[1]);
	fd_close(r->err[1]);
	fd_close(r->info[1]);
	fd_close(r->block[0]);
	r->out[1] = r->err[1] = r->info[1] = r->block[0] = -1;
	if ((r->pidfd = platform_pidfd(r->pid)) == -1 ||
	    fd_nonblock(r->out[0]) != 0 || fd_nonblock(r->err[0]) != 0)
		return RL_ERR_SYSTEM;
	return 0;
}

/*
 * Kills all of it, and waits for it.  bwrap and the first process of its
 * namespace are one group; that process takes all others in it along.  What
 * loses its parent meanwhile becomes our child (PR_SET_CHILD_SUBREAPER).
 */
static int
end_all(struct run *r)
{
	int status = 0, s;
	pid_t pid;

	if (r->pid == 0)
		return 0;
	(void)kill(-r->pid, SIGKILL);
	(void)kill(r->pid, SIGKILL);
	while ((pid = waitpid(-1, &s, 0)) != -1 || errno == EINTR)
		if (pid == r->pid)
			status = s;
	return status;
}

/* Ends once bwrap has ended (1), time is up (0), or nobody waits (-1). */
static int
wait_event(struct run *r, int channel, int also, uint64_t end)
{
	struct pollfd p[] = { { r->pidfd, POLLIN, 0 }, { channel, 0, 0 },
		{ also, POLLIN, 0 }, { r->out[0], POLLIN, 0 },
		{ r->err[0], POLLIN, 0 } };
	uint64_t now = loop_now();
	nfds_t n = also != -1 ? 3 : NELEM(p);

	if (now >= end)
		return 0;
	if (poll(p, n, (int)(end - now)) == -1 && errno != EINTR)
		return 0;
	if ((p[1].revents & (POLLHUP | POLLERR)) != 0)
		return -1;
	/* A pipe at its end would be ready for ever. */
	if (also == -1 && (p[3].revents & POLLHUP) != 0 &&
	    (p[3].revents & POLLIN) == 0)
		r->out[0] = (fd_close(r->out[0]), -1);
	if (also == -1 && (p[4].revents & POLLHUP) != 0 &&
	    (p[4].revents & POLLIN) == 0)
		r->err[0] = (fd_close(r->err[0]), -1);
	if ((p[0].revents & POLLIN) != 0)
		return 1;
	return 2;
}

/* Whether a bound on processes counts those of one namespace alone. */
static bool
counts_by_namespace(void)
{
	struct utsname u;
	long major, minor = 0;
	char *end;

	if (uname(&u) == -1)
		return false;
	major = strtol(u.release, &end, 10);
	if (*end == '.')
		minor = strtol(end + 1, NULL, 10);
	return major > 5 || (major == 5 && minor >= 14);
}

/* A bound that is lower already stays. */
static bool
bound_processes(pid_t pid)
{
	struct rlimit rl;

	if (prlimit(pid, RLIMIT_NPROC, NULL, &rl) == -1)
		return false;
	if (rl.rlim_max > PROCESSES)
		rl.rlim_max = PROCESSES;
	rl.rlim_cur = rl.rlim_max;
	return prlimit(pid, RLIMIT_NPROC, &rl, NULL) == 0;
}

/*
 * bwrap says who the first process inside is, and waits: that one gets its
 * bound on processes in its own namespace, where the user's others do not
 * count.  False: bwrap has failed, or time is up.
 */
static bool
let_go(struct run *r, int channel, uint64_t end)
{
	char text[INFO_MAX] = "";
	const char *p;
	size_t len = 0;
	ssize_t n;
	long pid;

	for (;;) {
		if (wait_event(r, channel, r->info[0], end) <= 0)
			return false;
		n = read(r->info[0], text + len, sizeof(text) - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
		if (strchr(text, '}') != NULL)
			break;
	}
	if ((p = strstr(text, "\"child-pid\":")) == NULL)
		return false;
	pid = strtol(p + 12, NULL, 10);
	if (pid <= 1 || pid > INT_MAX ||
	    (counts_by_namespace() && !bound_processes((pid_t)pid)))
		return false;
	return write(r->block[1], "x", 1) == 1;
}

/* Takes what is there to be read; the first size bytes are kept. */
static void
drain(int fd, char *p, size_t size, size_t *len, size_t *all)
{
	char block[4096];
	size_t keep;
	ssize_t n;

	while (fd != -1 && *all <= FLOOD &&
	       (n = read(fd, block, sizeof(block))) > 0) {
		keep = (size_t)n < size - *len ? (size_t)n : size - *len;
		memcpy(p + *len, block, keep);
		*len += keep;
		*all += (size_t)n;
	}
}

/* What its standard error begins with, escaped, on one line. */
static void
said(struct run *r, char *dst, size_t size)
{
	char raw[WORDS_SAID + 1];
	size_t n = r->nsaid;

	memcpy(raw, r->said, n);
	raw[n] = '\0';
	raw[strcspn(raw, "\n")] = '\0';
	for (char *p = raw; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
			*p = '?';
	(void)text_escape(dst, size, raw);
}

static int
judge(struct run *r, int event, int status, char *why, size_t size)
{
	char words[WORDS_SAID * 4];

	said(r, words, sizeof(words));
	if (event == -1) {
		(void)snprintf(why, size, "nobody waits for it");
		return RL_ERR_UNAVAILABLE;
	}
	if (r->printed > FLOOD) {
		(void)snprintf(why, size, "it prints without an end");
		return RL_ERR_TOOBIG;
	}
	if (event == 0) {
		(void)snprintf(why, size, "it has not ended within %d seconds",
		    RUN_MS / 1000);
		return RL_ERR_TIMEOUT;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (strncmp(words, "bwrap: ", 7) == 0) {
		(void)snprintf(why, size, "no jail to ask it in: %s", words);
		return RL_ERR_JAIL;
	}
	if (WIFEXITED(status))
		(void)snprintf(why, size, "it ended with status %d%s%s",
		    WEXITSTATUS(status), *words != '\0' ? ": " : "", words);
	else
		(void)snprintf(
		    why, size, "it was killed by signal %d", WTERMSIG(status));
	return RL_ERR_UNAVAILABLE;
}

static int
run_once(
    struct run *r, int channel, char *out, size_t *len, char *why, size_t size)
{
	uint64_t end = loop_now() + RUN_MS;
	size_t errors = 0;
	int event = 1, status, e;

	*len = r->nsaid = r->printed = 0;
	if ((e = start(r)) != 0)
		(void)snprintf(
		    why, size, "it cannot be started: %s", strerror(errno));
	if (e == 0 && let_go(r, channel, end)) {
		do {
			event = wait_event(r, channel, -1, end);
			drain(
			    r->out[0], out, VERSION_TEXT_MAX, len, &r->printed);
			drain(r->err[0], r->said, sizeof(r->said), &r->nsaid,
			    &errors);
			if (errors > FLOOD)
				r->printed = errors;
		} while (event == 2 && r->printed <= FLOOD);
	} else if (e == 0)
		event = loop_now() < end ? wait_event(r, channel, r->pidfd, end)
					 : 0;
	status = end_all(r);
	if (e == 0) {
		drain(r->err[0], r->said, sizeof(r->said), &r->nsaid, &errors);
		e = judge(r, event, status, why, size);
	}
	close_pair(r->out);
	close_pair(r->err);
	close_pair(r->info);
	close_pair(r->block);
	fd_close(r->pidfd);
	r->pidfd = -1;
	r->pid = 0;
	return e;
}

int
version_jail_run(const struct msg_version_ask *q, const char *bwrap,
    int channel, char *out, size_t *len, char *why, size_t size)
{
	struct run r = { .out = { -1, -1 },
		.err = { -1, -1 },
		.info = { -1, -1 },
		.block = { -1, -1 },
		.seccomp = -1,
		.pidfd = -1 };
	int e;

	*len = 0;
	if (access(bwrap, X_OK) == -1) {
		(void)snprintf(why, size,
		    "no jail to ask it in: %s: %s: install bubblewrap", bwrap,
		    strerror(errno));
		return RL_ERR_JAIL;
	}
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1 ||
	    signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    (r.seccomp = open_filter()) == -1) {
		(void)snprintf(
		    why, size, "no jail to ask it in: %s", strerror(errno));
		return RL_ERR_JAIL;
	}
	r.path = xasprintf("%s%s/usr/local/bin:/usr/bin:/bin", q->interp_dir,
	    q->interp_dir[0] != '\0' ? ":" : "");
	make_words(&r, q, bwrap, true);
	e = run_once(&r, channel, out, len, why, size);
	/* As sessions do where /proc cannot be mounted (jail-probe.c). */
	if (e == RL_ERR_JAIL && strstr(why, "proc") != NULL &&
	    lseek(r.seccomp, 0, SEEK_SET) == 0) {
		make_words(&r, q, bwrap, false);
		e = run_once(&r, channel, out, len, why, size);
	}
	fd_close(r.seccomp);
	free(r.path);
	return e;
}
