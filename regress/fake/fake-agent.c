/*
 * fake-agent: what a coding agent may do to the session it runs in, one
 * habit a word.  Its arguments are commands that it does in order:
 *
 *	say TEXT	print TEXT and a newline
 *	see		print its arguments, folder, ids, size and environment
 *	echo		read lines and print each as "echo: LINE", until the end
 *	size		print "size ROWS COLS" now and at every change, until
 *			its input ends
 *	flood BYTES	print numbered lines, BYTES of them altogether
 *	text BYTES	the same, each line ended as a terminal wants it, by CR
 *LF pattern BYTES	print so much of what pattern.h describes wait
 *read one line stubborn	ignore every signal that can be ignored, and
 *stay orphan FILE	leave a process behind that has its own session and
 *			parent; its pid goes to FILE
 *	connect PATH	say whether the unix socket PATH can be connected to
 *	abstract NAME	the same for the abstract socket NAME
 *	exit STATUS	leave with STATUS
 *	die SIGNAL	leave by SIGNAL
 *
 * Nothing here lives longer than LIFE seconds, so that a test which fails to
 * end it leaves nothing behind for good.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pattern.h"

#define LIFE 300 /* seconds */

extern char **environ;

static volatile sig_atomic_t size_changed;

static void
on_winch(int sig)
{
	size_changed = 1;
}

/* Reads a number or ends with a message that names the command. */
static unsigned long long
number(const char *command, const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || *text == '-')
		errx(2, "%s: not a number: %s", command, text);
	return value;
}

static void
print_size(void)
{
	struct winsize ws;

	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == -1)
		err(1, "size: TIOCGWINSZ");
	printf("size %u %u\n", ws.ws_row, ws.ws_col);
	fflush(stdout);
}

static void
do_size(void)
{
	struct sigaction sa;
	struct pollfd pfd;
	sigset_t winch, before;
	char byte;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_winch;
	/* Open only inside ppoll(), so that no change falls in between. */
	sigemptyset(&winch);
	sigaddset(&winch, SIGWINCH);
	if (sigprocmask(SIG_BLOCK, &winch, &before) == -1 ||
	    sigaction(SIGWINCH, &sa, NULL) == -1)
		err(1, "size: SIGWINCH");
	print_size();
	for (;;) {
		pfd.fd = STDIN_FILENO;
		pfd.events = POLLIN;
		pfd.revents = 0;
		if (ppoll(&pfd, 1, NULL, &before) == -1 && errno != EINTR)
			err(1, "size: ppoll");
		if (size_changed) {
			size_changed = 0;
			print_size();
		} else if (pfd.revents != 0 &&
			   read(STDIN_FILENO, &byte, 1) != 1)
			break;
	}
	if (sigprocmask(SIG_SETMASK, &before, NULL) == -1)
		err(1, "size: sigprocmask");
}

static void
do_see(int argc, char **argv)
{
	struct winsize ws;
	char cwd[4096];
	char **e;
	int i;

	for (i = 0; i < argc; i++)
		printf("arg %d %s\n", i, argv[i]);
	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)) != NULL ? cwd : "?");
	printf("pid %ld ppid %ld pgid %ld sid %ld\n", (long)getpid(),
	    (long)getppid(), (long)getpgrp(), (long)getsid(0));
	printf("uid %lu gid %lu\n", (unsigned long)getuid(),
	    (unsigned long)getgid());
	if (ioctl(STDIN_FILENO, TIOCGWINSZ, &ws) == 0)
		printf("size %u %u\n", ws.ws_row, ws.ws_col);
	else
		printf("size none\n");
	for (e = environ; *e != NULL; e++)
		printf("env %s\n", *e);
	fflush(stdout);
}

static void
do_echo(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) != -1) {
		printf("echo: %s", line);
		fflush(stdout);
	}
	free(line);
}

/*
 * Lines of 64 bytes, each with its own number, so that a reader can tell a
 * lost byte from one that came twice.
 */
