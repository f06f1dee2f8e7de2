/*
 * Memory files with what a terminal shows.  Who reads one trusts neither the
 * keeper that wrote it nor the sandboxer that sealed it: without all four
 * seals it could be cut short while it is read, which is SIGBUS.
 */

#include "config.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>

#include "err.h"
#include "fdpass.h"
#include "platform.h"
#include "snapshot.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)

int
snapshot_new(void)
{
	int fd;

	fd = memfd_create("ringlet-screen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd == -1 ? RL_ERR_SYSTEM : fd;
}

int
snapshot_blank(void)
{
	int fd, ret;

	if ((fd = snapshot_new()) >= 0 && (ret = snapshot_seal(fd, 0)) != 0) {
		fd_close(fd);
		return ret;
	}
	return fd;
}

int
snapshot_seal(int fd, uint64_t size)
{
	struct stat st;

	if (size > SNAPSHOT_MAX || fcntl(fd, F_ADD_SEALS, SEALS) == -1 ||
	    platform_fstat(fd, &st) == -1 || st.st_size != (off_t)size)
		return RL_ERR_INVALID;
	return 0;
}

int
snapshot_map(int fd, const uint8_t **p, size_t *len)
{
	struct stat st;
	void *map;
	int seals;

	*p = NULL;
	*len = 0;
	seals = fcntl(fd, F_GET_SEALS);
	if (seals == -1 || (seals & SEALS) != SEALS)
		return RL_ERR_INVALID;
	if (platform_fstat(fd, &st) == -1)
		return RL_ERR_SYSTEM;
	if (st.st_size < 0 || st.st_size > SNAPSHOT_MAX)
		return RL_ERR_INVALID;
	if (st.st_size == 0)
		return 0;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return RL_ERR_SYSTEM;
	*p = map;
	*len = (size_t)st.st_size;
	return 0;
}

void
snapshot_unmap(const uint8_t *p, size_t len)
{
	if (p != NULL)
		(void)munmap((void *)(uintptr_t)p, len);
}
