/*
 * What `doctor` says of Ringlet's folders and files: whose they are, who else
 * may look or write, and what was left behind.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "doctor.h"
#include "json.h"
#include "shim.h"
#include "valid.h"
#include "xmalloc.h"

#define CONF_MAX (1024 * 1024)
#define OLD	 60 /* seconds; no write takes so long */

/* Whether it is ours, and closed to others as far as mask says. */
static bool
check_owner(struct doctor *d, const char *what, const char *path,
    const struct stat *st, mode_t mask)
{
	if (st->st_uid != geteuid())
		doctor_say(d, FAIL, what,
		    "%s: belongs to uid %lu: give it to you", path,
		    (unsigned long)st->st_uid);
	else if ((st->st_mode & mask) != 0)
		doctor_say(d, FAIL, what,
		    "%s: open to other users: chmod %s %s", path,
		    S_ISDIR(st->st_mode) ? "700" : "600", path);
	else
		return true;
	return false;
}

#define HOMES "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME"

/*
 * A folder that is not there yet is made in the nearest one above it that is:
 * whether it can be.
 */
static void
check_above(struct doctor *d, const char *what, const char *path)
{
	bool runtime = path == d->cli->paths.runtime_dir;
	char *above = xstrdup(path), *slash;
	struct stat st;

	do {
		if ((slash = strrchr(above, '/')) == NULL || slash == above)
			slash = above + 1;
		*slash = '\0';
	} while (stat(above, &st) == -1 && errno == ENOENT && above[1] != '\0');
	if (faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) == 0)
		doctor_say(
		    d, FINE, what, "%s: is made when it is needed", path);
	else
		doctor_say(d, FAIL, what, "%s: cannot be made in %s: %s: %s",
		    path, above, strerror(errno),
		    runtime ? "log in anew, by 'su - NAME' or ssh, or have "
			      "XDG_RUNTIME_DIR name a folder of yours"
			    : "see that you may write there, or name another "
			      "home (HOME, " HOMES ")");
	free(above);
}

static void
check_folder(struct doctor *d, const char *what, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			check_above(d, what, path);
		else if (errno == EACCES)
			doctor_say(d, FAIL, what,
			    "%s: %s: a folder above it is another user's: "
			    "after su or sudo the variables HOME and "
			    "XDG_RUNTIME_DIR may still name his: log in anew, "
			    "by 'su - NAME' or ssh",
			    path, strerror(errno));
		else
			doctor_say(
			    d, FAIL, what, "%s: %s", path, strerror(errno));
	} else if (!S_ISDIR(st.st_mode))
		doctor_say(
		    d, FAIL, what, "%s: not a folder: move it away", path);
	else if (!check_owner(d, what, path, &st, 077))
		return;
	else if (faccessat(AT_FDCWD, path, R_OK | W_OK | X_OK, AT_EACCESS) ==
	    -1)
		doctor_say(d, FAIL, what, "%s: %s: %s %s", path,
		    strerror(errno),
		    errno == EACCES ? "chmod 700" : "see that you may write to",
		    path);
	else
		doctor_say(d, FINE, what, "%s", path);
}

