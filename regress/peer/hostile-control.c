/*
 * The control socket under attack.  Each attack has a connection of its own;
 * after it an honest connection, open since the start, must still be served,
 * by the same monitor with the same daemons.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "hostile.h"
#include "msgdef.h"
#include "msggen.h"
#include "rawmsg.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* What a CLI may ask; everything else must end its connection. */
static const uint16_t requests[] = { MSG_STATUS_GET, MSG_STOP, MSG_RESTART,
	MSG_PUBKEY_GET, MSG_AGENT_LIST, MSG_PROVIDER_LIST, MSG_PROFILE_CREATE,
	MSG_PROFILE_LIST, MSG_PROFILE_GET, MSG_PROFILE_DELETE,
	MSG_PROFILE_ENV, MSG_PROFILE_RUN, MSG_SESSION_CREATE,
	MSG_SESSION_LIST, MSG_SESSION_GET, MSG_SESSION_KILL,
	MSG_SESSION_CLEANUP, MSG_SESSION_ATTACH, MSG_JAIL_EXPLAIN,
	MSG_PROFILE_GRANT, MSG_SANDBOX_CHECK, MSG_TOKEN_CREATE,
	MSG_TOKEN_LIST, MSG_TOKEN_REVOKE, MSG_TOKEN_ROTATE, MSG_CODE_CREATE,
	MSG_PROFILE_REKEY, MSG_KEYS_CHECK, MSG_ORPHAN_DELETE,
	MSG_PROMPT_ALLOW, MSG_AUDIT_READ, MSG_AUDIT_VERIFY,
	MSG_POLICY_SHOW,
	MSG_KEYCHAIN_STATUS, MSG_KEYCHAIN_UNLOCK, MSG_KEYCHAIN_LOCK,
	MSG_KEYCHAIN_PASSPHRASE, MSG_KEYCHAIN_MIGRATE,
	MSG_PROFILE_ENDPOINT, MSG_REGISTRY_GET, MSG_REGISTRY_PIN,
	MSG_REGISTRY_INSTALL,
	MSG_HOOK_LIST, MSG_HOOK_ADD, MSG_HOOK_REMOVE, MSG_HOOK_IMPORT,
	MSG_HOOK_APPROVE, MSG_HOOK_RUN,
	MSG_UPLOAD_BEGIN, MSG_UPLOAD_MORE, MSG_UPLOAD_DROP };

/* Descriptors that a request must bring; ours is of no folder. */
static uint8_t
fds_of(uint16_t type)
{
	return type == MSG_REGISTRY_INSTALL ? 1 : 0;
}

enum outcome { ANSWERED, CLOSED, SILENT };

static const char *const outcomes[] = { "is answered", "ends the connection",
	"is met with silence" };

static struct {
	const char *path;
	int honest;		 /* a connection that behaves */
	struct msg_status first; /* pids that must not change */
	struct msggen *gen;
	struct raw body;
	struct raw frame;
	unsigned bad; /* of the claim in hand */
	unsigned tries;
	int failed;
} t;

/* --- claims --- */

static void __attribute__((__format__(printf, 1, 2)))
complain(const char *fmt, ...)
{
	va_list ap;

	if (++t.bad > 5)
		return;
	va_start(ap, fmt);
	printf("\t");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
}

static void
die(const char *what)
{
	printf("not ok %s: %s\n", what, strerror(errno));
	exit(1);
}

static int
dial(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlcpy(sun.sun_path, t.path, sizeof(sun.sun_path)) >=
	    sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		die(t.path);
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		die("connect");
	return fd;
}

static bool
get_status(int fd, struct msg *m)
{
	struct msg_token_only body = { { NULL, 0 } };

	return msg_write(fd, MSG_STATUS_GET, 99, &body, NULL, 0) == 0 &&
	       msg_read(fd, HOSTILE_WAIT_MS, m) == 0 &&
	       m->hdr.type == MSG_STATUS && m->hdr.id == 99;
}

/* Whether the monitor and its daemons are those of the start. */
static bool
is_well(void)
{
	const struct msg_status *s;
	struct msg m;
	bool well;

	if (!get_status(t.honest, &m))
		return false;
	s = m.body;
	well = s->pid == t.first.pid &&
	       s->ringletd_pid == t.first.ringletd_pid &&
	       s->sandboxer_pid == t.first.sandboxer_pid &&
	       s->restarts == t.first.restarts;
	msg_clear(&m);
	return well;
}

