/*
 * What comes back from a jail: records of its init, and the words of bwrap.
 *
 * The report socket is held by our own jail init, which keeps the agent away
 * from it; its records are checked all the same, as if it had been taken
 * over.  Nothing here decides about the session: session.c does.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "jail-init.h"
#include "log.h"
#include "loop.h"
#include "sandboxer.h"

static void
on_init_gone(int fd, unsigned events, void *arg)
{
	struct session *s = arg;

	s->init_gone = true;
	loop_io_want(s->init_io, 0);
	session_check(s);
}

static const char *
step_name(uint32_t step)
{
	switch (step) {
	case JSTEP_FORK:
		return "cannot fork the agent";
	case JSTEP_TERMINAL:
		return "the agent cannot take its terminal";
	case JSTEP_EXEC:
		return NULL; /* the program's own name */
	default:
		return "the jail's init cannot set itself up";
	}
}

/*
 * One record.  Safe from an init that was taken over: a record out of order
 * is refused, numbers are range-checked, and the most that a false one does
 * is end its own session early.
 */
static int
on_record(struct session *s, const struct jail_report *rep, int *fd)
{
	const char *what;
	uint64_t pid = 0;

	if (rep->magic != JAIL_REPORT_MAGIC)
		return RL_ERR_PROTOCOL;
	/* Another kind of descriptor could not even be waited for. */
	if (*fd != -1 && reap_pid(*fd, &pid) != 0)
		return RL_ERR_PROTOCOL;
	switch (rep->type) {
	case JREP_BUILT:
		if (s->phase != SP_BUILDING || s->init != -1 || *fd == -1)
			return RL_ERR_PROTOCOL;
		s->init = *fd;
		*fd = -1;
		s->init_io =
		    loop_io_new(s->env->loop, s->init, on_init_gone, s);
		loop_io_want(s->init_io, LOOP_READ);
		return 0;
	case JREP_AGENT:
		if (s->phase != SP_BUILDING || s->init == -1 ||
		    s->agent != -1 || *fd == -1)
			return RL_ERR_PROTOCOL;
		s->agent = *fd;
		*fd = -1;
		s->agent_pid = pid;
		return 0;
	case JREP_STARTED:
		if (s->phase != SP_BUILDING || s->agent == -1)
			return RL_ERR_PROTOCOL;
		session_started(s);
		return 0;
	case JREP_VERIFY_FAILED:
		if (s->phase != SP_BUILDING || rep->index >= s->proofs.n)
			return RL_ERR_PROTOCOL;
		session_blame(s, s->proofs.v[rep->index],
		    rep->value != 0 ? strerror(rep->value) :
		    rep->index < 2  ? "another folder has taken its place"
				    : "another file has taken its place");
		return 0;
	case JREP_EXEC_FAILED:
		if (s->phase != SP_BUILDING)
			return RL_ERR_PROTOCOL;
		what = step_name(rep->index);
		session_blame(
		    s, what != NULL ? what : s->path, strerror(rep->value));
		return 0;
	case JREP_EXITED:
		if (s->phase != SP_RUNNING || rep->value < 0 ||
		    rep->value > 255)
			return RL_ERR_PROTOCOL;
		session_agent_ended(s, W_EXITCODE(rep->value, 0));
		return 0;
	case JREP_SIGNALLED:
		if (s->phase != SP_RUNNING || rep->value < 1 ||
		    rep->value >= NSIG)
			return RL_ERR_PROTOCOL;
		session_agent_ended(s, W_EXITCODE(0, rep->value));
		return 0;
	default:
		return RL_ERR_PROTOCOL;
	}
}

static void
close_report(struct session *s)
{
	loop_io_free(s->report_io);
	s->report_io = NULL;
	fd_close(s->report);
	s->report = -1;
}

static void
on_report(int fd, unsigned events, void *arg)
{
	struct session *s = arg;
	struct jail_report rep;
	ssize_t n;
	size_t nfds;
	int passed, ret;

	for (;;) {
		passed = -1;
		nfds = 1;
		n = fdpass_recv(s->report, &rep, sizeof(rep), &passed, &nfds);
		if (n == RL_ERR_AGAIN)
			return;
		if (n == RL_ERR_EOF)
			break;
		ret = n == (ssize_t)sizeof(rep) ? on_record(s, &rep, &passed)
						: RL_ERR_PROTOCOL;
		fd_close(passed);
		if (ret != 0) {
			log_error("session %s: its init sent nonsense", s->id);
			session_blame(s, "the jail's init", rl_strerror(ret));
			session_kill_now(s);
			break;
		}
	}
	close_report(s);
	session_check(s);
}

/* --- what bwrap says --- */

/*
 * Kept until the agent runs, because it says why a jail was not built; logged
 * from then on.  Our end stays open as long as bwrap lives: it would die of
 * SIGPIPE, and the jail with it.  Returns whether there may be more.
 */
static bool
read_words(struct session *s)
{
	char block[512], text[1024];
	size_t room;
	ssize_t n;

	n = read(s->words, block, sizeof(block) - 1);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		loop_io_free(s->words_io);
		s->words_io = NULL;
		fd_close(s->words);
		s->words = -1;
		return false;
	}
	block[n] = '\0';
	if (s->phase == SP_BUILDING) {
		room = buf_room(s->text);
		(void)buf_put(
		    s->text, block, (size_t)n < room ? (size_t)n : room);
	} else
		log_debug("session %s: %s", s->id,
		    text_escape(text, sizeof(text), block));
	return true;
}

static void
on_words(int fd, unsigned events, void *arg)
{
	(void)read_words(arg);
}

bool
report_words(struct session *s, char *dst, size_t size)
{
	char words[WORDS_MAX + 1], *p;
	size_t len;

	while (s->words != -1 && read_words(s))
		;
	len = buf_len(s->text);
	memcpy(words, buf_ptr(s->text), len);
	while (len > 0 && words[len - 1] == '\n')
		len--;
	words[len] = '\0';
	for (p = words; (p = strchr(p, '\n')) != NULL;)
		*p = ' ';
	(void)text_escape(dst, size, words);
	return len > 0;
}

void
report_start(struct session *s)
{
	s->report_io = loop_io_new(s->env->loop, s->report, on_report, s);
	loop_io_want(s->report_io, LOOP_READ);
	s->words_io = loop_io_new(s->env->loop, s->words, on_words, s);
	loop_io_want(s->words_io, LOOP_READ);
}
