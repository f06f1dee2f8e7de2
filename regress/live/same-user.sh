# Another user of the machine is refused at the port before a byte of his is read, over IPv6 and half-closed too, unless RequireSameUser says no; over a unix socket alone there is no port.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# stranger [half] [TIMES]: what becomes of another user's request for a page.
stranger()
{
	"$LIVE_SRC/memscan" --knock "$LIVE_SCAN" "$ADDRESS" "$@"
}

# half: what becomes of ours, if the request is all that we ever say.
half()
{
	python3 - "$ADDRESS" "$TOKEN" <<-'PY'
		import socket, sys
		host, port = sys.argv[1].rsplit(":", 1)
		address = (host.strip("[]"), int(port))
		with socket.create_connection(address, 10) as sock:
		    sock.sendall(b"GET /api/ping HTTP/1.1\r\nHost: localhost\r\n"
		                 b"Authorization: Bearer %s\r\n\r\n" %
		                 open(sys.argv[2], "rb").read().strip())
		    sock.shutdown(socket.SHUT_WR)
		    print(sock.recv(65536)[9:12].decode())
	PY
}

start_daemon
token=$(cat "$TOKEN")
printf 'Authorization: Bearer %s\n' "$token" >"$T/good"
is "we are served" "$(http GET /api/ping -H "@$T/good")" 200
is "also if we have said all" "$(half)" 200
if [ -n "$LIVE_SCAN" ]; then
	is "another user is not" "$(stranger)" closed
	like "and the log says so" "$(grep 'refused' "$LOG")" \
	    'refused 1 connections of other users, the last one of uid 0'
	# All within the minute of one entry.
	is "nor are a hundred of his" "$(stranger 100)" closed
	is "nor one who has said all that he will" "$(stranger half)" closed
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

if grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null; then
	printf '%s\n' 'ListenAddress [::1]:0' 'LogLevel trace' >"$CONF"
	start_daemon
	like "(over IPv6)" "$ADDRESS" '^\[::1\]:[1-9]'
	is "over IPv6 we are served" "$(http GET /api/ping -g -H "@$T/good")" 200
	is "also if we have said all" "$(half)" 200
	if [ -n "$LIVE_SCAN" ]; then
		is "another user is not" "$(stranger)" closed
		is "whatever he has said" "$(stranger half)" closed
	fi
	ringlet daemon stop >/dev/null
	printf '%s\n' 'ListenAddress [::1]:0' 'RequireSameUser no' >"$CONF"
	start_daemon
	[ -z "$LIVE_SCAN" ] ||
		is "without RequireSameUser he is (the control)" \
		    "$(stranger half)" "spoken to"
	ringlet daemon stop >/dev/null
else
	skip "IPv6: this machine has none"
fi

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
