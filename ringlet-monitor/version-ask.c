/*
 * The process that asks one program for its version: `ringlet-monitor -A`.
 *
 * What it runs may hang, fork and print without an end; the monitor's loop
 * must not notice.  It gets one request, answers it, and ends.
 */

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "msgdef.h"
#include "proc.h"
#include "valid.h"
#include "version.h"

#define REQUEST_MS  5000 /* that it waits for its request */
#define LAST_RESORT 30	 /* seconds until it ends whatever happens */
#define WHY_MAX	    1024

/* The monitor made the request; a mistake in it must run nothing. */
static bool
request_ok(const struct msg_version_ask *q)
{
	if (!valid_abs_path(q->path) || q->argument[0] == '\0' ||
	    (q->interp_dir[0] != '\0' && !valid_abs_path(q->interp_dir)))
		return false;
	for (size_t i = 0; i < q->binds.n; i++)
		if (!valid_abs_path(q->binds.v[i]))
			return false;
	return true;
}

void
version_ask_main(void)
{
	struct msg_version_said said = { NULL };
	struct msg_error wrong = { 0, NULL };
	char text[VERSION_TEXT_MAX], version[VERSION_MAX + 1];
	char why[WHY_MAX] = "the request makes no sense";
	const struct msg_version_ask *q;
	struct msg m;
	size_t len = 0;
	int r = RL_ERR_INVALID;

	proc_child_begin();
	/* Whatever it has started dies with it: --die-with-parent. */
	(void)alarm(LAST_RESORT);
	if (msg_read(PROC_CHANNEL_FD, REQUEST_MS, &m) != 0 ||
	    m.hdr.type != MSG_VERSION_ASK)
		fatal("no request came");
	q = m.body;
	if (request_ok(q))
		r = version_jail_run(q, PATH_BWRAP, PROC_CHANNEL_FD, text, &len,
		    why, sizeof(why));
	if (r == 0 &&
	    (r = version_find(text, len, version, sizeof(version))) != 0)
		(void)snprintf(why, sizeof(why),
		    "what it prints with %s has no version", q->argument);
	said.version = version;
	wrong.code = r;
	wrong.text = why;
	if (r == 0)
		r = msg_write(PROC_CHANNEL_FD, MSG_VERSION_SAID, m.hdr.id,
		    &said, NULL, 0);
	else
		r = msg_write(
		    PROC_CHANNEL_FD, MSG_ERROR, m.hdr.id, &wrong, NULL, 0);
	if (r != 0)
		fatal("cannot answer");
	exit(0);
}
