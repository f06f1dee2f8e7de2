# Kill ends a session and all it started, however stubborn or detached, and nothing outlives monitor or sandboxer.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# alive TAG: whether any process was started with tag-PID-TAG in its arguments.
# The pattern does not match grep's own.
alive()
{
	grep -qa "[t]ag-$$-$1" /proc/[0-9]*/cmdline 2>/dev/null
}
dead()
{
	! alive "$1"
}

echo 'KillGrace 500ms' >>"$CONF"
shell_profile mortal
start_daemon
cp "$LIVE_FAKE/fake-agent" "$WORK/"
run="exec ./fake-agent say"

session mortal -C "$WORK" -- -c "$run tag-$$-one orphan $WORK/pid stubborn"
check "a stubborn agent with an orphan runs" \
    ws "/ws/terminal/$ID" --out /dev/null expect stubborn
check "(it is seen)" alive one
code=$(status ringlet terminal kill "$ID")
is "kill says done" "$code" 0
check "all of it is gone" wait_for 10 dead one
await "$ID" || not_ok "the session ends"
is "the session says it was killed" "$(field "$ID" reason)" kill

session mortal -C "$WORK" -- -c "./fake-agent say tag-$$-two orphan $WORK/pid"
await "$ID" || not_ok "an agent that leaves an orphan ends"
check "its orphan goes with it" wait_for 10 dead two
is "it ended by itself" "$(field "$ID" exit_code)" 0

session mortal -C "$WORK" -- -c "$run tag-$$-three die 11"
await "$ID" || not_ok "an agent that crashes ends"
is "its signal is told" "$(field "$ID" signal)" 11

# An unjailed session is ended as well.
session mortal --no-sandbox -C "$WORK" -- -c "$run tag-$$-four stubborn"
check "an unjailed agent runs" \
    ws "/ws/terminal/$ID" --out /dev/null expect stubborn
ringlet terminal kill "$ID" >/dev/null
check "and is gone when killed" wait_for 20 dead four

# The sandboxer dies: its jails do, and their state says so.
session mortal -C "$WORK" -- -c "$run tag-$$-five stubborn"
check "an agent runs" ws "/ws/terminal/$ID" --out /dev/null expect stubborn
kill -9 "$SANDBOXER"
check "a killed sandboxer takes its jails along" wait_for 20 dead five
await "$ID" || not_ok "and the session ends"
is "with a reason" "$(field "$ID" reason)" lost
back()
{
	! ringlet --json daemon status | grep -q 'starts again\|is starting'
}
wait_for 20 back || not_ok "a new one is started"
daemon_facts
session mortal -C "$WORK" -- -c 'exit 9'
await "$ID" || not_ok "a session ends there"
is "a new one serves" "$(field "$ID" exit_code)" 9

# ringletd dies: sessions live, and the web comes back on the same port.
session mortal -C "$WORK" -- -c "$run tag-$$-six stubborn"
check "an agent runs" ws "/ws/terminal/$ID" --out /dev/null expect stubborn
address=$ADDRESS
kill -9 "$RINGLETD"
answers()
{
	[ "$(api GET /api/ping)" = 200 ]
}
check "ringletd comes back" wait_for 20 answers
daemon_facts
is "at the same address" "$ADDRESS" "$address"
is "and the session went on" "$(field "$ID" state)" running

# The monitor dies: everything does.
kill -9 "$MONITOR"
check "a killed monitor takes the jail along" wait_for 20 dead six
gone()
{
	! kill -0 "$RINGLETD" 2>/dev/null && ! kill -0 "$SANDBOXER" 2>/dev/null
}
check "and its two children" wait_for 20 gone
start_daemon
ok "a new daemon starts after that"
done_testing
