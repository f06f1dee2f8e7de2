/*
 * sandbox explain: the jail that a run would get, without starting it.
 */

#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bindkind.h"
#include "ringlet.h"
#include "xmalloc.h"

/* Bytes as people write them: 2G, 16M, 1000. */
static char *
size_text(char *dst, size_t size, uint64_t n)
{
	static const char units[] = "KMGT";
	const char *u = NULL;

	for (const char *p = units; *p != '\0' && n != 0 && n % 1024 == 0;
	     p++) {
		n /= 1024;
		u = p;
	}
	snprintf(dst, size, "%llu%.*s", (unsigned long long)n,
	    u != NULL ? 1 : 0, u != NULL ? u : "");
	return dst;
}

/* --- JSON --- */

static json_t *
mounts_json(const struct msg_recs *l)
{
	const struct msg_jail_mount *m = l->v;
	json_t *a = json_array();

	for (size_t i = 0; i < l->n; i++)
		json_array_append_new(a,
		    json_pack("{s:s, s:o, s:s, s:o, s:s}", "kind",
			bind_kind_name(m[i].kind), "source", json_text(m[i].src),
			"destination", m[i].dst, "size_bytes",
			m[i].size != 0 ? json_integer((json_int_t)m[i].size)
				       : json_null(),
			"rule", m[i].rule));
	return a;
}

static json_t *
limit_json(uint64_t n)
{
	return n != 0 ? json_integer((json_int_t)n) : json_null();
}

static json_t *
verdict_json(const struct msg_explained *e)
{
	return json_pack("{s:s, s:s, s:o, s:b, s:b, s:b, s:s, s:o}", "asked",
	    e->path, "inside", e->inside, "outside", json_text(e->outside),
	    "there", (int)e->there, "readable", (int)e->readable, "writable",
	    (int)e->writable, "rule", e->rule, "text", json_text(e->text));
}

static json_t *
explained_json(const struct msg_explained *e)
{
	json_t *o = json_pack("{s:s, s:b, s:s, s:s, s:o, s:s, s:s}",
	    "profile_alias", e->alias, "sandboxed", (int)e->sandboxed, "tier",
	    e->tier, "program", e->program, "argv", json_strs(&e->argv),
	    "home", e->home, "working_dir", e->working_dir);

	json_object_set_new(o, "mounts", mounts_json(&e->mounts));
	json_object_set_new(o, "namespaces", json_strs(&e->namespaces));
	json_object_set_new(o, "environment", json_strs(&e->env));
	json_object_set_new(o, "filter", json_strs(&e->filter));
	json_object_set_new(o, "limits",
	    json_pack("{s:o, s:o, s:o, s:o}", "memory_bytes",
		limit_json(e->limit_memory), "processes",
		limit_json(e->limit_processes), "files",
		limit_json(e->limit_files), "cpu_seconds",
		limit_json(e->limit_cpu)));
	json_object_set_new(o, "left_out", json_strs(&e->left_out));
	json_object_set_new(o, "command", json_strs(&e->command));
	json_object_set_new(o, "bwrap_arguments", json_strs(&e->arguments));
	json_object_set_new(o, "path",
	    *e->path != '\0' ? verdict_json(e) : json_null());
	return o;
}

/* --- text --- */

#define WORDS_WIDTH 76 /* columns, after which a list of words goes on below */

static void
print_words(const char *name, const struct msg_strs *s)
{
	size_t column = strlen(name) + 1;
	char *safe;

	printf("%s:", name);
	for (size_t i = 0; i < s->n; i++) {
		safe = text_safe(s->v[i]);
		if (column + 1 + text_width(safe) > WORDS_WIDTH && i > 0) {
			printf("\n   ");
			column = 3;
		}
		printf(" %s", safe);
		column += 1 + text_width(safe);
		free(safe);
	}
	printf("%s\n", s->n > 0 ? "" : " none");
}

static void
print_limits(const struct msg_explained *e)
{
	char text[32];
	char *line = xstrdup(""), *more;
	const struct {
		const char *name;
		uint64_t n;
		bool bytes;
	} rows[] = { { "memory", e->limit_memory, true },
		{ "processes", e->limit_processes, false },
		{ "files", e->limit_files, false },
		{ "cpu seconds", e->limit_cpu, false } };

	for (size_t i = 0; i < NELEM(rows); i++) {
		if (rows[i].n == 0)
			continue;
		if (rows[i].bytes)
			size_text(text, sizeof(text), rows[i].n);
		else
			snprintf(text, sizeof(text), "%llu",
			    (unsigned long long)rows[i].n);
		more = xasprintf("%s%s%s %s", line, *line != '\0' ? ", " : "",
		    rows[i].name, text);
		free(line);
		line = more;
	}
	print_field("Limits", "%s", *line != '\0' ? line : "none");
	free(line);
}

