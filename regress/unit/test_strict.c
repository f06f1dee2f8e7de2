/*
 * Every route of the table against what must be refused there: methods,
 * bodies where none belong and none where one does, and for every member of
 * every body what it may not be.  What is refused names the member, and a
 * member of a member by its path.
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "json.h"
#include "ringletd/ringletd.h"
#include "suites.h"

#define HOST "Host: localhost\r\n"
#define GOOD "Authorization: Bearer good\r\n"
#define JSON "Content-Type: application/json\r\n"
/* A page that asks before it sends; nobody is told that it may. */
#define CORS                                                                   \
	"Origin: http://localhost\r\nAccess-Control-Request-Method: PUT\r\n"   \
	"Access-Control-Request-Headers: authorization\r\n"

#define BIG (128 * 1024)

static char head[8192], body[64 * 1024], request[BIG], text[BIG];
static int fd;

static void
begin(void)
{
	front_start();
	fd = front_connect();
}

static void
end(void)
{
	close(fd);
	front_stop();
}

/* A path of the row, with names that nothing has. */
static const char *
path_of(const struct route *row)
{
	static char path[256];
	const char *p = row->pattern;
	size_t n = 0;

	while (*p != '\0') {
		if (*p != '{') {
			path[n++] = *p++;
			continue;
		}
		path[n++] = 'x';
		p = strchr(p, '}') + 1;
	}
	path[n] = '\0';
	return path;
}

static const char *
method_of(const struct route *row)
{
	return row->method == METHOD_POST     ? "POST"
	       : row->method == METHOD_PUT    ? "PUT"
	       : row->method == METHOD_DELETE ? "DELETE"
					      : "GET";
}

/* Sends a request, and returns the reply's status. */
static int __attribute__((__format__(printf, 2, 3)))
ask(bool is_head, const char *fmt, ...)
{
	va_list ap;
	int n, status;

	va_start(ap, fmt);
	n = vsnprintf(request, sizeof(request), fmt, ap);
	va_end(ap);
	ck_assert_int_gt(n, 0);
	ck_assert_uint_lt((size_t)n, sizeof(request));
	ck_assert(front_send(fd, request, (size_t)n));
	body[0] = '\0';
	status = front_reply(fd, head, sizeof(head), is_head ? NULL : body,
	    is_head ? 1 : sizeof(body));
	ck_assert_ptr_null(strstr(head, "Access-Control"));
	ck_assert_ptr_nonnull(strstr(head, "X-Content-Type-Options: nosniff"));
	return status;
}

static void
reconnect(void)
{
	close(fd);
	fd = front_connect();
}

/* The methods of all rows with this one's path, as Allow says them. */
static void
allow_of(const struct route *row, char *out, size_t size)
{
	static const struct {
		unsigned bit;
		const char *name;
	} words[] = { { METHOD_GET, "GET, HEAD" }, { METHOD_POST, "POST" },
		{ METHOD_PUT, "PUT" }, { METHOD_DELETE, "DELETE" } };
	const struct route *other;
	unsigned bits = 0;
	size_t i;

	for (i = 0; (other = route_get(i)) != NULL; i++)
		if (strcmp(other->pattern, row->pattern) == 0)
			bits |= other->method;
	strlcpy(out, "Allow: ", size);
	for (i = 0; i < NELEM(words); i++) {
		if ((bits & words[i].bit) == 0)
			continue;
		if (strlen(out) > 7)
			strlcat(out, ", ", size);
		strlcat(out, words[i].name, size);
	}
	strlcat(out, "\r\n", size);
}

