/*
 * Asking for the vault's passphrase: from a file, on the terminal without
 * echo, or by the program that asks for ssh's.  It is read into memory that is
 * wiped, and is never in an argument or a variable.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <readpassphrase.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fdpass.h"
#include "ringlet.h"
#include "secret.h"

/* The longest, a line's end, and one byte to tell that it is longer. */
#define ROOM (PASSPHRASE_MAX + 3)

/* --- the program that asks --- */

struct askpass {
	const char *program; /* NULL: none may be used */
	bool wanted;	     /* even where there is a terminal */
};

static const char *
set_variable(const char *name)
{
	const char *value = getenv(name);

	return value != NULL && *value != '\0' ? value : NULL;
}

/*
 * What ssh-add makes of the same variables; RINGLET_ASKPASS comes first, and
 * needs no display, for it was set for us.
 */
static struct askpass
find_askpass(void)
{
	const char *require = set_variable("SSH_ASKPASS_REQUIRE");
	struct askpass a = { set_variable("RINGLET_ASKPASS"), false };
	bool force = require != NULL && strcasecmp(require, "force") == 0;

	if (a.program == NULL && (force || set_variable("DISPLAY") != NULL ||
				     set_variable("WAYLAND_DISPLAY") != NULL))
		a.program = set_variable("SSH_ASKPASS");
	if (require != NULL && strcasecmp(require, "never") == 0)
		a.program = NULL;
	a.wanted = force || (a.program != NULL && require != NULL &&
				strcasecmp(require, "prefer") == 0);
	return a;
}

/* Its status, or -1 with errno; *n bytes of what it said are at p. */
static int
run_askpass(const char *program, const char *question, char *p, ssize_t *n)
{
	extern char **environ;
	char *argv[] = { (char *)(uintptr_t)program,
		(char *)(uintptr_t)question, NULL };
	posix_spawn_file_actions_t fa;
	int fds[2], status, r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, fds[1], STDOUT_FILENO);
	r = posix_spawn(&pid, program, &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	close(fds[1]);
	if (r != 0) {
		close(fds[0]);
		errno = r;
		return -1;
	}
	*n = paths_read_all(fds[0], p, ROOM);
	close(fds[0]);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	return *n == -1 ? -1 : status;
}

/* 0, or reports. */
static int
ask_program(const struct cli *cli, const char *program, const char *question,
    char *p, ssize_t *n)
{
	int status;

	/* Who sets a relative name would have whatever lies there asked. */
	if (program[0] != '/')
		return fail_usage(cli,
		    "%s: the program that asks for passphrases must be named "
		    "by an absolute path (RINGLET_ASKPASS, SSH_ASKPASS)",
		    program);
	verbose(cli, "asking by %s", program);
	if ((status = run_askpass(program, question, p, n)) == -1)
		return fail_error(
		    cli, RL_ERR_SYSTEM, "%s: %s", program, strerror(errno));
	if (status != 0)
		return fail_error(cli, RL_ERR_UNAVAILABLE,
		    "%s gave no passphrase: nothing was done", program);
	/* As ssh does: what follows the first line is not meant for us. */
	for (ssize_t i = 0; i < *n; i++)
		if (p[i] == '\n' || p[i] == '\r') {
			secret_wipe(p + i, (size_t)(*n - i));
			*n = i;
			break;
		}
	return 0;
}

/* --- the terminal --- */

static bool
has_terminal(void)
{
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);

	fd_close(fd);
	return fd != -1;
}

/* 0, or reports; *source says who answered. */
static int
ask(const struct cli *cli, const char *question, char *p, ssize_t *n,
    const char **source)
{
	struct askpass a = find_askpass();
	bool terminal = has_terminal();

	if (a.program != NULL && (a.wanted || !terminal)) {
		*source = a.program;
		return ask_program(cli, a.program, question, p, n);
	}
	if (a.wanted)
		return fail_usage(cli,
		    "SSH_ASKPASS_REQUIRE is force, but neither "
		    "RINGLET_ASKPASS nor SSH_ASKPASS names a program");
	if (!terminal)
		return fail_usage(cli,
		    "there is no terminal to ask for the passphrase on" HINT
		    "give "
		    "--passphrase-file FILE, or set RINGLET_ASKPASS to a "
		    "program that asks");
	*source = "what was typed";
	*n = readpassphrase(question, p, ROOM, RPP_REQUIRE_TTY) == NULL
		 ? -1
		 : (ssize_t)strlen(p);
	return 0;
}

/* --- one passphrase --- */

/* What is wrong with it, or NULL. */
static const char *
judge(const char *p, size_t len, bool fresh)
{
	if (len == 0)
		return "is empty";
	if (len > PASSPHRASE_MAX)
		return "is longer than 1024 bytes";
	if (fresh && len < PASSPHRASE_MIN)
		return "is shorter than 8 bytes";
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)p[i] < 0x20 || p[i] == 0x7f)
			return "has a line break or control character in it";
	return NULL;
}

#define TEXT_BAD "the passphrase (%s) %s" HINT "give one line of 8 to 1024 bytes"

static int
get_one(const struct cli *cli, const char *question, bool fresh,
    const char *file, struct secret **out)
{
	char p[ROOM];
	const char *bad, *source = file;
	ssize_t n = 0;
	size_t len;
	int r = 0;

	if (file == NULL)
		r = ask(cli, question, p, &n, &source);
	else if (strcmp(file, "-") == 0) {
		source = "standard input";
		n = paths_read_all(STDIN_FILENO, p, sizeof(p));
	} else
		n = prompt_read_file(cli, file, p, sizeof(p));
	if (r == 0 && n == -1 && file == NULL)
		r = fail_error(cli, RL_ERR_SYSTEM,
		    "this terminal cannot be asked for the passphrase: %s" HINT
		    "give --passphrase-file FILE",
		    strerror(errno));
	else if (r == 0 && n == -1)
		r = fail_file(cli, source,
		    "the passphrase is read from a file that has it alone, - "
		    "is standard input");
	if (r != 0)
		goto out;
	len = (size_t)n;
	if (len > 0 && p[len - 1] == '\n')
		len--;
	if (len > 0 && p[len - 1] == '\r')
		len--;
	if ((bad = judge(p, len, fresh)) == NULL)
		*out = secret_new(p, len);
	/* How the command is written was right. */
	else if (file == NULL)
		r = fail_error(cli, RL_ERR_INVALID, TEXT_BAD, source, bad);
	else
		r = fail_usage(cli, TEXT_BAD, source, bad);
out:
	secret_wipe(p, sizeof(p));
	return r;
}

int
passphrase_get(const struct cli *cli, const char *question, const char *again,
    const char *file, struct secret **out)
{
	struct secret *second = NULL;
	int r;

	*out = NULL;
	r = get_one(cli, question, again != NULL, file, out);
	if (r != 0 || again == NULL || file != NULL)
		return r;
	if ((r = get_one(cli, again, true, NULL, &second)) == 0 &&
	    !secret_equal(second, secret_ptr(*out), secret_len(*out)))
		r = fail_error(cli, RL_ERR_INVALID,
		    "the two passphrases differ: nothing was done");
	secret_free(second);
	if (r != 0) {
		secret_free(*out);
		*out = NULL;
	}
	return r;
}
