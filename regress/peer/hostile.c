/*
 * A peer of the monitor that means harm.
 *
 * usage: hostile control SOCKET
 *
 * It speaks to a running monitor as the CLI does and says everything that it
 * may not: every message type, bodies cut, padded, of wrong kinds and with
 * counts that lie, headers that lie, descriptors, noise, floods.  Each claim
 * is one line, "ok ..." or "not ok ...", as live tests print them.  The
 * monitor may close the connection that did it, and nothing else.
 *
 * Started under the name of one of the daemons it takes that daemon's place
 * instead (hostile-daemon.c).
 */

#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "hostile.h"
#include "log.h"

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name == NULL ? argv[0] : name + 1;
	log_init("hostile", LOGL_ERROR);
	signal(SIGPIPE, SIG_IGN);
	if (strcmp(name, "ringletd") == 0 ||
	    strcmp(name, "ringlet-sandboxer") == 0)
		hostile_daemon(name);
	if (argc == 3 && strcmp(argv[1], "control") == 0)
		return hostile_control(argv[2]);
	fprintf(stderr, "usage: hostile control SOCKET\n");
	return 2;
}
