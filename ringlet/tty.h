#ifndef TTY_H
#define TTY_H
/*
 * Raw mode for the terminal, once a process.
 */

#include <stdbool.h>

/*
 * Puts fd into raw mode and sees to it that exit(3) and a crash restore it.
 * With keep_signals, ^C, ^\ and ^Z still raise signals.  0, or -1 with errno.
 */
int tty_raw(int fd, bool keep_signals);
/* Restores for good; nothing if raw mode is not on.  Idempotent. */
void tty_restore(void);
/* Around a stop of this process: the saved mode, and raw mode again. */
void tty_suspend(void);
void tty_resume(void);

#endif /* TTY_H */
