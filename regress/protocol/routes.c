/*
 * Prints what PROTOCOL.http must say, from the table of routes that ringletd
 * uses.  One fact a line, starting with method and pattern:
 *
 *	METHOD PATTERN is SCOPE STATUS
 *	METHOD PATTERN ? NAME KIND [required]		of the query
 *	METHOD PATTERN > NAME KIND [BOUND] [required]	of the body
 *	METHOD PATTERN < NAME KIND			of the answer's data
 *	METHOD PATTERN <[] NAME KIND			the same of a list
 *	METHOD PATTERN asks MESSAGE SCOPE
 */

#include "config.h"

#include <stdio.h>

#include "json.h"
#include "msg.h"
#include "ringletd/ringletd.h"

static const char *
method_name(unsigned method)
{
	return method == METHOD_POST	 ? "POST"
	       : method == METHOD_PUT	 ? "PUT"
	       : method == METHOD_DELETE ? "DELETE"
					 : "GET";
}

static const char *
scope_name(enum route_scope scope)
{
	return scope == SCOPE_NONE   ? "none"
	       : scope == SCOPE_CODE ? "code"
	       : scope == SCOPE_VIEW ? "view"
				     : "control";
}

static void
begin(const struct route *row, const char *what)
{
	printf("%s %s %s", method_name(row->method), row->pattern, what);
}

static void
print_bound(const struct json_member *m)
{
	switch (m->kind) {
	case JK_STRING:
		printf(" string %zu", m->max);
		break;
	case JK_INT:
		printf(" integer %lld..%lld", m->min_int, m->max_int);
		break;
	case JK_BOOL:
		printf(" boolean");
		break;
	case JK_STRINGS:
		printf(" %s %zu",
		    (m->flags & JSONF_ONE) != 0 ? "string-or-strings"
						: "strings",
		    m->max);
		break;
	case JK_OBJECT:
	case JK_ANY_OBJECT:
		printf(" object");
		break;
	}
	printf("%s\n", (m->flags & JSONF_REQUIRED) != 0 ? " required" : "");
}

static void
print_body(const struct route *row, const struct json_table *t, const char *in)
{
	const struct json_member *m;
	size_t i;

	for (i = 0; i < t->n; i++) {
		m = &t->members[i];
		begin(row, ">");
		printf(" %s%s%s", in, in[0] != '\0' ? "." : "", m->name);
		print_bound(m);
		if (m->kind == JK_OBJECT)
			print_body(row, m->object, m->name);
	}
}

static void
print_route(const struct route *row)
{
	const struct route_query *q;
	const struct msg_type *asks;
	size_t i;

	begin(row, "is");
	printf(" %s %d\n", scope_name(row->scope), row->status);
	for (q = row->query; q != NULL && q->name != NULL; q++) {
		begin(row, "?");
		printf(" %s %s%s\n", q->name, q->kind,
		    q->required ? " required" : "");
	}
	if (row->body != NULL)
		print_body(row, row->body, "");
	for (i = 0; row->reply != NULL && i < row->reply->n; i++) {
		begin(row, row->list ? "<[]" : "<");
		printf(" %s %s\n", row->reply->members[i].name,
		    row->reply->members[i].kind);
	}
	if (row->asks != 0 && (asks = msg_type_get(row->asks)) != NULL) {
		begin(row, "asks");
		printf(" %s %s\n", asks->name, scope_name(row->scope));
	}
}

int
main(void)
{
	const struct route *row;
	size_t i;

	for (i = 0; (row = route_get(i)) != NULL; i++)
		print_route(row);
	return 0;
}
