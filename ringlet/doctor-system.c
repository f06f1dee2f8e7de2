/*
 * What `doctor` says of the machine: the programs, the kernel, whether a jail
 * can be built, the session bus.
 */

#include "config.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "fdpass.h"
#include "landlock-abi.h"
#include "ringlet-sandboxer/jail-landlock.h"
#include "ringlet-sandboxer/jail-probe.h"
#include "tier.h"
#include "xmalloc.h"

void
doctor_user(struct doctor *d)
{
	if (geteuid() == 0)
		doctor_say(d, FAIL, "user",
		    "root: Ringlet refuses it: be an ordinary user%s",
		    doctor_container() != NULL
			? ": useradd -m -s /bin/bash NAME, and start the "
			  "container with --user NAME"
			: "");
	else
		doctor_say(d, FINE, "user", "uid %lu, home %s",
		    (unsigned long)geteuid(), d->cli->paths.home);
}

void
doctor_programs(struct doctor *d)
{
	const struct paths *p = &d->cli->paths;
	const char *const programs[] = { p->monitor, p->ringletd, p->sandboxer,
		p->keychain, p->jail_init, p->jail_check, p->jail_hook,
		p->screen, p->fetch };
	unsigned bad = 0;

	for (size_t i = 0; i < NELEM(programs); i++)
		if (access(programs[i], X_OK) == -1) {
			doctor_say(d, FAIL, "programs",
			    "%s: %s: install Ringlet again", programs[i],
			    strerror(errno));
			bad++;
		}
	if (bad == 0)
		doctor_say(d, FINE, "programs", "%s", p->libexec_dir);
}

/* --- the kernel --- */

void
doctor_kernel(struct doctor *d)
{
	struct utsname u;
	long abi;

	if (uname(&u) == -1)
		return;
	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    1 /* LANDLOCK_CREATE_RULESET_VERSION */);
	if (access("/proc/self/ns/user", F_OK) == -1)
		doctor_say(d, FAIL, "kernel",
		    "%s %s: /proc is not there, or the kernel has no user "
		    "namespaces: no jail can be built",
		    u.sysname, u.release);
	else if (access("/proc/sys/kernel/seccomp/actions_avail", F_OK) == -1)
		doctor_say(d, FAIL, "kernel",
		    "%s %s: it has no seccomp filter (CONFIG_SECCOMP_FILTER): "
		    "another kernel is needed",
		    u.sysname, u.release);
	else if (abi <= 0)
		doctor_say(d, WARN, "kernel",
		    "%s %s: Landlock is not there or switched off: boot with "
		    "lsm=landlock,... for the full seal and full jails",
		    u.sysname, u.release);
	else
		doctor_say(d, FINE, "kernel", "%s %s, Landlock %ld", u.sysname,
		    u.release, abi);
}

/* The first line of a file, or "". */
static void
first_line(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, text, size - 1);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	fd_close(fd);
}

/* Makes one, in a process of its own: 0, or its errno. */
static int
try_namespace(void)
{
	int status = 0;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(unshare(CLONE_NEWUSER) == 0 ? 0 : errno);
	if (pid == -1)
		return errno;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

void
doctor_namespaces(struct doctor *d)
{
	static const char what[] = "user namespaces";
	char most[32], clone[32], apparmor[32];
	int error = try_namespace();

	first_line("/proc/sys/user/max_user_namespaces", most, sizeof(most));
	first_line(
	    "/proc/sys/kernel/unprivileged_userns_clone", clone, sizeof(clone));
	first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
	    apparmor, sizeof(apparmor));
	if (error == ENOSPC)
		doctor_say(d, FAIL, what,
		    "no more are allowed (%s): sysctl "
		    "user.max_user_namespaces=15000",
		    most);
	else if (error != 0 && strcmp(clone, "0") == 0)
		doctor_say(d, FAIL, what,
		    "they are for root alone: sysctl "
		    "kernel.unprivileged_userns_clone=1");
	else if (error != 0)
		doctor_say(d, FAIL, what,
		    "%s: in a chroot none can be made; in a container, start "
		    "it with a filter that allows them (docker and podman: "
		    "--security-opt "
		    "seccomp=unconfined, and where AppArmor is, "
		    "--security-opt apparmor=unconfined)",
		    strerror(error));
	else if (strcmp(apparmor, "1") == 0)
		doctor_say(d, FINE, what,
		    "for programs with a profile of AppArmor's: see "
		    "%s/apparmor if no jail can be built",
		    RINGLET_DATADIR);
	else
		doctor_say(d, FINE, what, "one was made (%s are allowed)",
		    *most != '\0' ? most : "?");
}

