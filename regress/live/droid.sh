# Real Factory Droid in the jail prints the fake API's reply, with each kind of API, which it got with the profile's key, and looks for nobody else.
# Once: the program is the same; what Ringlet does for it is run with sanitizers for the other agents.
# shellcheck shell=sh
. "${0%/*}/names-lib.sh"
. "${0%/*}/lib.sh"
. "${0%/*}/agents-lib.sh"

[ -n "$LIVE_AGENTS" ] || skip_all "the npm packages are not installed"
# That of processors without AVX2 runs on all.
program=$LIVE_AGENTS/@factory/cli-linux-x64-baseline/bin/droid
[ -x "$program" ] || skip_all "there is no Droid for this machine"
start_keyring
key=$(canary droid)
start_api "$key" -r 'hello from behind the jail'
mkdir "$T/agents"
ln -s "$program" "$T/agents/droid"
PATH=$T/agents:$PATH
like "the agent is found" "$(ringlet --json agents list)" \
    '"id":"droid"[^}]*"installed":true'

# start ALIAS PROVIDER ENDPOINT: a session of a new profile; its model is
# called as the profile.
start()
{
	new_profile droid "$1" "$key" -p "$2" --endpoint "$3" --model "$1" \
	    --working-dir "$WORK"
	session "$1" -- exec 'say hi'
}

start messages anthropic "$API"
messages=$ID
start responses openai "$API/v1"
responses=$ID
start chat zai-openai "$API/v1"
talked messages "$messages" /v1/messages x_api_key "$key"
talked responses "$responses" /v1/responses authorization "Bearer $key"
talked chat "$ID" /v1/chat/completions authorization "Bearer $key"
for profile in messages responses chat; do
	home=$(ringlet --json profiles inspect $profile | json data home)
	check "$profile: its settings are in the profile's home" \
	    test -f "$home/.factory/settings.local.json"
done
refute "and nothing is in the real home" test -e "$HOME/.factory"
asked_nobody_but
done_testing
