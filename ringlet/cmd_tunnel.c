/*
 * tunnel: the dashboard of another machine in a browser here.
 *
 * One ssh logs in and stays, with a control socket in a folder that only the
 * user may enter; all that follows goes through that socket, without another
 * login.  The order is what keeps the code from other users of this machine:
 * the port is ssh's before the code is made.  ssh alone binds it, says so only
 * if it has, and two can never listen on the same address and port; where
 * somebody else was faster, another port is taken.  From then on the port is
 * ssh's until it ends, which ends this program.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "ringlet.h"
#include "ssh.h"
#include "xmalloc.h"

#define LOOK_MS	   50
#define PORT_TRIES 8
#define END_MS	   3000 /* for ssh, which is then killed */
#define ANSWER_MAX (256 * 1024)
#define SSH_SUFFIX 18 /* what ssh adds to its socket's name at first */

#define REPORTED (-2)

#define W(s) SSH_WORD(s)

struct tunnel {
	struct cli *cli;
	const char *host;
	char *dir;   /* ours alone, until the end */
	char *sock;  /* in it: ssh's */
	char *file;  /* in it: the browser's, or NULL */
	char *base;  /* http:// and this end */
	pid_t login; /* the ssh that stays; 0: has ended */
	int null;
	sigset_t set, old; /* of signals */
};

/* --- processes --- */

static bool
login_has_ended(struct tunnel *t)
{
	if (t->login != 0 && waitpid(t->login, NULL, WNOHANG) == t->login)
		t->login = 0;
	return t->login == 0;
}

static int
fail_broken(struct tunnel *t)
{
	return fail_daemon(t->cli, "the connection to %s has ended", t->host);
}

/* An exit status, or -1: a signal came, or ssh died of one. */
static int
wait_child(struct tunnel *t, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (ssh_signal_waits(&t->set) != 0) {
			(void)kill(pid, SIGTERM);
			(void)waitpid(pid, &status, 0);
			return -1;
		}
		poll(NULL, 0, LOOK_MS);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* To the end, or until a signal comes; what does not fit is left out. */
static void
read_answer(struct tunnel *t, int fd, struct buf *b)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint8_t chunk[4096];
	ssize_t n = 1;

	while (n > 0 && ssh_signal_waits(&t->set) == 0) {
		if (poll(&pfd, 1, LOOK_MS) != 1)
			continue;
		n = read(fd, chunk, sizeof(chunk));
		if (n > 0 && buf_put(b, chunk, (size_t)n) != 0)
			break;
	}
	explicit_bzero(chunk, sizeof(chunk));
}

/*
 * The exit status of ssh, -1 if a signal ended it, or REPORTED; *b becomes what
 * was printed.
 */
static int
run_there(struct tunnel *t, char *command, struct buf *b)
{
	char *argv[] = { W(PATH_SSH), W("-F"), W("none"), W("-S"), t->sock,
		W("-o"), W("ControlMaster=no"), W("-o"),
		W("ProxyCommand=false"), W("-T"), W("--"), W(t->host), command,
		NULL };
	int fds[2], r = REPORTED;
	pid_t pid;

	if (pipe(fds) == -1) {
		(void)fail_error(
		    t->cli, RL_ERR_SYSTEM, "pipe: %s", strerror(errno));
		return REPORTED;
	}
	pid = ssh_start(t->cli, argv, &t->old, t->null, fds[1]);
	close(fds[1]);
	if (pid != -1)
		read_answer(t, fds[0], b);
	close(fds[0]);
	if (pid != -1)
		r = wait_child(t, pid);
	return r;
}

/* --- asking over there --- */

