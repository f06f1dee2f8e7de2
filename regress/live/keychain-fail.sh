# A keychain that is absent, locked or silent is each told as what it is, and no key is stored anywhere instead.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

key=$(canary failing)

# try ALIAS WANTED: create fails, says why, and leaves nothing.
try()
{
	code=$(printf '%s\n' "$key" | timeout 60 ringlet profiles create \
	    shell "$1" -p anthropic >"$T/out" 2>"$T/err"; echo $?)
	is "create fails: $2" "$code" 1
	like "and says so" "$(cat "$T/err")" "$2"
	refute "no profile is left" \
	    test -e "$RINGLET_CONFIG_DIR/profiles/$1.json"
	refute "and no home" test -e "$HOME/.shell-profiles/$1"
	refute "the key is in no file" grep -rFlq -- "$key" "$HOME"
}

echo 'KeychainTimeout 2s' >>"$CONF"
start_bus
start_daemon
try nobody '[Ss]ecret [Ss]ervice'

start_keyring_late()
{
	printf throwaway | gnome-keyring-daemon --foreground --unlock \
	    --components=secrets >"$T/keyring.log" 2>&1 &
	KEYRING=$!
	at_end $KEYRING
	wait_for 20 keyring_answers || bail "a private keyring unlocks"
}
start_keyring_late
new_profile shell control "$key" -p anthropic
ok "with a keyring the same works"
ringlet profiles delete control -y >/dev/null ||
	not_ok "the control is deleted"

collection=$(dbus-send --session --print-reply=literal \
    --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.ReadAlias string:default | tr -d ' ')
# What the daemon stores for itself just then may meet it: until it is locked.
locks()
{
	dbus-send --session --print-reply --dest=org.freedesktop.secrets \
	    /org/freedesktop/secrets org.freedesktop.Secret.Service.Lock \
	    array:objpath:"$collection" >/dev/null
	dbus-send --session --print-reply --dest=org.freedesktop.secrets \
	    "$collection" org.freedesktop.DBus.Properties.Get \
	    string:org.freedesktop.Secret.Collection string:Locked |
	    grep -q 'boolean true'
}
wait_for 10 locks || bail "the keyring locks"
try locked '[Ll]ocked'

kill -STOP "$KEYRING"
began=$(date +%s)
try silent '(time|answer)'
took=$(($(date +%s) - began))
check "a silent keyring does not hold us up ($took s)" test $took -lt 20
kill -CONT "$KEYRING"
done_testing
