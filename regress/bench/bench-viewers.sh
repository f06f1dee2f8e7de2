# One session's output at 1, 10 and 100 WebSockets, each of which sees the last byte, against ttyd and a server of node-pty.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

bytes=$((128 * MIB))
agent="$RAW read x; exec $WORK/fake-agent text $bytes wait"
start_daemon MaxViewers=100
shell_profile bench --working-dir "$WORK"
say_left_out

# other NAME FILE: what another server did with the same.
other()
{
	figure viewers-$viewers-"$1" "$(awk '{ printf "%.0f MB/s in total; " \
	    "processor seconds: %s server, %s client", $1 / $3 / 1e6, $5, $4 }' \
	    "$2")"
}

for viewers in 1 10 100; do
	session bench -- -c "$agent"
	"$LOAD" read -t "$TOKEN" -c "$MONITOR" -v $viewers "$ADDRESS" \
	    "/ws/terminal/$ID" $bytes >"$T/ringlet" ||
		bail "$viewers viewers see the last byte"
	ok "$viewers viewers see the last byte"
	end_session "$ID"
	speed=$(most "$T/ringlet" '$1 / $3 / 1e6')
	text="$(per "$speed" 0) MB/s to $viewers in total, of which missed \
$(awk '{ printf "%.1f %%", $2 / ($1 + $2) * 100 }' "$T/ringlet"); \
processor seconds: $(awk '{ print $5 " daemons, " $4 " client" }' \
	    "$T/ringlet")"
	if [ $viewers = 100 ]; then
		goal viewers-100 "$text" "$speed" at-least 2500
	else
		figure viewers-$viewers "$text"
	fi
	# A ttyd starts a process for each viewer: no flood is shared, and all
	# of it passes through as many terminals.  Less for each will do.
	each=$((viewers < 10 ? bytes : 1024 * MIB / viewers / 64 * 64))
	if ttyd_server "x=$RAW read x; exec $WORK/fake-agent text $each wait"
	then
		"$LOAD" read -T -c "$TTYD_PID" -v $viewers "$TTYD_AT" \
		    "/ws?arg=x" $each >"$T/ttyd" ||
			bail "ttyd's $viewers viewers can be timed"
		other ttyd "$T/ttyd"
		ttyd_stop
	fi
	node_server "x=$agent" || continue
	"$LOAD" read -c "$NODE" -v $viewers "$NODE_AT" /x $bytes >"$T/node" ||
		bail "node-pty's $viewers viewers can be timed"
	other node "$T/node"
	node_stop
done
done_testing
