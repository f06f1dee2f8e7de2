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

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "json.h"
#include "manifest-format.h"
#include "valid.h"
#include "xmalloc.h"

#define FORMAT_VERSION 1
#define DEPTH_MAX      16  /* of the whole text, files' content included */
#define NAME_LEN       128 /* bytes of names for people, ids, programs */
#define INSTALL_LEN    512
#define TEMPLATE_LEN   4096
#define LIST_LEN       64  /* elements of a list */
#define MODELS_LEN     128
#define LINES_LEN      1024

struct manifest {
	enum manifest_kind kind;
	json_t *root; /* owns all strings */
	struct manifest_agent agent;
	struct manifest_provider provider;
	void *blocks[8 * LIST_LEN]; /* the lists */
	size_t nblocks;
};

/* Where we are in a text, and where errors go. */
struct at {
	struct manifest *m;
	const char *path; /* "" at the top */
	char *why;
	size_t size;
};

/* What a list's elements, or the members of an object, must be. */
typedef bool string_ok(const struct at *, const char *);

static bool __attribute__((__format__(printf, 3, 4)))
bad(const struct at *at, const char *member, const char *fmt, ...)
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

static void *
block(struct manifest *m, size_t n, size_t size)
{
	void *p = xcalloc(n, size);

	if (m->nblocks == sizeof(m->blocks) / sizeof(m->blocks[0]))
		abort(); /* lists are bounded, and so are those in them */
	m->blocks[m->nblocks++] = p;
	return p;
}

/* --- grammars of strings --------------------------------------------------- */

static bool
plain_ok(const struct at *at, const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return bad(at, "", "has a control character");
	return true;
}

static bool
ident_ok(const struct at *at, const char *s)
{
	return valid_ident(s) || bad(at, "", "must be 1 to 64 of a-z 0-9 . _ "
	    "- and start with a letter or digit");
}

/* A program's name, which is looked for in folders of programs. */
static bool
binary_ok(const struct at *at, const char *s)
{
	return valid_alias(s) || bad(at, "", "must be a program's name, "
	    "without a folder: 1 to 64 of A-Z a-z 0-9 . _ -");
}

static bool
relative_ok(const struct at *at, const char *s)
{
	return valid_rel_path(s) || bad(at, "", "must be a relative path of "
	    "at most %d parts, without '..'", REL_PATH_PARTS);
}

/* Absolute, or below the user's home. */
static bool
bind_ok(const struct at *at, const char *s)
{
	if (strlen(s) <= 1024 && plain_ok(at, s) &&
	    ((s[0] == '/' && s[1] != '\0' && valid_abs_path(s)) ||
		(strncmp(s, "~/", 2) == 0 && valid_rel_path(s + 2))))
		return true;
	return bad(at, "", "must be an absolute path, or one that begins with "
	    "~/, without '..'");
}

static bool
homes_ok(const struct at *at, const char *s)
{
	return valid_homes_folder(s) || bad(at, "", "must be .NAME-profiles "
	    "with a NAME of a-z 0-9 . _ -");
}

static bool
model_ok(const struct at *at, const char *s)
{
	return manifest_model_ok(s) || bad(at, "", "must be 1 to 128 letters, "
	    "digits and . _ : / @ + - and not start with -");
}

static bool
url_ok(const struct at *at, const char *s)
{
	char reason[200];

	return manifest_url_ok(s, reason, sizeof(reason)) ||
	    bad(at, "", "%s", reason);
}

static bool
variable_ok(const struct at *at, const char *s)
{
	size_t len = strlen(s);

	if (!valid_env_name(s, len))
		return bad(at, "", "must be 1 to %d of A-Z a-z 0-9 _ and not "
		    "start with a digit", ENV_NAME_MAX);
	if (valid_env_is_dangerous(s, len))
		return bad(at, "", "is refused, as it can make programs load "
		    "code or redirect them");
	if (valid_env_is_ours(s, len) || strcmp(s, "PATH") == 0)
		return bad(at, "", "is set by Ringlet");
	return true;
}

static bool
template_ok(const struct at *at, const char *s)
{
	char reason[128];

	return manifest_template_ok(s, false, reason, sizeof(reason)) ||
	    bad(at, "", "%s", reason);
}

