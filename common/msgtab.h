#ifndef COMMON_MSGTAB_H
#define COMMON_MSGTAB_H
/*
 * What the field tables share: each msgtab-*.c has those of one conversation,
 * and msgtab.c finds a type among them.  Nobody else includes this.
 */

#include <stddef.h>

#include "msg.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define STR(s, f, m)                                                           \
	{                                                                      \
#f, MF_STR, offsetof(struct s, f), m, 0, NULL                  \
	}
#define STRS(s, f, m)                                                          \
	{                                                                      \
#f, MF_STRS, offsetof(struct s, f), m, 0, NULL                 \
	}
#define U64(s, f, m)                                                           \
	{                                                                      \
#f, MF_U64, offsetof(struct s, f), m, 0, NULL                  \
	}
#define I64(s, f, m)                                                           \
	{                                                                      \
#f, MF_I64, offsetof(struct s, f), m, 0, NULL                  \
	}
#define BOOL(s, f)                                                             \
	{                                                                      \
#f, MF_BOOL, offsetof(struct s, f), 1, 0, NULL                 \
	}
#define BIN(s, f, m)                                                           \
	{                                                                      \
#f, MF_BIN, offsetof(struct s, f), m, 0, NULL                  \
	}
#define RECS(s, f, m, r)                                                       \
	{                                                                      \
#f, MF_RECS, offsetof(struct s, f), m, 0, &r                   \
	}
#define SECRET_BIN(s, f, m)                                                    \
	{                                                                      \
#f, MF_BIN, offsetof(struct s, f), m, MFF_SECRET, NULL         \
	}
#define SECRET_STRS(s, f, m)                                                   \
	{                                                                      \
#f, MF_STRS, offsetof(struct s, f), m, MFF_SECRET, NULL        \
	}
#define REC(s)                                                                 \
	static const struct msg_rec rec_##s = { sizeof(struct s), f_##s,       \
		NELEM(f_##s) }

#define NAME_MAX_LEN 128  /* ids, aliases, versions */
#define PATH_MAX_LEN 4096 /* file names, URLs */
#define TEXT_MAX_LEN 2048 /* text for people */
#define TOKEN_MAX    256
#define KEY_MAX	     8192
#define SEALED_MAX   (KEY_MAX + 5 * 1024) /* with what it is bound to */
#define LIST_MAX     4096		  /* records in one reply */

#define TYPE(name, rec)                                                        \
	{                                                                      \
		MSG_##name, #name, &rec                                        \
	}

/* The types of one conversation. */
struct msgtab_group {
	const struct msg_type *types;
	size_t n;
};

extern const struct msgtab_group msgtab_daemon;
extern const struct msgtab_group msgtab_session;
extern const struct msgtab_group msgtab_profile;
extern const struct msgtab_group msgtab_viewer;
extern const struct msgtab_group msgtab_keychain;
extern const struct msgtab_group msgtab_registry;
extern const struct msgtab_group msgtab_hook;
extern const struct msgtab_group msgtab_upload;

/* Bodies of many messages: nothing, and a token alone. */
extern const struct msg_rec msgtab_empty;
extern const struct msg_rec msgtab_token_only;

#endif /* COMMON_MSGTAB_H */
