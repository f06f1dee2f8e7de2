/*
 * init: walks a newcomer through what Ringlet needs, to a first profile.
 *
 * Each step looks, says what it has found, and asks before it makes anything;
 * what is there already is left as it is, so it can be run again.  Without a
 * terminal, with -y or --json nobody is asked: what needs an answer is left
 * out, and said.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "init.h"
#include "ringlet-sandboxer/jail-landlock.h"
#include "ringlet-sandboxer/jail-probe.h"
#include "tier.h"
#include "xmalloc.h"

#define ASK_MS (180 * 1000) /* as for any request; keychains may be slow */

static const char *const steps[] = { "agents", "keychain", "jail", "profile" };

/* --- what is said --- */

void
init_say(struct init *in, const char *step, enum init_state state,
    const char *fmt, ...)
{
	static const char *const words[] = { "done", "left-out", "skipped",
		"failed" };
	static const char *const marks[] = { "ok", "todo", "skip", "FAIL" };
	char *raw, *safe;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) == -1)
		raw = xstrdup("out of memory");
	va_end(ap);
	safe = text_safe(raw);
	in->failed += state == INIT_FAILED;
	if (in->cli->json)
		json_array_append_new(
		    in->steps, json_pack("{s:s, s:s, s:s}", "step", step,
				   "state", words[state], "text", safe));
	else
		printf("%-4s %s: %s\n", marks[state], step, safe);
	(void)fflush(stdout);
	free(safe);
	free(raw);
}

static void __attribute__((__format__(printf, 2, 0)))
add_line(json_t *list, const char *fmt, va_list ap)
{
	char *raw = text_vformat(fmt, ap), *safe = text_safe(raw);

	json_array_append_new(list, json_string(safe));
	free(safe);
	free(raw);
}

void
init_next(struct init *in, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(in->next, fmt, ap);
	va_end(ap);
}

/* A way to get an agent, of which nobody wants all. */
static void __attribute__((__format__(printf, 2, 3)))
add_install(struct init *in, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add_line(in->installs, fmt, ap);
	va_end(ap);
}

bool
init_ask(struct init *in, uint16_t type, const void *body, uint16_t want,
    struct msg *m, char *why, size_t size)
{
	const struct msg_error *e;
	int r;

	progress_begin(in->cli, "the daemon to answer");
	in->error = r = client_ask(in->cli, type, body, ASK_MS, m);
	progress_end(in->cli);
	if (r != 0) {
		(void)snprintf(why, size,
		    "the daemon does not answer: %s after %d seconds at most: "
		    "see %s",
		    rl_strerror(r), ASK_MS / 1000, in->cli->paths.log_file);
		return false;
	}
	if (m->hdr.type == want)
		return true;
	e = m->hdr.type == MSG_ERROR ? m->body : NULL;
	in->error = e != NULL ? (int)e->code : RL_ERR_PROTOCOL;
	(void)snprintf(why, size, "%s",
	    e != NULL && *e->text != '\0' ? e->text
					  : "the daemon cannot say that");
	msg_clear(m);
	return false;
}

/* --- agents --- */

static json_t *
agent_json(const struct msg_agent *a)
{
	return json_pack("{s:s, s:b, s:o, s:o}", "id", a->id, "installed",
	    (int)a->installed, "version", json_text(a->version), "install",
	    json_text(a->install));
}

/* The folder of PATH that has a program of that name; the caller frees it. */
static char *
program_folder(const char *name)
{
	struct msg_strs folders;
	char *hold, *path, *found = NULL;

	folders = session_search_path(&hold);
	for (size_t i = 0; i < folders.n && found == NULL; i++) {
		path = xasprintf("%s/%s", folders.v[i], name);
		if (access(path, X_OK) == 0)
			found = xstrdup(folders.v[i]);
		free(path);
	}
	free(folders.v);
	free(hold);
	return found;
}

char *
init_install(const char *install)
{
	static const char npm[] = "npm install -g ";
	const size_t len = sizeof(npm) - 1;
	char *folder = program_folder("npm"), *text;

	if (strncmp(install, npm, len) != 0 ||
	    (folder != NULL && access(folder, W_OK) == 0))
		text = xstrdup(install);
	else
		text = xasprintf("%s--prefix ~/.local %s", npm, install + len);
	free(folder);
	return text;
}

