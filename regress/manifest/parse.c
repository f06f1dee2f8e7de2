/*
 * Says of each manifest that is named, "agent:FILE" or "provider:FILE", whether
 * manifest_parse() takes it: a line "ok", or what is wrong with it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "manifest-format.h"
#include "paths.h"

int
main(int argc, char **argv)
{
	struct manifest *m;
	enum manifest_kind kind;
	char *text, why[512];
	const char *file;
	size_t len;

	for (int i = 1; i < argc; i++) {
		kind = strncmp(argv[i], "agent:", 6) == 0 ? MANIFEST_AGENT
							  : MANIFEST_PROVIDER;
		if ((file = strchr(argv[i], ':')) == NULL ||
		    paths_read_file(file + 1, MANIFEST_MAX + 1, &text, &len) !=
			RL_OK) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return 1;
		}
		if (manifest_parse(text, len, kind, &m, why, sizeof(why)) ==
		    RL_OK)
			strlcpy(why, "ok", sizeof(why));
		manifest_free(m);
		free(text);
		puts(why);
	}
	return 0;
}
