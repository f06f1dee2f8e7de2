/*
 * Fuzzes the grammar of --bwrap-flags.  Each line of the input is one element
 * of the list.  Whatever is taken must be one of the few options that a jail
 * may get, whole, with absolute paths that hide or show nothing of Ringlet's,
 * and with what proves each source; what is refused must say why.
 */
#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bwrapflags.h"
#include "err.h"
#include "jailcheck.h"
#include "msg.h"
#include "paths.h"
#include "valid.h"

#define ELEMENTS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Folders that are nowhere: what is refused does not depend on the machine. */
static const struct paths paths = {
	.home = (char[]){ "/nonexistent/u" },
	.config_dir = (char[]){ "/nonexistent/u/.config/ringlet" },
	.data_dir = (char[]){ "/nonexistent/u/.local/share/ringlet" },
	.state_dir = (char[]){ "/nonexistent/u/.local/state/ringlet" },
	.runtime_dir = (char[]){ "/nonexistent/run/ringlet" },
};

static void
require(int cond)
{
	if (!cond)
		abort();
}

static void
check_words(const struct bwrap_flags *f)
{
	char why[512];
	size_t i, binds = 0;

	for (i = 0; i < f->nwords;) {
		const char *w = f->words[i];

		if (strcmp(w, "--unshare-cgroup") == 0 ||
		    strcmp(w, "--assert-userns-disabled") == 0) {
			i++;
			continue;
		}
		if (strcmp(w, "--hostname") == 0) {
			require(f->nwords - i >= 2);
			i += 2;
			continue;
		}
		if (strcmp(w, "--dir") == 0 || strcmp(w, "--remount-ro") == 0) {
			require(f->nwords - i >= 2);
			require(valid_abs_path(f->words[i + 1]));
			require(jailcheck_may_cover(f->words[i + 1], why,
			    sizeof(why)) == 0);
			i += 2;
			continue;
		}
		if (strcmp(w, "--tmpfs") == 0) {
			require(f->nwords - i >= 4);
			require(jailcheck_may_hide(f->words[i + 1], why,
			    sizeof(why)) == 0);
			require(strcmp(f->words[i + 2], "--remount-ro") == 0);
			require(strcmp(f->words[i + 3], f->words[i + 1]) == 0);
			i += 4;
			continue;
		}
		if (strcmp(w, "--symlink") == 0) {
			require(f->nwords - i >= 3);
			require(jailcheck_may_cover(f->words[i + 2], why,
			    sizeof(why)) == 0);
			i += 3;
			continue;
		}
		require(strcmp(w, "--ro-bind") == 0);
		require(f->nwords - i >= 3);
		require(valid_abs_path(f->words[i + 1]));
		require(valid_abs_path(f->words[i + 2]));
		require(jailcheck_may_show(&paths, f->words[i + 1], why,
		    sizeof(why)) == 0);
		require(jailcheck_may_cover(f->words[i + 2], why,
		    sizeof(why)) == 0);
		require(f->nproofs >= 3 * (binds + 1));
		require(strcmp(f->proofs[3 * binds], f->words[i + 2]) == 0);
		binds++;
		i += 3;
	}
	require(f->nproofs == 3 * binds);
	require(binds == 0 || f->widens);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *v[ELEMENTS_MAX];
	struct msg_strs given = { v, 0 };
	struct bwrap_flags f;
	char *text, *p, why[512] = "";
	int r;

	/* A block of its own, so that ASan sees a byte too many. */
	if ((text = malloc(len + 1)) == NULL)
		abort();
	memcpy(text, data, len);
	text[len] = '\0';
	for (p = text; p != NULL && given.n < ELEMENTS_MAX;)
		v[given.n++] = strsep(&p, "\n");
	r = bwrap_flags_parse(&paths, &given, &f, why, sizeof(why));
	require(r == 0 || r == RL_ERR_INVALID || r == RL_ERR_DENIED);
	require(memchr(why, '\0', sizeof(why)) != NULL);
	if (r == 0)
		check_words(&f);
	else
		require(why[0] != '\0');
	bwrap_flags_clear(&f);
	require(f.words == NULL && f.nwords == 0);
	require(f.proofs == NULL && f.nproofs == 0);
	free(text);
	return 0;
}
