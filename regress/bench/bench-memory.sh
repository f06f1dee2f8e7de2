# Memory of the daemons: idle, for each session beside its ring, and for each viewer that sees nothing new.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

[ -n "$LIVE_SCAN" ] ||
	skip_all "only root can look into processes that are not dumpable"
sessions=128
viewers=100
start_daemon MaxViewers=$viewers MaxSessions=200
shell_profile bench --working-dir "$WORK"

# size PID...: bytes of memory, rings left out: "PSS OWN".  What is shared is
# the less to each the more there are; so growth is counted in what is not.
size()
{
	for pid; do
		python3 "$LIVE_SRC/memscan" --size "$LIVE_SCAN" "$pid"
	done | awk '{ p += $1; o += $2 } END { print p + 0, o + 0 }'
}

# daemons: the pids of all that is Ringlet's below the monitor, but for jails.
daemons()
{
	echo "$MONITOR"
	pgrep -P "$MONITOR" ringlet
	pgrep -P "$SANDBOXER" ringlet-screen
}

# settled COLUMN: of the daemons' size, once it does not change any more.
settled()
{
	last='' now=x
	while [ "$now" != "$last" ] || [ "${now%% *}" = 0 ]; do
		last=$now
		sleep 0.3
		# shellcheck disable=SC2046  # pids
		now=$(size $(daemons))
	done
	echo "$now" | cut -d' ' -f"$1"
}

# spent: what all daemons have used: "TICKS WAKES", processor time in 10 ms and
# how often they were woken.
spent()
{
	for pid in "$MONITOR" "$RINGLETD" "$SANDBOXER"; do
		cut -d' ' -f14-15 "/proc/$pid/stat" | tr '\n' ' '
		awk '/^voluntary/ { print $2 }' "/proc/$pid/status"
	done | awk '{ t += $1 + $2; w += $3 } END { print t, w }'
}

# used SECONDS: the same, in that time.
used()
{
	{
		spent
		sleep "$1"
		spent
	} | awk 'NR == 1 { t = $1; w = $2 } END { print $1 - t, $2 - w }'
}

# some COUNT: sessions that say "ready" and wait; their ids go to $T/ids.
some()
{
	for _ in $(seq "$1"); do
		session bench -- -c "$RAW exec cat"
		echo "$ID" >>"$T/ids"
	done
}

idle=$(settled 1)
for pid in "$MONITOR" "$RINGLETD" "$SANDBOXER"; do
	each="${each:-} $(ps -o comm= -p "$pid") $(size "$pid" |
	    awk '{ printf "%.0f", $1 / 1024 }') KiB,"
done
goal memory-idle "$(per "$idle / $MIB") MiB PSS:${each%,}" \
    "$(per "$idle / $MIB" 3)" at-most 6
# The first few pay for what all share.
some 4
before=$(settled 2)
some $sessions
after=$(settled 2)
each=$(per "($after - $before) / $sessions / 1024" 1)
goal memory-session "$each KiB for each of $sessions sessions" "$each" \
    at-most 32
bwrap=$(pgrep -P "$SANDBOXER" bwrap | tail -n 1)
figure memory-jail "$(size "$bwrap" "$(pgrep -P "$bwrap")" | awk \
    '{ printf "%.0f KiB PSS", $1 / 1024 }') in bwrap and ringlet-jail-init of \
a session, which are not daemons"

# They come and go, so that what is left of a busy time counts.
"$LOAD" hold -t "$TOKEN" -v $viewers "$ADDRESS" "/ws/terminal/$ID" \
    >"$T/hold" </dev/null || bail "viewers can come and go"
before=$(settled 2)
mkfifo "$T/go"
"$LOAD" hold -t "$TOKEN" -v $viewers "$ADDRESS" "/ws/terminal/$ID" \
    >"$T/hold" <"$T/go" &
exec 8>"$T/go"
wait_for 20 grep -q ready "$T/hold" || bail "viewers watch"
after=$(settled 2)
# What they cost while nothing happens: some time with them, and some without.
with=$(used 10)
exec 8>&-
wait $!
each=$(per "($after - $before) / $viewers / 1024" 1)
goal memory-viewer "$each KiB for each of $viewers viewers" "$each" at-most 8
without=$(used 10)
ticks=$((${with% *} - ${without% *}))
goal viewer-time "$((ticks * 10)) ms of processor in 10 s more with $viewers \
viewers than without; ${with#* } wake-ups, without them ${without#* }" \
    "$ticks" at-most 1
ok "memory can be measured"

# pss PID: of a process that anybody may look into.
pss()
{
	awk '$1 == "Pss:" { printf "%.1f MiB PSS", $2 / 1024 }' \
	    "/proc/$1/smaps_rollup"
}
if ttyd_server "x=exec cat"; then
	figure memory-ttyd "$(pss "$TTYD_PID")"
	ttyd_stop
fi
if node_server "x=exec cat"; then
	figure memory-node "$(pss "$NODE")"
	node_stop
fi
done_testing
