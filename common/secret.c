/*
 * Secrets in libsodium's guarded memory.
 */

#include "config.h"

#include <sys/resource.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "log.h"
#include "platform.h"
#include "secret.h"
#include "xmalloc.h"

struct secret {
	size_t len;
	char *p; /* len bytes and a NUL, from sodium_malloc() */
};

void
secret_init(void)
{
	const struct rlimit none = { 0, 0 };

	if (sodium_init() == -1)
		fatal("libsodium could not start");
	if (setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("setrlimit(RLIMIT_CORE): cannot switch core dumps off");
	if (platform_hide_process() != 0)
		fatal("cannot make the process non-dumpable");
}

struct secret *
secret_new(const void *p, size_t len)
{
	struct secret *s = xcalloc(1, sizeof(*s));

	if ((s->p = sodium_malloc(len + 1)) == NULL)
		fatal("out of guarded memory (%zu bytes)", len);
	if (len > 0)
		memcpy(s->p, p, len);
	s->p[len] = '\0';
	s->len = len;
	return s;
}

struct secret *
secret_dup(const struct secret *s)
{
	return secret_new(s->p, s->len);
}

void
secret_free(struct secret *s)
{
	if (s == NULL)
		return;
	sodium_free(s->p); /* wipes */
	sodium_memzero(s, sizeof(*s));
	free(s);
}

const char *
secret_ptr(const struct secret *s)
{
	return s->p;
}

size_t
secret_len(const struct secret *s)
{
	return s->len;
}

bool
secret_equal(const struct secret *s, const void *p, size_t len)
{
	return s->len == len && sodium_memcmp(s->p, p, len) == 0;
}

void
secret_wipe(void *p, size_t len)
{
	sodium_memzero(p, len);
}
