/*
 * aliases: a command of the shell for each profile that wants one.
 *
 * The rules on files are shim.c's.  Here it is decided which names are taken:
 * a shim never hides a command that the user has, nor an agent's program, which
 * would start itself without an end.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "fdpass.h"
#include "platform.h"
#include "ringlet.h"
#include "shim.h"
#include "valid.h"
#include "xmalloc.h"

#define WHY_MAX 1024

/* --- install --- */

/* ~/.local/bin is made if it is not there; 0, or reports. */
static int
default_dir(const struct cli *cli, char **out)
{
	char *local = xasprintf("%s/.local", cli->paths.home);
	char *dir = xasprintf("%s/bin", local), *real;
	int r = 0;

	if ((mkdir(local, 0755) == -1 && errno != EEXIST) ||
	    (mkdir(dir, 0755) == -1 && errno != EEXIST) ||
	    (real = realpath(dir, NULL)) == NULL)
		r = fail_error(
		    cli, RL_ERR_SYSTEM, "%s: %s", dir, strerror(errno));
	else
		*out = real;
	free(dir);
	free(local);
	return r;
}

/* The folder's absolute name without links; 0, or reports. */
static int
find_dir(const struct cli *cli, const char *given, char **out)
{
	struct stat st;
	char *name;
	size_t n;
	bool link;
	int r;

	if (given == NULL)
		return default_dir(cli, out);
	name = xstrdup(given);
	for (n = strlen(name); n > 1 && name[n - 1] == '/'; n--)
		name[n - 1] = '\0';
	link = lstat(name, &st) == 0 && S_ISLNK(st.st_mode);
	if ((r = resolve_folder(cli, name, out)) == 0 && link) {
		r = fail_error(cli, RL_ERR_DENIED,
		    "%s: is a link" HINT "name the folder itself, %s", name,
		    *out);
		free(*out);
		*out = NULL;
	}
	free(name);
	return r;
}

/* Whether an agent's program has that name, or Ringlet's; 0, or reports. */
static int
check_agents(struct cli *cli, const char *alias)
{
	const struct msg_agent_list req = { .token = { NULL, 0 } };
	const struct msg_agents *agents;
	const struct msg_agent *a;
	struct msg m;
	int r;

	if (strcmp(alias, "ringlet") == 0 || strcmp(alias, "ringletd") == 0)
		return fail_error(cli, RL_ERR_DENIED,
		    "'%s' is Ringlet's own command: a shim of that name would "
		    "hide it",
		    alias);
	if (shim_is_shell_word(alias))
		return fail_error(cli, RL_ERR_DENIED,
		    "'%s' is a word of the shell: it would never look for a "
		    "shim of that name",
		    alias);
	r = client_call(cli, MSG_AGENT_LIST, &req, MSG_AGENTS, &m);
	if (r != 0)
		return r;
	agents = m.body;
	a = agents->list.v;
	for (size_t i = 0; r == 0 && i < agents->list.n; i++)
		if (strcmp(a[i].binary, alias) == 0)
			r = fail_error(cli, RL_ERR_DENIED,
			    "'%s' is the program of the agent %s: a shim of "
			    "that name would hide it" HINT "make a profile of "
			    "another name",
			    alias, a[i].id);
	msg_clear(&m);
	return r;
}

/* What to put into a shell's start file, as a shell reads it; for free(). */
static char *
path_note(const char *dir)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/._-+@";
	struct buf *b = buf_new(4 * PATH_MAX);
	char *note;

	if (dir[strspn(dir, plain)] == '\0')
		(void)buf_puts(b, dir);
	else
		(void)text_put_shell(b, dir);
	note = xasprintf("%s is not in PATH: put PATH=%.*s:$PATH into your "
			 "shell's start file",
	    dir, (int)buf_len(b), (const char *)buf_ptr(b));
	buf_free(b);
	return note;
}

/* Whether the shim would hide something; *note is what to tell of PATH. */
static int
check_path(struct cli *cli, const char *alias, const char *dir, char **note)
{
	char where[PATH_MAX];
	bool on_path;
	enum shim_place place;

	place = shim_look(
	    alias, dir, getenv("PATH"), &on_path, where, sizeof(where));
	if (place == SHIM_BEHIND)
		return fail_error(cli, RL_ERR_DENIED,
		    "%s is a command already: a shim of that name in %s would "
		    "hide it",
		    where, dir);
	if (place == SHIM_BEFORE)
		*note = xasprintf("%s comes first in PATH: the shim is not "
				  "what '%s' runs",
		    where, alias);
	else if (!on_path)
		*note = path_note(dir);
	return 0;
}

