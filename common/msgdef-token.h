#ifndef COMMON_MSGDEF_TOKEN_H
#define COMMON_MSGDEF_TOKEN_H
/*
 * Messages about tokens, and codes that are good for one.  Included by msgdef.h.
 */

struct msg_token { /* inside others */
	const char *id;
	bool control;
	const char *label;
	int64_t created_at; /* 0: the main one, whose file has it */
	int64_t expires_at; /* 0: never */
};

struct msg_token_create {
	struct msg_bin token;
	bool control;
	const char *label;
	int64_t expires_at; /* seconds since 1970; 0: never */
};

struct msg_token_made {
	const char *id;
	struct msg_bin value; /* the token itself, this once */
	int64_t expires_at;
};

struct msg_tokens {
	struct msg_recs list; /* struct msg_token */
};

struct msg_token_revoke {
	struct msg_bin token;
	const char *id; /* or a unique prefix */
};

struct msg_token_gone {
	struct msg_bin digest; /* BLAKE2b-256 of the token */
};

#define CODE_TOKEN_MAX (30 * 24 * 3600) /* seconds that its token may live */

struct msg_code_create {
	struct msg_bin token;
	bool control;	   /* of the token that it is exchanged for */
	uint64_t lifetime; /* of that, in seconds, from the exchange */
};

struct msg_code_made {
	struct msg_bin code;
	uint64_t seconds; /* that it is good for */
};

struct msg_token_exchange {
	struct msg_bin code;
};

struct msg_token_taken {
	const char *id;
	struct msg_bin value; /* the token itself, this once */
	bool control;
	int64_t expires_at; /* seconds since 1970 */
};

#endif /* COMMON_MSGDEF_TOKEN_H */
