/*
 * Options of one command, by its table.  getopt_long(3) does the parsing; this
 * file builds what it wants from the table, keeps the values in order, and
 * says what is wrong in Ringlet's own words.
 */

#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "xmalloc.h"

static const struct opt *
find(const struct opt *table, size_t n, int key)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].key == key)
			return &table[i];
	return NULL;
}

/* What getopt_long() wants: both blocks are the caller's to free. */
static void
build(const struct opt *table, size_t n, unsigned flags, char **letters,
    struct option **longs)
{
	struct option *l = xcalloc(n + 1, sizeof(*l));
	char *s = xmalloc(2 * n + 3);
	size_t len = 0;

	if (flags & OPT_STOP)
		s[len++] = '+';
	s[len++] = ':'; /* a missing argument is told from an unknown option */
	for (size_t i = 0; i < n; i++) {
		if (table[i].key < 256) {
			s[len++] = (char)table[i].key;
			if (table[i].arg != NULL)
				s[len++] = ':';
		}
		l[i].name = table[i].name;
		l[i].has_arg =
		    table[i].arg != NULL ? required_argument : no_argument;
		l[i].val = table[i].key;
	}
	s[len] = '\0';
	*letters = s;
	*longs = l;
}

static void
restart_getopt(void)
{
#ifdef __GLIBC__
	optind = 0; /* also forgets a permutation that was under way */
#else
	optind = 1;
	optreset = 1;
#endif
	opterr = 0;
}

/* The word that the long option was written as; its argument may follow. */
static const char *
word_of(char **argv, const struct opt *o)
{
	const char *word = argv[optind - 1];

	return o->arg != NULL && optarg == word ? argv[optind - 2] : word;
}

static bool
is_abbreviated(const char *word, const struct opt *o)
{
	return strcspn(word + 2, "=") != strlen(o->name);
}

static int
unknown(
    const struct opt *table, size_t n, const char *word, char *why, size_t size)
{
	/* Not what follows an equals sign: it may be a key. */
	char *typed = xstrndup(word, strcspn(word, "="));
	char *safe = text_safe(typed), *shown = text_shorten(safe);
	const char **names = xcalloc(n, sizeof(*names)), *near;

	for (size_t i = 0; i < n; i++)
		names[i] = table[i].name;
	near = strncmp(word, "--", 2) == 0 ? text_suggest(typed + 2, names, n)
					   : NULL;
	if (near != NULL)
		snprintf(why, size, "unknown option %s: did you mean --%s?",
		    shown, near);
	else
		snprintf(
		    why, size, "unknown option %s: '--help' shows all", shown);
	free(names);
	free(typed);
	free(safe);
	free(shown);
	return RL_ERR_INVALID;
}

/* Says what getopt_long() found wrong; key is its ':' or '?'. */
static int
wrong(const struct opt *table, size_t n, int key, char **argv, char *why,
    size_t size)
{
	/* optopt is 0 for a long name that is unknown. */
	const struct opt *o = optopt != 0 ? find(table, n, optopt) : NULL;
	const char letter[3] = { '-', (char)optopt, '\0' };

	if (o == NULL)
		return unknown(table, n,
		    optopt != 0 ? letter : argv[optind - 1], why, size);
	if (key == ':')
		snprintf(
		    why, size, "--%s needs an argument: %s", o->name, o->arg);
	else
		snprintf(why, size,
		    "--%s takes no argument: leave out what follows '='",
		    o->name);
	return RL_ERR_INVALID;
}

static int
keep(struct args *a, const struct opt *o, char *why, size_t size)
{
	if (o->arg != NULL && !(o->flags & OPT_MANY) && opt_has(a, o->key)) {
		snprintf(
		    why, size, "--%s was given twice: leave one out", o->name);
		return RL_ERR_INVALID;
	}
	/* Mostly a variable that was not set; none is what leaving out says. */
	if (o->arg != NULL && *optarg == '\0' && !(o->flags & OPT_EMPTY)) {
		snprintf(why, size,
		    "--%s has an empty argument: give %s, or leave it out",
		    o->name, o->arg);
		return RL_ERR_INVALID;
	}
	a->opts = xreallocarray(a->opts, a->nopts + 1, sizeof(*a->opts));
	a->opts[a->nopts].key = o->key;
	a->opts[a->nopts++].value = o->arg != NULL ? optarg : NULL;
	return 0;
}

int
opt_parse(const struct opt *table, size_t n, unsigned flags, int argc,
    char **argv, struct args *a, char *why, size_t size)
{
	const struct opt *o;
	struct option *longs;
	char *letters;
	int end = argc, key, which = -1, r = 0;

	memset(a, 0, sizeof(*a));
	if (flags & OPT_REST) {
		for (end = 1; end < argc && strcmp(argv[end], "--") != 0;)
			end++;
		if (end < argc) {
			a->rest = argv + end + 1;
			a->nrest = (size_t)(argc - end - 1);
		}
	}
	build(table, n, flags, &letters, &longs);
	restart_getopt();
	while (r == 0 &&
	       (key = getopt_long(end, argv, letters, longs, &which)) != -1) {
		o = find(table, n, key);
		if (o == NULL)
			r = wrong(table, n, key, argv, why, size);
		else if (which != -1 && is_abbreviated(word_of(argv, o), o))
			r = unknown(table, n, word_of(argv, o), why, size);
		else
			r = keep(a, o, why, size);
		which = -1;
	}
	if (r == 0) {
		a->v = argv + optind;
		a->n = (size_t)(end - optind);
	}
	free(letters);
	free(longs);
	return r;
}

void
args_free(struct args *a)
{
	free(a->opts);
	memset(a, 0, sizeof(*a));
}

bool
opt_has(const struct args *a, int key)
{
	for (size_t i = 0; i < a->nopts; i++)
		if (a->opts[i].key == key)
			return true;
	return false;
}

const char *
opt_get(const struct args *a, int key)
{
	for (size_t i = 0; i < a->nopts; i++)
		if (a->opts[i].key == key)
			return a->opts[i].value;
	return NULL;
}

const char **
opt_all(const struct args *a, int key, size_t *n)
{
	const char **v = xcalloc(a->nopts + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < a->nopts; i++)
		if (a->opts[i].key == key)
			v[(*n)++] = a->opts[i].value;
	return v;
}
