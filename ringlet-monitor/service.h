#ifndef SERVICE_H
#define SERVICE_H
/*
 * The service manager, where one runs the daemon: systemd.
 *
 *	service.c	what it is told, as sd_notify(3) has it
 *	watchdog.c	that we are alive
 *	handed.c	the listening sockets that it hands over
 */

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>

struct conf;
struct env;
struct policy;

/* service.c */
/*
 * Takes from the environment who runs us, and rids it of that: no process that
 * we start is to speak for us.  A daemon in the background is nobody's service,
 * whatever its environment says.
 */
void service_open(struct env *);
void service_close(struct env *);
/* "systemd", or "": nobody runs us. */
const char *service_manager(const struct env *);
/* How often it wants to hear that we are alive, in ms; 0: it does not. */
uint64_t service_watchdog(const struct env *);
/*
 * Puts back into the environment what service_open() took, for a program that
 * takes our place; or takes it out again.
 */
void service_hand_on(struct env *, bool on);
/* We serve, also: again.  What comes after that is told by the others. */
void service_ready(struct env *);
/*
 * Settings are read, or another program takes our place: until we are ready.
 * False: that was not told, because we are not ready yet.
 */
bool service_reloading(struct env *);
void service_stopping(struct env *);
/* How many sessions run, or what does not; if that has changed. */
void service_status(struct env *);
/* The same in other words, which hold until the next change. */
void service_say(struct env *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
/* For watchdog.c: what it has looked at is alive. */
void service_alive(struct env *);

/* watchdog.c */
/* Begins to look, if the service manager wants to hear of it. */
void watchdog_start(struct env *);
void watchdog_stop(struct env *);
/* What is wrong with how often it wants to, for free(), or NULL. */
char *watchdog_trouble(const struct env *);

/* handed.c */
/* What a socket of TCP is bound to, in the form of conf.listen; fatal(). */
char *handed_tcp_address(int fd);
/*
 * How many sockets there are, from descriptor 3 on, by the values of LISTEN_PID
 * and LISTEN_FDS, which may be NULL: none.  RL_ERR_INVALID and why[size] where
 * they make no sense; those for a process other than self are none.
 */
int handed_count(const char *pid, const char *fds, pid_t self, size_t *n,
    char *why, size_t size);
/*
 * Whether fd is a socket that ListenAddress could have opened: a listener of
 * TCP, or a named unix socket that is closed to others, at an address that
 * settings and policy (NULL: none) allow.  *address is its own, for free().
 * Else RL_ERR_DENIED and why[size], which says what to do.
 */
int handed_judge(int fd, const struct conf *, const struct policy *,
    char **address, char *why, size_t size);
/*
 * The unit that has a socket of that name in LISTEN_FDNAMES, as a word of a
 * command, for free(): that is its unit's, unless FileDescriptorName says
 * another, and ringlet.socket has one.
 */
char *handed_unit(const char *name);
/*
 * Makes what was handed over our listeners, and rids the environment of it.
 * Returns their number, 0: there was nothing; fatal() if any of it is wrong.
 */
size_t handed_take(struct env *);

#endif /* SERVICE_H */
