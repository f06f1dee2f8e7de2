/*
 * hookjson.c: hooks in the file format of Claude Code:
 *
 *	{"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [
 *	    {"type": "command", "command": "...", "timeout": 60}]}]}}
 *
 * Other programs write such files.  What they say is either kept whole or
 * refused: a hook without one of its conditions is another hook.
 */

#include "config.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err.h"
#include "hook.h"
#include "json.h"
#include "valid.h"
#include "xmalloc.h"

/* What is read so far, and where. */
struct reading {
	struct msg_hook_text *v;
	size_t n;
	char at[160]; /* for people */
	char *why;
	size_t size;
};

static int __attribute__((__format__(printf, 2, 3)))
refuse(struct reading *rd, const char *fmt, ...)
{
	char what[320];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(rd->why, rd->size, "%s%s%s", rd->at,
	    *rd->at != '\0' ? ": " : "", what);
	return RL_ERR_INVALID;
}

/* The object's members must be among list, which ends in NULL. */
static int
only(struct reading *rd, const json_t *obj, const char *const *list)
{
	json_t *o = (json_t *)(uintptr_t)obj;
	char shown[160];

	for (void *it = json_object_iter(o); it != NULL;
	     it = json_object_iter_next(o, it)) {
		const char *name = json_object_iter_key(it);
		size_t i = 0;

		while (list[i] != NULL && strcmp(list[i], name) != 0)
			i++;
		if (list[i] == NULL)
			return refuse(rd,
			    "member '%s' is nothing that "
			    "Ringlet keeps",
			    text_escape(shown, sizeof(shown), name));
	}
	return 0;
}

static bool
has_nul(const json_t *s)
{
	return strlen(json_string_value(s)) != json_string_length(s);
}

static int
read_hook(struct reading *rd, const char *event, const char *matcher,
    const json_t *obj)
{
	static const char *const known[] = { "type", "command", "timeout",
		NULL };
	const json_t *type = json_object_get(obj, "type");
	const json_t *command = json_object_get(obj, "command");
	const json_t *timeout = json_object_get(obj, "timeout");
	struct msg_hook_text h = { event, matcher, NULL, HOOK_TIMEOUT_DEFAULT };
	char why[256];

	if (!json_is_object(obj))
		return refuse(rd, "is not an object");
	if (!json_is_string(type) ||
	    strcmp(json_string_value(type), "command") != 0)
		return refuse(rd, "its type is not \"command\"");
	if (only(rd, obj, known) != 0)
		return RL_ERR_INVALID;
	if (!json_is_string(command) || has_nul(command))
		return refuse(rd, "member 'command' must be a string without "
				  "NUL");
	h.command = json_string_value(command);
	if (timeout != NULL &&
	    (!json_is_integer(timeout) || json_integer_value(timeout) < 0))
		return refuse(rd, "member 'timeout' must be a whole number of "
				  "seconds");
	if (timeout != NULL)
		h.timeout = (uint64_t)json_integer_value(timeout);
	/* The two ways to say that all of them are meant. */
	if (hook_event_find(event) == HOOK_STOP && strcmp(matcher, "*") == 0)
		h.matcher = "";
	if (hook_check(&h, why, sizeof(why)) != 0)
		return refuse(rd, "%s", why);
	if (rd->n == HOOKS_MAX) {
		refuse(rd, "there are more than %d hooks", HOOKS_MAX);
		return RL_ERR_LIMIT;
	}
	rd->v = xreallocarray(rd->v, rd->n + 1, sizeof(*rd->v));
	rd->v[rd->n].event = xstrdup(event);
	rd->v[rd->n].matcher = xstrdup(h.matcher);
	rd->v[rd->n].command = xstrdup(h.command);
	rd->v[rd->n++].timeout = h.timeout;
	return 0;
}

/* One matcher and its hooks. */
static int
read_entry(
    struct reading *rd, const char *event, size_t index, const json_t *obj)
{
	static const char *const known[] = { "matcher", "hooks", NULL };
	const json_t *matcher = json_object_get(obj, "matcher");
	const json_t *list = json_object_get(obj, "hooks");
	int r = 0;

