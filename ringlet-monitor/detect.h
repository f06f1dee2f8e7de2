#ifndef DETECT_H
#define DETECT_H
/*
 * What is known of the versions that programs say: in memory and in the file
 * agents.json of the state folder (detect-cache.c), and how the monitor comes
 * to know it (detect.c).
 *
 * A program is known by its name, device, inode, time of change and size, and
 * the argument it was asked with: another one in its place is not known.
 */

#include <sys/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "version.h"

#define DETECT_MAX 64 /* programs that are remembered */

struct detect_key {
	const char *path;
	const char *argument;
	uint64_t dev;
	uint64_t ino;
	int64_t mtime_s;
	int64_t mtime_ns;
	int64_t size;
};

struct detect_entry {
	struct detect_key key; /* strings are the entry's */
	char *version;	       /* NULL: it said none */
	char *why;	       /* and why not, else NULL */
	int64_t asked;	       /* when it last answered; 0: not yet */
};

struct detect_cache {
	struct detect_entry *v[DETECT_MAX];
	size_t n;
};

/* The key of the program that lies at path now.  RL_ERR_NOTFOUND. */
int detect_key(struct detect_key *, const char *path, const char *argument);
/*
 * The entry of that program, made if there is none; one of another program at
 * that name is dropped, and where there is no room the one that was asked
 * longest ago.  It is the cache's, and good until the next call.
 */
struct detect_entry *detect_get(
    struct detect_cache *, const struct detect_key *);
/* That entry if there is one, or NULL. */
struct detect_entry *detect_find(
    struct detect_cache *, const struct detect_key *);
/* Remembers what it said (version) or why it said nothing. */
void detect_set(
    struct detect_entry *, const char *version, const char *why, int64_t now);
/*
 * Whether it should be asked (again): never was, or a day ago, or an hour ago
 * and did not say.
 */
bool detect_is_stale(const struct detect_entry *, int64_t now);
void detect_clear(struct detect_cache *);

/*
 * Reads the file.  One that is not there is an empty cache; one with a mistake
 * is RL_ERR_INVALID, or another error, and why[size], and the cache is empty.
 */
int detect_load(
    struct detect_cache *, const char *file, char *why, size_t size);
/* Writes it: what was never asked is left out.  RL_ERR_SYSTEM. */
int detect_save(const struct detect_cache *, const char *file);

/* --- asking, beside the loop --- */

struct agent_binary;
struct env;
struct manifest_agent;

/* What is known of the version of an agent's program. */
struct detected {
	char version[VERSION_MAX + 1]; /* "" where it is not known */
	const char *from;	       /* as msg_agent's version_from; static */
	char why[512];		       /* why it is not known, or "" */
};
/*
 * What is known by now of that program, which is asked if that was long ago.
 * It never waits.
 */
void detect_version(struct env *, const struct manifest_agent *,
    const struct agent_binary *, struct detected *out);
/* Takes what is remembered, and asks the programs that are installed. */
void detect_start(struct env *);
/* Whether a process asks one. */
bool detect_is_busy(const struct env *);
void detect_free(struct env *);

#endif /* DETECT_H */
