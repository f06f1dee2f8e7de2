/*
 * Screens: what is kept of a terminal's state, its bounds, and that a snapshot
 * says all of it.  What sequences mean is compared with an independent
 * terminal in regress/screen.
 */

#include "config.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "err.h"
#include "ringlet-screen/screen.h"
#include "screen_streams.h"
#include "snapshot.h"

static void
feed(struct screen *s, const char *text)
{
	screen_feed(s, (const uint8_t *)text, strlen(text));
}

static struct buf *
snapshot_of(const struct screen *s)
{
	struct buf *b = buf_new(SNAPSHOT_MAX);

	ck_assert_int_eq(screen_snapshot(s, b), 0);
	return b;
}

static char *
dump_of(const struct screen *s)
{
	struct buf *b = buf_new(SNAPSHOT_MAX);
	char *text;

	ck_assert_int_eq(screen_dump(s, b), 0);
	text = strndup((const char *)buf_ptr(b), buf_len(b));
	buf_free(b);
	return text;
}

static void
dump_has(const struct screen *s, const char *what)
{
	char *text = dump_of(s);

	if (strstr(text, what) == NULL)
		ck_abort_msg("no \"%s\" in:\n%s", what, text);
	free(text);
}

static void
dump_lacks(const struct screen *s, const char *what)
{
	char *text = dump_of(s);

	if (strstr(text, what) != NULL)
		ck_abort_msg("\"%s\" in:\n%s", what, text);
	free(text);
}

static void
same(const struct screen *s, const struct screen *t)
{
	const char *what = screen_differ(s, t);

	if (what != NULL)
		ck_abort_msg("they differ: %s", what);
}

#define ACCENTS_4      "\314\201\314\201\314\201\314\201"
#define PICTURE_AND_13 "\342\235\244" ACCENTS_4 ACCENTS_4 ACCENTS_4 "\314\201"

