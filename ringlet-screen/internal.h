#ifndef RINGLET_SCREEN_INTERNAL_H
#define RINGLET_SCREEN_INTERNAL_H
/*
 * The state of a screen, and what its files ask of each other.
 *
 * Each wide character is a cell of width two and, right of it, one of width
 * none without a character and with the same attributes: no operation leaves
 * a half.  A cell of width none with a character is a combining one that had
 * nothing to combine with.  Row 0 is never marked as wrapped, and no row has
 * only remnants, which could not be drawn.  The cursor's column is below cols,
 * or equal to it when the last column was printed and the next character wraps;
 * the last cell then has what was printed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "screen.h"

struct buf;

/* A colour: its kind and a value. */
#define COLOR_DEFAULT 0u
#define COLOR_16      (1u << 24) /* 0-15 */
#define COLOR_256     (2u << 24) /* 0-255 */
#define COLOR_RGB     (3u << 24) /* 0xrrggbb */
#define COLOR_KIND    (3u << 24)

#define A_BOLD	    0x0001
#define A_FAINT	    0x0002
#define A_ITALIC    0x0004
#define A_BLINK	    0x0008
#define A_INVERSE   0x0010
#define A_INVISIBLE 0x0020
#define A_STRIKE    0x0040
#define A_OVERLINE  0x0080
#define A_PROTECTED 0x0100
#define A_UL_SHIFT  9
#define A_UL_MASK   (7u << A_UL_SHIFT) /* 0 none, 1 single .. 5 dashed */

struct attr {
	uint32_t fg;
	uint32_t bg;
	uint32_t ul; /* colour of the underline */
	uint16_t flags;
	uint16_t link; /* 0: none; else links[link - 1] */
};

/* ch: a code point or the number of a combination, and the width. */
#define CH_CODE	 0x1fffffu
#define CH_COMB	 (1u << 21)
#define CH_ONE	 0u
#define CH_TWO	 (1u << 22)
#define CH_NONE	 (2u << 22)
#define CH_WIDTH (3u << 22)

struct cell { /* all zero: blank */
	uint32_t ch;
	struct attr a;
};

struct row {
	struct cell *cells;
	bool wrapped; /* goes on from the row above */
};

#define COMB_MAX 16 /* code points in one cell; no more join it */
struct comb {
	uint32_t cp[COMB_MAX];
	uint8_t n; /* 0: free */
};

#define LINKS_MAX    4096
#define LINK_ID_MAX  250  /* bytes */
#define LINK_URI_MAX 2083 /* bytes */
struct link {
	char *id;  /* "" if it has none */
	char *uri; /* NULL: free */
	uint32_t hash;
};

#define KEYS_MAX 8
struct keys { /* the kitty keyboard protocol's flags */
	uint8_t flags;
	uint8_t n;
	uint8_t stack[KEYS_MAX];
};

struct charset { /* index into charset.c's table, and which one is in use */
	uint8_t g[4];
	uint8_t level;
};

struct saved { /* DECSC */
	unsigned int x;
	unsigned int y;
	struct attr pen; /* without its link */
	struct charset set;
};

/* The normal screen or the alternate one. */
struct page {
	struct cell *block;
	struct row *rows; /* NULL: alternate, and not shown */
	uint8_t *tabs;	  /* a byte a column */
	unsigned int top; /* scrolling region, both included */
	unsigned int bottom;
	unsigned int y; /* the cursor's row when it was left */
	struct saved saved;
	struct keys keys;
};

enum { NORMAL, ALTERNATE };

#define M_APP_CURSOR 0x00001u
#define M_REVERSE    0x00002u
#define M_ORIGIN     0x00004u
#define M_WRAP	     0x00008u
#define M_BLINK	     0x00010u
#define M_VISIBLE    0x00020u
#define M_BACKWRAP   0x00040u
#define M_KEYPAD     0x00080u
#define M_FOCUS	     0x00100u
#define M_UTF8_MOUSE 0x00200u
#define M_ALT_SCROLL 0x00400u
#define M_URXVT	     0x00800u
#define M_PASTE	     0x01000u
#define M_SYNC	     0x02000u
#define M_SCHEME     0x04000u
#define M_INSERT     0x08000u
#define M_NEWLINE    0x10000u

#define M_DEFAULT (M_WRAP | M_VISIBLE)
/* What DECSTR and RIS set to their defaults. */
#define M_SOFT                                                                 \
	(M_APP_CURSOR | M_KEYPAD | M_PASTE | M_ORIGIN | M_BACKWRAP | M_FOCUS | \
	    M_SYNC | M_WRAP | M_INSERT)
/* What RIS does, moreover; xterm.js leaves the cursor as it is. */
#define M_HARD                                                                 \
	(M_SOFT | M_REVERSE | M_UTF8_MOUSE | M_URXVT | M_ALT_SCROLL | M_SCHEME)

enum state {
	S_GROUND,
	S_ESC,
	S_ESC_INTER,
	S_CSI_ENTRY,
	S_CSI_PARAM,
	S_CSI_INTER,
	S_CSI_IGNORE,
	S_DCS_ENTRY,
	S_DCS_PARAM,
	S_DCS_INTER,
	S_DCS_DATA,
	S_OSC,
	S_OSC_SKIP,
	S_STRING /* SOS, PM, APC */
};

