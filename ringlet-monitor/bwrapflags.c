/*
 * The words of --bwrap-flags.  A table names every option of bwrap 0.8 to 0.11
 * and what it does to a jail; what no row names is refused.  Options are only
 * ever added to the default rules; none takes one away, and none makes a place
 * writable that was not.
 */

#include "config.h"

#include <sys/stat.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bwrapflags.h"
#include "err.h"
#include "fdpass.h"
#include "jailcheck.h"
#include "msg.h"
#include "valid.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Why some are refused. */
#define WRITABLE   "it would make more files writable"
#define DESCRIPTOR "it takes a descriptor"
#define MODIFIES   "what options make in a jail is empty and read-only"

enum flag_class {
	TIGHTENS, /* free for everybody; see take_tightening() */
	NETWORK,  /* takes the network away */
	BY_DEFAULT, /* every jail has it */
	SHOWS,	  /* makes a file readable: for the person at the machine */
	REFUSED
};

static const struct {
	const char *name;
	int nargs;
	enum flag_class class;
	const char *why; /* of REFUSED */
} flags[] = {
	{ "--unshare-net", 0, NETWORK, NULL },
	{ "--unshare-all", 0, NETWORK, NULL },

	{ "--unshare-user", 0, BY_DEFAULT, NULL },
	{ "--unshare-user-try", 0, BY_DEFAULT, NULL },
	{ "--unshare-pid", 0, BY_DEFAULT, NULL },
	{ "--unshare-ipc", 0, BY_DEFAULT, NULL },
	{ "--unshare-uts", 0, BY_DEFAULT, NULL },
	{ "--unshare-cgroup-try", 0, BY_DEFAULT, NULL },
	{ "--die-with-parent", 0, BY_DEFAULT, NULL },
	{ "--disable-userns", 0, BY_DEFAULT, NULL },
	{ "--clearenv", 0, BY_DEFAULT, NULL },
	{ "--new-session", 0, BY_DEFAULT, NULL },
	{ "--as-pid-1", 0, BY_DEFAULT, NULL },
	{ "--cap-drop", 1, BY_DEFAULT, NULL },

	{ "--hostname", 1, TIGHTENS, NULL },
	{ "--unshare-cgroup", 0, TIGHTENS, NULL },
	{ "--assert-userns-disabled", 0, TIGHTENS, NULL },
	{ "--tmpfs", 1, TIGHTENS, NULL },
	{ "--remount-ro", 1, TIGHTENS, NULL },
	{ "--dir", 1, TIGHTENS, NULL },
	{ "--symlink", 2, TIGHTENS, NULL },

	{ "--ro-bind", 2, SHOWS, NULL },
	{ "--ro-bind-try", 2, SHOWS, NULL },

	{ "--bind", 2, REFUSED, WRITABLE },
	{ "--bind-try", 2, REFUSED, WRITABLE },
	{ "--overlay", 3, REFUSED, WRITABLE },
	{ "--tmp-overlay", 1, REFUSED, WRITABLE },
	{ "--ro-overlay", 1, REFUSED, "use --ro-bind" },
	{ "--overlay-src", 1, REFUSED, "use --ro-bind" },
	{ "--dev-bind", 2, REFUSED, "it would give access to devices" },
	{ "--dev-bind-try", 2, REFUSED, "it would give access to devices" },
	{ "--dev", 1, REFUSED, "each jail has one" },
	{ "--proc", 1, REFUSED, "each jail has one" },
	{ "--mqueue", 1, REFUSED, WRITABLE },
	{ "--size", 1, REFUSED, MODIFIES },
	{ "--perms", 1, REFUSED, MODIFIES },
	{ "--chmod", 2, REFUSED, MODIFIES },
	{ "--lock-file", 1, REFUSED, "it would open a file of the agent's" },
	{ "--exec-label", 1, REFUSED, "labels are the administrator's" },
	{ "--file-label", 1, REFUSED, "labels are the administrator's" },
	{ "--share-net", 0, REFUSED, "the network is shared already" },
	{ "--cap-add", 1, REFUSED, "it would give capabilities" },
	{ "--uid", 1, REFUSED, "the agent is the user" },
	{ "--gid", 1, REFUSED, "the agent is the user" },
	{ "--chdir", 1, REFUSED, "use -C" },
	{ "--setenv", 2, REFUSED, "use 'profiles create --env'" },
	{ "--unsetenv", 1, REFUSED, "the environment is the profile's" },
	{ "--argv0", 1, REFUSED, "the arguments are the profile's" },
	{ "--args", 1, REFUSED, DESCRIPTOR },
	{ "--seccomp", 1, REFUSED, DESCRIPTOR },
	{ "--add-seccomp-fd", 1, REFUSED, DESCRIPTOR },
	{ "--file", 2, REFUSED, DESCRIPTOR },
	{ "--bind-data", 2, REFUSED, DESCRIPTOR },
	{ "--ro-bind-data", 2, REFUSED, DESCRIPTOR },
	{ "--bind-fd", 2, REFUSED, DESCRIPTOR },
	{ "--ro-bind-fd", 2, REFUSED, DESCRIPTOR },
	{ "--userns", 1, REFUSED, DESCRIPTOR },
	{ "--userns2", 1, REFUSED, DESCRIPTOR },
	{ "--pidns", 1, REFUSED, DESCRIPTOR },
	{ "--sync-fd", 1, REFUSED, DESCRIPTOR },
	{ "--block-fd", 1, REFUSED, DESCRIPTOR },
	{ "--userns-block-fd", 1, REFUSED, DESCRIPTOR },
	{ "--info-fd", 1, REFUSED, DESCRIPTOR },
	{ "--json-status-fd", 1, REFUSED, DESCRIPTOR },
	{ "--level-prefix", 0, REFUSED, "it is for bwrap's own messages" },
	{ "--help", 0, REFUSED, "it starts nothing" },
	{ "--version", 0, REFUSED, "it starts nothing" },
};