static const struct {
	const char *input;
	const char *has; /* in the dump of a screen of 10 columns, 4 rows */
} kept[] = {
	{ "ab\r\nc", "row 0\n 0 |ab|\nrow 1\n 0 |c|\n" },
	{ "0123456789", "cursor 10 0\n" },
	{ "0123456789x", "row 1 wrapped\n 0 |x|" },
	{ "\033[?7l0123456789xyz", " 0 |012345678z|" },
	{ "\033[2mfaint\033[22m no", " 0 faint |faint|\n 5 | no|" },
	{ "\033[4:3;58:2::1:2:3mx", " 0 ul3 ul#010203 |x|" },
	{ "\033[38;5;200;48;2;1;2;3mx", " 0 fg256:200 bg#010203 |x|" },
	{ "\033]8;id=a;http://h/\033\\x\033]8;;\ay",
	    " 0 link=a;http://h/ |x|\n 1 |y|" },
	{ "\033(0qx\033(Bq", " 0 |\\{2500:1}\\{2502:1}q|" },
	{ "e\314\201\344\270\255", " 0 |\\{65,301:1}\\{4e2d:2}|" },
	{ "a\344\270\255\033[2Gb", " 0 |ab|" },
	{ "a\344\270\255\033[3Gb", " 0 |a\\_b|" },
	{ "\033[44m\033[K", " 0 bg16:4 |\\_\\_\\_\\_\\_\\_\\_\\_\\_\\_|" },
	{ "abc\033[3D\033[4hX", " 0 |Xabc|" },
	{ "abcdef\033[1G\033[2P", " 0 |cdef|" },
	{ "abcdef\033[2G\033[2@", " 0 |a\\_\\_bcdef|" },
	{ "a\033[3b", " 0 |aaaa|" },
	{ "1\r\n2\r\n3\r\n4\033[2;3r\033[3H\n",
	    "row 1\n 0 |3|\nrow 3\n 0 |4|" },
	{ "\033[2;3r\033[?6h\033[1;2Hx", "row 1\n 0 |\\_x|" },
	{ "a\033[?1049hb",
	    "normal\nrow 0\n 0 |a|\nalternate\nrow 0\n 0 |\\_b|" },
	{ "\033]2;t\303\251 1\a", "title t%c3%a9%201\n" },
	{ "\033]0;one\a\033[22t\033]0;two\a\033[23t", "title one\n" },
	{ "\033[?2004h\033[?1006;1002h\033[5 q",
	    "paste wrap visible mouse=1002 encode=1006 style=5" },
	{ "\033P1;2qsixel\302\234is not", " 0 |is not|" },
	{ "\302\2331mbold", " 0 bold |bold|" },
	{ "\033[1\n;4mx", "row 1\n 0 bold ul1 |x|" },
	{ "1\r\n2\r\n3\r\n4\033[2;3r\033[2;1H\033M",
	    "row 0\n 0 |1|\nrow 2\n 0 |2|\nrow 3\n 0 |4|" },
	{ "\033(A#\033(4@\033(C[\033(5[\033(R@\033(Q@\033(K[\033(Y`",
	    "|\\{a3:1}\\{be:1}\\{c4:1}\\{c4:1}\\{e0:1}\\{e0:1}\\{c4:1}\\{f9:1}"
	    "|" },
	{ "\033(E@\033(6[\033(Z[\033(H@\033(7[\033(=#",
	    "|\\{c4:1}\\{c6:1}\\{a1:1}\\{c9:1}\\{c4:1}\\{f9:1}|" },
	{ "\033)0\016q\017q\033*0\033nq\033+0\033oq\033~q",
	    "|\\{2500:1}q\\{2500:1}\\{2500:1}\\{2500:1}|" },
	{ "\033[7m\344\270\255\033[2Gx\033[4m\033[2G\344\270\255\033[3Gy",
	    " 0 inverse |\\_|\n 1 inverse ul1 |\\_y|" },
	{ "\033[2;3H\033[?1048h\033[H\033[?1048lx", "row 1\n 0 |\\_\\_x|" },
	{ "\377\344\270x\300\200", " 0 |x|" },
	/* What would have joined the one before, but did not. */
	{ "\342\235\244\033[m\360\237\217\275\r\nx",
	    " 0 |\\{2764:1}\\{1f3fd:2}|" },
	{ "\342\235\244\342\200\215\033[m\360\237\224\245\r\nx",
	    " 0 |\\{2764,200d:1}\\{1f525:2}|" },
	/* More than a cell holds: neither what it has nor its width changes. */
	{ PICTURE_AND_13 "\314\201\314\201\342\200\215", ",301:1}|" },
	{ PICTURE_AND_13 "\314\201\314\201\342\200\215\360\237\224\245",
	    ",301:1}\\{1f525:2}|" },
	{ PICTURE_AND_13 "\314\201\342\200\215\360\237\224\245",
	    ",301,200d:1}\\{1f525:2}|" },
	{ PICTURE_AND_13 "\314\201\314\201\360\237\217\275",
	    ",301:1}\\{1f3fd:2}|" },
};

#define NKEPT ((int)(sizeof(kept) / sizeof(kept[0])))

START_TEST(keeps)
{
	struct screen *s = screen_new(10, 4), *t = screen_new(10, 4);
	struct buf *b;

	feed(s, kept[_i].input);
	dump_has(s, kept[_i].has);
	b = snapshot_of(s);
	screen_feed(t, buf_ptr(b), buf_len(b));
	dump_has(t, kept[_i].has);
	same(s, t);
	buf_free(b);
	screen_free(s);
	screen_free(t);
}
END_TEST