static bool
key_template_ok(const struct at *at, const char *s)
{
	char reason[128];

	return manifest_template_ok(s, true, reason, sizeof(reason)) ||
	    bad(at, "", "%s", reason);
}

static bool
var_name_ok(const struct at *at, const char *s)
{
	const struct manifest_vars all = { "1", "1", "1", "1", "1", "1", "1",
		NULL };

	return manifest_has(&all, s) || bad(at, "", "is no variable");
}

static bool
line_ok(const struct at *at, const char *s)
{
	/* A line break would hide from whoever counts lines. */
	return plain_ok(at, *s == '\t' ? s + strspn(s, "\t") : s) &&
	    template_ok(at, s);
}

/* --- members --------------------------------------------------------------- */

/* at, one member further down. */
static struct at
down(const struct at *at, const char *member, char path[256])
{
	struct at below = *at;

	/* What is cut here is cut for people. */
	(void)strlcpy(path, at->path, 256);
	if (*at->path != '\0' && *member != '[')
		(void)strlcat(path, ".", 256);
	(void)strlcat(path, member, 256);
	below.path = path;
	return below;
}

static bool
string_value(const struct at *at, const json_t *v, size_t max, string_ok *ok,
    const char **out)
{
	if (!json_is_string(v))
		return bad(at, "", "must be a string");
	if (json_string_length(v) == 0 || json_string_length(v) > max)
		return bad(at, "", "must have 1 to %zu bytes", max);
	*out = json_string_value(v);
	return ok(at, *out);
}

/* An optional one is absent or null: then *out stays NULL. */
static bool
get_string(const struct at *at, const json_t *obj, const char *name,
    bool required, size_t max, string_ok *ok, const char **out)
{
	const json_t *v = json_object_get(obj, name);
	char path[256];
	struct at below = down(at, name, path);

	if (v == NULL && required)
		return bad(at, name, "is missing");
	if (v == NULL || (json_is_null(v) && !required))
		return true;
	return string_value(&below, v, max, ok, out);
}

static bool
get_bool(const struct at *at, const json_t *obj, const char *name, bool *out)
{
	const json_t *v = json_object_get(obj, name);

	if (v == NULL)
		return true;
	if (!json_is_boolean(v))
		return bad(at, name, "must be true or false");
	*out = json_is_true(v);
	return true;
}

/*
 * The list of that name, or NULL where there is none; false: it is none, or
 * too long.
 */
static bool
get_list(const struct at *at, const json_t *obj, const char *name, size_t max,
    const json_t **out)
{
	*out = json_object_get(obj, name);
	if (*out == NULL)
		return true;
	if (!json_is_array(*out))
		return bad(at, name, "must be an array");
	if (json_array_size(*out) > max)
		return bad(at, name, "may have at most %zu elements", max);
	return true;
}

/* A list of strings that all differ; NULL where it is not there. */
static bool
get_strings(const struct at *at, const json_t *obj, const char *name,
    size_t max, size_t len, string_ok *ok, const char *const **out)
{
	const json_t *list;
	const char **v;
	char path[256], element[256], number[32];
	struct at in = down(at, name, path), below;
	size_t i, j, n;

	if (!get_list(at, obj, name, max, &list))
		return false;
	if (list == NULL)
		return true;
	n = json_array_size(list);
	v = block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		(void)snprintf(number, sizeof(number), "[%zu]", i);
		below = down(&in, number, element);
		if (!string_value(
			&below, json_array_get(list, i), len, ok, &v[i]))
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(v[i], v[j]) == 0)
				return bad(&below, "", "comes twice");
	}
	*out = v;
	return true;
}

/* Every member of obj must be one of names, which ends in NULL. */
static bool
only_members(const struct at *at, const json_t *obj, const char *const *names)
{
	/* The iterator wants a pointer to non-const, but does not write. */
	json_t *o = (json_t *)(uintptr_t)obj;
	const char *name;
	size_t i;
	void *it;

	if (!json_is_object(obj))
		return bad(at, "", "must be an object");
	for (it = json_object_iter(o); it != NULL;
	     it = json_object_iter_next(o, it)) {
		name = json_object_iter_key(it);
		for (i = 0; names[i] != NULL; i++)
			if (strcmp(names[i], name) == 0)
				break;
		if (names[i] == NULL)
			return bad(at, name, "is not known here");
	}
	return true;
}

