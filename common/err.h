#ifndef COMMON_ERR_H
#define COMMON_ERR_H
/*
 * The error numbers that functions of this tree return: 0 is success and
 * every failure is negative.  They also travel in MSG_ERROR, so a number is
 * never reused for another meaning.
 */

enum rl_err {
	RL_OK = 0,
	RL_ERR_SYSTEM = -1,	/* a system call failed; errno says how */
	RL_ERR_INVALID = -2,	/* an argument or stored value is malformed */
	RL_ERR_TOOBIG = -3,	/* longer than its documented bound */
	RL_ERR_AGAIN = -4,	/* not now: wait until the descriptor is ready */
	RL_ERR_EOF = -5,	/* the other side has closed */
	RL_ERR_PROTOCOL = -6,	/* the peer broke the message protocol */
	RL_ERR_NOTFOUND = -7,	/* no such object */
	RL_ERR_EXISTS = -8,	/* an object of that name is there already */
	RL_ERR_DENIED = -9,	/* refused by policy or permission */
	RL_ERR_AUTH = -10,	/* token missing or wrong */
	RL_ERR_LIMIT = -11,	/* a limit on number or rate is reached */
	RL_ERR_UNAVAILABLE = -12, /* something needed is not there or failed */
	RL_ERR_LOCKED = -13,	/* the keychain is locked */
	RL_ERR_NOSERVICE = -14,	/* no keychain service answers */
	RL_ERR_TIMEOUT = -15,	/* no answer within the deadline */
	RL_ERR_STATE = -16,	/* not possible in the object's state */
	RL_ERR_INTERNAL = -17,	/* a broken invariant of our own */
	RL_ERR_JAIL = -18,	/* the jail could not be built as asked */
	RL_ERR_PASSPHRASE = -19, /* it is not the vault's passphrase */
	RL_ERR_DAMAGED = -20,	/* what is stored was cut, altered or rolled
				   back */
	RL_ERR_DISMISSED = -25,	/* the keychain asked, and was sent away */
	RL_ERR_STALE = -30	/* sealed to a former key, or used before */
};

/*
 * A short lower-case phrase for err, without full stop; never NULL, static.
 * For RL_ERR_SYSTEM it is strerror(errno) at the time of the call.
 */
const char *rl_strerror(int err);

/*
 * The upper-case word used as "code" in JSON replies (NOT_FOUND, LOCKED ...);
 * never NULL, static.
 */
const char *rl_errname(int err);

#endif /* COMMON_ERR_H */