/* None is there: what to type, first for what installers need. */
static void
tell_install(struct init *in, const struct msg_agents *agents)
{
	const struct msg_agent *a = agents->list.v;
	char *npm = program_folder("npm"), *text;
	bool lacks_npm = false;

	for (size_t i = 0; i < agents->list.n; i++)
		lacks_npm = lacks_npm || strncmp(a[i].install, "npm ", 4) == 0;
	lacks_npm = lacks_npm && npm == NULL;
	init_say(in, "agents", INIT_LEFT,
	    "none is installed but the shell, which can be run in a jail as "
	    "well%s",
	    lacks_npm ? "; nor is npm, which most are installed by" : "");
	if (lacks_npm && access("/usr/bin/apt", X_OK) == 0)
		init_next(in, "sudo apt install npm");
	for (size_t i = 0; i < agents->list.n; i++) {
		if (*a[i].install == '\0')
			continue;
		text = init_install(a[i].install);
		add_install(in, "%s", text);
		free(text);
	}
	free(npm);
}

/* Which agents there are, but for the shell, which always is. */
static void
step_agents(struct init *in, const struct msg_agents *agents)
{
	const struct msg_agent *a = agents->list.v;
	unsigned found = 0;

	for (size_t i = 0; i < agents->list.n; i++) {
		json_array_append_new(in->agents, agent_json(&a[i]));
		if (!a[i].installed || *a[i].binary == '\0')
			continue;
		found++;
		init_say(in, "agents", INIT_DONE, "%s%s%s is %s", a[i].name,
		    *a[i].version != '\0' ? " " : "", a[i].version,
		    a[i].binary_path);
	}
	if (found == 0)
		tell_install(in, agents);
}

/* --- keychain --- */

static bool
get_keychain(struct init *in, struct msg *m, char *why, size_t size)
{
	const struct msg_keychain_status req = { .brief = false };

	return init_ask(
	    in, MSG_KEYCHAIN_STATUS, &req, MSG_KEYCHAIN_STATE, m, why, size);
}

/* Whether a new key would find its place now. */
static bool
is_usable(const struct msg_keychain_state *s)
{
	if (strcmp(s->store, "vault") == 0)
		return s->vault_there && s->vault_open;
	return *s->store != '\0' && s->service == 0;
}

static void
step_keychain(struct init *in)
{
	const struct args none = { 0 };
	const struct msg_keychain_state *s;
	char why[1024];
	const char *question;
	struct msg m;
	bool usable, locked, service;

	if (!get_keychain(in, &m, why, sizeof(why))) {
		init_say(in, "keychain", INIT_FAILED, "%s", why);
		return;
	}
	s = m.body;
	usable = is_usable(s);
	locked = s->vault_there && !s->vault_open;
	service = !locked && s->service == RL_ERR_LOCKED;
	if (usable)
		init_say(in, "keychain", INIT_DONE, "keys go to %s: %s",
		    s->store, s->text);
	else
		(void)snprintf(why, sizeof(why), "%s",
		    *s->text != '\0' ? s->text : s->service_text);
	msg_clear(&m);
	if (usable)
		return;
	/* A locked keyring is the desktop's: there is nothing to ask here. */
	if (service || !in->asks) {
		init_say(in, "keychain", INIT_LEFT, "%s%s", why,
		    strstr(why, "ringlet keychain unlock") != NULL ? ""
		    : service ? ": 'ringlet keychain unlock' says how"
		    : locked  ? ": 'ringlet keychain unlock' unlocks it"
			      : ": 'ringlet keychain unlock' makes a vault");
		init_next(in, "ringlet keychain unlock");
		return;
	}
	fprintf(stderr, "No key can be kept now: %s\n", why);
	question = locked ? "Unlock the vault?"
			  : "Make a vault, a sealed file for keys?";
	if (!prompt_yes(question)) {
		init_say(in, "keychain", INIT_SKIPPED,
		    "as you like; 'ringlet keychain unlock' does it later");
		init_next(in, "ringlet keychain unlock");
	} else if (cmd_keychain_unlock(in->cli, &none) != 0)
		init_say(in, "keychain", INIT_LEFT,
		    "not yet: 'ringlet keychain unlock' tries again");
	else
		init_say(in, "keychain", INIT_DONE, "keys go to the vault");
}

/* --- jail --- */

