/*
 * terminal upload: a picture for a session's agent.  What a file is, the
 * monitor says; here it is read, and sent in pieces.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "paths.h"
#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

#define PICTURE_MAX (64 * 1024 * 1024) /* what UploadMaxSize can be at most */
#define FIRST_PIECE 512 /* bytes; the answer says how many may follow */

/* The whole file into *out, for free(): its length, or -1 after reporting. */
static ssize_t
read_picture(const struct cli *cli, const char *file, uint8_t **out, int *r)
{
	ssize_t len = -1;
	int fd;

	*out = xmalloc(PICTURE_MAX + 1);
	fd = strcmp(file, "-") == 0 ? dup(STDIN_FILENO)
				    : open(file, O_RDONLY | O_CLOEXEC);
	if (fd != -1)
		len = paths_read_all(fd, *out, PICTURE_MAX + 1);
	if (len == -1)
		*r = fail_file(
		    cli, file, "name a picture, - is standard input");
	else if (len > PICTURE_MAX) {
		*r = fail_error(cli, RL_ERR_TOOBIG,
		    "%s: is longer than %d bytes", file, PICTURE_MAX);
		len = -1;
	}
	if (fd != -1)
		close(fd);
	return len;
}

static int
print_state(struct cli *cli, const struct msg_upload_state *s)
{
	if (cli->json)
		return print_json(
		    cli, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}",
			     "session_id", s->id, "name", s->name, "path",
			     s->path, "type", s->type, "size",
			     (json_int_t)s->size, "left", (json_int_t)s->left));
	printf("%s\n", s->path);
	return STATUS_DONE;
}

/* Sends what is left of it, a piece after the other; m has the last answer. */
static int
send_rest(struct cli *cli, const uint8_t *p, size_t len, struct msg *m)
{
	const struct msg_upload_state *s = m->body;
	char id[SESSION_ID_LEN + 1], name[ALIAS_MAX + 1];
	struct msg_upload_more req = { .id = id, .name = name };
	uint64_t piece = s->piece;
	int r = 0;

	strlcpy(id, s->id, sizeof(id));
	strlcpy(name, s->name, sizeof(name));
	req.offset = s->received;
	while (r == 0 && req.offset < len) {
		msg_clear(m);
		req.data.p = p + req.offset;
		req.data.len = len - (size_t)req.offset;
		if (req.data.len > piece)
			req.data.len = (size_t)piece;
		r = client_call(
		    cli, MSG_UPLOAD_MORE, &req, MSG_UPLOAD_STATE, m);
		req.offset += req.data.len;
	}
	return r;
}

int
cmd_terminal_upload(struct cli *cli, const struct args *args)
{
	struct msg_upload_begin req = { .id = args->v[0] };
	uint8_t *p = NULL;
	struct msg m;
	ssize_t len;
	int r = 0;

	if (!valid_session_prefix(req.id))
		return fail_usage(cli,
		    "'%s' is not a session's id" HINT
		    "'ringlet terminal list' shows all",
		    req.id);
	if ((len = read_picture(cli, args->v[1], &p, &r)) == -1)
		goto out;
	req.size = (uint64_t)len;
	req.data.p = p;
	req.data.len = len < FIRST_PIECE ? (size_t)len : FIRST_PIECE;
	r = client_call(cli, MSG_UPLOAD_BEGIN, &req, MSG_UPLOAD_STATE, &m);
	if (r != 0)
		goto out;
	if ((r = send_rest(cli, p, (size_t)len, &m)) == 0) {
		r = print_state(cli, m.body);
		msg_clear(&m);
	}
out:
	free(p);
	return r;
}
