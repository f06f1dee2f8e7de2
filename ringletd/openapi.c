/*
 * GET /api/openapi.json: the table of routes, and of what bodies and answers
 * are made of, as an OpenAPI 3.1 document.  It says nothing that is not in the
 * tables, so it cannot say anything else than what holds.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "ringletd.h"

#define ID_LEN	   128 /* bytes of an operation's id */
#define STATUS_LEN 12

/* --- values --- */

/* As the tables name kinds: string, integer, boolean, strings, object, 1. */
static json_t *
kind_schema(const char *kind)
{
	size_t n = strlen(kind);
	bool null = n > 0 && kind[n - 1] == '?';
	json_t *type;

	if (strcmp(kind, "1") == 0)
		return json_pack("{s:s, s:[s]}", "type", "string", "enum", "1");
	if (strcmp(kind, "strings") == 0)
		return json_pack("{s:s, s:{s:s}}", "type", "array", "items",
		    "type", "string");
	if (strcmp(kind, "objects") == 0)
		return json_pack("{s:s, s:{s:s}}", "type", "array", "items",
		    "type", "object");
	type = json_stringn(kind, null ? n - 1 : n);
	if (null)
		type = json_pack("[o, s]", type, "null");
	return json_pack("{s:o}", "type", type);
}

static json_t *table_schema(const struct json_table *);

/* Bounds of strings are bytes with us, and characters there: at most more. */
static json_t *
member_schema(const struct json_member *m)
{
	json_t *list;

	switch (m->kind) {
	case JK_STRING:
		return json_pack("{s:s, s:I}", "type", "string", "maxLength",
		    (json_int_t)m->max);
	case JK_INT:
		return json_pack("{s:s, s:I, s:I}", "type", "integer",
		    "minimum", (json_int_t)m->min_int, "maximum",
		    (json_int_t)m->max_int);
	case JK_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case JK_STRINGS:
		list = json_pack("{s:s, s:{s:s, s:i}, s:I}", "type", "array",
		    "items", "type", "string", "maxLength", ARG_MAX_LEN,
		    "maxItems", (json_int_t)m->max);
		if ((m->flags & JSONF_ONE) == 0)
			return list;
		return json_pack("{s:[o, {s:s, s:i}]}", "anyOf", list, "type",
		    "string", "maxLength", ARG_MAX_LEN);
	case JK_OBJECT:
		return table_schema(m->object);
	case JK_ANY_OBJECT:
		return json_pack("{s:s}", "type", "object");
	}
	return NULL;
}

static json_t *
table_schema(const struct json_table *t)
{
	json_t *properties = json_object(), *required = json_array();
	size_t i;

	for (i = 0; i < t->n; i++) {
		json_object_set_new(properties, t->members[i].name,
		    member_schema(&t->members[i]));
		if ((t->members[i].flags & JSONF_REQUIRED) != 0)
			json_array_append_new(
			    required, json_string(t->members[i].name));
	}
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties",
	    properties, "required", required, "additionalProperties", 0);
}

/* --- answers --- */

static json_t *
content(const char *type, json_t *schema)
{
	return json_pack("{s:{s:o}}", type, "schema", schema);
}

/* Answers may get more members in later versions. */
static json_t *
reply_schema(const struct reply_table *t)
{
	json_t *properties, *required;
	size_t i;

	if (t->n == 0)
		return json_pack("{s:s}", "type", "null");
	properties = json_object();
	required = json_array();
	for (i = 0; i < t->n; i++) {
		json_object_set_new(properties, t->members[i].name,
		    kind_schema(t->members[i].kind));
		json_array_append_new(
		    required, json_string(t->members[i].name));
	}
	return json_pack("{s:s, s:o, s:o}", "type", "object", "properties",
	    properties, "required", required);
}

/* The schema of what is around an answer's data. */
static json_t *
envelope(json_t *data)
{
	return json_pack("{s:s, s:{s:{s:b}, s:o}, s:[s, s]}", "type", "object",
	    "properties", "success", "const", 1, "data", data, "required",
	    "success", "data");
}

/* What is not in the envelope. */
static json_t *
bare_content(const struct route *row)
{
	if ((row->flags & ROUTE_FILE) != 0)
		return content("*/*", json_object());
	if (row->scope == SCOPE_NONE)
		return content(
		    "text/html", json_pack("{s:s}", "type", "string"));
	return content(
	    "application/json", json_pack("{s:s}", "type", "object"));
}

