# A burst of 1 GiB: a live viewer gets every byte, one that stands still costs nothing and gets one gap, one that comes and goes gets the right bytes or gaps.
# Alone: a viewer that gets no processor falls behind, and has gaps.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/burst-lib.sh"

bytes=$(burst_bytes 1g 96m)
start_daemon
shell_profile work
burst_session work "$bytes"
mkfifo "$T/stand"
watch live live /dev/null
live=$WATCHER
# Open on this side too, so that it does not end before we say so.
exec 7<>"$T/stand"
watch still still "$T/stand"
still=$WATCHER
watch roam roam /dev/null -s "$SEED"
roam=$WATCHER
for viewer in live still roam; do
	watching $viewer
done

# anon: KiB that the daemons have of their own.
anon()
{
	cat "/proc/$MONITOR/status" "/proc/$RINGLETD/status" \
	    "/proc/$SANDBOXER/status" |
	    awk '/^RssAnon:/ { t += $2 } END { print t }'
}

before=$(anon)
nice -n 19 "$WORK/burst-viewer" hash "$bytes" >"$T/wanted" &
hash=$!
go
wait "$live"
wait "$hash"
is "the live viewer has every byte (seed $SEED)" "$(told live)" \
    "$(cat "$T/wanted") attaches 1 gaps 0 missed 0"
check "the agent has printed all, and waited for nobody who stood still" \
    printed "$END"
wait "$roam"
like "one that came and went has the right bytes, or gaps" "$(told roam)" \
    '^attaches [0-9]{2,} gaps [0-9]+ missed [0-9]+$'
after=$(anon)
if [ -z "${ASAN_OPTIONS:-}" ]; then
	check "one that stands still takes no memory ($before KiB, $after KiB)" \
	    test $((after - before)) -lt 4096
else
	skip "memory: sanitizers keep what was freed"
fi
check "it still stands still" kill -0 "$still"
is "and has seen nothing yet" "$(told still)" ""
exec 7>&-
wait "$still"
# On a machine that is too busy it falls out of the ring once more, before the
# kernel has filled its socket and it stands still at all.
case $(told still) in
*' attaches 1 gaps 2 missed '*)
	skip "exactly one gap: it fell behind before it stood still" ;;
*)	like "then it gets exactly one gap" "$(told still)" \
	    '^[0-9]+ [0-9]+ attaches 1 gaps 1 missed [0-9]+$' ;;
esac
echo "still: $(told still); roam: $(told roam)"
done_testing
