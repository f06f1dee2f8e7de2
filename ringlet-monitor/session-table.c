/*
 * The table of sessions: their rows, and how a row is told.  Nothing here asks
 * or answers anybody.
 */

#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "fdpass.h"
#include "loop.h"
#include "monitor.h"
#include "session.h"
#include "xmalloc.h"

void
session_set(char **to, const char *from)
{
	char *copy = xstrdup(from);

	free(*to);
	*to = copy;
}

struct session *
session_find(const struct env *env, const char *id)
{
	struct session *s;

	TAILQ_FOREACH(s, &env->sessions, link)
		if (strcmp(s->id, id) == 0)
			return s;
	return NULL;
}

struct session *
session_add(struct env *env, const char *alias)
{
	struct session *s = xcalloc(1, sizeof(*s));
	uint8_t random[SESSION_ID_LEN / 2];

	do {
		randombytes_buf(random, sizeof(random));
		sodium_bin2hex(
		    s->id, sizeof(s->id), random, sizeof(random));
	} while (session_find(env, s->id) != NULL);
	s->alias = xstrdup(alias);
	s->cwd = xstrdup("");
	s->tier = xstrdup("");
	s->limits = xstrdup("");
	s->reason = xstrdup("");
	s->text = xstrdup("");
	s->state = SST_STARTING;
	s->exit_code = -1;
	s->created_at = time(NULL);
	s->ring_fd = s->screen_fd = s->note_fd = -1;
	TAILQ_INSERT_TAIL(&env->sessions, s, link);
	env->nsessions++;
	return s;
}

void
session_remove(struct env *env, struct session *s)
{
	TAILQ_REMOVE(&env->sessions, s, link);
	env->nsessions--;
	ring_reader_free(s->ring);
	fd_close(s->ring_fd);
	fd_close(s->screen_fd);
	fd_close(s->note_fd);
	free(s->alias);
	free(s->cwd);
	free(s->tier);
	free(s->limits);
	free(s->reason);
	free(s->text);
	jailnote_clear(&s->note);
	session_end_hooks(s);
	uploads_remove(&s->uploads);
	strlist_clear(&s->hooks_left_out);
	free(s);
}

bool
session_is_listed(const struct session *s)
{
	return !s->check || s->state != SST_TERMINATED;
}

void
session_end_hooks(struct session *s)
{
	if (s->hook_report != NULL)
		(void)unlink(s->hook_report);
	free(s->hook_report);
	s->hook_report = NULL;
}

void
session_msg_lists(const struct session *s, struct msg_session *to)
{
	to->changed.v = (const char **)s->note.changed.v;
	to->changed.n = s->note.changed.n;
	to->hooks_left_out.v = (const char **)s->hooks_left_out.v;
	to->hooks_left_out.n = s->hooks_left_out.n;
}

void
session_free_all(struct env *env)
{
	struct session *s;

	while ((s = TAILQ_FIRST(&env->sessions)) != NULL)
		session_remove(env, s);
	loop_timer_free(env->keep_timer);
	env->keep_timer = NULL;
}

size_t
session_count(const struct env *env, const char *alias)
{
	const struct session *s;
	size_t n = 0;

	TAILQ_FOREACH(s, &env->sessions, link)
		n += s->state != SST_TERMINATED &&
		    (alias == NULL || strcmp(s->alias, alias) == 0);
	return n;
}

void
session_size(const struct session *s, uint64_t *cols, uint64_t *rows)
{
	uint32_t size;

	if (s->ring == NULL)
		return;
	size = ring_reader_size(s->ring);
	if (size >> 16 == 0 || size >> 16 > TERM_SIZE_MAX ||
	    (size & 0xffff) == 0 || (size & 0xffff) > TERM_SIZE_MAX)
		return;
	*cols = size >> 16;
	*rows = size & 0xffff;
}

void
session_to_msg(const struct session *s, struct msg_session *to)
{
	memset(to, 0, sizeof(*to));
	to->id = s->id;
	to->profile_alias = s->alias;
	to->working_dir = s->cwd;
	to->tier = s->tier;
	to->limits = s->limits;
	to->reason = s->reason;
	to->text = s->text;
	to->state = s->state;
	to->exit_code = s->exit_code;
	to->signal = s->signal;
	to->created_at = s->created_at;
	to->ended_at = s->ended_at;
	to->pid = s->state == SST_TERMINATED ? 0 : s->pid;
	to->cols = s->cols;
	to->rows = s->rows;
	session_size(s, &to->cols, &to->rows);
	to->client_count = s->viewers;
	to->output = s->ring == NULL ? 0 : ring_reader_head(s->ring);
	to->oldest = s->ring == NULL ? 0 : ring_reader_tail(s->ring);
	to->sandboxed = s->sandboxed;
}
