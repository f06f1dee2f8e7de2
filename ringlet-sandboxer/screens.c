/*
 * The list of a session's saved screens and of its sizes.  Pure bookkeeping:
 * keeper.c fills it, attach.c reads it.
 */

#include "config.h"

#include <string.h>

#include "err.h"
#include "fdpass.h"
#include "screens.h"
#include "snapshot.h"

int
screens_init(struct screens *sc, unsigned int cols, unsigned int rows)
{
	int fd;

	memset(sc, 0, sizeof(*sc));
	if ((fd = snapshot_blank()) < 0)
		return fd;
	sc->saved[0] = (struct screen){
		.cols = cols, .rows = rows, .fd = fd, .exact = true
	};
	sc->n = 1;
	sc->sizes[0] = (struct size_at){ 0, cols, rows };
	sc->nsizes = 1;
	return 0;
}

void
screens_clear(struct screens *sc)
{
	while (sc->n > 0)
		fd_close(sc->saved[--sc->n].fd);
}

static void
drop(struct screens *sc, size_t i)
{
	fd_close(sc->saved[i].fd);
	sc->n--;
	memmove(&sc->saved[i], &sc->saved[i + 1],
	    (sc->n - i) * sizeof(sc->saved[0]));
}

static void
drop_size(struct screens *sc)
{
	sc->nsizes--;
	memmove(sc->sizes, sc->sizes + 1, sc->nsizes * sizeof(sc->sizes[0]));
}

void
screens_add(
    struct screens *sc, uint64_t offset, int fd, bool exact, uint64_t space)
{
	struct screen new = { .offset = offset, .fd = fd, .exact = exact };

	screens_size(sc, offset, &new.cols, &new.rows);
	/* The newest has served once it does not part the others. */
	if ((sc->n >= 2 && offset - sc->saved[sc->n - 2].offset < space) ||
	    sc->saved[sc->n - 1].offset == offset)
		drop(sc, sc->n - 1);
	else if (sc->n == SCREENS_MAX)
		drop(sc, 0);
	sc->saved[sc->n++] = new;
}

void
screens_trim(struct screens *sc, uint64_t tail)
{
	while (sc->n > 1 && sc->saved[0].offset < tail)
		drop(sc, 0);
	if (sc->saved[0].offset < tail)
		tail = sc->saved[0].offset;
	while (sc->nsizes > 1 && sc->sizes[1].offset <= tail)
		drop_size(sc);
}

void
screens_lost(struct screens *sc, uint64_t offset, int fd)
{
	struct screen new = { .offset = offset, .fd = fd, .exact = false };

	screens_size(sc, offset, &new.cols, &new.rows);
	while (sc->n > 0)
		drop(sc, sc->n - 1);
	sc->saved[sc->n++] = new;
}

const struct screen *
screens_newest(const struct screens *sc)
{
	return &sc->saved[sc->n - 1];
}

const struct screen *
screens_from(const struct screens *sc, uint64_t offset)
{
	size_t i;

	for (i = 0; i < sc->n; i++) {
		if (sc->saved[i].offset >= offset)
			return &sc->saved[i];
	}
	return NULL;
}

void
screens_resize(
    struct screens *sc, uint64_t offset, unsigned int cols, unsigned int rows)
{
	struct screen *newest = &sc->saved[sc->n - 1];
	struct size_at *last = &sc->sizes[sc->nsizes - 1];

	/* Two without a byte between them are one. */
	if (last->offset != offset) {
		if (sc->nsizes == SIZES_MAX) {
			drop_size(sc);
			if (sc->sizes[0].offset > newest->offset)
				newest->exact = false;
		}
		last = &sc->sizes[sc->nsizes++];
	}
	*last = (struct size_at){ offset, cols, rows };
}

size_t
screens_unsaved(const struct screens *sc)
{
	size_t n = 0;

	while (n < sc->nsizes && sc->sizes[sc->nsizes - 1 - n].offset >
				     screens_newest(sc)->offset)
		n++;
	return n;
}

void
screens_size(const struct screens *sc, uint64_t offset, unsigned int *cols,
    unsigned int *rows)
{
	size_t i;

	for (i = 1; i < sc->nsizes && sc->sizes[i].offset <= offset; i++)
		continue;
	*cols = sc->sizes[i - 1].cols;
	*rows = sc->sizes[i - 1].rows;
}
