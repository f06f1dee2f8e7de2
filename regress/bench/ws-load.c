/*
 * ws-load: what clients of a terminal server do, with clocks.
 *
 * usage: ws-load read [-p] [-v VIEWERS] [-c PID] ADDRESS PATH BYTES
 *        ws-load echo [-n COUNT] [-g MICROSECONDS] ADDRESS PATH
 *        ws-load attach [-n COUNT] ADDRESS PATH HEAD
 *        ws-load hold [-v VIEWERS] ADDRESS PATH
 *        ws-load drain ADDRESS PATH
 *        ws-load start [-n COUNT] ADDRESS ALIAS
 *
 *	read	Watch by so many viewers, type a line, and read until each has
 *		BYTES more.  Prints "RECEIVED MISSED SECONDS CLIENT SERVER":
 *		bytes of all viewers together, bytes that they were told they
 *		missed, seconds from the first byte to the last, and
 *		processor seconds of this process and of PID with all that is
 *		Ringlet's below it, agents left out.  Fails if a viewer does
 *		not see the last line of fake-agent's flood, or with -p the
 *		last bytes of its pattern.
 *	echo	Type a byte and wait for it, again and again, with a pause in
 *		between.  Prints "P50 P99 MAX" in microseconds.
 *	attach	Come, read until offset HEAD, and go.  Prints "MS BYTES":
 *		the median time from the request to the last byte.
 *	hold	Watch, say "ready" and do nothing until standard input ends.
 *	drain	Type a line, say "ready", and read until it is over.
 *	start	Ask Ringlet for a session of a profile, with the argument
 *		"hello", and watch it; again and again.  Prints a line for each:
 *		milliseconds from the request to the first byte of output.
 *
 * -t FILE gives the token.  -T: the server is a ttyd, where each viewer has a
 * process of its own, and each types the line.  All but attach and start wait
 * until a viewer has seen the line "ready" on the terminal.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../fake/pattern.h"
#include "wsc.h"

#define MARK	    "ready\n"
#define LINE	    64 /* bytes of one of the flood's lines */
#define VIEWERS_MAX 256
#define WARM	    200 /* echoes that are not counted */
#define LIMIT	    300 /* seconds */

struct viewer {
	struct wsc *ws;
	uint64_t at;	 /* bytes that came or were missed */
	uint64_t missed; /* of these */
	char tail[LINE];
	bool done;
};

static const char *address, *path, *token;
static unsigned int nviewers = 1, count = 1000, gap_us;
static pid_t server;
static bool patterned, ttyd;

static unsigned int
number(const char *text, unsigned long max)
{
	unsigned long n;
	char *end;

	n = strtoul(text, &end, 10);
	if (end == text || *end != '\0' || *text == '-' || n > max)
		errx(2, "%s: not a number, or too large", text);
	return (unsigned int)n;
}

static struct wsc *
watch(void)
{
	struct wsc *w;
	int status;

	if ((w = wsc_open(address, path, token, &status)) == NULL)
		errx(1, "%s%s: HTTP status %d", address, path, status);
	return w;
}

/* --- processor time --- */

struct process {
	long pid;
	long parent;
	bool ours;
	char name[32];
	unsigned long long ticks; /* its own, and of children it has reaped */
};

static bool
read_process(const char *pid, struct process *p)
{
	unsigned long long t[4];
	char file[64], line[1024], *name, *end;
	FILE *f;
	bool ok;

	(void)snprintf(file, sizeof(file), "/proc/%s/stat", pid);
	if ((f = fopen(file, "r")) == NULL)
		return false;
	ok = fgets(line, sizeof(line), f) != NULL;
	(void)fclose(f);
	if (!ok || (name = strchr(line, '(')) == NULL ||
	    (end = strrchr(line, ')')) == NULL)
		return false;
	*end = '\0';
	(void)snprintf(p->name, sizeof(p->name), "%s", name + 1);
	p->pid = atol(line);
	p->ours = false;
	if (sscanf(end + 2,
		"%*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu "
		"%llu",
		&p->parent, &t[0], &t[1], &t[2], &t[3]) != 5)
		return false;
	p->ticks = t[0] + t[1] + t[2] + t[3];
	return true;
}

