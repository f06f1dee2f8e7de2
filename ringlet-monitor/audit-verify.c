/*
 * The audit log, checked from its first byte to its last.  Every line is held
 * against the hash that it must have after the one before; after a break the
 * check goes on from what the line says itself, so that one change is told
 * once and what follows is still checked.
 */

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit.h"
#include "audit-line.h"
#include "audit-verify.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

struct audit_verify {
	struct secret *key;
	char id[AUDIT_KEYID_LEN + 1];
	struct audit_link known; /* seq 0: nothing */
	bool known_seen;
	uint64_t began;		   /* UINT64_MAX: not known */
	char file[64];		   /* "": the one that is written */
	uint64_t gone;		   /* entries before the first that is there */
	uint64_t pruned;  /* of them: those that the log says are removed */
	bool pruned_sure; /* with a key */
	char line[AUDIT_LINE_MAX]; /* what has come of the line in hand */
	size_t len;		   /* all of it, also what does not fit */
	struct audit_link good;	   /* the last whose hash was right */
	/* A line that is no entry, until the next one may explain it. */
	bool odd;
	size_t odd_len;
	char odd_why[128];
	/* Entries of one key that is not here, one after the other. */
	uint64_t foreign_line;
	uint64_t foreign_first;
	uint64_t foreign_last;
	char foreign_key[AUDIT_KEYID_LEN + 1];
	struct audit_result r;
};

struct audit_verify *
audit_verify_new(const struct secret *key, const struct audit_link *known)
{
	struct audit_verify *v = xcalloc(1, sizeof(*v));

	if (key != NULL) {
		v->key = secret_dup(key);
		audit_key_id(key, v->id);
	}
	if (known != NULL)
		v->known = *known;
	v->began = UINT64_MAX;
	return v;
}

void
audit_verify_began(struct audit_verify *v, uint64_t seq)
{
	v->began = seq;
}

void
audit_verify_free(struct audit_verify *v)
{
	if (v == NULL)
		return;
	secret_free(v->key);
	free(v);
}

static void __attribute__((__format__(printf, 6, 0)))
vfinding(struct audit_verify *v, const char *kind, uint64_t line, uint64_t seq,
    const char *time, const char *fmt, va_list ap)
{
	struct audit_finding *f;
	size_t n;

	v->r.untold++;
	if (v->r.nfindings++ >= AUDIT_FINDINGS_MAX)
		return;
	f = &v->r.findings[v->r.nfindings - 1];
	f->kind = kind;
	f->line = line;
	f->seq = seq;
	strlcpy(f->time, time, sizeof(f->time));
	f->text[0] = '\0';
	if (v->file[0] != '\0')
		(void)snprintf(f->text, sizeof(f->text), "%s: ", v->file);
	n = strlen(f->text);
	(void)vsnprintf(f->text + n, sizeof(f->text) - n, fmt, ap);
	/* Cut, but not within a character: what the log tells may be any. */
	for (n = strlen(f->text); n > 0 && !valid_utf8(f->text, n); n--)
		f->text[n - 1] = '\0';
}

static void __attribute__((__format__(printf, 6, 7)))
finding(struct audit_verify *v, const char *kind, uint64_t line, uint64_t seq,
    const char *time, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfinding(v, kind, line, seq, time, fmt, ap);
	va_end(ap);
}

void
audit_verify_add(struct audit_verify *v, const char *kind, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfinding(v, kind, 0, 0, "", fmt, ap);
	va_end(ap);
}

/* --- one line --- */

/* The line that was no entry stays one that nobody explains. */
static void
end_odd(struct audit_verify *v)
{
	if (v->odd)
		finding(v, "damaged", v->r.lines, 0, "", "is no entry: %s",
		    v->odd_why);
	v->odd = false;
}

static void
end_foreign(struct audit_verify *v)
{
	if (v->foreign_line == 0)
		return;
	if (v->key == NULL)
		finding(v, "key", v->foreign_line, v->foreign_first, "",
		    "the key of entries %llu to %llu (%s) is not at hand: "
		    "their hashes cannot be checked",
		    (unsigned long long)v->foreign_first,
		    (unsigned long long)v->foreign_last, v->foreign_key);
	else
		finding(v, "key", v->foreign_line, v->foreign_first, "",
		    "entries %llu to %llu have another key (%s) than the "
		    "keychain: their hashes cannot be checked",
		    (unsigned long long)v->foreign_first,
		    (unsigned long long)v->foreign_last, v->foreign_key);
	v->foreign_line = 0;
}

