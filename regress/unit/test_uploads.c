/*
 * Pictures for agents: what is none is refused, what is too much, what comes
 * out of order; a file has no name before it is whole; and whatever an agent
 * without a jail does in the folder, no link is followed and nothing is
 * replaced, nor is there more room for it.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "secret.h"
#include "uploads.h"

#define PNG "\x89PNG\r\n\x1a\n"

static char top[] = "/tmp/uploads.XXXXXX";
static char why[1024];
static struct uploads u;
static const struct upload_bounds bounds = { 1000, 2500 };

/* The file system that the folder is on. */
static struct disk {
	uint64_t size; /* bytes ... */
	uint64_t avail;
	uint64_t all_names; /* 0: they are not counted */
	uint64_t names;
} disk;

int wrap_fstatvfs(int, struct statvfs *) __asm__("__wrap_fstatvfs");

int
wrap_fstatvfs(int fd, struct statvfs *v)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	memset(v, 0, sizeof(*v));
	v->f_frsize = 1;
	v->f_blocks = disk.size;
	v->f_bavail = disk.avail;
	v->f_files = disk.all_names;
	v->f_favail = disk.names;
	return 0;
}

static void
setup(void)
{
	const uint64_t large = 1ULL << 40;

	disk = (struct disk){ large, large, 0, 0 };
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(uploads_make(&u, top, true, why, sizeof(why)), 0);
}

static void
teardown(void)
{
	char cmd[PATH_MAX + 64];

	uploads_remove(&u);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", top);
	ck_assert_int_eq(system(cmd), 0);
}

/* Names in a folder below top, but for . and ..; -1: it is not there. */
static int
names_in(const char *below)
{
	char path[PATH_MAX];
	struct dirent *e;
	DIR *d;
	int n = 0;

	snprintf(path, sizeof(path), "%s/%s", top, below);
	if ((d = opendir(path)) == NULL)
		return -1;
	while ((e = readdir(d)) != NULL)
		n +=
		    strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

static const char *
in_folder(const char *name)
{
	static char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", u.path, name);
	return path;
}

/* Begins a picture of size bytes, of which so many come. */
static int
begin(uint64_t size, size_t len, uint64_t now)
{
	uint8_t p[4096];

	memset(p, 'x', sizeof(p));
	memcpy(p, PNG, 8);
	return upload_begin(&u, &bounds, size, p, len, now, why, sizeof(why));
}

static int
more(const char *name, uint64_t offset, size_t len, uint64_t now)
{
	uint8_t p[4096];

	memset(p, 'y', sizeof(p));
	return upload_more(&u, name, offset, p, len, now, why, sizeof(why));
}

/* One of size bytes, from its beginning to where the agent sees it. */
static int
whole(uint64_t size)
{
	int r = begin(size, (size_t)size, 0);

	return r != 0 ? r : upload_finish(&u, why, sizeof(why));
}

START_TEST(kinds)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *type; /* NULL: none */
		const char *ending;
	} rows[] = {
		{ PNG "1234", 12, "image/png", "png" },
		{ "\xff\xd8\xff\xe0"
		  "12345678",
		    12, "image/jpeg", "jpg" },
		{ "GIF87a123456", 12, "image/gif", "gif" },
		{ "GIF89a123456", 12, "image/gif", "gif" },
		{ "RIFF1234WEBP", 12, "image/webp", "webp" },
		{ "RIFF1234WAVE", 12, NULL, NULL },
		{ "GIF88a123456", 12, NULL, NULL },
		{ PNG "123", 11, NULL, NULL },
		{ "#!/bin/sh\nexit", 14, NULL, NULL },
		{ "<svg xmlns=''>", 14, NULL, NULL },
		{ "%PDF-1.7 12345", 14, NULL, NULL },
		{ "BM1234567890", 12, NULL, NULL },
		{ "", 0, NULL, NULL },
	};
	char name[64];
	struct stat st;
	int n = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = upload_begin(&u, &bounds, rows[i].len,
		    (const uint8_t *)rows[i].bytes, rows[i].len, 0, why,
		    sizeof(why));

		if (rows[i].type == NULL) {
			ck_assert_int_eq(r, RL_ERR_INVALID);
			ck_assert_ptr_null(u.now);
			continue;
		}
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(upload_type(u.now), rows[i].type);
		snprintf(
		    name, sizeof(name), "paste-%d.%s", ++n, rows[i].ending);
		ck_assert_str_eq(upload_name(u.now), name);
		ck_assert_int_eq(upload_finish(&u, why, sizeof(why)), 0);
		ck_assert_int_eq(lstat(in_folder(name), &st), 0);
		ck_assert(S_ISREG(st.st_mode));
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
		ck_assert_uint_eq((size_t)st.st_size, rows[i].len);
		ck_assert_uint_eq(st.st_nlink, 1);
	}
	ck_assert_int_eq(names_in("files"), 1);
}
END_TEST