/* Ends a claim. */
static void
claim(const char *what)
{
	if (!is_well())
		complain("the honest connection is not served any more");
	printf("%s control: %s (%u tries)\n", t.bad == 0 ? "ok" : "not ok",
	    what, t.tries);
	fflush(stdout);
	if (t.bad > 0)
		t.failed = 1;
	t.bad = t.tries = 0;
}

/* --- one attack --- */

/* Sends with n copies of descriptor 0, however many; errors are answers. */
static void
send_with(int fd, const struct raw *r, size_t n)
{
	union {
		struct cmsghdr hdr;
		char room[CMSG_SPACE(sizeof(int) * 253)];
	} control;
	struct msghdr mh = { 0 };
	struct iovec iov = { r->p, r->len };
	struct cmsghdr *c;

	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	if (n > 0) {
		memset(&control, 0, sizeof(control));
		mh.msg_control = &control;
		mh.msg_controllen = CMSG_SPACE(sizeof(int) * n);
		c = CMSG_FIRSTHDR(&mh);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * n);
	}
	(void)sendmsg(fd, &mh, MSG_NOSIGNAL);
}

/* What comes of it: the answer with that id, or the end. */
static enum outcome
outcome_of(int fd, uint32_t id)
{
	struct msg m;
	int r;

	do {
		if ((r = msg_read(fd, HOSTILE_WAIT_MS, &m)) != 0)
			return r == RL_ERR_TIMEOUT ? SILENT : CLOSED;
		r = m.hdr.id == id ? 0 : 1;
		msg_clear(&m);
	} while (r != 0);
	return ANSWERED;
}

/* Sends the frame on a new connection and compares what comes of it. */
static void
attack(const char *name, size_t nfds, enum outcome want)
{
	enum outcome got;
	int fd = dial();

	send_with(fd, &t.frame, nfds);
	if ((got = outcome_of(fd, 7)) != want)
		complain("%s %s", name, outcomes[got]);
	close(fd);
	t.tries++;
}

static void
make_frame(uint16_t type, uint8_t nfds)
{
	raw_reset(&t.frame);
	raw_frame(&t.frame, type, nfds, 7, &t.body);
}

static void
make_body(const struct msg_rec *rec, bool random)
{
	raw_reset(&t.body);
	raw_record(&t.body, rec,
	    random ? msggen_random(t.gen, rec) : msggen_empty(t.gen, rec));
}

static bool
is_request(uint16_t type)
{
	for (size_t i = 0; i < NELEM(requests); i++)
		if (requests[i] == type)
			return true;
	return false;
}

/* --- the attacks --- */

static void
every_type(void)
{
	const struct msg_type *type;

	for (size_t i = 0; (type = msg_type_at(i)) != NULL; i++) {
		if (is_request(type->type))
			continue;
		make_body(type->rec, false);
		make_frame(type->type, 0);
		attack(type->name, 0, CLOSED);
		make_frame(type->type, 3);
		attack(type->name, 3, CLOSED);
	}
	for (unsigned n = 0; n < 65536; n += 257) {
		if (msg_type_get((uint16_t)n) != NULL)
			continue;
		raw_reset(&t.body);
		raw_byte(&t.body, 0x90);
		make_frame((uint16_t)n, 0);
		attack("an unknown type", 0, CLOSED);
	}
	claim("replies, daemons' messages and unknown ones are not taken");
}

/* Each passphrase that is tried costs half a second and 256 MiB. */
static int
tries_of(uint16_t type)
{
	return type == MSG_KEYCHAIN_UNLOCK || type == MSG_KEYCHAIN_PASSPHRASE
		   ? 5
		   : 30;
}

/* Well-formed nonsense gets an error, or whatever answer, and no more. */
static void
nonsense(void)
{
	for (size_t i = 0; i < NELEM(requests); i++) {
		const struct msg_type *type = msg_type_get(requests[i]);

		if (type->type == MSG_STOP || type->type == MSG_RESTART)
			continue; /* that would be no nonsense */
		for (int k = 0; k < tries_of(type->type); k++) {
			do
				make_body(type->rec, k > 0);
			while (t.body.len > 60000);
			make_frame(type->type, fds_of(type->type));
			/* A row may allow less than the fields do. */
			if (t.body.len <= 1024)
				attack(type->name, fds_of(type->type),
				    ANSWERED);
			else {
				int fd = dial();

				send_with(fd, &t.frame, fds_of(type->type));
				if (outcome_of(fd, 7) == SILENT)
					complain("%s: silence", type->name);
				close(fd);
				t.tries++;
			}
		}
	}
	claim("well-formed nonsense is answered");
}

