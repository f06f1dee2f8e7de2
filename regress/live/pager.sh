# Long output goes through a pager where standard output is a terminal, and nowhere else; what takes long says what is waited for, and the line is gone afterwards; tables are cut to the terminal, data cannot drive it.
# shellcheck shell=sh disable=SC2016
. "${0%/*}/lib.sh"

start_daemon
i=0
while [ $((i += 1)) -le 30 ]; do
	shell_profile "profile-$i" --dry-run
	sed "s/@/profile-$i/" >"$RINGLET_CONFIG_DIR/profiles/profile-$i.json" \
	    <<-JSON
		{"damaged": "@"}
	JSON
done

# A pager that tells what it was given.
mkdir "$T/bin"
cat >"$T/bin/mypager" <<-PAGER
	#!/bin/sh
	echo "called \$*" >>'$T/called'
	echo "\$LESS" >'$T/less'
	cat >'$T/paged'
	echo PAGED
PAGER
chmod +x "$T/bin/mypager"

# shown ROWSxCOLS COMMAND...: on a terminal of that size, by env.
shown()
{
	size=$1
	shift
	rm -f "$T/called" "$T/paged"
	on_tty --size "$size" --out "$T/tty" wait x -- env "$@"
}

check "long output" shown 24x80 PAGER="$T/bin/mypager -x 'y z'" \
    ringlet profiles list
is "goes to the pager, by its words" "$(cat "$T/called")" "called -x 'y z'"
check "which gets all of it" test "$(grep -c profile- <"$T/paged")" -eq 30
check "in colour" grep -q "$(printf '\033')" "$T/paged"
check "and prints to the terminal" grep -q PAGED "$T/tty"
check "without LESS" shown 24x80 -u LESS PAGER="$T/bin/mypager" \
    ringlet profiles list
is "it is told what passes colours on" "$(cat "$T/less")" FRX
check "with LESS" shown 24x80 LESS=i PAGER="$T/bin/mypager" \
    ringlet profiles list
is "it has the user's" "$(cat "$T/less")" i
check "RINGLET_PAGER goes before" shown 24x80 PAGER=/nowhere \
    RINGLET_PAGER="$T/bin/mypager" ringlet profiles list
check "(it was called)" test -s "$T/called"
check "help is long, too" shown 24x80 PAGER="$T/bin/mypager" ringlet help
check "(it was called)" test -s "$T/called"

plain()
{
	what=$1
	shift
	check "$what" shown "$@"
	refute "$what: no pager" test -e "$T/called"
	check "$what: all is there" grep -q 'profile-30' "$T/tty"
}
plain "--no-pager" 24x80 PAGER="$T/bin/mypager" \
    ringlet --no-pager profiles list
plain "--no-pager behind" 24x80 PAGER="$T/bin/mypager" \
    ringlet profiles list --no-pager
plain "output that fits" 50x80 PAGER="$T/bin/mypager" ringlet profiles list
plain "JSON" 24x80 PAGER="$T/bin/mypager" ringlet --json profiles list
plain "an empty PAGER" 24x80 PAGER= ringlet profiles list
plain "cat" 24x80 PAGER=cat ringlet profiles list
plain "a pager that is not there" 24x80 PAGER="$T/none" ringlet profiles list
plain "a terminal that knows only lines" 24x80 TERM=dumb \
    PAGER="$T/bin/mypager" ringlet profiles list
refute "(nor colour)" grep -q "$(printf '\033')" "$T/tty"
PAGER="$T/bin/mypager" ringlet profiles list >"$T/out"
refute "a pipe has no pager" test -e "$T/called"
is "a failure goes on" "$(PAGER=$T/bin/mypager on_tty --out "$T/tty" \
    wait x -- ringlet profiles inspect nobody; echo $?)" 4
if [ -x /usr/bin/less ]; then
	rm -f "$T/called"
	check "less is the default" on_tty --size 10x80 --out "$T/tty" \
	    expect 'profile-1' send 'q' wait x -- \
	    env -u LESS ringlet profiles list
	refute "and shows a page" grep -q 'profile-9 ' "$T/tty"
else
	skip "less is not installed"
fi

# Names of others are data.
mkdir -p "$RINGLET_CONFIG_DIR/agents.d"
printf '{"name": "\\u001b[31mred"' >"$RINGLET_CONFIG_DIR/agents.d/evil.json"
check "data that is hostile" shown 8x80 PAGER="$T/bin/mypager" \
    NO_COLOR=1 ringlet agents list
refute "does not drive the pager" grep -q "$(printf '\033')" "$T/paged"

for command in 'agents list' 'providers list' 'profiles list' 'token list' \
    'policy show' 'aliases list' 'terminal list' 'audit show' 'daemon status'
do
	# shellcheck disable=SC2086
	shown 24x80 NO_COLOR=1 PAGER=cat ringlet $command
	tr -d '\r' <"$T/tty" >"$T/list"
	is "$command fits on a terminal" "$(LC_ALL=C.UTF-8 python3 -c '
import sys
print([l for l in open(sys.argv[1], encoding="utf-8").read().split("\n")
       if len(l) > 80 and ": " not in l])' "$T/list")" '[]'
	# shellcheck disable=SC2086
	ringlet $command >"$T/out"
	refute "$command: a pipe gets all of it" grep -q '…' "$T/out"
	refute "$command: without colour" grep -q "$(printf '\033')" "$T/out"
done
for command in $(ringlet --json help | python3 -c '
import json, sys
for c in json.load(sys.stdin)["data"]["commands"]:
    print(c["command"].replace(" ", "+"))'); do
	# shellcheck disable=SC2046
	ringlet help $(echo "$command" | tr + ' ') >"$T/out"
	is "help of $command fits" "$(awk 'length > 80' "$T/out")" ''
	check "and has an example" grep -q "^  ringlet ${command%%+*}" "$T/out"
done

# A daemon that stands still: what is waited for shows, and is gone after.
kill -STOP "$MONITOR"
go_on()
{
	wait_for 20 grep -q 'waiting for' "$T/tty"
	kill -CONT "$MONITOR"
}
go_on &
at_end $!
check "what takes long" on_tty --timeout 40 --out "$T/tty" \
    wait x -- ringlet terminal list
check "says what is waited for" grep -q \
    'ringlet: waiting for the daemon to answer ([0-9]*s)' "$T/tty"
check "and takes it away" grep -q "$(printf '\r\033\[K.*ID')" "$T/tty"
done_testing