static bool
get_types(const struct at *at, const json_t *obj, const char *name,
    const char *const **out)
{
	if (!get_strings(at, obj, name, LIST_LEN, NAME_LEN, ident_ok, out))
		return false;
	return *out == NULL || (*out)[0] != NULL ||
	    bad(at, name, "must not be empty");
}

/* --- what both have --------------------------------------------------------- */

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
get_env(const struct at *at, const json_t *root, bool auth,
    const struct manifest_env **out)
{
	static const char *const names[] = { "name", "value",
		"provider_types", NULL };
	struct manifest_env *v;
	char path[256];
	const json_t *list, *e;
	struct at below;
	size_t i, j, n;

	if (!get_list(at, root, "environment", LIST_LEN, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	*out = v = block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "environment[%zu]", i);
		below = down(at, number, path);
		e = json_array_get(list, i);
		if (!only_members(&below, e, names) ||
		    !get_string(&below, e, "name", !auth, ENV_NAME_MAX,
			variable_ok, &v[i].name) ||
		    !get_string(&below, e, "value", true, TEMPLATE_LEN,
			key_template_ok, &v[i].value) ||
		    !get_types(&below, e, "provider_types", &v[i].types))
			return false;
		for (j = 0; j < i; j++)
			if ((v[i].name == NULL) == (v[j].name == NULL) &&
			    (v[i].name == NULL ||
				strcmp(v[i].name, v[j].name) == 0) &&
			    meet(v[i].types, v[j].types))
				return bad(&below, "name",
				    "is set by environment[%zu] too", j);
	}
	return true;
}

static bool
get_head(const struct at *at, const json_t *root, const char *const *names,
    const char **id, const char **name)
{
	const json_t *v = json_object_get(root, "schema");

	if (!only_members(at, root, names))
		return false;
	if (v == NULL)
		return bad(at, "schema", "is missing");
	if (!json_is_integer(v) || json_integer_value(v) != FORMAT_VERSION)
		return bad(at, "schema", "must be %d", FORMAT_VERSION);
	return get_string(at, root, "id", true, NAME_LEN, ident_ok, id) &&
	    get_string(at, root, "name", true, NAME_LEN, plain_ok, name);
}

/* --- agents ----------------------------------------------------------------- */

static bool
get_args(const struct at *at, const json_t *root,
    const struct manifest_arg **out)
{
	static const char *const names[] = { "text", "needs", "jailed",
		"provider_types", NULL };
	struct manifest_arg *v;
	char path[256];
	const json_t *list, *e;
	struct at below;
	size_t i, n;

	if (!get_list(at, root, "arguments", LIST_LEN, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	*out = v = block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "arguments[%zu]", i);
		below = down(at, number, path);
		e = json_array_get(list, i);
		if (!only_members(&below, e, names) ||
		    !get_string(&below, e, "text", true, TEMPLATE_LEN,
			template_ok, &v[i].text) ||
		    !get_string(&below, e, "needs", false, NAME_LEN,
			var_name_ok, &v[i].needs) ||
		    !get_bool(&below, e, "jailed", &v[i].jailed) ||
		    !get_types(&below, e, "provider_types", &v[i].types))
			return false;
	}
	return true;
}

/* Names are templates as well as values. */
static bool
content_ok(const struct at *at, const json_t *v)
{
	json_t *o = (json_t *)(uintptr_t)v;
	const char *name, *text;
	char path[256], number[32];
	struct at below;
	json_t *e;
	size_t i;

	if (json_is_object(v)) {
		json_object_foreach(o, name, e) {
			below = down(at, name, path);
			if (!template_ok(&below, name) ||
			    !content_ok(&below, e))
				return false;
		}
	} else if (json_is_array(v)) {
		json_array_foreach(o, i, e) {
			(void)snprintf(number, sizeof(number), "[%zu]", i);
			below = down(at, number, path);
			if (!content_ok(&below, e))
				return false;
		}
	} else if (json_is_string(v)) {
		text = json_string_value(v);
		if (json_string_length(v) > TEMPLATE_LEN)
			return bad(at, "", "may have at most %d bytes",
			    TEMPLATE_LEN);
		return template_ok(at, text);
	}
	return true;
}

