/*
 * What clients may take of us, in places and time: what holds until the
 * monitor has said what the settings say.  And in memory: replies that nobody
 * reads yet, all together.
 */
#include "config.h"

#include "http1.h"
#include "http2.h"
#include "ringletd.h"

void
limits_default(struct limits *l)
{
	l->connections = CONN_MAX;
	l->streams = H2_STREAMS_MAX;
	l->head = HTTP1_HEAD_MAX;
	l->body = HTTP1_BODY_MAX;
	l->first_ms = FIRST_MS;
	l->request_ms = REQUEST_MS;
	l->idle_ms = IDLE_MS;
	l->write_ms = WRITE_MS;
	l->ping_ms = WS_PING_MS;
}

void
limits_owe(struct env *env, size_t *part, size_t len)
{
	env->owed += len - *part;
	*part = len;
}

bool
limits_may_owe(const struct env *env, size_t len)
{
	return len <= OWED_FREE ||
	       (env->owed <= OWED_MAX && len <= OWED_MAX - env->owed);
}
