#ifndef MANIFEST_H
#define MANIFEST_H
/*
 * Manifests: what Ringlet knows about agents and providers.  The built-in ones
 * are tables in manifest-builtin.c, of the same shape as manifests in files.
 *
 * Templates hold variables: ${alias}, ${home} (the profile's), ${endpoint}
 * (URL), ${model}, ${provider} (id), ${auth_variable} (its name), and ${key},
 * which only the value of an environment variable may use.  Text whose
 * variable has no value is left out altogether, so a profile without a model
 * gets no model argument.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct manifest_env {
	const char *name;  /* NULL: the provider's auth variable */
	const char *value; /* template */
};

struct manifest_arg {
	const char *text;  /* template */
	const char *needs; /* a variable that must have a value, or NULL */
	bool jailed;	   /* only inside a jail */
};

struct manifest_seed {
	const char *path;    /* below the profile's home */
	const char *content; /* as it is written, no template */
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
	const struct manifest_env *env;	   /* ends in a NULL value */
	const struct manifest_arg *args;   /* before the profile's; NULL text */
	const struct manifest_seed *seeds; /* ends in a NULL path */
};

struct manifest_endpoint {
	const char *id;
	const char *url;
};

struct manifest_provider {
	const char *id;
	const char *name;
	const char *type;			   /* the API it speaks */
	const char *auth_variable;		   /* NULL: it takes no key */
	const struct manifest_endpoint *endpoints; /* ends in a NULL id */
	const char *default_endpoint;		   /* id; NULL: it has none */
	const char *const *models;	/* some that it has, ends in NULL */
	const char *default_model;	/* NULL: the agent's own will do */
	const struct manifest_env *env; /* after the agent's; NULL value */
};

/* Values of the template variables; NULL or "": no value. */
struct manifest_vars {
	const char *alias;
	const char *home;
	const char *endpoint;
	const char *model;
	const char *provider;
	const char *auth_variable;
	const char *key;
};

/* The built-in tables (manifest-builtin.c). */
extern const struct manifest_agent manifest_builtin_agents[];
extern const size_t manifest_builtin_nagents;
extern const struct manifest_provider manifest_builtin_providers[];
extern const size_t manifest_builtin_nproviders;

/*
 * All that hold now.  What is borrowed from a set is good until the set is
 * loaded again: nobody keeps it across the loop, but an id.
 */
struct manifest_set;

/* The built-in ones alone. */
struct manifest_set *manifest_set_new(void);
void manifest_set_free(struct manifest_set *);

/* The one of that id, or NULL. */
const struct manifest_agent *manifest_agent(
    const struct manifest_set *, const char *id);
const struct manifest_provider *manifest_provider(
    const struct manifest_set *, const char *id);
/* All of them, in the order they are listed; *n of them. */
const struct manifest_agent *const *manifest_agents(
    const struct manifest_set *, size_t *n);
const struct manifest_provider *const *manifest_providers(
    const struct manifest_set *, size_t *n);

/* Whether the agent can use the provider. */
bool manifest_supports(
    const struct manifest_agent *, const struct manifest_provider *);

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
 * Appends tmpl with its variables replaced to out.  Returns 1 if it was
 * appended, 0 if a variable has no value; or RL_ERR_INVALID (unknown variable
 * or unclosed brace), RL_ERR_TOOBIG: then nothing is appended either.  Set
 * vars->key only for environment values, with a buffer of buf_new_secret().
 */
int manifest_expand(
    const char *tmpl, const struct manifest_vars *vars, struct buf *out);

#endif /* MANIFEST_H */