/* What differs is found: else the property below would prove nothing. */
START_TEST(tells_differences)
{
	static const char *const some[] = { "a", "\033[1m", "\033[2;3r",
		"\033[?1049h", "\0337x\b", "\033[3C", "\033]2;t\a", "\033[3g",
		"\033]4;1;#123456\a", "\033)0", "\033[?1000h", "\033[?1016h",
		"\033[>1u", "\033[=1u", "\033[>4;2m", "\033[3 q", "\033]1;i\a",
		"\033[22t", "\033]8;;x\a", "x\010\033[X\033[4m\0337\033[m",
		"\033", "\033P~", "\342\202", "0123456789" };
	const int n = sizeof(some) / sizeof(some[0]);

	for (int i = 0; i < n; i++) {
		struct screen *s = screen_new(10, 4), *t = screen_new(10, 4);

		same(s, t);
		feed(s, some[i]);
		if (screen_differ(s, t) == NULL)
			ck_abort_msg("number %d makes no difference", i);
		screen_free(s);
		screen_free(t);
	}
}
END_TEST

/* Sequences that nobody ends are given up, and the screen goes on from then. */
START_TEST(pending_is_bounded)
{
	static const char *const begin[] = { "\033[", "\033]2;", "\033P",
		"\033X", "\033_G", "\033]52;c;", "\033[?", "\033(" };
	static const char fill[] = "1;:\n7";

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		struct screen *s = screen_new(10, 4), *t;
		struct buf *b;

		feed(s, begin[i]);
		for (int n = 0; n < 40000; n++) {
			screen_feed(s, (const uint8_t *)&fill[n % 5], 1);
			ck_assert_uint_le(
			    screen_pending(s), SCREEN_PENDING_MAX);
		}
		ck_assert_uint_eq(screen_pending(s), 0);
		b = snapshot_of(s);
		t = screen_new(10, 4);
		screen_feed(t, buf_ptr(b), buf_len(b));
		same(s, t);
		feed(s, "m\033\\\033[2J\033[Hok");
		feed(t, "m\033\\\033[2J\033[Hok");
		dump_has(s, "|ok|");
		same(s, t);
		buf_free(b);
		screen_free(s);
		screen_free(t);
	}
}
END_TEST

START_TEST(bounds)
{
	struct screen *s = screen_new(0, 0);
	struct buf *small = buf_new(100);
	char text[4096];

	ck_assert_uint_eq(screen_cols(s), SCREEN_COLS_MIN);
	ck_assert_uint_eq(screen_rows(s), SCREEN_SIDE_MIN);
	screen_resize(s, 100000, 100000);
	ck_assert_uint_eq(screen_cols(s), SCREEN_SIDE_MAX);
	ck_assert_uint_le(screen_cols(s) * screen_rows(s), SCREEN_CELLS_MAX);
	ck_assert_int_eq(screen_snapshot(s, small), RL_ERR_TOOBIG);
	screen_resize(s, 20, 5);
	feed(s, "\033[99999999999999999999;99999999999999999999H");
	dump_has(s, "cursor 19 4\n");
	feed(s, "\033[999999999b\033[999999999L\033[999999999@\033[999999999P"
		"\033[999999999S\033[999999999T\033[999999999X\033[999999999I"
		"\033[999999999Z\033[999999999M\033[99999999 @\033[2147483647A"
		"\033[2147483647B\033[2147483647C\033[2147483647D"
		"\033[2147483647;2147483647r\033[<2147483647u");
	dump_has(s, "cursor 0 4\n");
	/* A title is cut between characters. */
	memset(text, 'x', sizeof(text));
	memcpy(text, "\033]2;", 4);
	memcpy(text + 4 + 1023, "\303\251\a", 4);
	feed(s, text);
	dump_lacks(s, "%c3");
	/* Accents without end stay in their cell. */
	feed(s, "\033[2J\033[He");
	for (int i = 0; i < 100000; i++)
		feed(s, "\314\201");
	dump_has(s, "cursor 1 0\n");
	buf_free(small);
	screen_free(s);
}
END_TEST

