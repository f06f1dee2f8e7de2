/*
 * manifest-parse.c: from the text of a manifest to what it says.
 *
 * A pure function.  The text comes from a registry or a person: whatever the
 * manual page does not name is an error, and the error says where.  What is
 * taken gets into arguments, environments and files of agents, so a manifest
 * must never be able to say more than that: no variable that loads code, no
 * path out of the profile's home, no key but in an environment.
 */

#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "manifest-value.h"
#include "valid.h"
#include "xmalloc.h"

#define FORMAT_VERSION 1
#define DEPTH_MAX      16 /* of the whole text, files' content included */
#define INSTALL_LEN    512
#define BIND_LEN       1024
#define MODELS_LEN     128
#define LINES_LEN      1024

/* --- what both have ---------------------------------------------------------
 */

/* Whether two things could hold at once. */
static bool
meet(const char *const *a, const char *const *b)
{
	size_t i;

	for (i = 0; a != NULL && a[i] != NULL; i++)
		if (manifest_is_for(b, a[i]))
			return true;
	return a == NULL;
}

static bool
get_env(const struct mv_at *at, const json_t *root, bool auth,
    const struct manifest_env **out)
{
	static const char *const names[] = { "name", "value", "provider_types",
		NULL };
	struct manifest_env *v;
	char path[256];
	const json_t *list, *e;
	struct mv_at below;
	size_t i, j, n;

	if (!mv_get_list(at, root, "environment", MANIFEST_LIST, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	*out = v = mv_block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "environment[%zu]", i);
		below = mv_down(at, number, path);
		e = json_array_get(list, i);
		if (!mv_only_members(&below, e, names) ||
		    !mv_get_string(&below, e, "name", !auth, ENV_NAME_MAX,
			mv_variable_ok, &v[i].name) ||
		    !mv_get_string(&below, e, "value", true, MANIFEST_TEMPLATE,
			mv_key_template_ok, &v[i].value) ||
		    !mv_get_types(&below, e, "provider_types", &v[i].types))
			return false;
		for (j = 0; j < i; j++)
			if ((v[i].name == NULL) == (v[j].name == NULL) &&
			    (v[i].name == NULL ||
				strcmp(v[i].name, v[j].name) == 0) &&
			    meet(v[i].types, v[j].types))
				return mv_bad(&below, "name",
				    "is set by environment[%zu] too", j);
	}
	return true;
}

static bool
get_head(const struct mv_at *at, const json_t *root, const char *const *names,
    const char **id, const char **name)
{
	const json_t *v = json_object_get(root, "schema");

	if (!mv_only_members(at, root, names))
		return false;
	if (v == NULL)
		return mv_bad(at, "schema", "is missing");
	if (!json_is_integer(v) || json_integer_value(v) != FORMAT_VERSION)
		return mv_bad(at, "schema", "must be %d", FORMAT_VERSION);
	return mv_get_string(
		   at, root, "id", true, MANIFEST_NAME, mv_ident_ok, id) &&
	       mv_get_string(
		   at, root, "name", true, MANIFEST_NAME, mv_plain_ok, name);
}

/* --- agents -----------------------------------------------------------------
 */

static bool
get_args(
    const struct mv_at *at, const json_t *root, const struct manifest_arg **out)
{
	static const char *const names[] = { "text", "needs", "jailed",
		"provider_types", NULL };
	struct manifest_arg *v;
	char path[256];
	const json_t *list, *e;
	struct mv_at below;
	size_t i, n;

	if (!mv_get_list(at, root, "arguments", MANIFEST_LIST, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	*out = v = mv_block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "arguments[%zu]", i);
		below = mv_down(at, number, path);
		e = json_array_get(list, i);
		if (!mv_only_members(&below, e, names) ||
		    !mv_get_string(&below, e, "text", true, MANIFEST_TEMPLATE,
			mv_template_ok, &v[i].text) ||
		    !mv_get_string(&below, e, "needs", false, MANIFEST_NAME,
			mv_var_name_ok, &v[i].needs) ||
		    !mv_get_bool(&below, e, "jailed", &v[i].jailed) ||
		    !mv_get_types(&below, e, "provider_types", &v[i].types))
			return false;
	}
	return true;
}

