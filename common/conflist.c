/*
 * Settings that are lists: one value a line.
 */

#include "config.h"

#include <string.h>
#include <strings.h>

#include "conf.h"
#include "confkey.h"
#include "minisign.h"
#include "registry.h"
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
	return kind == CK_PATHS || kind == CK_NAMES || kind == CK_ROOTS ||
	    kind == CK_SIGNERS || conflist_is_single(kind);
}

bool
conflist_is_single(enum conf_kind kind)
{
	return kind == CK_PLACE || kind == CK_IDENT;
}

/* What is wrong with a value, or NULL. */
static const char *
judge(enum conf_kind kind, const char *value)
{
	struct minisign_key key;
	size_t len = strlen(value);

	switch (kind) {
	case CK_NAMES:
		if (!valid_env_name(value, len))
			return "is not a variable's name";
		if (valid_env_is_dangerous(value, len))
			return "can make programs load code or redirect them";
		return NULL;
	case CK_SIGNERS:
		return minisign_key_parse(value, &key)
		    ? NULL
		    : "is not a public key of minisign: the second line of "
		      "its .pub file";
	case CK_PLACE:
		return registry_url_where(value) != REGISTRY_NOWHERE
		    ? NULL
		    : "is neither https://HOST[:PORT]/PATH, nor file:///PATH, "
		      "nor an absolute path (http:// is for 127.0.0.1, [::1] "
		      "and localhost alone)";
	case CK_IDENT:
		return valid_ident(value)
		    ? NULL
		    : "is not 1 to 64 of a-z 0-9 . _ and -";
	default:
		return is_path(kind, value)
		    ? NULL
		    : "is not an absolute path, or one that begins with ~/, "
		      "without . or .. parts";
	}
}

const char *
conflist_add(enum conf_kind kind, struct strlist *list, const char *value)
{
	const char *wrong;

	if (strcasecmp(value, "none") == 0) {
		strlist_clear(list);
		return NULL;
	}
	if (list->n == CONF_LIST_MAX)
		return "comes too often";
	if ((wrong = judge(kind, value)) != NULL)
		return wrong;
	if (!strlist_has(list, value))
		strlist_add(list, value);
	return NULL;
}
