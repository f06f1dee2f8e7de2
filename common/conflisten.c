/*
 * The addresses of ListenAddress.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "confkey.h"
#include "valid.h"
#include "xmalloc.h"

/* Splits "host:port" or "[host]:port"; false if it is neither. */
static bool
split_address(const char *s, char *host, size_t size, int *port)
{
	const char *end, *errstr;
	size_t n;

	if (*s == '[') {
		s++;
		if ((end = strchr(s, ']')) == NULL || end[1] != ':')
			return false;
		n = (size_t)(end - s);
		end++;
	} else {
		if ((end = strchr(s, ':')) == NULL ||
		    strchr(end + 1, ':') != NULL)
			return false;
		n = (size_t)(end - s);
	}
	if (n == 0 || n >= size)
		return false;
	memcpy(host, s, n);
	host[n] = '\0';
	end++; /* past the colon */
	if (end[0] == '\0' || strspn(end, "0123456789") != strlen(end))
		return false;
	*port = (int)strtonum(end, 0, 65535, &errstr);
	return errstr == NULL;
}

/* Nobody means them in a name, and a file could not say them again. */
static bool
has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

char *
conf_listen_clean(const char *value, bool *local)
{
	char host[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN];
	struct sockaddr_un sun;
	struct in6_addr in6;
	struct in_addr in;
	int port;

	if (value[0] == '/') {
		*local = true;
		if (!valid_abs_path(value) || has_control(value) ||
		    strlen(value) >= sizeof(sun.sun_path))
			return NULL;
		return xstrdup(value);
	}
	if (!split_address(value, host, sizeof(host), &port))
		return NULL;
	if (value[0] == '[') {
		if (inet_pton(AF_INET6, host, &in6) != 1 ||
		    inet_ntop(AF_INET6, &in6, text, sizeof(text)) == NULL)
			return NULL;
		*local = IN6_IS_ADDR_LOOPBACK(&in6);
		return xasprintf("[%s]:%d", text, port);
	}
	if (strcasecmp(host, "localhost") == 0)
		(void)strlcpy(host, "127.0.0.1", sizeof(host));
	if (inet_pton(AF_INET, host, &in) != 1 ||
	    inet_ntop(AF_INET, &in, text, sizeof(text)) == NULL)
		return NULL;
	*local = (ntohl(in.s_addr) >> 24) == 127;
	return xasprintf("%s:%d", text, port);
}