/* No file has a name before its last byte, and none of one that is given up. */
START_TEST(pieces)
{
	char hash[UPLOAD_HASH_LEN + 1];
	struct stat st;

	ck_assert_str_eq(u.place, UPLOADS_PLACE);
	ck_assert_int_eq(begin(100, 40, 0), 0);
	ck_assert_int_eq(rmdir(u.path), 0);
	ck_assert_int_eq(mkdir(u.path, 0700), 0);
	ck_assert_uint_eq(upload_received(u.now), 40);
	ck_assert_int_eq(more("paste-2.png", 40, 10, 0), RL_ERR_NOTFOUND);
	ck_assert_int_eq(more("../paste-1.png", 40, 10, 0), RL_ERR_NOTFOUND);
	ck_assert_int_eq(more("paste-1.png", 0, 10, 0), RL_ERR_STATE);
	ck_assert_int_eq(more("paste-1.png", 41, 10, 0), RL_ERR_STATE);
	ck_assert_int_eq(more("paste-1.png", 40, 0, 0), RL_ERR_STATE);
	ck_assert_uint_eq(upload_received(u.now), 40);
	ck_assert_int_eq(more("paste-1.png", 40, 60, 0), 0);
	ck_assert_uint_eq(upload_received(u.now), upload_size(u.now));
	upload_hash(u.now, hash);
	/* Of the PNG's beginning, 32 times 'x' and 60 times 'y'. */
	ck_assert_str_eq(hash,
	    "171a5da7661d4f31442dae8c9153a38d3c4841e7863e26b715cd87bddd2e649c");
	ck_assert_int_eq(upload_finish(&u, why, sizeof(why)), 0);
	ck_assert_int_eq(lstat(in_folder("paste-1.png"), &st), 0);
	ck_assert_int_eq((int)st.st_size, 100);
	ck_assert_uint_eq(u.used, 100);
	ck_assert_int_eq(more("paste-1.png", 100, 1, 0), RL_ERR_NOTFOUND);

	/* More than was said: it is given up, and leaves nothing. */
	ck_assert_int_eq(begin(50, 40, 0), 0);
	ck_assert_int_eq(more("paste-2.png", 40, 11, 0), RL_ERR_TOOBIG);
	ck_assert_ptr_null(u.now);
	ck_assert_int_eq(begin(20, 40, 0), RL_ERR_INVALID);
	ck_assert_int_eq(begin(50, 40, 0), 0);
	ck_assert_int_eq(
	    upload_drop(&u, "paste-2.png", why, sizeof(why)), RL_ERR_NOTFOUND);
	ck_assert_int_eq(upload_drop(&u, "paste-3.png", why, sizeof(why)), 0);
	ck_assert_int_eq(names_in("files"), 1);
	ck_assert_uint_eq(u.used, 100);
}
END_TEST

/* Who has begun one and gone is in nobody's way for long. */
START_TEST(one_at_a_time)
{
	ck_assert_int_eq(begin(100, 40, 1000), 0);
	ck_assert_int_eq(
	    begin(100, 40, 1000 + UPLOADS_STALE_MS - 1), RL_ERR_STATE);
	ck_assert_int_eq(
	    more("paste-1.png", 40, 10, 1000 + UPLOADS_STALE_MS - 1), 0);
	ck_assert_int_eq(begin(100, 40, 1000 + UPLOADS_STALE_MS), RL_ERR_STATE);
	ck_assert_int_eq(begin(100, 40, 1000 + 2 * UPLOADS_STALE_MS), 0);
	ck_assert_str_eq(upload_name(u.now), "paste-2.png");
	ck_assert_int_eq(more("paste-1.png", 50, 10, 1000), RL_ERR_NOTFOUND);
	/* The one's part in the other's place. */
	ck_assert_int_eq(names_in("files"), 2);
}
END_TEST

