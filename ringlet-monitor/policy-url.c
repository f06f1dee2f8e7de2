/*
 * Addresses as a policy sees them.  They are compared part by part, never as
 * text, and each part in one form: a name in lower case without the dot at its
 * end, a number as inet_ntop(3) writes it however it was written, a port as a
 * number.  An address that two readers could take apart differently (somebody's
 * name before the host, a backslash, a byte that is escaped in the host or a
 * dot that is in the path) is none.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "err.h"
#include "policy-int.h"

#define DIGITS	"0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define NAME	LETTERS DIGITS "-._"

static long
own_port(const char *scheme)
{
	if (strcmp(scheme, "https") == 0)
		return 443;
	return strcmp(scheme, "http") == 0 ? 80 : 0;
}

/* Copies n bytes in lower case.  False: they do not fit, or one is no text. */
static bool
copy_lower(char *dst, size_t size, const char *s, size_t n)
{
	if (n >= size)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c <= ' ' || c >= 0x7f)
			return false;
		dst[i] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
	}
	dst[n] = '\0';
	return true;
}

/* One form for each number: 127.1 and 0x7f000001 are 127.0.0.1. */
static bool
clean_host(char *host, size_t size)
{
	struct in6_addr in6;
	struct in_addr in;
	size_t n = strlen(host);

	if (host[0] == '[') {
		if (host[n - 1] != ']')
			return false;
		host[n - 1] = '\0';
		if (inet_pton(AF_INET6, host + 1, &in6) != 1)
			return false;
		if (IN6_IS_ADDR_V4MAPPED(&in6))
			return inet_ntop(AF_INET, in6.s6_addr + 12, host,
				   (socklen_t)size) != NULL;
		return inet_ntop(AF_INET6, &in6, host, (socklen_t)size) != NULL;
	}
	if (n > 1 && host[n - 1] == '.')
		host[--n] = '\0';
	if (n == 0 || strspn(host, NAME) != n || host[0] == '.' ||
	    strstr(host, "..") != NULL || host[n - 1] == '.')
		return false;
	if (inet_aton(host, &in) != 0)
		return inet_ntop(AF_INET, &in, host, (socklen_t)size) != NULL;
	return true;
}

/*
 * A path that can be written in one way only: nothing in it is escaped, empty
 * or leads up again.  That of a file may have what is no ASCII.
 */
static bool
clean_path(const char *path, bool file)
{
	for (const char *s = path; *s != '\0'; s++) {
		if (*s == '\\' || *s == '%' || *s == '?' || *s == '#' ||
		    (unsigned char)*s < ' ' || *s == 0x7f)
			return false;
		if (!file && (*s == ' ' || (unsigned char)*s > 0x7f))
			return false;
		if (*s != '/')
			continue;
		if (s[1] == '/')
			return false;
		if (s[1] == '.' &&
		    (strcspn(s + 1, "/") == 1 ||
			(s[2] == '.' && strcspn(s + 1, "/") == 2)))
			return false;
	}
	return true;
}

/* ":PORT" or nothing; a pattern may have ":*". */
static bool
take_port(const char *s, const char *end, bool pattern, long *port)
{
	size_t n = (size_t)(end - s);

	*port = 0;
	if (n == 0)
		return true;
	if (*s != ':')
		return false;
	s++;
	n--;
	if (pattern && n == 1 && *s == '*') {
		*port = -1;
		return true;
	}
	if (n == 0 || n > 5 || strspn(s, DIGITS) < n)
		return false;
	*port = strtol(s, NULL, 10);
	return *port > 0 && *port <= 65535;
}

