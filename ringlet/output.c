/*
 * Everything that the user sees, but for what a session itself writes.  Text
 * that came from a file, an agent or the network passes text_safe() here, so
 * that it cannot drive the terminal.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

char *
text_vformat(const char *fmt, va_list ap)
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
		fputs("{\"success\":false,\"error\":{\"code\":\"INTERNAL\","
		      "\"message\":\"out of memory\",\"hint\":null}}",
		    stdout);
	putchar('\n');
	json_decref(doc);
}

/* Text that may be no UTF-8 as a JSON string. */
static json_t *
json_said(const char *raw)
{
	char *safe = text_safe(raw);
	json_t *s = json_string(valid_utf8(raw, strlen(raw)) ? raw : safe);

	free(safe);
	return s;
}

/* Where what to do begins in a text that tells both; NULL: it does not. */
static char *
find_hint(char *text)
{
	char *at = NULL;

	for (char *p = text; (p = strstr(p, HINT)) != NULL; p += strlen(HINT))
		at = p;
	return at;
}

static void
report_json(const char *code, char *text, const char *usage)
{
	char *at = find_hint(text);
	const char *todo = usage;

	if (at != NULL) {
		*at = '\0';
		todo = at + strlen(HINT);
	}
	put_json(json_pack("{s:b, s:{s:s, s:o, s:o}}", "success", 0, "error",
	    "code", code, "message", json_said(text), "hint",
	    todo != NULL ? json_said(todo) : json_null()));
}

/* The same in a line: of the mark only what is to be seen is left. */
static void
report_text(char *text, const char *usage)
{
	char *at = find_hint(text), *safe;

	if (at != NULL) {
		/* ": " and the mark become ": ". */
		at += strlen(": ");
		memmove(at, at + 1, strlen(at + 1) + 1);
	}
	safe = text_safe(text);
	/* What is kept for a pager was there before. */
	pager_let_go();
	progress_hide();
	fflush(stdout);
	fprintf(stderr, "ringlet: %s\n", safe);
	if (usage != NULL)
		fprintf(stderr, "%s\n", usage);
	free(safe);
}

static void __attribute__((__format__(printf, 4, 0)))
report(const struct cli *cli, const char *code, const char *usage,
    const char *fmt, va_list ap)
{
	char *whole = text_vformat(fmt, ap), *text = text_shorten(whole);

	free(whole);
	if (cli->json)
		report_json(code, text, usage);
	else
		report_text(text, usage);
	free(text);
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
	report(cli, rl_errname(err), NULL, fmt, ap);
	va_end(ap);
	return status_of(err);
}

int
fail_usage(const struct cli *cli, const char *fmt, ...)
{
	char *usage = cli->cmd != NULL ? command_usage(cli->cmd) : NULL;
	va_list ap;

	va_start(ap, fmt);
	report(cli, "USAGE", usage, fmt, ap);
	va_end(ap);
	free(usage);
	return STATUS_USAGE;
}

int
fail_file(const struct cli *cli, const char *name, const char *todo)
{
	int saved = errno, err = RL_ERR_SYSTEM;

	if (saved == ENOENT)
		err = RL_ERR_NOTFOUND;
	else if (saved == EACCES || saved == EPERM)
		err = RL_ERR_DENIED;
	return fail_error(
	    cli, err, "%s: %s" HINT "%s", name, strerror(saved), todo);
}

int
fail_daemon(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	report(cli, "UNREACHABLE", NULL, fmt, ap);
	va_end(ap);
	return STATUS_UNREACHABLE;
}

static void __attribute__((__format__(printf, 1, 0)))
note(const char *fmt, va_list ap)
{
	char *raw = text_vformat(fmt, ap), *safe = text_safe(raw);

	progress_hide();
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
	progress_hide();
	if (fflush(stdout) == 0 && !ferror(stdout) && pager_end() == 0)
		return status;
	fprintf(stderr,
	    "ringlet: standard output: %s: what was printed is not whole\n",
	    strerror(errno));
	return status != STATUS_DONE ? status : STATUS_FAILED;
}

void
print_field(const char *name, const char *fmt, ...)
{
	va_list ap;
	char *raw, *safe;

	va_start(ap, fmt);
	raw = text_vformat(fmt, ap);
	va_end(ap);
	safe = text_safe(raw);
	printf("%s: %s\n", name, safe);
	free(safe);
	free(raw);
}

/* --- the terminal --- */

bool
terminal_is_smart(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term != NULL && *term != '\0' &&
	       strcmp(term, "dumb") != 0;
}

bool
output_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return terminal_is_smart(output_fd()) && (no == NULL || *no == '\0');
}

bool
output_size(uint64_t *cols, uint64_t *rows)
{
	struct winsize ws;

	if (ioctl(output_fd(), TIOCGWINSZ, &ws) == -1 || ws.ws_col == 0 ||
	    ws.ws_row == 0)
		return false;
	*cols = ws.ws_col;
	*rows = ws.ws_row;
	return true;
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
