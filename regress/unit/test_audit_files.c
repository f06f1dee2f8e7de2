/*
 * An audit log in several files: the chain goes through all of them, and begins
 * with the first that is left; a file that is changed, or taken away by
 * somebody else, is told.
 */

#include "config.h"

#include <sys/stat.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "buf.h"
#include "ringlet-monitor/audit-files.h"
#include "ringlet-monitor/audit-verify.h"
#include "ringlet-monitor/audit.h"
#include "secret.h"
#include "suites.h"
#include "xmalloc.h"

#define FILES 4
#define LINES 5 /* of each */

static const struct audit_who nobody = { .kind = AUDIT_MONITOR };

static struct {
	struct secret *key;
	struct audit_link at;
	struct buf *line;
	struct buf *file[FILES];
	struct audit_link end[FILES]; /* of each */
} t;

static void
put(size_t i, const struct secret *key, const char *event, const char *name,
    const char *value, const char *hash)
{
	buf_reset(t.line);
	audit_line_begin(
	    t.line, 1700000000123, t.at.seq + 1, &nobody, event, "x", "ok");
	if (name != NULL)
		audit_line_add(t.line, name, value);
	if (hash != NULL)
		audit_line_add(t.line, "after_hash", hash);
	audit_line_end(t.line, key, &t.at);
	ck_assert_int_eq(
	    buf_put(t.file[i], buf_ptr(t.line), buf_len(t.line)), 0);
}

/* The last file's second entry says that the first `pruned' are removed. */
static void
make(size_t pruned, const struct secret *key)
{
	char seq[32], hash[2 * AUDIT_HASH_LEN + 1];

	memset(&t.at, 0, sizeof(t.at));
	for (size_t i = 0; i < FILES; i++) {
		buf_reset(t.file[i]);
		snprintf(
		    seq, sizeof(seq), "%llu", (unsigned long long)t.at.seq);
		sodium_bin2hex(hash, sizeof(hash), t.at.hash, AUDIT_HASH_LEN);
		if (i > 0)
			put(i, key, AUDIT_TURNED, "after", seq, hash);
		if (i == FILES - 1 && pruned > 0) {
			snprintf(seq, sizeof(seq), "%llu",
			    (unsigned long long)t.end[pruned - 1].seq);
			put(i, key, AUDIT_PRUNED, "up_to", seq, NULL);
		}
		for (size_t n = 0; n < LINES; n++)
			put(i, key, AUDIT_KEY_READ, NULL, NULL, NULL);
		t.end[i] = t.at;
	}
}

static void
setup(void)
{
	uint8_t raw[AUDIT_KEY_LEN];

	secret_init();
	memset(&t, 0, sizeof(t));
	memset(raw, 7, sizeof(raw));
	t.key = secret_new(raw, sizeof(raw));
	t.line = buf_new(AUDIT_LINE_MAX);
	for (size_t i = 0; i < FILES; i++)
		t.file[i] = buf_new(64 * 1024);
}

static void
teardown(void)
{
	secret_free(t.key);
	buf_free(t.line);
	for (size_t i = 0; i < FILES; i++)
		buf_free(t.file[i]);
}

/* Checks the files from `from' on, but not `without'. */
static struct audit_result
verify(size_t from, size_t without, const struct audit_link *known)
{
	struct audit_verify *v = audit_verify_new(t.key, known);
	struct audit_result r;
	char name[AUDIT_NAME_LEN];

	for (size_t i = from; i < FILES; i++) {
		if (i == without)
			continue;
		audit_files_name(i, name);
		audit_verify_file(v, i == FILES - 1 ? "" : name);
		audit_verify_feed(v, buf_ptr(t.file[i]), buf_len(t.file[i]));
	}
	r = *audit_verify_end(v, &t.at);
	audit_verify_free(v);
	return r;
}

START_TEST(goes_on)
{
	struct audit_result r;

	make(0, t.key);
	for (size_t i = 0; i < FILES; i++) {
		r = verify(0, FILES, &t.end[i]);
		ck_assert_msg(r.nfindings == 0, "%s", r.findings[0].text);
		ck_assert_uint_eq(r.entries, t.at.seq);
		ck_assert_uint_eq(r.last.seq, t.at.seq);
	}
	make(0, NULL);
	r = verify(0, FILES, NULL);
	ck_assert_uint_eq(r.nfindings, 0);
	ck_assert_uint_eq(r.uncovered, t.at.seq);
}
END_TEST

