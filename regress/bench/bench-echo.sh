# From a key that is typed to its echo, idle and beside a session that floods, against a bare terminal and a server of node-pty.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

count=20000
echoes="$RAW exec cat"
floods="$RAW read x; exec $WORK/fake-agent text 99999999999"
shell_profile bench --working-dir "$WORK"
start_daemon
say_left_out

# us FILE: of "P50 P99 MAX".
us()
{
	awk '{ printf "p50 %.0f us, p99 %.0f us", $1, $2 }' "$1"
}

# echo_of FILE OPTIONS... : time the keys of a session of Ringlet's.
echo_of()
{
	file=$1
	shift
	session bench -- -c "$echoes"
	"$LOAD" echo -t "$TOKEN" "$@" "$ADDRESS" "/ws/terminal/$ID" \
	    >"$T/$file" || bail "the echo can be timed ($file)"
	ok "every key is echoed ($file)"
	end_session "$ID"
}

# watched OPTIONS...: a viewer of a flood, in the background.
watched()
{
	rm -f "$T/drain"
	"$LOAD" drain "$@" >"$T/drain" 2>"$T/drain.err" &
	drain=$!
	at_end $drain
	wait_for 10 grep -q ready "$T/drain" || bail "a flood is watched"
}

unwatched()
{
	kill "$drain"
	wait "$drain" 2>/dev/null
}

node_server "x=$echoes" "y=$echoes" "f=$floods"
"$WORK/pty-read" -e $count /bin/cat >"$T/bare"
echo_of idle -n $count
echo_of typed -n 300 -g 10000
if [ -n "$NODE" ]; then
	"$LOAD" echo -n $count "$NODE_AT" /x >"$T/node" ||
		bail "node-pty's echo can be timed"
fi

"$WORK/pty-read" "$WORK/fake-agent" text 99999999999 >/dev/null &
flood=$!
at_end $flood
"$WORK/pty-read" -e $count /bin/cat >"$T/bare-flood"
kill $flood
session bench -- -c "$floods"
flood=$ID
watched -t "$TOKEN" "$ADDRESS" "/ws/terminal/$flood"
echo_of flood -n $count
unwatched
end_session "$flood"
if [ -n "$NODE" ]; then
	watched "$NODE_AT" /f
	"$LOAD" echo -n $count "$NODE_AT" /y >"$T/node-flood" ||
		bail "node-pty's echo can be timed beside a flood"
	unwatched
	node_stop
fi

goal echo "$(us "$T/idle")" "$(cut -d' ' -f1 "$T/idle")" at-most 88
figure echo-typed "$(us "$T/typed"), a key every 10 ms"
figure echo-bare "$(us "$T/bare") at a terminal alone"
[ ! -s "$T/node" ] || figure echo-node "$(us "$T/node")"
goal echo-flood "$(us "$T/flood"), beside a flood that is watched" \
    "$(cut -d' ' -f2 "$T/flood")" at-most 480
figure echo-flood-bare "$(us "$T/bare-flood") at a terminal alone"
[ ! -s "$T/node-flood" ] || figure echo-flood-node "$(us "$T/node-flood")"
done_testing
