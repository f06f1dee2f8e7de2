/*
 * Pseudo-terminals: opening, modes, size.  Knows nothing of sessions.
 */

#include "config.h"

#include <sys/ioctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "pty.h"

/*
 * What a login terminal has, said in full: the kernel's defaults differ
 * between systems, and they lack IUTF8, without which erasing a character of
 * several bytes leaves part of it.
 */
static int
set_modes(int fd)
{
	struct termios t;

	if (tcgetattr(fd, &t) == -1)
		return RL_ERR_SYSTEM;
	t.c_iflag = BRKINT | ICRNL | IXON | IMAXBEL | IUTF8;
	t.c_oflag = OPOST | ONLCR;
	t.c_cflag = CS8 | CREAD | HUPCL;
	t.c_lflag =
	    ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
	t.c_cc[VINTR] = 0x03;  /* ^C */
	t.c_cc[VQUIT] = 0x1c;  /* ^backslash */
	t.c_cc[VERASE] = 0x7f; /* DEL */
	t.c_cc[VKILL] = 0x15;  /* ^U */
	t.c_cc[VEOF] = 0x04;   /* ^D */
	t.c_cc[VSUSP] = 0x1a;  /* ^Z */
	t.c_cc[VSTART] = 0x11; /* ^Q */
	t.c_cc[VSTOP] = 0x13;  /* ^S */
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	if (cfsetispeed(&t, B38400) == -1 || cfsetospeed(&t, B38400) == -1 ||
	    tcsetattr(fd, TCSANOW, &t) == -1)
		return RL_ERR_SYSTEM;
	return 0;
}

int
pty_open(struct pty *pty, unsigned int cols, unsigned int rows)
{
	const char *name;

	pty->slave = -1;
	pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (pty->master == -1)
		return RL_ERR_SYSTEM;
	if (grantpt(pty->master) == -1 || unlockpt(pty->master) == -1 ||
	    (name = ptsname(pty->master)) == NULL ||
	    (pty->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC)) == -1)
		goto failed;
	if (set_modes(pty->slave) != 0 ||
	    pty_resize(pty->master, cols, rows) != 0 ||
	    fd_nonblock(pty->master) != 0)
		goto failed;
	return 0;
failed:
	fd_close(pty->slave);
	fd_close(pty->master);
	pty->master = pty->slave = -1;
	return RL_ERR_SYSTEM;
}

int
pty_resize(int master, unsigned int cols, unsigned int rows)
{
	struct winsize ws;

	memset(&ws, 0, sizeof(ws));
	ws.ws_col = (unsigned short)cols;
	ws.ws_row = (unsigned short)rows;
	return ioctl(master, TIOCSWINSZ, &ws) == -1 ? RL_ERR_SYSTEM : 0;
}

int
pty_signal(int master, int signo)
{
	return ioctl(master, TIOCSIG, signo) == -1 ? RL_ERR_SYSTEM : 0;
}