/* A growing list of words. */
struct words {
	char **v;
	size_t n;
};

static void
add_word(struct words *w, char *word)
{
	w->v = xreallocarray(w->v, w->n + 2, sizeof(*w->v));
	w->v[w->n++] = word;
	w->v[w->n] = NULL;
}

static void
free_words(struct words *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i]);
	free(w->v);
}

/*
 * One word from *s into out, which has room for all of it; moves *s.  Returns
 * 1 for a word, 0 at the end, RL_ERR_INVALID for an open quote.
 */
static int
next_word(const char **s, char *out)
{
	const char *p = *s;
	char quote = '\0';
	bool any = false;

	while (isspace((unsigned char)*p) ||
	    (*p == ',' && strncmp(p + 1, "--", 2) == 0))
		p++;
	for (; *p != '\0'; p++) {
		if (quote == '\0' &&
		    (isspace((unsigned char)*p) ||
			(*p == ',' && strncmp(p + 1, "--", 2) == 0)))
			break;
		any = true;
		if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (*p == '\\' && quote != '\'') {
			if (*++p == '\0')
				return RL_ERR_INVALID;
			*out++ = *p;
		} else
			*out++ = *p;
	}
	*out = '\0';
	*s = p;
	if (quote != '\0')
		return RL_ERR_INVALID;
	return any ? 1 : 0;
}

static int
split(const char *text, struct words *w, char *why, size_t size)
{
	char *word = xmalloc(strlen(text) + 1);
	const char *p = text;
	int r;

	while ((r = next_word(&p, word)) == 1)
		add_word(w, xstrdup(word));
	free(word);
	if (r < 0)
		snprintf(why, size,
		    "--bwrap-flags: a quote or backslash is left open");
	return r;
}

/* Appends a copy of word to the list *v of *n words. */
static void
append(char ***v, size_t *n, const char *word)
{
	*v = xreallocarray(*v, *n + 2, sizeof(char *));
	(*v)[(*n)++] = xstrdup(word);
	(*v)[*n] = NULL;
}

static void
keep(struct bwrap_flags *out, const char *word)
{
	append(&out->words, &out->nwords, word);
}

