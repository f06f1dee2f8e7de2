# After a hundred sessions with a key no process of Ringlet has the key in its memory, nor ringletd the token.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

[ -n "$LIVE_SCAN" ] ||
	skip_all "only root can look into processes that are not dumpable"

# tail_of FILE: the end of a secret.  The allocator writes over the beginning of
# what is freed, so that a whole one may not be found where most of it is.
tail_of()
{
	tail -c 25 "$1"
}

# clean WHO PID: not a whole key, nor how they begin, nor how they end.
clean()
{
	live_found=
	for live_needle in prefix key.tail posted.tail refused.tail; do
		live_found="$live_found$(scan "$2" "$T/$live_needle"), "
	done
	like "$1 has no key in its memory" "$live_found" '^(0 [1-9][0-9]*, ){4}$'
}

start_keyring
key=$(canary hygiene)
posted=$(canary hygiene)
refused=$(canary hygiene)
printf '%s\n' "sk-canary-hygiene-" >"$T/prefix"
for name in key posted refused; do
	eval "echo \"\$$name\"" >"$T/$name"
	tail_of "$T/$name" >"$T/$name.tail"
done
start_daemon MaxSessions=200
tail_of "$TOKEN" >"$T/token.tail"
new_profile shell keeper "$key" -p anthropic
api POST /api/profiles "{\"agent_id\":\"shell\",\"alias\":\"posted\",
    \"provider_id\":\"anthropic\",\"api_key\":\"$posted\"}" >"$T/code"
is "a profile is made over HTTP, key and all" "$(cat "$T/code")" 201
# Requests that go wrong while they hold a key.
begin="{\"agent_id\":\"shell\",\"provider_id\":\"anthropic\","
begin="$begin\"api_key\":\"$refused\""
is "a profile that exists is refused" \
    "$(api POST /api/profiles "$begin,\"alias\":\"posted\"}")" 409
is "so is a member that is there twice" \
    "$(api POST /api/profiles "$begin,\"api_key\":\"\"}")" 400
is "and half a document" "$(api POST /api/profiles "$begin")" 400
# A length that the body does not have: curl gives up and hangs up.
printf 'Content-Length: 4000\n' >"$T/lie"
http POST /api/profiles -H "@$T/bearer" -H "@$T/lie" --max-time 3 \
    -H 'Content-Type: application/json' -d "@$T/request" >/dev/null
printf 'x-%s\n' "$(cat "$TOKEN")" | sed 's/^x-/Authorization: Bearer x/' \
    >"$T/wrong"
is "a request with a wrong token is refused" \
    "$(http GET /api/profiles -H "@$T/wrong")" 401
ringlet profiles env keeper >"$T/env"
check "the CLI is told the key" grep -q "$key" "$T/env"

# The session that stays shows that there is something to find.
# shellcheck disable=SC2016
session keeper -C "$WORK" -- -c \
    'test -n "$ANTHROPIC_API_KEY" && echo "has a key"; read x'
stays=$ID
check "an agent has its key" ws "/ws/terminal/$stays" \
    --out /dev/null expect 'has a key'

started=0
# shellcheck disable=SC2034
for i in $(seq 50); do
	if ringlet profiles run keeper --remote -C "$WORK" -- -c true \
	    >/dev/null 2>"$T/run.err" &&
	    [ "$(api POST /api/terminal/sessions \
	    "{\"profile_alias\":\"posted\",\"args\":[\"-c\",\"true\"],
	    \"working_dir\":\"$WORK\"}")" = 201 ]; then
		started=$((started + 2))
	fi
done
is "a hundred sessions have started" $started 100
all_ended()
{
	[ "$(ringlet --json terminal list |
	    grep -Eo '"state": *"(starting|running)"' | wc -l)" = 1 ]
}
check "and ended, but for one" wait_for 60 all_ended

# The same over HTTP/2, last of all: nothing else writes over what it leaves.
h2()
{
	http "$@" --http2-prior-knowledge
}
json='Content-Type: application/json'
printf '%s' "$begin,\"alias\":\"posted2\"}" | sed "s/$refused/$posted/" \
    >"$T/request"
is "over HTTP/2 a profile is made" "$(h2 POST /api/profiles -H "@$T/bearer" \
    -H "$json" -d "@$T/request")" 201
printf '%s' "$begin,\"alias\":\"posted2\"}" >"$T/request"
is "one that exists is refused" "$(h2 POST /api/profiles -H "@$T/bearer" \
    -H "$json" -d "@$T/request")" 409
printf '%s' "$begin" >"$T/request"
is "and half a document" "$(h2 POST /api/profiles -H "@$T/bearer" \
    -H "$json" -d "@$T/request")" 400
h2 POST /api/profiles -H "@$T/bearer" -H "@$T/lie" --max-time 3 \
    -H "$json" -d "@$T/request" >/dev/null
is "and a wrong token" "$(h2 GET /api/profiles -H "@$T/wrong")" 401
is "and a token that comes twice" "$(h2 GET /api/profiles -H "@$T/bearer" \
    -H "@$T/wrong")" 400
# A connection that lives on has its headers' table still.
mkfifo "$T/stay"
python3 "$LIVE_SRC/h2.py" "$ADDRESS" "$TOKEN" <"$T/stay" >"$T/h2.out" &
at_end $!
exec 9>"$T/stay"
wait_for 20 test -s "$T/h2.out"
is "a connection of HTTP/2 stays" "$(cat "$T/h2.out")" "200 200"

agent=$(field "$stays" pid)
found=$(scan "$agent" "$T/prefix")
for child in $(pgrep -P "$agent"); do
	found="$found $(scan "$child" "$T/prefix")"
done
like "a scan finds the key in a process that has it" "$found" \
    '(^| )[1-9][0-9]* [1-9]'
printf '%s\n' 'HTTP/1.1 ' >"$T/known"
like "a scan finds what ringletd is known to have" \
    "$(scan "$RINGLETD" "$T/known")" '^[1-9]'
clean "ringletd" "$RINGLETD"
like "nor has it the token" "$(scan "$RINGLETD" "$T/token.tail")" '^0 [1-9]'
clean "the sandboxer" "$SANDBOXER"
clean "the monitor" "$MONITOR"
ringlet terminal kill "$stays" >/dev/null
done_testing
