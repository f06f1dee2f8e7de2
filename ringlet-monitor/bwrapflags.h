#ifndef BWRAPFLAGS_H
#define BWRAPFLAGS_H
/*
 * The words of --bwrap-flags: those of bwrap(1)'s options that a person may
 * add to the default rules.
 */

#include <stdbool.h>
#include <stddef.h>

struct msg_strs;
struct paths;

struct bwrap_flags {
	char **words; /* to add to bwrap's, in order */
	size_t nwords;
	char **options; /* names of all that was asked for, as they came */
	size_t noptions;
	char **proofs; /* place inside, device, inode number of each bind */
	size_t nproofs;
	char **places; /* inside, of all that they mount or make */
	size_t nplaces;
	char **closed; /* mounts that they make read-only */
	size_t nclosed;
	bool unshare_net;
	bool widens; /* something becomes readable that was not */
};

/*
 * Parses each element of given as a list of options: words are separated by
 * white space, quotes and backslashes work as in sh(1), and a comma before
 * "--" separates too.  Sources of binds are resolved.  RL_ERR_INVALID (not an
 * option, or it lacks an argument) or RL_ERR_DENIED (never allowed), with
 * why[size] naming the option.  Free with bwrap_flags_clear() in any case.
 */
int bwrap_flags_parse(const struct paths *, const struct msg_strs *given,
    struct bwrap_flags *out, char *why, size_t size);
/*
 * Adds a bind of Ringlet's own, of src (which is what st says) at dst; neither
 * is looked at.
 */
struct stat;
void bwrap_flags_show(struct bwrap_flags *, const char *src, const char *dst,
    const struct stat *);
void bwrap_flags_clear(struct bwrap_flags *);

/* Whether bwrap has an option of that name, be it one that is refused. */
bool bwrap_flags_know(const char *name);

#endif /* BWRAPFLAGS_H */
