/*
 * The audit log's file, written by this process alone: one write(2) an entry,
 * at the end, each with the hash of the one before in its own.
 *
 * It is opened once.  Before each entry the file's name, inode and size must
 * be what they were: whoever has cut it off, put another in its place or
 * written into it is told of in the log, and the chain goes on from what is in
 * memory, so that the place can be found.
 *
 * An entry that cannot be written is counted.  With AuditFull deny, whatever
 * needed it does not happen.
 */

#include "config.h"

#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "audit-int.h"
#include "buf.h"
#include "err.h"
#include "fdpass.h"
#include "log.h"
#include "loop.h"
#include "policy.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define TELL_MS	    60000 /* between two words about a log that is full */
#define TAIL_MAX    (8 * AUDIT_LINE_MAX) /* bytes in which the last line is */
#define DETAILS_MAX 16			 /* pairs */

const struct audit_who audit_monitor = { .kind = AUDIT_MONITOR };

const struct audit_who *
audit_who_of(const struct peer *p)
{
	const struct client *c = peer_arg(p);

	return &c->who;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* --- the file --- */

/* Whether it is a file that only we can write.  0 or an error, and why. */
static int
check_file(const struct stat *st, char *why, size_t size)
{
	if (!S_ISREG(st->st_mode))
		strlcpy(why, "it is not a regular file: remove it", size);
	else if (st->st_uid != geteuid())
		snprintf(why, size, "it belongs to user %lu: remove it",
		    (unsigned long)st->st_uid);
	else if ((st->st_mode & 077) != 0)
		snprintf(why, size,
		    "it has mode %04o, so others could have "
		    "written it: look at it, then chmod 600 it",
		    (unsigned)st->st_mode & 07777);
	else
		return 0;
	return RL_ERR_DENIED;
}

static int
open_checked(
    const char *path, int flags, struct stat *st, char *why, size_t size)
{
	int fd, r;

	/* O_NONBLOCK: a pipe of that name must not stop us. */
	fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd == -1) {
		r = errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_SYSTEM;
		strlcpy(why,
		    errno == ELOOP ? "it is a symbolic link: remove it"
				   : strerror(errno),
		    size);
		return r;
	}
	if (fstat(fd, st) == -1) {
		strlcpy(why, strerror(errno), size);
		r = RL_ERR_SYSTEM;
	} else
		r = check_file(st, why, size);
	if (r != 0) {
		fd_close(fd);
		return r;
	}
	return fd;
}

int
audit_open_path(const struct audit *a, off_t *size, char *why, size_t size_)
{
	struct stat st;
	int fd;

	fd = open_checked(a->env->paths.audit_file, O_RDONLY, &st, why, size_);
	if (fd < 0)
		return fd;
	*size = st.st_size;
	if (a->fd != -1 && (st.st_dev != a->dev || st.st_ino != a->ino)) {
		strlcpy(
		    why, "it is not the file that the daemon writes", size_);
		fd_close(fd);
		return RL_ERR_DENIED;
	}
	return fd;
}

/* The file by its name becomes the one that is written.  0 or -1 and why. */
static int
open_file(struct audit *a)
{
	struct stat st;
	int fd;
	char last;

	fd = open_checked(a->env->paths.audit_file, O_RDWR | O_APPEND | O_CREAT,
	    &st, a->why, sizeof(a->why));
	if (fd < 0)
		return -1;
	a->fd = fd;
	a->dev = st.st_dev;
	a->ino = st.st_ino;
	a->size = st.st_size;
	a->dangling =
	    st.st_size > 0 &&
	    (pread(fd, &last, 1, st.st_size - 1) != 1 || last != '\n');
	return 0;
}

static void
close_file(struct audit *a)
{
	fd_close(a->fd);
	a->fd = -1;
}

