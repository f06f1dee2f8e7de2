#ifndef COMMON_REGISTRY_H
#define COMMON_REGISTRY_H
/*
 * A registry: a folder of manifests with registry.json, which names each of
 * them with its length and hashes, and registry.json.minisig, which signs
 * that.  See ringlet-registry(5).
 *
 *	registry.c	  registry.json, names, references: pure functions
 *	registry-url.c	  where a registry may lie: a pure function
 *	registry-read.c	  a folder, through its descriptor, all into memory
 *
 * The monitor, which decides, and the command, which fetches, signs and lints,
 * share these; neither believes the other.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest-format.h"
#include "minisign.h"
#include "strlist.h"

#define REGISTRY_INDEX "registry.json"
#define REGISTRY_SIG   "registry.json.minisig"

#define REGISTRY_FILES_MAX  100
#define REGISTRY_FILE_MAX   MANIFEST_MAX      /* bytes of one */
#define REGISTRY_TOTAL_MAX  (4 * 1024 * 1024) /* of all of them */
#define REGISTRY_INDEX_MAX  (256 * 1024)      /* of registry.json */
#define REGISTRY_SERIAL_MAX 999999999LL
#define REGISTRY_PATH_MAX   96 /* "providers/", an id, ".json", NUL */
#define REGISTRY_ID_MAX	    32 /* "SERIAL-HASH8", NUL */

#define REGISTRY_SHA256	 32
#define REGISTRY_BLAKE2B 64

/* --- registry.c --- */

struct registry_file {
	char path[REGISTRY_PATH_MAX];
	size_t size;
	uint8_t sha256[REGISTRY_SHA256];
	uint8_t blake2b[REGISTRY_BLAKE2B];
};

struct registry_index {
	char *name;
	char *version;
	char *channel;
	long long serial;
	struct registry_file *files;
	size_t nfiles;
	char sha256[2 * REGISTRY_SHA256 + 1]; /* of the text, in hex */
	char id[REGISTRY_ID_MAX];	      /* serial and hash */
};

/* Whether path is agents/ID.json or providers/ID.json, and nothing else. */
bool registry_path_ok(const char *path);
/* What such a path has, an agent or a provider. */
enum manifest_kind registry_path_kind(const char *path);
/* The ID of such a path, into dst.  Returns dst. */
char *registry_path_id(const char *path, char *dst, size_t size);

/*
 * Reads registry.json.  RL_ERR_INVALID: why[size] says what and where.  Free
 * with registry_index_free() in either case.
 */
int registry_index_parse(const char *text, size_t len, struct registry_index *,
    char *why, size_t size);
void registry_index_free(struct registry_index *);
/* The text of it, which registry_index_parse() reads; for free(). */
char *registry_index_format(const struct registry_index *);

/* Notes length and hashes of a file's content. */
void registry_file_hash(struct registry_file *, const void *p, size_t len);
/* Whether it is that content: 0, or RL_ERR_DAMAGED and why[size]. */
int registry_file_check(const struct registry_file *, const void *p, size_t len,
    char *why, size_t size);
/*
 * Whether the content of path is a manifest that can be used: 0, or
 * RL_ERR_INVALID and why[size].
 */
int registry_manifest_check(
    const char *path, const char *text, size_t len, char *why, size_t size);

/*
 * A reference to a version: its version, its serial, its id, or the SHA-256
 * of its registry.json in hex.
 */
bool registry_ref_ok(const char *ref);
bool registry_ref_is(const char *ref, const char *version, long long serial,
    const char *id, const char *sha256);

/* --- registry-url.c --- */

enum registry_where {
	REGISTRY_NOWHERE = 0,
	REGISTRY_HTTPS,
	REGISTRY_HTTP,	/* to this machine only */
	REGISTRY_FILE,	/* file:///... */
	REGISTRY_FOLDER /* an absolute path */
};
/* What url is; nothing but a place is accepted: no user, query, fragment. */
enum registry_where registry_url_where(const char *url);

/* --- registry-read.c --- */

/* All of a version, in memory. */
struct registry_bundle {
	struct registry_index index;
	char *index_text;
	size_t index_len;
	char *sig_text;
	size_t sig_len;
	struct minisign_sig sig;
	char key[MINISIGN_ID_TEXT]; /* id of the key that signed, or "" */
	char **texts;		    /* of index.files, each with a NUL */
};

/*
 * Reads name in the folder dir, which must be a regular file of at most max
 * bytes, without following links or waiting; *out is for free().  An error,
 * and why[size] names the file.
 */
int registry_read_file(int dir, const char *name, size_t max, char **out,
    size_t *len, char *why, size_t size);
/* The content of a file that the index names, checked as it says. */
int registry_read_listed(
    int dir, const struct registry_file *, char **out, char *why, size_t size);
/*
 * Adds the names in the folder that the index does not have to extra; those
 * beside agents/ and providers/, too, if all is set.
 */
int registry_read_extra(int dir, const struct registry_index *, bool all,
    struct strlist *extra, char *why, size_t size);
/*
 * Reads a whole registry: the signature by one of nkeys keys first, then
 * registry.json, then every file, and that there are no others.  0 and *out
 * for registry_bundle_free(), or an error and why[size] says which file and
 * what is wrong with it: RL_ERR_DENIED (an unknown key, none), RL_ERR_DAMAGED,
 * RL_ERR_INVALID, RL_ERR_TOOBIG, RL_ERR_NOTFOUND, RL_ERR_SYSTEM.
 */
int registry_bundle_read(int dir, const struct minisign_key *keys, size_t nkeys,
    struct registry_bundle **out, char *why, size_t size);
void registry_bundle_free(struct registry_bundle *);

#endif /* COMMON_REGISTRY_H */
