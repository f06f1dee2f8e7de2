# `doctor` says what is wrong and how to mend it: folders, token, settings, keychains, keys without a profile and profiles without a key.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# says PATTERN: doctor prints such a line.
says()
{
	ringlet doctor >"$T/doctor" 2>&1
	grep -Eq -- "$1" "$T/doctor" || { cat "$T/doctor"; return 1; }
}

mkdir -p "$RINGLET_DATA_DIR" "$RINGLET_STATE_DIR"
is "without a daemon all is well" "$(status ringlet doctor)" 0
like "and that is said" "$(cat "$T/out")" \
    '^warn daemon: it does not run.*ringlet daemon'
like "bwrap is there" "$(cat "$T/out")" '^ok   bwrap: /'
like "a jail can be built" "$(cat "$T/out")" '^(ok|warn) +jail: '
refute "no daemon was started" test -S "$RINGLET_RUNTIME_DIR/control.sock"
is "JSON" "$(status ringlet --json doctor)" 0
is "has no failure" "$(json data failed <"$T/out")" 0
is "-y alone is no option" "$(status ringlet doctor -y)" 2
is "nobody is asked without a terminal" \
    "$(status ringlet doctor --remove-orphans </dev/null)" 2

start_keyring
start_daemon KeychainTimeout=5s
key=$(canary doctor)
new_profile shell whole "$key" -p anthropic
new_profile shell bare "$key" -p anthropic
new_profile shell none '' -p self
is "with a daemon all is well" "$(status ringlet doctor)" 0
like "the keychain is named, with what is there" "$(cat "$T/out")" \
    '^ok   keychain secret-service: .*: keys: 2, profiles: 2'
like "and the daemon" "$(cat "$T/out")" "^ok   daemon: process $MONITOR,"
refute "nothing fails" grep -q '^FAIL' "$T/out"

# A key without a profile, a profile without its key, a key too many.
printf '%s' "$key" | secret-tool store --label=x service ringlet profile gone \
    provider openai xdg:schema org.ringlet.ApiKey
printf '%s' "$key" | secret-tool store --label=x service ringlet \
    profile whole provider openai xdg:schema org.ringlet.ApiKey
printf '%s' "$key" | secret-tool store --label=x service other profile web \
    provider openai
secret-tool clear service ringlet profile bare
is "now it fails" "$(status ringlet doctor)" 1
like "by the profile without its key" "$(cat "$T/out")" \
    '^FAIL profiles: the key of bare is not in .*profiles rekey bare'
like "the key without a profile is shown" "$(cat "$T/out")" \
    '^warn orphan: secret-service has a key of gone for openai.*--remove-o'
like "and the one beside another" "$(cat "$T/out")" \
    '^warn orphan: whole has in secret-service a key for openai.*rekey whole'
refute "another program's is not" grep -q web "$T/out"
refute "no key is shown" grep -Fq "$key" "$T/out" "$T/err"
is "JSON has them" "$(status ringlet --json doctor)" 1
is "(missing)" "$(json data missing 0 profile <"$T/out")" bare
is "(orphans)" "$(json data orphans <"$T/out" | grep -o '"profile"' |
    wc -l)" 2
is "it is only looked" "$(secret-tool lookup profile gone)" "$key"

on_tty --out "$T/tty" expect 'Delete the key of gone' send 'n\r' wait x \
    -- ringlet doctor --remove-orphans
is "who says no keeps it" "$(secret-tool lookup profile gone)" "$key"
is "with -y it is deleted" \
    "$(status ringlet doctor --remove-orphans -y)" 1
is "(it is)" "$(secret-tool lookup profile gone)" ""
is "the other program's is not" "$(secret-tool lookup profile web)" "$key"
is "nor is a profile's" "$(secret-tool lookup profile whole \
    provider anthropic)" "$key"
echo "$key" | ringlet profiles rekey bare 2>/dev/null
echo "$key" | ringlet profiles rekey whole 2>/dev/null
is "after what it says is done, all is well" "$(status ringlet doctor)" 0
refute "and nothing is left" grep -q orphan "$T/out"

# Files.
chmod 640 "$TOKEN"
check "a token that others can read" \
    says "^FAIL token: .*http_token: open to other users: chmod 600"
chmod 600 "$TOKEN"
chmod 755 "$RINGLET_STATE_DIR"
check "a folder that is open" \
    says "^FAIL state folder: .*: open to other users: chmod 700"
chmod 700 "$RINGLET_STATE_DIR"
chmod 666 "$RINGLET_CONFIG_DIR/profiles/bare.json"
check "a profile that others can write" says "^FAIL profiles: .*bare.json"
chmod 600 "$RINGLET_CONFIG_DIR/profiles/bare.json"
echo '{' >"$RINGLET_CONFIG_DIR/profiles/broken.json"
check "a damaged profile" says "^FAIL profiles: broken is damaged"
rm "$RINGLET_CONFIG_DIR/profiles/broken.json"
echo 'Nonsense 1' >>"$CONF"
check "settings with a mistake" says "^FAIL settings: .* line [0-9]+: 'Nons"
sed -i '/Nonsense/d' "$CONF"

# A locked keychain is not searched, nor taken for empty.
collection=$(dbus-send --session --print-reply=literal \
    --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.ReadAlias string:default | tr -d ' ')
dbus-send --session --print-reply --dest=org.freedesktop.secrets \
    /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
    array:objpath:"$collection" >/dev/null
is "with a locked keyring" "$(status ringlet doctor)" 0
like "it says what to do" "$(cat "$T/out")" \
    '^warn keychain secret-service: .*locked.*unlock it.*unknown'
refute "and takes no key for missing" grep -q '^FAIL' "$T/out"
is "so it is to init" "$(status ringlet init -y)" 0
like "which leaves it to a person" "$(cat "$T/out")" \
    '^todo keychain: .*locked.*ringlet keychain unlock'
kill -STOP "$KEYRING"
is "with a silent one" "$(status ringlet doctor)" 1
like "that is said" "$(cat "$T/out")" '^FAIL keychain secret-service: '
kill -CONT "$KEYRING"
done_testing