START_TEST(methods)
{
	static const char *const names[] = { "GET", "HEAD", "POST", "PUT",
		"DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get" };
	const struct route *row;
	char allow[80];
	size_t i, m;
	int status;

	begin();
	for (i = 0; (row = route_get(i)) != NULL; i++) {
		allow_of(row, allow, sizeof(allow));
		for (m = 0; m < NELEM(names); m++) {
			bool known = strstr(allow, names[m]) != NULL;
			bool is_head = strcmp(names[m], "HEAD") == 0;

			status =
			    ask(is_head, "%s %s HTTP/1.1\r\n" HOST CORS "\r\n",
				names[m], path_of(row));
			/*
			 * Allowed, it lacks a token, or a code's body.  A
			 * static file wants none, but is of another name.
			 */
			ck_assert_msg(status == (!known ? 405
				: row->scope == SCOPE_CODE ? 411
				: row->scope != SCOPE_NONE ? 401
				: strchr(row->pattern, '{') != NULL ? 404
								    : 200),
			    "%s %s: %s", names[m], row->pattern, head);
			if (!known)
				ck_assert_msg(strstr(head, allow) != NULL,
				    "%s %s: %s", names[m], row->pattern, head);
		}
	}
	end();
}
END_TEST

/* HEAD never opens a WebSocket, and has no body where GET has one. */
START_TEST(head_is_get_without_a_body)
{
	static const char *const paths[] = { "/", "/api/ping",
		"/api/openapi.json" };
	char length[64], *field;
	size_t i;

	begin();
	for (i = 0; i < NELEM(paths); i++) {
		ck_assert_int_eq(
		    ask(false, "GET %s HTTP/1.1\r\n" HOST GOOD "\r\n",
			paths[i]),
		    200);
		field = strstr(head, "Content-Length: ");
		ck_assert_ptr_nonnull(field);
		strlcpy(length, field, sizeof(length));
		*strchr(length, '\r') = '\0';
		ck_assert_int_eq(
		    ask(true, "HEAD %s HTTP/1.1\r\n" HOST GOOD "\r\n",
			paths[i]),
		    200);
		ck_assert_ptr_nonnull(strstr(head, length));
	}
	ck_assert_int_eq(
	    ask(true, "HEAD /ws/terminal/" LIVE " HTTP/1.1\r\n" HOST
		      "Connection: Upgrade\r\nUpgrade: websocket\r\n"
		      "Sec-WebSocket-Version: 13\r\n"
		      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		      "Sec-WebSocket-Protocol: bearer, good\r\n\r\n"),
	    400);
	end();
}
END_TEST

START_TEST(heads)
{
	const struct route *row;
	const char *method, *path;
	size_t i;

	begin();
	memset(text, 'a', sizeof(text));
	for (i = 0; (row = route_get(i)) != NULL; i++) {
		method = method_of(row);
		path = path_of(row);
		if (row->body != NULL) {
			ck_assert_int_eq(
			    ask(false,
				"%s %s HTTP/1.1\r\n" HOST GOOD JSON "\r\n",
				method, path),
			    411);
			ck_assert_int_eq(ask(false,
					     "%s %s HTTP/1.1\r\n" HOST GOOD
					     "Content-Length: 2\r\n\r\n{}",
					     method, path),
			    415);
			ck_assert_int_eq(
			    ask(false,
				"%s %s HTTP/1.1\r\n" HOST GOOD
				"Content-Type: application/json; "
				"charset=latin1\r\nContent-Length: 2\r\n\r\n{}",
				method, path),
			    415);
			ck_assert_int_eq(ask(false,
					     "%s %s HTTP/1.1\r\n" HOST GOOD
					     "Content-Type: text/plain\r\n"
					     "Content-Length: 2\r\n\r\n{}",
					     method, path),
			    415);
		} else if (row->method == METHOD_GET &&
			   (row->flags & ROUTE_WS) == 0) {
			ck_assert_int_eq(ask(false,
					     "%s %s HTTP/1.1\r\n" HOST GOOD JSON
					     "Content-Length: 2\r\n\r\n{}",
					     method, path),
			    400);
		}
		if (row->query == NULL)
			ck_assert_int_eq(
			    ask(false,
				"%s %s?x=1 HTTP/1.1\r\n" HOST GOOD "\r\n",
				method, path),
			    400);
		/* These end the connection. */
		ck_assert_int_eq(ask(false,
				     "%s %s HTTP/1.1\r\n" HOST GOOD JSON
				     "Content-Length: 65537\r\n\r\n",
				     method, path),
		    413);
		reconnect();
		ck_assert_int_eq(
		    ask(false, "%s %s?%.8192s HTTP/1.1\r\n" HOST "\r\n", method,
			path, text),
		    414);
		reconnect();
		ck_assert_int_eq(
		    ask(false, "%s %s HTTP/1.1\r\n" HOST "X: %.16384s\r\n\r\n",
			method, path, text),
		    431);
		reconnect();
	}
	end();
}
END_TEST

