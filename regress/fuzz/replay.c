/*
 * Runs a fuzz target without libFuzzer over the files and folders named on
 * the command line, or over $srcdir/REPLAY_CORPUS without arguments, so that
 * `make check` replays a corpus with any compiler.  A target that finds
 * something wrong aborts; the last name printed is the input that did it.
 */
#include "config.h"

#include <sys/stat.h>

#include <dirent.h>
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
die(const char *what)
{
	perror(what);
	exit(1);
}

static void
replay_file(int dirfd, const char *name)
{
	static uint8_t data[INPUT_MAX];
	uint8_t *exact;
	size_t len = 0;
	ssize_t n;
	int fd;

	if ((fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC)) == -1)
		die(name);
	while ((n = read(fd, data + len, sizeof(data) - len)) > 0)
		len += (size_t)n;
	if (n == -1)
		die(name);
	close(fd);
	printf("%s\n", name);
	fflush(stdout);
	if ((exact = malloc(len != 0 ? len : 1)) == NULL)
		die("malloc");
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
		die(name);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] != '.')
			replay_file(dirfd(d), e->d_name);
	}
	closedir(d);
}

static void
replay(const char *name)
{
	int fd;

	fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd != -1)
		replay_dir(fd, name);
	else
		replay_file(AT_FDCWD, name);
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char name[4096];
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc <= 1) {
		snprintf(name, sizeof(name), "%s/%s",
		    srcdir != NULL ? srcdir : ".", REPLAY_CORPUS);
		replay(name);
	}
	/* A corpus that was not found must not look like one that passed. */
	if (inputs == 0) {
		fprintf(stderr, "no input was replayed\n");
		return 1;
	}
	printf("%u inputs replayed\n", inputs);
	return 0;
}
