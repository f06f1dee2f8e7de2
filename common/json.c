/*
 * Strict JSON.  The text comes from files that people edit and from browsers:
 * everything that a table does not expect is an error, and an error says what
 * and where but never repeats a value, which may be a key.
 */

#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "secret.h"
#include "valid.h"
#include "xmalloc.h"

#define DEPTH_MAX  8
#define NAME_SHOWN 80 /* bytes of a member's name in an error */

/* What leads to a place in a text: in each object or array a step. */
struct step {
	bool array;
	bool wants_name;  /* of an object: the next string is one */
	const char *name; /* of the member, as it is written; NULL: none yet */
	size_t len;
	size_t index; /* of an array's element */
};

struct place {
	struct step steps[JSON_DEPTH_LIMIT];
	size_t depth;
};

/*
 * Walks to the end of the len bytes at p.  False if something is nested deeper
 * than depth: jansson recurses, up to 2048 deep, so this comes first.  On
 * text that is not JSON the place may be any, but it names nothing that does
 * not stand where a member's name would.
 */
static bool
walk(const char *p, size_t len, size_t depth, struct place *at)
{
	struct step *s = NULL;
	size_t i, start;

	at->depth = 0;
	/* Where nothing may be nested at all, none of them is ever set. */
	memset(&at->steps[0], 0, sizeof(at->steps[0]));
	for (i = 0; i < len; i++) {
		s = at->depth > 0 ? &at->steps[at->depth - 1] : NULL;
		switch (p[i]) {
		case '"':
			for (start = ++i; i < len && p[i] != '"'; i++)
				if (p[i] == '\\')
					i++;
			if (s == NULL || !s->wants_name)
				break;
			s->wants_name = false;
			s->name = p + start;
			s->len = (i < len ? i : len) - start;
			break;
		case '{':
		case '[':
			if (at->depth == depth)
				return false;
			s = &at->steps[at->depth++];
			memset(s, 0, sizeof(*s));
			s->array = p[i] == '[';
			s->wants_name = !s->array;
			break;
		case '}':
		case ']':
			if (at->depth > 0)
				at->depth--;
			break;
		case ',':
			if (s == NULL)
				break;
			s->index++;
			s->wants_name = !s->array;
			s->name = NULL;
			break;
		default:
			break;
		}
	}
	return true;
}

/* ", member 'a.b[2]'", or nothing where no member leads. */
static const char *
place_text(const struct place *at, char *out, size_t size)
{
	char path[2 * NAME_SHOWN], part[NAME_SHOWN], shown[4 * NAME_SHOWN];
	const struct step *s;
	size_t i, n;

	path[0] = out[0] = '\0';
	for (i = 0; i < at->depth; i++) {
		s = &at->steps[i];
		if (s->array)
			(void)snprintf(part, sizeof(part), "[%zu]", s->index);
		else if (s->name != NULL) {
			n = s->len < sizeof(part) - 2 ? s->len :
			    sizeof(part) - 2;
			(void)snprintf(part, sizeof(part), "%s%.*s",
			    i > 0 ? "." : "", (int)n, s->name);
		} else
			break;
		/* What is cut here is cut for people. */
		(void)strlcat(path, part, sizeof(path));
	}
	if (at->depth > 0 && !at->steps[0].array && path[0] != '\0')
		(void)snprintf(out, size, ", member '%s'",
		    text_escape(shown, sizeof(shown), path));
	return out;
}

/* A text that was cut to fit may end within a character, and is sent as JSON. */
static void
end_whole(char *text)
{
	size_t n = strlen(text);

	for (int i = 0; i < 3 && n > 0 && !valid_utf8(text, n); i++)
		text[--n] = '\0';
}

/* Our own words: jansson's quote the text near the error. */
static const char *
error_text(const json_error_t *e)
{
	switch (json_error_code(e)) {
	case json_error_invalid_utf8:
		return "a string is not UTF-8";
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "there is text after the end";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a string contains a NUL";
	case json_error_duplicate_key:
		return "it comes twice";
	case json_error_numeric_overflow:
		return "a number is too large";
	default:
		/* The one error of syntax that looks right to people. */
		if (strncmp(e->text, "invalid Unicode", 15) == 0)
			return "a \\u escape is half a character";
		return "not valid JSON";
	}
}

