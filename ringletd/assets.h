#ifndef RINGLETD_ASSETS_H
#define RINGLETD_ASSETS_H
/*
 * The files of the dashboard, embedded as ringletd/dashboard/build.mjs has made
 * them; or none, for a build without it.
 */

#include <stddef.h>
#include <stdint.h>

struct asset {
	const char *name; /* below /assets/; "": the page at / */
	const char *type; /* its Content-Type */
	const char *etag; /* with its quotes */
	const uint8_t *gzip;
	size_t len; /* bytes of gzip */
};

extern const struct asset assets[];
extern const size_t nassets; /* 0: built without the dashboard */

#endif /* RINGLETD_ASSETS_H */
