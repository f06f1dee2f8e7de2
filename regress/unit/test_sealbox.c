/*
 * Sealed API keys: they open once, for what they are bound to, and with the
 * key pair that they were sealed to; nothing else opens.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "apikey.h"
#include "err.h"
#include "ringlet-monitor/sealbox.h"
#include "secret.h"
#include "suites.h"
#include "xmalloc.h"

#define BOUND(alias, agent, provider, endpoint) \
	SEALBOX_LABEL "\0" alias "\0" agent "\0" provider "\0" endpoint "\0sk-1"

static struct sealbox box;
static const struct sealbox_use use = { "web", "claude", "anthropic", "" };
static uint8_t sealed[64 * 1024];
static size_t sealed_len;
static char why[512];
static struct secret *key;

static void
setup(void)
{
	secret_init();
	sealbox_make(&box);
}

static void
teardown(void)
{
	sealbox_free(&box);
}

static void
seal(const void *p, size_t len)
{
	sealed_len = len + crypto_box_SEALBYTES;
	ck_assert_int_eq(crypto_box_seal(sealed, p, len, box.public), 0);
}

static int
open_it(bool must_bind)
{
	int r;

	why[0] = '\0';
	r = sealbox_open(&box, box.id, sealed, sealed_len, &use, must_bind,
	    &key, why, sizeof(why));
	ck_assert((r == 0) == (key != NULL));
	ck_assert((r == 0) == (why[0] == '\0'));
	return r;
}

static void
opens(bool must_bind, const char *wanted)
{
	ck_assert_msg(open_it(must_bind) == 0, "%s", why);
	ck_assert_str_eq(secret_ptr(key), wanted);
	secret_free(key);
}

START_TEST(opens_once)
{
	seal("sk-1", 4);
	opens(false, "sk-1");
	ck_assert_int_eq(open_it(false), RL_ERR_STALE);
	ck_assert_ptr_nonnull(strstr(why, "seal the key again"));
	seal("sk-1", 4);
	opens(false, "sk-1");
}
END_TEST

/* A refusal uses it up, too: nobody may try what it might be good for. */
START_TEST(a_refused_one_is_used)
{
	seal("sk-1", 4);
	ck_assert_int_eq(open_it(true), RL_ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(why, "RequireSealedKeys"));
	ck_assert_int_eq(open_it(false), RL_ERR_STALE);
}
END_TEST

static const struct {
	const char *p;
	size_t len;
	int err;
	const char *says;
} bound[] = {
#define ROW(text, err, says) { text, sizeof(text) - 1, err, says }
	ROW(BOUND("web", "claude", "anthropic", ""), 0, NULL),
	ROW(BOUND("Web", "claude", "anthropic", ""), RL_ERR_DENIED, "alias"),
	ROW(BOUND("web", "shell", "anthropic", ""), RL_ERR_DENIED, "agent"),
	ROW(BOUND("web", "claude", "openai", ""), RL_ERR_DENIED, "provider"),
	ROW(BOUND("web", "claude", "anthropic", "https://evil.example"),
	    RL_ERR_DENIED, "endpoint"),
	ROW(SEALBOX_LABEL "\0web\0claude\0anthropic\0sk-1", RL_ERR_INVALID,
	    "endpoint"),
	ROW(SEALBOX_LABEL "\0web", RL_ERR_INVALID, "alias"),
	ROW(SEALBOX_LABEL "\0", RL_ERR_INVALID, "alias"),
};

START_TEST(binds)
{
	for (int must = 0; must < 2; must++) {
		seal(bound[_i].p, bound[_i].len);
		if (bound[_i].err == 0)
			opens(must, "sk-1");
		else {
			ck_assert_int_eq(open_it(must), bound[_i].err);
			ck_assert_ptr_nonnull(strstr(why, bound[_i].says));
			ck_assert_ptr_null(strstr(why, "sk-1"));
		}
	}
}
END_TEST

/* Any byte changed, any length cut: it does not open. */
START_TEST(altered_ones_do_not_open)
{
	seal("sk-1", 4);
	for (size_t i = 0; i < sealed_len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			sealed[i] ^= (uint8_t)(1 << bit);
			ck_assert_int_eq(open_it(false), RL_ERR_INVALID);
			sealed[i] ^= (uint8_t)(1 << bit);
		}
	}
	for (size_t len = sealed_len; len-- > 0;) {
		ck_assert_int_eq(sealbox_open(&box, box.id, sealed, len, &use,
				     false, &key, why, sizeof(why)),
		    RL_ERR_INVALID);
		ck_assert_ptr_null(key);
	}
	/* None of that used it up. */
	opens(false, "sk-1");
}
END_TEST

