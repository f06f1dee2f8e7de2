# A user's own manifest makes an agent of a script: found, jailed with its folder, given its arguments, key and files; a broken one is told, and no manifest moves a kept key.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# reload: SIGHUP, and wait until manifests were read again.
reload()
{
	before=$(wc -c <"$LOG")
	kill -HUP "$MONITOR"
	wait_for 20 reloaded || not_ok "settings are read again"
}
reloaded()
{
	tail -c +$((before + 1)) "$LOG" | grep -q 'settings: reading them again'
}

# provider URL: the manifest of a provider of the user's own.
provider()
{
	cat >"$RINGLET_CONFIG_DIR/providers.d/house.json" <<-END
	{"schema": 1, "id": "house", "name": "In the house", "type": "made-up",
	 "auth_variable": "HOUSE_KEY", "default_endpoint": "main",
	 "endpoints": [{"id": "main", "url": "$1"}]}
	END
}

mkdir -p "$HOME/.local/bin" "$HOME/.local/lib/made" "$HOME/tools" \
    "$RINGLET_CONFIG_DIR/agents.d" "$RINGLET_CONFIG_DIR/providers.d"
echo 'a part of it' >"$HOME/.local/lib/made/part"
cat >"$HOME/.local/bin/made-agent" <<'END'
#!/bin/sh
printf '<%s>' "$@"
echo
echo "$HOUSE_KEY at $MADE_URL"
cat "$REAL_HOME/.local/lib/made/part" "$HOME/.made/settings.json" \
    "$HOME/.made/notes"
END
chmod 755 "$HOME/.local/bin/made-agent"
cat >"$RINGLET_CONFIG_DIR/agents.d/made.json" <<END
{"schema": 1, "id": "made", "name": "Made up", "binary": "made-agent",
 "install": "write it", "home_folder": ".made-profiles",
 "provider_types": ["made-up"],
 "environment": [{"value": "\${key}"},
   {"name": "MADE_URL", "value": "\${endpoint}"},
   {"name": "REAL_HOME", "value": "$HOME"}],
 "arguments": [{"text": "--at=\${endpoint}"}, {"text": "--model=\${model}"},
   {"text": "--in-jail", "jailed": true}],
 "files": [
   {"path": ".made/settings.json", "format": "json",
    "content": {"url": "\${endpoint}", "ours": {"trusted": true}}},
   {"path": ".made/notes", "format": "text",
    "content": ["for \${alias}", "and \${model}"]}],
 "binds": ["~/.local/lib/made"]}
END
provider https://one.example/v1
start_keyring
start_daemon

# --- it is an agent as any other ---
ringlet --json agents inspect made >"$T/made"
is "it is found" "$(json data installed <"$T/made")" true
is "it says where it comes from" "$(json data source <"$T/made")" \
    "user $RINGLET_CONFIG_DIR/agents.d/made.json"
is "and what it can use" "$(json data provider_types 0 <"$T/made")" made-up
like "so does the list" "$(ringlet agents list | grep '^made ')" ' user '
api GET /api/agents/made >/dev/null
is "HTTP says so too" "$(json data source <"$T/body")" \
    "user $RINGLET_CONFIG_DIR/agents.d/made.json"
key=$(canary manifests)
is "a provider that it cannot use is refused when a profile is made" \
    "$(echo "$key" | status ringlet profiles create made x -p openai)" 1
like "by name" "$(cat "$T/err")" 'agent made cannot use provider openai'

new_profile made mine "$key" -p house --working-dir "$WORK"
session mine
await "$ID" 20 || not_ok "it ends"
output "$ID" >"$T/out"
is "it was jailed" "$(field "$ID" sandboxed)" true
is "it exits with 0" "$(field "$ID" exit_code)" 0
like "it got its arguments, without those that have no value" \
    "$(cat "$T/out")" '<--at=https://one.example/v1><--in-jail>'
like "its key and endpoint" "$(cat "$T/out")" \
    "$key at https://one.example/v1"
like "its folder" "$(cat "$T/out")" 'a part of it'
like "its settings" "$(cat "$T/out")" '"trusted": true'
like "its text, without the line that has no value" \
    "$(tr -d '\r' <"$T/out" | tail -n 1)" 'for mine'
