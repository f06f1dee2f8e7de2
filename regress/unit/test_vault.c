/*
 * The vault's format: what is sealed comes back, and whatever else is done to
 * its bytes is told as what it is and brings no key.  Offsets are those of
 * ringlet-vault(5), written down again, so that a mistake in the code shows.
 * The cost of Argon2id is set low for this program, but for the file that a
 * production build once wrote.
 */
#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "keychain-backend.h"
#include "secret.h"
#include "strlist.h"
#include "vault-format.h"

#define PASS "correct horse"

/* ringlet-vault(5) */
#define FORMAT	     8
#define HEADER_LEN   12
#define KDF	     16
#define PASSES	     20
#define MEMORY	     24
#define SALT	     32
#define WRAPPED	     72
#define GENERATION   120
#define TAG	     128
#define HEADER_SUM   160
#define CONTENTS     192
#define SEALED_LEN   200
#define CONTENTS_SUM 232
#define SEALED	     264

static uint8_t key[KC_VAULT_KEY_LEN], other_key[KC_VAULT_KEY_LEN];
static struct vault_lock lock;
static char why[512];

struct file {
	uint8_t *p;
	size_t len;
};

static void
setup(void)
{
	secret_init();
	randombytes_buf(key, sizeof(key));
	randombytes_buf(other_key, sizeof(other_key));
	ck_assert_int_eq(
	    vault_wrap(&lock, PASS, strlen(PASS), key, why, sizeof(why)), 0);
}

/* A vault with two keys, of this generation. */
static struct file
make_file(uint64_t generation, const char *first)
{
	const struct vault_item a = { "work", "anthropic", first,
		strlen(first) };
	const struct vault_item b = { "home", "openai", "sk-b", 4 };
	struct vault_items items = { NULL, 0, NULL };
	struct file f;

	vault_items_put(&items, &a);
	vault_items_put(&items, &b);
	ck_assert_int_eq(vault_seal(&lock, key, generation, &items, &f.p,
			     &f.len, why, sizeof(why)),
	    0);
	vault_items_clear(&items);
	return f;
}

/* Opens by passphrase, down to the contents; what was wrong is in why. */
static int
try_pass(const struct file *f, const char *pass, uint64_t lowest)
{
	struct vault_items items = { NULL, 0, NULL };
	uint8_t got[KC_VAULT_KEY_LEN];
	struct vault v;
	int r;

	why[0] = '\0';
	if ((r = vault_parse(f->p, f->len, &v, why, sizeof(why))) == RL_OK &&
	    (r = vault_unwrap(&v, pass, strlen(pass), got, why, sizeof(why))) ==
		RL_OK) {
		ck_assert_mem_eq(got, key, sizeof(key));
		r = vault_open(&v, got, lowest, &items, why, sizeof(why));
	}
	ck_assert_int_eq(r == RL_OK, why[0] == '\0');
	if (r != RL_OK)
		ck_assert_ptr_null(items.v);
	vault_items_clear(&items);
	return r;
}

static int
try_key(const struct file *f, const uint8_t *k, uint64_t lowest)
{
	struct vault_items items = { NULL, 0, NULL };
	struct vault v;
	int r;

	why[0] = '\0';
	if ((r = vault_parse(f->p, f->len, &v, why, sizeof(why))) == RL_OK)
		r = vault_open(&v, k, lowest, &items, why, sizeof(why));
	vault_items_clear(&items);
	return r;
}

static void
says(const char *words)
{
	ck_assert_msg(
	    strstr(why, words) != NULL, "\"%s\" is not in \"%s\"", words, why);
}

/* Makes the clear checksums right again, as who alters a file on purpose. */
static void
mend(struct file *f)
{
	(void)crypto_generichash(
	    f->p + HEADER_SUM, 32, f->p, HEADER_SUM, NULL, 0);
	(void)crypto_generichash(f->p + CONTENTS_SUM, 32, f->p + CONTENTS,
	    CONTENTS_SUM - CONTENTS, NULL, 0);
	(void)crypto_generichash(f->p + f->len - 32, 32, f->p + CONTENTS,
	    f->len - 32 - CONTENTS, NULL, 0);
}

