/*
 * The one connection to the monitor: synchronous calls over control.sock.
 *
 * A request may carry an API key and an answer a whole environment, so the
 * socket must be the user's own monitor: its folder is checked before, and
 * the peer's uid after, connecting.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "loop.h"
#include "platform.h"
#include "ringlet.h"
#include "words.h"

/*
 * The longest any request may take: a session's start waits for the keychain,
 * which may be asking the user for a password.
 */
#define CALL_TIMEOUT_MS (180 * 1000)
/* How long another daemon that holds the lock may take until it serves. */
#define SERVE_TIMEOUT_MS (20 * 1000)

/* The folder must be one that nobody else can put a socket into. */
static int
check_folder(const char *path, char *why, size_t size)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			return RL_ERR_NOTFOUND;
		snprintf(why, size, "%s: %s", path, strerror(errno));
		return RL_ERR_SYSTEM;
	}
	if (!S_ISDIR(st.st_mode))
		snprintf(why, size, "%s: not a folder: remove it", path);
	else if (st.st_uid != geteuid())
		snprintf(why, size,
		    "%s: belongs to uid %lu: run ringlet as that user, "
		    "or set XDG_RUNTIME_DIR to a folder of yours",
		    path, (unsigned long)st.st_uid);
	else if ((st.st_mode & 077) != 0)
		snprintf(
		    why, size, "%s: open to other users: chmod 700 it", path);
	else
		return 0;
	return RL_ERR_DENIED;
}

