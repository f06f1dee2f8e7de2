#ifndef COMMON_MSGDEF_PROFILE_H
#define COMMON_MSGDEF_PROFILE_H
/*
 * Messages about profiles and their keys, and about the agents and providers
 * that they name.  Included by msgdef.h.
 */

struct msg_profile_create {
	struct msg_bin token;
	const char *alias;
	const char *agent_id;
	const char *provider_id;
	const char *endpoint; /* id, or https/loopback URL; "": default */
	const char *model;
	const char *working_dir;
	struct msg_strs args;
	struct msg_strs env; /* K=V */
	struct msg_bin key;  /* the API key, or empty */
	const char *sealed_key_id;
	struct msg_bin sealed_key; /* crypto_box_seal of the key, or empty:
				      see ringlet-monitor/sealbox.h */
	struct msg_strs search_path; /* folders of the asker's PATH */
	bool dry_run;
};

struct msg_alias {
	struct msg_bin token;
	const char *alias;
};

struct msg_profile_delete {
	struct msg_bin token;
	const char *alias;
	bool keep_home;
};

struct msg_profile_rekey {
	struct msg_bin token;
	const char *alias;
	struct msg_bin key; /* as in PROFILE_CREATE: one of the two */
	const char *sealed_key_id;
	struct msg_bin sealed_key;
};

struct msg_rekeyed {
	const char *alias;
	const char *keychain;	  /* where the key is */
	struct msg_strs sessions; /* ids; they have the former key */
};

struct msg_keys_store { /* a record of KEYS_CHECKED */
	const char *name;
	int64_t code;	   /* 0, or enum rl_err: what is here is not known */
	const char *text;  /* where keys go, or why it cannot be told */
	uint64_t keys;	   /* that Ringlet has there */
	uint64_t profiles; /* that have theirs there */
};

struct msg_keys_item { /* likewise */
	const char *keychain;
	const char *profile;
	const char *provider;
	bool in_use; /* there is a profile of that name, with a key there */
};

struct msg_keys_checked {
	struct msg_recs stores;	 /* struct msg_keys_store */
	struct msg_recs orphans; /* struct msg_keys_item: no profile's */
	struct msg_recs missing; /* likewise: there should be a key */
};

struct msg_orphan_delete {
	struct msg_bin token;
	const char *keychain;
	const char *profile;
};

struct msg_profiles {
	struct msg_recs list; /* struct msg_profile */
};

struct msg_profile_run {
	struct msg_bin token;
	const char *alias;
	struct msg_strs args;	     /* after the profile's own */
	struct msg_strs client_env;  /* TERM LANG LC_* TZ ... of the asker */
	struct msg_strs search_path;
};

struct msg_run_plan {
	const char *path; /* absolute name of the agent */
	struct msg_strs argv;
	struct msg_strs env; /* K=V, the whole environment, with the key */
	const char *home;
	const char *working_dir; /* of the profile, or "" */
	struct msg_strs hooks_left_out; /* and why */
};

struct msg_profile_endpoint {
	struct msg_bin token;
	const char *alias;
	const char *endpoint; /* id or URL; "": what the manifest says */
	const char *expect;   /* the URL that it must be then, or "" */
	bool dry_run;
};

struct msg_agent_list {
	struct msg_bin token;
	struct msg_strs search_path; /* folders of the asker's PATH */
};

struct msg_agents {
	struct msg_recs list; /* struct msg_agent */
};

struct msg_providers {
	struct msg_recs list; /* struct msg_provider */
};

#endif /* COMMON_MSGDEF_PROFILE_H */
