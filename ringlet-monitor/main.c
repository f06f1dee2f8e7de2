/*
 * ringlet-monitor: the parent of all.  It holds the token, the profiles and
 * the way to the keychain, starts the other daemons, and answers their
 * questions and the CLI's.  It parses no HTTP, no JSON from the network and
 * nothing that an agent wrote.
 */

#include "config.h"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit.h"
#include "buf.h"
#include "detect.h"
#include "err.h"
#include "fdpass.h"
#include "keychain.h"
#include "log.h"
#include "loop.h"
#include "manifest.h"
#include "migrate.h"
#include "monitor.h"
#include "policy.h"
#include "profile-use.h"
#include "registry.h"
#include "secret.h"
#include "service.h"
#include "vault.h"
#include "xmalloc.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

#define SETTINGS_MAX (256 * 1024) /* bytes of -T */
#define STOP_TIMEOUT 8000 /* ms for an orderly end */

struct options {
	bool foreground;
	bool check; /* -t */
	bool print; /* -T */
	bool versions; /* -Q */
	int handover; /* -R; -1: a start of its own */
};

static void __attribute__((__noreturn__))
usage(void)
{
	fprintf(stderr, "usage: ringletd [-DtV] [-T [msg]] [-f file] "
			"[-o Keyword=value]\n");
	exit(2);
}

/*
 * The file of -f by its absolute name, also in the argument that a restart
 * hands on: the daemon's folder is another one later.  Not resolved, because a
 * symbolic link is to be seen, and refused.
 */
static const char *
absolute(char **argument, const char *file)
{
	char *folder, *path;

	if (file[0] == '/')
		return file;
	if ((folder = getcwd(NULL, 0)) == NULL)
		fatal("the working folder: %s", strerror(errno));
	path = xasprintf("%s/%s", folder, file);
	*argument = xasprintf(
	    "%.*s%s", (int)(file - *argument), *argument, path);
	free(folder);
	return path;
}

static void
give(struct given *given, const char *option)
{
	given->options[given->noptions++] = option;
}

/* -T prints the settings; "-T msg" serves in the foreground, with traces. */
static void
on_T(char **argv, struct options *o, struct given *given)
{
	const char *word = argv[optind];

	if (word == NULL || word[0] == '-') {
		o->print = true;
		return;
	}
	if (strcmp(word, "msg") != 0)
		usage();
	optind++;
	o->foreground = true;
	give(given, "LogLevel=trace");
	give(given, "LogDestination=stderr");
}

static void
parse_options(int argc, char **argv, struct options *o, struct given *given)
{
	const char *errstr;
	int ch;

	/* -o takes at least one argument, "-T msg" two, and gives two. */
	given->options = xcalloc((size_t)argc + 1, sizeof(char *));
	while ((ch = getopt(argc, argv, "Df:o:QR:TtV")) != -1) {
		switch (ch) {
		case 'D':
			o->foreground = true;
			break;
		case 'f':
			given->file = absolute(&argv[optind - 1], optarg);
			break;
		case 'o':
			give(given, optarg);
			break;
		/* What a monitor that is to be replaced asks and says. */
		case 'Q':
			o->versions = true;
			break;
		case 'R':
			o->handover =
			    (int)strtonum(optarg, 3, INT_MAX, &errstr);
			if (errstr != NULL)
				usage();
			break;
		case 'T':
			on_T(argv, o, given);
			break;
		case 't':
			o->check = true;
			break;
		case 'V':
			printf("ringletd %s\n", PACKAGE_VERSION);
			exit(0);
		default:
			usage();
		}
	}
	if (optind != argc)
		usage();
}

static void
make_folder(const char *path)
{
	int r = paths_make_private_dir(path);

	if (r == RL_ERR_DENIED)
		fatal("%s: must be a folder of yours with mode 0700: mend it "
		      "with chmod 700, or move it away", path);
	if (r != 0)
		fatal("%s: %s: 'ringlet doctor' says what to do", path,
		    rl_strerror(r));
}

