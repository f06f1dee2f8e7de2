/*
 * hooks: commands that an agent runs at its events.
 *
 * They may come from whoever has a token, and name anything.  What is shown of
 * them is escaped, so that a command cannot look like another one; what is
 * approved is the hash of what was shown.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hook.h"
#include "ringlet.h"
#include "xmalloc.h"

#define FILE_MAX (1024 * 1024) /* bytes of a settings file */

static json_t *
hook_json(const struct msg_hook *h)
{
	json_t *was = json_null();

	if (h->approved_at != 0 && !h->approved)
		was = json_pack("{s:s, s:s, s:s, s:I}", "event", h->was_event,
		    "matcher", h->was_matcher, "command", h->was_command,
		    "timeout", (json_int_t)h->was_timeout);
	return json_pack("{s:s, s:I, s:s, s:s, s:I, s:s, s:o, s:s, s:b, s:o,"
			 " s:o, s:o}",
	    "event", h->event, "index", (json_int_t)h->index, "matcher",
	    h->matcher, "command", h->command, "timeout",
	    (json_int_t)h->timeout, "hash", h->hash, "added_at",
	    json_time(h->added_at), "added_by", h->added_by, "approved",
	    h->approved ? 1 : 0, "approved_at", json_time(h->approved_at),
	    "refused", json_text(h->refused), "was", was);
}

static int
print_hooks_json(const struct cli *cli, const struct msg_hooks *hooks)
{
	const struct msg_hook *h = hooks->list.v;
	json_t *a = json_array();

	for (size_t i = 0; i < hooks->list.n; i++)
		json_array_append_new(a, hook_json(&h[i]));
	return print_json(cli, a);
}

/* The profile's hooks: 0 and m for msg_clear(), or reports. */
static int
get_hooks(struct cli *cli, const char *alias, struct msg *m)
{
	const struct msg_alias req = { .alias = alias };

	return client_call(cli, MSG_HOOK_LIST, &req, MSG_HOOKS, m);
}

/* EVENT of a command's operands, or reports. */
static int
check_event(const struct cli *cli, const char *event)
{
	if (hook_event_find(event) != 0)
		return 0;
	return fail_usage(cli,
	    "'%s' is no event" HINT "there are PreToolUse, PostToolUse, "
	    "Notification and Stop",
	    event);
}

static int
get_number(const struct cli *cli, const char *what, const char *s, long long lo,
    long long hi, long long *out)
{
	const char *why;

	*out = strtonum(s, lo, hi, &why);
	if (why == NULL)
		return 0;
	return fail_usage(cli,
	    "%s '%s': %s" HINT "give a number from %lld to %lld", what, s, why,
	    lo, hi);
}

/* --- list, review --- */

static bool
runs(const struct msg_hook *h)
{
	return h->approved && *h->refused == '\0';
}

static const char *
state_of(const struct msg_hook *h)
{
	return *h->refused != '\0'   ? "refused"
	       : h->approved	     ? "approved"
	       : h->approved_at != 0 ? "changed"
				     : "waiting";
}

int
cmd_hooks_list(struct cli *cli, const struct args *args)
{
	static const char *const headings[] = { "EVENT", "INDEX", "STATE",
		"MATCHER", "COMMAND" };
	const struct msg_hooks *hooks;
	const struct msg_hook *h;
	struct table *t;
	struct msg m;
	int r;

	if ((r = get_hooks(cli, args->v[0], &m)) != 0)
		return r;
	hooks = m.body;
	if (cli->json) {
		r = print_hooks_json(cli, hooks);
		msg_clear(&m);
		return r;
	}
	h = hooks->list.v;
	t = table_new(headings, NELEM(headings));
	for (size_t i = 0; i < hooks->list.n; i++) {
		table_cell(t, COLOUR_NONE, "%s", h[i].event);
		table_cell(
		    t, COLOUR_NONE, "%llu", (unsigned long long)h[i].index);
		table_cell(t, runs(&h[i]) ? COLOUR_GOOD : COLOUR_BAD, "%s",
		    state_of(&h[i]));
		table_cell(t, COLOUR_NONE, "%s",
		    *h[i].matcher != '\0' ? h[i].matcher : "*");
		table_cell(t, COLOUR_NONE, "%s", h[i].command);
	}
	table_shrink(t, 4);
	table_print(t);
	table_free(t);
	msg_clear(&m);
	return STATUS_DONE;
}

