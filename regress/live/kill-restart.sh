# kill -9 of each process while `daemon restart` is under way, held and at random moments: the daemon serves again or is gone, whole.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

ROUNDS=${KILL_ROUNDS:-8}
own_programs
shell_profile work
start_daemon

restart()
{
	rm -f "$T/restart.code"
	{
		ringlet daemon restart >"$T/restart.out" 2>&1
		echo $? >"$T/restart.code"
	} &
	restarter=$!
}

lasting()
{
	session work -C "$WORK" -- -c 'read -r x' "$MARK"
	live=$ID
}

# holding: a restart that waits for a call to a sandboxer standing still.
holding()
{
	lasting
	kill -STOP "$SANDBOXER"
	ringlet terminal kill "$live" >"$T/kill.out" 2>&1 &
	killer=$!
	wait_for 10 grep -q 'ringlet-sandboxer <- JAIL_KILL' "$LOG" ||
		bail "a call is under way"
	restart
	wait_for 10 grep -q 'ringlet -> RESTART' "$LOG" ||
		bail "a restart is under way"
}
over()
{
	wait "$restarter"
	wait "$killer"
	: >"$LOG"
}

WHO='sandboxer, held'
monitor=$MONITOR
holding
kill -9 "$SANDBOXER"
over
is "$WHO: the restart is done" "$(cat "$T/restart.code")" 0
check "$WHO: all serve" recovers
is "$WHO: the monitor is the same process" "$MONITOR" "$monitor"
is "$WHO: the session says how it ended" "$(field "$live" reason)" lost
check "$WHO: nothing is left" wait_for 10 nothing_left

WHO='ringletd, held'
holding
kill -9 "$RINGLETD"
kill -CONT "$SANDBOXER"
over
is "$WHO: the restart is done" "$(cat "$T/restart.code")" 0
check "$WHO: all serve" recovers
check "$WHO: nothing is left" wait_for 10 nothing_left

WHO='monitor, held'
holding
kill -9 "$MONITOR"
over
refute "$WHO: the restart fails" test "$(cat "$T/restart.code")" = 0
check "$WHO: everything ends" wait_for 10 nothing_lives
check "$WHO: a new daemon starts" revive

# between WHO PID: kill PID between the old program and the new one, by what
# stands in for the new one and becomes it.  A shell reaps whatever ends while
# it waits for a program: so it runs none.
between()
{
	lasting
	in_jail
	eval "victim=\$$1"
	stand_in ringlet-monitor "case \" \$* \" in
	*' -R '*)
		kill -9 $victim
		while read -r stat </proc/$victim/stat; do
			case \$stat in *') Z '*) break ;; esac
		done 2>/dev/null
	esac
	exec $LIVE_LIBEXEC/ringlet-monitor \"\$@\""
	restart
	wait "$restarter"
	put_back ringlet-monitor
}
WHO='sandboxer, between the programs'
monitor=$MONITOR sandboxer=$SANDBOXER
between SANDBOXER
is "$WHO: the restart is done" "$(cat "$T/restart.code")" 0
check "$WHO: all serve" recovers
refute "$WHO: (it is another)" test "$SANDBOXER" = "$sandboxer"
is "$WHO: the monitor is the same process" "$MONITOR" "$monitor"
is "$WHO: the session says how it ended" "$(field "$live" reason)" lost
check "$WHO: nothing is left" wait_for 10 nothing_left
WHO='agent, between the programs'
between AGENT
is "$WHO: the restart is done" "$(cat "$T/restart.code")" 0
check "$WHO: all serve" recovers
is "$WHO: the session says how it ended" "$(field "$live" signal)" 9
check "$WHO: nothing is left" wait_for 10 nothing_left
WHO='monitor, between the programs'
between MONITOR
# The command may have started a daemon by now: it is to leave one running.
check "$WHO: a new daemon starts" revive
check "$WHO: the old one is gone" gone "$monitor"
check "$WHO: nothing is left" wait_for 10 nothing_left

# Random moments, from the question to the installed program to the last step.
# rounds WHO
rounds()
{
	wrong='' done=0 n=0
	while [ $n -lt "$ROUNDS" ]; do
		n=$((n + 1))
		lasting
		in_jail
		restart
		dither 30000
		case $1 in
		sandboxer) kill -9 "$SANDBOXER" ;;
		ringletd) kill -9 "$RINGLETD" 2>/dev/null ;;
		agent) kill -9 "$AGENT" ;;
		monitor) kill -9 "$MONITOR" ;;
		esac
		wait "$restarter"
		[ "$(cat "$T/restart.code")" != 0 ] || done=$((done + 1))
		if [ "$1" = monitor ]; then
			old=$MONITOR
			revive || wrong="$wrong dead"
			gone "$old" || wrong="$wrong alive"
			wait_for 10 nothing_left || wrong="$wrong left"
			continue
		fi
		recovers || wrong="$wrong dead"
		[ "$MONITOR" = "$monitor" ] || wrong="$wrong other"
		if [ "$1" = ringletd ]; then
			[ "$(field "$live" state)" = running ] ||
				wrong="$wrong lost"
			ringlet terminal kill "$live" >/dev/null ||
				wrong="$wrong unkillable"
		fi
		await "$live" 10 || wrong="$wrong alive"
		wait_for 10 nothing_left || wrong="$wrong left:$(strays)"
	done
	echo "figure $1: $done of $n restarts were done"
	is "$1, at random: what was promised, each time" "$wrong" ''
}
monitor=$MONITOR
rounds sandboxer
rounds ringletd
rounds agent
rounds monitor
check "and all works" works
done_testing
