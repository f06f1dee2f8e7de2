/*
 * Settings that are lists: one value a line.
 */

#include "config.h"

#include <string.h>
#include <strings.h>

#include "conf.h"
#include "confkey.h"
#include "valid.h"

/* Absolute, or below the home of whoever runs the daemon. */
static bool
is_path(enum conf_kind kind, const char *value)
{
	if (kind == CK_ROOTS && strcmp(value, "~/") == 0)
		return true;
	if (strncmp(value, "~/", 2) == 0)
		value++;
	/* A line of a file could not say these again. */
	return valid_abs_path(value) && strcmp(value, "/") != 0 &&
	    strpbrk(value, "\"\n\r") == NULL &&
	    valid_utf8(value, strlen(value));
}

bool
conflist_is(enum conf_kind kind)
{
	return kind == CK_PATHS || kind == CK_NAMES || kind == CK_ROOTS;
}

const char *
conflist_add(enum conf_kind kind, struct strlist *list, const char *value)
{
	size_t len = strlen(value);

	if (strcasecmp(value, "none") == 0) {
		strlist_clear(list);
		return NULL;
	}
	if (list->n == CONF_LIST_MAX)
		return "comes too often";
	if (kind != CK_NAMES && !is_path(kind, value))
		return "is not an absolute path, or one that begins with ~/, "
		       "without . or .. parts";
	if (kind == CK_NAMES && !valid_env_name(value, len))
		return "is not a variable's name";
	if (kind == CK_NAMES && valid_env_is_dangerous(value, len))
		return "can make programs load code or redirect them";
	if (!strlist_has(list, value))
		strlist_add(list, value);
	return NULL;
}
