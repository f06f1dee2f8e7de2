/*
 * What `doctor` says of rules that others make: the administrator's policy, the
 * registry that manifests come from, and hooks that nobody has approved.
 */

#include "config.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

/* --- the policy --- */

/* Nobody can be asked: only whether the daemon could read it. */
static void
check_policy_file(struct doctor *d)
{
	const char *file = d->cli->paths.policy_file;

	if (access(file, R_OK) == 0)
		doctor_say(d, FINE, "policy",
		    "%s is there, and the daemon will read it when it starts",
		    file);
	else if (errno == ENOENT)
		doctor_say(d, FINE, "policy", "there is none (%s)", file);
	else
		doctor_say(d, FAIL, "policy",
		    "%s: %s, so no daemon starts: have the administrator mend "
		    "it, see ringlet-policy.conf(5)",
		    file, strerror(errno));
}

static void
print_policy(struct doctor *d, const struct msg_policy *p)
{
	bool there = access(p->file, F_OK) == 0;

	if (*p->trouble != '\0')
		doctor_say(d, FAIL, "policy",
		    "%s: what it said before holds: have the administrator "
		    "mend it, and send the daemon a SIGHUP",
		    p->trouble);
	else if (there != p->there)
		doctor_say(d, WARN, "policy",
		    "%s has %s since the daemon read it: send it a SIGHUP",
		    p->file, there ? "come" : "gone");
	if (p->there)
		doctor_say(d, FINE, "policy",
		    "%s holds; 'ringlet policy show' says what it rules",
		    p->file);
	else if (!there && *p->trouble == '\0')
		doctor_say(d, FINE, "policy", "there is none (%s)", p->file);
}

void
doctor_policy(struct doctor *d)
{
	const struct msg_token_only req = { 0 };
	struct msg m;

	if (!d->runs) {
		check_policy_file(d);
		return;
	}
	if (!doctor_ask(d, MSG_POLICY_SHOW, &req, MSG_POLICY, "policy", &m))
		return;
	print_policy(d, m.body);
	msg_clear(&m);
}

/* --- the registry --- */

static void
print_registry(struct doctor *d, const struct msg_registry_state *s)
{
	const struct msg_registry_version *v = s->versions.v;

	if (*s->problem != '\0')
		doctor_say(d, FAIL, "registry",
		    "%s: what is installed is not used: 'ringlet registry "
		    "sync' brings another",
		    s->problem);
	if (*s->refused != '\0')
		doctor_say(d, WARN, "registry",
		    "%s: nothing comes from it: set another in %s, and see "
		    "'ringlet policy show'",
		    s->refused, d->cli->paths.conf_file);
	else if (*s->url != '\0' && s->keys.n == 0)
		doctor_say(d, WARN, "registry",
		    "RegistryURL is set, and RegistryKey is not, so nothing "
		    "comes from it: set it in %s",
		    d->cli->paths.conf_file);
	if (s->used && s->versions.n > 0)
		doctor_say(d, FINE, "registry", "version %s of %s is used (%s)",
		    v[0].version, v[0].name, v[0].id);
	else if (*s->url == '\0' && *s->problem == '\0')
		doctor_say(d, FINE, "registry", "none is set");
	else if (*s->problem == '\0' && *s->refused == '\0' && s->keys.n > 0)
		doctor_say(d, WARN, "registry",
		    "none is installed yet: 'ringlet registry sync'");
}

void
doctor_registry(struct doctor *d)
{
	const struct msg_registry_get req = { .verify = false };
	struct msg m;

	if (!doctor_ask(
		d, MSG_REGISTRY_GET, &req, MSG_REGISTRY_STATE, "registry", &m))
		return;
	print_registry(d, m.body);
	msg_clear(&m);
}

/* --- hooks --- */

static void
check_hooks(struct doctor *d, const char *alias)
{
	const struct msg_alias req = { .alias = alias };
	const struct msg_hooks *hooks;
	const struct msg_hook *h;
	size_t waiting = 0, refused = 0;
	struct msg m;

	if (!doctor_ask(d, MSG_HOOK_LIST, &req, MSG_HOOKS, "hooks", &m))
		return;
	hooks = m.body;
	h = hooks->list.v;
	for (size_t i = 0; i < hooks->list.n; i++) {
		refused += *h[i].refused != '\0';
		waiting += *h[i].refused == '\0' && !h[i].approved;
	}
	if (waiting > 0)
		doctor_say(d, WARN, "hooks",
		    "%s: %zu of %zu wait for approval, and do not run: "
		    "'ringlet hooks review %s' shows them",
		    alias, waiting, hooks->list.n, alias);
	if (refused > 0)
		doctor_say(d, WARN, "hooks",
		    "%s: the policy lets %zu of %zu not run: 'ringlet hooks "
		    "review %s' says why",
		    alias, refused, hooks->list.n, alias);
	d->hooks += hooks->list.n;
	d->idle += waiting + refused;
	msg_clear(&m);
}

void
doctor_hooks(struct doctor *d)
{
	const struct msg_token_only req = { 0 };
	const struct msg_profiles *list;
	const struct msg_profile *p;
	struct msg m;

	if (!doctor_ask(d, MSG_PROFILE_LIST, &req, MSG_PROFILES, "hooks", &m))
		return;
	list = m.body;
	p = list->list.v;
	/* What is damaged is told as a profile. */
	for (size_t i = 0; i < list->list.n; i++)
		if (*p[i].damage == '\0')
			check_hooks(d, p[i].alias);
	msg_clear(&m);
	if (d->hooks > 0 && d->idle == 0)
		doctor_say(
		    d, FINE, "hooks", "%zu of them, all approved", d->hooks);
}