	(void)snprintf(rd->at, sizeof(rd->at), "hooks.%s[%zu]", event, index);
	if (!json_is_object(obj))
		return refuse(rd, "is not an object");
	if (only(rd, obj, known) != 0)
		return RL_ERR_INVALID;
	if (matcher != NULL && (!json_is_string(matcher) || has_nul(matcher)))
		return refuse(rd, "member 'matcher' must be a string without "
				  "NUL");
	if (!json_is_array(list))
		return refuse(rd, "member 'hooks' must be an array");
	for (size_t i = 0; r == 0 && i < json_array_size(list); i++) {
		(void)snprintf(rd->at, sizeof(rd->at),
		    "hooks.%s[%zu].hooks[%zu]", event, index, i);
		r = read_hook(rd, event,
		    matcher != NULL ? json_string_value(matcher) : "",
		    json_array_get(list, i));
	}
	return r;
}

int
hook_texts_read(const json_t *hooks, struct msg_hook_text **out, size_t *n,
    char *why, size_t size)
{
	json_t *o = (json_t *)(uintptr_t)hooks;
	struct reading rd = { NULL, 0, "", why, size };
	char shown[160];
	int r = 0;

	*out = NULL;
	*n = 0;
	if (!json_is_object(hooks))
		r = refuse(&rd, "member 'hooks' must be an object");
	for (void *it = r == 0 ? json_object_iter(o) : NULL;
	     r == 0 && it != NULL; it = json_object_iter_next(o, it)) {
		const char *event = json_object_iter_key(it);
		const json_t *list = json_object_iter_value(it);

		rd.at[0] = '\0';
		if (hook_event_find(event) == 0)
			r = refuse(&rd,
			    "hooks of the event '%s' are nothing "
			    "that Ringlet keeps",
			    text_escape(shown, sizeof(shown), event));
		else if (!json_is_array(list))
			r = refuse(
			    &rd, "member 'hooks.%s' must be an array", event);
		for (size_t i = 0; r == 0 && i < json_array_size(list); i++)
			r = read_entry(&rd, event, i, json_array_get(list, i));
	}
	if (r != 0) {
		hook_texts_free(rd.v, rd.n);
		return r;
	}
	*out = rd.v;
	*n = rd.n;
	return 0;
}

int
hook_texts_parse(const char *text, size_t len, struct msg_hook_text **out,
    size_t *n, char *why, size_t size)
{
	const json_t *hooks;
	json_t *obj;
	int r = 0;

	*out = NULL;
	*n = 0;
	if ((obj = json_parse_foreign(
		 text, len, JSON_DEPTH_LIMIT, why, size)) == NULL)
		return RL_ERR_INVALID;
	if ((hooks = json_object_get(obj, "hooks")) == NULL) {
		snprintf(why, size, "there is no member 'hooks'");
		r = RL_ERR_INVALID;
	} else
		r = hook_texts_read(hooks, out, n, why, size);
	json_decref(obj);
	return r;
}

void
hook_texts_free(struct msg_hook_text *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free((char *)(uintptr_t)v[i].event);
		free((char *)(uintptr_t)v[i].matcher);
		free((char *)(uintptr_t)v[i].command);
	}
	free(v);
}

json_t *
hook_texts_json(const struct msg_hook_text *v, size_t n)
{
	json_t *all = json_must(json_object()), *list, *entry;
	const char *before;

	for (unsigned e = 1; e < HOOK_EVENT_END; e++) {
		list = json_must(json_array());
		entry = NULL;
		before = NULL;
		for (size_t i = 0; i < n; i++) {
			if (hook_event_find(v[i].event) != e)
				continue;
			if (before == NULL ||
			    strcmp(before, v[i].matcher) != 0) {
				entry =
				    *v[i].matcher != '\0'
					? json_must(json_pack("{s:s, s:[]}",
					      "matcher", v[i].matcher, "hooks"))
					: json_must(json_pack("{s:[]}", "hooks"));
				json_array_append_new(list, entry);
			}
			before = v[i].matcher;
			json_array_append_new(json_object_get(entry, "hooks"),
			    json_must(json_pack("{s:s, s:s, s:I}", "type", "command",
				"command", v[i].command, "timeout",
				(json_int_t)v[i].timeout)));
		}
		if (json_array_size(list) > 0)
			json_object_set_new(all, hook_event_name(e), list);
		else
			json_decref(list);
	}
	return all;
}
