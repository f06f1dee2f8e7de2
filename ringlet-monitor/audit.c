/*
 * The audit log, written by this process alone: one write(2) an entry, at the
 * end, each with the hash of the one before in its own.  The file is
 * audit-file.c's.
 *
 * An entry that cannot be written is counted.  With AuditFull deny, whatever
 * needed it does not happen.
 */

#include "config.h"

#include <errno.h>
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
#define DETAILS_MAX 16 /* pairs */

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
		if (audit_file_put(a, "\n", 1) != 0)
			return -1;
		a->dangling = false;
	}
	audit_line_begin(
	    a->line, now_ms(), next.seq + 1, who, event, object, outcome);
	for (size_t i = 0; details[i] != NULL; i += 2)
		audit_line_add(a->line, details[i], details[i + 1]);
	audit_line_end(a->line, a->key, &next);
	if (audit_file_put(a, buf_ptr(a->line), buf_len(a->line)) != 0)
		return -1;
	a->head = next;
	to_syslog(a, who, event, object, outcome);
	return 0;
}

/* --- what may be wrong --- */

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
	if (audit_file_mend(a) == 0 && tell_lost(a) == 0) {
		audit_key_note(a);
		return 0;
	}
	tell_trouble(a);
	return verdict(a);
}

/* Writes one entry, and what must be told before.  0 or -1. */
static int
write_entry(struct audit *a, const struct audit_who *who, const char *event,
    const char *object, const char *outcome, const char *const *details)
{
	if (audit_file_mend(a) != 0 || tell_lost(a) != 0 ||
	    audit_write(a, who, event, object, outcome, details) != 0)
		return -1;
	audit_key_note(a);
	return 0;
}

/* --- whoever holds a token must not fill the disk with what we refuse --- */

static int
write_again(void *arg, const struct audit_saying *e, uint64_t times)
{
	const char *details[2 * DETAILS_MAX + 3];
	struct audit *a = arg;
	char text[32];
	size_t n;

	for (n = 0; n < 2 * DETAILS_MAX && e->details[n] != NULL; n++)
		details[n] = e->details[n];
	snprintf(text, sizeof(text), "%" PRIu64, times);
	details[n++] = "repeated";
	details[n++] = text;
	details[n] = NULL;
	if (write_entry(
		a, e->who, e->event, e->object, e->outcome, details) == 0)
		return 0;
	tell_trouble(a);
	return -1;
}

static void
tell_repeats(struct audit *a, bool all)
{
	uint64_t wait;

	if (a->repeats == NULL)
		return;
	wait = audit_repeat_tell(a->repeats, loop_now(), all);
	if (wait > 0)
		loop_timer_arm(a->repeat_timer, wait);
}

static void
on_repeats(void *arg)
{
	tell_repeats(arg, false);
}

void
audit_repeats_end(struct audit *a)
{
	tell_repeats(a, true);
}

/* It was written: the same again is counted. */
static void
note_refusal(struct audit *a, const struct audit_saying *e)
{
	if (a->repeats == NULL) {
		a->repeats = audit_repeat_new(write_again, a);
		a->repeat_timer =
		    loop_timer_new(a->env->loop, on_repeats, a);
	}
	audit_repeat_written(a->repeats, e, loop_now());
	tell_repeats(a, false);
}

/* Those who have no token are counted where they are refused. */
static bool
is_refusal(const struct audit_saying *e)
{
	return e->who->kind == AUDIT_HTTP && e->who->token[0] != '\0' &&
	       (strcmp(e->outcome, AUDIT_REFUSED) == 0 ||
		   strcmp(e->outcome, AUDIT_FAILED) == 0);
}

/* Whether it is counted, and not written. */
static bool
is_counted(struct audit *a, const struct audit_saying *e)
{
	return (a->repeats != NULL &&
		   audit_repeat_counts(a->repeats, e, loop_now())) ||
	       !log_limit_take(&a->limit, loop_now());
}

int
audit_event(struct env *env, const struct audit_who *who, const char *event,
    const char *object, const char *outcome, ...)
{
	struct audit *a = env->audit;
	const char *details[2 * DETAILS_MAX + 1];
	const struct audit_saying e = { who, event, object, outcome, details };
	char left_out[32];
	size_t n = 0, own;
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
	details[own = n] = NULL;
	if (is_refusal(&e) && is_counted(a, &e))
		return 0;
	if (a->limit.left_out > 0) {
		snprintf(
		    left_out, sizeof(left_out), "%" PRIu64, a->limit.left_out);
		details[n++] = "refused_before";
		details[n++] = left_out;
	}
	details[n] = NULL;
	if (write_entry(a, who, event, object, outcome, details) == 0) {
		a->limit.left_out = 0;
		details[own] = NULL;
		if (is_refusal(&e))
			note_refusal(a, &e);
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
	audit_file_open(a);
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
	audit_repeat_free(a->repeats);
	loop_timer_free(a->repeat_timer);
	audit_file_close(a);
	buf_free(a->line);
	logsocket_free(a->syslog);
	free(a);
}
