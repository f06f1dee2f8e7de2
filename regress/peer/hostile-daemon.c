/*
 * One of the daemons, taken over.  The monitor starts this program in the
 * place of ringletd or of the sandboxer.  It says READY like the real one
 * (unless NAME.early is there: then not yet), takes one word from the FIFO
 * NAME.fifo, does what that word names, and writes what came of it to
 * NAME.result: "killed" is not for it to write.  All three lie in the folder
 * that RINGLET_LIBEXEC_DIR names, which is the test's own.
 */

#include "config.h"

#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "hostile.h"
#include "log.h"
#include "msgdef.h"
#include "msggen.h"
#include "proc.h"
#include "rawmsg.h"
#include "ring.h"

#define CHANNEL PROC_CHANNEL_FD

static struct {
	const char *name;
	struct msggen *gen;
	struct raw body;
	struct raw frame;
} t;

static char *
file_name(const char *what)
{
	static char path[4096];
	const char *dir = getenv("RINGLET_LIBEXEC_DIR");

	snprintf(path, sizeof(path), "%s/%s.%s", dir == NULL ? "" : dir, t.name,
	    what);
	return path;
}

static void
result(const char *text)
{
	FILE *f;

	if ((f = fopen(file_name("result"), "w")) == NULL)
		fatal("%s: %s", file_name("result"), strerror(errno));
	fprintf(f, "%s\n", text);
	fclose(f);
}

static void
read_word(char *word, size_t size)
{
	ssize_t n;
	int fd;

	/*
	 * Opening waits for somebody who writes; it may be the one who wrote
	 * the word before and has yet to close it.
	 */
	do {
		fd = open(file_name("fifo"), O_RDONLY | O_CLOEXEC);
		if (fd == -1 || (n = read(fd, word, size - 1)) == -1)
			fatal("%s: %s", file_name("fifo"), strerror(errno));
		close(fd);
	} while (n == 0);
	word[n] = '\0';
	word[strcspn(word, "\n")] = '\0';
}

static void
say_raw(void)
{
	(void)send(CHANNEL, t.frame.p, t.frame.len, MSG_NOSIGNAL);
}

/* An empty message of that type. */
static void
say(uint16_t type, uint32_t id)
{
	const struct msg_rec *rec = msg_type_get(type)->rec;

	raw_reset(&t.body);
	raw_reset(&t.frame);
	raw_record(&t.body, rec, msggen_empty(t.gen, rec));
	raw_frame(&t.frame, type, 0, id, &t.body);
	say_raw();
}

/* A LOG that may be said, not yet said. */
static void
make_log(void)
{
	struct msg_log body = { LOGL_INFO, "with presents" };

	raw_reset(&t.body);
	raw_reset(&t.frame);
	raw_record(&t.body, msg_type_get(MSG_LOG)->rec, &body);
	raw_frame(&t.frame, MSG_LOG, 0, 0, &t.body);
}

static void
say_ready(uint64_t version)
{
	struct msg_ready body = { .version = version,
		.package = PACKAGE_VERSION,
		.level = "full",
		.text = "" };

	if (msg_write(CHANNEL, MSG_READY, 0, &body, NULL, 0) != 0)
		fatal("cannot say READY");
}

/* The next message of that type; others are dropped. */
static void
wait_message(uint16_t type, struct msg *m)
{
	for (;;) {
		if (msg_read(CHANNEL, -1, m) != 0)
			fatal("the monitor has gone");
		if (m->hdr.type == type)
			return;
		msg_clear(m);
	}
}

/* --- what it does --- */

static void
do_malformed(void)
{
	raw_reset(&t.frame);
	raw_header(&t.frame, 5, MSG_LOG, 0, 0, 0);
	raw_put(&t.frame, "\xdd\xff\xff\xff\xff", 5);
	say_raw();
}

static void
do_oversized(void)
{
	raw_reset(&t.frame);
	raw_header(&t.frame, MSG_MAX_BODY, MSG_LOG, 0, 0, 0);
	say_raw();
}

static void
do_unknown(void)
{
	raw_reset(&t.frame);
	raw_header(&t.frame, 1, 999, 0, 0, 0);
	raw_byte(&t.frame, 0x90);
	say_raw();
}

/* An answer to a question that was never asked. */
static void
do_reply(void)
{
	say(strcmp(t.name, "ringletd") == 0 ? MSG_OK : MSG_JAIL_STARTED, 1);
}

static void
do_again(void)
{
	say_ready(MSG_VERSION);
}

static void
do_version(void)
{
	say_ready(MSG_VERSION + 1);
}

