/*
 * The monitor's table of sessions: its real handlers and channels, between a
 * sandboxer and a CLI that this test plays.  What is asked of it here is what
 * goes wrong: answers that come too late, or not at all, askers that leave,
 * and a sandboxer that hands over something else than it should.
 */

#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "ringlet-monitor/audit.h"
#include "ringlet-monitor/keychain.h"
#include "ringlet-monitor/manifest.h"
#include "ringlet-monitor/monitor.h"
#include "ringlet-monitor/policy.h"
#include "ringlet-monitor/profile.h"
#include "ringlet-monitor/session.h"
#include "ringlet-monitor/tokens.h"
#include "secret.h"
#include "xmalloc.h"

#define TURN_MS 20 /* enough for a message to be read, handled and answered */
#define READ_MS 2000

/* Its main program's part of the monitor. */
void
monitor_ready(struct env *env)
{
	(void)env;
}

void
monitor_stop(struct env *env)
{
	env->stopping = true;
}

void
monitor_maybe_done(struct env *env)
{
	(void)env;
}

static struct {
	struct env env;
	struct loop_timer *timer;
	char *base;
	int sandboxer; /* our ends of their channels */
	int cli;
} w;

static void
on_turn(void *arg)
{
	loop_stop(arg);
}

/* Lets the monitor read and answer what was sent. */
static void
turn(void)
{
	loop_timer_arm(w.timer, TURN_MS);
	ck_assert_int_eq(loop_run(w.env.loop), 0);
}

static int
channel(struct client *c, uint16_t from, const char *name,
    const struct peer_ops *ops)
{
	int sv[2];

	ck_assert_int_eq(fd_pair(sv), 0);
	client_add(&w.env, c);
	c->peer = peer_new(
	    w.env.loop, sv[0], from, PST_SERVING, name, ops, c);
	return sv[1];
}

static char *
make(const char *below)
{
	char *path = xasprintf("%s/%s", w.base, below);

	ck_assert_msg(mkdir(path, 0700) == 0, "%s", path);
	return path;
}

static void
setup(void)
{
	char dir[] = "/var/tmp/ringlet-unit-XXXXXX";

	memset(&w, 0, sizeof(w));
	ck_assert(mkdtemp(dir) != NULL);
	w.base = realpath(dir, NULL);
	w.env.paths.home = make("home");
	w.env.paths.config_dir = make("config");
	w.env.paths.data_dir = make("data");
	w.env.paths.state_dir = make("state");
	w.env.paths.runtime_dir = make("runtime");
	w.env.paths.profile_dir = make("config/profiles");
	w.env.manifests = manifest_set_new();
	conf_defaults(&w.env.conf);
	w.env.paths.audit_file = xasprintf("%s/state/audit.jsonl", w.base);
	w.env.loop = loop_new();
	audit_open(&w.env, "test");
	w.timer = loop_timer_new(w.env.loop, on_turn, w.env.loop);
	w.env.ready_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	w.env.control_fd = w.env.log_fd = -1;
	TAILQ_INIT(&w.env.clients);
	TAILQ_INIT(&w.env.sessions);
	LIST_INIT(&w.env.busy);
	w.env.sandboxer.env = &w.env;
	w.env.sandboxer.name = "sandboxer";
	w.env.sandboxer.client.child = &w.env.sandboxer;
	w.env.sandboxer.ready = true;
	w.sandboxer = channel(&w.env.sandboxer.client, FROM_SANDBOXER,
	    "sandboxer", &sandboxer_ops);
	w.cli = channel(
	    xcalloc(1, sizeof(struct client)), FROM_CLI, "cli", &control_ops);
}

static void
teardown(void)
{
	char *cmd = xasprintf("rm -rf '%s'", w.base);

	child_condemn(&w.env.sandboxer, NULL);
	control_close(&w.env);
	session_free_all(&w.env);
	fd_close(w.env.ready_fd);
	fd_close(w.sandboxer);
	fd_close(w.cli);
	loop_timer_free(w.timer);
	audit_free(w.env.audit);
	loop_free(w.env.loop);
	conf_free(&w.env.conf);
	ck_assert_int_eq(system(cmd), 0);
	free(cmd);
	free(w.base);
	free(w.env.paths.home);
	free(w.env.paths.config_dir);
	free(w.env.paths.data_dir);
	free(w.env.paths.state_dir);
	free(w.env.paths.runtime_dir);
	free(w.env.paths.profile_dir);
	manifest_set_free(w.env.manifests);
	free(w.env.paths.audit_file);
}