/* More links, and more combined characters, than the screen has cells. */
START_TEST(tables_are_swept)
{
	struct screen *s = screen_new(50, 50), *t = screen_new(50, 50);
	struct buf *b;
	char text[64];

	for (int i = 0; i < 20000; i++) {
		snprintf(text, sizeof(text), "\033]8;;http://h/%d\033\\e\314%c",
		    i, 0x80 + i % 64);
		feed(s, text);
	}
	dump_has(s, "link=;http://h/19999 ");
	b = snapshot_of(s);
	screen_feed(t, buf_ptr(b), buf_len(b));
	same(s, t);
	buf_reset(b);
	ck_assert_int_eq(screen_snapshot_plain(s, b), 0);
	ck_assert_ptr_null(memmem(buf_ptr(b), buf_len(b), "http", 4));
	buf_free(b);
	screen_free(s);
	screen_free(t);
}
END_TEST

START_TEST(resizes)
{
	struct screen *s = screen_new(10, 4);

	feed(s, "1\r\n2\r\n3\r\n4\344\270\255567890");
	screen_resize(s, 3, 2);
	/* The cursor's row stays; what is cut off is gone. */
	dump_has(s, "size 3 2\ncursor 2 1\n");
	dump_has(s, "row 0\n 0 |3|\nrow 1\n 0 |4\\{4e2d:2}|\n");
	screen_resize(s, 2, 4);
	dump_has(s, "row 1\n 0 |4|\n");
	feed(s, "\033[H1\r\n2");
	screen_resize(s, 2, 2);
	dump_has(s, "row 0\n 0 |1|\nrow 1\n 0 |2|\n");
	/* Both screens. */
	feed(s, "\033[?1049hA");
	screen_resize(s, 9, 3);
	feed(s, "\033[2;9HB\033[?1049l");
	dump_has(s, "row 0\n 0 |1|\nrow 1\n 0 |2|\n");
	/* Tabs go on in the new columns. */
	screen_resize(s, 40, 3);
	feed(s, "\033[H\t\t\t\tx");
	dump_has(s, "cursor 33 0\n");
	screen_free(s);
}
END_TEST

/* Halves that overwriting left, and then nothing else that is in the row. */
START_TEST(resizes_to_halves)
{
	struct screen *s = screen_new(10, 4), *t = screen_new(2, 3);
	struct buf *b;

	feed(s, "\033[4m\344\270\255\033[2G\344\270\255\033[3Gx");
	dump_has(s, " 0 ul1 |\\_\\_x|");
	screen_resize(s, 2, 3);
	dump_has(s, "row 0\n 0 ul1 |\\_|\n");
	b = snapshot_of(s);
	screen_feed(t, buf_ptr(b), buf_len(b));
	same(s, t);
	buf_free(b);
	screen_free(s);
	screen_free(t);
}
END_TEST

/* Each at every cut, with all of the state and with what comes after. */
START_TEST(snapshot_is_the_state)
{
	static uint8_t data[STREAM_MAX];
	struct screen *s, *t, *u;
	struct buf *b;
	unsigned int cols, rows;
	const char *what;
	size_t len, from;

	len = stream_random(1000 + (uint64_t)_i, data, &cols, &rows);
	s = screen_new(cols, rows);
	for (size_t i = 0; i <= len; i++) {
		b = snapshot_of(s);
		from = i - screen_pending(s);
		t = screen_new(cols, rows);
		screen_feed(t, buf_ptr(b), buf_len(b));
		screen_feed(t, data + from, i - from);
		if ((what = screen_differ(s, t)) != NULL)
			ck_abort_msg(
			    "stream %d, byte %zu of %zu: %s", _i, i, len, what);
		if (i % 64 == 0) {
			u = screen_new(cols, rows);
			screen_feed(u, data, len);
			screen_feed(t, data + i, len - i);
			if ((what = screen_differ(u, t)) != NULL)
				ck_abort_msg(
				    "stream %d, from %zu: %s", _i, i, what);
			screen_free(u);
		}
		screen_free(t);
		buf_free(b);
		if (i < len)
			screen_feed(s, data + i, 1);
	}
	screen_free(s);
}
END_TEST

