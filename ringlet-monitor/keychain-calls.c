/*
 * keychain-calls.c: what can be asked of a credential store, one function
 * each.  How a call is made, and how it ends, is keychain.c's business.
 */

#include "config.h"

#include "keychain-call.h"
#include "keychain.h"

static struct keychain_call *
call_with(struct keychain_call *c, keychain_cb cb, void *arg)
{
	c->cb = cb;
	c->arg = arg;
	return c;
}

static struct keychain_call *
call_list(struct keychain_call *c, keychain_list_cb cb, void *arg)
{
	c->list_cb = cb;
	c->arg = arg;
	return c;
}

struct keychain_call *
keychain_store(struct keychain *kc, const char *backend, const char *profile,
    const char *provider, const struct secret *key, keychain_cb cb, void *arg)
{
	return call_with(
	    keychain_call_new(kc, KC_STORE, backend, profile, provider, key),
	    cb, arg);
}

struct keychain_call *
keychain_lookup(struct keychain *kc, const char *backend, const char *profile,
    const char *provider, keychain_cb cb, void *arg)
{
	return call_with(
	    keychain_call_new(kc, KC_LOOKUP, backend, profile, provider, NULL),
	    cb, arg);
}

struct keychain_call *
keychain_delete(struct keychain *kc, const char *backend, const char *profile,
    keychain_cb cb, void *arg)
{
	return call_with(
	    keychain_call_new(kc, KC_DELETE, backend, profile, "", NULL), cb,
	    arg);
}

struct keychain_call *
keychain_status(
    struct keychain *kc, const char *backend, keychain_cb cb, void *arg)
{
	return call_with(
	    keychain_call_new(kc, KC_STATUS, backend, "", "", NULL), cb, arg);
}

struct keychain_call *
keychain_list(
    struct keychain *kc, const char *backend, keychain_list_cb cb, void *arg)
{
	struct keychain_call *c =
	    keychain_call_new(kc, KC_LIST, backend, "", "", NULL);

	return call_list(c, cb, arg);
}

struct keychain_call *
keychain_unlock(struct keychain *kc, const char *backend,
    const struct secret *passphrase, keychain_cb cb, void *arg)
{
	return call_with(
	    keychain_call_new(kc, KC_UNLOCK, backend, "", "", passphrase), cb,
	    arg);
}

struct keychain_call *
keychain_vault_new(struct keychain *kc, const char *backend,
    const struct secret *passphrase, keychain_cb cb, void *arg)
{
	return call_with(
	    keychain_call_new(kc, KC_VAULT_NEW, backend, "", "", passphrase),
	    cb, arg);
}

struct keychain_call *
keychain_vault_passphrase(struct keychain *kc, const char *backend,
    const struct secret *passphrase, keychain_cb cb, void *arg)
{
	return call_with(keychain_call_new(kc, KC_VAULT_PASSPHRASE, backend, "",
			     "", passphrase),
	    cb, arg);
}
