/*
 * charset.c: the national replacement sets of the VT220 and DEC's line
 * drawing, those that xterm.js has.  A set maps some ASCII characters to
 * others.  UTF-8 is always on, so sets of 8 bits have no meaning.
 */

#include "config.h"

#include <string.h>

#include "internal.h"

struct set {
	char final; /* designates it */
	char also;  /* and so does this; 0: no other */
	const char *from;
	const uint16_t *to;
};

static const uint16_t drawing[] = { 0x25c6, 0x2592, 0x2409, 0x240c, 0x240d,
	0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518, 0x2510, 0x250c, 0x2514,
	0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524, 0x2534,
	0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7 };
static const uint16_t british[] = { 0xa3 };
/* The digraph ij is shown by its first letter, as xterm.js does. */
static const uint16_t dutch[] = { 0xa3, 0xbe, 'i', 0xbd, '|', 0xa8, 'f', 0xbc,
	0xb4 };
static const uint16_t finnish[] = { 0xc4, 0xd6, 0xc5, 0xdc, 0xe9, 0xe4, 0xf6,
	0xe5, 0xfc };
static const uint16_t french[] = { 0xa3, 0xe0, 0xb0, 0xe7, 0xa7, 0xe9, 0xf9,
	0xe8, 0xa8 };
static const uint16_t canadian[] = { 0xe0, 0xe2, 0xe7, 0xea, 0xee, 0xf4, 0xe9,
	0xf9, 0xe8, 0xfb };
static const uint16_t german[] = { 0xa7, 0xc4, 0xd6, 0xdc, 0xe4, 0xf6, 0xfc,
	0xdf };
static const uint16_t italian[] = { 0xa3, 0xa7, 0xb0, 0xe7, 0xe9, 0xf9, 0xe0,
	0xf2, 0xe8, 0xec };
static const uint16_t norwegian[] = { 0xc4, 0xc6, 0xd8, 0xc5, 0xdc, 0xe4, 0xe6,
	0xf8, 0xe5, 0xfc };
static const uint16_t spanish[] = { 0xa3, 0xa7, 0xa1, 0xd1, 0xbf, 0xb0, 0xf1,
	0xe7 };
static const uint16_t swedish[] = { 0xc9, 0xc4, 0xd6, 0xc5, 0xdc, 0xe9, 0xe4,
	0xf6, 0xe5, 0xfc };
static const uint16_t swiss[] = { 0xf9, 0xe0, 0xe9, 0xe7, 0xea, 0xee, 0xe8,
	0xf4, 0xe4, 0xf6, 0xfc, 0xfb };

static const struct set sets[] = {
	{ 'B', 0, "", NULL }, /* CHARSET_ASCII */
	{ '0', 0, "`abcdefghijklmnopqrstuvwxyz{|}~", drawing },
	{ 'A', 0, "#", british },
	{ '4', 0, "#@[\\]{|}~", dutch },
	{ 'C', '5', "[\\]^`{|}~", finnish },
	{ 'R', 0, "#@[\\]{|}~", french },
	{ 'Q', 0, "@[\\]^`{|}~", canadian },
	{ 'K', 0, "@[\\]{|}~", german },
	{ 'Y', 0, "#@[\\]`{|}~", italian },
	{ 'E', '6', "@[\\]^`{|}~", norwegian },
	{ 'Z', 0, "#@[\\]{|}", spanish },
	{ 'H', '7', "@[\\]^`{|}~", swedish },
	{ '=', 0, "#@[\\]^_`{|}~", swiss },
};

#define NSETS ((int)(sizeof(sets) / sizeof(sets[0])))

int
charset_find(uint32_t final)
{
	for (int i = 0; i < NSETS; i++)
		if (final == (uint8_t)sets[i].final ||
		    (sets[i].also != 0 && final == (uint8_t)sets[i].also))
			return i;
	return -1;
}

uint8_t
charset_final(unsigned int set)
{
	return (uint8_t)sets[set].final;
}

uint32_t
charset_map(unsigned int set, uint32_t cp)
{
	const char *p;

	if (set == CHARSET_ASCII || cp >= 0x7f || cp < 0x20)
		return cp;
	p = strchr(sets[set].from, (int)cp);
	return p == NULL ? cp : sets[set].to[p - sets[set].from];
}

uint32_t
charset_unmap(unsigned int set, uint32_t cp)
{
	size_t n = strlen(sets[set].from);

	for (size_t i = 0; i < n; i++)
		if (sets[set].to[i] == cp)
			return (uint8_t)sets[set].from[i];
	return cp;
}