/* What a mount shows: nothing where it is the destination itself. */
static const char *
source_text(const struct msg_jail_mount *m, char *dst, size_t size)
{
	if (m->size != 0)
		return size_text(dst, size, m->size);
	return strcmp(m->src, m->dst) == 0 ? "" : m->src;
}

static void
print_mounts(const struct msg_recs *l)
{
	static const char *const headings[] = { "INSIDE", "HOW", "FROM",
		"RULE" };
	const struct msg_jail_mount *m = l->v;
	struct table *t = table_new(headings, NELEM(headings));
	char text[32];

	for (size_t i = 0; i < l->n; i++) {
		table_cell(t, COLOUR_NONE, "%s", m[i].dst);
		table_cell(t, m[i].kind == BIND_RW ? COLOUR_BAD : COLOUR_NONE,
		    "%s", bind_kind_name(m[i].kind));
		table_cell(t, COLOUR_NONE, "%s",
		    source_text(&m[i], text, sizeof(text)));
		table_cell(t, COLOUR_NONE, "%s", m[i].rule);
	}
	table_shrink(t, 0);
	table_print(t);
	table_free(t);
}

static void
print_each(const char *name, const struct msg_strs *s)
{
	for (size_t i = 0; i < s->n; i++)
		print_field(name, "%s", s->v[i]);
}

/* A command that a shell would take, an option and its arguments a line. */
static void
print_arguments(const struct msg_strs *s)
{
	for (size_t i = 0; i < s->n;) {
		char *line = text_safe(s->v[i++]), *safe, *more;

		while (i < s->n && strncmp(s->v[i], "--", 2) != 0) {
			safe = text_safe(s->v[i++]);
			more = xasprintf("%s %s", line, safe);
			free(line);
			free(safe);
			line = more;
		}
		printf("    %s\n", line);
		free(line);
	}
}

static void
print_explained(const struct msg_explained *e)
{
	print_field("Profile", "%s", e->alias);
	print_field("Jail", "%s", e->sandboxed ? e->tier : "none");
	print_field("Program", "%s", e->program);
	print_field("Home", "%s", e->home);
	print_field("Working folder", "%s", e->working_dir);
	if (e->sandboxed) {
		print_words("Own namespaces", &e->namespaces);
		print_words("System calls", &e->filter);
		print_limits(e);
	}
	print_words("Environment", &e->env);
	print_each("Left out", &e->left_out);
	printf("\n");
	print_mounts(&e->mounts);
	printf("\n");
	print_words("Command", &e->command);
	if (e->sandboxed) {
		printf("Arguments of bwrap:\n");
		print_arguments(&e->arguments);
	}
}

static void
print_verdict(const struct msg_explained *e)
{
	print_field("Path", "%s", e->path);
	if (strcmp(e->path, e->inside) != 0)
		print_field("Leads to", "%s", e->inside);
	if (*e->outside != '\0' && strcmp(e->outside, e->inside) != 0)
		print_field("Outside", "%s", e->outside);
	print_field("Read", "%s", e->readable ? "yes" : "no");
	print_field("Write", "%s", e->writable ? "yes" : "no");
	print_field("Rule", "%s", e->rule);
	if (*e->text != '\0')
		print_field("Note", "%s", e->text);
}

/*
 * The path as the agent would say it: an absolute one as it is, another below
 * the current folder.  Links are followed by the monitor, inside.
 */
static char *
absolute(const char *path)
{
	char cwd[PATH_MAX];

	if (path[0] == '/' || getcwd(cwd, sizeof(cwd)) == NULL)
		return xstrdup(path);
	return xasprintf("%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, path);
}

int
cmd_sandbox_explain(struct cli *cli, const struct args *args)
{
	struct msg_jail_explain req = { .alias = args->v[0] };
	struct run_request run;
	char *path = NULL;
	struct msg m;
	int r;

	if ((r = run_request_make(cli, args, &run)) != 0)
		return r;
	if (args->n > 1)
		req.path = path = absolute(args->v[1]);
	req.args = run.create.args;
	req.working_dir = run.create.working_dir;
	req.no_sandbox = run.create.no_sandbox;
	req.bwrap_flags = run.create.bwrap_flags;
	req.client_env = run.create.client_env;
	req.search_path = run.create.search_path;
	req.pass_env = run.create.pass_env;
	req.auth_sock = run.create.auth_sock;
	r = client_call(cli, MSG_JAIL_EXPLAIN, &req, MSG_EXPLAINED, &m);
	run_request_free(&run);
	free(path);
	if (r != 0)
		return r;
	if (cli->json)
		r = print_json(cli, explained_json(m.body));
	else if (args->n > 1)
		print_verdict(m.body);
	else
		print_explained(m.body);
	msg_clear(&m);
	return r;
}
