# An old version of a registry is refused unless it is pinned; a pin lets nothing else in, and that of RINGLET_REGISTRY_PIN only forbids; keys can be changed while both are known; the last three versions are kept.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/registry-lib.sh"

new_registry
setting RegistryURL "$R"
setting RegistryKey "$KEY_A" "$KEY_B"
start_daemon
mkdir -p "$RINGLET_CONFIG_DIR/providers.d"
provider other https://mine.example >"$RINGLET_CONFIG_DIR/providers.d/other.json"

publish 1
ringlet registry sync >"$T/out" 2>&1 || { cat "$T/out"; bail "version 1"; }
like "a manifest that the user has, too, is told of" "$(cat "$T/out")" \
    "Your own instead: +providers/other.json: .*/providers.d/other.json"
cp -a "$R" "$T/v1"
publish 2
check "version 2 comes" ringlet registry sync
id2=$(current)

# --- downgrade ---
rm -rf "$R"
cp -a "$T/v1" "$R"
refused "an old version, validly signed" 'the serial 1, and 2 was here'
is "which is a refusal" "$(status ringlet registry sync)" 5
refused "with --force, too" 'the serial 1' sh -c 'ringlet registry sync --force'
agent more >"$R/agents/more.json"
publish 2
refused "other content under the same serial" 'other content before'
rm "$R/agents/more.json"

# --- pins ---
check "a pin to an old version" ringlet registry pin v1
is "has it used, without a network" "$(version_of)" v1
publish 3
refused "a newer one while that is pinned" 'is not what the registry is pinned'
check "it stays after unpin" ringlet registry unpin
is "until sync" "$(version_of)" v1
check "takes the newer one" ringlet registry sync
is "which is used" "$(version_of)" v3
check "a pin by the id" ringlet registry pin "$id2"
is "has that one used" "$(current)" "$id2"
check "a pin to what is not here" ringlet registry pin v5
is "changes nothing yet" "$(current)" "$id2"
publish 4
refused "and keeps others out" 'is not what the registry is pinned to, v5'
publish 5
check "but not the one it names" ringlet registry sync
is "which is used" "$(version_of)" v5
is "three are kept" "$(find "$RINGLET_DATA_DIR/registry" -mindepth 1 \
    -maxdepth 1 -type d | wc -l)" 3
ringlet registry unpin
is "a pin that is no reference is a mistake of usage" \
    "$(status ringlet registry pin ../x)" 2

# --- RINGLET_REGISTRY_PIN ---
publish 6
refused "what RINGLET_REGISTRY_PIN does not name" \
    'is not RINGLET_REGISTRY_PIN, v7' RINGLET_REGISTRY_PIN=v7
check "what it names is taken" env RINGLET_REGISTRY_PIN=v6 \
    ringlet registry sync
is "offline it is looked at, too" "$(status env RINGLET_REGISTRY_PIN=v5 \
    ringlet registry sync --offline)" 5
rm -rf "$R"
cp -a "$T/v1" "$R"
refused "an old version, although it names that" 'the serial 1' \
    RINGLET_REGISTRY_PIN=v1
sha=$(sha256sum <"$R/registry.json" | cut -d' ' -f1)
check "a pin by the hash" ringlet registry pin "$sha"
check "takes that old version" ringlet registry sync
is "which is used" "$(version_of)" v1
ringlet registry unpin

# --- rotation ---
publish 7
sign_by b
check "the second key is as good" ringlet registry sync
setting RegistryKey "$KEY_B"
reload
is "and enough, once the first is gone" "$(version_of)" v7
is "what is used stays in use" "$(status ringlet registry sync --offline)" 0

# --- channels ---
mkdir "$T/channels"
mv "$R" "$T/channels/stable"
R=$T/channels/stable
setting RegistryURL "$T/channels"
setting RegistryChannel stable
reload
publish 8
sign_by b
check "a channel is a folder" ringlet registry sync
cp -a "$R" "$T/channels/beta"
setting RegistryChannel beta
reload
refused "a channel's content under another's name" \
    'of the channel stable, and RegistryChannel is beta'
R=$T/channels/beta
publish 2 b2 beta
sign_by b
check "a channel has its own serials" ringlet registry sync
is "and versions" "$(version_of)" b2
setting RegistryChannel none
setting RegistryURL "$T/channels/stable"
reload
refused "another channel, while the setting names none" 'set RegistryChannel'
done_testing
