/*
 * keychain-vault.c: API keys in Ringlet's own vault, one sealed file.
 *
 * For machines on which nobody keeps secrets.  Called in the one-shot program
 * ringlet-keychain, with the vault's key or a passphrase from the monitor.  It
 * never writes over a file that it could not open whole.
 */

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "keychain-backend.h"
#include "vault-file.h"
#include "vault-format.h"

#define CAUSE_MAX 512

/* A vault during one call. */
struct use {
	struct vault_file *file;
	uint8_t *bytes; /* of the file; v points into them */
	struct vault v;
	struct vault_items items;
};

static void
use_end(struct use *u)
{
	vault_items_clear(&u->items);
	free(u->bytes);
	vault_file_close(u->file);
}

/* Says about which file cause is; returns r. */
static int
fail(const struct kc_reach *reach, int r, const char *cause, char *why,
    size_t whysz)
{
	snprintf(why, whysz, "vault %s: %s", reach->vault, cause);
	return r;
}

static int
no_vault(const struct kc_reach *reach, char *why, size_t whysz)
{
	return fail(reach, RL_ERR_NOTFOUND,
	    reach->generation > 0
		? "its file is gone: put it back from a backup"
		: "there is none yet: 'ringlet keychain unlock' makes it",
	    why, whysz);
}

/* Reads the file and takes it apart, without a key. */
static int
use_read(struct use *u, const struct kc_reach *reach, int writing, char *why,
    size_t whysz)
{
	char cause[CAUSE_MAX] = "";
	size_t len;
	int r;

	memset(u, 0, sizeof(*u));
	if (*reach->vault == '\0') {
		snprintf(why, whysz, "no vault is set up");
		return RL_ERR_NOTFOUND;
	}
	r = vault_file_open(reach->vault, &u->file, cause, sizeof(cause));
	if (r == RL_OK && writing)
		r = vault_file_lock(u->file, cause, sizeof(cause));
	if (r == RL_OK)
		r = vault_file_read(
		    u->file, &u->bytes, &len, cause, sizeof(cause));
	if (r == RL_ERR_NOTFOUND)
		return no_vault(reach, why, whysz);
	if (r == RL_OK)
		r = vault_parse(u->bytes, len, &u->v, cause, sizeof(cause));
	return r == RL_OK ? r : fail(reach, r, cause, why, whysz);
}

/* Opens the contents with this key. */
static int
use_open(struct use *u, struct kc_reach *reach, const uint8_t *key, char *why,
    size_t whysz)
{
	char cause[CAUSE_MAX] = "";
	int r;

	r = vault_open(
	    &u->v, key, reach->generation, &u->items, cause, sizeof(cause));
	if (r != RL_OK)
		return fail(reach, r, cause, why, whysz);
	reach->generation = u->v.generation;
	return RL_OK;
}

/* Both, with the key that came with the call; use_end() in any case. */
static int
use_begin(
    struct use *u, struct kc_reach *reach, int writing, char *why, size_t whysz)
{
	int r;

	if ((r = use_read(u, reach, writing, why, whysz)) != RL_OK)
		return r;
	if (reach->vault_key == NULL)
		return fail(reach, RL_ERR_LOCKED,
		    "it is locked: 'ringlet keychain unlock'", why, whysz);
	return use_open(u, reach, reach->vault_key, why, whysz);
}

/* Writes the items as the next generation, under this passphrase's lock. */
static int
use_write(struct use *u, struct kc_reach *reach, const struct vault_lock *lock,
    char *why, size_t whysz)
{
	char cause[CAUSE_MAX] = "";
	uint8_t *out = NULL;
	size_t len;
	int r;

	if (u->v.generation == UINT64_MAX)
		return fail(reach, RL_ERR_LIMIT,
		    "it was written too often to count", why, whysz);
	r = vault_seal(lock, reach->vault_key, u->v.generation + 1, &u->items,
	    &out, &len, cause, sizeof(cause));
	if (r == RL_OK)
		r = vault_file_replace(u->file, out, len, cause, sizeof(cause));
	free(out);
	if (r != RL_OK)
		return fail(reach, r, cause, why, whysz);
	reach->generation = u->v.generation + 1;
	return RL_OK;
}

/* --- keys -------------------------------------------------------------------
 */

static int
vault_store(struct kc_reach *reach, const struct kc_item *item,
    const char *secret, size_t len, char *why, size_t whysz)
{
	const struct vault_item new = { item->profile, item->provider, secret,
		len };
	struct use u;
	int r;

	if ((r = kc_value_check(secret, len, why, whysz)) != RL_OK)
		return r;
	if ((r = use_begin(&u, reach, 1, why, whysz)) == RL_OK) {
		vault_items_put(&u.items, &new);
		r = use_write(&u, reach, &u.v.lock, why, whysz);
	}
	use_end(&u);
	return r;
}

