/*
 * The rig of test_unlock.c and test_migrate.c: see its header.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "loop.h"
#include "proc.h"
#include "ringlet-monitor/audit.h"
#include "ringlet-monitor/manifest.h"
#include "ringlet-monitor/migrate.h"
#include "secret.h"
#include "keyrig.h"
#include "xmalloc.h"

static char self[PATH_MAX];
static const char vault_key[] = "0123456789abcdef0123456789abcdef";

/* --- files, for both sides --- */

void
rig_put(const char *text, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	FILE *f;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if ((f = fopen(path, "we")) == NULL || fputs(text, f) == EOF ||
	    fclose(f) != 0)
		abort();
}

/* The content, or NULL; good until the next call. */
const char *
rig_get(const char *fmt, ...)
{
	static char text[4096];
	char path[PATH_MAX];
	va_list ap;
	ssize_t n;
	int fd;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

void
rig_remove(const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	ck_assert_msg(unlink(path) == 0, "%s", path);
}

/* --- the helper ------------------------------------------------------------
 */

static void __attribute__((__noreturn__))
answer(const struct msg *m, int result, const char *text, const char *value)
{
	struct msg_kc_reply reply = { .result = result, .text = text };
	/* What is read next takes its place. */
	char *copy = value != NULL ? xstrdup(value) : NULL;
	const char *gen = rig_get("%s/generation", getenv("HOME"));

	reply.generation = gen == NULL ? 0 : strtoull(gen, NULL, 10);
	if (copy != NULL)
		reply.value =
		    (struct msg_bin){ (const uint8_t *)copy, strlen(copy) };
	_exit(msg_write(PROC_CHANNEL_FD, MSG_KC_REPLY, m->hdr.id, &reply, NULL,
		  0) != 0);
}

static void __attribute__((__noreturn__))
answer_list(const struct msg *m, const char *folder)
{
	const char *names[64];
	struct msg_kc_reply reply = { .text = "" };
	struct dirent *e;
	size_t n = 0;
	DIR *d = opendir(folder);

	while (d != NULL && n < 64 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			names[n++] = xasprintf("%s anthropic", e->d_name);
	reply.items = (struct msg_strs){ names, n };
	_exit(msg_write(PROC_CHANNEL_FD, MSG_KC_REPLY, m->hdr.id, &reply, NULL,
		  0) != 0);
}

static bool
is(const struct msg_bin *b, const char *text)
{
	return text != NULL && b->len == strlen(text) &&
	       memcmp(b->p, text, b->len) == 0;
}

/* A vault is the file with its passphrase, and a number that rises. */
static void
vault_op(const struct msg *m, const char *home)
{
	const struct msg_kc_request *q = m->body;
	const char *text = rig_get("%s/generation", home);
	unsigned long long gen = text == NULL ? 0 : strtoull(text, NULL, 10);
	char number[32], value[2048];

	if (q->op == KC_VAULT_NEW && rig_get("%s", q->vault) != NULL)
		answer(m, RL_ERR_EXISTS, "it is there", NULL);
	if (q->op != KC_VAULT_NEW && rig_get("%s", q->vault) == NULL)
		answer(m, RL_ERR_NOTFOUND, "no vault", NULL);
	if (q->op != KC_VAULT_NEW && gen < q->generation)
		answer(m, RL_ERR_DAMAGED, "it was put back", NULL);
	if (q->op == KC_UNLOCK)
		answer(m,
		    is(&q->value, rig_get("%s", q->vault)) ? RL_OK
							   : RL_ERR_PASSPHRASE,
		    "", vault_key);
	if (q->op != KC_VAULT_NEW && !is(&q->vault_key, vault_key))
		answer(m, RL_ERR_LOCKED, "locked", NULL);
	if (q->op == KC_VAULT_NEW || q->op == KC_VAULT_PASSPHRASE ||
	    q->op == KC_STORE || q->op == KC_DELETE) {
		if (q->op == KC_VAULT_NEW)
			gen = q->generation;
		snprintf(number, sizeof(number), "%llu", gen + 1);
		rig_put(number, "%s/generation", home);
	}
	if (q->op != KC_VAULT_NEW && q->op != KC_VAULT_PASSPHRASE)
		return;
	snprintf(value, sizeof(value), "%.*s", (int)q->value.len,
	    (const char *)q->value.p);
	rig_put(value, "%s", q->vault);
	answer(m, RL_OK, "", vault_key);
}

static int
serve_call(void)
{
	const char *home = getenv("HOME"), *text;
	const struct msg_kc_request *q;
	char folder[PATH_MAX], value[8193];
	struct msg m;

	if (msg_read(PROC_CHANNEL_FD, 20000, &m) != 0)
		return 1;
	q = m.body;
	snprintf(folder, sizeof(folder), "%s/%s", home, q->backend);
	while (rig_get("%s.%d.%s.wait", folder, (int)q->op, q->profile) != NULL)
		(void)usleep(1000);
	text = rig_get("%s.%d.%s", folder, (int)q->op, q->profile);
	if (text != NULL && strncmp(text, "key:", 4) == 0)
		answer(&m, RL_OK, "", text + 4);
	if (text != NULL)
		answer(&m, atoi(text), "as told", NULL);
	text = rig_get("%s.%d.%s.kill", folder, (int)q->op, q->profile);
	if (text != NULL)
		unlink(text);
	if (strcmp(q->backend, VAULT) == 0)
		vault_op(&m, home);
	switch (q->op) {
	case KC_STORE:
		snprintf(value, sizeof(value), "%.*s", (int)q->value.len,
		    (const char *)q->value.p);
		rig_put(value, "%s/%s", folder, q->profile);
		answer(&m, RL_OK, "", NULL);
	case KC_LOOKUP:
		text = rig_get("%s/%s", folder, q->profile);
		answer(&m, text == NULL ? RL_ERR_NOTFOUND : RL_OK, "", text);
	case KC_DELETE:
		snprintf(value, sizeof(value), "%s/%s", folder, q->profile);
		answer(
		    &m, unlink(value) == 0 ? RL_OK : RL_ERR_NOTFOUND, "", NULL);
	case KC_LIST:
		answer_list(&m, folder);
	default:
		answer(&m, RL_OK, "a place", NULL);
	}
}

int
rig_helper(void)
{
	ssize_t n;

	if (fd_is(PROC_CHANNEL_FD, FD_SOCKET) && getenv("PATH") == NULL)
		return serve_call();
	if ((n = readlink("/proc/self/exe", self, sizeof(self) - 1)) == -1)
		return 1;
	self[n] = '\0';
	return -1;
}

/* --- the monitor -------------------------------------------------------------
 */

struct world w;

/* Its main program's part. */
void
monitor_ready(struct env *env)
{
	if (!vault_is_starting(env->vault))
		w.ready++;
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

static void
on_turn(void *arg)
{
	loop_stop(arg);
}

void
rig_turn(void)
{
	loop_timer_arm(w.timer, 5);
	ck_assert_int_eq(loop_run(w.env.loop), 0);
}

static char *
make(const char *below)
{
	char *path = xasprintf("%s/%s", w.base, below);

	ck_assert_msg(mkdir(path, 0700) == 0, "%s", path);
	return path;
}

void
rig_setup(void)
{
	char dir[] = "/var/tmp/ringlet-unit-XXXXXX";
	struct client *c;
	int sv[2];

	memset(&w, 0, sizeof(w));
	ck_assert(mkdtemp(dir) != NULL);
	w.base = realpath(dir, NULL);
	w.env.paths.home = make("home");
	w.env.paths.config_dir = make("config");
	w.env.paths.data_dir = make("data");
	w.env.paths.state_dir = make("state");
	w.env.paths.profile_dir = make("config/profiles");
	w.env.manifests = manifest_set_new();
	free(make("home/" SERVICE));
	free(make("home/" VAULT));
	setenv("HOME", w.env.paths.home, 1);
	unsetenv("CREDENTIALS_DIRECTORY");
	conf_defaults(&w.env.conf);
	w.env.loop = loop_new();
	w.timer = loop_timer_new(w.env.loop, on_turn, w.env.loop);
	w.env.control_fd = w.env.log_fd = w.env.ready_fd = -1;
	TAILQ_INIT(&w.env.clients);
	TAILQ_INIT(&w.env.sessions);
	LIST_INIT(&w.env.busy);
	w.env.ringletd.ready = w.env.sandboxer.ready = true;
	w.env.paths.audit_file =
	    xasprintf("%s/audit.jsonl", w.env.paths.state_dir);
	w.env.paths.audit_state =
	    xasprintf("%s/audit.state", w.env.paths.state_dir);
	audit_open(&w.env, "test");
	w.env.keychain = keychain_new(w.env.loop, self);
	w.env.vault = vault_new(&w.env);
	c = xcalloc(1, sizeof(*c));
	ck_assert_int_eq(fd_pair(sv), 0);
	client_add(&w.env, c);
	c->peer = peer_new(
	    w.env.loop, sv[0], FROM_CLI, PST_SERVING, "cli", &control_ops, c);
	w.cli = sv[1];
}

void
rig_teardown(void)
{
	char *cmd = xasprintf("rm -rf '%s'", w.base);

	migration_free(w.env.migration);
	vault_free(w.env.vault);
	keychain_free(w.env.keychain);
	audit_free(w.env.audit);
	control_close(&w.env);
	fd_close(w.cli);
	loop_timer_free(w.timer);
	loop_free(w.env.loop);
	conf_free(&w.env.conf);
	ck_assert_int_eq(system(cmd), 0);
	free(cmd);
	free(w.base);
	free(w.env.paths.home);
	free(w.env.paths.config_dir);
	free(w.env.paths.data_dir);
	free(w.env.paths.state_dir);
	free(w.env.paths.profile_dir);
	manifest_set_free(w.env.manifests);
	free(w.env.paths.audit_file);
	free(w.env.paths.audit_state);
}

void
rig_say(uint16_t type, const void *body)
{
	ck_assert_int_eq(msg_write(w.cli, type, 7, body, NULL, 0), 0);
}

/* The next answer; it must be of that type. */
void
rig_hear(uint16_t type, struct msg *m)
{
	int r = RL_ERR_TIMEOUT;

	for (int i = 0; i < 2000 && r == RL_ERR_TIMEOUT; i++) {
		rig_turn();
		r = msg_read(w.cli, 0, m);
	}
	ck_assert_msg(r == 0, "%s", rl_strerror(r));
	if (m->hdr.type == MSG_ERROR && type != MSG_ERROR)
		ck_abort_msg("%s", ((const struct msg_error *)m->body)->text);
	ck_assert_msg(m->hdr.type == type, "%s", m->type->name);
}

/* The answer is that error; its text is in why. */
void
rig_refused(int err)
{
	const struct msg_error *e;
	struct msg m;

	rig_hear(MSG_ERROR, &m);
	e = m.body;
	strlcpy(w.why, e->text, sizeof(w.why));
	ck_assert_msg(e->code == err, "%lld: %s", (long long)e->code, w.why);
	msg_clear(&m);
}

void
rig_done(uint16_t type)
{
	struct msg m;

	rig_hear(type, &m);
	msg_clear(&m);
}

struct msg_bin
rig_bin(const char *text)
{
	return (struct msg_bin){ (const uint8_t *)text, strlen(text) };
}

void
rig_say_unlock(const char *pass, bool fresh)
{
	struct msg_keychain_unlock req = { .passphrase = rig_bin(pass),
		.make = fresh };

	rig_say(MSG_KEYCHAIN_UNLOCK, &req);
}

void
rig_open(void)
{
	rig_say_unlock(PASS, !vault_is_there(w.env.vault));
	rig_done(MSG_KEYCHAIN_UNLOCKED);
	ck_assert(vault_is_open(w.env.vault));
}

void
rig_say_lock(void)
{
	struct msg_token_only req = { { NULL, 0 } };

	rig_say(MSG_KEYCHAIN_LOCK, &req);
}

void
rig_lock(void)
{
	rig_say_lock();
	rig_done(MSG_OK);
	ck_assert(!vault_is_open(w.env.vault));
}
