/*
 * JSON bodies and base64.  A body may hold an API key in the clear, so all
 * memory that jansson frees is wiped first: its strings, its lexer's buffers,
 * all of it.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "json.h"
#include "ringletd.h"
#include "xmalloc.h"

void
body_init(void)
{
	json_set_alloc_funcs(wipe_alloc, wipe_free);
}

void
body_free(char *text)
{
	wipe_free(text);
}

json_t *
body_object(struct request *r)
{
	char why[512];
	json_t *obj;

	obj = json_parse_object(r->body.p, r->body.len, why, sizeof(why));
	if (obj == NULL)
		reply_error(r, 400, RL_ERR_INVALID, "the body: %s", why);
	return obj;
}

bool
body_members(struct request *r, void *target)
{
	const struct json_table *t = r->route->body;
	char why[512];
	json_t *obj;
	int err;

	if ((obj = body_object(r)) == NULL)
		return false;
	err = json_get_members(obj, t->members, t->n, target, why, sizeof(why));
	json_decref(obj);
	if (err != 0)
		reply_error(r, 400, RL_ERR_INVALID, "the body: %s", why);
	return err == 0;
}

struct msg_strs
body_strings(char **v)
{
	struct msg_strs s = { (const char **)(uintptr_t)v, 0 };

	if (v != NULL) {
		while (v[s.n] != NULL)
			s.n++;
	}
	return s;
}

uint8_t *
base64_decode(const char *p, size_t len, size_t *out_len)
{
	uint8_t *out;

	*out_len = 0;
	out = xmalloc(len / 4 * 3 + 3);
	if (len > 0 &&
	    sodium_base642bin(out, len / 4 * 3 + 3, p, len, NULL, out_len, NULL,
		sodium_base64_VARIANT_ORIGINAL) != 0) {
		free(out);
		return NULL;
	}
	return out;
}

char *
base64_encode(const uint8_t *p, size_t len)
{
	size_t size;
	char *out;

	size = sodium_base64_encoded_len(len, sodium_base64_VARIANT_ORIGINAL);
	out = xmalloc(size);
	return sodium_bin2base64(
	    out, size, p, len, sodium_base64_VARIANT_ORIGINAL);
}
