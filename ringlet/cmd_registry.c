/*
 * registry sync, inspect, pin, unpin: what the monitor has installed.  This
 * side has ringlet-fetch fetch, shows the monitor its folder, and prints what
 * it says.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "proc.h"
#include "registry.h"
#include "ringlet.h"
#include "xmalloc.h"

#define GRACE_MS 5000 /* beyond RegistryTimeout: to start, and to answer */

/* --- what there is --- */

static int
get_state(struct cli *cli, bool verify, struct msg *m)
{
	const struct msg_registry_get req = { .verify = verify };

	return client_call(cli, MSG_REGISTRY_GET, &req, MSG_REGISTRY_STATE, m);
}

static json_t *
version_json(const struct msg_registry_version *v)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:o}", "id",
	    v->id, "name", v->name, "version", v->version, "serial",
	    (json_int_t)v->serial, "channel", v->channel, "sha256", v->sha256,
	    "key_id", v->key_id, "installed_at", json_time(v->installed_at));
}

static json_t *
state_json(const struct msg_registry_state *s)
{
	const struct msg_registry_version *v = s->versions.v;
	json_t *list = json_array();

	for (size_t i = 0; i < s->versions.n; i++)
		json_array_append_new(list, version_json(&v[i]));
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "url", json_text(s->url), "channel", json_text(s->channel),
	    "key_ids", json_strs(&s->keys), "pin", json_text(s->pin), "current",
	    s->used ? json_string(v[0].id) : json_null(), "problem",
	    json_text(s->problem), "refused", json_text(s->refused), "versions",
	    list, "manifests", json_strs(&s->manifests), "shadowed",
	    json_strs(&s->shadowed));
}

static void
print_strs(const char *name, const struct msg_strs *list)
{
	for (size_t i = 0; i < list->n; i++)
		print_field(name, "%s", list->v[i]);
}

static void
print_version(const char *name, const struct msg_registry_version *v)
{
	char when[64];

	print_field(name, "%s of %s, id %s, channel %s, key %s, installed %s",
	    v->version, v->name, v->id, v->channel, v->key_id,
	    text_time(when, sizeof(when), v->installed_at));
}

static void
print_state(const struct msg_registry_state *s)
{
	const struct msg_registry_version *v = s->versions.v;

	print_field("URL", "%s", *s->url != '\0' ? s->url : "none");
	print_field("Channel", "%s", *s->channel != '\0' ? s->channel : "none");
	if (s->keys.n == 0)
		print_field("Keys", "none");
	print_strs("Keys", &s->keys);
	print_field("Pinned to", "%s", *s->pin != '\0' ? s->pin : "nothing");
	if (s->versions.n == 0)
		print_field("In use", "none");
	for (size_t i = 0; i < s->versions.n; i++)
		print_version(i > 0	? "Kept"
			      : s->used ? "In use"
					: "Not used",
		    &v[i]);
	if (*s->problem != '\0')
		print_field("Problem", "%s", s->problem);
	if (*s->refused != '\0')
		print_field("Sync", "%s", s->refused);
	print_strs("Manifests", &s->manifests);
	print_strs("Your own instead", &s->shadowed);
}

int
cmd_registry_inspect(struct cli *cli, const struct args *args)
{
	const struct msg_registry_state *s;
	struct msg m;
	int r;

	if ((r = get_state(cli, true, &m)) != 0)
		return r;
	s = m.body;
	if (cli->json)
		r = print_json(cli, state_json(s));
	else
		print_state(s);
	msg_clear(&m);
	return r;
}

/* --- pins --- */

static int
pin(struct cli *cli, const char *ref)
{
	const struct msg_registry_pin req = { .ref = ref };
	const struct msg_registry_version *v;
	const struct msg_registry_state *s;
	struct msg m;
	int r;

	r = client_call(cli, MSG_REGISTRY_PIN, &req, MSG_REGISTRY_STATE, &m);
	if (r != 0)
		return r;
	s = m.body;
	v = s->versions.v;
	if (cli->json)
		r = print_json(cli, state_json(s));
	else if (*ref == '\0')
		hint(cli, "'ringlet registry sync' takes newer versions again");
	else if (s->used && registry_ref_is(ref, v[0].version,
				(long long)v[0].serial, v[0].id, v[0].sha256))
		hint(cli, "version %s (%s) is used", v[0].version, v[0].id);
	else
		hint(cli,
		    "%s is not here: 'ringlet registry sync' takes it, and "
		    "nothing else; until then what was used is used",
		    ref);
	msg_clear(&m);
	return r;
}