static void
cut_and_padded(void)
{
	for (size_t i = 0; i < NELEM(requests); i++) {
		const struct msg_type *type = msg_type_get(requests[i]);
		size_t whole;

		make_body(type->rec, false);
		whole = t.body.len;
		for (t.body.len = 0; t.body.len < whole; t.body.len++) {
			make_frame(type->type, fds_of(type->type));
			attack(type->name, fds_of(type->type), CLOSED);
		}
		raw_byte(&t.body, 0xc2);
		make_frame(type->type, fds_of(type->type));
		attack(type->name, fds_of(type->type), CLOSED);
	}
	claim("bodies that are cut or padded are not taken");
}

static void
wrong_kinds(void)
{
	static const char *const values[] = { "\xc0", "\xca\x3f\x80\x01\x01",
		"\x81\x01\x01", "\xd4\x01x", "\xc7\x01\x01x",
		"\x91\x91\x91\x91\x91\x91\x01" };

	for (size_t i = 0; i < NELEM(requests); i++) {
		const struct msg_rec *rec = msg_type_get(requests[i])->rec;
		const void *body = msggen_empty(t.gen, rec);

		for (size_t k = 0; k < rec->nfields; k++)
			for (size_t v = 0; v < NELEM(values); v++) {
				raw_reset(&t.body);
				raw_array(&t.body, rec->nfields);
				for (size_t j = 0; j < rec->nfields; j++)
					if (j == k)
						raw_put(&t.body, values[v],
						    strlen(values[v]));
					else
						raw_field(&t.body,
						    &rec->fields[j], body);
				make_frame(requests[i], fds_of(requests[i]));
				attack(rec->fields[k].name,
				    fds_of(requests[i]), CLOSED);
			}
	}
	claim("values of a wrong kind are not taken");
}

static void
lying_counts(void)
{
	static const unsigned heads[] = { 0xc4, 0xc5, 0xc6, 0xd9, 0xda, 0xdb,
		0xdc, 0xdd, 0xde, 0xdf };
	static const size_t widths[] = { 1, 2, 4, 1, 2, 4, 2, 4, 2, 4 };

	for (size_t h = 0; h < NELEM(heads); h++)
		for (unsigned depth = 0; depth < 3; depth++) {
			raw_reset(&t.body);
			for (unsigned d = 0; d < depth; d++)
				raw_byte(&t.body, 0x91);
			raw_head(&t.body, heads[h], UINT64_MAX, widths[h]);
			for (int i = 0; i < 20; i++)
				raw_byte(&t.body, 0);
			make_frame(MSG_STATUS_GET, 0);
			attack("a count that lies", 0, CLOSED);
		}
	claim("counts that lie are not taken");
}

static void
lying_headers(void)
{
	static const struct {
		uint32_t len;
		uint8_t nfds;
		uint8_t zero;
	} rows[] = { { 4, 0, 1 }, { 4, 0, 0x80 }, { 4, 5, 0 }, { 4, 255, 0 },
		{ 1025, 0, 0 }, { MSG_MAX_BODY, 0, 0 },
		{ MSG_MAX_BODY + 1, 0, 0 }, { INT32_MAX, 0, 0 },
		{ UINT32_MAX, 0, 0 }, { 0, 0, 0 } };

	for (size_t i = 0; i < NELEM(rows); i++) {
		raw_reset(&t.frame);
		/* At once: the body that it promises never comes. */
		raw_header(&t.frame, rows[i].len, MSG_STATUS_GET, rows[i].nfds,
		    rows[i].zero, 7);
		attack("a header", 0, CLOSED);
	}
	claim("headers that lie are judged before their bodies come");
}

/* So often that a descriptor leaked each time would be missed. */
static void
descriptors(void)
{
	static const size_t carried[] = { 1, 4, 5, 6, 253 };

	make_body(msg_type_get(MSG_STATUS_GET)->rec, false);
	for (int i = 0; i < 1200; i++) {
		size_t n = carried[i % (int)NELEM(carried)];

		make_frame(MSG_STATUS_GET, n <= 4 ? (uint8_t)n : 4);
		attack("claimed descriptors", n, CLOSED);
		if (i % 10 != 0)
			continue;
		attack("missing descriptors", 0, CLOSED);
		/* Unclaimed ones: the request may be answered before. */
		make_frame(MSG_STATUS_GET, 0);
		{
			int fd = dial();

			send_with(fd, &t.frame, n);
			(void)outcome_of(fd, 7);
			if (outcome_of(fd, 0) != CLOSED)
				complain("unclaimed descriptors are kept");
			close(fd);
			t.tries++;
		}
	}
	claim("descriptors are not taken, and none is kept");
}

