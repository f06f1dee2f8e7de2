/*
 * A screen keeper that was taken over.  RINGLET_HOSTILE says what it does:
 *
 *	honest	nothing wrong: it draws the number of bytes it has read
 *	late	the same, but takes its time to save it
 *	slow	the same, but takes longer to read than a keeper may be silent
 *	stays	the same, but does not end when its channel does
 *	die	ends at once
 *	/FILE	the same until there is such a file
 *	silent	reads its messages and answers none
 *	crawls	says that it is busy, and gets no further
 *	ahead	claims to have read more than it was told to
 *	back	says that the screen is older than the last one
 *	beyond	says that it is of bytes that it was not told to read
 *	size	says another size than the file has
 *	mapped	keeps the file writable
 *	unasked	answers what it was not asked
 *	types	says what a viewer may say
 *	rings	the same as honest, and each time says that a bell rang
 *	again	says of one bell that it rang twice
 *	early	says that a bell rang in what it was not told to read
 *	escape	puts a control character into a notice
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "msg.h"
#include "msgdef.h"
#include "proc.h"

static const char *mode;

static void
say(uint16_t type, uint32_t id, const void *body)
{
	if (msg_write(PROC_CHANNEL_FD, type, id, body, NULL, 0) != 0)
		exit(0);
}

static void
fed(uint32_t id, uint64_t offset)
{
	struct msg_screen_fed m = { offset };

	if (strcmp(mode, "ahead") == 0)
		m.offset++;
	say(MSG_SCREEN_FED, id, &m);
}

/* From from to to, a step a second. */
static void
read_slowly(uint64_t from, uint64_t to)
{
	struct msg_screen_busy m;
	int i;

	for (i = 1; i <= 7; i++) {
		m.offset = from + (to - from) / 8 * (uint64_t)i;
		say(MSG_SCREEN_BUSY, 0, &m);
		(void)sleep(1);
	}
}

static void
ring(uint64_t bell, const char *text)
{
	struct msg_screen_notice m = {
		.bell = bell, .title = "", .text = text
	};

	if (text[0] != '\0')
		m.note = bell;
	say(MSG_SCREEN_NOTICE, 0, &m);
}

/* The notices of a FEED up to there. */
static void
notices(uint64_t upto)
{
	if (strcmp(mode, "rings") == 0)
		ring(upto, "");
	else if (strcmp(mode, "again") == 0) {
		ring(upto, "");
		ring(upto, "");
	} else if (strcmp(mode, "early") == 0)
		ring(upto + 1, "");
	else if (strcmp(mode, "escape") == 0)
		ring(upto, "\033[2J");
}

static void
save(uint32_t id, uint64_t offset, int fd)
{
	struct msg_screen_saved m = { .offset = offset };
	char text[64];
	ssize_t n;

	if (strcmp(mode, "late") == 0)
		(void)sleep(1);
	(void)snprintf(
	    text, sizeof(text), "%llu", (unsigned long long)offset);
	if ((n = write(fd, text, strlen(text))) == -1)
		exit(1);
	m.size = (uint64_t)n;
	if (strcmp(mode, "back") == 0)
		m.offset = 0;
	if (strcmp(mode, "beyond") == 0)
		m.offset++;
	if (strcmp(mode, "size") == 0)
		m.size++;
	if (strcmp(mode, "mapped") == 0 &&
	    mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) ==
		MAP_FAILED)
		exit(1);
	say(MSG_SCREEN_SAVED, id, &m);
}

int
main(void)
{
	struct msg_viewer_at at = { 0 };
	struct msg_screen_busy busy = { 0 };
	uint64_t offset = 0, upto;
	struct msg m;

	(void)prctl(PR_SET_NAME, "hostile-screen", 0, 0, 0);
	if ((mode = getenv("RINGLET_HOSTILE")) == NULL ||
	    strcmp(mode, "die") == 0 ||
	    (mode[0] == '/' && access(mode, F_OK) == -1))
		return 1;
	while (msg_read(PROC_CHANNEL_FD, -1, &m) == 0) {
		switch (m.hdr.type) {
		case MSG_SCREEN_START:
			offset = ((const struct msg_screen_start *)m.body)
				     ->offset;
			if (strcmp(mode, "unasked") == 0)
				fed(77, offset);
			if (strcmp(mode, "types") == 0)
				say(MSG_VIEWER_AT, 0, &at);
			break;
		case MSG_SCREEN_FEED:
			upto = ((const struct msg_screen_feed *)m.body)->upto;
			if (strcmp(mode, "slow") == 0)
				read_slowly(offset, upto);
			offset = upto;
			notices(upto);
			busy.offset = offset > 0 ? offset - 1 : 0;
			if (strcmp(mode, "crawls") == 0) {
				say(MSG_SCREEN_BUSY, 0, &busy);
				say(MSG_SCREEN_BUSY, 0, &busy);
			}
			if (strcmp(mode, "silent") != 0)
				fed(m.hdr.id, offset);
			break;
		case MSG_SCREEN_SAVE:
			if (strcmp(mode, "silent") != 0)
				save(m.hdr.id, offset, m.fds[0]);
			break;
		default:
			break;
		}
		msg_clear(&m);
	}
	while (strcmp(mode, "stays") == 0)
		(void)pause();
	return 0;
}