/* Names are templates as well as values. */
static bool
content_ok(const struct mv_at *at, const json_t *v)
{
	json_t *o = (json_t *)(uintptr_t)v;
	const char *name, *text;
	char path[256], number[32];
	struct mv_at below;
	json_t *e;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach(o, name, e)
		{
			below = mv_down(at, name, path);
			if (!mv_template_ok(&below, name) ||
			    !content_ok(&below, e))
				return false;
		}
	} else if (json_is_array(v)) {
		json_array_foreach(o, i, e)
		{
			(void)snprintf(number, sizeof(number), "[%zu]", i);
			below = mv_down(at, number, path);
			if (!content_ok(&below, e))
				return false;
		}
	} else if (json_is_string(v)) {
		text = json_string_value(v);
		if (json_string_length(v) > MANIFEST_TEMPLATE)
			return mv_bad(at, "", "may have at most %d bytes",
			    MANIFEST_TEMPLATE);
		return mv_template_ok(at, text);
	}
	return true;
}

static bool
form_ok(const struct mv_at *at, const char *s)
{
	return strcmp(s, "json") == 0 || strcmp(s, "toml") == 0 ||
	       strcmp(s, "text") == 0 ||
	       mv_bad(at, "", "must be json, toml or text");
}

static bool
get_content(const struct mv_at *at, const json_t *e, struct manifest_file *f)
{
	char path[256];
	struct mv_at below = mv_down(at, "content", path);

	if ((f->content = json_object_get(e, "content")) == NULL)
		return mv_bad(at, "content", "is missing");
	if (f->form == FORM_JSON)
		return (json_is_object(f->content) ||
			   mv_bad(&below, "", "must be an object")) &&
		       content_ok(&below, f->content);
	if (!json_is_array(f->content))
		return mv_bad(&below, "", "must be an array of lines");
	if (json_array_size(f->content) > LINES_LEN)
		return mv_bad(
		    &below, "", "may have at most %d elements", LINES_LEN);
	for (size_t i = 0; i < json_array_size(f->content); i++) {
		const json_t *line = json_array_get(f->content, i);
		char number[32], place[256];
		struct mv_at in;

		(void)snprintf(number, sizeof(number), "[%zu]", i);
		in = mv_down(&below, number, place);
		if (!json_is_string(line))
			return mv_bad(&in, "", "must be a string");
		if (json_string_length(line) > MANIFEST_TEMPLATE)
			return mv_bad(&in, "", "may have at most %d bytes",
			    MANIFEST_TEMPLATE);
		if (!mv_line_ok(&in, json_string_value(line)))
			return false;
	}
	return true;
}

static bool
get_file(const struct mv_at *at, const json_t *e, struct manifest_file *f)
{
	static const char *const names[] = { "path", "format", "merge",
		"content", "needs", "provider_types", NULL };
	const char *form = NULL;

	if (!mv_only_members(at, e, names) ||
	    !mv_get_string(
		at, e, "path", true, REL_PATH_MAX, mv_relative_ok, &f->path) ||
	    !mv_get_string(
		at, e, "format", true, MANIFEST_NAME, form_ok, &form))
		return false;
	f->form = strcmp(form, "json") == 0   ? FORM_JSON
		  : strcmp(form, "toml") == 0 ? FORM_TOML
					      : FORM_TEXT;
	f->merge = f->form == FORM_JSON;
	if (!mv_get_bool(at, e, "merge", &f->merge))
		return false;
	if (f->merge && f->form != FORM_JSON)
		return mv_bad(at, "merge",
		    "must be false: only JSON can be "
		    "merged");
	return get_content(at, e, f) &&
	       mv_get_string(at, e, "needs", false, MANIFEST_NAME,
		   mv_var_name_ok, &f->needs) &&
	       mv_get_types(at, e, "provider_types", &f->types);
}

