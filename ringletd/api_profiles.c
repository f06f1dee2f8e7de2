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

struct create {
	char *alias;
	char *agent_id;
	char *provider_id;
	char *endpoint_id;
	char *model;
	char *working_dir;
	char *api_key;
	char **args;
	char **env;
};

static const struct json_member create_members[] = {
	{ "alias", JK_STRING, offsetof(struct create, alias), NAME_LEN, 0, 0,
	    JSONF_REQUIRED, NULL },
	{ "agent_id", JK_STRING, offsetof(struct create, agent_id), NAME_LEN,
	    0, 0, JSONF_REQUIRED, NULL },
	{ "provider_id", JK_STRING, offsetof(struct create, provider_id),
	    NAME_LEN, 0, 0, JSONF_REQUIRED, NULL },
	{ "endpoint_id", JK_STRING, offsetof(struct create, endpoint_id),
	    PATH_LEN, 0, 0, 0, NULL },
	{ "model", JK_STRING, offsetof(struct create, model), NAME_LEN, 0, 0,
	    0, NULL },
	{ "working_dir", JK_STRING, offsetof(struct create, working_dir),
	    PATH_LEN, 0, 0, 0, NULL },
	{ "api_key", JK_STRING, offsetof(struct create, api_key), KEY_LEN, 0,
	    0, 0, NULL },
	{ "args", JK_STRINGS, offsetof(struct create, args), ARGS_MAX, 0, 0,
	    0, NULL },
	{ "env", JK_STRINGS, offsetof(struct create, env), ARGS_MAX, 0, 0,
	    0, NULL },
};

struct sealed {
	char *key_id;
	char *ciphertext;
	uint8_t *bytes; /* ciphertext, decoded */
	size_t len;
};

static const struct json_member sealed_members[] = {
	{ "key_id", JK_STRING, offsetof(struct sealed, key_id), NAME_LEN, 0,
	    0, JSONF_REQUIRED, NULL },
	{ "ciphertext", JK_STRING, offsetof(struct sealed, ciphertext),
	    SEALED_LEN, 0, 0, JSONF_REQUIRED, NULL },
};

/* What anybody with a token may see.  There is no key in it. */
static json_t *
profile_json(const struct msg_profile *p)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o,"
	    " s:o, s:o, s:I, s:b, s:o}",
	    "alias", p->alias,
	    "agent_id", p->agent_id,
	    "provider_id", p->provider_id,
	    "endpoint_id", reply_text(p->endpoint_id),
	    "endpoint_url", reply_text(p->endpoint_url),
	    "model", reply_text(p->model),
	    "args", reply_strings(&p->args),
	    "working_dir", reply_text(p->working_dir),
	    "profile_home", p->home,
	    "env", reply_strings(&p->env),
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
	struct msg_alias m = { request_token_bin(r), r->param };

	if (!valid_alias(r->param)) {
		reply_failure(r, RL_ERR_NOTFOUND, "no such profile");
		return;
	}
	request_call(r, MSG_PROFILE_GET, &m, on_profile);
}

static void
on_deleted(struct request *r, struct msg *m)
{
	(void)m;
	reply_data(r, 200, json_pack("{s:s, s:s}", "alias", r->param,
	    "message", "profile deleted"));
}

void
api_profile_delete(struct request *r)
{
	struct msg_profile_delete m = { request_token_bin(r), r->param, false };

	if (!valid_alias(r->param)) {
		reply_failure(r, RL_ERR_NOTFOUND, "no such profile");
		return;
	}
	request_call(r, MSG_PROFILE_DELETE, &m, on_deleted);
}

static void
on_created(struct request *r, struct msg *m)
{
	reply_data(r, 201, profile_json(m->body));
}

static void
sealed_clear(struct sealed *s)
{
	json_free_members(sealed_members, NELEM(sealed_members), s);
	free(s->bytes);
	s->bytes = NULL;
	s->len = 0;
}