static bool
take_authority(
    const char *s, const char *end, bool pattern, struct policy_url *u)
{
	const char *colon = end;
	size_t n;

	for (const char *c = s; c < end; c++)
		if (*c == '@' || *c == '\\' || *c == '%')
			return false;
	if (*s == '[') {
		while (colon > s && colon[-1] != ']')
			colon--;
	} else if ((colon = memchr(s, ':', (size_t)(end - s))) == NULL)
		colon = end;
	if (!take_port(colon, end, pattern, &u->port))
		return false;
	n = (size_t)(colon - s);
	if (pattern && n > 0 && *s == '*') {
		u->wild = true;
		if (n == 1)
			return true;
		if (s[1] != '.')
			return false;
		s += 2;
		n -= 2;
	}
	return n > 0 && copy_lower(u->host, sizeof(u->host), s, n) &&
	       clean_host(u->host, sizeof(u->host));
}

static int
parse(const char *text, bool pattern, struct policy_url *u)
{
	const char *s = strstr(text, "://"), *end;
	size_t len;
	bool file;

	memset(u, 0, sizeof(*u));
	if (s != NULL && memchr(text, '/', (size_t)(s - text)) == NULL) {
		if (!copy_lower(u->scheme, sizeof(u->scheme), text,
			(size_t)(s - text)) ||
		    u->scheme[0] == '\0' ||
		    u->scheme[strspn(u->scheme, LETTERS DIGITS "+-.")] != '\0')
			return RL_ERR_INVALID;
		s += 3;
	} else if (text[0] == '/') {
		/* A folder's name is the address of a file. */
		(void)strlcpy(u->scheme, "file", sizeof(u->scheme));
		s = text;
	} else if (pattern)
		s = text;
	else
		return RL_ERR_INVALID;
	end = s + strcspn(s, "/?#");
	if (*end == '?' || *end == '#')
		return RL_ERR_INVALID;
	len = strlen(end);
	file = strcmp(u->scheme, "file") == 0;
	if (len >= sizeof(u->path) || !clean_path(end, file))
		return RL_ERR_INVALID;
	memcpy(u->path, end, len + 1);
	if (file)
		return end == s && u->path[0] == '/' ? 0 : RL_ERR_INVALID;
	return take_authority(s, end, pattern, u) ? 0 : RL_ERR_INVALID;
}

int
policy_url_parse(const char *url, struct policy_url *u)
{
	return parse(url, false, u);
}

int
policy_pattern_parse(const char *pattern, struct policy_url *u)
{
	return parse(pattern, true, u);
}

static bool
is_loopback(const char *host)
{
	size_t n = strlen(host);

	return strcmp(host, "::1") == 0 || strcmp(host, "localhost") == 0 ||
	       (n > 10 && strcmp(host + n - 10, ".localhost") == 0) ||
	       (strncmp(host, "127.", 4) == 0 && strspn(host, DIGITS ".") == n);
}

static bool
match_host(const struct policy_url *pattern, const char *host)
{
	size_t n = strlen(pattern->host), len = strlen(host);

	if (!pattern->wild)
		return strcmp(pattern->host, host) == 0 ||
		       (strcmp(pattern->host, "loopback") == 0 &&
			   is_loopback(host));
	return n == 0 || (len > n + 1 && host[len - n - 1] == '.' &&
			     strcmp(host + len - n, pattern->host) == 0);
}

/* The path itself, and what is below it. */
static bool
match_path(const char *pattern, const char *path)
{
	size_t n = strlen(pattern);

	while (n > 0 && pattern[n - 1] == '/')
		n--;
	return strncmp(pattern, path, n) == 0 &&
	       (path[n] == '\0' || path[n] == '/');
}

bool
policy_url_match(
    const struct policy_url *pattern, const struct policy_url *url, bool denies)
{
	long port = url->port > 0 ? url->port : own_port(url->scheme);
	long wanted = pattern->port;

	if (strcmp(url->scheme, "file") == 0)
		return strcmp(pattern->scheme, "file") == 0 &&
		       match_path(pattern->path, url->path);
	if (pattern->scheme[0] != '\0' &&
	    strcmp(pattern->scheme, url->scheme) != 0)
		return false;
	if (wanted == 0)
		wanted = denies ? -1 : own_port(url->scheme);
	return (wanted == -1 || wanted == port) &&
	       match_host(pattern, url->host) &&
	       match_path(pattern->path, url->path);
}
