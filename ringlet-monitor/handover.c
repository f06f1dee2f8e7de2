/*
 * What outlives an exec of the monitor: sessions with their rings, the channel
 * to the sandboxer, the listeners, the lock, the log, and the key that API
 * keys are sealed to.  All of it is one message in a memory file, and numbers
 * of descriptors that the exec keeps open.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "buf.h"
#include "err.h"
#include "log.h"
#include "monitor.h"
#include "platform.h"
#include "secret.h"
#include "session.h"
#include "xmalloc.h"

/* --- the exec keeps, or closes, what is handed over --- */

static void
keep(int fd, bool kept)
{
	if (fd >= 0 && fcntl(fd, F_SETFD, kept ? 0 : FD_CLOEXEC) == -1)
		log_error("descriptor %d: %s", fd, strerror(errno));
}

static void
keep_all(struct env *env, bool kept)
{
	struct session *s;

	keep(env->lock_fd, kept);
	keep(env->log_fd, kept);
	keep(env->control_fd, kept);
	for (size_t i = 0; i < env->nlisteners; i++)
		keep(env->listeners[i].fd, kept);
	if (env->sandboxer.client.peer != NULL)
		keep(peer_fd(env->sandboxer.client.peer), kept);
	TAILQ_FOREACH(s, &env->sessions, link) {
		if (!session_is_listed(s))
			continue;
		keep(s->ring_fd, kept);
		keep(s->screen_fd, kept);
		keep(s->note_fd, kept);
	}
}

/* --- saving --- */

/* The arrays of a message while it is made. */
struct arrays {
	struct msg_held_listener *listeners;
	struct msg_session *sessions;
	struct msg_held_ring *rings;
};

/* The notes' memory files are made for the message alone. */
static void
close_notes(struct env *env)
{
	struct session *s;

	TAILQ_FOREACH(s, &env->sessions, link) {
		fd_close(s->note_fd);
		s->note_fd = -1;
	}
}

/* RL_ERR_SYSTEM: a note could not be written. */
static int
fill_arrays(struct env *env, struct arrays *a, struct msg_handover *h)
{
	struct session *s;
	size_t n = 0;
	int r = 0;

	a->listeners = xcalloc(env->nlisteners + 1, sizeof(*a->listeners));
	for (size_t i = 0; i < env->nlisteners; i++) {
		const struct listener *l = &env->listeners[i];

		a->listeners[i].address = l->address;
		a->listeners[i].fd = (uint64_t)l->fd;
		a->listeners[i].local = l->local;
		a->listeners[i].handed = l->handed;
	}
	h->listeners = (struct msg_recs){ a->listeners, env->nlisteners };

	a->sessions = xcalloc(env->nsessions + 1, sizeof(*a->sessions));
	a->rings = xcalloc(env->nsessions + 1, sizeof(*a->rings));
	TAILQ_FOREACH(s, &env->sessions, link) {
		/* Whoever has started that test is not there any more. */
		if (!session_is_listed(s))
			continue;
		session_to_msg(s, &a->sessions[n]);
		a->sessions[n].hooks_left_out = (struct msg_strs){
			(const char **)s->hooks_left_out.v,
			s->hooks_left_out.n };
		a->sessions[n].pid = s->pid;
		a->rings[n].fd = (uint64_t)s->ring_fd;
		a->rings[n].screen_fd = s->screen_fd;
		a->rings[n].clean = s->clean;
		a->rings[n].next_viewer = s->next_viewer;
		a->rings[n].uploads = s->uploads.id != NULL ? s->uploads.id
							    : "";
		a->rings[n].uploads_used = s->uploads.used;
		a->rings[n].uploads_files = s->uploads.files;
		s->note_fd = jailnote_save(&s->note);
		if (s->note_fd < 0)
			r = s->note_fd;
		else
			a->rings[n].note_fd = (uint64_t)s->note_fd;
		n++;
	}
	h->sessions = (struct msg_recs){ a->sessions, n };
	h->rings = (struct msg_recs){ a->rings, n };
	return r;
}

