# From a key that is typed to its echo, idle and beside a session that floods, against a bare terminal, ttyd and a server of node-pty.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

# In turns, so that a machine which is busy is so for all.
rounds=7
count=3000
echoes="$RAW exec cat"
floods="$RAW read x; exec $WORK/fake-agent text 99999999999"
shell_profile bench --working-dir "$WORK"
start_daemon
say_left_out

# us FILE: medians of lines of "P50 P99 MAX".
us()
{
	printf 'p50 %.0f us, p99 %.0f us' "$(median "$1" 1)" "$(median "$1" 2)"
}

# echo_of FILE OPTIONS... : time the keys of a session of Ringlet's.
echo_of()
{
	file=$1
	shift
	session bench -- -c "$echoes"
	"$LOAD" echo -t "$TOKEN" "$@" "$ADDRESS" "/ws/terminal/$ID" \
	    >>"$T/$file" || bail "every key is echoed ($file)"
	end_session "$ID"
}

# theirs FILE OPTIONS...: the same at another server.
theirs()
{
	file=$1
	shift
	"$LOAD" echo -n $count "$@" >>"$T/$file" ||
		bail "every key is echoed ($file)"
}

# watched OPTIONS...: a viewer of a flood, in the background.
watched()
{
	rm -f "$T/drain"
	"$LOAD" drain "$@" >"$T/drain" 2>"$T/drain.err" &
	drain=$!
	at_end $drain
	wait_for 10 grep -q ready "$T/drain" ||
		{ cat "$T/drain.err"; bail "a flood is watched"; }
}

unwatched()
{
	kill "$drain"
	wait "$drain" 2>/dev/null
}

idle()
{
	"$WORK/pty-read" -e $count /bin/cat >>"$T/bare"
	echo_of ringlet -n $count
	if ttyd_server "x=$echoes"; then
		theirs ttyd -T "$TTYD_AT" "/ws?arg=x"
		ttyd_stop
	fi
	if node_server "x=$echoes"; then
		theirs node "$NODE_AT" /x
		node_stop
	fi
}

# The flood is at the same server, which for ttyd too is one process.
beside_a_flood()
{
	"$WORK/pty-read" "$WORK/fake-agent" text 99999999999 >/dev/null &
	flood=$!
	at_end $flood
	"$WORK/pty-read" -e $count /bin/cat >>"$T/bare-flood"
	kill $flood
	wait $flood 2>/dev/null
	session bench -- -c "$floods"
	flood=$ID
	watched -t "$TOKEN" "$ADDRESS" "/ws/terminal/$flood"
	echo_of ringlet-flood -n $count
	unwatched
	end_session "$flood"
	if ttyd_server "x=$echoes" "f=$floods"; then
		watched -T "$TTYD_AT" "/ws?arg=f"
		theirs ttyd-flood -T "$TTYD_AT" "/ws?arg=x"
		unwatched
		ttyd_stop
	fi
	if node_server "x=$echoes" "f=$floods"; then
		watched "$NODE_AT" /f
		theirs node-flood "$NODE_AT" /x
		unwatched
		node_stop
	fi
}

for _ in $(seq $rounds); do
	idle
	beside_a_flood
done
echo_of typed -n 300 -g 10000
ok "every key is echoed"

# others SUFFIX: what the same was elsewhere.
others()
{
	figure "echo$1-bare" "$(us "$T/bare$1") at a terminal alone"
	for other in ttyd node; do
		[ ! -s "$T/$other$1" ] ||
			figure "echo$1-$other" "$(us "$T/$other$1")"
	done
}

if [ -n "$TTYD" ]; then
	ratio=$(ratio_of "$T/ringlet" "$T/ttyd" 1)
	goal echo "$(us "$T/ringlet"); p50 $ratio of ttyd's" "$ratio" \
	    at-most 1.3
	ratio=$(ratio_of "$T/ringlet-flood" "$T/ttyd-flood" 2)
	goal echo-flood "$(us "$T/ringlet-flood"), beside a flood that is \
watched; p99 $ratio of ttyd's" "$ratio" at-most 1
else
	goal echo "$(us "$T/ringlet")" "$(median "$T/ringlet" 1)" at-most 88
	goal echo-flood "$(us "$T/ringlet-flood"), beside a flood that is \
watched" "$(median "$T/ringlet-flood" 2)" at-most 480
fi
figure echo-typed "$(us "$T/typed"), a key every 10 ms"
others ""
others -flood
done_testing
