# Keychain auto takes the Secret Service where there is one, locked or not, else the vault; a profile's key is looked for where the profile says.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

key=$(canary chosen)
printf 'the passphrase\n' >"$T/pass"
printf '%s\n' "$key" >"$T/key"
echo 'KeychainTimeout 5s' >>"$CONF"

state()
{
	ringlet --json keychain status | json data "$@"
}

# set_keychain WORD: and wait until the daemon knows.
set_keychain()
{
	sed -i '/^Keychain /d' "$CONF"
	echo "Keychain $1" >>"$CONF"
	kill -HUP "$MONITOR"
	wait_for 20 test "$(state setting)" = "$1" ||
		wait_for 20 setting_is "$1" || bail "Keychain $1 is read"
}

setting_is()
{
	[ "$(state setting)" = "$1" ]
}

# goes ALIAS STORE: a new profile's key goes there.
goes()
{
	new_profile shell "$1" "$key-$1" -p anthropic
	is "$3: the key goes into the $2" \
	    "$(ringlet --json profiles inspect "$1" | json data keychain)" "$2"
}

# fails WORDS: a new profile is refused with them, and leaves nothing.
fails()
{
	is "$2: refused" "$(status ringlet profiles create shell none \
	    -p anthropic --api-key-file "$T/key")" 1
	like "in those words" "$(cat "$T/err")" "$1"
	refute "and nothing is left" \
	    test -e "$RINGLET_CONFIG_DIR/profiles/none.json"
}

start_keyring
start_daemon
goes first secret-service "auto, with a keyring"
like "status says so" "$(ringlet keychain status)" \
    '^New keys: +secret-service'
like "so does doctor" "$(ringlet doctor)" 'new keys: +go to secret-service'
check "unlock has nothing to do" ringlet keychain unlock
refute "and makes no vault" test -e "$RINGLET_DATA_DIR/vault"
check "--new makes one" \
    ringlet keychain unlock --new --passphrase-file "$T/pass"
goes second secret-service "auto, with a keyring and a vault"
set_keychain vault
goes third vault "Keychain vault"
set_keychain secret-service
goes fourth secret-service "Keychain secret-service"
set_keychain auto

# --- the keyring is locked ---
collection=$(dbus-send --session --print-reply=literal \
    --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.ReadAlias string:default | tr -d ' ')
dbus-send --session --print-reply --dest=org.freedesktop.secrets \
    /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
    array:objpath:"$collection" >/dev/null
is "a locked keyring is seen" "$(state secret_service state)" locked
fails '[Ll]ocked' "auto, with a locked keyring and an open vault"
is "a key in it cannot be read" "$(status ringlet profiles env first)" 1
like "one in the vault can" "$(ringlet profiles env third)" "$key-third"
# A daemon of its own, which has never had a vault.
elsewhere()
{
	RINGLET_CONFIG_DIR=$T/else/config RINGLET_DATA_DIR=$T/else/data \
	    RINGLET_STATE_DIR=$T/else/state RINGLET_RUNTIME_DIR=$T/else/run \
	    "$@"
}
mkdir -p "$T/else/config"
echo 'ListenAddress none' >"$T/else/config/ringlet.conf"
is "unlock leaves it to the desktop" \
    "$(status elsewhere ringlet keychain unlock)" 1
like "and says how" "$(cat "$T/err")" 'gnome-keyring-daemon --unlock'
refute "no vault is made for it" test -e "$T/else/data/vault"
elsewhere ringlet daemon stop >/dev/null 2>&1

# --- it does not answer ---
kill -STOP "$KEYRING"
fails '(time|answer)' "auto, with a silent keyring and an open vault"
kill -CONT "$KEYRING"

# --- it is gone ---
kill -9 "$KEYRING"
wait "$KEYRING" 2>/dev/null
gone()
{
	[ "$(state secret_service state)" = absent ]
}
check "without one, status says so" wait_for 20 gone
is "new keys go into the vault" "$(state store)" vault
goes fifth vault "auto, without a keyring"
is "a key of the keyring is not found elsewhere" \
    "$(status ringlet profiles env first)" 1
like "and it says why" "$(cat "$T/err")" '[Ss]ecret [Ss]ervice'
set_keychain secret-service
fails '[Ss]ecret [Ss]ervice' "Keychain secret-service, without a keyring"
set_keychain auto
ringlet keychain lock
fails 'ringlet keychain unlock' "auto, without a keyring, with a locked vault"
is "keys are counted by store" \
    "$(state profiles secret-service) $(state profiles vault)" "3 2"
done_testing
