# Who asks for server-sent events with curl is told what happens, over both versions of HTTP, until its token ends.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile seen --working-dir "$WORK"
start_daemon
ringlet -q token create --scope view --label sse >"$T/view" ||
	bail "a token is made"
for name in view main; do
	file=$TOKEN
	[ $name = main ] || file=$T/view
	(printf 'Authorization: Bearer '; cat "$file") >"$T/$name.auth"
done

# listen NAME AUTH QUERY [OPTION]...: a subscriber; what comes is in
# $T/NAME.events.
listen()
{
	listen_name=$1 listen_auth=$2 listen_query=$3
	shift 3
	curl -sSN --noproxy '*' "$@" -D "$T/$listen_name.head" \
	    -H "@$T/$listen_auth.auth" -o "$T/$listen_name.events" \
	    "http://$ADDRESS/api/events$listen_query" \
	    2>"$T/$listen_name.err" &
	PID=$!
	at_end "$PID"
	wait_for 10 grep -q '^: listening' "$T/$listen_name.events" ||
		bail "$listen_name listens"
}

# told NAME PATTERN: whether it has come.
told()
{
	wait_for 10 grep -Eq "$2" "$T/$1.events"
}

is "without a token nobody is told anything" "$(http GET /api/events)" 401
is "nor with a query that is none" \
    "$(http GET '/api/events?topics=A' -H "@$T/main.auth")" 400
listen all main ''
listen some view '?topics=session.*' --http2-prior-knowledge
viewer=$PID
listen old main '?topics=profile.*' --http1.0
like "it says what it is" "$(cat "$T/all.head")" 'text/event-stream'
shell_profile fresh
session seen -- -c 'exit 7'
await "$ID"
check "a profile that is made" told all '^event: profile.created'
check "with its name" told all '^data: {"alias":"fresh"}'
check "and its number" told all '^id: [0-9]+$'
check "a session that starts" told all '^event: session.started'
check "and ends" told all '^data: {.*"exit_code":7'
check "over HTTP/2 too" told some '^data: {.*"exit_code":7'
refute "but nothing else" grep -q profile.created "$T/some.events"
check "and to HTTP/1.0" told old '^data: {"alias":"fresh"}'
id=$(ringlet --json token list | json data 1 id)
check "the token of one is revoked" ringlet -q token revoke "$id"
gone()
{
	! kill -0 "$viewer" 2>/dev/null
}
check "and it ends" wait_for 10 gone
ringlet profiles delete -y fresh >/dev/null
check "the others go on" told all '^event: profile.deleted'

done_testing