static bool
form_ok(const struct at *at, const char *s)
{
	return strcmp(s, "json") == 0 || strcmp(s, "toml") == 0 ||
	    strcmp(s, "text") == 0 ||
	    bad(at, "", "must be json, toml or text");
}

static bool
get_content(const struct at *at, const json_t *e, struct manifest_file *f)
{
	char path[256];
	struct at below = down(at, "content", path);

	if ((f->content = json_object_get(e, "content")) == NULL)
		return bad(at, "content", "is missing");
	if (f->form == FORM_JSON)
		return (json_is_object(f->content) ||
			   bad(&below, "", "must be an object")) &&
		    content_ok(&below, f->content);
	if (!json_is_array(f->content))
		return bad(&below, "", "must be an array of lines");
	if (json_array_size(f->content) > LINES_LEN)
		return bad(&below, "", "may have at most %d elements",
		    LINES_LEN);
	for (size_t i = 0; i < json_array_size(f->content); i++) {
		const json_t *line = json_array_get(f->content, i);
		char number[32], place[256];
		struct at in;

		(void)snprintf(number, sizeof(number), "[%zu]", i);
		in = down(&below, number, place);
		if (!json_is_string(line))
			return bad(&in, "", "must be a string");
		if (json_string_length(line) > TEMPLATE_LEN)
			return bad(&in, "", "may have at most %d bytes",
			    TEMPLATE_LEN);
		if (!line_ok(&in, json_string_value(line)))
			return false;
	}
	return true;
}

static bool
get_file(const struct at *at, const json_t *e, struct manifest_file *f)
{
	static const char *const names[] = { "path", "format", "merge",
		"content", "needs", "provider_types", NULL };
	const char *form = NULL;

	if (!only_members(at, e, names) ||
	    !get_string(at, e, "path", true, REL_PATH_MAX, relative_ok,
		&f->path) ||
	    !get_string(at, e, "format", true, NAME_LEN, form_ok, &form))
		return false;
	f->form = strcmp(form, "json") == 0 ? FORM_JSON :
	    strcmp(form, "toml") == 0	    ? FORM_TOML :
					      FORM_TEXT;
	f->merge = f->form == FORM_JSON;
	if (!get_bool(at, e, "merge", &f->merge))
		return false;
	if (f->merge && f->form != FORM_JSON)
		return bad(at, "merge", "must be false: only JSON can be "
		    "merged");
	return get_content(at, e, f) &&
	    get_string(at, e, "needs", false, NAME_LEN, var_name_ok,
		&f->needs) &&
	    get_types(at, e, "provider_types", &f->types);
}

static bool
get_files(const struct at *at, const json_t *root,
    const struct manifest_file **out)
{
	struct manifest_file *v;
	char path[256];
	const json_t *list;
	struct at below;
	size_t i, j, n;

	if (!get_list(at, root, "files", LIST_LEN, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	*out = v = block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "files[%zu]", i);
		below = down(at, number, path);
		if (!get_file(&below, json_array_get(list, i), &v[i]))
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(v[i].path, v[j].path) == 0 &&
			    (!v[i].merge || !v[j].merge) &&
			    meet(v[i].types, v[j].types))
				return bad(&below, "path",
				    "is written by files[%zu] too", j);
	}
	return true;
}

static bool
get_hooks(const struct at *at, const json_t *root, const char **out)
{
	static const char *const names[] = { "format", NULL };
	const json_t *v = json_object_get(root, "hooks");
	char path[256];
	struct at below = down(at, "hooks", path);

	if (v == NULL || json_is_null(v))
		return true;
	if (!only_members(&below, v, names) ||
	    !get_string(&below, v, "format", true, NAME_LEN, ident_ok, out))
		return false;
	return strcmp(*out, "claude") == 0 ||
	    bad(&below, "format", "must be claude");
}

