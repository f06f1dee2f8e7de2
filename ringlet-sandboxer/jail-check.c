/*
 * ringlet-jail-check: tries to get out of the jail that it runs in.
 *
 * `ringlet sandbox check` has the daemon run it in an agent's place, in a real
 * jail and without one, and reads the lines that it prints (battery.h).  The
 * arguments KEY=VALUE name the targets, which are the command's own: files,
 * sockets and processes made to be found.  What is the user's is opened at
 * most, never changed.
 *
 *	ringlet-jail-check KEY=VALUE ...
 *	ringlet-jail-check --victim ID
 *
 * It links the C library alone.
 */

#include "config.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "jail-check.h"
#include "battery.h"

#define TRY_SECONDS   10
#define STATUS_ABSENT 250
#define STATUS_ODD    251 /* an errno that is none */

static char **arguments;
static bool descriptors;

const char *
target(const char *key)
{
	size_t len = strlen(key);
	char **v;

	for (v = arguments; *v != NULL; v++) {
		if (strncmp(*v, key, len) == 0 && (*v)[len] == '=')
			return *v + len + 1;
	}
	return NULL;
}

long
target_number(const char *key)
{
	const char *s = target(key);
	char *end;
	long n;

	if (s == NULL || *s == '\0')
		return -1;
	errno = 0;
	n = strtol(s, &end, 0);
	return errno == 0 && *end == '\0' ? n : -1;
}

/* One alternative of len bytes; false: a key is missing, or it is too long. */
static bool
expand(const char *s, size_t len, char *dst, size_t size)
{
	const char *end = s + len, *close, *value;
	char key[32];
	size_t n, out = 0;

	while (s < end) {
		if (*s != '{') {
			if (out + 1 >= size)
				return false;
			dst[out++] = *s++;
			continue;
		}
		close = memchr(s, '}', (size_t)(end - s));
		if (close == NULL || (size_t)(close - s) > sizeof(key))
			return false;
		n = (size_t)(close - s) - 1;
		memcpy(key, s + 1, n);
		key[n] = '\0';
		if ((value = target(key)) == NULL ||
		    strlen(value) >= size - out)
			return false;
		memcpy(dst + out, value, strlen(value));
		out += strlen(value);
		s = close + 1;
	}
	dst[out] = '\0';
	return true;
}

bool
target_expand(const char **from, char *dst, size_t size)
{
	const char *s;
	size_t len;

	while (*from != NULL && **from != '\0') {
		s = *from;
		len = strcspn(s, "|");
		*from = s + len + (s[len] == '|');
		if (expand(s, len, dst, size))
			return true;
	}
	return false;
}

int
target_any(
    const struct attempt *a, int (*one)(const struct attempt *, const char *))
{
	const char *from = a->on;
	char text[TEXT_MAX];
	int ret = ABSENT;

	while (target_expand(&from, text, sizeof(text))) {
		if ((ret = one(a, text)) == 0)
			return 0;
	}
	return ret;
}

int
is_secret(int fd)
{
	const char *id = target("id");
	char text[64] = "";
	ssize_t n;

	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0 || id == NULL)
		return n == -1 ? errno : ENODATA;
	return strcmp(text, id) == 0 ? 0 : ENODATA;
}

int
file_has_id(const char *path)
{
	const char *id = target("id");
	char text[TEXT_MAX];
	ssize_t n;
	int fd, error;

	if (id == NULL)
		return ABSENT;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return errno;
	n = read(fd, text, sizeof(text));
	error = errno;
	close(fd);
	if (n < 0)
		return error;
	return memmem(text, (size_t)n, id, strlen(id)) != NULL ? 0 : ESRCH;
}

bool
had_descriptors(void)
{
	return descriptors;
}

static const struct attempt *
find(const char *name)
{
	const struct {
		const struct attempt *v;
		size_t n;
	} tables[] = {
		{ check_files, check_nfiles },
		{ check_sockets, check_nsockets },
		{ check_kernel, check_nkernel },
		{ check_procs, check_nprocs },
	};
	size_t i, k;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (k = 0; k < tables[i].n; k++) {
			if (strcmp(tables[i].v[k].name, name) == 0)
				return &tables[i].v[k];
		}
	}
	return NULL;
}

static void __attribute__((__noreturn__)) child(const struct attempt *a)
{
	int ret;

	alarm(TRY_SECONDS);
	ret = a->run(a);
	if (ret == ABSENT)
		_exit(STATUS_ABSENT);
	_exit(ret >= 0 && ret < STATUS_ABSENT ? ret : STATUS_ODD);
}

static void
try(const char *name)
{
	const struct attempt *a = find(name);
	int status = 0;
	pid_t pid;

	if (a == NULL) {
		printf("%s %s absent\n", BATTERY_TAG, name);
		return;
	}
	if ((pid = fork()) == 0)
		child(a);
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	if (pid == -1)
		printf("%s %s refused %d\n", BATTERY_TAG, name, EAGAIN);
	else if (WIFSIGNALED(status))
		printf(
		    "%s %s killed %d\n", BATTERY_TAG, name, WTERMSIG(status));
	else if (WEXITSTATUS(status) == STATUS_ABSENT)
		printf("%s %s absent\n", BATTERY_TAG, name);
	else if (WEXITSTATUS(status) != 0)
		printf("%s %s refused %d\n", BATTERY_TAG, name,
		    WEXITSTATUS(status));
	else
		printf("%s %s reached\n", BATTERY_TAG, name);
}

/* What a try types must not come out among the lines. */
static void
silence(void)
{
	struct termios t;

	if (tcgetattr(STDIN_FILENO, &t) == 0) {
		t.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
		(void)tcsetattr(STDIN_FILENO, TCSANOW, &t);
	}
}

int
main(int argc, char **argv)
{
	const struct battery_attempt *list;
	size_t i, n;
	int fd, signo;

	if (argc == 3 && strcmp(argv[1], "--victim") == 0)
		victim_main(argv[2]);
	arguments = argv + 1;
	for (fd = STDERR_FILENO + 1; fd < 256; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			descriptors = true;
	}
	/* A number that is a process outside may be one of ours in a jail. */
	for (signo = SIGRTMIN; signo <= SIGRTMAX; signo++)
		(void)signal(signo, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	/* Each line is out before the next try begins. */
	silence();
	setvbuf(stdout, NULL, _IOLBF, 0);
	list = battery_attempts(&n);
	for (i = 0; i < n; i++)
		try(list[i].name);
	printf("%s end %zu\n", BATTERY_TAG, n);
	/* What a sanitizer does at exit needs ptrace. */
	_exit(fflush(stdout) == 0 ? 0 : 1);
}
