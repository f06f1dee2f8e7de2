# The audit log's key is kept where new keys are: in the vault where there is no Secret Service; it is asked for when the vault is unlocked, moves with the other keys, and the log is whole through all of it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

printf 'a good passphrase\n' >"$T/pass"
unlock()
{
	ringlet keychain unlock --passphrase-file "$T/pass" "$@" >"$T/unlock" \
	    2>&1 || { cat "$T/unlock"; bail "the vault is unlocked"; }
}
# entry EVENT [OUTCOME]: whether the log has one.
entry()
{
	grep -Eq "\"event\":\"$1\".*\"outcome\":\"${2:-ok}\"" \
	    "$RINGLET_STATE_DIR/audit.jsonl"
}
verdict()
{
	ringlet --json audit verify >"$T/verdict"
	echo $?
}

start_daemon
is "without any keychain the log is whole, and has no key" "$(verdict)" 0
is "which is said" "$(json data key <"$T/verdict")" ""
unlock --new
check "a vault that is made gets the log's key" wait_for 10 entry audit.key
check "and its making is in the log" entry keychain.unlock
refute "the key is not in the log's own state" grep -q "$(sed -n \
    's/.*"hash":"\([0-9a-f]\{64\}\).*/\1/p;q' \
    "$RINGLET_STATE_DIR/audit.jsonl")" "$RINGLET_STATE_DIR/audit.state"
like "only where it is" "$(cat "$RINGLET_STATE_DIR/audit.state")" '^v1 vault '
is "the log is whole" "$(verdict)" 0
id=$(json data key <"$T/verdict")
like "with a key" "$id" "^[0-9a-f]{16}$"
ringlet keychain lock
check "that it is locked is in the log" entry keychain.lock
printf 'another passphrase\n' >"$T/wrong"
is "a wrong passphrase is refused" "$(status ringlet keychain unlock \
    --passphrase-file "$T/wrong")" 1
check "which is in the log" entry keychain.unlock refused

ringlet daemon restart >/dev/null 2>&1
daemon_facts
shell_profile one
is "after a restart, with the vault locked, it cannot be verified" \
    "$(status ringlet audit verify)" 1
cat "$T/out" "$T/err"
like "for want of its key, which is said" "$(cat "$T/out" "$T/err")" \
    'the vault is locked'
seals=$(grep -c '"event":"audit.seal"' "$RINGLET_STATE_DIR/audit.jsonl")
unlock
sealed()
{
	[ "$(grep -c '"event":"audit.seal"' \
	    "$RINGLET_STATE_DIR/audit.jsonl")" -gt "$seals" ]
}
check "unlocking brings it back" wait_for 10 sealed
is "the log is whole" "$(verdict)" 0
is "with the same key" "$(json data key <"$T/verdict")" "$id"

ringlet daemon stop >/dev/null
start_keyring
start_daemon
unlock
check "again" wait_for 10 sealed
is "keys are moved" "$(status ringlet keychain migrate secret-service)" 0
check "which is in the log" entry keychain.migrate
like "and the log's key with them" "$(cat "$RINGLET_STATE_DIR/audit.state")" \
    '^v1 secret-service '
secret-tool lookup service ringlet profile .audit >"$T/item"
like "it is in the keyring" "$(cat "$T/item")" '^v1 [0-9a-f]{64} '
is "the log is whole" "$(verdict)" 0
ringlet daemon restart >/dev/null 2>&1
daemon_facts
keyed()
{
	[ "$(verdict)" = 0 ] &&
	    [ "$(json data key <"$T/verdict")" = "$id" ]
}
check "and after a restart, with that key" wait_for 10 keyed
done_testing
