/*
 * What becomes of keys and profiles where a keychain fails half-way, or says
 * what is not so: the monitor's real handlers, a CLI that this test plays, and
 * this program again as the helper, which behaves as the profile's name says.
 */

#include "config.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "err.h"
#include "fdpass.h"
#include "loop.h"
#include "msgdef.h"
#include "proc.h"
#include "ringlet-monitor/audit.h"
#include "ringlet-monitor/keychain.h"
#include "ringlet-monitor/manifest.h"
#include "ringlet-monitor/monitor.h"
#include "ringlet-monitor/profile.h"
#include "ringlet-monitor/session.h"
#include "ringlet-monitor/vault.h"
#include "secret.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define OLD	 "sk-old"
#define NEW	 "sk-new"

#define HANG_MS	    300	  /* for a helper that never answers */
#define PATIENCE_MS 25000 /* for all others */

/* --- the helper --- */

static void
answer(const struct msg *m, int result, const char *text, const char *value)
{
	struct msg_kc_reply reply = { .result = result, .text = text };

	if (value != NULL) {
		reply.value.p = (const uint8_t *)value;
		reply.value.len = strlen(value);
	}
	_exit(msg_write(PROC_CHANNEL_FD, MSG_KC_REPLY, m->hdr.id, &reply, NULL,
		  0) != 0);
}

static void
answer_list(const struct msg *m, bool vault)
{
	static const char *service[] = { "good anthropic", "nobody openai",
		"two anthropic", "two openai", "damaged anthropic",
		"busy anthropic", ".audit ringlet", "good..x anthropic" };
	static const char *in_vault[] = { "good anthropic",
		"vaulted anthropic" };
	struct msg_kc_reply reply = { .text = "" };

	reply.items = vault ? (struct msg_strs){ in_vault, NELEM(in_vault) }
			    : (struct msg_strs){ service, NELEM(service) };
	_exit(msg_write(PROC_CHANNEL_FD, MSG_KC_REPLY, m->hdr.id, &reply, NULL,
		  0) != 0);
}

