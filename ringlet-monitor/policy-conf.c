/*
 * What a policy makes of the user's settings.  One that is looser than the
 * policy allows becomes as tight as it must be; it is no error, for a policy
 * that changes must not keep anybody's daemon from starting.
 */

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "policy-int.h"

static void
note(const struct policy *p, struct conf *c, enum policy_keyword k,
    const char *keyword)
{
	c->from[conf_keyword_find(keyword)].policy = p->v[k].line;
}

static bool
says(const struct policy *p, enum policy_keyword k)
{
	return p->v[k].line != 0;
}

static void
force(const struct policy *p, struct conf *c, enum policy_keyword k,
    const char *keyword, bool *field)
{
	if (!says(p, k) || p->v[k].number == 0 || *field)
		return;
	*field = true;
	note(p, c, k, keyword);
}

/* zero: 0 is "never", which is more than any number. */
static void
cap(const struct policy *p, struct conf *c, enum policy_keyword k,
    const char *keyword, unsigned *field, bool zero)
{
	unsigned most = (unsigned)p->v[k].number;

	if (!says(p, k) || (*field <= most && !(zero && *field == 0)))
		return;
	*field = most;
	note(p, c, k, keyword);
}

static void
apply_sandbox(const struct policy *p, struct conf *c)
{
	unsigned line = 0;

	if (says(p, PK_NO_SANDBOX)) {
		if (c->no_sandbox <= p->v[PK_NO_SANDBOX].number)
			return;
		c->no_sandbox = (int)p->v[PK_NO_SANDBOX].number;
		note(p, c, PK_NO_SANDBOX, "NoSandbox");
	} else if (policy_has_jail_rules(p, &line) &&
		   c->no_sandbox != CONF_UNJAILED_NEVER) {
		/* Rules for jails would mean nothing to who has none. */
		c->no_sandbox = CONF_UNJAILED_NEVER;
		c->from[conf_keyword_find("NoSandbox")].policy = line;
	}
}

/* What settings give to all jails is what DenyGrants denies to each. */
static void
apply_grants(const struct policy *p, struct conf *c)
{
	static const struct {
		enum grant_kind kind;
		const char *keyword;
		size_t off;
	} rows[] = {
		{ GRANT_RO, "JailReadOnly",
		    offsetof(struct conf, jail_read_only) },
		{ GRANT_RW, "JailReadWrite",
		    offsetof(struct conf, jail_read_write) },
		{ GRANT_ENV, "JailEnv", offsetof(struct conf, jail_env) },
	};
	char why[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct strlist *l =
		    (struct strlist *)(void *)((char *)c + rows[i].off);
		const struct grant g = { .kind = rows[i].kind, .value = "" };

		if (l->n == 0 || policy_may_grant(p, &g, why, sizeof(why)) == 0)
			continue;
		strlist_clear(l);
		note(p, c, PK_DENY_GRANTS, rows[i].keyword);
	}
}

static void
apply_jails(const struct policy *p, struct conf *c)
{
	const struct strlist *hide = &p->v[PK_JAIL_HIDE].words;

	apply_sandbox(p, c);
	apply_grants(p, c);
	if (says(p, PK_JAIL_MINIMUM) &&
	    c->jail_minimum < p->v[PK_JAIL_MINIMUM].number) {
		c->jail_minimum = (int)p->v[PK_JAIL_MINIMUM].number;
		note(p, c, PK_JAIL_MINIMUM, "JailMinimum");
	}
	force(p, c, PK_JAIL_PROTECT_REPO, "JailProtectRepo",
	    &c->jail_protect_repo);
	for (size_t i = 0; i < hide->n; i++)
		if (!strlist_has(&c->jail_hide, hide->v[i])) {
			strlist_add(&c->jail_hide, hide->v[i]);
			note(p, c, PK_JAIL_HIDE, "JailHide");
		}
}

static void
apply_listen(const struct policy *p, struct conf *c)
{
	char why[512];
	size_t n = 0;

	for (size_t i = 0; i < c->nlisten; i++)
		if (policy_may_listen(p, c->listen[i], why, sizeof(why)) == 0)
			c->listen[n++] = c->listen[i];
		else {
			free(c->listen[i]);
			note(p, c, PK_LOCK_LISTEN, "ListenAddress");
		}
	c->nlisten = n;
}