/*
 * That it was asked for, also where no word of it goes to bwrap.  Every jail
 * has the rest of --unshare-all.
 */
static void
note_option(struct bwrap_flags *out, const char *name)
{
	append(&out->options, &out->noptions, name);
	if (strcmp(name, "--unshare-all") == 0)
		append(&out->options, &out->noptions, "--unshare-net");
}

static void
keep_proof(struct bwrap_flags *out, const char *dst, const struct stat *st)
{
	char number[24];

	append(&out->proofs, &out->nproofs, dst);
	snprintf(number, sizeof(number), "%ju", (uintmax_t)st->st_dev);
	append(&out->proofs, &out->nproofs, number);
	snprintf(number, sizeof(number), "%ju", (uintmax_t)st->st_ino);
	append(&out->proofs, &out->nproofs, number);
}

void
bwrap_flags_show(struct bwrap_flags *out, const char *src, const char *dst,
    const struct stat *st)
{
	keep(out, "--ro-bind");
	keep(out, src);
	keep(out, dst);
	keep_proof(out, dst, st);
}

/*
 * The source is opened once: its name is judged, and its device and inode
 * number go along, for an agent that runs already may own a folder on the way,
 * and put a link to what no jail shows in its place before bwrap comes there.
 */
static int
take_bind(const struct paths *paths, char *const *w, struct bwrap_flags *out,
    char *why, size_t size)
{
	struct stat st;
	char *real = NULL, more[512];
	int fd = -1, r;

	/* First: what is wrong with it tells which files there are. */
	out->widens = true;
	if (!valid_abs_path(w[1]) || !valid_abs_path(w[2])) {
		snprintf(why, size, "--bwrap-flags: %s: '%s' is not an "
		    "absolute path without '..'", w[0],
		    valid_abs_path(w[1]) ? w[2] : w[1]);
		return RL_ERR_INVALID;
	}
	fd = open(w[1], O_PATH | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT &&
	    strcmp(w[0], "--ro-bind-try") == 0)
		return 0;
	if (fd == -1 || fstat(fd, &st) == -1 ||
	    (real = jailcheck_real_name(fd)) == NULL) {
		snprintf(why, size, "--bwrap-flags: %s: %s: %s", w[0], w[1],
		    strerror(errno));
		r = RL_ERR_INVALID;
		goto out;
	}
	if ((r = jailcheck_may_show(paths, real, more, sizeof(more))) != 0 ||
	    (r = jailcheck_no_socket_in(fd, real, more, sizeof(more))) != 0 ||
	    (r = jailcheck_may_cover(w[2], more, sizeof(more))) != 0) {
		snprintf(why, size, "--bwrap-flags: %s: %s", w[0], more);
		goto out;
	}
	append(&out->places, &out->nplaces, w[2]);
	bwrap_flags_show(out, real, w[2], &st);
out:
	fd_close(fd);
	free(real);
	return r;
}

/* A name that a host may have. */
static bool
is_hostname(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= 63 && s[0] != '-' &&
	    strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-") == n;
}

/*
 * A place that an option hides, makes or closes.  What it makes is empty: a
 * tmpfs is closed at once, and all else that is made lies in the root or in
 * one of the jail's own folders in memory.
 */
static int
take_place(char *const *w, const char *place, struct bwrap_flags *out,
    char *why, size_t size)
{
	bool hides = strcmp(w[0], "--tmpfs") == 0;
	char more[512];
	int r;

	if (!valid_abs_path(place)) {
		snprintf(why, size, "--bwrap-flags: %s: '%s' is not an "
		    "absolute path without '..'", w[0], place);
		return RL_ERR_INVALID;
	}
	r = hides ? jailcheck_may_hide(place, more, sizeof(more))
		  : jailcheck_may_cover(place, more, sizeof(more));
	if (r != 0) {
		snprintf(why, size, "--bwrap-flags: %s: %s", w[0], more);
		return r;
	}
	if (strcmp(w[0], "--remount-ro") == 0)
		append(&out->closed, &out->nclosed, place);
	else
		append(&out->places, &out->nplaces, place);
	return 0;
}

