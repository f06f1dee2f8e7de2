/*
 * A registry's folder, read through a descriptor: each file once, into memory,
 * where it is judged.  The folder may be another's, and may change meanwhile.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "fdpass.h"
#include "paths.h"
#include "registry.h"
#include "valid.h"
#include "xmalloc.h"

/* Names in one folder that are looked at. */
#define NAMES_MAX (4 * REGISTRY_FILES_MAX)

int
registry_read_file(int dir, const char *name, size_t max, char **out,
    size_t *len, char *why, size_t size)
{
	struct stat st;
	char *p = NULL;
	ssize_t n;
	int fd, r = RL_ERR_SYSTEM;

	/* What is no file must not make anybody wait. */
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		(void)snprintf(why, size, "%s: is missing", name);
		return RL_ERR_NOTFOUND;
	}
	if (fd == -1 || fstat(fd, &st) == -1) {
		(void)snprintf(why, size, "%s: %s", name,
		    errno == ELOOP ? "is a symbolic link" : strerror(errno));
		goto out;
	}
	r = RL_ERR_INVALID;
	if (!S_ISREG(st.st_mode)) {
		(void)snprintf(why, size, "%s: is not a file", name);
		goto out;
	}
	r = RL_ERR_TOOBIG;
	if (st.st_size > (off_t)max) {
		(void)snprintf(
		    why, size, "%s: has more than %zu bytes", name, max);
		goto out;
	}
	p = xmalloc(max + 2);
	r = RL_ERR_SYSTEM;
	if ((n = paths_read_all(fd, p, max + 1)) == -1)
		(void)snprintf(why, size, "%s: %s", name, strerror(errno));
	else if ((size_t)n > max) {
		(void)snprintf(
		    why, size, "%s: has more than %zu bytes", name, max);
		r = RL_ERR_TOOBIG;
	} else {
		p[n] = '\0';
		*out = p;
		*len = (size_t)n;
		p = NULL;
		r = 0;
	}
out:
	free(p);
	fd_close(fd);
	return r;
}

