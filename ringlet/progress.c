/*
 * What is waited for, once that takes longer than a moment: one line on
 * standard error, if that is a terminal and nobody wants it quiet, which is
 * gone again afterwards.  Whoever waits calls this; nothing runs beside it.
 */

#include "config.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "ringlet.h"

#define MOMENT_MS 1000

/* The line on the terminal; as stderr, one a process. */
static bool shown;

static bool
is_seen(const struct cli *cli)
{
	return !cli->quiet && !cli->json && terminal_is_smart(STDERR_FILENO);
}

void
progress_begin(struct cli *cli, const char *what)
{
	progress_hide();
	cli->progress.what = what;
	cli->progress.begun = cli->progress.drawn = loop_now();
}

void
progress_hide(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}

void
progress_end(struct cli *cli)
{
	progress_hide();
	cli->progress.what = NULL;
}

void
progress_tick(struct cli *cli)
{
	struct progress *p = &cli->progress;
	uint64_t now = loop_now();

	if (p->what == NULL || now - p->drawn < MOMENT_MS || !is_seen(cli))
		return;
	p->drawn = now;
	fprintf(stderr, "\r\033[Kringlet: waiting for %s (%llus)", p->what,
	    (unsigned long long)(now - p->begun) / 1000);
	shown = true;
}

int
progress_wait(struct cli *cli, int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	uint64_t end = loop_now() + (uint64_t)timeout_ms, now;

	while ((now = loop_now()) < end) {
		if (poll(&pfd, 1,
			end - now < MOMENT_MS ? (int)(end - now) : MOMENT_MS) ==
		    1)
			break;
		progress_tick(cli);
	}
	return now < end ? (int)(end - now) : 0;
}
