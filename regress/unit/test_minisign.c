/*
 * Signatures in minisign's format: what Debian's minisign made is good, and
 * nothing else is; and ours, made with its keys, are as its own.
 */

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "minisign.h"
#include "ringlet/signing.h"
#include "secret.h"
#include "suites.h"
#include "xmalloc.h"

/* By minisign 0.11: -G -W, -S, -S -l over TEXT. */
#define TEXT   "four manifests\n"
#define PUBLIC "RWTF0H3ijXIBzpdTSkQhcd467nxYnjtM5759dGEZdm4ea9fOxByl8BJC"
#define OTHER  "RWQ/PF6F6JhIPMEQIqkAwcOJDQaGTCQFk1NXlPKFfcSAB4ki2NI9bKS0"
#define SECRET                                                                 \
	"untrusted comment: minisign encrypted secret key\n"                   \
	"RWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAxdB94o1yAc6s8AAqf5Y4JnyBBkt34S36vMzH5qCd2wCIfeQmsopjYJdTSkQhcd46" \
	"7nxYnjtM5759dGEZdm4ea9fOxByl8BJCAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" \
	"AAAAAAA=\n"
#define PREHASHED                                                              \
	"untrusted comment: nobody believes this\n"                            \
	"RUTF0H3ijXIBzuB0l7RzcqzEnnwHnwY7cTI/QniQQZLE+ufoT24J6vAmr53CN7iDuhA8" \
	"wXdZo45+qQhfTMXZlnTmtG9kNXse3As=\n"                                   \
	"trusted comment: made for a test\n"                                   \
	"f6dM1Q5IhR+RWzTqjuPxcCHM25NESlRzY8dbzAc2eA1GEaJSfoymyBfm8++uSTHJJpQP" \
	"wlfFS5+CwlUnDpp8Aw==\n"
#define LEGACY                                                                 \
	"untrusted comment: signature from minisign secret key\n"              \
	"RWTF0H3ijXIBzlbPD/V1TO8YnXSPHse6T9EWwQND0Ib1YgwUN4x99e1TwBU+XUkeYkY5" \
	"GTEgYG21kiqk1yjEzsHaNPM1o//SJwk=\n"                                   \
	"trusted comment: made for a test\n"                                   \
	"CjCbDohW7Rz4MtFuk+lA9GSngT5IdSmdTLsFrDdC5t1qZlnmLjYBqFumwnpgKmhNJQ9R" \
	"XCPvMJYquKdnybf0CA==\n"

static const char *const signatures[] = { PREHASHED, LEGACY };

static char why[512];

static struct minisign_key
key_of(const char *text)
{
	struct minisign_key k;

	ck_assert(minisign_key_parse(text, &k));
	return k;
}

/* What comes of that signature of that text, by those keys. */
static int
judge(const char *sig, size_t len, const char *text,
    const struct minisign_key *keys, size_t n)
{
	struct minisign_sig *s = xmalloc(sizeof(*s));
	size_t which = 99;
	int r;

	strlcpy(why, "", sizeof(why));
	if ((r = minisign_sig_parse(sig, len, s, why, sizeof(why))) == 0)
		r = minisign_verify(
		    keys, n, s, text, strlen(text), &which, why, sizeof(why));
	ck_assert(r != 0 || which < n);
	ck_assert(r == 0 || why[0] != '\0');
	free(s);
	return r;
}

START_TEST(minisign_made_it)
{
	const struct minisign_key keys[] = { key_of(OTHER), key_of(PUBLIC) };
	const char *s = signatures[_i];
	char id[MINISIGN_ID_TEXT];

	ck_assert_int_eq(judge(s, strlen(s), TEXT, keys, 2), 0);
	ck_assert_int_eq(judge(s, strlen(s), TEXT, keys + 1, 1), 0);
	ck_assert_int_eq(judge(s, strlen(s), TEXT, keys, 1), RL_ERR_DENIED);
	ck_assert_int_eq(judge(s, strlen(s), TEXT, keys, 0), RL_ERR_DENIED);
	ck_assert_str_eq(minisign_id_text(keys[1].id, id), "CE01728DE27DD0C5");
	ck_assert_int_eq(
	    judge(s, strlen(s), "four manifests", keys, 2), RL_ERR_DAMAGED);
	ck_assert_int_eq(judge(s, strlen(s), "", keys, 2), RL_ERR_DAMAGED);
}
END_TEST

/* Each bit of what counts: everything but the comment that does not. */
START_TEST(any_bit)
{
	const struct minisign_key k = key_of(PUBLIC);
	char *s = xstrdup(signatures[_i]);
	size_t len = strlen(s), from = (size_t)(strchr(s, '\n') - s);

	for (size_t i = from; i < len - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			s[i] = (char)(s[i] ^ (1 << bit));
			/* A CR before the line's end is left out. */
			if (judge(s, len, TEXT, &k, 1) == 0)
				ck_abort_msg("byte %zu bit %d", i, bit);
			s[i] = (char)(s[i] ^ (1 << bit));
		}
	s[3] ^= 1;
	ck_assert_int_eq(judge(s, len, TEXT, &k, 1), RL_ERR_INVALID);
	free(s);
}
END_TEST