static void
put(uint8_t *p, size_t n, uint64_t v)
{
	for (size_t i = 0; i < n; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

START_TEST(brings_back)
{
	struct file f = make_file(7, "sk-first");
	struct vault_items items;
	const struct vault_item *it;
	struct vault v;

	ck_assert_int_eq(vault_parse(f.p, f.len, &v, why, sizeof(why)), 0);
	ck_assert_uint_eq(v.generation, 7);
	ck_assert_int_eq(
	    vault_open(&v, key, 7, &items, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(items.n, 2);
	it = vault_items_find(&items, "work");
	ck_assert_ptr_nonnull(it);
	ck_assert_str_eq(it->provider, "anthropic");
	ck_assert_uint_eq(it->len, 8);
	ck_assert_mem_eq(it->key, "sk-first", 8);
	ck_assert_ptr_null(vault_items_find(&items, "wor"));
	vault_items_clear(&items);
	/* Nothing of it can be read. */
	ck_assert_ptr_null(memmem(f.p, f.len, "sk-first", 8));
	ck_assert_ptr_null(memmem(f.p, f.len, "work", 4));
	ck_assert_ptr_null(memmem(f.p, f.len, key, 8));
	free(f.p);
}
END_TEST

START_TEST(tells_another_passphrase)
{
	static const char *const others[] = { "correct hors", "correct horse ",
		"Correct horse", "", "x" };
	struct file f = make_file(1, "sk");

	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_OK);
	for (size_t i = 0; i < 5; i++) {
		ck_assert_int_eq(try_pass(&f, others[i], 0), RL_ERR_PASSPHRASE);
		says("another passphrase");
	}
	ck_assert_int_eq(try_key(&f, other_key, 0), RL_ERR_DAMAGED);
	says("another vault");
	free(f.p);
}
END_TEST

START_TEST(finds_each_flipped_byte)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct file f = make_file(0x0102030405060708, "sk-first");
	int r;

	for (size_t i = 0; i < f.len; i++)
		for (size_t k = 0; k < 3; k++) {
			f.p[i] ^= flips[k];
			r = try_pass(&f, PASS, 0);
			ck_assert_msg(
			    r == RL_ERR_DAMAGED, "byte %zu: %d", i, r);
			if (i < 8)
				says("no vault of Ringlet");
			else if (i >= CONTENTS)
				says("contents were altered");
			else if (i < HEADER_LEN || i >= HEADER_LEN + 4)
				says("header was altered");
			ck_assert_int_ne(try_key(&f, key, 0), RL_OK);
			f.p[i] ^= flips[k];
		}
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_OK);
	free(f.p);
}
END_TEST

START_TEST(finds_each_flipped_byte_that_was_mended)
{
	struct file f = make_file(7, "sk-first");
	uint8_t *was = malloc(f.len);
	int r;

	memcpy(was, f.p, f.len);
	for (size_t i = 0; i < f.len; i++) {
		f.p[i] ^= 0x10;
		mend(&f);
		r = try_pass(&f, PASS, 0);
		/* A flipped checksum is mended to what it was. */
		if (memcmp(f.p, was, f.len) == 0)
			ck_assert_int_eq(r, RL_OK);
		else if (i >= SALT && i < GENERATION)
			/* Nobody without the key can tell these apart. */
			ck_assert_int_eq(r, RL_ERR_PASSPHRASE);
		else if (i >= MEMORY && i < SALT)
			ck_assert(r == RL_ERR_DAMAGED ||
				  r == RL_ERR_PASSPHRASE);
		else if (i >= FORMAT && i < HEADER_LEN)
			ck_assert(
			    r == RL_ERR_UNAVAILABLE || r == RL_ERR_PASSPHRASE);
		else
			ck_assert_msg(r == RL_ERR_DAMAGED, "byte %zu: %d (%s)",
			    i, r, why);
		if (i >= GENERATION && i < HEADER_SUM)
			says("header was altered");
		if (i >= SEALED && i < f.len - 32)
			says("contents were altered");
		if (r != RL_OK)
			ck_assert_int_ne(try_key(&f, key, 0), RL_OK);
		memcpy(f.p, was, f.len);
	}
	free(was);
	free(f.p);
}
END_TEST

START_TEST(finds_each_length)
{
	struct file f = make_file(7, "sk-first"), cut;

	for (size_t n = 0; n < f.len; n++) {
		/* Of its own, so that a sanitizer sees what is read. */
		cut.p = malloc(n + (n == 0));
		cut.len = n;
		memcpy(cut.p, f.p, n);
		ck_assert_int_eq(try_pass(&cut, PASS, 0), RL_ERR_DAMAGED);
		says("truncated");
		ck_assert_int_eq(try_key(&cut, key, 0), RL_ERR_DAMAGED);
		free(cut.p);
	}
	cut.len = f.len + 1;
	cut.p = calloc(1, cut.len);
	memcpy(cut.p, f.p, f.len);
	ck_assert_int_eq(try_pass(&cut, PASS, 0), RL_ERR_DAMAGED);
	says("contents were altered");
	free(cut.p);
	free(f.p);
}
END_TEST

/* A header and contents that are each good, of two generations. */
START_TEST(tells_a_rolled_back_header)
{
	struct file old = make_file(3, "sk-old"), new = make_file(4, "sk-new");
	uint8_t header[CONTENTS];

	memcpy(header, new.p, CONTENTS);
	memcpy(new.p, old.p, CONTENTS);
	ck_assert_int_eq(try_pass(&new, PASS, 0), RL_ERR_DAMAGED);
	says("header of generation 3");
	says("contents of generation 4");
	says("rolled back");
	memcpy(old.p, header, CONTENTS);
	ck_assert_int_eq(try_key(&old, key, 0), RL_ERR_DAMAGED);
	says("header of generation 4");
	says("rolled back");
	free(old.p);
	free(new.p);
}
END_TEST

START_TEST(tells_an_older_file)
{
	struct file f = make_file(4, "sk");

	ck_assert_int_eq(try_key(&f, key, 4), RL_OK);
	ck_assert_int_eq(try_key(&f, key, 5), RL_ERR_DAMAGED);
	says("generation 4");
	says("older file was put back");
	ck_assert_int_eq(try_pass(&f, PASS, UINT64_MAX), RL_ERR_DAMAGED);
	free(f.p);
}
END_TEST

START_TEST(tells_a_newer_format)
{
	struct file f = make_file(1, "sk");

	put(f.p + FORMAT, 4, 2);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_DAMAGED);
	says("header was altered");
	mend(&f);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_UNAVAILABLE);
	says("format 2");
	says("newer");
	/* Its header may have another length, of which the sum is the end. */
	put(f.p + HEADER_LEN, 4, 100);
	(void)crypto_generichash(f.p + 68, 32, f.p, 68, NULL, 0);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_UNAVAILABLE);
	put(f.p + HEADER_LEN, 4, 0xffffffff);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_DAMAGED);
	put(f.p + HEADER_LEN, 4, 4096);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_DAMAGED);
	put(f.p + HEADER_LEN, 4, 192);
	put(f.p + FORMAT, 4, 0);
	mend(&f);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_DAMAGED);
	free(f.p);
}
END_TEST

