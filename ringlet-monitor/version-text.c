/*
 * What a program prints of its version.  The program wrote it, and may have
 * meant to be read as something else: only text that fits a grammar is handed
 * on.
 */

#include "config.h"

#include <stdbool.h>
#include <string.h>

#include "err.h"
#include "version.h"

#define LINES_MAX 5 /* that are looked at */
#define LINE_MAX  256
#define PARTS_MAX 5 /* numbers with dots between them */
#define DIGITS	  "0123456789"
#define REST                                                                   \
	DIGITS ".-+abcdefghijklmnopqrstuvwxyz"                                 \
	       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* How many bytes of the word at s are a version; 0: it is none. */
static size_t
version_length(const char *s)
{
	size_t len = 0, parts = 0, n;

	for (;;) {
		n = strspn(s + len, DIGITS);
		if (n == 0 || n > 9 || ++parts > PARTS_MAX)
			return 0;
		len += n;
		if (s[len] != '.')
			break;
		len++;
	}
	if (parts < 2)
		return 0;
	if (s[len] == '-' || s[len] == '+') {
		n = strspn(s + len, REST);
		if (n < 2)
			return 0;
		len += n;
	}
	return len <= VERSION_MAX ? len : 0;
}

/* Whether a word may end there. */
static bool
is_end(char c)
{
	return c == '\0' || strchr(" \t\r,;:()", c) != NULL;
}

/* In one word, which begins at s: where the version is, or NULL. */
static const char *
in_word(const char *s, size_t word, size_t *len)
{
	const char *p = s;

	/* "name/1.2.3", "@scope/name@1.2.3" */
	for (size_t i = 0; i < word; i++)
		if (s[i] == '/' || s[i] == '@')
			p = s + i + 1;
	if (*p == 'v' || *p == 'V')
		p++;
	*len = version_length(p);
	return *len > 0 && is_end(p[*len]) ? p : NULL;
}

static const char *
in_line(const char *line, size_t *len)
{
	const char *p, *found;
	size_t word;

	for (p = line; *p != '\0'; p += word) {
		p += strspn(p, " \t\r,;:()");
		word = strcspn(p, " \t\r,;:()");
		if (word > 0 && (found = in_word(p, word, len)) != NULL)
			return found;
	}
	return NULL;
}

/* Printable ASCII, and what separates words. */
static bool
is_text(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((line[i] < 0x20 && line[i] != '\t' && line[i] != '\r') ||
		    line[i] == 0x7f)
			return false;
	return true;
}

int
version_find(const char *text, size_t len, char *out, size_t size)
{
	char line[LINE_MAX + 1];
	const char *end, *found;
	size_t n, left = len, flen;

	for (int i = 0; i < LINES_MAX && left > 0; i++) {
		end = memchr(text, '\n', left);
		n = end != NULL ? (size_t)(end - text) : left;
		if (n <= LINE_MAX && is_text(text, n)) {
			memcpy(line, text, n);
			line[n] = '\0';
			found = in_line(line, &flen);
			if (found != NULL && flen < size) {
				memcpy(out, found, flen);
				out[flen] = '\0';
				return 0;
			}
		}
		n += end != NULL;
		text += n;
		left -= n;
	}
	return RL_ERR_NOTFOUND;
}
