/*
 * manifest-msg.c: manifests as messages tell of them.
 *
 * Names of files and texts of errors come from folders that anything can be in:
 * they are escaped, and cut to what a message may hold.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest-msg.h"
#include "valid.h"
#include "xmalloc.h"

#define DAMAGE_MAX 1024
#define ID_MAX	   128

static bool
is_known(const struct manifest_set *set, enum manifest_kind kind,
    const char *id)
{
	return manifest_source(set, kind, id, 0, NULL) != NULL;
}

static char *
damage_text(const struct manifest_broken *b)
{
	char *text = xasprintf("%s: %s", b->where, b->why);
	char *shown = xcalloc(1, DAMAGE_MAX);

	text_escape(shown, DAMAGE_MAX, text);
	free(text);
	return shown;
}

void
manifest_tell(const struct manifest_set *set, enum manifest_kind kind,
    const char *id, struct manifest_told *told)
{
	const struct manifest_broken *b;
	const char *label;
	size_t i;

	memset(told, 0, sizeof(*told));
	told->source = manifest_source(set, kind, id, 0, NULL);
	told->strs.v = told->shadows;
	while (told->strs.n < 2 && (label = manifest_source(set, kind, id,
					told->strs.n + 1, NULL)) != NULL)
		told->shadows[told->strs.n++] = label;
	for (i = 0; (b = manifest_broken(set, i)) != NULL; i++)
		if (b->kind == kind && strcmp(b->id, id) == 0 &&
		    told->damage == NULL)
			told->damage = damage_text(b);
	if (told->damage == NULL)
		told->damage = xstrdup("");
}

bool
manifest_tell_broken(const struct manifest_set *set, enum manifest_kind kind,
    size_t n, struct manifest_told *told)
{
	const struct manifest_broken *b;
	char shown[ID_MAX];
	size_t i;

	for (i = 0; (b = manifest_broken(set, i)) != NULL; i++) {
		if (b->kind != kind || is_known(set, kind, b->id) || n-- > 0)
			continue;
		memset(told, 0, sizeof(*told));
		told->source = "";
		told->strs.v = told->shadows;
		told->damage = damage_text(b);
		told->id = xstrdup(text_escape(shown, sizeof(shown), b->id));
		return true;
	}
	return false;
}

void
manifest_told_clear(struct manifest_told *told)
{
	free(told->damage);
	free(told->id);
	memset(told, 0, sizeof(*told));
}