/* A viewer whose terminal is in any state. */
START_TEST(snapshot_needs_no_fresh_terminal)
{
	static uint8_t data[STREAM_MAX], junk[STREAM_MAX];
	struct screen *s, *t;
	struct buf *b;
	unsigned int cols, rows, c, r;
	const char *what;
	size_t len, more;

	len = stream_random(9000 + (uint64_t)_i, data, &cols, &rows);
	more = stream_random(5000 + (uint64_t)_i, junk, &c, &r);
	for (size_t i = 0; i < more; i += 7) {
		s = screen_new(cols, rows);
		feed(s, "\033]0;titles cannot be unset\a\033\\");
		screen_feed(s, data, len);
		t = screen_new(cols, rows);
		screen_feed(t, junk, i);
		b = snapshot_of(s);
		screen_feed(t, buf_ptr(b), buf_len(b));
		screen_feed(
		    t, data + len - screen_pending(s), screen_pending(s));
		if ((what = screen_differ(s, t)) != NULL)
			ck_abort_msg("stream %d after %zu of %zu: %s", _i, i,
			    more, what);
		buf_free(b);
		screen_free(s);
		screen_free(t);
	}
}
END_TEST

/* The short cut for floods leads to the same state as reading all. */
START_TEST(floods_are_skipped_rightly)
{
	static uint8_t data[STREAM_MAX];
	struct screen *s, *t;
	unsigned int cols, rows;
	const char *what;
	size_t len, n;

	for (uint64_t seed = 0; seed < 200; seed++) {
		len =
		    stream_flood(seed * 25 + (uint64_t)_i, data, &cols, &rows);
		s = screen_new(cols, rows);
		t = screen_new(cols, rows);
		for (size_t i = 0; i < len; i += n) {
			n = 1 + (seed * 7919 + i * 31) % 3000;
			if (n > len - i)
				n = len - i;
			screen_feed(s, data + i, n);
			screen_feed_slowly(t, data + i, n);
			if ((what = screen_differ(s, t)) != NULL)
				ck_abort_msg("flood %d of %d, byte %zu: %s",
				    (int)seed, _i, i, what);
		}
		screen_free(s);
		screen_free(t);
	}
}
END_TEST

/* What is slow is taken in small parts, and all of it in the end. */
START_TEST(some_is_little)
{
	static const char *const slow[] = { "\033[2J", "\033c", "\n",
		"x\033[99999b", "\033[?1049h\033[?1049l", "\033P1;2x" };
	static uint8_t data[32 * 1024];
	struct screen *s, *t;
	size_t len, n, i;

	for (i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		len = strlen(slow[i]);
		for (n = 0; n < sizeof(data); n++)
			data[n] = (uint8_t)slow[i][n % len];
		s = screen_new(SCREEN_SIDE_MAX, 24);
		n = screen_feed_some(s, data, sizeof(data));
		ck_assert_uint_ge(n, 1);
		ck_assert_msg(n <= 4096, "%zu bytes of %s", n, slow[i] + 1);
		screen_free(s);
	}
	for (uint64_t seed = 0; seed < 200; seed++) {
		unsigned int cols, rows;

		len = stream_flood(seed, data, &cols, &rows);
		s = screen_new(cols, rows);
		t = screen_new(cols, rows);
		for (n = 0; n < len;)
			n += screen_feed_some(s, data + n, len - n);
		ck_assert_uint_eq(n, len);
		screen_feed_slowly(t, data, len);
		same(s, t);
		screen_free(s);
		screen_free(t);
	}
}
END_TEST

/* --- recordings of real programs --- */

#define RAW_MAX (256 * 1024)
#define CUTS	40

/* The folder of recordings, or the file of one of them, open. */
static FILE *
recording(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/regress/screen/recordings/%s",
	    srcdir != NULL ? srcdir : ".", name);
	return fopen(path, "re");
}

static const char *const recordings[] = { "bash.60x15", "chance.12x5",
	"claude.84x30", "codex.84x30", "dialog.76x22", "emoji.20x6",
	"git.80x20", "htop.90x24", "less.72x18", "ls.70x20", "man.66x22", "mc-colour.80x24",
	"mc.80x24", "nano.80x24", "progress.80x24", "python.64x16",
	"tmux.84x26", "top.80x20", "vim.80x24", "whiptail.76x22" };

