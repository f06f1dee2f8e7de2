# Profiles and sessions are made, seen and ended over HTTP as the contract has it, and the key never comes back.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_keyring
start_daemon
key=$(canary http)
is "a profile is created" "$(api POST /api/profiles "{
    \"agent_id\":\"shell\",\"alias\":\"web\",\"provider_id\":\"anthropic\",
    \"working_dir\":\"$WORK\",\"api_key\":\"$key\"}")" 201
refute "the reply has no key" grep -Fq "$key" "$T/body"
is "the keyring has it" "$(secret-tool lookup profile web)" "$key"
is "the list is served" "$(api GET /api/profiles)" 200
is "with the profile" "$(json data 0 alias <"$T/body")" web
for name in agent_id provider_id endpoint_id model last_used total_runs; do
	check "which has $name" json data 0 $name <"$T/body"
done
is "one profile is served" "$(api GET /api/profiles/web)" 200
refute "without its key" grep -Fq "$key" "$T/body"
is "agents are served" "$(api GET /api/agents)" 200
like "with the shell" "$(json data <"$T/body")" '"id": "shell"'
is "the status is served" "$(api GET /api/daemon/status)" 200
is "with the daemon's pid" "$(json data pid <"$T/body")" "$MONITOR"

is "a session is started" "$(api POST /api/terminal/sessions '{
    "profile_alias":"web","args":["-c","echo from the jail; exit 3"],
    "cols":100,"rows":30}')" 201
id=$(json data session_id <"$T/body")
like "it has an id" "$id" '^[0-9a-f]{16}$'
like "and an address to watch it" "$(json data ws_url <"$T/body")" \
    "/ws/terminal/$id\$"
await "$id" || not_ok "it ends"
is "the session is served" "$(api GET "/api/terminal/sessions/$id")" 200
is "its state" "$(json data state <"$T/body")" terminated
is "its exit code" "$(json data exit_code <"$T/body")" 3
is "its columns" "$(json data cols <"$T/body")" 100
is "it was jailed" "$(json data sandboxed <"$T/body")" true
is "and whose it was" "$(json data profile_alias <"$T/body")" web

is "another one" "$(api POST /api/terminal/sessions '{
    "profile_alias":"web","args":["-c","sleep 200"]}')" 201
id=$(json data session_id <"$T/body")
is "can be ended" "$(api DELETE "/api/terminal/sessions/$id")" 200
await "$id" || not_ok "and has ended"
is "and they can be cleaned up" "$(api POST /api/terminal/cleanup)" 200
is "after which the list is empty" "$(api GET /api/terminal/sessions)" 200
is "(so it is)" "$(json data <"$T/body")" '[]'

is "the profile is deleted" "$(api DELETE /api/profiles/web)" 200
is "and gone" "$(api GET /api/profiles/web)" 404
is "with its key" "$(secret-tool lookup profile web)" ""
done_testing