int
client_connect(struct cli *cli, char *why, size_t size)
{
	const char *path = cli->paths.control_sock;
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	uid_t uid;
	int fd, r;

	if ((r = check_folder(cli->paths.runtime_dir, why, size)) != 0)
		return r;
	if (strlcpy(sun.sun_path, path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		snprintf(why, size,
		    "%s: too long for a socket's name: use a shorter "
		    "XDG_RUNTIME_DIR",
		    path);
		return RL_ERR_TOOBIG;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		r = errno == ENOENT || errno == ECONNREFUSED ? RL_ERR_NOTFOUND
							     : RL_ERR_SYSTEM;
		snprintf(why, size, "%s: %s", path, strerror(errno));
		fd_close(fd);
		return r;
	}
	if (platform_peer_uid(fd, &uid) != 0 || uid != geteuid()) {
		snprintf(
		    why, size, "%s: whoever listens there is not you", path);
		fd_close(fd);
		return RL_ERR_DENIED;
	}
	cli->fd = fd;
	return 0;
}

void
client_close(struct cli *cli)
{
	fd_close(cli->fd);
	cli->fd = -1;
	cli->prompt_allowed = false;
}

/* Connects as soon as the daemon that holds the lock serves. */
static int
wait_until_served(struct cli *cli, char *why, size_t size)
{
	uint64_t end = loop_now() + SERVE_TIMEOUT_MS;
	int r;

	progress_begin(cli, "the daemon to serve");
	while ((r = client_connect(cli, why, size)) == RL_ERR_NOTFOUND &&
	       daemon_is_locked(cli) && loop_now() < end) {
		poll(NULL, 0, 50);
		progress_tick(cli);
	}
	progress_end(cli);
	if (r == RL_ERR_NOTFOUND && daemon_is_locked(cli))
		snprintf(why, size,
		    "a daemon has been starting for %d seconds, and does not "
		    "serve: see %s",
		    SERVE_TIMEOUT_MS / 1000, cli->paths.log_file);
	return r;
}

int
client_start(
    struct cli *cli, const char *const *extra, char *why, size_t size)
{
	bool as_it_is = extra == NULL || extra[0] == NULL;
	int r;

	verbose(cli, "starting the daemon");
	if (as_it_is && unit_has_socket()) {
		verbose(cli, "by systemd, which has ringlet.socket");
		r = unit_start(why, size);
	} else
		r = daemon_start(cli, extra, why, size);
	/* Someone else may have been faster, but with other settings. */
	if (r == 0 || (as_it_is && daemon_is_locked(cli)))
		r = wait_until_served(cli, why, size);
	return r;
}

static int
connect_or_start(struct cli *cli)
{
	char why[1024] = "";
	int r;

	r = client_connect(cli, why, sizeof(why));
	if (r == RL_ERR_NOTFOUND) {
		if (cli->cmd->flags & CMD_NO_START)
			return fail_daemon(cli, "the daemon is not running" HINT
						"'ringlet daemon' starts it");
		r = client_start(cli, NULL, why, sizeof(why));
	}
	if (r != 0)
		return fail_daemon(cli, "the daemon cannot be reached: %s",
		    *why != '\0' ? why : rl_strerror(r));
	verbose(cli, "connected to %s", cli->paths.control_sock);
	return 0;
}

/* Requests that may need a key, and so the keychain. */
static bool
needs_key(uint16_t type)
{
	switch (type) {
	case MSG_PROFILE_CREATE:
	case MSG_PROFILE_DELETE:
	case MSG_PROFILE_ENV:
	case MSG_PROFILE_REKEY:
	case MSG_ORPHAN_DELETE:
	case MSG_PROFILE_RUN:
	case MSG_SESSION_CREATE:
		return true;
	default:
		return false;
	}
}

bool
client_sees_display(void)
{
	static const char *const displays[] = { "WAYLAND_DISPLAY", "DISPLAY" };
	const char *value;

	if (getenv("SSH_CONNECTION") != NULL)
		return false;
	for (size_t i = 0; i < sizeof(displays) / sizeof(displays[0]); i++)
		if ((value = getenv(displays[i])) != NULL && *value != '\0')
			return true;
	return false;
}

/* Lets the keychain ask by its own window, once a connection. */
static int
allow_prompt(struct cli *cli, uint16_t type)
{
	struct msg m;
	int r;

	if (cli->prompt_allowed || !needs_key(type) ||
	    !client_sees_display())
		return 0;
	if ((r = client_ask(
		 cli, MSG_PROMPT_ALLOW, NULL, CALL_TIMEOUT_MS, &m)) != 0)
		return r;
	msg_clear(&m);
	cli->prompt_allowed = true;
	return 0;
}

/* The answer has to wait for somebody who must know where to look. */
static void
say_prompt(struct cli *cli, struct msg *m)
{
	const struct msg_prompt_open *body = m->body;

	progress_hide();
	if (!cli->quiet)
		fprintf(stderr,
		    "ringlet: the keychain asks you something in a window of "
		    "its own: answer it within %llu seconds, or press "
		    "Control-C\n",
		    (unsigned long long)body->seconds);
	msg_clear(m);
}

/* What a request makes one wait for. */
static const char *
wait_for_what(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *what;
	} rows[] = {
		{ MSG_PROFILE_CREATE, "the keychain to store the key" },
		{ MSG_PROFILE_DELETE, "the keychain to delete the key" },
		{ MSG_PROFILE_REKEY, "the keychain to store the key" },
		{ MSG_PROFILE_ENV, "the keychain to give the key" },
		{ MSG_PROFILE_RUN, "the keychain to give the key" },
		{ MSG_ORPHAN_DELETE, "the keychain to delete keys" },
		{ MSG_KEYCHAIN_STATUS, "the keychain to answer" },
		{ MSG_KEYCHAIN_UNLOCK, "the vault to be unlocked" },
		{ MSG_KEYCHAIN_PASSPHRASE, "the vault to be sealed anew" },
		{ MSG_KEYCHAIN_MIGRATE, "all keys to be moved" },
		{ MSG_SESSION_CREATE, "the session to start" },
		{ MSG_SESSION_KILL, "the session's processes to end" },
		{ MSG_UPLOAD_MORE, "the picture to be written" },
		{ MSG_SESSION_CLEANUP, "ended sessions to be removed" },
		{ MSG_REGISTRY_GET, "the registry to be verified" },
		{ MSG_REGISTRY_INSTALL, "the registry to be verified" },
		{ MSG_AUDIT_VERIFY, "the audit log to be verified" },
	};

	for (size_t i = 0; i < NELEM(rows); i++)
		if (rows[i].type == type)
			return rows[i].what;
	return "the daemon to answer";
}

static int
ask(struct cli *cli, uint16_t type, const void *body, const int *fds,
    size_t nfds, int timeout_ms, struct msg *reply)
{
	int r, left;

	r = msg_write(cli->fd, type, ++cli->last_id, body, fds, nfds);
	while (r == 0) {
		left = progress_wait(cli, cli->fd, timeout_ms);
		r = msg_read(cli->fd, left, reply);
		if (r != 0 || reply->hdr.type != MSG_PROMPT_OPEN)
			break;
		say_prompt(cli, reply);
	}
	return r;
}

int
client_ask(struct cli *cli, uint16_t type, const void *body, int timeout_ms,
    struct msg *reply)
{
	return ask(cli, type, body, NULL, 0, timeout_ms, reply);
}