int
cmd_registry_pin(struct cli *cli, const struct args *args)
{
	if (!registry_ref_ok(args->v[0]))
		return fail_usage(cli,
		    "'%s' is no reference" HINT "give a version, a serial, an "
		    "id or the SHA-256 of a registry.json, as 'ringlet "
		    "registry inspect' has them",
		    args->v[0]);
	return pin(cli, args->v[0]);
}

int
cmd_registry_unpin(struct cli *cli, const struct args *args)
{
	return pin(cli, "");
}

/* --- sync --- */

/* RINGLET_REGISTRY_PIN, "" if it is not set: 0, or reports. */
static int
pin_of_environment(const struct cli *cli, const char **out)
{
	const char *ref = getenv("RINGLET_REGISTRY_PIN");

	*out = ref != NULL ? ref : "";
	if (**out == '\0' || registry_ref_ok(*out))
		return 0;
	return fail_usage(
	    cli, "RINGLET_REGISTRY_PIN: '%s' is no reference", *out);
}

static int
print_installed(struct cli *cli, const struct msg_registry_installed *i)
{
	if (cli->json)
		return print_json(cli,
		    json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:b, s:o, s:o, "
			      "s:o}",
			"id", i->id, "name", i->name, "version", i->version,
			"serial", (json_int_t)i->serial, "channel", i->channel,
			"key_id", i->key_id, "unchanged", (int)i->unchanged,
			"manifests", json_strs(&i->manifests), "shadowed",
			json_strs(&i->shadowed), "endpoints",
			json_strs(&i->endpoints)));
	print_field(i->unchanged ? "Unchanged" : "Installed",
	    "%s of %s, id %s, channel %s, key %s", i->version, i->name, i->id,
	    i->channel, i->key_id);
	print_strs("Manifests", &i->manifests);
	print_strs("Your own instead", &i->shadowed);
	print_strs("Other address", &i->endpoints);
	return 0;
}

/* What is here, verified again, without a network. */
static int
sync_offline(struct cli *cli, const char *want)
{
	const struct msg_registry_version *v;
	const struct msg_registry_state *s;
	const char *must;
	struct msg m;
	int r;

	if ((r = get_state(cli, true, &m)) != 0)
		return r;
	s = m.body;
	v = s->versions.v;
	must = *want != '\0' ? want : s->pin;
	if (!s->used)
		r = fail_error(cli,
		    *s->problem == '\0'	  ? RL_ERR_NOTFOUND
		    : *s->refused != '\0' ? RL_ERR_DENIED
					  : RL_ERR_DAMAGED,
		    "%s",
		    *s->problem != '\0' ? s->problem
					: "no registry is installed: sync "
					  "without --offline");
	else if (*must != '\0' &&
		 !registry_ref_is(must, v[0].version, (long long)v[0].serial,
		     v[0].id, v[0].sha256))
		r = fail_error(cli, RL_ERR_DENIED,
		    "version %s (%s) is used, which is not what %s says, %s",
		    v[0].version, v[0].id,
		    *want != '\0' ? "RINGLET_REGISTRY_PIN" : "the pin", must);
	else if (cli->json)
		r = print_json(cli, state_json(s));
	else
		print_version("Verified", &v[0]);
	msg_clear(&m);
	return r;
}

/* A process that fetches, and the folder that it has shown. */
struct fetcher {
	struct proc proc; /* pid 0: none */
	int channel;	  /* while it is open, the folder is there */
	int dir;
};

static int
fetcher_start(struct cli *cli, bool progress, struct fetcher *f)
{
	extern char **environ;
	char name[] = "ringlet-fetch", flag[] = "-p";
	char *const argv[] = { name, progress ? flag : NULL, NULL };
	struct proc_spec spec = {
		.path = cli->paths.fetch, .argv = argv, .envp = environ
	};
	int sv[2], r;

	if ((r = fd_pair(sv)) != 0)
		return fail_error(cli, r, "%s", rl_strerror(r));
	spec.channel = sv[1];
	f->channel = sv[0];
	r = proc_spawn(&spec, &f->proc);
	if (r != 0) {
		memset(&f->proc, 0, sizeof(f->proc));
		r = fail_error(cli, RL_ERR_UNAVAILABLE,
		    "%s cannot be started: %s", spec.path, strerror(errno));
	}
	fd_close(sv[1]);
	return r;
}

