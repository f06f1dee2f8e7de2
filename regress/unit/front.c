/*
 * The rig of front.h: see there.
 */
#include "config.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "front-monitor.h"
#include "front.h"
#include "log.h"
#include "loop.h"
#include "msgdef.h"
#include "peer.h"
#include "ringletd/ringletd.h"
#include "secret.h"
#include "xmalloc.h"

static int
on_token_gone(struct peer *p, struct msg *m)
{
	const struct msg_token_gone *g = m->body;

	conn_token_gone(peer_arg(p), g->digest.p);
	return 0;
}

/* What ringletd takes from a monitor: main.c has all of it. */
static const struct msg_rule front_rules[] = {
	{ MSG_TOKEN_GONE, FROM_MONITOR, PST_SERVING, 0, 64, 0, 0,
	    on_token_gone },
	{ MSG_TOKEN_TAKEN, FROM_MONITOR, PST_SERVING, 0, 512, 0,
	    MSG_TOKEN_EXCHANGE, NULL },
	{ MSG_ERROR, FROM_MONITOR, PST_SERVING, 0, 512, 0, MSG_TOKEN_EXCHANGE,
	    NULL },
	{ MSG_OK, FROM_MONITOR, PST_SERVING, 0, 16, 0, MSG_AUTH_CHECK, NULL },
	{ MSG_ERROR, FROM_MONITOR, PST_SERVING, 0, 512, 0, MSG_AUTH_CHECK,
	    NULL },
	{ MSG_PROFILE, FROM_MONITOR, PST_SERVING, 0, 65536, 0,
	    MSG_PROFILE_CREATE, NULL },
	{ MSG_ERROR, FROM_MONITOR, PST_SERVING, 0, 512, 0,
	    MSG_PROFILE_CREATE, NULL },
	{ MSG_REKEYED, FROM_MONITOR, PST_SERVING, 0, 512, 0,
	    MSG_PROFILE_REKEY, NULL },
	{ MSG_ERROR, FROM_MONITOR, PST_SERVING, 0, 512, 0,
	    MSG_PROFILE_REKEY, NULL },
	{ MSG_ATTACHED, FROM_MONITOR, PST_SERVING, 3, 512, 0,
	    MSG_SESSION_ATTACH, NULL },
	{ MSG_ATTACHED_ENDED, FROM_MONITOR, PST_SERVING, 2, 512, 0,
	    MSG_SESSION_ATTACH, NULL },
	{ MSG_ERROR, FROM_MONITOR, PST_SERVING, 0, 512, 0,
	    MSG_SESSION_ATTACH, NULL },
};

static void
on_closed(struct peer *p, int err, const char *why)
{
	(void)p;
	fprintf(stderr, "front: channel: %s: %s\n", rl_strerror(err), why);
	abort();
}

static const struct peer_ops front_ops = { .rules = front_rules,
	.nrules = NELEM(front_rules), .closed = on_closed };

/* --- the server's process --- */

static struct loop *loop;
static pid_t server;
static unsigned fd_limit; /* 0: as it comes */
static unsigned ping_ms;  /* 0: as without settings */
static struct sockaddr_in address;

/*
 * The clock, of which all users but common/loop.c are linked to this one: time
 * can be let pass at once.  The server's process has it in common with us.
 */
static _Atomic uint64_t *skipped;

uint64_t __real_loop_now(void);
uint64_t __wrap_loop_now(void);

uint64_t
__wrap_loop_now(void)
{
	return __real_loop_now() + (skipped != NULL ? *skipped : 0);
}

void
front_skip(unsigned ms)
{
	*skipped += ms;
}

static void
on_term(int signo, void *arg)
{
	(void)signo;
	loop_stop(arg);
}

static void
on_usr1(int signo, void *arg)
{
	char data[4096];

	(void)signo;
	for (int i = 0; i < FRONT_EVENTS; i++) {
		(void)snprintf(data, sizeof(data), "{\"n\":%d,\"pad\":\"%04000d\"}", i, 0);
		events_tell(arg, "test.event", data);
	}
}

