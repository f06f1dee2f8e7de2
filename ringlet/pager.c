/*
 * Long output by pages, as git(1) and systemctl(1) have it.
 *
 * What a command prints is kept in memory, as a file, until it has ended;
 * only then is it known whether a pager is wanted, and nothing has to be
 * handed on, ended early, or waited for in between.  What does not go to a
 * terminal, JSON, and keys never pass here: run_command() in main.c decides.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"
#include "paths.h"
#include "ringlet.h"
#include "xmalloc.h"

#define PAGER_WORDS 16

/* Standard output as it was, while it is kept; as stdout, one a process. */
static int terminal = -1;

/*
 * What the user says, in words: a program that is looked for in PATH, as it
 * is the user's, with arguments.  No words: no pager is wanted.
 */
static size_t
pager_words(char *text, char **argv)
{
	size_t n = 0;
	char *word;

	while (n < PAGER_WORDS - 1 && (word = strsep(&text, " \t")) != NULL)
		if (*word != '\0')
			argv[n++] = word;
	argv[n] = NULL;
	return n == 1 && strcmp(argv[0], "cat") == 0 ? 0 : n;
}

static char *
pager_setting(void)
{
	const char *s = getenv("RINGLET_PAGER");

	if (s == NULL)
		s = getenv("PAGER");
	return xstrdup(s != NULL ? s : PATH_LESS " -FRX");
}

static bool
is_wanted(void)
{
	char *argv[PAGER_WORDS], *text = pager_setting();
	bool wanted = pager_words(text, argv) > 0;

	/* A default that is not installed is no mistake of the user's. */
	if (wanted && *argv[0] == '/' && access(argv[0], X_OK) != 0)
		wanted = false;
	free(text);
	return wanted;
}

static int
dup_high(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* What is held goes to memory, not to a disk: it may be somebody's secret. */
static int
hold_new(void)
{
#ifdef HAVE_MEMFD_CREATE
	return memfd_create("pager", MFD_CLOEXEC);
#else
	FILE *f = tmpfile();
	int fd = f != NULL ? dup_high(fileno(f)) : -1;

	if (f != NULL)
		fclose(f);
	return fd;
#endif
}

void
pager_begin(void)
{
	int fd;

	if (terminal != -1 || !terminal_is_smart(output_fd()) || !is_wanted() ||
	    fflush(stdout) != 0 || (fd = hold_new()) == -1)
		return;
	if ((terminal = dup_high(STDOUT_FILENO)) != -1 &&
	    dup2(fd, STDOUT_FILENO) == -1) {
		close(terminal);
		terminal = -1;
	}
	close(fd);
}

int
output_fd(void)
{
	return terminal != -1 ? terminal : STDOUT_FILENO;
}

/* Standard output is the terminal again: what was kept, to be closed. */
static int
take_back(void)
{
	int kept;

	(void)fflush(stdout);
	kept = dup_high(STDOUT_FILENO);
	if (dup2(terminal, STDOUT_FILENO) == -1 || kept == -1 ||
	    lseek(kept, 0, SEEK_SET) == -1) {
		fd_close(kept);
		kept = -1;
	}
	close(terminal);
	terminal = -1;
	return kept;
}

static int
copy_out(int kept)
{
	char p[8192];
	ssize_t n = -1;

	if (kept == -1 || lseek(kept, 0, SEEK_SET) == -1)
		return -1;
	while ((n = paths_read_all(kept, p, sizeof(p))) > 0)
		if (paths_write_all(STDOUT_FILENO, p, (size_t)n) != 0)
			return -1;
	return n == 0 ? 0 : -1;
}

/* Whether it takes more lines than there are; columns are bytes at most. */
static bool
is_long(int kept)
{
	uint64_t cols, rows, lines = 0, column = 0;
	char p[8192];
	ssize_t n;

	if (!output_size(&cols, &rows) || lseek(kept, 0, SEEK_SET) == -1)
		return false;
	while ((n = paths_read_all(kept, p, sizeof(p))) > 0)
		for (ssize_t i = 0; i < n; i++)
			if (p[i] == '\n' || ++column > cols) {
				column = p[i] == '\n' ? 0 : 1;
				lines++;
			}
	/* The last is the shell's. */
	return lines >= rows;
}

static void __attribute__((__noreturn__)) exec_pager(int kept)
{
	char *argv[PAGER_WORDS], *text = pager_setting();

	/* One that is called less alone would show colours as text. */
	(void)setenv("LESS", "FRX", 0);
	if (pager_words(text, argv) > 0 && dup2(kept, STDIN_FILENO) != -1)
		(void)execvp(argv[0], argv);
	_exit(127);
}

/* False: there is none, and nothing was shown. */
static bool
run_pager(int kept)
{
	struct sigaction ignore, was_int, was_quit;
	int status = 0;
	pid_t pid;

	if (lseek(kept, 0, SEEK_SET) == -1)
		return false;
	if ((pid = fork()) == 0)
		exec_pager(kept);
	if (pid == -1)
		return false;
	/* A key of the pager's; whoever waits for it stays. */
	memset(&ignore, 0, sizeof(ignore));
	ignore.sa_handler = SIG_IGN;
	sigemptyset(&ignore.sa_mask);
	(void)sigaction(SIGINT, &ignore, &was_int);
	(void)sigaction(SIGQUIT, &ignore, &was_quit);
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	(void)sigaction(SIGINT, &was_int, NULL);
	(void)sigaction(SIGQUIT, &was_quit, NULL);
	return !(WIFEXITED(status) && WEXITSTATUS(status) == 127);
}

void
pager_let_go(void)
{
	int kept;

	if (terminal == -1)
		return;
	kept = take_back();
	(void)copy_out(kept);
	fd_close(kept);
}

int
pager_end(void)
{
	int kept, r = 0;

	if (terminal == -1)
		return 0;
	if ((kept = take_back()) == -1)
		return -1;
	if (!is_long(kept) || !run_pager(kept))
		r = copy_out(kept);
	fd_close(kept);
	return r;
}
