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

/*
 * Whether nothing in p is nested deeper than DEPTH_MAX.  jansson recurses, up
 * to 2048 deep, so this comes first.  Brackets inside strings do not count;
 * on text that is not JSON the answer does not matter.
 */
static bool
depth_ok(const char *p, size_t len)
{
	size_t i, depth = 0;
	bool in_string = false;

	for (i = 0; i < len; i++) {
		if (in_string) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				in_string = false;
			continue;
		}
		switch (p[i]) {
		case '"':
			in_string = true;
			break;
		case '{':
		case '[':
			if (++depth > DEPTH_MAX)
				return false;
			break;
		case '}':
		case ']':
			if (depth > 0)
				depth--;
			break;
		default:
			break;
		}
	}
	return true;
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
		return "a member comes twice";
	case json_error_numeric_overflow:
		return "a number is too large";
	default:
		return "not valid JSON";
	}
}

json_t *
json_parse_object(const char *p, size_t len, char *why, size_t size)
{
	json_error_t e;
	json_t *v;

	if (!depth_ok(p, len)) {
		(void)snprintf(
		    why, size, "nested more than %d deep", DEPTH_MAX);
		return NULL;
	}
	/* jansson takes a NUL pointer for a mistake of ours. */
	if (len == 0)
		p = "";
	v = json_loadb(p, len, JSON_REJECT_DUPLICATES, &e);
	if (v == NULL) {
		(void)snprintf(why, size, "line %d column %d: %s", e.line,
		    e.column, error_text(&e));
		return NULL;
	}
	if (!json_is_object(v)) {
		(void)snprintf(why, size, "not a JSON object");
		json_decref(v);
		return NULL;
	}
	return v;
}

static int __attribute__((__format__(printf, 4, 5)))
refuse(char *why, size_t size, const char *name, const char *fmt, ...)
{
	char shown[NAME_SHOWN], what[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(why, size, "member '%s' %s",
	    text_escape(shown, sizeof(shown), name), what);
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
	}
}

static int
get_strings(const struct json_member *m, const json_t *v, char ***out,
    char *why, size_t size)
{
	const json_t *e;
	size_t i, n;

	if (!json_is_array(v))
		return refuse(why, size, m->name, "must be an array");
	if ((n = json_array_size(v)) > m->max)
		return refuse(why, size, m->name,
		    "may have at most %zu elements", m->max);
	*out = xcalloc(n + 1, sizeof(**out));
	for (i = 0; i < n; i++) {
		e = json_array_get(v, i);
		if (!json_is_string(e))
			return refuse(why, size, m->name,
			    "has an element %zu that is not a string", i);
		if (json_string_length(e) > ARG_MAX_LEN)
			return refuse(why, size, m->name,
			    "has an element %zu longer than %d bytes", i,
			    ARG_MAX_LEN);
		(*out)[i] = xstrdup(json_string_value(e));
	}
	return 0;
}

static int
get_member(const struct json_member *m, const json_t *v, void *field, char *why,
    size_t size)
{
	free_member(m, field);
	switch (m->kind) {
	case JK_STRING:
		if (!json_is_string(v))
			return refuse(why, size, m->name, "must be a string");
		if (json_string_length(v) > m->max)
			return refuse(why, size, m->name,
			    "may have at most %zu bytes", m->max);
		*(char **)field = xstrdup(json_string_value(v));
		return 0;
	case JK_INT:
		if (!json_is_integer(v) || json_integer_value(v) < m->min_int ||
		    json_integer_value(v) > m->max_int)
			return refuse(why, size, m->name,
			    "must be an integer from %lld to %lld", m->min_int,
			    m->max_int);
		*(long long *)field = json_integer_value(v);
		return 0;
	case JK_BOOL:
		if (!json_is_boolean(v))
			return refuse(
			    why, size, m->name, "must be true or false");
		*(bool *)field = json_is_true(v);
		return 0;
	case JK_STRINGS:
		return get_strings(m, v, field, why, size);
	}
	return RL_ERR_INTERNAL;
}

static const struct json_member *
find_member(const struct json_member *table, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

int
json_get_members(const json_t *obj, const struct json_member *table, size_t n,
    void *target, char *why, size_t size)
{
	/* The iterator wants a pointer to non-const, but does not write. */
	json_t *o = (json_t *)(uintptr_t)obj;
	const struct json_member *m;
	void *it;
	int r;

	for (it = json_object_iter(o); it != NULL;
	     it = json_object_iter_next(o, it)) {
		m = find_member(table, n, json_object_iter_key(it));
		if (m == NULL)
			return refuse(why, size, json_object_iter_key(it),
			    "is not known here");
		r = get_member(m, json_object_iter_value(it),
		    (char *)target + m->off, why, size);
		if (r != 0)
			return r;
	}
	for (size_t i = 0; i < n; i++)
		if ((table[i].flags & JSONF_REQUIRED) != 0 &&
		    json_object_get(obj, table[i].name) == NULL)
			return refuse(why, size, table[i].name, "is missing");
	return 0;
}

void
json_free_members(const struct json_member *table, size_t n, void *target)
{
	for (size_t i = 0; i < n; i++)
		free_member(&table[i], (char *)target + table[i].off);
}
