/*
 * The user's terminal in raw mode, and back.  The one mutable state of this
 * program that is not in struct cli: exit handlers and signal handlers take
 * no argument.
 */

#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "tty.h"

static struct {
	int fd; /* -1: nothing to restore */
	struct termios saved;
	struct termios raw;
} tty = { .fd = -1 };

/* Signals of a crash, and what to say to a terminal that it left amid. */
static const int crashes[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
static const char sober[] = "\033[0m\033[?25h\033[?9l\033[?1000l\033[?1002l"
			    "\033[?1003l\033[?1004l\033[?2004l";

/* At once: a terminal that stands still would be waited for without end. */
static void
set_tty(const struct termios *t)
{
	while (tcsetattr(tty.fd, TCSANOW, t) == -1 && errno == EINTR)
		;
}

/* No more than what a signal handler may do. */
static void
on_crash(int signo)
{
	ssize_t n;

	if (tty.fd != -1) {
		(void)tcsetattr(tty.fd, TCSANOW, &tty.saved);
		n = write(tty.fd, sober, sizeof(sober) - 1);
		(void)n;
	}
	/* The first time only: this one ends us. */
	(void)raise(signo);
}

static void
watch_crashes(void)
{
	struct sigaction sa = { .sa_handler = on_crash,
		.sa_flags = SA_RESETHAND },
			 old;

	sigemptyset(&sa.sa_mask);
	for (size_t i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
		/* A sanitizer's own handler is worth more. */
		if (sigaction(crashes[i], NULL, &old) == 0 &&
		    old.sa_handler == SIG_DFL)
			(void)sigaction(crashes[i], &sa, NULL);
}

void
tty_restore(void)
{
	if (tty.fd == -1)
		return;
	set_tty(&tty.saved);
	tty.fd = -1;
}

int
tty_raw(int fd, bool keep_signals)
{
	static bool registered;

	if (tcgetattr(fd, &tty.saved) == -1)
		return -1;
	tty.raw = tty.saved;
	cfmakeraw(&tty.raw);
	tty.raw.c_cc[VMIN] = 1;
	tty.raw.c_cc[VTIME] = 0;
	if (keep_signals)
		tty.raw.c_lflag |= ISIG;
	if (!registered && atexit(tty_restore) != 0)
		return -1;
	if (!registered)
		watch_crashes();
	registered = true;
	tty.fd = fd;
	set_tty(&tty.raw);
	return 0;
}

void
tty_suspend(void)
{
	if (tty.fd != -1)
		set_tty(&tty.saved);
}

void
tty_resume(void)
{
	if (tty.fd != -1)
		set_tty(&tty.raw);
}
