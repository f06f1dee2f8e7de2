/*
 * What is said to ssh: pure functions over text.
 *
 * sshd gives one string to the user's login shell, which may be any.  So that
 * string has nothing that two of them read differently: words in single
 * quotes, in which there is no quote, newline or exclamation mark, and no
 * backslash but before a 0.  sh(1), which is in the same place everywhere,
 * makes the arguments of them again.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "ssh.h"
#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

#define HOST_MAX 1024
/* Linux takes no argument of 128 KiB, and the shell adds some of its own. */
#define COMMAND_MAX (120 * 1024)
#define CODE_MAX    128

/*
 * ssh's configuration may put either name into a command for a shell
 * (ProxyCommand, LocalCommand, Match exec).  Newer ones refuse the same.
 */
#define NO_USER "'`\";&<>|(){}"
#define NO_HOST NO_USER "$\\"

bool
ssh_host_ok(const char *host)
{
	static const char scheme[] = "ssh://";
	const char *at;
	size_t len = strlen(host);

	if (len == 0 || len > HOST_MAX || *host == '-' || !valid_line(host) ||
	    strpbrk(host, " \t") != NULL)
		return false;
	if (strncasecmp(host, scheme, sizeof(scheme) - 1) == 0)
		host += sizeof(scheme) - 1;
	at = strrchr(host, '@');
	if (*host == '-' || at == host)
		return false;
	if (at != NULL && strcspn(host, NO_USER) < (size_t)(at - host))
		return false;
	/* ssh takes what follows the user for the host, and might for more. */
	host = at != NULL ? at + 1 : host;
	return *host != '-' && *host != '\0' &&
	       strpbrk(host, NO_HOST) == NULL;
}

/*
 * $1 is what to say where there is no ringlet; each further word is decoded,
 * put behind the others, and its coded form dropped.  The x keeps newlines at
 * an end, which $() takes away.
 */
#define DECODE                                                                 \
	"for a do a=$(printf \"%bx\" \"$a\"); set -- \"$@\" \"${a%x}\"; "      \
	"shift; done; m=$1; shift; "                                           \
	"if command -v ringlet >/dev/null 2>&1; then r=ringlet; "              \
	"else r=$HOME/.local/bin/ringlet; "                                    \
	"if test -x \"$r\"; then :; else "
#define RUN "exit 3; fi; fi; exec \"$r\" " OVER_SSH " \"$@\""

static const char find_text[] = DECODE "printf \"%s\\n\" \"$m\" >&2; " RUN;
static const char find_json[] = DECODE "printf \"%s\\n\" \"$m\"; " RUN;

/* As printf's %b reads it, in single quotes. */
static int
put_word(struct buf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._/:=,@+";
	int r = buf_puts(b, " '");

	for (; r == 0 && *s != '\0'; s++)
		r = strchr(plain, *s) != NULL
			? buf_put(b, s, 1)
			: buf_putf(b, "\\0%03o", (unsigned)(unsigned char)*s);
	return r == 0 ? buf_puts(b, "'") : r;
}

char *
ssh_command(const char *const *args, size_t n, const char *missing, bool json)
{
	struct buf *b = buf_new(COMMAND_MAX);
	char *command = NULL;
	int r;

	r = buf_putf(
	    b, "exec /bin/sh -c '%s' ringlet", json ? find_json : find_text);
	if (r == 0)
		r = put_word(b, missing);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = put_word(b, args[i]);
	if (r == 0)
		command = xstrndup((const char *)buf_ptr(b), buf_len(b));
	buf_free(b);
	return command;
}

/* --- where a daemon listens --- */

/* ssh takes a colon for the end, and reads percent signs and ${}. */
static char *
forward_to_socket(unsigned port, const char *path)
{
	struct buf *b = buf_new(2 * HOST_MAX);
	char *spec = NULL;
	int r;

	if (!valid_abs_path(path) || !valid_line(path) ||
	    strpbrk(path, "$") != NULL) {
		buf_free(b);
		return NULL;
	}
	r = buf_putf(b, "127.0.0.1:%u:", port);
	for (; r == 0 && *path != '\0'; path++) {
		if (*path == ':' || *path == '\\')
			r = buf_puts(b, "\\");
		else if (*path == '%')
			r = buf_puts(b, "%");
		if (r == 0)
			r = buf_put(b, path, 1);
	}
	if (r == 0)
		spec = xstrndup((const char *)buf_ptr(b), buf_len(b));
	buf_free(b);
	return spec;
}

char *
ssh_forward(unsigned port, const char *listener)
{
	const char *colon, *bad, *host = listener;
	size_t len;

	if (*listener == '/')
		return forward_to_socket(port, listener);
	if ((colon = strrchr(listener, ':')) == NULL)
		return NULL;
	(void)strtonum(colon + 1, 1, 65535, &bad);
	len = (size_t)(colon - listener);
	if (bad != NULL || len == 0 ||
	    strspn(listener, "0123456789abcdefABCDEF.:[]") < len)
		return NULL;
	/* Every address: the one that stays in that machine among them. */
	if (strncmp(listener, "0.0.0.0:", 8) == 0)
		host = "127.0.0.1", len = 9;
	else if (strncmp(listener, "[::]:", 5) == 0)
		host = "[::1]", len = 5;
	return xasprintf("127.0.0.1:%u:%.*s%s", port, (int)len, host, colon);
}

/* The smaller, the better. */
static unsigned
rank(const char *listener)
{
	static const char *const local[] = { "127.",
		"[::1]:", "0.0.0.0:", "[::]:" };

	if (*listener == '/')
		return 0;
	for (size_t i = 0; i < NELEM(local); i++)
		if (strncmp(listener, local[i], strlen(local[i])) == 0)
			return 1;
	return 2;
}

const char *
ssh_listener(const char *const *listeners, size_t n)
{
	const char *best = NULL;
	char *spec;

	for (size_t i = 0; i < n; i++) {
		if ((spec = ssh_forward(1, listeners[i])) == NULL)
			continue;
		free(spec);
		if (best == NULL || rank(listeners[i]) < rank(best))
			best = listeners[i];
	}
	return best;
}

bool
ssh_url_ok(const char *url, const char *base)
{
	static const char mark[] = "/#code=";
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t len = strlen(base);

	if (strncmp(url, base, len) != 0 ||
	    strncmp(url + len, mark, sizeof(mark) - 1) != 0)
		return false;
	url += len + sizeof(mark) - 1;
	len = strlen(url);
	return len > 0 && len <= CODE_MAX && strspn(url, plain) == len;
}
