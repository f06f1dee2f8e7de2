# `daemon stop` lets agents take their leave and waits for them, not for ever; SIGTERM ends a daemon whose restart waits.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

echo 'KillGrace 25s' >>"$CONF"
shell_profile work
start_daemon

stop()
{
	ringlet daemon stop >"$T/stop.out" 2>"$T/stop.err"
	echo $? >"$T/stop.code"
}
# again: what the last daemon said is no answer for the next.
again()
{
	: >"$LOG"
	revive
}

# shellcheck disable=SC2016
session work -C "$WORK" -- -c \
    'trap "echo saved >leave; echo bye; exit 3" TERM
    echo up; while :; do sleep 0.1; done' "$MARK"
viewer "$ID"
sees up || bail "a session runs"
stop
is "stop says done" "$(cat "$T/stop.code")" 0
is "the agent was asked to end, and had the time" \
    "$(cat "$WORK/leave")" saved
check "its viewer saw it" sees bye
check "everything ends" wait_for 10 nothing_lives
refute "and nothing had to be killed for it" grep -q 'killing them' "$LOG"

# What a service manager and a shutdown of the machine say.
check "a new daemon starts" again
rm "$WORK/leave"
# shellcheck disable=SC2016
session work -C "$WORK" -- -c \
    'trap "echo saved >leave; exit 3" TERM
    echo up; while :; do sleep 0.1; done' "$MARK"
viewer "$ID"
sees up || bail "another session runs"
kill -TERM "$MONITOR"
check "SIGTERM: everything ends" wait_for 10 nothing_lives
is "the agent was asked to end, and had the time" \
    "$(cat "$WORK/leave")" saved
refute "and nothing had to be killed for it, either" \
    grep -q 'killing them' "$LOG"

check "a new daemon starts" again
session work -C "$WORK" -- -c \
    'trap "echo asked" TERM; echo up; while :; do sleep 0.1; done' "$MARK"
viewer "$ID"
sees up || bail "a stubborn session runs"
stop &
stopper=$!
sees asked || bail "a stop is under way"
refute "meanwhile no session starts" \
    ringlet profiles run work --remote -- -c : 2>"$T/err"
like "and that is said" "$(cat "$T/err")" 'not running|stopping'
wait $stopper
is "one that does not end: stop says done" "$(cat "$T/stop.code")" 0
check "everything ends" wait_for 10 nothing_lives
check "after less than KillGrace" grep -q 'its grace is over' "$LOG"
refute "the daemons ended by themselves" grep -q 'killing them' "$LOG"

# A restart that waits for a call to a sandboxer standing still.
check "a new daemon starts" again
session work -C "$WORK" -- -c 'read -r x' "$MARK"
kill -STOP "$SANDBOXER"
ringlet terminal kill "$ID" >"$T/kill.out" 2>&1 &
killer=$!
wait_for 10 grep -q 'ringlet-sandboxer <- JAIL_KILL' "$LOG" ||
	bail "a call is under way"
{
	ringlet daemon restart >"$T/restart.out" 2>&1
	echo $? >"$T/restart.code"
} &
restarter=$!
wait_for 10 grep -q 'ringlet -> RESTART' "$LOG" ||
	bail "a restart is under way"
# The stop is held by ringletd while nothing holds the restart any more.
kill -STOP "$RINGLETD"
kill -TERM "$MONITOR"
wait_for 10 grep -q 'info: stopping' "$LOG" || bail "SIGTERM is heard"
kill -CONT "$SANDBOXER"
refute "SIGTERM: nothing is executed" \
    wait_for 2 grep -q 'info: executing' "$LOG"
kill -CONT "$RINGLETD"
wait $restarter
wait $killer
refute "SIGTERM: the restart fails" test "$(cat "$T/restart.code")" = 0
check "SIGTERM: everything ends" wait_for 10 nothing_lives
check "SIGTERM: a new daemon starts" again
check "and all works" works
done_testing
