#ifndef COMMON_MSGDEF_KEYCHAIN_H
#define COMMON_MSGDEF_KEYCHAIN_H
/*
 * Bodies of messages about keychains: the helper that asks one, the vault,
 * windows of their own.  Part of msgdef.h, which includes it.
 */

/* --- monitor and keychain helper --- */

enum kc_op {
	KC_STORE = 1,
	KC_LOOKUP = 2,
	KC_DELETE = 3,
	KC_STATUS = 4,
	KC_LIST = 5,		/* what Ringlet has there */
	KC_UNLOCK = 6,		/* the vault's key, by its passphrase */
	KC_VAULT_NEW = 7,	/* make the vault; its key */
	KC_VAULT_PASSPHRASE = 8 /* another passphrase for it */
};

/* Whom the store may ask. */
enum kc_ask {
	KC_ASK_NOBODY = 0,
	KC_ASK_NOTHING = 1, /* the command: prompts that show nothing */
	KC_ASK_PERSON = 2   /* somebody at the display */
};

struct msg_kc_request {
	uint64_t op;	     /* enum kc_op */
	const char *backend; /* which store */
	const char *profile;
	const char *provider;
	struct msg_bin value;	  /* the key to store, or a passphrase */
	const char *vault;	  /* name of the vault's file */
	struct msg_bin vault_key; /* what it is sealed with; empty: locked */
	uint64_t generation;	  /* the lowest of the vault's accepted */
	uint64_t ask;		  /* enum kc_ask */
};

struct msg_kc_reply {
	int64_t result; /* enum rl_err */
	const char *text;
	struct msg_bin value;  /* the key, or the vault's */
	struct msg_strs items; /* KC_LIST: "PROFILE PROVIDER" */
	uint64_t generation;   /* of the vault, as read or written */
};

/* --- the keychain's own prompt --- */

struct msg_prompt_open {
	uint64_t seconds; /* how long it will wait */
};

struct msg_kc_prompt {
	bool open; /* or it has ended */
};

/* --- where keys are kept --- */

/* Bytes of a passphrase; a new one may not be shorter than the minimum. */
#define PASSPHRASE_MAX 1024
#define PASSPHRASE_MIN 8

struct msg_keychain_status {
	struct msg_bin token;
	bool brief; /* the vault alone: the Secret Service is not asked */
};

/* How many profiles have their key in a store. */
struct msg_keychain_count {
	const char *store; /* as in profiles: "secret-service", "none" ... */
	uint64_t profiles;
};

struct msg_keychain_state {
	const char *setting;	  /* Keychain, as in ringlet.conf */
	const char *store;	  /* for new keys; "": none can take one */
	const char *text;	  /* why it is that one, or none */
	int64_t service;	  /* 0, or enum rl_err of asking it */
	const char *service_text; /* where it keeps keys, or why not */
	const char *vault_file;
	bool vault_there;
	bool vault_open;
	uint64_t generation; /* of the vault, the highest seen; 0: not known */
	int64_t locks_at;    /* seconds since 1970; 0: not by itself */
	struct msg_recs counts; /* struct msg_keychain_count */
};

struct msg_keychain_unlock {
	struct msg_bin token;
	struct msg_bin passphrase;
	bool make;	     /* a new vault; else the one that is there */
	bool own_time;	     /* lock_after counts, not VaultLockAfter */
	uint64_t lock_after; /* seconds; 0: not by itself */
};

struct msg_keychain_unlocked {
	bool made;
	uint64_t generation;
	int64_t locks_at; /* as in KEYCHAIN_STATE */
};

struct msg_keychain_passphrase {
	struct msg_bin token;
	struct msg_bin old;
	struct msg_bin fresh;
};

struct msg_keychain_migrate {
	struct msg_bin token;
	const char *target; /* a store's name */
};

struct msg_keychain_moved {
	const char *target;
	uint64_t moved;	      /* profiles */
	uint64_t there;	      /* that had their key there before */
	struct msg_strs left; /* what could not be removed where it was */
};

#endif /* COMMON_MSGDEF_KEYCHAIN_H */
