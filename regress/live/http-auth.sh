# Over HTTP every request without the right token, with it in the URL, or from a foreign Host or Origin is refused.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile web
start_daemon
token=$(cat "$TOKEN")
printf 'Authorization: Bearer %s\n' "$token" >"$T/good"
printf 'Authorization: Bearer %s\n' "$(printf '%s' "$token" |
    tr '0-9a-zA-Z' '1-90b-zaB-ZA')" >"$T/bad"
printf 'Authorization: Basic %s\n' "$token" >"$T/basic"

is "the right token is taken" "$(http GET /api/ping -H "@$T/good")" 200
is "and answered in the envelope" "$(json success <"$T/body")" true
is "ping says ok" "$(json data status <"$T/body")" ok

# refused WHAT STATUS METHOD PATH [CURL'S OPTIONS]...
refused()
{
	what=$1 wanted=$2
	shift 2
	got=$(http "$@")
	is "$what" "$got" "$wanted"
	is "$what: says so in the envelope" \
	    "$(json success <"$T/body" 2>/dev/null)" false
	refute "$what: does not repeat the token" grep -Fq "$token" \
	    "$T/body" "$T/headers"
}
refused "no token" 401 GET /api/ping
refused "a wrong token" 401 GET /api/ping -H "@$T/bad"
refused "a token of another scheme" 401 GET /api/ping -H "@$T/basic"
refused "an empty token" 401 GET /api/ping -H 'Authorization: Bearer '
for route in /api/daemon/status /api/profiles /api/profiles/web \
    /api/terminal/sessions /api/agents /api/providers; do
	refused "no token on $route" 401 GET $route
done
refused "no token to create" 401 POST /api/profiles \
    -H 'Content-Type: application/json' -d '{}'
refused "no token to delete" 401 DELETE /api/profiles/web
refused "no token to shut down" 401 POST /api/shutdown
for url in "/api/ping?token=$token" "/api/ping?access_token=$token" \
    "/api/ping?bearer=$token"; do
	got=$(http GET "$url")
	case $got in
	400|401|403) ok "the token in the URL is refused ($got)" ;;
	*) not_ok "the token in the URL is refused ($got)" ;;
	esac
done
port=${ADDRESS##*:}
for origin in "http://127.0.0.1.evil.example" \
    "http://127.0.0.1.evil.example:$port" "http://evil.example" null \
    "https://127.0.0.1:$port" "http://127.0.0.1:1"; do
	refused "Origin $origin" 403 GET /api/ping -H "@$T/good" \
	    -H "Origin: $origin"
done
for host in evil.example "evil.example:$port" "127.0.0.1.evil.example" \
    "127.0.0.1:$port.evil.example"; do
	got=$(http GET /api/ping -H "@$T/good" -H "Host: $host")
	case $got in
	400|403) ok "Host $host is refused ($got)" ;;
	*) not_ok "Host $host is refused ($got)" ;;
	esac
done
is "its own Origin is taken" "$(http GET /api/ping -H "@$T/good" \
    -H "Origin: http://$ADDRESS")" 200
is "localhost by any port is taken: a tunnel" "$(http GET /api/ping \
    -H "@$T/good" -H 'Host: localhost:9999')" 200

# What is no request of this API.
refused "an unknown route" 404 GET /api/nothing -H "@$T/good"
refused "a profile that is not there" 404 GET /api/profiles/nobody \
    -H "@$T/good"
refused "a wrong method" 405 PUT /api/ping -H "@$T/good"
refused "JSON without its content type" 415 POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: text/plain' -d '{}'
refused "a body that is no JSON" 400 POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: application/json' -d '{'
refused "a member twice" 400 POST /api/profiles -H "@$T/good" \
    -H 'Content-Type: application/json' -d '{"alias":"a","alias":"b"}'
is "the profile is still there" "$(http GET /api/profiles/web \
    -H "@$T/good")" 200
refused "leaving the jail" 403 POST /api/terminal/sessions -H "@$T/good" \
    -H 'Content-Type: application/json' \
    -d '{"profile_alias":"web","no_sandbox":true}'
# Nor does the answer tell which files there are.
for source in "$HOME/.ssh/no-such-file" "$TOKEN" /etc; do
	refused "showing the agent more" 403 POST /api/terminal/sessions \
	    -H "@$T/good" -H 'Content-Type: application/json' \
	    -d "{\"profile_alias\":\"web\",
	    \"bwrap_flags\":\"--ro-bind $source /x\"}"
	cp "$T/body" "$T/body.last"
	[ -e "$T/body.first" ] || cp "$T/body" "$T/body.first"
	check "in the same words" cmp -s "$T/body.first" "$T/body.last"
done
like "wrong tokens leave a trace in the log" "$(grep 'wrong tokens' "$LOG")" \
    'entry: 1$'
is "one for them all" "$(grep -c 'wrong tokens' "$LOG")" 1
done_testing