static void
print_was(const struct msg_hook *h)
{
	char when[64];

	print_field("Approved", "%s, but it was then:",
	    text_time(when, sizeof(when), h->approved_at));
	if (strcmp(h->event, h->was_event) != 0)
		print_field("  Event", "%s", h->was_event);
	if (strcmp(h->matcher, h->was_matcher) != 0)
		print_field("  Matcher", "%s",
		    *h->was_matcher != '\0' ? h->was_matcher : "*");
	if (strcmp(h->command, h->was_command) != 0)
		print_field("  Command", "%s", h->was_command);
	if (h->timeout != h->was_timeout)
		print_field(
		    "  Time-out", "%llu s", (unsigned long long)h->was_timeout);
}

/* One as it would run; print_field() escapes what could fool a terminal. */
static void
print_hook(const struct msg_hook *h)
{
	char when[64];

	print_field("Hook", "%s %llu", h->event, (unsigned long long)h->index);
	if (*h->refused != '\0')
		print_field("Runs", "no: %s", h->refused);
	else
		print_field("Runs", "%s",
		    h->approved		  ? "yes"
		    : h->approved_at != 0 ? "no: it was changed since it was "
					    "approved"
					  : "no: nobody has approved it");
	print_field("Matcher", "%s", *h->matcher != '\0' ? h->matcher : "*");
	print_field("Command", "%s", h->command);
	print_field("Time-out", "%llu s", (unsigned long long)h->timeout);
	print_field("Added", "%s by %s",
	    text_time(when, sizeof(when), h->added_at), h->added_by);
	if (h->approved)
		print_field("Approved", "%s",
		    text_time(when, sizeof(when), h->approved_at));
	else if (h->approved_at != 0)
		print_was(h);
	print_field("Hash", "%s", h->hash);
}

int
cmd_hooks_review(struct cli *cli, const struct args *args)
{
	const struct msg_hooks *hooks;
	const struct msg_hook *h;
	size_t waiting = 0;
	struct msg m;
	int r;

	if ((r = get_hooks(cli, args->v[0], &m)) != 0)
		return r;
	hooks = m.body;
	h = hooks->list.v;
	if (cli->json) {
		r = print_hooks_json(cli, hooks);
		msg_clear(&m);
		return r;
	}
	for (size_t i = 0; i < hooks->list.n; i++) {
		if (i > 0)
			printf("\n");
		print_hook(&h[i]);
		waiting += !h[i].approved && *h[i].refused == '\0';
	}
	if (waiting > 0)
		hint(cli,
		    "%zu of %zu wait: 'ringlet hooks approve %s "
		    "EVENT INDEX' lets one run as it is shown",
		    waiting, hooks->list.n, args->v[0]);
	else if (hooks->list.n == 0)
		hint(cli, "'%s' has no hooks", args->v[0]);
	msg_clear(&m);
	return STATUS_DONE;
}

/* --- approve --- */

static int
approve_one(
    struct cli *cli, const char *alias, const struct msg_hook *h, bool ask)
{
	const struct msg_hook_approve req = { .alias = alias,
		.event = h->event,
		.index = h->index,
		.hash = h->hash };
	struct msg m;
	int r;

	if (ask) {
		print_hook(h);
		fflush(stdout);
		if (!prompt_yes("Let it run as it is shown?")) {
			hint(cli, "%s %llu of '%s' was not approved", h->event,
			    (unsigned long long)h->index, alias);
			return STATUS_DONE;
		}
	}
	if ((r = client_call(cli, MSG_HOOK_APPROVE, &req, MSG_OK, &m)) != 0)
		return r;
	msg_clear(&m);
	hint(cli, "%s %llu of '%s' is approved: new sessions have it", h->event,
	    (unsigned long long)h->index, alias);
	return STATUS_DONE;
}

