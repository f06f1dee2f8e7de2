/*
 * A viewer's recording: the output byte by byte, each once, whatever was drawn
 * meanwhile; a screen stands in it only for bytes that are gone.
 */

#include "config.h"

#include <string.h>

#include "record.h"
#include "ring.h"
#include "ringlet.h"
#include "snapshot.h"
#include "view.h"
#include "viewer.h"

static void
put(struct viewer *v, const uint8_t *p, size_t len)
{
	const struct view *w = v->view;
	uint32_t size = ring_reader_size(w->ring);

	if (v->recording_failed)
		return;
	record_size(w->record, size >> 16, size & 0xffff);
	record_output(w->record, p, len);
	if (record_error(w->record) == 0)
		return;
	v->recording_failed = true;
	if (w->silent)
		view_finish(v, VIEW_RECORD);
	else
		view_say(v, "%s: %s: the recording ends here",
		    record_path(w->record), strerror(record_error(w->record)));
}

void
view_record(struct viewer *v, uint64_t offset, const uint8_t *p, size_t len)
{
	uint64_t end = offset + len;

	if (v->view->record == NULL)
		return;
	if (v->recorded > offset) {
		if (v->recorded >= end)
			return;
		p += v->recorded - offset;
		len = (size_t)(end - v->recorded);
	}
	put(v, p, len);
	v->recorded = end;
}

void
view_record_until(struct viewer *v, uint64_t offset, int fd)
{
	const struct view *w = v->view;
	uint8_t block[4096]; /* v->block may be in hand */
	const uint8_t *screen;
	uint64_t oldest;
	size_t want, len;
	ssize_t n;

	if (w->record == NULL)
		return;
	while (v->recorded < offset) {
		want = sizeof(block);
		if (offset - v->recorded < want)
			want = (size_t)(offset - v->recorded);
		n = ring_read(w->ring, v->recorded, block, want, &oldest);
		if (n <= 0)
			break;
		view_record(v, v->recorded, block, (size_t)n);
	}
	if (v->recorded >= offset)
		return;
	v->recorded = offset;
	if (fd == -1 || snapshot_map(fd, &screen, &len) != 0)
		return;
	put(v, screen, len);
	snapshot_unmap(screen, len);
}