/* One in between is gone: what is missing is told, by file and line. */
START_TEST(lacks_one)
{
	struct audit_result r;

	make(0, t.key);
	for (size_t i = 1; i < FILES - 1; i++) {
		r = verify(0, i, NULL);
		ck_assert_uint_ge(r.nfindings, 1);
		ck_assert_str_eq(r.findings[0].kind, "missing");
		ck_assert_uint_eq(r.findings[0].line, 1);
		ck_assert_uint_eq(r.findings[0].seq, t.end[i].seq + 1);
	}
}
END_TEST

/* The first ones are gone, and the log does not say so. */
START_TEST(lacks_the_first)
{
	struct audit_result r;

	make(0, t.key);
	for (size_t i = 1; i < FILES; i++) {
		r = verify(i, FILES, &t.at);
		ck_assert_uint_eq(r.nfindings, 1);
		ck_assert_str_eq(r.findings[0].kind, "missing");
		ck_assert_uint_eq(r.findings[0].seq, t.end[i - 1].seq);
	}
}
END_TEST

START_TEST(was_pruned)
{
	struct audit_result r;

	for (size_t i = 1; i < FILES; i++) {
		make(i, t.key);
		r = verify(i, FILES, &t.at);
		ck_assert_msg(r.nfindings == 0, "%s", r.findings[0].text);
		/* The checkpoint is in what was removed. */
		r = verify(i, FILES, &t.end[0]);
		ck_assert_msg(r.nfindings == 0, "%s", r.findings[0].text);
		/* It was not removed yet. */
		r = verify(i - 1, FILES, i == 1 ? NULL : &t.end[i - 1]);
		ck_assert_msg(r.nfindings == 0, "%s", r.findings[0].text);
		if (i == FILES - 1)
			break;
		/* One more than that is gone. */
		r = verify(i + 1, FILES, &t.at);
		ck_assert_uint_eq(r.nfindings, 1);
		ck_assert_str_eq(r.findings[0].kind, "missing");
	}
}
END_TEST

/*
 * Somebody without the key writes a log anew that begins late, and says that
 * all before was removed: the keychain knows better.
 */
START_TEST(is_forged)
{
	struct audit_link known;
	struct audit_result r;

	make(0, t.key);
	known = t.end[0];
	make(2, NULL);
	r = verify(2, FILES, &known);
	ck_assert_uint_eq(r.nfindings, 1);
	ck_assert_str_eq(r.findings[0].kind, "rewritten");
	ck_assert_uint_eq(r.keyed, 0);
}
END_TEST

/*
 * Somebody without the key adds to a log that nobody writes just now that its
 * first files were removed; the next entry covers that with the key.
 */
START_TEST(is_forged_behind)
{
	struct audit_link known;
	struct audit_result r;
	char seq[32];

	make(0, t.key);
	known = t.at;
	snprintf(seq, sizeof(seq), "%llu", (unsigned long long)t.end[1].seq);
	put(FILES - 1, NULL, AUDIT_PRUNED, "up_to", seq, NULL);
	put(FILES - 1, t.key, AUDIT_KEY_READ, NULL, NULL, NULL);
	r = verify(2, FILES, &known);
	ck_assert_uint_eq(r.nfindings, 1);
	ck_assert_str_eq(r.findings[0].kind, "missing");
	ck_assert_uint_eq(r.findings[0].seq, t.end[1].seq);
	/* With the key it is believed. */
	make(0, t.key);
	put(FILES - 1, t.key, AUDIT_PRUNED, "up_to", seq, NULL);
	r = verify(2, FILES, &known);
	ck_assert_msg(r.nfindings == 0, "%s", r.findings[0].text);
}
END_TEST

/* Every byte of every file. */
START_TEST(every_byte)
{
	struct audit_result r;
	uint8_t *p;

	make(2, t.key);
	for (size_t i = 2; i < FILES; i++)
		for (size_t n = 0; n < buf_len(t.file[i]); n++) {
			p = (uint8_t *)(uintptr_t)buf_ptr(t.file[i]) + n;
			*p ^= 1;
			r = verify(2, FILES, &t.at);
			ck_assert_msg(r.nfindings + r.partial > 0,
			    "file %zu, byte %zu", i, n);
			*p ^= 1;
		}
	r = verify(2, FILES, &t.at);
	ck_assert_uint_eq(r.nfindings, 0);
}
END_TEST

