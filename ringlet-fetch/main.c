/*
 * ringlet-fetch: one request on its channel, one folder in answer, and it
 * ends.  `ringlet registry sync` and the monitor start it, so that neither has
 * network code; it is the only program that links libcurl.  It holds no key
 * and no token, and what it shows is believed by nobody.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "err.h"
#include "fetch.h"
#include "log.h"
#include "msgdef.h"
#include "paths.h"
#include "proc.h"

#define REQUEST_MS  5000   /* that it waits for its request */
#define WAIT_MS	    180000 /* and for what it has shown to be read */
#define SHORTEST_MS 1000   /* bounds of RegistryTimeout */
#define LONGEST_MS  50000

static unsigned
bounded(uint64_t ms)
{
	return ms < SHORTEST_MS	 ? SHORTEST_MS
	       : ms > LONGEST_MS ? LONGEST_MS
				 : (unsigned)ms;
}

/*
 * The folder stays until the channel closes, which is when whoever asked has
 * read it.
 */
static int
serve(const struct paths *paths, bool progress)
{
	const struct msg_registry_fetch *req;
	struct msg_error wrong = { 0, NULL };
	struct fetched got = { -1, NULL };
	struct fetch f = { .parent = paths->runtime_dir, .progress = progress };
	char why[1024] = "";
	struct msg m, end;
	int r;

	if (msg_read(PROC_CHANNEL_FD, REQUEST_MS, &m) != 0 ||
	    m.hdr.type != MSG_REGISTRY_FETCH) {
		log_error("no request came");
		return 1;
	}
	req = m.body;
	f.url = req->url;
	f.channel = req->channel;
	f.timeout_ms = bounded(req->timeout_ms);
	wrong.code = fetch_registry(&f, &got, why, sizeof(why));
	wrong.text = why;
	if (wrong.code == 0)
		r = msg_write(PROC_CHANNEL_FD, MSG_REGISTRY_FETCHED, m.hdr.id,
		    NULL, &got.dir, 1);
	else
		r = msg_write(
		    PROC_CHANNEL_FD, MSG_ERROR, m.hdr.id, &wrong, NULL, 0);
	if (r != 0)
		log_error("cannot answer");
	else if (msg_read(PROC_CHANNEL_FD, WAIT_MS, &end) == 0)
		msg_clear(&end);
	msg_clear(&m);
	fetched_remove(&got);
	return r == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	bool progress = argc == 2 && strcmp(argv[1], "-p") == 0;
	struct paths paths;
	const char *bad;
	int status;

	log_init("ringlet-fetch", LOGL_WARN);
	if (argc != 1 && !progress) {
		fprintf(stderr, "usage: ringlet-fetch [-p]\n");
		return 2;
	}
	proc_child_begin();
	if (paths_init(&paths, &bad) != 0)
		fatal("%s is not an absolute path", bad);
	status = serve(&paths, progress);
	paths_free(&paths);
	return status;
}
