/*
 * The dashboard's files: static, the same for everybody, and without data, so
 * they need no token.  They are embedded in compressed form and sent as they
 * are; a name under /assets/ has a hash of its contents in it and may be kept
 * for ever, while the page that names them is asked for each time.
 *
 * Whoever asks is a stranger.  What is looked at of the request is the name,
 * which finds a row or none, and two fields that choose between replies.
 */
#include "config.h"

#include <string.h>

#include "assets.h"
#include "err.h"
#include "ringletd.h"

/*
 * The page's scripts and styles are its own files; it asks this daemon alone;
 * it is in no frame; and text never becomes HTML or a script (Trusted Types).
 */
#define CSP_DASHBOARD                                                          \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "    \
	"manifest-src 'self'; base-uri 'none'; form-action 'none'; "           \
	"require-trusted-types-for 'script'; trusted-types 'none'; "           \
	"frame-ancestors 'none'"
#define CSP_PLAIN                                                              \
	"default-src 'none'; base-uri 'none'; form-action 'none'; "            \
	"frame-ancestors 'none'"

#define CACHE_PAGE  "no-cache"
#define CACHE_ASSET "public, max-age=31536000, immutable"

static const char plain_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head><meta charset=\"utf-8\"><title>Ringlet</title></head>\n"
    "<body>\n"
    "<h1>Ringlet</h1>\n"
    "<p>Ringlet's daemon is running and this is its HTTP port. It was\n"
    "built without the dashboard: configure with node and npm installed,\n"
    "or see the package of your system.</p>\n"
    "<ul>\n"
    "<li>On this machine, use the command line:\n"
    "<code>ringlet profiles list</code>,\n"
    "<code>ringlet terminal list</code>,\n"
    "<code>ringlet terminal attach ID</code>.</li>\n"
    "<li>Programs use <code>/api/</code> and <code>/ws/</code> with\n"
    "the field <code>Authorization: Bearer TOKEN</code>. The file\n"
    "that holds the token is <code>~/.config/ringlet/http_token\n"
    "</code>; never put the token into a web address.</li>\n"
    "<li>From another machine, forward this port:\n"
    "<code>ssh -L 8765:127.0.0.1:8765 HOST</code>.</li>\n"
    "</ul>\n"
    "<p>See ringletd(8) and ringlet(1).</p>\n"
    "</body>\n"
    "</html>\n";

static const struct asset *
find(const char *name)
{
	for (size_t i = 0; i < nassets; i++)
		if (strcmp(assets[i].name, name) == 0)
			return &assets[i];
	return NULL;
}

/* Whether one of a coding's parameters is a weight of 0 (RFC 9110 12.4.2). */
static bool
is_unwanted(struct span params)
{
	struct span param;

	while (span_next(&params, ';', &param)) {
		if (param.len < 3 || (param.p[0] != 'q' && param.p[0] != 'Q') ||
		    param.p[1] != '=' || param.p[2] != '0')
			continue;
		for (size_t i = 3; i < param.len; i++)
			if (param.p[i] != '.' && param.p[i] != '0')
				return false;
		return true;
	}
	return false;
}

bool
asset_takes_gzip(const struct span *accept)
{
	struct span rest = *accept, part, coding;
	bool any = false, gzip = false, wanted;

	/* Without the field every coding will do (RFC 9110 12.5.3). */
	if (accept->p == NULL)
		return true;
	while (span_next(&rest, ',', &part)) {
		if (!span_next(&part, ';', &coding))
			continue;
		wanted = !is_unwanted(part);
		if (span_is_nocase(&coding, "gzip") ||
		    span_is_nocase(&coding, "x-gzip")) {
			if (!wanted)
				return false;
			gzip = true;
		} else if (span_is(&coding, "*"))
			any = wanted;
	}
	return gzip || any;
}

/* Whether a client says that it has what that tag is for. */
static bool
has_tag(const struct span *tags, const char *etag)
{
	return span_is(tags, "*") ||
	       (tags->p != NULL &&
		   memmem(tags->p, tags->len, etag, strlen(etag)) != NULL);
}

static void
send_asset(struct request *r, const struct asset *a, const char *cache)
{
	if (!asset_takes_gzip(&r->accept_encoding)) {
		reply_error(r, 406, RL_ERR_INVALID,
		    "this is sent with Content-Encoding: gzip alone");
		return;
	}
	reply_asset(
	    r, a, cache, CSP_DASHBOARD, has_tag(&r->if_none_match, a->etag));
}

void
api_page(struct request *r)
{
	const struct asset *page = find("");

	if (page != NULL)
		send_asset(r, page, CACHE_PAGE);
	else
		reply_page(r, "text/html; charset=utf-8", CSP_PLAIN, plain_page,
		    sizeof(plain_page) - 1);
}

void
api_asset(struct request *r)
{
	const char *name = r->params[0];
	const struct asset *a = find(name);

	if (a == NULL || *name == '\0')
		reply_error(r, 404, RL_ERR_NOTFOUND, "there is no such file");
	else
		send_asset(r, a, CACHE_ASSET);
}