/* Those that are meant: one, or all that wait. */
static int
approve_list(struct cli *cli, const struct args *args, long long index,
    const struct msg_hooks *hooks)
{
	const char *hash = opt_get(args, OPT_HASH);
	bool ask = !opt_has(args, 'y') && hash == NULL;
	const struct msg_hook *h = hooks->list.v;
	size_t found = 0;
	int r = STATUS_DONE;

	for (size_t i = 0; r == STATUS_DONE && i < hooks->list.n; i++) {
		if (args->n > 1 && (strcmp(h[i].event, args->v[1]) != 0 ||
				       (long long)h[i].index != index))
			continue;
		if (args->n == 1 && (h[i].approved || *h[i].refused != '\0'))
			continue;
		if (hash != NULL && strncmp(h[i].hash, hash, strlen(hash)) != 0)
			return fail_error(cli, RL_ERR_STATE,
			    "hook %s %s of "
			    "'%s' has another hash" HINT
			    "'ringlet hooks review %s' "
			    "shows what it is now",
			    args->v[1], args->v[2], args->v[0], args->v[0]);
		found++;
		r = approve_one(cli, args->v[0], &h[i], ask);
	}
	if (r == STATUS_DONE && found == 0 && args->n > 1)
		return fail_error(cli, RL_ERR_NOTFOUND,
		    "'%s' has no hook %s %s" HINT
		    "'ringlet hooks list %s' shows them",
		    args->v[0], args->v[1], args->v[2], args->v[0]);
	if (r == STATUS_DONE && cli->json)
		return print_json(cli, NULL);
	if (r == STATUS_DONE && found == 0)
		hint(cli, "'%s' has no hook that waits", args->v[0]);
	return r;
}

int
cmd_hooks_approve(struct cli *cli, const struct args *args)
{
	const char *hash = opt_get(args, OPT_HASH);
	long long index = 0;
	struct msg m;
	int r;

	if (args->n == 2)
		return fail_usage(cli,
		    "an index is missing" HINT
		    "give an event and an index, or neither");
	if (hash != NULL && (args->n != 3 || strlen(hash) < 12))
		return fail_usage(cli, "--hash goes with an event and an "
				       "index, and has 12 digits or more" HINT
				       "'ringlet hooks review' shows it");
	if (hash == NULL && !opt_has(args, 'y') &&
	    (cli->json || !isatty(STDIN_FILENO)))
		return fail_usage(cli,
		    "there is no terminal to show hooks "
		    "and ask on" HINT
		    "give the --hash that 'ringlet hooks review' "
		    "has shown, or -y for whatever they are");
	if (args->n == 3 && ((r = check_event(cli, args->v[1])) != 0 ||
				(r = get_number(cli, "index", args->v[2], 0,
				     HOOKS_MAX - 1, &index)) != 0))
		return r;
	if ((r = get_hooks(cli, args->v[0], &m)) != 0)
		return r;
	r = approve_list(cli, args, index, m.body);
	msg_clear(&m);
	return r;
}

/* --- add, remove --- */

int
cmd_hooks_add(struct cli *cli, const struct args *args)
{
	const char *timeout = opt_get(args, OPT_TIMEOUT);
	const char *replace = opt_get(args, OPT_REPLACE);
	struct msg_hook_add req = { .alias = args->v[0],
		.event = args->v[1],
		.matcher = args->v[2],
		.command = args->v[3] };
	long long seconds = HOOK_TIMEOUT_DEFAULT, index = -1;
	const struct msg_hooks *hooks;
	const struct msg_hook *h;
	struct msg m;
	int r;

	if ((r = check_event(cli, args->v[1])) != 0 ||
	    (timeout != NULL && (r = get_number(cli, "--timeout", timeout, 1,
				     HOOK_TIMEOUT_MAX, &seconds)) != 0) ||
	    (replace != NULL && (r = get_number(cli, "--replace", replace, 0,
				     HOOKS_MAX - 1, &index)) != 0))
		return r;
	if (strlen(req.matcher) > HOOK_MATCHER_MAX ||
	    strlen(req.command) > HOOK_COMMAND_MAX)
		return fail_usage(cli,
		    "a matcher may have %d bytes, a command "
		    "%d",
		    HOOK_MATCHER_MAX, HOOK_COMMAND_MAX);
	req.timeout = (uint64_t)seconds;
	req.index = index;
	r = client_call(cli, MSG_HOOK_ADD, &req, MSG_HOOKS, &m);
	if (r != 0)
		return r;
	hooks = m.body;
	h = hooks->list.v;
	if (cli->json)
		r = print_json(cli, hooks->list.n == 1 ? hook_json(h) : NULL);
	else if (hooks->list.n == 1)
		hint(cli,
		    "%s %llu of '%s' waits: 'ringlet hooks approve %s "
		    "%s %llu' lets it run",
		    h->event, (unsigned long long)h->index, req.alias,
		    req.alias, h->event, (unsigned long long)h->index);
	msg_clear(&m);
	return r;
}