home=$(ringlet --json profiles inspect mine | json data home)
refute "no file has the key" grep -rFq "$key" "$home"

# --- a person's edits stay ---
echo '{"theme": "dark", "ours": {"more": 1}, "url": "elsewhere"}' \
    >"$home/.made/settings.json"
echo 'my own' >"$home/.made/notes"
check "it runs again" ringlet profiles run mine
is "a person's member stays" \
    "$(json theme <"$home/.made/settings.json")" dark
is "also beside one of ours" \
    "$(json ours more <"$home/.made/settings.json")" 1
is "ours is as the manifest says" \
    "$(json url <"$home/.made/settings.json")" https://one.example/v1
is "a text of their own stays" "$(cat "$home/.made/notes")" 'my own'
echo '{"theme": ' >"$home/.made/settings.json"
is "with settings that are no JSON it is not started" \
    "$(status ringlet profiles run mine)" 1
like "which says the file and the place" "$(cat "$T/err")" \
    "$home/.made/settings.json: line"
is "and leaves it as it is" "$(cat "$home/.made/settings.json")" \
    '{"theme": '
echo '{}' >"$HOME/outside.json"
ln -sf "$HOME/outside.json" "$home/.made/settings.json"
is "nor with a link for its settings" \
    "$(status ringlet profiles run mine)" 5
is "which is not followed" "$(cat "$HOME/outside.json")" '{}'
rm "$home/.made/settings.json"

# --- no manifest moves a key ---
provider https://two.example/v1
reload
is "the profile keeps its endpoint" \
    "$(ringlet --json profiles inspect mine | json data endpoint_url)" \
    https://one.example/v1
is "and shows the manifest's" \
    "$(ringlet --json profiles inspect mine | json data manifest_url)" \
    https://two.example/v1
like "a run goes where it went" "$(ringlet profiles run mine)" \
    "$key at https://one.example/v1"
is "to change it without a terminal wants -y" \
    "$(status ringlet profiles endpoint mine </dev/null)" 2
on_tty --out "$T/tty" expect 'goes to https://one.*to https://two.*' \
    send 'n\r' wait x -- ringlet profiles endpoint mine
is "on one it is asked, and no is no" $? 1
is "so nothing has changed" \
    "$(ringlet --json profiles inspect mine | json data endpoint_url)" \
    https://one.example/v1
check "with -y, it is changed" ringlet profiles endpoint mine -y
like "and then the key goes there" "$(ringlet profiles run mine)" \
    "$key at https://two.example/v1"
check "the audit log knows" grep -q '"profile.endpoint"' \
    "$RINGLET_STATE_DIR/audit.jsonl"
sed -i 's/"endpoint_url": "[^"]*"/"endpoint_url": ""/' \
    "$RINGLET_CONFIG_DIR/profiles/mine.json"
is "a profile that does not say where is not run by such a manifest" \
    "$(status ringlet profiles run mine)" 5
like "which says what to do" "$(cat "$T/err")" \
    'ringlet profiles endpoint mine'

# --- a broken one is told ---
sed -i 's/"jailed": true/"jailed": "yes"/' \
    "$RINGLET_CONFIG_DIR/agents.d/made.json"
reload
like "inspect names file, member and mistake" \
    "$(ringlet --json agents inspect made | json data damage)" \
    "made.json: member 'arguments[[]2[]].jailed' must be true or false"
api GET /api/agents >/dev/null
like "so does HTTP" "$(grep 'made.json' "$T/body")" "must be true or false"
ringlet doctor >"$T/doctor" 2>&1
like "and doctor" "$(cat "$T/doctor")" "FAIL manifests: .*made.json"
like "which names the profile that cannot run" "$(cat "$T/doctor")" \
    "FAIL profiles: mine cannot run, as there is no agent 'made'"
is "its profile can be seen" \
    "$(ringlet --json profiles inspect mine | json data alias)" mine
is "but not run" "$(status ringlet profiles run mine)" 1
is "the other agents are there" \
    "$(ringlet --json agents inspect shell | json data source)" built-in
is "a profile of a broken one is refused" \
    "$(status ringlet profiles create made y -p self)" 1
like "with its mistake" "$(cat "$T/err")" 'must be true or false'
done_testing