static bool
parse_agent(const struct at *at, const json_t *root, struct manifest_agent *a)
{
	static const char *const names[] = { "schema", "id", "name", "binary",
		"natives", "version_argument", "install", "home_folder",
		"provider_types", "environment", "arguments", "files", "hooks",
		"binds", NULL };

	if (!get_head(at, root, names, &a->id, &a->name))
		return false;
	/* null says that it is the login shell: that is not forgotten. */
	if (json_object_get(root, "binary") == NULL)
		return bad(at, "binary", "is missing");
	if (json_object_get(root, "provider_types") == NULL)
		return bad(at, "provider_types", "is missing");
	return get_string(at, root, "binary", false, NAME_LEN, binary_ok,
		   &a->binary) &&
	    get_strings(at, root, "natives", LIST_LEN, REL_PATH_MAX,
		relative_ok, &a->natives) &&
	    get_string(at, root, "version_argument", false, NAME_LEN, plain_ok,
		&a->version_arg) &&
	    get_string(at, root, "install", false, INSTALL_LEN, plain_ok,
		&a->install) &&
	    get_string(at, root, "home_folder", true, NAME_LEN, homes_ok,
		&a->homes) &&
	    get_types(at, root, "provider_types", &a->types) &&
	    get_env(at, root, true, &a->env) && get_args(at, root, &a->args) &&
	    get_files(at, root, &a->files) && get_hooks(at, root, &a->hooks) &&
	    get_strings(at, root, "binds", LIST_LEN, 1024, bind_ok, &a->binds);
}

/* --- providers -------------------------------------------------------------- */

static bool
get_endpoints(const struct at *at, const json_t *root,
    struct manifest_provider *p)
{
	static const char *const names[] = { "id", "url", NULL };
	struct manifest_endpoint *v;
	bool found = p->default_endpoint == NULL;
	char path[256];
	const json_t *list, *e;
	struct at below;
	size_t i, j, n;

	if (!get_list(at, root, "endpoints", LIST_LEN, &list))
		return false;
	n = list == NULL ? 0 : json_array_size(list);
	p->endpoints = v = block(at->m, n + 1, sizeof(*v));
	for (i = 0; i < n; i++) {
		char number[48];

		(void)snprintf(number, sizeof(number), "endpoints[%zu]", i);
		below = down(at, number, path);
		e = json_array_get(list, i);
		if (!only_members(&below, e, names) ||
		    !get_string(&below, e, "id", true, NAME_LEN, ident_ok,
			&v[i].id) ||
		    !get_string(&below, e, "url", true, TEMPLATE_LEN, url_ok,
			&v[i].url))
			return false;
		for (j = 0; j < i; j++)
			if (strcmp(v[i].id, v[j].id) == 0)
				return bad(&below, "id", "comes twice");
		found = found || strcmp(v[i].id, p->default_endpoint) == 0;
	}
	if (n > 0 && p->default_endpoint == NULL)
		return bad(at, "default_endpoint", "is missing, and there are "
		    "endpoints");
	if (p->auth_variable != NULL && n == 0)
		return bad(at, "endpoints", "is missing: a key must have a "
		    "place to go to");
	return found || bad(at, "default_endpoint", "is no id of an endpoint");
}

static bool
parse_provider(const struct at *at, const json_t *root,
    struct manifest_provider *p)
{
	static const char *const names[] = { "schema", "id", "name", "type",
		"auth_variable", "endpoints", "default_endpoint", "models",
		"default_model", "environment", NULL };

	if (!get_head(at, root, names, &p->id, &p->name) ||
	    !get_string(at, root, "type", true, NAME_LEN, ident_ok,
		&p->type) ||
	    !get_string(at, root, "auth_variable", false, ENV_NAME_MAX,
		variable_ok, &p->auth_variable) ||
	    !get_string(at, root, "default_endpoint", false, NAME_LEN,
		ident_ok, &p->default_endpoint) ||
	    !get_endpoints(at, root, p) ||
	    !get_strings(at, root, "models", MODELS_LEN, NAME_LEN, model_ok,
		&p->models) ||
	    !get_string(at, root, "default_model", false, NAME_LEN, model_ok,
		&p->default_model) ||
	    !get_env(at, root, false, &p->env))
		return false;
	if (p->models == NULL)
		p->models = block(at->m, 1, sizeof(*p->models));
	return true;
}

/* --- the whole -------------------------------------------------------------- */

int
manifest_parse(const char *text, size_t len, enum manifest_kind kind,
    struct manifest **out, char *why, size_t size)
{
	struct manifest *m;
	struct at at = { NULL, "", why, size };
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