static void
noise(void)
{
	for (int i = 0; i < 500; i++) {
		int fd = dial();

		raw_reset(&t.frame);
		for (uint64_t n = msggen_below(t.gen, 3000) + 1; n > 0; n--)
			raw_byte(&t.frame, (unsigned)msggen_below(t.gen, 256));
		send_with(fd, &t.frame, 0);
		shutdown(fd, SHUT_WR);
		if (outcome_of(fd, 7) != CLOSED)
			complain("noise has an effect");
		close(fd);
		t.tries++;
	}
	claim("noise has no effect");
}

/* One that asks and never listens must not fill the monitor's memory. */
static void
deaf(void)
{
	struct raw many = { 0 };
	int fd = dial();
	size_t sent = 0;
	ssize_t n;

	make_body(msg_type_get(MSG_AGENT_LIST)->rec, false);
	make_frame(MSG_AGENT_LIST, 0);
	for (int i = 0; i < 1000; i++)
		raw_put(&many, t.frame.p, t.frame.len);
	while (sent < 64u << 20) {
		struct pollfd pfd = { fd, POLLOUT, 0 };

		if (poll(&pfd, 1, HOSTILE_WAIT_MS) != 1)
			break;
		n = send(fd, many.p, many.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n == -1 && errno != EAGAIN)
			break;
		if (n > 0)
			sent += (size_t)n;
		t.tries++;
	}
	if (errno != EPIPE && errno != ECONNRESET)
		complain("after %zu bytes it is still there", sent);
	close(fd);
	raw_free(&many);
	claim("one that asks and never listens is cut off");
}

static void
pipelined(void)
{
	struct raw many = { 0 };
	struct msg m;
	int fd = dial();

	make_body(msg_type_get(MSG_SESSION_LIST)->rec, false);
	for (uint32_t i = 1; i <= 2000; i++)
		raw_frame(&many, MSG_SESSION_LIST, 0, i, &t.body);
	send_with(fd, &many, 0);
	for (uint32_t i = 1; i <= 2000; i++) {
		if (msg_read(fd, HOSTILE_WAIT_MS, &m) != 0) {
			complain("answer %u does not come", i);
			break;
		}
		if (m.hdr.id != i || m.hdr.type != MSG_SESSIONS)
			complain("answer %u is another's", i);
		msg_clear(&m);
		t.tries++;
	}
	close(fd);
	raw_free(&many);
	claim("two thousand requests in one write are all answered");
}

/* Connections that say half a word and wait, more than there may be. */
static void
crowd(void)
{
	int fds[400];
	struct msg m;
	int fd;

	make_body(msg_type_get(MSG_STATUS_GET)->rec, false);
	make_frame(MSG_STATUS_GET, 0);
	t.frame.len--;
	for (size_t i = 0; i < NELEM(fds); i++) {
		fds[i] = dial();
		send_with(fds[i], &t.frame, 0);
		t.tries++;
	}
	if (!is_well())
		complain("with a crowd, nobody is served");
	for (size_t i = 0; i < NELEM(fds); i++)
		close(fds[i]);
	/* Once they have gone there is room again. */
	for (int i = 0;; i++) {
		fd = dial();
		if (get_status(fd, &m))
			break;
		close(fd);
		if (i == 1000) {
			complain("after the crowd nobody new is served");
			break;
		}
		poll(NULL, 0, 10);
	}
	msg_clear(&m);
	close(fd);
	claim("a crowd of half-said requests keeps nobody out");
}

int
hostile_control(const char *path)
{
	struct msg m;

	t.path = path;
	t.gen = msggen_new(5);
	t.honest = dial();
	if (!get_status(t.honest, &m)) {
		printf("not ok control: the monitor answers at first\n");
		return 1;
	}
	t.first = *(const struct msg_status *)m.body; /* numbers alone */
	msg_clear(&m);

	every_type();
	nonsense();
	cut_and_padded();
	wrong_kinds();
	lying_counts();
	lying_headers();
	descriptors();
	noise();
	deaf();
	pipelined();
	crowd();

	close(t.honest);
	raw_free(&t.body);
	raw_free(&t.frame);
	msggen_free(t.gen);
	return t.failed;
}
