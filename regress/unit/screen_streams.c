/*
 * screen_streams.c: terminal output made by chance; see screen_streams.h.
 */

#include "config.h"

#include <stdio.h>
#include <string.h>

#include "screen_streams.h"

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define ROOM	 128 /* more than anything that is added at once */

static uint32_t
pick(uint64_t *state, uint32_t n)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % n;
}

static const char *const whole[] = { "A", "\r\n", "\t", "\b", "\016", "\017",
	"\a", "\030", "\032", "\177", "\0337", "\0338", "\033D", "\033E",
	"\033M", "\033H", "\033=", "\033>", "\033c", "\033n", "\033o", "\033|",
	"\033}", "\033~", "\033#8", "\033%G", "\033(0", "\033(B", "\033)0",
	"\033(4", "\033*A", "\033+K", "\033(=", "\033\\", "\033X", "\033_G abc",
	"\033P1$q", "\033]0;t", "\033]2;", "\033]1;icon\a", "\033]8;;http://a/",
	"\033]8;id=x;http://b/", "\033]8;;\a", "\033]4;1;#123456", "\033]104",
	"\033]10;rgb:1/2/3", "\033]110", "\a", "\033\\", "\302\233", "\302\205",
	"\302\204", "\302\210", "\302\220", "\302\235", "\302\234", "\302\230",
	"\314\201", "\344\270\255", "\344\270\255\346\226\207", "\342\200\242",
	"\360\237\230\200", "\360\237\217\275", "\342\235\244", "\357\270\217",
	"e\314\201", "\342\200\215", "\344", "\270", "\255", "\377", "\303",
	"\033", "\033[", "\033[?", "\033[>", "\033[<", "\033[1;2:3",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "   ", "x\r\ny\r\nz\r\n" };

static const char *const csi[] = { "?1049h", "?1049l", "?47h", "?1047l", "4h",
	"4l", "20h", "?7l", "?7h", "?6h", "?6l", "?45h", "1\"q", "0\"q", "m",
	"7m", "4:3;58:5:3m", "41m", "38;2;1;2;3m", "48:2::9:8:7m",
	"1;2;3;5;8;9;53m", "!p", "r", "K", "J", "1J", "2J", "1K", "2K", "?J",
	"?1K", "b", "5b", "22t", "23;1t", ">1u", "<u", "=5;2u", ">4;2m",
	"?1000h", "?1006h", "?1002l", "?1005h", "?25l", "?25h", "3g", "g",
	"2 q", "?2026h" };

/* A CSI sequence with numbers around the screen's size, and some far off. */
static size_t
add_csi(uint64_t *st, char *to, uint32_t cols, uint32_t rows)
{
	static const char finals[] = "@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu";
	static const char *const inter[] = { "", "", "", "", "", " ", "'" };
	const char *mark = pick(st, 9) == 0 ? "?" : "";
	const char *in = *mark != '\0' ? "" : inter[pick(st, NELEM(inter))];
	char final = finals[pick(st, sizeof(finals) - 1)];
	int n;

	if (*in == ' ')
		final = "@Aq"[pick(st, 3)];
	else if (*in == '\'')
		final = "}~"[pick(st, 2)];
	n = sprintf(to, "\033[%s%u", mark,
	    pick(st, 8) == 0 ? pick(st, 200) : pick(st, cols + 2));
	if (pick(st, 2))
		n += sprintf(to + n, ";%u", pick(st, rows + 2));
	if (pick(st, 8) == 0)
		to[n++] = "\n\r\b\t"[pick(st, 4)];
	n += sprintf(to + n, "%s%c", in, final);
	return (size_t)n;
}

size_t
stream_random(uint64_t seed, uint8_t data[STREAM_MAX], unsigned int *cols,
    unsigned int *rows)
{
	uint64_t st = seed * 77777 + 1;
	size_t len = 0;

	(void)pick(&st, 2);
	*cols = 2 + pick(&st, 12);
	*rows = 1 + pick(&st, 6);
	for (uint32_t n = 1 + pick(&st, 120); n > 0; n--) {
		char *to = (char *)data + len;
		uint32_t kind = pick(&st, 20);

		if (len + ROOM > STREAM_MAX)
			break;
		if (kind < 7)
			len += (size_t)sprintf(
			    to, "%s", whole[pick(&st, NELEM(whole))]);
		else if (kind < 12)
			len += (size_t)sprintf(
			    to, "\033[%s", csi[pick(&st, NELEM(csi))]);
		else if (kind < 18)
			len += add_csi(&st, to, *cols, *rows);
		else
			data[len++] = (uint8_t)pick(&st, 256);
	}
	return len;
}

size_t
stream_flood(uint64_t seed, uint8_t data[STREAM_MAX], unsigned int *cols,
    unsigned int *rows)
{
	static const char *const text[] = { "\r\n", "\r\n", "\r\n", "\r\n",
		"\r\n", "some text ", "some more of it ", "more ", "\t",
		"\303\251", "\344\270\255", "\314\201", "\302\251", "\b\a",
		"\n", "\344", "\377", "\r" };
	static const char *const other[] = { "\033[3;5r", "\033[r", "\033[?6h",
		"\033[?6l", "\033[4h", "\033[4l", "\033[44m", "\033[m",
		"\033[?1049h", "\033[?7l", "\033[?45h", "\302\205", "\016",
		"\033)0", "\0337", "\0338", "\033[20h", "\177", "\302",
		"\233" };
	uint64_t st = seed * 977 + 5;
	size_t len = 0;
	uint32_t odds;

	*cols = 2 + pick(&st, 30);
	*rows = 1 + pick(&st, 12);
	odds = pick(&st, 4) ? 4000 : 400;
	while (len + ROOM < STREAM_MAX)
		len += (size_t)sprintf((char *)data + len, "%s",
		    pick(&st, odds) == 0 ? other[pick(&st, NELEM(other))]
					 : text[pick(&st, NELEM(text))]);
	return len;
}