/* Its channel closes, upon which it removes the folder and ends. */
static void
fetcher_end(struct fetcher *f)
{
	fd_close(f->dir);
	fd_close(f->channel);
	while (f->proc.pid != 0 && waitpid(f->proc.pid, NULL, 0) == -1 &&
	       errno == EINTR)
		;
	proc_release(&f->proc);
}

/* Has it fetch what the monitor says: 0 and f->dir, or reports. */
static int
fetch(struct cli *cli, const struct msg_registry_state *s, struct fetcher *f)
{
	const struct msg_registry_fetch req = { .url = s->url,
		.channel = s->channel,
		.timeout_ms = s->timeout_ms };
	const struct msg_error *e;
	struct msg m;
	int r;

	r = fetcher_start(
	    cli, !cli->quiet && !cli->json && isatty(STDERR_FILENO), f);
	if (r != 0)
		return r;
	if ((r = msg_write(f->channel, MSG_REGISTRY_FETCH, 1, &req, NULL, 0)) !=
		0 ||
	    (r = msg_read(f->channel, (int)s->timeout_ms + GRACE_MS, &m)) !=
		0) {
		(void)proc_signal(&f->proc, SIGKILL);
		if (r == RL_ERR_TIMEOUT)
			return fail_error(cli, r,
			    "%s has not answered: %llu seconds were waited "
			    "for what it fetches from %s" HINT "try again, or "
			    "set a longer RegistryTimeout",
			    cli->paths.fetch,
			    (unsigned long long)s->timeout_ms / 1000, s->url);
		return fail_error(cli, RL_ERR_UNAVAILABLE,
		    "%s: %s" HINT "try again", cli->paths.fetch,
		    rl_strerror(r));
	}
	if (m.hdr.type == MSG_ERROR) {
		e = m.body;
		r = fail_error(cli,
		    e->code < 0 ? (int)e->code : RL_ERR_INTERNAL, "%s",
		    e->text);
	} else if (m.hdr.type != MSG_REGISTRY_FETCHED ||
		   (f->dir = msg_take_fd(&m, 0)) == -1)
		r = fail_error(cli, RL_ERR_PROTOCOL, "%s: %s", cli->paths.fetch,
		    rl_strerror(RL_ERR_PROTOCOL));
	msg_clear(&m);
	return r;
}

int
cmd_registry_sync(struct cli *cli, const struct args *args)
{
	struct msg_registry_install req = { .force = opt_has(args, OPT_FORCE) };
	const struct msg_registry_state *s;
	struct fetcher f = { .channel = -1, .dir = -1 };
	struct msg state, m;
	int r;

	if ((r = pin_of_environment(cli, &req.pin)) != 0)
		return r;
	if (opt_has(args, OPT_OFFLINE))
		return req.force ? fail_usage(cli,
				       "--force wants to fetch, and --offline "
				       "forbids it" HINT "leave one out")
				 : sync_offline(cli, req.pin);
	if ((r = get_state(cli, false, &state)) != 0)
		return r;
	s = state.body;
	if (*s->url == '\0')
		r = fail_error(cli, RL_ERR_STATE,
		    "RegistryURL is not set" HINT "see ringlet.conf(5)");
	else if (*s->refused != '\0')
		r = fail_error(cli, RL_ERR_DENIED, "%s", s->refused);
	else if (s->keys.n == 0)
		r = fail_error(cli, RL_ERR_DENIED,
		    "RegistryKey is not set: without a key no registry is "
		    "used" HINT "see ringlet.conf(5)");
	else {
		verbose(cli, "fetching from %s", s->url);
		r = fetch(cli, s, &f);
	}
	msg_clear(&state);
	if (r == 0 && (r = client_call_with(cli, MSG_REGISTRY_INSTALL, &req,
			   f.dir, MSG_REGISTRY_INSTALLED, &m)) == 0) {
		r = print_installed(cli, m.body);
		msg_clear(&m);
	}
	fetcher_end(&f);
	return r;
}