int
cmd_hooks_remove(struct cli *cli, const struct args *args)
{
	struct msg_hook_remove req = { .alias = args->v[0],
		.event = args->v[1] };
	long long index;
	struct msg m;
	int r;

	if ((r = check_event(cli, args->v[1])) != 0 ||
	    (r = get_number(
		 cli, "index", args->v[2], 0, HOOKS_MAX - 1, &index)) != 0)
		return r;
	req.index = (uint64_t)index;
	if ((r = client_call(cli, MSG_HOOK_REMOVE, &req, MSG_OK, &m)) != 0)
		return r;
	msg_clear(&m);
	if (cli->json)
		return print_json(cli, NULL);
	hint(cli, "%s %s of '%s' was removed", req.event, args->v[2],
	    req.alias);
	return STATUS_DONE;
}

/* --- import, export --- */

/* The file's hooks: 0 and *v for hook_texts_free(), or reports. */
static int
read_settings(const struct cli *cli, const char *file, struct msg_hook_text **v,
    size_t *n)
{
	char *text = xmalloc(FILE_MAX + 1), why[512];
	int fd, r;
	ssize_t len = -1;

	fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO)
				    : open(file, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		len = paths_read_all(fd, text, FILE_MAX + 1);
	if (len == -1)
		r = fail_file(cli, file,
		    "name a file of settings, - is standard input");
	else if (len > FILE_MAX)
		r = fail_error(cli, RL_ERR_TOOBIG,
		    "%s: is longer than %d "
		    "bytes",
		    file, FILE_MAX);
	else if ((r = hook_texts_parse(
		      text, (size_t)len, v, n, why, sizeof(why))) != 0)
		r = fail_error(cli, r, "%s: %s", file, why);
	if (fd != -1)
		close(fd);
	free(text);
	return r;
}

int
cmd_hooks_import(struct cli *cli, const struct args *args)
{
	struct msg_hook_import req = { .alias = args->v[0] };
	const struct msg_hooks *hooks;
	struct msg_hook_text *v = NULL;
	struct msg m;
	size_t n = 0;
	int r;

	if ((r = read_settings(cli, args->v[1], &v, &n)) != 0)
		return r;
	req.list = (struct msg_recs){ v, n };
	r = client_call(cli, MSG_HOOK_IMPORT, &req, MSG_HOOKS, &m);
	hook_texts_free(v, n);
	if (r != 0)
		return r;
	hooks = m.body;
	if (cli->json)
		r = print_hooks_json(cli, hooks);
	else
		hint(cli,
		    "%zu of %zu hooks are new, and wait: 'ringlet hooks "
		    "review %s' shows them",
		    hooks->list.n, n, args->v[0]);
	msg_clear(&m);
	return r;
}

int
cmd_hooks_export(struct cli *cli, const struct args *args)
{
	struct msg_hook_text v[HOOKS_MAX];
	const struct msg_hooks *hooks;
	const struct msg_hook *h;
	json_t *doc;
	struct msg m;
	size_t n;
	int r;

	if ((r = get_hooks(cli, args->v[0], &m)) != 0)
		return r;
	hooks = m.body;
	h = hooks->list.v;
	for (n = 0; n < hooks->list.n && n < HOOKS_MAX; n++)
		v[n] = (struct msg_hook_text){ h[n].event, h[n].matcher,
			h[n].command, h[n].timeout };
	doc = json_pack("{s:o}", "hooks", hook_texts_json(v, n));
	if (cli->json)
		r = print_json(cli, doc);
	else {
		json_dumpf(doc, stdout, JSON_INDENT(2));
		printf("\n");
		json_decref(doc);
	}
	msg_clear(&m);
	return r;
}