START_TEST(any_length)
{
	const struct minisign_key k = key_of(PUBLIC);
	const char *s = signatures[_i];
	size_t len = strlen(s);
	char *longer = xasprintf("%s\n", s);

	/* The newline at the end need not be there. */
	for (size_t n = 0; n < len - 1; n++) {
		char *cut = xstrndup(s, n);

		ck_assert_int_ne(judge(cut, n, TEXT, &k, 1), 0);
		free(cut);
	}
	ck_assert_int_eq(judge(s, len - 1, TEXT, &k, 1), 0);
	ck_assert_int_ne(judge(longer, len + 1, TEXT, &k, 1), 0);
	ck_assert_int_ne(judge(s, len + 1, TEXT, &k, 1), 0);
	free(longer);
}
END_TEST

/* The two forms do not pass for each other. */
START_TEST(forms)
{
	const struct minisign_key k = key_of(PUBLIC);
	char *pre = xstrdup(PREHASHED), *legacy = xstrdup(LEGACY);

	/* "RU" is ED, "RW" is Ed. */
	*(strstr(pre, "\nRUT") + 2) = 'W';
	*(strstr(legacy, "\nRWT") + 2) = 'U';
	ck_assert_int_eq(judge(pre, strlen(pre), TEXT, &k, 1), RL_ERR_DAMAGED);
	ck_assert_int_eq(
	    judge(legacy, strlen(legacy), TEXT, &k, 1), RL_ERR_DAMAGED);
	*(strstr(pre, "\nRWT") + 1) = 'S';
	ck_assert_int_eq(judge(pre, strlen(pre), TEXT, &k, 1), RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "algorithm"));
	free(pre);
	free(legacy);
}
END_TEST

START_TEST(comments)
{
	const struct minisign_key k = key_of(PUBLIC);
	char *s = xstrdup(PREHASHED), *big;

	*strstr(s, "made") = 'M';
	ck_assert_int_eq(judge(s, strlen(s), TEXT, &k, 1), RL_ERR_DAMAGED);
	ck_assert_ptr_nonnull(strstr(why, "trusted comment"));
	free(s);
	big = xmalloc(MINISIGN_FILE_MAX + 2);
	memset(big, 'x', MINISIGN_FILE_MAX + 2);
	ck_assert_int_eq(
	    judge(big, MINISIGN_FILE_MAX + 1, TEXT, &k, 1), RL_ERR_INVALID);
	free(big);
	s = xasprintf(
	    "untrusted comment: %01100d\n%s", 0, strchr(PREHASHED, '\n') + 1);
	ck_assert_int_eq(judge(s, strlen(s), TEXT, &k, 1), RL_ERR_INVALID);
	free(s);
}
END_TEST

START_TEST(public_keys)
{
	static const char *const bad[] = { "", "RWQ", PUBLIC "A", " " PUBLIC,
		PUBLIC "\n",
		/* another algorithm, a bit that base64 does not have */
		"RUTF0H3ijXIBzpdTSkQhcd467nxYnjtM5759dGEZdm4ea9fOxByl8BJC",
		"RWTF0H3ijXIBzpdTSkQhcd467nxYnjtM5759dGEZdm4ea9fOxByl8BJ=",
		"RWTF0H3ijXIBzpdTSkQhcd467nxYnjtM5759dGEZdm4ea9fOxByl8BJ!" };
	struct minisign_key k;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!minisign_key_parse(bad[i], &k), "%s", bad[i]);
	ck_assert(minisign_key_parse(PUBLIC, &k));
}
END_TEST

/* --- signing --- */

START_TEST(ours_is_as_theirs)
{
	struct signing_key *sk;
	struct minisign_key k, said = key_of(PUBLIC);
	bool encrypted;
	char *sig;

	ck_assert_int_eq(signing_key_parse(SECRET, strlen(SECRET), &sk,
			     &encrypted, why, sizeof(why)),
	    0);
	ck_assert(!encrypted);
	signing_key_public(sk, &k);
	ck_assert_mem_eq(&k, &said, sizeof(k));
	sig = signing_sign(sk, TEXT, strlen(TEXT), "made for a test");
	ck_assert_int_eq(judge(sig, strlen(sig), TEXT, &said, 1), 0);
	/* Ed25519 has one signature of a text: minisign's own. */
	ck_assert_str_eq(strchr(sig, '\n'), strchr(PREHASHED, '\n'));
	free(sig);
	signing_key_free(sk);
}
END_TEST

