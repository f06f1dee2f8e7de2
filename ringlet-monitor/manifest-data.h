#ifndef MANIFEST_DATA_H
#define MANIFEST_DATA_H
/*
 * The built-in manifests: manifests/, as text (contrib/embed-manifests makes
 * manifest-data.c).
 */

#include <stddef.h>

#include "manifest-format.h"

struct manifest_text {
	enum manifest_kind kind;
	const char *text; /* NULL ends the table */
};

extern const struct manifest_text manifest_texts[];

#endif /* MANIFEST_DATA_H */
