#ifndef COMMON_JSON_H
#define COMMON_JSON_H
/*
 * Strict reading of JSON objects with jansson: every member must be one that
 * a table names and of the table's type, and none may come twice.
 */

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum json_kind {
	JK_STRING = 1, /* char *, xstrdup()ed */
	JK_INT,	       /* long long, within min and max */
	JK_BOOL,       /* bool */
	JK_STRINGS,    /* char **, NULL-terminated, xstrdup()ed */
	JK_OBJECT,     /* a struct, whose members are those of `object` */
	JK_ANY_OBJECT  /* json_t *, a reference: its members are not looked at */
};

#define JSONF_REQUIRED 0x1
#define JSONF_ONE      0x2 /* JK_STRINGS: a string is as an array of it */

struct json_member {
	const char *name;
	enum json_kind kind;
	size_t off;  /* offsetof in the target struct */
	size_t max;  /* JK_STRING: bytes; JK_STRINGS: elements */
	long long min_int, max_int;
	unsigned flags;
	const struct json_table *object; /* of JK_OBJECT, else NULL */
};

/* The members that an object may have. */
struct json_table {
	const struct json_member *members;
	size_t n;
};

/*
 * Parses len bytes as one JSON object: duplicates refused, no NUL in
 * strings, nested at most 8 deep.  Returns the object (json_decref() it) or
 * NULL, and then writes what and where into why (size bytes): the place in the
 * text, and the member that it is, as "a.b[2]" where it is nested.
 */
json_t *json_parse_object(
    const char *p, size_t len, char *why, size_t size);

/* The same, nested at most depth deep (JSON_DEPTH_LIMIT at most). */
#define JSON_DEPTH_LIMIT 64
json_t *json_parse_nested(
    const char *p, size_t len, size_t depth, char *why, size_t size);

/*
 * The same for a file that another program keeps: \u0000 may be in
 * strings.  It has at most so many values, which take more memory than text.
 */
#define JSON_FOREIGN_VALUES 200000
json_t *json_parse_foreign(
    const char *p, size_t len, size_t depth, char *why, size_t size);

/*
 * Moves obj's members into target as the table says.  Absent optional members
 * leave their field alone.  RL_ERR_INVALID: why names the member, "a.b" where
 * it is nested.  Free with json_free_members() in either case.
 */
int json_get_members(const json_t *obj, const struct json_member *table,
    size_t n, void *target, char *why, size_t size);
/*
 * The text of a value, indented, with a newline behind it, for free() whatever
 * jansson allocates with; NULL for NULL or what cannot be written.
 */
char *json_text_of(const json_t *);
/* v, which only a lack of memory makes NULL: then this aborts. */
json_t *json_must(json_t *v);
/* Frees and clears the string fields. */
void json_free_members(
    const struct json_member *table, size_t n, void *target);

#endif /* COMMON_JSON_H */
