/*
 * registry.json, and the names in it.  All of it comes from a server, and is
 * read after its signature was checked, but a key may be lost: so nothing here
 * leads out of a folder, is longer than its bound, or is there twice.
 */

#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "json.h"
#include "registry.h"
#include "valid.h"
#include "xmalloc.h"

#define SCHEMA 1

static const char *const folders[] = { "agents/", "providers/" };

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* --- names --- */

/* What follows the folder in path, or NULL. */
static const char *
path_name(const char *path)
{
	for (size_t i = 0; i < NELEM(folders); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			return path + strlen(folders[i]);
	return NULL;
}

bool
registry_path_ok(const char *path)
{
	char id[ALIAS_MAX + 1];
	const char *name = path_name(path);
	size_t n;

	if (name == NULL || (n = strlen(name)) <= strlen(".json") ||
	    n - strlen(".json") > ALIAS_MAX)
		return false;
	n -= strlen(".json");
	if (strcmp(name + n, ".json") != 0)
		return false;
	memcpy(id, name, n);
	id[n] = '\0';
	return valid_ident(id);
}

char *
registry_path_id(const char *path, char *dst, size_t size)
{
	const char *name = path_name(path);

	(void)snprintf(
	    dst, size, "%.*s", (int)(strlen(name) - strlen(".json")), name);
	return dst;
}

enum manifest_kind
registry_path_kind(const char *path)
{
	return *path == 'a' ? MANIFEST_AGENT : MANIFEST_PROVIDER;
}

bool
registry_ref_ok(const char *ref)
{
	/*
	 * All that can be referred to is of this form.  A version that has no
	 * digit would be told from a slip of the hand by nothing.
	 */
	return valid_alias(ref) && strpbrk(ref, "0123456789") != NULL;
}

bool
registry_ref_is(const char *ref, const char *version, long long serial,
    const char *id, const char *sha256)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%lld", serial);
	return strcmp(ref, version) == 0 || strcmp(ref, number) == 0 ||
	       strcmp(ref, id) == 0 || strcmp(ref, sha256) == 0;
}

/* --- hashes --- */

void
registry_file_hash(struct registry_file *f, const void *p, size_t len)
{
	f->size = len;
	crypto_hash_sha256(f->sha256, p, len);
	crypto_generichash(f->blake2b, sizeof(f->blake2b), p, len, NULL, 0);
}

int
registry_file_check(const struct registry_file *f, const void *p, size_t len,
    char *why, size_t size)
{
	struct registry_file is = { .size = 0 };

	registry_file_hash(&is, p, len);
	if (is.size != f->size)
		(void)snprintf(why, size,
		    "%s: has %zu bytes where " REGISTRY_INDEX " says %zu",
		    f->path, is.size, f->size);
	else if (memcmp(is.sha256, f->sha256, sizeof(is.sha256)) != 0 ||
		 memcmp(is.blake2b, f->blake2b, sizeof(is.blake2b)) != 0)
		(void)snprintf(why, size,
		    "%s: is not what " REGISTRY_INDEX " has the hashes of",
		    f->path);
	else
		return 0;
	return RL_ERR_DAMAGED;
}

/* --- registry.json --- */

struct head {
	long long schema;
	char *name;
	char *version;
	char *channel;
	long long serial;
};

static const struct json_member head_members[] = {
	{ "schema", JK_INT, offsetof(struct head, schema), 0, SCHEMA, SCHEMA,
	    JSONF_REQUIRED, NULL },
	{ "name", JK_STRING, offsetof(struct head, name), ALIAS_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "version", JK_STRING, offsetof(struct head, version), ALIAS_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "channel", JK_STRING, offsetof(struct head, channel), ALIAS_MAX, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "serial", JK_INT, offsetof(struct head, serial), 0, 1,
	    REGISTRY_SERIAL_MAX, JSONF_REQUIRED, NULL },
};

struct entry {
	char *path;
	long long size;
	char *sha256;
	char *blake2b;
};

