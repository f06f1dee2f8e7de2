/*
 * Runs the unit tests: all, or the suites named on the command line.  Each
 * test is a process of its own, so that a crash or a leak (under a sanitizer)
 * is that test's failure and nothing else's.  Some suites mostly wait for the
 * network, so several run beside each other.
 */

#include "config.h"

#include <sys/wait.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suites.h"

#define AT_ONCE 6 /* suites */

static const struct {
	const char *name;
	Suite *(*make)(void);
} suites[] = {
	{ "answer", suite_answer },
	{ "apikey", suite_apikey },
	{ "assets", suite_assets },
	{ "audit", suite_audit },
	{ "audit-files", suite_audit_files },
	{ "audit-repeat", suite_audit_repeat },
	{ "battery", suite_battery },
	{ "browse", suite_browse },
	{ "bwrapflags", suite_bwrapflags },
	{ "buf", suite_buf },
	{ "conf", suite_conf },
	{ "conn", suite_conn },
	{ "conn-owed", suite_conn_owed },
	{ "conn-token", suite_conn_token },
	{ "conn-turn", suite_conn_turn },
	{ "events", suite_events },
	{ "fdpass", suite_fdpass },
	{ "grant", suite_grant },
	{ "h2spec", suite_h2spec },
	{ "h2watch", suite_h2watch },
	{ "handed", suite_handed },
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
	{ "minisign", suite_minisign },
	{ "msg", suite_msg },
	{ "notice", suite_notice },
	{ "paths", suite_paths },
	{ "peer", suite_peer },
	{ "peer-calls", suite_peer_calls },
	{ "peer-flow", suite_peer_flow },
	{ "peer-pace", suite_peer_pace },
	{ "policy", suite_policy },
	{ "proc", suite_proc },
	{ "reason", suite_reason },
	{ "ring", suite_ring },
	{ "route", suite_route },
	{ "rules", suite_rules },
	{ "screens", suite_screens },
	{ "seal", suite_seal },
	{ "sealbox", suite_sealbox },
	{ "secret", suite_secret },
	{ "span", suite_span },
	{ "sse", suite_sse },
	{ "sse-format", suite_sse_format },
	{ "strict", suite_strict },
	{ "term", suite_term },
	{ "valid", suite_valid },
	{ "vanished", suite_vanished },
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

static int
run_suite(Suite *suite)
{
	SRunner *sr = srunner_create(suite);
	int failed;

	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Waits for one of those that run; whether it went well. */
static bool
one_ended(void)
{
	int status;

	if (wait(&status) == -1) {
		perror("unit: wait");
		exit(2);
	}
	return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	unsigned int running = 0;
	bool good = true;

	for (int i = 1; i < argc; i++)
		if (!is_known(argv[i])) {
			fprintf(stderr, "unit: no suite named %s\n", argv[i]);
			return 2;
		}
	/* From the end, where those are that take longest. */
	for (size_t i = NELEM(suites); i-- > 0;) {
		if (!is_wanted(suites[i].name, argc, argv))
			continue;
		if (running == AT_ONCE) {
			good = one_ended() && good;
			running--;
		}
		switch (fork()) {
		case -1:
			perror("unit: fork");
			return 2;
		case 0:
			exit(run_suite(suites[i].make()));
		default:
			running++;
		}
	}
	for (; running > 0; running--)
		good = one_ended() && good;
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
