# kill -9 of each process while a token is judged, and while a key is read: whoever asked gets an answer or an end, and the rest goes on.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/kill-lib.sh"

key=$(canary request)
# A connection is not read before the monitor has said whose it is; here it is
# to stand still after that.
printf '%s\n' 'KeychainTimeout 25s' 'RequireSameUser no' >>"$CONF"
start_keyring
shell_profile work
start_daemon
new_profile shell keyed "$key" -p anthropic
session work -C "$WORK" -- -c 'while read -r x; do echo "$x"; done' "$MARK"
live=$ID

# A token is judged: the monitor stands still with the request in its queue.
ask()
{
	kill -STOP "$MONITOR"
	{
		api GET /api/terminal/sessions >"$T/answer" 2>/dev/null
		echo >"$T/answered"
	} &
	asker=$!
	# ringletd has read the request once its socket has nothing left.
	wait_for 20 requested || bail "a request is under way"
}
requested()
{
	port=$(printf '%04X' "${ADDRESS##*:}")
	grep -q "^ *[0-9]*: 0100007F:$port [0-9A-F]*:[0-9A-F]* 01 \
00000000:00000000" /proc/net/tcp
}
rest_goes_on()
{
	check "$WHO: all serve again" recovers
	is "$WHO: the session runs" "$(field "$live" state)" running
}

WHO='token, ringletd'
ask
kill -9 "$RINGLETD"
wait "$asker"
is "$WHO: the connection ends" "$(cat "$T/answer")" 000
kill -CONT "$MONITOR"
rest_goes_on
WHO='token, sandboxer'
other=$live
ask
kill -9 "$SANDBOXER"
kill -CONT "$MONITOR"
wait "$asker"
is "$WHO: the request is answered" "$(cat "$T/answer")" 200
await "$other" || not_ok "$WHO: the session ends"
check "$WHO: all serve again" recovers
WHO='token, monitor'
ask
kill -9 "$MONITOR"
wait "$asker"
# ringletd may have time for an answer before it is killed too.
like "$WHO: the connection ends, or says so" "$(cat "$T/answer")" \
    '^(000|503)$'
check "$WHO: everything ends" wait_for 10 nothing_lives
check "$WHO: a new daemon starts" revive
check "$WHO: and works" works

# A key is read: the keyring stands still, and its helper waits.
helper()
{
	for HELPER in $(children_of "$MONITOR"); do
		[ "$HELPER" = "$RINGLETD" ] || [ "$HELPER" = "$SANDBOXER" ] ||
			return 0
	done
	return 1
}
read_key()
{
	kill -STOP "$KEYRING"
	rm -f "$T/run.code"
	{
		ringlet profiles run keyed --remote -C "$WORK" -- \
		    -c 'read -r x' "$MARK" >"$T/run.out" 2>"$T/run.err"
		echo $? >"$T/run.code"
	} &
	asker=$!
	wait_for 20 helper || bail "a key is being read"
}
# starts: the run goes on once the key is there; the session is ended.
starts()
{
	kill -CONT "$KEYRING"
	wait "$asker"
	is "$WHO: the session starts" "$(cat "$T/run.code")" 0
	ringlet terminal kill "$(cat "$T/run.out")" >/dev/null
	check "$WHO: the helper is gone" wait_for 10 gone "$HELPER"
	check "$WHO: nothing is left" wait_for 10 nothing_left
}

session work -C "$WORK" -- -c 'read -r x' "$MARK"
live=$ID
WHO='key, ringlet-keychain'
read_key
kill -9 "$HELPER"
wait "$asker"
is "$WHO: the run fails" "$(cat "$T/run.code")" 1
like "$WHO: and says why" "$(cat "$T/run.err")" 'keychain'
is "$WHO: the session that ran goes on" "$(field "$live" state)" running
kill -CONT "$KEYRING"
ringlet terminal kill "$live" >/dev/null
await "$live"
WHO='key, ringletd'
read_key
kill -9 "$RINGLETD"
starts
check "$WHO: ringletd serves again" wait_for 20 answers
WHO='key, sandboxer'
daemon_facts
read_key
kill -9 "$SANDBOXER"
wait_for 20 gone "$SANDBOXER"
up()
{
	[ "$(value trouble)" = '[]' ]
}
wait_for 20 up || not_ok "$WHO: another serves"
daemon_facts
starts
WHO='key, monitor'
read_key
kill -9 "$MONITOR"
wait "$asker"
refute "$WHO: the run fails" test "$(cat "$T/run.code")" = 0
check "$WHO: the helper is gone" wait_for 10 gone "$HELPER"
check "$WHO: everything ends" wait_for 10 nothing_lives
kill -CONT "$KEYRING"
check "$WHO: a new daemon starts" revive
check "$WHO: and works" works
done_testing
