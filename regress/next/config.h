/*
 * config.h of "the next version": the same build under another number.  The
 * programs in this folder are compiled with -iquote naming it, so that they
 * find this file first; upgrade.sh has them take over from the others.
 */

#include <config.h>

#undef PACKAGE_VERSION
#define PACKAGE_VERSION "99.0-next"
