/*
 * pty-read: run a command on a terminal of its own with nothing in between,
 * and say how fast that is.  The mark that the benchmarks measure Ringlet
 * against.
 *
 * usage: pty-read COMMAND [ARG]...
 *        pty-read -e COUNT COMMAND [ARG]...
 *
 * Reads all that the command prints, and prints "BYTES SECONDS MILLISECONDS
 * PROCESSOR": how much came, how long it took from the first byte to the last,
 * and from the fork to the first, and processor seconds of this process.
 * With -e, types a byte and waits until the command prints it again, COUNT
 * times, and prints "P50 P99 MAX" in microseconds.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
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
static int
open_slave(const char *name)
{
	struct winsize ws = { .ws_row = 24, .ws_col = 80 };
	struct termios t;
	int fd;

	if ((fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1 ||
	    ioctl(fd, TIOCSWINSZ, &ws) == -1 || tcgetattr(fd, &t) == -1)
		err(1, "%s", name);
	cfmakeraw(&t);
	if (tcsetattr(fd, TCSANOW, &t) == -1)
		err(1, "%s", name);
	return fd;
}

static void
run(const char *name, char **argv)
{
	int fd;

	if (setsid() == -1)
		err(1, "setsid");
	fd = open_slave(name);
	if (ioctl(fd, TIOCSCTTY, 0) == -1 || dup2(fd, 0) == -1 ||
	    dup2(fd, 1) == -1 || dup2(fd, 2) == -1)
		err(1, "%s", name);
	execv(argv[0], argv);
	err(1, "%s", argv[0]);
}

static double
own_cpu(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) == -1)
		err(1, "getrusage");
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Reads to the end.  Returns the exit status. */
static int
read_all(int master, pid_t pid, double begin)
{
	static char block[64 * 1024];
	unsigned long long total = 0;
	double first = 0, last = 0;
	int status;
	ssize_t n;

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
	printf("%llu %.6f %.2f %.2f\n", total, last - first,
	    (first - begin) * 1e3, own_cpu());
	return total == 0;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
echo(int master, pid_t pid, size_t count)
{
	double *us, began;
	size_t i;
	char c;

	if ((us = calloc(count, sizeof(*us))) == NULL)
		err(1, "out of memory");
	for (i = 0; i < count; i++) {
		began = now();
		if (write(master, "x", 1) != 1)
			err(1, "write");
		while (read(master, &c, 1) != 1)
			if (errno != EINTR)
				err(1, "read");
		us[i] = (now() - began) * 1e6;
	}
	qsort(us, count, sizeof(*us), compare);
	printf("%.1f %.1f %.1f\n", us[count / 2], us[count * 99 / 100],
	    us[count - 1]);
	free(us);
	(void)kill(pid, SIGKILL);
}

int
main(int argc, char **argv)
{
	double begin;
	const char *name;
	int c, master;
	long count = 0;
	pid_t pid;

	while ((c = getopt(argc, argv, "+e:")) != -1)
		if (c != 'e' || (count = strtol(optarg, NULL, 10)) <= 0)
			return 2;
	if (optind == argc)
		errx(2, "usage: pty-read [-e COUNT] COMMAND [ARG]...");
	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1 ||
	    (name = ptsname(master)) == NULL)
		err(1, "posix_openpt");
	/* What is typed first must find it raw. */
	if (count > 0)
		(void)open_slave(name);
	begin = now();
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		run(name, argv + optind);
	if (count == 0)
		return read_all(master, pid, begin);
	echo(master, pid, (size_t)count);
	return 0;
}
