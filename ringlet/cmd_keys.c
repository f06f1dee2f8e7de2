/*
 * profiles rekey.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "keysource.h"
#include "ringlet.h"
#include "secret.h"
#include "xmalloc.h"

/* The key for a profile that is there: 0 and *key, or reports. */
static int
ask_key(struct cli *cli, const struct args *args, const struct msg_profile *pr,
    struct secret **key)
{
	const struct msg_token_only ask = { 0 };
	const struct msg_provider *p;
	char *question;
	struct msg m;
	int r;

	r = client_call(cli, MSG_PROVIDER_LIST, &ask, MSG_PROVIDERS, &m);
	if (r != 0)
		return r;
	if ((p = provider_find(m.body, pr->provider_id)) == NULL)
		r = fail_no_provider(cli, m.body, pr->provider_id);
	else if (*p->auth_variable == '\0')
		r = fail_error(cli, RL_ERR_INVALID,
		    "'%s' has no API key: provider '%s' takes none", pr->alias,
		    p->id);
	else {
		question =
		    xasprintf("New API key of %s for %s (%s): ", pr->alias,
			p->id, p->auth_variable);
		r = key_source_get(cli, args, pr->agent_id, p, question, key);
		free(question);
	}
	msg_clear(&m);
	return r;
}

static int
print_rekeyed(const struct cli *cli, const struct msg_rekeyed *k)
{
	if (cli->json)
		return print_json(cli,
		    json_pack("{s:s, s:s, s:o}", "alias", k->alias, "keychain",
			k->keychain, "sessions", json_strs(&k->sessions)));
	hint(cli, "'%s' has another key, in the keychain %s", k->alias,
	    k->keychain);
	for (size_t i = 0; i < k->sessions.n; i++)
		hint(cli,
		    "session %s goes on with the former key: 'ringlet "
		    "terminal kill %s' ends it",
		    k->sessions.v[i], k->sessions.v[i]);
	return STATUS_DONE;
}

int
cmd_profiles_rekey(struct cli *cli, const struct args *args)
{
	const struct msg_alias who = { .alias = args->v[0] };
	struct msg_profile_rekey req = { .alias = args->v[0] };
	struct secret *key = NULL;
	struct msg m;
	int r;

	if ((r = key_source_check(cli, args)) != 0)
		return r;
	r = client_call(cli, MSG_PROFILE_GET, &who, MSG_PROFILE, &m);
	if (r != 0)
		return r;
	r = ask_key(cli, args, m.body, &key);
	msg_clear(&m);
	if (r != 0)
		return r;
	req.key.p = (const uint8_t *)secret_ptr(key);
	req.key.len = secret_len(key);
	r = client_call(cli, MSG_PROFILE_REKEY, &req, MSG_REKEYED, &m);
	secret_free(key);
	if (r != 0)
		return r;
	r = print_rekeyed(cli, m.body);
	msg_clear(&m);
	return r;
}