static json_t *
good_answer(const struct route *row)
{
	json_t *data;

	if ((row->flags & ROUTE_WS) != 0)
		return json_pack("{s:s}", "description",
		    "A WebSocket; its messages are in PROTOCOL.http");
	if ((row->flags & ROUTE_EVENTS) != 0)
		return json_pack("{s:s, s:o}", "description",
		    "Server-sent events, without end; PROTOCOL.http says which",
		    "content",
		    content("text/event-stream",
			json_pack("{s:s}", "type", "string")));
	if (row->reply == NULL)
		return json_pack("{s:s, s:o}", "description", row->summary,
		    "content", bare_content(row));
	data = reply_schema(row->reply);
	if (row->list)
		data = json_pack("{s:s, s:o}", "type", "array", "items", data);
	return json_pack("{s:s, s:o}", "description", row->summary, "content",
	    content("application/json", envelope(data)));
}

/* What any route may answer instead. */
static json_t *
error_answer(void)
{
	return json_pack("{s:s, s:o}", "description",
	    "What is wrong; the codes are in PROTOCOL.http", "content",
	    content("application/json",
		json_pack("{s:s, s:{s:{s:b}, s:{s:s}, s:{s:s}}, s:[s, s, s]}",
		    "type", "object", "properties", "success", "const", 0,
		    "error", "type", "string", "code", "type", "string",
		    "required", "success", "error", "code")));
}

/* --- routes --- */

static const char *
method_name(const struct route *row)
{
	switch (row->method) {
	case METHOD_POST:
		return "post";
	case METHOD_PUT:
		return "put";
	case METHOD_DELETE:
		return "delete";
	default:
		return "get";
	}
}

/* "getApiProfilesAlias": the letters of method and pattern. */
static void
operation_id(const struct route *row, char *out, size_t size)
{
	size_t n = strlcpy(out, method_name(row), size);
	bool upper = true;
	const char *p;

	for (p = row->pattern; *p != '\0' && n + 1 < size; p++) {
		if (!isalnum((unsigned char)*p)) {
			upper = true;
			continue;
		}
		out[n++] = (char)(upper ? toupper((unsigned char)*p) : *p);
		upper = false;
	}
	out[n] = '\0';
}

static json_t *
parameters(const struct route *row)
{
	const struct route_query *q = row->query;
	json_t *list = json_array();
	const char *p, *end;

	for (p = row->pattern; (p = strchr(p, '{')) != NULL; p = end) {
		end = strchr(p++, '}');
		json_array_append_new(
		    list, json_pack("{s:s%, s:s, s:b, s:{s:s, s:i, s:i}}",
			      "name", p, (size_t)(end - p), "in", "path",
			      "required", 1, "schema", "type", "string",
			      "minLength", 1, "maxLength", ALIAS_MAX));
	}
	for (; q != NULL && q->name != NULL; q++)
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", q->name,
			"in", "query", "required", q->required, "description",
			q->says, "schema", kind_schema(q->kind)));
	return list;
}

static json_t *
operation(const struct route *row)
{
	char id[ID_LEN], status[STATUS_LEN];
	json_t *op;

	operation_id(row, id, sizeof(id));
	(void)snprintf(status, sizeof(status), "%d", row->status);
	op = json_pack("{s:s, s:s, s:o, s:{s:o, s:{s:s}}}", "operationId", id,
	    "summary", row->summary, "parameters", parameters(row), "responses",
	    status, good_answer(row), "default", "$ref",
	    "#/components/responses/Error");
	if (row->scope == SCOPE_NONE || row->scope == SCOPE_CODE)
		json_object_set_new(op, "security", json_array());
	else
		/* The scheme has no scopes of its own to say it with. */
		json_object_set_new(op, "x-ringlet-scope",
		    json_string(row->scope == SCOPE_VIEW ? "view" : "control"));
	if (row->body != NULL)
		json_object_set_new(op, "requestBody",
		    json_pack("{s:b, s:o}", "required", 1, "content",
			content("application/json", table_schema(row->body))));
	return op;
}

json_t *
openapi_document(void)
{
	json_t *paths = json_object(), *path;
	const struct route *row;
	size_t i;

	for (i = 0; (row = route_get(i)) != NULL; i++) {
		path = json_object_get(paths, row->pattern);
		if (path == NULL) {
			path = json_object();
			json_object_set_new(paths, row->pattern, path);
		}
		json_object_set_new(path, method_name(row), operation(row));
	}
	return json_pack("{s:s, s:{s:s, s:s}, s:[{s:s}], s:[{s:[]}], s:o, "
			 "s:{s:{s:{s:s, s:s}}, s:{s:o}}}",
	    "openapi", "3.1.0", "info", "title", "Ringlet", "version",
	    PACKAGE_VERSION, "servers", "url", "/", "security", "bearer",
	    "paths", paths, "components", "securitySchemes", "bearer", "type",
	    "http", "scheme", "bearer", "responses", "Error", error_answer());
}