static void
put64(uint8_t *p, uint64_t v)
{
	for (size_t i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

/* The same key, covered by a passphrase that costs little; for free(). */
static char *
encrypt(const char *passphrase, uint64_t ops, uint64_t mem)
{
	uint8_t raw[158], stream[104], sum[32];
	crypto_generichash_state st;
	char text[256], *line = strchr(SECRET, '\n') + 1;
	size_t n;

	ck_assert_int_eq(
	    sodium_base642bin(raw, sizeof(raw), line, strlen(line) - 1, NULL,
		&n, NULL, sodium_base64_VARIANT_ORIGINAL),
	    0);
	memcpy(raw + 2, "Sc", 2);
	randombytes_buf(raw + 6, 32);
	put64(raw + 38, ops);
	put64(raw + 46, mem);
	crypto_generichash_init(&st, NULL, 0, sizeof(sum));
	crypto_generichash_update(&st, raw, 2);
	crypto_generichash_update(&st, raw + 54, 72);
	crypto_generichash_final(&st, sum, sizeof(sum));
	memcpy(raw + 126, sum, sizeof(sum));
	if (crypto_pwhash_scryptsalsa208sha256(stream, sizeof(stream),
		passphrase, strlen(passphrase), raw + 6,
		ops < 1000000 ? ops : 32768,
		ops < 1000000 ? mem : 16 << 20) != 0)
		ck_abort_msg("scrypt");
	for (size_t i = 0; i < sizeof(stream); i++)
		raw[54 + i] ^= stream[i];
	sodium_bin2base64(text, sizeof(text), raw, sizeof(raw),
	    sodium_base64_VARIANT_ORIGINAL);
	return xasprintf("untrusted comment: a key\n%s\n", text);
}

START_TEST(passphrases)
{
	struct secret *right = secret_new("open sesame", 11);
	struct secret *other = secret_new("open barley", 11);
	char *text = encrypt("open sesame", 32768, 16 << 20);
	struct minisign_key k, said = key_of(PUBLIC);
	struct signing_key *sk;
	bool encrypted;

	ck_assert_int_eq(signing_key_parse(text, strlen(text), &sk, &encrypted,
			     why, sizeof(why)),
	    0);
	ck_assert(encrypted);
	ck_assert_int_eq(
	    signing_key_open(sk, other, why, sizeof(why)), RL_ERR_PASSPHRASE);
	/* A wrong one leaves it as it was. */
	ck_assert_int_eq(signing_key_open(sk, right, why, sizeof(why)), 0);
	signing_key_public(sk, &k);
	ck_assert_mem_eq(&k, &said, sizeof(k));
	signing_key_free(sk);
	free(text);
	/* Nobody's file makes us work for ever, or take all memory. */
	text = encrypt("open sesame", UINT64_MAX, UINT64_MAX);
	ck_assert_int_eq(signing_key_parse(text, strlen(text), &sk, &encrypted,
			     why, sizeof(why)),
	    RL_ERR_INVALID);
	free(text);
	secret_free(right);
	secret_free(other);
}
END_TEST

START_TEST(secret_keys_that_are_none)
{
	char *text = xstrdup(SECRET);
	struct signing_key *sk;
	bool encrypted;

	for (size_t n = 0; n + 1 < strlen(SECRET); n++) {
		char *cut = xstrndup(SECRET, n);

		ck_assert_int_eq(signing_key_parse(
				     cut, n, &sk, &encrypted, why, sizeof(why)),
		    RL_ERR_INVALID);
		ck_assert_ptr_null(sk);
		free(cut);
	}
	/* A byte of the seed: the public half does not follow from it. */
	*(strstr(text, "AAqf5Y4") + 5) = 'Z';
	ck_assert_int_eq(signing_key_parse(text, strlen(text), &sk, &encrypted,
			     why, sizeof(why)),
	    RL_ERR_INVALID);
	ck_assert_ptr_nonnull(strstr(why, "damaged"));
	free(text);
}
END_TEST

Suite *
suite_minisign(void)
{
	Suite *s = suite_create("minisign");
	TCase *tc = tcase_create("verify");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, secret_init, NULL);
	tcase_add_loop_test(tc, minisign_made_it, 0, 2);
	tcase_add_loop_test(tc, any_bit, 0, 2);
	tcase_add_loop_test(tc, any_length, 0, 2);
	tcase_add_test(tc, forms);
	tcase_add_test(tc, comments);
	tcase_add_test(tc, public_keys);
	suite_add_tcase(s, tc);
	tc = tcase_create("sign");
	tcase_add_checked_fixture(tc, secret_init, NULL);
	tcase_add_test(tc, ours_is_as_theirs);
	tcase_add_test(tc, passphrases);
	tcase_add_test(tc, secret_keys_that_are_none);
	suite_add_tcase(s, tc);
	return s;
}