/* The part of the request that a text begins with, or NULL. */
static const struct member *
member_of(const struct cli *cli, const char *text)
{
	const struct member *m = cli->members;
	size_t len;

	for (; m != NULL && m->name != NULL; m++) {
		len = strlen(m->name);
		if (strncmp(text, m->name, len) == 0 &&
		    strncmp(text + len, ": ", 2) == 0)
			return m;
	}
	return NULL;
}

/* The same in the words that the user has typed. */
static int
fail_member(
    const struct cli *cli, int code, const char *text, const struct member *m)
{
	text += strlen(m->name);
	if (m->usage && code == RL_ERR_INVALID)
		return fail_usage(cli, "%s%s", m->word, text);
	return fail_error(cli, code, "%s%s", m->word, text);
}

/* The daemon says what went wrong; what to do about a name is known here. */
static int
fail_answer(const struct cli *cli, const struct msg_error *e)
{
	const char *text =
	    *e->text != '\0' ? e->text : rl_strerror((int)e->code);
	const struct member *member = member_of(cli, text);
	char *todo = suggest_operand(cli, (int)e->code);
	int r;

	if (member != NULL)
		r = fail_member(cli, (int)e->code, text, member);
	else if (e->code == RL_ERR_JAIL)
		r = fail_error(cli, (int)e->code,
		    "%s" HINT "'ringlet doctor' says more", text);
	/* It may say that already. */
	else if (todo != NULL && strstr(text, ": ") == NULL)
		r = fail_error(cli, (int)e->code, "%s" HINT "%s", text, todo);
	else
		r = fail_error(cli, (int)e->code, "%s", text);
	free(todo);
	return r;
}

/* closed, if not NULL, is as client_call_unless_closed() has it. */
static int
call(struct cli *cli, uint16_t type, const void *body, const int *fds,
    size_t nfds, uint16_t want, struct msg *reply, bool *closed)
{
	int r;

	if (cli->fd == -1 && (r = connect_or_start(cli)) != 0)
		return r;
	progress_begin(cli, wait_for_what(type));
	if ((r = allow_prompt(cli, type)) == 0)
		r = ask(cli, type, body, fds, nfds, CALL_TIMEOUT_MS, reply);
	progress_end(cli);
	if (closed != NULL && (*closed = r == RL_ERR_EOF)) {
		client_close(cli);
		return 0;
	}
	if (r == RL_ERR_INVALID || r == RL_ERR_TOOBIG)
		return fail_usage(cli,
		    "an argument is too long, or there are too many: names "
		    "may have 128 bytes, folders 4096, others 32768, and 256 "
		    "may be given");
	if (r == RL_ERR_TIMEOUT)
		return fail_daemon(cli,
		    "the daemon has not answered: %d seconds were waited for "
		    "%s" HINT "see %s, or 'ringlet daemon restart'",
		    CALL_TIMEOUT_MS / 1000, wait_for_what(type),
		    cli->paths.log_file);
	if (r != 0)
		return fail_daemon(cli,
		    "the connection to the daemon is broken (%s)" HINT "see %s",
		    rl_strerror(r), cli->paths.log_file);
	if (reply->hdr.type == MSG_ERROR) {
		r = fail_answer(cli, reply->body);
		msg_clear(reply);
		return r;
	}
	if (reply->hdr.id != cli->last_id ||
	    (want != 0 && reply->hdr.type != want)) {
		r = fail_daemon(cli,
		    "the daemon has answered something else (%s): it may be "
		    "of another version" HINT "'ringlet daemon restart'",
		    reply->type->name);
		msg_clear(reply);
		return r;
	}
	return 0;
}

int
client_call(struct cli *cli, uint16_t type, const void *body, uint16_t want,
    struct msg *reply)
{
	return call(cli, type, body, NULL, 0, want, reply, NULL);
}

int
client_call_unless_closed(struct cli *cli, uint16_t type, const void *body,
    uint16_t want, struct msg *reply, bool *closed)
{
	*closed = false;
	return call(cli, type, body, NULL, 0, want, reply, closed);
}

int
client_call_with(struct cli *cli, uint16_t type, const void *body, int fd,
    uint16_t want, struct msg *reply)
{
	return call(cli, type, body, &fd, 1, want, reply, NULL);
}

bool
client_wait_close(struct cli *cli, int timeout_ms)
{
	struct msg m;
	int r, left;

	left = progress_wait(cli, cli->fd, timeout_ms);
	if ((r = msg_read(cli->fd, left, &m)) == 0)
		msg_clear(&m);
	client_close(cli);
	return r != RL_ERR_TIMEOUT;
}
