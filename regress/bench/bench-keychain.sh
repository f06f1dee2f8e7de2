# How long a ping takes while calls to the keychain hang on a bus that is silent, against none that do.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

rounds=8 count=1500
pings=$LIVE_SRC/../bench/pings.py

silent_bus
start_daemon KeychainTimeout=2s
# Four helpers have connected, beside the socket that listens.
hanging()
{
	[ "$(grep -c " $XDG_RUNTIME_DIR/bus\$" /proc/net/unix)" -ge 5 ]
}
: >"$T/without" && : >"$T/with"
# In turns, so that a machine which is busy is so for both.
for _ in $(seq $rounds); do
	python3 "$pings" ping "$ADDRESS" "$TOKEN" $count >>"$T/without" ||
		bail "pings are answered"
	# Four run, four wait for their turn.
	python3 "$pings" hang "$ADDRESS" "$TOKEN" 8 >"$T/hung" &
	calls=$!
	wait_for 10 hanging || bail "calls hang"
	python3 "$pings" ping "$ADDRESS" "$TOKEN" $count >>"$T/with" ||
		bail "pings are answered while calls hang"
	hanging || skip "one round: calls did not hang as long as it took"
	wait $calls
done
check "all pings were answered, all the time" \
    test "$(cat "$T/without" "$T/with" | wc -l)" -eq $((2 * rounds * count))
is "every call ended with an error of its own" "$(sort -u "$T/hung")" 503

# quantile FILE PERCENT
quantile()
{
	sort -n "$1" | awk -v p="$2" \
	    '{ v[NR] = $1 } END { print v[int((NR - 1) * p / 100) + 1] }'
}
for p in 50 99; do
	without=$(quantile "$T/without" $p) with=$(quantile "$T/with" $p)
	ratio=$(per "$with / $without")
	text="$with ms while calls hang, $without ms without, ratio $ratio \
($((rounds * count)) each)"
	if [ $p = 99 ]; then
		goal "ping p$p" "$text" "$ratio" at-most 1.25
	else
		figure "ping p$p" "$text"
	fi
done
done_testing
