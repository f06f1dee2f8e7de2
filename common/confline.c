/*
 * Words of a line of settings: one reader for both files that have such.
 */

#include "config.h"

#include <string.h>

#include "confline.h"

int
confline_word(char **s, char **word)
{
	char *p = *s + strspn(*s, " \t"), *end;

	if (*p == '\0' || *p == '#') {
		*s = p;
		return 0;
	}
	if (*p == '"') {
		*word = ++p;
		if ((end = strchr(p, '"')) == NULL)
			return -1;
		*end++ = '\0';
		if (*end != '\0' && strchr(" \t", *end) == NULL)
			return -1;
	} else {
		*word = p;
		end = p + strcspn(p, " \t");
		if (*end != '\0')
			*end++ = '\0';
	}
	*s = end;
	return 1;
}