START_TEST(lengths)
{
	uint8_t *p = xcalloc(1, 32 * 1024);

	memset(p, 'k', 32 * 1024);
	seal(p, APIKEY_MAX);
	ck_assert_int_eq(open_it(false), 0);
	ck_assert_uint_eq(secret_len(key), APIKEY_MAX);
	secret_free(key);
	seal(p, 32 * 1024);
	ck_assert_int_eq(open_it(false), RL_ERR_INVALID);
	seal(p, 0);
	ck_assert_int_eq(open_it(false), RL_ERR_INVALID);
	free(p);
}
END_TEST

START_TEST(another_id_is_stale)
{
	char id[sizeof(box.id)];

	seal("sk-1", 4);
	memcpy(id, box.id, sizeof(id));
	sealbox_make(&box);
	ck_assert_str_ne(id, box.id);
	ck_assert_int_eq(sealbox_open(&box, id, sealed, sealed_len, &use,
			     false, &key, why, sizeof(why)),
	    RL_ERR_STALE);
	ck_assert_ptr_nonnull(strstr(why, "fetch the public key again"));
	/* Nor under the new name. */
	ck_assert_int_eq(open_it(false), RL_ERR_INVALID);
}
END_TEST

/* What is remembered is bounded: then there is another pair. */
START_TEST(a_full_one_is_replaced)
{
	char id[sizeof(box.id)];

	memcpy(id, box.id, sizeof(id));
	for (int i = 0; i < SEALBOX_USES; i++) {
		ck_assert_str_eq(id, box.id);
		seal("sk-1", 4);
		opens(false, "sk-1");
	}
	ck_assert_str_ne(id, box.id);
	ck_assert_uint_eq(box.nused, 0);
	ck_assert_int_eq(sealbox_open(&box, id, sealed, sealed_len, &use,
			     false, &key, why, sizeof(why)),
	    RL_ERR_STALE);
}
END_TEST

/* Across a restart in place: the same pair, and what was used stays so. */
START_TEST(is_handed_over)
{
	struct sealbox next = { 0 };
	const uint8_t *sk = (const uint8_t *)secret_ptr(box.secret);

	seal("sk-1", 4);
	opens(false, "sk-1");
	ck_assert_int_eq(sealbox_restore(&next, sk, 32, box.public, 32,
			     box.used[0], box.nused * SEALBOX_HASH_LEN),
	    0);
	ck_assert_str_eq(next.id, box.id);
	sealbox_free(&box);
	box = next;
	ck_assert_int_eq(open_it(false), RL_ERR_STALE);
	seal("sk-2", 4);
	opens(false, "sk-2");

	memset(&next, 0, sizeof(next));
	sk = (const uint8_t *)secret_ptr(box.secret);
	ck_assert_int_eq(sealbox_restore(&next, sk, 31, box.public, 32,
			     box.used[0], 0),
	    RL_ERR_INVALID);
	ck_assert_int_eq(sealbox_restore(&next, sk, 32, box.public, 33,
			     box.used[0], 0),
	    RL_ERR_INVALID);
	ck_assert_int_eq(sealbox_restore(&next, sk, 32, box.public, 32,
			     box.used[0], 15),
	    RL_ERR_INVALID);
	ck_assert_int_eq(sealbox_restore(&next, sk, 32, box.public, 32,
			     box.used[0], sizeof(box.used)),
	    RL_ERR_INVALID);
	ck_assert_ptr_null(next.secret);
}
END_TEST

Suite *
suite_sealbox(void)
{
	Suite *s = suite_create("sealbox");
	TCase *tc = tcase_create("sealbox");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, opens_once);
	tcase_add_test(tc, a_refused_one_is_used);
	tcase_add_loop_test(tc, binds, 0, sizeof(bound) / sizeof(bound[0]));
	tcase_add_test(tc, altered_ones_do_not_open);
	tcase_add_test(tc, lengths);
	tcase_add_test(tc, another_id_is_stale);
	tcase_add_test(tc, a_full_one_is_replaced);
	tcase_add_test(tc, is_handed_over);
	suite_add_tcase(s, tc);
	return s;
}
