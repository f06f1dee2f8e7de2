/*
 * What a session's hooks report: that they run, and how they ended.
 *
 * They report by a pipe with a name, which the jail has, for agents close
 * descriptors that they do not know, and a jail of a lesser tier has no
 * sockets.  So the agent can write to it, too.  Whatever it writes: a record
 * has a fixed size, its numbers are checked, so many are passed on and no
 * more, the rest is counted, and reading pauses.  Nothing here depends on what
 * is said.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "err.h"
#include "fdpass.h"
#include "hook.h"
#include "jail-hook.h"
#include "loop.h"
#include "peer.h"
#include "sandboxer.h"
#include "xmalloc.h"

#define BURST	 200   /* records at once */
#define PER_S	 10    /* and then so many a second */
#define PAUSE_MS 200   /* where there are more */
#define BLOCK	 16384 /* bytes of one reading */

struct hook_pipe {
	struct session *session;
	int fd;
	struct loop_io *io;
	struct loop_timer *timer; /* the pause */
	uint64_t tokens;	  /* thousandths of a record that may pass */
	uint64_t filled_at;	  /* loop_now() */
	uint64_t lost;
	uint8_t left[sizeof(struct jail_hook_record)]; /* of the last block */
	size_t nleft;
	size_t covered; /* of these: they belong to one that was taken */
};

/* Whether one more may pass. */
static bool
may_pass(struct hook_pipe *h)
{
	uint64_t now = loop_now();

	h->tokens += (now - h->filled_at) * PER_S;
	h->filled_at = now;
	if (h->tokens > BURST * 1000)
		h->tokens = BURST * 1000;
	if (h->tokens < 1000)
		return false;
	h->tokens -= 1000;
	return true;
}

static void
tell(struct hook_pipe *h, const struct jail_hook_record *rec)
{
	char hash[HOOK_HASH_LEN + 1] = "";
	struct msg_jail_hook m = { .id = h->session->id, .hash = hash };

	if (rec != NULL) {
		sodium_bin2hex(
		    hash, sizeof(hash), rec->hash, sizeof(rec->hash));
		m.event = rec->event;
		m.index = rec->index;
		m.phase = rec->phase;
		m.status = rec->status;
	}
	m.lost = h->lost > UINT32_MAX ? UINT32_MAX : h->lost;
	h->lost = 0;
	(void)peer_send(h->session->env->monitor, MSG_JAIL_HOOK, &m, NULL, 0);
}

static bool
makes_sense(const struct jail_hook_record *r)
{
	return r->event >= 1 && r->event < HOOK_EVENT_END &&
	       r->index < HOOKS_MAX &&
	       (r->phase == HOOK_BEGINS || r->phase == HOOK_ENDED) &&
	       r->status >= 0 && r->status <= 255;
}

/* Whether a record begins at p. */
static bool
is_record(const uint8_t *p, struct jail_hook_record *rec)
{
	memcpy(rec, p, sizeof(*rec));
	return rec->magic == JAIL_HOOK_MAGIC && makes_sense(rec);
}

/*
 * Goes through len bytes and keeps what may be the beginning of a record.  One
 * of ours is written at once, so it is whole wherever others put their bytes;
 * and it is looked for at each byte, so that none is swallowed by a beginning
 * that was put before it.
 */
static void
take(struct hook_pipe *h, const uint8_t *p, size_t len)
{
	struct jail_hook_record rec;
	size_t at, end = h->covered;
	bool nonsense = false;

	for (at = 0; len - at >= sizeof(rec); at++) {
		if (is_record(p + at, &rec)) {
			end = at + sizeof(rec);
			if (may_pass(h))
				tell(h, &rec);
			else
				h->lost++;
		} else if (at >= end)
			nonsense = true;
	}
	h->lost += nonsense;
	h->nleft = len - at;
	h->covered = end > at ? end - at : 0;
	memcpy(h->left, p + at, h->nleft);
}

/* Reads a block.  False: there is none now. */
static bool
read_block(struct hook_pipe *h)
{
	uint8_t block[sizeof(h->left) + BLOCK];
	ssize_t n;

	memcpy(block, h->left, h->nleft);
	n = read(h->fd, block + h->nleft, BLOCK);
	if (n <= 0)
		return false;
	take(h, block, h->nleft + (size_t)n);
	return n == BLOCK;
}

static void
on_pause_over(void *arg)
{
	struct hook_pipe *h = arg;

	loop_io_want(h->io, LOOP_READ);
}

static void
on_readable(int fd, unsigned events, void *arg)
{
	struct hook_pipe *h = arg;
	uint64_t lost = h->lost;

	/* Who fills it so fast waits, and so does whoever else writes. */
	if (read_block(h) || h->lost != lost) {
		loop_io_want(h->io, 0);
		loop_timer_arm(h->timer, PAUSE_MS);
	}
}

int
hooks_start(struct session *s, const char *path, char *why, size_t size)
{
	struct hook_pipe *h;
	struct stat st;
	int fd;

	/* For writing, too: it never ends, whoever closes it. */
	fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &st) == -1) {
		snprintf(why, size, "%s: %s", path, strerror(errno));
		fd_close(fd);
		return RL_ERR_SYSTEM;
	}
	if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid()) {
		snprintf(why, size, "%s: is no pipe of ours", path);
		close(fd);
		return RL_ERR_INVALID;
	}
	h = xcalloc(1, sizeof(*h));
	h->session = s;
	h->fd = fd;
	h->tokens = BURST * 1000;
	h->filled_at = loop_now();
	h->io = loop_io_new(s->env->loop, fd, on_readable, h);
	h->timer = loop_timer_new(s->env->loop, on_pause_over, h);
	loop_io_want(h->io, LOOP_READ);
	s->hooks = h;
	return 0;
}

void
hooks_end(struct session *s)
{
	struct hook_pipe *h = s->hooks;

	if (h == NULL)
		return;
	s->hooks = NULL;
	/* All that writes to it is dead: as much as a pipe holds by default. */
	for (int i = 0; i < 64 * 1024 / BLOCK && read_block(h); i++)
		;
	h->lost += h->nleft > h->covered;
	if (h->lost > 0)
		tell(h, NULL);
	loop_io_free(h->io);
	loop_timer_free(h->timer);
	close(h->fd);
	free(h);
}