START_TEST(room)
{
	ck_assert_int_eq(begin(1001, 40, 0), RL_ERR_TOOBIG);
	ck_assert_ptr_nonnull(strstr(why, "UploadMaxSize"));
	ck_assert_int_eq(begin(UINT64_MAX, 40, 0), RL_ERR_TOOBIG);
	ck_assert_int_eq(whole(1000), 0);
	ck_assert_int_eq(whole(1000), 0);
	ck_assert_int_eq(begin(501, 40, 0), RL_ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(why, "UploadQuota"));
	/* That an agent has removed some makes no room. */
	ck_assert_int_eq(unlink(in_folder("paste-1.png")), 0);
	ck_assert_int_eq(begin(501, 40, 0), RL_ERR_LIMIT);
	ck_assert_int_eq(whole(500), 0);
	ck_assert_int_eq(begin(12, 12, 0), RL_ERR_LIMIT);
	/* A bound that has become lower. */
	u.used = 5000;
	ck_assert_int_eq(begin(12, 12, 0), RL_ERR_LIMIT);
	u.used = 0;
	u.files = UPLOADS_FILES;
	ck_assert_int_eq(begin(12, 12, 0), RL_ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(why, "1000 pictures"));
}
END_TEST

/* What an agent without a jail can do there. */
START_TEST(hostile_folder)
{
	char outside[PATH_MAX], part[PATH_MAX], moved[PATH_MAX];
	struct stat st;
	FILE *f;

	snprintf(outside, sizeof(outside), "%s/outside", top);
	ck_assert_ptr_nonnull(f = fopen(outside, "w"));
	ck_assert_int_eq(fclose(f), 0);

	/* A link where the file will be: it is neither followed nor replaced.
	 */
	ck_assert_int_eq(symlink(outside, in_folder("paste-1.png")), 0);
	ck_assert_int_eq(whole(100), RL_ERR_EXISTS);
	ck_assert_int_eq(lstat(in_folder("paste-1.png"), &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_uint_eq(u.used, 0);
	ck_assert_ptr_null(u.now);

	/* A link where the part will be: it goes. */
	snprintf(part, sizeof(part), "%s.part", u.path);
	ck_assert_int_eq(symlink(outside, part), 0);
	ck_assert_int_eq(whole(100), 0);
	ck_assert_int_eq(lstat(part, &st), -1);
	ck_assert_int_eq(stat(outside, &st), 0);
	ck_assert_int_eq((int)st.st_size, 0);

	/* A folder that others may enter, a link to one, none at all. */
	ck_assert_int_eq(chmod(u.path, 0755), 0);
	ck_assert_int_eq(whole(100), RL_ERR_SYSTEM);
	ck_assert_int_eq(chmod(u.path, 0700), 0);
	snprintf(moved, sizeof(moved), "%s.moved", u.path);
	ck_assert_int_eq(rename(u.path, moved), 0);
	ck_assert_int_eq(symlink(moved, u.path), 0);
	ck_assert_int_eq(whole(100), RL_ERR_SYSTEM);
	ck_assert_int_eq(unlink(u.path), 0);
	ck_assert_int_eq(whole(100), RL_ERR_SYSTEM);
	ck_assert_ptr_null(u.now);
	ck_assert_int_eq(lstat(part, &st), -1);

	/* Its removal follows none of them either. */
	ck_assert_int_eq(symlink(moved, u.path), 0);
	uploads_remove(&u);
	ck_assert_int_eq(stat(moved, &st), 0);
	ck_assert_int_eq(stat(outside, &st), 0);
}
END_TEST

static bool
keeps(void *arg, const char *id)
{
	return strcmp(arg, id) == 0;
}

/* Over an exec of the monitor, and after its death. */
START_TEST(handed_over)
{
	char id[UPLOADS_ID_LEN + 1];
	struct uploads next;
	struct stat st;

	ck_assert_int_eq(whole(100), 0);
	ck_assert_int_eq(begin(100, 40, 0), 0);
	snprintf(id, sizeof(id), "%s", u.id);
	ck_assert_int_eq(
	    uploads_adopt(&next, top, "../../etc", true, 0, 0), RL_ERR_INVALID);
	ck_assert_int_eq(
	    uploads_adopt(&next, top, id, true, u.used, u.files), 0);
	uploads_forget(&u);
	u = next;
	/* What was under way is not known any more, and its part goes. */
	ck_assert_int_eq(more("paste-2.png", 40, 10, 0), RL_ERR_NOTFOUND);
	uploads_sweep(top, keeps, id);
	ck_assert_int_eq(names_in("files"), 1);
	ck_assert_int_eq(stat(in_folder("paste-1.png"), &st), 0);
	ck_assert_int_eq(whole(100), 0);
	ck_assert_int_eq(stat(in_folder("paste-3.png"), &st), 0);
	ck_assert_uint_eq(u.used, 200);
	/* Nobody knows of it. */
	uploads_sweep(top, keeps, (char[]){ "" });
	ck_assert_int_eq(names_in("files"), 0);
	uploads_forget(&u);
	/* Where nothing is, that is well. */
	uploads_sweep("/nonexistent", keeps, id);
}
END_TEST

/* Whatever settings allow, the folder's file system is not filled. */
START_TEST(floor_of_room)
{
	const uint64_t large = 1000ULL * 1024 * 1024, small = 1024 * 1024;
	char says[64];

	/* 64 MiB stay free of a large one. */
	disk = (struct disk){ large, UPLOADS_FLOOR + 2500, 0, 0 };
	ck_assert_int_eq(whole(900), 0);
	ck_assert_int_eq(begin(900, 40, 0), 0);
	/* Another program has taken some of it. */
	disk.avail = UPLOADS_FLOOR + 99;
	ck_assert_int_eq(more("paste-2.png", 40, 100, 0), RL_ERR_LIMIT);
	snprintf(says, sizeof(says), "%llu bytes are free",
	    (unsigned long long)UPLOADS_FLOOR + 99);
	ck_assert_ptr_nonnull(strstr(why, u.top));
	ck_assert_ptr_nonnull(strstr(why, says));
	ck_assert_ptr_nonnull(strstr(why, "67108864 of them stay"));
	/* It is given up, and takes no room. */
	ck_assert_ptr_null(u.now);
	ck_assert_int_eq(names_in("files"), 1);
	/* One that will not fit is not begun. */
	ck_assert_int_eq(begin(100, 40, 0), RL_ERR_LIMIT);
	ck_assert_int_eq(names_in("files"), 1);
	disk.avail = UPLOADS_FLOOR - 1;
	ck_assert_int_eq(begin(40, 40, 0), RL_ERR_LIMIT);
	/* A quarter of a small one. */
	disk = (struct disk){ small, small / 4 + 100, 0, 0 };
	ck_assert_int_eq(whole(100), 0);
	disk.avail--;
	ck_assert_int_eq(whole(100), RL_ERR_LIMIT);
	/* Names, where they are counted. */
	disk = (struct disk){ large, large, 100000, 1023 };
	ck_assert_int_eq(whole(100), RL_ERR_LIMIT);
	ck_assert_ptr_nonnull(strstr(why, "1023 files"));
	disk.names = 1024;
	ck_assert_int_eq(whole(100), 0);
	disk = (struct disk){ 0, UPLOADS_FLOOR + 99, 0, 0 };
	ck_assert_int_eq(whole(100), RL_ERR_LIMIT);
}
END_TEST

START_TEST(removal)
{
	ck_assert_int_eq(whole(100), 0);
	ck_assert_int_eq(begin(100, 40, 0), 0);
	uploads_remove(&u);
	ck_assert_int_eq(names_in("files"), 0);
	ck_assert_ptr_null(u.id);
	uploads_remove(&u);
	/* A plan is looked at: nothing is made. */
	uploads_plan(&u, top, false);
	ck_assert_str_eq(u.place, u.path);
	ck_assert_int_eq(names_in("files"), 0);
	uploads_forget(&u);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("uploads");
	TCase *tc = tcase_create("uploads");
	SRunner *sr;
	int failed;

	secret_init();
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, kinds);
	tcase_add_test(tc, pieces);
	tcase_add_test(tc, one_at_a_time);
	tcase_add_test(tc, room);
	tcase_add_test(tc, floor_of_room);
	tcase_add_test(tc, hostile_folder);
	tcase_add_test(tc, handed_over);
	tcase_add_test(tc, removal);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
