# Real Claude Code in the jail prints the fake API's reply, which it got with the profile's key, and looks for nobody else.
# shellcheck shell=sh
. "${0%/*}/names-lib.sh"
. "${0%/*}/lib.sh"

program=$LIVE_AGENTS/@anthropic-ai/claude-code-linux-x64/claude
[ -n "$LIVE_AGENTS" ] || skip_all "the npm packages are not installed"
[ -x "$program" ] || skip_all "there is no Claude Code for this machine"
start_keyring
key=$(canary claude)
start_api "$key" -r 'hello from behind the jail'
mkdir "$T/agents"
ln -s "$program" "$T/agents/claude"
PATH=$T/agents:$PATH
like "the agent is found" "$(ringlet --json agents list)" \
    '"id":"claude"[^}]*"installed":true'
new_profile claude fake "$key" -p anthropic --endpoint "$API" \
    --working-dir "$WORK"
session fake -- -p 'say hi'
await "$ID" 60 || not_ok "it ends"
output "$ID" >"$T/reply"
like "the reply is printed" "$(cat "$T/reply")" 'hello from behind the jail'
is "it exits with 0" "$(field "$ID" exit_code)" 0
is "it was jailed" "$(field "$ID" sandboxed)" true
grep '"/v1/messages' "$API_LOG" | head -n 1 >"$T/sent"
is "the request came with the profile's key" \
    "$(json x_api_key <"$T/sent")" "$key"
is "and was answered" "$(json status <"$T/sent")" 200
home=$(ringlet --json profiles inspect fake | json data home)
check "its state is in the profile's home" test -f "$home/.claude.json"
refute "which has no key" grep -rFq "$key" "$home"
refute "and not in the real one" test -e "$HOME/.claude.json"
asked_nobody_but
done_testing
