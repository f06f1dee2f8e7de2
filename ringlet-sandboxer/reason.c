/*
 * See reason.h.  Nobody can ask the kernel why a process got SIGKILL.  What is
 * said is therefore no more than that: nobody of ours sent it, and the kernel
 * counted a kill for want of memory while the session ran.
 */

#include "config.h"

#include <sys/wait.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reason.h"

#define LINE_SIZE (PATH_MAX + 16)

static bool
out_of_memory(const struct ending *e)
{
	if (e->killed || e->oom_after <= e->oom_before)
		return false;
	/* It may as well be the jail's first process that was chosen. */
	return !e->reported ||
	       (WIFSIGNALED(e->status) && WTERMSIG(e->status) == SIGKILL);
}

void
reason_of(const struct ending *e, struct reason *r)
{
	int signo =
	    e->reported && WIFSIGNALED(e->status) ? WTERMSIG(e->status) : 0;

	r->text = "";
	if (e->kill_asked)
		r->word = "kill";
	else if (out_of_memory(e)) {
		r->word = "memory";
		r->text = "the kernel ended it, being out of memory";
	} else if (e->cpu_out || signo == SIGXCPU) {
		r->word = "limit";
		r->text = "it has used all the processor time that it may";
	} else if (signo == SIGXFSZ) {
		r->word = "limit";
		r->text = "it wrote a file larger than it may";
	} else if (e->reported)
		r->word = "exit";
	else {
		r->word = "lost";
		r->text = "the jail ended without a report of its agent";
	}
}

/* The number behind a name at the beginning of a line of that file. */
static bool
read_count(const char *file, const char *name, uint64_t *out)
{
	char line[LINE_SIZE];
	const char *why = "none";
	size_t len = strlen(name);
	FILE *fp;

	if ((fp = fopen(file, "re")) == NULL)
		return false;
	while (why != NULL && fgets(line, sizeof(line), fp) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, name, len) == 0 && line[len] == ' ')
			*out = (uint64_t)strtonum(
			    line + len + 1, 0, LLONG_MAX, &why);
	}
	(void)fclose(fp);
	return why == NULL;
}

/* The folder of our own group in the one hierarchy of version 2. */
static bool
own_group(const char *root, char *dst, size_t size)
{
	char line[LINE_SIZE];
	bool found = false;
	FILE *fp;

	(void)snprintf(line, sizeof(line), "%s/proc/self/cgroup", root);
	if ((fp = fopen(line, "re")) == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), fp) != NULL)
		found =
		    strncmp(line, "0::/", 4) == 0 && strchr(line, '\n') != NULL;
	(void)fclose(fp);
	if (!found)
		return false;
	line[strcspn(line, "\n")] = '\0';
	return (size_t)snprintf(dst, size, "%s/sys/fs/cgroup%s/memory.events",
		   root, line + 3) < size;
}

uint64_t
reason_oom_kills(const char *root)
{
	char file[LINE_SIZE * 2];
	uint64_t n = 0;

	if (own_group(root, file, sizeof(file)) &&
	    read_count(file, "oom_kill", &n))
		return n;
	(void)snprintf(file, sizeof(file), "%s/proc/vmstat", root);
	(void)read_count(file, "oom_kill", &n);
	return n;
}
