/*
 * Bodies for people: what a trace shows of a message.  A secret field is never
 * shown, whoever asks.
 */

#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "msg.h"
#include "valid.h"

struct printer {
	char *p;
	size_t left;
	bool full;
};

static void print_record(
    struct printer *, const struct msg_rec *, const unsigned char *);

static void __attribute__((__format__(printf, 2, 3)))
print(struct printer *pr, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (pr->full)
		return;
	va_start(ap, fmt);
	n = vsnprintf(pr->p, pr->left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= pr->left) {
		pr->full = true;
		return;
	}
	pr->p += n;
	pr->left -= (size_t)n;
}

static void
print_str(struct printer *pr, const char *s)
{
	char text[256];

	print(pr, "\"%s\"", text_escape(text, sizeof(text), s ? s : ""));
}

static void
print_field(
    struct printer *pr, const struct msg_field *f, const unsigned char *body)
{
	const void *at = body + f->off;
	const struct msg_strs *strs;
	const struct msg_recs *recs;

	print(pr, "%s=", f->name);
	if (f->flags & MFF_SECRET) {
		print(pr, "<secret>");
		return;
	}
	switch (f->kind) {
	case MF_U64:
		print(pr, "%" PRIu64, *(const uint64_t *)at);
		break;
	case MF_I64:
		print(pr, "%" PRId64, *(const int64_t *)at);
		break;
	case MF_BOOL:
		print(pr, "%s", *(const bool *)at ? "true" : "false");
		break;
	case MF_STR:
		print_str(pr, *(const char *const *)at);
		break;
	case MF_BIN:
		print(pr, "<%zu bytes>", ((const struct msg_bin *)at)->len);
		break;
	case MF_STRS:
		strs = at;
		print(pr, "[");
		for (size_t i = 0; i < strs->n; i++) {
			print(pr, i > 0 ? ", " : "");
			print_str(pr, strs->v[i]);
		}
		print(pr, "]");
		break;
	case MF_RECS:
		recs = at;
		print(pr, "[");
		for (size_t i = 0; i < recs->n; i++) {
			print(pr, i > 0 ? ", {" : "{");
			print_record(pr, f->rec,
			    (const unsigned char *)recs->v +
				i * f->rec->size);
			print(pr, "}");
		}
		print(pr, "]");
		break;
	}
}

static void
print_record(struct printer *pr, const struct msg_rec *rec,
    const unsigned char *body)
{
	for (size_t i = 0; i < rec->nfields; i++) {
		if (i > 0)
			print(pr, " ");
		print_field(pr, &rec->fields[i], body);
	}
}

char *
msg_print(const struct msg_type *t, const void *body, char *dst, size_t size)
{
	struct printer pr = { dst, size, false };

	dst[0] = '\0';
	print_record(&pr, t->rec, body);
	if (pr.full && size >= sizeof("..."))
		memcpy(dst + size - sizeof("..."), "...", sizeof("..."));
	return dst;
}
