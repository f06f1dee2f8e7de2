/*
 * Fuzzes what comes from a registry's server.  The first byte chooses: 'I',
 * registry.json, which must be the same once it was written again; 'S', a
 * signature, which nobody here can have made; 'K', a public key; 'U', a place;
 * 'L', our own registry.lock.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "registry-store.h"
#include "secret.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool cond)
{
	if (!cond)
		abort();
}

static void
fuzz_index(const char *p, size_t len)
{
	struct registry_index x, again;
	char why[512] = "", *text;

	if (registry_index_parse(p, len, &x, why, sizeof(why)) != 0) {
		require(why[0] != '\0');
		registry_index_free(&x);
		return;
	}
	require(x.nfiles > 0 && x.nfiles <= REGISTRY_FILES_MAX);
	for (size_t i = 0; i < x.nfiles; i++)
		require(registry_path_ok(x.files[i].path) &&
			strstr(x.files[i].path, "..") != x.files[i].path &&
			x.files[i].size <= REGISTRY_FILE_MAX);
	text = registry_index_format(&x);
	require(text != NULL && registry_index_parse(text, strlen(text), &again,
				    why, sizeof(why)) == 0);
	require(again.nfiles == x.nfiles && again.serial == x.serial &&
		strcmp(again.version, x.version) == 0 &&
		memcmp(again.files, x.files, x.nfiles * sizeof(*x.files)) == 0);
	registry_index_free(&again);
	registry_index_free(&x);
	free(text);
}

static void
fuzz_signature(const char *p, size_t len)
{
	static const struct minisign_key key = { { 1 }, { 2 } };
	struct minisign_sig *s = malloc(sizeof(*s));
	struct minisign_key same = key;
	char why[512] = "";
	size_t which;

	if (s == NULL)
		abort();
	if (minisign_sig_parse(p, len, s, why, sizeof(why)) != 0)
		require(why[0] != '\0');
	else {
		memcpy(same.id, s->id, sizeof(same.id));
		require(minisign_verify(&same, 1, s, p, len, &which, why,
			    sizeof(why)) != 0);
	}
	free(s);
}

static void
fuzz_lock(const char *p, size_t len)
{
	struct registry_lock l, again;
	char why[512] = "", *text;

	if (registry_lock_parse(p, len, &l, why, sizeof(why)) == 0) {
		text = registry_lock_format(&l);
		require(text != NULL && registry_lock_parse(text, strlen(text),
					    &again, why, sizeof(why)) == 0);
		require(again.nversions == l.nversions);
		registry_lock_free(&again);
		free(text);
	} else
		require(why[0] != '\0');
	registry_lock_free(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static bool ready;
	struct minisign_key key;
	char *text;

	if (len == 0)
		return 0;
	if (!ready)
		secret_init();
	ready = true;
	/* A block of its own, so that ASan sees a byte too many. */
	if ((text = malloc(len)) == NULL)
		abort();
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	switch (data[0]) {
	case 'I':
		fuzz_index(text, len - 1);
		break;
	case 'S':
		fuzz_signature(text, len - 1);
		break;
	case 'K':
		(void)minisign_key_parse(text, &key);
		break;
	case 'U':
		if (registry_url_where(text) == REGISTRY_HTTP)
			require(strstr(text, "127.0.0.1") != NULL ||
				strstr(text, "localhost") != NULL ||
				strstr(text, "[::1]") != NULL);
		break;
	case 'L':
		fuzz_lock(text, len - 1);
		break;
	}
	free(text);
	return 0;
}