/* Refused when the file is taken apart, before anything is reserved. */
START_TEST(limits_what_a_file_asks_for)
{
	static const struct {
		size_t at, n;
		uint64_t value;
	} asks[] = {
		{ MEMORY, 8, 64ULL << 30 },
		{ MEMORY, 8, UINT64_MAX },
		{ MEMORY, 8, VAULT_MEMORY_MAX + 1 },
		{ MEMORY, 8, VAULT_MEMORY - 1 },
		{ MEMORY, 8, 0 },
		{ PASSES, 4, UINT32_MAX },
		{ PASSES, 4, VAULT_PASSES_MAX + 1 },
		{ PASSES, 4, 0 },
		{ KDF, 4, 1 },
		{ KDF, 4, 3 },
	};
	struct file f = make_file(1, "sk");
	uint8_t was[8];
	struct vault v;

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		memcpy(was, f.p + asks[i].at, 8);
		put(f.p + asks[i].at, asks[i].n, asks[i].value);
		mend(&f);
		ck_assert_int_eq(vault_parse(f.p, f.len, &v, why, sizeof(why)),
		    RL_ERR_DAMAGED);
		says("asks for");
		memcpy(f.p + asks[i].at, was, 8);
	}
	mend(&f);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_OK);
	/* A length of contents that is not there is not believed either. */
	put(f.p + SEALED_LEN, 8, UINT64_MAX);
	mend(&f);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_DAMAGED);
	put(f.p + SEALED_LEN, 8, 15);
	mend(&f);
	ck_assert_int_eq(try_pass(&f, PASS, 0), RL_ERR_DAMAGED);
	free(f.p);
}
END_TEST

