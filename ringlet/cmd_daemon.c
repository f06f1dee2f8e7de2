/*
 * daemon, daemon status, stop, restart.
 */

#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "ringlet.h"
#include "xmalloc.h"

/* The monitor gives its children 8 seconds before it kills them. */
#define STOP_TIMEOUT_MS (20 * 1000)

static json_t *
status_json(const struct msg_status *s)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:s, s:s, s:s, s:I,"
			 " s:I, s:I, s:o, s:o, s:b}",
	    "version", s->version, "pid", (json_int_t)s->pid, "uptime_secs",
	    (json_int_t)s->uptime, "profiles_count", (json_int_t)s->profiles,
	    "sessions", (json_int_t)s->sessions, "listen",
	    json_strs(&s->listen), "seal", s->seal, "jail", s->jail,
	    "token_file", s->token_file, "ringletd_pid",
	    (json_int_t)s->ringletd_pid, "sandboxer_pid",
	    (json_int_t)s->sandboxer_pid, "restarts", (json_int_t)s->restarts,
	    "trouble", json_strs(&s->trouble), "manager",
	    *s->manager != '\0' ? json_string(s->manager) : json_null(),
	    "handed", (int)s->handed);
}

static int
get_status(struct cli *cli, struct msg *m)
{
	const struct msg_token_only req = { 0 };

	return client_call(cli, MSG_STATUS_GET, &req, MSG_STATUS, m);
}

int
cmd_daemon_status(struct cli *cli, const struct args *args)
{
	const struct msg_status *s;
	uint64_t up;
	struct msg m;
	int r;

	if ((r = get_status(cli, &m)) != 0)
		return r;
	s = m.body;
	if (cli->json) {
		r = print_json(cli, status_json(s));
		goto out;
	}
	up = s->uptime;
	print_field("Version", "%s", s->version);
	print_field("Process", "%llu", (unsigned long long)s->pid);
	print_field("Running for", "%llud %02llu:%02llu:%02llu",
	    (unsigned long long)(up / 86400),
	    (unsigned long long)(up / 3600 % 24),
	    (unsigned long long)(up / 60 % 60), (unsigned long long)(up % 60));
	if (*s->manager != '\0')
		print_field("Run by", "%s", s->manager);
	for (size_t i = 0; i < s->listen.n; i++)
		print_field("Listens on", "%s%s", s->listen.v[i],
		    s->handed ? ", which the service manager has opened" : "");
	print_field("Front-end", "process %llu, seal %s",
	    (unsigned long long)s->ringletd_pid, s->seal);
	print_field("Sandboxer", "process %llu, jails of tier %s",
	    (unsigned long long)s->sandboxer_pid, s->jail);
	print_field("Restarts", "%llu", (unsigned long long)s->restarts);
	for (size_t i = 0; i < s->trouble.n; i++)
		print_field("Trouble", "%s", s->trouble.v[i]);
	print_field("Profiles", "%llu", (unsigned long long)s->profiles);
	print_field("Sessions", "%llu", (unsigned long long)s->sessions);
	print_field("Token file", "%s", s->token_file);
out:
	msg_clear(&m);
	return r;
}

/*
 * The daemon's own arguments: how, if not NULL, and the options that it and we
 * have in common; the block is the caller's.
 */
static const char **
daemon_args(const struct args *args, const char *how)
{
	const char **v = xcalloc(2 * args->nopts + 2, sizeof(*v));
	size_t n = 0;

	if (how != NULL)
		v[n++] = how;
	for (size_t i = 0; i < args->nopts; i++) {
		if (args->opts[i].key != 'o' && args->opts[i].key != 'f')
			continue;
		v[n++] = args->opts[i].key == 'o' ? "-o" : "-f";
		v[n++] = args->opts[i].value;
	}
	return v;
}

static int
start(struct cli *cli, const struct args *args)
{
	const char **extra = daemon_args(args, NULL);
	char why[1024];
	struct msg m;
	int r;

	r = client_start(cli, extra, why, sizeof(why));
	free(extra);
	if (r != 0)
		return fail_daemon(cli, "the daemon did not start: %s", why);
	if ((r = get_status(cli, &m)) != 0)
		return r;
	if (cli->json)
		print_json(cli, status_json(m.body));
	else
		hint(cli, "the daemon serves as process %llu",
		    (unsigned long long)((struct msg_status *)m.body)->pid);
	msg_clear(&m);
	return STATUS_DONE;
}