static int
vault_lookup(struct kc_reach *reach, const struct kc_item *item, char *buf,
    size_t cap, size_t *lenp, char *why, size_t whysz)
{
	const struct vault_item *found;
	struct use u;
	int r;

	*lenp = 0;
	if ((r = use_begin(&u, reach, 0, why, whysz)) == RL_OK) {
		found = vault_items_find(&u.items, item->profile);
		if (found == NULL ||
		    strcmp(found->provider, item->provider) != 0)
			r = fail(reach, RL_ERR_NOTFOUND, "it holds no such key",
			    why, whysz);
		else if (found->len >= cap)
			r = fail(reach, RL_ERR_UNAVAILABLE,
			    "the key is too long", why, whysz);
		else {
			memcpy(buf, found->key, found->len);
			buf[found->len] = '\0';
			*lenp = found->len;
		}
	}
	use_end(&u);
	return r;
}

static int
vault_remove(
    struct kc_reach *reach, const struct kc_item *item, char *why, size_t whysz)
{
	struct use u;
	int r;

	if ((r = use_begin(&u, reach, 1, why, whysz)) == RL_OK) {
		if (vault_items_drop(&u.items, item->profile))
			r = use_write(&u, reach, &u.v.lock, why, whysz);
		else
			r = fail(reach, RL_ERR_NOTFOUND, "it holds no such key",
			    why, whysz);
	}
	use_end(&u);
	return r;
}

static int
vault_status(struct kc_reach *reach, char *why, size_t whysz)
{
	struct use u;
	int r;

	if ((r = use_begin(&u, reach, 0, why, whysz)) == RL_OK)
		snprintf(why, whysz, "vault %s", reach->vault);
	use_end(&u);
	return r;
}

static int
vault_list(
    struct kc_reach *reach, struct strlist *items, char *why, size_t whysz)
{
	struct use u;
	size_t i;
	int r;

	r = use_begin(&u, reach, 0, why, whysz);
	for (i = 0; r == RL_OK && i < u.items.n; i++)
		r = kc_list_add(items, u.items.v[i].profile,
		    u.items.v[i].provider, why, whysz);
	use_end(&u);
	return r;
}

/* --- the passphrase ----------------------------------------------------------
 */

static int
vault_make(struct kc_reach *reach, const char *pass, size_t len,
    uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz)
{
	struct vault_lock lock;
	struct use u;
	char cause[CAUSE_MAX] = "";
	uint8_t *out = NULL;
	size_t outlen;
	int r;

	/* Whatever is there, also what no vault is, is left alone. */
	r = use_read(&u, reach, 1, why, whysz);
	if (r != RL_ERR_NOTFOUND || u.file == NULL) {
		if (r == RL_OK || r == RL_ERR_DAMAGED)
			r = fail(reach, RL_ERR_EXISTS, "there is one already",
			    why, whysz);
		else if (r == RL_ERR_NOTFOUND && *reach->vault != '\0')
			r = fail(reach, RL_ERR_UNAVAILABLE,
			    "the folder that it belongs in is not there", why,
			    whysz);
		use_end(&u);
		return r;
	}
	*why = '\0';
	randombytes_buf(key, KC_VAULT_KEY_LEN);
	r = vault_wrap(&lock, pass, len, key, cause, sizeof(cause));
	if (r == RL_OK)
		r = vault_seal(&lock, key, reach->generation + 1, &u.items,
		    &out, &outlen, cause, sizeof(cause));
	if (r == RL_OK)
		r = vault_file_create(
		    u.file, out, outlen, cause, sizeof(cause));
	if (r == RL_OK)
		reach->generation++;
	else {
		sodium_memzero(key, KC_VAULT_KEY_LEN);
		(void)fail(reach, r, cause, why, whysz);
	}
	free(out);
	use_end(&u);
	return r;
}

static int
vault_unlock(struct kc_reach *reach, const char *pass, size_t len,
    uint8_t key[KC_VAULT_KEY_LEN], char *why, size_t whysz)
{
	struct use u;
	char cause[CAUSE_MAX] = "";
	int r;

	if ((r = use_read(&u, reach, 0, why, whysz)) == RL_OK) {
		r = vault_unwrap(&u.v, pass, len, key, cause, sizeof(cause));
		if (r != RL_OK)
			(void)fail(reach, r, cause, why, whysz);
		else
			r = use_open(&u, reach, key, why, whysz);
	}
	if (r != RL_OK)
		sodium_memzero(key, KC_VAULT_KEY_LEN);
	use_end(&u);
	return r;
}

static int
vault_passphrase(struct kc_reach *reach, const char *pass, size_t len,
    char *why, size_t whysz)
{
	struct vault_lock lock;
	struct use u;
	char cause[CAUSE_MAX] = "";
	int r;

	if ((r = use_begin(&u, reach, 1, why, whysz)) == RL_OK) {
		r = vault_wrap(
		    &lock, pass, len, reach->vault_key, cause, sizeof(cause));
		if (r != RL_OK)
			(void)fail(reach, r, cause, why, whysz);
		else
			r = use_write(&u, reach, &lock, why, whysz);
	}
	use_end(&u);
	return r;
}

const struct keychain_backend keychain_vault = {
	.name = "vault",
	.store = vault_store,
	.lookup = vault_lookup,
	.remove = vault_remove,
	.status = vault_status,
	.list = vault_list,
	.make = vault_make,
	.unlock = vault_unlock,
	.passphrase = vault_passphrase,
};