/* Its error becomes ours: the text is escaped by whoever prints it. */
static int
fail_there(struct tunnel *t, int status, const json_t *doc)
{
	const json_t *e = json_object_get(doc, "error");
	const char *text = json_string_value(json_object_get(e, "message"));
	const char *todo = json_string_value(json_object_get(e, "hint"));

	if (status == REPORTED || ssh_signal_waits(&t->set) != 0)
		return STATUS_FAILED;
	if (login_has_ended(t))
		return fail_broken(t);
	if (text == NULL)
		return fail_daemon(t->cli,
		    "%s: ringlet has answered nothing that can be read" HINT
		    "'ringlet "
		    "-H %s daemon status' should say why",
		    t->host, t->host);
	if (status == STATUS_UNREACHABLE)
		return fail_daemon(t->cli, "%s: %s%s%s", t->host, text,
		    todo != NULL ? HINT : "", todo != NULL ? todo : "");
	return fail_error(t->cli,
	    status == STATUS_DENIED	? RL_ERR_DENIED
	    : status == STATUS_NOTFOUND ? RL_ERR_NOTFOUND
					: RL_ERR_UNAVAILABLE,
	    "%s: %s%s%s", t->host, text, todo != NULL ? HINT : "",
	    todo != NULL ? todo : "");
}

/* The data of the answer, or NULL after a report, with the exit status. */
static json_t *
ask(struct tunnel *t, const char *const *args, size_t n, int *status)
{
	const struct cli as_json = { .json = true };
	struct buf *b = buf_new_secret(ANSWER_MAX);
	char *command = ssh_command_for(&as_json, t->host, args, n);
	json_t *doc = NULL, *data = NULL;

	*status = STATUS_FAILED;
	if (command != NULL) {
		*status = run_there(t, command, b);
		doc = json_loadb((const char *)buf_ptr(b), buf_len(b),
		    JSON_DISABLE_EOF_CHECK, NULL);
		if (*status == STATUS_DONE &&
		    json_is_true(json_object_get(doc, "success")))
			data = json_incref(json_object_get(doc, "data"));
		if (data == NULL)
			*status = fail_there(t, *status, doc);
	}
	json_decref(doc);
	buf_free(b);
	free(command);
	return data;
}

/* Where the daemon listens, for the caller to free; or reports. */
static char *
ask_listener(struct tunnel *t, int *status)
{
	/* The first starts it, the second says where it is. */
	static const char *const start[] = { "--json", "terminal", "list" };
	static const char *const where[] = { "--json", "daemon", "status" };
	const char **list;
	char *listener = NULL;
	json_t *data, *listen;
	size_t n;

	if ((data = ask(t, start, NELEM(start), status)) == NULL)
		return NULL;
	json_decref(data);
	if ((data = ask(t, where, NELEM(where), status)) == NULL)
		return NULL;
	listen = json_object_get(data, "listen");
	n = json_array_size(listen);
	list = xcalloc(n + 1, sizeof(*list));
	for (size_t i = 0; i < n; i++) {
		list[i] = json_string_value(json_array_get(listen, i));
		if (list[i] == NULL)
			list[i] = "";
	}
	if (ssh_listener(list, n) != NULL)
		listener = xstrdup(ssh_listener(list, n));
	else
		*status = fail_error(t->cli, RL_ERR_UNAVAILABLE,
		    "%s: the daemon listens nowhere that ssh could lead to" HINT
		    "see ListenAddress in its ringlet.conf",
		    t->host);
	free(list);
	json_decref(data);
	return listener;
}

/* --- logging in --- */

