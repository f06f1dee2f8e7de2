# Real Claude Code in the jail fires an approved PreToolUse hook when the API calls a tool, obeys it, and fires no other hook.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

program=$LIVE_AGENTS/@anthropic-ai/claude-code-linux-x64/claude
[ -n "$LIVE_AGENTS" ] || skip_all "the npm packages are not installed"
[ -x "$program" ] || skip_all "there is no Claude Code for this machine"
start_keyring
key=$(canary claude)
start_api "$key" -r 'all done' \
    -u "Bash={\"command\":\"echo ran >>$WORK/tool\",\"description\":\"x\"}"
mkdir "$T/agents"
ln -s "$program" "$T/agents/claude"
PATH=$T/agents:$PATH
new_profile claude fake "$key" -p anthropic --endpoint "$API" \
    --working-dir "$WORK"
home=$(ringlet --json profiles inspect fake | json data home)

# turn [ARG]...: one prompt, to its end; "$T/reply" is what was printed.
turn()
{
	rm -f "$WORK/tool" "$WORK/event"
	session fake -- "$@" -p 'say hi' --allowed-tools Bash
	await "$ID" 60 || not_ok "it ends"
	output "$ID" >"$T/reply"
}

# Of what the agent is told, the hook's words are on standard error.
# shellcheck disable=SC2016
ringlet -q hooks add fake PreToolUse Bash \
    'cat >event; echo "not '"'today'"'" >&2; exit 2'
turn
check "before it is approved the tool runs" test -s "$WORK/tool"
refute "and the hook does not" test -e "$WORK/event"
ringlet -q hooks approve fake -y
turn
check "then the hook runs" test -s "$WORK/event"
is "with the event on its standard input" \
    "$(json hook_event_name <"$WORK/event")" PreToolUse
is "of that tool" "$(json tool_name <"$WORK/event")" Bash
refute "which it keeps from running" test -e "$WORK/tool"
like "the agent tells its model why" \
    "$(grep -F '"results": ["' "$API_LOG" | tail -n 1)" "not 'today'"
like "and goes on" "$(cat "$T/reply")" '^all done'
is "the session ends well" "$(field "$ID" exit_code)" 0
ringlet --json audit show --event hook.run >"$T/runs"
is "the run is in the audit log" "$(json data 0 object <"$T/runs")" "$ID"
is "with its status" "$(json data 1 exit <"$T/runs")" 2

# What a hook may say that lets the tool run.
ringlet -q hooks remove fake PreToolUse 0
ringlet -q hooks add fake PreToolUse 'Edit|Bash' 'cat >event'
ringlet -q hooks add fake PreToolUse Read 'touch other'
ringlet -q hooks add fake PostToolUse Bash 'echo post >>tool'
ringlet -q hooks add fake Stop '' 'echo stop >>tool'
ringlet -q hooks approve fake -y
# As the agent itself could: its next session must not have it.
python3 - "$home/.claude/settings.json" <<'PY'
import json, sys
s = json.load(open(sys.argv[1]))
s["hooks"]["PreToolUse"].append({"hooks": [
    {"type": "command", "command": "touch forged"}]})
s["disableAllHooks"] = True
json.dump(s, open(sys.argv[1], "w"))
PY
turn
check "one that allows it lets the tool run" grep -q ran "$WORK/tool"
check "others fire at their events" test \
    "$(sort "$WORK/tool" | tr '\n' ' ')" = 'post ran stop '
refute "but not for other tools" test -e "$WORK/other"
refute "nor what was put into the settings" test -e "$WORK/forged"
like "and what switched all of them off is taken out" "$(cat "$T/run.err")" \
    'left out: "disableAllHooks"'
# What the manual says of hooks in the working folder.
mkdir "$WORK/.claude"
echo '{"hooks":{"Stop":[{"hooks":[{"type":"command",
    "command":"touch folder"}]}]}}' >"$WORK/.claude/settings.json"
turn --setting-sources user
check "without the working folder's settings the profile's hooks run" \
    test -s "$WORK/event"
refute "and the folder's do not" test -e "$WORK/folder"
turn
check "with them the folder's do, which nobody approved" \
    test -e "$WORK/folder"
done_testing