#define NRECORDINGS ((int)(sizeof(recordings) / sizeof(recordings[0])))

static size_t
load(const char *name, uint8_t data[RAW_MAX], unsigned int *cols,
    unsigned int *rows)
{
	char file[128];
	size_t len;
	FILE *f;

	ck_assert_int_eq(sscanf(strchr(name, '.'), ".%ux%u", cols, rows), 2);
	snprintf(file, sizeof(file), "%s.raw", name);
	ck_assert_ptr_nonnull(f = recording(file));
	len = fread(data, 1, RAW_MAX, f);
	fclose(f);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_lt(len, RAW_MAX);
	return len;
}

/* After each quarter ours holds what xterm.js did: see regress/screen. */
START_TEST(recordings_are_as_in_xterm_js)
{
	static uint8_t data[RAW_MAX];
	static char want[RAW_MAX], got[RAW_MAX];
	const char *name = recordings[_i];
	struct screen *s;
	unsigned int cols, rows;
	char file[128], *at;
	size_t len, from = 0, cut, n;
	FILE *f;

	len = load(name, data, &cols, &rows);
	snprintf(file, sizeof(file), "%s.dump", name);
	ck_assert_ptr_nonnull(f = recording(file));
	n = fread(want, 1, sizeof(want) - 1, f);
	fclose(f);
	want[n] = '\0';
	s = screen_new(cols, rows);
	while (want[strlen(got)] != '\0') {
		ck_assert_int_eq(
		    sscanf(want + strlen(got), "at %zu\n", &cut), 1);
		ck_assert(cut >= from && cut <= len);
		screen_feed(s, data + from, cut - from);
		from = cut;
		at = dump_of(s);
		n = strlen(got);
		snprintf(got + n, sizeof(got) - n, "at %zu\n%s", cut, at);
		free(at);
		if (strncmp(got, want, strlen(got)) != 0)
			break;
	}
	screen_free(s);
	if (strcmp(got, want) != 0) {
		for (n = 0; got[n] == want[n]; n++)
			;
		ck_abort_msg("%s: at byte %zu of the dump, \"%.60s\" is "
			     "\"%.60s\"",
		    name, n, want + n, got + n);
	}
}
END_TEST

START_TEST(recordings_survive_every_cut)
{
	static uint8_t data[RAW_MAX];
	const char *name = recordings[_i];
	struct screen *s, *t, *all;
	struct buf *b;
	unsigned int cols, rows;
	const char *what;
	size_t len, cut, from = 0;

	len = load(name, data, &cols, &rows);
	s = screen_new(cols, rows);
	all = screen_new(cols, rows);
	screen_feed(all, data, len);
	for (int i = 1; i <= CUTS; i++) {
		cut = len * (size_t)i / CUTS;
		screen_feed(s, data + from, cut - from);
		from = cut;
		b = snapshot_of(s);
		t = screen_new(cols, rows);
		screen_feed(t, buf_ptr(b), buf_len(b));
		cut -= screen_pending(s);
		screen_feed(t, data + cut, from - cut);
		if ((what = screen_differ(s, t)) != NULL)
			ck_abort_msg("%s at %zu: %s", name, from, what);
		screen_feed(t, data + from, len - from);
		if ((what = screen_differ(all, t)) != NULL)
			ck_abort_msg("%s from %zu: %s", name, from, what);
		screen_free(t);
		buf_free(b);
	}
	screen_free(s);
	screen_free(all);
}
END_TEST

#define BELL "bell"

