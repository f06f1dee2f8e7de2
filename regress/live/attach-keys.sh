# On a terminal, attach knows its escapes, survives being stopped, and leaves the terminal as it was whatever ends it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile keys
start_daemon

# A session that draws: what it switches on is switched off when we leave.
session keys -C "$WORK" -- -c \
    'printf "\033[?1049h\033[?25l\033[?2004h\033[31mdrawn"; cat'
on_tty --out "$T/out" expect drawn send '~.' wait x \
    -- ringlet terminal attach "$ID"
is "leaving is no error" $? 0
after=$(sed 's/.*drawn//' "$T/out" | od -An -c | tr -d ' \n')
like "it leaves the alternate screen" "$after" '033\[\?(1049|1047)l'
for mode in '033\[?25h' '033\[?2004l' '033\[0m'; do
	like "it sends $mode" "$after" "$(printf %s "$mode" |
	    sed 's/[[?]/\\&/g; s/\\\\/\\/g')"
done

# Escapes at the beginning of a line, and nowhere else.
session keys -C "$WORK" -- -c 'stty -echo; echo ready; while read -r x; do
    echo "got<$x>"; done'
on_tty --out "$T/out" expect ready send '~?' expect 'leaves it running' \
    send 'a~.\r' expect 'got<a~\.>' send '~~.\r' expect 'got<~\.>' \
    send '~x\r' expect 'got<~x>' send '~' send 'd' wait x \
    -- ringlet terminal attach "$ID"
is "escapes are taken at line start alone" $? 0

# A viewer that is stopped, as by a shell's job control, and goes on.
# shellcheck disable=SC2016
on_tty --out "$T/out" expect ready -- bash -c '
	set -m
	when_raw() {
		until stty -a | grep -q -e -icanon; do sleep 0.05; done
		kill "$1" $viewer
	}
	before=$(stty -g)
	ringlet terminal attach "$0" & viewer=$!
	when_raw -TSTP &
	fg %1
	test "$before" = "$(stty -g)" && echo "same while stopped"
	when_raw -TERM &
	fg %1
	echo "status:$?"
	test "$before" = "$(stty -g)" && echo "same after a signal"' "$ID"
like "stopped, it gives the terminal back" "$(cat "$T/out")" \
    'same while stopped'
like "a signal ends it" "$(cat "$T/out")" 'status:143'
like "and the terminal is as it was" "$(cat "$T/out")" 'same after a signal'
is "the session went on" "$(field "$ID" state)" running

# The same by an escape, from where no ^Z gets through; the screen comes back.
# shellcheck disable=SC2016
on_tty --out "$T/out" expect ready send '~' send '\x1a' expect 'stopped:same' \
    expect ready send '~.' wait x -- bash -c '
	set -m
	before=$(stty -g)
	ringlet terminal attach "$0"
	test "$before" = "$(stty -g)" && echo "stopped:same"
	fg %1' "$ID"
is "~^Z stops it, and fg shows it again" $? 0
is "the session never noticed" "$(field "$ID" state)" running

# A crash of its own; what it was to write cannot be written.
# shellcheck disable=SC2016
on_tty --out "$T/out" expect ready wait x -- bash -c '
	before=$(stty -g)
	(
		until stty -a </dev/tty | grep -q -e -icanon; do
			sleep 0.05
		done
		pkill -ABRT -P $$ -x ringlet
	) &
	ringlet terminal attach "$0"
	test "$before" = "$(stty -g)"' "$ID" 2>/dev/null
is "after a crash the terminal is as it was" $? 0
# shellcheck disable=SC2016
on_tty --out "$T/out" expect 'said:1' wait x -- bash -c '
	before=$(stty -g)
	ringlet terminal attach "$0" >/dev/full
	echo "said:$?"
	test "$before" = "$(stty -g)"' "$ID"
is "and so it is when output cannot be written" $? 0

on_tty --out "$T/out" expect ready send '\x03' wait x \
    -- ringlet terminal attach --read-only "$ID"
is "^C leaves where nothing can be typed" $? 130
is "and does not reach the session" "$(field "$ID" state)" running

# The size that is asked for, and that of the terminal.
session keys -C "$WORK" --cols 111 --rows 33 -- -c 'stty size'
is "--cols and --rows are the agent's" "$(output "$ID")" '33 111'
on_tty --size 44x132 --out "$T/out" wait x -- sh -c \
    'ringlet profiles run keys --remote -C "$0" -- -c "stty size" \
    >"$1" 2>/dev/null' "$WORK" "$T/id"
is "else the terminal's" "$(output "$(tr -d '\r' <"$T/id")")" '44 132'
done_testing
