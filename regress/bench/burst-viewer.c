/*
 * burst-viewer: watch a burst of the fake agent's pattern, and judge every
 * byte of it.
 *
 * usage: burst-viewer live ADDRESS PATH BYTES
 *        burst-viewer still ADDRESS PATH BYTES
 *        burst-viewer roam ADDRESS PATH BYTES
 *        burst-viewer hash BYTES
 *
 *	live	Watch from the beginning to the end.  When the connection
 *		breaks, come back for the next byte.  Says "ready" at the first
 *		byte, and prints "HASH attaches N gaps N missed N".
 *	still	Read the beginning, say "ready", and read nothing more until
 *		standard input ends; then to the end.  Prints
 *		"FROM TO attaches 1 gaps N missed N", of the last gap.
 *	roam	Come for the next byte, or for an earlier one, read for a while,
 *		and break off without a word; until the end has been seen.
 *		Prints "attaches N gaps N missed N".
 *	hash	Print that of BYTES of the pattern.
 *
 * -t FILE gives the token, -s SEED what roam does by chance.  The session
 * prints "ready", a line, and BYTES of the pattern.  What comes must be the
 * byte that belongs at its offset; what does not come must be in a gap.
 * Anything else fails, and is said.
 */

#include "config.h"

#include <sys/socket.h>

#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "../fake/pattern.h"
#include "wsc.h"

#define MARK	  "ready\n"
#define MARK_LEN  (sizeof(MARK) - 1)
#define PATIENCE  30	      /* seconds until a connection must be had again */
#define LIMIT	  600	      /* seconds for everything */
#define STILL_BUF (64 * 1024) /* bytes of a socket that is not read */
#define BACK	  (6 * 1024 * 1024) /* bytes that roam may go back */
#define STEP_MAX  23		    /* it reads up to 2^23 bytes at a time */

static const char *address, *path, *token;
static uint64_t end;	  /* the offset behind the last byte */
static uint64_t at;	  /* of the next byte */
static uint64_t furthest; /* that was seen */
static unsigned int attaches, gaps;
static uint64_t missed, gap_from, gap_to;
static bool hashing;
static crypto_generichash_state hash;

/* The next 32 bits of a xorshift generator: the same for a seed anywhere. */
static uint32_t seed = 1;

static uint32_t
chance(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % below;
}

/* Says so once the first byte has come. */
static void
say_ready(void)
{
	static bool told;

	if (told || at == 0)
		return;
	told = true;
	if (puts("ready") == EOF || fflush(stdout) != 0)
		err(1, "stdout");
}

/* len bytes from at on are those that belong there. */
static void
judge(const char *p, size_t len)
{
	size_t n, good;

	if (len > end - at)
		errx(1, "%zu bytes more than there are",
		    (size_t)(len - (end - at)));
	if (hashing)
		(void)crypto_generichash_update(
		    &hash, (const unsigned char *)p, len);
	if (at < MARK_LEN) {
		n = MARK_LEN - (size_t)at < len ? MARK_LEN - (size_t)at : len;
		if (memcmp(p, MARK + at, n) != 0)
			errx(1, "offset %llu: not the beginning",
			    (unsigned long long)at);
		at += n;
		p += n;
		len -= n;
	}
	good = pattern_check(at - MARK_LEN, p, len);
	if (good != len)
		errx(1,
		    "offset %llu: byte 0x%02x does not belong there "
		    "(attach %u)",
		    (unsigned long long)at + good, (unsigned char)p[good],
		    attaches);
	at += len;
}

/* connected, gap, and others that say nothing of offsets. */
static void
take_text(const char *text)
{
	if (wsc_is(text, "connected")) {
		if (wsc_number(text, "offset") != at)
			errx(1, "asked for %llu, got %s",
			    (unsigned long long)at, text);
	} else if (wsc_is(text, "gap")) {
		gap_from = wsc_number(text, "from");
		gap_to = wsc_number(text, "to");
		if (gap_from != at || gap_to <= at || gap_to > end)
			errx(1, "at %llu: %s", (unsigned long long)at, text);
		gaps++;
		missed += gap_to - gap_from;
		at = gap_to;
	} else if (wsc_is(text, "screen")) {
		if (wsc_number(text, "offset") != at)
			errx(1, "at %llu: a screen of %llu",
			    (unsigned long long)at,
			    (unsigned long long)wsc_number(text, "offset"));
	} else if (wsc_is(text, "error"))
		errx(1, "%s", text);
}

/* Takes all that was received.  False: the server has closed. */
static bool
take(struct wsc *w)
{
	const void *p;
	size_t len;

	for (;;) {
		switch (wsc_next(w, &p, &len)) {
		case WSC_MORE:
			return true;
		case WSC_DATA:
			judge(p, len);
			break;
		case WSC_TEXT:
			take_text(p);
			break;
		case WSC_CLOSED:
			return false;
		}
	}
}

