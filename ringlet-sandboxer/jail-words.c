/*
 * The words of a command: see jail-words.h.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "jail-words.h"
#include "jail.h"
#include "xmalloc.h"

#define NUMBER_MAX 24 /* bytes of a 64-bit number in decimal, and its NUL */

void
jail_words_begin(struct jail_words *w)
{
	w->text = buf_new(SIZE_MAX);
	w->n = 0;
}

void
jail_words_add(struct jail_words *w, const char *word)
{
	/* The buffer is without a bound. */
	(void)buf_put(w->text, word, strlen(word) + 1);
	w->n++;
}

void
jail_words_number(struct jail_words *w, uint64_t n)
{
	char number[NUMBER_MAX];

	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)n);
	jail_words_add(w, number);
}

static void
add_limits(struct jail_words *w, const struct jail_limits *l)
{
	const uint64_t each[] = { l->memory, l->processes, l->files, l->cpu };
	size_t i;

	if (l->memory == 0 && l->processes == 0 && l->files == 0 && l->cpu == 0)
		return;
	jail_words_add(w, "-l");
	for (i = 0; i < sizeof(each) / sizeof(each[0]); i++)
		jail_words_number(w, each[i]);
}

void
jail_words_init(struct jail_words *w, const struct jail *j)
{
	const struct msg_jail_start *plan = j->plan;
	size_t i;

	add_limits(w, &j->limits);
	jail_words_number(w, JAIL_FD_REPORT);
	for (i = 0; plan->sandboxed && i < 2; i++) {
		jail_words_add(w, j->proof[i].path);
		jail_words_number(w, j->proof[i].dev);
		jail_words_number(w, j->proof[i].ino);
	}
	for (i = 0; plan->sandboxed && i < plan->proofs.n; i++)
		jail_words_add(w, plan->proofs.v[i]);
	jail_words_add(w, "--");
	jail_words_add(w, plan->path);
	for (i = 0; i < plan->argv.n; i++)
		jail_words_add(w, plan->argv.v[i]);
}

char **
jail_words_end(struct jail_words *w)
{
	char **argv, *p;
	size_t i;

	argv = xmalloc((w->n + 1) * sizeof(*argv) + buf_len(w->text));
	p = (char *)(argv + w->n + 1);
	memcpy(p, buf_ptr(w->text), buf_len(w->text));
	for (i = 0; i < w->n; i++) {
		argv[i] = p;
		p += strlen(p) + 1;
	}
	argv[i] = NULL;
	buf_free(w->text);
	return argv;
}
