/*
 * Running ssh, and by it a command on another machine.
 *
 * How one gets there, and who is asked for what, is the user's configuration
 * of ssh: nothing here overrides it.  What is added is only whether there is
 * a terminal at the other end.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "ringlet.h"
#include "ssh.h"
#include "xmalloc.h"

#define REPORT_MAX (16 * 1024)

static const int enders[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

/* What is printed over there, as this program would report it. */
static char *
report_of(bool json, const char *text)
{
	struct buf *b;
	char *report = NULL;

	if (!json)
		return xasprintf("ringlet: %s", text);
	b = buf_new(REPORT_MAX);
	if (buf_puts(b, "{\"success\":false,\"error\":{\"code\":"
			"\"UNREACHABLE\",\"message\":") == 0 &&
	    text_put_json(b, text) == 0 && buf_puts(b, ",\"hint\":null}}") == 0)
		report = xstrndup((const char *)buf_ptr(b), buf_len(b));
	buf_free(b);
	return report != NULL ? report : xstrdup("");
}

char *
ssh_command_for(
    const struct cli *cli, const char *host, const char *const *args, size_t n)
{
	char *text, *missing, *command;

	text = xasprintf("%s has no ringlet in PATH or ~/.local/bin: install "
			 "it there, as README.md says, or make a link to it in "
			 "~/.local/bin",
	    host);
	missing = report_of(cli->json, text);
	command = ssh_command(args, n, missing, cli->json);
	free(missing);
	free(text);
	if (command == NULL)
		(void)fail_usage(cli, "the arguments are too long for ssh: "
				      "30000 bytes do in any case");
	return command;
}

/* --- signals --- */

/* A signal that is ignored, and blocked, need not wait; one with this does. */
static void
on_child(int signo)
{
}

void
ssh_block_signals(sigset_t *set, sigset_t *old)
{
	struct sigaction sa;

	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < NELEM(enders); i++)
		if (sigaction(enders[i], NULL, &sa) == 0 &&
		    sa.sa_handler != SIG_IGN)
			sigaddset(set, enders[i]);
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_child;
	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGCHLD, &sa, NULL);
	(void)sigprocmask(SIG_BLOCK, set, old);
}

int
ssh_signal_waits(const sigset_t *set)
{
	sigset_t waits;

	if (sigpending(&waits) == -1)
		return 0;
	for (size_t i = 0; i < NELEM(enders); i++)
		if (sigismember(set, enders[i]) == 1 &&
		    sigismember(&waits, enders[i]) == 1)
			return enders[i];
	return 0;
}

/* --- the program --- */

int
ssh_null(const struct cli *cli)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd == -1)
		(void)fail_error(
		    cli, RL_ERR_SYSTEM, "/dev/null: %s", strerror(errno));
	return fd;
}

static void __attribute__((__noreturn__))
exec_ssh(char *const *argv, const sigset_t *old, int in, int out)
{
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, old, NULL);
	if ((in != -1 && dup2(in, STDIN_FILENO) == -1) ||
	    (out != -1 && dup2(out, STDOUT_FILENO) == -1))
		_exit(SSH_FAILED);
	closefrom(STDERR_FILENO + 1);
	execv(argv[0], argv);
	dprintf(STDERR_FILENO, "ringlet: %s: %s\n", argv[0], strerror(errno));
	_exit(SSH_FAILED);
}

pid_t
ssh_start(const struct cli *cli, char *const *argv, const sigset_t *old, int in,
    int out)
{
	pid_t pid;

	if (access(argv[0], X_OK) == -1) {
		(void)fail_daemon(cli,
		    "%s: %s: install ssh (on Debian: openssh-client), or build "
		    "Ringlet with --with-ssh",
		    argv[0], strerror(errno));
		return -1;
	}
	fflush(NULL);
	if ((pid = fork()) == 0)
		exec_ssh(argv, old, in, out);
	if (pid == -1)
		(void)fail_error(
		    cli, RL_ERR_SYSTEM, "fork: %s", strerror(errno));
	return pid;
}

/* Hands on what ends this program, *signo, until ssh has ended. */
static int
wait_for_ssh(pid_t pid, const sigset_t *set, int *signo)
{
	int status = 0, got;

	*signo = 0;
	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (sigwait(set, &got) != 0 || got == SIGCHLD)
			continue;
		*signo = got;
		(void)kill(pid, got);
	}
	/* A terminal sends ^C to ssh as well, which may be the first to end. */
	if (*signo == 0)
		*signo = ssh_signal_waits(set);
	return status;
}

