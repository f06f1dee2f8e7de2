# Whatever is said on the control socket, at worst that connection ends: the monitor and its daemons serve on.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile kept
start_daemon MaxSessions=4
session kept -C "$WORK" -- -c 'read x; echo "heard $x"; exit 4'

attack()
{
	"$LIVE_FAKE/hostile" control "$RINGLET_RUNTIME_DIR/control.sock"
}

# Each claim of it is a line of ours.
attack || LIVE_FAILED=1
# What a crowd or a queue takes stays with the C library: that is no growth.
attack >/dev/null || not_ok "the same goes for a second time"
holds "$MONITOR"
attack >/dev/null || not_ok "and for a third"
holds_no_more "the monitor" "$MONITOR"

# The folder keeps other users out; root, who gets in, is another user, too.
if [ -z "$LIVE_SCAN" ]; then
	skip "another user at the control socket: only root can be one"
else
	is "another user is turned away" "$(python3 "$LIVE_SRC/memscan" \
	    --knock "$LIVE_SCAN" "$RINGLET_RUNTIME_DIR/control.sock")" closed
	check "(the log says who)" grep -q 'turned away uid 0' "$LOG"
fi

check "the session that ran meanwhile is unharmed" \
    ws "/ws/terminal/$ID" --out "$T/seen" send 'still\r' expect "heard still"
await "$ID" || not_ok "and it ends"
is "with its own status" "$(field "$ID" exit_code)" 4
is "the profile is there" \
    "$(ringlet --json profiles list | json data 0 alias)" kept
is "there is no other" "$(ringlet --json profiles list | json data |
    tr , '\n' | grep -c '"alias"')" 1
daemon_before="$MONITOR $RINGLETD $SANDBOXER"
daemon_facts
is "monitor, ringletd and sandboxer are the same processes" \
    "$MONITOR $RINGLETD $SANDBOXER" "$daemon_before"
is "the log has no control characters" \
    "$(LC_ALL=C tr -d '\12\40-\176\200-\377' <"$LOG" | wc -c)" 0
check "(it has what was said)" grep -q 'closing a control connection' "$LOG"
done_testing
