/*
 * A vault of a test's own, and the system calls that reach it.
 */
#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "secret.h"
#include "vaultrig.h"
#include "xmalloc.h"

/* --- system calls, counted --------------------------------------------------
 */

enum stop stop_how;
unsigned stop_at;
const char *appears;
static unsigned calls;

/* The linker's names for them (--wrap); ours are not reserved ones. */
#define NAMED(name) __asm__(name)

int real_openat(int, const char *, int, ...) NAMED("__real_openat");
int wrap_openat(int, const char *, int, ...) NAMED("__wrap_openat");
ssize_t real_write(int, const void *, size_t) NAMED("__real_write");
ssize_t wrap_write(int, const void *, size_t) NAMED("__wrap_write");
int real_fsync(int) NAMED("__real_fsync");
int wrap_fsync(int) NAMED("__wrap_fsync");
int real_close(int) NAMED("__real_close");
int wrap_close(int) NAMED("__wrap_close");
int real_renameat(int, const char *, int, const char *)
    NAMED("__real_renameat");
int wrap_renameat(int, const char *, int, const char *)
    NAMED("__wrap_renameat");
int real_linkat(int, const char *, int, const char *, int)
    NAMED("__real_linkat");
int wrap_linkat(int, const char *, int, const char *, int)
    NAMED("__wrap_linkat");
int real_unlinkat(int, const char *, int) NAMED("__real_unlinkat");
int wrap_unlinkat(int, const char *, int) NAMED("__wrap_unlinkat");

/* Just before a file gets its name. */
static void
appear(void)
{
	if (appears != NULL)
		(void)!symlink("x", appears);
}

/* Whether this call must fail; does not come back if the process ends here. */
static bool
stopped(void)
{
	if (stop_how == NOTHING || ++calls != stop_at)
		return false;
	if (stop_how == DIE)
		_exit(DIED);
	errno = ENOSPC;
	return true;
}

int
wrap_openat(int dir, const char *name, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? (mode_t)va_arg(ap, int) : 0;
	va_end(ap);
	return stopped() ? -1 : real_openat(dir, name, flags, mode);
}

ssize_t
wrap_write(int fd, const void *p, size_t len)
{
	/* A part has reached the file before the end comes. */
	if (stop_how != NOTHING && calls + 1 == stop_at)
		(void)!real_write(fd, p, len / 2);
	return stopped() ? -1 : real_write(fd, p, len);
}

int
wrap_fsync(int fd)
{
	return stopped() ? -1 : real_fsync(fd);
}

int
wrap_close(int fd)
{
	return stopped() ? -1 : real_close(fd);
}

int
wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	appear();
	return stopped() ? -1 : real_renameat(from_dir, from, to_dir, to);
}

int
wrap_linkat(
    int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	appear();
	return stopped() ? -1 : real_linkat(from_dir, from, to_dir, to, flags);
}

int
wrap_unlinkat(int dir, const char *name, int flags)
{
	return stopped() ? -1 : real_unlinkat(dir, name, flags);
}

/* --- a vault of its own
 * -------------------------------------------------------
 */

const struct keychain_backend *const b = &keychain_vault;
char folder[64], path[80], why[512];
uint8_t key[KC_VAULT_KEY_LEN];

struct kc_reach
reach(const uint8_t *k)
{
	struct kc_reach r = { .vault = path, .vault_key = k };

	return r;
}

int
store(const char *profile, const char *value)
{
	const struct kc_item item = { profile, "openai" };
	struct kc_reach r = reach(key);

	why[0] = '\0';
	return b->store(&r, &item, value, strlen(value), why, sizeof(why));
}

int
drop(const char *profile)
{
	const struct kc_item item = { profile, "" };
	struct kc_reach r = reach(key);

	return b->remove(&r, &item, why, sizeof(why));
}

const char *
lookup(const char *profile)
{
	static char buf[KC_SECRET_MAX + 1];
	const struct kc_item item = { profile, "openai" };
	struct kc_reach r = reach(key);
	size_t len;
	int e;

	e = b->lookup(&r, &item, buf, sizeof(buf), &len, why, sizeof(why));
	ck_assert_msg(e == RL_OK || e == RL_ERR_NOTFOUND, "%d: %s", e, why);
	return e == RL_OK ? buf : "";
}

int
unlock(const char *pass, uint8_t *k)
{
	struct kc_reach r = reach(NULL);

	return b->unlock(&r, pass, strlen(pass), k, why, sizeof(why));
}

int
make(uint8_t *k)
{
	struct kc_reach r = reach(NULL);

	return b->make(&r, PASS, strlen(PASS), k, why, sizeof(why));
}

uint64_t
generation(void)
{
	struct kc_reach r = reach(key);

	ck_assert_int_eq(b->status(&r, why, sizeof(why)), RL_OK);
	return r.generation;
}

void
vault_setup(void)
{
	secret_init();
	(void)umask(022);
	snprintf(folder, sizeof(folder), "/tmp/ringlet-vault.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/vault", folder);
	ck_assert_int_eq(make(key), RL_OK);
	ck_assert_int_eq(store("work", "sk-work"), RL_OK);
}

void
vault_teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

struct bytes
slurp(void)
{
	struct bytes f = { xcalloc(1, 1 << 16), 0 };
	FILE *fp = fopen(path, "r");

	ck_assert_ptr_nonnull(fp);
	f.len = fread(f.p, 1, 1 << 16, fp);
	fclose(fp);
	return f;
}

void
spill(const uint8_t *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, p, len), (ssize_t)len);
	close(fd);
}

void
is_still(const struct bytes *f)
{
	struct bytes now = slurp();

	ck_assert_uint_eq(now.len, f->len);
	ck_assert_mem_eq(now.p, f->p, f->len);
	free(now.p);
}

void
says(const char *words)
{
	ck_assert_msg(
	    strstr(why, words) != NULL, "\"%s\" is not in \"%s\"", words, why);
}