/* Contents that were sealed with the key, and are nevertheless wrong. */
START_TEST(judges_contents)
{
	static const struct {
		const char *bytes;
		size_t len;
		int ok;
	} cases[] = {
		{ "\0\0\0\0", 4, 1 },
		{ "\1\0\0\0a\0b\0\1\0k", 11, 1 },
		{ "\2\0\0\0a\0b\0\1\0kc\0b\0\1\0k", 18, 1 },
		{ "\2\0\0\0a\0b\0\1\0ka\0c\0\1\0k", 18, 0 }, /* twice */
		{ "\1\0\0\0.a\0b\0\1\0k", 12, 0 },
		{ "\1\0\0\0a\0B\0\1\0k", 11, 0 },
		{ "\1\0\0\0a\0b\0\0\0", 10, 0 },      /* no key */
		{ "\1\0\0\0a\0b\0\1\0\n", 11, 0 },    /* a control character */
		{ "\1\0\0\0a\0b\0\1\0\xff", 11, 0 },  /* not UTF-8 */
		{ "\1\0\0\0a\0b\0\xff\xffk", 11, 0 }, /* too long */
		{ "\2\0\0\0a\0b\0\1\0k", 11, 0 },     /* one is missing */
		{ "\0\0\0\0a", 5, 0 },		      /* something behind */
		{ "\1\10\0\0", 4, 0 },		      /* 2049 */
		{ "\377\377\377\377", 4, 0 },
	};
	uint8_t page[512];
	struct vault_items items;
	int r;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(page, 0, sizeof(page));
		memcpy(page, cases[i].bytes, cases[i].len);
		r = vault_items_decode(page, 256, &items, why, sizeof(why));
		ck_assert_msg(
		    r == (cases[i].ok ? RL_OK : RL_ERR_DAMAGED), "%zu", i);
		vault_items_clear(&items);
		/* Padding is what is needed, and no more. */
		ck_assert_int_ne(RL_OK,
		    vault_items_decode(page, 512, &items, why, sizeof(why)));
		ck_assert_int_ne(RL_OK,
		    vault_items_decode(page, 255, &items, why, sizeof(why)));
	}
	ck_assert_int_ne(
	    RL_OK, vault_items_decode(page, 0, &items, why, sizeof(why)));
}
END_TEST

START_TEST(is_full_at_its_bounds)
{
	static char names[KC_ITEMS_MAX + 1][16], big[KC_SECRET_MAX];
	struct vault_items items = { NULL, 0, NULL };
	struct vault_item it = { NULL, "openai", "k", 1 };
	struct file f;
	struct vault v;
	size_t n;

	for (n = 0; n <= KC_ITEMS_MAX; n++) {
		snprintf(names[n], sizeof(names[n]), "p%zu", n);
		it.profile = names[n];
		vault_items_put(&items, &it);
	}
	ck_assert_int_eq(
	    vault_seal(&lock, key, 1, &items, &f.p, &f.len, why, sizeof(why)),
	    RL_ERR_LIMIT);
	says("full");
	ck_assert_int_eq(vault_items_drop(&items, "p0"), 1);
	ck_assert_int_eq(vault_items_drop(&items, "p0"), 0);
	ck_assert_int_eq(
	    vault_seal(&lock, key, 1, &items, &f.p, &f.len, why, sizeof(why)),
	    RL_OK);
	vault_items_clear(&items);
	ck_assert_int_eq(try_key(&f, key, 0), RL_OK);
	free(f.p);

	memset(big, 'k', sizeof(big));
	it.key = big;
	it.len = sizeof(big);
	/* One more than fit. */
	for (n = 0; n <= VAULT_PLAIN_MAX / KC_SECRET_MAX; n++) {
		it.profile = names[n];
		vault_items_put(&items, &it);
	}
	ck_assert_int_eq(
	    vault_seal(&lock, key, 1, &items, &f.p, &f.len, why, sizeof(why)),
	    RL_ERR_LIMIT);
	while (vault_seal(&lock, key, 1, &items, &f.p, &f.len, why,
		   sizeof(why)) != RL_OK)
		ck_assert_int_eq(
		    vault_items_drop(&items, names[items.n - 1]), 1);
	ck_assert_int_eq(vault_parse(f.p, f.len, &v, why, sizeof(why)), RL_OK);
	ck_assert_uint_ge(items.n, VAULT_PLAIN_MAX / KC_SECRET_MAX - 10);
	ck_assert_int_eq(try_key(&f, key, 0), RL_OK);
	vault_items_clear(&items);
	free(f.p);
}
END_TEST

