# Clients of others, and an nginx in front, get along with ringletd: python3-websockets and node's ws type into a session, curl asks through the proxy.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/nginx-lib.sh"

shell_profile other
start_daemon
printf 'Authorization: Bearer %s\n' "$(cat "$TOKEN")" >"$T/good"
session other -C "$WORK" --cols 80 --rows 24
path=/ws/terminal/$ID

# python WHERE ADDRESS, nodejs WHERE ADDRESS: the viewers.
python()
{
	is "python3-websockets views a session $1, without compression" \
	    "$(python3 "$LIVE_SRC/interop.py" "$2" "$path" "$TOKEN" 2>&1)" \
	    'bearer 0 py:42 1000'
}
nodejs()
{
	is "node's ws views a session $1, without compression" \
	    "$(node "$LIVE_SRC/interop.js" "$2" "$path" "$TOKEN" 2>&1)" \
	    'bearer 0 js:42 1000'
}

have_python=$(python3 -c 'import websockets' 2>/dev/null && echo yes)
NODE_PATH=/usr/share/nodejs:$LIVE_AGENTS
export NODE_PATH
have_node=$(node -e 'require("ws")' 2>/dev/null && echo yes)
if [ -n "$have_python" ]; then
	python directly "$ADDRESS"
else
	skip "python3-websockets: it is not installed"
fi
if [ -n "$have_node" ]; then
	nodejs directly "$ADDRESS"
else
	skip "node's ws: it is not installed (node-ws)"
fi

nginx_start <<-SERVERS || {
	map \$http_upgrade \$wish {
		default upgrade;
		'' '';
	}
	upstream ringletd {
		server $ADDRESS;
		keepalive 4;
	}
	server {
		listen 127.0.0.1:PORT1;
		listen 127.0.0.1:PORT2 http2;
		location / {
			proxy_pass http://ringletd;
			proxy_http_version 1.1;
			proxy_set_header Host \$http_host;
			proxy_set_header Upgrade \$http_upgrade;
			proxy_set_header Connection \$wish;
			proxy_request_buffering off;
			proxy_buffering off;
		}
	}
SERVERS
	skip "nginx: it is not installed (nginx-light)"
	done_testing
}
URL=http://$NGINX_AT1
is "curl is answered through nginx" "$(http GET /api/ping -H "@$T/good")" 200
like "by ringletd" "$(cat "$T/body")" '"status":"ok"'
like "with the fields that every reply has" "$(cat "$T/headers")" \
    '^X-Content-Type-Options: nosniff'
is "and refused without a token" "$(http GET /api/ping)" 401
is "and from a foreign page" "$(http GET /api/ping -H "@$T/good" \
    -H 'Origin: http://evil.example')" 403
is "and for a foreign host" "$(http GET /api/ping -H "@$T/good" \
    -H 'Host: evil.example')" 403
is "the proxy's own origin is taken" "$(http GET /api/ping -H "@$T/good" \
    -H "Origin: http://$NGINX_AT1")" 200
printf '{"agent_id":"shell","alias":"nginx","provider_id":"self"}' >"$T/new"
is "a body in chunks goes through" "$(http POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' \
    -d "@$T/new")" 201
is "and one with a length" "$(http POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: application/json' -d "@$T/new")" 409
# Connections that nginx keeps are used by one client after the other.
got=
for _ in 1 2 3 4 5 6 7 8; do
	got="$got $(http GET /api/ping -H "@$T/good") $(http GET /api/ping)"
done
is "a token counts for its own request alone" "$got" \
    " 200 401 200 401 200 401 200 401 200 401 200 401 200 401 200 401"
ws_at()
{
	python3 "$LIVE_SRC/ws.py" --token-file "$TOKEN" --timeout 10 "$@"
}
# shellcheck disable=SC2016
ws_at "$NGINX_AT1" "$path" event connected \
    send 'echo nginx:$((40+2))\r' expect 'nginx:42' >/dev/null 2>&1
is "a WebSocket goes through" $? 0
# heard WHAT [CURL'S OPTIONS]...: an event comes through at once, not when there
# are many.
heard()
{
	heard_what=$1
	shift
	curl -sSN --noproxy '*' -H "@$T/good" -o "$T/$heard_what" "$@" \
	    "$URL/api/events?topics=profile.*" 2>/dev/null &
	listener=$!
	at_end "$listener"
	check "who listens through nginx is told so ($heard_what)" \
	    wait_for 10 grep -q '^: listening' "$T/$heard_what"
	shell_profile "$heard_what"
	check "and of what happens" \
	    wait_for 10 grep -q "\"alias\":\"$heard_what\"" "$T/$heard_what"
	kill "$listener"
	wait "$listener" 2>/dev/null
}
heard http1
[ -z "$have_python" ] || python "through nginx" "$NGINX_AT1"
[ -z "$have_node" ] || nodejs "through nginx" "$NGINX_AT1"
URL=http://$NGINX_AT2
is "HTTP/2 to nginx, HTTP/1.1 from there" \
    "$(http GET /api/ping -H "@$T/good" --http2-prior-knowledge)" 200
heard http2 --http2-prior-knowledge
if command -v h2load >/dev/null; then
	h2load -n 2000 -c 4 -m 8 "$URL/" >"$T/h2load" 2>&1
	like "h2load is served through it" "$(cat "$T/h2load")" \
	    'status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx'
fi
ringlet terminal kill "$ID" >/dev/null
is "ringletd has lived through it" \
    "$(ringlet --json daemon status | json data ringletd_pid)" "$RINGLETD"
done_testing
