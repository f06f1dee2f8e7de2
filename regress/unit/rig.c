/*
 * The rig: see rig.h.  It speaks the monitor's side of the channel with the
 * blocking calls of common/msg.h, and plays viewers in the same way.
 */

#include "config.h"

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "err.h"
#include "landlock-abi.h"
#include "loop.h"
#include "proc.h"
#include "rig.h"
#include "snapshot.h"
#include "secret.h"
#include "xmalloc.h"

#define NOBODY	  65534
#define BINDS_MAX 16

static uint64_t session_number;

/*
 * "-L": the sandboxer under a filter that makes Landlock's first system call
 * one that does not exist.
 */
static void __attribute__((__noreturn__)) old_kernel(char **argv)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset,
		    0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, code };
	char name[] = SANDBOXER_DIR "/ringlet-sandboxer", flag[] = "-Z";

	argv[0] = name;
	argv[1] = flag;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0)
		execv(name, argv);
	_exit(127);
}

bool
rig_begin(int argc, char **argv)
{
	pid_t pid;
	int status;

	if (argc == 2 && strcmp(argv[1], "-L") == 0)
		old_kernel(argv);
	/* A jail made by root is another jail, and proves nothing. */
	if (getuid() == 0 &&
	    (setgroups(0, NULL) == -1 || setgid(NOBODY) == -1 ||
		setuid(NOBODY) == -1)) {
		perror("cannot become an ordinary user");
		exit(1);
	}
	if (access(SANDBOXER_DIR "/ringlet-sandboxer", X_OK) == -1) {
		fprintf(stderr, "skipped: uid %d cannot run %s: %s\n",
		    (int)getuid(), SANDBOXER_DIR "/ringlet-sandboxer",
		    strerror(errno));
		exit(77);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	secret_init();
	if ((pid = fork()) == 0) {
		execl(PATH_BWRAP, PATH_BWRAP, "--unshare-user", "--unshare-pid",
		    "--ro-bind", "/", "/", "/bin/true", (char *)NULL);
		_exit(127);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static void
read_message(int fd, struct msg *m)
{
	int ret = msg_read(fd, RIG_WAIT_MS, m);

	ck_assert_msg(ret == 0, "no message: %s", rl_strerror(ret));
}

void
rig_expect(struct rig *r, uint16_t type, struct msg *m)
{
	for (;;) {
		read_message(r->fd, m);
		if (m->hdr.type == type)
			return;
		if (m->hdr.type == MSG_LOG) {
			const struct msg_log *entry = m->body;

			fprintf(stderr, "# %s\n", entry->text);
			msg_clear(m);
			continue;
		}
		if (m->hdr.type == MSG_JAIL_SCREEN ||
		    m->hdr.type == MSG_JAIL_NOTICE) {
			msg_clear(m);
			continue;
		}
		ck_abort_msg("got %s instead of %s", m->type->name,
		    msg_type_get(type)->name);
	}
}

uint32_t
rig_send(struct rig *r, uint16_t type, const void *body)
{
	ck_assert_int_eq(
	    msg_write(r->fd, type, ++r->next_id, body, NULL, 0), 0);
	return r->next_id;
}

/* A folder with the programs that the sandboxer starts. */
static char *
programs(const char *screen)
{
	char dir[] = "/tmp/ringlet-rig-bin.XXXXXX";
	char *name;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	name = xasprintf("%s/ringlet-jail-init", dir);
	ck_assert_int_eq(symlink(SANDBOXER_DIR "/ringlet-jail-init", name), 0);
	free(name);
	name = xasprintf("%s/ringlet-screen", dir);
	ck_assert_int_eq(symlink(screen, name), 0);
	free(name);
	return xstrdup(dir);
}

static struct rig *
start(bool old, const char *screen, const char *mode)
{
	struct rig *r = xcalloc(1, sizeof(*r));
	struct msg_init init = { .version = MSG_VERSION,
		.package = PACKAGE_VERSION,
		.log_level = 2 };
	char name[] = "ringlet-sandboxer", flag[] = "-Z";
	char old_flag[] = "-L";
	char *bin = programs(screen), root[] = "HOME=/";
	char *dir = xasprintf("RINGLET_LIBEXEC_DIR=%s", bin);
	char *how = xasprintf("RINGLET_HOSTILE=%s", mode);
	char *argv[] = { name, old ? old_flag : flag, NULL };
	char *envp[] = { dir, how, root, NULL };
	struct proc_spec spec = { .path = old ? "/proc/self/exe"
					      : SANDBOXER_DIR
					      "/ringlet-sandboxer",
		.argv = argv,
		.envp = envp };
	char home[] = "/tmp/ringlet-rig.XXXXXX";
	const struct msg_ready *ready;
	struct proc proc;
	struct msg m;
	int sv[2];

	ck_assert_ptr_nonnull(mkdtemp(home));
	r->bin = bin;
	r->home = xstrdup(home);
	r->work = xasprintf("%s/work", home);
	ck_assert_int_eq(mkdir(r->work, 0700), 0);
	r->home_fd = open(r->home, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r->work_fd = open(r->work, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(fd_pair(sv), 0);
	spec.channel = sv[1];
	ck_assert_msg(proc_spawn(&spec, &proc) == 0, "cannot start %s: %s",
	    spec.path, strerror(errno));
	close(sv[1]);
	r->fd = sv[0];
	r->pid = proc.pid;
	proc_release(&proc);
	free(dir);
	free(how);
	rig_send(r, MSG_INIT, &init);
	rig_expect(r, MSG_READY, &m);
	ready = m.body;
	ck_assert_uint_eq(ready->version, MSG_VERSION);
	r->tier =
	    strcmp(ready->level, "full") == 0 ? "full" : "no-landlock-scope";
	ck_assert_str_eq(ready->level, r->tier);
	msg_clear(&m);
	return r;
}

struct rig *
rig_start(void)
{
	return start(false, SCREEN_PATH, "");
}

struct rig *
rig_start_old_kernel(void)
{
	return start(true, SCREEN_PATH, "");
}

struct rig *
rig_start_hostile_screen(const char *mode)
{
	return start(false, HOSTILE_SCREEN_PATH, mode);
}

void
rig_stop(struct rig *r)
{
	int status;
	pid_t pid;

	close(r->fd);
	if (r->pid != 0) {
		ck_assert_int_eq(waitpid(r->pid, &status, 0), r->pid);
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		    "the sandboxer's status is %#x", (unsigned int)status);
	}
	close(r->home_fd);
	close(r->work_fd);
	if ((pid = fork()) == 0) {
		execl("/bin/rm", "rm", "-rf", r->home, r->bin, (char *)NULL);
		_exit(127);
	}
	(void)waitpid(pid, &status, 0);
	free(r->bin);
	free(r->home);
	free(r->work);
	free(r);
}

/* Sends JAIL_START for session s; returns the request's id. */
static uint32_t
request(struct rig *r, const struct rig_plan *p, struct rig_session *s)
{
	const char *sh[] = { "sh", "-c", p->script };
	static const char *const env[] = { "PATH=/usr/bin:/bin", "TERM=xterm" };
	struct msg_bind binds[BINDS_MAX] = {
		{ BIND_RO, "/usr", "/usr", 0 },
		{ BIND_SYMLINK, "usr/bin", "/bin", 0 },
		{ BIND_SYMLINK, "usr/lib", "/lib", 0 },
		{ BIND_SYMLINK, "usr/lib64", "/lib64", 0 },
		{ BIND_RO, "/etc", "/etc", 0 },
		{ BIND_PROC, "", "/proc", 0 },
		{ BIND_DEV, "", "/dev", 0 },
		{ BIND_TMPFS, "", "/tmp", 1 << 20 },
		{ BIND_TMPFS, "", "/run", 0 },
		/* The test itself, for its probes. */
		{ BIND_RO, TEST_DIR, "/run/test", 0 },
		{ BIND_RW, r->home, r->home, 0 },
	};
	size_t nbinds = 11;
	struct msg_jail_start start = { .id = s->id,
		.sandboxed = !p->unjailed,
		.path = p->path != NULL ? p->path : "/bin/sh",
		.argv = { sh, 3 },
		.env = { (const char **)(uintptr_t)env, 2 },
		.cwd = p->cwd != NULL ? p->cwd : r->work,
		.home = r->home,
		.unshare_net = p->unshare_net,
		.nesting = p->nesting,
		.limit_memory = p->memory,
		.limit_processes = p->processes,
		.limit_files = p->files,
		.limit_cpu = p->cpu,
		.cols = 80,
		.rows = 24 };
	int fds[3];
	uint32_t id;

	if (p->id != NULL)
		(void)snprintf(s->id, sizeof(s->id), "%s", p->id);
	else
		(void)snprintf(s->id, sizeof(s->id), "%016llx",
		    (unsigned long long)++session_number);
	s->ring_fd = ring_create(RING_CAPACITY);
	ck_assert_int_ge(s->ring_fd, 0);
	if (p->argv != NULL) {
		start.argv.v = (const char **)(uintptr_t)p->argv;
		start.argv.n = p->argc;
	}
	if (p->env != NULL) {
		start.env.v = (const char **)(uintptr_t)p->env;
		start.env.n = p->nenv;
	}
	start.flags.v = (const char **)(uintptr_t)p->flags;
	start.flags.n = p->nflags;
	start.proofs.v = (const char **)(uintptr_t)p->proofs;
	start.proofs.n = p->nproofs;
	if (p->bad_bind != NULL)
		binds[nbinds++] =
		    (struct msg_bind){ BIND_RO, p->bad_bind, "/mnt", 0 };
	if (!p->unjailed) {
		start.binds.v = binds;
		start.binds.n = nbinds;
	}
	fds[0] = s->ring_fd;
	fds[1] = p->cwd_fd != 0 ? p->cwd_fd : r->work_fd;
	fds[2] = r->home_fd;
	id = ++r->next_id;
	ck_assert_int_eq(
	    msg_write(r->fd, MSG_JAIL_START, id, &start, fds, 3), 0);
	return id;
}

const char *
rig_request(struct rig *r, const struct rig_plan *p)
{
	static struct rig_session s;

	(void)request(r, p, &s);
	close(s.ring_fd);
	return s.id;
}

bool
rig_run(struct rig *r, const struct rig_plan *p, struct rig_session *s,
    int *err, char *text, size_t size)
{
	uint32_t id = request(r, p, s);
	struct msg m;

	for (;;) {
		read_message(r->fd, &m);
		if (m.hdr.type == MSG_LOG)
			fprintf(
			    stderr, "# %s\n", ((struct msg_log *)m.body)->text);
		else if (m.hdr.type != MSG_JAIL_TIER)
			break;
		msg_clear(&m);
	}
	ck_assert_uint_eq(m.hdr.id, id);
	if (m.hdr.type == MSG_ERROR) {
		const struct msg_error *e = m.body;

		*err = (int)e->code;
		(void)snprintf(text, size, "%s", e->text);
		msg_clear(&m);
		close(s->ring_fd);
		return false;
	}
	ck_assert_uint_eq(m.hdr.type, MSG_JAIL_STARTED);
	s->pid = ((struct msg_jail_started *)m.body)->pid;
	(void)snprintf(s->limits, sizeof(s->limits), "%s",
	    ((struct msg_jail_started *)m.body)->limits);
	ck_assert_str_eq(((struct msg_jail_started *)m.body)->tier,
	    p->unjailed ? "none" : r->tier);
	msg_clear(&m);
	/* Before any viewer gets it: sealed against all but the sandboxer. */
	ck_assert(ring_is_sealed(s->ring_fd));
	ck_assert_int_eq(ring_reader_new(s->ring_fd, &s->ring), 0);
	return true;
}

void
rig_must_run(struct rig *r, const struct rig_plan *p, struct rig_session *s)
{
	char text[1024] = "";
	int err = 0;

	ck_assert_msg(rig_run(r, p, s, &err, text, sizeof(text)),
	    "not started: %d %s", err, text);
}

void
rig_session_done(struct rig_session *s)
{
	ring_reader_free(s->ring);
	close(s->ring_fd);
}

void
rig_wait_end(struct rig *r, const struct rig_session *s, struct msg *m)
{
	const struct msg_jail_state *state;

	rig_expect(r, MSG_JAIL_STATE, m);
	state = m->body;
	ck_assert_str_eq(state->id, s->id);
	ck_assert_uint_eq(state->state, SST_TERMINATED);
	ck_assert_uint_eq(ring_reader_state(s->ring), SST_TERMINATED);
}

char *
rig_output(const struct rig_session *s)
{
	uint64_t tail = ring_reader_tail(s->ring), oldest;
	size_t len = (size_t)(ring_reader_head(s->ring) - tail), off = 0;
	char *out = xmalloc(len + 1);
	ssize_t n;

	while (off < len) {
		n = ring_read(
		    s->ring, tail + off, out + off, len - off, &oldest);
		if (n == RL_ERR_TOOBIG) {
			/* It is being written: what there is by now. */
			free(out);
			return rig_output(s);
		}
		ck_assert_int_gt(n, 0);
		off += (size_t)n;
	}
	out[len] = '\0';
	return out;
}

void
rig_wait_output(const struct rig_session *s, const char *text)
{
	uint64_t end = loop_now() + RIG_WAIT_MS;
	char *out;
	bool found;

	for (;;) {
		out = rig_output(s);
		found = strstr(out, text) != NULL;
		if (!found && loop_now() > end)
			ck_abort_msg("no \"%s\" in \"%.2000s\"", text, out);
		free(out);
		if (found)
			return;
		(void)poll(NULL, 0, 10);
	}
}

void
rig_attach(struct rig *r, const struct rig_session *s, bool read_only,
    struct rig_viewer *v)
{
	static uint64_t number;
	struct msg_viewer_add add = {
		.id = s->id, .viewer = ++number, .read_only = read_only
	};
	struct msg m;
	int sv[2], fds[2];

	ck_assert_int_eq(fd_pair(sv), 0);
	v->number = number;
	v->sock = sv[0];
	v->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(v->event, 0);
	fds[0] = sv[1];
	fds[1] = v->event;
	ck_assert_int_eq(
	    msg_write(r->fd, MSG_VIEWER_ADD, ++r->next_id, &add, fds, 2), 0);
	close(sv[1]);
	rig_expect(r, MSG_OK, &m);
	msg_clear(&m);
}

void
rig_seek(const struct rig_viewer *v, int64_t offset, struct msg *m)
{
	const struct msg_viewer_seek seek = { offset };
	static uint32_t id = 1000;

	ck_assert_int_eq(
	    msg_write(v->sock, MSG_VIEWER_SEEK, ++id, &seek, NULL, 0), 0);
	for (;;) {
		read_message(v->sock, m);
		if (m->hdr.type != MSG_VIEWER_SIZE &&
		    m->hdr.type != MSG_VIEWER_STATE)
			break;
		msg_clear(m);
	}
	ck_assert_uint_eq(m->hdr.id, id);
}

char *
rig_screen(const struct msg *m)
{
	const uint8_t *p;
	char *text;
	size_t len;

	ck_assert_uint_eq(m->hdr.type, MSG_VIEWER_SCREEN);
	ck_assert_int_eq(snapshot_map(m->fds[0], &p, &len), 0);
	text = xstrndup((const char *)p, len);
	snapshot_unmap(p, len);
	return text;
}

void
rig_view_send(const struct rig_viewer *v, uint16_t type, const void *body)
{
	ck_assert_int_eq(msg_write(v->sock, type, 0, body, NULL, 0), 0);
}

void
rig_view_type(const struct rig_viewer *v, const char *text)
{
	struct msg_viewer_input in = { { (const uint8_t *)text,
	    strlen(text) } };

	rig_view_send(v, MSG_VIEWER_INPUT, &in);
}

void
rig_view_closed(const struct rig_viewer *v)
{
	struct msg m;
	int ret;

	while ((ret = msg_read(v->sock, RIG_WAIT_MS, &m)) == 0)
		msg_clear(&m);
	ck_assert_msg(ret == RL_ERR_EOF || ret == RL_ERR_SYSTEM,
	    "the viewer was not closed: %s", rl_strerror(ret));
}

void
rig_view_done(struct rig_viewer *v)
{
	close(v->sock);
	close(v->event);
}

int
rig_fifo(const struct rig *r, const char *name)
{
	char *path = xasprintf("%s/%s", r->work, name);
	int fd;

	ck_assert_int_eq(mkfifo(path, 0600), 0);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	free(path);
	return fd;
}

void
rig_fifo_held(int fd)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	char c;

	/* POLLHUP alone: the writer of a moment ago has gone again. */
	ck_assert_int_eq(poll(&pfd, 1, RIG_WAIT_MS), 1);
	ck_assert_int_eq(read(fd, &c, 1), 1);
}

bool
rig_fifo_free(int fd, int ms)
{
	struct pollfd pfd = { fd, POLLIN, 0 };
	uint64_t end = loop_now() + (uint64_t)ms;
	char block[256];
	ssize_t n;

	for (;;) {
		while ((n = read(fd, block, sizeof(block))) > 0)
			;
		if (n == 0)
			return true;
		if (loop_now() >= end)
			return false;
		(void)poll(&pfd, 1, 50);
	}
}
