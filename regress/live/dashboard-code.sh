# `ringlet dashboard` signs a browser in by a code that is good once, for a token of its own; the code is in no argument list, log or file that others can read.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# exchange CODE [CURL'S OPTIONS]...: the status; code and token stay in files.
exchange()
{
	printf '{"code":"%s"}' "$1" >"$T/request"
	shift
	http POST /api/token/exchange -H 'Content-Type: application/json' \
	    -d "@$T/request" "$@"
}

# taken NAME: the token of the last exchange, as a header in $T/NAME.
taken()
{
	json data token <"$T/body" >"$T/$1.token"
	printf 'Authorization: Bearer %s\n' "$(cat "$T/$1.token")" >"$T/$1"
}

# Every argument list that there is, while all of this happens.
watch_arguments()
{
	while [ ! -e "$T/stop" ]; do
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' |
		    sort -u >>"$T/seen"
	done
}

# keep 1|2 NAME: a connection of that HTTP that has exchanged the code in
# $T/request for the token in $T/NAME.token, and stays open.
keep()
{
	python3 - "$ADDRESS" "$1" "$T/request" "$T/$2.token" <<-'PY' &
		import re, signal, socket, sys
		host, port = sys.argv[1].rsplit(":", 1)
		body = open(sys.argv[3], "rb").read()
		path = b"/api/token/exchange"

		def frame(kind, flags, payload, stream=1):
		    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) +
		            stream.to_bytes(4, "big") + payload)

		if sys.argv[2] == "1":
		    text = (b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
		            b"Content-Type: application/json\r\n"
		            b"Content-Length: %d\r\n\r\n" % len(body) + body)
		else:
		    text = (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
		            frame(4, 0, b"", 0) +
		            frame(1, 4, b"\x83\x86\x04" + bytes([len(path)]) + path +
		                  b"\x01\x09localhost\x0f\x10\x10application/json") +
		            frame(0, 1, body))
		sock = socket.create_connection((host, int(port)), 10)
		sock.sendall(text)
		got = b""
		while not (found := re.search(b'"token":"([0-9a-f]{64})"', got)):
		    more = sock.recv(65536)
		    if not more:
		        sys.exit(f"closed: {got}")
		    got += more
		with open(sys.argv[4], "wb") as file:
		    file.write(found[1] + b"\n")
		signal.pause()
	PY
	at_end $!
	wait_for 10 grep -q . "$T/$2.token" || not_ok "HTTP/$1 is kept"
}

shell_profile dash
start_daemon
watch_arguments &
watcher=$!
at_end $watcher

ringlet dashboard --print >"$T/url" 2>"$T/url.err" ||
	bail "a URL is printed"
like "the URL has the daemon's port, and the code where no request has it" \
    "$(cat "$T/url")" "^http://$ADDRESS/#code=[A-Za-z0-9_-]{32}\$"
like "and how long it is good" "$(cat "$T/url.err")" \
    'good once, for 60 seconds.*signed in for 12h 0m, scope control'
first=$(sed 's/.*=//' "$T/url")
is "the code is exchanged" "$(exchange "$first")" 201
like "which nobody stores" "$(cat "$T/headers")" 'Cache-Control: no-store'
is "for a token of its own" "$(json data scope <"$T/body")" control
taken first
id=$(json data id <"$T/body")
is "that is good" "$(http GET /api/token -H "@$T/first")" 200
is "by its own id" "$(json data id <"$T/body")" "$id"
is "and says what it is for" "$(json data label <"$T/body")" dashboard
is "the code a second time is not taken" "$(exchange "$first")" 401
like "and the answer says what to do" "$(json error <"$T/body")" \
    "'ringlet dashboard' makes another"
is "nor one that never was" "$(exchange aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)" 401
is "nor the token itself" "$(exchange "$(cat "$T/first.token")")" 401
is "it starts a session" "$(http POST /api/terminal/sessions -H "@$T/first" \
    -H 'Content-Type: application/json' \
    -d '{"profile_alias":"dash","args":["-c","read x"]}')" 201

# Two at a time, one that may only look, over HTTP/2, from a tunnel's end.
ringlet --json dashboard --scope view --expires 30m \
    --url http://localhost:9000/ >"$T/view.json" 2>"$T/err" ||
	bail "a code that may look is made"
ringlet -q dashboard --print >"$T/url"
like "the URL is that of the tunnel" "$(json data url <"$T/view.json")" \
    '^http://localhost:9000/#code='
is "JSON says its scope" "$(json data scope <"$T/view.json")" view
is "and for how long" "$(json data lifetime_secs <"$T/view.json")" 1800
second=$(json data url <"$T/view.json" | sed 's/.*=//')
third=$(sed 's/.*=//' "$T/url")
is "it is exchanged over HTTP/2" \
    "$(exchange "$second" --http2-prior-knowledge)" 201