/* What each makes of a screen's notices; title and text "": none of them. */
static const struct {
	const char *bytes;
	const char *title; /* BELL: that it rings, and no more */
	const char *text;
} notices[] = {
	{ "\a", BELL, "" },
	{ "a\ab", BELL, "" },
	{ "\033[1\a2m", BELL, "" },
	{ "\033\a[m", BELL, "" },
	{ "\033]2;title\a", "", "" },
	{ "\033]0;title\033\\", "", "" },
	{ "\033]5;?\a", "", "" },
	{ "\033P1;2q\a\033\\", "", "" },
	{ "\033_Gx\a\033\\", "", "" },
	{ "\033^\a\033\\", "", "" },
	{ "\033]9;hello\a", "", "hello" },
	{ "\033]9;hello\033\\", "", "hello" },
	{ "\033]9;hello\302\234", "", "hello" },
	{ "\302\2359;hello\a", "", "hello" },
	{ "\033]9;4;1;50\a", "", "" },
	{ "\033]9;4\a", "", "" },
	{ "\033]9;9;/home\a", "", "" },
	{ "\033]9;12\a", "", "" },
	{ "\033]9;4 files; 2 left\a", "", "4 files; 2 left" },
	{ "\033]9;;x\a", "", ";x" },
	{ "\033]9;\a", "", "" },
	{ "\033]9\a", "", "" },
	{ "\033]9;  \a", "", "" },
	{ "\033]9;cut\030", "", "" },
	{ "\033]9;a\177b\001c\342\200\256d\303\251\a", "", "abcd\303\251" },
	{ "\033]777;notify;T;some;text\a", "T", "some;text" },
	{ "\033]777;notify;T\a", "T", "" },
	{ "\033]777;notify;;x\a", "", "x" },
	{ "\033]777;notify\a", "", "" },
	{ "\033]777;notify;;\a", "", "" },
	{ "\033]777;preexec;x\a", "", "" },
	{ "\033]777\a", "", "" },
	{ "\033]99;;hello\a", "", "hello" },
	{ "\033]99;i=1:p=title;hello\033\\", "", "hello" },
	{ "\033]99;i=1:d=1:p=body;a;b\033\\", "", "a;b" },
	{ "\033]99;i=1:d=0;part\033\\", "", "" },
	{ "\033]99;e=1;aGVsbG8=\033\\", "", "" },
	{ "\033]99;i=1:p=?;\033\\", "", "" },
	{ "\033]99;i=1:p=close;x\033\\", "", "" },
	{ "\033]99;hello\a", "", "" },
	{ "\033]99\a", "", "" },
	{ "\033]9;one\a\033]9;two\a", "", "two" },
	{ "\033]777;notify;T;x\a\033]9;two\a", "", "two" },
};

static void
notices_are(const struct screen *s, size_t i, uint64_t upto)
{
	const struct screen_notices *n = screen_notices(s);
	bool bell = strcmp(notices[i].title, BELL) == 0;

	ck_assert_msg((n->bell != 0) == bell, "%zu: bell %llu", i,
	    (unsigned long long)n->bell);
	ck_assert_uint_le(n->bell, upto);
	ck_assert_str_eq(n->title, bell ? "" : notices[i].title);
	ck_assert_str_eq(n->text, notices[i].text);
	if (n->title[0] == '\0' && n->text[0] == '\0')
		ck_assert_uint_eq(n->note, 0);
	else {
		/* Before the backslash of ESC \ it has ended. */
		ck_assert_uint_ge(n->note, upto - 1);
		ck_assert_uint_le(n->note, upto);
	}
}

/* Whole, and in two parts; the second by a screen that goes on from the first.
 */
START_TEST(notices_are_noticed)
{
	const char *bytes = notices[_i].bytes;
	const uint8_t *p = (const uint8_t *)bytes;
	size_t len = strlen(bytes), from;
	struct screen *s, *t;
	struct screen_notices was;
	struct buf *b;

	for (size_t cut = 0; cut <= len; cut++) {
		s = screen_new(80, 24);
		t = screen_new(80, 24);
		screen_notices_from(s, 1000);
		screen_feed(s, p, cut);
		was = *screen_notices(s);
		b = snapshot_of(s);
		from = cut - screen_pending(s);
		screen_feed(t, buf_ptr(b), buf_len(b));
		screen_notices_from(t, 1000 + from);
		screen_feed(t, p + from, cut - from);
		/* None of them is seen again. */
		ck_assert_uint_eq(screen_notices(t)->bell, 0);
		ck_assert_uint_eq(screen_notices(t)->note, 0);
		screen_feed(s, p + cut, len - cut);
		screen_feed(t, p + cut, len - cut);
		notices_are(s, (size_t)_i, 1000 + len);
		if (was.bell == 0 && was.note == 0)
			notices_are(t, (size_t)_i, 1000 + len);
		screen_notices_clear(s);
		ck_assert_uint_eq(screen_notices(s)->note, 0);
		buf_free(b);
		screen_free(s);
		screen_free(t);
	}
}
END_TEST

