#ifndef RINGLET_SSH_H
#define RINGLET_SSH_H
/*
 * Ringlet on another machine, by the user's own ssh: -H and `ringlet tunnel`.
 */

#include <sys/types.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cli;
struct args;

/* What ssh says when it has failed itself. */
#define SSH_FAILED 255

/* A constant word of an argument list: execv(3) changes none. */
#define SSH_WORD(s) ((char *)(uintptr_t)(s))

/* --- sshtext.c: pure functions over text --- */

/*
 * Whether ssh takes host as one, and as nothing else: no option, no control
 * character, no blank, nothing that a shell would act on.
 */
bool ssh_host_ok(const char *host);
/*
 * The command line that has HOST's login shell, whichever it is, run ringlet
 * there with those n arguments, byte for byte.  missing is what is printed
 * where there is no ringlet: on standard output if json.  NULL: longer than
 * a system takes.  The caller frees it.
 */
char *ssh_command(
    const char *const *args, size_t n, const char *missing, bool json);
/*
 * What ssh's option -L has to be so that port of 127.0.0.1 leads to where a
 * daemon says that it listens.  NULL: it cannot be.  The caller frees it.
 */
char *ssh_forward(unsigned port, const char *listener);
/* The same, of a daemon's listeners: a unix socket is preferred. */
const char *ssh_listener(const char *const *listeners, size_t n);
/*
 * Whether url is base and then "/#code=" and a code, and so can be printed
 * and put into HTML although it came from elsewhere.
 */
bool ssh_url_ok(const char *url, const char *base);

/* --- ssh.c: the program --- */

/* ssh_command() for cli's user and that host, or NULL after a report. */
char *ssh_command_for(
    const struct cli *, const char *host, const char *const *args, size_t n);
/*
 * Blocks the signals that end a program, but for those that are ignored, and
 * SIGCHLD, for sigwait(3); *set becomes them and *old what was blocked.
 */
void ssh_block_signals(sigset_t *set, sigset_t *old);
/* Which of those that end a program has come and waits; 0: none. */
int ssh_signal_waits(const sigset_t *set);
/*
 * Starts ssh with those arguments (argv[0] included) and signals as in old.
 * in and out become its standard input and output; -1: as ours are.  Returns
 * its pid, or -1 after a report.
 */
pid_t ssh_start(const struct cli *, char *const *argv, const sigset_t *old,
    int in, int out);
/* Opens /dev/null, or reports and returns -1. */
int ssh_null(const struct cli *);

/* The command in args, with its own options, on host.  The exit status. */
int ssh_run(struct cli *, const char *host, const struct args *);

/* --- overssh.c: the other end of it --- */

#define OVER_SSH "--over-ssh"

/*
 * What the program does on the other machine: returns in a child that is to
 * go on with the command, and that gets SIGHUP once nobody is there any more
 * who reads its output.  Exits in the parent, with the child's status, 128 and
 * the number if it died of a signal.
 */
void over_ssh(void);

#endif /* RINGLET_SSH_H */
