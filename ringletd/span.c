/*
 * Pieces of text: see span.h.  Nothing is copied, and no byte outside of a
 * piece is looked at.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "span.h"

bool
span_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool
span_is(const struct span *s, const char *text)
{
	size_t n = strlen(text);

	return s->len == n && (n == 0 || memcmp(s->p, text, n) == 0);
}

bool
span_is_nocase(const struct span *s, const char *text)
{
	size_t n = strlen(text);

	return s->len == n && (n == 0 || strncasecmp(s->p, text, n) == 0);
}

bool
span_number(const struct span *s, int64_t max, int64_t *out)
{
	int64_t v = 0;
	int digit;
	size_t i;

	if (s->len == 0)
		return false;
	for (i = 0; i < s->len; i++) {
		if (s->p[i] < '0' || s->p[i] > '9')
			return false;
		digit = s->p[i] - '0';
		if (v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

bool
span_next(struct span *rest, char sep, struct span *part)
{
	const char *end;

	if (rest->p == NULL)
		return false;
	*part = *rest;
	if ((end = memchr(rest->p, sep, rest->len)) != NULL) {
		part->len = (size_t)(end - rest->p);
		rest->len -= part->len + 1;
		rest->p = end + 1;
	} else
		*rest = (struct span){ NULL, 0 };
	while (part->len > 0 && span_is_blank(part->p[0])) {
		part->p++;
		part->len--;
	}
	while (part->len > 0 && span_is_blank(part->p[part->len - 1]))
		part->len--;
	return true;
}

bool
span_list_has(struct span list, const char *word)
{
	struct span part;

	while (span_next(&list, ',', &part))
		if (span_is_nocase(&part, word))
			return true;
	return false;
}