static int
run_foreground(struct cli *cli, const struct args *args)
{
	const char **extra = daemon_args(args, "-D"), **argv;
	size_t n = 0;
	int r;

	while (extra[n] != NULL)
		n++;
	argv = xcalloc(n + 2, sizeof(*argv));
	argv[0] = cli->paths.monitor;
	memcpy(argv + 1, extra, n * sizeof(*argv));
	fflush(NULL);
	execv(cli->paths.monitor, (char *const *)argv);
	r = fail_daemon(cli, "%s: %s", cli->paths.monitor, strerror(errno));
	free(argv);
	free(extra);
	return r;
}

/* Options that say how the daemon is to be, not how we print. */
static bool
has_settings(const struct args *args)
{
	return opt_has(args, 'o') || opt_has(args, 'f');
}

/* What we start would not be the unit's. */
static int
fail_managed(const struct cli *cli)
{
	return fail_error(cli, RL_ERR_STATE,
	    "systemd runs this daemon: settings are in %s, and 'systemctl "
	    "--user restart ringlet.service' ends it and all sessions, and "
	    "starts it",
	    cli->paths.conf_file);
}

int
cmd_daemon(struct cli *cli, const struct args *args)
{
	const struct msg_status *s;
	char why[1024];
	struct msg m;
	int r;

	if (opt_has(args, OPT_FOREGROUND))
		return run_foreground(cli, args);
	if (client_connect(cli, why, sizeof(why)) != 0)
		return start(cli, args);
	if ((r = get_status(cli, &m)) != 0)
		return r;
	s = m.body;
	/* Done would mean that it has these settings. */
	if (has_settings(args) && *s->manager != '\0')
		r = fail_managed(cli);
	else if (has_settings(args))
		r = fail_error(cli, RL_ERR_STATE,
		    "the daemon is running already, as process %llu, without "
		    "these settings" HINT "'ringlet daemon restart' takes them",
		    (unsigned long long)s->pid);
	else if (cli->json)
		print_json(cli, status_json(s));
	else
		hint(cli, "the daemon is running already, as process %llu",
		    (unsigned long long)s->pid);
	msg_clear(&m);
	return r;
}

/* Of two who would start it with settings of their own one would not get it. */
static int
fail_others(const struct cli *cli)
{
	return fail_error(cli, RL_ERR_STATE,
	    "the daemon was stopped or restarted by another command "
	    "meanwhile" HINT "see 'ringlet daemon status', and try again");
}

/*
 * Asks it to end and waits until all of it has: 0, or reports.  *others becomes
 * whether others were faster, and it may be there again.
 */
static int
stop(struct cli *cli, bool *others)
{
	const struct msg_token_only req = { 0 };
	uint64_t end = loop_now() + STOP_TIMEOUT_MS;
	struct msg m;
	int r;

	r = client_call_unless_closed(cli, MSG_STOP, &req, MSG_OK, &m, others);
	if (r != 0)
		return r;
	if (*others)
		return 0;
	msg_clear(&m);
	progress_begin(cli, "sessions and the daemon to end");
	client_wait_close(cli, STOP_TIMEOUT_MS);
	/* Its last act is to let the lock go, by ending. */
	while (daemon_is_locked(cli)) {
		if (loop_now() >= end)
			return fail_error(cli, RL_ERR_TIMEOUT,
			    "the daemon has not ended: %d seconds were waited "
			    "for it to let go of %s" HINT "see %s",
			    STOP_TIMEOUT_MS / 1000, cli->paths.lock_file,
			    cli->paths.log_file);
		poll(NULL, 0, 20);
		progress_tick(cli);
	}
	progress_end(cli);
	return 0;
}

/*
 * Whether a connection will start it again.  One of another version, which may
 * not be understood, is to be stopped as well.
 */
static bool
is_handed(struct cli *cli)
{
	const struct msg_token_only req = { 0 };
	char why[1024];
	bool handed = false;
	struct msg m;

	if (client_connect(cli, why, sizeof(why)) != 0)
		return false;
	if (client_ask(cli, MSG_STATUS_GET, &req, STOP_TIMEOUT_MS, &m) == 0) {
		if (m.hdr.type == MSG_STATUS)
			handed = ((const struct msg_status *)m.body)->handed;
		msg_clear(&m);
	}
	client_close(cli);
	return handed;
}

int
cmd_daemon_stop(struct cli *cli, const struct args *args)
{
	bool handed = is_handed(cli), others;
	int r;

	if ((r = stop(cli, &others)) != 0)
		return r;
	if (others)
		return fail_others(cli);
	if (cli->json)
		return print_json(cli, NULL);
	hint(cli, "the daemon has stopped");
	if (handed)
		hint(cli, "the next connection starts it again: 'systemctl "
			  "--user stop ringlet.socket' ends that");
	return STATUS_DONE;
}