static int
check_profile(struct cli *cli, const char *alias)
{
	const struct msg_alias req = { .alias = alias };
	struct msg m;
	int r;

	r = client_call(cli, MSG_PROFILE_GET, &req, MSG_PROFILE, &m);
	if (r == 0)
		msg_clear(&m);
	return r;
}

/* An old shim of this alias in another folder goes first. */
static int
check_old(struct cli *cli, const struct shims *all, const char *alias,
    const char *dir, bool *replace)
{
	const struct shim *old = shims_find(all, alias);
	enum shim_state state = old != NULL ? shim_state(old) : SHIM_GONE;
	char *path;
	int r = 0;

	*replace = false;
	if (state == SHIM_GONE)
		return 0;
	path = shim_path(old);
	if (strcmp(old->dir, dir) != 0)
		r = fail_error(cli, RL_ERR_EXISTS,
		    "'%s' has a shim already, %s" HINT
		    "'ringlet aliases uninstall "
		    "%s' first",
		    alias, path, alias);
	else if (state == SHIM_CHANGED)
		r = fail_error(cli, RL_ERR_EXISTS,
		    "%s is not as it was installed" HINT
		    "look at it and remove it",
		    path);
	else
		*replace = true;
	free(path);
	return r;
}

/* The record is open: writes the shim, or finds that it is there. */
static int
put_shim(struct cli *cli, struct shims *all, const char *alias, const char *dir,
    int fd)
{
	char ringlet[PATH_MAX], *path;
	struct shim s = { (char *)(uintptr_t)alias, (char *)(uintptr_t)dir,
		ringlet };
	bool replace;
	int r;

	if ((r = platform_self(ringlet, sizeof(ringlet))) != 0)
		return fail_error(
		    cli, r, "the name of this program: %s", rl_strerror(r));
	if ((r = check_old(cli, all, alias, dir, &replace)) != 0)
		return r;
	if (!replace && all->n == SHIMS_MAX)
		return fail_error(
		    cli, RL_ERR_LIMIT, "there are %d shims already", SHIMS_MAX);
	/* Noted first: a shim that nobody knows of would be nobody's. */
	shims_note(all, alias, dir, ringlet);
	path = shim_path(&s);
	if (replace && shim_state(&s) == SHIM_INTACT)
		r = 0;
	else if (!replace && shims_save(all) != 0)
		r = fail_error(
		    cli, RL_ERR_SYSTEM, "%s: %s", all->file, strerror(errno));
	else if ((r = shim_write(fd, &s, replace)) == RL_ERR_EXISTS)
		r = fail_error(cli, r,
		    "%s is there already and is not ours: it stays", path);
	else if (r != 0)
		r = fail_error(cli, r, "%s: %s", path, strerror(errno));
	if (r != 0 && !replace)
		shims_forget(all, alias);
	if (shims_save(all) != 0 && r == 0)
		r = fail_error(
		    cli, RL_ERR_SYSTEM, "%s: %s", all->file, strerror(errno));
	free(path);
	return r;
}

static int
install(struct cli *cli, const char *alias, const char *dir, char **note)
{
	struct shims all;
	char why[WHY_MAX];
	int fd, r;

	if ((fd = shim_open_dir(dir, why, sizeof(why))) < 0)
		return fail_error(cli, fd, "%s", why);
	if ((r = check_path(cli, alias, dir, note)) != 0)
		goto out;
	r = shims_open(&all, cli->paths.state_dir, true, why, sizeof(why));
	if (r != 0) {
		r = fail_error(cli, r, "%s", why);
		goto out;
	}
	r = put_shim(cli, &all, alias, dir, fd);
	shims_close(&all);
out:
	fd_close(fd);
	return r;
}

int
cmd_aliases_install(struct cli *cli, const struct args *args)
{
	const char *alias = args->v[0];
	char *dir = NULL, *note = NULL;
	int r;

	if ((r = check_profile(cli, alias)) != 0 ||
	    (r = check_agents(cli, alias)) != 0 ||
	    (r = find_dir(cli, opt_get(args, OPT_BIN_DIR), &dir)) != 0)
		return r;
	r = install(cli, alias, dir, &note);
	if (r == 0 && cli->json) {
		char *path = xasprintf("%s/%s", dir, alias);

		r = print_json(cli, json_pack("{s:s, s:s, s:o}", "alias", alias,
					"path", path, "note", json_text(note)));
		free(path);
	} else if (r == 0) {
		printf("%s/%s\n", dir, alias);
		if (note != NULL)
			hint(cli, "%s", note);
	}
	free(note);
	free(dir);
	return r;
}

/* --- uninstall --- */

