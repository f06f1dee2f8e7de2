#ifndef PROFILE_USE_H
#define PROFILE_USE_H
/*
 * Runs of profiles that are not in their files yet.
 */

struct env;

/*
 * Notes that a session of alias has begun.  It is in the profile's file within
 * a second, which waits for the disk: whoever starts a session does not.
 */
void profile_use_note(struct env *, const char *alias, long long now);

/*
 * Writes all that is noted, now: before somebody is told how often a profile
 * was used, and before it goes.
 */
void profile_use_write(struct env *);

/* The same, at the end. */
void profile_use_close(struct env *);

#endif /* PROFILE_USE_H */
