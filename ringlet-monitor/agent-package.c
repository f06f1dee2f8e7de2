/*
 * agent-package.c: facts about an installed program from the files around it.
 *
 * The monitor must not run agents' programs, so it reads: the package.json of
 * the npm package, the file's name, its first bytes.  All of it was written by
 * whoever wrote the package; only text that fits a grammar is handed on.
 */

#include "config.h"

#include <sys/types.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "agent-package.h"
#include "shimtext.h"
#include "xmalloc.h"

#define PACKAGE_MAX  (256 * 1024) /* bytes of a package.json */
#define VERSION_MAX  64
#define NODE_MODULES "/node_modules/"

char *
agent_package_tree(const char *program)
{
	const char *p = strstr(program, NODE_MODULES);

	if (p == NULL)
		return NULL;
	/* Without the last slash. */
	return xstrndup(
	    program, (size_t)(p - program) + sizeof(NODE_MODULES) - 2);
}

char *
agent_package_dir(const char *program)
{
	const char *p, *last = NULL, *end;

	for (p = program; (p = strstr(p, NODE_MODULES)) != NULL; p++)
		last = p;
	if (last == NULL)
		return NULL;
	p = last + sizeof(NODE_MODULES) - 1;
	end = strchr(p, '/');
	if (end != NULL && *p == '@')
		end = strchr(end + 1, '/');
	if (end == NULL)
		return NULL;
	return xstrndup(program, (size_t)(end - program));
}

static bool
version_ok(const char *s)
{
	size_t len = strlen(s);

	return len > 0 && len <= VERSION_MAX && s[0] >= '0' && s[0] <= '9' &&
	       strspn(s, "0123456789.+-_abcdefghijklmnopqrstuvwxyz"
			 "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len;
}

/* The "version" of the package.json in a package's folder, or NULL. */
static char *
json_version(const char *dir)
{
	char *path, *text = NULL, *version = NULL;
	const char *s;
	struct stat st;
	json_t *obj = NULL;
	ssize_t n;
	int fd;

	path = xasprintf("%s/package.json", dir);
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	free(path);
	if (fd == -1)
		return NULL;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > PACKAGE_MAX)
		goto out;
	text = xmalloc((size_t)st.st_size);
	n = read(fd, text, (size_t)st.st_size);
	if (n != st.st_size)
		goto out;
	obj = json_loadb(text, (size_t)n, 0, NULL);
	s = json_string_value(json_object_get(obj, "version"));
	if (s != NULL && version_ok(s))
		version = xstrdup(s);
out:
	json_decref(obj);
	free(text);
	close(fd);
	return version;
}

char *
agent_package_version(const char *program)
{
	const char *name;
	char *dir, *version;

	if ((dir = agent_package_dir(program)) != NULL) {
		version = json_version(dir);
		free(dir);
		return version;
	}
	name = strrchr(program, '/');
	name = name != NULL ? name + 1 : program;
	return version_ok(name) ? xstrdup(name) : NULL;
}

bool
agent_package_runs(const char *program)
{
	/* ELF, and the byte orders and widths of Mach-O. */
	static const unsigned char magics[][4] = {
		{ 0x7f, 'E', 'L', 'F' },
		{ 0xcf, 0xfa, 0xed, 0xfe },
		{ 0xce, 0xfa, 0xed, 0xfe },
		{ 0xca, 0xfe, 0xba, 0xbe },
	};
	char first[4];
	size_t i;
	ssize_t n;
	int fd;

	fd = open(program, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return true;
	n = read(fd, first, sizeof(first));
	close(fd);
	if (n >= 2 && first[0] == '#' && first[1] == '!')
		return true;
	for (i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (n == sizeof(first) &&
		    memcmp(first, magics[i], sizeof(first)) == 0)
			return true;
	}
	return false;
}

bool
agent_package_is_shim(const char *program)
{
	static const char begin[] = SHIM_BEGIN;
	char first[sizeof(begin) - 1];
	ssize_t n;
	int fd;

	fd = open(program, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return false;
	n = read(fd, first, sizeof(first));
	close(fd);
	return n == (ssize_t)sizeof(first) &&
	       memcmp(first, begin, sizeof(first)) == 0;
}