static void
step_jail(struct init *in)
{
	struct jail_probe_with with = { .bwrap = PATH_BWRAP,
		.init = in->cli->paths.jail_init,
		.sys = "/proc/sys",
		.landlock = jail_landlock_open() };
	struct jail_probe p;

	jail_probe(&with, &p);
	in->jailless = p.tier == TIER_UNAVAILABLE;
	if (in->jailless)
		init_say(in, "jail", INIT_FAILED, "%s", p.text);
	else if (p.tier != TIER_FULL)
		init_say(in, "jail", INIT_DONE,
		    "one can be built, of tier %s: %s", tier_name(p.tier),
		    p.text);
	else
		init_say(in, "jail", INIT_DONE, "a full one was built");
	if (!in->jailless)
		init_next(in, "ringlet sandbox check");
	else if (access(PATH_BWRAP, X_OK) == -1 &&
		 access("/usr/bin/apt", X_OK) == 0)
		init_next(in, "sudo apt install bubblewrap");
	if (with.landlock >= 0)
		fd_close(with.landlock);
}

/* --- the command --- */

static bool
is_step(const char *name)
{
	for (size_t i = 0; i < NELEM(steps); i++)
		if (strcmp(name, steps[i]) == 0)
			return true;
	return false;
}

static bool
wanted(struct init *in, const struct args *args, const char *step)
{
	for (size_t i = 0; i < args->nopts; i++)
		if (args->opts[i].key == OPT_SKIP &&
		    strcmp(args->opts[i].value, step) == 0) {
			init_say(in, step, INIT_SKIPPED, "--skip %s", step);
			return false;
		}
	return true;
}

static void
print_lines(const char *heading, const json_t *lines)
{
	const json_t *line;
	size_t i;

	if (json_array_size(lines) == 0)
		return;
	printf("%s:\n", heading);
	json_array_foreach(lines, i, line)
	{
		printf("  %s\n", json_string_value(line));
	}
}

static void
walk(struct init *in, const struct args *args, const struct msg_agents *agents)
{
	if (wanted(in, args, "agents"))
		step_agents(in, agents);
	if (wanted(in, args, "keychain"))
		step_keychain(in);
	if (wanted(in, args, "jail"))
		step_jail(in);
	if (wanted(in, args, "profile"))
		init_profile(in, agents);
	init_next(in, "ringlet doctor");
}

int
cmd_init(struct cli *cli, const struct args *args)
{
	struct msg_agent_list req = { .token = { NULL, 0 } };
	struct init in = { .cli = cli };
	struct msg m;
	char *hold;
	int r;

	for (size_t i = 0; i < args->nopts; i++)
		if (args->opts[i].key == OPT_SKIP &&
		    !is_step(args->opts[i].value))
			return fail_usage(cli,
			    "'%s' is no step" HINT
			    "they are agents, keychain, jail "
			    "and profile",
			    args->opts[i].value);
	if (geteuid() == 0)
		return fail_error(cli, RL_ERR_DENIED,
		    "Ringlet refuses root, whose jails hold nothing back" HINT
		    "be "
		    "an ordinary user");
	in.asks = !opt_has(args, 'y') && !cli->json && isatty(STDIN_FILENO) &&
		  isatty(STDERR_FILENO);
	req.search_path = session_search_path(&hold);
	r = client_call(cli, MSG_AGENT_LIST, &req, MSG_AGENTS, &m);
	free(req.search_path.v);
	free(hold);
	if (r != 0) {
		hint(cli, "'ringlet doctor' looks for the reason");
		return r;
	}
	in.steps = json_array();
	in.agents = json_array();
	in.profiles = json_array();
	in.next = json_array();
	in.installs = json_array();
	walk(&in, args, m.body);
	if (cli->json) {
		json_array_extend(in.next, in.installs);
		print_json(cli,
		    json_pack("{s:O, s:O, s:O, s:O, s:I}", "steps", in.steps,
			"agents", in.agents, "profiles", in.profiles, "next",
			in.next, "failed", (json_int_t)in.failed));
	} else if (!cli->quiet) {
		print_lines("Next", in.next);
		print_lines("For an agent, one of", in.installs);
	}
	json_decref(in.steps);
	json_decref(in.agents);
	json_decref(in.profiles);
	json_decref(in.next);
	json_decref(in.installs);
	msg_clear(&m);
	return in.failed == 0 ? STATUS_DONE : STATUS_FAILED;
}
