# A session is counted in its profile, though it starts before that is written: whoever asks is told, and the daemon's end, a restart and a deletion lose or add none.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile used --working-dir "$WORK"
start_daemon
file=$RINGLET_CONFIG_DIR/profiles/used.json

# begin: a session whose POST is answered; runs: how many are told.
begin()
{
	api POST /api/terminal/sessions \
	    '{"profile_alias":"used","args":["-c","exit"]}' >"$T/begun"
	is "a session begins" "$(cat "$T/begun")" 201
}
runs()
{
	api GET /api/profiles/used >"$T/code"
	json data total_runs <"$T/body"
}
in_file()
{
	[ "$(json total_runs <"$file")" = "$1" ]
}
begin
begin
is "two have been counted for whoever asks" "$(runs)" 2
like "and when" "$(json data last_used <"$T/body")" '^20..-..-..T'
begin
check "one is in the file when nobody asks" wait_for 10 in_file 3
begin
api GET /api/profiles >"$T/code"
is "the list knows of one at once" \
    "$(json data 0 total_runs <"$T/body")" 4
begin
ringlet daemon restart >"$T/out" 2>&1 || cat "$T/out"
check "a restart has it written first" in_file 5
daemon_facts
is "and it is told after" "$(runs)" 5
begin
ringlet daemon stop >/dev/null
check "so has the end" in_file 6
start_daemon
begin
await "$(json data session_id <"$T/body")"
ringlet profiles delete used -y >/dev/null 2>"$T/err" || cat "$T/err"
shell_profile used --working-dir "$WORK"
is "another one of that name has not run" "$(runs)" 0
done_testing
