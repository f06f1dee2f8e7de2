#ifndef MONITOR_HANDLERS_H
#define MONITOR_HANDLERS_H
/*
 * What the rule rows of dispatch.c call.  A handler gets a message that its
 * row permits, and answers it, now or later.  What it says about the safety of
 * that is at its definition.  Return 0, or RL_ERR_*: the message makes no
 * sense, and its peer is given up.
 */

struct msg;
struct peer;

/* supervise.c */
int on_READY(struct peer *, struct msg *);
int on_LOG(struct peer *, struct msg *);
int on_JAIL_TIER(struct peer *, struct msg *);

/* restart.c */
int on_RESTART(struct peer *, struct msg *);

/* stranger.c */
int on_CONN_CHECK(struct peer *, struct msg *);

/* auth.c */
int on_AUTH_CHECK(struct peer *, struct msg *);
int on_PUBKEY_GET(struct peer *, struct msg *);

/* api-token.c */
int on_TOKEN_CREATE(struct peer *, struct msg *);
int on_TOKEN_LIST(struct peer *, struct msg *);
int on_TOKEN_REVOKE(struct peer *, struct msg *);
int on_TOKEN_ROTATE(struct peer *, struct msg *);
int on_TOKEN_SELF(struct peer *, struct msg *);
int on_TOKEN_END(struct peer *, struct msg *);

/* api-code.c */
int on_CODE_CREATE(struct peer *, struct msg *);
int on_TOKEN_EXCHANGE(struct peer *, struct msg *);

/* prompt.c */
int on_PROMPT_ALLOW(struct peer *, struct msg *);

/* api-daemon.c */
int on_STATUS_GET(struct peer *, struct msg *);
int on_STOP(struct peer *, struct msg *);
int on_AGENT_LIST(struct peer *, struct msg *);
int on_PROVIDER_LIST(struct peer *, struct msg *);

/* api-policy.c */
int on_POLICY_SHOW(struct peer *, struct msg *);

/* api-profile.c */
int on_PROFILE_CREATE(struct peer *, struct msg *);
int on_PROFILE_LIST(struct peer *, struct msg *);
int on_PROFILE_GET(struct peer *, struct msg *);
int on_PROFILE_DELETE(struct peer *, struct msg *);
int on_PROFILE_RUN(struct peer *, struct msg *);

/* api-grant.c */
int on_PROFILE_ENDPOINT(struct peer *, struct msg *);
int on_PROFILE_GRANT(struct peer *, struct msg *);

/* api-hook.c */
int on_HOOK_LIST(struct peer *, struct msg *);
int on_HOOK_ADD(struct peer *, struct msg *);
int on_HOOK_REMOVE(struct peer *, struct msg *);
int on_HOOK_IMPORT(struct peer *, struct msg *);
int on_HOOK_APPROVE(struct peer *, struct msg *);
int on_HOOK_RUN(struct peer *, struct msg *);
int on_JAIL_HOOK(struct peer *, struct msg *);

/* api-key.c */
int on_PROFILE_REKEY(struct peer *, struct msg *);

/* api-doctor.c */
int on_KEYS_CHECK(struct peer *, struct msg *);
int on_ORPHAN_DELETE(struct peer *, struct msg *);

/* api-keychain.c, keystore.c, migrate.c */
int on_KEYCHAIN_UNLOCK(struct peer *, struct msg *);
int on_KEYCHAIN_LOCK(struct peer *, struct msg *);
int on_KEYCHAIN_PASSPHRASE(struct peer *, struct msg *);
int on_KEYCHAIN_STATUS(struct peer *, struct msg *);
int on_KEYCHAIN_MIGRATE(struct peer *, struct msg *);

/* api-audit.c */
int on_AUDIT_READ(struct peer *, struct msg *);
int on_AUDIT_VERIFY(struct peer *, struct msg *);

/* api-registry.c */
int on_REGISTRY_GET(struct peer *, struct msg *);
int on_REGISTRY_INSTALL(struct peer *, struct msg *);
int on_REGISTRY_PIN(struct peer *, struct msg *);

/* registry-fetch.c */
int on_REGISTRY_SYNC(struct peer *, struct msg *);

/* jail-explain.c */
int on_JAIL_EXPLAIN(struct peer *, struct msg *);
int on_JAIL_SHOW(struct peer *, struct msg *);

/* api-fs.c */
int on_FS_LIST(struct peer *, struct msg *);
int on_FS_COMPLETE(struct peer *, struct msg *);

/* session.c */
int on_SESSION_CREATE(struct peer *, struct msg *);
int on_SANDBOX_CHECK(struct peer *, struct msg *);
int on_SESSION_LIST(struct peer *, struct msg *);
int on_SESSION_GET(struct peer *, struct msg *);
int on_SESSION_KILL(struct peer *, struct msg *);
int on_SESSION_CLEANUP(struct peer *, struct msg *);
int on_SESSION_ATTACH(struct peer *, struct msg *);
int on_JAIL_SCREEN(struct peer *, struct msg *);
int on_JAIL_NOTICE(struct peer *, struct msg *);
int on_VIEWER_GONE(struct peer *, struct msg *);

/* api-upload.c */
int on_UPLOAD_BEGIN(struct peer *, struct msg *);
int on_UPLOAD_MORE(struct peer *, struct msg *);
int on_UPLOAD_DROP(struct peer *, struct msg *);

/* session-end.c */
int on_JAIL_STATE(struct peer *, struct msg *);

#endif /* MONITOR_HANDLERS_H */