/* A folder and a name in it for ssh's socket; 0, or reports. */
static int
make_folder(struct tunnel *t)
{
	const char *runtime = t->cli->paths.runtime_dir;
	int r;

	t->sock = xasprintf("%s/tunnel.XXXXXX/ssh", runtime);
	if (strlen(t->sock) + SSH_SUFFIX >=
	    sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return fail_error(t->cli, RL_ERR_TOOBIG,
		    "%s: too long for a socket's name" HINT "use a shorter "
		    "XDG_RUNTIME_DIR",
		    t->sock);
	/* ssh would put something else in the place of these. */
	if (strpbrk(t->sock, "%$\"") != NULL)
		return fail_error(t->cli, RL_ERR_INVALID,
		    "%s: ssh cannot have a socket there" HINT "use another "
		    "XDG_RUNTIME_DIR",
		    t->sock);
	if ((r = paths_make_private_dir(runtime)) != 0)
		return fail_error(t->cli, r,
		    "%s: not a folder of yours alone: %s", runtime,
		    rl_strerror(r));
	t->dir = xasprintf("%s/tunnel.XXXXXX", runtime);
	if (mkdtemp(t->dir) == NULL) {
		r = fail_error(
		    t->cli, RL_ERR_SYSTEM, "%s: %s", t->dir, strerror(errno));
		free(t->dir);
		t->dir = NULL;
		return r;
	}
	free(t->sock);
	t->sock = xasprintf("%s/ssh", t->dir);
	return 0;
}

/*
 * The user's own configuration holds, but for its forwardings, which are
 * another connection's; and one that is dead is noticed.  As long as somebody
 * types a password nothing is timed.
 */
static int
log_in(struct tunnel *t)
{
	char *argv[] = { W(PATH_SSH), W("-M"), W("-S"), t->sock, W("-o"),
		W("ControlPersist=no"), W("-o"), W("ClearAllForwardings=yes"),
		W("-o"), W("ServerAliveInterval=15"), W("-N"), W("-T"), W("--"),
		W(t->host), NULL };
	pid_t pid;

	verbose(t->cli, "logging in to %s", t->host);
	pid = ssh_start(t->cli, argv, &t->old, t->null, STDERR_FILENO);
	if (pid == -1)
		return STATUS_UNREACHABLE;
	t->login = pid;
	/* ssh makes it once it is logged in. */
	while (access(t->sock, F_OK) == -1) {
		if (ssh_signal_waits(&t->set) != 0)
			return STATUS_FAILED;
		if (login_has_ended(t))
			return fail_daemon(t->cli,
			    "%s could not be reached by ssh" HINT
			    "'ssh %s' should "
			    "log in",
			    t->host, t->host);
		poll(NULL, 0, LOOK_MS);
	}
	return 0;
}

/* --- the port --- */

/* One that was free just now, or 0. */
static unsigned
free_port(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);
	unsigned port = 0;
	int fd;

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) == -1)
		return 0;
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0 &&
	    getsockname(fd, (struct sockaddr *)&sin, &len) == 0)
		port = ntohs(sin.sin_port);
	close(fd);
	return port;
}

/* Whether ssh has port now, and leads to listener. */
static bool
forward_port(struct tunnel *t, unsigned port, const char *listener)
{
	char *spec = ssh_forward(port, listener);
	/* Of the user's configuration ssh would forward everything again. */
	char *argv[] = { W(PATH_SSH), W("-F"), W("none"), W("-S"), t->sock,
		W("-o"), W("ProxyCommand=false"), W("-O"), W("forward"),
		W("-L"), spec, W("--"), W(t->host), NULL };
	pid_t pid;
	bool done = false;

	if (spec != NULL && (pid = ssh_start(t->cli, argv, &t->old, t->null,
				 STDERR_FILENO)) != -1)
		done = wait_child(t, pid) == 0;
	free(spec);
	return done && !login_has_ended(t);
}

/* From the port that was asked for, or (0) a free one.  0, or reports. */
static int
make_forward(struct tunnel *t, unsigned wanted, unsigned *port)
{
	char *listener;
	int status = 0;

	if ((listener = ask_listener(t, &status)) == NULL)
		return status;
	verbose(t->cli, "%s listens on %s", t->host, listener);
	for (int i = 0; i < PORT_TRIES; i++) {
		*port = wanted != 0 ? wanted : free_port();
		if (*port != 0 && forward_port(t, *port, listener)) {
			t->base = xasprintf("http://127.0.0.1:%u", *port);
			break;
		}
		if (wanted != 0 || ssh_signal_waits(&t->set) != 0 ||
		    login_has_ended(t))
			break;
	}
	free(listener);
	if (t->base != NULL)
		return 0;
	if (ssh_signal_waits(&t->set) != 0)
		return STATUS_FAILED;
	if (login_has_ended(t))
		return fail_broken(t);
	return fail_error(t->cli, RL_ERR_UNAVAILABLE,
	    "ssh could not listen on port %u of 127.0.0.1" HINT
	    "leave out --port, "
	    "or name one that is free",
	    *port);
}

/* --- showing it --- */

static void
show(struct tunnel *t, unsigned port, bool print, const char *url, json_t *data)
{
	struct cli *cli = t->cli;

	if (cli->json) {
		(void)json_object_set_new(data, "host", json_string(t->host));
		(void)json_object_set_new(
		    data, "port", json_integer((json_int_t)port));
		print_json(cli, json_incref(data));
	} else if (!print && client_sees_display() &&
		   browser_open(t->dir, url, &t->file))
		hint(cli,
		    "the dashboard of %s was opened in a browser; if it "
		    "shows nothing: --print",
		    t->host);
	else {
		printf("%s\n", url);
		hint(cli, "good once, for a minute");
	}
	hint(cli, "%s leads to %s, until ^C", t->base, t->host);
	fflush(stdout);
}

