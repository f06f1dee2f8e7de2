/*
 * Runs a fuzz target without libFuzzer over the files and folders named on
 * the command line, so that `make check` replays a corpus with any compiler.
 * A target that finds something wrong aborts; the last name printed is the
 * input that did it.
 */
#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX (1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static unsigned int inputs;

static void
replay_file(int dirfd, const char *name)
{
	static uint8_t data[INPUT_MAX];
	uint8_t *exact;
	size_t len = 0;
	ssize_t n;
	int fd;

	if ((fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC)) == -1)
		err(1, "%s", name);
	while ((n = read(fd, data + len, sizeof(data) - len)) > 0)
		len += (size_t)n;
	if (n == -1)
		err(1, "%s", name);
	close(fd);
	printf("%s\n", name);
	fflush(stdout);
	if ((exact = malloc(len != 0 ? len : 1)) == NULL)
		err(1, "malloc");
	memcpy(exact, data, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	inputs++;
}

static void
replay_dir(int fd, const char *name)
{
	struct dirent *e;
	DIR *d;

	if ((d = fdopendir(fd)) == NULL)
		err(1, "%s", name);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			replay_file(dirfd(d), e->d_name);
	}
	closedir(d);
}

int
main(int argc, char **argv)
{
	int i, fd;

	for (i = 1; i < argc; i++) {
		fd = open(argv[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd != -1)
			replay_dir(fd, argv[i]);
		else
			replay_file(AT_FDCWD, argv[i]);
	}
	/* A corpus that was not found must not look like one that passed. */
	if (inputs == 0)
		errx(1, "no input was replayed");
	printf("%u inputs replayed\n", inputs);
	return 0;
}
