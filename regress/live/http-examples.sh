# The examples in PROTOCOL.http do what it says, as they stand there.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_daemon
doc=$LIVE_SRC/PROTOCOL.http
grep -q '^[0-9]*\. Examples' "$doc" || bail "PROTOCOL.http has examples"
sed -n '/^[0-9]*\. Examples/,$s/^	\$ //p' "$doc" |
    sed "s/127\.0\.0\.1:8765/$ADDRESS/" >"$T/examples"
n=0
while read -r line; do
	n=$((n + 1))
	printf '%s\n' "$line" >"$T/example.sh"
	is "example $n runs: $(printf %.60s "$line")" \
	    "$(status sh -eu "$T/example.sh" </dev/null)" 0
done <"$T/examples"
check "there were examples" [ "$n" -ge 8 ]
refute "the token is in none of them" grep -Fq "$(cat "$TOKEN")" "$T/examples"

# What OpenAPI's own schema says of the description that was fetched, and
# what the description says of real answers.
cat >"$T/validate.py" <<'P'
import json, sys
import jsonschema
doc = json.load(open(sys.argv[1]))
assert doc["openapi"] == "3.1.0"
operations = set()
for path, item in doc["paths"].items():
    for method, op in item.items():
        assert op["operationId"] not in operations, op["operationId"]
        operations.add(op["operationId"])
        names = {p["name"] for p in op["parameters"] if p["in"] == "path"}
        assert names == {s[1:-1] for s in path.split("/") if s[:1] == "{"}
        for answer in op["responses"].values():
            assert "$ref" in answer or "description" in answer
        bodies = [op["requestBody"]] if "requestBody" in op else []
        for holder in bodies + list(op["responses"].values()):
            for kind in holder.get("content", {}).values():
                jsonschema.Draft202012Validator.check_schema(kind["schema"])
for name in sys.argv[2:]:
    path, file = name.split("=")
    method, path = path.split(":")
    answers = doc["paths"][path][method]["responses"]
    good = next(a for s, a in answers.items() if s != "default")
    jsonschema.validate(json.load(open(file)),
        good["content"]["application/json"]["schema"])
jsonschema.validate(json.load(open(sys.argv[1])), {"required": ["info"]})
P
if ! python3 -c 'import jsonschema; jsonschema.Draft202012Validator' \
    2>/dev/null; then
	skip "the description is valid: python3-jsonschema is not installed"
	done_testing
fi
shell_profile real
session real -- -c 'exit 4'
await "$ID"
fetch()
{
	is "GET $1" "$(api GET "$1")" 200
	cp "$T/body" "$T/$2"
}
fetch /api/ping ping
fetch /api/daemon/status status
fetch /api/token token
ringlet -q dashboard --print | sed 's/.*#code=\(.*\)/{"code":"\1"}/' >"$T/code"
is "POST of a one-time code" "$(http POST /api/token/exchange \
    -H 'Content-Type: application/json' -d "@$T/code")" 201
cp "$T/body" "$T/exchanged"
fetch /api/tokens tokens
fetch /api/agents agents
fetch /api/agents/shell agent
fetch /api/providers providers
fetch /api/providers/anthropic provider
fetch /api/keychain/public-key key
fetch /api/profiles profiles
fetch /api/profiles/real profile
fetch /api/profiles/real/hooks hooks
fetch /api/profiles/real/hooks/export exported
fetch /api/profiles/real/jail jail
fetch /api/audit audit
fetch /api/settings settings
fetch /api/registry registry
fetch /api/fs/list folders
fetch "/api/fs/complete?prefix=$HOME/w" completed
fetch /api/terminal/sessions sessions
fetch "/api/terminal/sessions/$ID" session
is "POST of a session" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"real","args":["-c","sleep 100"]}')" 201
cp "$T/body" "$T/created"
files=/api/terminal/sessions/$(json data session_id <"$T/body")/files
is "POST of a picture" "$(api POST "$files" "{\"size\":24,\"data\":\"$(
    printf 'GIF89a123456' | base64)\"}")" 201
cp "$T/body" "$T/begun"
is "its PUT" "$(api PUT "$files/paste-1.gif" "{\"offset\":12,\"data\":\"$(
    printf 'GIF89a123456' | base64)\"}")" 200
cp "$T/body" "$T/whole"
is "its DELETE" "$(api DELETE "${files%/files}")" 200
cp "$T/body" "$T/killed"
is "POST of a cleanup" "$(api POST /api/terminal/cleanup)" 200
cp "$T/body" "$T/cleaned"
check "the description is valid, and answers are as it says" \
    python3 "$T/validate.py" openapi.json \
    "get:/api/ping=$T/ping" \
    "get:/api/daemon/status=$T/status" \
    "get:/api/token=$T/token" \
    "post:/api/token/exchange=$T/exchanged" \
    "get:/api/tokens=$T/tokens" \
    "get:/api/agents=$T/agents" \
    "get:/api/agents/{id}=$T/agent" \
    "get:/api/providers=$T/providers" \
    "get:/api/providers/{id}=$T/provider" \
    "get:/api/keychain/public-key=$T/key" \
    "get:/api/profiles=$T/profiles" \
    "get:/api/profiles/{alias}=$T/profile" \
    "get:/api/profiles/{alias}/hooks=$T/hooks" \
    "get:/api/profiles/{alias}/hooks/export=$T/exported" \
    "get:/api/profiles/{alias}/jail=$T/jail" \
    "get:/api/audit=$T/audit" \
    "get:/api/settings=$T/settings" \
    "get:/api/registry=$T/registry" \
    "get:/api/fs/list=$T/folders" \
    "get:/api/fs/complete=$T/completed" \
    "get:/api/terminal/sessions=$T/sessions" \
    "get:/api/terminal/sessions/{id}=$T/session" \
    "post:/api/terminal/sessions=$T/created" \
    "post:/api/terminal/sessions/{id}/files=$T/begun" \
    "put:/api/terminal/sessions/{id}/files/{name}=$T/whole" \
    "delete:/api/terminal/sessions/{id}=$T/killed" \
    "post:/api/terminal/cleanup=$T/cleaned"
done_testing