static void
on_usr2(int signo, void *arg)
{
	(void)signo;
	front_monitor_ends(arg, "brief");
}

void
front_token_ends(void)
{
	ck_assert_int_eq(kill(server, SIGUSR2), 0);
}

void
front_events(void)
{
	ck_assert_int_eq(kill(server, SIGUSR1), 0);
}

void
front_limit(unsigned n)
{
	fd_limit = n;
}

void
front_pings(unsigned ms)
{
	ping_ms = ms;
}

static void
serve(int listener)
{
	struct rlimit limit = { fd_limit, fd_limit };
	struct loop_signal *term, *usr1, *usr2;
	struct peer *monitor;
	struct env env;
	int sv[2];

	if (fd_limit != 0 && setrlimit(RLIMIT_NOFILE, &limit) == -1)
		abort();
	memset(&env, 0, sizeof(env));
	log_init("front", LOGL_ERROR);
	body_init();
	env.loop = loop = loop_new();
	env.accepting = true;
	TAILQ_INIT(&env.listeners);
	conn_init(&env);
	if (ping_ms != 0)
		env.limits.ping_ms = ping_ms;
	if (fd_pair(sv) != 0)
		abort();
	env.monitor = peer_new(loop, sv[0], FROM_MONITOR, PST_SERVING,
	    "monitor", &front_ops, &env);
	peer_gather(env.monitor);
	monitor = front_monitor_new(loop, sv[1]);
	listener_add(&env, listener, "test");
	term = loop_signal_new(loop, SIGTERM, on_term, loop);
	usr1 = loop_signal_new(loop, SIGUSR1, on_usr1, &env);
	usr2 = loop_signal_new(loop, SIGUSR2, on_usr2, monitor);
	loop_run(loop);
	loop_signal_free(usr2);
	loop_signal_free(usr1);
	loop_signal_free(term);
	_exit(0);
}

void
front_start(void)
{
	socklen_t len = sizeof(address);
	int fd;

	signal(SIGPIPE, SIG_IGN);
	skipped = mmap(NULL, sizeof(*skipped), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne((void *)skipped, MAP_FAILED);
	memset(&address, 0, sizeof(address));
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(fd = socket(AF_INET, SOCK_STREAM, 0), 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(listen(fd, 128), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len),
	    0);
	ck_assert_int_ge(server = fork(), 0);
	if (server == 0)
		serve(fd);
	close(fd);
}

void
front_stop(void)
{
	int status;

	ck_assert_int_eq(waitpid(server, &status, WNOHANG), 0);
	kill(server, SIGTERM);
	ck_assert_int_eq(waitpid(server, &status, 0), server);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
	    "the server ended with status %#x", status);
}

unsigned
front_fds(void)
{
	char path[64];
	unsigned n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)server);
	ck_assert_ptr_nonnull(d = opendir(path));
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

unsigned long
front_ticks(void)
{
	char path[64], text[512], *p;
	unsigned long user, sys;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)server);
	ck_assert_ptr_nonnull(f = fopen(path, "r"));
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), f));
	fclose(f);
	/* The name, which may hold anything, ends with the last ')'. */
	ck_assert_ptr_nonnull(p = strrchr(text, ')'));
	ck_assert_int_eq(sscanf(p + 1,
	    " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
	    &sys), 2);
	return user + sys;
}

/* --- the client --- */

int
front_connect(void)
{
	int fd;

	ck_assert_int_ge(fd = socket(AF_INET, SOCK_STREAM, 0), 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address,
	    sizeof(address)), 0);
	return fd;
}

void
front_say(int fd, const char *text)
{
	ck_assert(front_send(fd, text, strlen(text)));
}

