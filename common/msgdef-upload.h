#ifndef COMMON_MSGDEF_UPLOAD_H
#define COMMON_MSGDEF_UPLOAD_H
/*
 * Messages about pictures that a person gives to a session's agent.  Included
 * by msgdef.h.
 */

#define UPLOAD_PIECE_MAX 65536 /* bytes of a picture in one message */

struct msg_upload_begin {
	struct msg_bin token;
	const char *id;	     /* of the session, or a unique prefix */
	uint64_t size;	     /* bytes of the whole */
	struct msg_bin data; /* the first of them */
};

struct msg_upload_more {
	struct msg_bin token;
	const char *id;
	const char *name; /* as UPLOAD_STATE has said it */
	uint64_t offset;  /* of data in the whole: what has come so far */
	struct msg_bin data;
};

struct msg_upload_drop {
	struct msg_bin token;
	const char *id;
	const char *name;
};

struct msg_upload_state {
	const char *id;	  /* of the session, whole */
	const char *name; /* of the file: ours */
	const char *path; /* where the agent finds it, once it is complete */
	const char *type; /* image/png, by its first bytes */
	uint64_t size;
	uint64_t received; /* complete: as much as size */
	uint64_t piece;	   /* bytes that fit into a request over HTTP */
	uint64_t left;	   /* that the session may still take */
};

#endif /* COMMON_MSGDEF_UPLOAD_H */
