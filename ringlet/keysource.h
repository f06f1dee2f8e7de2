#ifndef KEYSOURCE_H
#define KEYSOURCE_H
/*
 * Where an API key comes from: asked for, standard input or a file; or, only
 * when an option says so, a variable or the agent's own file.
 */

#include <stdbool.h>

struct args;
struct cli;
struct msg_provider;
struct secret;

/* 0, or reports that options exclude each other, or make no sense. */
int key_source_check(struct cli *, const struct args *);
/* Whether the options name one. */
bool key_source_given(const struct args *);
/*
 * Gets the key of a profile of that agent and provider, as the options say;
 * question is what a person is asked.  0 and *out for secret_free(), or
 * reports.
 */
int key_source_get(struct cli *, const struct args *, const char *agent_id,
    const struct msg_provider *, const char *question, struct secret **out);

#endif /* KEYSOURCE_H */