/* Sends a message to the monitor, as the sandboxer or the CLI. */
static void
say(int fd, uint16_t type, uint32_t id, const void *body)
{
	ck_assert_int_eq(msg_write(fd, type, id, body, NULL, 0), 0);
	turn();
}

/* The next message from the monitor; it must be of that type. */
static void
hear(int fd, uint16_t type, struct msg *m)
{
	int r = msg_read(fd, READ_MS, m);

	ck_assert_msg(r == 0, "%s", rl_strerror(r));
	ck_assert_msg(m->hdr.type == type, "%s", m->type->name);
}

/* The monitor has nothing more to say. */
static void
silence(int fd)
{
	struct msg m;

	ck_assert_int_eq(msg_read(fd, TURN_MS, &m), RL_ERR_TIMEOUT);
}

static struct session *
running(const char *alias)
{
	struct session *s = session_add(&w.env, alias);
	int fd = ring_create(RING_CAPACITY_MIN);

	ck_assert_int_ge(fd, 0);
	s->state = SST_RUNNING;
	s->ring_fd = fd;
	ck_assert_int_eq(ring_reader_new(fd, &s->ring), 0);
	return s;
}

static void
say_ended(const char *id)
{
	struct msg_jail_state state = { .id = id, .state = SST_TERMINATED,
		.reason = "exit", .text = "" };

	say(w.sandboxer, MSG_JAIL_STATE, 0, &state);
}

static void
hear_drop(const char *id)
{
	const struct msg_jail_drop *drop;
	struct msg m;

	hear(w.sandboxer, MSG_JAIL_DROP, &m);
	drop = m.body;
	ck_assert_str_eq(drop->id, id);
	msg_clear(&m);
}

/* What is forgotten is what ended first, not what began first. */
START_TEST(forget_oldest_end)
{
	struct session *s, *long_lived = running("long");
	char *id = xstrdup(long_lived->id), *first = NULL;
	bool kept = false;

	for (int i = 0; i < 100; i++) {
		s = session_add(&w.env, "short");
		s->state = SST_TERMINATED;
		s->ended_at = time(NULL) - i;
		free(first);
		first = xstrdup(s->id);
	}
	say_ended(id);
	hear_drop(id);
	ck_assert_uint_eq(w.env.nsessions, 100);
	TAILQ_FOREACH(s, &w.env.sessions, link) {
		kept |= strcmp(s->id, id) == 0;
		ck_assert_str_ne(s->id, first);
	}
	ck_assert(kept);
	free(first);
	free(id);
}
END_TEST

/* What ended SessionKeep ago is forgotten, and what runs never. */
START_TEST(forget_in_time)
{
	struct session *s, *old = running("old");
	int64_t now = time(NULL);
	char *ids[2];

	old->created_at = 0;
	for (int i = 0; i < 2; i++) {
		s = session_add(&w.env, "ended");
		s->state = SST_TERMINATED;
		s->ended_at = now - 100 - 10 * i;
		ids[i] = xstrdup(s->id);
	}
	w.env.conf.session_keep_s = 1000;
	session_keep(&w.env);
	ck_assert_uint_eq(w.env.nsessions, 3);
	w.env.conf.session_keep_s = 105;
	session_keep(&w.env);
	ck_assert_ptr_null(session_find(&w.env, ids[1]));
	ck_assert_ptr_nonnull(session_find(&w.env, ids[0]));
	/* By itself, later. */
	session_find(&w.env, ids[0])->ended_at = now - 104;
	session_keep(&w.env);
	for (int i = 0; i < 1000 && w.env.nsessions > 1; i++)
		turn();
	ck_assert_ptr_null(session_find(&w.env, ids[0]));
	ck_assert_ptr_eq(session_find(&w.env, old->id), old);
	free(ids[0]);
	free(ids[1]);
}
END_TEST

