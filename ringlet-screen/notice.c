/*
 * notice.c: what a program prints to have its person look: a bell, or one of
 * the sequences for notifications that terminals know.  They do not change
 * what is shown.  The last of each is kept, as text without control characters;
 * what it says is the program's own word.
 */

#include "config.h"

#include <string.h>

#include "internal.h"

void
notice_bell(struct screen *s)
{
	s->notices.bell = s->offset;
}

/* Plain text: each BEL in it is a bell. */
void
notice_flood(struct screen *s, const uint8_t *p, size_t len)
{
	const uint8_t *bell = memrchr(p, 0x07, len);

	if (bell != NULL)
		s->notices.bell = s->offset + (uint64_t)(bell - p) + 1;
}

static void
note(struct screen *s, const char *title, size_t tlen, const char *text,
    size_t len)
{
	struct screen_notices *n = &s->notices;
	char clean[2][NOTICE_MAX + 1];

	/* Each of them is looked at, whichever is empty. */
	tlen = text_clean(clean[0], sizeof(clean[0]), title, tlen);
	len = text_clean(clean[1], sizeof(clean[1]), text, len);
	if (tlen + len == 0)
		return;
	memcpy(n->title, clean[0], tlen + 1);
	memcpy(n->text, clean[1], len + 1);
	n->note = s->offset;
}

/* The length of what is before the next c; len if there is none. */
static size_t
before(const char *p, size_t len, char c)
{
	const char *at = memchr(p, c, len);

	return at != NULL ? (size_t)(at - p) : len;
}

static bool
is_word(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(p, word, len) == 0;
}

/*
 * OSC 9 ; TEXT, as iTerm2 has it.  With a number first it is one of ConEmu's:
 * progress, sleeping, the working folder.
 */
static void
note_iterm(struct screen *s, const char *p, size_t len)
{
	size_t first = before(p, len, ';'), i = 0;

	while (i < first && p[i] >= '0' && p[i] <= '9')
		i++;
	if (i == first && first > 0)
		return;
	note(s, "", 0, p, len);
}

/* OSC 777 ; notify ; TITLE ; TEXT, as urxvt has it. */
static void
note_urxvt(struct screen *s, const char *p, size_t len)
{
	size_t n = before(p, len, ';');

	if (!is_word(p, n, "notify") || n == len)
		return;
	p += n + 1;
	len -= n + 1;
	n = before(p, len, ';');
	note(s, p, n, n < len ? p + n + 1 : p, n < len ? len - n - 1 : 0);
}

/*
 * Whether kitty's parameters, KEY=VALUE with colons between them, are those of
 * a text that is there as it is: no part of a longer one, no question, no
 * picture.
 */
static bool
kitty_is_plain(const char *p, size_t len)
{
	size_t n;

	for (;;) {
		n = before(p, len, ':');
		if (n >= 2 && p[1] == '=' &&
		    ((p[0] == 'p' && !is_word(p + 2, n - 2, "title") &&
			 !is_word(p + 2, n - 2, "body")) ||
			(p[0] == 'd' && is_word(p + 2, n - 2, "0")) ||
			(p[0] == 'e' && !is_word(p + 2, n - 2, "0"))))
			return false;
		if (n == len)
			return true;
		p += n + 1;
		len -= n + 1;
	}
}

/* OSC 99 ; PARAMETERS ; TEXT, as kitty has it. */
static void
note_kitty(struct screen *s, const char *p, size_t len)
{
	size_t n = before(p, len, ';');

	if (n < len && kitty_is_plain(p, n))
		note(s, "", 0, p + n + 1, len - n - 1);
}

void
notice_osc(struct screen *s, int id, const char *p, size_t len)
{
	if (id == 9)
		note_iterm(s, p, len);
	else if (id == 99)
		note_kitty(s, p, len);
	else if (id == 777)
		note_urxvt(s, p, len);
}

const struct screen_notices *
screen_notices(const struct screen *s)
{
	return &s->notices;
}

void
screen_notices_clear(struct screen *s)
{
	memset(&s->notices, 0, sizeof(s->notices));
}

void
screen_notices_from(struct screen *s, uint64_t offset)
{
	screen_notices_clear(s);
	s->offset = offset;
}
