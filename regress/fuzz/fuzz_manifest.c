/*
 * Fuzzes what registries and people write and the monitor reads: the first byte
 * chooses, 'A' for an agent's manifest, 'P' for a provider's.  One that is taken
 * must keep the promises of its header, whatever else it says: no key outside
 * an environment, no path out of a home, no variable that loads code.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "manifest-format.h"
#include "valid.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
require(bool cond)
{
	if (!cond)
		abort();
}

static void
check_env(const struct manifest_env *e)
{
	char why[256];

	for (; e->value != NULL; e++) {
		require(manifest_template_ok(e->value, true, why, sizeof(why)));
		require(e->name == NULL ||
		    (valid_env_name(e->name, strlen(e->name)) &&
			!valid_env_is_dangerous(e->name, strlen(e->name))));
	}
}

static void
check_agent(const struct manifest_agent *a)
{
	const struct manifest_arg *arg;
	const struct manifest_file *f;
	char why[256];

	require(valid_ident(a->id) && valid_homes_folder(a->homes));
	require(a->types != NULL && a->types[0] != NULL);
	require(a->binary == NULL || strchr(a->binary, '/') == NULL);
	check_env(a->env);
	for (arg = a->args; arg->text != NULL; arg++)
		require(manifest_template_ok(
		    arg->text, false, why, sizeof(why)));
	for (f = a->files; f->path != NULL; f++) {
		require(valid_rel_path(f->path));
		require(f->form == FORM_JSON ? json_is_object(f->content)
					     : json_is_array(f->content));
	}
}

static void
check_provider(const struct manifest_provider *p)
{
	const char *url;
	char why[256];

	require(valid_ident(p->id) && valid_ident(p->type));
	check_env(p->env);
	require(manifest_endpoint(p, "", &url, why, sizeof(why)) == RL_OK);
	require(p->auth_variable == NULL ||
	    manifest_url_ok(url, why, sizeof(why)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct manifest *m;
	enum manifest_kind kind;
	char why[512] = "", *text;
	int r;

	if (len == 0)
		return 0;
	/* A block of its own, so that ASan sees a byte too many. */
	if ((text = malloc(len)) == NULL)
		abort();
	memcpy(text, data + 1, len - 1);
	kind = data[0] == 'A' ? MANIFEST_AGENT : MANIFEST_PROVIDER;
	r = manifest_parse(text, len - 1, kind, &m, why, sizeof(why));
	free(text);
	require((r == RL_OK) == (m != NULL));
	if (m == NULL) {
		require(why[0] != '\0' && valid_utf8(why, strlen(why)));
		return 0;
	}
	if (kind == MANIFEST_AGENT)
		check_agent(manifest_get_agent(m));
	else
		check_provider(manifest_get_provider(m));
	manifest_free(m);
	return 0;
}
