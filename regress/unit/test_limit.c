/*
 * What a session may use: each limit is reached, with the same work done
 * without it first; and how it is kept is what the session says.
 *
 * Run by root where cgroups of version 2 can be made, the sandboxer gets one
 * of its own, as in a service with Delegate=yes.
 */

#include "config.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "ring.h"
#include "rig.h"
#include "xmalloc.h"

#define NOBODY 65534

static char *group; /* a delegated cgroup, or NULL */

/* Runs it to its end; the state is the caller's to clear. */
static char *
run(struct rig *r, const struct rig_plan *p, struct rig_session *s,
    struct msg *m)
{
	char *out;

	rig_must_run(r, p, s);
	rig_wait_end(r, s, m);
	out = rig_output(s);
	rig_session_done(s);
	return out;
}

/* The output contains text, or not. */
static void
prints(struct rig *r, const struct rig_plan *p, const char *text, bool wanted,
    const char *limits)
{
	struct rig_session s;
	struct msg m;
	char *out = run(r, p, &s, &m);

	ck_assert_msg((strstr(out, text) != NULL) == wanted, "\"%s\": %s",
	    p->script, out);
	ck_assert_str_eq(s.limits, limits);
	free(out);
	msg_clear(&m);
}

START_TEST(test_files)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "ulimit -n; ulimit -Hn" };

	prints(r, &p, "32\r\n32\r\n", false, "");
	p.files = 32;
	prints(r, &p, "32\r\n32\r\n", true, "files 32 each process");
	rig_stop(r);
}
END_TEST

START_TEST(test_processes)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script =
				  "i=0; while [ $i -lt 40 ]; do sleep 60 & "
				  "i=$((i+1)); done; echo all of them" };

	prints(r, &p, "all of them", true, "");
	p.processes = 20;
	prints(r, &p, "all of them", false, "processes 20 by its user");
	/* Another session is not in its way: each has its own count. */
	p.script = "sleep 0 && echo started";
	prints(r, &p, "started", true, "processes 20 by its user");
	rig_stop(r);
}
END_TEST

START_TEST(test_memory)
{
	struct rig *r = rig_start();
	/* Twice 128 MiB while it is doubled the last time. */
	struct rig_plan p = { .script = "awk 'BEGIN { s = \"x\"; "
					"for (i = 0; i < 27; i++) s = s s; "
					"print length(s) }'; echo then" };

	prints(r, &p, "134217728", true, "");
	p.memory = 64 * 1024 * 1024;
	prints(r, &p, "134217728", false, "memory 64M each process");
	rig_stop(r);
}
END_TEST

static void
ends_by_limit(struct rig *r, const struct rig_plan *p, const char *limits)
{
	const struct msg_jail_state *state;
	struct rig_session s;
	struct msg m;

	free(run(r, p, &s, &m));
	state = m.body;
	ck_assert_str_eq(s.limits, limits);
	ck_assert_str_eq(state->reason, "limit");
	ck_assert_ptr_nonnull(strstr(state->text, "processor time"));
	msg_clear(&m);
}

START_TEST(test_cpu)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "while :; do :; done", .cpu = 1 };

	ends_by_limit(r, &p, "processor 1s each process");
	/* Without a jail, too. */
	p.unjailed = true;
	ends_by_limit(r, &p, "processor 1s each process");
	rig_stop(r);
}
END_TEST

/* Where a harder limit holds already, the grace after ours may not pass it. */
START_TEST(test_cpu_inherited)
{
	const struct rlimit rl = { 60, 60 };
	struct rig_plan p = { .script = "ulimit -St; ulimit -Ht", .cpu = 58 };
	struct rig *r;

	ck_assert_int_eq(setrlimit(RLIMIT_CPU, &rl), 0);
	r = rig_start();
	prints(r, &p, "58\r\n60\r\n", true, "processor 58s each process");
	rig_stop(r);
}
END_TEST

