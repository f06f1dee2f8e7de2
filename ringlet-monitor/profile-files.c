/*
 * profile-files.c: expands the templates of a manifest's files and puts them
 * into a profile's home.
 *
 * There is no ${key} in them, and none is there to be had: this runs before the
 * key is read.  What a value may do in a text is bounded by its grammar; in
 * text that is not JSON a home with a quote in its name is refused.
 */

#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "home-file.h"
#include "json.h"
#include "manifest-format.h"
#include "profile-files.h"
#include "xmalloc.h"

#define TEXT_MAX  (64 * 1024)	/* bytes of one expanded value or line */
#define LINES_MAX (1024 * 1024) /* bytes of a file of lines */

/* The expanded text, for free(); NULL and *r: it is left out, or an error. */
static char *
expand(const char *tmpl, const struct manifest_vars *vars, int *r)
{
	struct buf *b = buf_new(TEXT_MAX);
	char *text = NULL;

	if ((*r = manifest_expand(tmpl, vars, b)) == 1)
		text = xstrndup(buf_len(b) > 0 ? (const char *)buf_ptr(b) : "",
		    buf_len(b));
	buf_free(b);
	return text;
}

/*
 * A copy of v with its texts expanded, without those that have no value; NULL
 * and *r: v is such a text itself, or an error.
 */
static json_t *
expand_json(const json_t *v, const struct manifest_vars *vars, int *r)
{
	json_t *o = (json_t *)(uintptr_t)v, *out, *e, *value;
	const char *name;
	char *text;
	size_t i;

	*r = RL_OK;
	if (json_is_string(v)) {
		if ((text = expand(json_string_value(v), vars, r)) == NULL)
			return NULL;
		out = json_string(text);
		free(text);
		if (out == NULL)
			*r = RL_ERR_INVALID; /* a home that is not UTF-8 */
		return out;
	}
	if (!json_is_object(v) && !json_is_array(v))
		return json_deep_copy(v);
	out = json_is_object(v) ? json_object() : json_array();
	if (json_is_array(v)) {
		json_array_foreach(o, i, e) {
			value = expand_json(e, vars, r);
			if (*r < 0)
				goto fail;
			if (value != NULL)
				(void)json_array_append_new(out, value);
		}
		return out;
	}
	json_object_foreach(o, name, e) {
		if ((text = expand(name, vars, r)) == NULL && *r < 0)
			goto fail;
		value = text == NULL ? NULL : expand_json(e, vars, r);
		if (value != NULL)
			*r = json_object_set_new(out, text, value) == -1
			    ? RL_ERR_INVALID : RL_OK;
		free(text);
		if (*r < 0)
			goto fail;
	}
	*r = RL_OK;
	return out;
fail:
	json_decref(out);
	return NULL;
}

/* Lines have no way to quote a value. */
static bool
plain_values(const struct manifest_vars *vars)
{
	return vars->home == NULL || strpbrk(vars->home, "\"'\\\n\r") == NULL;
}

static int
write_lines(int home, const struct manifest_file *f,
    const struct manifest_vars *vars, char *why, size_t size)
{
	struct buf *b = buf_new(LINES_MAX);
	int r = plain_values(vars) ? RL_OK : RL_ERR_INVALID;

	for (size_t i = 0; r >= 0 && i < json_array_size(f->content); i++) {
		r = manifest_expand(
		    json_string_value(json_array_get(f->content, i)), vars, b);
		if (r == 1)
			r = buf_puts(b, "\n");
	}
	if (r < 0)
		snprintf(why, size, "%s: cannot be made from the agent's "
		    "manifest: %s", f->path, rl_strerror(r));
	else
		r = home_file_place(home, f->path,
		    buf_len(b) > 0 ? (const char *)buf_ptr(b) : "", buf_len(b),
		    why, size);
	buf_free(b);
	return r;
}

static int
write_json(int home, const struct manifest_file *f,
    const struct manifest_vars *vars, char *why, size_t size)
{
	json_t *ours;
	char *text;
	int r;

	ours = expand_json(f->content, vars, &r);
	if (ours == NULL) {
		snprintf(why, size, "%s: cannot be made from the agent's "
		    "manifest: %s", f->path, rl_strerror(r));
		return RL_ERR_INVALID;
	}
	if (f->merge)
		r = home_file_merge(home, f->path, ours, NULL, why, size);
	else {
		if ((text = json_text_of(ours)) == NULL)
			abort();
		r = home_file_place(
		    home, f->path, text, strlen(text), why, size);
		free(text);
	}
	json_decref(ours);
	return r;
}

int
profile_files_write(int home, const struct manifest_agent *agent,
    const struct manifest_vars *vars, char *why, size_t size)
{
	const struct manifest_file *f;
	int r = RL_OK;

	for (f = agent->files; r == RL_OK && f->path != NULL; f++) {
		if (!manifest_is_for(f->types, vars->provider_type) ||
		    (f->needs != NULL && !manifest_has(vars, f->needs)))
			continue;
		r = f->form == FORM_JSON ? write_json(home, f, vars, why, size)
					 : write_lines(home, f, vars, why, size);
	}
	return r;
}
