/*
 * hook.c: what a hook may be, and its hash.
 *
 * A command is passed on as it is and never made part of another one, so it
 * may have any characters.  A matcher is read by the agent: it is held to what
 * every agent reads alike.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "err.h"
#include "hook.h"
#include "valid.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static const char *const names[] = { NULL, "PreToolUse", "PostToolUse",
	"Notification", "Stop" };

const char *
hook_event_name(unsigned event)
{
	return event < NELEM(names) ? names[event] : NULL;
}

unsigned
hook_event_find(const char *name)
{
	for (unsigned i = 1; i < NELEM(names); i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

/* Whether a group begins as "(?=" and the like, which every agent knows. */
static bool
is_group(const char *s)
{
	return s[1] != '?' || (s[2] != '\0' && strchr(":=!", s[2]) != NULL);
}

/*
 * Why it is no matcher, or NULL.  Agents take it as a regular expression, and
 * one that they cannot read matches nothing: a guard that never runs.
 */
static const char *
matcher_fault(const char *s)
{
	size_t round = 0;
	bool set = false;
	char before = '('; /* '*': a repetition; 'x': what can be repeated */

	if (*s == '\0' || strcmp(s, "*") == 0)
		return NULL;
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			return "has a control character";
		if (*s == '\\') {
			if (*++s == '\0' || (unsigned char)*s < ' ')
				return "ends in a backslash";
			if (set && s[1] == '-' && s[2] != ']')
				return "has a range from a backslash";
			/* "\\b" is a place. */
			before = !set && strchr("bB", *s) != NULL ? '(' : 'x';
		} else if (set) {
			set = *s != ']';
			if (set && s[1] == '-' && s[2] != ']' &&
			    ((unsigned char)*s > (unsigned char)s[2] ||
				s[2] == '\\'))
				return "has a range that goes backwards, or to "
				       "a backslash";
			before = 'x';
		} else if (strchr("*+?", *s) != NULL) {
			/* "a*?" takes as little as there is. */
			if (before == '(' || (before == '*' && *s != '?'))
				return "has a repetition of nothing";
			before = before == '*' ? '(' : '*';
		} else if (strchr("{}", *s) != NULL)
			return "has a brace: write a backslash before it";
		else if (*s == '[') {
			if (s[1] == ']' || (s[1] == '^' && s[2] == ']'))
				return "has an empty set";
			set = true;
		} else if (*s == ']')
			return "has a ] too many";
		else if (*s == '(') {
			if (!is_group(s))
				return "has a group of another kind than (?: "
				       "(?= and (?!";
			if (s[1] == '?')
				s += 2;
			round++;
			before = '(';
		} else if (*s == ')') {
			if (round-- == 0)
				return "has a ) too many";
			before = 'x';
		} else
			before = strchr("|^$", *s) != NULL ? '(' : 'x';
	}
	if (set)
		return "lacks a ]";
	return round > 0 ? "lacks a )" : NULL;
}

int
hook_check(const struct msg_hook_text *h, char *why, size_t size)
{
	unsigned event = hook_event_find(h->event);
	const char *fault;

	if (event == 0)
		snprintf(why, size,
		    "event: there are PreToolUse, "
		    "PostToolUse, Notification and Stop");
	else if (strlen(h->matcher) > HOOK_MATCHER_MAX)
		snprintf(why, size, "matcher: is longer than %d bytes",
		    HOOK_MATCHER_MAX);
	else if (!valid_utf8(h->matcher, strlen(h->matcher)))
		snprintf(why, size, "matcher: is not UTF-8");
	else if ((fault = matcher_fault(h->matcher)) != NULL)
		snprintf(why, size, "matcher: %s", fault);
	else if (event == HOOK_STOP && *h->matcher != '\0')
		snprintf(why, size, "matcher: Stop has none: give ''");
	else if (*h->command == '\0')
		snprintf(why, size, "command: is empty");
	else if (strlen(h->command) > HOOK_COMMAND_MAX)
		snprintf(why, size,
		    "command: is longer than %d bytes: put it "
		    "into a file, and name that",
		    HOOK_COMMAND_MAX);
	else if (!valid_utf8(h->command, strlen(h->command)))
		snprintf(why, size, "command: is not UTF-8");
	else if (h->timeout < 1 || h->timeout > HOOK_TIMEOUT_MAX)
		snprintf(why, size, "timeout: must be 1 to %d seconds",
		    HOOK_TIMEOUT_MAX);
	else
		return 0;
	return RL_ERR_INVALID;
}

/* With its length before it, so that no two hooks are the same bytes. */
static void
hash_text(crypto_generichash_state *st, const char *s)
{
	uint32_t len = (uint32_t)strlen(s);
	const uint8_t head[4] = { (uint8_t)len, (uint8_t)(len >> 8),
		(uint8_t)(len >> 16), (uint8_t)(len >> 24) };

	crypto_generichash_update(st, head, sizeof(head));
	crypto_generichash_update(st, (const uint8_t *)s, len);
}

void
hook_hash(const struct msg_hook_text *h, char hex[HOOK_HASH_LEN + 1])
{
	static const char label[] = "ringlet-hook-1";
	uint8_t hash[HOOK_HASH_LEN / 2];
	crypto_generichash_state st;
	char number[24];

	crypto_generichash_init(&st, NULL, 0, sizeof(hash));
	hash_text(&st, label);
	hash_text(&st, h->event);
	hash_text(&st, h->matcher);
	hash_text(&st, h->command);
	snprintf(
	    number, sizeof(number), "%llu", (unsigned long long)h->timeout);
	hash_text(&st, number);
	crypto_generichash_final(&st, hash, sizeof(hash));
	sodium_bin2hex(hex, HOOK_HASH_LEN + 1, hash, sizeof(hash));
}

bool
hook_hash_ok(const char *s)
{
	return strlen(s) == HOOK_HASH_LEN &&
	       s[strspn(s, "0123456789abcdef")] == '\0';
}
