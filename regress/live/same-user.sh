# Another user of the machine is refused at the port before a byte of his is read, unless RequireSameUser says no; over a unix socket alone there is no port.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# stranger: what becomes of another user's request for a page.
stranger()
{
	"$LIVE_SRC/memscan" --knock "$LIVE_SCAN" "$ADDRESS"
}

start_daemon
token=$(cat "$TOKEN")
printf 'Authorization: Bearer %s\n' "$token" >"$T/good"
is "we are served" "$(http GET /api/ping -H "@$T/good")" 200
if [ -n "$LIVE_SCAN" ]; then
	is "another user is not" "$(stranger)" closed
	like "and the log says so" "$(grep 'refused' "$LOG")" \
	    'refused 1 connections of other users, the last one of uid 0'
	many=0
	while [ $((many += 1)) -le 100 ]; do
		stranger >>"$T/strangers"
	done
	is "nor are a hundred of his" "$(sort -u "$T/strangers")" closed
	is "which do not fill the log" "$(grep -c 'refused .* connections' \
	    "$LOG")" 1
	is "while we are" "$(http GET /api/ping -H "@$T/good")" 200
else
	skip "another user: only root can be one"
fi

printf 'RequireSameUser no\n' >>"$CONF"
ringlet daemon restart >/dev/null 2>"$T/err" || cat "$T/err"
daemon_facts
[ -z "$LIVE_SCAN" ] ||
	is "with RequireSameUser no he is (the control)" "$(stranger)" \
	    "spoken to"
is "and so are we" "$(http GET /api/ping -H "@$T/good")" 200
ringlet daemon stop >/dev/null

printf '%s\n' "ListenAddress $XDG_RUNTIME_DIR/http.sock" 'LogLevel trace' \
    >"$CONF"
start_daemon
is "with a unix socket alone no port is open" \
    "$(json data listen <"$T/status.json")" \
    "[\"$XDG_RUNTIME_DIR/http.sock\"]"
code=$(curl -s -o "$T/body" -w '%{http_code}' -H "@$T/good" \
    --unix-socket "$XDG_RUNTIME_DIR/http.sock" http://localhost/api/ping)
is "and we are served there" "$code" 200
if [ -n "$LIVE_SCAN" ]; then
	chmod 666 "$XDG_RUNTIME_DIR/http.sock"
	chmod 755 "$XDG_RUNTIME_DIR" "$T"
	is "another user is not, even where he can open it" \
	    "$("$LIVE_SRC/memscan" --knock "$LIVE_SCAN" \
	    "$XDG_RUNTIME_DIR/http.sock")" closed
fi
done_testing
