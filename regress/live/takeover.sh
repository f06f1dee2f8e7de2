# `daemon restart` executes the installed monitor in place: sessions, whoever watches them, port, token and lock stay.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

value()
{
	ringlet --json daemon status | json data "$1"
}

public_key()
{
	api GET /api/keychain/public-key >/dev/null
	cat "$T/body"
}

start_daemon
shell_profile work
session work -C "$WORK" -- -c 'echo long gone; exit 9'
OLD=$ID
await "$OLD" || bail "a short session ends"
# shellcheck disable=SC2016  # for the shell inside
session work -C "$WORK" -- -c \
    'i=0; while read -r x; do echo "line:$i:$x"; i=$((i+1)); done; exit 6'
mkfifo "$T/in"
(
	ringlet terminal attach "$ID" <"$T/in" >"$T/seen" 2>"$T/attach.err"
	echo $? >"$T/attached"
) &
at_end $!
exec 7>"$T/in"
echo before >&7
check "what is typed is seen" wait_for 20 grep -q 'line:0:before' "$T/seen"

monitor=$MONITOR sandboxer=$SANDBOXER front=$RINGLETD address=$ADDRESS
token=$(cat "$TOKEN") pid=$(field "$ID" pid) key=$(public_key)
check "restart" ringlet daemon restart
daemon_facts
is "the process is the same" "$MONITOR" "$monitor"
is "so is the sandboxer" "$SANDBOXER" "$sandboxer"
refute "ringletd is another" test "$RINGLETD" = "$front"
is "the address is the same" "$ADDRESS" "$address"
is "the token is the same" "$(cat "$TOKEN")" "$token"
is "HTTP answers" "$(api GET /api/ping)" 200
is "keys can still be sealed to the same key" "$(public_key)" "$key"
is "the session runs" "$(field "$ID" state)" running
is "as the same process" "$(field "$ID" pid)" "$pid"
is "with its viewer" "$(field "$ID" client_count)" 1
is "the ended one says how it ended" "$(field "$OLD" exit_code)" 9
is "and can be read" "$(output "$OLD")" 'long gone'
status ringletd >/dev/null
like "the lock is held" "$(cat "$T/err")" "already running as pid $monitor"

echo after >&7
check "the viewer goes on" wait_for 20 grep -q 'line:1:after' "$T/seen"
is "and neither lost nor doubled a line" "$(grep -c '^line:' "$T/seen")" 2
check "restart again" ringlet daemon restart
echo again >&7
check "and again it goes on" wait_for 20 grep -q 'line:2:again' "$T/seen"
ran()
{
	session work -C "$WORK" -- -c 'exit 8' && await "$ID" &&
	    [ "$(field "$ID" exit_code)" = 8 ]
}
live=$ID
check "a new session runs in the old sandboxer" ran
check "kill ends what was there before" ringlet terminal kill "$live"
check "and its viewer is told" wait_for 20 test -s "$T/attached"
exec 7>&-

check "without a session" ringlet daemon restart
refute "the sandboxer is replaced too" test "$(value sandboxer_pid)" = \
    "$sandboxer"

# What cannot take over is refused, and all goes on.
session work -C "$WORK" -- -c 'read x; exit 4'
cp "$CONF" "$T/conf"
echo 'Nonsense yes' >>"$CONF"
is "wrong settings are refused" "$(status ringlet daemon restart)" 1
like "and named" "$(cat "$T/err")" 'ringlet.conf line 3'
cp "$T/conf" "$CONF"
chmod 644 "$TOKEN"
is "a token file that others can read is refused" \
    "$(status ringlet daemon restart)" 1
chmod 600 "$TOKEN"
is "the monitor is the same" "$(value pid)" "$monitor"
is "and so is the session" "$(field "$ID" state)" running
check "then it works" ringlet daemon restart
is "with the session" "$(field "$ID" state)" running

# Several at once, which all have connected before the first is read.
sockets()
{
	grep -c "$RINGLET_RUNTIME_DIR/control.sock" /proc/net/unix
}
connected()
{
	[ "$(sockets)" -ge "$1" ]
}
wanted=$(($(sockets) + 6)) restarts=
kill -STOP "$monitor"
for n in 1 2 3 4 5 6; do
	ringlet daemon restart >"$T/restart.$n" 2>&1 &
	restarts="$restarts $!"
done
check "six restarts are asked for" wait_for 20 connected "$wanted"
kill -CONT "$monitor"
ended=
for pid in $restarts; do
	wait "$pid"
	ended="$ended $?"
done
cat "$T"/restart.*
is "all of them end well" "$ended" " 0 0 0 0 0 0"
is "each tells of a daemon" "$(cat "$T"/restart.* |
    grep -c "the daemon serves as process $monitor,")" 6
is "the session goes on" "$(field "$ID" state)" running

# One that waits in vain for a call that is under way.
kills()
{
	[ "$(grep -c 'ringlet-sandboxer <- JAIL_KILL' "$LOG")" -gt "$killed" ]
}
killed=$(grep -c 'ringlet-sandboxer <- JAIL_KILL' "$LOG")
kill -STOP "$(value sandboxer_pid)"
stopped=$(value sandboxer_pid)
ringlet terminal kill "$ID" >/dev/null 2>&1 &
at_end $!
wait_for 10 kills || bail "a call is under way"
asked()
{
	[ "$(grep -c 'ringlet -> RESTART' "$LOG")" -gt "$1" ]
}
restarts=$(grep -c 'ringlet -> RESTART' "$LOG")
ringlet daemon restart >"$T/first" 2>&1 &
first=$!
wait_for 10 asked "$restarts" || bail "a restart waits"
is "a restart does not wait for ever" "$(status ringlet daemon restart)" 1
wait $first
is "nor does the one that it waits for" $? 1
is "both are told the same" "$(cat "$T/err")" "$(cat "$T/first")"
like "which is why" "$(cat "$T/err")" 'requests are still under way'
kill -CONT "$stopped"
like "and that it was none is in the audit log" \
    "$(ringlet -q audit show --event daemon.restart -n 1)" \
    'daemon.restart +failed .*requests are still under way'
done_testing
