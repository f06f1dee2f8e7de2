/*
 * What `doctor` says of the daemon: whether it runs, serves and is sealed, what
 * it has to say itself; or, where it does not run, what is in its way.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "fdpass.h"
#include "xmalloc.h"

#define ANSWER_S 3 /* a listener has to answer */

void
doctor_daemon(struct doctor *d)
{
	char why[1024] = "";
	int r = client_connect(d->cli, why, sizeof(why));

	d->runs = r == 0;
	if (r == 0)
		return;
	if (r == RL_ERR_NOTFOUND && daemon_is_locked(d->cli))
		doctor_say(d, FAIL, "daemon",
		    "it runs (%s is locked) and does not answer: see %s, and "
		    "end it: the file has its process number",
		    d->cli->paths.lock_file, d->cli->paths.log_file);
	else if (r == RL_ERR_NOTFOUND)
		doctor_say(d, WARN, "daemon",
		    "it does not run, so no keychain was looked into: "
		    "'ringlet daemon' starts it");
	else
		doctor_say(d, FAIL, "daemon", "it cannot be reached: %s",
		    *why != '\0' ? why : rl_strerror(r));
}

/* --- listeners --- */

/* A socket's address: numeric, as conf.listen has it.  0 or -1. */
static int
resolve(const char *address, struct sockaddr_storage *ss, socklen_t *len)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct sockaddr_un *sun = (struct sockaddr_un *)ss;
	struct addrinfo *ai;
	char *host, *port;
	int r;

	memset(ss, 0, sizeof(*ss));
	if (address[0] == '/') {
		sun->sun_family = AF_UNIX;
		*len = sizeof(*sun);
		return strlcpy(sun->sun_path, address, sizeof(sun->sun_path)) <
			       sizeof(sun->sun_path)
			   ? 0
			   : -1;
	}
	host = xstrdup(address);
	if ((port = strrchr(host, ':')) == NULL) {
		free(host);
		return -1;
	}
	*port++ = '\0';
	if (host[0] == '[' && port - host >= 3) {
		host[strlen(host) - 1] = '\0';
		r = getaddrinfo(host + 1, port, &hints, &ai);
	} else
		r = getaddrinfo(host, port, &hints, &ai);
	free(host);
	if (r != 0)
		return -1;
	memcpy(ss, ai->ai_addr, ai->ai_addrlen);
	*len = ai->ai_addrlen;
	freeaddrinfo(ai);
	return 0;
}

/* Whether something there speaks HTTP; else why[size]. */
static bool
answers(const char *address, char *why, size_t size)
{
	static const char ask[] = "GET / HTTP/1.1\r\nHost: localhost\r\n"
				  "Connection: close\r\n\r\n";
	struct timeval limit = { ANSWER_S, 0 };
	struct sockaddr_storage ss;
	char text[9] = "";
	socklen_t len;
	bool ok = false;
	int fd;

	(void)strlcpy(why, "not an address", size);
	if (resolve(address, &ss, &len) != 0)
		return false;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ==
		-1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ==
		-1 ||
	    connect(fd, (struct sockaddr *)&ss, len) == -1 ||
	    send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL) == -1)
		(void)strlcpy(why, strerror(errno), size);
	else if (recv(fd, text, sizeof(text) - 1, MSG_WAITALL) == -1)
		(void)snprintf(
		    why, size, "no answer within %d seconds", ANSWER_S);
	else if (!(ok = strncmp(text, "HTTP/1.1", 8) == 0))
		(void)strlcpy(why, "what answers is no HTTP", size);
	fd_close(fd);
	return ok;
}

static void
check_listener(struct doctor *d, const char *address)
{
	char why[256];

	if (!answers(address, why, sizeof(why)))
		doctor_say(d, FAIL, "listener",
		    "%s: %s: 'ringlet daemon restart', and see %s", address,
		    why, d->cli->paths.log_file);
	else if (conf_is_remote(address))
		doctor_say(d, WARN, "listener",
		    "%s answers, and can be reached from other machines: "
		    "ListenAddress 127.0.0.1:8765 and 'ringlet tunnel' "
		    "from there are safer",
		    address);
	else
		doctor_say(d, FINE, "listener", "%s answers", address);
}

static unsigned
port_of(const char *address)
{
	const char *colon = strrchr(address, ':');

	return colon != NULL ? (unsigned)strtonum(colon + 1, 0, 65535, NULL)
			     : 0;
}

