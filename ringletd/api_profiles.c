/*
 * Routes about profiles.
 *
 * An API key comes sealed to the monitor's public key (sealed_key), which we
 * only pass on; or, from scripts, in the clear (api_key).  Such a key is in
 * our memory while its request is: in the connection's input, jansson's
 * blocks and the channel's output, all of which are wiped as they are freed.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "apikey.h"
#include "err.h"
#include "json.h"
#include "msgdef.h"
#include "ringletd.h"
#include "secret.h"

#define NAME_LEN 128  /* bytes of an id or model */
#define PATH_LEN 4096 /* bytes of a file name or URL */
#define KEY_LEN	 APIKEY_MAX
/* Base64 of a sealed key, with what it is bound to. */
#define SEALED_LEN ((KEY_LEN + 5 * 1024) / 3 * 4 + 4)

struct sealed {
	char *key_id;
	char *ciphertext;
};

static const struct json_member sealed_members[] = {
	{ "key_id", JK_STRING, offsetof(struct sealed, key_id), NAME_LEN, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "ciphertext", JK_STRING, offsetof(struct sealed, ciphertext),
	    SEALED_LEN, 0, 0, JSONF_REQUIRED, NULL },
};
static const struct json_table sealed_table = BODY_TABLE(sealed_members);

struct create {
	char *alias;
	char *agent_id;
	char *provider_id;
	char *endpoint_id;
	char *model;
	char *working_dir;
	char *api_key;
	struct sealed sealed_key;
	char **args;
	char **env;
};

static const struct json_member create_members[] = {
	{ "alias", JK_STRING, offsetof(struct create, alias), NAME_LEN, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "agent_id", JK_STRING, offsetof(struct create, agent_id), NAME_LEN, 0,
	    0, JSONF_REQUIRED, NULL },
	{ "provider_id", JK_STRING, offsetof(struct create, provider_id),
	    NAME_LEN, 0, 0, JSONF_REQUIRED, NULL },
	{ "endpoint_id", JK_STRING, offsetof(struct create, endpoint_id),
	    PATH_LEN, 0, 0, 0, NULL },
	{ "model", JK_STRING, offsetof(struct create, model), NAME_LEN, 0, 0, 0,
	    NULL },
	{ "working_dir", JK_STRING, offsetof(struct create, working_dir),
	    PATH_LEN, 0, 0, 0, NULL },
	{ "api_key", JK_STRING, offsetof(struct create, api_key), KEY_LEN, 0, 0,
	    0, NULL },
	{ "sealed_key", JK_OBJECT, offsetof(struct create, sealed_key), 0, 0, 0,
	    0, &sealed_table },
	{ "args", JK_STRINGS, offsetof(struct create, args), ARGS_MAX, 0, 0, 0,
	    NULL },
	{ "env", JK_STRINGS, offsetof(struct create, env), ARGS_MAX, 0, 0, 0,
	    NULL },
};
const struct json_table profile_create_body = BODY_TABLE(create_members);

static const struct reply_member profile_members[] = {
	{ "alias", "string" },
	{ "agent_id", "string" },
	{ "provider_id", "string" },
	{ "endpoint_id", "string?" },
	{ "endpoint_url", "string?" },
	{ "manifest_url", "string?" },
	{ "model", "string?" },
	{ "args", "strings" },
	{ "working_dir", "string?" },
	{ "profile_home", "string" },
	{ "env", "strings" },
	{ "grants", "strings" },
	{ "created_at", "string?" },
	{ "last_used", "string?" },
	{ "total_runs", "integer" },
	{ "has_key", "boolean" },
	{ "damage", "string?" },
};
const struct reply_table profile_reply = REPLY_TABLE(profile_members);

/* What anybody with a token may see.  There is no key in it. */
static json_t *
profile_json(const struct msg_profile *p)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o,"
	    " s:o, s:o, s:o, s:I, s:b, s:o}",
	    "alias", p->alias,
	    "agent_id", p->agent_id,
	    "provider_id", p->provider_id,
	    "endpoint_id", reply_text(p->endpoint_id),
	    "endpoint_url", reply_text(p->endpoint_url),
	    "manifest_url", reply_text(p->manifest_url),
	    "model", reply_text(p->model),
	    "args", reply_strings(&p->args),
	    "working_dir", reply_text(p->working_dir),
	    "profile_home", p->home,
	    "env", reply_strings(&p->env),
	    "grants", reply_strings(&p->grants),
	    "created_at", reply_time(p->created_at),
	    "last_used", reply_time(p->last_used),
	    "total_runs", (json_int_t)p->total_runs,
	    "has_key", p->has_key ? 1 : 0,
	    "damage", reply_text(p->damage));
}

static void
on_profiles(struct request *r, struct msg *m)
{
	const struct msg_profiles *list = m->body;
	const struct msg_profile *p = list->list.v;
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < list->list.n; i++)
		json_array_append_new(a, profile_json(&p[i]));
	reply_data(r, 200, a);
}

void
api_profile_list(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_PROFILE_LIST, &m, on_profiles);
}

static void
on_profile(struct request *r, struct msg *m)
{
	reply_data(r, 200, profile_json(m->body));
}

void
api_profile_get(struct request *r)
{
	struct msg_alias m = { request_token_bin(r), r->params[0] };

	if (request_names_profile(r))
		request_call(r, MSG_PROFILE_GET, &m, on_profile);
}

