/*
 * Routes about the registry of manifests.
 */
#include "config.h"

#include <string.h>

#include "err.h"
#include "json.h"
#include "msgdef.h"
#include "ringletd.h"

#define REF_LEN 64

static const struct reply_member registry_members[] = {
	{ "url", "string?" },
	{ "channel", "string?" },
	{ "key_ids", "strings" },
	{ "pin", "string?" },
	{ "current", "string?" },
	{ "problem", "string?" },
	{ "refused", "string?" },
	{ "versions", "objects" },
	{ "manifests", "strings" },
	{ "shadowed", "strings" },
};
const struct reply_table registry_reply = REPLY_TABLE(registry_members);

static json_t *
version_json(const struct msg_registry_version *v)
{
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:o}",
	    "id", v->id,
	    "name", v->name,
	    "version", v->version,
	    "serial", (json_int_t)v->serial,
	    "channel", v->channel,
	    "sha256", v->sha256,
	    "key_id", v->key_id,
	    "installed_at", reply_time(v->installed_at));
}

static void
on_state(struct request *r, struct msg *m)
{
	const struct msg_registry_state *s = m->body;
	const struct msg_registry_version *v = s->versions.v;
	json_t *list = json_array();

	for (size_t i = 0; i < s->versions.n; i++)
		json_array_append_new(list, version_json(&v[i]));
	reply_data(r, 200,
	    json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"url", reply_text(s->url), "channel", reply_text(s->channel),
		"key_ids", reply_strings(&s->keys), "pin", reply_text(s->pin),
		"current",
		s->used && s->versions.n > 0 ? json_string(v[0].id)
					     : json_null(),
		"problem", reply_text(s->problem), "refused",
		reply_text(s->refused), "versions", list, "manifests",
		reply_strings(&s->manifests), "shadowed",
		reply_strings(&s->shadowed)));
}

void
api_registry(struct request *r)
{
	struct msg_registry_get m = { .token = request_token_bin(r) };

	request_call(r, MSG_REGISTRY_GET, &m, on_state);
}

struct pin {
	char *ref;
};

static const struct json_member pin_members[] = {
	{ "ref", JK_STRING, offsetof(struct pin, ref), REF_LEN, 0, 0,
	    JSONF_REQUIRED, NULL },
};
const struct json_table registry_pin_body = BODY_TABLE(pin_members);

void
api_registry_pin(struct request *r)
{
	struct pin pin = { NULL };
	struct msg_registry_pin m;

	if (body_members(r, &pin)) {
		m.token = request_token_bin(r);
		m.ref = pin.ref;
		request_call(r, MSG_REGISTRY_PIN, &m, on_state);
	}
	json_free_members(pin_members, NELEM(pin_members), &pin);
}

static const struct reply_member installed_members[] = {
	{ "id", "string" },
	{ "name", "string" },
	{ "version", "string" },
	{ "serial", "integer" },
	{ "channel", "string" },
	{ "key_id", "string" },
	{ "unchanged", "boolean" },
	{ "manifests", "strings" },
	{ "shadowed", "strings" },
	{ "endpoints", "strings" },
};
const struct reply_table registry_installed_reply =
    REPLY_TABLE(installed_members);

static void
on_installed(struct request *r, struct msg *m)
{
	const struct msg_registry_installed *i = m->body;

	reply_data(r, 200,
	    json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:b, s:o, s:o, s:o}",
		"id", i->id,
		"name", i->name,
		"version", i->version,
		"serial", (json_int_t)i->serial,
		"channel", i->channel,
		"key_id", i->key_id,
		"unchanged", (int)i->unchanged,
		"manifests", reply_strings(&i->manifests),
		"shadowed", reply_strings(&i->shadowed),
		"endpoints", reply_strings(&i->endpoints)));
}

void
api_registry_sync(struct request *r)
{
	struct msg_token_only m = { request_token_bin(r) };

	request_call(r, MSG_REGISTRY_SYNC, &m, on_installed);
}
