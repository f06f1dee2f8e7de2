/*
 * audit show and verify.
 *
 * The daemon gives the log's bytes in pieces and knows nothing of filters.
 * What is in them is taken for what a file holds: anybody may have written it,
 * so each line is parsed, and shown with control characters escaped.
 */

#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ringlet.h"
#include "xmalloc.h"

#define FOLLOW_MS    1000 /* between two looks */
#define FOLLOW_FIRST 10	  /* entries that --follow begins with */
#define TIME_LEN     24	  /* 2026-01-31T23:59:59.999Z */

struct show {
	struct cli *cli;
	char since[TIME_LEN + 1]; /* as in an entry; "": from the first */
	char until[TIME_LEN + 1];
	const char **events;
	size_t nevents;
	const char *object; /* NULL: any */
	bool follow;
	/* The last entries that are kept, oldest first; max 0: all. */
	json_t *kept;
	size_t max;
	bool live; /* --follow: what was there has been shown */
};

/* --- times --- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The option's time in the form that entries have it, for comparing. */
static int
get_time(struct cli *cli, const struct args *args, int key, const char *name,
    char dst[TIME_LEN + 1])
{
	const char *s = opt_get(args, key);
	char text[32], full[64];
	struct tm tm;
	int64_t ms;
	time_t t;

	dst[0] = '\0';
	if (s == NULL)
		return 0;
	if (text_when(s, now_ms(), &ms) != 0 || ms < 0)
		return fail_usage(cli,
		    "--%s: '%s' is no time" HINT
		    "10m, 2h, 3d, today, yesterday, "
		    "2026-01-31 or 2026-01-31T23:59:59Z",
		    name, s);
	t = (time_t)(ms / 1000);
	if (gmtime_r(&t, &tm) == NULL || tm.tm_year > 9999 - 1900 ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		return fail_usage(cli, "--%s: '%s' is too far away", name, s);
	snprintf(full, sizeof(full), "%s.%03dZ", text, (int)(ms % 1000));
	strlcpy(dst, full, TIME_LEN + 1);
	return 0;
}

/* An entry's time on our clock, to the second. */
static const char *
local_time(const char *time, char *dst, size_t size)
{
	int64_t ms;

	if (text_when(time, 0, &ms) != 0)
		return "-";
	return text_time(dst, size, ms / 1000);
}

/* --- one entry --- */

static const char *
member(const json_t *e, const char *name)
{
	const char *s = json_string_value(json_object_get(e, name));

	return s != NULL ? s : "";
}

static char *
actor_text(const json_t *e)
{
	const json_t *a = json_object_get(e, "actor");
	const char *kind = member(a, "kind"), *program = member(a, "exe");
	const char *slash = strrchr(program, '/');

	if (strcmp(kind, "http") == 0)
		return xasprintf("http %s", member(a, "token"));
	if (strcmp(kind, "cli") != 0)
		return xstrdup(kind);
	if (*program == '\0')
		program = member(a, "comm");
	else if (slash != NULL)
		program = slash + 1;
	return xasprintf("%s[%lld]", program,
	    (long long)json_integer_value(json_object_get(a, "pid")));
}

/* Members that have a column of their own, or are of no use to the eye. */
static bool
has_column(const char *name)
{
	static const char *const names[] = { "time", "seq", "actor", "event",
		"object", "outcome", "key", "hash" };

	for (size_t i = 0; i < NELEM(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* The object and all other members; the caller frees it. */
static char *
rest_text(json_t *e)
{
	char *text = xstrdup(member(e, "object")), *more;
	const char *name;
	json_t *value;

	json_object_foreach(e, name, value)
	{
		if (has_column(name) || !json_is_string(value))
			continue;
		more = xasprintf("%s%s%s=%s", text, *text != '\0' ? " " : "",
		    name, json_string_value(value));
		free(text);
		text = more;
	}
	return text;
}

/* A cell of that width, or as wide as it is, and the gap after it. */
static void
put_cell(const char *raw, size_t width)
{
	char *safe = text_safe(raw);
	size_t w = text_width(safe);

	printf("%s%*s", safe, (int)(w < width ? width - w : 0) + 2, "");
	free(safe);
}

/* The last cell: on a terminal no wider than what is left of the line. */
static void
put_last(const char *raw, size_t left)
{
	char *safe = text_safe(raw);
	char *end = left > 2 ? text_cut(safe, left) : xstrdup(safe);

	printf("%s\n", end);
	free(end);
	free(safe);
}

#define W_TIME	  19
#define W_EVENT	  15
#define W_OUTCOME 7
#define W_ACTOR	  14

static void
put_row(const char *when, const char *event, const char *outcome,
    const char *actor, const char *rest)
{
	size_t used = W_TIME + W_EVENT + W_OUTCOME + W_ACTOR + 8, over;
	uint64_t cols, rows;

	if (!output_size(&cols, &rows))
		cols = 0;
	put_cell(when, W_TIME);
	put_cell(event, W_EVENT);
	put_cell(outcome, W_OUTCOME);
	put_cell(actor, W_ACTOR);
	over = text_width(event) > W_EVENT ? text_width(event) - W_EVENT : 0;
	over += text_width(actor) > W_ACTOR ? text_width(actor) - W_ACTOR : 0;
	used += over;
	put_last(rest, cols > used + 8 ? (size_t)cols - used
		       : cols > 0      ? 8
				       : 0);
}

static void
put_entry(json_t *e)
{
	char when[64], *actor = actor_text(e), *rest = rest_text(e);

	put_row(local_time(member(e, "time"), when, sizeof(when)),
	    member(e, "event"), member(e, "outcome"), actor, rest);
	free(actor);
	free(rest);
}

static void
show_entry(const struct show *s, json_t *e)
{
	if (!s->cli->json)
		put_entry(e);
	else if (json_dumpf(e, stdout, JSON_COMPACT) == 0)
		putchar('\n');
}

/* --- which --- */

/* A name takes all that it begins: "key" is also "key.read". */
static bool
event_matches(const char *event, const char *wanted)
{
	size_t n = strlen(wanted);

	return strncmp(event, wanted, n) == 0 &&
	       (event[n] == '\0' || event[n] == '.');
}

static bool
is_wanted(const struct show *s, const json_t *e)
{
	const char *time = member(e, "time"), *event = member(e, "event");
	bool any = s->nevents == 0;

	if ((s->since[0] != '\0' && strcmp(time, s->since) < 0) ||
	    (s->until[0] != '\0' && strcmp(time, s->until) > 0))
		return false;
	for (size_t i = 0; i < s->nevents && !any; i++)
		any = event_matches(event, s->events[i]);
	if (!any)
		return false;
	/* Of a session's entries the profile is a member. */
	return s->object == NULL ||
	       strcmp(member(e, "object"), s->object) == 0 ||
	       strcmp(member(e, "profile"), s->object) == 0;
}

/* Takes e. */
static void
keep(struct show *s, json_t *e)
{
	if (!is_wanted(s, e))
		json_decref(e);
	else if (s->live) {
		show_entry(s, e);
		json_decref(e);
	} else {
		json_array_append_new(s->kept, e);
		if (s->max > 0 && json_array_size(s->kept) > s->max)
			json_array_remove(s->kept, 0);
	}
}

static void
take_line(struct show *s, const char *p, size_t len)
{
	json_error_t err;
	json_t *e = json_loadb(p, len, JSON_REJECT_DUPLICATES, &err);

	if (!json_is_object(e)) {
		json_decref(e);
		/* Shown, where it is, whatever is looked for. */
		e = json_pack("{s:s, s:s, s:s, s:s}", "time", s->since, "event",
		    "no entry", "outcome", "damaged", "object",
		    "'ringlet audit verify' tells more");
		if (s->nevents > 0 || s->object != NULL) {
			json_decref(e);
			return;
		}
	}
	keep(s, e);
}

/* --- reading --- */

/* Takes in all that there is from *offset on, which moves.  0, or reports. */
static int
read_on(struct show *s, uint64_t *offset)
{
	struct msg_audit_read req = { .token = { NULL, 0 } };
	const struct msg_audit_piece *piece;
	const char *p, *end, *nl;
	struct msg m;
	bool more = true;
	int r;

	while (more) {
		req.offset = *offset;
		r = client_call(
		    s->cli, MSG_AUDIT_READ, &req, MSG_AUDIT_PIECE, &m);
		if (r != 0)
			return r;
		piece = m.body;
		p = (const char *)piece->lines.p;
		end = p + piece->lines.len;
		more = piece->next < piece->size;
		nl = piece->lines.len > 0 ? memchr(p, '\n', piece->lines.len)
					  : NULL;
		/* Its end may yet come; or it has none within reason. */
		if (nl != NULL || more)
			*offset = piece->next;
		for (; p < end && nl != NULL;
		     nl = memchr(p, '\n', (size_t)(end - p))) {
			take_line(s, p, (size_t)(nl - p));
			if ((p = nl + 1) == end)
				break;
		}
		msg_clear(&m);
	}
	return 0;
}

static void
show_kept(struct show *s)
{
	for (size_t i = 0; i < json_array_size(s->kept); i++)
		show_entry(s, json_array_get(s->kept, i));
	json_array_clear(s->kept);
	s->live = true;
}

/* Until it is interrupted, or the daemon ends. */
static int
follow(struct show *s, uint64_t offset)
{
	int r = 0;

	while (r == 0) {
		/* Who reads us may have gone. */
		if ((r = output_end(s->cli, 0)) != 0)
			break;
		poll(NULL, 0, FOLLOW_MS);
		r = read_on(s, &offset);
	}
	return r;
}

static int
get_options(struct show *s, const struct args *args)
{
	const char *n = opt_get(args, 'n'), *errstr;
	int r;

	s->object = opt_get(args, OPT_OBJECT);
	s->follow = opt_has(args, OPT_FOLLOW);
	s->max = s->follow ? FOLLOW_FIRST : 0;
	if ((r = get_time(s->cli, args, OPT_SINCE, "since", s->since)) != 0 ||
	    (r = get_time(s->cli, args, OPT_UNTIL, "until", s->until)) != 0)
		return r;
	if (s->follow && s->until[0] != '\0')
		return fail_usage(s->cli,
		    "--follow and --until do not go together" HINT
		    "leave one out");
	if (n != NULL) {
		s->max = (size_t)strtonum(n, 1, 1000000, &errstr);
		if (errstr != NULL)
			return fail_usage(s->cli,
			    "-n: '%s' is no number from 1 to 1000000" HINT
			    "give one, or leave -n out for all",
			    n);
	}
	s->events = opt_all(args, OPT_EVENT, &s->nevents);
	return 0;
}

/* An empty table may be that of a name that was mistyped. */
static void
hint_none(const struct show *s)
{
	if (json_array_size(s->kept) == 0 && !s->follow &&
	    (s->nevents > 0 || s->object != NULL || s->since[0] != '\0' ||
		s->until[0] != '\0'))
		hint(s->cli, "no entry is like that: "
			     "'ringlet audit show' has all, and "
			     "ringlet-audit(5) the names of events");
}

int
cmd_audit_show(struct cli *cli, const struct args *args)
{
	struct show s = { .cli = cli, .kept = json_array() };
	uint64_t offset = 0;
	int r;

	if ((r = get_options(&s, args)) != 0 || (r = read_on(&s, &offset)) != 0)
		goto out;
	if (cli->json && !s.follow) {
		r = print_json(cli, json_incref(s.kept));
		goto out;
	}
	if (!cli->json)
		put_row("TIME", "EVENT", "OUTCOME", "ACTOR", "OBJECT");
	hint_none(&s);
	show_kept(&s);
	if (s.follow)
		r = follow(&s, offset);
out:
	json_decref(s.kept);
	free(s.events);
	return r;
}

/* --- verify --- */

/* What the log has told before that time is known already. */
static bool
is_known(const struct msg_audit_finding *f, const char *since)
{
	return strcmp(f->kind, "told") == 0 && since[0] != '\0' &&
	       strcmp(f->time, since) < 0;
}

static uint64_t
count_findings(const struct msg_audit_verdict *v, const char *since)
{
	const struct msg_audit_finding *f = v->findings.v;
	uint64_t n = v->nfindings;

	for (size_t i = 0; i < v->findings.n; i++)
		n -= is_known(&f[i], since);
	return n;
}

/* Whether all that is wrong is that its key is not at hand. */
static bool
only_key(const struct msg_audit_verdict *v)
{
	const struct msg_audit_finding *f = v->findings.v;

	for (size_t i = 0; i < v->findings.n; i++)
		if (strcmp(f[i].kind, "key") != 0)
			return false;
	return *v->key_id == '\0' && v->nfindings == v->findings.n;
}

static json_t *
verdict_json(const struct msg_audit_verdict *v, const char *since)
{
	const struct msg_audit_finding *f = v->findings.v;
	json_t *list = json_array();

	for (size_t i = 0; i < v->findings.n; i++)
		if (!is_known(&f[i], since))
			json_array_append_new(
			    list, json_pack("{s:I, s:I, s:o, s:s, s:s}", "line",
				      (json_int_t)f[i].line, "seq",
				      (json_int_t)f[i].seq, "time",
				      json_text(f[i].time), "kind", f[i].kind,
				      "text", f[i].text));
	return json_pack("{s:b, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:I,"
			 " s:I, s:o}",
	    "whole", count_findings(v, since) == 0, "file", v->file, "entries",
	    (json_int_t)v->entries, "last", (json_int_t)v->last, "keyed",
	    (json_int_t)v->keyed, "uncovered", (json_int_t)v->uncovered, "key",
	    json_text(v->key_id), "no_key", json_text(v->no_key), "checkpoint",
	    (json_int_t)v->checkpoint, "partial_bytes", (json_int_t)v->partial,
	    "findings_count", (json_int_t)count_findings(v, since), "findings",
	    list);
}

static void
print_verdict(const struct msg_audit_verdict *v, const char *since)
{
	const struct msg_audit_finding *f = v->findings.v;
	uint64_t n = count_findings(v, since);
	char name[64];

	print_field("File", "%s", v->file);
	print_field("Entries", "%" PRIu64 ", the last is %" PRIu64, v->entries,
	    v->last);
	if (*v->key_id != '\0')
		print_field("Key", "%s, in the keychain", v->key_id);
	else
		print_field("Key", "none: %s", v->no_key);
	if (v->uncovered > 0)
		print_field("Not covered",
		    "%" PRIu64 " entries at the end, by no key: who can write "
		    "the file can change them",
		    v->uncovered);
	if (v->partial > 0)
		print_field("Unfinished",
		    "%" PRIu64 " bytes at the end are a line without an end: "
		    "a crash, which the next entry tells",
		    v->partial);
	for (size_t i = 0; i < v->findings.n; i++) {
		if (is_known(&f[i], since))
			continue;
		if (f[i].line != 0)
			snprintf(
			    name, sizeof(name), "Line %" PRIu64, f[i].line);
		else
			strlcpy(name, "The log", sizeof(name));
		if (f[i].seq != 0 && f[i].line != 0)
			print_field(name, "%s (entry %" PRIu64 "): %s",
			    f[i].kind, f[i].seq, f[i].text);
		else
			print_field(name, "%s: %s", f[i].kind, f[i].text);
	}
	if (v->nfindings > v->findings.n)
		print_field(
		    "And", "%" PRIu64 " more", v->nfindings - v->findings.n);
	print_field("Verdict", "%s",
	    n == 0	  ? "whole"
	    : only_key(v) ? "cannot be told without the key"
			  : "not as it was written");
}

int
cmd_audit_verify(struct cli *cli, const struct args *args)
{
	const struct msg_token_only req = { 0 };
	const struct msg_audit_verdict *v;
	char since[TIME_LEN + 1];
	struct msg m;
	int r;

	if ((r = get_time(cli, args, OPT_SINCE, "since", since)) != 0)
		return r;
	r = client_call(cli, MSG_AUDIT_VERIFY, &req, MSG_AUDIT_VERDICT, &m);
	if (r != 0)
		return r;
	v = m.body;
	if (cli->json)
		print_json(cli, verdict_json(v, since));
	else
		print_verdict(v, since);
	r = count_findings(v, since) == 0 ? STATUS_DONE : STATUS_FAILED;
	msg_clear(&m);
	return r;
}
