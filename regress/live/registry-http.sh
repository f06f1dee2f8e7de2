# A registry comes over HTTP from a server of this machine; one that is slow, endless, elsewhere or without TLS is given up, within RegistryTimeout; the HTTP API syncs and pins as the command does.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/registry-lib.sh"

new_registry
publish 1
serve
cp -a "$R" "$T/www/good"
setting RegistryURL "$WWW/good/"
setting RegistryKey "$KEY_A"
setting RegistryTimeout 20s
start_daemon
[ ! -e "$RINGLET_DATA_DIR/registry" ]

check "it comes over http:// from this machine" ringlet registry sync
is "and is used" "$(version_of)" v1

# --- servers ---
setting RegistryTimeout 1s
setting RegistryURL "$WWW/slow"
reload
refused "a server that does not answer" \
    'did not come within RegistryTimeout \(1000 ms\)'
setting RegistryURL "$WWW/drip"
reload
refused "one that drips" 'did not come within RegistryTimeout'
is "over HTTP, too" "$(api POST /api/registry/sync)" 503
like "with the reason" "$(json error <"$T/body")" 'RegistryTimeout'
setting RegistryTimeout 2s
reload
on_tty --out "$T/tty" expect 'fetching the registry: 0 of 2 files' \
    expect 'RegistryTimeout' -- ringlet registry sync
like "on a terminal it says how far it is" "$(cat "$T/tty")" \
    'ringlet: fetching the registry: 0 of 2'
setting RegistryTimeout 20s
setting RegistryURL "$WWW/big"
reload
refused "one that sends 100 MB" 'has more than 10240 bytes'
setting RegistryURL "$WWW/away"
reload
refused "one that sends us elsewhere" 'answered 302'
setting RegistryURL "$WWW/nothing"
reload
refused "one that has none" 'minisig is missing'
setting RegistryURL "https://${WWW#http://}/good"
reload
refused "one without TLS where TLS is said" 'registry.json.minisig: '
setting RegistryURL "http://127.0.0.1:1/good"
reload
refused "nobody at all" 'registry.json.minisig: '
for url in http://example.com/ http://127.0.0.1.example.com/ ftp://x/ \
    https://user@x/ 'https://x/?y' relative/path https://; do
	refute "RegistryURL $url is no setting" \
	    ringletd -t -o "RegistryURL=$url"
done
refute "nor is a key that is none" ringletd -t -o RegistryKey=RWQ

# --- the API ---
setting RegistryURL "$WWW/good"
reload
publish 2
rm -rf "$T/www/good"
cp -a "$R" "$T/www/good"
ws /ws --timeout 20 subscribe 'registry.*' expect registry.pinned \
    >"$T/events" 2>&1 &
WATCH=$!
cp "$T/www/good/agents/acme.json" "$T/acme.json"
echo >>"$T/www/good/agents/acme.json"
is "POST sync of what was changed is no mistake of the request" \
    "$(api POST /api/registry/sync)" 503
like "and says what it is" "$(json error <"$T/body")" 'agents/acme.json: has'
cp "$T/acme.json" "$T/www/good/agents/acme.json"
is "POST sync" "$(api POST /api/registry/sync)" 200
is "takes the version" "$(json data version <"$T/body")" v2
is "says what it has" "$(json data manifests 0 <"$T/body")" agents/acme.json
is "GET tells" "$(api GET /api/registry)" 200
is "what is used" "$(json data versions 0 version <"$T/body")" v2
is "POST pin to an older one is refused" \
    "$(api POST /api/registry/pin '{"ref":"v1"}')" 403
like "which the command may" "$(json error <"$T/body")" \
    'ringlet registry pin v1'
is "nor to what is not here, which may be older" \
    "$(api POST /api/registry/pin '{"ref":"v0"}')" 403
is "nothing has changed" "$(api GET /api/registry)" 200
is "of what is used" "$(json data versions 0 version <"$T/body")" v2
is "or pinned" "$(json data pin <"$T/body")" ""
is "POST pin to what is used" \
    "$(api POST /api/registry/pin '{"ref":"v2"}')" 200
is "is one" "$(json data pin <"$T/body")" v2
publish 3
rm -rf "$T/www/good"
cp -a "$R" "$T/www/good"
is "a reference that is none is 400" \
    "$(api POST /api/registry/pin '{"ref":"../x"}')" 400
is "another sync is refused" "$(api POST /api/registry/sync)" 403
like "for that" "$(json error <"$T/body")" 'pinned to, v2'
is "an empty one unpins" "$(api POST /api/registry/pin '{"ref":""}')" 200
is "and then" "$(json data pin <"$T/body")" ""

# --- more profiles stay where they are than an answer has room for: once said
shell_profile many
python3 - "$RINGLET_CONFIG_DIR/profiles" <<'P' ||
import json, sys
with open(sys.argv[1] + "/many.json") as file:
    profile = json.load(file)
profile["provider_id"] = "other"
profile["endpoint_url"] = "https://old.example/" + "x" * 2000
for n in range(300):
    profile["alias"] = f"many-{n}"
    with open(f"{sys.argv[1]}/many-{n}.json", "x") as file:
        json.dump(profile, file)
P
	bail "there are many profiles"
chmod 600 "$RINGLET_CONFIG_DIR"/profiles/*.json
daemon_facts
served=$RINGLETD
is "what is too long to be told" "$(api POST /api/registry/sync)" 413
like "is done" "$(json error <"$T/body")" \
    'version v3 is installed, but what there is to say of it does not fit'
is "and used" "$(version_of)" v3
daemon_facts
is "and all goes on" "$RINGLETD" "$served"
kill "$WATCH" 2>/dev/null
ringlet token create --scope view >"$T/view" 2>/dev/null
printf 'Authorization: Bearer %s\n' "$(cat "$T/view")" >"$T/view.header"
is "a token that may look sees it" \
    "$(http GET /api/registry -H "@$T/view.header")" 200
is "and may not sync" \
    "$(http POST /api/registry/sync -H "@$T/view.header")" 403
wait_for 10 sh -c "! ls -d $RINGLET_RUNTIME_DIR/registry-*"
refute "what was fetched is gone" \
    sh -c "ls -d $RINGLET_RUNTIME_DIR/registry-*"
done_testing
