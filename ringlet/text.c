/*
 * Text for people and shells: pure functions, all of them unit-tested.
 */

#include "config.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>

#include "buf.h"
#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

#define WORD_MAX 32 /* bytes; no command or option is longer */

/* Of a word that is longer than _SHOWN bytes its beginning and end are told. */
#define WORD_SHOWN 300
#define WORD_HEAD  200
#define WORD_TAIL  80
#define BLANKS	   " \t\n"

/*
 * Edit distance of two short words; a swap of neighbours counts as one, as
 * it is the commonest slip of the hand.
 */
static size_t
distance(const char *a, const char *b)
{
	size_t d[WORD_MAX + 1][WORD_MAX + 1], la = strlen(a), lb = strlen(b);
	size_t best;

	for (size_t i = 0; i <= la; i++)
		d[i][0] = i;
	for (size_t j = 0; j <= lb; j++)
		d[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		for (size_t j = 1; j <= lb; j++) {
			best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[la][lb];
}

const char *
text_suggest(const char *typed, const char *const *list, size_t n)
{
	size_t len = strlen(typed), best, dist;
	const char *near = NULL;

	if (len < 2 || len > WORD_MAX)
		return NULL;
	/* A third of the letters may be wrong, so that no option is ever
	   suggested for its opposite. */
	best = (len < 3 ? 1 : len / 3) + 1;
	for (size_t i = 0; i < n; i++) {
		if (strlen(list[i]) > WORD_MAX)
			continue;
		/* A beginning is near, whatever is missing after it. */
		dist = strncmp(list[i], typed, len) == 0
			   ? 1
			   : distance(typed, list[i]);
		if (dist < best) {
			best = dist;
			near = list[i];
		}
	}
	return near;
}

char *
text_safe(const char *s)
{
	size_t size = 4 * strlen(s) + 1; /* \xNN for every byte */

	return text_escape(xmalloc(size), size, s);
}

size_t
text_width(const char *s)
{
	mbstate_t st;
	wchar_t wc;
	size_t len = strlen(s), n, width = 0;
	int w;

	memset(&st, 0, sizeof(st));
	while (len > 0) {
		n = mbrtowc(&wc, s, len, &st);
		if (n == (size_t)-1 || n == (size_t)-2) {
			/* The locale is not UTF-8: one column a character. */
			memset(&st, 0, sizeof(st));
			width += ((unsigned char)*s & 0xc0) != 0x80;
			n = 1;
		} else {
			w = wcwidth(wc);
			width += w > 0 ? (size_t)w : 0;
		}
		s += n;
		len -= n;
	}
	return width;
}

/* Stands for text that is left out: an ellipsis, else two dots. */
static const char *
cut_mark(void)
{
	return text_width("\xe2\x80\xa6") == 1 && MB_CUR_MAX > 1
		   ? "\xe2\x80\xa6"
		   : "..";
}

char *
text_cut(const char *s, size_t width)
{
	const char *mark = cut_mark();
	size_t n = strlen(s), m = text_width(mark);
	char *whole, *head;

	if (text_width(s) <= width)
		return xstrdup(s);
	head = xstrdup(s);
	do {
		/* A whole character at a time. */
		do {
			head[--n] = '\0';
		} while (n > 0 && (s[n] & 0xc0) == 0x80);
	} while (n > 0 && text_width(head) + m > width);
	whole = xasprintf("%s%s", head, mark);
	free(head);
	return whole;
}

/* Whether the byte is in the middle of a character. */
static bool
is_inside(char c)
{
	return (c & 0xc0) == 0x80;
}

char *
text_shorten(const char *s)
{
	const char *mark = cut_mark();
	size_t m = strlen(mark), len, head, tail;
	char *whole = xmalloc(strlen(s) + 1), *to = whole;

	for (; *s != '\0'; s += len) {
		/* The blanks before it are no part of a word. */
		len = strspn(s, BLANKS);
		len = len > 0 ? len : strcspn(s, BLANKS);
		head = tail = len;
		if (len > WORD_SHOWN) {
			head = WORD_HEAD;
			while (head > 0 && is_inside(s[head]))
				head--;
			tail = len - WORD_TAIL;
			while (tail < len && is_inside(s[tail]))
				tail++;
		}
		memcpy(to, s, head);
		to += head;
		if (head < tail) {
			memcpy(to, mark, m);
			to += m;
		}
		memcpy(to, s + tail, len - tail);
		to += len - tail;
	}
	*to = '\0';
	return whole;
}

int
text_put_shell(struct buf *b, const char *s)
{
	int r = buf_puts(b, "'");

	for (; r == 0 && *s != '\0'; s++)
		r = *s == '\'' ? buf_puts(b, "'\\''") : buf_put(b, s, 1);
	return r == 0 ? buf_puts(b, "'") : r;
}

int
text_put_json(struct buf *b, const char *s)
{
	int r = buf_puts(b, "\"");

	for (; r == 0 && *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			r = buf_putf(b, "\\%c", *s);
		else if ((unsigned char)*s < 0x20)
			r = buf_putf(b, "\\u%04x", (unsigned)*s);
		else
			r = buf_put(b, s, 1);
	}
	return r == 0 ? buf_puts(b, "\"") : r;
}

char *
text_time(char *dst, size_t size, int64_t when)
{
	time_t t = (time_t)when;
	struct tm tm;

	if (when == 0)
		snprintf(dst, size, "never");
	else if (localtime_r(&t, &tm) == NULL ||
		 strftime(dst, size, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(dst, size, "%lld", (long long)when);
	return dst;
}

char *
text_age(char *dst, size_t size, int64_t seconds)
{
	long long n = seconds > 0 ? (long long)seconds : 0;

	if (n < 60)
		snprintf(dst, size, "%llds", n);
	else if (n < 60 * 60)
		snprintf(dst, size, "%lldm", n / 60);
	else if (n < 24 * 60 * 60)
		snprintf(dst, size, "%lldh", n / (60 * 60));
	else
		snprintf(dst, size, "%lldd", n / (24 * 60 * 60));
	return dst;
}

char *
text_duration(char *dst, size_t size, int64_t seconds)
{
	long long n = seconds > 0 ? (long long)seconds : 0;

	if (n < 60)
		snprintf(dst, size, "%llds", n);
	else if (n < 60 * 60)
		snprintf(dst, size, "%lldm %llds", n / 60, n % 60);
	else if (n < 24 * 60 * 60)
		snprintf(dst, size, "%lldh %lldm", n / (60 * 60), n / 60 % 60);
	else
		snprintf(dst, size, "%lldd %lldh", n / (24 * 60 * 60),
		    n / (60 * 60) % 24);
	return dst;
}

int
text_signal(const char *s)
{
	static const struct {
		const char *name;
		int signo;
	} signals[] = {
		{ "HUP", SIGHUP },
		{ "INT", SIGINT },
		{ "QUIT", SIGQUIT },
		{ "KILL", SIGKILL },
		{ "USR1", SIGUSR1 },
		{ "USR2", SIGUSR2 },
		{ "TERM", SIGTERM },
		{ "CONT", SIGCONT },
		{ "STOP", SIGSTOP },
		{ "TSTP", SIGTSTP },
	};
	const char *e;
	int n;

	if (isdigit((unsigned char)*s)) {
		n = (int)strtonum(s, 1, 64, &e);
		return e == NULL ? n : -1;
	}
	if (strncasecmp(s, "SIG", 3) == 0)
		s += 3;
	for (size_t i = 0; i < NELEM(signals); i++)
		if (strcasecmp(s, signals[i].name) == 0)
			return signals[i].signo;
	return -1;
}
