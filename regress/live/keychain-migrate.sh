# `keychain migrate` moves all keys to the vault and back, or none; killed on the way, it loses none, and the next one completes it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

helper=${LIVE_LIBEXEC:+$LIVE_LIBEXEC/ringlet-keychain}
[ -n "$helper" ] || helper=$(dirname "$(dirname \
    "$(readlink -f "$LIVE_BIN/ringlet")")")/libexec/ringlet/ringlet-keychain
vault=$RINGLET_DATA_DIR/vault
profiles=$RINGLET_CONFIG_DIR/profiles
base=$(canary moving)
printf 'the passphrase' >"$T/pass"
names="a b c d e f"

# listed STORE: the profiles that it has keys of, in one line.  The audit log's
# key is not one.
listed()
{
	if [ "$1" = vault ]; then
		vault_key=$(VAULT=$vault BACKEND=vault "$LIVE_SRC/kccall" \
		    "$helper" unlock <"$T/pass" | sed -n 3p)
		BACKEND=vault VAULT=$vault VAULT_KEY=$vault_key \
		    "$LIVE_SRC/kccall" "$helper" list
	else
		"$LIVE_SRC/kccall" "$helper" list
	fi | sed -n '3,$s/ .*//p' | grep -vFx .audit | sort | tr '\n' ' ' | sed 's/ *$//'
}

# all_in STORE OTHER WHAT: every profile says so, has its key, and no other.
all_in()
{
	is "$3: all are in the $1" "$(listed "$1")" "$names"
	is "$3: and none in the $2" "$(listed "$2")" ""
	works "$3"
}

# works WHAT: every profile gets its own key.
works()
{
	for name in $names; do
		ringlet profiles env "$name" 2>"$T/err" |
		    grep -Fq -- "$base-$name" ||
			{ cat "$T/err"; not_ok "$1: $name has its key"; return; }
	done
	ok "$1: each profile has its key"
}

start_keyring
start_daemon
for name in $names; do
	new_profile shell "$name" "$base-$name" -p anthropic
done
shell_profile keyless
is "without a vault nothing is moved" \
    "$(status ringlet keychain migrate vault)" 4
like "and it says how to make one" "$(cat "$T/err")" 'keychain unlock --new'
is "there are two places" "$(status ringlet keychain migrate file)" 2
ringlet keychain unlock --new --passphrase-file "$T/pass"
ringlet keychain lock
is "nor into one that is locked" \
    "$(status ringlet keychain migrate vault)" 1
ringlet keychain unlock --passphrase-file "$T/pass"
# shellcheck disable=SC2016
session a -C "$WORK" -- -c 'read x; echo "has $ANTHROPIC_API_KEY"'

# --- both ways ---
is "all move to the vault" \
    "$(ringlet --json keychain migrate vault | json data moved)" 6
all_in vault secret-service "to the vault"
like "inspect says so" "$(ringlet profiles inspect b)" '^Keychain: +vault$'
printf 'go\n' | timeout 20 ringlet terminal attach "$ID" >"$T/out" 2>&1
check "a session that runs has its key" grep -Fq "has $base-a" "$T/out"
is "once more moves nothing" \
    "$(ringlet --json keychain migrate vault | json data moved)" 0
check "and back" ringlet keychain migrate secret-service
all_in secret-service vault "back"

# --- a key that only the other store has ---
ringlet keychain migrate vault 2>/dev/null
printf %s "$base-a" >"$T/key"
"$LIVE_SRC/kccall" "$helper" store a anthropic <"$T/key" >/dev/null
cp "$vault" "$T/vault"
rm "$vault"
ringlet keychain unlock --new --passphrase-file "$T/pass" 2>/dev/null
ringlet keychain migrate vault >"$T/out" 2>"$T/err"
is "a copy is no left-over where the vault lost its own" \
    "$(secret-tool lookup service ringlet profile a)" "$base-a"
like "and that is said" "$(cat "$T/err")" \
    'a in secret-service: vault does not have it'
ringlet keychain lock
cp "$T/vault" "$vault"
ringlet daemon stop
rm "$RINGLET_STATE_DIR/vault.generation"
start_daemon
ringlet keychain unlock --passphrase-file "$T/pass"
check "back" ringlet keychain migrate secret-service
all_in secret-service vault "back with the old vault"
session a -C "$WORK" -- -c 'read x'

# --- nothing, if anything fails ---
ringlet profiles list >/dev/null # which writes down that the run was one
cp -R "$profiles" "$T/before"
same()
{
	check "$1: no profile is changed" diff -r "$profiles" "$T/before"
	is "$1: the vault is empty again" "$(listed vault)" ""
}
printf %s "$base-e" >"$T/key"
secret-tool clear service ringlet profile e
is "a key that is not there stops all" \
    "$(status ringlet keychain migrate vault)" 4
like "and is named" "$(cat "$T/err")" 'the key of e '
same "a missing key"
"$LIVE_SRC/kccall" "$helper" store e anthropic <"$T/key" >/dev/null
chmod 500 "$profiles"
is "profiles that cannot be written stop all" \
    "$(status ringlet keychain migrate vault)" 1
chmod 700 "$profiles"
same "files that cannot be written"
echo '{' >"$profiles/z.json"
is "a damaged profile stops all" \
    "$(status ringlet keychain migrate vault)" 1
like "and is named" "$(cat "$T/err")" 'profile z '
is "what came of it is in the audit log" "$(ringlet --json audit show -n 1 |
    json data 0 outcome)" failed
rm "$profiles/z.json"
same "a damaged profile"
works "after all that"

# --- killed on the way ---
# The monitor is killed once a file was changed so often: while keys are copied,
# while profiles are written, while keys are removed.
for round in "$vault 3" "$profiles/a.json 1" "$profiles/f.json 1"; do
	file=${round% *} changes=0
	inode=$(stat -c %i "$file")
	setsid ringlet keychain migrate vault >/dev/null 2>&1 &
	mover=$!
	while [ $changes -lt "${round##* }" ] && kill -0 $mover 2>/dev/null; do
		now=$(stat -c %i "$file" 2>/dev/null) || continue
		[ "$now" = "$inode" ] || changes=$((changes + 1))
		inode=$now
	done
	kill -9 "$MONITOR" 2>/dev/null
	wait $mover 2>/dev/null
	wait_for 20 test ! -d "/proc/$MONITOR"
	ringlet daemon >/dev/null 2>&1
	daemon_facts
	ringlet keychain unlock --passphrase-file "$T/pass" 2>/dev/null
	round="killed at ${file##*/}"
	works "$round"
	check "$round: the next one completes it" ringlet keychain migrate vault
	all_in vault secret-service "$round"
	ringlet keychain migrate secret-service 2>/dev/null
done
refute "no key is in a log" grep -rFq -- "$base" "$RINGLET_STATE_DIR"
done_testing
