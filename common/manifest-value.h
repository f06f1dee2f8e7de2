#ifndef COMMON_MANIFEST_VALUE_H
#define COMMON_MANIFEST_VALUE_H
/*
 * Private to manifest-parse.c: reading one member after another, with errors
 * that name the path of what is wrong.  All return false once they have said
 * what that is.
 */

#include <stdbool.h>
#include <stddef.h>

#include "manifest-format.h"

#define MANIFEST_NAME	  128 /* bytes of names for people, ids, programs */
#define MANIFEST_TEMPLATE 4096
#define MANIFEST_LIST	  64 /* elements of a list */
#define MV_PATH		  256

struct manifest {
	enum manifest_kind kind;
	json_t *root; /* owns all strings */
	struct manifest_agent agent;
	struct manifest_provider provider;
	void *blocks[8 * MANIFEST_LIST]; /* the lists */
	size_t nblocks;
};

/* Where we are in a text, and where errors go. */
struct mv_at {
	struct manifest *m;
	const char *path; /* "" at the top */
	char *why;
	size_t size;
};

/* What a string must be. */
typedef bool mv_ok(const struct mv_at *, const char *);

/* Says what is wrong with a member ("": at itself), and returns false. */
bool mv_bad(const struct mv_at *, const char *member, const char *fmt, ...)
    __attribute__((__format__(printf, 3, 4)));
/* at, one member further down; path is where its name is put. */
struct mv_at mv_down(
    const struct mv_at *, const char *member, char path[MV_PATH]);
/* Zeroed memory that lives as long as the manifest. */
void *mv_block(struct manifest *, size_t n, size_t size);

mv_ok mv_plain_ok;	  /* no control character */
mv_ok mv_ident_ok;	  /* an id */
mv_ok mv_binary_ok;	  /* a program's name, without a folder */
mv_ok mv_relative_ok;	  /* a path below something */
mv_ok mv_bind_ok;	  /* absolute, or below the user's home: "~/..." */
mv_ok mv_homes_ok;	  /* .NAME-profiles */
mv_ok mv_model_ok;	  /* a model */
mv_ok mv_url_ok;	  /* where a key may be sent */
mv_ok mv_variable_ok;	  /* a variable that a manifest may set */
mv_ok mv_template_ok;	  /* without ${key} */
mv_ok mv_key_template_ok; /* with it */
mv_ok mv_var_name_ok;	  /* a variable of templates */
mv_ok mv_line_ok;	  /* a template of one line */

/* Every member of obj is one of names, which ends in NULL. */
bool mv_only_members(
    const struct mv_at *, const json_t *obj, const char *const *names);
/* An optional one is absent or null: then *out stays as it is. */
bool mv_get_string(const struct mv_at *, const json_t *obj, const char *name,
    bool required, size_t max, mv_ok *, const char **out);
bool mv_get_bool(const struct mv_at *, const json_t *obj, const char *name,
    bool *out);
/* The list of that name; *out is NULL where there is none. */
bool mv_get_list(const struct mv_at *, const json_t *obj, const char *name,
    size_t max, const json_t **out);
/* Strings that all differ; *out stays as it is where there are none. */
bool mv_get_strings(const struct mv_at *, const json_t *obj, const char *name,
    size_t max, size_t len, mv_ok *, const char *const **out);
/* The same for types of providers, of which there must be one. */
bool mv_get_types(const struct mv_at *, const json_t *obj, const char *name,
    const char *const **out);

#endif /* COMMON_MANIFEST_VALUE_H */
