# Only when asked for, a key comes from a variable or the agent's own file, which is named, and never changed.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

has()
{
	secret-tool lookup profile "$1"
}

# same FILE: it is as it was.
note()
{
	cp -p "$1" "$T/noted"
	stat -c '%y %z %a %i' "$1" >"$T/noted.stat"
}
same()
{
	cmp -s "$1" "$T/noted" &&
	    [ "$(stat -c '%y %z %a %i' "$1")" = "$(cat "$T/noted.stat")" ]
}

start_keyring
env=$(canary env) claude=$(canary claude) console=$(canary console)
codex=$(canary codex)

# The daemon that the command starts gets the command's environment.
FIRST_KEY=$codex
export FIRST_KEY
is "a key from a variable, with a daemon that starts for it" \
    "$(status ringlet profiles create shell zero -p anthropic \
    --from-env FIRST_KEY)" 0
daemon_facts
printf %s "$codex" >"$T/codex"
if [ -z "$LIVE_SCAN" ]; then
	skip "the daemon's memory: only root can look into it"
else
	is "that daemon has nothing of it" \
	    "$(scan "$MONITOR" "$T/codex" | cut -d ' ' -f 1)" 0
fi
unset FIRST_KEY

# A variable.
ANTHROPIC_API_KEY=$env
export ANTHROPIC_API_KEY
is "nobody takes a variable unasked" "$(status ringlet profiles create \
    shell unasked -p anthropic </dev/null)" 2
is "a key from a variable" "$(status ringlet profiles create shell one \
    -p anthropic --from-env ANTHROPIC_API_KEY)" 0
is "is the profile's" "$(has one)" "$env"
refute "the provider's own variable needs no word" grep -q variable "$T/err"
MY_KEY=$codex
export MY_KEY
is "rekey takes one, too" \
    "$(status ringlet profiles rekey one --from-env MY_KEY)" 0
is "(so it is)" "$(has one)" "$codex"
like "another one is mentioned" "$(cat "$T/err")" \
    'MY_KEY is not what .*ANTHROPIC_API_KEY'
unset MY_KEY
is "one that is not set" \
    "$(status ringlet profiles rekey one --from-env MY_KEY)" 1
like "is named" "$(cat "$T/err")" 'the variable MY_KEY is not set'
MY_KEY='' && export MY_KEY
is "one that is empty" \
    "$(status ringlet profiles rekey one --from-env MY_KEY)" 1
like "is named, too" "$(cat "$T/err")" 'the variable MY_KEY is empty'
MY_KEY="$codex " && export MY_KEY
is "one with a space at its end is no key" \
    "$(status ringlet profiles rekey one --from-env MY_KEY)" 2
refute "the error does not repeat it" grep -Fq "$codex" "$T/err"
is "a name that is none" \
    "$(status ringlet profiles rekey one --from-env 'A=B')" 2
is "a key where its name should be" \
    "$(status ringlet profiles rekey one --from-env "$codex")" 2
refute "is not repeated" grep -Fq -- "$codex" "$T/err"
is "nor after an option that there is not" "$(status ringlet profiles create \
    shell two -p anthropic --api-key "$codex")" 2
like "which is named" "$(cat "$T/err")" 'unknown option --api-key:'
refute "and it is not" grep -Fq -- "$codex" "$T/err"
is "(nor behind an equals sign)" "$(status ringlet profiles create \
    shell two -p anthropic --api-key="$codex")" 2
refute "(it is not)" grep -Fq -- "$codex" "$T/err"
is "two ways at once" "$(status ringlet profiles rekey one \
    --from-env MY_KEY --api-key-file "$T/none")" 2
is "or with the agent's" "$(status ringlet profiles rekey one \
    --from-agent --api-key-file "$T/none")" 2
is "for a provider without a key" "$(status ringlet profiles create shell \
    none -p self --from-env MY_KEY)" 2
is "the key is as it was" "$(has one)" "$codex"
unset MY_KEY ANTHROPIC_API_KEY

# The agent's own file.
is "an agent without a file" "$(status ringlet profiles create claude cl \
    -p anthropic --from-agent)" 4
like "its files are named" "$(cat "$T/err")" \
    '[~]/.claude/settings.json, [~]/.claude.json'
mkdir "$HOME/.claude" "$HOME/.codex"
printf '{"hasCompletedOnboarding":true,"primaryApiKey":"%s"}' "$console" \
    >"$HOME/.claude.json"
note "$HOME/.claude.json"
is "claude's key of the console" "$(status ringlet profiles create claude cl \
    -p anthropic --from-agent)" 0
is "is the profile's" "$(has cl)" "$console"
like "the file is named" "$(cat "$T/err")" "read from $HOME/.claude.json"
refute "not the key" grep -Fq "$console" "$T/err" "$T/out"
check "and stays as it is" same "$HOME/.claude.json"
printf '{"env":{"ANTHROPIC_API_KEY":"%s"}}' "$claude" \
    >"$HOME/.claude/settings.json"
is "claude's settings come first" \
    "$(status ringlet profiles rekey cl --from-agent)" 0
is "(so they do)" "$(has cl)" "$claude"
printf '{"env":{"ANTHROPIC_API_KEY":"%s","ANTHROPIC_BASE_URL":"%s"}}' \
    "$env" https://elsewhere.example >"$HOME/.claude/settings.json"
is "a key for another address" \
    "$(status ringlet profiles rekey cl --from-agent)" 5
like "is not taken for this one" "$(cat "$T/err")" ANTHROPIC_BASE_URL
printf '{"env":{"ANTHROPIC_API_KEY":"%s"}\n"oops' "$env" \
    >"$HOME/.claude/settings.json"
is "a damaged file" "$(status ringlet profiles rekey cl --from-agent)" 1
like "is named, with the line" "$(cat "$T/err")" 'settings.json: line 2'
refute "and nothing of what is in it" grep -Fq "$env" "$T/err"
rm "$HOME/.claude/settings.json"
mkfifo "$HOME/.claude/settings.json"
is "a pipe in its place is not waited for" \
    "$(status timeout 20 ringlet profiles rekey cl --from-agent)" 5
rm "$HOME/.claude/settings.json"
printf '{"env":{"ANTHROPIC_API_KEY":"%s"}}' "$env" >"$T/elsewhere"
ln -s "$T/elsewhere" "$HOME/.claude/settings.json"
is "nor is a link followed" \
    "$(status ringlet profiles rekey cl --from-agent)" 5
rm "$HOME/.claude/settings.json"
is "the key is as it was" "$(has cl)" "$claude"

printf '{"OPENAI_API_KEY":null,"tokens":{"access_token":"x"}}' \
    >"$HOME/.codex/auth.json"
is "codex, signed in without a key" "$(status ringlet profiles create codex \
    cx -p openai --from-agent)" 4
printf '{"OPENAI_API_KEY":"%s"}' "$codex" >"$HOME/.codex/auth.json"
note "$HOME/.codex/auth.json"
is "codex's key" "$(status ringlet --json profiles create codex cx \
    -p openai --from-agent)" 0
is "is the profile's" "$(has cx)" "$codex"
check "the file stays as it is" same "$HOME/.codex/auth.json"
is "the shell has no file" "$(status ringlet profiles rekey one \
    --from-agent)" 1
refute "no key is in the log" grep -Fq canary "$LOG"
done_testing