static json_t *
parse(const char *p, size_t len, size_t depth, size_t flags, char *why,
    size_t size)
{
	char where[5 * NAME_SHOWN];
	struct place at;
	json_error_t e;
	json_t *v;

	if (!walk(p, len, depth, &at)) {
		/* The first step is enough: the others are brackets. */
		at.depth = 1;
		(void)snprintf(why, size, "nested more than %zu deep%s",
		    depth, place_text(&at, where, sizeof(where)));
		end_whole(why);
		return NULL;
	}
	/* jansson takes a NUL pointer for a mistake of ours. */
	if (len == 0)
		p = "";
	v = json_loadb(p, len, flags | JSON_REJECT_DUPLICATES, &e);
	if (v == NULL) {
		(void)walk(p, (size_t)e.position < len ? (size_t)e.position :
		    len, depth, &at);
		(void)snprintf(why, size, "line %d column %d%s: %s", e.line,
		    e.column, place_text(&at, where, sizeof(where)),
		    error_text(&e));
		end_whole(why);
		return NULL;
	}
	if (!json_is_object(v)) {
		(void)snprintf(why, size, "not a JSON object");
		json_decref(v);
		return NULL;
	}
	return v;
}

json_t *
json_parse_object(const char *p, size_t len, char *why, size_t size)
{
	return parse(p, len, DEPTH_MAX, 0, why, size);
}

json_t *
json_parse_nested(
    const char *p, size_t len, size_t depth, char *why, size_t size)
{
	if (depth > JSON_DEPTH_LIMIT)
		depth = JSON_DEPTH_LIMIT;
	return parse(p, len, depth, 0, why, size);
}

/*
 * Whether there are more than max values: each but the first of an object or
 * array follows a comma.
 */
static bool
has_more_values(const char *p, size_t len, size_t max)
{
	size_t n = 1;

	for (size_t i = 0; i < len && n <= max; i++) {
		if (p[i] == '"') {
			for (i++; i < len && p[i] != '"'; i++)
				if (p[i] == '\\')
					i++;
		} else if (p[i] == ',' || p[i] == '[' || p[i] == '{')
			n++;
	}
	return n > max;
}

json_t *
json_parse_foreign(
    const char *p, size_t len, size_t depth, char *why, size_t size)
{
	if (has_more_values(p, len, JSON_FOREIGN_VALUES)) {
		(void)snprintf(why, size, "has more than %d values",
		    JSON_FOREIGN_VALUES);
		return NULL;
	}
	if (depth > JSON_DEPTH_LIMIT)
		depth = JSON_DEPTH_LIMIT;
	return parse(p, len, depth, JSON_ALLOW_NUL, why, size);
}

/* Where a member is, and where what is wrong with it is to be said. */
struct said {
	const char *in; /* of an object that is itself a member, or NULL */
	char *why;
	size_t size;
};