/* What only the CLI may ask: it hands out a key. */
static void
do_env(void)
{
	say(MSG_PROFILE_ENV, 1);
}

/* What only the other daemon may say. */
static void
do_other(void)
{
	say(strcmp(t.name, "ringletd") == 0 ? MSG_JAIL_STATE : MSG_STATUS_GET,
	    1);
}

static void
do_request(void)
{
	say(MSG_SESSION_LIST, 1);
}

static void
do_descriptor(void)
{
	struct msg_log body = { LOGL_INFO, "with a present" };
	const int fds[] = { STDERR_FILENO };

	(void)msg_write(CHANNEL, MSG_LOG, 0, &body, fds, 1);
}

/* As many copies of fd as one call takes, with a message that has none. */
static void
present(int fd)
{
	union {
		struct cmsghdr hdr;
		char room[CMSG_SPACE(sizeof(int) * 253)];
	} control;
	struct msghdr mh = { 0 };
	struct iovec iov;
	int fds[253];

	for (int i = 0; i < 253; i++)
		fds[i] = fd;
	make_log();
	iov = (struct iovec){ t.frame.p, t.frame.len };
	memset(&control, 0, sizeof(control));
	mh.msg_iov = &iov;
	mh.msg_iovlen = 1;
	mh.msg_control = &control;
	mh.msg_controllen = sizeof(control.room);
	control.hdr.cmsg_level = SOL_SOCKET;
	control.hdr.cmsg_type = SCM_RIGHTS;
	control.hdr.cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(&control.hdr), fds, sizeof(fds));
	(void)sendmsg(CHANNEL, &mh, MSG_NOSIGNAL);
}

/* Its own channel: whoever kept that would hold the channel open. */
static void
do_channels(void)
{
	present(CHANNEL);
}

