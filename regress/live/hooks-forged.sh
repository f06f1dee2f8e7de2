# What an agent can do to its own hooks: their reports are bounded and called the jail's word, what is executed cannot be exchanged, and a guard that cannot be found or reported holds the tool back.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

mkdir "$T/agents"
cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
PATH=$T/agents:$PATH
start_daemon
new_profile claude dev "" -p self --working-dir "$WORK"
home=$(ringlet --json profiles inspect dev | json data home)
ringlet -q hooks add dev PreToolUse '' 'echo guard; exit 2'
ringlet -q hooks add dev Stop '' 'sleep 300 & echo begun; wait' --timeout 3
ringlet -q hooks approve dev -y

# runs: how many entries of runs the log has, and how many reports were lost.
runs()
{
	ringlet --json audit show --event hook.run --object "$1" |
	    python3 -c '
import json, sys
all = json.load(sys.stdin)["data"]
print(sum("hook" in e for e in all), sum(int(e.get("lost", 0)) for e in all),
      all[-1]["outcome"] if all else "none")'
}

# --- a time-out ends the hook with all that it started ---
# shellcheck disable=SC2016
session dev -- fire Stop '' run 'ps -eo args | grep -c "^sleep 30[0]"'
output "$ID" >"$T/late"
is "a hook that takes too long is ended, and what it started" \
    "$(cat "$T/late")" 'Stop status 124
begun
0'
like "which is written down" "$(runs "$ID")" '^2 0 failed'

# --- forged reports ---
cat >"$WORK/forge.py" <<'FORGE'
import os, struct, sys
fd = os.open(os.environ["RINGLET_HOOK_REPORT"], os.O_WRONLY)
def record(magic=0x524a4831, event=1, index=0, phase=2, status=0):
    return struct.pack("<IIIIi32s", magic, event, index, phase, status,
                       b"\xee" * 32)
for bad in (record(magic=7), record(event=9), record(event=0),
            record(index=99), record(phase=0), record(phase=3),
            record(status=256), record(status=-1), b"x", b"x" * 4096,
            record()[:20]):
    os.write(fd, bad)
    os.write(fd, record(status=77))
for i in range(int(sys.argv[1])):
    os.write(fd, record())
FORGE
session dev -- run 'python3 forge.py 5000' fire PreToolUse Bash
output "$ID" >"$T/forged"
is "a hook still runs when the agent has filled the pipe" \
    "$(cat "$T/forged")" 'PreToolUse status 2
guard'
# shellcheck disable=SC2046  # two numbers and a word
set -- $(runs "$ID")
check "so many reports are taken, and no more ($1)" \
    test "$1" -ge 150 -a "$1" -le 400
check "the others are counted ($2)" test "$2" -ge 4000
ringlet --json audit show --event hook.run --object "$ID" >"$T/log"
is "those that are whole are among them, whatever was before" \
    "$(grep -o '"exit": *"77"' "$T/log" | wc -l)" 11
check "it is said to be the jail's word" grep -q '"says": *"the jail"' "$T/log"
is "the daemon and the sandboxer go on" \
    "$(ringlet --json daemon status | json data sandboxer_pid)" "$SANDBOXER"

# --- a daemon that is replaced meanwhile ---
session dev -- run 'until test -e go; do sleep 0.1; done' fire PreToolUse x
ringlet daemon restart >/dev/null 2>&1 || not_ok "the daemon is replaced"
touch "$WORK/go"
output "$ID" >/dev/null
is "reports of a session reach the next monitor" "$(runs "$ID")" '2 0 failed'

