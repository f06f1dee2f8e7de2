/*
 * What `doctor` says of where Ringlet is: a container, and whose; how the user
 * has logged in, and whether what is started here lives on when that login
 * ends; and what a bare system lacks that no package of Ringlet's insists on.
 */

#include "config.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "doctor.h"
#include "fdpass.h"
#include "xmalloc.h"

/* --- containers --- */

const char *
doctor_container(void)
{
	static char name[32];
	ssize_t n;
	int fd;

	if (access("/run/.containerenv", F_OK) == 0)
		return "podman";
	/* What systemd's own programs are told, and tell. */
	if ((fd = open("/run/systemd/container", O_RDONLY | O_CLOEXEC)) == -1)
		return access("/.dockerenv", F_OK) == 0 ? "docker" : NULL;
	n = read(fd, name, sizeof(name) - 1);
	fd_close(fd);
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	return *name != '\0' ? name : "of some kind";
}

void
doctor_place(struct doctor *d)
{
	const char *container = doctor_container();
	static const char *const certificates[] = {
		"/etc/ssl/certs/ca-certificates.crt", "/etc/ssl/cert.pem",
		"/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"
	};
	bool trusts = false;

	if (container != NULL)
		doctor_say(d, FINE, "machine", "a container (%s)", container);
	for (size_t i = 0; i < NELEM(certificates); i++)
		trusts = trusts || access(certificates[i], R_OK) == 0;
	if (!trusts)
		doctor_say(d, WARN, "certificates",
		    "none are installed, so that neither agents' tools nor "
		    "'ringlet registry sync' know whom they speak to: on "
		    "Debian and Ubuntu: apt install ca-certificates");
	if (access(PATH_SSH, X_OK) == -1)
		doctor_say(d, FINE, "ssh",
		    "%s: %s: only -H and 'ringlet tunnel' need it: on Debian "
		    "and Ubuntu: apt install openssh-client",
		    PATH_SSH, strerror(errno));
}

/* --- the login --- */

/* The last KillUserProcesses= of a text in logind.conf's form. */
static void
kills_in(const char *path, bool *kills)
{
	static const char name[] = "KillUserProcesses";
	char line[512], *p;
	FILE *fp;

	if ((fp = fopen(path, "re")) == NULL)
		return;
	while (fgets(line, sizeof(line), fp) != NULL) {
		p = line + strspn(line, " \t");
		if (strncmp(p, name, sizeof(name) - 1) != 0)
			continue;
		p += sizeof(name) - 1;
		p += strspn(p, " \t");
		if (*p++ != '=')
			continue;
		p += strspn(p, " \t");
		*kills = strncasecmp(p, "yes", 3) == 0 ||
			 strncasecmp(p, "true", 4) == 0 ||
			 strncasecmp(p, "on", 2) == 0 || *p == '1';
	}
	(void)fclose(fp);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_conf(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return len > 5 && strcmp(e->d_name + len - 5, ".conf") == 0;
}

/* Whether logind ends what a login has started when that ends. */
static bool
logind_kills(void)
{
	static const char folder[] = "/etc/systemd/logind.conf.d";
	struct dirent **found;
	bool kills = false;
	char *path;
	int n;

	kills_in("/etc/systemd/logind.conf", &kills);
	n = scandir(folder, &found, is_conf, by_name);
	for (int i = 0; i < n; i++) {
		path = xasprintf("%s/%s", folder, found[i]->d_name);
		kills_in(path, &kills);
		free(path);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	return kills;
}

/* Whether the user's services and folders stay when nobody is logged in. */
static bool
lingers(void)
{
	const struct passwd *pw = getpwuid(geteuid());
	char *path;
	bool there;

	if (pw == NULL || strchr(pw->pw_name, '/') != NULL)
		return false;
	path = xasprintf("/var/lib/systemd/linger/%s", pw->pw_name);
	there = access(path, F_OK) == 0;
	free(path);
	return there;
}

/* Whether Ringlet's runtime folder is in the one that logind makes. */
static bool
is_in_logins(const char *runtime)
{
	char *base = xasprintf("/run/user/%lu/", (unsigned long)geteuid());
	bool in = strncmp(runtime, base, strlen(base)) == 0;

	free(base);
	return in;
}

void
doctor_login(struct doctor *d)
{
	const char *runtime = d->cli->paths.runtime_dir;
	const char *from = getenv("SSH_CONNECTION");
	bool ssh = from != NULL && *from != '\0';
	bool logind = access("/run/systemd/system", F_OK) == 0;
	const char *how = ssh ? "over ssh" : "here";

	if (logind && logind_kills())
		doctor_say(d, WARN, "login",
		    "%s, and logind ends what a login has started when it ends "
		    "(KillUserProcesses): have systemd run the daemon, see "
		    "ringlet-monitor(8): 'systemctl --user enable --now "
		    "ringlet.socket', after 'loginctl enable-linger'",
		    how);
	else if (logind && lingers())
		doctor_say(d, FINE, "login",
		    "%s; what you start stays when you log out", how);
	else if (logind && is_in_logins(runtime))
		/* Who sits at the machine stays logged in. */
		doctor_say(d, ssh ? WARN : FINE, "login",
		    "%s, and lingering is off: with your last login %s is "
		    "removed, with the pictures in it, and commands do not "
		    "reach the daemon until you are back: 'loginctl "
		    "enable-linger' keeps it",
		    how, runtime);
	else
		doctor_say(d, FINE, "login", "%s", how);
}

/* --- who has a port --- */

bool
doctor_port_is_ours(unsigned port)
{
	static const char *const tables[] = { "/proc/net/tcp",
		"/proc/net/tcp6" };
	char line[512];
	unsigned where, state;
	unsigned long uid;
	bool ours = false;
	FILE *fp;

	for (size_t i = 0; i < NELEM(tables) && !ours; i++) {
		if ((fp = fopen(tables[i], "re")) == NULL)
			continue;
		while (!ours && fgets(line, sizeof(line), fp) != NULL)
			ours = sscanf(line,
				   " %*u: %*32[0-9A-F]:%x %*32[0-9A-F]:%*x %x "
				   "%*x:%*x %*x:%*x %*x %lu",
				   &where, &state, &uid) == 3 &&
			       where == port && state == 0x0a &&
			       uid == (unsigned long)geteuid();
		(void)fclose(fp);
	}
	return ours;
}
