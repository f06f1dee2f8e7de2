# A token that may only look can list and watch, and not type, start, kill or change; one that is revoked, replaced or expires takes every connection that it opened with it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile tok --working-dir "$WORK"
start_daemon

# as NAME: the header of the token in $T/NAME.
as()
{
	printf 'Authorization: Bearer %s\n' "$(cat "$T/$1")" >"$T/$1.header"
	echo "@$T/$1.header"
}

# code NAME METHOD PATH [CURL'S OPTIONS]...
code()
{
	code_header=$(as "$1")
	shift
	http "$@" -H "$code_header"
}

ringlet token create --scope view --label 'wall display' >"$T/view" \
    2>"$T/view.err" || bail "a token that may look is made"
ringlet token create --scope control --expires 1h >"$T/control" \
    2>"$T/control.err" || bail "and one that may do all"
cp "$TOKEN" "$T/main"
like "it is printed alone" "$(cat "$T/view")" '^[0-9a-f]{64}$'
like "and what it is beside it" "$(cat "$T/view.err")" \
    'scope view, expires never: it is not shown again'
ringlet token list >"$T/list"
like "the list has all three" "$(cat "$T/list")" '^main +control'
like "with what they are for" "$(cat "$T/list")" 'view .*never +wall display'
refute "and no token" grep -qE '[0-9a-f]{64}' "$T/list"
refute "nor has the file" grep -qFf "$T/view" \
    "$RINGLET_CONFIG_DIR/tokens.json"
is "which is the user's alone" \
    "$(stat -c %a "$RINGLET_CONFIG_DIR/tokens.json")" 600

is "the token tells what it is" "$(code view GET /api/token)" 200
is "and its scope" "$(json data scope <"$T/body")" view

session tok -- -c 'stty raw -echo; echo ready; exec cat'
for path in /api/ping /api/daemon/status /api/profiles /api/profiles/tok \
    /api/terminal/sessions "/api/terminal/sessions/$ID" /api/agents; do
	is "a token that may look may GET $path" "$(code view GET $path)" 200
done
json_type='Content-Type: application/json'
is "it may not start" "$(code view POST /api/terminal/sessions -H \
    "$json_type" -d '{"profile_alias":"tok"}')" 403
is "nor kill" "$(code view DELETE "/api/terminal/sessions/$ID")" 403
is "nor clean up" "$(code view POST /api/terminal/cleanup)" 403
is "nor make a profile" "$(code view POST /api/profiles -H "$json_type" \
    -d '{"alias":"x","agent_id":"shell","provider_id":"self"}')" 403
is "nor delete one" "$(code view DELETE /api/profiles/tok)" 403
is "nor shut down" "$(code view POST /api/shutdown)" 403
is "the session lives" "$(code view GET "/api/terminal/sessions/$ID")" 200

# watch NAME [ACTION ARGUMENT]...: a viewer; what it sees goes to $T/NAME.out,
# and "closed" or "ended" at its end, whatever that is.
watch()
{
	watch_name=$1
	shift
	python3 "$LIVE_SRC/ws.py" --token-file "$T/$watch_name" \
	    --events "$T/$watch_name.events" "$ADDRESS" "/ws/terminal/$ID" \
	    event connected "$@" end 60 >"$T/$watch_name.out" 2>&1
	echo "closed" >>"$T/$watch_name.out"
}

watch view send typed-by-view &
at_end $!
check "a viewer with it is told that it is read-only" \
    wait_for 10 grep -q 'this viewer is read-only' "$T/view.events"
watch control send typed-by-control &
at_end $!
check "one that may do all can type (the control)" \
    wait_for 10 grep -q typed-by-control "$T/control.out"
check "the other one sees it" wait_for 10 grep -q typed-by-control \
    "$T/view.out"
refute "what it typed itself has not arrived" grep -q typed-by-view \
    "$T/control.out"

id=$(ringlet --json token list | json data 1 id)
is "a token can be revoked by the beginning of its id" \
    "$(status ringlet token revoke "${id%????}")" 0
check "its viewer is disconnected" wait_for 10 grep -q closed "$T/view.out"
is "and it opens nothing more" "$(code view GET /api/ping)" 401
refute "nobody else is" grep -q closed "$T/control.out"
is "a token can end itself" "$(code control DELETE /api/token)" 200
check "and its viewer with it" wait_for 10 grep -q closed "$T/control.out"
is "the main one cannot" "$(code main DELETE /api/token)" 403
is "nor be revoked" "$(status ringlet token revoke main)" 5

watch main &
at_end $!
wait_for 10 grep -q connected "$T/main.events" || bail "a viewer with the main token"
check "the main one can be replaced" ringlet -q token rotate
check "which disconnects those who used it" \
    wait_for 10 grep -q closed "$T/main.out"
is "the old one is refused" "$(code main GET /api/ping)" 401
cp "$TOKEN" "$T/new"
is "the new one is taken" "$(code new GET /api/ping)" 200

ringlet -q token create --scope view --expires 3s >"$T/short"
watch short &
at_end $!
wait_for 10 grep -q connected "$T/short.events" || bail "a viewer with a short token"
check "a token that expires takes its viewer with it" \
    wait_for 15 grep -q closed "$T/short.out"
is "and opens nothing more" "$(code short GET /api/ping)" 401

ringlet -q token create --scope control >"$T/kept"
ringlet daemon restart >/dev/null 2>&1
daemon_facts
is "a token outlives the daemon" "$(code kept GET /api/ping)" 200

# Three wrong ones and no good one: over.
is "after three wrong tokens a connection ends" "$(python3 - "$ADDRESS" <<-'PY'
	import socket, sys
	host, port = sys.argv[1].rsplit(":", 1)
	sock = socket.create_connection((host, int(port)), 10)
	answers = 0
	for _ in range(5):
	    try:
	        sock.sendall(b"GET /api/ping HTTP/1.1\r\nHost: localhost\r\n"
	                     b"Authorization: Bearer wrong\r\n\r\n")
	        text = sock.recv(65536)
	    except OSError:
	        break
	    if not text.startswith(b"HTTP/1.1 401"):
	        break
	    answers += 1
	print(answers)
	PY
)" 3

for args in '' '--scope all' '--scope view --expires soon' \
    '--scope view --expires 0h' '--scope view --expires 99999999999d'; do
	# shellcheck disable=SC2086  # words
	is "token create $args is refused" \
	    "$(status ringlet token create $args)" 2
done
is "a token that is not there is said not to be" \
    "$(status ringlet token revoke ffffffff)" 4
done_testing
