/*
 * The user's terminal in raw mode, and back.  The one mutable state of this
 * program that is not in struct cli: exit handlers and signal handlers take
 * no argument.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "tty.h"

static struct {
	int fd; /* -1: nothing to restore */
	struct termios saved;
	struct termios raw;
} tty = { .fd = -1 };

static void
set_tty(const struct termios *t)
{
	while (tcsetattr(tty.fd, TCSADRAIN, t) == -1 && errno == EINTR)
		;
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
