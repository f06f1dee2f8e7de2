/*
 * registry lint, sign: for those who host a registry.  No daemon is needed.
 */

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "fdpass.h"
#include "registry.h"
#include "ringlet.h"
#include "secret.h"
#include "signing.h"
#include "strlist.h"
#include "valid.h"
#include "xmalloc.h"

#define SECRET_FILE_MAX 4096

/* A folder that is looked at. */
struct host {
	const char *name;
	int dir;
	struct registry_index is;   /* what lies there: the files alone */
	struct registry_index said; /* by registry.json, if has_index */
	bool has_index;
	char *index_text;
	size_t index_len;
	char key[MINISIGN_ID_TEXT]; /* that the signature names, or "" */
	struct strlist problems;
};

static void
host_free(struct host *h)
{
	registry_index_free(&h->is);
	registry_index_free(&h->said);
	strlist_clear(&h->problems);
	free(h->index_text);
	fd_close(h->dir);
}

/* --- looking --- */

static int
by_path(const void *a, const void *b)
{
	const struct registry_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* One name in agents/ or providers/: into h->is, or a problem. */
static void
look_at(struct host *h, const char *path)
{
	struct registry_file *f = &h->is.files[h->is.nfiles];
	char why[1024], *text = NULL;
	const char *leaf = strchr(path, '/') + 1;
	char shown[128];
	size_t len;
	int sub, r;

	if (!registry_path_ok(path)) {
		strlist_addf(&h->problems,
		    "%s: is neither agents/ID.json nor providers/ID.json",
		    text_escape(shown, sizeof(shown), path));
		return;
	}
	sub = openat(h->dir, *path == 'a' ? "agents" : "providers",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	r = registry_read_file(
	    sub, leaf, REGISTRY_FILE_MAX, &text, &len, why, sizeof(why));
	fd_close(sub);
	if (r != 0) {
		strlist_addf(
		    &h->problems, "%.*s%s", (int)(leaf - path), path, why);
		return;
	}
	strlcpy(f->path, path, sizeof(f->path));
	registry_file_hash(f, text, len);
	h->is.nfiles++;
	if (registry_manifest_check(path, text, len, why, sizeof(why)) != 0)
		strlist_add(&h->problems, why);
	free(text);
}

/* The manifests that lie there, by name. */
static void
look_at_files(struct host *h)
{
	struct strlist names = { NULL, 0 };
	char why[512];

	if (registry_read_extra(
		h->dir, &h->is, false, &names, why, sizeof(why)) != 0)
		strlist_add(&h->problems, why);
	h->is.files = xcalloc(names.n + 1, sizeof(*h->is.files));
	for (size_t i = 0; i < names.n; i++)
		look_at(h, names.v[i]);
	qsort(h->is.files, h->is.nfiles, sizeof(*h->is.files), by_path);
	if (h->is.nfiles == 0)
		strlist_add(&h->problems,
		    "there is no manifest in agents/ or providers/");
	if (h->is.nfiles > REGISTRY_FILES_MAX)
		strlist_addf(&h->problems, "there are more than %d manifests",
		    REGISTRY_FILES_MAX);
	strlist_clear(&names);
}

static const struct registry_file *
find_file(const struct registry_index *x, const char *path)
{
	for (size_t i = 0; i < x->nfiles; i++)
		if (strcmp(x->files[i].path, path) == 0)
			return &x->files[i];
	return NULL;
}

static bool
same_file(const struct registry_file *a, const struct registry_file *b)
{
	return b != NULL && a->size == b->size &&
	       memcmp(a->sha256, b->sha256, sizeof(a->sha256)) == 0 &&
	       memcmp(a->blake2b, b->blake2b, sizeof(a->blake2b)) == 0;
}

/* registry.json, where there is one: 0, or why[size]. */
static int
look_at_index(struct host *h, char *why, size_t size)
{
	int r;

	r = registry_read_file(h->dir, REGISTRY_INDEX, REGISTRY_INDEX_MAX,
	    &h->index_text, &h->index_len, why, size);
	if (r == 0)
		r = registry_index_parse(
		    h->index_text, h->index_len, &h->said, why, size);
	h->has_index = r == 0;
	return r;
}

static void
look_at_signature(struct host *h)
{
	struct minisign_sig *sig = xmalloc(sizeof(*sig));
	char why[512], *text = NULL;
	size_t len;

	if (registry_read_file(h->dir, REGISTRY_SIG, MINISIGN_FILE_MAX, &text,
		&len, why, sizeof(why)) != 0)
		strlist_addf(
		    &h->problems, "%s: 'ringlet registry sign' makes it", why);
	else if (minisign_sig_parse(text, len, sig, why, sizeof(why)) != 0)
		strlist_addf(&h->problems, REGISTRY_SIG ": %s", why);
	else
		minisign_id_text(sig->id, h->key);
	free(text);
	free(sig);
}

/* Whether registry.json says what is there. */
static void
compare(struct host *h)
{
	for (size_t i = 0; i < h->said.nfiles; i++) {
		const struct registry_file *f = &h->said.files[i];
		const struct registry_file *is = find_file(&h->is, f->path);

		if (is == NULL)
			strlist_addf(&h->problems,
			    "%s: is named in " REGISTRY_INDEX
			    ", and is not there",
			    f->path);
		else if (!same_file(f, is))
			strlist_addf(&h->problems,
			    "%s: is not what " REGISTRY_INDEX
			    " has the hashes of",
			    f->path);
	}
	for (size_t i = 0; i < h->is.nfiles; i++)
		if (find_file(&h->said, h->is.files[i].path) == NULL)
			strlist_addf(&h->problems,
			    "%s: is not named in " REGISTRY_INDEX,
			    h->is.files[i].path);
}

/* 0, or reports. */
static int
host_open(struct cli *cli, const char *name, struct host *h)
{
	memset(h, 0, sizeof(*h));
	h->name = name;
	h->dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir == -1)
		return fail_file(cli, name,
		    "name a folder with agents/ or providers/ in it");
	look_at_files(h);
	return 0;
}

/* Tells of all problems but the first, which is reported. */
static int
fail_problems(struct cli *cli, const struct host *h)
{
	for (size_t i = 1; i < h->problems.n; i++)
		hint(cli, "%s: %s", h->name, h->problems.v[i]);
	return fail_error(
	    cli, RL_ERR_INVALID, "%s: %s", h->name, h->problems.v[0]);
}

int
cmd_registry_lint(struct cli *cli, const struct args *args)
{
	char why[1024];
	struct host h;
	int r;

	if ((r = host_open(cli, args->v[0], &h)) != 0)
		return r;
	if ((r = look_at_index(&h, why, sizeof(why))) == 0)
		compare(&h);
	else
		strlist_addf(&h.problems, "%s%s", why,
		    r == RL_ERR_NOTFOUND ? ": 'ringlet registry sign' makes it"
					 : "");
	r = 0;
	look_at_signature(&h);
	if (h.problems.n > 0)
		r = fail_problems(cli, &h);
	else if (cli->json)
		r = print_json(
		    cli, json_pack("{s:s, s:s, s:I, s:s, s:s, s:I, s:s}",
			     "name", h.said.name, "version", h.said.version,
			     "serial", (json_int_t)h.said.serial, "channel",
			     h.said.channel, "id", h.said.id, "manifests",
			     (json_int_t)h.said.nfiles, "key_id", h.key));
	else {
		print_field("Good",
		    "%s of %s, id %s, channel %s, %zu manifests",
		    h.said.version, h.said.name, h.said.id, h.said.channel,
		    h.said.nfiles);
		print_field(
		    "Key", "%s; who has signed was not looked at", h.key);
	}
	host_free(&h);
	return r;
}

/* --- signing --- */

/* The key, open, for signing_key_free(): 0, or reports. */
static int
get_key(struct cli *cli, const struct args *args, struct signing_key **out)
{
	const char *given = opt_get(args, OPT_SECRET_KEY);
	char *file, text[SECRET_FILE_MAX + 1], why[512];
	struct secret *passphrase = NULL;
	bool encrypted;
	ssize_t n;
	int r;

	*out = NULL;
	file = given != NULL
		   ? xstrdup(given)
		   : xasprintf("%s/.minisign/minisign.key", cli->paths.home);
	if ((n = prompt_read_file(cli, file, text, SECRET_FILE_MAX)) == -1)
		r = fail_file(
		    cli, file, "'minisign -G' makes a pair of keys");
	else if (signing_key_parse(
		     text, (size_t)n, out, &encrypted, why, sizeof(why)) != 0)
		r = fail_error(cli, RL_ERR_INVALID, "%s: %s", file, why);
	else if (!encrypted)
		r = 0;
	else if ((r = passphrase_get(cli,
		      "Passphrase of the secret key: ", NULL,
		      opt_get(args, OPT_PASSPHRASE_FILE), &passphrase)) == 0 &&
		 (r = signing_key_open(*out, passphrase, why, sizeof(why))) !=
		     0)
		r = fail_error(cli, r, "%s: %s", file, why);
	secret_wipe(text, sizeof(text));
	secret_free(passphrase);
	free(file);
	if (r != 0 && *out != NULL) {
		signing_key_free(*out);
		*out = NULL;
	}
	return r;
}

/* Whether what lies there is what registry.json says already. */
static bool
is_as_said(const struct host *h)
{
	if (!h->has_index || h->said.nfiles != h->is.nfiles)
		return false;
	for (size_t i = 0; i < h->is.nfiles; i++)
		if (!same_file(&h->is.files[i],
			find_file(&h->said, h->is.files[i].path)))
			return false;
	return true;
}

/* An option, or else what registry.json says, or else the default. */
static const char *
choose(const struct args *args, int key, const char *said, const char *other)
{
	const char *value = opt_get(args, key);

	return value != NULL ? value : said != NULL ? said : other;
}

/* Head of the new registry.json, in h->is: 0, or reports. */
static int
make_head(struct cli *cli, const struct args *args, struct host *h)
{
	const char *serial = opt_get(args, OPT_SERIAL), *errstr = NULL;
	const char *version = opt_get(args, 'V');
	const char *name = choose(args, OPT_NAME, h->said.name, NULL);
	const char *channel =
	    choose(args, OPT_CHANNEL, h->said.channel, "stable");
	bool same = is_as_said(h) && serial == NULL && version == NULL &&
		    name != NULL && strcmp(name, h->said.name) == 0 &&
		    strcmp(channel, h->said.channel) == 0;

	if (name == NULL)
		return fail_usage(cli,
		    "--name: what the registry is called is needed, since "
		    "there is no " REGISTRY_INDEX " yet");
	if (!valid_alias(name))
		return fail_usage(cli, "--name: '%s' is no name", name);
	if (!valid_ident(channel))
		return fail_usage(cli, "--channel: '%s' is no name", channel);
	if (version != NULL && !valid_alias(version))
		return fail_usage(
		    cli, "--registry-version: '%s' is none", version);
	h->is.serial = serial != NULL
			   ? strtonum(serial, 1, REGISTRY_SERIAL_MAX, &errstr)
			   : h->said.serial + (same ? 0 : 1);
	if (errstr != NULL || h->is.serial > REGISTRY_SERIAL_MAX)
		return fail_usage(cli, "--serial: is a number from 1 to %lld",
		    (long long)REGISTRY_SERIAL_MAX);
	h->is.name = xstrdup(name);
	h->is.channel = xstrdup(channel);
	if (version != NULL)
		h->is.version = xstrdup(version);
	else if (same)
		h->is.version = xstrdup(h->said.version);
	else
		h->is.version = xasprintf("%lld", h->is.serial);
	return 0;
}

static int
write_file(
    struct cli *cli, const struct host *h, const char *name, const char *text)
{
	/* It is to be served: a private file would be no use. */
	int r = paths_replace_at(h->dir, name, 0644, text, strlen(text));

	if (r != 0)
		r = fail_error(
		    cli, r, "%s/%s: %s", h->name, name, strerror(errno));
	return r;
}

/* A public key as minisign writes it, into dst. */
static char *
key_text(const struct minisign_key *k, char *dst, size_t size)
{
	uint8_t raw[2 + MINISIGN_ID_LEN + MINISIGN_KEY_LEN] = { 'E', 'd' };

	memcpy(raw + 2, k->id, MINISIGN_ID_LEN);
	memcpy(raw + 2 + MINISIGN_ID_LEN, k->key, MINISIGN_KEY_LEN);
	return sodium_bin2base64(
	    dst, size, raw, sizeof(raw), sodium_base64_VARIANT_ORIGINAL);
}

static int
print_signed(struct cli *cli, const struct registry_index *x,
    const struct minisign_key *k)
{
	char id[MINISIGN_ID_TEXT], text[MINISIGN_KEY_TEXT + 1];

	minisign_id_text(k->id, id);
	(void)key_text(k, text, sizeof(text));
	if (cli->json)
		return print_json(
		    cli, json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s}",
			     "name", x->name, "version", x->version, "serial",
			     (json_int_t)x->serial, "channel", x->channel, "id",
			     x->id, "key_id", id, "public_key", text));
	print_field("Signed", "%s of %s, id %s, channel %s, %zu manifests",
	    x->version, x->name, x->id, x->channel, x->nfiles);
	print_field("Key", "%s", id);
	print_field("For users", "RegistryKey %s", text);
	return 0;
}