static bool
get_files(const struct mv_at *at, const json_t *root,
    const struct manifest_file **out)
{
	struct manifest_file *v;
	char path[256];
	const json_t *list;
	struct mv_at below;
	size_t i, j, n;

	if (!mv_get_list(at, root, "files", MANIFEST_LIST, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	*out = v = mv_block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "files[%zu]", i);
		below = mv_down(at, number, path);
		if (!get_file(&below, json_array_get(list, i), &v[i]))
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(v[i].path, v[j].path) == 0 &&
			    (!v[i].merge || !v[j].merge) &&
			    meet(v[i].types, v[j].types))
				return mv_bad(&below, "path",
				    "is written by files[%zu] too", j);
	}
	return true;
}

static bool
get_hooks(const struct mv_at *at, const json_t *root, const char **out)
{
	static const char *const names[] = { "format", NULL };
	const json_t *v = json_object_get(root, "hooks");
	char path[256];
	struct mv_at below = mv_down(at, "hooks", path);

	if (v == NULL || json_is_null(v))
		return true;
	if (!mv_only_members(&below, v, names) ||
	    !mv_get_string(
		&below, v, "format", true, MANIFEST_NAME, mv_ident_ok, out))
		return false;
	return strcmp(*out, "claude") == 0 ||
	       mv_bad(&below, "format", "must be claude");
}

static bool
parse_agent(
    const struct mv_at *at, const json_t *root, struct manifest_agent *a)
{
	static const char *const names[] = { "schema", "id", "name", "binary",
		"natives", "version_argument", "install", "home_folder",
		"provider_types", "environment", "arguments", "files", "hooks",
		"binds", NULL };

	if (!get_head(at, root, names, &a->id, &a->name))
		return false;
	/* null says that it is the login shell: that is not forgotten. */
	if (json_object_get(root, "binary") == NULL)
		return mv_bad(at, "binary", "is missing");
	if (json_object_get(root, "provider_types") == NULL)
		return mv_bad(at, "provider_types", "is missing");
	return mv_get_string(at, root, "binary", false, MANIFEST_NAME,
		   mv_binary_ok, &a->binary) &&
	       mv_get_strings(at, root, "natives", MANIFEST_LIST, REL_PATH_MAX,
		   mv_relative_ok, &a->natives) &&
	       mv_get_string(at, root, "version_argument", false, MANIFEST_NAME,
		   mv_plain_ok, &a->version_arg) &&
	       mv_get_string(at, root, "install", false, INSTALL_LEN,
		   mv_plain_ok, &a->install) &&
	       mv_get_string(at, root, "home_folder", true, MANIFEST_NAME,
		   mv_homes_ok, &a->homes) &&
	       mv_get_types(at, root, "provider_types", &a->types) &&
	       get_env(at, root, true, &a->env) &&
	       get_args(at, root, &a->args) && get_files(at, root, &a->files) &&
	       get_hooks(at, root, &a->hooks) &&
	       mv_get_strings(at, root, "binds", MANIFEST_LIST, BIND_LEN,
		   mv_bind_ok, &a->binds);
}

/* --- providers --------------------------------------------------------------
 */