static const struct json_member entry_members[] = {
	{ "path", JK_STRING, offsetof(struct entry, path),
	    REGISTRY_PATH_MAX - 1, 0, 0, JSONF_REQUIRED, NULL },
	{ "size", JK_INT, offsetof(struct entry, size), 0, 0, REGISTRY_FILE_MAX,
	    JSONF_REQUIRED, NULL },
	{ "sha256", JK_STRING, offsetof(struct entry, sha256),
	    2 * REGISTRY_SHA256, 0, 0, JSONF_REQUIRED, NULL },
	{ "blake2b", JK_STRING, offsetof(struct entry, blake2b),
	    2 * REGISTRY_BLAKE2B, 0, 0, JSONF_REQUIRED, NULL },
};

/* Exactly len bytes in lower-case hex. */
static bool
decode_hex(const char *hex, uint8_t *out, size_t len)
{
	size_t n = 0;

	return strlen(hex) == 2 * len &&
	       strspn(hex, "0123456789abcdef") == 2 * len &&
	       sodium_hex2bin(out, len, hex, 2 * len, NULL, &n, NULL) == 0 &&
	       n == len;
}

/* One element of files, the i-th, into out. */
static int
parse_entry(const json_t *value, size_t i, struct registry_file *out, char *why,
    size_t size)
{
	struct entry e = { 0 };
	char inner[256], shown[128];
	int r = RL_ERR_INVALID;

	if (!json_is_object(value)) {
		(void)snprintf(why, size, "files[%zu]: is not an object", i);
		return r;
	}
	if (json_get_members(value, entry_members, NELEM(entry_members), &e,
		inner, sizeof(inner)) != 0)
		(void)snprintf(why, size, "files[%zu]: %s", i, inner);
	else if (!registry_path_ok(e.path))
		(void)snprintf(why, size,
		    "files[%zu].path: '%s' is neither agents/ID.json nor "
		    "providers/ID.json",
		    i, text_escape(shown, sizeof(shown), e.path));
	else if (!decode_hex(e.sha256, out->sha256, sizeof(out->sha256)))
		(void)snprintf(why, size,
		    "files[%zu].sha256: is not 64 hexadecimal digits", i);
	else if (!decode_hex(e.blake2b, out->blake2b, sizeof(out->blake2b)))
		(void)snprintf(why, size,
		    "files[%zu].blake2b: is not 128 hexadecimal digits", i);
	else {
		strlcpy(out->path, e.path, sizeof(out->path));
		out->size = (size_t)e.size;
		r = 0;
	}
	json_free_members(entry_members, NELEM(entry_members), &e);
	return r;
}

static int
parse_files(
    const json_t *files, struct registry_index *x, char *why, size_t size)
{
	size_t n = json_array_size(files), total = 0;
	int r;

	if (!json_is_array(files) || n == 0 || n > REGISTRY_FILES_MAX) {
		(void)snprintf(why, size,
		    "files: is not an array of 1 to %d objects",
		    REGISTRY_FILES_MAX);
		return RL_ERR_INVALID;
	}
	x->files = xcalloc(n, sizeof(*x->files));
	for (size_t i = 0; i < n; i++) {
		struct registry_file *f = &x->files[i];

		r = parse_entry(json_array_get(files, i), i, f, why, size);
		if (r != 0)
			return r;
		for (size_t k = 0; k < i; k++)
			if (strcmp(x->files[k].path, f->path) == 0) {
				(void)snprintf(why, size,
				    "files[%zu].path: %s is there twice", i,
				    f->path);
				return RL_ERR_INVALID;
			}
		total += f->size;
		x->nfiles++;
	}
	if (total > REGISTRY_TOTAL_MAX) {
		(void)snprintf(why, size, "files: have more than %d bytes",
		    REGISTRY_TOTAL_MAX);
		return RL_ERR_INVALID;
	}
	return 0;
}

static int
check_head(const struct head *h, char *why, size_t size)
{
	const char *what = NULL;

	if (!valid_alias(h->name))
		what = "name";
	else if (!valid_alias(h->version))
		what = "version";
	else if (!valid_ident(h->channel))
		what = "channel";
	if (what == NULL)
		return 0;
	(void)snprintf(why, size,
	    "%s: is not 1 to 64 letters, digits, '.', '_' and '-'%s", what,
	    h->channel != NULL && strcmp(what, "channel") == 0
		? ", without capitals"
		: "");
	return RL_ERR_INVALID;
}

