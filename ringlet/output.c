/*
 * Everything that the user sees, but for what a session itself writes.  Text
 * that came from a file, an agent or the network passes text_safe() here, so
 * that it cannot drive the terminal.
 */

#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

static char *
vformat(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) == -1)
		return xstrdup("out of memory");
	return s;
}

static void
put_json(json_t *doc)
{
	if (doc == NULL || json_dumpf(doc, stdout, JSON_COMPACT) == -1)
		fputs("{\"success\":false,\"error\":\"out of memory\","
		      "\"code\":\"INTERNAL\"}",
		    stdout);
	putchar('\n');
	json_decref(doc);
}

static void __attribute__((__format__(printf, 3, 0)))
report(const struct cli *cli, const char *code, const char *fmt, va_list ap)
{
	char *raw = vformat(fmt, ap), *safe = text_safe(raw);

	if (cli->json)
		put_json(json_pack("{s:b, s:s, s:s}", "success", 0, "error",
		    valid_utf8(raw, strlen(raw)) ? raw : safe, "code", code));
	else {
		fflush(stdout);
		fprintf(stderr, "ringlet: %s\n", safe);
	}
	free(safe);
	free(raw);
}

static int
status_of(int err)
{
	switch (err) {
	case RL_ERR_NOTFOUND:
		return STATUS_NOTFOUND;
	case RL_ERR_DENIED:
	case RL_ERR_AUTH:
		return STATUS_DENIED;
	default:
		return STATUS_FAILED;
	}
}

int
fail_error(const struct cli *cli, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(cli, rl_errname(err), fmt, ap);
	va_end(ap);
	return status_of(err);
}

int
fail_usage(const struct cli *cli, const char *fmt, ...)
{
	const struct command *c = cli->cmd;
	va_list ap;

	va_start(ap, fmt);
	report(cli, "USAGE", fmt, ap);
	va_end(ap);
	if (!cli->json && c != NULL)
		fprintf(stderr, "usage: ringlet %s%s%s%s%s\n", c->group,
		    c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
		    *c->usage != '\0' ? " " : "", c->usage);
	return STATUS_USAGE;
}

int
fail_daemon(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(cli, "UNREACHABLE", fmt, ap);
	va_end(ap);
	return STATUS_UNREACHABLE;
}

static void __attribute__((__format__(printf, 1, 0)))
note(const char *fmt, va_list ap)
{
	char *raw = vformat(fmt, ap), *safe = text_safe(raw);

	fflush(stdout);
	fprintf(stderr, "ringlet: %s\n", safe);
	free(safe);
	free(raw);
}

void
hint(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (cli->quiet)
		return;
	va_start(ap, fmt);
	note(fmt, ap);
	va_end(ap);
}

void
verbose(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	if (!cli->verbose)
		return;
	va_start(ap, fmt);
	note(fmt, ap);
	va_end(ap);
}

int
print_json(const struct cli *cli, json_t *data)
{
	put_json(json_pack("{s:b, s:o}", "success", 1, "data",
	    data != NULL ? data : json_null()));
	return STATUS_DONE;
}

int
output_end(const struct cli *cli, int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "ringlet: standard output: %s\n", strerror(errno));
	return status != STATUS_DONE ? status : STATUS_FAILED;
}

/* --- tables --- */

struct cell {
	char *text;
	size_t width;
	enum colour colour;
};

struct table {
	struct cell *cells;
	size_t ncells;
	size_t ncols;
	size_t shrink; /* a column, or ncols */
};

#define GAP	   2 /* columns of a terminal between those of a table */
#define SHRINK_MIN 8

static bool
want_colour(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') &&
	       term != NULL && strcmp(term, "dumb") != 0;
}

static void
add_cell(struct table *t, enum colour colour, char *text)
{
	struct cell *c;

	t->cells = xreallocarray(t->cells, t->ncells + 1, sizeof(*t->cells));
	c = &t->cells[t->ncells++];
	c->text = text;
	c->width = text_width(text);
	c->colour = colour;
}