/* Where the test looks: a file below the home, which helpers know. */
static void
note_deletion(const char *profile)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/deleted.%s", getenv("HOME"), profile);
	close(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static int
helper_main(void)
{
	const struct msg_kc_request *q;
	const char *who;
	struct msg m;

	if (msg_read(PROC_CHANNEL_FD, 20000, &m) != 0 ||
	    m.hdr.type != MSG_KC_REQUEST)
		return 1;
	q = m.body;
	who = q->profile;
	if (q->op == KC_LIST)
		answer_list(&m, strcmp(q->backend, KEYCHAIN_VAULT) == 0);
	if (q->op == KC_STATUS)
		answer(&m, RL_OK, "a keychain", NULL);
	if (q->op == KC_DELETE) {
		note_deletion(who);
		answer(&m, RL_OK, "", NULL);
	}
	if (q->op == KC_STORE) {
		if (strcmp(who, "good") == 0)
			answer(&m, RL_OK, "", NULL);
		if (strcmp(who, "locked") == 0)
			answer(&m, RL_ERR_LOCKED, "it is locked", NULL);
		if (strcmp(who, "refused") == 0)
			answer(&m, RL_ERR_DENIED, "it refused", NULL);
		if (strcmp(who, "hang") == 0)
			for (;;)
				pause();
		answer(&m, RL_ERR_UNAVAILABLE, "the bus broke", NULL);
	}
	/* KC_LOOKUP: the monitor asks what came of it. */
	if (strcmp(who, "late") == 0)
		answer(&m, RL_OK, "", NEW);
	if (strcmp(who, "kept") == 0 || strcmp(who, "hang") == 0)
		answer(&m, RL_OK, "", OLD);
	if (strcmp(who, "gone") == 0)
		answer(&m, RL_ERR_NOTFOUND, "there is none", NULL);
	if (strcmp(who, "unknown") == 0)
		answer(&m, RL_ERR_UNAVAILABLE, "the bus is gone", NULL);
	/* None of the others is to be asked after. */
	return 1;
}

/* --- the monitor --- */

void
monitor_ready(struct env *env)
{
	(void)env;
}

void
monitor_stop(struct env *env)
{
	(void)env;
}

void
monitor_maybe_done(struct env *env)
{
	(void)env;
}

static char self[PATH_MAX];

static struct {
	struct env env;
	struct loop_timer *timer;
	char *base;
	int cli; /* our end of its channel */
} w;

static void
on_turn(void *arg)
{
	loop_stop(arg);
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
	struct client *c = xcalloc(1, sizeof(*c));
	int sv[2];

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
	w.env.ready_fd = w.env.control_fd = w.env.log_fd = -1;
	TAILQ_INIT(&w.env.clients);
	TAILQ_INIT(&w.env.sessions);
	LIST_INIT(&w.env.busy);
	ck_assert_int_eq(setenv("HOME", w.env.paths.home, 1), 0);
	w.env.keychain = keychain_new(w.env.loop, self);
	w.env.vault = vault_new(&w.env);
	sealbox_make(&w.env.box);
	ck_assert_int_eq(fd_pair(sv), 0);
	client_add(&w.env, c);
	c->peer = peer_new(
	    w.env.loop, sv[0], FROM_CLI, PST_SERVING, "cli", &control_ops, c);
	w.cli = sv[1];
}

static void
teardown(void)
{
	char *cmd = xasprintf("rm -rf '%s'", w.base);

	control_close(&w.env);
	session_free_all(&w.env);
	vault_free(w.env.vault);
	keychain_free(w.env.keychain);
	audit_free(w.env.audit);
	sealbox_free(&w.env.box);
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
	free(w.env.paths.runtime_dir);
	free(w.env.paths.profile_dir);
	manifest_set_free(w.env.manifests);
	free(w.env.paths.audit_file);
}

/*
 * The first helper has until then if it is the one that never answers.  No
 * other is given up, however busy the machine is.
 */
static void
be_patient(const char *alias)
{
	uint64_t ms = strcmp(alias, "hang") == 0 ? HANG_MS : PATIENCE_MS;

	keychain_set_timeout(w.env.keychain, ms, ms);
}

static bool
has_helper(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void
turn(void)
{
	loop_timer_arm(w.timer, 5);
	ck_assert_int_eq(loop_run(w.env.loop), 0);
	if (has_helper())
		be_patient("");
}

/* Asks, and lets the monitor run until it has answered. */
static void
ask(uint16_t type, const void *body, struct msg *m)
{
	int r = RL_ERR_TIMEOUT;

	ck_assert_int_eq(msg_write(w.cli, type, 7, body, NULL, 0), 0);
	while (r == RL_ERR_TIMEOUT) {
		turn();
		r = msg_read(w.cli, 0, m);
	}
	ck_assert_msg(r == 0, "%s", rl_strerror(r));
	ck_assert_uint_eq(m->hdr.id, 7);
}

static void
profile(const char *alias, const char *keychain)
{
	struct profile *pr = profile_new();
	char why[512];

	free(pr->alias);
	free(pr->agent_id);
	free(pr->provider_id);
	free(pr->keychain);
	pr->alias = xstrdup(alias);
	pr->agent_id = xstrdup("shell");
	pr->provider_id = xstrdup("anthropic");
	pr->keychain = xstrdup(keychain);
	ck_assert_msg(profile_create(&w.env.paths, w.env.manifests, pr, why,
			  sizeof(why)) == 0,
	    "%s", why);
	profile_free(pr);
}

/* --- rekey --- */

static const struct {
	const char *alias;
	int err;	  /* 0: REKEYED */
	const char *says; /* the error */
	const char *not_says;
} ends[] = {
	{ "good", 0, NULL, NULL },
	{ "late", 0, NULL, NULL },
	{ "kept", RL_ERR_UNAVAILABLE, "keeps its former key: keychain: the bus",
	    "may have" },
	{ "hang", RL_ERR_TIMEOUT, "keeps its former key", "may have" },
	{ "gone", RL_ERR_UNAVAILABLE, "has no key now", "keeps" },
	{ "unknown", RL_ERR_UNAVAILABLE, "may have its former key or the new",
	    "keeps" },
	{ "locked", RL_ERR_LOCKED,
	    "keeps its former key: keychain: it is locked: unlock your keyring",
	    NULL },
	{ "refused", RL_ERR_DENIED, "keeps its former key", NULL },
};

START_TEST(rekey_ends)
{
	const struct msg_profile_rekey req = { .alias = ends[_i].alias,
		.key = { (const uint8_t *)NEW, strlen(NEW) } };
	const struct msg_error *e;
	struct msg m;

	be_patient(ends[_i].alias);
	profile(ends[_i].alias, KEYCHAIN_SECRET_SERVICE);
	ask(MSG_PROFILE_REKEY, &req, &m);
	if (ends[_i].err == 0) {
		const struct msg_rekeyed *k = m.body;

		ck_assert_str_eq(m.type->name, "REKEYED");
		ck_assert_str_eq(k->alias, ends[_i].alias);
		ck_assert_str_eq(k->keychain, KEYCHAIN_SECRET_SERVICE);
	} else {
		ck_assert_str_eq(m.type->name, "ERROR");
		e = m.body;
		ck_assert_int_eq((int)e->code, ends[_i].err);
		ck_assert_msg(
		    strstr(e->text, ends[_i].says) != NULL, "%s", e->text);
		if (ends[_i].not_says != NULL)
			ck_assert_ptr_null(strstr(e->text, ends[_i].not_says));
		ck_assert_ptr_null(strstr(e->text, NEW));
		ck_assert_ptr_null(strstr(e->text, OLD));
	}
	msg_clear(&m);
	/* The profile can be changed again. */
	ck_assert(LIST_EMPTY(&w.env.busy));
}
END_TEST

/* Those that have ended, and another profile's, do not have the old key. */
START_TEST(rekey_lists_sessions)
{
	const struct msg_profile_rekey req = { .alias = "good",
		.key = { (const uint8_t *)NEW, strlen(NEW) } };
	const struct msg_rekeyed *k;
	struct session *s[4];
	struct msg m;

	profile("good", KEYCHAIN_SECRET_SERVICE);
	for (int i = 0; i < 4; i++) {
		s[i] = session_add(&w.env, i == 3 ? "other" : "good");
		s[i]->state = i == 0 ? SST_STARTING : SST_RUNNING;
	}
	s[2]->state = SST_TERMINATED;
	ask(MSG_PROFILE_REKEY, &req, &m);
	ck_assert_str_eq(m.type->name, "REKEYED");
	k = m.body;
	ck_assert_uint_eq(k->sessions.n, 2);
	for (int i = 0; i < 2; i++)
		ck_assert(strcmp(k->sessions.v[i], s[0]->id) == 0 ||
			  strcmp(k->sessions.v[i], s[1]->id) == 0);
	msg_clear(&m);
}
END_TEST

static const struct {
	const char *alias;
	const char *keychain; /* NULL: there is no such profile */
	const char *key;
	int err;
	const char *says;
} refusals[] = {
	{ "nobody", NULL, NEW, RL_ERR_NOTFOUND, "there is no profile nobody" },
	{ "../good", NULL, NEW, RL_ERR_INVALID, "not a profile's name" },
	{ "keyless", KEYCHAIN_NONE, NEW, RL_ERR_STATE, "has no key" },
	{ "good", KEYCHAIN_SECRET_SERVICE, "", RL_ERR_INVALID, "needs one" },
	{ "good", KEYCHAIN_SECRET_SERVICE, "sk\n", RL_ERR_INVALID,
	    "ends with a line break" },
	{ "good", KEYCHAIN_SECRET_SERVICE, "s\001", RL_ERR_INVALID,
	    "control character" },
};

START_TEST(rekey_refuses)
{
	const struct msg_profile_rekey req = { .alias = refusals[_i].alias,
		.key = { (const uint8_t *)refusals[_i].key,
		    strlen(refusals[_i].key) } };
	const struct msg_error *e;
	struct msg m;

	if (refusals[_i].keychain != NULL)
		profile(refusals[_i].alias, refusals[_i].keychain);
	ask(MSG_PROFILE_REKEY, &req, &m);
	ck_assert_str_eq(m.type->name, "ERROR");
	e = m.body;
	ck_assert_int_eq((int)e->code, refusals[_i].err);
	ck_assert_msg(
	    strstr(e->text, refusals[_i].says) != NULL, "%s", e->text);
	msg_clear(&m);
	ck_assert(!keychain_is_busy(w.env.keychain));
}
END_TEST

/* --- create --- */

static const struct {
	const char *alias;
	int err; /* 0: it is made */
	bool undone;
} creations[] = {
	{ "good", 0, false },
	/* The store may have taken the key before that. */
	{ "late", RL_ERR_UNAVAILABLE, true },
	{ "hang", RL_ERR_TIMEOUT, true },
	{ "locked", RL_ERR_LOCKED, false },
	{ "refused", RL_ERR_DENIED, false },
	/* The key is stored, the file cannot be written. */
	{ "good", RL_ERR_SYSTEM, true },
};

START_TEST(create_leaves_no_key)
{
	const struct msg_profile_create req = { .alias = creations[_i].alias,
		.agent_id = "shell",
		.provider_id = "anthropic",
		.key = { (const uint8_t *)NEW, strlen(NEW) } };
	char *path = xasprintf(
	    "%s/deleted.%s", w.env.paths.home, creations[_i].alias);
	struct msg m;

	/* The first helper is to be the one that stores. */
	w.env.conf.keychain = CONF_KEYCHAIN_SERVICE;
	be_patient(creations[_i].alias);
	if (creations[_i].err == RL_ERR_SYSTEM)
		ck_assert_int_eq(chmod(w.env.paths.profile_dir, 0500), 0);
	ask(MSG_PROFILE_CREATE, &req, &m);
	ck_assert_str_eq(
	    m.type->name, creations[_i].err == 0 ? "PROFILE" : "ERROR");
	if (creations[_i].err != 0)
		ck_assert_int_eq(
		    (int)((const struct msg_error *)m.body)->code,
		    creations[_i].err);
	msg_clear(&m);
	/* The name is free once the key is gone, and not before. */
	while (!LIST_EMPTY(&w.env.busy))
		turn();
	ck_assert_int_eq(access(path, F_OK) == 0, creations[_i].undone);
	ck_assert_int_eq(chmod(w.env.paths.profile_dir, 0700), 0);
	free(path);
}
END_TEST

/* Nobody's leave is needed, and nobody else's name is given away. */
START_TEST(dry_run_touches_nothing)
{
	const struct msg_profile_create req = { .alias = "good",
		.agent_id = "shell",
		.provider_id = "anthropic",
		.key = { (const uint8_t *)NEW, strlen(NEW) },
		.dry_run = true };
	char why[256], *text;
	size_t len;
	struct msg m;

	ck_assert(alias_reserve(&w.env, "good"));
	ask(MSG_PROFILE_CREATE, &req, &m);
	ck_assert_str_eq(m.type->name, "PROFILE");
	msg_clear(&m);
	ck_assert_int_eq(
	    paths_read_file(w.env.paths.audit_file, 65536, &text, &len), 0);
	ck_assert_ptr_null(memmem(text, len, "key.store", 9));
	free(text);
	/* What needs the log is refused, but this does not. */
	ck_assert_int_eq(unlink(w.env.paths.audit_file), 0);
	ck_assert_int_eq(mkdir(w.env.paths.audit_file, 0700), 0);
	ck_assert_int_eq(audit_event(&w.env, &audit_monitor, AUDIT_KEY_STORE,
			     "good", AUDIT_INTENT, NULL),
	    RL_ERR_DENIED);
	ask(MSG_PROFILE_CREATE, &req, &m);
	ck_assert_str_eq(m.type->name, "PROFILE");
	msg_clear(&m);
	ck_assert(!LIST_EMPTY(&w.env.busy));
	alias_release(&w.env, "good");
	ck_assert_int_eq(profile_load(&w.env.paths, "good",
			     &(struct profile *){ NULL }, why, sizeof(why)),
	    RL_ERR_NOTFOUND);
}
END_TEST

/* --- doctor --- */

static bool
has_item(const struct msg_recs *recs, const char *keychain, const char *profile,
    const char *provider, bool in_use)
{
	const struct msg_keys_item *i = recs->v;

	for (size_t n = 0; n < recs->n; n++)
		if (strcmp(i[n].keychain, keychain) == 0 &&
		    strcmp(i[n].profile, profile) == 0 &&
		    strcmp(i[n].provider, provider) == 0 &&
		    i[n].in_use == in_use)
			return true;
	return false;
}

static void
damage(const char *alias)
{
	char *path = xasprintf("%s/%s.json", w.env.paths.profile_dir, alias);

	ck_assert_int_eq(paths_write_file(path, "{", 1), 0);
	free(path);
}

START_TEST(keys_are_compared)
{
	const struct msg_token_only req = { 0 };
	const struct msg_keys_checked *k;
	const struct msg_keys_store *s;
	struct msg m;

	profile("good", KEYCHAIN_SECRET_SERVICE);
	profile("two", KEYCHAIN_SECRET_SERVICE);
	profile("empty", KEYCHAIN_SECRET_SERVICE);
	profile("vaulted", KEYCHAIN_VAULT);
	profile("bare", KEYCHAIN_VAULT);
	profile("keyless", KEYCHAIN_NONE);
	damage("damaged");
	/* It is being made: its key is there, its file not yet. */
	ck_assert(alias_reserve(&w.env, "busy"));
	ask(MSG_KEYS_CHECK, &req, &m);
	ck_assert_str_eq(m.type->name, "KEYS_CHECKED");
	k = m.body;
	s = k->stores.v;
	ck_assert_uint_eq(k->stores.n, 2);
	ck_assert_str_eq(s[0].name, KEYCHAIN_SECRET_SERVICE);
	ck_assert_int_eq((int)s[0].code, 0);
	ck_assert_uint_eq(s[0].profiles, 3);
	ck_assert_str_eq(s[1].name, KEYCHAIN_VAULT);
	ck_assert_uint_eq(s[1].profiles, 2);
	ck_assert_uint_eq(s[1].keys, 2);

	ck_assert(has_item(
	    &k->missing, KEYCHAIN_SECRET_SERVICE, "empty", "anthropic", true));
	ck_assert(
	    has_item(&k->missing, KEYCHAIN_VAULT, "bare", "anthropic", true));
	ck_assert_uint_eq(k->missing.n, 2);

	ck_assert(has_item(
	    &k->orphans, KEYCHAIN_SECRET_SERVICE, "nobody", "openai", false));
	ck_assert(has_item(
	    &k->orphans, KEYCHAIN_SECRET_SERVICE, "two", "openai", true));
	ck_assert(
	    has_item(&k->orphans, KEYCHAIN_VAULT, "good", "anthropic", false));
	ck_assert(has_item(&k->orphans, KEYCHAIN_SECRET_SERVICE, "good..x",
	    "anthropic", false));
	ck_assert_uint_eq(k->orphans.n, 4);
	msg_clear(&m);
	alias_release(&w.env, "busy");
}
END_TEST

static const struct {
	const char *keychain;
	const char *profile;
	int err; /* 0: it is deleted */
	const char *says;
} orphans[] = {
	{ KEYCHAIN_SECRET_SERVICE, "nobody", 0, NULL },
	{ KEYCHAIN_VAULT, "good", 0, NULL },
	{ KEYCHAIN_SECRET_SERVICE, "good", RL_ERR_STATE, "rekey good" },
	{ KEYCHAIN_VAULT, "vaulted", RL_ERR_STATE, "has its key there" },
	{ KEYCHAIN_SECRET_SERVICE, "damaged", RL_ERR_INVALID, "damaged.json" },
	{ KEYCHAIN_SECRET_SERVICE, ".audit", RL_ERR_INVALID, "not a profile" },
	{ KEYCHAIN_SECRET_SERVICE, "busy", RL_ERR_STATE, "being changed" },
	{ "elsewhere", "nobody", RL_ERR_NOTFOUND, "no such keychain" },
	{ KEYCHAIN_NONE, "nobody", RL_ERR_NOTFOUND, "no such keychain" },
};

START_TEST(orphans_alone_are_deleted)
{
	const struct msg_orphan_delete req = { .keychain = orphans[_i].keychain,
		.profile = orphans[_i].profile };
	const struct msg_error *e;
	struct msg m;

	profile("good", KEYCHAIN_SECRET_SERVICE);
	profile("vaulted", KEYCHAIN_VAULT);
	damage("damaged");
	ck_assert(alias_reserve(&w.env, "busy"));
	ask(MSG_ORPHAN_DELETE, &req, &m);
	if (orphans[_i].err == 0)
		ck_assert_str_eq(m.type->name, "OK");
	else {
		ck_assert_str_eq(m.type->name, "ERROR");
		e = m.body;
		ck_assert_int_eq((int)e->code, orphans[_i].err);
		ck_assert_msg(
		    strstr(e->text, orphans[_i].says) != NULL, "%s", e->text);
	}
	msg_clear(&m);
	alias_release(&w.env, "busy");
	ck_assert(LIST_EMPTY(&w.env.busy));
}
END_TEST

int
main(void)
{
	Suite *s;
	TCase *tc;
	SRunner *sr;
	ssize_t n;
	int failed;

	if (fd_is(PROC_CHANNEL_FD, FD_SOCKET) && getenv("PATH") == NULL)
		return helper_main();
	secret_init();
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n <= 0)
		return 1;
	s = suite_create("rekey");
	tc = tcase_create("rekey");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, rekey_ends, 0, NELEM(ends));
	tcase_add_test(tc, rekey_lists_sessions);
	tcase_add_loop_test(tc, rekey_refuses, 0, NELEM(refusals));
	/* Root writes where nobody may. */
	tcase_add_loop_test(tc, create_leaves_no_key, 0,
	    NELEM(creations) - (geteuid() == 0 ? 1 : 0));
	tcase_add_test(tc, dry_run_touches_nothing);
	tcase_add_test(tc, keys_are_compared);
	tcase_add_loop_test(tc, orphans_alone_are_deleted, 0, NELEM(orphans));
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
