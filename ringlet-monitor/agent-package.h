#ifndef AGENT_PACKAGE_H
#define AGENT_PACKAGE_H
/*
 * What can be told of an installed program by looking at the package it came
 * in, without running it.  Names are absolute and without symbolic links; what
 * is returned is for free().
 */

#include <stdbool.h>

/* The outermost node_modules folder that program lies in, or NULL. */
char *agent_package_tree(const char *program);

/* The folder of the npm package that program belongs to, or NULL. */
char *agent_package_dir(const char *program);

/*
 * The version: what the package's package.json says, or the file's own name
 * where an installer calls it after the version; else NULL.
 */
char *agent_package_version(const char *program);

/*
 * Whether the kernel can run it: a native program, or a script that names its
 * interpreter.  True as well for one that may be run but not read.
 */
bool agent_package_runs(const char *program);

/*
 * Whether it is a shim that `ringlet aliases install` made: to run that would
 * be to run the profile again, without an end.
 */
bool agent_package_is_shim(const char *program);

#endif /* AGENT_PACKAGE_H */
