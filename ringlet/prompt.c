/*
 * Asking the user: for an API key without echo, for a yes.  A key is read
 * into memory that is wiped, and never stays in a stdio buffer.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <readpassphrase.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "apikey.h"
#include "fdpass.h"
#include "ringlet.h"
#include "secret.h"

/* Room for the longest key, a line's end, and one byte to tell it is longer. */
#define KEY_ROOM (APIKEY_MAX + 3)

/* A terminal drops what a line has beyond that, and does not say so. */
#if defined(__linux__)
#define TYPED_MAX 4095 /* N_TTY's buffer, without the line's end */
#else
#define TYPED_MAX MAX_CANON
#endif

ssize_t
prompt_read_file(
    const struct cli *cli, const char *file, char *p, size_t size)
{
	struct stat st;
	ssize_t n;
	int fd;

	/* Links are followed: /dev/fd/N and /dev/stdin are fine names. */
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 077) != 0)
		hint(cli, "%s: other users may read this file: chmod 600 it",
		    file);
	n = paths_read_all(fd, p, size);
	fd_close(fd);
	return n;
}

int
prompt_key(const struct cli *cli, const char *question, const char *file,
    struct secret **out)
{
	char p[KEY_ROOM], why[256];
	const char *source;
	bool from_stdin = file == NULL || strcmp(file, "-") == 0;
	bool from_tty = from_stdin && isatty(STDIN_FILENO);
	ssize_t n;
	size_t len;
	int r = 0;

	*out = NULL;
	if (from_tty) {
		source = "what was typed";
		n = readpassphrase(question, p, sizeof(p), RPP_REQUIRE_TTY) ==
			    NULL
			? -1
			: (ssize_t)strlen(p);
	} else if (from_stdin) {
		source = "standard input";
		n = paths_read_all(STDIN_FILENO, p, sizeof(p));
	} else {
		source = file;
		n = prompt_read_file(cli, file, p, sizeof(p));
	}
	if (n == -1 && from_tty) {
		r = fail_error(cli, RL_ERR_SYSTEM,
		    "this terminal cannot be asked for the API key: %s" HINT
		    "give it with --api-key-file",
		    strerror(errno));
		goto out;
	}
	if (n == -1) {
		r = fail_file(cli, source,
		    "the API key is read from a file that has it alone, - is "
		    "standard input");
		goto out;
	}
	len = (size_t)n;
	if (from_tty && len >= TYPED_MAX) {
		r = fail_error(cli, RL_ERR_TOOBIG,
		    "the API key (%s) may have been cut by the terminal, which "
		    "takes less than %d bytes in a line" HINT "give it with "
		    "--api-key-file",
		    source, TYPED_MAX);
		goto out;
	}
	if (len > 0 && p[len - 1] == '\n' && --len > 0 && p[len - 1] == '\r')
		len--;
	if (apikey_check(p, len, why, sizeof(why)) == 0)
		*out = secret_new(p, len);
	/* How the command is written was right. */
	else if (from_tty)
		r = fail_error(cli, RL_ERR_INVALID,
		    "the API key (%s) %s" HINT "give one line, the key alone",
		    source, why);
	else
		r = fail_usage(cli,
		    "the API key (%s) %s" HINT "give one line, the key alone",
		    source, why);
out:
	secret_wipe(p, sizeof(p));
	return r;
}

bool
prompt_yes(const char *question)
{
	char line[16];

	fprintf(stderr, "%s [y/N] ", question);
	if (fgets(line, sizeof(line), stdin) == NULL) {
		fputc('\n', stderr);
		return false;
	}
	line[strcspn(line, "\n")] = '\0';
	return strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0;
}

bool
prompt_line(const char *question, const char *preset, char *line, size_t size)
{
	char text[512], *p = text;
	size_t len;
	int c;

	if (preset != NULL)
		fprintf(stderr, "%s [%s] ", question, preset);
	else
		fprintf(stderr, "%s ", question);
	if (fgets(text, sizeof(text), stdin) == NULL) {
		fputc('\n', stderr);
		return false;
	}
	if (strchr(text, '\n') == NULL && !feof(stdin)) {
		while ((c = getchar()) != EOF && c != '\n')
			;
		return false;
	}
	p += strspn(p, " \t");
	len = strcspn(p, "\n");
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	p[len] = '\0';
	if (len == 0 && preset != NULL)
		p = (char *)(uintptr_t)preset;
	return strlcpy(line, p, size) < size;
}