/* Whoever has started this program sees what became of it. */
static void
die_by(int signo)
{
	sigset_t set;

	(void)signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	(void)raise(signo);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static int
run_ssh(struct cli *cli, const char *host, char *const *argv, int in)
{
	sigset_t set, old;
	int status, signo;
	pid_t pid;

	ssh_block_signals(&set, &old);
	if ((pid = ssh_start(cli, argv, &old, in, -1)) == -1)
		return STATUS_UNREACHABLE;
	status = wait_for_ssh(pid, &set, &signo);
	if (signo == 0 && WIFSIGNALED(status))
		signo = WTERMSIG(status);
	if (signo != 0 &&
	    (WIFSIGNALED(status) || WEXITSTATUS(status) == SSH_FAILED)) {
		die_by(signo);
		return 128 + signo;
	}
	if (WEXITSTATUS(status) == SSH_FAILED)
		return fail_daemon(cli,
		    "%s could not be reached by ssh, or the connection "
		    "broke" HINT "'ssh %s' should log in",
		    host, host);
	return WEXITSTATUS(status);
}

/* --- -H --- */

static bool
has_word(const struct args *args, const char *a, const char *b)
{
	for (size_t i = 0; i < args->n && strcmp(args->v[i], "--") != 0; i++)
		if (strcmp(args->v[i], a) == 0 || strcmp(args->v[i], b) == 0)
			return true;
	return false;
}

/* The words for the other machine: a block that the caller frees. */
static const char **
collect(const struct cli *cli, const struct args *args, size_t *n)
{
	const char **v = xcalloc(args->n + 8, sizeof(*v));
	bool dashboard = args->n > 0 && strcmp(args->v[0], "dashboard") == 0;

	*n = 0;
	if (cli->json)
		v[(*n)++] = "--json";
	if (cli->quiet)
		v[(*n)++] = "--quiet";
	if (cli->verbose)
		v[(*n)++] = "--verbose";
	if (cli->no_pager)
		v[(*n)++] = "--no-pager";
	if (opt_has(args, OPT_HELP))
		v[(*n)++] = "--help";
	if (opt_has(args, 'V'))
		v[(*n)++] = "--version";
	for (size_t i = 0; i < args->n; i++) {
		v[(*n)++] = args->v[i];
		/* A browser over there is seen by nobody here. */
		if (i == 0 && dashboard && !has_word(args, "--print", ""))
			v[(*n)++] = "--print";
	}
	if (dashboard && !has_word(args, "--url", "--help"))
		hint(cli, "a browser here needs a tunnel: 'ringlet tunnel "
			  "HOST' makes it and opens one");
	return v;
}

int
ssh_run(struct cli *cli, const char *host, const struct args *args)
{
	bool in = isatty(STDIN_FILENO) == 1;
	bool terminal = in && isatty(STDOUT_FILENO) == 1;
	char *argv[] = { SSH_WORD(PATH_SSH), SSH_WORD("-e"), SSH_WORD("none"),
		SSH_WORD(terminal ? "-t" : "-T"), SSH_WORD("--"),
		SSH_WORD(host), NULL, NULL };
	const char **words;
	size_t n;
	int r = STATUS_USAGE, null = -1;

	if (!ssh_host_ok(host))
		return fail_usage(cli,
		    "-H: '%s' is no host" HINT
		    "HOST or USER@HOST, as ssh takes it",
		    host);
	if (args->n > 0 && strcmp(args->v[0], "tunnel") == 0)
		return fail_usage(cli,
		    "a tunnel begins here" HINT "'ringlet tunnel %s'", host);
	words = collect(cli, args, &n);
	argv[6] = ssh_command_for(cli, host, words, n);
	free(words);
	if (argv[6] == NULL)
		return r;
	/*
	 * Without a terminal over there nobody hides what is typed here: a key
	 * would be seen.  So nothing can be typed.
	 */
	if (in && !terminal && (null = ssh_null(cli)) == -1)
		r = STATUS_FAILED;
	else
		r = run_ssh(cli, host, argv, null);
	free(argv[6]);
	if (null != -1)
		close(null);
	return r;
}
