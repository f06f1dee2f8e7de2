/*
 * Whom a browser thinks it is talking to.  Called for every request, before
 * anything else is looked at.
 *
 * A page of any web site can make the user's browser send requests to
 * 127.0.0.1, and by DNS rebinding even as its own origin.  Such a request
 * carries the site's name in Host or Origin, and these two a page cannot set.
 * So Host must be a name that can only mean this machine, or a numeric address
 * that the settings name, which no site can claim; and Origin, where there is
 * one, must be the page that this server gave out.  Any port is good, because
 * a tunnel may listen on any.
 */
#include "config.h"

#include <string.h>
#include <strings.h>

#include "ringletd.h"

static const struct {
	const char *name;
	size_t len;
} local_names[] = {
	{ "127.0.0.1", 9 },
	{ "localhost", 9 },
	{ "[::1]", 5 },
};

/* ":" and 1 to 65535 without leading zeros, or nothing. */
static bool
is_port(const char *p, size_t len)
{
	unsigned long port = 0;
	size_t i;

	if (len == 0)
		return true;
	if (p[0] != ':' || len < 2 || len > 6 || p[1] == '0')
		return false;
	for (i = 1; i < len; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		port = port * 10 + (unsigned long)(p[i] - '0');
	}
	return port <= 65535;
}

bool
host_is_local(const struct span *host)
{
	size_t i, n;

	for (i = 0; i < NELEM(local_names); i++) {
		n = local_names[i].len;
		if (host->len >= n &&
		    strncasecmp(host->p, local_names[i].name, n) == 0)
			return is_port(host->p + n, host->len - n);
	}
	return false;
}

/* address is one of ours, HOST:PORT with a numeric host; any port will do. */
bool
host_is_address(const struct span *host, const char *address)
{
	const char *colon = strrchr(address, ':');
	size_t n;

	/* A wildcard is no name by which anybody reaches us. */
	if (colon == NULL || strncmp(address, "0.0.0.0:", 8) == 0 ||
	    strncmp(address, "[::]:", 5) == 0)
		return false;
	n = (size_t)(colon - address);
	return host->len >= n && strncasecmp(host->p, address, n) == 0 &&
	       is_port(host->p + n, host->len - n);
}

bool
origin_is_host(const struct span *origin, const struct span *host)
{
	static const char scheme[] = "http://";
	const size_t n = sizeof(scheme) - 1;

	return origin->len == n + host->len &&
	       strncasecmp(origin->p, scheme, n) == 0 &&
	       strncasecmp(origin->p + n, host->p, host->len) == 0;
}
