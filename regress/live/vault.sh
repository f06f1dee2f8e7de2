# Without a Secret Service keys go into the vault: made on a terminal, sealed on the disk, of no use while it is locked; its passphrase stays nowhere.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

vault=$RINGLET_DATA_DIR/vault
pass=$(canary passphrase)
key=$(canary vaulted)
printf '%s\n' "$pass" >"$T/pass"
printf '%s\n' "$key" >"$T/key"
start_daemon

state()
{
	ringlet --json keychain status | json data "$@"
}

# denied WHAT COMMAND...: it fails, and says what to type.
denied()
{
	what=$1
	shift
	is "$what is refused" "$(status "$@")" 1
	like "and it says what to type" "$(cat "$T/err")" \
	    'ringlet keychain unlock'
	refute "without a stack of words about it" \
	    test "$(wc -l <"$T/err")" -gt 1
}

# --- none yet ---
is "there is no vault at first" "$(state vault state)" absent
is "and no place for a key" "$(state store)" ""
on_tty --out "$T/out" wait x -- ringlet profiles create shell early \
    -p anthropic
check "a profile with a key cannot be made" test $? -eq 1
refute "and no key is asked for" grep -q 'API key' "$T/out"
like "it says what to type" "$(cat "$T/out")" 'ringlet keychain unlock'
refute "nothing of it is left" \
    test -e "$RINGLET_CONFIG_DIR/profiles/early.json"
shell_profile keyless
ok "one without a key can"

# --- made on a terminal ---
on_tty --out "$T/out" expect 'new vault: ' send 'short\r' wait x \
    -- ringlet keychain unlock
is "a short passphrase is refused" $? 1
on_tty --out "$T/out" expect 'new vault: ' send "$pass\\r" \
    expect 'again: ' send 'something else\r' wait x -- ringlet keychain unlock
is "so are two that differ" $? 1
refute "no vault is made" test -e "$vault"
on_tty --out "$T/out" expect 'new vault: ' send "$pass\\r" \
    expect 'again: ' send "$pass\\r" wait x -- ringlet keychain unlock
is "the vault is made" $? 0
refute "without echo" grep -Fq -f "$T/pass" "$T/out"
like "with a warning" "$(tr -d '\r\n' <"$T/out")" 'if it is lost, so are they'
is "its file is closed to others" "$(stat -c %a "$vault")" 600
is "it is open" "$(state vault state)" open
is "new keys go there" "$(state store)" vault
check "it locks by itself, as set" test -n "$(state vault locks_at)"

# --- in use ---
new_profile shell keeper "$key" -p anthropic
like "create shows where the key went" "$(cat "$T/create.out")" \
    '^Keychain: +vault$'
like "inspect shows it" "$(ringlet profiles inspect keeper)" \
    '^Keychain: +vault$'
like "and no more of the key" "$(ringlet profiles inspect keeper)" \
    '^API Key: +\*\*\*\*\.\.\.\*\*\*\*$'
like "the key comes back" "$(ringlet profiles env keeper)" \
    "ANTHROPIC_API_KEY='?$key"
is "keys are counted" "$(state profiles vault)" 1
is "so are profiles without" "$(state profiles none)" 1
# shellcheck disable=SC2016
session keeper -C "$WORK" -- -c \
    'read x; test -n "$ANTHROPIC_API_KEY" && echo "has its key"'
running=$ID

# --- locked ---
new_profile shell idle "$key-2" -p anthropic
check "it is locked" ringlet keychain lock
is "status says so" "$(state vault state)" locked
denied "reading a key" ringlet profiles env keeper
denied "a session" ringlet profiles run keeper --remote
denied "a new profile" ringlet profiles create shell late -p anthropic \
    --api-key-file "$T/key"
denied "deleting one" ringlet profiles delete idle -y
check "which is still there" ringlet profiles inspect idle
check "locking it again is no error" ringlet keychain lock
printf 'go\n' | timeout 20 ringlet terminal attach "$running" \
    >"$T/session.out" 2>&1
check "a session that runs has its key" grep -q 'has its key' \
    "$T/session.out"

# --- unlocked ---
cp "$vault" "$T/before"
on_tty --out "$T/out" expect "Ringlet's vault: " send 'wrong one\r' wait x \
    -- ringlet keychain unlock
is "a wrong passphrase is refused" $? 1
like "as what it is" "$(cat "$T/out")" '[Pp]assphrase'
is "and opens nothing" "$(state vault state)" locked
check "nor changes the file" cmp "$vault" "$T/before"
on_tty --out "$T/out" expect "Ringlet's vault: " send "$pass\\r" wait x \
    -- ringlet keychain unlock
is "the right one opens it" $? 0
like "the key is there" "$(ringlet profiles env keeper)" "$key"
check "deleting works" ringlet profiles delete idle -y
new_profile shell idle "$key-3" -p anthropic
like "and gives way to another key" "$(ringlet profiles env idle)" "$key-3"

# --- gone ---
mv "$vault" "$T/moved"
is "a file that is gone is told as that" "$(state vault state)" gone
is "and not made anew" \
    "$(status ringlet keychain unlock --passphrase-file "$T/pass")" 4
like "unless so it is wanted" "$(cat "$T/err")" 'backup.*--new'
is "its keys are not found" "$(status ringlet profiles env keeper)" 4
mv "$T/moved" "$vault"
like "put back, it is good" "$(ringlet profiles env keeper)" "$key"

# --- secrecy ---
refute "the key is in no file" grep -rFlq -f "$T/key" "$HOME"
refute "nor is the passphrase" grep -rFlq -f "$T/pass" "$HOME"
check "the log was looked at" test -s "$LOG"
if [ -z "$LIVE_SCAN" ]; then
	skip "memory: only root can look into it"
else
	echo 'ListenAddress' >"$T/known"
	like "the monitor's memory can be read" \
	    "$(scan "$MONITOR" "$T/known")" '^[1-9]'
	like "the passphrase is not in it" "$(scan "$MONITOR" "$T/pass")" '^0 '
	like "nor in ringletd's" "$(scan "$RINGLETD" "$T/pass")" '^0 '
	like "nor the key in ringletd's" "$(scan "$RINGLETD" "$T/key")" '^0 '
fi
done_testing