/* --- bodies --- */

static const struct route *now; /* the row under test */

/* Sends len bytes as the row's body: 400, and the error has says. */
static void
refused_bytes(const char *p, size_t len, const char *says)
{
	int n;

	n = snprintf(request, sizeof(request),
	    "%s %s HTTP/1.1\r\n" HOST GOOD JSON "Content-Length: %zu\r\n\r\n",
	    method_of(now), path_of(now), len);
	ck_assert_uint_lt((size_t)n + len, sizeof(request));
	ck_assert(front_send(fd, request, (size_t)n) && front_send(fd, p, len));
	n = front_reply(fd, head, sizeof(head), body, sizeof(body));
	ck_assert_msg(n == 400 && strstr(body, says) != NULL &&
			  strstr(body, "\"INVALID\"") != NULL,
	    "%s: %.200s: %d %s, not %s", now->pattern, p, n, body, says);
}

static void __attribute__((__format__(printf, 2, 3)))
refused(const char *says, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ck_assert_uint_lt((size_t)n, sizeof(text));
	refused_bytes(text, (size_t)n, says);
}

/* What is wrong for a member of any kind; %s is its name. */
static void
hostile(
    const char *before, const char *name, const char *after, const char *says)
{
	static const char *const values[] = { "null", "1e999",
		"123456789012345678901234567890", "\"\\u0000\"", "\"\\ud800\"",
		"\"\\udc00\\ud800\"", "\"\xff\"", "\"\xc0\xaf\"",
		"\"\xed\xa0\x80\"", "\"a\nb\"" };
	size_t i;

	for (i = 0; i < NELEM(values); i++)
		refused(says, "%s\"%s\":%s%s", before, name, values[i], after);
	refused(says, "%s\"%s\":0,\"%s\":0%s", before, name, name, after);
}

/* What is wrong for its kind. */
static void
typed(const struct json_member *m, const char *before, const char *after,
    const char *says)
{
	static char many[64 * 1024];
	size_t i;

	switch (m->kind) {
	case JK_STRING:
		refused(says, "%s\"%s\":1%s", before, m->name, after);
		refused(says, "%s\"%s\":[\"a\"]%s", before, m->name, after);
		ck_assert_uint_lt(m->max + 1, sizeof(many));
		memset(many, 'a', m->max + 1);
		many[m->max + 1] = '\0';
		refused(
		    says, "%s\"%s\":\"%s\"%s", before, m->name, many, after);
		break;
	case JK_INT:
		refused(says, "%s\"%s\":\"1\"%s", before, m->name, after);
		refused(says, "%s\"%s\":1.0%s", before, m->name, after);
		refused(says, "%s\"%s\":true%s", before, m->name, after);
		refused(says, "%s\"%s\":%lld%s", before, m->name,
		    m->min_int - 1, after);
		refused(says, "%s\"%s\":%lld%s", before, m->name,
		    m->max_int + 1, after);
		break;
	case JK_BOOL:
		refused(says, "%s\"%s\":1%s", before, m->name, after);
		refused(says, "%s\"%s\":\"true\"%s", before, m->name, after);
		break;
	case JK_STRINGS:
		refused(says, "%s\"%s\":{}%s", before, m->name, after);
		refused(says, "%s\"%s\":[\"a\",1]%s", before, m->name, after);
		many[0] = '\0';
		for (i = 0; i <= m->max; i++)
			strlcat(
			    many, i == 0 ? "\"a\"" : ",\"a\"", sizeof(many));
		refused(says, "%s\"%s\":[%s]%s", before, m->name, many, after);
		break;
	case JK_OBJECT:
	case JK_ANY_OBJECT:
		refused(says, "%s\"%s\":\"a\"%s", before, m->name, after);
		refused(says, "%s\"%s\":[]%s", before, m->name, after);
		break;
	}
}

