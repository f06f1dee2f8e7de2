#ifndef RINGLETD_EVENTS_H
#define RINGLETD_EVENTS_H
/*
 * Private to events.c, which knows who wants which events, and to those who
 * carry them to a client: events-ws.c (WebSocket) and events-sse.c
 * (server-sent events).
 */

#include <sys/queue.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#define TOPICS_MAX 32 /* that a client may subscribe to */
#define TOPIC_LEN  64 /* bytes of one */

struct request;
struct subscriber;

/*
 * How a client is reached.
 *
 *	closing	whether it is told nothing any more
 *	backlog	bytes that it has not taken
 *	event	puts the event of that number; data is borrowed
 *	dropped	puts that so many are missing here
 *	pump	sends what was put
 */
struct subscriber_ops {
	bool (*closing)(const void *arg);
	size_t (*backlog)(const void *arg);
	void (*event)(
	    void *arg, uint64_t number, const char *type, json_t *data);
	void (*dropped)(void *arg, uint64_t count);
	void (*pump)(void *arg);
};

/*
 * The client that has sent that request; it wants everything until it has
 * chosen.  NULL: there are SUBSCRIBERS_MAX already, and it has got its 429.
 */
struct subscriber *subscriber_new(
    struct request *, const struct subscriber_ops *ops, void *arg);
/* Also NULL. */
void subscriber_free(struct subscriber *);
/*
 * Whether topics, up to a NULL, are well-formed and can be subscribed to
 * besides what there is; why (size bytes) says what is wrong.
 */
bool subscriber_may(
    const struct subscriber *, char *const *topics, char *why, size_t size);
/* Chooses them, or drops them again; they must be allowed by the above. */
void subscriber_choose(struct subscriber *, char *const *topics, bool on);
/* What it is subscribed to, as an array. */
json_t *subscriber_topics(const struct subscriber *);
/*
 * It has taken all that there was: puts what it missed meanwhile.  False:
 * nothing.
 */
bool subscriber_output(struct subscriber *);

#endif /* RINGLETD_EVENTS_H */
