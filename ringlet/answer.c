/*
 * Tells answers of a terminal from keys, by the forms that no key has: ECMA-48
 * (control sequences), xterm's control sequences, and the keyboard protocol of
 * kitty.  Two can be both: `ESC [ 1 ; 2 R` is F3 with shift, and the cursor's
 * place; the key is believed.
 */

#include "config.h"

#include <string.h>

#include "answer.h"

#define ESC 0x1b
#define BEL 0x07

/* A control sequence behind ESC [: parameters, intermediates, final. */
struct sequence {
	const uint8_t *params;
	size_t nparams;
	uint8_t intermediate; /* the last, or 0 */
	uint8_t final;
};

/* Its length, or 0: it is none, or not whole. */
static size_t
parse(const uint8_t *p, size_t len, struct sequence *s)
{
	size_t i = 2;

	memset(s, 0, sizeof(*s));
	s->params = p + i;
	while (i < len && p[i] >= 0x30 && p[i] <= 0x3f)
		i++;
	s->nparams = i - 2;
	while (i < len && p[i] >= 0x20 && p[i] <= 0x2f)
		s->intermediate = p[i++];
	if (i == len || p[i] < 0x40 || p[i] > 0x7e)
		return 0;
	s->final = p[i];
	return i + 1;
}

/* ESC [ 1 ; 2 R to ESC [ 1 ; 16 R: F3 with modifiers. */
static bool
is_f3(const struct sequence *s)
{
	return s->nparams >= 3 && s->nparams <= 4 &&
	       memcmp(s->params, "1;", 2) == 0 &&
	       (s->nparams == 3 || s->params[2] == '1');
}

static bool
is_report(const struct sequence *s)
{
	uint8_t first = s->nparams > 0 ? s->params[0] : 0;

	if (s->intermediate != 0)
		return s->intermediate == '$' && s->final == 'y';
	switch (s->final) {
	case 'c': /* device attributes */
		return first == '?' || first == '>' || first == '=';
	case 'n': /* status */
	case 't': /* window */
		return s->nparams > 0;
	case 'R': /* cursor */
		return first == '?' ||
		       (memchr(s->params, ';', s->nparams) != NULL &&
			   !is_f3(s));
	case 'u': /* flags of the keyboard */
	case 'S': /* graphics */
		return first == '?';
	case 'I': /* focus */
	case 'O':
		return s->nparams == 0;
	default:
		return false;
	}
}

/*
 * A string behind ESC ] or ESC P, to BEL or ESC \: its length, or 0.  A string
 * of an answer begins with a number, or with what introduces a report.
 */
static size_t
string_length(const uint8_t *p, size_t len)
{
	size_t i;

	if (len < 3 || (p[1] == ']' && (p[2] < '0' || p[2] > '9') &&
			   p[2] != 'L' && p[2] != 'l'))
		return 0;
	for (i = 2; i < len; i++) {
		if (p[i] == BEL && p[1] == ']')
			return i + 1;
		if (p[i] == ESC)
			return i + 1 < len && p[i + 1] == '\\' ? i + 2 : 0;
		if (p[i] < 0x20)
			return 0;
	}
	return 0;
}

static size_t
answer_length(const uint8_t *p, size_t len)
{
	struct sequence s;
	size_t n;

	if (len < 3 || p[0] != ESC)
		return 0;
	if (p[1] == ']' || p[1] == 'P')
		return string_length(p, len);
	if (p[1] != '[' || (n = parse(p, len, &s)) == 0 || !is_report(&s))
		return 0;
	return n;
}

size_t
answer_part(const uint8_t *p, size_t len, bool *is_answer)
{
	size_t n = answer_length(p, len), i;

	*is_answer = n > 0;
	if (n > 0)
		return n;
	for (i = 1; i < len; i++) {
		if (p[i] == ESC && answer_length(p + i, len - i) > 0)
			break;
	}
	return i;
}
