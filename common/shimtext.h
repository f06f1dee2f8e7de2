#ifndef COMMON_SHIMTEXT_H
#define COMMON_SHIMTEXT_H
/*
 * How a shim that `ringlet aliases install` made begins: by that the command
 * knows its own, and the monitor never takes one for an agent.
 */

#define SHIM_BEGIN                                                             \
	"#!/bin/sh\n"                                                          \
	"# Made by `ringlet aliases install`: `ringlet aliases uninstall`"     \
	" removes it.\n"

#endif /* COMMON_SHIMTEXT_H */
