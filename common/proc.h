#ifndef COMMON_PROC_H
#define COMMON_PROC_H
/*
 * Starting the other programs of Ringlet: fork and exec, so that each has its
 * own address-space layout and inherits no heap; the channel on descriptor 3
 * and nothing else above standard error.
 */

#include <stdbool.h>
#include <sys/types.h>

#define PROC_CHANNEL_FD 3

struct proc_spec {
	const char *path;  /* absolute name of the program */
	/*
	 * The program, open: what lies at path by now may be of another
	 * version.  0: there is none.  It stays the caller's.
	 */
	int program;
	char *const *argv; /* argv[0] included, NULL-terminated */
	char *const *envp; /* the whole environment, NULL-terminated */
	int channel;	   /* becomes descriptor 3; stays the caller's */
	/*
	 * Clone straight into new user, mount, pid, network, ipc and uts
	 * namespaces with the caller's uid as 0 inside.  Where the kernel
	 * forbids that, proc_spawn() falls back to a plain fork and says so
	 * in *sealed.
	 */
	bool seal;
};

struct proc {
	pid_t pid;   /* 0: not running */
	int pidfd;   /* -1 where the kernel has none */
	bool sealed; /* runs in its own namespaces */
};

/*
 * Starts it.  Standard input and output become /dev/null, standard error is
 * kept; signals are back at their defaults, the working folder is "/", and a
 * new process session keeps a terminal's ^C away.  The child gets SIGKILL
 * when the thread that called this ends.  An exec that fails is told here,
 * not as a dead child: RL_ERR_SYSTEM with the child's errno.
 */
int proc_spawn(const struct proc_spec *, struct proc *out);
/* Sends signo by pidfd (or pid).  0 or RL_ERR_SYSTEM. */
int proc_signal(const struct proc *, int signo);
/* Closes the pidfd and clears *p; the process itself is left alone. */
void proc_release(struct proc *p);
/*
 * waitpid(2) without waiting.  Returns 1 and *status if it has ended, and
 * then does as proc_release(); 0 if it has not; RL_ERR_SYSTEM.
 */
int proc_reap(struct proc *p, int *status);
/* "exited with status 3", "was killed by signal 9 (Killed)" into dst. */
char *proc_describe(int status, char *dst, size_t size);

/*
 * For the child: checks that descriptor 3 is a unix stream socket, makes it
 * close-on-exec, closes everything above it.  fatal() if not.
 */
void proc_child_begin(void);
/*
 * For the child, after that: until it sets a sink of its own, each log entry
 * goes over the channel at once.  What ends it before it can serve is then
 * heard by the monitor, who tells whoever waits for the start.
 */
void proc_child_log(void);

#endif /* COMMON_PROC_H */
