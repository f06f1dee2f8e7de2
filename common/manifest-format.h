#ifndef COMMON_MANIFEST_FORMAT_H
#define COMMON_MANIFEST_FORMAT_H
/*
 * Manifests: what is known of an agent or a provider, as JSON (see
 * ringlet-manifest(5)).  They are data, never code: text with variables in it.
 *
 * Variables: ${alias}, ${home} (the profile's), ${endpoint} (URL), ${model},
 * ${provider} (id), ${provider_type}, ${auth_variable} (its name), and ${key},
 * which only the value of an environment variable may use.  "$${" stands for
 * "${" itself.  Text whose variable has no value is left out altogether, so a
 * profile without a model gets no model argument.
 */

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

struct buf;

#define MANIFEST_MAX (128 * 1024) /* bytes of one manifest */

enum manifest_kind { MANIFEST_AGENT = 1, MANIFEST_PROVIDER };

/*
 * In what follows, types is where a thing holds: for providers of these types;
 * it ends in NULL, and NULL is all of them.
 */
struct manifest_env {
	const char *name;  /* NULL: the provider's auth variable */
	const char *value; /* template; NULL ends a list */
	const char *const *types;
};

struct manifest_arg {
	const char *text;  /* template; NULL ends a list */
	const char *needs; /* a variable that must have a value, or NULL */
	bool jailed;	   /* only inside a jail */
	const char *const *types;
};

enum manifest_form { FORM_JSON = 1, FORM_TOML, FORM_TEXT };

/* A file below the profile's home, as each run leaves it. */
struct manifest_file {
	const char *path; /* NULL ends a list */
	enum manifest_form form;
	bool merge; /* JSON: into what is there; else only where nothing is */
	const json_t *content; /* JSON: an object; else an array of lines */
	const char *needs; /* a variable that must have a value, or NULL */
	const char *const *types;
};

struct manifest_agent {
	const char *id;
	const char *name;
	const char *binary; /* file name; NULL: the user's login shell */
	/*
	 * The program in packages for one platform each, below a node_modules
	 * folder; used when what bears the binary's name cannot be run, as
	 * after an installation without scripts.  NULL, or ends in NULL.
	 */
	const char *const *natives;
	const char *version_arg;  /* makes it print its version, or NULL */
	const char *install;	  /* how one gets it, for people, or NULL */
	const char *homes;	  /* folder of the profiles' homes, below ~ */
	const char *const *types; /* provider types it can use, ends in NULL */
	const struct manifest_env *env;
	const struct manifest_arg *args; /* before the profile's */
	const struct manifest_file *files;
	const char *hooks;	  /* how hooks are written: "claude", or NULL */
	const char *const *binds; /* shown read-only in jails; NULL: none */
};

struct manifest_endpoint {
	const char *id; /* NULL ends a list */
	const char *url;
};

struct manifest_provider {
	const char *id;
	const char *name;
	const char *type;			   /* the API it speaks */
	const char *auth_variable;		   /* NULL: it takes no key */
	const struct manifest_endpoint *endpoints;
	const char *default_endpoint;		   /* id; NULL: it has none */
	const char *const *models;	/* some that it has, ends in NULL */
	const char *default_model;	/* NULL: the agent's own will do */
	const struct manifest_env *env; /* after the agent's */
};

/* Values of the template variables; NULL or "": no value. */
struct manifest_vars {
	const char *alias;
	const char *home;
	const char *endpoint;
	const char *model;
	const char *provider;
	const char *provider_type;
	const char *auth_variable;
	const char *key;
};

/* --- manifest-parse.c --- */

struct manifest;

/*
 * Reads the manifest of an agent or a provider.  RL_OK and *out, for
 * manifest_free(); or RL_ERR_INVALID or RL_ERR_TOOBIG, and why[size] names the
 * member, with the path that leads to it, and what is wrong with it: anything
 * that the manual page does not name is.
 */
int manifest_parse(const char *text, size_t len, enum manifest_kind,
    struct manifest **out, char *why, size_t size);
void manifest_free(struct manifest *);

/* What it says; borrowed.  NULL where it is of the other kind. */
const struct manifest_agent *manifest_get_agent(const struct manifest *);
const struct manifest_provider *manifest_get_provider(const struct manifest *);
/* The id of either. */
const char *manifest_id(const struct manifest *);

/* --- manifest-format.c --- */

/* Whether the agent can use the provider. */
bool manifest_supports(
    const struct manifest_agent *, const struct manifest_provider *);

/* Whether a thing with these types holds for a provider of that type. */
bool manifest_is_for(const char *const *types, const char *type);

/*
 * Sets *url to the address that endpoint stands for: "" or NULL is the
 * provider's default, an id one of its endpoints, anything with "://" is the
 * address itself, if manifest_url_ok().  *url is "" for a provider without
 * endpoints; it lives as long as endpoint.  RL_ERR_INVALID: why[size].
 */
int manifest_endpoint(const struct manifest_provider *, const char *endpoint,
    const char **url, char *why, size_t size);

/*
 * Whether a key may be sent there: https, or http to a loopback address or
 * "localhost"; host, optional port, path, and nothing else.  Otherwise
 * why[size] says what is wrong.
 */
bool manifest_url_ok(const char *url, char *why, size_t size);

/* A model's name: 1-128 of A-Z a-z 0-9 . _ : / @ + - and no leading '-'. */
bool manifest_model_ok(const char *);

/* Whether there is such a template variable, and it has a value. */
bool manifest_has(const struct manifest_vars *, const char *name);

/*
 * Whether tmpl could be expanded if all variables had values; with_key: also
 * with ${key} in it.  Otherwise why[size] says why not.
 */
bool manifest_template_ok(
    const char *tmpl, bool with_key, char *why, size_t size);
/* Whether tmpl names the variable. */
bool manifest_template_uses(const char *tmpl, const char *name);

/*
 * Appends tmpl with its variables replaced to out.  Returns 1 if it was
 * appended, 0 if a variable has no value; or RL_ERR_INVALID (unknown variable
 * or unclosed brace), RL_ERR_TOOBIG: then nothing is appended either.  Set
 * vars->key only for environment values, with a buffer of buf_new_secret().
 */
int manifest_expand(
    const char *tmpl, const struct manifest_vars *vars, struct buf *out);

#endif /* COMMON_MANIFEST_FORMAT_H */
