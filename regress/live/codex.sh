# Real Codex in the jail prints the fake API's reply, which it got with the profile's key.
# shellcheck shell=sh
. "${0%/*}/names-lib.sh"
. "${0%/*}/lib.sh"

[ -n "$LIVE_AGENTS" ] || skip_all "the npm packages are not installed"
[ -x "$LIVE_AGENTS/.bin/codex" ] || skip_all "there is no Codex here"
set -- "$LIVE_AGENTS"/@openai/codex-linux-*/vendor/*/bin/codex
[ -x "$1" ] || skip_all "there is no Codex for this machine"
start_keyring
key=$(canary codex)
start_api "$key" -r 'hello from behind the jail'
PATH=$LIVE_AGENTS/.bin:$PATH
new_profile codex fake "$key" -p openai --endpoint "$API/v1" --model gpt-5 \
    --working-dir "$WORK"
session fake -- exec --skip-git-repo-check 'say hi'
await "$ID" 60 || not_ok "it ends"
output "$ID" >"$T/reply"
like "the reply is printed" "$(cat "$T/reply")" 'hello from behind the jail'
is "it exits with 0" "$(field "$ID" exit_code)" 0
is "it was jailed" "$(field "$ID" sandboxed)" true
grep '"/v1/responses' "$API_LOG" | head -n 1 >"$T/sent"
is "the request came with the profile's key" \
    "$(json authorization <"$T/sent")" "Bearer $key"
is "and was answered" "$(json status <"$T/sent")" 200
home=$(ringlet --json profiles inspect fake | json data home)
check "its state is in the profile's home" test -d "$home/.codex"
refute "which has no key" grep -rFq "$key" "$home"
refute "nor had it for a moment, in what would set up a shell" \
    test -e "$home/.codex/shell_snapshots"
refute "and not in the real one" test -e "$HOME/.codex"
# It has its plugins from there.
asked_nobody_but github.com api.github.com chatgpt.com
done_testing