static void
apply_keychain(const struct policy *p, struct conf *c)
{
	char why[512];
	bool service, vault;

	if (!says(p, PK_ALLOW_KEYCHAINS))
		return;
	service =
	    policy_may_keychain(p, "secret-service", why, sizeof(why)) == 0 ||
	    policy_may_keychain(p, "keychain", why, sizeof(why)) == 0;
	vault = policy_may_keychain(p, "vault", why, sizeof(why)) == 0;
	if ((service && vault) ||
	    c->keychain ==
		(vault ? CONF_KEYCHAIN_VAULT : CONF_KEYCHAIN_SERVICE))
		return;
	c->keychain = vault ? CONF_KEYCHAIN_VAULT : CONF_KEYCHAIN_SERVICE;
	note(p, c, PK_ALLOW_KEYCHAINS, "Keychain");
}

/*
 * At least so many files, of which none may be shorter than it is by itself:
 * many that hold next to nothing keep nothing.
 */
static void
apply_audit_keep(const struct policy *p, struct conf *c)
{
	unsigned least = (unsigned)p->v[PK_AUDIT_KEEP].number;
	struct conf usual;

	if (!says(p, PK_AUDIT_KEEP) || c->audit_keep == 0)
		return;
	if (least == 0 || c->audit_keep < least) {
		c->audit_keep = least;
		note(p, c, PK_AUDIT_KEEP, "AuditKeep");
	}
	conf_defaults(&usual);
	if (c->audit_keep != 0 && c->audit_max_size < usual.audit_max_size) {
		c->audit_max_size = usual.audit_max_size;
		note(p, c, PK_AUDIT_KEEP, "AuditMaxSize");
	}
	conf_free(&usual);
}

void
policy_apply(const struct policy *p, struct conf *c)
{
	if (p == NULL)
		return;
	apply_jails(p, c);
	apply_listen(p, c);
	apply_keychain(p, c);
	cap(p, c, PK_MAX_SESSIONS, "MaxSessions", &c->max_sessions, false);
	cap(p, c, PK_MAX_VIEWERS, "MaxViewers", &c->max_viewers, false);
	cap(p, c, PK_SESSION_KEEP, "SessionKeep", &c->session_keep_s, false);
	cap(p, c, PK_VAULT_LOCK_AFTER, "VaultLockAfter", &c->vault_lock_s,
	    true);
	if (says(p, PK_REQUIRE_SAME_USER) &&
	    p->v[PK_REQUIRE_SAME_USER].number != 0 &&
	    c->require_same_user != CONF_SAME_YES) {
		c->require_same_user = CONF_SAME_YES;
		note(p, c, PK_REQUIRE_SAME_USER, "RequireSameUser");
	}
	force(p, c, PK_REQUIRE_SEALED_KEYS, "RequireSealedKeys",
	    &c->require_sealed_keys);
	force(p, c, PK_REQUIRE_FULL_SEAL, "RequireFullSeal",
	    &c->require_full_seal);
	if (says(p, PK_ALLOW_UPLOADS) &&
	    p->v[PK_ALLOW_UPLOADS].number == 0 && c->allow_uploads) {
		c->allow_uploads = false;
		note(p, c, PK_ALLOW_UPLOADS, "AllowUploads");
	}
	force(p, c, PK_AUDIT_SYSLOG, "AuditSyslog", &c->audit_syslog);
	if (says(p, PK_AUDIT_FULL) &&
	    p->v[PK_AUDIT_FULL].number == CONF_AUDIT_DENY &&
	    c->audit_full != CONF_AUDIT_DENY) {
		c->audit_full = CONF_AUDIT_DENY;
		note(p, c, PK_AUDIT_FULL, "AuditFull");
	}
	apply_audit_keep(p, c);
	/* Whether a root leads out of them is judged where it is opened. */
	if (says(p, PK_BROWSE_ROOTS))
		note(p, c, PK_BROWSE_ROOTS, "BrowseRoots");
}
