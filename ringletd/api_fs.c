/*
 * Folders for the dashboard's picker.  Which there are, and which may be
 * seen, is the monitor's affair; here a name is taken out of the query, whose
 * percent-encoding is the one thing that this server decodes.
 */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "msgdef.h"
#include "ringletd.h"

const struct route_query fs_list_query[] = {
	{ "path", "string", false, "a folder; else the first of the roots" },
	{ NULL, NULL, false, NULL },
};

const struct route_query fs_complete_query[] = {
	{ "prefix", "string", true, "the beginning of a folder's name" },
	{ NULL, NULL, false, NULL },
};

static const struct reply_member folders_members[] = {
	{ "path", "string?" },
	{ "parent", "string?" },
	{ "usable", "boolean" },
	{ "reason", "string?" },
	{ "entries", "objects" },
	{ "truncated", "boolean" },
	{ "skipped", "integer" },
	{ "roots", "strings" },
};
const struct reply_table folders_reply = REPLY_TABLE(folders_members);

/* The folder that path lies in, if that is in a root. */
static json_t *
parent_json(const struct msg_fs_folders *f)
{
	const char *slash = strrchr(f->path, '/');
	size_t i, n, len;

	if (slash == NULL || slash == f->path)
		return json_null();
	n = (size_t)(slash - f->path);
	for (i = 0; i < f->roots.n; i++) {
		len = strlen(f->roots.v[i]);
		if (n >= len && strncmp(f->path, f->roots.v[i], len) == 0 &&
		    (n == len || f->path[len] == '/'))
			return json_stringn(f->path, n);
	}
	return json_null();
}

static json_t *
folder_json(const struct msg_fs_folders *f, const struct msg_fs_folder *e)
{
	const char *in = strcmp(f->path, "/") == 0 ? "" : f->path;

	return json_pack("{s:s, s:s++, s:b}", "name", e->name, "path", in,
	    in[0] != '\0' || f->path[0] != '\0' ? "/" : "", e->name, "usable",
	    e->usable ? 1 : 0);
}

static void
on_folders(struct request *r, struct msg *m)
{
	const struct msg_fs_folders *f = m->body;
	const struct msg_fs_folder *e = f->folders.v;
	json_t *entries = json_array();
	size_t i;

	for (i = 0; i < f->folders.n; i++)
		json_array_append_new(entries, folder_json(f, &e[i]));
	reply_data(r, 200,
	    json_pack("{s:o, s:o, s:b, s:o, s:o, s:b, s:I, s:o}", "path",
		reply_text(f->path), "parent", parent_json(f), "usable",
		f->usable ? 1 : 0, "reason", reply_text(f->why), "entries",
		entries, "truncated", f->truncated ? 1 : 0, "skipped",
		(json_int_t)f->skipped, "roots", reply_strings(&f->roots)));
}

/* The query's one parameter as the row has it, and the message for it. */
static void
ask(struct request *r, uint16_t type)
{
	struct msg_fs_path m = { request_token_bin(r), "" };
	char path[PATH_MAX], why[160];

	if (!request_query_text(r, path, sizeof(path), why, sizeof(why))) {
		reply_error(r, 400, RL_ERR_INVALID, "the query: %s", why);
		return;
	}
	m.path = path;
	request_call(r, type, &m, on_folders);
}

void
api_fs_list(struct request *r)
{
	ask(r, MSG_FS_LIST);
}

void
api_fs_complete(struct request *r)
{
	ask(r, MSG_FS_COMPLETE);
}