/* Opens the folder below dir that path lies in, and *leaf becomes its name. */
static int
open_folder(int dir, const char *path, const char **leaf)
{
	char folder[REGISTRY_PATH_MAX];
	size_t n = strcspn(path, "/");

	memcpy(folder, path, n);
	folder[n] = '\0';
	*leaf = path + n + 1;
	return openat(
	    dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int
registry_read_listed(
    int dir, const struct registry_file *f, char **out, char *why, size_t size)
{
	const char *leaf;
	char inner[256];
	size_t len;
	int sub, r;

	if ((sub = open_folder(dir, f->path, &leaf)) == -1) {
		(void)snprintf(why, size, "%s: %s", f->path,
		    errno == ENOENT ? "is missing" : strerror(errno));
		return errno == ENOENT ? RL_ERR_NOTFOUND : RL_ERR_SYSTEM;
	}
	r = registry_read_file(
	    sub, leaf, f->size, out, &len, inner, sizeof(inner));
	fd_close(sub);
	if (r == RL_ERR_TOOBIG)
		(void)snprintf(why, size,
		    "%s: has more bytes than the %zu that " REGISTRY_INDEX
		    " says",
		    f->path, f->size);
	else if (r != 0)
		(void)snprintf(why, size, "%.*s/%s", (int)strcspn(f->path, "/"),
		    f->path, inner);
	if (r != 0)
		return r;
	r = registry_file_check(f, *out, len, why, size);
	if (r == 0)
		r = registry_manifest_check(f->path, *out, len, why, size);
	if (r != 0) {
		free(*out);
		*out = NULL;
	}
	return r;
}

static bool
is_listed(const struct registry_index *x, const char *path)
{
	for (size_t i = 0; i < x->nfiles; i++)
		if (strcmp(x->files[i].path, path) == 0)
			return true;
	return false;
}

/* Adds those in one folder, whose names begin with prefix for the index. */
static int
read_names(int fd, const char *prefix, const struct registry_index *x,
    struct strlist *extra)
{
	const struct dirent *e;
	DIR *d;
	int n = 0;

	if ((d = fdopendir(fd)) == NULL) {
		fd_close(fd);
		return RL_ERR_SYSTEM;
	}
	while ((e = readdir(d)) != NULL && n++ < NAMES_MAX) {
		char *path;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (*prefix == '\0' &&
		    (strcmp(e->d_name, REGISTRY_INDEX) == 0 ||
			strcmp(e->d_name, REGISTRY_SIG) == 0 ||
			strcmp(e->d_name, "agents") == 0 ||
			strcmp(e->d_name, "providers") == 0))
			continue;
		path = xasprintf("%s%s", prefix, e->d_name);
		if (!is_listed(x, path))
			strlist_add(extra, path);
		free(path);
	}
	closedir(d);
	return 0;
}

int
registry_read_extra(int dir, const struct registry_index *x, bool all,
    struct strlist *extra, char *why, size_t size)
{
	static const char *const folders[] = { "agents", "providers", "." };
	static const char *const prefixes[] = { "agents/", "providers/", "" };
	int fd, r = 0;

	for (size_t i = 0; r == 0 && i < (all ? 3 : 2); i++) {
		fd = openat(dir, folders[i],
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1 && errno == ENOENT)
			continue;
		r = fd == -1 ? RL_ERR_SYSTEM
			     : read_names(fd, prefixes[i], x, extra);
		if (r != 0)
			(void)snprintf(
			    why, size, "%s: %s", folders[i], strerror(errno));
	}
	return r;
}

/* The signature, and registry.json once that has been found good. */
static int
read_head(int dir, const struct minisign_key *keys, size_t nkeys,
    struct registry_bundle *b, char *why, size_t size)
{
	char inner[512];
	size_t which;
	int r;

	r = registry_read_file(dir, REGISTRY_SIG, MINISIGN_FILE_MAX,
	    &b->sig_text, &b->sig_len, why, size);
	if (r == RL_ERR_NOTFOUND) {
		(void)snprintf(why, size,
		    REGISTRY_SIG ": is missing: an unsigned registry is not "
				 "used");
		return RL_ERR_DENIED;
	}
	if (r != 0)
		return r;
	r = registry_read_file(dir, REGISTRY_INDEX, REGISTRY_INDEX_MAX,
	    &b->index_text, &b->index_len, why, size);
	if (r != 0)
		return r;
	r = minisign_sig_parse(
	    b->sig_text, b->sig_len, &b->sig, inner, sizeof(inner));
	if (r == 0)
		r = minisign_verify(keys, nkeys, &b->sig, b->index_text,
		    b->index_len, &which, inner, sizeof(inner));
	if (r != 0) {
		(void)snprintf(why, size, REGISTRY_SIG ": %s", inner);
		return r;
	}
	minisign_id_text(keys[which].id, b->key);
	return registry_index_parse(
	    b->index_text, b->index_len, &b->index, why, size);
}

int
registry_bundle_read(int dir, const struct minisign_key *keys, size_t nkeys,
    struct registry_bundle **out, char *why, size_t size)
{
	struct registry_bundle *b = xcalloc(1, sizeof(*b));
	struct strlist extra = { NULL, 0 };
	char shown[128];
	int r;

	if ((r = read_head(dir, keys, nkeys, b, why, size)) != 0)
		goto out;
	b->texts = xcalloc(b->index.nfiles, sizeof(*b->texts));
	for (size_t i = 0; r == 0 && i < b->index.nfiles; i++)
		r = registry_read_listed(
		    dir, &b->index.files[i], &b->texts[i], why, size);
	if (r == 0)
		r = registry_read_extra(
		    dir, &b->index, true, &extra, why, size);
	if (r == 0 && extra.n > 0) {
		(void)snprintf(why, size, "%s: is not named in " REGISTRY_INDEX,
		    text_escape(shown, sizeof(shown), extra.v[0]));
		r = RL_ERR_DAMAGED;
	}
out:
	strlist_clear(&extra);
	if (r == 0)
		*out = b;
	else
		registry_bundle_free(b);
	return r;
}

void
registry_bundle_free(struct registry_bundle *b)
{
	if (b == NULL)
		return;
	for (size_t i = 0; b->texts != NULL && i < b->index.nfiles; i++)
		free(b->texts[i]);
	free(b->texts);
	registry_index_free(&b->index);
	free(b->index_text);
	free(b->sig_text);
	free(b);
}