/* What is wrong with the file that we write, or NULL. */
static const char *
file_trouble(const struct audit *a)
{
	struct stat st;

	if (fstatat(AT_FDCWD, a->env->paths.audit_file, &st,
		AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? "was removed" : "cannot be seen";
	if (st.st_dev != a->dev || st.st_ino != a->ino)
		return "was replaced by another";
	if (st.st_size < a->size)
		return "was cut off";
	if (st.st_size > a->size)
		return "was written by somebody else";
	if (st.st_uid != geteuid() || (st.st_mode & 077) != 0)
		return "was opened to others";
	return NULL;
}

/* All of it or nothing: a piece of a line is taken back.  0 or -1 and why. */
static int
put(struct audit *a, const void *p, size_t len)
{
	ssize_t n = write(a->fd, p, len);

	if (n == (ssize_t)len) {
		a->size += n;
		return 0;
	}
	strlcpy(a->why, strerror(n == -1 ? errno : ENOSPC), sizeof(a->why));
	if (n > 0 && ftruncate(a->fd, a->size) == -1) {
		a->size += n;
		a->dangling = true;
		a->partial = (size_t)n;
	}
	return -1;
}

/* --- an entry --- */

/* Without the hash, for the system's log. */
static void
to_syslog(struct audit *a, const struct audit_who *who, const char *event,
    const char *object, const char *outcome)
{
	char text[LOG_LINE_MAX], raw[LOG_LINE_MAX], actor[512];
	bool bad = strcmp(outcome, AUDIT_REFUSED) == 0 ||
		   strcmp(outcome, AUDIT_FAILED) == 0;

	/* Whoever insists on it has it tried each time. */
	if (a->syslog == NULL && policy_audit_syslog(a->env->policy) != 0)
		a->syslog = logsocket_new(_PATH_LOG, LOG_AUTHPRIV);
	a->in_syslog = false;
	if (a->syslog == NULL)
		return;
	switch (who->kind) {
	case AUDIT_CLI:
		snprintf(actor, sizeof(actor), "cli uid=%lu pid=%ld %s",
		    (unsigned long)who->uid, (long)who->pid,
		    who->exe[0] != '\0' ? who->exe : who->comm);
		break;
	case AUDIT_HTTP:
		snprintf(actor, sizeof(actor), "http token=%s", who->token);
		break;
	case AUDIT_MONITOR:
		strlcpy(actor, "monitor", sizeof(actor));
		break;
	}
	snprintf(raw, sizeof(raw), "audit %" PRIu64 ": %s %s %s by %s",
	    a->head.seq, event, object, outcome, actor);
	a->in_syslog = logsocket_send(a->syslog, bad ? LOGL_WARN : LOGL_INFO,
			   text_escape(text, sizeof(text), raw)) == 0;
}

int
audit_write(struct audit *a, const struct audit_who *who, const char *event,
    const char *object, const char *outcome, const char *const *details)
{
	struct audit_link next = a->head;

	buf_reset(a->line);
	if (a->dangling) {
		if (put(a, "\n", 1) != 0)
			return -1;
		a->dangling = false;
	}
	audit_line_begin(
	    a->line, now_ms(), next.seq + 1, who, event, object, outcome);
	for (size_t i = 0; details[i] != NULL; i += 2)
		audit_line_add(a->line, details[i], details[i + 1]);
	audit_line_end(a->line, a->key, &next);
	if (put(a, buf_ptr(a->line), buf_len(a->line)) != 0)
		return -1;
	a->head = next;
	to_syslog(a, who, event, object, outcome);
	return 0;
}

/* --- where the chain stands --- */

/* The last entry in text, which begins with a whole line; false: none. */
static bool
last_entry(const char *text, size_t len, struct audit_entry *out)
{
	const char *end = text + len, *begin;
	struct audit_entry e;
	char why[128];

	while (end > text) {
		for (begin = end; begin > text && begin[-1] != '\n'; begin--)
			;
		if (audit_line_parse(begin, (size_t)(end - begin), &e, why,
			sizeof(why)) == 0) {
			*out = e;
			return true;
		}
		end = begin > text ? begin - 1 : text;
	}
	return false;
}

/*
 * Where the chain stands, from the end of the file.  A line that a crash has
 * cut short stays where it is, ended by a newline, and is told of.
 */
static void
take_up(struct audit *a)
{
	size_t want = a->size < TAIL_MAX ? (size_t)a->size : TAIL_MAX;
	char *text = xmalloc(want + 1), bytes[32];
	const char *nl;
	struct audit_entry e = { 0 };
	size_t tail = 0;
	bool found, was_dangling = a->dangling;
	ssize_t n;

	n = pread(a->fd, text, want, a->size - (off_t)want);
	if (n < 0)
		n = 0;
	a->taken = true;
	found = last_entry(text, (size_t)n, &e);
	if (found) {
		a->head.seq = a->began = e.seq;
		memcpy(a->head.hash, e.hash, sizeof(e.hash));
	}
	if (was_dangling) {
		nl = memrchr(text, '\n', (size_t)n);
		tail = nl != NULL ? (size_t)(text + n - nl - 1) : (size_t)n;
		if (nl == NULL && (off_t)n < a->size)
			found = false;
		/* All of it but the newline may be there. */
		if (tail > 0 && audit_line_parse(text + n - tail, tail, &e,
				    bytes, sizeof(bytes)) == 0)
			tail = 0;
		snprintf(bytes, sizeof(bytes), "%zu", tail);
		if (audit_write(a, &audit_monitor, AUDIT_RECOVERED,
			"audit.jsonl", AUDIT_OK,
			(const char *[]){ "bytes", bytes, NULL }) != 0)
			a->lost++;
	}
	if (!found && a->size > 0 && !was_dangling) {
		log_error("%s: its end is no entry", a->env->paths.audit_file);
		if (audit_write(a, &audit_monitor, AUDIT_DAMAGED, "audit.jsonl",
			AUDIT_FAILED,
			(const char *[]){
			    "what", "its end is no entry", NULL }) != 0)
			a->lost++;
	}
	free(text);
}

/* --- what may be wrong --- */

/* The piece of a line that a full disk has left there is told of. */
static int
tell_partial(struct audit *a)
{
	char bytes[32];

	if (a->partial == 0)
		return 0;
	snprintf(bytes, sizeof(bytes), "%zu", a->partial);
	if (audit_write(a, &audit_monitor, AUDIT_RECOVERED, "audit.jsonl",
		AUDIT_OK, (const char *[]){ "bytes", bytes, NULL }) != 0)
		return -1;
	a->partial = 0;
	return 0;
}

/* Opens the file again if it is not ours any more, and says so.  0 or -1. */
static int
mend_file(struct audit *a)
{
	char size[32], seq[32];
	const char *wrong = NULL;

	if (a->fd != -1 && (wrong = file_trouble(a)) != NULL) {
		log_error("%s: the audit log %s, after entry %" PRIu64,
		    a->env->paths.audit_file, wrong, a->head.seq);
		/* What comes of it is not told instead. */
		if (a->wrong == NULL) {
			a->wrong = wrong;
			a->wrong_size = a->size;
		}
		close_file(a);
	} else if (a->fd != -1) {
		if (tell_partial(a) != 0)
			return -1;
		if (a->wrong == NULL)
			return 0;
	}
	if (a->fd == -1) {
		if (open_file(a) != 0)
			return -1;
		a->partial = 0;
	}
	if (!a->taken) {
		take_up(a);
		audit_key_again(a);
	}
	if (a->wrong == NULL)
		return 0;
	snprintf(seq, sizeof(seq), "%" PRIu64, a->head.seq);
	snprintf(size, sizeof(size), "%lld", (long long)a->wrong_size);
	if (audit_write(a, &audit_monitor, AUDIT_DAMAGED, "audit.jsonl",
		AUDIT_FAILED,
		(const char *[]){
		    "what", a->wrong, "after", seq, "size", size, NULL }) != 0)
		return -1;
	a->wrong = NULL;
	return 0;
}

/* Entries that are lost are told of before any other.  0 or -1. */
static int
tell_lost(struct audit *a)
{
	char n[32];

	if (a->lost == 0)
		return 0;
	snprintf(n, sizeof(n), "%" PRIu64, a->lost);
	if (audit_write(a, &audit_monitor, AUDIT_LOST, "audit.jsonl",
		AUDIT_FAILED,
		(const char *[]){ "count", n, "why", a->why, NULL }) != 0)
		return -1;
	log_warn("the audit log can be written again: %s entries are lost", n);
	a->lost = 0;
	return 0;
}

static void
tell_trouble(struct audit *a)
{
	uint64_t now = loop_now();

	if (a->told_at != 0 && now - a->told_at < TELL_MS)
		return;
	a->told_at = now;
	log_error("%s: %s: %s", a->env->paths.audit_file, a->why,
	    a->env->conf.audit_full == CONF_AUDIT_DENY
		? "no key is used and no session starts (AuditFull deny)"
		: "what happens is not written down (AuditFull warn)");
}

/* Whether the policy wants entries in the system's log, which has not this. */
static bool
lacks_syslog(const struct audit *a)
{
	return policy_audit_syslog(a->env->policy) != 0 && !a->in_syslog;
}

static int
verdict(const struct audit *a)
{
	return a->env->conf.audit_full == CONF_AUDIT_WARN ? 0 : RL_ERR_DENIED;
}

int
audit_may(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL)
		return RL_ERR_DENIED;
	if (a->fd != -1 && a->lost == 0)
		return 0;
	if (mend_file(a) == 0 && tell_lost(a) == 0) {
		audit_key_note(a);
		return 0;
	}
	tell_trouble(a);
	return verdict(a);
}

/* Whoever holds a token must not fill the disk with what we refuse. */
static bool
is_flood(struct audit *a, const struct audit_who *who, const char *outcome)
{
	return who->kind == AUDIT_HTTP &&
	       (strcmp(outcome, AUDIT_REFUSED) == 0 ||
		   strcmp(outcome, AUDIT_FAILED) == 0) &&
	       !log_limit_take(&a->limit, loop_now());
}

int
audit_event(struct env *env, const struct audit_who *who, const char *event,
    const char *object, const char *outcome, ...)
{
	struct audit *a = env->audit;
	const char *details[2 * DETAILS_MAX + 1];
	char left_out[32];
	size_t n = 0;
	va_list ap;

	if (a == NULL)
		return RL_ERR_DENIED;
	va_start(ap, outcome);
	while (n + 4 < sizeof(details) / sizeof(details[0]) &&
	       (details[n] = va_arg(ap, const char *)) != NULL) {
		details[n + 1] = va_arg(ap, const char *);
		if (details[n + 1] != NULL)
			n += 2;
	}
	va_end(ap);
	if (is_flood(a, who, outcome))
		return 0;
	if (a->limit.left_out > 0) {
		snprintf(
		    left_out, sizeof(left_out), "%" PRIu64, a->limit.left_out);
		details[n++] = "refused_before";
		details[n++] = left_out;
	}
	details[n] = NULL;
	if (mend_file(a) == 0 && tell_lost(a) == 0 &&
	    audit_write(a, who, event, object, outcome, details) == 0) {
		a->limit.left_out = 0;
		audit_key_note(a);
		return lacks_syslog(a) ? RL_ERR_DENIED : 0;
	}
	a->lost++;
	tell_trouble(a);
	return verdict(a);
}

const char *
audit_trouble(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL)
		return "there is no audit log";
	if (lacks_syslog(a)) {
		snprintf(a->trouble, sizeof(a->trouble),
		    "the system's log (%s) does not take audit entries: "
		    "refused by AuditSyslog (%s line %u)",
		    _PATH_LOG, policy_file(env->policy),
		    policy_audit_syslog(env->policy));
		return a->trouble;
	}
	snprintf(a->trouble, sizeof(a->trouble),
	    "refused, because the audit log cannot be written: %s: %s: make "
	    "it writable, or set AuditFull warn",
	    env->paths.audit_file, a->why);
	return a->trouble;
}

