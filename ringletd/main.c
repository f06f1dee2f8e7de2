/*
 * ringletd: the network front-end.
 *
 * Started by a person or by systemd it becomes ringlet-monitor, which starts
 * it again with -Z, sealed into its own namespaces and with a channel on
 * descriptor 3.  Then: INIT from the monitor, the seal, READY, and only then
 * the listeners, so that no byte of a stranger is read unsealed.
 */
#include "config.h"

#include <sys/resource.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "paths.h"
#include "peer.h"
#include "proc.h"
#include "ringletd.h"
#include "seal.h"
#include "secret.h"

/* Hands log entries to the monitor, who has the file. */
static void
to_monitor(enum log_level level, const char *text, void *arg)
{
	struct env *env = arg;
	struct msg_log m = { level, text };

	/* If even that fails there is nobody left to tell. */
	(void)peer_send(env->monitor, MSG_LOG, &m, NULL, 0);
}

static void
set_limits(void)
{
	const struct rlimit none = { 0, 0 };
#ifndef WITH_SANITIZERS /* their own memory is terabytes, untouched */
	const struct rlimit data = { DATA_MAX, DATA_MAX };
#endif
	struct rlimit nofile;

	/* Each viewer has a connection, a socket to the sandboxer, an event. */
	if (getrlimit(RLIMIT_NOFILE, &nofile) == -1)
		fatal("getrlimit(RLIMIT_NOFILE)");
	if (nofile.rlim_max > NOFILE_MAX)
		nofile.rlim_max = NOFILE_MAX;
	nofile.rlim_cur = nofile.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &nofile) == -1 ||
	    setrlimit(RLIMIT_FSIZE, &none) == -1 ||
	    setrlimit(RLIMIT_NPROC, &none) == -1)
		fatal("setrlimit: cannot set limits");
#ifndef WITH_SANITIZERS
	if (setrlimit(RLIMIT_DATA, &data) == -1)
		fatal("setrlimit: cannot limit memory");
#endif
}

/*
 * Standard error may be the terminal of whoever started the daemon, open for
 * reading as well: whoever takes us over could read what is typed there.  All
 * that we have to say goes over the channel.
 */
static void
drop_stderr(void)
{
#ifndef WITH_SANITIZERS /* they report there, and tests look for it */
	if (dup2(STDIN_FILENO, STDERR_FILENO) == -1)
		fatal("cannot give standard error away");
#endif
}

/*
 * INIT, from the monitor.  It is our parent: whatever is wrong with it or
 * with the seal is the end of us.
 */
static int
on_INIT(struct peer *p, struct msg *m)
{
	const struct msg_init *init = m->body;
	struct msg_ready ready;
	struct seal seal;
	struct env *env = peer_arg(p);
	int err;

	if (init->version != MSG_VERSION)
		fatal("ringlet-monitor speaks version %llu of the messages, "
		    "ringletd %d: install both from one package",
		    (unsigned long long)init->version, MSG_VERSION);
	log_set_level((enum log_level)init->log_level);

	env->same_user = init->same_user;
	set_limits();
	drop_stderr();
	if ((err = seal_enter(&seal)) != 0)
		fatal("the seal does not hold: %s", seal.text);
	if (init->require_full_seal && !seal.full)
		fatal("RequireFullSeal is set and the seal is reduced: %s",
		    seal.text);

	memset(&ready, 0, sizeof(ready));
	ready.version = MSG_VERSION;
	ready.package = PACKAGE_VERSION;
	ready.level = seal.full ? "full" : "reduced";
	ready.text = seal.text;
	peer_set_state(p, PST_SERVING);
	log_set_sink(to_monitor, env);
	if (peer_send(p, MSG_READY, &ready, NULL, 0) != 0)
		fatal("cannot tell the monitor that the seal is in place");
	return 0;
}

/* SETTINGS, from the monitor: those that change while we serve. */
static int
on_SETTINGS(struct peer *p, struct msg *m)
{
	const struct msg_settings *s = m->body;

	(void)p;
	log_set_level((enum log_level)s->log_level);
	return 0;
}

/* HTTP_LIMITS, from the monitor, which has their bounds too. */
static int
on_HTTP_LIMITS(struct peer *p, struct msg *m)
{
	const struct msg_http_limits *h = m->body;
	struct env *env = peer_arg(p);

	env->limits = (struct limits){ .connections = (unsigned)h->connections,
		.streams = (unsigned)h->streams,
		.head = (size_t)h->header,
		.body = (size_t)h->body,
		.first_ms = h->first_ms,
		.request_ms = h->request_ms,
		.idle_ms = h->idle_ms,
		.write_ms = h->write_ms,
		.ping_ms = h->ping_ms };
	/* There may be more room than before. */
	listen_resume(env);
	return 0;
}