/* Its key is not here: all that can be looked at is its number. */
static void
take_foreign(struct audit_verify *v, const struct audit_entry *e)
{
	if (v->foreign_line != 0 && strcmp(v->foreign_key, e->key) != 0)
		end_foreign(v);
	if (v->foreign_line == 0) {
		v->foreign_line = v->r.lines;
		v->foreign_first = e->seq;
		strlcpy(v->foreign_key, e->key, sizeof(v->foreign_key));
	}
	v->foreign_last = e->seq;
	if (e->seq != v->r.last.seq + 1)
		finding(v, e->seq > v->r.last.seq ? "missing" : "order",
		    v->r.lines, e->seq, e->time,
		    "entry %llu stands where %llu should",
		    (unsigned long long)e->seq,
		    (unsigned long long)v->r.last.seq + 1);
}

static bool
follows(struct audit_verify *v, const struct audit_entry *e,
    const struct audit_link *before)
{
	uint8_t hash[AUDIT_HASH_LEN];

	if (e->seq != before->seq + 1)
		return false;
	audit_line_hash(v->line, e->hashed, before->hash,
	    e->key[0] != '\0' ? v->key : NULL, hash);
	return memcmp(hash, e->hash, sizeof(hash)) == 0;
}

/* The line does not follow the one before: what that looks like. */
static void
tell_break(struct audit_verify *v, const struct audit_entry *e)
{
	uint64_t want = v->r.last.seq + 1, line = v->r.lines;

	if (e->seq == want)
		finding(v, "changed", line, e->seq, e->time,
		    "does not have the hash that it should: it, or the entry "
		    "before, was changed or put in");
	else if (e->seq > want)
		finding(v, "missing", line, e->seq, e->time,
		    "%s %llu to %llu are not before it", "entries",
		    (unsigned long long)want, (unsigned long long)e->seq - 1);
	else
		finding(v, "order", line, e->seq, e->time,
		    "entry %llu stands where %llu should: it was moved, "
		    "copied or put in",
		    (unsigned long long)e->seq, (unsigned long long)want);
}

/* What the log itself tells of; a key's hash shows that we have written it. */
static void
take_told(struct audit_verify *v, const struct audit_entry *e, bool sure)
{
	if (strcmp(e->event, AUDIT_DAMAGED) != 0 &&
	    strcmp(e->event, AUDIT_KEY_LOST) != 0)
		return;
	finding(v, "told", v->r.lines, e->seq, e->time,
	    "the log itself tells: %s", e->what);
	if (sure)
		v->r.untold = 0;
	else
		v->r.untold--;
}

/*
 * The first entry that is there may say which one was before it, whose file has
 * been removed: if it does so rightly its own hash is right, and if that was in
 * order is told later.
 */
static void
take_first(struct audit_verify *v, const struct audit_entry *e)
{
	if (v->r.entries > 0 || !e->begins ||
	    strcmp(e->event, AUDIT_TURNED) != 0 || e->after.seq + 1 != e->seq)
		return;
	v->gone = e->after.seq;
	v->good = v->r.last = e->after;
}

/*
 * An entry without a key can be added by anybody while no monitor runs, and the
 * next one that has the key covers it.  So it says nothing in a log that had
 * one before: there no monitor writes it (audit-turn.c).
 */
static void
take_pruned(struct audit_verify *v, const struct audit_entry *e, bool sure)
{
	if (strcmp(e->event, AUDIT_PRUNED) != 0 || e->up_to <= v->pruned)
		return;
	if (e->key[0] == '\0' && v->key != NULL && v->r.keyed > 0)
		return;
	v->pruned = e->up_to;
	v->pruned_sure = sure;
}

static void
take_entry(struct audit_verify *v, const struct audit_entry *e)
{
	struct audit_result *r = &v->r;
	bool foreign =
	    e->key[0] != '\0' && (v->key == NULL || strcmp(e->key, v->id) != 0);
	bool good = false, lately;

	take_first(v, e);
	lately = follows(v, e, &v->good);
	if (!foreign) {
		end_foreign(v);
		good = follows(v, e, &r->last) || lately;
		if (!good)
			tell_break(v, e);
	} else
		take_foreign(v, e);
	r->entries++;
	r->last.seq = e->seq;
	memcpy(r->last.hash, e->hash, sizeof(r->last.hash));
	if (good || foreign)
		v->good = r->last;
	if (v->known.seq == e->seq &&
	    memcmp(v->known.hash, e->hash, sizeof(e->hash)) == 0)
		v->known_seen = true;
	if (e->key[0] != '\0' && good) {
		r->keyed++;
		r->last_keyed = e->seq;
		r->uncovered = r->unvouched = 0;
	} else {
		r->uncovered++;
		r->unvouched += e->seq > v->known.seq;
	}
	take_told(v, e, e->key[0] != '\0' && good);
	if (good || foreign)
		take_pruned(v, e, e->key[0] != '\0' && good);
}