static void
do_folders(void)
{
	present(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/* Asks and asks and never listens. */
static void
do_deaf(void)
{
	struct raw many = { 0 };

	say(MSG_SESSION_LIST, 1);
	for (int i = 0; i < 1000; i++)
		raw_put(&many, t.frame.p, t.frame.len);
	while (send(CHANNEL, many.p, many.len, MSG_NOSIGNAL) != -1)
		continue;
	raw_free(&many);
}

/* Asks, and whether that is refused with such an error. */
static bool
is_refused(uint16_t type, const void *body, int64_t code)
{
	struct msg m;
	bool is;

	if (msg_write(CHANNEL, type, 5, body, NULL, 0) != 0)
		fatal("cannot ask");
	do
		wait_message(MSG_ERROR, &m);
	while (m.hdr.id != 5);
	is = ((const struct msg_error *)m.body)->code == code;
	msg_clear(&m);
	return is;
}

/*
 * Requests without a token, and with a wrong one or a wrong code: refused, no
 * more.  After many codes the answer is another one.
 */
static void
do_token(void)
{
	static const uint8_t wrong[64] = "0123456789abcdef";
	struct msg_token_only body = { { wrong, 0 } };
	struct msg_token_exchange code = { { wrong, 0 } };
	int i;

	for (size_t len = 0; len <= sizeof(wrong); len += 16) {
		body.token.len = code.code.len = len;
		if (!is_refused(MSG_STOP, &body, RL_ERR_AUTH) ||
		    !is_refused(MSG_TOKEN_EXCHANGE, &code, RL_ERR_AUTH)) {
			result("another error");
			return;
		}
	}
	for (i = 0; i < 100; i++)
		if (is_refused(MSG_TOKEN_EXCHANGE, &code, RL_ERR_LIMIT))
			break;
	result(i < 100 ? "refused" : "never too much");
}

/* The sandboxer answers a start with the wrong kind of answer. */
static void
do_wrong_answer(void)
{
	struct msg m;

	wait_message(MSG_JAIL_START, &m);
	say(MSG_OK, m.hdr.id);
	msg_clear(&m);
}

/* Reports a jail whose ring anybody with a copy could write to. */
static void
do_unsealed(void)
{
	struct msg_jail_started body = { .pid = 1, .tier = "full" };
	struct msg m;

	wait_message(MSG_JAIL_START, &m);
	if (ring_is_sealed(m.fds[0]))
		result("sealed by another");
	(void)msg_write(CHANNEL, MSG_JAIL_STARTED, m.hdr.id, &body, NULL, 0);
	msg_clear(&m);
}

/* States of sessions that there are not, that cannot be, and of noise. */
static void
do_states(void)
{
	struct msg_jail_state body = { .id = "0123456789abcdef",
		.state = SST_TERMINATED,
		.reason = "\x1b[2J" };
	struct msg_viewer_gone gone = { .id = "0123456789abcdef",
		.viewer = UINT64_MAX };
	struct msg_jail_notice notice = { .id = "0123456789abcdef",
		.kind = NOTICE_NOTIFICATION,
		.title = "",
		.text = "now" };

	for (int i = 0; i < 100; i++) {
		body.state = (uint64_t)i % (SST_TERMINATED + 1);
		body.text = msggen_str(t.gen, 1000);
		(void)msg_write(CHANNEL, MSG_JAIL_STATE, 0, &body, NULL, 0);
		(void)msg_write(CHANNEL, MSG_VIEWER_GONE, 0, &gone, NULL, 0);
		(void)msg_write(CHANNEL, MSG_JAIL_NOTICE, 0, &notice, NULL, 0);
	}
	result("said");
}

/* Wants seen what would lead a terminal astray. */
static void
do_notice(void)
{
	struct msg_jail_notice notice = { .id = "0123456789abcdef",
		.kind = NOTICE_NOTIFICATION,
		.title = "",
		.text = "\x1b[2J" };

	(void)msg_write(CHANNEL, MSG_JAIL_NOTICE, 0, &notice, NULL, 0);
}

/* Ends and ends sessions, reads what it is told of them, answers nothing. */
static void
do_dumb(void)
{
	static uint8_t heard[1 << 16];
	struct raw many = { 0 };
	struct msg_jail_state body = { .id = "0123456789abcdef",
		.state = SST_TERMINATED };

	raw_reset(&t.body);
	raw_reset(&t.frame);
	raw_record(&t.body, msg_type_get(MSG_JAIL_STATE)->rec, &body);
	raw_frame(&t.frame, MSG_JAIL_STATE, 0, 0, &t.body);
	for (int i = 0; i < 100; i++)
		raw_put(&many, t.frame.p, t.frame.len);
	for (int i = 0; i < 1000; i++) {
		if (send(CHANNEL, many.p, many.len, MSG_NOSIGNAL) == -1)
			fatal("cannot say states");
		while (recv(CHANNEL, heard, sizeof(heard), MSG_DONTWAIT) > 0)
			continue;
	}
	raw_free(&many);
	result("said");
}

/* Questions by the hundred thousand, each of them heard. */
static void
do_flood(void)
{
	static uint8_t heard[1 << 16];
	struct raw many = { 0 };

	say(MSG_SESSION_LIST, 1);
	for (int i = 0; i < 100; i++)
		raw_put(&many, t.frame.p, t.frame.len);
	for (int i = 0; i < 1000; i++) {
		if (send(CHANNEL, many.p, many.len, MSG_NOSIGNAL) == -1)
			fatal("cannot ask");
		while (recv(CHANNEL, heard, sizeof(heard), MSG_DONTWAIT) > 0)
			continue;
	}
	raw_free(&many);
	result("said");
}

/* More entries for the log than any disk is for. */
static void
do_chatter(void)
{
	struct msg_log body = { LOGL_ERROR, "chatter" };

	for (int i = 0; i < 100000; i++)
		(void)msg_write(CHANNEL, MSG_LOG, 0, &body, NULL, 0);
	result("said");
}

static const struct {
	const char *word;
	void (*act)(void);
} acts[] = {
	{ "malformed", do_malformed },
	{ "oversized", do_oversized },
	{ "unknown", do_unknown },
	{ "reply", do_reply },
	{ "again", do_again },
	{ "version", do_version },
	{ "env", do_env },
	{ "other", do_other },
	{ "request", do_request },
	{ "descriptor", do_descriptor },
	{ "channels", do_channels },
	{ "folders", do_folders },
	{ "flood", do_flood },
	{ "dumb", do_dumb },
	{ "deaf", do_deaf },
	{ "token", do_token },
	{ "wrong-answer", do_wrong_answer },
	{ "unsealed", do_unsealed },
	{ "states", do_states },
	{ "notice", do_notice },
	{ "chatter", do_chatter },
};

void
hostile_daemon(const char *name)
{
	char word[64];
	struct msg m;
	size_t i;

	t.name = name;
	t.gen = msggen_new(9);
	proc_child_begin();
	wait_message(MSG_INIT, &m);
	msg_clear(&m);
	if (access(file_name("early"), F_OK) == -1)
		say_ready(MSG_VERSION);
	for (;;) {
		read_word(word, sizeof(word));
		for (i = 0; i < sizeof(acts) / sizeof(*acts); i++)
			if (strcmp(acts[i].word, word) == 0)
				break;
		if (i == sizeof(acts) / sizeof(*acts))
			fatal("'%s' is not known here", word);
		acts[i].act();
		/* Either it is killed for it now, or asked for more. */
	}
}
