/*
 * doctor: looks at all that Ringlet needs, says what is wrong, and how to mend
 * it.  It changes nothing but what --remove-orphans deletes, starts no daemon,
 * and goes on where something fails.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "xmalloc.h"

#define ASK_MS (180 * 1000) /* as for any request; keychains may be slow */

/* In the order in which they are told. */
static const struct {
	void (*look)(struct doctor *);
	enum { ALWAYS, RUNNING, STOPPED } when; /* the daemon */
} checks[] = {
	{ doctor_user, ALWAYS },
	{ doctor_place, ALWAYS },
	{ doctor_login, ALWAYS },
	{ doctor_programs, ALWAYS },
	{ doctor_folders, ALWAYS },
	{ doctor_settings, ALWAYS },
	{ doctor_files, ALWAYS },
	{ doctor_profile_files, ALWAYS },
	{ doctor_leftovers, ALWAYS },
	{ doctor_shims, ALWAYS },
	{ doctor_kernel, ALWAYS },
	{ doctor_namespaces, ALWAYS },
	{ doctor_jail, ALWAYS },
	{ doctor_bus, ALWAYS },
	{ doctor_daemon, ALWAYS },
	{ doctor_policy, ALWAYS },
	{ doctor_without, STOPPED },
	{ doctor_status, RUNNING },
	{ doctor_cgroup, RUNNING },
	{ doctor_manifests, RUNNING },
	{ doctor_profiles, RUNNING },
	{ doctor_registry, RUNNING },
	{ doctor_hooks, RUNNING },
	{ doctor_keychains, RUNNING },
};

void
doctor_say(
    struct doctor *d, enum verdict v, const char *what, const char *fmt, ...)
{
	static const char *const words[] = { "ok", "warn", "FAIL" };
	char *raw, *safe;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&raw, fmt, ap) == -1)
		raw = xstrdup("out of memory");
	va_end(ap);
	safe = text_safe(raw);
	if (v == FAIL)
		d->failed++;
	if (d->cli->json)
		json_array_append_new(
		    d->checks, json_pack("{s:s, s:s, s:s}", "verdict", words[v],
				   "what", what, "text", safe));
	else
		printf("%-4s %s: %s\n", words[v], what, safe);
	free(safe);
	free(raw);
}

bool
doctor_ask(struct doctor *d, uint16_t type, const void *body, uint16_t want,
    const char *what, struct msg *m)
{
	const struct msg_error *e;
	int r;

	progress_begin(d->cli, "the daemon to answer");
	r = client_ask(d->cli, type, body, ASK_MS, m);
	progress_end(d->cli);
	if (r != 0) {
		doctor_say(d, FAIL, what,
		    "the daemon does not answer (%s, after %d seconds at "
		    "most): it may be of another "
		    "version: 'ringlet daemon restart', and see %s",
		    rl_strerror(r), ASK_MS / 1000, d->cli->paths.log_file);
		return false;
	}
	if (m->hdr.type == want)
		return true;
	e = m->hdr.type == MSG_ERROR ? m->body : NULL;
	doctor_say(d, FAIL, what, "the daemon says: %s",
	    e != NULL ? e->text : m->type->name);
	msg_clear(m);
	return false;
}

int
cmd_doctor(struct cli *cli, const struct args *args)
{
	struct doctor d = { .cli = cli, .args = args };
	bool removing = opt_has(args, OPT_REMOVE_ORPHANS);

	if (opt_has(args, 'y') && !removing)
		return fail_usage(cli, "-y is for --remove-orphans");
	if (removing && !opt_has(args, 'y') && !isatty(STDIN_FILENO))
		return fail_usage(cli,
		    "there is no terminal to ask on" HINT "give -y to delete "
		    "orphans");
	d.checks = json_array();
	d.orphans = json_array();
	d.missing = json_array();
	conf_defaults(&d.conf);
	for (size_t i = 0; i < NELEM(checks); i++)
		if (checks[i].when == ALWAYS ||
		    (checks[i].when == RUNNING) == d.runs)
			checks[i].look(&d);
	conf_free(&d.conf);
	if (cli->json)
		print_json(cli, json_pack("{s:O, s:O, s:O, s:I}", "checks",
				    d.checks, "orphans", d.orphans, "missing",
				    d.missing, "failed", (json_int_t)d.failed));
	json_decref(d.checks);
	json_decref(d.orphans);
	json_decref(d.missing);
	strlist_clear(&d.agents);
	strlist_clear(&d.providers);
	return d.failed == 0 ? STATUS_DONE : STATUS_FAILED;
}