/* A file that does not end is no place for the log to go on. */
START_TEST(does_not_end)
{
	struct audit_verify *v = audit_verify_new(t.key, NULL);
	const struct audit_result *r;

	make(0, t.key);
	for (size_t i = 0; i < FILES; i++) {
		audit_verify_file(v, i == FILES - 1 ? "" : "old");
		audit_verify_feed(
		    v, buf_ptr(t.file[i]), buf_len(t.file[i]) - (i == 1));
	}
	r = audit_verify_end(v, &t.at);
	ck_assert_uint_eq(r->nfindings, 1);
	ck_assert_str_eq(r->findings[0].kind, "damaged");
	ck_assert_uint_eq(r->findings[0].line, LINES + 1);
	ck_assert_int_eq(strncmp(r->findings[0].text, "old: ", 5), 0);
	audit_verify_free(v);
}
END_TEST

/* --- which there are --- */

START_TEST(are_found)
{
	static const char *const others[] = { "audit.jsonl", "audit-1.jsonl",
		"audit-00000000000001x.jsonl", "audit-000000000000007.json",
		"audit-000000000000007.jsonl.bak", "audit.state" };
	char dir[] = "/var/tmp/test_audit_files.XXXXXX";
	char name[AUDIT_NAME_LEN], *command;
	struct audit_files files;
	int d, fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	d = open(dir, O_RDONLY | O_DIRECTORY);
	ck_assert_int_eq(audit_files_list(d, &files), 0);
	ck_assert_uint_eq(files.n, 0);
	ck_assert_uint_eq(files.end, 0);
	audit_files_clear(&files);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		close(openat(d, others[i], O_CREAT | O_WRONLY, 0600));
	for (uint64_t i = 3; i > 0; i--) {
		audit_files_name(100 * i, name);
		fd = openat(d, name, O_CREAT | O_WRONLY, 0600);
		ck_assert_int_eq(ftruncate(fd, 100), 0);
		close(fd);
	}
	/* A link, and one that others could have written. */
	ck_assert_int_eq(
	    symlinkat("audit.jsonl", d, "audit-000000000000900.jsonl"), 0);
	fd = openat(d, "audit-000000000000901.jsonl", O_CREAT | O_WRONLY, 0600);
	ck_assert_int_eq(fchmod(fd, 0660), 0);
	close(fd);
	ck_assert_int_eq(audit_files_list(d, &files), 0);
	ck_assert_uint_eq(files.n, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(files.v[i].base, 100 * (i + 1));
	ck_assert_str_eq(files.v[2].name, "audit-000000000000300.jsonl");
	ck_assert_uint_eq(files.end, 400);
	fd = audit_files_open(d, files.v[0].name);
	ck_assert_int_ne(fd, -1);
	close(fd);
	ck_assert_int_eq(
	    audit_files_open(d, "audit-000000000000900.jsonl"), -1);
	ck_assert_int_eq(
	    audit_files_open(d, "audit-000000000000901.jsonl"), -1);
	audit_files_clear(&files);
	close(d);
	command = xasprintf("rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
	free(command);
}
END_TEST

/* A file of the folder d: its first line says to follow `before', if any. */
static void
place(int d, const char *name, const char *before, off_t size)
{
	int fd = openat(d, name, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	struct audit_link at = { .seq = 7 };

	buf_reset(t.line);
	audit_line_begin(t.line, 1700000000123, 8, &nobody,
	    before != NULL ? AUDIT_TURNED : AUDIT_KEY_READ,
	    before != NULL ? before : "x", "ok");
	audit_line_end(t.line, NULL, &at);
	ck_assert_int_eq(write(fd, buf_ptr(t.line), buf_len(t.line)),
	    (ssize_t)buf_len(t.line));
	ck_assert_int_eq(ftruncate(fd, size), 0);
	close(fd);
}

#define AUDIT(n) "audit-000000000" #n ".jsonl"
#define LATE	 "audit-000000900000000.jsonl"
#define LAST	 "audit-999999999999999.jsonl"

static const struct {
	const char *what;
	const char *now; /* what the one written says to follow; "": nothing */
	struct {
		const char *name, *before;
	} f[4]; /* 1000 bytes each */
	uint64_t base;
	size_t n, foreign;
} places[] = {
	{ "none", "", { { NULL } }, 0, 0, 0 },
	{ "the log is one file", NULL, { { NULL } }, 0, 0, 0 },
	{ "one was planted", NULL, { { LAST, NULL } }, 0, 0, 1 },
	{ "with a number that could be", NULL, { { LATE, NULL } }, 0, 0, 1 },
	{ "and nothing is there", "", { { LATE, NULL } }, 0, 0, 1 },
	{ "that says to follow the log", "",
	    { { AUDIT(000000), NULL }, { LAST, AUDIT(000000) } }, 1000, 1, 1 },
	{ "but the log says which", AUDIT(001000),
	    { { AUDIT(000000), NULL }, { AUDIT(001000), AUDIT(000000) },
		{ LATE, AUDIT(001000) }, { LAST, AUDIT(001000) } },
	    2000, 2, 2 },
	{ "the last was put aside, and no other begun", "",
	    { { AUDIT(000000), NULL }, { AUDIT(001000), AUDIT(000000) } }, 2000,
	    2, 0 },
	{ "the first are gone", "", { { AUDIT(005000), AUDIT(004000) } }, 6000,
	    1, 0 },
	{ "one between is", "",
	    { { AUDIT(000000), NULL }, { AUDIT(002000), AUDIT(001000) } }, 3000,
	    2, 0 },
	{ "the one before is", AUDIT(001000), { { AUDIT(000000), NULL } }, 1001,
	    1, 0 },
	{ "one was changed, and has its place", "",
	    { { AUDIT(000000), NULL }, { AUDIT(001000), NULL } }, 2000, 2, 0 },
	{ "a name that is none", "../../x", { { AUDIT(000000), NULL } }, 1000,
	    1, 0 },
	{ "a number that is none", LAST, { { AUDIT(000000), NULL } }, 1000, 1,
	    0 },
};

START_TEST(have_places)
{
	char dir[] = "/var/tmp/test_audit_files.XXXXXX";
	const char *now = places[_i].now;
	struct audit_files files;
	int d, fd;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	d = open(dir, O_RDONLY | O_DIRECTORY);
	for (size_t i = 0; i < 4 && places[_i].f[i].name != NULL; i++)
		place(d, places[_i].f[i].name, places[_i].f[i].before, 1000);
	place(d, "audit.jsonl", now, now != NULL && *now == '\0' ? 0 : 1000);
	ck_assert_int_eq(audit_files_list(d, &files), 0);
	fd = audit_files_open(d, "audit.jsonl");
	ck_assert_uint_eq(audit_files_place(d, &files, fd,
			      now != NULL && *now == '\0' ? 0 : 1000),
	    places[_i].base);
	audit_files_until(&files, places[_i].base);
	ck_assert_uint_eq(files.n, places[_i].n);
	ck_assert_uint_eq(files.foreign, places[_i].foreign);
	ck_assert_uint_eq(
	    files.end, files.n == 0 ? 0 : files.v[files.n - 1].base + 1000);
	audit_files_clear(&files);
	for (size_t i = 0; i < 4 && places[_i].f[i].name != NULL; i++)
		(void)unlinkat(d, places[_i].f[i].name, 0);
	(void)unlinkat(d, "audit.jsonl", 0);
	close(fd);
	close(d);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

Suite *
suite_audit_files(void)
{
	Suite *s = suite_create("audit-files");
	TCase *tc = tcase_create("audit-files");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, goes_on);
	tcase_add_test(tc, lacks_one);
	tcase_add_test(tc, lacks_the_first);
	tcase_add_test(tc, was_pruned);
	tcase_add_test(tc, is_forged);
	tcase_add_test(tc, is_forged_behind);
	tcase_add_test(tc, every_byte);
	tcase_add_test(tc, does_not_end);
	tcase_add_test(tc, are_found);
	tcase_add_loop_test(
	    tc, have_places, 0, sizeof(places) / sizeof(places[0]));
	suite_add_tcase(s, tc);
	return s;
}
