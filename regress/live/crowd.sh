# However many requests come, MaxSessions holds, the keychain's queue has room for the command, and profiles can be listed, with their grants.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_keyring
start_daemon MaxSessions=2
new_profile shell keeper "$(canary limits)" -p anthropic

# asked NUMBER: the keychain's helper has been asked so often for a key.
asked()
{
	[ "$(grep -c ' trace: keychain <- KC_REQUEST .*op=2' "$LOG")" -ge "$1" ]
}

# A keyring that answers none until all have asked.
kill -STOP "$KEYRING"
pids=''
for n in 1 2 3 4; do
	ringlet profiles run keeper --remote -C "$WORK" -- -c 'read -r x' \
	    >"$T/run.$n" 2>"$T/run.err.$n" &
	pids="$pids $!"
done
wait_for 10 asked 4 || bail "four sessions wait for their keys"
kill -CONT "$KEYRING"
for pid in $pids; do
	wait "$pid"
done
is "of four that start at once two run" \
    "$(ringlet --json terminal list | json data | grep -o running | wc -l)" 2
like "and the others are told why" "$(cat "$T"/run.err.*)" 'MaxSessions'
is "which is no start without an end" "$(cat "$T"/run.[1-4] | wc -l)" 2
for id in $(cat "$T"/run.[1-4]); do
	ringlet terminal kill "$id" >/dev/null
done

# Over HTTP, more than the queue is long.
kill -STOP "$KEYRING"
printf 'Authorization: Bearer %s\n' "$(cat "$TOKEN")" >"$T/bearer"
n=0 pids=''
while [ $n -lt 60 ]; do
	n=$((n + 1))
	curl -sS --noproxy '*' --max-time 60 -o /dev/null -w '%{http_code}\n' \
	    -H "@$T/bearer" -H 'Content-Type: application/json' \
	    -d '{"profile_alias":"keeper","args":["-c",":"]}' \
	    "$URL/api/terminal/sessions" >"$T/code.$n" 2>/dev/null &
	pids="$pids $!"
done
codes()
{
	cat "$T"/code.*
}
refused()
{
	codes | grep -q 429
}
check "some of sixty requests over HTTP are too many" wait_for 20 refused
ringlet profiles run keeper -- -c 'echo ran' >"$T/out" 2>"$T/err" &
run=$!
kill -CONT "$KEYRING"
wait $run
is "the command finds room" "$(cat "$T/out" "$T/err")" ran
for pid in $pids; do
	wait "$pid"
done
check "and those that were not are answered" test "$(codes | wc -l)" -eq 60

# Profiles, until there is no room in a list of them.
arg=$(head -c 30000 /dev/zero | tr '\0' x)
n=0 code=201
while [ "$code" = 201 ] && [ $n -lt 40 ]; do
	n=$((n + 1))
	code=$(api POST /api/profiles "{\"agent_id\":\"shell\",
	    \"alias\":\"many$n\",\"provider_id\":\"self\",
	    \"args\":[\"$arg\"]}")
done
is "too many profiles are refused ($n)" "$code" 429
check "by an error with words" grep -q 'too long for a list' "$T/body"
check "there are some" test $n -gt 10
is "and all can be listed" "$(api GET /api/profiles)" 200
is "all of them" "$(ringlet --json profiles list | json data |
    grep -o '"alias"' | wc -l)" $n
check "a deletion makes room" ringlet profiles delete many1 -y
# Grants are listed too.
deep=$WORK/d
while [ ${#deep} -lt 3600 ]; do
	deep=$deep/$(head -c 200 /dev/zero | tr '\0' d)
done
n=0
while [ $n -lt 20 ] && mkdir -p "$deep/$n" &&
    ringlet profiles grant many2 ro "$deep/$n" >"$T/grant" 2>&1; do
	n=$((n + 1))
done
like "too many grants are refused ($n)" "$(cat "$T/grant")" \
    'too long for a list'
is "and all can still be listed" "$(api GET /api/profiles)" 200
check "a deletion makes room" ringlet profiles delete many3 -y
is "for another" "$(api POST /api/profiles "{\"agent_id\":\"shell\",
    \"alias\":\"other\",\"provider_id\":\"self\"}")" 201
done_testing