/* It would count all that the user runs: nothing is said that is not true. */
START_TEST(test_unjailed)
{
	struct rig *r = rig_start();
	struct rig_plan p = { .script = "ulimit -n",
		.unjailed = true,
		.files = 48,
		.processes = 1 };

	prints(r, &p, "48\r\n", true,
	    "processes not bounded without a jail, files 48 each process");
	rig_stop(r);
}
END_TEST

/* --- cgroups --- */

static bool
put_text(const char *dir, const char *name, const char *text)
{
	char *path = xasprintf("%s/%s", dir, name);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok =
	    fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd != -1)
		close(fd);
	free(path);
	return ok;
}

/* A group below ours for this process alone, as a service has one. */
static char *
enter_group(void)
{
	char *dir = xasprintf("%s/test-%d", group, (int)getpid());

	ck_assert_msg(mkdir(dir, 0755) == 0, "%s: %s", dir, strerror(errno));
	ck_assert_msg(
	    put_text(dir, "cgroup.procs", "0"), "%s: %s", dir, strerror(errno));
	return dir;
}

static bool
exists(const char *dir, const char *name)
{
	char *path = xasprintf("%s/%s", dir, name);
	bool yes = access(path, F_OK) == 0;

	free(path);
	return yes;
}

START_TEST(test_group)
{
	struct rig_plan p = { .cpu = 1 };
	struct rig_session s;
	char *dir, *name;
	struct rig *r;
	struct msg m;

	if (group == NULL)
		return;
	dir = enter_group();
	r = rig_start();
	ck_assert(exists(dir, "ringlet.daemon"));
	/* None of them uses up a second, all together they do. */
	p.script = "for i in 1 2 3 4 5 6; do (ulimit -t 1; "
		   "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done) & done; "
		   "while :; do wait; for i in 1 2 3; do "
		   "(i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done) & "
		   "done; done";
	ends_by_limit(r, &p, "processor 1s in all");
	/* While it runs its group is there; then it is not. */
	p = (struct rig_plan){ .script = "echo runs; sleep 60" };
	rig_must_run(r, &p, &s);
	rig_wait_output(&s, "runs");
	name = xasprintf("ringlet.session.%s", s.id);
	ck_assert(exists(dir, name));
	{
		struct msg_jail_kill kill = { .id = s.id, .signal = SIGKILL };

		(void)rig_send(r, MSG_JAIL_KILL, &kill);
	}
	rig_wait_end(r, &s, &m);
	msg_clear(&m);
	ck_assert(!exists(dir, name));
	rig_session_done(&s);
	rig_stop(r);
	free(name);
	free(dir);
}
END_TEST

