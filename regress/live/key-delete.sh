# A profile whose key the keychain does not let go of is kept whole, and the error says what to do; then it goes, with its key.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# keeps WHAT PATTERN: deletion fails so, and nothing is half deleted.
keeps()
{
	is "$1: it is not deleted" "$(status ringlet profiles delete keeper -y)" 1
	like "and that is said" "$(cat "$T/err")" "keeper is kept.*$2"
	check "its file is there" test -e "$RINGLET_CONFIG_DIR/profiles/keeper.json"
	check "and its home, as it was" test -e "$home/mark"
	is "and it can be seen" "$(status ringlet profiles inspect keeper)" 0
}

locked()
{
	dbus-send --session --print-reply --dest=org.freedesktop.secrets \
	    "$1" org.freedesktop.DBus.Properties.Get \
	    string:org.freedesktop.Secret.Collection string:Locked |
	    grep -q 'boolean true'
}

start_keyring
start_daemon KeychainTimeout=5s
key=$(canary delete)
new_profile shell keeper "$key" -p anthropic
home=$(ringlet --json profiles inspect keeper | json data home)
touch "$home/mark"

kill -STOP "$KEYRING"
keeps "a silent keyring" '(time|answer).*try again'
kill -CONT "$KEYRING"
is "the key is there" "$(secret-tool lookup profile keeper)" "$key"

collection=$(dbus-send --session --print-reply=literal \
    --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.ReadAlias string:default | tr -d ' ')
dbus-send --session --print-reply --dest=org.freedesktop.secrets \
    /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
    array:objpath:"$collection" >/dev/null
wait_for 10 locked "$collection" || not_ok "the keyring is locked"
keeps "a locked keyring" '[Ll]ocked.*unlock'
is "nor is a new key taken" \
    "$(echo "$key-2" | status ringlet profiles rekey keeper)" 1
like "and that is said" "$(cat "$T/err")" \
    'keeper keeps its former key: .*[Ll]ocked.*unlock'

kill "$KEYRING"
wait "$KEYRING" 2>/dev/null
keeps "no keyring" '[Ss]ecret [Ss]ervice'
is "nor is a new key taken" \
    "$(echo "$key-2" | status ringlet profiles rekey keeper)" 1
like "and that is said" "$(cat "$T/err")" 'keeps its former key'
refute "no key is in a file" grep -rFlq -- "$key" "$HOME/.config" \
    "$HOME/.local/state" "$home"

printf throwaway | gnome-keyring-daemon --foreground --unlock \
    --components=secrets >"$T/keyring.log" 2>&1 &
at_end $!
wait_for 20 keyring_answers || bail "a private keyring unlocks"
is "the key was kept all the time" "$(secret-tool lookup profile keeper)" \
    "$key"
is "with the keyring it is deleted" \
    "$(status ringlet profiles delete keeper -y)" 0
like "and that is said" "$(cat "$T/err")" 'no key of it is in the keychain'
is "the key is gone" "$(secret-tool lookup profile keeper)" ""
refute "and the home" test -e "$home"
refute "and the file" test -e "$RINGLET_CONFIG_DIR/profiles/keeper.json"
done_testing
