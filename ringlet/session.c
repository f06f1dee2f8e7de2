/*
 * What the commands about sessions share: names and JSON of a session, and
 * what a request takes along from the asker's environment and terminal.
 */

#include "config.h"

#include <sys/ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "ring.h"
#include "ringlet.h"
#include "valid.h"
#include "xmalloc.h"

#define DEFAULT_PATH "/usr/local/bin:/usr/bin:/bin"

extern char **environ;

const char *
session_state_name(uint64_t state)
{
	switch (state) {
	case SST_STARTING:
		return "starting";
	case SST_RUNNING:
		return "running";
	case SST_TERMINATED:
		return "terminated";
	default:
		return "unknown";
	}
}

static json_t *
json_number(int64_t n, bool known)
{
	return known ? json_integer(n) : json_null();
}

json_t *
session_json(const struct msg_session *s)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
			 " s:I, s:I, s:I, s:I, s:I, s:b, s:s, s:o, s:s, s:o,"
			 " s:o}",
	    "id", s->id, "profile_alias", s->profile_alias,
	    "state", session_state_name(s->state),
	    "exit_code", json_number(s->exit_code, s->exit_code >= 0),
	    "signal", json_number((int64_t)s->signal, s->signal != 0),
	    "reason", json_text(s->reason), "text", json_text(s->text),
	    "created_at", json_time(s->created_at),
	    "ended_at", json_time(s->ended_at),
	    "pid", json_number((int64_t)s->pid, s->pid != 0),
	    "cols", (json_int_t)s->cols, "rows", (json_int_t)s->rows,
	    "client_count", (json_int_t)s->client_count,
	    "output_bytes", (json_int_t)s->output,
	    "output_offset", (json_int_t)s->oldest,
	    "sandboxed", (int)s->sandboxed, "tier", s->tier,
	    "limits", json_text(s->limits), "working_dir", s->working_dir,
	    "changed", json_strs(&s->changed),
	    "hooks_left_out", json_strs(&s->hooks_left_out));
}

int
session_status(int64_t exit_code, uint64_t signal)
{
	if (signal != 0)
		return 128 + (int)signal;
	return exit_code >= 0 ? (int)exit_code : -1;
}

static bool
is_client_variable(const char *s)
{
	static const char *const names[] = { "TERM=", "COLORTERM=", "LANG=",
		"TZ=", "LC_" };

	for (size_t i = 0; i < NELEM(names); i++)
		if (strncmp(s, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

struct msg_strs
session_client_env(void)
{
	struct msg_strs s = { NULL, 0 };

	s.v = xcalloc(ARGS_MAX + 1, sizeof(*s.v));
	for (char **e = environ; *e != NULL && s.n < ARGS_MAX; e++)
		if (is_client_variable(*e) && valid_env_assignment(*e) &&
		    valid_utf8(*e, strlen(*e)))
			s.v[s.n++] = *e;
	return s;
}

struct msg_strs
session_pass_env(const struct msg_strs *names)
{
	struct msg_strs s = { NULL, 0 };
	const char *value;
	char *kv;

	s.v = xcalloc(names->n + 1, sizeof(*s.v));
	for (size_t i = 0; i < names->n; i++) {
		if ((value = getenv(names->v[i])) == NULL)
			continue;
		kv = xasprintf("%s=%s", names->v[i], value);
		if (valid_env_assignment(kv) && valid_utf8(kv, strlen(kv)))
			s.v[s.n++] = kv;
		else
			free(kv);
	}
	return s;
}

struct msg_strs
session_search_path(char **hold)
{
	struct msg_strs s = { NULL, 0 };
	const char *path = getenv("PATH");
	char *next, *dir;

	s.v = xcalloc(ARGS_MAX + 1, sizeof(*s.v));
	next = *hold = xstrdup(path != NULL ? path : DEFAULT_PATH);
	while ((dir = strsep(&next, ":")) != NULL && s.n < ARGS_MAX) {
		size_t len = strlen(dir);

		while (len > 1 && dir[len - 1] == '/')
			dir[--len] = '\0';
		/* A relative folder would be another one for the daemon. */
		if (valid_abs_path(dir) && valid_utf8(dir, len))
			s.v[s.n++] = dir;
	}
	return s;
}

bool
session_terminal_size(uint64_t *cols, uint64_t *rows)
{
	static const int fds[] = { STDOUT_FILENO, STDIN_FILENO, STDERR_FILENO };
	struct winsize ws;

	for (size_t i = 0; i < NELEM(fds); i++) {
		if (ioctl(fds[i], TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 &&
		    ws.ws_row > 0 && ws.ws_col <= TERM_SIZE_MAX &&
		    ws.ws_row <= TERM_SIZE_MAX) {
			*cols = ws.ws_col;
			*rows = ws.ws_row;
			return true;
		}
	}
	return false;
}
