#ifndef UNIT_SUITES_H
#define UNIT_SUITES_H
/*
 * Every suite of unit tests: one test_NAME.c, one function suite_NAME(), one
 * row here.  Files under test are included by their folder ("ringletd/...")
 * and named in regress_unit_unit_SOURCES; what lies in common/ is linked.
 */

#include <check.h>

Suite *suite_answer(void);
Suite *suite_apikey(void);
Suite *suite_assets(void);
Suite *suite_audit(void);
Suite *suite_audit_files(void);
Suite *suite_audit_repeat(void);
Suite *suite_battery(void);
Suite *suite_browse(void);
Suite *suite_bwrapflags(void);
Suite *suite_buf(void);
Suite *suite_conf(void);
Suite *suite_conn(void);
Suite *suite_conn_owed(void);
Suite *suite_conn_token(void);
Suite *suite_conn_turn(void);
Suite *suite_events(void);
Suite *suite_fdpass(void);
Suite *suite_grant(void);
Suite *suite_h2spec(void);
Suite *suite_h2watch(void);
Suite *suite_handed(void);
Suite *suite_hostcheck(void);
Suite *suite_http1(void);
Suite *suite_http1_conn(void);
Suite *suite_http2(void);
Suite *suite_http2_limits(void);
Suite *suite_http2_ws(void);
Suite *suite_jailgrants(void);
Suite *suite_jailplan(void);
Suite *suite_jailrepo(void);
Suite *suite_json(void);
Suite *suite_log(void);
Suite *suite_logline(void);
Suite *suite_minisign(void);
Suite *suite_msg(void);
Suite *suite_notice(void);
Suite *suite_paths(void);
Suite *suite_peer(void);
Suite *suite_peer_calls(void);
Suite *suite_peer_flow(void);
Suite *suite_peer_pace(void);
Suite *suite_policy(void);
Suite *suite_proc(void);
Suite *suite_reason(void);
Suite *suite_ring(void);
Suite *suite_route(void);
Suite *suite_rules(void);
Suite *suite_screens(void);
Suite *suite_seal(void);
Suite *suite_sealbox(void);
Suite *suite_secret(void);
Suite *suite_span(void);
Suite *suite_sse(void);
Suite *suite_sse_format(void);
Suite *suite_strict(void);
Suite *suite_term(void);
Suite *suite_valid(void);
Suite *suite_vanished(void);
Suite *suite_when(void);
Suite *suite_ws(void);
Suite *suite_ws_cases(void);

#endif /* UNIT_SUITES_H */