#define PARAMS_MAX 32
#define PARAM_MAX  0x7fffffff
#define C0_MAX	   64

struct parser {
	enum state state;
	/*
	 * The state before the pending bytes: ground, or within a string or
	 * sequence that has no effect or is too long to keep.
	 */
	enum state base;
	size_t pending;
	uint32_t collect; /* prefix and intermediate bytes */
	int32_t par[PARAMS_MAX];
	uint8_t sub_from[PARAMS_MAX];
	uint8_t sub_to[PARAMS_MAX];
	int32_t sub[PARAMS_MAX]; /* -1: empty */
	uint8_t npar;
	uint8_t nsub;
	bool reject; /* more parameters than are kept */
	bool reject_sub;
	bool in_sub;
	uint8_t c0[C0_MAX]; /* controls within a sequence: done at its end */
	uint8_t nc0;
	uint8_t osc[SCREEN_PENDING_MAX + 8];
	size_t nosc;
	bool osc_named; /* its number is complete, and known */
	/* a UTF-8 character under way */
	uint32_t cp;
	uint8_t need; /* bytes to come; 0: none under way */
	uint8_t got;  /* bytes of it that came */
};

#define TITLE_MAX	1024 /* bytes */
#define TITLE_STACK_MAX 10
struct title {
	char *now; /* NULL: never set */
	char *stack[TITLE_STACK_MAX];
	unsigned int n;
};

enum { COLOR_FG = 256, COLOR_BG, COLOR_CURSOR, NCOLORS };

#define COLOR_SET (1u << 31)

#define CL_STYLE   0x1 /* U+FE0F, by which it gets two columns */
#define CL_PICTURE 0x2 /* a skin tone, and by ZWJ another picture */
#define CL_ZWJ	   0x4 /* there was one: another picture does */

struct screen {
	unsigned int cols;
	unsigned int rows;
	struct page page[2];
	struct page *cur;
	unsigned int x;
	unsigned int y;
	struct attr pen;
	uint8_t join; /* width of the character just printed; 0: none */
	uint8_t cluster; /* then: CL_*, of what may join it */
	struct charset set;
	uint32_t modes;
	uint16_t mouse;	 /* 0, 9, 1000, 1002, 1003 */
	uint16_t encode; /* 0, 1006, 1016 */
	uint8_t style;	 /* of the cursor, DECSCUSR's argument, up to 8 */
	uint8_t modify;	 /* modifyOtherKeys */
	struct title title;
	struct title icon;
	uint32_t colors[NCOLORS]; /* COLOR_SET | rgb, or 0 */
	struct link *links;
	unsigned int nlinks; /* slots, free ones included */
	struct comb *combs;
	unsigned int ncombs;
	unsigned int comb_next;
	struct parser p;
	/* No part of what is shown. */
	uint64_t offset; /* of the next byte */
	struct screen_notices notices;
};

static inline bool
attr_same(const struct attr *a, const struct attr *b)
{
	return a->fg == b->fg && a->bg == b->bg && a->ul == b->ul &&
	       a->flags == b->flags && a->link == b->link;
}

static inline unsigned int
cell_width(const struct cell *c)
{
	uint32_t w = c->ch & CH_WIDTH;

	return w == CH_ONE ? 1 : w == CH_TWO ? 2 : 0;
}

static inline bool
cell_has_char(const struct cell *c)
{
	return (c->ch & (CH_CODE | CH_COMB)) != 0;
}

/* The right half of a wide character. */
static inline bool
cell_is_half(const struct cell *c)
{
	return c->ch == CH_NONE;
}

/* Blank, but not as erasing leaves it: half of a wide character was here. */
static inline bool
cell_is_remnant(const struct cell *c)
{
	return c->ch == CH_ONE && (c->a.fg != 0 || c->a.ul != 0 ||
				      c->a.flags != 0 || c->a.link != 0);
}

/* screen.c */
void screen_reset(struct screen *);
void page_show(struct screen *, int which);

/* grid.c: cells and rows.  fill is a blank cell. */
int page_alloc(struct page *, unsigned int cols, unsigned int rows);
void page_free_rows(struct page *);
void page_resize(struct screen *, struct page *, unsigned int cols,
    unsigned int rows, unsigned int *y);
void page_default_tabs(struct page *, unsigned int from, unsigned int cols);
void row_fill(struct row *, unsigned int cols, struct cell fill);
void row_erase(struct row *, unsigned int cols, unsigned int from,
    unsigned int to, struct cell fill, bool keep_protected);
void row_insert(struct row *, unsigned int cols, unsigned int at,
    unsigned int n, struct cell fill);
void row_delete(struct row *, unsigned int cols, unsigned int at,
    unsigned int n, struct cell fill);
/* Whether the first n cells are all remnants. */
bool row_begins_with_remnants(const struct row *, unsigned int n);
/* Rows top..bottom of the shown page move; blank ones come in. */
void grid_scroll_up(struct screen *, unsigned int top, unsigned int bottom,
    unsigned int n, struct cell fill);
