/*
 * Notices: what an agent prints to have its person look.
 *
 * Only a screen keeper parses output, and a session that needs no screen has
 * none.  So bytes are looked at here for the few that end a notice, without
 * asking what they end; where one comes, a keeper is told to save a screen, and
 * says what it found on the way.  A screen is saved so that no byte is parsed
 * twice: the next keeper goes on from there.
 *
 * It is the agent who decides how often that is, so it happens at most once in
 * NOTICE_MS for each session, and so is the monitor told: the last one counts,
 * but a bell does not take the place of a notification that waits.  What was
 * read before, by a keeper that has failed since, is no news.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "sandboxer.h"
#include "xmalloc.h"

#define NOTICE_MS 1000 /* between two looks, and between two words */
#define GATHER_MS 50   /* what comes within that is looked at together */

#define BEL 0x07
#define ESC 0x1b

/* Whether b comes behind a in the bytes, the first of which follows last. */
static bool
has_pair(uint8_t last, const uint8_t *p, size_t len, uint8_t a, uint8_t b)
{
	const uint8_t *at = p, *end = p + len;

	for (; (at = memchr(at, b, (size_t)(end - at))) != NULL; at++)
		if ((at == p ? last : at[-1]) == a)
			return true;
	return false;
}

/*
 * Whether in len bytes at p something ends that may be a notice.  last is the
 * byte before p.
 */
static bool
is_hint(uint8_t last, const uint8_t *p, size_t len)
{
	/* ST is ESC and a backslash, or the control U+009C. */
	return memchr(p, BEL, len) != NULL ||
	       has_pair(last, p, len, ESC, '\\') ||
	       has_pair(last, p, len, 0xc2, 0x9c);
}

static uint64_t
until(uint64_t since, uint64_t now)
{
	return since == 0 || now - since >= NOTICE_MS ? 0
						      : since + NOTICE_MS - now;
}

static void
tell(struct session *s)
{
	struct notice *n = &s->notice;
	const struct msg_jail_notice m = { .id = s->id,
		.kind = n->kind,
		.title = n->title != NULL ? n->title : "",
		.text = n->text != NULL ? n->text : "" };

	(void)peer_send(s->env->monitor, MSG_JAIL_NOTICE, &m, NULL, 0);
	n->told_at = loop_now();
	n->kind = 0;
	free(n->title);
	free(n->text);
	n->title = n->text = NULL;
}

/* Sees to it that on_timer() comes when there is something to do. */
static void
arm(struct session *s)
{
	struct notice *n = &s->notice;
	uint64_t now = loop_now(), look, word, ms = UINT64_MAX;

	if (n->hinted) {
		look = until(n->looked_at, now);
		ms = look > GATHER_MS ? look : GATHER_MS;
	}
	if (n->kind != 0 && (word = until(n->told_at, now)) < ms)
		ms = word;
	if (ms != UINT64_MAX)
		loop_timer_arm(n->timer, ms);
}

static void
on_timer(void *arg)
{
	struct session *s = arg;
	struct notice *n = &s->notice;
	uint64_t now = loop_now();

	if (n->kind != 0 && until(n->told_at, now) == 0)
		tell(s);
	/* One that is busy has not been told of these bytes. */
	if (n->hinted && until(n->looked_at, now) == 0 && !keeper_is_busy(s)) {
		n->hinted = false;
		n->looked_at = now;
		keeper_save(s);
	}
	arm(s);
}

static void
make_timer(struct session *s)
{
	if (s->notice.timer == NULL)
		s->notice.timer = loop_timer_new(s->env->loop, on_timer, s);
}

void
notice_output(struct session *s, const uint8_t *p, size_t len)
{
	struct notice *n = &s->notice;

	if (len == 0)
		return;
	if (!n->hinted && is_hint(n->last, p, len)) {
		n->hinted = true;
		make_timer(s);
		arm(s);
	}
	n->last = p[len - 1];
}

static void
set(char **to, const char *from)
{
	free(*to);
	*to = xstrdup(from);
}

void
notice_found(struct session *s, uint64_t bell, uint64_t note, const char *title,
    const char *text)
{
	struct notice *n = &s->notice;

	if (note > n->upto) {
		n->kind = NOTICE_NOTIFICATION;
		set(&n->title, title);
		set(&n->text, text);
	} else if (bell > n->upto && n->kind == 0)
		n->kind = NOTICE_BELL;
	if (n->kind == 0)
		return;
	make_timer(s);
	if (until(n->told_at, loop_now()) == 0)
		tell(s);
	else
		arm(s);
}

void
notice_read(struct session *s, uint64_t offset)
{
	if (offset > s->notice.upto)
		s->notice.upto = offset;
}

void
notice_end(struct session *s)
{
	s->notice.hinted = false;
	s->notice.kind = 0;
	if (s->notice.timer != NULL)
		loop_timer_disarm(s->notice.timer);
}

void
notice_clear(struct session *s)
{
	loop_timer_free(s->notice.timer);
	free(s->notice.title);
	free(s->notice.text);
	memset(&s->notice, 0, sizeof(s->notice));
}
