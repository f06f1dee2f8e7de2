/*
 * Opening a browser with a URL that has a one-time code in it.
 *
 * The code must not be in an argument list, which every user of the machine
 * can read: so what is opened is a file of ours, in a folder that nobody else
 * may enter, and that sends the browser on.  What is left in it afterwards is
 * a code that was used, or is over within a minute.
 */

#include "config.h"

#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop.h"
#include "ringlet.h"
#include "secret.h"
#include "xmalloc.h"

#define OPEN_MS	  3000 /* in which a program that cannot open has ended */
#define PAGE_NAME "dashboard.html"

/* What opens a browser here; NULL: nothing does. */
static const char *
find_opener(void)
{
	const char *browser = getenv("BROWSER");

	/* A bare name would be looked for in folders that others may write. */
	if (browser == NULL || browser[0] != '/')
		browser = PATH_XDG_OPEN;
	return access(browser, X_OK) == 0 ? browser : NULL;
}

static void __attribute__((__noreturn__)) run_opener(char **argv)
{
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* The browser that it may become outlives this terminal. */
	setsid();
	if (null == -1 || dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 || dup2(null, STDERR_FILENO) == -1)
		_exit(126);
	closefrom(STDERR_FILENO + 1);
	execv(argv[0], argv);
	_exit(127);
}

/* Whether the program has taken it; one that goes on running has. */
static bool
open_file(const char *opener, const char *path)
{
	char *url = url_of_file(path);
	char *argv[] = { (char *)(uintptr_t)opener, url, NULL };
	uint64_t end = loop_now() + OPEN_MS;
	int status = 0;
	pid_t pid, done;

	fflush(NULL);
	if ((pid = fork()) == 0)
		run_opener(argv);
	free(url);
	if (pid == -1)
		return false;
	while ((done = waitpid(pid, &status, WNOHANG)) == 0 && loop_now() < end)
		poll(NULL, 0, 20);
	return done == 0 || (done == pid && status == 0);
}

bool
browser_open(const char *dir, const char *url, char **file)
{
	const char *opener = find_opener();
	char *path, *page;
	bool opened;

	*file = NULL;
	if (opener == NULL)
		return false;
	path = xasprintf("%s/%s", dir, PAGE_NAME);
	/* Of what is in the URL nothing means anything to HTML. */
	page = xasprintf(
	    "<!DOCTYPE html>\n"
	    "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	    "<meta name=\"referrer\" content=\"no-referrer\">\n"
	    "<meta http-equiv=\"refresh\" content=\"0;url=%s\">\n"
	    "<title>Ringlet</title></head>\n"
	    "<body><a href=\"%s\">Ringlet's dashboard</a></body></html>\n",
	    url, url);
	/* Mode 0600, and complete from the instant it has that name. */
	opened = paths_write_file(path, page, strlen(page)) == 0 &&
		 open_file(opener, path);
	/* Nobody will come for it. */
	if (!opened) {
		(void)unlink(path);
		free(path);
	} else
		*file = path;
	secret_wipe(page, strlen(page));
	free(page);
	return opened;
}