/* A memory file that holds the message.  A descriptor or an error. */
static int
write_down(const struct msg_handover *h)
{
	struct buf *out = buf_new_secret(MSG_HDR_LEN + MSG_MAX_BODY);
	int fd = -1, r;

	if ((r = msg_encode(out, MSG_HANDOVER, 0, 0, h)) != 0)
		goto out;
	r = RL_ERR_SYSTEM;
	if ((fd = memfd_create("ringlet-handover", 0)) == -1)
		goto out;
	if (pwrite(fd, buf_ptr(out), buf_len(out), 0) ==
	    (ssize_t)buf_len(out))
		r = 0;
	else
		fd_close(fd);
out:
	buf_free(out);
	return r == 0 ? fd : r;
}

int
handover_save(struct env *env)
{
	const struct child *sb = &env->sandboxer;
	struct msg_handover h = {
		.version = HANDOVER_VERSION,
		.lock_fd = (uint64_t)env->lock_fd,
		.control_fd = (uint64_t)env->control_fd,
		.log_fd = env->log_fd,
		.started = env->started,
		.restarts = env->restarts,
		.box_key = { (const uint8_t *)secret_ptr(env->box.secret),
		    secret_len(env->box.secret) },
		.box_public = { env->box.public, sizeof(env->box.public) },
		.box_used = { env->box.used[0],
		    env->box.nused * SEALBOX_HASH_LEN },
	};
	struct arrays a;
	int fd;

	if (sb->client.peer != NULL) {
		h.sandboxer_pid = (uint64_t)sb->proc.pid;
		h.sandboxer_fd = (uint64_t)peer_fd(sb->client.peer);
		h.sandboxer_level = sb->level;
	}
	if ((fd = fill_arrays(env, &a, &h)) == 0)
		fd = write_down(&h);
	if (fd >= 0)
		keep_all(env, true);
	else
		close_notes(env);
	free(a.listeners);
	free(a.sessions);
	free(a.rings);
	return fd;
}

void
handover_undo(struct env *env, int fd)
{
	fd_close(fd);
	close_notes(env);
	keep_all(env, false);
}

/* --- loading --- */

static void
load_listeners(struct env *env, const struct msg_recs *recs)
{
	const struct msg_held_listener *from = recs->v;

	if (recs->n > CONF_LISTEN_MAX)
		fatal("handover: %zu listeners", recs->n);
	for (size_t i = 0; i < recs->n; i++) {
		struct listener *l = &env->listeners[env->nlisteners++];

		l->fd = (int)from[i].fd;
		l->local = from[i].local;
		l->handed = from[i].handed;
		l->address = xstrdup(from[i].address);
		if (l->local && !l->handed) {
			l->unlink = xstrdup(from[i].address);
			l->named = named_now(l->unlink);
		}
		if (!fd_is(l->fd, FD_LISTENER))
			fatal("handover: %s is no listener", l->address);
	}
}

