/*
 * Prints what PROTOCOL.ipc must say, from the tables that the programs use:
 * messages and fields from msgtab-*.c, and the rule rows of every process,
 * which contrib/check-protocol has copied into rows.h.  One fact a line,
 * starting with the message's number.
 *
 *	N NAME
 *	N field PLACE NAME KIND [BOUND] [secret]
 *	N row FROM TO STATES FDS MAXLEN [token] [control] [once] [answers NAME]
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "msgdef.h"
#include "peer.h"

struct state_name {
	const char *process;
	const char *name;
	unsigned bit;
};

struct table {
	const char *process; /* that has the table, and so receives */
	const struct msg_rule *rules;
	size_t nrules;
};

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

/* Defines state_names[] and tables[]. */
#include "rows.h"

static const struct {
	unsigned bit;
	const char *name;
} senders[] = {
	{ FROM_MONITOR, "monitor" },
	{ FROM_RINGLETD, "ringletd" },
	{ FROM_SANDBOXER, "sandboxer" },
	{ FROM_CLI, "cli" },
	{ FROM_VIEWER, "viewer" },
	{ FROM_SCREEN, "screen" },
	{ FROM_KEYCHAIN, "keychain" },
	{ FROM_BROWSER, "browser" },
	{ FROM_PROBER, "prober" },
	{ FROM_FETCHER, "fetcher" },
};

static void
print_bound(uint64_t max)
{
	if (max == UINT64_MAX || max == INT64_MAX)
		return;
	printf(" %llu", (unsigned long long)max);
}

static void
print_fields(unsigned number, const struct msg_rec *rec, const char *place,
    const char *prefix)
{
	static const char *const kinds[] = { [MF_U64] = "u64",
		[MF_I64] = "i64",
		[MF_BOOL] = "bool",
		[MF_STR] = "str",
		[MF_BIN] = "bin",
		[MF_STRS] = "strs",
		[MF_RECS] = "recs" };
	char inner_place[64], inner_prefix[256];

	for (size_t i = 0; i < rec->nfields; i++) {
		const struct msg_field *f = &rec->fields[i];

		printf("%u field %s%zu %s%s %s", number, place, i + 1, prefix,
		    f->name, kinds[f->kind]);
		if (f->kind != MF_BOOL)
			print_bound(f->max);
		printf("%s\n", f->flags & MFF_SECRET ? " secret" : "");
		if (f->kind != MF_RECS)
			continue;
		(void)snprintf(inner_place, sizeof(inner_place), "%s%zu.",
		    place, i + 1);
		(void)snprintf(inner_prefix, sizeof(inner_prefix), "%s%s.",
		    prefix, f->name);
		print_fields(number, f->rec, inner_place, inner_prefix);
	}
}

static void
print_states(const char *process, unsigned states)
{
	const char *comma = "";

	for (size_t i = 0; i < NELEM(state_names); i++) {
		const struct state_name *s = &state_names[i];

		if ((states & s->bit) == 0 ||
		    (s->process[0] != '\0' &&
			strcmp(s->process, process) != 0))
			continue;
		printf("%s%s", comma, s->name);
		comma = ",";
		states &= ~s->bit;
	}
	if (states != 0)
		printf("%s0x%x", comma, states);
}

static void
print_row(const struct table *t, const struct msg_rule *r, unsigned bit,
    const char *from)
{
	/* Only ringletd's tokens are judged: see authorise() in peer.c. */
	bool token = bit == FROM_RINGLETD;

	printf("%u row %s %s ", r->type, from, t->process);
	print_states(t->process, r->states);
	printf(" %u %u", r->nfds, r->maxlen);
	if (token && r->flags & RULE_TOKEN)
		printf(" token");
	if (token && r->flags & RULE_CONTROL)
		printf(" control");
	if (r->flags & RULE_ONCE)
		printf(" once");
	if (r->flags & ~(unsigned)(RULE_TOKEN | RULE_CONTROL | RULE_ONCE))
		printf(" 0x%x", r->flags);
	if (r->answers != 0)
		printf(" answers %s", msg_type_get(r->answers)->name);
	printf("\n");
}

int
main(void)
{
	const struct msg_type *t;

	for (size_t i = 0; (t = msg_type_at(i)) != NULL; i++) {
		printf("%u %s\n", t->type, t->name);
		print_fields(t->type, t->rec, "", "");
	}
	for (size_t i = 0; i < NELEM(tables); i++)
		for (size_t k = 0; k < tables[i].nrules; k++)
			for (size_t s = 0; s < NELEM(senders); s++)
				if (tables[i].rules[k].from & senders[s].bit)
					print_row(&tables[i],
					    &tables[i].rules[k],
					    senders[s].bit, senders[s].name);
	return 0;
}
