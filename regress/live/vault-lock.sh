# The vault locks by itself and at a restart, and opens by itself where systemd has its passphrase.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

pass=$(canary passphrase)
key=$(canary vaulted)
printf '%s\n' "$pass" >"$T/pass"
printf 'wrong one\n' >"$T/wrong"
start_daemon

vault_is()
{
	[ "$(ringlet --json keychain status | json data vault state)" = "$1" ]
}

unlock()
{
	ringlet keychain unlock --passphrase-file "$T/pass" "$@"
}

unlock
new_profile shell keeper "$key" -p anthropic

# --- time ---
is "a time must be one" "$(status unlock --lock-after soon)" 2
unlock --lock-after 0
is "without an end it stays open" \
    "$(ringlet --json keychain status | json data vault locks_at)" ""
unlock --lock-after 1s
check "after its time it is locked" wait_for 20 vault_is locked
check "which is in the log" grep -q 'vault: locked: .*lock-after' "$LOG"
unlock
echo 'VaultLockAfter 1s' >>"$CONF"
kill -HUP "$MONITOR"
check "VaultLockAfter holds for one that is open" wait_for 20 vault_is locked
check "which is in the log" grep -q 'vault: locked: .*VaultLockAfter' "$LOG"
sed -i /VaultLockAfter/d "$CONF"
kill -HUP "$MONITOR"
wait_for 20 grep -q 'VaultLockAfter is now 8h' "$LOG"

# --- restart ---
unlock
session keeper -C "$WORK" -- -c 'read x'
ringlet daemon restart >"$T/out" 2>&1
like "a restart says that the vault is locked" "$(cat "$T/out")" \
    'ringlet keychain unlock'
check "it is" vault_is locked
is "the session lives on" "$(field "$ID" state)" running
ringlet terminal kill "$ID" >/dev/null
ringlet daemon stop >/dev/null 2>&1

# --- systemd's credential ---
CREDENTIALS_DIRECTORY=$T/credentials
export CREDENTIALS_DIRECTORY
mkdir "$CREDENTIALS_DIRECTORY"
credential=$CREDENTIALS_DIRECTORY/ringlet-vault-passphrase
start_with()
{
	rm -f "$credential"
	cp "$1" "$credential"
	chmod "$2" "$credential"
	: >"$LOG"
	ringlet daemon >"$T/out" 2>&1 || bail "the daemon starts"
}
start_with "$T/pass" 400
check "a credential opens it before anybody asks" vault_is open
like "its keys can be used" "$(ringlet profiles env keeper)" "$key"
daemon_facts
ringlet daemon restart >"$T/out" 2>&1
check "and again at a restart" vault_is open
refute "of which nothing need be said" grep -q unlock "$T/out"
if [ -n "$LIVE_SCAN" ]; then
	like "the passphrase is not in the monitor's memory" \
	    "$(scan "$MONITOR" "$T/pass")" '^0 '
fi
ringlet daemon stop >/dev/null 2>&1
start_with "$T/wrong" 400
check "a wrong one leaves it locked" vault_is locked
check "and the log says why" \
    grep -q 'stays locked: the credential .* does not open it' "$LOG"
ringlet daemon stop >/dev/null 2>&1
start_with "$T/pass" 404
check "one that others can read is not taken" vault_is locked
check "and the log says why" grep -q 'stays locked: .*no other can' "$LOG"
refute "no passphrase is in a log" \
    grep -rFq -f "$T/pass" "$RINGLET_STATE_DIR"
done_testing
