# From the request for a session with a full ring to the last old byte.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

shell_profile bench --working-dir "$WORK"
start_daemon
session bench -- -c "$RAW exec ./fake-agent text $((64 * MIB)) wait"
# "ready", and the flood.
head=$((64 * MIB + 6))
full()
{
	[ "$(field "$ID" output_bytes)" = $head ]
}
wait_for 30 full || bail "the ring is full"
# attach FILE QUERY
attach()
{
	"$LOAD" attach -t "$TOKEN" -n 100 "$ADDRESS" "/ws/terminal/$ID$2" \
	    $head >"$T/$1" || bail "attaching can be timed"
	read -r ms bytes <"$T/$1"
	text="$(per "$ms") ms for $(per "$bytes / $MIB") MiB (median of 100), \
ms a MiB $(per "$ms / ($bytes / $MIB)")"
}
attach all "?offset=$((head - 4 * MIB))"
is "a viewer gets the whole ring" "$bytes" $((4 * MIB))
goal attach "$text" "$(per "$ms / ($bytes / $MIB)" 3)" at-most 1
attach screen ""
figure attach-screen "$text, by a screen and what follows it"
done_testing