static void
members(const struct json_table *t, const char *in)
{
	const struct json_member *m;
	char before[128], after[8], says[256];
	size_t i;

	(void)snprintf(before, sizeof(before), "{%s%s%s",
	    in != NULL ? "\"" : "", in != NULL ? in : "",
	    in != NULL ? "\":{" : "");
	strlcpy(after, in != NULL ? "}}" : "}", sizeof(after));
	for (i = 0; i < t->n; i++) {
		m = &t->members[i];
		(void)snprintf(says, sizeof(says), "member '%s%s%s'",
		    in != NULL ? in : "", in != NULL ? "." : "", m->name);
		typed(m, before, after, says);
		hostile(before, m->name, after, says);
		/* Depth names the member of the body that it is in. */
		if (in == NULL)
			refused(says, "{\"%s\":%.*s%.*s}", m->name, 20,
			    "[[[[[[[[[[[[[[[[[[[[", 20, "]]]]]]]]]]]]]]]]]]]]");
		if (m->kind == JK_OBJECT)
			members(m->object, m->name);
	}
	(void)snprintf(says, sizeof(says), "member '%s%snope' is not known",
	    in != NULL ? in : "", in != NULL ? "." : "");
	refused(says, "%s\"nope\":1%s", before, after);
}

START_TEST(bodies)
{
	size_t i, n = 0;

	begin();
	for (i = 0; (now = route_get(i)) != NULL; i++) {
		if (now->body == NULL)
			continue;
		n++;
		refused("ends too early", "%s", "");
		refused("ends too early", "{");
		refused("not a JSON object", "[]");
		refused("not a JSON object", "[{}]");
		refused("not valid JSON", "nothing");
		refused("text after the end", "{}{}");
		refused("text after the end", "{} x");
		refused_bytes("{}\0", 3, "the body");
		refused_bytes("\xef\xbb\xbf{}", 5, "the body");
		refused_bytes("{\0\0}", 4, "the body");
		refused("nested", "%.*s", 60,
		    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		    "[[[[[[[[[[");
		members(now->body, NULL);
	}
	ck_assert_uint_ge(n, 2);
	/* All of it on one connection, which is good for more. */
	ck_assert_int_eq(
	    ask(false, "GET /api/ping HTTP/1.1\r\n" HOST GOOD "\r\n"), 200);
	end();
}
END_TEST

/* --- the description for programs --- */

START_TEST(openapi)
{
	json_t *doc = openapi_document(), *op, *schema;
	const struct route *row;
	json_error_t e;
	size_t i, k;
	char *dump;

	ck_assert_ptr_nonnull(doc);
	dump = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	doc = json_loads(dump, JSON_REJECT_DUPLICATES, &e);
	free(dump);
	ck_assert_ptr_nonnull(doc);
	for (i = 0; (row = route_get(i)) != NULL; i++) {
		char method[8];

		for (k = 0; k == 0 || method[k - 1] != '\0'; k++)
			method[k] = (char)(method_of(row)[k] == '\0'
					       ? '\0'
					       : method_of(row)[k] | 0x20);
		op = json_object_get(
		    json_object_get(
			json_object_get(doc, "paths"), row->pattern),
		    method);
		ck_assert_msg(op != NULL, "%s %s", method, row->pattern);
		ck_assert_msg((row->body == NULL) ==
				  (json_object_get(op, "requestBody") == NULL),
		    "%s", row->pattern);
		for (k = 0; row->body != NULL && k < row->body->n; k++) {
			schema = json_object_get(
			    json_object_get(
				json_object_get(
				    json_object_get(
					json_object_get(
					    json_object_get(op, "requestBody"),
					    "content"),
					"application/json"),
				    "schema"),
				"properties"),
			    row->body->members[k].name);
			ck_assert_msg(json_is_object(schema), "%s",
			    row->body->members[k].name);
		}
		ck_assert_msg((row->scope < SCOPE_VIEW) ==
				  json_is_array(
				      json_object_get(op, "security")),
		    "%s", row->pattern);
		if (row->scope >= SCOPE_VIEW)
			ck_assert_str_eq(json_string_value(json_object_get(
					     op, "x-ringlet-scope")),
			    row->scope == SCOPE_VIEW ? "view" : "control");
	}
	json_decref(doc);
}
END_TEST