/* How many sessions a list has. */
static size_t
count_listed(void)
{
	const struct msg_token_only req = { 0 };
	const struct msg_sessions *list;
	struct msg m;
	size_t n;

	say(w.cli, MSG_SESSION_LIST, 7, &req);
	hear(w.cli, MSG_SESSIONS, &m);
	list = m.body;
	n = list->list.n;
	msg_clear(&m);
	return n;
}

/* A test of the jail is listed while it runs; its end is read by its id. */
START_TEST(tests_leave_nothing)
{
	const struct msg_token_only all = { 0 };
	struct msg_session_id get = { 0 };
	struct session *s, *test = running("tested");
	char *id = xstrdup(test->id);
	struct msg m;

	test->check = true;
	running("other");
	ck_assert_uint_eq(count_listed(), 2);
	say_ended(id);
	hear_drop(id);
	ck_assert_uint_eq(count_listed(), 1);
	get.id = id;
	say(w.cli, MSG_SESSION_GET, 8, &get);
	hear(w.cli, MSG_SESSION, &m);
	msg_clear(&m);
	/* It does not stay for long, or count where others are removed. */
	s = session_add(&w.env, "short");
	s->state = SST_TERMINATED;
	s->ended_at = time(NULL) - 700;
	session_find(&w.env, id)->ended_at -= 300;
	session_keep(&w.env);
	ck_assert_ptr_nonnull(session_find(&w.env, id));
	say(w.cli, MSG_SESSION_CLEANUP, 9, &all);
	hear(w.cli, MSG_CLEANED, &m);
	ck_assert_uint_eq(((const struct msg_cleaned *)m.body)->count, 1);
	msg_clear(&m);
	ck_assert_uint_eq(w.env.nsessions, 1);
	test = running("tested");
	test->check = true;
	test->state = SST_TERMINATED;
	test->ended_at = time(NULL) - 601;
	session_keep(&w.env);
	ck_assert_uint_eq(w.env.nsessions, 1);
	free(id);
}
END_TEST

/* All end at once, with more ended ones than are kept. */
START_TEST(all_lost)
{
	struct session *s;

	for (int i = 0; i < 150; i++)
		running("lost");
	session_all_lost(&w.env);
	ck_assert_uint_eq(w.env.nsessions, 100);
	TAILQ_FOREACH(s, &w.env.sessions, link)
		ck_assert_int_eq((int)s->state, SST_TERMINATED);
}
END_TEST

/* The sandboxer must not keep an ended session that nobody asks about. */
START_TEST(end_of_unknown)
{
	say_ended("0123456789abcdef");
	hear_drop("0123456789abcdef");
}
END_TEST

/* --- viewers --- */

static void
ask_attach(const struct session *s, uint32_t id)
{
	struct msg_session_attach req = { .id = s->id, .offset = -1 };

	ck_assert_int_eq(
	    msg_write(w.cli, MSG_SESSION_ATTACH, id, &req, NULL, 0), 0);
}

static uint32_t
hear_viewer(void)
{
	struct msg m;
	uint32_t id;

	hear(w.sandboxer, MSG_VIEWER_ADD, &m);
	id = m.hdr.id;
	msg_clear(&m);
	return id;
}

/* Requests in a burst do not get past MaxViewers; a refused one counts not. */
START_TEST(attach_burst)
{
	struct msg_error no = { .code = RL_ERR_STATE, .text = "no" };
	struct session *s = running("seen");
	const struct msg_error *e;
	struct msg m;
	uint32_t first;

	w.env.conf.max_viewers = 2;
	for (uint32_t id = 1; id <= 3; id++)
		ask_attach(s, id);
	turn();
	hear(w.cli, MSG_ERROR, &m);
	ck_assert_uint_eq(m.hdr.id, 3);
	e = m.body;
	ck_assert_int_eq((int)e->code, RL_ERR_LIMIT);
	msg_clear(&m);
	first = hear_viewer();
	hear_viewer();
	silence(w.sandboxer);
	ck_assert_uint_eq(s->viewers, 2);
	say(w.sandboxer, MSG_ERROR, first, &no);
	ck_assert_uint_eq(s->viewers, 1);
}
END_TEST