/* Signs text, which is registry.json, and writes both. */
static int
sign_index(struct cli *cli, struct host *h, const struct signing_key *key,
    const char *text)
{
	struct registry_index x;
	struct minisign_key public;
	char why[1024], *comment, *sig;
	int r;

	if (registry_index_parse(text, strlen(text), &x, why, sizeof(why)) !=
	    0) {
		registry_index_free(&x);
		return fail_error(cli, RL_ERR_INVALID, "%s: %s", h->name, why);
	}
	comment = xasprintf("timestamp:%lld\tfile:" REGISTRY_INDEX "\thashed",
	    (long long)time(NULL));
	sig = signing_sign(key, text, strlen(text), comment);
	signing_key_public(key, &public);
	/* Whoever fetches in between finds that they do not go together. */
	if ((r = write_file(cli, h, REGISTRY_INDEX, text)) == 0 &&
	    (r = write_file(cli, h, REGISTRY_SIG, sig)) == 0)
		r = print_signed(cli, &x, &public);
	registry_index_free(&x);
	free(comment);
	free(sig);
	return r;
}

int
cmd_registry_sign(struct cli *cli, const struct args *args)
{
	struct signing_key *key = NULL;
	char why[1024], *text = NULL;
	struct host h;
	int r;

	if ((r = host_open(cli, args->v[0], &h)) != 0)
		return r;
	if (h.problems.n > 0) {
		r = fail_problems(cli, &h);
		goto out;
	}
	/*
	 * One that cannot be read may have had any serial, and users refuse
	 * what is older: so that is not guessed.
	 */
	r = look_at_index(&h, why, sizeof(why));
	if (r != 0 && r != RL_ERR_NOTFOUND &&
	    opt_get(args, OPT_SERIAL) == NULL) {
		r = fail_error(cli, r,
		    "%s: %s" HINT
		    "mend it, or make it anew with --serial, higher "
		    "than what users have",
		    h.name, why);
		goto out;
	}
	if ((r = make_head(cli, args, &h)) != 0 ||
	    (r = get_key(cli, args, &key)) != 0)
		goto out;
	if ((text = registry_index_format(&h.is)) == NULL)
		r = fail_error(
		    cli, RL_ERR_INTERNAL, REGISTRY_INDEX " cannot be written");
	else
		r = sign_index(cli, &h, key, text);
out:
	free(text);
	if (key != NULL)
		signing_key_free(key);
	host_free(&h);
	return r;
}
