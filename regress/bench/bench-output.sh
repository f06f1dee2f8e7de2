# Output of a jailed agent at one WebSocket, and its price, against a C program that reads the same terminal directly.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

bytes=$((512 * MIB))
runs=3
agent="$RAW read x; exec $WORK/fake-agent flood $bytes wait"
shell_profile bench --working-dir "$WORK"
start_daemon
say_left_out
for _ in $(seq $runs); do
	"$WORK/pty-read" "$WORK/fake-agent" flood $bytes >>"$T/bare"
	session bench -- -c "$agent"
	"$LOAD" read -t "$TOKEN" -c "$MONITOR" "$ADDRESS" \
	    "/ws/terminal/$ID" $bytes >>"$T/ringlet" ||
		bail "the output can be timed"
	end_session "$ID"
	if node_server "x=$agent"; then
		"$LOAD" read -c "$NODE" "$NODE_AT" /x $bytes >>"$T/node" ||
			bail "node-pty's output can be timed"
		node_stop
	fi
done
is "every byte came" "$(awk "\$1 != $bytes" "$T/bare" "$T/ringlet")" ""
bare=$(most "$T/bare" '$1 / $2 / 1e6')
ringlet=$(most "$T/ringlet" '$1 / $3 / 1e6')
ratio=$(per "$ringlet / $bare")
goal output "$(per "$ringlet" 1) MB/s, a bare reader $(per "$bare" 1), ratio \
$ratio (best of $runs)" "$ratio" at-least 0.95
bare_cpu=$(least "$T/bare" "\$4 / $bytes * 1073741824")
cpu=$(least "$T/ringlet" "\$5 / $bytes * 1073741824")
ratio=$(per "$cpu / $bare_cpu")
goal output-cpu "$(per "$cpu") s/GiB in the daemons, $(per "$bare_cpu") in a \
bare reader, ratio $ratio" "$ratio" at-most 1.3
figure output-client "$(per "$(least "$T/ringlet" "\$4 / $bytes * 1073741824")") \
s/GiB in the client, on the same cores"
if [ -s "$T/node" ]; then
	node=$(most "$T/node" '$1 / $3 / 1e6')
	figure output-node "$(per "$node" 1) MB/s, ratio $(per "$node / $bare") \
to the bare reader, $(per "$(least "$T/node" "\$5 / $bytes * 1073741824")") \
s/GiB"
fi
done_testing