static int
take_tightening(char *const *w, size_t nargs, struct bwrap_flags *out,
    char *why, size_t size)
{
	const char *arg = nargs > 0 ? w[1] : "";
	int r = 0;

	if (strcmp(w[0], "--hostname") == 0 && !is_hostname(arg)) {
		snprintf(why, size, "--bwrap-flags: --hostname: '%s' is no "
		    "name of a host", arg);
		return RL_ERR_INVALID;
	}
	if (strcmp(w[0], "--symlink") == 0 && *arg == '\0') {
		snprintf(why, size, "--bwrap-flags: --symlink: the target is "
		    "empty");
		return RL_ERR_INVALID;
	}
	if (nargs > 0 && strcmp(w[0], "--hostname") != 0)
		r = take_place(w, w[nargs], out, why, size);
	if (r != 0)
		return r;
	for (size_t i = 0; i <= nargs; i++)
		keep(out, w[i]);
	if (strcmp(w[0], "--tmpfs") == 0) {
		keep(out, "--remount-ro");
		keep(out, w[1]);
	}
	return 0;
}

/* Its row in flags[], or NELEM(flags). */
static size_t
find_flag(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(flags); i++)
		if (strcmp(flags[i].name, name) == 0)
			break;
	return i;
}

bool
bwrap_flags_know(const char *name)
{
	return find_flag(name) < NELEM(flags);
}

/* Takes the option at w[0], of which there are n words.  Returns its length. */
static int
take_flag(const struct paths *paths, char *const *w, size_t n,
    struct bwrap_flags *out, char *why, size_t size)
{
	size_t i = find_flag(w[0]), k;
	int r;

	if (i == NELEM(flags)) {
		snprintf(why, size, "--bwrap-flags: '%s' is not an option "
		    "that can be added to a jail", w[0]);
		return RL_ERR_INVALID;
	}
	k = (size_t)flags[i].nargs;
	if (flags[i].class == REFUSED) {
		snprintf(why, size, "--bwrap-flags: %s is refused: %s", w[0],
		    flags[i].why);
		return RL_ERR_DENIED;
	}
	if (n < 1 + k) {
		snprintf(why, size, "--bwrap-flags: %s takes %zu argument%s",
		    w[0], k, k == 1 ? "" : "s");
		return RL_ERR_INVALID;
	}
	note_option(out, w[0]);
	switch (flags[i].class) {
	case NETWORK:
		out->unshare_net = true;
		break;
	case SHOWS:
		if ((r = take_bind(paths, w, out, why, size)) != 0)
			return r;
		break;
	case TIGHTENS:
		if ((r = take_tightening(w, k, out, why, size)) != 0)
			return r;
		break;
	case BY_DEFAULT:
	case REFUSED:
		break;
	}
	return (int)(1 + k);
}

int
bwrap_flags_parse(const struct paths *paths, const struct msg_strs *given,
    struct bwrap_flags *out, char *why, size_t size)
{
	struct words w = { NULL, 0 };
	size_t i;
	int r = 0;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < given->n && r >= 0; i++)
		r = split(given->v[i], &w, why, size);
	for (i = 0; i < w.n && r >= 0; i += (size_t)(r > 0 ? r : 0))
		r = take_flag(paths, w.v + i, w.n - i, out, why, size);
	free_words(&w);
	return r < 0 ? r : 0;
}

void
bwrap_flags_clear(struct bwrap_flags *f)
{
	for (size_t i = 0; i < f->nwords; i++)
		free(f->words[i]);
	free(f->words);
	for (size_t i = 0; i < f->noptions; i++)
		free(f->options[i]);
	free(f->options);
	for (size_t i = 0; i < f->nproofs; i++)
		free(f->proofs[i]);
	free(f->proofs);
	for (size_t i = 0; i < f->nplaces; i++)
		free(f->places[i]);
	free(f->places);
	for (size_t i = 0; i < f->nclosed; i++)
		free(f->closed[i]);
	free(f->closed);
	memset(f, 0, sizeof(*f));
}
