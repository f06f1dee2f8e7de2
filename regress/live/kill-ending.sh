# kill -9 of each process while a session is being killed, and while the daemon stops: both come to their end, and nothing is left.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

echo 'KillGrace 4s' >>"$CONF"
shell_profile work
start_daemon

# stubborn: a session that says when it is asked to end, and does not.
stubborn()
{
	session work -C "$WORK" -- -c \
	    'trap "echo asked" TERM; echo up; while :; do sleep 0.1; done' \
	    "$MARK"
	viewer "$ID"
	sees up || bail "a stubborn session runs"
	in_jail
}

# killing: the same, after `terminal kill`, within the grace period.
killing()
{
	stubborn
	{
		ringlet terminal kill "$ID" >"$T/kill.out" 2>"$T/kill.err"
		echo $? >"$T/kill.code"
	} &
	killer=$!
	sees asked || bail "a kill is under way"
}
killed()
{
	wait "$killer"
	is "$WHO: kill says done" "$(cat "$T/kill.code")" 0
	check "$WHO: the session has ended" await "$ID" 1
	check "$WHO: nothing is left" wait_for 10 nothing_left
}

for WHO in AGENT INIT BWRAP; do
	killing
	eval "kill -9 \$$WHO"
	killed
done
WHO=ringletd
killing
kill -9 "$RINGLETD"
killed
check "$WHO: it serves again" recovers
WHO=sandboxer
killing
kill -9 "$SANDBOXER"
wait "$killer"
check "$WHO: kill is answered ($(cat "$T/kill.code"))" \
    test -s "$T/kill.code"
check "$WHO: the session has ended" await "$ID" 5
check "$WHO: nothing is left" wait_for 10 nothing_left
check "$WHO: another serves" recovers
WHO=monitor
killing
kill -9 "$MONITOR"
wait "$killer"
refute "$WHO: kill fails" test "$(cat "$T/kill.code")" = 0
check "$WHO: everything ends" wait_for 10 nothing_lives
check "$WHO: a new daemon starts" revive

# stopping: a session, and a stop that waits for a sandboxer standing still.
stopping()
{
	stubborn
	kill -STOP "$SANDBOXER"
	{
		ringlet daemon stop >"$T/stop.out" 2>"$T/stop.err"
		echo $? >"$T/stop.code"
	} &
	stopper=$!
	wait_for 10 grep -q 'info: stopping' "$LOG" ||
		bail "a stop is under way"
}
stopped()
{
	wait "$stopper"
	check "stop, $WHO: everything ends" wait_for 10 nothing_lives
	: >"$LOG"
	check "stop, $WHO: a new daemon starts" revive
}
for WHO in SANDBOXER RINGLETD AGENT INIT BWRAP MONITOR; do
	stopping
	# ringletd may have ended already: a stop tells it first.
	eval "kill -9 \$$WHO" 2>/dev/null
	# Where it was not that one, the rest of the stop may go on.
	[ "$WHO" = SANDBOXER ] || kill -CONT "$SANDBOXER" 2>/dev/null
	stopped
	[ "$WHO" = MONITOR ] ||
		is "stop, $WHO: stop says done" "$(cat "$T/stop.code")" 0
done
WHO='nobody, but the sandboxer stands still'
stopping
stopped
is "stop, $WHO: stop says done" "$(cat "$T/stop.code")" 0
check "and all works" works
done_testing
