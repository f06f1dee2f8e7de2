/*
 * Settings as text, and what differs between two sets of them.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "conf.h"
#include "confkey.h"
#include "err.h"
#include "log.h"
#include "xmalloc.h"

static int
print_listen(const struct conf *c, const char *name, struct buf *out)
{
	const char *quote;
	int r = 0;

	if (c->nlisten == 0)
		return buf_putf(out, "%s none\n", name);
	for (size_t i = 0; i < c->nlisten && r == 0; i++) {
		quote = strpbrk(c->listen[i], " \t") != NULL ? "\"" : "";
		r = buf_putf(
		    out, "%s %s%s%s\n", name, quote, c->listen[i], quote);
	}
	return r;
}

static int
print_list(const struct strlist *l, const char *name, struct buf *out)
{
	const char *quote;
	int r = 0;

	if (l->n == 0)
		return buf_putf(out, "%s none\n", name);
	for (size_t i = 0; i < l->n && r == 0; i++) {
		quote = strpbrk(l->v[i], " \t#") != NULL ? "\"" : "";
		r = buf_putf(out, "%s %s%s%s\n", name, quote, l->v[i], quote);
	}
	return r;
}

/* In the largest unit that leaves no rest. */
static int
print_size(uint64_t n, const char *name, struct buf *out)
{
	bool whole = n % (1024 * 1024) == 0;

	return buf_putf(out, "%s %llu%s\n", name,
	    (unsigned long long)(whole ? n / (1024 * 1024) : n / 1024),
	    whole ? "M" : "K");
}

static int
print_period(unsigned s, const char *name, struct buf *out)
{
	static const struct {
		unsigned seconds;
		const char *name;
	} units[] = { { 24 * 3600, "d" }, { 3600, "h" }, { 60, "m" } };

	for (size_t i = 0; s > 0 && i < sizeof(units) / sizeof(units[0]); i++)
		if (s % units[i].seconds == 0)
			return buf_putf(out, "%s %u%s\n", name,
			    s / units[i].seconds, units[i].name);
	return buf_putf(out, "%s %us\n", name, s);
}

static int
print_keyword(
    const struct conf *c, const struct conf_keyword *k, struct buf *out)
{
	const void *field = (const char *)c + k->off;
	const struct conf_word *w;
	unsigned n;

	switch (k->kind) {
	case CK_LISTEN:
		return print_listen(c, k->name, out);
	case CK_BOOL:
		return buf_putf(out, "%s %s\n", k->name,
		    *(const bool *)field ? "yes" : "no");
	case CK_LEVEL:
		return buf_putf(out, "%s %s\n", k->name,
		    log_level_name((enum log_level) * (const int *)field));
	case CK_WORD:
		w = k->words;
		while (w->name != NULL && w->value != *(const int *)field)
			w++;
		return w->name == NULL
			   ? RL_ERR_INTERNAL
			   : buf_putf(out, "%s %s\n", k->name, w->name);
	case CK_COUNT:
		return buf_putf(
		    out, "%s %u\n", k->name, *(const unsigned *)field);
	case CK_SIZE:
		return print_size(*(const uint64_t *)field, k->name, out);
	case CK_TIME:
		n = *(const unsigned *)field;
		return n % 1000 != 0
			   ? buf_putf(out, "%s %ums\n", k->name, n)
			   : buf_putf(out, "%s %us\n", k->name, n / 1000);
	case CK_PERIOD:
		return print_period(*(const unsigned *)field, k->name, out);
	case CK_PATHS:
	case CK_NAMES:
	case CK_ROOTS:
	case CK_SIGNERS:
	case CK_PLACE:
	case CK_IDENT:
		return print_list(field, k->name, out);
	}
	return RL_ERR_INTERNAL;
}

int
conf_print(const struct conf *c, struct buf *out)
{
	const struct conf_keyword *k;
	int r = 0;

	for (size_t i = 0; r == 0 && (k = conf_keyword_get(i)) != NULL; i++)
		r = print_keyword(c, k, out);
	return r;
}

/* --- changes --- */

#define PRINTED_MAX (64 * 1024) /* bytes of one keyword's lines */

/* The lines of one keyword without its name, joined by blanks; or NULL. */
static char *
shown(const struct conf *c, const struct conf_keyword *k)
{
	struct buf *out = buf_new(PRINTED_MAX);
	size_t skip = strlen(k->name) + 1, used = 0;
	char *s = NULL, *line, *next;

	if (print_keyword(c, k, out) == 0) {
		next = s = xstrndup((const char *)buf_ptr(out), buf_len(out));
		while ((line = strsep(&next, "\n")) != NULL && *line != '\0') {
			line += skip;
			if (used > 0)
				s[used++] = ' ';
			memmove(s + used, line, strlen(line));
			used += strlen(line);
		}
		s[used] = '\0';
	}
	buf_free(out);
	return s;
}

char *
conf_value(const struct conf *c, size_t i, const char **keyword)
{
	const struct conf_keyword *k = conf_keyword_get(i);

	if (k == NULL)
		return NULL;
	*keyword = k->name;
	return shown(c, k);
}

/* What may change at once has its value in the struct itself, or is a list. */
static void
take_field(
    struct conf *c, const struct conf *from, const struct conf_keyword *k)
{
	size_t size = 0;

	switch (k->kind) {
	case CK_LISTEN:
		return;
	case CK_BOOL:
		size = sizeof(bool);
		break;
	case CK_LEVEL:
	case CK_WORD:
		size = sizeof(int);
		break;
	case CK_COUNT:
	case CK_TIME:
	case CK_PERIOD:
		size = sizeof(unsigned);
		break;
	case CK_SIZE:
		size = sizeof(uint64_t);
		break;
	case CK_PATHS:
	case CK_NAMES:
	case CK_ROOTS:
	case CK_SIGNERS:
	case CK_PLACE:
	case CK_IDENT:
		strlist_copy((struct strlist *)(void *)((char *)c + k->off),
		    (const struct strlist *)(const void *)((const char *)from +
			k->off));
		return;
	}
	memcpy((char *)c + k->off, (const char *)from + k->off, size);
}

/* Whether all of c and fresh can be printed, and so compared. */
static int
can_compare(const struct conf *c, const struct conf *fresh)
{
	const struct conf_keyword *k;
	bool can = true;
	char *was, *is;

	for (size_t i = 0; can && (k = conf_keyword_get(i)) != NULL; i++) {
		was = shown(c, k);
		is = shown(fresh, k);
		can = was != NULL && is != NULL;
		free(was);
		free(is);
	}
	return can ? 0 : RL_ERR_TOOBIG;
}

int
conf_update(struct conf *c, const struct conf *fresh,
    void (*told)(
	const char *keyword, const char *value, enum conf_when, void *arg),
    void *arg)
{
	const struct conf_keyword *k;
	char *was, *is;
	int r;

	if ((r = can_compare(c, fresh)) != 0)
		return r;
	for (size_t i = 0; (k = conf_keyword_get(i)) != NULL; i++) {
		was = shown(c, k);
		is = shown(fresh, k);
		/* What does not hold yet is not where this is from. */
		if (k->when == CONF_AT_ONCE || strcmp(was, is) == 0)
			c->from[i] = fresh->from[i];
		if (strcmp(was, is) != 0) {
			if (k->when == CONF_AT_ONCE)
				take_field(c, fresh, k);
			told(k->name, is, k->when, arg);
		}
		free(was);
		free(is);
	}
	return 0;
}