/* The vault's key is not handed over. */
static void
hint_vault(struct cli *cli)
{
	const struct msg_keychain_status req = { .brief = true };
	const struct msg_keychain_state *s;
	struct msg m;

	if (cli->json ||
	    client_ask(
		cli, MSG_KEYCHAIN_STATUS, &req, STOP_TIMEOUT_MS, &m) != 0)
		return;
	s = m.body;
	if (m.hdr.type == MSG_KEYCHAIN_STATE && s->vault_there &&
	    !s->vault_open)
		hint(cli, "the vault is locked now: 'ringlet keychain unlock' "
			  "unlocks it");
	msg_clear(&m);
}

/* The status of whoever serves once nobody replaces the daemon any more. */
static int
get_last_status(struct cli *cli, struct msg *m)
{
	const struct msg_token_only req = { 0 };
	uint64_t end = loop_now() + STOP_TIMEOUT_MS;
	bool closed;
	int r;

	do {
		r = client_call_unless_closed(
		    cli, MSG_STATUS_GET, &req, MSG_STATUS, m, &closed);
		if (r != 0 || !closed)
			return r;
		poll(NULL, 0, 20);
	} while (loop_now() < end);
	return fail_others(cli);
}

/*
 * Asks the daemon to execute the installed program in its own place: sessions
 * live on.  0, or reports.
 *
 * Another restart that is under way closes our connection before we are
 * answered.  It serves us as well: the program and the settings that it takes
 * are those of after we have asked.
 */
static int
restart_in_place(struct cli *cli)
{
	const struct msg_token_only req = { 0 };
	struct msg m;
	bool others;
	int r;

	r = client_call_unless_closed(
	    cli, MSG_RESTART, &req, MSG_OK, &m, &others);
	if (r != 0)
		return r;
	if (!others) {
		msg_clear(&m);
		/* Its control socket stays open: what comes now waits in it. */
		progress_begin(cli, "the daemon to be replaced");
		client_wait_close(cli, STOP_TIMEOUT_MS);
		progress_end(cli);
	}
	if ((r = get_last_status(cli, &m)) != 0)
		return r;
	if (others)
		hint(cli, "another restart was under way already: no second "
			  "one is needed");
	if (cli->json)
		print_json(cli, status_json(m.body));
	else
		hint(cli, "the daemon serves as process %llu, version %s",
		    (unsigned long long)((struct msg_status *)m.body)->pid,
		    ((struct msg_status *)m.body)->version);
	msg_clear(&m);
	hint_vault(cli);
	return STATUS_DONE;
}

/*
 * Whether a daemon could be started with these settings, before the one that
 * has sessions is ended for it: 0, or reports.
 */
static int
check_settings(struct cli *cli, const struct args *args)
{
	const char **extra = daemon_args(args, "-t");
	char why[1024];
	int r;

	r = daemon_start(cli, extra, why, sizeof(why));
	free(extra);
	if (r != 0)
		return fail_error(cli, RL_ERR_INVALID,
		    "the daemon stays as it is: %s" HINT
		    "mend that, and try again",
		    why);
	return 0;
}

int
cmd_daemon_restart(struct cli *cli, const struct args *args)
{
	const struct msg_status *s;
	const struct msg_token_only req = { 0 };
	uint64_t sessions;
	char why[1024];
	bool managed, others;
	struct msg m;
	int r;

	r = client_connect(cli, why, sizeof(why));
	if (r == RL_ERR_NOTFOUND)
		return start(cli, args);
	if (!has_settings(args) && !opt_has(args, OPT_FORCE))
		return restart_in_place(cli);
	/* Other settings, or force: the daemon really ends. */
	r = client_call_unless_closed(
	    cli, MSG_STATUS_GET, &req, MSG_STATUS, &m, &others);
	if (r != 0 || others)
		return r != 0 ? r : fail_others(cli);
	s = m.body;
	sessions = s->sessions;
	managed = *s->manager != '\0';
	msg_clear(&m);
	if (managed)
		return fail_managed(cli);
	if (sessions > 0 && !opt_has(args, OPT_FORCE))
		return fail_error(cli, RL_ERR_STATE,
		    "%llu %s would end" HINT "end them first, or give --force",
		    (unsigned long long)sessions,
		    sessions == 1 ? "running session" : "running sessions");
	if ((r = check_settings(cli, args)) != 0 ||
	    (r = stop(cli, &others)) != 0)
		return r;
	if (others)
		return fail_others(cli);
	if ((r = start(cli, args)) == 0)
		hint_vault(cli);
	return r;
}