/* Gets a code for this end, and has it used.  0, or reports. */
static int
open_dashboard(struct tunnel *t, const struct args *args, unsigned port)
{
	const char *v[9] = { "--json", "dashboard", "--print", "--url",
		t->base };
	const char *scope = opt_get(args, OPT_SCOPE), *url;
	const char *expires = opt_get(args, OPT_EXPIRES);
	size_t n = 5;
	json_t *data;
	int r;

	if (scope != NULL) {
		v[n++] = "--scope";
		v[n++] = scope;
	}
	if (expires != NULL) {
		v[n++] = "--expires";
		v[n++] = expires;
	}
	if ((data = ask(t, v, n, &r)) == NULL)
		return r;
	url = json_string_value(json_object_get(data, "url"));
	if (url == NULL || !ssh_url_ok(url, t->base))
		r = fail_daemon(t->cli,
		    "%s: what ringlet has answered is no URL of its dashboard: "
		    "it may be of another version",
		    t->host);
	else if (login_has_ended(t))
		r = fail_broken(t);
	else {
		show(t, port, opt_has(args, OPT_PRINT), url, data);
		r = 0;
	}
	json_decref(data);
	return r;
}

/* Until a signal comes, which is how it ends, or the connection breaks. */
static int
stay(struct tunnel *t)
{
	int signo;

	while (ssh_signal_waits(&t->set) == 0 && !login_has_ended(t))
		if (sigwait(&t->set, &signo) == 0 && signo != SIGCHLD)
			return STATUS_DONE;
	/* ^C goes to ssh as well, which may be the first to end. */
	if (ssh_signal_waits(&t->set) != 0)
		return STATUS_DONE;
	return fail_broken(t);
}

/* Removes all that was made. */
static void
end_tunnel(struct tunnel *t)
{
	if (!login_has_ended(t))
		(void)kill(t->login, SIGTERM);
	for (int i = 0; !login_has_ended(t); i++) {
		if (i == END_MS / LOOK_MS)
			(void)kill(t->login, SIGKILL);
		poll(NULL, 0, LOOK_MS);
	}
	if (t->file != NULL)
		(void)unlink(t->file);
	if (t->dir != NULL) {
		(void)unlink(t->sock);
		(void)rmdir(t->dir);
	}
	if (t->null != -1)
		close(t->null);
	free(t->file);
	free(t->sock);
	free(t->dir);
	free(t->base);
}

int
cmd_tunnel(struct cli *cli, const struct args *args)
{
	struct tunnel t = { .cli = cli, .host = args->v[0], .null = -1 };
	const char *text = opt_get(args, OPT_PORT), *bad = NULL;
	unsigned wanted = 0, port = 0;
	uint64_t lifetime;
	bool control;
	int r, signo;

	if (!ssh_host_ok(t.host))
		return fail_usage(cli,
		    "'%s' is no host" HINT "HOST or USER@HOST, as ssh takes it",
		    t.host);
	if (text != NULL)
		wanted = (unsigned)strtonum(text, 1, 65535, &bad);
	if (bad != NULL)
		return fail_usage(
		    cli, "--port: '%s' is not within 1 and 65535", text);
	if ((r = dashboard_options(cli, args, &control, &lifetime)) != 0)
		return r;
	ssh_block_signals(&t.set, &t.old);
	if ((t.null = ssh_null(cli)) == -1)
		r = STATUS_FAILED;
	else if ((r = make_folder(&t)) == 0 && (r = log_in(&t)) == 0 &&
		 (r = make_forward(&t, wanted, &port)) == 0 &&
		 (r = open_dashboard(&t, args, port)) == 0)
		r = stay(&t);
	/* Before there was anything to end it was not done. */
	if (r != STATUS_DONE && (signo = ssh_signal_waits(&t.set)) != 0)
		r = 128 + signo;
	end_tunnel(&t);
	return r;
}
