#ifndef UNIT_FRONT_MONITOR_H
#define UNIT_FRONT_MONITOR_H
/*
 * Private to front.c: the monitor of its server, in the same process.
 */

struct loop;
struct peer;

/* Takes fd, its end of ringletd's channel. */
struct peer *front_monitor_new(struct loop *, int fd);
/* Tells ringletd that a token is good no longer. */
void front_monitor_ends(struct peer *, const char *token);

#endif /* UNIT_FRONT_MONITOR_H */
