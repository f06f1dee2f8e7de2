# What is missing for a moment ends no session: a child that cannot be started again is tried again; no file is lost to a ListenAddress.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

[ -n "${LIVE_LIBEXEC:-}" ] || skip_all "the programs are not in one folder"

# A folder of programs of our own, to take one away.
mkdir "$T/libexec"
for program in "$LIVE_LIBEXEC"/*; do
	ln -s "$program" "$T/libexec/"
done
RINGLET_LIBEXEC_DIR=$T/libexec
export RINGLET_LIBEXEC_DIR
shell_profile lasting
start_daemon
session lasting -C "$WORK" -- -c 'exec sleep 600'
mv "$T/libexec/ringletd" "$T/ringletd"
kill -9 "$RINGLETD"
noticed()
{
	grep -q 'ringletd: No such file.*trying again' "$LOG"
}
check "a program that is missing is noticed" wait_for 10 noticed
is "and the session goes on" "$(field "$ID" state)" running
mv "$T/ringletd" "$T/libexec/ringletd"
answers()
{
	[ "$(api GET /api/ping)" = 200 ]
}
check "once it is back it is started" wait_for 15 answers
is "by the same monitor" \
    "$(ringlet --json daemon status | json data pid)" "$MONITOR"

# Two want settings of their own, and have connected before either is heard.
sockets()
{
	grep -c "$RINGLET_RUNTIME_DIR/control.sock" /proc/net/unix
}
connected()
{
	[ "$(sockets)" -ge "$1" ]
}
wanted=$(($(sockets) + 2))
kill -STOP "$MONITOR"
for n in 1 2; do
	{
		ringlet daemon restart --force -o SessionKeep="${n}h" \
		    >"$T/forced.$n" 2>&1
		echo $? >"$T/forced.$n.code"
	} &
	at_end $!
done
check "two restarts with settings are asked for" \
    wait_for 20 connected "$wanted"
kill -CONT "$MONITOR"
told()
{
	[ -s "$T/forced.1.code" ] && [ -s "$T/forced.2.code" ]
}
check "both end" wait_for 60 told
cat "$T"/forced.?
is "one of them gets what it wants" \
    "$(cat "$T"/forced.?.code | grep -c '^0$')" 1
like "and the other is told" "$(cat "$T"/forced.?)" \
    'by another command|already running'
ringlet daemon stop

echo 'mine' >"$T/notes"
echo "ListenAddress $T/notes" >>"$CONF"
code=$(status timeout 20 ringletd)
check "a listener does not take a file's place ($code)" \
    test "$code" -ne 0 -a "$code" -ne 124
like "and says which" "$(cat "$T/err")" "$T/notes: Address already in use"
is "the file is as it was" "$(cat "$T/notes")" mine
done_testing