/* Whoever asked has left: the viewer comes and goes, and others still count. */
START_TEST(attach_asker_leaves)
{
	struct session *s = running("seen");
	struct msg_viewer_gone gone = { .id = s->id, .viewer = 1 };
	uint32_t id;

	s->viewers = 1;
	ask_attach(s, 1);
	turn();
	id = hear_viewer();
	fd_close(w.cli);
	w.cli = -1;
	turn();
	say(w.sandboxer, MSG_OK, id, NULL);
	say(w.sandboxer, MSG_VIEWER_GONE, 0, &gone);
	ck_assert_uint_eq(s->viewers, 1);
}
END_TEST

/* --- notices --- */

/* The next event for subscribers, which must have that in it. */
static void
hear_event(int fd, const char *type, const char *has)
{
	const struct msg_event *e;
	struct msg m;

	hear(fd, MSG_EVENT, &m);
	e = m.body;
	ck_assert_str_eq(e->type, type);
	ck_assert_msg(strstr(e->details, has) != NULL, "%s", e->details);
	msg_clear(&m);
}

/* What an agent wants seen is told, of a session that runs, not too often. */
START_TEST(input_wanted)
{
	struct session *s = running("seen");
	struct msg_jail_notice n = { .id = s->id,
		.kind = NOTICE_NOTIFICATION,
		.title = "T",
		.text = "say \"x\"" };
	int ringletd;

	ringletd = channel(
	    &w.env.ringletd.client, FROM_RINGLETD, "ringletd", &ringletd_ops);
	w.env.ringletd.env = &w.env;
	w.env.ringletd.name = "ringletd";
	w.env.ringletd.client.child = &w.env.ringletd;
	w.env.ringletd.ready = true;
	say(w.sandboxer, MSG_JAIL_NOTICE, 0, &n);
	hear_event(ringletd, "session.input_wanted",
	    "\"profile_alias\":\"seen\",\"kind\":\"notification\","
	    "\"title\":\"T\",\"text\":\"say \\\"x\\\"\"}");
	/* Another one at once, and one of a session that is not there. */
	say(w.sandboxer, MSG_JAIL_NOTICE, 0, &n);
	n.id = "0123456789abcdef";
	say(w.sandboxer, MSG_JAIL_NOTICE, 0, &n);
	silence(ringletd);
	n.id = s->id;
	n.kind = NOTICE_BELL;
	s->wanted_at = 0;
	say(w.sandboxer, MSG_JAIL_NOTICE, 0, &n);
	hear_event(ringletd, "session.input_wanted", "\"kind\":\"bell\"");
	s->wanted_at = 0;
	s->state = SST_TERMINATED;
	say(w.sandboxer, MSG_JAIL_NOTICE, 0, &n);
	silence(ringletd);
	child_condemn(&w.env.ringletd, NULL);
	fd_close(ringletd);
}
END_TEST

/* With what no keeper lets through the sandboxer is not believed any more. */
START_TEST(input_wanted_wrong)
{
	struct session *s = running("seen");
	const struct msg_jail_notice wrong[] = {
		{ .id = s->id, .kind = 0, .title = "", .text = "" },
		{ .id = s->id, .kind = 2, .title = "", .text = "\033[2J" },
		{ .id = s->id, .kind = 2, .title = "a\nb", .text = "" },
	};

	say(w.sandboxer, MSG_JAIL_NOTICE, 0, &wrong[_i]);
	ck_assert_ptr_null(w.env.sandboxer.client.peer);
}
END_TEST

/* --- starting --- */