/* Ringlet's are called so; what it starts for others is not its own. */
static bool
is_ringlet(const struct process *p)
{
	return strncmp(p->name, "ringlet", 7) == 0 &&
	       strncmp(p->name, "ringlet-jail", 12) != 0;
}

/* Of the server and of those of its children that are Ringlet's. */
static double
server_cpu(void)
{
	static struct process all[8192];
	unsigned long long ticks = 0;
	size_t n = 0, i, j, found = 0;
	struct dirent *e;
	bool more = true;
	DIR *d;

	if (server == 0)
		return 0;
	if ((d = opendir("/proc")) == NULL)
		err(1, "/proc");
	while (n < sizeof(all) / sizeof(all[0]) && (e = readdir(d)) != NULL)
		if (isdigit((unsigned char)e->d_name[0]) &&
		    read_process(e->d_name, &all[n]))
			n++;
	(void)closedir(d);
	for (i = 0; i < n; i++)
		all[i].ours = all[i].pid == server;
	while (more) {
		more = false;
		for (i = 0; i < n; i++)
			for (j = 0; !all[i].ours && j < n; j++)
				if (all[j].ours && is_ringlet(&all[i]) &&
				    all[j].pid == all[i].parent)
					all[i].ours = more = true;
	}
	for (i = 0; i < n; i++)
		if (all[i].ours) {
			ticks += all[i].ticks;
			found++;
		}
	if (found == 0)
		errx(1, "process %ld: its time cannot be read", (long)server);
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

static double
own_cpu(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) == -1)
		err(1, "getrusage");
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* --- viewers --- */

/* What is left behind the mark, once the viewer has seen it. */
static void
await_mark(struct viewer *v)
{
	static const char mark[] = MARK;
	const char *p;
	const void *data;
	size_t len, matched = 0;

	for (;;) {
		switch (wsc_next(v->ws, &data, &len)) {
		case WSC_MORE:
			if (wsc_fill(v->ws, 0) <= 0)
				errx(1, "it is gone before it is ready");
			break;
		case WSC_DATA:
			for (p = data; len > 0; len--, p++) {
				matched = *p == mark[matched] ? matched + 1
					  : *p == mark[0]     ? 1
							      : 0;
				if (matched == sizeof(mark) - 1) {
					v->at = len - 1;
					return;
				}
			}
			break;
		case WSC_TEXT:
			break;
		case WSC_CLOSED:
			errx(1, "it is closed before it is ready");
		}
	}
}

static struct viewer *
viewers_new(void)
{
	struct viewer *all;
	unsigned int i;

	if ((all = calloc(nviewers, sizeof(*all))) == NULL)
		err(1, "out of memory");
	for (i = 0; i < nviewers; i++) {
		all[i].ws = watch();
		await_mark(&all[i]);
		if (all[i].at != 0)
			errx(1, "something stands behind \"ready\"");
	}
	return all;
}

static void
take_data(struct viewer *v, const char *p, size_t len)
{
	v->at += len;
	if (len >= LINE) {
		memcpy(v->tail, p + len - LINE, LINE);
		return;
	}
	memmove(v->tail, v->tail + len, LINE - len);
	memcpy(v->tail + LINE - len, p, len);
}

/* Takes all that was received. */
static void
take(struct viewer *v)
{
	const void *p;
	uint64_t gap;
	size_t len;

	for (;;) {
		switch (wsc_next(v->ws, &p, &len)) {
		case WSC_MORE:
			return;
		case WSC_DATA:
			take_data(v, p, len);
			break;
		case WSC_TEXT:
			if (!wsc_is(p, "gap"))
				break;
			gap = wsc_number(p, "to") - wsc_number(p, "from");
			v->at += gap;
			v->missed += gap;
			break;
		case WSC_CLOSED:
			errx(1, "closed, code %u, %llu bytes after \"ready\"",
			    wsc_code(v->ws), (unsigned long long)v->at);
		}
	}
}

/* The flood's last line has its number; the pattern is told by offsets. */
static void
check_tail(const struct viewer *v, uint64_t bytes)
{
	char number[16];

	if (patterned) {
		if (bytes < LINE || v->at != bytes ||
		    pattern_check(bytes - LINE, v->tail, LINE) != LINE)
			errx(1, "a viewer did not see the last bytes");
		return;
	}
	(void)snprintf(number, sizeof(number), "%010llu ",
	    (unsigned long long)(bytes / LINE - 1));
	if (bytes % LINE != 0 || v->at != bytes ||
	    memcmp(v->tail, number, strlen(number)) != 0 ||
	    v->tail[LINE - 1] != '\n')
		errx(1, "a viewer did not see the last line");
}

