# `aliases` makes a command of a profile's name: never over a file that is not ours, never through a link, and never one that hides another command or the agent.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

bin=$HOME/.local/bin
PATH=$bin:$PATH
umask 022
chmod go-w "$HOME"
# refused WHAT STATUS PATTERN ARGS...: install fails so, and says that.
refused()
{
	what=$1 code=$2 pattern=$3
	shift 3
	is "$what is refused" "$(status ringlet aliases install "$@")" "$code"
	like "(and that is said)" "$(cat "$T/err")" "$pattern"
}
# state ALIAS: as `aliases list` has it.
state()
{
	ringlet aliases list | awk -v a="$1" '$1 == a { print $2 }'
}

mkdir -p "$bin"
for name in work ls claude codex cd ringlet hidden taken; do
	shell_profile "$name"
done
is "a shim is installed" "$(status ringlet aliases install work)" 0
is "its name is printed" "$(cat "$T/out")" "$bin/work"
refute "and nothing else is said" test -s "$T/err"
is "it is a program" "$(stat -c %a "$bin/work")" 755
is "of one name" "$(stat -c %h "$bin/work")" 1
is "it runs the profile with its arguments" \
    "$(work -c 'echo "$#:$1:$HOME"' sh 'a  b')" \
    "1:a  b:$HOME/.shell-profiles/work"
is "and has its status" "$(status work -c 'exit 7')" 7
before=$(stat -c %i "$bin/work")
is "again is no error" "$(status ringlet aliases install work)" 0
is "and changes nothing" "$(stat -c %i "$bin/work")" "$before"
is "the list has it" "$(state work)" intact
is "and for programs" "$(ringlet --json aliases list |
    json data 0 state)" intact

refused "a profile that is not there" 4 'no profile' nobody
refused "no name of a profile" 2 'no profile.s name' ../work
refused "a command's name" 5 '/ls is a command already' ls
refused "an agent's program" 5 'program of the agent claude' claude
refused "an agent's that is not installed" 5 'of the agent codex' codex
refused "a word of the shell" 5 'word of the shell' cd
refused "Ringlet's own" 5 "Ringlet's own" ringlet
refute "none of them was made" sh -c "ls $bin | grep -v '^work$'"

# Files that are not ours.
echo mine >"$bin/taken"
refused "a file that is there" 1 'is not ours: it stays' taken
is "(it stays)" "$(cat "$bin/taken")" mine
rm "$bin/taken"
echo mine >"$T/victim"
ln -s "$T/victim" "$bin/taken"
refused "a link" 1 'is not ours' taken
is "(where it leads to stays)" "$(cat "$T/victim")" mine
rm "$bin/taken"
ln -s "$T/none" "$bin/taken"
refused "a link to nowhere" 1 'is not ours' taken
refute "(nothing is made there)" test -e "$T/none"
rm "$bin/taken"
cp "$bin/work" "$bin/taken"
refused "our mark in a file that we did not write" 1 'is not ours' taken
rm "$bin/taken"
refute "refusals leave nothing in the record" grep -q taken \
    "$RINGLET_STATE_DIR/aliases.json"

# Folders.
mkdir -m 775 "$HOME/open"
refused "a folder that others can write" 5 'written by others' taken \
    --bin-dir "$HOME/open"
mkdir "$HOME/open/bin"
refused "one in such a folder" 5 'open can be written by others' taken \
    --bin-dir "$HOME/open/bin"
mkdir "$HOME/other"
ln -s "$HOME/other" "$HOME/link"
refused "a link to a folder" 5 'is a link: name the folder itself' taken \
    --bin-dir "$HOME/link"
refused "a folder that is not there" 4 'none' taken --bin-dir "$HOME/none"
refused "a folder of the system" 5 'somebody else' taken --bin-dir /usr/bin
is "a folder that is not in PATH" \
    "$(status ringlet aliases install taken --bin-dir "$HOME/other")" 0
like "is told of" "$(cat "$T/err")" "other is not in PATH: put PATH=/.*/other:"
mkdir "$HOME/an other"
status ringlet aliases install hidden --bin-dir "$HOME/an other" >/dev/null
like "one with a blank is quoted as a shell wants it" "$(cat "$T/err")" \
    "put PATH='/.*/an other':.PATH into"
check "and can be uninstalled" ringlet aliases uninstall hidden
refused "the same in another folder" 1 'has a shim already' taken
is "(a quiet one tells nothing)" "$(status ringlet -q aliases install taken \
    --bin-dir "$HOME/other"; cat "$T/err")" 0

# PATH has another one before.
printf '#!/bin/sh\n' >"$HOME/other/hidden"
chmod 755 "$HOME/other/hidden"
is "a command that comes first does no harm" "$(PATH=$HOME/other:$PATH \
    status ringlet aliases install hidden)" 0
like "and that is said" "$(cat "$T/err")" \
    "other/hidden comes first in PATH"

# What somebody has changed is theirs.
echo '# more' >>"$bin/work"
is "a changed one is told of" "$(state work)" changed
refused "it is not replaced" 1 'not as it was installed' work
is "nor removed" "$(status ringlet aliases uninstall work)" 1
like "(and it is said)" "$(cat "$T/err")" 'it stays'
check "(it stays)" grep -q '# more' "$bin/work"
sed -i '$d' "$bin/work"
is "as it was, it is ours" "$(state work)" intact
is "it is removed" "$(status ringlet aliases uninstall work)" 0
refute "it is gone" test -e "$bin/work"
is "once" "$(status ringlet aliases uninstall work)" 4
like "(and says so)" "$(cat "$T/err")" "'work' has no shim"
ringlet aliases install work >/dev/null
rm "$bin/work"
is "one that is gone is told of" "$(state work)" gone
is "and installed again" "$(status ringlet aliases install work)" 0
is "(it is there)" "$(state work)" intact

# Its profile goes.
is "deleting a profile" "$(status ringlet profiles delete -y work)" 0
like "tells of its shim" "$(cat "$T/err")" "shim .*/work was removed"
refute "which is gone" test -e "$bin/work"
is "and forgotten" "$(state work)" ""
daemon_facts
api DELETE /api/profiles/taken >/dev/null
is "a profile deleted over HTTP leaves it" "$(state taken)" no-profile

# The record is damaged.
cp "$RINGLET_STATE_DIR/aliases.json" "$T/record"
echo '{' >"$RINGLET_STATE_DIR/aliases.json"
is "a damaged record is an error" "$(status ringlet aliases list)" 1
like "that names it" "$(cat "$T/err")" 'aliases.json: '
is "and nothing is removed by it" \
    "$(status ringlet aliases uninstall hidden)" 1
check "(it is there)" test -x "$bin/hidden"
cp "$T/record" "$RINGLET_STATE_DIR/aliases.json"

# Many at once: each is noted.
for i in 1 2 3 4 5 6; do shell_profile "many$i"; done
pids=
for i in 1 2 3 4 5 6; do
	ringlet aliases install "many$i" >/dev/null 2>&1 &
	pids="$pids $!"
done
# shellcheck disable=SC2086
wait $pids
is "many at once are all noted" \
    "$(ringlet aliases list | grep -c '^many.*intact')" 6

# A shim is never taken for an agent, whatever it is called.
cp "$bin/many1" "$bin/codex"
refute "a shim under an agent's name is no agent" sh -c \
    "ringlet agents list | grep -q '^codex .*yes'"
like "and it is said why" "$(ringlet profiles create codex c -p self \
    2>&1 </dev/null; ringlet profiles run c 2>&1)" \
    'is a shim of .ringlet aliases'
done_testing