bool
front_send(int fd, const void *p, size_t len)
{
	const uint8_t *at = p;
	ssize_t n;

	while (len > 0) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Reads exactly len bytes within ms; false otherwise. */
static bool
read_all(int fd, void *p, size_t len, int ms)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	uint8_t *at = p;
	ssize_t n;

	while (len > 0) {
		if (poll(&pfd, 1, ms) != 1)
			return false;
		if ((n = recv(fd, at, len, 0)) <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

int
front_reply(int fd, char *head, size_t size, char *body, size_t bsize)
{
	size_t n = 0, len = 0, got;
	char *field, c;

	while (n < 4 || memcmp(head + n - 4, "\r\n\r\n", 4) != 0) {
		ck_assert_uint_lt(n, size - 1);
		if (!read_all(fd, head + n, 1, 5000)) {
			ck_assert_uint_eq(n, 0);
			return 0;
		}
		n++;
	}
	head[n] = '\0';
	ck_assert_int_eq(strncmp(head, "HTTP/1.1 ", 9), 0);
	if ((field = strstr(head, "Content-Length: ")) != NULL)
		len = strtoul(field + 16, NULL, 10);
	if (body == NULL && bsize == 1)
		len = 0; /* the reply to HEAD */
	for (got = 0; got < len; got++) {
		ck_assert(read_all(fd, &c, 1, 5000));
		if (body != NULL && got < bsize - 1) {
			body[got] = c;
			body[got + 1] = '\0';
		}
	}
	return atoi(head + 9);
}

bool
front_closes(int fd, int ms)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	char c[4096];
	ssize_t n;

	for (;;) {
		if (poll(&pfd, 1, ms) != 1)
			return false;
		if ((n = recv(fd, c, sizeof(c), 0)) <= 0)
			return n == 0;
	}
}

bool
front_frame(int fd, unsigned first, const void *p, size_t len)
{
	uint8_t *b = xmalloc(len + 14);
	const uint8_t *from = p;
	size_t n = 0, i;
	bool sent;

	b[n++] = (uint8_t)first;
	if (len < 126)
		b[n++] = (uint8_t)(0x80 | len);
	else if (len < 65536) {
		b[n++] = 0x80 | 126;
		b[n++] = (uint8_t)(len >> 8);
		b[n++] = (uint8_t)len;
	} else {
		b[n++] = 0x80 | 127;
		for (i = 0; i < 8; i++)
			b[n++] = (uint8_t)(len >> (8 * (7 - i)));
	}
	memcpy(b + n, "mask", 4);
	n += 4;
	for (i = 0; i < len; i++)
		b[n + i] = from[i] ^ (uint8_t)"mask"[i % 4];
	sent = front_send(fd, b, n + len);
	free(b);
	return sent;
}

void
front_next(int fd, struct frame *f)
{
	uint8_t head[10];

	f->op = 0;
	f->len = 0;
	if (!read_all(fd, head, 2, 5000))
		return;
	/* No reserved bits, no mask. */
	ck_assert_uint_eq(head[0] & 0x70, 0);
	ck_assert_uint_eq(head[1] & 0x80, 0);
	f->len = head[1];
	ck_assert_uint_ne(f->len, 127);
	if (f->len == 126) {
		ck_assert(read_all(fd, head + 2, 2, 5000));
		f->len = (size_t)head[2] << 8 | head[3];
		ck_assert_uint_ge(f->len, 126);
	}
	ck_assert(read_all(fd, f->data, f->len, 5000));
	f->data[f->len] = '\0';
	f->last = (head[0] & 0x80) != 0;
	f->op = (head[0] & 0x0f) == 0 ? FRAME_MORE : head[0] & 0x0f;
	/* All else is one frame. */
	ck_assert(f->last || f->op == 1 || f->op == FRAME_MORE);
}

bool
front_event(int fd, struct frame *f, const char *type)
{
	char want[64];

	snprintf(want, sizeof(want), "\"type\":\"%s\"", type);
	do {
		front_next(fd, f);
	} while (f->op != 0 && (f->op != 1 ||
	    strstr((char *)f->data, want) == NULL));
	return f->op != 0;
}
