/*
 * The lines in which attempts are told: see battery.h.  They come out of a
 * jail, so nothing of them is believed that is not one of few words.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "err.h"
#include "battery.h"

#define LINE_MAX_LEN 80
#define NUMBER_MAX   999

static int
refuse(char *why, size_t size, size_t line, const char *what)
{
	(void)snprintf(why, size, "line %zu of the results: %s", line, what);
	return RL_ERR_INVALID;
}

/* The next word of *s, which ends at a blank; NULL if there is none. */
static char *
word(char **s)
{
	char *w = *s;
	size_t n = strcspn(w, " ");

	if (n == 0)
		return NULL;
	*s = w + n;
	if (**s == ' ')
		*(*s)++ = '\0';
	return w;
}

static bool
number(const char *s, int *out)
{
	size_t n = strspn(s, "0123456789"), i;

	if (n == 0 || n > 3 || s[n] != '\0')
		return false;
	*out = 0;
	for (i = 0; i < n; i++)
		*out = *out * 10 + (s[i] - '0');
	return *out > 0 && *out <= NUMBER_MAX;
}

static struct battery_result *
find(struct battery_result *results, const char *name)
{
	const struct battery_attempt *a;
	size_t i, n;

	a = battery_attempts(&n);
	for (i = 0; i < n; i++) {
		if (strcmp(a[i].name, name) == 0)
			return &results[i];
	}
	return NULL;
}

/* NULL, or what is wrong with the words after the tag and the name. */
static const char *
take(struct battery_result *r, char *s)
{
	static const struct {
		const char *word;
		enum battery_verdict verdict;
		bool number;
	} verdicts[] = {
		{ "reached", BV_REACHED, false },
		{ "refused", BV_REFUSED, true },
		{ "killed", BV_KILLED, true },
		{ "absent", BV_ABSENT, false },
	};
	char *verdict = word(&s), *num;
	size_t i;

	if (r->verdict != BV_NONE)
		return "an attempt is told twice";
	for (i = 0; verdict != NULL; i++) {
		if (i == sizeof(verdicts) / sizeof(verdicts[0]))
			return "another verdict";
		if (strcmp(verdicts[i].word, verdict) == 0)
			break;
	}
	if (verdict == NULL)
		return "there is no verdict";
	num = word(&s);
	if (*s != '\0' || verdicts[i].number != (num != NULL) ||
	    (num != NULL && !number(num, &r->number)))
		return "another number of words, or no number";
	r->verdict = verdicts[i].verdict;
	return NULL;
}

int
battery_parse(const char *text, size_t len, struct battery_result *results,
    char *why, size_t size)
{
	struct battery_result *r;
	const char *end, *wrong;
	char line[LINE_MAX_LEN], *s, *w, *name;
	size_t n, told = 0, at = 0, count;
	bool ended = false;
	int total;

	(void)battery_attempts(&count);
	memset(results, 0, count * sizeof(*results));
	for (; len > 0; text += n, len -= n) {
		at++;
		end = memchr(text, '\n', len);
		if (end == NULL)
			return refuse(why, size, at, "it does not end");
		n = (size_t)(end - text);
		if (n >= sizeof(line) || memchr(text, '\0', n) != NULL)
			return refuse(why, size, at, "it is no such line");
		memcpy(line, text, n);
		line[n++] = '\0';
		if (n > 1 && line[n - 2] == '\r')
			line[n - 2] = '\0';
		s = line;
		if (*s != '\0' && s[strlen(s) - 1] == ' ')
			return refuse(why, size, at, "it ends with a blank");
		w = word(&s);
		if (ended)
			return refuse(why, size, at, "it comes after the end");
		if (w == NULL || strcmp(w, BATTERY_TAG) != 0 ||
		    (name = word(&s)) == NULL)
			return refuse(why, size, at, "it is no such line");
		if (strcmp(name, "end") == 0) {
			if (!number(s, &total) || (size_t)total != told)
				return refuse(
				    why, size, at, "the count is another");
			ended = true;
			continue;
		}
		if ((r = find(results, name)) == NULL)
			return refuse(why, size, at, "an unknown attempt");
		if ((wrong = take(r, s)) != NULL)
			return refuse(why, size, at, wrong);
		told++;
	}
	if (!ended || told != count) {
		(void)snprintf(why, size,
		    "the results end after %zu of %zu attempts", told, count);
		return RL_ERR_INVALID;
	}
	return 0;
}
