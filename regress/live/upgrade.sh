# A build of another version takes over a running session and its viewer; what cannot take over is refused, clearly, and changes nothing.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

own_programs
NEXT=99.0-next
next=$LIVE_FAKE/next
shell_profile work
start_daemon
now=$(value version)
refute "the other build has another version" test "$now" = "$NEXT"
# shellcheck disable=SC2016  # for the shell inside
session work -C "$WORK" -- -c \
    'i=0; while read -r x; do i=$((i+1)); echo "line:$i:$x"; done' "$MARK"
mkfifo "$T/in"
(
	ringlet terminal attach "$ID" <"$T/in" >"$T/seen" 2>"$T/attach.err"
	echo $? >"$T/attached"
) &
at_end $!
exec 7>"$T/in"
echo one >&7
check "a viewer types and sees" sees line:1:one
live=$ID pid=$(field "$ID" pid)

# refused WHAT PATTERN: the restart says it, and nothing has changed.
refused()
{
	was="$MONITOR $SANDBOXER $RINGLETD $now"
	is "$1 is refused" "$(status ringlet daemon restart)" 1
	like "and it says why" "$(cat "$T/err")" "$2"
	daemon_facts
	is "and nothing has changed" \
	    "$MONITOR $SANDBOXER $RINGLETD $(value version)" "$was"
	is "the session runs on" "$(field "$live" pid)" "$pid"
}

# answers_Q TEXT: an installed monitor that says it to -Q.
answers_Q()
{
	stand_in ringlet-monitor "printf '%s\\n' '$1' '$2'"
}
own=$("$LIVE_LIBEXEC/ringlet-monitor" -Q | tail -n 1)
other=$(echo "$own" | sed 's/protocol [0-9]*/&7/')
answers_Q "ringlet-monitor 7.7" "$other"
refused "a monitor of other messages" '7\.7.*cannot take over from version'
other=$(echo "$own" | sed 's/handover [0-9]*/&7/')
answers_Q "ringlet-monitor 7.8" "$other"
refused "one that is handed over to otherwise" '7\.8.*cannot take over'
like "which names the way out" "$(cat "$T/err")" 'restart --force'
answers_Q "" ""
refused "one that says nothing" 'ringlet-monitor.*cannot take over'
# shellcheck disable=SC2016
stand_in ringlet-monitor 'kill -SEGV $$'
refused "one that crashes" 'ringlet-monitor: it was killed by signal 11'
stand_in ringlet-monitor 'echo is this a library >&2; exit 127'
refused "one that fails" 'ringlet-monitor: is this a library'
stand_in ringlet-monitor 'exit 3'
refused "one that fails without a word" 'ringlet-monitor: .*status 3'
stand_in ringlet-monitor 'exec sleep 300'
refused "one that hangs" 'ringlet-monitor: it did not answer within 5 s'
stand_in ringlet-monitor 'sleep 300 & exit 0'
refused "one that leaves its output open" 'did not answer within 5 s'
refute "(the test sees what it left)" nothing_left
for left in $(strays); do
	kill -9 "$left"
done
chmod 644 "$PROGRAMS/ringlet-monitor"
refused "one that may not be executed" 'ringlet-monitor: Permission denied'
rm "$PROGRAMS/ringlet-monitor"
refused "one that is missing" 'ringlet-monitor: No such file'

# The upgrade: all programs, in the order in which a packager may put them.
was="$MONITOR $SANDBOXER"
for program in ringletd ringlet-sandboxer; do
	cp "$next/$program" "$T/new"
	mv -f "$T/new" "$PROGRAMS/$program"
done
kill -9 "$RINGLETD"
trouble()
{
	value trouble | grep -q "$1"
}
check "while it is half done, ringletd is refused and status says why" \
    wait_for 20 trouble "ringletd.*version $NEXT, the monitor of $now"
is "the session runs on" "$(field "$live" pid)" "$pid"
cp "$next/ringlet-monitor" "$T/new"
mv -f "$T/new" "$PROGRAMS/ringlet-monitor"
check "then restart takes it over" ringlet daemon restart
daemon_facts
is "the version is the new one" "$(value version)" "$NEXT"
is "monitor and sandboxer are the same processes" \
    "$MONITOR $SANDBOXER" "$was"
check "ringletd serves" wait_for 20 answers
is "and is the new one" "$(json version <"$T/body" 2>/dev/null ||
    json data version <"$T/body")" "$NEXT"
is "nothing is in trouble" "$(value trouble)" '[]'
is "the session runs as the same process" "$(field "$live" pid)" "$pid"
echo two >&7
check "and its viewer goes on" sees line:2:two
check "the old sandboxer starts sessions for the new monitor" works

# Its sandboxer dies: the one that follows is of the new build.
kill -9 "$SANDBOXER"
await "$live" || not_ok "the session ends with its sandboxer"
is "and says so" "$(field "$live" reason)" lost
check "a sandboxer of the new build serves" recovers
exec 7>&-

# Back again, but ringletd was forgotten: the session lives, and it is told.
session work -C "$WORK" -- -c 'read x; exit 4' "$MARK"
put_back ringlet-monitor
put_back ringlet-sandboxer
status ringlet daemon restart >/dev/null
check "a monitor whose ringletd is of another build can be asked" \
    wait_for 20 trouble "ringletd.*version $NEXT, the monitor of $now"
is "the session runs" "$(field "$ID" state)" running
put_back ringletd
check "once ringletd fits, it serves" wait_for 20 answers
is "and nothing is in trouble" "$(value trouble)" '[]'
is "the session still runs" "$(field "$ID" state)" running
ringlet terminal kill "$ID" >/dev/null
check "and ends when it is told to" await "$ID"
check "and nothing is left" wait_for 10 nothing_left
done_testing