/* A long one is cut between characters; one without end has no effect. */
START_TEST(notices_are_bounded)
{
	struct screen *s = screen_new(80, 24);
	char text[1024];

	memset(text, 'x', sizeof(text));
	memcpy(text, "\033]9;", 4);
	memcpy(text + 4 + NOTICE_MAX - 1, "\303\251yy\a", 6);
	feed(s, text);
	ck_assert_uint_eq(strlen(screen_notices(s)->text), NOTICE_MAX - 1);
	ck_assert_uint_eq(strspn(screen_notices(s)->text, "x"), NOTICE_MAX - 1);
	screen_notices_clear(s);
	feed(s, "\033]9;");
	for (int i = 0; i < SCREEN_PENDING_MAX; i++)
		feed(s, "x");
	feed(s, "\a");
	ck_assert_uint_eq(screen_notices(s)->note, 0);
	ck_assert_uint_eq(screen_notices(s)->bell, 0);
	screen_free(s);
}
END_TEST

/* A bell amid what is skipped is heard, and where it was. */
START_TEST(bells_in_floods)
{
	static uint8_t data[64 * 1024];
	struct screen *s, *t;
	size_t at;

	for (size_t n = 0; n < sizeof(data); n++)
		data[n] = (uint8_t) "0123456789abcde\r\n"[n % 17];
	for (at = 17; at < sizeof(data) - 17; at += 1601) {
		uint8_t was = data[at];

		/* A line's end stays whole. */
		if (was == '\r' || was == '\n')
			continue;
		data[at] = '\a';
		s = screen_new(80, 24);
		t = screen_new(80, 24);
		screen_feed(s, data, sizeof(data));
		screen_feed_slowly(t, data, sizeof(data));
		ck_assert_uint_eq(screen_notices(s)->bell, at + 1);
		ck_assert_uint_eq(screen_notices(t)->bell, at + 1);
		screen_free(s);
		screen_free(t);
		data[at] = was;
	}
}
END_TEST

static Suite *
suite_screen(void)
{
	Suite *s = suite_create("screen");
	TCase *tc = tcase_create("state");

	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, keeps, 0, NKEPT);
	tcase_add_test(tc, tells_differences);
	tcase_add_test(tc, pending_is_bounded);
	tcase_add_test(tc, bounds);
	tcase_add_test(tc, tables_are_swept);
	tcase_add_test(tc, resizes);
	tcase_add_test(tc, resizes_to_halves);
	suite_add_tcase(s, tc);
	tc = tcase_create("notices");
	tcase_add_loop_test(tc, notices_are_noticed, 0,
	    (int)(sizeof(notices) / sizeof(notices[0])));
	tcase_add_test(tc, notices_are_bounded);
	tcase_add_test(tc, bells_in_floods);
	suite_add_tcase(s, tc);
	tc = tcase_create("streams");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, snapshot_is_the_state, 0, 150);
	tcase_add_loop_test(tc, snapshot_needs_no_fresh_terminal, 0, 50);
	tcase_add_loop_test(tc, floods_are_skipped_rightly, 0, 10);
	tcase_add_test(tc, some_is_little);
	suite_add_tcase(s, tc);
	tc = tcase_create("recordings");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, recordings_are_as_in_xterm_js, 0, NRECORDINGS);
	tcase_add_loop_test(tc, recordings_survive_every_cut, 0, NRECORDINGS);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	SRunner *sr = srunner_create(suite_screen());
	int failed;

	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