like "(over HTTP/2)" "$(head -n 1 "$T/headers")" '^HTTP/2 201'
taken view
is "once" "$(exchange "$second" --http2-prior-knowledge)" 401
is "it may look" "$(http GET /api/profiles -H "@$T/view")" 200
is "and not control" "$(http DELETE /api/profiles/dash -H "@$T/view")" 403
is "nor read the audit log" "$(http GET /api/audit -H "@$T/view")" 403
is "the other code is good still" "$(exchange "$third")" 201
taken third

# A page of another origin, and other hosts.
ringlet -q dashboard --print >"$T/url"
fourth=$(sed 's/.*=//' "$T/url")
is "a foreign origin is refused" \
    "$(exchange "$fourth" -H 'Origin: http://evil.example')" 403
is "and a foreign host" "$(exchange "$fourth" -H 'Host: evil.example')" 403
is "which uses nothing up" "$(exchange "$fourth" \
    -H "Origin: http://$ADDRESS")" 201
taken fourth

# However many wrong ones come.
ringlet -q dashboard --print >"$T/url"
fifth=$(sed 's/.*=//' "$T/url")
python3 - "$ADDRESS" >"$T/storm" <<'PY'
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
seen = set()
for n in range(30):
    with socket.create_connection((host, int(port)), 10) as sock:
        body = b'{"code":"wrong-%d"}' % n
        sock.sendall(b"POST /api/token/exchange HTTP/1.1\r\n"
                     b"Host: localhost\r\nConnection: close\r\n"
                     b"Content-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body) + body)
        seen.add(sock.recv(65536)[9:12].decode())
print(*sorted(seen))
PY
is "wrong ones are refused, and then told to wait" "$(cat "$T/storm")" \
    "401 429"
is "which keeps no right one out" "$(exchange "$fifth")" 201

is "signing out ends the token" "$(http DELETE /api/token -H "@$T/third")" 200
is "and it is good no longer" "$(http GET /api/ping -H "@$T/third")" 401
is "the others are" "$(http GET /api/ping -H "@$T/fourth")" 200
ringlet token list >"$T/list"
like "the list shows them" "$(cat "$T/list")" "^$id +control .* dashboard"

# By a program that opens browsers.
cat >"$T/browser" <<-'SH'
	#!/bin/sh
	printf '%s\n' "$*" >"${0%/*}/opened.part"
	mv "${0%/*}/opened.part" "${0%/*}/opened"
SH
chmod 700 "$T/browser"
page=$RINGLET_RUNTIME_DIR/dashboard.html
DISPLAY=:9 BROWSER=$T/browser ringlet dashboard >"$T/out" 2>"$T/err"
is "where there is a display nothing is printed" "$(cat "$T/out")" ""
check "a browser is opened" wait_for 10 test -e "$T/opened"
is "with a file of ours, not with the code" \
    "$(cat "$T/opened" 2>/dev/null)" "file://$page"
is "which is the user's alone" "$(stat -c %a "$page")" 600
sixth=$(sed -n 's/.*url=.*#code=\([A-Za-z0-9_-]*\)".*/\1/p' "$page")
is "and leads to the dashboard" "$(exchange "$sixth")" 201
rm -f "$T/opened"
SSH_CONNECTION='1 2 3 4' DISPLAY=:9 BROWSER=$T/browser \
    ringlet -q dashboard >"$T/out"
like "over ssh it is printed" "$(cat "$T/out")" '#code='
refute "and nothing opened" test -e "$T/opened"
DISPLAY=:9 BROWSER=/bin/false ringlet -q dashboard >"$T/out"
like "and where none can be opened" "$(cat "$T/out")" '#code='
refute "of which nothing stays behind" test -e "$page"

# What must not be where others look.
touch "$T/stop"
wait $watcher 2>/dev/null
printf '%s\n' "$first" "$second" "$third" "$fourth" "$fifth" "$sixth" \
    >"$T/secrets"
cat "$T"/*.token >>"$T/secrets"
check "the watch sees argument lists" grep -q 'ringlet-monitor' "$T/seen"
refute "no code or token was in one" grep -qF -f "$T/secrets" "$T/seen"
check "the log is at its highest level" grep -q TOKEN_EXCHANGE "$LOG"
refute "no code or token is in a log" grep -rqF -f "$T/secrets" \
    "$RINGLET_STATE_DIR"
refute "nor with the tokens" grep -qF -f "$T/secrets" \
    "$RINGLET_CONFIG_DIR/tokens.json"
ringlet --json audit show --event token >"$T/audit"
like "the audit log tells of codes" "$(cat "$T/audit")" 'token\.code'
like "and of what they were exchanged for" "$(cat "$T/audit")" \
    "\"object\": ?\"$id\""
like "by what" "$(cat "$T/audit")" '"by": ?"code"'
# The requests around it had tokens; whoever exchanged a code had none.
is "and in nobody else's name" "$(python3 - "$T/audit" <<'PY'
import json, sys
rows = json.load(open(sys.argv[1]))["data"]
rows = [row for row in rows if row.get("by") == "code"]
print(len(rows) > 8, {row["actor"].get("token") for row in rows} <= {"", None})
PY
)" "True True"
check "and is whole" ringlet -q audit verify

if [ -n "$LIVE_SCAN" ]; then
	for n in 1 2; do
		ringlet -q dashboard --print |
		    sed 's/.*#code=\(.*\)/{"code":"\1"}/' >"$T/request"
		keep $n kept$n
	done
	for name in first view kept1 kept2; do
		like "ringletd has kept no token ($name)" \
		    "$(scan "$RINGLETD" "$T/$name.token")" '^0 [1-9]'
	done
	printf '%s\n' "$first" >"$T/code"
	like "nor has it a code" "$(scan "$RINGLETD" "$T/code")" '^0 [1-9]'
	like "nor the monitor" "$(scan "$MONITOR" "$T/code")" '^0 [1-9]'
	like "nor the monitor a token" "$(scan "$MONITOR" "$T/first.token")" \
	    '^0 [1-9]'
	printf 'HTTP/1.1 \n' >"$T/known"
	like "(and what it has is found)" "$(scan "$RINGLETD" "$T/known")" \
	    '^[1-9]'
else
	skip "what processes keep in memory: only root can look into it"
fi

# A restart: tokens outlive it, codes do not.
ringlet -q dashboard --print >"$T/url"
ringlet daemon restart >/dev/null 2>&1
daemon_facts
is "a token outlives a restart" "$(http GET /api/ping -H "@$T/fourth")" 200
is "a code does not" "$(exchange "$(sed 's/.*=//' "$T/url")")" 401

# Its token expires, and is nowhere any more.
ringlet -q dashboard --print --expires 2s >"$T/url"
is "a code for two seconds" "$(exchange "$(sed 's/.*=//' "$T/url")")" 201
taken brief
id=$(json data id <"$T/body")
check "the file has its token" grep -q "$id" "$RINGLET_CONFIG_DIR/tokens.json"
gone()
{
	! grep -q "$id" "$RINGLET_CONFIG_DIR/tokens.json"
}
check "until it has expired" wait_for 20 gone
is "and it is good no longer" "$(http GET /api/ping -H "@$T/brief")" 401

# A few at a time, and what is refused.
n=0
while [ $((n += 1)) -le 8 ]; do
	ringlet -q dashboard --print >>"$T/urls" || not_ok "code $n is made"
done
is "eight wait at most" "$(status ringlet dashboard --print)" 1
like "and the error says so" "$(cat "$T/err")" '8 codes wait'
n=$(ringlet --json token list | json data | tr '{' '\n' | grep -c '"id"')
while [ $((n += 1)) -le 65 ]; do
	ringlet -q token create --scope view >/dev/null || not_ok "token $n"
done
is "there is an end of tokens, too" "$(status ringlet dashboard --print)" 1
like "and the error says what to do" "$(cat "$T/err")" \
    "there are 64 tokens .*'ringlet token revoke'"
last=$(sed -n '$s/.*=//p' "$T/urls")
is "a code that was made before is refused then" "$(exchange "$last")" 429
ringlet -q token revoke "$(ringlet --json token list | json data 60 id)"
is "with room again there are codes" "$(status ringlet dashboard --print)" 1
like "when those that wait have ended" "$(cat "$T/err")" 'codes that wait'
ringlet --json token list | python3 -c 'import json, sys
for token in json.load(sys.stdin)["data"][1:]:
    if token["scope"] == "view":
        print(token["id"])' | while read -r id; do
	ringlet -q token revoke "$id" || not_ok "$id is revoked"
done
is "so that they can be used" "$(exchange "$(sed -n '2s/.*=//p' "$T/urls")")" 201
for args in '--scope all' '--expires never' '--expires 31d' '--expires 0s' \
    '--url http://evil.example' '--url https://127.0.0.1:1' 'x'; do
	# shellcheck disable=SC2086  # words
	is "dashboard $args is refused" \
	    "$(status ringlet dashboard --print $args)" 2
done
ringlet daemon stop >/dev/null
printf '%s\n' "ListenAddress $XDG_RUNTIME_DIR/http.sock" >"$CONF"
is "with a unix socket alone there is no URL" \
    "$(status ringlet dashboard --print)" 1
like "and the error says what to do" "$(cat "$T/err")" \
    'ssh -L 8765:.*http.sock HOST.*--url http://127.0.0.1:8765'
is "but with that end of a tunnel" \
    "$(status ringlet dashboard --print --url http://127.0.0.1:8765)" 0
done_testing
