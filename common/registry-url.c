/*
 * Where a registry may lie.  A setting says it, and over the network nothing
 * but TLS will do: http:// is for a server on this very machine.
 */

#include "config.h"

#include <string.h>

#include "registry.h"
#include "valid.h"

/* What may stand in a URL that we fetch: printable ASCII, and no tricks. */
static bool
is_plain(const char *s)
{
	if (strstr(s, "/../") != NULL || strstr(s, "/./") != NULL)
		return false;
	for (; *s != '\0'; s++)
		if (*s <= ' ' || *s > '~' || strchr("\"\\<>^`{|}@?#", *s))
			return false;
	return true;
}

/* HOST or HOST:PORT, the host one of the letters that names have. */
static bool
is_authority(const char *s, size_t len)
{
	size_t host, port;

	if (len > 0 && s[0] == '[') {
		const char *end = memchr(s, ']', len);

		if (end == NULL || end - s < 3)
			return false;
		host = (size_t)(end + 1 - s);
		for (size_t i = 1; i < host - 1; i++)
			if (strchr("0123456789abcdefABCDEF:.", s[i]) == NULL)
				return false;
	} else {
		for (host = 0; host < len && s[host] != ':'; host++)
			if (strchr("abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-",
				s[host]) == NULL)
				return false;
		if (host == 0)
			return false;
	}
	if (host == len)
		return true;
	port = len - host - 1;
	if (s[host] != ':' || port == 0 || port > 5)
		return false;
	for (size_t i = host + 1; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

static bool
is_local(const char *s, size_t len)
{
	static const char *const names[] = { "127.0.0.1", "localhost",
		"[::1]" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);

		if (len >= n && strncmp(s, names[i], n) == 0 &&
		    (len == n || s[n] == ':'))
			return true;
	}
	return false;
}

enum registry_where
registry_url_where(const char *url)
{
	const char *s;
	size_t n;

	if (!is_plain(url))
		return REGISTRY_NOWHERE;
	if (url[0] == '/')
		return valid_abs_path(url) && strchr(url, '%') == NULL
			   ? REGISTRY_FOLDER
			   : REGISTRY_NOWHERE;
	if (strncmp(url, "file:///", 8) == 0)
		return valid_abs_path(url + 7) && strchr(url, '%') == NULL
			   ? REGISTRY_FILE
			   : REGISTRY_NOWHERE;
	if (strncmp(url, "https://", 8) == 0) {
		s = url + 8;
		n = strcspn(s, "/");
		return is_authority(s, n) ? REGISTRY_HTTPS : REGISTRY_NOWHERE;
	}
	if (strncmp(url, "http://", 7) == 0) {
		s = url + 7;
		n = strcspn(s, "/");
		return is_authority(s, n) && is_local(s, n) ? REGISTRY_HTTP
							    : REGISTRY_NOWHERE;
	}
	return REGISTRY_NOWHERE;
}