static void
load_session(struct env *env, const struct msg_session *from,
    const struct msg_held_ring *ring)
{
	struct session *s = session_add(env, from->profile_alias);
	int r;

	if (!valid_session_id(from->id) || from->state == SST_STARTING)
		fatal("handover: session '%s' makes no sense", from->id);
	memcpy(s->id, from->id, sizeof(s->id));
	session_set(&s->cwd, from->working_dir);
	session_set(&s->tier, from->tier);
	session_set(&s->limits, from->limits);
	session_set(&s->reason, from->reason);
	for (size_t i = 0; i < from->hooks_left_out.n; i++)
		strlist_add(&s->hooks_left_out, from->hooks_left_out.v[i]);
	session_set(&s->text, from->text);
	s->state = (enum session_state)from->state;
	s->exit_code = (int)from->exit_code;
	s->signal = (unsigned)from->signal;
	s->created_at = from->created_at;
	s->ended_at = from->ended_at;
	s->pid = from->pid;
	s->cols = (unsigned)from->cols;
	s->rows = (unsigned)from->rows;
	s->viewers = from->client_count;
	s->next_viewer = ring->next_viewer;
	s->sandboxed = from->sandboxed;
	s->ring_fd = (int)ring->fd;
	s->screen_fd = (int)ring->screen_fd;
	s->clean = ring->clean;
	if (*ring->uploads != '\0' &&
	    uploads_adopt(&s->uploads, env->paths.runtime_dir, ring->uploads,
		s->sandboxed && platform_moves_mounts(), ring->uploads_used,
		ring->uploads_files) != 0)
		fatal("handover: session %s has no folder for pictures",
		    s->id);
	if (jailnote_load(&s->note, (int)ring->note_fd) != 0)
		fatal("handover: session %s has no note", s->id);
	close((int)ring->note_fd);
	if (s->screen_fd != -1 && !fd_is(s->screen_fd, FD_MEM))
		fatal("handover: session %s has no screen", s->id);
	if (!fd_is(s->ring_fd, FD_MEM) || !ring_is_sealed(s->ring_fd))
		fatal("handover: session %s has no ring", s->id);
	if ((r = ring_reader_new(s->ring_fd, &s->ring)) != 0)
		fatal("handover: session %s: %s", s->id, rl_strerror(r));
}

static void
load_all(struct env *env, const struct msg_handover *h)
{
	const struct msg_session *sessions = h->sessions.v;
	const struct msg_held_ring *rings = h->rings.v;

	if (h->version != HANDOVER_VERSION || h->rings.n != h->sessions.n ||
	    sealbox_restore(&env->box, h->box_key.p, h->box_key.len,
		h->box_public.p, h->box_public.len, h->box_used.p,
		h->box_used.len) != 0)
		fatal("handover: from another version");
	env->lock_fd = (int)h->lock_fd;
	env->control_fd = (int)h->control_fd;
	env->log_fd = (int)h->log_fd;
	env->started = (time_t)h->started;
	env->restarts = h->restarts;
	if (!fd_is(env->control_fd, FD_LISTENER))
		fatal("handover: the control socket is none");
	load_listeners(env, &h->listeners);
	for (size_t i = 0; i < h->sessions.n; i++)
		load_session(env, &sessions[i], &rings[i]);
	session_keep(env);
	if (h->sandboxer_pid == 0)
		return;
	if (!fd_is((int)h->sandboxer_fd, FD_SOCKET))
		fatal("handover: the sandboxer's channel is none");
	child_adopt(&env->sandboxer, (pid_t)h->sandboxer_pid,
	    (int)h->sandboxer_fd, h->sandboxer_level);
}

void
handover_load(struct env *env, int fd)
{
	struct msg m;
	struct stat st;
	const char *why = "cut short";
	uint8_t *p;
	size_t len;

	if (!fd_is(fd, FD_MEM) || fstat(fd, &st) == -1 || st.st_size <= 0 ||
	    st.st_size > MSG_HDR_LEN + MSG_MAX_BODY)
		fatal("-R: descriptor %d holds no handover: this option is "
		      "for the monitor itself", fd);
	len = (size_t)st.st_size;
	p = xmalloc(len);
	memset(&m, 0, sizeof(m));
	for (size_t i = 0; i < MSG_MAX_FDS; i++)
		m.fds[i] = -1;
	if (pread(fd, p, len, 0) != st.st_size ||
	    msg_hdr_parse(p, len, &m.hdr) != 0 ||
	    m.hdr.type != MSG_HANDOVER || m.hdr.len != len - MSG_HDR_LEN ||
	    msg_decode(&m, p + MSG_HDR_LEN, m.hdr.len, &why) != 0)
		fatal("handover: %s", why);
	load_all(env, m.body);
	msg_clear(&m);
	secret_wipe(p, len);
	free(p);
	close(fd);
	keep_all(env, false);
}
