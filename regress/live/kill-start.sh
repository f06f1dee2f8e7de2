# kill -9 of each process before it is ready: at the first start that is told and nothing stays, later it is tried again with growing delay.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

own_programs
shell_profile work
ringlet daemon stop

# held: whether what stands in for a daemon runs; sets HELD to its pid.
held()
{
	MONITOR=$(cat "$RINGLET_RUNTIME_DIR/ringlet.lock")
	[ -n "$MONITOR" ] || return 1
	for HELD in $(children_of "$MONITOR"); do
		[ "$(tr '\0' ' ' <"/proc/$HELD/cmdline")" = "sleep 300 " ] &&
			return 0
	done
	return 1
}
# begin NAME: start a daemon whose NAME does not get ready.
begin()
{
	stand_in "$1" 'exec sleep 300'
	{
		ringlet daemon >"$T/daemon.out" 2>&1
		echo $? >"$T/daemon.code"
	} &
	starter=$!
	wait_for 20 held || bail "$1 is held before it is ready"
	put_back "$1"
}

for name in ringlet-sandboxer ringletd; do
	begin "$name"
	kill -9 "$HELD"
	wait "$starter"
	is "$name at the first start: it fails" "$(cat "$T/daemon.code")" 3
	like "$name at the first start: and says why" \
	    "$(cat "$T/daemon.out")" \
	    "$name was killed by signal 9 .*before it was ready"
	RINGLETD=0 SANDBOXER=0
	check "$name at the first start: nothing is left" \
	    wait_for 10 nothing_lives

	begin "$name"
	kill -9 "$MONITOR"
	wait "$starter"
	is "monitor while $name starts: it fails" "$(cat "$T/daemon.code")" 3
	check "monitor while $name starts: nothing is left" \
	    wait_for 10 nothing_lives
done
check "a daemon starts after all that" revive
check "and works" works

# Later, with a session: it depends on whose turn it is.
trouble()
{
	value trouble | grep -Eq "$1"
}
# again NAME PID: kill it, and hold its next start.
again()
{
	stand_in "$1" 'exec sleep 300'
	kill -9 "$2"
	wait_for 20 held || bail "$1 is held before it is ready"
}
session work -C "$WORK" -- -c 'read x; exit 4' "$MARK"
live=$ID
again ringletd "$RINGLETD"
check "ringletd later: status says that it is starting" trouble \
    'ringletd is starting; before, it was killed by signal 9.*\(1 restarts'
kill -9 "$HELD"
check "ringletd later: it is tried again" wait_for 10 held
kill -9 "$HELD"
check "ringletd later: and waited for longer" wait_for 10 trouble \
    'starts again in [0-9]+ ms \(3 restarts\)'
is "ringletd later: crashes are counted" "$(value restarts)" 3
put_back ringletd
check "ringletd later: it serves in the end" wait_for 20 answers
is "ringletd later: nothing is in trouble then" "$(value trouble)" '[]'
is "ringletd later: the session runs" "$(field "$live" state)" running

daemon_facts
again ringlet-sandboxer "$SANDBOXER"
await "$live" || not_ok "the session ends with its sandboxer"
is "sandboxer later: the session says so" "$(field "$live" reason)" lost
is "sandboxer later: none can be started" \
    "$(status ringlet profiles run work --remote)" 1
like "sandboxer later: and that is said" "$(cat "$T/err")" \
    'sandboxer is not running: try again'
put_back ringlet-sandboxer
kill -9 "$HELD"
check "sandboxer later: it serves in the end" recovers

# The monitor, while one is down.
daemon_facts
again ringletd "$RINGLETD"
kill -9 "$MONITOR"
check "monitor later: nothing is left" wait_for 10 nothing_lives
put_back ringletd
check "monitor later: a new one starts" revive
check "monitor later: and works" works
done_testing