static bool
get_endpoints(
    const struct mv_at *at, const json_t *root, struct manifest_provider *p)
{
	static const char *const names[] = { "id", "url", NULL };
	struct manifest_endpoint *v;
	bool found = p->default_endpoint == NULL;
	char path[256];
	const json_t *list, *e;
	struct mv_at below;
	size_t i, j, n;

	if (!mv_get_list(at, root, "endpoints", MANIFEST_LIST, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	p->endpoints = v = mv_block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "endpoints[%zu]", i);
		below = mv_down(at, number, path);
		e = json_array_get(list, i);
		if (!mv_only_members(&below, e, names) ||
		    !mv_get_string(&below, e, "id", true, MANIFEST_NAME,
			mv_ident_ok, &v[i].id) ||
		    !mv_get_string(&below, e, "url", true, MANIFEST_TEMPLATE,
			mv_url_ok, &v[i].url))
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(v[i].id, v[j].id) == 0)
				return mv_bad(&below, "id", "comes twice");
		found = found || strcmp(v[i].id, p->default_endpoint) == 0;
	}
	if (n > 0 && p->default_endpoint == NULL)
		return mv_bad(at, "default_endpoint",
		    "is missing, and there are "
		    "endpoints");
	if (p->auth_variable != NULL && n == 0)
		return mv_bad(at, "endpoints",
		    "is missing: a key must have a "
		    "place to go to");
	return found ||
	       mv_bad(at, "default_endpoint", "is no id of an endpoint");
}

static bool
parse_provider(
    const struct mv_at *at, const json_t *root, struct manifest_provider *p)
{
	static const char *const names[] = { "schema", "id", "name", "type",
		"auth_variable", "endpoints", "default_endpoint", "models",
		"default_model", "environment", NULL };

	if (!get_head(at, root, names, &p->id, &p->name) ||
	    !mv_get_string(
		at, root, "type", true, MANIFEST_NAME, mv_ident_ok, &p->type) ||
	    !mv_get_string(at, root, "auth_variable", false, ENV_NAME_MAX,
		mv_variable_ok, &p->auth_variable) ||
	    !mv_get_string(at, root, "default_endpoint", false, MANIFEST_NAME,
		mv_ident_ok, &p->default_endpoint) ||
	    !get_endpoints(at, root, p) ||
	    !mv_get_strings(at, root, "models", MODELS_LEN, MANIFEST_NAME,
		mv_model_ok, &p->models) ||
	    !mv_get_string(at, root, "default_model", false, MANIFEST_NAME,
		mv_model_ok, &p->default_model) ||
	    !get_env(at, root, false, &p->env))
		return false;
	if (p->models == NULL)
		p->models = mv_block(at->m, 1, sizeof(*p->models));
	return true;
}

/* --- the whole --------------------------------------------------------------
 */

int
manifest_parse(const char *text, size_t len, enum manifest_kind kind,
    struct manifest **out, char *why, size_t size)
{
	struct manifest *m;
	struct mv_at at = { NULL, "", why, size };
	bool ok;

	*out = NULL;
	if (len > MANIFEST_MAX) {
		snprintf(why, size, "is longer than %d bytes", MANIFEST_MAX);
		return RL_ERR_TOOBIG;
	}
	m = xcalloc(1, sizeof(*m));
	m->kind = kind;
	m->root = json_parse_nested(text, len, DEPTH_MAX, why, size);
	at.m = m;
	ok = m->root != NULL &&
	     (kind == MANIFEST_AGENT
		     ? parse_agent(&at, m->root, &m->agent)
		     : parse_provider(&at, m->root, &m->provider));
	if (!ok) {
		manifest_free(m);
		return RL_ERR_INVALID;
	}
	*out = m;
	return RL_OK;
}

void
manifest_free(struct manifest *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->nblocks; i++)
		free(m->blocks[i]);
	json_decref(m->root);
	free(m);
}

const struct manifest_agent *
manifest_get_agent(const struct manifest *m)
{
	return m->kind == MANIFEST_AGENT ? &m->agent : NULL;
}

const struct manifest_provider *
manifest_get_provider(const struct manifest *m)
{
	return m->kind == MANIFEST_PROVIDER ? &m->provider : NULL;
}

const char *
manifest_id(const struct manifest *m)
{
	return m->kind == MANIFEST_AGENT ? m->agent.id : m->provider.id;
}
