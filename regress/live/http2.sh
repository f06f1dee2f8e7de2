# On the port of HTTP/1.1 HTTP/2 is spoken to who begins with it, under the same rules; curl, nghttp and h2load get their answers.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile web
start_daemon
token=$(cat "$TOKEN")
printf 'Authorization: Bearer %s\n' "$token" >"$T/good"
printf 'Authorization: Bearer %s\n' "$(printf '%s' "$token" |
    tr '0-9a-zA-Z' '1-90b-zaB-ZA')" >"$T/bad"

# h2 METHOD PATH [CURL'S OPTIONS]...: as http, over HTTP/2; fails if the
# answer is of another version.
h2()
{
	h2_got=$(http "$@" --http2-prior-knowledge)
	printf '%s' "$h2_got"
	head -n 1 "$T/headers" | grep -q '^HTTP/2 '
}

# h2_is WHAT STATUS METHOD PATH [CURL'S OPTIONS]...
h2_is()
{
	what=$1 wanted=$2
	shift 2
	if got=$(h2 "$@"); then
		is "$what" "$got" "$wanted"
	else
		not_ok "$what: over HTTP/2"
	fi
}

# refused: as h2_is, and in the envelope, without the token.
refused()
{
	h2_is "$@"
	is "$1: says so in the envelope" \
	    "$(json success <"$T/body" 2>/dev/null)" false
	refute "$1: does not repeat the token" grep -Fq "$token" \
	    "$T/body" "$T/headers"
}

h2_is "the right token is taken" 200 GET /api/ping -H "@$T/good"
is "and answered in the envelope" "$(json success <"$T/body")" true
is "ping says ok" "$(json data status <"$T/body")" ok
like "with the fields that every reply has" "$(cat "$T/headers")" \
    '^x-content-type-options: nosniff'
h2_is "a profile can be read" 200 GET /api/profiles/web -H "@$T/good"
refused "no token" 401 GET /api/ping
refused "a wrong token" 401 GET /api/ping -H "@$T/bad"
refused "a token in the URL" 401 GET "/api/ping?token=$token" -H "@$T/good"
refused "an unknown route" 404 GET /api/nothing -H "@$T/good"
refused "a wrong method" 405 PUT /api/ping -H "@$T/good"
refused "a foreign Origin" 403 GET /api/ping -H "@$T/good" \
    -H 'Origin: http://evil.example'
h2_is "its own Origin is taken" 200 GET /api/ping -H "@$T/good" \
    -H "Origin: http://$ADDRESS"
for host in evil.example "127.0.0.1.evil.example:${ADDRESS##*:}"; do
	refused "Host $host" 403 GET /api/ping -H "@$T/good" -H "Host: $host"
done
h2_is "localhost by any port is taken: a tunnel" 200 GET /api/ping \
    -H "@$T/good" -H 'Host: localhost:9999'

# Bodies.
refused "JSON without its content type" 415 POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: text/plain' -d '{}'
refused "a body that is no JSON" 400 POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: application/json' -d '{'
head -c 70000 /dev/zero | tr '\0' ' ' >"$T/large"
refused "a body that is too long" 413 POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: application/json' --data-binary "@$T/large"
printf 'X-Long: %s\n' "$(head -c 17000 "$T/large" | tr ' ' x)" >"$T/long"
refused "a header list that is too long" 431 GET /api/ping -H "@$T/good" \
    -H "@$T/long"
printf '{"agent_id":"shell","alias":"h2","provider_id":"self"}' >"$T/new"
h2_is "a profile is made" 201 POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: application/json' -d "@$T/new"
h2_is "and deleted" 200 DELETE /api/profiles/h2 -H "@$T/good"
refused "leaving the jail" 403 POST /api/terminal/sessions -H "@$T/good" \
    -H 'Content-Type: application/json' \
    -d '{"profile_alias":"web","no_sandbox":true}'

# Others who speak it.
if command -v nghttp >/dev/null; then
	nghttp -v -n "$URL/" "$URL/api/ping" >"$T/nghttp" 2>&1
	like "nghttp gets the page" "$(cat "$T/nghttp")" ':status: 200'
	like "and is refused the API" "$(cat "$T/nghttp")" ':status: 401'
	like "WebSockets are offered" "$(cat "$T/nghttp")" \
	    'SETTINGS_ENABLE_CONNECT_PROTOCOL\(0x08\):1'
	refute "without a token there is no word of a table" \
	    grep -q SETTINGS_HEADER_TABLE_SIZE "$T/nghttp"
	nghttp -v -n -H"$(cat "$T/good")" "$URL/api/ping" >"$T/nghttp" 2>&1
	like "with one nghttp gets its answer" "$(cat "$T/nghttp")" \
	    ':status: 200'
	like "and no table of what was sent is kept" "$(cat "$T/nghttp")" \
	    'SETTINGS_HEADER_TABLE_SIZE\(0x01\):0'
else
	skip "nghttp: it is not installed"
fi
if command -v h2load >/dev/null; then
	h2load -n 2000 -c 4 -m 32 "$URL/" >"$T/h2load" 2>&1
	like "h2load is served throughout" "$(cat "$T/h2load")" \
	    'status codes: 2000 2xx, 0 3xx, 0 4xx, 0 5xx'
else
	skip "h2load: it is not installed"
fi

# HTTP/1.1 goes on as before.
is "HTTP/1.1 is spoken on the same port" \
    "$(http GET /api/ping -H "@$T/good" --http1.1)" 200
like "and so answered" "$(head -n 1 "$T/headers")" '^HTTP/1\.1 200 OK'
is "Upgrade: h2c is not taken" "$(http GET /api/ping -H "@$T/good" \
    --http2)" 200
like "but answered in HTTP/1.1" "$(head -n 1 "$T/headers")" '^HTTP/1\.1 200'
is "ringletd has lived through it" \
    "$(ringlet --json daemon status | json data ringletd_pid)" "$RINGLETD"
done_testing