/* Two files of the same keys have nothing in common but what must be. */
START_TEST(uses_fresh_nonces)
{
	struct file a = make_file(1, "sk"), b = make_file(1, "sk");
	struct vault_lock again;

	ck_assert_uint_eq(a.len, b.len);
	ck_assert_mem_ne(a.p + 208, b.p + 208, 24);
	ck_assert_mem_ne(a.p + SEALED, b.p + SEALED, 32);
	ck_assert_int_eq(
	    vault_wrap(&again, PASS, strlen(PASS), key, why, sizeof(why)), 0);
	ck_assert_mem_ne(again.bytes + SALT - 16, lock.bytes + SALT - 16, 16);
	ck_assert_mem_ne(
	    again.bytes + WRAPPED - 16, lock.bytes + WRAPPED - 16, 48);
	free(a.p);
	free(b.p);
}
END_TEST

/* A file that ringlet-keychain wrote, with the cost that it uses. */
START_TEST(opens_the_first_vault)
{
	static const char pass[] = "Ringlet's first vault";
	const char *srcdir = getenv("srcdir");
	struct vault_items items;
	const struct vault_item *it;
	uint8_t bytes[4096], got[KC_VAULT_KEY_LEN];
	char path[4096];
	struct vault v;
	FILE *fp;
	size_t n;

	snprintf(path, sizeof(path), "%s/regress/unit/vault-1",
	    srcdir != NULL ? srcdir : ".");
	ck_assert_ptr_nonnull(fp = fopen(path, "r"));
	n = fread(bytes, 1, sizeof(bytes), fp);
	fclose(fp);
	ck_assert_int_eq(vault_parse(bytes, n, &v, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(v.passes, 3);
	ck_assert_uint_eq(v.memory, 256 << 20);
	ck_assert_int_eq(
	    vault_unwrap(&v, pass, strlen(pass), got, why, sizeof(why)), RL_OK);
	ck_assert_int_eq(
	    vault_open(&v, got, 3, &items, why, sizeof(why)), RL_OK);
	ck_assert_uint_eq(v.generation, 3);
	ck_assert_uint_eq(items.n, 2);
	it = vault_items_find(&items, "work");
	ck_assert_ptr_nonnull(it);
	ck_assert_str_eq(it->provider, "anthropic");
	ck_assert_mem_eq(it->key, "sk-vault-one", it->len);
	it = vault_items_find(&items, KC_AUDIT_PROFILE);
	ck_assert_ptr_nonnull(it);
	ck_assert_str_eq(it->provider, KC_AUDIT_PROVIDER);
	vault_items_clear(&items);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("vault");
	TCase *tc = tcase_create("format");
	SRunner *sr;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, brings_back);
	tcase_add_test(tc, tells_another_passphrase);
	tcase_add_test(tc, finds_each_flipped_byte);
	tcase_add_test(tc, finds_each_flipped_byte_that_was_mended);
	tcase_add_test(tc, finds_each_length);
	tcase_add_test(tc, tells_a_rolled_back_header);
	tcase_add_test(tc, tells_an_older_file);
	tcase_add_test(tc, tells_a_newer_format);
	tcase_add_test(tc, limits_what_a_file_asks_for);
	tcase_add_test(tc, judges_contents);
	tcase_add_test(tc, is_full_at_its_bounds);
	tcase_add_test(tc, uses_fresh_nonces);
	tcase_add_test(tc, opens_the_first_vault);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