static void
make_profile_of(const char *agent, const char *alias, char **args)
{
	struct profile p = { .alias = (char *)(uintptr_t)alias,
		.agent_id = (char *)(uintptr_t)agent,
		.provider_id = (char[]){ "self" },
		.endpoint_id = (char[]){ "" },
		.endpoint_url = (char[]){ "" },
		.model = (char[]){ "" },
		.working_dir = (char[]){ "" },
		.keychain = (char[]){ "none" },
		.keychain_item = (char[]){ "" },
		.args = args };
	char why[512];

	ck_assert_msg(profile_create(&w.env.paths, w.env.manifests, &p, why,
			  sizeof(why)) == 0,
	    "%s", why);
}

static void
make_profile(const char *alias, char **args)
{
	make_profile_of("shell", alias, args);
}

/*
 * A ring that is not sealed: the session is refused, and its jail, of which
 * nobody knows any more, must not run on.
 */
START_TEST(start_bad_ring)
{
	struct msg_session_create req = { .alias = "sh" };
	struct msg_jail_started started = { .pid = 1, .tier = "full" };
	const struct msg_jail_kill *kill;
	struct msg m;
	uint32_t id;

	make_profile("sh", NULL);
	say(w.cli, MSG_SESSION_CREATE, 7, &req);
	hear(w.sandboxer, MSG_JAIL_START, &m);
	id = m.hdr.id;
	msg_clear(&m);
	say(w.sandboxer, MSG_JAIL_STARTED, id, &started);
	hear(w.cli, MSG_ERROR, &m);
	ck_assert_uint_eq(m.hdr.id, 7);
	msg_clear(&m);
	hear(w.sandboxer, MSG_JAIL_KILL, &m);
	kill = m.body;
	ck_assert_uint_eq(kill->signal, SIGKILL);
	msg_clear(&m);
	ck_assert_uint_eq(w.env.nsessions, 0);
}
END_TEST

/* A ring that the sandboxer has sealed: what viewers get can only be read. */
START_TEST(start_good_ring)
{
	struct msg_session_create req = { .alias = "sh" };
	struct msg_jail_started started = { .pid = 1, .tier = "full" };
	const struct session *s;
	struct msg m;

	make_profile("sh", NULL);
	say(w.cli, MSG_SESSION_CREATE, 7, &req);
	hear(w.sandboxer, MSG_JAIL_START, &m);
	ck_assert_int_eq(fcntl(m.fds[0], F_ADD_SEALS,
			     F_SEAL_FUTURE_WRITE | F_SEAL_SEAL),
	    0);
	say(w.sandboxer, MSG_JAIL_STARTED, m.hdr.id, &started);
	msg_clear(&m);
	hear(w.cli, MSG_SESSION, &m);
	msg_clear(&m);
	ck_assert_ptr_nonnull(s = TAILQ_FIRST(&w.env.sessions));
	ck_assert_int_eq(
	    fcntl(s->ring_fd, F_GETFL) & O_ACCMODE, O_RDONLY);
}
END_TEST

/* The channel goes while a jail is being built: an answer, and no session. */
START_TEST(start_sandboxer_dies)
{
	struct msg_session_create req = { .alias = "sh" };
	struct msg m;

	make_profile("sh", NULL);
	say(w.cli, MSG_SESSION_CREATE, 7, &req);
	hear(w.sandboxer, MSG_JAIL_START, &m);
	msg_clear(&m);
	child_condemn(&w.env.sandboxer, NULL);
	turn();
	hear(w.cli, MSG_ERROR, &m);
	msg_clear(&m);
	ck_assert_uint_eq(w.env.nsessions, 0);
	/* And nothing is sent over a channel that is gone. */
	say(w.cli, MSG_SESSION_CREATE, 8, &req);
	hear(w.cli, MSG_ERROR, &m);
	ck_assert_uint_eq(m.hdr.id, 8);
	msg_clear(&m);
}
END_TEST