static const struct reply_member profile_deleted_members[] = {
	{ "alias", "string" },
	{ "message", "string" },
};
const struct reply_table profile_deleted_reply =
    REPLY_TABLE(profile_deleted_members);

static void
on_deleted(struct request *r, struct msg *m)
{
	(void)m;
	reply_data(r, 200,
	    json_pack("{s:s, s:s}", "alias", r->params[0], "message",
		"profile deleted"));
}

void
api_profile_delete(struct request *r)
{
	struct msg_profile_delete m = { request_token_bin(r), r->params[0],
		false };

	if (request_names_profile(r))
		request_call(r, MSG_PROFILE_DELETE, &m, on_deleted);
}

static void
on_created(struct request *r, struct msg *m)
{
	reply_data(r, 201, profile_json(m->body));
}

/* key_len bytes of a sealed key, or none. */
static void
create(struct request *r, const struct create *c, const uint8_t *key,
    size_t key_len)
{
	struct msg_profile_create m;

	memset(&m, 0, sizeof(m));
	m.token = request_token_bin(r);
	m.alias = c->alias;
	m.agent_id = c->agent_id;
	m.provider_id = c->provider_id;
	m.endpoint = c->endpoint_id;
	m.model = c->model;
	m.working_dir = c->working_dir;
	m.args = body_strings(c->args);
	m.env = body_strings(c->env);
	if (c->api_key != NULL) {
		m.key.p = (const uint8_t *)c->api_key;
		m.key.len = strlen(c->api_key);
	}
	m.sealed_key_id = c->sealed_key.key_id;
	m.sealed_key.p = key;
	m.sealed_key.len = key_len;
	request_call(r, MSG_PROFILE_CREATE, &m, on_created);
}

/*
 * The ciphertext, decoded, for the caller to free; NULL where there is none.
 * False: the client has got its 400.
 */
static bool
take_sealed(
    struct request *r, const struct sealed *s, uint8_t **key, size_t *len)
{
	*key = NULL;
	*len = 0;
	if (s->ciphertext == NULL)
		return true;
	*key = base64_decode(s->ciphertext, strlen(s->ciphertext), len);
	if (*key != NULL && *len > 0)
		return true;
	reply_error(r, 400, RL_ERR_INVALID,
	    "the body: member 'sealed_key.ciphertext' is not base64");
	free(*key);
	return false;
}

void
api_profile_create(struct request *r)
{
	struct create c;
	uint8_t *key;
	size_t len;

	memset(&c, 0, sizeof(c));
	if (!body_members(r, &c))
		;
	else if (c.api_key != NULL && c.sealed_key.ciphertext != NULL)
		reply_error(r, 400, RL_ERR_INVALID,
		    "the body: both 'api_key' and 'sealed_key'");
	else if (take_sealed(r, &c.sealed_key, &key, &len)) {
		create(r, &c, key, len);
		free(key);
	}
	json_free_members(create_members, NELEM(create_members), &c);
}

/* --- another key --- */

struct rekey {
	char *api_key;
	struct sealed sealed_key;
};

static const struct json_member rekey_members[] = {
	{ "api_key", JK_STRING, offsetof(struct rekey, api_key), KEY_LEN, 0, 0,
	    0, NULL },
	{ "sealed_key", JK_OBJECT, offsetof(struct rekey, sealed_key), 0, 0, 0,
	    0, &sealed_table },
};
const struct json_table profile_rekey_body = BODY_TABLE(rekey_members);

static const struct reply_member rekeyed_members[] = {
	{ "alias", "string" },
	{ "keychain", "string" },
	{ "sessions", "strings" },
};
const struct reply_table profile_rekeyed_reply = REPLY_TABLE(rekeyed_members);

static void
on_rekeyed(struct request *r, struct msg *m)
{
	const struct msg_rekeyed *k = m->body;

	reply_data(r, 200, json_pack("{s:s, s:s, s:o}", "alias", k->alias,
	    "keychain", k->keychain, "sessions",
	    reply_strings(&k->sessions)));
}

/* key_len bytes of a sealed key, or none. */
static void
rekey(struct request *r, const struct rekey *k, const uint8_t *key,
    size_t key_len)
{
	struct msg_profile_rekey m;

	memset(&m, 0, sizeof(m));
	m.token = request_token_bin(r);
	m.alias = r->params[0];
	if (k->api_key != NULL) {
		m.key.p = (const uint8_t *)k->api_key;
		m.key.len = strlen(k->api_key);
	}
	m.sealed_key_id = k->sealed_key.key_id;
	m.sealed_key.p = key;
	m.sealed_key.len = key_len;
	request_call(r, MSG_PROFILE_REKEY, &m, on_rekeyed);
}

void
api_profile_rekey(struct request *r)
{
	struct rekey k;
	uint8_t *key;
	size_t len;

	if (!request_names_profile(r))
		return;
	memset(&k, 0, sizeof(k));
	if (!body_members(r, &k))
		;
	else if ((k.api_key != NULL) == (k.sealed_key.ciphertext != NULL))
		reply_error(r, 400, RL_ERR_INVALID,
		    "the body: give one of 'sealed_key' and 'api_key'");
	else if (take_sealed(r, &k.sealed_key, &key, &len)) {
		rekey(r, &k, key, len);
		free(key);
	}
	json_free_members(rekey_members, NELEM(rekey_members), &k);
}
