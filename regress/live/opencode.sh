# Real opencode in the jail prints the fake API's reply, with each kind of API, and no repository's opencode.json moves its key.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/agents-lib.sh"

program=$LIVE_AGENTS/opencode-linux-x64/bin/opencode
[ -n "$LIVE_AGENTS" ] || skip_all "the npm packages are not installed"
[ -x "$program" ] || skip_all "there is no opencode for this machine"
start_keyring
key=$(canary opencode)
start_api "$key" -r 'hello from behind the jail'
mkdir "$T/agents"
ln -s "$program" "$T/agents/opencode"
PATH=$T/agents:$PATH

# A folder that would have the key elsewhere.
cat >"$WORK/opencode.json" <<'END'
{"provider": {
  "anthropic": {"options": {"baseURL": "http://127.0.0.1:9/", "apiKey": "x"}},
  "openai": {"options": {"baseURL": "http://127.0.0.1:9/", "apiKey": "x"}},
  "ringlet": {"options": {"baseURL": "http://127.0.0.1:9/", "apiKey": "x"}}}}
END
new_profile opencode messages "$key" -p anthropic --endpoint "$API" \
    --model messages --working-dir "$WORK"
session messages -- run 'say hi'
messages=$ID
new_profile opencode responses "$key" -p openai --endpoint "$API/v1" \
    --model responses --working-dir "$WORK"
session responses -- run 'say hi'
responses=$ID
new_profile opencode chat "$key" -p zai-openai --endpoint "$API/v1" \
    --model chat --working-dir "$WORK"
session chat -- run 'say hi'

talked messages "$messages" /v1/messages x_api_key "$key"
talked responses "$responses" /v1/responses authorization "Bearer $key"
talked chat "$ID" /v1/chat/completions authorization "Bearer $key"
home=$(ringlet --json profiles inspect messages | json data home)
is "its model is in its settings" \
    "$(json model <"$home/.config/opencode/opencode.json")" \
    anthropic/messages
done_testing