/* The policy's least tier is told as its rule, before anything is built. */
START_TEST(policy_wants_a_better_jail)
{
	static const char text[] = "\nJailMinimum no-landlock-scope\n";
	struct msg_session_create req = { .alias = "sh" };
	const struct msg_error *e;
	char why[256];
	struct msg m;

	make_profile("sh", NULL);
	free(w.env.sandboxer.level);
	w.env.sandboxer.level = xstrdup("no-fresh-proc");
	ck_assert_int_eq(policy_parse(text, strlen(text), "/p", &w.env.policy,
			     why, sizeof(why)),
	    0);
	policy_apply(w.env.policy, &w.env.conf);
	say(w.cli, MSG_SESSION_CREATE, 7, &req);
	hear(w.cli, MSG_ERROR, &m);
	e = m.body;
	ck_assert_int_eq((int)e->code, RL_ERR_DENIED);
	ck_assert_ptr_nonnull(
	    strstr(e->text, "refused by JailMinimum (/p line 2)"));
	msg_clear(&m);
	silence(w.sandboxer);
	/* One that is good enough is built. */
	free(w.env.sandboxer.level);
	w.env.sandboxer.level = xstrdup("full");
	say(w.cli, MSG_SESSION_CREATE, 8, &req);
	hear(w.sandboxer, MSG_JAIL_START, &m);
	msg_clear(&m);
	policy_free(w.env.policy);
	w.env.policy = NULL;
}
END_TEST

/* ringletd, with a token that is good: our end of its channel. */
static int
ringletd_with_token(struct client *c, uint8_t token[64])
{
	char why[512], *path = make("token"), *file, *table, *text;
	const struct token_time now = token_time();
	size_t len;

	file = xasprintf("%s/http_token", path);
	table = xasprintf("%s/tokens.json", path);
	ck_assert_msg(tokens_open(file, table, &now, &w.env.tokens, why,
			  sizeof(why)) == 0, "%s", why);
	ck_assert_int_eq(paths_read_file(file, 128, &text, &len), 0);
	ck_assert_uint_ge(len, 64);
	memcpy(token, text, 64);
	free(text);
	free(table);
	free(file);
	free(path);
	w.env.keychain = keychain_new(w.env.loop, "/nonexistent");
	c->env = &w.env;
	c->child = &w.env.ringletd;
	return channel(c, FROM_RINGLETD, "ringletd", &ringletd_ops);
}

static bool
has_string(const struct msg_strs *list, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->v[i], text) == 0)
			return true;
	return false;
}

/*
 * Folders in which to look for the agent choose the program that gets the key,
 * and variables what it does: they are the person's at the machine alone.
 */
