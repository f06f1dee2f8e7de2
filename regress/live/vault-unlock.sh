# The vault is unlocked from a file, over a pipe, or by the program that ssh-add would ask; its passphrase can be changed, and is in no argument list.
# Alone: it reads the argument lists of all processes, other tests' too.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/arguments-lib.sh"

pass=$(canary passphrase)
key=$(canary vaulted)
printf '%s\n' "$pass" >"$T/pass"
printf 'wrong one\n' >"$T/wrong"
cat >"$T/askpass" <<-'SH'
	#!/bin/sh
	echo "$1" >>"${0%/*}/asked"
	cat "${0%/*}/answer" 2>/dev/null
SH
chmod 700 "$T/askpass"
cp "$T/pass" "$T/answer"
start_daemon

vault_is()
{
	[ "$(ringlet --json keychain status | json data vault state)" = "$1" ]
}

unlock()
{
	ringlet keychain unlock "$@"
}

watch_arguments "$pass" 'wrong one'

# --- files and pipes ---
check "a file makes the vault" unlock --passphrase-file "$T/pass"
new_profile shell keeper "$key" -p anthropic
ringlet keychain lock
is "a wrong one is refused" \
    "$(status unlock --passphrase-file "$T/wrong")" 1
check "a file opens it" unlock --passphrase-file "$T/pass"
ringlet keychain lock
check "so does standard input" unlock --passphrase-file - <"$T/pass"
: >"$T/empty"
is "an empty file is refused" \
    "$(status unlock --passphrase-file "$T/empty")" 2
is "there is one already: --new is refused" \
    "$(status unlock --new --passphrase-file "$T/pass")" 1
is "JSON says what was done" "$(ringlet --json keychain unlock \
    --passphrase-file "$T/pass" | json data made)" false

# --- askpass: where there is no terminal ---
without_terminal()
{
	setsid -w "$@" </dev/null >"$T/out" 2>"$T/err"
}
ringlet keychain lock
without_terminal ringlet keychain unlock
is "without a terminal there must be a program" $? 2
like "and it says which" "$(cat "$T/err")" RINGLET_ASKPASS
RINGLET_ASKPASS=$T/askpass
export RINGLET_ASKPASS
without_terminal ringlet keychain unlock
is "RINGLET_ASKPASS is asked" $? 0
like "for the vault's passphrase" "$(cat "$T/asked")" "Ringlet's vault"
ringlet keychain lock
SSH_ASKPASS_REQUIRE=never without_terminal ringlet keychain unlock
is "but never, if so it is wanted" $? 2
RINGLET_ASKPASS=askpass without_terminal ringlet keychain unlock
is "one without a path is not looked for" $? 2
rm "$T/answer"
without_terminal ringlet keychain unlock
is "one that fails opens nothing" $? 1
cp "$T/pass" "$T/answer"
unset RINGLET_ASKPASS
SSH_ASKPASS=$T/askpass
export SSH_ASKPASS
without_terminal ringlet keychain unlock
is "SSH_ASKPASS needs a display" $? 2
DISPLAY=:0 without_terminal ringlet keychain unlock
is "with one it is asked" $? 0
ringlet keychain lock
SSH_ASKPASS_REQUIRE=force without_terminal ringlet keychain unlock
is "so it is by force" $? 0
ringlet keychain lock
end_watch
refute "no passphrase was in one" grep -qv control-word "$T/seen"
: >"$T/asked"
on_tty --out "$T/out" expect "Ringlet's vault: " send "$pass\\r" wait x \
    -- env DISPLAY=:0 ringlet keychain unlock
is "on a terminal the person is asked" $? 0
refute "and not the program" test -s "$T/asked"
on_tty --out "$T/out" wait x \
    -- env DISPLAY=:0 SSH_ASKPASS_REQUIRE=prefer ringlet keychain unlock
is "unless that is preferred" $? 0
check "then it is asked" test -s "$T/asked"
unset SSH_ASKPASS

# --- another passphrase ---
printf 'another passphrase\n' >"$T/pass2"
is "the old one must be right" "$(status ringlet keychain passphrase \
    --passphrase-file "$T/wrong" --new-passphrase-file "$T/pass2")" 1
check "the passphrase is changed" ringlet keychain passphrase \
    --passphrase-file "$T/pass" --new-passphrase-file "$T/pass2"
ringlet keychain lock
is "the old one opens it no more" \
    "$(status unlock --passphrase-file "$T/pass")" 1
check "the new one does" unlock --passphrase-file "$T/pass2"
like "with the key in it" "$(ringlet profiles env keeper)" "$key"
on_tty --out "$T/out" expect "Ringlet's vault: " send 'another passphrase\r' \
    expect 'New passphrase: ' send "$pass\\r" expect 'again: ' \
    send "$pass\\r" wait x -- ringlet keychain passphrase
is "it can be changed on a terminal" $? 0
refute "no passphrase is in a log" \
    grep -rFq -f "$T/pass" "$RINGLET_STATE_DIR"
done_testing
