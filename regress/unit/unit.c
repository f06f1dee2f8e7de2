/*
 * Runs the unit tests: all, or the suites named on the command line.  Each
 * test is a process of its own, so that a crash or a leak (under a sanitizer)
 * is that test's failure and nothing else's.
 */

#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
	{ "answer", suite_answer },
	{ "apikey", suite_apikey },
	{ "audit", suite_audit },
	{ "battery", suite_battery },
	{ "browse", suite_browse },
	{ "bwrapflags", suite_bwrapflags },
	{ "buf", suite_buf },
	{ "conf", suite_conf },
	{ "conn", suite_conn },
	{ "events", suite_events },
	{ "fdpass", suite_fdpass },
	{ "grant", suite_grant },
	{ "h2spec", suite_h2spec },
	{ "hostcheck", suite_hostcheck },
	{ "http1", suite_http1 },
	{ "http1-conn", suite_http1_conn },
	{ "http2", suite_http2 },
	{ "http2-limits", suite_http2_limits },
	{ "http2-ws", suite_http2_ws },
	{ "jailgrants", suite_jailgrants },
	{ "jailplan", suite_jailplan },
	{ "jailrepo", suite_jailrepo },
	{ "json", suite_json },
	{ "log", suite_log },
	{ "logline", suite_logline },
	{ "msg", suite_msg },
	{ "paths", suite_paths },
	{ "peer", suite_peer },
	{ "peer-flow", suite_peer_flow },
	{ "proc", suite_proc },
	{ "reason", suite_reason },
	{ "ring", suite_ring },
	{ "route", suite_route },
	{ "rules", suite_rules },
	{ "screens", suite_screens },
	{ "seal", suite_seal },
	{ "sealbox", suite_sealbox },
	{ "secret", suite_secret },
	{ "strict", suite_strict },
	{ "term", suite_term },
	{ "valid", suite_valid },
	{ "when", suite_when },
	{ "ws", suite_ws },
	{ "ws-cases", suite_ws_cases },
};

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))

static bool
is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return argc == 1;
}

static bool
is_known(const char *name)
{
	for (size_t i = 0; i < NELEM(suites); i++)
		if (strcmp(suites[i].name, name) == 0)
			return true;
	return false;
}

int
main(int argc, char **argv)
{
	SRunner *sr;
	int failed;

	for (int i = 1; i < argc; i++)
		if (!is_known(argv[i])) {
			fprintf(stderr, "unit: no suite named %s\n", argv[i]);
			return 2;
		}
	sr = srunner_create(NULL);
	for (size_t i = 0; i < NELEM(suites); i++)
		if (is_wanted(suites[i].name, argc, argv))
			srunner_add_suite(sr, suites[i].make());
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
