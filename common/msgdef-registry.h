#ifndef COMMON_MSGDEF_REGISTRY_H
#define COMMON_MSGDEF_REGISTRY_H
/*
 * Messages about the registry of manifests.  Included by msgdef.h.
 */

#include "msg.h"

struct msg_registry_get {
	struct msg_bin token;
	bool verify; /* read it again; from a CLI alone */
};

struct msg_registry_version { /* inside REGISTRY_STATE */
	const char *id;
	const char *name;
	const char *version;
	const char *channel;
	const char *sha256; /* of its registry.json */
	const char *key_id; /* of the key that signed it */
	uint64_t serial;
	int64_t installed_at;
};

struct msg_registry_state {
	const char *url;	  /* RegistryURL, or "" */
	const char *channel;	  /* RegistryChannel, or "" */
	struct msg_strs keys;	  /* ids of RegistryKey */
	uint64_t timeout_ms;	  /* RegistryTimeout */
	const char *pin;	  /* or "" */
	const char *problem;	  /* why what is installed is not used, or "" */
	const char *refused;	  /* why the policy has none come, or "" */
	bool used;		  /* the first version is */
	struct msg_recs versions; /* struct msg_registry_version */
	struct msg_strs manifests; /* of the version that is used */
	struct msg_strs shadowed;  /* of them: "agents/x.json: FILE" */
};

struct msg_registry_install {
	struct msg_bin token;
	const char *pin; /* RINGLET_REGISTRY_PIN, or "" */
	bool force;
};

struct msg_registry_installed {
	const char *id;
	const char *name;
	const char *version;
	const char *channel;
	const char *key_id;
	uint64_t serial;
	bool unchanged; /* it was in use before */
	struct msg_strs manifests;
	struct msg_strs shadowed;  /* as in REGISTRY_STATE */
	struct msg_strs endpoints; /* profiles that keep another address */
};

struct msg_registry_pin {
	struct msg_bin token;
	const char *ref; /* "": to nothing */
};

struct msg_registry_fetch {
	const char *url;
	const char *channel;
	uint64_t timeout_ms;
};

#endif /* COMMON_MSGDEF_REGISTRY_H */