/*
 * Removes the shim and what is noted of it; *path becomes its name, for
 * free().  RL_ERR_NOTFOUND: there is none.  RL_ERR_EXISTS: what lies there is
 * not what was installed, and stays.
 */
static int
take_away(const struct cli *cli, const char *alias, char **path, char *why,
    size_t size)
{
	const struct shim *s;
	struct shims all;
	int fd, r;

	*path = NULL;
	r = shims_open(&all, cli->paths.state_dir, true, why, size);
	if (r != 0)
		return r;
	if ((s = shims_find(&all, alias)) == NULL) {
		(void)snprintf(why, size, "'%s' has no shim", alias);
		shims_close(&all);
		return RL_ERR_NOTFOUND;
	}
	*path = shim_path(s);
	switch (shim_state(s)) {
	case SHIM_CHANGED:
		(void)snprintf(why, size,
		    "%s is not as it was installed: it stays; look at it and "
		    "remove it",
		    *path);
		r = RL_ERR_EXISTS;
		break;
	case SHIM_INTACT:
		/* What was just read lies in a folder of ours alone. */
		if ((fd = shim_open_dir(s->dir, why, size)) < 0) {
			r = fd;
			break;
		}
		if (unlinkat(fd, alias, 0) == -1) {
			(void)snprintf(
			    why, size, "%s: %s", *path, strerror(errno));
			r = RL_ERR_SYSTEM;
		}
		fd_close(fd);
		break;
	case SHIM_GONE:
		break;
	}
	if (r == 0) {
		shims_forget(&all, alias);
		if ((r = shims_save(&all)) != 0)
			(void)snprintf(
			    why, size, "%s: %s", all.file, strerror(errno));
	}
	shims_close(&all);
	return r;
}

void
alias_take_away(const struct cli *cli, const char *alias)
{
	char why[WHY_MAX], *path;
	int r = take_away(cli, alias, &path, why, sizeof(why));

	if (r == 0)
		hint(cli, "its shim %s was removed", path);
	else if (r != RL_ERR_NOTFOUND)
		hint(cli, "its shim: %s", why);
	free(path);
}

int
cmd_aliases_uninstall(struct cli *cli, const struct args *args)
{
	char why[WHY_MAX], *path;
	int r;

	r = take_away(cli, args->v[0], &path, why, sizeof(why));
	if (r != 0)
		r = fail_error(cli, r, "%s%s", why,
		    r == RL_ERR_NOTFOUND ? ": 'ringlet aliases list' shows all"
					 : "");
	else if (cli->json)
		r = print_json(cli,
		    json_pack("{s:s, s:s}", "alias", args->v[0], "path", path));
	else
		hint(cli, "%s was removed", path);
	free(path);
	return r;
}

/* --- list --- */

const char *
alias_state(const struct cli *cli, const struct shim *s)
{
	char *profile;
	bool there;

	switch (shim_state(s)) {
	case SHIM_GONE:
		return "gone";
	case SHIM_CHANGED:
		return "changed";
	case SHIM_INTACT:
		break;
	}
	profile = xasprintf("%s/%s.json", cli->paths.profile_dir, s->alias);
	there = access(profile, F_OK) == 0;
	free(profile);
	if (!there)
		return "no-profile";
	return access(s->ringlet, X_OK) == 0 ? "intact" : "no-ringlet";
}

int
cmd_aliases_list(struct cli *cli, const struct args *args)
{
	static const char *const headings[] = { "ALIAS", "STATE", "FILE" };
	struct table *t;
	struct shims all;
	char why[WHY_MAX], *path;
	const char *state;
	json_t *list;
	int r;

	(void)args;
	r = shims_open(&all, cli->paths.state_dir, false, why, sizeof(why));
	if (r != 0)
		return fail_error(cli, r, "%s", why);
	list = json_array();
	t = table_new(headings, NELEM(headings));
	for (size_t i = 0; i < all.n; i++) {
		path = shim_path(&all.v[i]);
		state = alias_state(cli, &all.v[i]);
		json_array_append_new(
		    list, json_pack("{s:s, s:s, s:s, s:s}", "alias",
			      all.v[i].alias, "state", state, "path", path,
			      "ringlet", all.v[i].ringlet));
		table_cell(t, COLOUR_NONE, "%s", all.v[i].alias);
		table_cell(t,
		    strcmp(state, "intact") == 0 ? COLOUR_GOOD : COLOUR_BAD,
		    "%s", state);
		table_cell(t, COLOUR_NONE, "%s", path);
		free(path);
	}
	if (cli->json)
		print_json(cli, json_incref(list));
	else
		table_print(t);
	table_free(t);
	json_decref(list);
	shims_close(&all);
	return STATUS_DONE;
}
