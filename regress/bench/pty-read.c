/*
 * pty-read: run a command on a terminal of its own, read all it prints with
 * nothing in between, and say how fast that went.  The mark that the
 * benchmarks measure Ringlet against.
 *
 * usage: pty-read COMMAND [ARG]...
 *
 * Prints "BYTES SECONDS MILLISECONDS": how much came, how long it took from
 * the first byte to the last, and from the fork to the first.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* The terminal's other end, as the sandboxer makes it: size and raw mode. */
static void
run(const char *name, char **argv)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	struct termios t;
	int fd;

	if (setsid() == -1 || (fd = open(name, O_RDWR)) == -1)
		err(1, "%s", name);
	if (ioctl(fd, TIOCSWINSZ, &ws) == -1 || tcgetattr(fd, &t) == -1)
		err(1, "%s", name);
	cfmakeraw(&t);
	if (tcsetattr(fd, TCSANOW, &t) == -1 || dup2(fd, 0) == -1 ||
	    dup2(fd, 1) == -1 || dup2(fd, 2) == -1)
		err(1, "%s", name);
	execv(argv[0], argv);
	err(1, "%s", argv[0]);
}

int
main(int argc, char **argv)
{
	static char block[64 * 1024];
	unsigned long long total = 0;
	double begin, first = 0, last = 0;
	const char *name;
	int master, status;
	ssize_t n;
	pid_t pid;

	if (argc < 2)
		errx(2, "usage: pty-read COMMAND [ARG]...");
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
	    (name = ptsname(master)) == NULL)
		err(1, "posix_openpt");
	begin = now();
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		run(name, argv + 1);
	for (;;) {
		n = read(master, block, sizeof(block));
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EIO && total == 0 &&
		    waitpid(pid, &status, WNOHANG) == 0) {
			/* The child has not opened its end yet. */
			usleep(1000);
			continue;
		}
		if (n <= 0)
			break;
		last = now();
		if (total == 0)
			first = last;
		total += (unsigned long long)n;
	}
	printf("%llu %.6f %.2f\n", total, last - first, (first - begin) * 1e3);
	return total == 0;
}