/* What the description says that a route answers with, of whatever type. */
START_TEST(describes_what_is_no_json)
{
	static const struct {
		const char *path;
		const char *status;
		const char *type; /* NULL: no body at all */
	} rows[] = {
		{ "/", "200", "text/html" },
		{ "/assets/{name}", "200", "*/*" },
		{ "/api/openapi.json", "200", "application/json" },
		{ "/api/events", "200", "text/event-stream" },
		{ "/ws", "101", NULL },
		{ "/ws/terminal/{id}", "101", NULL },
	};
	json_t *doc = openapi_document(), *answer, *content;

	for (size_t i = 0; i < NELEM(rows); i++) {
		answer = NULL;
		ck_assert_msg(json_unpack(doc, "{s:{s:{s:{s:{s:o}}}}}", "paths",
				  rows[i].path, "get", "responses",
				  rows[i].status, &answer) == 0,
		    "%s", rows[i].path);
		content = json_object_get(answer, "content");
		if (rows[i].type == NULL) {
			ck_assert_ptr_null(content);
			continue;
		}
		ck_assert_uint_eq(json_object_size(content), 1);
		ck_assert_msg(json_object_get(content, rows[i].type) != NULL,
		    "%s is not %s", rows[i].path, rows[i].type);
	}
	json_decref(doc);
}
END_TEST

START_TEST(patterns)
{
	static const struct {
		const char *pattern;
		const char *path;
		const char *found[ROUTE_PARAMS]; /* [0] NULL: no match */
	} rows[] = {
		{ "/a/{x}/key", "/a/b/key", { "b", "", "" } },
		{ "/a/{x}/key", "/a/key/key", { "key", "", "" } },
		{ "/a/{x}/key", "/a//key", { NULL } },
		{ "/a/{x}/key", "/a/b/c/key", { NULL } },
		{ "/a/{x}/key", "/a/b/keys", { NULL } },
		{ "/a/{x}/key", "/a/b/ke", { NULL } },
		{ "/a/{x}/key", "/a/b%2f/key", { NULL } },
		{ "/a/{x}/key", "/a/b", { NULL } },
		{ "/a/{x}/h/{y}/{z}", "/a/b/h/c/d", { "b", "c", "d" } },
		{ "/a/{x}/h/{y}/{z}", "/a/b/h/c/", { NULL } },
		{ "/a/{x}/h/{y}/{z}", "/a/b/h/c/d/", { NULL } },
		{ "/a/{x}/h/{y}/{z}", "/a/b/h/../d", { "b", "..", "d" } },
		{ "/{a}/{b}/{c}/{d}", "/1/2/3/4", { NULL } },
	};
	struct span found[ROUTE_PARAMS], path;
	size_t i, k;

	for (i = 0; i < NELEM(rows); i++) {
		memset(found, 0, sizeof(found));
		path.p = rows[i].path;
		path.len = strlen(path.p);
		ck_assert_msg(route_matches(rows[i].pattern, &path, found) ==
				  (rows[i].found[0] != NULL),
		    "%s", rows[i].path);
		for (k = 0; rows[i].found[0] != NULL && k < ROUTE_PARAMS; k++)
			ck_assert_msg(span_is(&found[k], rows[i].found[k]),
			    "%s %zu", rows[i].path, k);
	}
}
END_TEST

Suite *
suite_strict(void)
{
	Suite *s = suite_create("strict");
	TCase *tc = tcase_create("routes");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, methods);
	tcase_add_test(tc, head_is_get_without_a_body);
	tcase_add_test(tc, heads);
	tcase_add_test(tc, bodies);
	tcase_add_test(tc, openapi);
	tcase_add_test(tc, describes_what_is_no_json);
	tcase_add_test(tc, patterns);
	suite_add_tcase(s, tc);
	return s;
}