/* A connection that begins at at, within PATIENCE. */
static struct wsc *
attach(void)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	double until = wsc_now() + PATIENCE;
	struct wsc *w;
	char from[512];
	int status;

	(void)snprintf(
	    from, sizeof(from), "%s?offset=%llu", path, (unsigned long long)at);
	attaches++;
	for (;;) {
		if ((w = wsc_open(address, from, token, &status)) != NULL)
			return w;
		/* While daemons are replaced: nobody, or 503. */
		if (wsc_now() > until || (status != 0 && status != 503))
			errx(1, "%s%s: HTTP status %d", address, from, status);
		(void)nanosleep(&pause, NULL);
	}
}

static void
live(void)
{
	unsigned char digest[32];
	bool open = false;
	struct wsc *w = NULL;
	size_t i;

	if (crypto_generichash_init(&hash, NULL, 0, sizeof(digest)) != 0)
		errx(1, "no hash");
	hashing = true;
	while (at < end) {
		if (!open) {
			wsc_free(w);
			w = attach();
		}
		open = take(w);
		say_ready();
		if (open && at < end)
			open = wsc_fill(w, 0) > 0;
	}
	wsc_free(w);
	(void)crypto_generichash_final(&hash, digest, sizeof(digest));
	for (i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
	printf(" attaches %u gaps %u missed %llu\n", attaches, gaps,
	    (unsigned long long)missed);
}

static void
still(void)
{
	struct wsc *w;
	char byte;

	wsc_receive(STILL_BUF);
	w = attach();
	while (at < MARK_LEN)
		if (!take(w) || (at < MARK_LEN && wsc_fill(w, 0) <= 0))
			errx(1, "it is gone before it is ready");
	say_ready();
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	while (at < end)
		if (!take(w) || (at < end && wsc_fill(w, 0) <= 0))
			errx(1, "it is gone at %llu", (unsigned long long)at);
	wsc_free(w);
	printf("%llu %llu attaches %u gaps %u missed %llu\n",
	    (unsigned long long)gap_from, (unsigned long long)gap_to, attaches,
	    gaps, (unsigned long long)missed);
}

/* One visit. */
static void
visit(void)
{
	uint64_t until, back;
	struct wsc *w;

	at = furthest;
	if (at > 0 && chance(4) == 0) {
		back = chance(BACK);
		at = back < at ? at - back : 0;
	}
	until = at + chance((uint32_t)1 << (1 + chance(STEP_MAX)));
	w = attach();
	while (take(w) && at < end && at <= until) {
		say_ready();
		if (wsc_fill(w, 0) <= 0)
			errx(1, "it is gone at %llu", (unsigned long long)at);
	}
	wsc_free(w);
	if (at > furthest)
		furthest = at;
}

static void
roam(void)
{
	while (furthest < end)
		visit();
	printf("attaches %u gaps %u missed %llu\n", attaches, gaps,
	    (unsigned long long)missed);
}

/* What live() would print. */
static void
print_hash(uint64_t bytes)
{
	static char block[1024 * 1024];
	unsigned char digest[32];
	uint64_t done;
	size_t n, i;

	(void)crypto_generichash_init(&hash, NULL, 0, sizeof(digest));
	(void)crypto_generichash_update(
	    &hash, (const unsigned char *)MARK, MARK_LEN);
	for (done = 0; done < bytes; done += n) {
		n = sizeof(block) < bytes - done ? sizeof(block)
						 : (size_t)(bytes - done);
		pattern_fill(done, block, n);
		(void)crypto_generichash_update(
		    &hash, (unsigned char *)block, n);
	}
	(void)crypto_generichash_final(&hash, digest, sizeof(digest));
	for (i = 0; i < sizeof(digest); i++)
		printf("%02x", digest[i]);
	printf("\n");
}

int
main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	bool alone = strcmp(mode, "hash") == 0;
	uint64_t bytes;
	int c;

	for (optind = 2; (c = getopt(argc, argv, "s:t:")) != -1;) {
		switch (c) {
		case 's':
			/* Never 0, where it would stay. */
			seed = (uint32_t)strtoul(optarg, NULL, 10) | 1;
			break;
		case 't':
			token = wsc_token(optarg);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != (alone ? 1 : 3) || sodium_init() == -1)
		errx(2, "usage: burst-viewer live|still|roam|hash [OPTIONS] "
			"[ADDRESS PATH] BYTES");
	bytes = strtoull(argv[argc - 1], NULL, 10);
	end = bytes + MARK_LEN;
	address = argv[optind];
	path = argv[optind + 1];
	(void)alarm(LIMIT);
	if (alone)
		print_hash(bytes);
	else if (strcmp(mode, "live") == 0)
		live();
	else if (strcmp(mode, "still") == 0)
		still();
	else if (strcmp(mode, "roam") == 0)
		roam();
	else
		errx(2, "%s: no such mode", mode);
	return 0;
}
