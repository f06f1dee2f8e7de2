# Real Grok in the jail prints the fake API's reply, with both kinds of API, which it got with the profile's key; whose that is it asks there, and looks for nobody else.
# Once: the program is the same; what Ringlet does for it is run with sanitizers for the other agents.
# shellcheck shell=sh
. "${0%/*}/names-lib.sh"
. "${0%/*}/lib.sh"
. "${0%/*}/agents-lib.sh"

[ -n "$LIVE_AGENTS" ] || skip_all "the npm packages are not installed"
packed=$LIVE_AGENTS/@xai-official/grok-linux-x64/bin/grok.br
[ -f "$packed" ] || skip_all "there is no Grok for this machine"
command -v node >/dev/null || skip_all "node, which unpacks Grok, is not here"
# The package's own installer does this.
mkdir -p "$T/agents/bin"
node -e 'const [from, to] = process.argv.slice(1), fs = require("fs");
    fs.writeFileSync(to, require("zlib").brotliDecompressSync(
	fs.readFileSync(from)), { mode: 0o755 });' \
    "$packed" "$T/agents/bin/grok" || bail "Grok is unpacked"
PATH=$T/agents/bin:$PATH
start_keyring
key=$(canary grok)
start_api "$key" -r 'hello from behind the jail' -m responses -m chat
like "the agent is found" "$(ringlet --json agents list)" \
    '"id":"grok"[^}]*"installed":true'

new_profile grok responses "$key" -p openai --endpoint "$API/v1" \
    --model responses --working-dir "$WORK"
session responses -- -p 'say hi'
responses=$ID
new_profile grok chat "$key" -p zai-openai --endpoint "$API/v1" \
    --model chat --working-dir "$WORK"
session chat -- -p 'say hi'
talked responses "$responses" '' authorization "Bearer $key"
talked chat "$ID" '' authorization "Bearer $key"
for profile in responses chat; do
	home=$(ringlet --json profiles inspect $profile | json data home)
	check "$profile: its state is in the profile's home" \
	    test -d "$home/.grok"
done
# Its vendor would be, unless it is told otherwise.
check "the endpoint was asked whose key it is" \
    grep -q '"path": "/v1/api-key"' "$API_LOG"
refute "nothing is in the real home" test -e "$HOME/.grok"
asked_nobody_but
done_testing
