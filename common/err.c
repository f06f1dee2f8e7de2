/*
 * Names for the error numbers of err.h.
 */

#include "config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "err.h"

static const struct {
	int err;
	const char *name;
	const char *text;
} errs[] = {
	{ RL_OK, "OK", "success" },
	{ RL_ERR_SYSTEM, "SYSTEM", NULL },
	{ RL_ERR_INVALID, "INVALID", "not valid" },
	{ RL_ERR_TOOBIG, "TOO_BIG", "too big" },
	{ RL_ERR_AGAIN, "AGAIN", "not ready" },
	{ RL_ERR_EOF, "EOF", "closed by the other side" },
	{ RL_ERR_PROTOCOL, "PROTOCOL", "protocol violation" },
	{ RL_ERR_NOTFOUND, "NOT_FOUND", "not found" },
	{ RL_ERR_EXISTS, "EXISTS", "exists already" },
	{ RL_ERR_DENIED, "DENIED", "refused" },
	{ RL_ERR_AUTH, "UNAUTHORIZED", "token missing or wrong" },
	{ RL_ERR_LIMIT, "LIMIT", "limit reached" },
	{ RL_ERR_UNAVAILABLE, "UNAVAILABLE", "not available" },
	{ RL_ERR_LOCKED, "LOCKED", "keychain is locked" },
	{ RL_ERR_NOSERVICE, "NO_SERVICE", "no keychain service answers" },
	{ RL_ERR_TIMEOUT, "TIMEOUT", "timed out" },
	{ RL_ERR_STATE, "STATE", "not possible in this state" },
	{ RL_ERR_INTERNAL, "INTERNAL", "internal error" },
	{ RL_ERR_JAIL, "JAIL", "the jail could not be built" },
	{ RL_ERR_PASSPHRASE, "PASSPHRASE", "wrong passphrase" },
	{ RL_ERR_DAMAGED, "DAMAGED", "damaged or altered" },
	{ RL_ERR_DISMISSED, "DISMISSED", "the keychain's prompt was dismissed" },
	{ RL_ERR_STALE, "STALE", "sealed to a former key, or used before" },
};

const char *
rl_strerror(int err)
{
	if (err == RL_ERR_SYSTEM)
		return strerror(errno);
	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
		if (errs[i].err == err)
			return errs[i].text;
	return "unknown error";
}

const char *
rl_errname(int err)
{
	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++)
		if (errs[i].err == err)
			return errs[i].name;
	return "UNKNOWN";
}
