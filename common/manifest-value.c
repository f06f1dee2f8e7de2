/*
 * manifest-value.c: members of a manifest, what each may be, and how it is told
 * that one is not.  Pure functions.
 */

#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest-value.h"
#include "valid.h"
#include "xmalloc.h"

bool
mv_bad(const struct mv_at *at, const char *member, const char *fmt, ...)
{
	char what[256], shown[160];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* Names that are not known here are the text's own. */
	(void)snprintf(at->why, at->size, "member '%s%s%s' %s", at->path,
	    *at->path != '\0' && *member != '\0' && *member != '[' ? "." : "",
	    text_escape(shown, sizeof(shown), member), what);
	return false;
}

void *
mv_block(struct manifest *m, size_t n, size_t size)
{
	void *p = xcalloc(n, size);

	if (m->nblocks == sizeof(m->blocks) / sizeof(m->blocks[0]))
		abort(); /* lists are bounded, and so are those in them */
	m->blocks[m->nblocks++] = p;
	return p;
}

/* --- grammars of strings ---------------------------------------------------
 */

bool
mv_plain_ok(const struct mv_at *at, const char *s)
{
	return valid_line(s) || mv_bad(at, "", "has a control character");
}

bool
mv_ident_ok(const struct mv_at *at, const char *s)
{
	return valid_ident(s) || mv_bad(at, "",
				     "must be 1 to 64 of a-z 0-9 . _ "
				     "- and start with a letter or digit");
}

/* A program's name, which is looked for in folders of programs. */
bool
mv_binary_ok(const struct mv_at *at, const char *s)
{
	return valid_alias(s) ||
	       mv_bad(at, "",
		   "must be a program's name, "
		   "without a folder: 1 to 64 of A-Z a-z 0-9 . _ -");
}

bool
mv_relative_ok(const struct mv_at *at, const char *s)
{
	return valid_rel_path(s) || mv_bad(at, "",
					"must be a relative path of "
					"at most %d parts, without '..'",
					REL_PATH_PARTS);
}

/* Absolute, or below the user's home. */
bool
mv_bind_ok(const struct mv_at *at, const char *s)
{
	if (strlen(s) <= 1024 && mv_plain_ok(at, s) &&
	    ((s[0] == '/' && s[1] != '\0' && valid_abs_path(s)) ||
		(strncmp(s, "~/", 2) == 0 && valid_rel_path(s + 2))))
		return true;
	return mv_bad(at, "",
	    "must be an absolute path, or one that begins with "
	    "~/, without '..'");
}

bool
mv_homes_ok(const struct mv_at *at, const char *s)
{
	return valid_homes_folder(s) || mv_bad(at, "",
					    "must be .NAME-profiles "
					    "with a NAME of a-z 0-9 . _ -");
}

bool
mv_model_ok(const struct mv_at *at, const char *s)
{
	return manifest_model_ok(s) ||
	       mv_bad(at, "",
		   "must be 1 to 128 letters, "
		   "digits and . _ : / @ + - and not start with -");
}

bool
mv_url_ok(const struct mv_at *at, const char *s)
{
	char reason[200];

	return manifest_url_ok(s, reason, sizeof(reason)) ||
	       mv_bad(at, "", "%s", reason);
}

bool
mv_variable_ok(const struct mv_at *at, const char *s)
{
	size_t len = strlen(s);

	if (!valid_env_name(s, len))
		return mv_bad(at, "",
		    "must be 1 to %d of A-Z a-z 0-9 _ and not "
		    "start with a digit",
		    ENV_NAME_MAX);
	if (valid_env_is_dangerous(s, len))
		return mv_bad(at, "",
		    "is refused, as it can make programs load "
		    "code or redirect them");
	if (valid_env_is_personal(s, len))
		return mv_bad(at, "",
		    "is refused, as it can lead a key elsewhere or start "
		    "another program");
	if (valid_env_is_ours(s, len) || strcmp(s, "PATH") == 0)
		return mv_bad(at, "", "is set by Ringlet");
	return true;
}

bool
mv_template_ok(const struct mv_at *at, const char *s)
{
	char reason[128];

	return manifest_template_ok(s, false, reason, sizeof(reason)) ||
	       mv_bad(at, "", "%s", reason);
}

bool
mv_key_template_ok(const struct mv_at *at, const char *s)
{
	char reason[128];

	return manifest_template_ok(s, true, reason, sizeof(reason)) ||
	       mv_bad(at, "", "%s", reason);
}

bool
mv_var_name_ok(const struct mv_at *at, const char *s)
{
	const struct manifest_vars all = { "1", "1", "1", "1", "1", "1", "1",
		NULL };

	return manifest_has(&all, s) || mv_bad(at, "", "is no variable");
}