static void
do_read(uint64_t bytes)
{
	struct epoll_event ev, events[VIEWERS_MAX];
	struct viewer *all = viewers_new(), *v;
	unsigned int i, left = nviewers;
	double first = 0, mine, its;
	uint64_t received = 0, missed = 0;
	int ep, n, j;

	if ((ep = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(1, "epoll_create1");
	for (i = 0; i < nviewers; i++) {
		ev.events = EPOLLIN;
		ev.data.ptr = &all[i];
		if (epoll_ctl(ep, EPOLL_CTL_ADD, wsc_fd(all[i].ws), &ev) == -1)
			err(1, "epoll_ctl");
	}
	its = server_cpu();
	mine = own_cpu();
	for (i = 0; i < (ttyd ? nviewers : 1); i++)
		if (wsc_send(all[i].ws, "go\n", 3) == -1)
			errx(1, "it is gone");
	while (left > 0) {
		n = epoll_wait(ep, events, VIEWERS_MAX, LIMIT * 1000);
		if (n <= 0)
			errx(1, "nothing comes any more");
		if (first == 0)
			first = wsc_now();
		for (j = 0; j < n; j++) {
			v = events[j].data.ptr;
			if (wsc_fill(v->ws, MSG_DONTWAIT) < 0)
				errx(1, "the server has gone");
			take(v);
			if (!v->done && v->at >= bytes) {
				v->done = true;
				left--;
			}
		}
	}
	first = wsc_now() - first;
	mine = own_cpu() - mine;
	its = server_cpu() - its;
	for (i = 0; i < nviewers; i++) {
		check_tail(&all[i], bytes);
		received += all[i].at - all[i].missed;
		missed += all[i].missed;
	}
	printf("%llu %llu %.6f %.2f %.2f\n", (unsigned long long)received,
	    (unsigned long long)missed, first, mine, its);
}

/* --- times --- */

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
rest(void)
{
	struct timespec ts = { .tv_nsec = (long)gap_us * 1000 };

	if (gap_us > 0)
		(void)nanosleep(&ts, NULL);
}

static void
do_echo(void)
{
	struct viewer *v = viewers_new();
	double *us, began;
	unsigned int i;
	uint64_t before;

	if ((us = calloc(count, sizeof(*us))) == NULL)
		err(1, "out of memory");
	for (i = 0; i < WARM + count; i++) {
		rest();
		before = v->at;
		began = wsc_now();
		if (wsc_send(v->ws, "x", 1) == -1)
			errx(1, "it is gone");
		while (v->at == before) {
			if (wsc_fill(v->ws, 0) <= 0)
				errx(1, "it is gone");
			take(v);
		}
		if (v->at != before + 1)
			errx(1, "more than an echo came");
		if (i >= WARM)
			us[i - WARM] = (wsc_now() - began) * 1e6;
	}
	qsort(us, count, sizeof(*us), compare);
	printf("%.1f %.1f %.1f\n", us[count / 2], us[count * 99 / 100],
	    us[count - 1]);
	free(us);
}

static void
do_attach(uint64_t head)
{
	struct viewer v;
	uint64_t start = 0, missed = 0;
	double *ms;
	const void *p;
	size_t len;
	unsigned int i;

	if ((ms = calloc(count, sizeof(*ms))) == NULL)
		err(1, "out of memory");
	for (i = 0; i < count; i++) {
		memset(&v, 0, sizeof(v));
		v.ws = watch();
		/* The first message says where it begins. */
		while (wsc_next(v.ws, &p, &len) != WSC_TEXT)
			if (wsc_fill(v.ws, 0) <= 0)
				errx(1, "it is gone");
		start = v.at = wsc_number(p, "offset");
		for (take(&v); v.at < head; take(&v))
			if (wsc_fill(v.ws, 0) <= 0)
				errx(1, "it is gone");
		ms[i] = (wsc_now() - wsc_asked(v.ws)) * 1e3;
		missed = v.missed;
		wsc_free(v.ws);
	}
	qsort(ms, count, sizeof(*ms), compare);
	printf("%.3f %llu\n", ms[count / 2],
	    (unsigned long long)(head - start - missed));
	free(ms);
}

/* The next event of a connection that must not end before it. */
static enum wsc_event
wait_for(struct wsc *ws, const void **p, size_t *len)
{
	enum wsc_event event;

	while ((event = wsc_next(ws, p, len)) == WSC_MORE)
		if (wsc_fill(ws, 0) <= 0)
			errx(1, "it is gone");
	if (event == WSC_CLOSED)
		errx(1, "it was closed: %u", wsc_code(ws));
	return event;
}

/*
 * Each session has ended before the next one is asked for, as with pty-read:
 * to take a jail down is no part of building one.
 */
static void
do_start(const char *alias)
{
	static const char member[] = "\"session_id\":\"";
	char json[256], body[4096], where[128], *id, *end;
	struct wsc *ws;
	const void *p;
	size_t len;
	double asked;
	unsigned int i;
	int status;

	(void)snprintf(json, sizeof(json),
	    "{\"profile_alias\":\"%s\",\"args\":[\"hello\"]}", alias);
	for (i = 0; i < count; i++) {
		status = wsc_post(address, "/api/terminal/sessions", token,
		    json, body, sizeof(body), &asked);
		id = status / 100 == 2 ? strstr(body, member) : NULL;
		if (id == NULL ||
		    (end = strchr(id += strlen(member), '"')) == NULL)
			errx(1, "no session: HTTP status %d", status);
		*end = '\0';
		(void)snprintf(where, sizeof(where), "/ws/terminal/%s", id);
		path = where;
		ws = watch();
		while (wait_for(ws, &p, &len) != WSC_DATA)
			;
		printf("%.2f\n", (wsc_now() - asked) * 1e3);
		while (wait_for(ws, &p, &len) != WSC_TEXT ||
		       strstr(p, "\"terminated\"") == NULL)
			;
		wsc_free(ws);
	}
}

static void
say_ready(void)
{
	printf("ready\n");
	if (fflush(stdout) != 0)
		err(1, "stdout");
}

static void
do_hold(void)
{
	char byte;

	(void)viewers_new();
	say_ready();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

static void
do_drain(void)
{
	struct viewer *v = viewers_new();

	if (wsc_send(v->ws, "go\n", 3) == -1)
		errx(1, "it is gone");
	say_ready();
	while (wsc_fill(v->ws, 0) > 0)
		take(v);
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	bool counted = strcmp(mode, "read") == 0 || strcmp(mode, "attach") == 0;
	uint64_t bytes = 0;
	int c;

	for (optind = 2; (c = getopt(argc, argv, "c:g:n:pTt:v:")) != -1;) {
		switch (c) {
		case 'c':
			server = (pid_t)number(optarg, INT32_MAX);
			break;
		case 'g':
			gap_us = number(optarg, 999999);
			break;
		case 'n':
			count = number(optarg, 1000000);
			break;
		case 'p':
			patterned = true;
			break;
		case 'T':
			ttyd = true;
			wsc_ttyd();
			break;
		case 't':
			token = wsc_token(optarg);
			break;
		case 'v':
			nviewers = number(optarg, VIEWERS_MAX);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != (counted ? 3 : 2) || count == 0 || nviewers == 0)
		errx(2, "usage: ws-load read|echo|attach|hold|drain|start "
			"[OPTIONS] ADDRESS PATH|ALIAS [BYTES|HEAD]");
	address = argv[optind];
	path = argv[optind + 1];
	if (counted)
		bytes = strtoull(argv[optind + 2], NULL, 10);
	(void)alarm(LIMIT);
	if (strcmp(mode, "read") == 0)
		do_read(bytes);
	else if (strcmp(mode, "echo") == 0)
		do_echo();
	else if (strcmp(mode, "attach") == 0)
		do_attach(bytes);
	else if (strcmp(mode, "hold") == 0)
		do_hold();
	else if (strcmp(mode, "drain") == 0)
		do_drain();
	else if (strcmp(mode, "start") == 0)
		do_start(path);
	else
		errx(2, "%s: no such mode", mode);
	return 0;
}