START_TEST(only_the_cli_chooses)
{
	char *folder = make("programs"), *agent;
	const char *search[] = { folder }, *variables[] = { "TZ=Else/Where" };
	struct msg_session_create req = { .alias = "found",
		.client_env = { variables, 1 },
		.search_path = { search, 1 } };
	struct msg_error no = { .code = RL_ERR_JAIL, .text = "no" };
	const struct msg_jail_start *js;
	struct client ringletd = { .serial = 0 };
	uint8_t token[64];
	struct msg m;
	int fd, file;

	agent = xasprintf("%s/codex", folder);
	file = open(agent, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
	ck_assert_int_eq(write(file, "#!/bin/sh\n", 10), 10);
	close(file);
	make_profile_of("codex", "found", NULL);
	make_profile("sh", NULL);

	say(w.cli, MSG_SESSION_CREATE, 7, &req);
	hear(w.sandboxer, MSG_JAIL_START, &m);
	js = m.body;
	ck_assert_str_eq(js->path, agent);
	ck_assert(has_string(&js->env, variables[0]));
	say(w.sandboxer, MSG_ERROR, m.hdr.id, &no);
	msg_clear(&m);

	fd = ringletd_with_token(&ringletd, token);
	req.token = (struct msg_bin){ token, sizeof(token) };
	say(fd, MSG_SESSION_CREATE, 8, &req);
	if (msg_read(w.sandboxer, TURN_MS, &m) == 0) {
		/* This machine has one of its own. */
		js = m.body;
		ck_assert_str_ne(js->path, agent);
		say(w.sandboxer, MSG_ERROR, m.hdr.id, &no);
		msg_clear(&m);
	}
	hear(fd, MSG_ERROR, &m);
	msg_clear(&m);
	req.alias = "sh";
	say(fd, MSG_SESSION_CREATE, 9, &req);
	hear(w.sandboxer, MSG_JAIL_START, &m);
	js = m.body;
	ck_assert(!has_string(&js->env, variables[0]));
	msg_clear(&m);

	{
		struct peer *p = ringletd.peer;

		client_remove(&ringletd);
		peer_free(p);
	}
	fd_close(fd);
	keychain_free(w.env.keychain);
	tokens_free(w.env.tokens);
	free(agent);
	free(folder);
}
END_TEST

/* --- answers that do not fit --- */

/* One request, one answer: a second would end the asker's channel. */
START_TEST(list_too_long)
{
	struct msg_token_only req = { .token = { NULL, 0 } };
	char *args[4] = { NULL }, alias[16];
	struct msg m;

	for (int i = 0; i < 3; i++) {
		args[i] = xmalloc(20001);
		memset(args[i], 'x', 20000);
		args[i][20000] = '\0';
	}
	for (int i = 0; i < 10; i++) {
		snprintf(alias, sizeof(alias), "p%d", i);
		make_profile(alias, args);
	}
	for (int i = 0; i < 3; i++)
		free(args[i]);
	say(w.cli, MSG_PROFILE_LIST, 5, &req);
	hear(w.cli, MSG_ERROR, &m);
	ck_assert_uint_eq(m.hdr.id, 5);
	msg_clear(&m);
	silence(w.cli);
}
END_TEST

/* --- the log --- */

/* A child that floods the log costs a bounded place on the disk. */
START_TEST(log_is_bounded)
{
	char *old, text[1001];
	struct stat st;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	w.env.paths.log_file = xasprintf("%s/state/ringlet.log", w.base);
	old = xasprintf("%s.1", w.env.paths.log_file);
	for (int i = 0; i < 2; i++) {
		/* Nearly full, as an earlier start has left it. */
		w.env.log_fd = -1;
		ck_assert_int_eq(
		    logfile_open(&w.env, text, sizeof(text)), 0);
		ck_assert_int_eq(
		    ftruncate(w.env.log_fd, LOG_FILE_MAX - 4096), 0);
		close(w.env.log_fd);
		w.env.log_fd = -1;
		ck_assert_int_eq(
		    logfile_open(&w.env, text, sizeof(text)), 0);
		for (int k = 0; k < 8; k++)
			log_foreign("ringletd", LOGL_WARN, text);
		log_set_sink(NULL, NULL);
		close(w.env.log_fd);
		ck_assert_int_eq(stat(old, &st), 0);
		ck_assert_int_eq((int)(st.st_mode & 07777), 0600);
		ck_assert_int_ge(st.st_size, LOG_FILE_MAX);
		ck_assert_int_lt(st.st_size, LOG_FILE_MAX + 4096);
		ck_assert_int_eq(stat(w.env.paths.log_file, &st), 0);
		ck_assert_int_eq((int)(st.st_mode & 07777), 0600);
		ck_assert_int_gt(st.st_size, 0);
		ck_assert_int_lt(st.st_size, 8192);
	}
	free(w.env.paths.log_file);
	free(old);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sessions");
	TCase *tc = tcase_create("monitor");
	SRunner *sr;
	int failed;

	secret_init();
	log_set_level(LOGL_WARN);
	signal(SIGPIPE, SIG_IGN);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, forget_oldest_end);
	tcase_add_test(tc, forget_in_time);
	tcase_add_test(tc, tests_leave_nothing);
	tcase_add_test(tc, all_lost);
	tcase_add_test(tc, end_of_unknown);
	tcase_add_test(tc, attach_burst);
	tcase_add_test(tc, attach_asker_leaves);
	tcase_add_test(tc, input_wanted);
	tcase_add_loop_test(tc, input_wanted_wrong, 0, 3);
	tcase_add_test(tc, only_the_cli_chooses);
	tcase_add_test(tc, start_good_ring);
	tcase_add_test(tc, start_bad_ring);
	tcase_add_test(tc, start_sandboxer_dies);
	tcase_add_test(tc, policy_wants_a_better_jail);
	tcase_add_test(tc, list_too_long);
	tcase_add_test(tc, log_is_bounded);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