void grid_scroll_down(struct screen *, unsigned int top, unsigned int bottom,
    unsigned int n, struct cell fill);
/* A blank cell as erasing leaves it: the pen's background alone. */
struct cell grid_blank(const struct screen *);

/* cursor.c */
void cursor_restrict(struct screen *, unsigned int max_x);
void cursor_set(struct screen *, int64_t x, int64_t y);
void cursor_move(struct screen *, int64_t dx, int64_t dy);
void cursor_save(struct screen *);
void cursor_restore(struct screen *);
/* The last cell may no longer hold what was printed: no wrap is pending. */
void cursor_settle(struct screen *);
void cursor_line_feed(struct screen *);
void cursor_index(struct screen *);
void cursor_reverse_index(struct screen *);
void cursor_backspace(struct screen *);
void cursor_tab(struct screen *, unsigned int n);
void cursor_back_tab(struct screen *, unsigned int n);

/* print.c */
void print_ascii(struct screen *, const uint8_t *p, size_t len);
void print_char(struct screen *, uint32_t cp);
void print_repeat(struct screen *, unsigned int n);
/* Whether cp, printed right behind the cell, would join it. */
bool cell_would_join(
    const struct screen *, const struct cell *before, uint32_t cp);
/* The code points of a cell into cp; returns how many. */
unsigned int cell_chars(
    const struct screen *, const struct cell *, uint32_t cp[COMB_MAX]);

/* width.c */
/* Columns of a character by itself, 0 to 2. */
unsigned int char_width(uint32_t cp);
/* Whether it has two with U+FE0F behind it, and one without. */
bool char_takes_style(uint32_t cp);
/* Whether it is a picture that others can join. */
bool char_is_picture(uint32_t cp);

/* charset.c */
#define CHARSET_ASCII 0
/* The table's index for a designating byte, or -1. */
int charset_find(uint32_t final);
uint8_t charset_final(unsigned int set);
uint32_t charset_map(unsigned int set, uint32_t cp);
/* A character that set maps to cp. */
uint32_t charset_unmap(unsigned int set, uint32_t cp);

/* vtparse.c: one decoded character. */
void parse_char(struct screen *, uint32_t cp);
/* Takes the numbers of a CSI sequence under way; returns how many bytes. */
size_t parse_numbers(struct screen *, const uint8_t *p, size_t len);
/* More is pending than is kept: the rest of it will have no effect. */
void parse_overflow(struct screen *);

/* csi.c, sgr.c, modes.c, osc.c: what a complete sequence does. */
void control_execute(struct screen *, uint32_t c);
void esc_dispatch(struct screen *, uint32_t final);
void csi_dispatch(struct screen *, uint32_t final);
void sgr_dispatch(struct screen *);
void mode_set(struct screen *, bool private, bool on);
void mode_cursor_style(struct screen *);
void mode_soft_reset(struct screen *);
void keys_push(struct screen *);
void keys_pop(struct screen *);
void keys_set(struct screen *);
/* Whether its number is one that has an effect. */
bool osc_is_known(const struct parser *);
void osc_dispatch(struct screen *);
void title_push(struct title *);
void title_pop(struct title *);
void title_free(struct title *);
void links_free(struct screen *);

/* notice.c: a bell; and what an OSC of that number says, len bytes at p. */
void notice_bell(struct screen *);
/* The same amid bytes that were skipped. */
void notice_flood(struct screen *, const uint8_t *p, size_t len);
void notice_osc(struct screen *, int id, const char *p, size_t len);

/* flood.c: how many of len bytes have no effect on what is shown. */
size_t flood_skip(
    const struct screen *, const uint8_t *p, size_t len, size_t *plain);

/* snapshot-row.c, for snapshot.c */
struct pen {
	const struct screen *s;
	struct buf *out;
	bool links;
	unsigned int x; /* where the viewer's cursor is */
	unsigned int y;
	struct attr a; /* what it has been set to */
	struct charset set;
	const struct page *page; /* being drawn; else NULL */
	int err;
};
void pen_put(struct pen *, const char *fmt, ...)
    __attribute__((__format__(printf, 2, 3)));
void pen_attr(struct pen *, const struct attr *);
void pen_chars(struct pen *, const struct cell *, unsigned int set);
void pen_goto(struct pen *, unsigned int x, unsigned int y);
void pen_rows(struct pen *, const struct page *);
/* sgr.c: the attribute as SGR parameters, each after a semicolon. */
size_t sgr_print(
    const struct attr *from, const struct attr *to, char *dst, size_t size);

/* parameter i, or 0 */
static inline int32_t
par(const struct screen *s, unsigned int i)
{
	return i < s->p.npar ? s->p.par[i] : 0;
}

/* parameter i, with 1 for 0 */
static inline int32_t
par1(const struct screen *s, unsigned int i)
{
	int32_t n = par(s, i);

	return n == 0 ? 1 : n;
}

#endif /* RINGLET_SCREEN_INTERNAL_H */