static void
take_line(struct audit_verify *v)
{
	struct audit_entry e;
	char why[128];
	uint64_t odd = v->odd ? v->odd_len : 0;
	int r;

	r = audit_line_parse(v->line, v->len, &e, why, sizeof(why));
	/* A crash within a line; what came after has said so. */
	if (v->odd && r == 0 && strcmp(e.event, AUDIT_RECOVERED) == 0 &&
	    e.bytes == odd)
		v->odd = false;
	end_odd(v);
	v->r.lines++;
	if (r == 0) {
		take_entry(v, &e);
		return;
	}
	end_foreign(v);
	v->odd = true;
	v->odd_len = v->len;
	strlcpy(v->odd_why, why, sizeof(v->odd_why));
}

void
audit_verify_file(struct audit_verify *v, const char *name)
{
	/* One goes on in another only where it ends with a whole line. */
	if (v->len > 0) {
		take_line(v);
		finding(v, "damaged", v->r.lines, 0, "",
		    "is the last one, and does not end");
		v->len = 0;
	}
	end_odd(v);
	end_foreign(v);
	v->r.lines = 0;
	(void)strlcpy(v->file, name, sizeof(v->file));
}

void
audit_verify_feed(struct audit_verify *v, const void *data, size_t len)
{
	const char *p = data, *end;
	size_t n, room;

	while (len > 0) {
		end = memchr(p, '\n', len);
		n = end != NULL ? (size_t)(end - p) : len;
		room = v->len < sizeof(v->line) ? sizeof(v->line) - v->len : 0;
		memcpy(v->line + (v->len < sizeof(v->line) ? v->len : 0), p,
		    n < room ? n : room);
		v->len += n;
		if (end == NULL)
			return;
		take_line(v);
		v->len = 0;
		p += n + 1;
		len -= n + 1;
	}
}

/* --- the end --- */

static void
check_known(struct audit_verify *v)
{
	unsigned long long seq = (unsigned long long)v->known.seq;

	uint64_t end = v->r.last.seq < v->began ? v->r.last.seq : v->began;

	if (v->known.seq == 0 || v->known_seen)
		return;
	/* It was in a file that was removed, as is written with a key. */
	if (v->known.seq <= v->gone && v->gone <= v->pruned && v->pruned_sure)
		return;
	if (end < v->known.seq)
		finding(v, "truncated", 0, end, "",
		    "ended with entry %llu, and had %llu when the keychain "
		    "was last told: what came after was cut off",
		    (unsigned long long)end, seq);
	else
		finding(v, "rewritten", 0, v->known.seq, "",
		    "entry %llu is not the one that the keychain remembers: "
		    "the log was replaced or written anew",
		    seq);
}

static void
check_gone(struct audit_verify *v)
{
	if (v->gone > v->pruned)
		finding(v, "missing", 0, v->gone, "",
		    "begins after entry %llu, and was removed up to %llu: "
		    "files before were taken away",
		    (unsigned long long)v->gone, (unsigned long long)v->pruned);
}

static void
check_head(struct audit_verify *v, const struct audit_link *head)
{
	if (head == NULL ||
	    (head->seq == v->r.last.seq &&
		memcmp(head->hash, v->r.last.hash, sizeof(head->hash)) == 0))
		return;
	if (v->r.last.seq < head->seq)
		finding(v, "truncated", 0, v->r.last.seq, "",
		    "ends with entry %llu, and the daemon has written %llu: "
		    "what came after was cut off",
		    (unsigned long long)v->r.last.seq,
		    (unsigned long long)head->seq);
	else
		finding(v, "rewritten", 0, v->r.last.seq, "",
		    "ends with another entry than the daemon has written last "
		    "(%llu)",
		    (unsigned long long)head->seq);
}

const struct audit_result *
audit_verify_end(struct audit_verify *v, const struct audit_link *head)
{
	end_odd(v);
	end_foreign(v);
	v->r.partial = v->len > 0;
	v->r.partial_bytes = v->len;
	check_gone(v);
	check_known(v);
	check_head(v, head);
	return &v->r;
}