/* Takes sealed_key off obj.  False: why says what is wrong with it. */
static bool
take_sealed(json_t *obj, struct sealed *s, char *why, size_t size)
{
	const json_t *key = json_object_get(obj, "sealed_key");
	char inner[160];

	if (key == NULL)
		return true;
	if (!json_is_object(key)) {
		(void)snprintf(why, size,
		    "member 'sealed_key' must be an object");
		return false;
	}
	if (json_get_members(key, sealed_members, NELEM(sealed_members), s,
	    inner, sizeof(inner)) != 0) {
		(void)snprintf(why, size, "member 'sealed_key': %s", inner);
		return false;
	}
	s->bytes = base64_decode(s->ciphertext, strlen(s->ciphertext),
	    &s->len);
	if (s->bytes == NULL || s->len == 0) {
		(void)snprintf(why, size, "member 'sealed_key': member "
		    "'ciphertext' is not base64");
		return false;
	}
	json_object_del(obj, "sealed_key");
	return true;
}

static void
create(struct request *r, const struct create *c, const struct sealed *s)
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
	m.sealed_key_id = s->key_id;
	m.sealed_key.p = s->bytes;
	m.sealed_key.len = s->len;
	request_call(r, MSG_PROFILE_CREATE, &m, on_created);
}

void
api_profile_create(struct request *r)
{
	struct create c;
	struct sealed s;
	char why[256];
	json_t *obj;

	memset(&c, 0, sizeof(c));
	memset(&s, 0, sizeof(s));
	if ((obj = body_object(r)) == NULL)
		return;
	if (!take_sealed(obj, &s, why, sizeof(why)) ||
	    json_get_members(obj, create_members, NELEM(create_members), &c,
	    why, sizeof(why)) != 0)
		reply_error(r, 400, RL_ERR_INVALID, "the body: %s", why);
	else if (c.api_key != NULL && s.bytes != NULL)
		reply_error(r, 400, RL_ERR_INVALID,
		    "the body: both 'api_key' and 'sealed_key'");
	else
		create(r, &c, &s);
	json_decref(obj);
	json_free_members(create_members, NELEM(create_members), &c);
	sealed_clear(&s);
}

/* --- another key --- */

static const struct json_member rekey_members[] = {
	{ "api_key", JK_STRING, 0, KEY_LEN, 0, 0, 0, NULL },
};

static void
on_rekeyed(struct request *r, struct msg *m)
{
	const struct msg_rekeyed *k = m->body;

	reply_data(r, 200, json_pack("{s:s, s:s, s:o}", "alias", k->alias,
	    "keychain", k->keychain, "sessions",
	    reply_strings(&k->sessions)));
}

static void
rekey(struct request *r, const char *key, const struct sealed *s)
{
	struct msg_profile_rekey m;

	memset(&m, 0, sizeof(m));
	m.token = request_token_bin(r);
	m.alias = r->param;
	if (key != NULL) {
		m.key.p = (const uint8_t *)key;
		m.key.len = strlen(key);
	}
	m.sealed_key_id = s->key_id;
	m.sealed_key.p = s->bytes;
	m.sealed_key.len = s->len;
	request_call(r, MSG_PROFILE_REKEY, &m, on_rekeyed);
}

void
api_profile_rekey(struct request *r)
{
	char *key = NULL, why[256];
	struct sealed s;
	json_t *obj;

	if (!valid_alias(r->param)) {
		reply_failure(r, RL_ERR_NOTFOUND, "no such profile");
		return;
	}
	memset(&s, 0, sizeof(s));
	if ((obj = body_object(r)) == NULL)
		return;
	if (!take_sealed(obj, &s, why, sizeof(why)) ||
	    json_get_members(obj, rekey_members, NELEM(rekey_members), &key,
	    why, sizeof(why)) != 0)
		reply_error(r, 400, RL_ERR_INVALID, "the body: %s", why);
	else if ((key != NULL) == (s.bytes != NULL))
		reply_error(r, 400, RL_ERR_INVALID,
		    "the body: give one of 'sealed_key' and 'api_key'");
	else
		rekey(r, key, &s);
	json_decref(obj);
	json_free_members(rekey_members, NELEM(rekey_members), &key);
	sealed_clear(&s);
}
