/*
 * The field tables of all messages: how each struct of msgdef.h lies in a
 * body, and the bound of each field, in msgtab-*.c by conversation.  Nothing
 * here decides who may send what; that is each process's rule rows.
 */

#include "config.h"

#include <stddef.h>
#include <stdint.h>

#include "msgdef.h"
#include "msgtab.h"

const struct msg_rec msgtab_empty = { 0, NULL, 0 };

static const struct msg_field f_msg_token_only[] = {
	SECRET_BIN(msg_token_only, token, TOKEN_MAX),
};

const struct msg_rec msgtab_token_only = { sizeof(struct msg_token_only),
	f_msg_token_only, NELEM(f_msg_token_only) };

static const struct msgtab_group *const groups[] = {
	&msgtab_daemon,
	&msgtab_session,
	&msgtab_profile,
	&msgtab_viewer,
	&msgtab_keychain,
	&msgtab_registry,
	&msgtab_hook,
	&msgtab_upload,
};

const struct msg_type *
msg_type_get(uint16_t type)
{
	for (size_t g = 0; g < NELEM(groups); g++)
		for (size_t i = 0; i < groups[g]->n; i++)
			if (groups[g]->types[i].type == type)
				return &groups[g]->types[i];
	return NULL;
}

size_t
msg_type_count(void)
{
	size_t n = 0;

	for (size_t g = 0; g < NELEM(groups); g++)
		n += groups[g]->n;
	return n;
}

const struct msg_type *
msg_type_at(size_t i)
{
	for (size_t g = 0; g < NELEM(groups); g++) {
		if (i < groups[g]->n)
			return &groups[g]->types[i];
		i -= groups[g]->n;
	}
	return NULL;
}