static void
do_flood(unsigned long long bytes, const char *end)
{
	static const char fill[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char block[64 * 1024];
	unsigned long long line = 0;
	size_t len, n;
	ssize_t w;

	while (bytes > 0) {
		for (len = 0; len < sizeof(block); len += 64) {
			snprintf(block + len, 64, "%010llu %s", line++, fill);
			memcpy(
			    block + len + 64 - strlen(end), end, strlen(end));
		}
		n = bytes < len ? (size_t)bytes : len;
		for (len = 0; len < n; len += (size_t)w) {
			w = write(STDOUT_FILENO, block + len, n - len);
			if (w == -1)
				err(1, "flood: write");
		}
		bytes -= n;
	}
}

static void
do_pattern(unsigned long long bytes)
{
	static char block[64 * 1024];
	unsigned long long at = 0;
	size_t len, n;
	ssize_t w;

	for (; at < bytes; at += len) {
		len = sizeof(block);
		if (bytes - at < len)
			len = (size_t)(bytes - at);
		pattern_fill(at, block, len);
		for (n = 0; n < len; n += (size_t)w) {
			w = write(STDOUT_FILENO, block + n, len - n);
			if (w == -1)
				err(1, "pattern: write");
		}
	}
}

static void
do_wait(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1 && byte != '\n')
		;
}

static void
do_stubborn(void)
{
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGALRM)
			(void)signal(sig, SIG_IGN);
	printf("stubborn %ld\n", (long)getpid());
	fflush(stdout);
	for (;;)
		pause();
}

static void
do_orphan(const char *file)
{
	FILE *f;
	pid_t pid;
	int fds[2];
	char byte;

	if (pipe(fds) == -1)
		err(1, "orphan: pipe");
	switch (pid = fork()) {
	case -1:
		err(1, "orphan: fork");
	case 0:
		if (setsid() == -1)
			err(1, "orphan: setsid");
		switch (fork()) {
		case -1:
			err(1, "orphan: fork");
		case 0:
			break;
		default:
			_exit(0);
		}
		(void)alarm(LIFE);
		(void)signal(SIGHUP, SIG_IGN);
		(void)signal(SIGTERM, SIG_IGN);
		if ((f = fopen(file, "w")) == NULL)
			err(1, "orphan: %s", file);
		fprintf(f, "%ld\n", (long)getpid());
		if (fclose(f) != 0)
			err(1, "orphan: %s", file);
		/* The parent goes on only when the file is there. */
		close(fds[0]);
		close(fds[1]);
		for (;;)
			pause();
	default:
		break;
	}
	close(fds[1]);
	while (read(fds[0], &byte, 1) == -1 && errno == EINTR)
		;
	close(fds[0]);
	printf("orphan left\n");
	fflush(stdout);
}

/* An abstract name begins with a zero byte and has no other end. */
static void
do_connect(const char *command, const char *name)
{
	struct sockaddr_un sun;
	size_t len = strlen(name), skip = strcmp(command, "abstract") == 0;
	socklen_t size;
	int fd;

	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	if (len == 0 || len >= sizeof(sun.sun_path))
		errx(2, "%s: name of impossible length", command);
	memcpy(sun.sun_path + skip, name, len);
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + skip + len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 && connect(fd, (struct sockaddr *)&sun, size) == 0)
		printf("%s reached\n", command);
	else
		printf("%s refused: %s\n", command, strerror(errno));
	fflush(stdout);
	if (fd != -1)
		close(fd);
}

int
main(int argc, char **argv)
{
	const char *c, *a;
	int i, sig;

	(void)alarm(LIFE);
	for (i = 1; i < argc; i++) {
		c = argv[i];
		if (strcmp(c, "see") == 0) {
			do_see(argc, argv);
			continue;
		} else if (strcmp(c, "echo") == 0) {
			do_echo();
			continue;
		} else if (strcmp(c, "size") == 0) {
			do_size();
			continue;
		} else if (strcmp(c, "stubborn") == 0) {
			do_stubborn();
			continue;
		} else if (strcmp(c, "wait") == 0) {
			do_wait();
			continue;
		}
		if (i + 1 == argc)
			errx(2, "%s: unknown, or wants an argument", c);
		a = argv[++i];
		if (strcmp(c, "say") == 0) {
			printf("%s\n", a);
			fflush(stdout);
		} else if (strcmp(c, "flood") == 0)
			do_flood(number(c, a), "\n");
		else if (strcmp(c, "text") == 0)
			do_flood(number(c, a), "\r\n");
		else if (strcmp(c, "pattern") == 0)
			do_pattern(number(c, a));
		else if (strcmp(c, "orphan") == 0)
			do_orphan(a);
		else if (strcmp(c, "connect") == 0 ||
			 strcmp(c, "abstract") == 0)
			do_connect(c, a);
		else if (strcmp(c, "exit") == 0)
			exit((int)(number(c, a) & 0xff));
		else if (strcmp(c, "die") == 0) {
			sig = (int)(number(c, a) & 0x7f);
			(void)signal(sig, SIG_DFL);
			(void)raise(sig);
		} else
			errx(2, "%s: no such command", c);
	}
	return 0;
}