static int __attribute__((__format__(printf, 3, 4)))
refuse(const struct said *said, const char *name, const char *fmt, ...)
{
	char shown[NAME_SHOWN], what[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(said->why, said->size, "member '%s%s%s' %s",
	    said->in != NULL ? said->in : "", said->in != NULL ? "." : "",
	    text_escape(shown, sizeof(shown), name), what);
	end_whole(said->why);
	return RL_ERR_INVALID;
}

static void
free_strings(char **v)
{
	if (v == NULL)
		return;
	for (size_t i = 0; v[i] != NULL; i++) {
		secret_wipe(v[i], strlen(v[i]));
		free(v[i]);
	}
	free(v);
}

static void
free_member(const struct json_member *m, void *field)
{
	char *s;

	if (m->kind == JK_STRING) {
		if ((s = *(char **)field) != NULL)
			secret_wipe(s, strlen(s));
		free(s);
		*(char **)field = NULL;
	} else if (m->kind == JK_STRINGS) {
		free_strings(*(char ***)field);
		*(char ***)field = NULL;
	} else if (m->kind == JK_OBJECT)
		json_free_members(m->object->members, m->object->n, field);
	else if (m->kind == JK_ANY_OBJECT) {
		json_decref(*(json_t **)field);
		*(json_t **)field = NULL;
	}
}

static int
get_strings(const struct json_member *m, const json_t *v, char ***out,
    const struct said *said)
{
	const json_t *e;
	bool one = (m->flags & JSONF_ONE) != 0 && json_is_string(v);
	size_t i, n;

	if (!one && !json_is_array(v))
		return refuse(said, m->name, "must be an array%s",
		    (m->flags & JSONF_ONE) != 0 ? " or a string" : "");
	if ((n = one ? 1 : json_array_size(v)) > m->max)
		return refuse(said, m->name, "may have at most %zu elements",
		    m->max);
	*out = xcalloc(n + 1, sizeof(**out));
	for (i = 0; i < n; i++) {
		e = one ? v : json_array_get(v, i);
		if (!json_is_string(e))
			return refuse(said, m->name,
			    "has an element %zu that is not a string", i);
		if (json_string_length(e) > ARG_MAX_LEN)
			return refuse(said, m->name,
			    "has an element %zu longer than %d bytes", i,
			    ARG_MAX_LEN);
		(*out)[i] = xstrdup(json_string_value(e));
	}
	return 0;
}

static int get_members(const json_t *, const struct json_table *, void *target,
    const struct said *);

static int
get_member(const struct json_member *m, const json_t *v, void *field,
    const struct said *said)
{
	const struct said inner = { m->name, said->why, said->size };

	free_member(m, field);
	switch (m->kind) {
	case JK_STRING:
		if (!json_is_string(v))
			return refuse(said, m->name, "must be a string");
		if (json_string_length(v) > m->max)
			return refuse(said, m->name,
			    "may have at most %zu bytes", m->max);
		*(char **)field = xstrdup(json_string_value(v));
		return 0;
	case JK_INT:
		if (!json_is_integer(v) || json_integer_value(v) < m->min_int ||
		    json_integer_value(v) > m->max_int)
			return refuse(said, m->name,
			    "must be an integer from %lld to %lld", m->min_int,
			    m->max_int);
		*(long long *)field = json_integer_value(v);
		return 0;
	case JK_BOOL:
		if (!json_is_boolean(v))
			return refuse(said, m->name, "must be true or false");
		*(bool *)field = json_is_true(v);
		return 0;
	case JK_STRINGS:
		return get_strings(m, v, field, said);
	case JK_OBJECT:
		/* Deeper than one object in another is nothing of ours. */
		if (!json_is_object(v))
			return refuse(said, m->name, "must be an object");
		return get_members(v, m->object, field, &inner);
	case JK_ANY_OBJECT:
		if (!json_is_object(v))
			return refuse(said, m->name, "must be an object");
		*(json_t **)field = json_incref((json_t *)(uintptr_t)v);
		return 0;
	}
	return RL_ERR_INTERNAL;
}

static const struct json_member *
find_member(const struct json_table *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->members[i].name, name) == 0)
			return &t->members[i];
	return NULL;
}

static int
get_members(const json_t *obj, const struct json_table *t, void *target,
    const struct said *said)
{
	/* The iterator wants a pointer to non-const, but does not write. */
	json_t *o = (json_t *)(uintptr_t)obj;
	const struct json_member *m;
	void *it;
	int r;

	for (it = json_object_iter(o); it != NULL;
	     it = json_object_iter_next(o, it)) {
		m = find_member(t, json_object_iter_key(it));
		if (m == NULL)
			return refuse(said, json_object_iter_key(it),
			    "is not known here");
		r = get_member(m, json_object_iter_value(it),
		    (char *)target + m->off, said);
		if (r != 0)
			return r;
	}
	for (size_t i = 0; i < t->n; i++)
		if ((t->members[i].flags & JSONF_REQUIRED) != 0 &&
		    json_object_get(obj, t->members[i].name) == NULL)
			return refuse(said, t->members[i].name, "is missing");
	return 0;
}

int
json_get_members(const json_t *obj, const struct json_member *table, size_t n,
    void *target, char *why, size_t size)
{
	const struct json_table t = { table, n };
	const struct said said = { NULL, why, size };

	return get_members(obj, &t, target, &said);
}

void
json_free_members(const struct json_member *table, size_t n, void *target)
{
	for (size_t i = 0; i < n; i++)
		free_member(&table[i], (char *)target + table[i].off);
}

char *
json_text_of(const json_t *value)
{
	size_t n;
	char *text;

	if (value == NULL || (n = json_dumpb(value, NULL, 0,
				  JSON_INDENT(2))) == 0)
		return NULL;
	text = xmalloc(n + 2);
	(void)json_dumpb(value, text, n, JSON_INDENT(2));
	text[n] = '\n';
	text[n + 1] = '\0';
	return text;
}

json_t *
json_must(json_t *v)
{
	if (v == NULL)
		abort();
	return v;
}
