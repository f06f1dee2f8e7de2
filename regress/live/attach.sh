# On a terminal, attach types into a session, follows its size, detaches and comes back, and ends with the agent's status.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile term
session term -C "$WORK"
like "run prints the id alone" "$ID" '^[0-9a-f]{16}$'
is "list has it" "$(ringlet --json terminal list | json data 0 id)" "$ID"
is "it runs" "$(field "$ID" state)" running
like "info is for people too" "$(ringlet terminal info "$ID")" "$ID"
short=$(printf '%s' "$ID" | cut -c1-6)
is "a unique prefix will do" "$(field "$short" id)" "$ID"
is "a session that is not there is 4" \
    "$(status ringlet terminal info ffffffffffffffff)" 4

on_tty --size 31x97 --out "$T/one" expect '\$ ' \
    send 'echo "typed:$((40+2))"\r' expect 'typed:42' \
    send 'stty size\r' expect '31 97' \
    size 22x66 \
    send 'until stty size | grep "22 66"; do :; done; echo resized\r' \
    expect '22 66.*resized' expect '\$ ' send '\r' expect '\$ ' \
    send '~.' wait x -- ringlet terminal attach "$ID"
is "detaching by ~. is no error" $? 0
is "the session goes on" "$(field "$ID" state)" running
on_tty --out "$T/two" expect 'typed:42' send '\r~d' wait x \
    -- ringlet terminal attach "$ID"
is "coming back shows what was, and ~d detaches too" $? 0
# ^C reaches the program, not the session.  It is typed once attach has the
# terminal and the program runs: earlier it would be for attach or the shell.
# shellcheck disable=SC2016
on_tty --out "$T/three" expect 'typed:42' \
    send 'sh -c "echo up:$((1+1)); exec sleep 100"\r' expect 'up:2' \
    send '\x03' \
    expect '\^C.*\$ ' send 'echo "after:$((1+1))"\r' expect 'after:2' \
    send 'exit 7\r' wait x -- ringlet terminal attach "$ID"
is "attach ends with the agent's status" $? 7
is "and so does one that comes too late" \
    "$(status timeout 20 ringlet terminal attach "$ID")" 7

# A terminal is left as it was found.
session term -C "$WORK"
# shellcheck disable=SC2016
on_tty --out "$T/four" expect 'same terminal' -- sh -c '
	before=$(stty -g)
	(
		until ringlet --json terminal info "$0" |
		    grep -q "\"client_count\":1"; do :; done
		ringlet terminal kill "$0" >/dev/null
	) &
	ringlet terminal attach "$0"
	test "$before" = "$(stty -g)" && echo "same terminal"' "$ID"
is "the terminal is left as it was found" $? 0

# Read-only, and --attach.
session term -C "$WORK" -- -c 'echo ready; read x; echo "read:$x"'
on_tty --timeout 10 --out "$T/five" expect ready send 'typed\r~.' wait x \
    -- ringlet terminal attach --read-only "$ID"
is "a read-only viewer can leave" $? 0
is "and typed nothing" "$(field "$ID" state)" running
ringlet terminal kill "$ID" >/dev/null
on_tty --out "$T/six" expect 'at once' wait x -- ringlet profiles run term \
    --remote --attach -C "$WORK" -- -c 'echo at once; exit 5'
is "run --remote --attach ends with the agent's status" $? 5
done_testing
