/*
 * Fetching a registry.  Whatever is at the other end may be slow, endless or
 * hostile: each file has a bound, all of them have one deadline, only the
 * protocol that the setting names is spoken, and names from registry.json are
 * used only if they are of the grammar.  What is fetched is not believed: the
 * monitor judges it.
 */

#include "config.h"

#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "err.h"
#include "fdpass.h"
#include "fetch.h"
#include "loop.h"
#include "paths.h"
#include "registry.h"
#include "valid.h"
#include "xmalloc.h"

#define CONNECT_MS  10000
#define REDIRECTS   3
#define PROGRESS_MS 1000	/* after which it is told how far it is */
#define STALE	    600		/* seconds: nobody fetches that long */
#define FOLDER	    "registry-" /* begins a private folder's name */

/* What one fetch has. */
struct work {
	const struct fetch *f;
	enum registry_where where;
	char *base; /* URL or path of the folder, without a slash */
	int source; /* a local folder, or -1 */
	CURL *curl; /* or NULL */
	uint64_t began;
	uint64_t deadline; /* loop_now() */
	bool told;	   /* there is a line of progress */
	int dir;
	size_t at, n; /* files, for the line of progress */
};

/* A file that comes in. */
struct body {
	char *p;
	size_t len, max;
	bool over; /* there was more */
};

/* --- progress --- */

static void
tell(struct work *w)
{
	if (!w->f->progress || loop_now() - w->began < PROGRESS_MS)
		return;
	w->told = true;
	fprintf(stderr, "\rringlet: fetching the registry: %zu of %zu files ",
	    w->at, w->n);
	fflush(stderr);
}

static void
tell_end(struct work *w)
{
	if (w->told)
		fputs("\r\033[K", stderr);
}

/* --- libcurl --- */

static size_t
on_bytes(char *p, size_t one, size_t n, void *arg)
{
	struct body *b = arg;

	(void)one; /* always 1 */
	if (n > b->max - b->len) {
		b->over = true;
		return 0;
	}
	memcpy(b->p + b->len, p, n);
	b->len += n;
	return n;
}

static int
on_progress(void *arg, curl_off_t total, curl_off_t now, curl_off_t up_total,
    curl_off_t up)
{
	(void)total, (void)now, (void)up_total, (void)up;
	tell(arg);
	return 0;
}

/* Every limit that there is.  False: this libcurl lacks one. */
static bool
set_up(struct work *w)
{
	const char *protocol = w->where == REGISTRY_HTTPS ? "https" : "http";
	CURL *c = w->curl;
	bool ok = true;

#define SET(option, value)                                                     \
	ok = ok && curl_easy_setopt(c, option, value) == CURLE_OK
	SET(CURLOPT_PROTOCOLS_STR, protocol);
	SET(CURLOPT_REDIR_PROTOCOLS_STR, protocol);
	/* This machine's own server has no reason to send us elsewhere. */
	SET(CURLOPT_FOLLOWLOCATION, w->where == REGISTRY_HTTPS ? 1L : 0L);
	SET(CURLOPT_MAXREDIRS, (long)REDIRECTS);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_USERAGENT, "ringlet/" PACKAGE_VERSION);
	SET(CURLOPT_WRITEFUNCTION, on_bytes);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, w);
	if (w->where == REGISTRY_HTTP)
		SET(CURLOPT_NOPROXY, "*");
#undef SET
	return ok;
}

/* What libcurl's words for it leave open, to be put before them. */
static const char *
meaning(CURLcode code)
{
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR:
		return "no TLS 1.2 or later could be agreed on: ";
	case CURLE_UNSUPPORTED_PROTOCOL:
		return "it leads away from https, which is not followed: ";
	default:
		return "";
	}
}

static int
fail_transfer(const struct work *w, CURLcode code, const struct body *b,
    const char *name, const char *detail, char *why, size_t size)
{
	long status = 0;

	(void)curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
	if (b->over || code == CURLE_FILESIZE_EXCEEDED) {
		(void)snprintf(why, size, "%s/%s: has more than %zu bytes",
		    w->base, name, b->max);
		return RL_ERR_TOOBIG;
	}
	if (code == CURLE_OPERATION_TIMEDOUT) {
		(void)snprintf(why, size,
		    "%s/%s: did not come within RegistryTimeout (%u ms)",
		    w->base, name, w->f->timeout_ms);
		return RL_ERR_TIMEOUT;
	}
	if (status == 404 || status == 410) {
		(void)snprintf(why, size, "%s/%s: is missing", w->base, name);
		return RL_ERR_NOTFOUND;
	}
	(void)snprintf(why, size, "%s/%s: %s%s", w->base, name, meaning(code),
	    *detail != '\0' ? detail : curl_easy_strerror(code));
	return RL_ERR_UNAVAILABLE;
}

static int
get_by_url(
    struct work *w, const char *name, struct body *b, char *why, size_t size)
{
	char detail[CURL_ERROR_SIZE] = "", *url;
	uint64_t now = loop_now();
	long left, status = 0;
	CURLcode code;

