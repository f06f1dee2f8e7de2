# A key and the token are in no argument list, in no log at its highest level, in no other session, and not in ringletd's memory.
# Alone: it reads the argument lists of all processes, other tests' too.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/arguments-lib.sh"

start_keyring
key=$(canary secrecy)
echo "$key" >"$T/key"
start_daemon
token=$(cat "$TOKEN")
watch_arguments "$key" "$token"

# The whole life of a key, while the watch is on.
new_profile shell keeper "$key" -p anthropic
shell_profile other
api POST /api/profiles "{\"agent_id\":\"shell\",\"alias\":\"sealed\",
    \"provider_id\":\"anthropic\",\"api_key\":\"$key-2\"}" >/dev/null
# A new key, and the same again: from standard input, a variable, over HTTP.
echo "$key-3" | ringlet profiles rekey keeper >/dev/null
# shellcheck disable=SC2034
(MY_KEY=$key-4 && export MY_KEY && exec ringlet profiles rekey keeper \
    --from-env MY_KEY) >/dev/null 2>&1
api PUT /api/profiles/keeper/key "{\"api_key\":\"$key-5\"}" >/dev/null
api PUT /api/profiles/keeper/key "{\"api_key\":\"$key\"}" >/dev/null
is "(the key is the profile's)" "$(secret-tool lookup profile keeper)" "$key"
ringlet profiles inspect keeper >/dev/null
ringlet profiles env keeper >/dev/null
# shellcheck disable=SC2016
ringlet profiles run keeper -- -c 'test -n "$ANTHROPIC_API_KEY"'
# shellcheck disable=SC2016
session keeper -C "$WORK" -- -c \
    'test -n "$ANTHROPIC_API_KEY" && echo "has a key"; read x; echo bye'
keeper=$ID
check "the agent has its key" ws "/ws/terminal/$keeper" \
    --out /dev/null expect 'has a key'
# shellcheck disable=SC2016
session other -C "$WORK" -- -c 'env; cat /proc/[0-9]*/environ; read x'
other=$ID
ws "/ws/terminal/$other" --out "$T/other" --timeout 10 expect 'HOME=' \
    2>/dev/null
end_watch
# Not before: the arguments of this grep would be seen.
refute "another profile's session does not" grep -aFq "$key" "$T/other"
refute "the key was in none" grep -F "$key" "$T/seen"
refute "nor the token" grep -Fq "$token" "$T/seen"

# Logs at the highest level.
check "there is a log" test -s "$LOG"
refute "it has no key" grep -rFq "$key" "$RINGLET_STATE_DIR"
refute "and no token" grep -rFq "$token" "$RINGLET_STATE_DIR"

# Memory.  The agent's own has the key: that shows that the scan works.
if [ -z "$LIVE_SCAN" ]; then
	skip "ringletd's memory: only root can look into it"
else
	echo 'HTTP/1.1 ' >"$T/known"
	agent=$(field "$keeper" pid)
	found=$(scan "$agent" "$T/key")
	for child in $(pgrep -P "$agent"); do
		found="$found $(scan "$child" "$T/key")"
	done
	like "the key is found in the agent's memory" "$found" \
	    '(^| )[1-9][0-9]* '
	like "ringletd's memory can be read" "$(scan "$RINGLETD" "$T/known")" \
	    '^[1-9]'
	like "the key is not in it" "$(scan "$RINGLETD" "$T/key")" '^0 '
fi
# What an ordinary process of the same user may do.
looked_into()
{
	cat "/proc/$1/environ" >/dev/null 2>&1
}
check "an ordinary process can be looked into by its own user" \
    looked_into $$
refute "the monitor cannot" looked_into "$MONITOR"
refute "nor the sandboxer" looked_into "$SANDBOXER"
ringlet terminal kill "$keeper" >/dev/null
ringlet terminal kill "$other" >/dev/null
done_testing
