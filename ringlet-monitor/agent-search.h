#ifndef AGENT_SEARCH_H
#define AGENT_SEARCH_H
/*
 * Looking for a program without PATH search of the C library: every candidate
 * is resolved, and judged by who could have written it.
 */

#include <stdbool.h>
#include <stddef.h>

/* What is looked for, and where. */
struct agent_wanted {
	const char *name;
	const char *home;	    /* without links */
	const char *const *search;  /* the asker's folders, or NULL */
	const char *const *natives; /* as in the manifest, or NULL */
	char *problem;		    /* why one that is there cannot be taken */
	size_t size;
};

/*
 * Looks through w->search, our own PATH, the system's usual folders, those of
 * installers below the home, and nvm's newest node.  Returns the program's name
 * without links, or NULL; *found is then the name it was found by, in a folder
 * without links.  Both are for free().  One that exists but cannot be taken is
 * told in w->problem.
 */
char *agent_search(const struct agent_wanted *w, char **found);
/* The same for one folder; a relative one is passed over. */
char *agent_search_in(
    const struct agent_wanted *w, const char *dir, char **found);

/* Whether dir is in the PATH of every jail. */
bool agent_search_standard(const char *dir);

/* Whether path is dir or below it; both absolute, without a last slash. */
bool path_is_below(const char *path, const char *dir);
/* The folder that path is in, for free(). */
char *path_parent(const char *path);
/* The last part of path. */
const char *path_base(const char *path);

#endif /* AGENT_SEARCH_H */