	left = now < w->deadline ? (long)(w->deadline - now) : 1;
	url = xasprintf("%s/%s", w->base, name);
	(void)curl_easy_setopt(w->curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(w->curl, CURLOPT_WRITEDATA, b);
	(void)curl_easy_setopt(w->curl, CURLOPT_ERRORBUFFER, detail);
	(void)curl_easy_setopt(w->curl, CURLOPT_MAXFILESIZE_LARGE,
	    (curl_off_t)(b->max > 0 ? b->max : 1));
	(void)curl_easy_setopt(w->curl, CURLOPT_TIMEOUT_MS, left);
	(void)curl_easy_setopt(w->curl, CURLOPT_CONNECTTIMEOUT_MS,
	    left < CONNECT_MS ? left : (long)CONNECT_MS);
	code = curl_easy_perform(w->curl);
	free(url);
	if (code != CURLE_OK)
		return fail_transfer(w, code, b, name, detail, why, size);
	(void)curl_easy_getinfo(w->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200) {
		(void)snprintf(why, size,
		    "%s/%s: the server answered %ld, not 200", w->base, name,
		    status);
		return RL_ERR_UNAVAILABLE;
	}
	return 0;
}

/* --- one file --- */

/* Its folder below dir, and its name in that. */
static int
open_below(int dir, const char *path, const char **leaf)
{
	char folder[REGISTRY_PATH_MAX];
	size_t n = strcspn(path, "/");

	if (path[n] == '\0') {
		*leaf = path;
		return openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	memcpy(folder, path, n);
	folder[n] = '\0';
	*leaf = path + n + 1;
	return openat(
	    dir, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int
get_by_name(
    struct work *w, const char *name, struct body *b, char *why, size_t size)
{
	char inner[512], *p = NULL;
	const char *leaf;
	int dir, r;

	if ((dir = open_below(w->source, name, &leaf)) == -1) {
		(void)snprintf(why, size, "%s/%s: %s", w->base, name,
		    errno == ENOENT ? "is missing" : strerror(errno));
		return RL_ERR_NOTFOUND;
	}
	r = registry_read_file(
	    dir, leaf, b->max, &p, &b->len, inner, sizeof(inner));
	fd_close(dir);
	if (r != 0)
		(void)snprintf(why, size, "%s/%.*s%s", w->base,
		    (int)(leaf - name), name, inner);
	else
		memcpy(b->p, p, b->len);
	free(p);
	return r;
}

static int
put(const struct work *w, const char *path, const struct body *b, char *why,
    size_t size)
{
	const char *leaf;
	int dir, fd = -1, r = RL_ERR_SYSTEM;

	if ((dir = open_below(w->dir, path, &leaf)) != -1)
		fd = openat(dir, leaf,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd != -1)
		r = paths_write_all(fd, b->p, b->len);
	if (r != 0)
		(void)snprintf(why, size, "%s: %s", path, strerror(errno));
	fd_close(fd);
	fd_close(dir);
	return r;
}

/* Fetches name, of at most max bytes; text, if not NULL, is for free(). */
static int
get(struct work *w, const char *name, size_t max, char **text, size_t *len,
    char *why, size_t size)
{
	struct body b = { .p = xmalloc(max + 1), .max = max };
	int r;

	tell(w);
	if (loop_now() >= w->deadline) {
		(void)snprintf(why, size,
		    "%s/%s: did not come within RegistryTimeout (%u ms)",
		    w->base, name, w->f->timeout_ms);
		r = RL_ERR_TIMEOUT;
	} else if (w->curl != NULL)
		r = get_by_url(w, name, &b, why, size);
	else
		r = get_by_name(w, name, &b, why, size);
	if (r == 0)
		r = put(w, name, &b, why, size);
	w->at++;
	if (r == 0 && text != NULL) {
		b.p[b.len] = '\0';
		*text = b.p;
		*len = b.len;
	} else
		free(b.p);
	return r;
}

/* --- all of it --- */

/* A local folder has no file that registry.json does not name. */
static int
check_extra(const struct work *w, const struct registry_index *x, char *why,
    size_t size)
{
	struct strlist extra = { NULL, 0 };
	char shown[128];
	int r;

	if (w->source == -1)
		return 0;
	r = registry_read_extra(w->source, x, false, &extra, why, size);
	if (r == 0 && extra.n > 0) {
		(void)snprintf(why, size,
		    "%s/%s: is not named in " REGISTRY_INDEX, w->base,
		    text_escape(shown, sizeof(shown), extra.v[0]));
		r = RL_ERR_DAMAGED;
	}
	strlist_clear(&extra);
	return r;
}

static int
get_all(struct work *w, char *why, size_t size)
{
	struct registry_index x = { .nfiles = 0 };
	char *text = NULL, inner[512];
	size_t len;
	int r;

	w->n = 2;
	r = get(w, REGISTRY_SIG, MINISIGN_FILE_MAX, NULL, NULL, why, size);
	if (r == RL_ERR_NOTFOUND)
		(void)snprintf(why, size,
		    "%s/" REGISTRY_SIG " is missing: there is no registry, or "
		    "it is not signed",
		    w->base);
	if (r != 0 || (r = get(w, REGISTRY_INDEX, REGISTRY_INDEX_MAX, &text,
			   &len, why, size)) != 0)
		goto out;
	r = registry_index_parse(text, len, &x, inner, sizeof(inner));
	if (r != 0) {
		(void)snprintf(why, size, "%s/%s", w->base, inner);
		goto out;
	}
	w->n += x.nfiles;
	for (size_t i = 0; r == 0 && i < x.nfiles; i++)
		r = get(
		    w, x.files[i].path, x.files[i].size, NULL, NULL, why, size);
	if (r == 0)
		r = check_extra(w, &x, why, size);
out:
	registry_index_free(&x);
	free(text);
	return r;
}

static void
empty(int dir, const char *name)
{
	const struct dirent *e;
	DIR *d;
	int fd;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return;
	if ((d = fdopendir(fd)) == NULL) {
		fd_close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
}

static void
remove_folder(int parent, const char *name)
{
	int dir = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (dir == -1)
		return;
	empty(dir, "agents");
	empty(dir, "providers");
	(void)unlinkat(dir, "agents", AT_REMOVEDIR);
	(void)unlinkat(dir, "providers", AT_REMOVEDIR);
	empty(dir, ".");
	fd_close(dir);
	(void)unlinkat(parent, name, AT_REMOVEDIR);
}

/* Those that were killed have left theirs. */
static void
remove_stale(const char *parent)
{
	const struct dirent *e;
	struct stat st;
	DIR *d;

	if ((d = opendir(parent)) == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (strncmp(e->d_name, FOLDER, strlen(FOLDER)) == 0 &&
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			0 &&
		    S_ISDIR(st.st_mode) && st.st_mtime < time(NULL) - STALE)
			remove_folder(dirfd(d), e->d_name);
	closedir(d);
}

static int
make_folder(const char *parent, struct fetched *out, char *why, size_t size)
{
	char *path = xasprintf("%s/" FOLDER "XXXXXX", parent);

	remove_stale(parent);
	if (mkdtemp(path) == NULL) {
		(void)snprintf(why, size, "%s: %s", parent, strerror(errno));
		free(path);
		return RL_ERR_SYSTEM;
	}
	out->path = path;
	out->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out->dir != -1 && mkdirat(out->dir, "agents", 0700) == 0 &&
	    mkdirat(out->dir, "providers", 0700) == 0)
		return 0;
	(void)snprintf(why, size, "%s: %s", path, strerror(errno));
	return RL_ERR_SYSTEM;
}

void
fetched_remove(struct fetched *f)
{
	fd_close(f->dir);
	if (f->path != NULL)
		remove_folder(AT_FDCWD, f->path);
	free(f->path);
	f->dir = -1;
	f->path = NULL;
}

/* The folder's URL or path: that of the channel, without a slash behind it. */
static char *
base_of(const struct fetch *f, enum registry_where where)
{
	const char *url = where == REGISTRY_FILE ? f->url + 7 : f->url;
	size_t n = strlen(url);

	while (n > 0 && url[n - 1] == '/')
		n--;
	return xasprintf("%.*s%s%s", (int)n, url,
	    *f->channel != '\0' ? "/" : "", f->channel);
}

static int
begin(struct work *w, char *why, size_t size)
{
	if (w->where == REGISTRY_NOWHERE || strlen(w->f->url) > PATH_MAX) {
		(void)snprintf(why, size, "RegistryURL is none");
		return RL_ERR_INVALID;
	}
	if (w->where == REGISTRY_FILE || w->where == REGISTRY_FOLDER) {
		w->source = open(w->base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (w->source != -1)
			return 0;
		(void)snprintf(why, size, "%s: %s", w->base, strerror(errno));
		return RL_ERR_NOTFOUND;
	}
	if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK &&
	    (w->curl = curl_easy_init()) != NULL && set_up(w))
		return 0;
	(void)snprintf(
	    why, size, "libcurl lacks what is needed for %s", w->base);
	return RL_ERR_UNAVAILABLE;
}

int
fetch_registry(
    const struct fetch *f, struct fetched *out, char *why, size_t size)
{
	struct work w = { .f = f,
		.where = registry_url_where(f->url),
		.source = -1,
		.began = loop_now() };
	int r;

	out->dir = -1;
	out->path = NULL;
	w.deadline = w.began + f->timeout_ms;
	w.base = base_of(f, w.where);
	if ((r = begin(&w, why, size)) == 0 &&
	    (r = make_folder(f->parent, out, why, size)) == 0) {
		w.dir = out->dir;
		r = get_all(&w, why, size);
	}
	tell_end(&w);
	if (w.curl != NULL)
		curl_easy_cleanup(w.curl);
	fd_close(w.source);
	free(w.base);
	return r;
}