/* Whether the daemon could listen there. */
static void
check_free(struct doctor *d, const char *address)
{
	struct sockaddr_storage ss;
	const int on = 1;
	socklen_t len;
	int fd, error = 0;

	if (address[0] == '/' || resolve(address, &ss, &len) != 0)
		return;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1 ||
	    bind(fd, (struct sockaddr *)&ss, len) == -1 || listen(fd, 1) == -1)
		error = errno;
	fd_close(fd);
	if (error == 0)
		doctor_say(d, FINE, "listener", "%s is free", address);
	else if (error == EADDRINUSE && doctor_port_is_ours(port_of(address)))
		doctor_say(d, FAIL, "listener",
		    "%s: a program of yours listens there: it may be a daemon "
		    "with another runtime folder (XDG_RUNTIME_DIR): end it "
		    "(pkill -x -U $USER ringlet-monitor), or set another "
		    "ListenAddress in %s",
		    address, d->cli->paths.conf_file);
	else
		doctor_say(d, FAIL, "listener",
		    "%s: %s: set another ListenAddress in %s", address,
		    error == EADDRINUSE ? "another program listens there"
					: strerror(error),
		    d->cli->paths.conf_file);
}

void
doctor_without(struct doctor *d)
{
	const struct paths *p = &d->cli->paths;
	struct stat st;

	/* One that starts or hangs has them. */
	if (daemon_is_locked(d->cli))
		return;
	if (unit_has_socket())
		doctor_say(d, FINE, "listener",
		    "systemd has ringlet.socket: a connection starts the "
		    "daemon");
	else
		for (size_t i = 0; i < d->conf.nlisten; i++)
			check_free(d, d->conf.listen[i]);
	if (lstat(p->control_sock, &st) == 0)
		doctor_say(d, WARN, "leftover",
		    "%s: of a daemon that was killed: 'ringlet daemon' "
		    "replaces it",
		    p->control_sock);
}

/* --- what it says --- */

/* What the daemon serves with, and might not later. */
static bool
is_warning(const char *trouble)
{
	static const char *const begins[] = { "jails are of tier ",
		"WatchdogSec is " };

	for (size_t i = 0; i < NELEM(begins); i++)
		if (strncmp(trouble, begins[i], strlen(begins[i])) == 0)
			return true;
	return false;
}

void
doctor_status(struct doctor *d)
{
	const struct msg_token_only req = { 0 };
	const struct msg_status *s;
	struct msg m;

	if (!doctor_ask(d, MSG_STATUS_GET, &req, MSG_STATUS, "daemon", &m))
		return;
	s = m.body;
	d->sandboxer = s->sandboxer_pid;
	if (strcmp(s->version, PACKAGE_VERSION) == 0)
		doctor_say(d, FINE, "daemon", "process %llu, version %s",
		    (unsigned long long)s->pid, s->version);
	else
		doctor_say(d, WARN, "daemon",
		    "process %llu is of version %s, this command of %s: "
		    "'ringlet daemon restart'",
		    (unsigned long long)s->pid, s->version, PACKAGE_VERSION);
	if (strcmp(s->seal, "full") == 0)
		doctor_say(d, FINE, "front-end", "its seal is full");
	else
		doctor_say(d, WARN, "front-end",
		    "its seal is %s, which is less than full: the log says "
		    "what is missing, and ringletd(8) what that means",
		    s->seal);
	for (size_t i = 0; i < s->trouble.n; i++)
		doctor_say(d, is_warning(s->trouble.v[i]) ? WARN : FAIL,
		    "daemon", "%s", s->trouble.v[i]);
	if (s->listen.n == 0)
		doctor_say(d, FINE, "listener", "none: ListenAddress is none");
	for (size_t i = 0; i < s->listen.n; i++)
		check_listener(d, s->listen.v[i]);
	msg_clear(&m);
}