/* TOKEN_GONE, from the monitor: what came with that token ends. */
static int
on_TOKEN_GONE(struct peer *p, struct msg *m)
{
	const struct msg_token_gone *g = m->body;

	if (g->digest.len != TOKEN_DIGEST)
		fatal("TOKEN_GONE has a digest of %zu bytes", g->digest.len);
	conn_token_gone(peer_arg(p), g->digest.p);
	return 0;
}

/* EVENT, from the monitor: something has happened. */
static int
on_EVENT(struct peer *p, struct msg *m)
{
	const struct msg_event *e = m->body;

	events_tell(peer_arg(p), e->type, e->details);
	return 0;
}

/* ALIVE, from the monitor: it wants to hear that our loop turns. */
static int
on_ALIVE(struct peer *p, struct msg *m)
{
	(void)peer_reply(p, m->hdr.id, MSG_OK, NULL, NULL, 0);
	return 0;
}

/* LISTENERS, from the monitor: one listening socket. */
static int
on_LISTENERS(struct peer *p, struct msg *m)
{
	const struct msg_listeners *l = m->body;

	if (!fd_is(m->fds[0], FD_LISTENER))
		fatal("listener %s is not one", l->address);
	listener_add(peer_arg(p), msg_take_fd(m, 0), l->address);
	return 0;
}

/* A request's answer, and the error that it may have instead. */
#define ANSWER(type, maxlen, request) \
	{ type, FROM_MONITOR, PST_SERVING, 0, maxlen, 0, request, NULL }, \
	{ MSG_ERROR, FROM_MONITOR, PST_SERVING, 0, 4096, 0, request, NULL }

static const struct msg_rule rules[] = {
	{ MSG_INIT, FROM_MONITOR, PST_INIT, 0, 4096, RULE_ONCE, 0, on_INIT },
	{ MSG_LISTENERS, FROM_MONITOR, PST_SERVING, 1, 4096, 0, 0,
	    on_LISTENERS },
	{ MSG_SETTINGS, FROM_MONITOR, PST_SERVING, 0, 16, 0, 0, on_SETTINGS },
	{ MSG_ALIVE, FROM_MONITOR, PST_SERVING, 0, 16, 0, 0, on_ALIVE },
	{ MSG_HTTP_LIMITS, FROM_MONITOR, PST_SERVING, 0, 128, 0, 0,
	    on_HTTP_LIMITS },
	{ MSG_TOKEN_GONE, FROM_MONITOR, PST_SERVING, 0, 64, 0, 0,
	    on_TOKEN_GONE },
	{ MSG_EVENT, FROM_MONITOR, PST_SERVING, 0, 16 * 1024, 0, 0, on_EVENT },
	ANSWER(MSG_TOKENS, 16 * 1024, MSG_TOKEN_SELF),
	ANSWER(MSG_OK, 16, MSG_TOKEN_END),
	ANSWER(MSG_TOKENS, 16 * 1024, MSG_TOKEN_LIST),
	ANSWER(MSG_OK, 16, MSG_TOKEN_REVOKE),
	ANSWER(MSG_TOKEN_TAKEN, 1024, MSG_TOKEN_EXCHANGE),
	ANSWER(MSG_OK, 16, MSG_CONN_CHECK),
	ANSWER(MSG_OK, 16, MSG_AUTH_CHECK),
	ANSWER(MSG_STATUS, 16 * 1024, MSG_STATUS_GET),
	ANSWER(MSG_OK, 16, MSG_STOP),
	ANSWER(MSG_PUBKEY, 1024, MSG_PUBKEY_GET),
	ANSWER(MSG_AGENTS, MSG_MAX_BODY, MSG_AGENT_LIST),
	ANSWER(MSG_PROVIDERS, MSG_MAX_BODY, MSG_PROVIDER_LIST),
	ANSWER(MSG_PROFILES, MSG_MAX_BODY, MSG_PROFILE_LIST),
	ANSWER(MSG_PROFILE, MSG_MAX_BODY, MSG_PROFILE_CREATE),
	ANSWER(MSG_PROFILE, MSG_MAX_BODY, MSG_PROFILE_GET),
	ANSWER(MSG_OK, 16, MSG_PROFILE_DELETE),
	ANSWER(MSG_REKEYED, 64 * 1024, MSG_PROFILE_REKEY),
	ANSWER(MSG_HOOKS, MSG_MAX_BODY, MSG_HOOK_LIST),
	ANSWER(MSG_HOOKS, 16 * 1024, MSG_HOOK_ADD),
	ANSWER(MSG_OK, 16, MSG_HOOK_REMOVE),
	ANSWER(MSG_HOOKS, MSG_MAX_BODY, MSG_HOOK_IMPORT),
	ANSWER(MSG_EXPLAINED, MSG_MAX_BODY, MSG_JAIL_SHOW),
	ANSWER(MSG_POLICY, MSG_MAX_BODY, MSG_POLICY_SHOW),
	ANSWER(MSG_FS_FOLDERS, MSG_MAX_BODY, MSG_FS_LIST),
	ANSWER(MSG_FS_FOLDERS, MSG_MAX_BODY, MSG_FS_COMPLETE),
	ANSWER(MSG_SESSIONS, MSG_MAX_BODY, MSG_SESSION_LIST),
	ANSWER(MSG_SESSION, 64 * 1024, MSG_SESSION_CREATE),
	ANSWER(MSG_SESSION, 64 * 1024, MSG_SESSION_GET),
	ANSWER(MSG_KILLED, 4096, MSG_SESSION_KILL),
	ANSWER(MSG_CLEANED, 64, MSG_SESSION_CLEANUP),
	ANSWER(MSG_UPLOAD_STATE, 8 * 1024, MSG_UPLOAD_BEGIN),
	ANSWER(MSG_UPLOAD_STATE, 8 * 1024, MSG_UPLOAD_MORE),
	ANSWER(MSG_OK, 16, MSG_UPLOAD_DROP),
	ANSWER(MSG_AUDIT_PIECE, 64 * 1024, MSG_AUDIT_READ),
	ANSWER(MSG_REGISTRY_STATE, MSG_MAX_BODY, MSG_REGISTRY_GET),
	ANSWER(MSG_REGISTRY_STATE, MSG_MAX_BODY, MSG_REGISTRY_PIN),
	ANSWER(MSG_REGISTRY_INSTALLED, MSG_MAX_BODY, MSG_REGISTRY_SYNC),
	{ MSG_ERROR, FROM_MONITOR, PST_SERVING, 0, 4096, 0, MSG_SESSION_ATTACH,
	    NULL },
	{ MSG_ATTACHED, FROM_MONITOR, PST_SERVING, 3, 4096, 0,
	    MSG_SESSION_ATTACH, NULL },
	{ MSG_ATTACHED_ENDED, FROM_MONITOR, PST_SERVING, 2, 4096, 0,
	    MSG_SESSION_ATTACH, NULL },
};

