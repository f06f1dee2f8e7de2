# kill -9 at any moment while a jail is built: the session starts whole or not at all, and no half-built jail stays.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

ROUNDS=${KILL_ROUNDS:-5}
shell_profile work
start_daemon

# build: a session is asked for, in the background.
build()
{
	rm -f "$T/run.code"
	{
		ringlet profiles run work --remote -C "$WORK" -- \
		    -c 'exec sleep 300' "$MARK" >"$T/run.out" 2>"$T/run.err"
		echo $? >"$T/run.code"
	} &
	asker=$!
}

# bwrap_there: wait for the sandboxer's child, by builtins alone; sets BWRAP.
bwrap_there()
{
	BWRAP='' rounds=0
	while [ -z "$BWRAP" ] && [ $rounds -lt 200000 ]; do
		read -r BWRAP rest \
		    <"/proc/$SANDBOXER/task/$SANDBOXER/children"
		rounds=$((rounds + 1))
	done
	[ -n "$BWRAP" ]
}

# settled: what came of it: a session, which is ended, or an error.
settled()
{
	wait "$asker"
	if [ "$(cat "$T/run.code")" = 0 ]; then
		late=$((late + 1))
		await "$(cat "$T/run.out")" 10 || wrong="$wrong alive"
	else
		early=$((early + 1))
		grep -q '^ringlet: ..' "$T/run.err" || wrong="$wrong silent"
	fi
	wait_for 10 nothing_left || wrong="$wrong left:$(strays)"
}

# rounds WHO: kill WHO at a random moment of a build, some times over.
rounds()
{
	early=0 late=0 wrong='' n=0
	while [ $n -lt "$ROUNDS" ]; do
		n=$((n + 1))
		build
		bwrap_there || { wrong="$wrong no-bwrap"; break; }
		dither 20000
		case $1 in
		bwrap) kill -9 "$BWRAP" 2>/dev/null ;;
		ringlet-jail-init)
			INIT=''
			read -r INIT rest 2>/dev/null \
			    <"/proc/$BWRAP/task/$BWRAP/children"
			kill -9 "${INIT:-$BWRAP}" 2>/dev/null ;;
		ringlet-sandboxer) kill -9 "$SANDBOXER" ;;
		esac
		settled
		if [ "$1" = ringlet-sandboxer ]; then
			recovers || wrong="$wrong dead"
		fi
	done
	echo "figure $1: $early refused, $late started and ended"
	is "$1: each build starts whole or fails with words" "$wrong" ''
	check "$1: sessions can be started" works
}
rounds bwrap
rounds ringlet-jail-init
rounds ringlet-sandboxer

# Held between fork and exec of bwrap, or soon after.
build
bwrap_there
kill -STOP "$BWRAP"
kill -9 "$SANDBOXER"
wait "$asker"
kill -CONT "$BWRAP"
check "the sandboxer, with bwrap held: nothing is left" \
    wait_for 10 nothing_left
check "another serves" recovers

# ringletd has no part in it.
build
bwrap_there
kill -9 "$RINGLETD"
wait "$asker"
is "ringletd: the session starts" "$(cat "$T/run.code")" 0
ringlet terminal kill "$(cat "$T/run.out")" >/dev/null
check "ringletd: it serves again" recovers

wrong='' n=0
while [ $n -lt "$ROUNDS" ]; do
	n=$((n + 1))
	build
	bwrap_there || wrong="$wrong no-bwrap"
	dither 20000
	kill -9 "$MONITOR"
	wait "$asker"
	wait_for 10 nothing_lives || wrong="$wrong left:$(strays)"
	revive || wrong="$wrong dead"
done
is "monitor: everything ends, each time" "$wrong" ''
check "monitor: a new daemon works" works
done_testing