bool
mv_line_ok(const struct mv_at *at, const char *s)
{
	/* A line break would hide from whoever counts lines. */
	return mv_plain_ok(at, *s == '\t' ? s + strspn(s, "\t") : s) &&
	       mv_template_ok(at, s);
}

/* --- members ---------------------------------------------------------------
 */

/* at, one member further mv_down. */
struct mv_at
mv_down(const struct mv_at *at, const char *member, char path[256])
{
	struct mv_at below = *at;

	/* What is cut here is cut for people. */
	(void)strlcpy(path, at->path, 256);
	if (*at->path != '\0' && *member != '[')
		(void)strlcat(path, ".", 256);
	(void)strlcat(path, member, 256);
	below.path = path;
	return below;
}

static bool
string_value(const struct mv_at *at, const json_t *v, size_t max, mv_ok *ok,
    const char **out)
{
	if (!json_is_string(v))
		return mv_bad(at, "", "must be a string");
	if (json_string_length(v) == 0 || json_string_length(v) > max)
		return mv_bad(at, "", "must have 1 to %zu bytes", max);
	*out = json_string_value(v);
	return ok(at, *out);
}

/* An optional one is absent or null: then *out stays NULL. */
bool
mv_get_string(const struct mv_at *at, const json_t *obj, const char *name,
    bool required, size_t max, mv_ok *ok, const char **out)
{
	const json_t *v = json_object_get(obj, name);
	char path[256];
	struct mv_at below = mv_down(at, name, path);

	if (v == NULL && required)
		return mv_bad(at, name, "is missing");
	if (v == NULL || (json_is_null(v) && !required))
		return true;
	return string_value(&below, v, max, ok, out);
}

bool
mv_get_bool(
    const struct mv_at *at, const json_t *obj, const char *name, bool *out)
{
	const json_t *v = json_object_get(obj, name);

	if (v == NULL)
		return true;
	if (!json_is_boolean(v))
		return mv_bad(at, name, "must be true or false");
	*out = json_is_true(v);
	return true;
}

/*
 * The list of that name, or NULL where there is none; false: it is none, or
 * too long.
 */
bool
mv_get_list(const struct mv_at *at, const json_t *obj, const char *name,
    size_t max, const json_t **out)
{
	*out = json_object_get(obj, name);
	if (*out == NULL)
		return true;
	if (!json_is_array(*out))
		return mv_bad(at, name, "must be an array");
	if (json_array_size(*out) > max)
		return mv_bad(at, name, "may have at most %zu elements", max);
	return true;
}

/* A list of strings that all differ; NULL where it is not there. */
bool
mv_get_strings(const struct mv_at *at, const json_t *obj, const char *name,
    size_t max, size_t len, mv_ok *ok, const char *const **out)
{
	const json_t *list;
	const char **v;
	char path[256], element[256], number[32];
	struct mv_at in = mv_down(at, name, path), below;
	size_t i, j, n;

	if (!mv_get_list(at, obj, name, max, &list))
		return false;
	if (list == NULL)
		return true;
	n = json_array_size(list);
	v = mv_block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		(void)snprintf(number, sizeof(number), "[%zu]", i);
		below = mv_down(&in, number, element);
		if (!string_value(
			&below, json_array_get(list, i), len, ok, &v[i]))
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(v[i], v[j]) == 0)
				return mv_bad(&below, "", "comes twice");
	}
	*out = v;
	return true;
}

/* Every member of obj must be one of names, which ends in NULL. */
bool
mv_only_members(
    const struct mv_at *at, const json_t *obj, const char *const *names)
{
	/* The iterator wants a pointer to non-const, but does not write. */
	json_t *o = (json_t *)(uintptr_t)obj;
	const char *name;
	size_t i;
	void *it;

	if (!json_is_object(obj))
		return mv_bad(at, "", "must be an object");
	for (it = json_object_iter(o); it != NULL;
	     it = json_object_iter_next(o, it)) {
		name = json_object_iter_key(it);
		for (i = 0; names[i] != NULL; i++)
			if (strcmp(names[i], name) == 0)
				break;
		if (names[i] == NULL)
			return mv_bad(at, name, "is not known here");
	}
	return true;
}

bool
mv_get_types(const struct mv_at *at, const json_t *obj, const char *name,
    const char *const **out)
{
	if (!mv_get_strings(
		at, obj, name, MANIFEST_LIST, MANIFEST_NAME, mv_ident_ok, out))
		return false;
	return *out == NULL || (*out)[0] != NULL ||
	       mv_bad(at, name, "must not be empty");
}
