# Not a byte of 32 MB is lost or doubled between an agent and two viewers that keep up, and a late one is told what it missed.
# Alone: a viewer that gets no processor falls behind, and has gaps.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile flood
# Neither viewer waits for the other: a slow one has so much to catch up in.
start_daemon ScrollbackSize=16M
cp "$LIVE_FAKE/fake-agent" "$WORK/"
bytes=$((32 * 1024 * 1024))
"$LIVE_FAKE/fake-agent" flood $bytes | sha256sum >"$T/wanted"

# raw: the terminal adds no carriage returns.  The agent waits for a line,
# so that both viewers are there when it begins.
session flood -C "$WORK" -- -c \
    "stty raw -echo; echo ready; read x; ./fake-agent flood $bytes"
ws "/ws/terminal/$ID" --timeout 90 --out "$T/first" expect ready \
    event state_changed end 30 2>"$T/first.err" &
first=$!
attached()
{
	[ "$(field "$ID" client_count)" = 1 ]
}
wait_for 20 attached || bail "the first viewer is there"
ws "/ws/terminal/$ID" --timeout 90 --out "$T/second" expect ready \
    send 'go\n' event state_changed end 30 2>"$T/second.err"
wait $first
for viewer in first second; do
	size=$(stat -c %s "$T/$viewer")
	is "the $viewer viewer has every byte" "$(tail -c $bytes "$T/$viewer" |
	    sha256sum)" "$(cat "$T/wanted")"
	check "and not many more ($size)" test "$size" -lt $((bytes + 64))
done

# A late viewer asks from the start: it is told the gap, and what follows is
# whole.
ws "/ws/terminal/$ID?offset=0" --timeout 20 --out "$T/late" \
    --events "$T/events" event connected end 20 2>/dev/null
like "a late viewer is told what it missed" "$(cat "$T/events")" \
    '"type": "gap"'
size=$(stat -c %s "$T/late")
check "it gets what there is ($size)" test "$size" -gt 1000000
is "which is the end of it" "$(tail -c 1000000 "$T/late" | sha256sum)" \
    "$(tail -c 1000000 "$T/first" | sha256sum)"
done_testing