/* Where another program is in the group it is not ours to divide. */
START_TEST(test_shared_group)
{
	struct rig_plan plan = { .script = "exit 0", .cpu = 9 };
	struct rig_session s;
	char *dir, number[16];
	struct rig *r;
	struct msg m;
	pid_t other;
	int p[2];

	if (group == NULL)
		return;
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	dir = enter_group();
	/* Not a child of the one that the sandboxer takes for its monitor. */
	if ((other = fork()) == 0) {
		if ((other = fork()) == 0) {
			/* Until this test ends. */
			close(p[1]);
			_exit(read(p[0], number, 1) == 0 ? 0 : 1);
		}
		(void)snprintf(number, sizeof(number), "%d", (int)other);
		_exit(put_text(dir, "cgroup.procs", number) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(other, NULL, 0), other);
	r = rig_start();
	free(run(r, &plan, &s, &m));
	msg_clear(&m);
	ck_assert_str_eq(s.limits, "processor 9s each process");
	ck_assert(!exists(dir, "ringlet.daemon"));
	rig_stop(r);
	close(p[0]);
	close(p[1]);
	free(dir);
}
END_TEST

/* No group where the kernel's files say so. */
START_TEST(test_no_group)
{
	char root[] = "/tmp/ringlet-limit.XXXXXX";
	struct cgroup c;
	const char *why;
	char *path;
	FILE *fp;

	ck_assert_ptr_nonnull(mkdtemp(root));
	cgroup_find(&c, root, &why);
	ck_assert_ptr_null(c.dir);
	ck_assert_str_eq(why, "there is no cgroup of version 2");
	path = xasprintf("%s/proc", root);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	free(path);
	path = xasprintf("%s/proc/self", root);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	free(path);
	path = xasprintf("%s/proc/self/mounts", root);
	fp = fopen(path, "w");
	fputs("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", fp);
	fclose(fp);
	free(path);
	path = xasprintf("%s/proc/self/cgroup", root);
	fp = fopen(path, "w");
	fputs("1:name=systemd:/x\n0::/user.slice/a.scope\n", fp);
	fclose(fp);
	free(path);
	cgroup_find(&c, root, &why);
	ck_assert_ptr_null(c.dir);
	ck_assert_str_eq(why, "the daemon's cgroup is not delegated to it");
	ck_assert_ptr_null(cgroup_session_new(&c, "0123456789abcdef", 1, 1));
	path = xasprintf("rm -rf '%s'", root);
	if (fork() == 0) {
		execl("/bin/sh", "sh", "-c", path, (char *)NULL);
		_exit(127);
	}
	free(path);
}
END_TEST

/* Removes the group, and those of tests below it, once everybody has ended. */
static void __attribute__((__noreturn__)) clean_group(int ended)
{
	char *command = xasprintf(
	    "find '%s' -depth -type d -exec rmdir {} + 2>/dev/null", group);
	char byte;

	while (read(ended, &byte, 1) == -1 && errno == EINTR)
		;
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* As root: makes the group, and gives it to the user that we become. */
static void
make_group(void)
{
	static const char *const files[] = { "", "/cgroup.procs",
		"/cgroup.subtree_control", "/runner", "/runner/cgroup.procs" };
	char line[512], at[256], type[64], *path;
	FILE *fp = fopen("/proc/self/mounts", "re");
	size_t i;
	int p[2];

	while (fp != NULL && group == NULL &&
	       fgets(line, sizeof(line), fp) != NULL)
		if (sscanf(line, "%*s %255s %63s", at, type) == 2 &&
		    strcmp(type, "cgroup2") == 0)
			group =
			    xasprintf("%s/ringlet-test-%d", at, (int)getpid());
	if (fp != NULL)
		fclose(fp);
	if (group == NULL)
		return;
	path = xasprintf("%s/runner", group);
	if (mkdir(group, 0755) == -1 || mkdir(path, 0755) == -1 ||
	    pipe2(p, O_CLOEXEC) == -1 || !put_text(path, "cgroup.procs", "0")) {
		free(group);
		group = NULL;
	}
	free(path);
	for (i = 0; group != NULL && i < sizeof(files) / sizeof(*files); i++) {
		path = xasprintf("%s%s", group, files[i]);
		if (chown(path, NOBODY, NOBODY) == -1)
			perror(path);
		free(path);
	}
	if (group != NULL && fork() == 0) {
		close(p[1]);
		/* It must not be in what it removes. */
		at[strcspn(at, "\n")] = '\0';
		(void)put_text(at, "cgroup.procs", "0");
		clean_group(p[0]);
	}
}

int
main(int argc, char **argv)
{
	Suite *s = suite_create("limit");
	TCase *t = tcase_create("limit");
	SRunner *sr;
	int failed;

	if (getuid() == 0)
		make_group();
	if (group == NULL)
		fprintf(stderr, "cgroups are not tried: %s\n",
		    getuid() == 0 ? "none of version 2 can be made"
				  : "root is needed to make one");
	tcase_set_timeout(t, 120);
	tcase_add_test(t, test_no_group);
	if (rig_begin(argc, argv)) {
		tcase_add_test(t, test_files);
		tcase_add_test(t, test_processes);
		tcase_add_test(t, test_memory);
		tcase_add_test(t, test_cpu);
		tcase_add_test(t, test_cpu_inherited);
		tcase_add_test(t, test_unjailed);
		tcase_add_test(t, test_group);
		tcase_add_test(t, test_shared_group);
	} else
		fprintf(stderr, "bwrap cannot build jails here: only what "
				"needs none is tried\n");
	suite_add_tcase(s, t);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? 0 : 1;
}