/* A file that may be missing; true: it is there, and well. */
static bool
check_file(struct doctor *d, const char *what, const char *path, mode_t mask)
{
	struct stat st;

	if (lstat(path, &st) == -1) {
		if (errno == ENOENT)
			doctor_say(
			    d, FINE, what, "%s: there is none yet", path);
		else
			doctor_say(
			    d, FAIL, what, "%s: %s", path, strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		doctor_say(d, FAIL, what,
		    "%s: not a regular file: move it away", path);
		return false;
	}
	return check_owner(d, what, path, &st, mask);
}

void
doctor_settings(struct doctor *d)
{
	const char *path = d->cli->paths.conf_file;
	char why[1024], *text;
	struct conf c;
	size_t len;
	int r;

	if (!check_file(d, "settings", path, 022))
		return;
	if ((r = paths_read_file(path, CONF_MAX, &text, &len)) != 0) {
		doctor_say(d, FAIL, "settings", "%s: %s", path, rl_strerror(r));
		return;
	}
	conf_defaults(&c);
	if (conf_parse(&c, text, len, path, why, sizeof(why)) != 0) {
		doctor_say(d, FAIL, "settings", "%s", why);
		conf_free(&c);
	} else {
		doctor_say(d, FINE, "settings", "%s", path);
		conf_free(&d->conf);
		d->conf = c;
	}
	free(text);
}

/*
 * Profiles say what is run with a key: nobody else may write them.  What is in
 * them the daemon knows better, and tells if it runs.
 */
static bool
profile_file_ok(struct doctor *d, const char *path, const char *name)
{
	size_t len = strlen(name), size;
	char why[512] = "", *alias, *text;
	struct stat st;
	json_t *doc;
	bool ok;
	int r;

	if (lstat(path, &st) == -1)
		return true; /* deleted meanwhile */
	if (!check_owner(d, "profiles", path, &st, 022))
		return false;
	alias = xstrndup(name, len > 5 ? len - 5 : 0);
	ok = len > 5 && strcmp(name + len - 5, ".json") == 0 &&
	     valid_alias(alias);
	free(alias);
	if (!ok) {
		doctor_say(d, WARN, "profiles",
		    "%s: is no profile's file: move it away", path);
		return false;
	}
	if ((r = paths_read_file(path, CONF_MAX, &text, &size)) != 0) {
		doctor_say(d, FAIL, "profiles", "%s: %s: mend or remove it",
		    path, rl_strerror(r));
		return false;
	}
	doc = json_parse_object(text, size, why, sizeof(why));
	free(text);
	ok = doc != NULL;
	json_decref(doc);
	if (!ok)
		doctor_say(d, FAIL, "profiles",
		    "%s is damaged: %s: mend it, or 'ringlet profiles delete'",
		    path, why);
	return ok;
}

void
doctor_profile_files(struct doctor *d)
{
	const char *folder = d->cli->paths.profile_dir;
	const struct dirent *e;
	unsigned n = 0, bad = 0;
	char *path;
	DIR *dir;

	check_folder(d, "profiles", folder);
	if ((dir = opendir(folder)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		path = xasprintf("%s/%s", folder, e->d_name);
		n++;
		if (!profile_file_ok(d, path, e->d_name))
			bad++;
		free(path);
	}
	closedir(dir);
	if (bad == 0)
		doctor_say(d, FINE, "profiles", "%u of them", n);
}

void
doctor_folders(struct doctor *d)
{
	const struct paths *p = &d->cli->paths;

	check_folder(d, "settings folder", p->config_dir);
	check_folder(d, "data folder", p->data_dir);
	check_folder(d, "state folder", p->state_dir);
	check_folder(d, "runtime folder", p->runtime_dir);
}

/* One that may be missing without a word. */
static void
check_secret(
    struct doctor *d, const char *what, const char *folder, const char *name)
{
	char *path = xasprintf("%s/%s", folder, name);

	if (access(path, F_OK) == 0 || errno != ENOENT) {
		if (check_file(d, what, path, 077))
			doctor_say(d, FINE, what, "%s", path);
	}
	free(path);
}

void
doctor_files(struct doctor *d)
{
	const struct paths *p = &d->cli->paths;

	if (check_file(d, "token", p->token_file, 077))
		doctor_say(d, FINE, "token", "%s", p->token_file);
	if (check_file(d, "further tokens", p->tokens_file, 077))
		doctor_say(d, FINE, "further tokens", "%s", p->tokens_file);
	check_secret(d, "vault", p->data_dir, "vault");
	check_secret(d, "audit log", p->state_dir, "audit.jsonl");
	check_secret(d, "log", p->state_dir, "ringlet.log");
	check_secret(d, "agents", p->state_dir, "agents.json");
}

/* ".new-" and 16 digits: what paths_write_file() writes, until it is whole. */
static bool
is_leftover(const char *name)
{
	return strncmp(name, ".new-", 5) == 0 && strlen(name) == 21 &&
	       strspn(name + 5, "0123456789abcdef") == 16;
}

static void
leftovers_in(struct doctor *d, const char *folder)
{
	const struct dirent *e;
	struct stat st;
	char *path;
	DIR *dir;

	if ((dir = opendir(folder)) == NULL)
		return;
	while ((e = readdir(dir)) != NULL) {
		if (!is_leftover(e->d_name))
			continue;
		path = xasprintf("%s/%s", folder, e->d_name);
		if (lstat(path, &st) == 0 && st.st_mtime < time(NULL) - OLD)
			doctor_say(d, WARN, "leftover",
			    "%s: of a write that was interrupted: rm %s", path,
			    path);
		free(path);
	}
	closedir(dir);
}

void
doctor_leftovers(struct doctor *d)
{
	const struct paths *p = &d->cli->paths;

	leftovers_in(d, p->config_dir);
	leftovers_in(d, p->profile_dir);
	leftovers_in(d, p->data_dir);
	leftovers_in(d, p->state_dir);
}

/* What to do about a shim that is not intact. */
static const char *
shim_advice(const char *state)
{
	if (strcmp(state, "gone") == 0)
		return "is gone: 'ringlet aliases install' makes it again";
	if (strcmp(state, "changed") == 0)
		return "is not as it was installed: look at it";
	if (strcmp(state, "no-profile") == 0)
		return "runs a profile that is gone: 'ringlet aliases "
		       "uninstall' removes it";
	return "runs a ringlet that is gone: 'ringlet aliases install' mends "
	       "it";
}

void
doctor_shims(struct doctor *d)
{
	char why[1024], *path;
	const char *state;
	unsigned bad = 0;
	struct shims all;

	if (shims_open(
		&all, d->cli->paths.state_dir, false, why, sizeof(why)) != 0) {
		doctor_say(d, FAIL, "aliases", "%s", why);
		return;
	}
	for (size_t i = 0; i < all.n; i++) {
		state = alias_state(d->cli, &all.v[i]);
		if (strcmp(state, "intact") == 0)
			continue;
		bad++;
		path = shim_path(&all.v[i]);
		doctor_say(
		    d, WARN, "aliases", "%s: %s", path, shim_advice(state));
		free(path);
	}
	if (bad == 0 && all.n > 0)
		doctor_say(d, FINE, "aliases", "%zu of them", all.n);
	shims_close(&all);
}
