# Real opencode in the jail prints the fake API's reply, with each kind of API, and no repository's opencode.json moves its key.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

program=$LIVE_AGENTS/opencode-linux-x64/bin/opencode
[ -n "$LIVE_AGENTS" ] || skip_all "the npm packages are not installed"
[ -x "$program" ] || skip_all "there is no opencode for this machine"
start_keyring
key=$(canary opencode)
start_api "$key" -r 'hello from behind the jail'
mkdir "$T/agents"
ln -s "$program" "$T/agents/opencode"
PATH=$T/agents:$PATH

# talked ALIAS ID PATH MEMBER VALUE MODEL: the session got the reply, and the
# request for it came to PATH with its key as MEMBER.
talked()
{
	await "$2" 60 || not_ok "$1: it ends"
	output "$2" >"$T/reply"
	like "$1: the reply is printed" "$(cat "$T/reply")" \
	    'hello from behind the jail'
	is "$1: it exits with 0" "$(field "$2" exit_code)" 0
	grep "\"$3\"" "$API_LOG" | grep "\"model\": \"$6\"" | head -n 1 \
	    >"$T/sent"
	is "$1: the request came with the profile's key" \
	    "$(json "$4" <"$T/sent")" "$5"
	is "$1: and was answered" "$(json status <"$T/sent")" 200
}

# A folder that would have the key elsewhere.
cat >"$WORK/opencode.json" <<'END'
{"provider": {
  "anthropic": {"options": {"baseURL": "http://127.0.0.1:9/", "apiKey": "x"}},
  "openai": {"options": {"baseURL": "http://127.0.0.1:9/", "apiKey": "x"}},
  "ringlet": {"options": {"baseURL": "http://127.0.0.1:9/", "apiKey": "x"}}}}
END
new_profile opencode messages "$key" -p anthropic --endpoint "$API" \
    --model made-up-1 --working-dir "$WORK"
session messages -- run 'say hi'
messages=$ID
new_profile opencode responses "$key" -p openai --endpoint "$API/v1" \
    --model made-up-2 --working-dir "$WORK"
session responses -- run 'say hi'
responses=$ID
new_profile opencode chat "$key" -p zai-openai --endpoint "$API/v1" \
    --model made-up-3 --working-dir "$WORK"
session chat -- run 'say hi'

talked messages "$messages" /v1/messages x_api_key "$key" made-up-1
talked responses "$responses" /v1/responses authorization "Bearer $key" \
    made-up-2
talked chat "$ID" /v1/chat/completions authorization "Bearer $key" made-up-3
is "it was jailed" "$(field "$ID" sandboxed)" true
home=$(ringlet --json profiles inspect messages | json data home)
is "its model is in its settings" \
    "$(json model <"$home/.config/opencode/opencode.json")" \
    anthropic/made-up-1
refute "the key is in no file of its home" grep -rFq "$key" "$home"
done_testing