# --- what is executed ---
hash=$(ringlet --json hooks list dev | json data 0 hash)
cat >"$WORK/swap.sh" <<'SWAP'
(echo x >"$RINGLET_HOOKS/new") 2>/dev/null && echo "can make a hook"
for f in "$RINGLET_HOOKS"/* "$RINGLET_HOOK" "$RINGLET_HOOK_REPORT"; do
	rm -f "$f" 2>/dev/null && echo "can remove $f"
	mv "$f" "$f.old" 2>/dev/null && echo "can move $f"
done
for f in "$RINGLET_HOOKS"/* "$RINGLET_HOOK"; do
	(echo x >>"$f") 2>/dev/null && echo "can write $f"
done
mkdir fake
printf 'dev\0PreToolUse\0000\00060\0\0echo FORGED' >fake/$1
RINGLET_HOOKS=$PWD/fake "$RINGLET_HOOK" PreToolUse $1
echo "forged: $?"
RINGLET_HOOKS=$PWD/nothing "$RINGLET_HOOK" PreToolUse $1
echo "nothing: $?"
RINGLET_HOOK_REPORT=$PWD/nothing "$RINGLET_HOOK" PreToolUse $1
echo "unreported: $?"
RINGLET_HOOKS='' "$RINGLET_HOOK" Stop $1
echo "after: $?"
SWAP
session dev -- run "sh swap.sh $hash"
output "$ID" >"$T/swap"
refute "nothing of it can be exchanged in the jail" grep '^can ' "$T/swap"
refute "another text by that name is not run" grep -q FORGED "$T/swap"
for what in forged nothing unreported; do
	check "before a tool: $what holds it back" \
	    grep -qx "$what: 2" "$T/swap"
done
check "after one it is a failure" grep -qx 'after: 1' "$T/swap"

# --- links in the home ---
rm -rf "$home/.claude"
mkdir "$T/elsewhere"
echo '{"mine":1}' >"$T/elsewhere/settings.json"
ln -s "$T/elsewhere" "$home/.claude"
is "with a link where settings belong nothing starts" \
    "$(status ringlet profiles run dev --remote -- settings)" 5
is "and what it leads to stays" "$(cat "$T/elsewhere/settings.json")" \
    '{"mine":1}'
rm "$home/.claude"
mkdir "$home/.claude"
echo 'not JSON' >"$home/.claude/settings.json"
is "nor with settings that would keep hooks out" \
    "$(status ringlet profiles run dev --remote -- settings)" 1
rm "$home/.claude/settings.json"
echo '{"hooks":{"Stop":[{"hooks":[{"type":"command","command":"x"}]}]},"a":1}' \
    >"$home/.claude/settings.local.json"
session dev -- settings
like "local settings of the home have none either" "$(cat "$T/run.err")" \
    'put into ~/.claude/settings.local.json'
is "but for those what is there stays" \
    "$(python3 -c 'import json, sys; print(json.load(sys.stdin))' \
	<"$home/.claude/settings.local.json")" "{'a': 1}"

# --- variables that the agent has set for sessions to come ---
cat >"$home/.claude/settings.json" <<'SET'
{"env":{"RINGLET_HOOK":"/bin/true","LD_PRELOAD":"/nowhere.so","KEPT":"1","PATH":"/nowhere",
"CLAUDE_CODE_SHELL_PREFIX":"/bin/true"}}
SET
echo '{"env":{"RINGLET_HOOKS":"/nowhere"}}' >"$home/.claude/settings.local.json"
is "a guard stays one, whatever variables an agent's settings have" \
    "$(jailed dev -- fire PreToolUse '')" "PreToolUse status 2
guard"
like "which is told" "$(cat "$T/run.err")" \
    'left out: "env" in ~/.claude/settings.json: RINGLET_HOOK'
is "others stay" "$(json env KEPT <"$home/.claude/settings.json")" 1
refute "those do not" grep -Eq 'RINGLET_HOOK"|LD_PRELOAD|PATH|PREFIX' \
    "$home/.claude/settings.json"
refute "in the other file as well" grep -q RINGLET \
    "$home/.claude/settings.local.json"

# --- a profile without hooks: what we cannot read its agent can ---
new_profile claude bare "" -p self --working-dir "$WORK"
home=$(ringlet --json profiles inspect bare | json data home)
mkdir -p "$home/.claude"
HOOKS='"hooks":{"Stop":[{"hooks":[{"type":"command","command":"echo PLANTED"}]}]}'
python3 - "$home/.claude" "$HOOKS" <<-'PY'
	import sys
	def put(name, more):
	    with open(f"{sys.argv[1]}/{name}", "w") as file:
	        file.write("{" + sys.argv[2] + more + "}")
	put("deep", ',"a":' + "[" * 70 + "]" * 70)
	put("twice", ',"a":1,"a":2')
	put("many", ',"a":[' + "1," * 300000 + "1]")
	put("long", ',"a":"' + "x" * (33 << 20) + '"')
	put("linked", "")
PY
for file in settings.json settings.local.json; do
	for what in deep twice many long; do
		mv "$home/.claude/$what" "$home/.claude/$file"
		is "hooks that an agent hid in $file ($what) do not run" \
		    "$(ringlet profiles run bare --remote -- fire Stop '' 2>"$T/err")" ''
		like "as it is not started" "$(cat "$T/err")" \
		    "is not started.*\.claude/$file: "
		mv "$home/.claude/$file" "$home/.claude/$what"
	done
	ln -s linked "$home/.claude/$file"
	is "nor those that a link leads to" \
	    "$(status ringlet profiles run bare --remote -- fire Stop '')" 5
	rm "$home/.claude/$file"
done
session bare -- settings
is "it is, once that is gone" "$(field "$ID" sandboxed)" true
done_testing
