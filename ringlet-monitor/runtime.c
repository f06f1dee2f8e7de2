/*
 * The runtime folder may go while the daemon runs: logind removes /run/user/UID
 * with the user's last login, unless the user lingers.  Sessions live on and
 * HTTP serves, but no command finds the daemon, and the next one would start
 * another.  So the control socket is looked for by its name now and then; if
 * what is there is not ours, folder, lock and sockets are made again as soon as
 * the folder above is back.
 *
 * Only the monitor may do that: ringletd and the sandboxer have no such names.
 * Nothing of another daemon's is ever taken or removed: without the lock of the
 * folder that is there nothing in it is touched.
 */

#include "config.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "log.h"
#include "loop.h"
#include "monitor.h"
#include "paths.h"
#include "xmalloc.h"

#define LOOK_MS	 5000 /* between two looks ... */
#define AGAIN_MS 1000 /* ... and while it is gone: a login is coming back */

struct runtime {
	struct env *env;
	struct loop_timer *timer;
	bool gone;	/* and it was told */
	char told[512]; /* why it could not be made, as it was told last */
};

bool
named_is(const char *path, const struct named *n)
{
	struct stat st;

	return n->ino != 0 && lstat(path, &st) == 0 && st.st_dev == n->dev &&
	       st.st_ino == n->ino;
}

struct named
named_now(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return (struct named){ 0 };
	return (struct named){ st.st_dev, st.st_ino };
}

/* Whether the lock that we hold is the one by its name. */
static bool
has_lock(const struct env *env, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 &&
	       named_is(env->paths.lock_file,
		   &(struct named){ st.st_dev, st.st_ino });
}

/* 0 or -1: another daemon has it by now, or why not. */
static int
take_lock(struct env *env, char *why, size_t size)
{
	const char *name = env->paths.lock_file;
	int fd;

	if (has_lock(env, env->lock_fd))
		return 0;
	fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		(void)snprintf(why, size, "%s: %s", name, strerror(errno));
	else if (flock(fd, LOCK_EX | LOCK_NB) == -1)
		(void)snprintf(why, size, "%s: %s", name,
		    errno == EWOULDBLOCK
			? "another daemon has it: end that one"
			: strerror(errno));
	else if (has_lock(env, fd)) {
		fd_close(env->lock_fd);
		env->lock_fd = fd;
		return 0;
	} else
		(void)snprintf(why, size, "%s: it was replaced", name);
	fd_close(fd);
	return -1;
}

static void
write_pid(const struct env *env)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(env->lock_fd, 0) == -1 ||
	    pwrite(env->lock_fd, text, (size_t)n, 0) != n)
		log_error("%s: %s", env->paths.lock_file, strerror(errno));
}

/*
 * The folder above is never made: whoever has removed it, or has not mounted
 * it yet, does not want to find something there.
 */
static int
make_folder(const struct env *env, char *why, size_t size)
{
	const char *path = env->paths.runtime_dir;
	char *above = xstrdup(path);
	struct stat st;
	int r = -1;

	*strrchr(above, '/') = '\0';
	if (*above != '\0' && stat(above, &st) == -1)
		(void)snprintf(why, size, "%s: %s", above, strerror(errno));
	else if ((r = paths_make_private_dir(path)) != 0)
		(void)snprintf(why, size, "%s: %s", path,
		    r == RL_ERR_DENIED ? "not a folder of yours with mode 0700"
				       : rl_strerror(r));
	free(above);
	return r == 0 ? 0 : -1;
}

/* 0 or -1 and why: then it is tried again. */
static int
make_again(struct env *env, char *why, size_t size)
{
	if (make_folder(env, why, size) != 0 ||
	    take_lock(env, why, size) != 0 ||
	    control_again(env, why, size) != 0)
		return -1;
	write_pid(env);
	listen_again(env);
	return 0;
}

static void
look(struct runtime *r)
{
	struct env *env = r->env;
	const char *path = env->paths.control_sock;
	char why[sizeof(r->told)];

	if (named_is(path, &env->control))
		return;
	if (!r->gone)
		log_warn("%s is gone, as it is when logind removes the folder "
			 "at the last logout (loginctl enable-linger keeps "
			 "it): until it is back no command reaches this "
			 "daemon; sessions and HTTP go on",
		    path);
	r->gone = true;
	if (make_again(env, why, sizeof(why)) == 0) {
		log_info("%s is back: commands reach this daemon again", path);
		r->gone = false;
		r->told[0] = '\0';
	} else if (strcmp(why, r->told) != 0) {
		log_warn("%s cannot be made again yet: %s", path, why);
		(void)strlcpy(r->told, why, sizeof(r->told));
	}
}

static void
on_look(void *arg)
{
	struct runtime *r = arg;

	if (!r->env->stopping)
		look(r);
	loop_timer_arm(r->timer, r->gone ? AGAIN_MS : LOOK_MS);
}

void
runtime_look(struct env *env)
{
	if (env->runtime != NULL)
		on_look(env->runtime);
}

void
runtime_watch(struct env *env)
{
	struct runtime *r = xcalloc(1, sizeof(*r));

	/* A monitor before us may have lost it: then the lock is another. */
	if (env->control.ino == 0 && has_lock(env, env->lock_fd))
		env->control = named_now(env->paths.control_sock);
	r->env = env;
	r->timer = loop_timer_new(env->loop, on_look, r);
	loop_timer_arm(r->timer, LOOK_MS);
	env->runtime = r;
}

void
runtime_close(struct env *env)
{
	if (env->runtime == NULL)
		return;
	loop_timer_free(env->runtime->timer);
	free(env->runtime);
	env->runtime = NULL;
}