/* Who has the lock, for the message; 0 if the file does not say. */
static long
lock_owner(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

/* Until this returns, nothing that another monitor owns may be touched. */
static void
take_lock(struct env *env)
{
	const char *name = env->paths.lock_file;

	env->lock_fd =
	    open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (env->lock_fd == -1)
		fatal("%s: %s", name, strerror(errno));
	if (flock(env->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return;
	if (errno != EWOULDBLOCK)
		fatal("%s: flock: %s", name, strerror(errno));
	fatal("already running as pid %ld: end it with 'ringlet daemon stop'",
	    lock_owner(env->lock_fd));
}

static void
write_pid(struct env *env)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(env->lock_fd, 0) == -1 ||
	    pwrite(env->lock_fd, text, (size_t)n, 0) != n)
		fatal("%s: %s", env->paths.lock_file, strerror(errno));
}

/* A ring for each session and a socket for each client want descriptors. */
static void
raise_descriptor_limit(void)
{
	struct rlimit rl;

	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		fatal("getrlimit: %s", strerror(errno));
	rl.rlim_cur = rl.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &rl) == -1)
		log_warn("setrlimit: %s", strerror(errno));
}

static void
null_input_output(void)
{
	int fd;

	if ((fd = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(fd, STDIN_FILENO) == -1 || dup2(fd, STDOUT_FILENO) == -1)
		fatal("/dev/null: %s", strerror(errno));
	if (fd > STDERR_FILENO)
		close(fd);
}

/*
 * Goes on in a child with its own session.  The parent stays until the child
 * says by a byte that it serves; if it ends without, it has said why.
 */
static void
detach(struct env *env)
{
	int fds[2], status;
	pid_t pid;
	char c;

	if (pipe2(fds, O_CLOEXEC) == -1)
		fatal("pipe: %s", strerror(errno));
	if ((pid = fork()) == -1)
		fatal("fork: %s", strerror(errno));
	if (pid > 0) {
		close(fds[1]);
		if (read(fds[0], &c, 1) == 1)
			_exit(0);
		_exit(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
			    WEXITSTATUS(status) != 0
			? WEXITSTATUS(status)
			: 1);
	}
	close(fds[0]);
	env->ready_fd = fds[1];
	if (setsid() == -1 || chdir("/") == -1)
		fatal("cannot detach: %s", strerror(errno));
}

void
monitor_ready(struct env *env)
{
	/* The credential is tried first: nobody is to find the vault locked. */
	if (vault_is_starting(env->vault))
		return;
	control_accept(env);
	service_ready(env);
	if (env->ready_fd == -1)
		return;
	log_info("version %s serves as pid %d", PACKAGE_VERSION,
	    (int)getpid());
	if (!env->foreground) {
		logfile_stderr(env);
		if (write(env->ready_fd, "", 1) == -1)
			log_warn("nobody waited for the start");
	}
	close(env->ready_fd);
	env->ready_fd = -1;
}

void
monitor_maybe_done(struct env *env)
{
	if (env->stopping && env->ringletd.proc.pid == 0 &&
	    env->sandboxer.proc.pid == 0 && audit_finish(env))
		loop_stop(env->loop);
}

static void
on_stop_timeout(void *arg)
{
	struct env *env = arg;

	log_warn("the daemons did not end in time: killing them");
	supervise_kill(env);
}

void
monitor_stop(struct env *env)
{
	if (env->stopping)
		return;
	log_info("stopping");
	auth_tell_wrong(env);
	env->stopping = true;
	service_stopping(env);
	loop_timer_arm(env->stop_timer, STOP_TIMEOUT);
	session_end_all(env);
	monitor_maybe_done(env);
}

static void
on_signal(int signo, void *arg)
{
	struct env *env = arg;

	switch (signo) {
	case SIGCHLD:
		supervise_reap(env);
		break;
	case SIGTERM:
	case SIGINT:
		monitor_stop(env);
		break;
	case SIGHUP:
		settings_reload(env);
		runtime_look(env);
		break;
	}
}

/* Our arguments for the next monitor: all but "-R number", which is last. */
static void
keep_arguments(struct env *env, int argc, char **argv, bool handover)
{
	size_t n = (size_t)argc - (handover ? 2 : 0);

	env->argv = xcalloc(n + 1, sizeof(*env->argv));
	memcpy(env->argv, argv, n * sizeof(*env->argv));
}

static void
open_everything(struct env *env)
{
	char why[512];

	make_folder(env->paths.runtime_dir);
	take_lock(env);
	make_folder(env->paths.config_dir);
	make_folder(env->paths.profile_dir);
	make_folder(env->paths.state_dir);
	if (!env->foreground)
		detach(env);
	else if ((env->ready_fd = open("/dev/null", O_WRONLY | O_CLOEXEC)) ==
	    -1)
		fatal("/dev/null: %s", strerror(errno));
	write_pid(env);
	null_input_output();
	if (logfile_open(env, why, sizeof(why)) != 0)
		fatal("%s", why);
	audit_open(env, "start");
	policy_note(env);
	policy_tell(env);
	auth_open(env);
	listen_open(env);
	control_open(env);
}

static void
close_everything(struct env *env)
{
	runtime_close(env);
	control_close(env);
	listen_close(env);
	watchdog_stop(env);
	service_close(env);
	session_free_all(env);
	profile_use_close(env);
	migration_free(env->migration);
	vault_free(env->vault);
	keychain_free(env->keychain);
	fs_free(env);
	detect_free(env);
	registry_fetch_free(env);
	registry_bundle_free(env->registry);
	free(env->registry_problem);
	token_close(env);
	audit_free(env->audit);
	sealbox_free(&env->box);
	manifest_set_free(env->manifests);
	loop_timer_free(env->ringletd.timer);
	loop_timer_free(env->sandboxer.timer);
	loop_timer_free(env->ringletd.limit_timer);
	loop_timer_free(env->sandboxer.limit_timer);
	free(env->ringletd.level);
	free(env->sandboxer.level);
	free(env->ringletd.words);
	free(env->sandboxer.words);
	loop_timer_free(env->stop_timer);
	conf_free(&env->conf);
	policy_free(env->policy);
	free(env->policy_trouble);
	strlist_clear(&env->still_open);
	strlist_clear(&env->still_units);
	/* The file stays, empty: removing it would race with a new start. */
	if (ftruncate(env->lock_fd, 0) == -1)
		log_warn("%s: %s", env->paths.lock_file, strerror(errno));
}

/* The settings that hold, for -T; does not return. */
static void __attribute__((__noreturn__))
print_settings(const struct env *env)
{
	const struct conf *c = &env->conf;
	struct buf *out = buf_new(SETTINGS_MAX);
	const char *keyword;
	char *value;

	if (env->policy != NULL)
		printf("# with the policy %s\n", policy_file(env->policy));
	for (size_t i = 0; i < CONF_KEYWORDS_MAX; i++)
		if (c->from[i].policy != 0 &&
		    (value = conf_value(c, i, &keyword)) != NULL) {
			printf("# %s: by its line %u\n", keyword,
			    c->from[i].policy);
			free(value);
		}
	if (conf_print(c, out) != 0)
		fatal("settings do not fit");
	fwrite(buf_ptr(out), 1, buf_len(out), stdout);
	exit(0);
}

/*
 * The loop is there: takes over what a monitor before us has left, if handover
 * is not -1, and starts all that the daemon does.
 */
static void
begin(struct env *env, int handover)
{
	env->keychain = keychain_new(env->loop, env->paths.keychain);
	keychain_on_prompt(env->keychain, prompt_open, env);
	keychain_set_timeout(env->keychain, env->conf.keychain_timeout_ms,
	    env->conf.keychain_prompt_ms);
	env->vault = vault_new(env);
	supervise_setup(env);
	if (handover != -1) {
		handover_load(env, handover);
		logfile_take_over(env);
		audit_open(env, "takeover");
		policy_note(env);
		policy_tell(env);
		auth_open(env);
		log_info("version %s takes over as pid %d", PACKAGE_VERSION,
		    (int)getpid());
	}
	upload_sweep(env);
	registry_reload(env);
	if (handover != -1)
		listen_tighten(env);
	stranger_setup(env);
	token_watch(env);
	vault_take_credential(env->vault);
	audit_begin(env);
	supervise_start(env);
	watchdog_start(env);
	runtime_watch(env);
	detect_start(env);
	/* A death between the two programs was told to neither. */
	if (handover != -1)
		supervise_reap(env);
}

int
main(int argc, char **argv)
{
	static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	struct loop_signal *watched[NELEM(signals)];
	struct env env = { .ready_fd = -1, .log_fd = -1, .control_fd = -1 };
	struct options o = { .handover = -1 };
	const char *bad;
	char why[1024];

	if (fd_fill_standard() != 0)
		return 1;
	umask(077);
	log_init("ringlet-monitor", LOGL_INFO);
	if (geteuid() == 0 || getuid() == 0)
		fatal("will not run as root: a jail that root builds holds "
		      "nothing back; start it as an ordinary user");
	if (paths_init(&env.paths, &bad) != 0)
		fatal("%s is not an absolute path", bad);
	if (argc == 2 && strcmp(argv[1], "-k") == 0) {
		execl(env.paths.keychain, "ringlet-keychain", (char *)NULL);
		fatal("%s: %s", env.paths.keychain, strerror(errno));
	}
	if (argc == 4 && strcmp(argv[1], "-X") == 0)
		home_removal_main(&env.paths, argv[2], argv[3]);
	if (argc == 2 && strcmp(argv[1], "-B") == 0)
		fs_browse_main(&env.paths);
	if (argc == 2 && strcmp(argv[1], "-A") == 0)
		version_ask_main();
	parse_options(argc, argv, &o, &env.given);
	/* First: what it sets, nothing that follows can loosen. */
	if (policy_load(&env, why, sizeof(why)) != 0 ||
	    settings_read(&env, &env.conf, why, sizeof(why)) != 0)
		fatal("%s", why);
	log_set_level((enum log_level)env.conf.log_level);
	if (o.print)
		print_settings(&env);
	if (o.versions)
		restart_print_versions();
	if (o.check || o.versions)
		exit(0);

	secret_init();
	raise_descriptor_limit();
	env.started = time(NULL);
	env.manifests = manifest_set_new();
	env.foreground = o.foreground;
	TAILQ_INIT(&env.clients);
	TAILQ_INIT(&env.sessions);
	LIST_INIT(&env.busy);
	keep_arguments(&env, argc, argv, o.handover != -1);
	/*
	 * SIGHUP: until the loop has it.  A limit on the size of files is then
	 * as a full disk is, also for the first entry of a log.
	 */
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR ||
	    signal(SIGHUP, SIG_IGN) == SIG_ERR)
		fatal("signal: %s", strerror(errno));
	service_open(&env);
	if (o.handover == -1)
		open_everything(&env);
	env.loop = loop_new();
	env.stop_timer = loop_timer_new(env.loop, on_stop_timeout, &env);
	for (size_t i = 0; i < NELEM(signals); i++)
		watched[i] =
		    loop_signal_new(env.loop, signals[i], on_signal, &env);
	begin(&env, o.handover);
	if (loop_run(env.loop) != 0)
		fatal("event loop: %s", strerror(errno));

	for (size_t i = 0; i < NELEM(signals); i++)
		loop_signal_free(watched[i]);
	close_everything(&env);
	loop_free(env.loop);
	log_info("stopped");
	log_set_sink(NULL, NULL);
	logsocket_free(env.log_socket);
	paths_free(&env.paths);
	free(env.given.options);
	free(env.argv);
	return env.status;
}