void
doctor_jail(struct doctor *d)
{
	struct jail_probe_with with = { .bwrap = PATH_BWRAP,
		.init = d->cli->paths.jail_init,
		.sys = "/proc/sys",
		.landlock = jail_landlock_open() };
	struct jail_probe p;

	if (access(PATH_BWRAP, X_OK) == -1) {
		doctor_say(d, FAIL, "bwrap",
		    "%s: %s: install bubblewrap (on Debian and Ubuntu: apt "
		    "install bubblewrap)",
		    PATH_BWRAP, strerror(errno));
		goto out;
	}
	doctor_say(d, FINE, "bwrap", "%s", PATH_BWRAP);
	jail_probe(&with, &p);
	if (p.tier == TIER_UNAVAILABLE)
		doctor_say(
		    d, FAIL, "jail", "none can be built here: %s", p.text);
	else if (p.tier != TIER_FULL)
		doctor_say(
		    d, WARN, "jail", "tier %s: %s", tier_name(p.tier), p.text);
	else
		doctor_say(d, FINE, "jail",
		    "one was built, of tier full: user "
		    "namespaces can be used");
out:
	if (with.landlock >= 0)
		fd_close(with.landlock);
}

/* --- the session bus --- */

/* 0, or the errno of connecting to that unix socket. */
static int
try_socket(const char *path, bool abstract)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				    strlen(path) + (abstract ? 1 : 0));
	int fd, r = 0;

	if (strlen(path) + 2 > sizeof(sun.sun_path))
		return ENAMETOOLONG;
	(void)strlcpy(
	    sun.sun_path + (abstract ? 1 : 0), path, sizeof(sun.sun_path) - 1);
	if (!abstract)
		len = sizeof(sun);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 || connect(fd, (struct sockaddr *)&sun, len) == -1)
		r = errno;
	fd_close(fd);
	return r;
}

/*
 * The first address of the list, if it is a unix socket: its name, for free().
 */
static char *
bus_socket(const char *list, bool *abstract)
{
	static const char path[] = "unix:path=", name[] = "unix:abstract=";
	size_t skip;

	*abstract = strncmp(list, name, sizeof(name) - 1) == 0;
	if (!*abstract && strncmp(list, path, sizeof(path) - 1) != 0)
		return NULL;
	skip = *abstract ? sizeof(name) - 1 : sizeof(path) - 1;
	return xstrndup(list + skip, strcspn(list + skip, ",;"));
}

#define PATH_DBUS_RUN "/usr/bin/dbus-run-session"

/* Only where the Secret Service is needed is a bus that is not there amiss. */
void
doctor_bus(struct doctor *d)
{
	static const char what[] = "session bus";
	const char *list = getenv("DBUS_SESSION_BUS_ADDRESS");
	const char *run = getenv("XDG_RUNTIME_DIR");
	char *vault = xasprintf("%s/vault", d->cli->paths.data_dir);
	char *address = NULL, *path = NULL;
	bool abstract = false, has_vault = access(vault, F_OK) == 0;
	bool desktop = getenv("SSH_CONNECTION") == NULL &&
		       access(PATH_DBUS_RUN, X_OK) == 0;
	int error;

	if (list != NULL && *list != '\0')
		address = xstrdup(list);
	else if (run != NULL && *run == '/')
		address = xasprintf("unix:path=%s/bus", run);
	if (address == NULL)
		error = ENOENT;
	else if ((path = bus_socket(address, &abstract)) == NULL) {
		doctor_say(d, FINE, what, "%s: not tried", address);
		goto out;
	} else
		error = try_socket(path, abstract);
	if (error == 0)
		doctor_say(d, FINE, what, "%s answers", address);
	else if (has_vault)
		doctor_say(d, FINE, what,
		    "there is none (%s), and none is needed: keys are in the "
		    "vault",
		    strerror(error));
	else
		doctor_say(d, WARN, what,
		    "there is none (%s: %s%s), so no keyring of the desktop "
		    "can be used: 'ringlet keychain unlock' makes a vault "
		    "instead%s",
		    address != NULL ? address : "no address", strerror(error),
		    error == EACCES ? ": it is another user's" : "",
		    desktop
			? "; or log in to a desktop, or use dbus-run-session"
			: "");
out:
	free(vault);
	free(address);
	free(path);
}
