/*
 * Fuzzes what people can write and the monitor reads.  The first byte chooses:
 * 'P', the file of a profile called "x"; 'U', an endpoint's address; 'T', a
 * template; 'H', a settings file with hooks.  A profile that is taken must be
 * written and read again as the same text, and so must hooks; an address that
 * is taken must hold nothing that means something in an argument, and must be
 * encrypted or stay on this machine; a template must bring nothing when it
 * fails.
 */
#include "config.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "hook.h"
#include "manifest.h"
#include "profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool cond)
{
	if (!cond)
		abort();
}

static void
fuzz_profile(const char *text, size_t len)
{
	struct profile *p, *again;
	char why[1024] = "", *out, *second;
	int r;

	r = profile_parse(text, len, "x", &p, why, sizeof(why));
	require((r == RL_OK) == (p != NULL));
	if (r != RL_OK) {
		require(r == RL_ERR_INVALID && why[0] != '\0');
		return;
	}
	require(profile_check_form(p, why, sizeof(why)) == RL_OK);
	out = profile_format(p);
	r = profile_parse(out, strlen(out), "x", &again, why, sizeof(why));
	require(r == RL_OK);
	second = profile_format(again);
	require(strcmp(out, second) == 0);
	free(out);
	free(second);
	profile_free(p);
	profile_free(again);
}

static void
fuzz_url(const char *url)
{
	char why[256] = "";

	if (!manifest_url_ok(url, why, sizeof(why))) {
		require(why[0] != '\0');
		return;
	}
	require(strncmp(url, "https://", 8) == 0 ||
		strncmp(url, "http://127.", 11) == 0 ||
		strncmp(url, "http://localhost", 16) == 0 ||
		strncmp(url, "http://[::1]", 12) == 0);
	for (; *url != '\0'; url++)
		require(*url > 0x20 && *url < 0x7f &&
			strchr("\"'\\$@#?{}<>`", *url) == NULL);
}

static void
fuzz_template(const char *text)
{
	const struct manifest_vars vars = {
		.alias = "alias",
		.home = "${home}",
		.endpoint = "https://a",
		.model = "",
	};
	struct buf *b = buf_new(64);
	int r;

	r = manifest_expand(text, &vars, b);
	require(r == 1 || r == 0 || r == RL_ERR_INVALID || r == RL_ERR_TOOBIG);
	require(r == 1 || buf_len(b) == 0);
	buf_free(b);
}

/* What is read is what hooks may be, and is the same when written again. */
static void
fuzz_hooks(const char *text, size_t len)
{
	char why[512] = "", hash[2][HOOK_HASH_LEN + 1];
	struct msg_hook_text *v, *again;
	size_t n, nagain;
	json_t *hooks;

	if (hook_texts_parse(text, len, &v, &n, why, sizeof(why)) != 0) {
		require(why[0] != '\0' && v == NULL);
		return;
	}
	require(n <= HOOKS_MAX);
	for (size_t i = 0; i < n; i++)
		require(hook_check(&v[i], why, sizeof(why)) == 0);
	hooks = hook_texts_json(v, n);
	require(
	    hook_texts_read(hooks, &again, &nagain, why, sizeof(why)) == 0);
	require(n == nagain);
	/* Events come in an order of their own. */
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		hook_hash(&v[i], hash[0]);
		do {
			require(k < n);
			hook_hash(&again[k++], hash[1]);
		} while (strcmp(hash[0], hash[1]) != 0);
	}
	json_decref(hooks);
	hook_texts_free(again, nagain);
	hook_texts_free(v, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text;

	if (len == 0)
		return 0;
	/* A block of its own, so that ASan sees a byte too many. */
	if ((text = malloc(len)) == NULL)
		abort();
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	if (data[0] == 'P')
		fuzz_profile(text, len - 1);
	else if (data[0] == 'H')
		fuzz_hooks(text, len - 1);
	else if (data[0] == 'U')
		fuzz_url(text);
	else if (data[0] == 'T')
		fuzz_template(text);
	free(text);
	return 0;
}
