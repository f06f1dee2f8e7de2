# kill -9 of each process while a session streams: its viewer, the session and the daemon end or go on as README.privsep says.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

shell_profile work
start_daemon

# stream: a session that prints, with a viewer that sees it.
stream()
{
	# shellcheck disable=SC2016  # for the shell inside
	session work -C "$WORK" "$@" -- -c \
	    'i=0; while :; do i=$((i+1)); echo "n:$i"; sleep 0.02; done' \
	    "$MARK"
	viewer "$ID"
	sees n:5 || bail "a session streams"
	in_jail
}

# ends REASON SIGNAL: the session did, its viewer too, and all of it is gone.
ends()
{
	check "$WHO: the session ends" await "$ID" 10
	is "$WHO: for this reason" "$(field "$ID" reason)" "$1"
	is "$WHO: by this signal" "$(field "$ID" signal)" "$2"
	check "$WHO: the viewer ends" wait_for 10 test -s "$T/viewer.code"
	check "$WHO: nothing is left" wait_for 10 nothing_left
	check "$WHO: the output can be read" grep -q n:5 "$T/seen"
}

WHO='agent'
stream
kill -9 "$AGENT"
ends exit 9
WHO='ringlet-jail-init'
stream
kill -9 "$INIT"
ends lost 9
WHO='bwrap'
stream
kill -9 "$BWRAP"
ends lost 9
is "the sandboxer is the same" "$(value sandboxer_pid)" "$SANDBOXER"

# Without a jail there is no pid namespace; the init is a subreaper instead.
WHO='ringlet-jail-init without a jail'
stream --no-sandbox
kill -9 "$BWRAP"
ends lost 9

WHO='ringlet-sandboxer'
stream
kill -9 "$SANDBOXER"
ends lost ''
check "$WHO: another serves" recovers
is "$WHO: ringletd is the same" "$(value restarts)" 1

WHO='ringletd'
stream
seen=$(wc -l <"$T/seen")
live=$ID old=$RINGLETD address=$ADDRESS
kill -9 "$RINGLETD"
check "$WHO: the viewer by the command goes on" \
    sees "n:$((seen + 50))"
check "$WHO: another serves" wait_for 20 answers
daemon_facts
refute "$WHO: (it is another)" test "$RINGLETD" = "$old"
is "$WHO: at the same address" "$ADDRESS" "$address"
is "$WHO: the session runs" "$(field "$live" state)" running
is "$WHO: the crash is counted" "$(value restarts)" 2
ringlet terminal kill "$live" >/dev/null
await "$live"

WHO='ringlet-monitor'
stream
kill -9 "$MONITOR"
check "$WHO: the viewer ends" wait_for 10 test -s "$T/viewer.code"
refute "$WHO: and fails" test "$(cat "$T/viewer.code")" = 0
check "$WHO: everything ends" wait_for 10 nothing_lives
is "$WHO: the command says that no daemon runs" \
    "$(status ringlet daemon status)" 3
check "$WHO: a new daemon starts" revive
check "$WHO: and works" works
done_testing
