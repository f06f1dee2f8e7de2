/*
 * Writes the seeds of fuzz_msg into the folder named on the command line: for
 * every message type an empty body and two generated ones.  With -c it only
 * says which types have none there, and fails if there are any: a type is
 * added together with its seeds.
 */

#include "config.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "msgdef.h"
#include "regress/peer/msggen.h"

#define SEEDS	 3
#define SEED_MAX 1500 /* bytes; small ones are what a fuzzer works well on */

static void
write_seed(int dir, const char *name, uint16_t type, const struct buf *b)
{
	const uint8_t number[] = { type & 0xff, type >> 8 };
	size_t len = buf_len(b) - MSG_HDR_LEN;
	int fd;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd == -1 || write(fd, number, 2) != 2 ||
	    write(fd, buf_ptr(b) + MSG_HDR_LEN, len) != (ssize_t)len) {
		perror(name);
		exit(1);
	}
	close(fd);
}

/* A body of at most SEED_MAX bytes; the first is empty. */
static void
make_seed(const struct msg_type *t, struct msggen *g, int i, struct buf *b)
{
	do {
		buf_reset(b);
		if (msg_encode(b, t->type, 0, 0,
			i == 0 ? msggen_empty(g, t->rec)
			       : msggen_random(g, t->rec)) != 0) {
			fprintf(stderr, "%s cannot be encoded\n", t->name);
			exit(1);
		}
	} while (buf_len(b) > SEED_MAX && i != 0);
}

int
main(int argc, char **argv)
{
	const struct msg_type *type;
	const char *srcdir = getenv("srcdir");
	char path[4096], name[128];
	struct msggen *g;
	struct buf *b;
	size_t missing = 0;
	bool check = argc == 1 || (argc == 3 && strcmp(argv[1], "-c") == 0);
	int dir;

	if (!check && argc != 2) {
		fprintf(stderr, "usage: seed-msg [[-c] folder]\n");
		return 2;
	}
	snprintf(path, sizeof(path), "%s/regress/fuzz/corpus-msg",
	    srcdir != NULL ? srcdir : ".");
	if (argc > 1)
		snprintf(path, sizeof(path), "%s", argv[argc - 1]);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		perror(path);
		return 1;
	}
	g = msggen_new(11);
	b = buf_new(MSG_HDR_LEN + MSG_MAX_BODY);
	for (size_t k = 0; (type = msg_type_at(k)) != NULL; k++)
		for (int i = 0; i < SEEDS; i++) {
			/* Only one body there can be. */
			if (i > 0 && type->rec->nfields == 0)
				continue;
			snprintf(name, sizeof(name), "%s-%d", type->name, i);
			if (check) {
				if (faccessat(dir, name, R_OK, 0) == 0)
					continue;
				printf("no seed %s\n", name);
				missing++;
				continue;
			}
			make_seed(type, g, i, b);
			write_seed(dir, name, type->type, b);
		}
	close(dir);
	buf_free(b);
	msggen_free(g);
	return missing == 0 ? 0 : 1;
}