/* The sandboxer is in a group "ringlet.daemon" if it has one to divide. */
void
doctor_cgroup(struct doctor *d)
{
	static const char own[] = "/ringlet.daemon\n", what[] = "cgroup";
	char *path, text[4096] = "", *group;
	ssize_t n;
	int fd;

	if (d->sandboxer == 0)
		return;
	path = xasprintf("/proc/%llu/cgroup", (unsigned long long)d->sandboxer);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd == -1 ? -1 : read(fd, text, sizeof(text) - 1);
	fd_close(fd);
	free(path);
	text[n > 0 ? n : 0] = '\0';
	if (n <= 0)
		doctor_say(d, FINE, what, "the daemon's cannot be seen");
	else if ((group = strstr(text, "0::/")) != NULL &&
		 strstr(group, own) != NULL)
		doctor_say(d, FINE, what,
		    "the daemon has one of its own: limits hold for all of a "
		    "session together");
	else
		doctor_say(d, WARN, what,
		    "the daemon has none of its own, so limits of memory hold "
		    "for each process alone: %s",
		    access("/run/systemd/system", F_OK) == 0
			? "start it in one: systemctl --user start "
			  "ringlet.service, or systemd-run --user --scope "
			  "-p Delegate=yes ringletd"
			: "systemd would give it one, and does not run here");
}

/* A profile whose manifests are gone or left out can be seen, but not run. */
static void
check_profile(struct doctor *d, const struct msg_profile *p)
{
	/* Some are built in: none at all means that nobody has said. */
	bool agent = d->agents.n == 0 || strlist_has(&d->agents, p->agent_id);
	bool provider =
	    d->providers.n == 0 || strlist_has(&d->providers, p->provider_id);

	if (*p->damage != '\0')
		doctor_say(d, FAIL, "profiles",
		    "%s is damaged: %s: mend its file, or 'ringlet "
		    "profiles delete %s'",
		    p->alias, p->damage, p->alias);
	else if (!agent || !provider)
		doctor_say(d, FAIL, "profiles",
		    "%s cannot run, as there is no %s '%s': bring its manifest "
		    "back, or 'ringlet profiles delete %s'",
		    p->alias, agent ? "provider" : "agent",
		    agent ? p->provider_id : p->agent_id, p->alias);
}

void
doctor_profiles(struct doctor *d)
{
	const struct msg_token_only req = { 0 };
	const struct msg_profiles *list;
	const struct msg_profile *p;
	struct msg m;

	if (!doctor_ask(
		d, MSG_PROFILE_LIST, &req, MSG_PROFILES, "profiles", &m))
		return;
	list = m.body;
	p = list->list.v;
	for (size_t i = 0; i < list->list.n; i++)
		check_profile(d, &p[i]);
	msg_clear(&m);
}

/* One that is left out, and one that would hold without the user's. */
static void
check_manifest(struct doctor *d, const char *kind, const char *id,
    const char *source, const struct msg_strs *shadows, const char *damage)
{
	if (*damage != '\0')
		doctor_say(d, FAIL, "manifests",
		    "%s: it is left out%s: mend it, see ringlet-manifest(5), "
		    "and send the daemon a SIGHUP",
		    damage,
		    *source != '\0' ? ", and another of its id holds" : "");
	for (size_t i = 0; i < shadows->n; i++)
		if (strcmp(shadows->v[i], "built-in") != 0)
			doctor_say(d, WARN, "manifests",
			    "%s %s: %s holds, and not %s", kind, id, source,
			    shadows->v[i]);
}

void
doctor_manifests(struct doctor *d)
{
	const struct msg_agent_list all = { .token = { NULL, 0 } };
	const struct msg_token_only req = { 0 };
	const struct msg_agents *agents;
	const struct msg_agent *a;
	const struct msg_providers *providers;
	const struct msg_provider *p;
	struct msg m;

	if (doctor_ask(d, MSG_AGENT_LIST, &all, MSG_AGENTS, "manifests", &m)) {
		agents = m.body;
		a = agents->list.v;
		for (size_t i = 0; i < agents->list.n; i++) {
			check_manifest(d, "agent", a[i].id, a[i].source,
			    &a[i].shadows, a[i].damage);
			if (*a[i].source != '\0')
				strlist_add(&d->agents, a[i].id);
		}
		msg_clear(&m);
	}
	if (doctor_ask(
		d, MSG_PROVIDER_LIST, &req, MSG_PROVIDERS, "manifests", &m)) {
		providers = m.body;
		p = providers->list.v;
		for (size_t i = 0; i < providers->list.n; i++) {
			check_manifest(d, "provider", p[i].id, p[i].source,
			    &p[i].shadows, p[i].damage);
			if (*p[i].source != '\0')
				strlist_add(&d->providers, p[i].id);
		}
		msg_clear(&m);
	}
}