struct table *
table_new(const char *const *headings, size_t ncols)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->ncols = t->shrink = ncols;
	for (size_t i = 0; i < ncols; i++)
		add_cell(t, COLOUR_FAINT, xstrdup(headings[i]));
	return t;
}

void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->ncells; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

void
table_cell(struct table *t, enum colour colour, const char *fmt, ...)
{
	va_list ap;
	char *raw;

	va_start(ap, fmt);
	raw = vformat(fmt, ap);
	va_end(ap);
	add_cell(t, colour, *raw != '\0' ? text_safe(raw) : xstrdup("-"));
	free(raw);
}

void
table_shrink(struct table *t, size_t column)
{
	t->shrink = column;
}

/* Cuts widths[t->shrink] down if that makes the rows fit. */
static void
fit(const struct table *t, size_t *widths)
{
	uint64_t cols, rows;
	size_t all = (t->ncols - 1) * GAP, over;

	if (t->shrink == t->ncols || !isatty(STDOUT_FILENO) ||
	    !session_terminal_size(&cols, &rows))
		return;
	for (size_t i = 0; i < t->ncols; i++)
		all += widths[i];
	if (all <= cols)
		return;
	over = all - (size_t)cols;
	if (widths[t->shrink] >= SHRINK_MIN + over)
		widths[t->shrink] -= over;
}

/* The text within that width; what is left out shows as dots.  Returns what
 * it takes. */
static size_t
put_text(const struct cell *c, size_t width)
{
	char *cut;
	size_t n;

	if (c->width <= width) {
		fputs(c->text, stdout);
		return c->width;
	}
	cut = xstrdup(c->text);
	n = strlen(cut);
	do {
		/* A whole character at a time. */
		do {
			cut[--n] = '\0';
		} while (n > 0 && (c->text[n] & 0xc0) == 0x80);
	} while (n > 0 && text_width(cut) + 2 > width);
	printf("%s..", cut);
	n = text_width(cut) + 2;
	free(cut);
	return n;
}

void
table_print(const struct table *t)
{
	static const char *const on[] = { [COLOUR_GOOD] = "\033[32m",
		[COLOUR_BAD] = "\033[31m",
		[COLOUR_FAINT] = "\033[2m" };
	size_t *widths = xcalloc(t->ncols, sizeof(*widths));
	bool colour = want_colour();

	for (size_t i = 0; i < t->ncells; i++)
		if (t->cells[i].width > widths[i % t->ncols])
			widths[i % t->ncols] = t->cells[i].width;
	fit(t, widths);
	for (size_t i = 0; i < t->ncells; i++) {
		const struct cell *c = &t->cells[i];
		size_t width = widths[i % t->ncols], used;

		if (colour && c->colour != COLOUR_NONE)
			fputs(on[c->colour], stdout);
		used = put_text(c, width);
		if (colour && c->colour != COLOUR_NONE)
			fputs("\033[0m", stdout);
		if (i % t->ncols == t->ncols - 1)
			putchar('\n');
		else
			printf("%*s", (int)(width - used + GAP), "");
	}
	free(widths);
}

void
print_field(const char *name, const char *fmt, ...)
{
	va_list ap;
	char *raw, *safe;

	va_start(ap, fmt);
	raw = vformat(fmt, ap);
	va_end(ap);
	safe = text_safe(raw);
	printf("%s: %s\n", name, safe);
	free(safe);
	free(raw);
}

/* --- JSON --- */

json_t *
json_strs(const struct msg_strs *s)
{
	json_t *a = json_array();

	for (size_t i = 0; i < s->n; i++)
		json_array_append_new(a, json_string(s->v[i]));
	return a;
}

json_t *
json_text(const char *s)
{
	return *s != '\0' ? json_string(s) : json_null();
}

json_t *
json_time(int64_t when)
{
	time_t t = (time_t)when;
	char text[64];
	struct tm tm;

	if (when == 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}