/* --- the start --- */

/* A hash of all that is set, so that a change between two runs shows. */
static void
settings_hash(const struct conf *c, char hex[33])
{
	struct buf *b = buf_new(256 * 1024);
	uint8_t hash[16];

	(void)conf_print(c, b);
	crypto_generichash(hash, sizeof(hash), buf_ptr(b), buf_len(b), NULL, 0);
	sodium_bin2hex(hex, 33, hash, sizeof(hash));
	buf_free(b);
}

void
audit_settings(struct env *env)
{
	struct audit *a = env->audit;

	if (a == NULL)
		return;
	if (!env->conf.audit_syslog) {
		logsocket_free(a->syslog);
		a->syslog = NULL;
	} else if (a->syslog == NULL &&
		   (a->syslog = logsocket_new(_PATH_LOG, LOG_AUTHPRIV)) == NULL)
		log_error("AuditSyslog: %s: %s", _PATH_LOG, strerror(errno));
}

void
audit_open(struct env *env, const char *how)
{
	struct audit *a = xcalloc(1, sizeof(*a));
	char hash[33], pid[32];

	a->env = env;
	a->fd = -1;
	a->line = buf_new(AUDIT_LINE_MAX);
	env->audit = a;
	audit_settings(env);
	/* A daemon that serves already goes on, and refuses what needs it. */
	if (policy_audit_syslog(env->policy) != 0 && a->syslog == NULL &&
	    strcmp(how, "start") == 0)
		fatal("%s: there is no system log to have audit entries: "
		      "refused by AuditSyslog (%s line %u)",
		    _PATH_LOG, policy_file(env->policy),
		    policy_audit_syslog(env->policy));
	if (open_file(a) == 0)
		take_up(a);
	settings_hash(&env->conf, hash);
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	(void)audit_event(env, &audit_monitor, AUDIT_START, "daemon", AUDIT_OK,
	    "how", how, "version", PACKAGE_VERSION, "pid", pid, "settings",
	    hash, NULL);
}

void
audit_free(struct audit *a)
{
	if (a == NULL)
		return;
	audit_verify_none(a);
	audit_key_free(a);
	close_file(a);
	buf_free(a->line);
	logsocket_free(a->syslog);
	free(a);
}
