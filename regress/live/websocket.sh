# A WebSocket answers the subprotocol bearer alone, echoes keystrokes, sees resizes, and tells exit code 3 and SIGKILL.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile ws
start_daemon
session ws -C "$WORK" --cols 80 --rows 24
path=/ws/terminal/$ID

ws "$path" --show-protocol --timeout 10 --out "$T/echo" \
    --events "$T/events" event connected \
    send 'echo "typed:$((40+2))"\r' expect 'typed:42' \
    send 'stty size\r' expect '24 80' \
    text '{"type":"resize","cols":101,"rows":33}' \
    send 'stty size\r' expect '33 101' 2>"$T/err"
is "keystrokes are echoed and resizing is seen by stty" $? 0
like "the subprotocol is bearer alone" "$(cat "$T/err")" '^protocol bearer$'
refute "the token is not in the answer" grep -Fq "$(cat "$TOKEN")" \
    "$T/err" "$T/events" "$T/echo"
is "connected names the session" "$(head -n 1 "$T/events" |
    json session_id)" "$ID"

# A viewer that comes later sees what the first one saw.
ws "$path" --timeout 10 expect 'typed:42' expect '33 101' >/dev/null
is "a later viewer sees it all" $? 0

# The viewer that typed last decides the size, and all are told, at which byte
# it changes.  The first size that this one hears of is that of the past.
# shellcheck disable=SC2016
ws "$path" --timeout 20 --out "$T/first" --events "$T/told" \
    text '{"type":"resize","cols":90,"rows":20}' \
    event resized event resized \
    send 'echo first:$((2+2))\r' expect 'first:4' event resized 2>&1 &
first=$!
at_end $first
wait_for 10 grep -aq first:4 "$T/first"
# shellcheck disable=SC2016
ws "$path" --timeout 10 text '{"type":"resize","cols":70,"rows":10}' \
    send 'stty size; echo second:$((2+2))\r' expect '10 70' \
    expect second:4 >/dev/null
is "a second viewer that types brings its size" $? 0
wait $first
is "and the first one is told" $? 0
like "what it is now" "$(tail -n 1 "$T/told")" '"cols": 70, "rows": 10'

# Exit code 3 is told, and the output before it is whole.
ws "$path" --timeout 15 --events "$T/events" event connected \
    send 'exec sh -c "echo last words; exit 3"\r' expect 'last words' \
    event state_changed end 10 >/dev/null 2>"$T/err"
is "exit is told" $? 0
like "with code 3" "$(cat "$T/events")" \
    '"state": "terminated".*"exit_code": 3|"exit_code": 3.*"terminated"'
is "and the session knows it" "$(field "$ID" exit_code)" 3

# SIGKILL, by the viewer's own message.
session ws -C "$WORK" -- -c 'echo ready; exec sleep 200'
ws "/ws/terminal/$ID" --timeout 15 --events "$T/events" expect ready \
    text '{"type":"signal","signal":9}' event state_changed end 10 \
    >/dev/null 2>"$T/err"
is "SIGKILL is done and told" $? 0
is "the session knows the signal" "$(field "$ID" signal)" 9

# A signal that no viewer may send changes nothing.
session ws -C "$WORK" -- -c 'trap "echo got usr1" USR1; echo ready; read x'
ws "/ws/terminal/$ID" --timeout 10 --events "$T/events" expect ready \
    text '{"type":"signal","signal":10}' event error >/dev/null 2>&1
is "signal 10 is refused with an error" $? 0
is "and the session lives" "$(field "$ID" state)" running

# Watching only.
ws "/ws/terminal/$ID?read_only=1" --timeout 10 expect ready \
    send 'quit\r' event error >/dev/null 2>&1
is "a read-only viewer that types is told so" $? 0
refute "and has typed nothing" ended "$ID"

# Refusals.
refuse()
{
	what=$1 wanted=$2
	shift 2
	got=$(python3 "$LIVE_SRC/ws.py" "$@" 2>&1)
	like "$what" "$got" "^HTTP $wanted"
	case $got in
	*"$(cat "$TOKEN")"*) not_ok "$what: the token is not repeated" ;;
	esac
}
path=/ws/terminal/$ID
refuse "no token is 401" 401 "$ADDRESS" "$path"
refuse "a wrong one is 401" 401 --protocol bearer --protocol nonsense \
    "$ADDRESS" "$path"
refuse "one in the URL is refused" '40[013]' "$ADDRESS" \
    "$path?token=$(cat "$TOKEN")"
refuse "a foreign Origin is 403" 403 --token-file "$TOKEN" \
    --header 'Origin: http://127.0.0.1.evil.example' "$ADDRESS" "$path"
refuse "a foreign Host is refused" '40[03]' --token-file "$TOKEN" \
    --header 'Host: evil.example' "$ADDRESS" "$path"
refuse "a session that is not there is 404" 404 --token-file "$TOKEN" \
    "$ADDRESS" /ws/terminal/0123456789abcdef
python3 "$LIVE_SRC/ws.py" --bearer-file "$TOKEN" --timeout 10 "$ADDRESS" \
    "$path" event connected >/dev/null 2>&1
is "the Authorization header does as well" $? 0
ringlet terminal kill "$ID" >/dev/null
done_testing
