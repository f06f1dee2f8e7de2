#ifndef RINGLET_FETCH_H
#define RINGLET_FETCH_H
/*
 * Fetching a registry into a private folder: the only network code, and the
 * only file that knows libcurl.
 */

#include <stdbool.h>
#include <stddef.h>

struct fetch {
	const char *url;     /* as registry_url_where() takes it */
	const char *channel; /* a folder below it, or "" */
	unsigned timeout_ms; /* for all of it */
	const char *parent;  /* where the private folder is made */
	bool progress;	     /* told on standard error, if it takes long */
};

struct fetched {
	int dir; /* of the folder, -1: none */
	char *path;
};

/*
 * Fetches registry.json, its signature and the files that it names, no more
 * than their bounds.  Nothing is verified here.  0, or an error and why[size];
 * fetched_remove() in either case.
 */
int fetch_registry(
    const struct fetch *, struct fetched *out, char *why, size_t size);
/* Removes the folder with all that was fetched. */
void fetched_remove(struct fetched *);

#endif /* RINGLET_FETCH_H */