/* What depends on the text as a whole. */
static void
identify(struct registry_index *x, const char *text, size_t len)
{
	uint8_t hash[REGISTRY_SHA256];

	crypto_hash_sha256(hash, (const unsigned char *)text, len);
	sodium_bin2hex(x->sha256, sizeof(x->sha256), hash, sizeof(hash));
	(void)snprintf(x->id, sizeof(x->id), "%lld-%.8s", x->serial, x->sha256);
}

int
registry_index_parse(const char *text, size_t len, struct registry_index *x,
    char *why, size_t size)
{
	struct head h = { 0 };
	json_t *obj, *files;
	char inner[512];
	int r = RL_ERR_INVALID;

	memset(x, 0, sizeof(*x));
	if (len > REGISTRY_INDEX_MAX) {
		(void)snprintf(why, size, REGISTRY_INDEX ": is too long");
		return RL_ERR_TOOBIG;
	}
	if ((obj = json_parse_object(text, len, inner, sizeof(inner))) ==
	    NULL) {
		(void)snprintf(why, size, REGISTRY_INDEX ": %s", inner);
		return r;
	}
	/* The tables know no arrays of objects. */
	files = json_incref(json_object_get(obj, "files"));
	(void)json_object_del(obj, "files");
	inner[0] = '\0';
	r = json_get_members(
	    obj, head_members, NELEM(head_members), &h, inner, sizeof(inner));
	if (r == 0)
		r = check_head(&h, inner, sizeof(inner));
	x->name = h.name;
	x->version = h.version;
	x->channel = h.channel;
	x->serial = h.serial;
	if (r == 0)
		r = parse_files(files, x, inner, sizeof(inner));
	if (r == 0)
		identify(x, text, len);
	else
		(void)snprintf(why, size, REGISTRY_INDEX ": %s", inner);
	json_decref(files);
	json_decref(obj);
	return r;
}

void
registry_index_free(struct registry_index *x)
{
	free(x->name);
	free(x->version);
	free(x->channel);
	free(x->files);
	memset(x, 0, sizeof(*x));
}

char *
registry_index_format(const struct registry_index *x)
{
	char sha256[2 * REGISTRY_SHA256 + 1], blake2b[2 * REGISTRY_BLAKE2B + 1];
	json_t *files = json_array(), *obj;
	char *text;

	for (size_t i = 0; i < x->nfiles; i++) {
		const struct registry_file *f = &x->files[i];

		sodium_bin2hex(
		    sha256, sizeof(sha256), f->sha256, sizeof(f->sha256));
		sodium_bin2hex(
		    blake2b, sizeof(blake2b), f->blake2b, sizeof(f->blake2b));
		json_array_append_new(
		    files, json_pack("{s:s, s:I, s:s, s:s}", "path", f->path,
			       "size", (json_int_t)f->size, "sha256", sha256,
			       "blake2b", blake2b));
	}
	obj = json_pack("{s:i, s:s, s:s, s:I, s:s, s:o}", "schema", SCHEMA,
	    "name", x->name, "version", x->version, "serial",
	    (json_int_t)x->serial, "channel", x->channel, "files", files);
	text = json_text_of(obj);
	json_decref(obj);
	return text;
}

/* --- manifests --- */

int
registry_manifest_check(
    const char *path, const char *text, size_t len, char *why, size_t size)
{
	char inner[512], id[ALIAS_MAX + 1];
	struct manifest *m;
	int r;

	r = manifest_parse(
	    text, len, registry_path_kind(path), &m, inner, sizeof(inner));
	if (r != 0) {
		(void)snprintf(why, size, "%s: %s", path, inner);
		return r;
	}
	registry_path_id(path, id, sizeof(id));
	if (strcmp(manifest_id(m), id) != 0) {
		(void)snprintf(why, size, "%s: id: is not \"%s\"", path, id);
		r = RL_ERR_INVALID;
	}
	manifest_free(m);
	return r;
}
