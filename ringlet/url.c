/*
 * The URLs that `ringlet dashboard` makes: pure functions over text.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ringlet.h"
#include "xmalloc.h"

/* Whether s, up to its end or one slash, is nothing or ":PORT". */
static bool
is_port(const char *s)
{
	char digits[6];
	const char *bad;
	size_t n;

	if (*s == ':') {
		n = strspn(++s, "0123456789");
		if (n == 0 || n >= sizeof(digits))
			return false;
		memcpy(digits, s, n);
		digits[n] = '\0';
		(void)strtonum(digits, 1, 65535, &bad);
		if (bad != NULL)
			return false;
		s += n;
	}
	return *s == '\0' || strcmp(s, "/") == 0;
}

char *
url_base(const char *url)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost",
		"[::1]" };
	static const char scheme[] = "http://";
	size_t len = strlen(url);
	const char *host;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return NULL;
	host = url + sizeof(scheme) - 1;
	for (size_t i = 0; i < NELEM(hosts); i++) {
		if (strncmp(host, hosts[i], strlen(hosts[i])) != 0 ||
		    !is_port(host + strlen(hosts[i])))
			continue;
		return xstrndup(url, url[len - 1] == '/' ? len - 1 : len);
	}
	return NULL;
}

static char *
url_of_listener(const char *address)
{
	const char *colon = strrchr(address, ':');

	if (address[0] == '/' || colon == NULL)
		return NULL;
	/* Every address of the machine, the one that stays in it included. */
	if (strncmp(address, "0.0.0.0:", 8) == 0)
		return xasprintf("http://127.0.0.1%s", colon);
	if (strncmp(address, "[::]:", 5) == 0)
		return xasprintf("http://[::1]%s", colon);
	return xasprintf("http://%s", address);
}

char *
url_of_listeners(const struct msg_strs *addresses)
{
	char *first = NULL, *url, *base;

	for (size_t i = 0; i < addresses->n; i++) {
		if ((url = url_of_listener(addresses->v[i])) == NULL)
			continue;
		/* What stays in the machine nobody reads on its way. */
		if ((base = url_base(url)) != NULL) {
			free(url);
			free(first);
			return base;
		}
		if (first == NULL)
			first = url;
		else
			free(url);
	}
	return first;
}

char *
url_of_file(const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~/";
	static const char hex[] = "0123456789ABCDEF";
	static const char scheme[] = "file://";
	size_t size = sizeof(scheme) + 3 * strlen(path);
	char *url = xmalloc(size), *to;

	to = url + strlcpy(url, scheme, size);
	for (; *path != '\0'; path++) {
		unsigned char c = (unsigned char)*path;

		if (strchr(plain, c) != NULL) {
			*to++ = (char)c;
			continue;
		}
		*to++ = '%';
		*to++ = hex[c >> 4];
		*to++ = hex[c & 15];
	}
	*to = '\0';
	return url;
}
