/*
 * What holds when the settings say nothing; ringlet.conf(5) says the same.
 */

#include "config.h"

#include <string.h>
#include <syslog.h>

#include "conf.h"
#include "log.h"
#include "ring.h"
#include "tier.h"
#include "xmalloc.h"

void
conf_defaults(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	c->listen[c->nlisten++] = xstrdup("127.0.0.1:8765");
	c->jail_minimum = TIER_MINIMAL;
	c->no_sandbox = CONF_UNJAILED_CLI;
	c->log_level = LOGL_INFO;
	c->log_destination = CONF_LOG_AUTO;
	c->syslog_facility = LOG_DAEMON;
	c->scrollback = RING_CAPACITY;
	c->max_sessions = 32;
	c->max_viewers = 16;
	c->kill_grace_ms = 5000;
	c->session_keep_s = 24 * 3600;
	c->keychain_timeout_ms = 20000;
	c->keychain_prompt_ms = 60000;
	c->keychain = CONF_KEYCHAIN_AUTO;
	c->vault_lock_s = 8 * 3600;
	c->jail_protect_repo = true;
	c->allow_uploads = true;
	c->upload_max = 16 * 1024 * 1024;
	c->upload_quota = 64 * 1024 * 1024;
	c->audit_max_size = 64 * 1024 * 1024;
	c->registry_timeout_ms = 30 * 1000;
	c->http.connections = 512;
	c->http.streams = 64;
	c->http.header = 16 * 1024;
	c->http.body = 64 * 1024;
	c->http.first_ms = 10 * 1000;
	c->http.request_ms = 15 * 1000;
	c->http.idle_ms = 60 * 1000;
	c->http.write_ms = 30 * 1000;
	c->http.ping_ms = 30 * 1000;
	strlist_add(&c->browse_roots, "~/");
}
