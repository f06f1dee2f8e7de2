# Output of a jailed agent at one WebSocket, and its price, against a C program that reads the same terminal directly.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

bytes=$((512 * MIB))
gib="/ $bytes * 1073741824"
start_daemon
shell_profile bench --working-dir "$WORK"
say_left_out

# one KIND [OPTION]...: read what the agent prints as KIND, by all in turn.
one()
{
	kind=$1
	shift
	agent="$RAW read x; exec $WORK/fake-agent $kind $bytes wait"
	"$WORK/pty-read" "$WORK/fake-agent" "$kind" $bytes >>"$T/bare.$kind"
	session bench -- -c "$agent"
	"$LOAD" read "$@" -t "$TOKEN" -c "$MONITOR" "$ADDRESS" \
	    "/ws/terminal/$ID" $bytes >>"$T/ringlet.$kind" ||
		bail "the output can be timed"
	end_session "$ID"
	if ttyd_server "x=$agent"; then
		"$LOAD" read "$@" -T -c "$TTYD_PID" "$TTYD_AT" "/ws?arg=x" \
		    $bytes >>"$T/ttyd.$kind" ||
			bail "ttyd's output can be timed"
		ttyd_stop
	fi
	node_server "x=$agent" || return 0
	"$LOAD" read "$@" -c "$NODE" "$NODE_AT" /x $bytes >>"$T/node.$kind" ||
		bail "node-pty's output can be timed"
	node_stop
}

# facts KIND: of the best runs: speed bare, ours, their ratio, and processor
# seconds a GiB bare, ours, their ratio, and the client's.
facts()
{
	# shellcheck disable=SC2016  # awk's
	bare=$(most "$T/bare.$1" '$1 / $2 / 1e6')
	# shellcheck disable=SC2016
	ours=$(most "$T/ringlet.$1" '$1 / $3 / 1e6')
	ratio=$(per "$ours / $bare")
	bare_cpu=$(least "$T/bare.$1" "\$4 $gib")
	cpu=$(least "$T/ringlet.$1" "\$5 $gib")
	cpu_ratio=$(per "$cpu / $bare_cpu")
	client=$(least "$T/ringlet.$1" "\$4 $gib")
	speeds="$(per "$ours" 1) MB/s, a bare reader $(per "$bare" 1), ratio \
$ratio"
	costs="$(per "$cpu") s/GiB in the daemons, $(per "$bare_cpu") in a bare \
reader, ratio $cpu_ratio"
}

for _ in 1 2 3; do
	one text
done
one pattern -p
is "every byte came" \
    "$(cat "$T"/bare.* "$T"/ringlet.* | awk "\$1 != $bytes")" ""
facts text
goal output "$speeds (best of 3)" "$ratio" at-least 0.95
goal output-cpu "$costs" "$cpu_ratio" at-most 1.3
figure output-client "$(per "$client") s/GiB in the client, on the same cores"
# other NAME: what another server did with the same.
other()
{
	[ -s "$T/$1.text" ] || return 0
	# shellcheck disable=SC2016
	speed=$(most "$T/$1.text" '$1 / $3 / 1e6')
	figure "output-$1" "$(per "$speed" 1) MB/s, ratio \
$(per "$speed / $bare") to the bare reader, \
$(per "$(least "$T/$1.text" "\$5 $gib")") s/GiB"
}
other ttyd
other node
facts pattern
figure output-escapes "$speeds; $costs"
done_testing
