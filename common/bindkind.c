/*
 * Mounts of a jail in words.
 */

#include "config.h"

#include <stddef.h>

#include "bindkind.h"
#include "msgdef.h"

const char *
bind_kind_name(uint64_t kind)
{
	static const char *const names[] = { [BIND_RO] = "read-only",
		[BIND_RW] = "read-write",
		[BIND_TMPFS] = "memory",
		[BIND_DIR] = "folder",
		[BIND_SYMLINK] = "link",
		[BIND_DEV] = "devices",
		[BIND_PROC] = "processes",
		[BIND_EMPTY] = "hidden" };

	return kind < sizeof(names) / sizeof(*names) && names[kind] != NULL
		   ? names[kind]
		   : "unknown";
}
