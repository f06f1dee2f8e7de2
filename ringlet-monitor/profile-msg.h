#ifndef PROFILE_MSG_H
#define PROFILE_MSG_H
/*
 * A profile as the message that tells of it.
 */

#include <stddef.h>

#include "msgdef.h"
#include "strlist.h"

struct asker;
struct env;
struct profile;

/* Above what msgpack puts around a profile, without its strings. */
#define PROFILE_MSG_SIZE 168

/* The message points into these, and into the profile. */
struct profile_msg {
	struct msg_profile body;
	char **env_names;
	struct strlist pass_env;
	char *home;
	char *url;
	char *manifest_url;
	char *notice;
};

/* Good until the profile changes; then profile_msg_clear(). */
void profile_msg_fill(
    struct env *, struct profile_msg *, const struct profile *);
void profile_msg_clear(struct profile_msg *);
/* At most so many bytes the profile takes of a list. */
size_t profile_msg_size(struct env *, const struct profile *);
/* Answers a request, if whoever asked is still there. */
void profile_msg_reply(
    struct env *, const struct asker *, const struct profile *);
void profile_msg_refuse(
    struct env *, const struct asker *, int err, const char *why);
/*
 * Whether all profiles still fit a list once pr is as it is, and has more bytes
 * of grants: 0, or RL_ERR_LIMIT and why[size], or what profile_list() says.
 */
int profile_msg_fits(struct env *, const struct profile *pr, size_t more,
    char *why, size_t size);

#endif /* PROFILE_MSG_H */