/* Without the monitor there is nobody to judge a token. */
static void
on_closed(struct peer *p, int err, const char *why)
{
	(void)p;
	/* Nothing to flush; a leak checker at exit could not run sealed. */
	if (err == RL_ERR_EOF)
		_exit(0);
	log_set_sink(NULL, NULL);
	fatal("the monitor's channel: %s", why);
}

static const struct peer_ops monitor_ops = {
	.rules = rules,
	.nrules = NELEM(rules),
	.closed = on_closed,
};

static void
serve(void)
{
	struct env env;

	log_init("ringletd", LOGL_INFO);
	proc_child_begin();
	proc_child_log();
	secret_init();
	body_init();
	/* Reads the time zone's file, which the seal would refuse. */
	tzset();
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		fatal("cannot ignore signals");

	memset(&env, 0, sizeof(env));
	env.loop = loop_new();
	env.accepting = true;
	TAILQ_INIT(&env.listeners);
	conn_init(&env);
	env.monitor = peer_new(env.loop, PROC_CHANNEL_FD, FROM_MONITOR,
	    PST_INIT, "monitor", &monitor_ops, &env);
	/* Many clients ask in one turn, and each request is a call. */
	peer_gather(env.monitor);
	if (loop_run(env.loop) != 0)
		fatal("the event loop has failed");
}

int
main(int argc, char **argv)
{
	struct paths paths;
	const char *bad;

	if (argc == 2 && strcmp(argv[1], "-Z") == 0) {
		serve();
		return 0;
	}
	if (fd_fill_standard() != 0)
		return 1;
	if (paths_init(&paths, &bad) != 0) {
		fprintf(stderr, "ringletd: %s is not an absolute path: "
		    "set it to one, or unset it\n", bad);
		return 2;
	}
	(void)execv(paths.monitor, argv);
	fprintf(stderr, "ringletd: cannot run %s: install ringlet-monitor\n",
	    paths.monitor);
	return 1;
}
