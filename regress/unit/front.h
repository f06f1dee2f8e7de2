#ifndef UNIT_FRONT_H
#define UNIT_FRONT_H
/*
 * A ringletd in a process of its own, on a real socket, with a monitor and a
 * sandboxer made for the test; and a client for it.  It is not sealed: that
 * is test_seal.c's affair.
 *
 * The monitor takes the token "good", and "good-" with more behind it.  To "slow"
 * it never answers; to "late" as to a good one, but only when the next good one
 * comes.  "brief" is good until front_token_ends(); "racing" has ended before its
 * answer comes.  The code "code" is good for a token once, "many" is one wrong
 * code too many.  It knows
 * these sessions:
 *
 *	LIVE	 echoes what is typed; its ring holds GREETING at first
 *	LAPPED	 has written three times its ring's capacity
 *	FLOOD	 writes FLOOD_LEN bytes as soon as "go" is typed
 *	DEAF	 its sandboxer reads no more than where to begin
 *	FORGED	 its ring is one that the sandboxer could still change
 *	ENDED	 is over, with exit code 3
 *	DRAWN	 as LAPPED, with a screen of DRAWN_LEN bytes
 *
 * Where output has left the ring, the screen is SCREEN, or those bytes: byte N
 * is pattern_byte(N).
 *
 * What is typed: "exit\n" ends a session with code 7 after some last words,
 * "blather\n" does so for the reason LONG_REASON, "vanish\n" makes its
 *sandboxer go away.  Byte N of LAPPED and FLOOD is pattern_byte(N).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIVE	"0000000000000001"
#define LAPPED	"0000000000000002"
#define FLOOD	"0000000000000003"
#define DEAF	"0000000000000004"
#define FORGED	"0000000000000005"
#define ENDED	"0000000000000006"
#define MISSING "0000000000000007"
#define DRAWN	"0000000000000008"

/* Two bytes a letter: cut at an odd place it is no text. */
#define TEN_LETTERS "\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"
#define LONG_REASON TEN_LETTERS TEN_LETTERS TEN_LETTERS TEN_LETTERS

#define SCREEN	  "\033[2Jscreen"
#define SCREEN_BASE64 "G1sySnNjcmVlbg=="
#define GREETING  "hello\r\n"
#define FLOOD_LEN (1024 * 1024)
#define DRAWN_LEN     6000001	  /* no socket holds as much */
#define FRONT_RING (64 * 1024) /* capacity of every ring */

uint8_t pattern_byte(uint64_t offset);

/* From now on a server may have at most n descriptors. */
void front_limit(unsigned n);
/* From now on a server asks who is silent after that many milliseconds. */
void front_pings(unsigned ms);
/* Starts it; front_stop() fails the test if it did not live until then. */
void front_start(void);
void front_stop(void);
/* Its clock is that much ahead from now on, as is this process's. */
void front_skip(unsigned ms);
/* The token "brief" is good no longer. */
void front_token_ends(void);
/* Descriptors that it has open. */
unsigned front_fds(void);
/* Hundredths of a second of processor time that it has used. */
unsigned long front_ticks(void);

/*
 * Has FRONT_EVENTS events of the type "test.event" told, {"n":0,"pad":"..."} and
 * so on; sockets do not hold so much.
 */
void front_events(void);
#define FRONT_EVENTS 5000

/* A connection to it. */
int front_connect(void);
/* Sends all of it; false if the server has closed. */
bool front_send(int fd, const void *p, size_t len);
/* Sends a text, which must be taken. */
void front_say(int fd, const char *text);
/*
 * Reads one reply: its head into head (size bytes, NUL-terminated), its body
 * dropped unless body is not NULL.  Returns the status; 0 at end of file.
 */
int front_reply(int fd, char *head, size_t size, char *body, size_t bsize);
/* Whether the server closes in an orderly way, after at most ms. */
bool front_closes(int fd, int ms);

/* The head of a WebSocket's handshake for PATH. */
#define FRONT_WS(path) \
	"GET " path " HTTP/1.1\r\nHost: localhost\r\n" \
	"Connection: Upgrade\r\nUpgrade: websocket\r\n" \
	"Sec-WebSocket-Version: 13\r\n" \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" \
	"Sec-WebSocket-Protocol: bearer, good\r\n\r\n"

/* Opcode 0: it goes on with the message of the frame before. */
#define FRAME_MORE 0x10

/* A frame from the server. */
struct frame {
	unsigned op; /* opcode, or FRAME_MORE; 0: end of file */
	bool last;   /* of its message */
	size_t len;
	uint8_t data[70000];
};

/* Sends a frame, masked; first is FIN, RSV and opcode. */
bool front_frame(int fd, unsigned first, const void *p, size_t len);
/* Reads a frame; op 0 if none comes in 5 seconds or the server closes. */
void front_next(int fd, struct frame *f);
/* The next frame that is text (op 1) and has this "type". */
bool front_event(int fd, struct frame *f, const char *type);

#endif /* UNIT_FRONT_H */
