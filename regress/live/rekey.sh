# A new key takes the old one's place at once, running sessions keep theirs and are listed, and where it fails the old one is still there.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

in_keyring()
{
	secret-tool lookup profile keeper
}

# What a new run of the profile gets.
now()
{
	# shellcheck disable=SC2016
	ringlet profiles run keeper -- -c 'echo "$ANTHROPIC_API_KEY"' 2>&1
}

start_keyring
start_daemon KeychainTimeout=5s
old=$(canary old) new=$(canary new)
new_profile shell keeper "$old" -p anthropic
shell_profile selfish
# shellcheck disable=SC2016
session keeper -C "$WORK" -- -c \
    'read x; echo "has $ANTHROPIC_API_KEY"'
live=$ID
session selfish -C "$WORK" -- -c 'read x'
other=$ID

is "the key is replaced" "$(printf '%s\n' "$new" |
    status ringlet profiles rekey keeper)" 0
like "the running session is named" "$(cat "$T/err")" \
    "session $live goes on with the former key"
refute "another profile's is not" grep -q "$other" "$T/err"
is "the keyring has the new key" "$(in_keyring)" "$new"
is "and one item alone" "$(secret-tool search --all profile keeper \
    2>/dev/null | grep -c '^secret = ')" 1
is "new runs get it" "$(now)" "$new"
ws "/ws/terminal/$live" --out /dev/null send '\n' expect has
await "$live" || not_ok "the session ends"
is "the session had the old one" "$(output "$live" | sed -n '/^has/p')" \
    "has $old"
printf '%s\n' "$old" >"$T/key"
chmod 600 "$T/key"
is "a file will do, and JSON" "$(status ringlet --json profiles rekey keeper \
    --api-key-file "$T/key")" 0
is "which says where the key is" "$(json data keychain <"$T/out")" \
    secret-service
is "and that no session has the former one" \
    "$(json data sessions <"$T/out")" '[]'
is "the keyring has that" "$(in_keyring)" "$old"
is "a terminal is asked without echo" "$(on_tty --out "$T/tty" \
    expect 'New API key of keeper .*: ' send "$new\\r" wait x -- \
    ringlet profiles rekey keeper; echo $?)" 0
refute "so the key is not on it" grep -aFq "$new" "$T/tty"
is "and it is in the keyring" "$(in_keyring)" "$new"

# What is no key, and who has none.
for bad in '' ' sk' "sk$(printf '\302\240')" "$(printf 'a\nb')" \
    "$(printf 'sk\tx')"; do
	is "no key: $(printf '%s' "$bad" | od -An -c | tr -d '\n')" \
	    "$(printf '%s\n' "$bad" | status ringlet profiles rekey keeper)" 2
done
is "no such profile" "$(echo x | status ringlet profiles rekey nobody)" 4
is "a profile without a key" \
    "$(echo x | status ringlet profiles rekey selfish)" 1
like "is refused by name" "$(cat "$T/err")" "provider 'self' takes none"
is "the keyring still has the last key" "$(in_keyring)" "$new"

# The monitor judges for itself, also what the command would not send.
is "over HTTP: another key" "$(api PUT /api/profiles/keeper/key \
    "{\"api_key\":\"$old\"}")" 200
refute "the reply has none" grep -Fq "$old" "$T/body"
is "the keyring has it" "$(in_keyring)" "$old"
is "over HTTP: no key" "$(api PUT /api/profiles/keeper/key \
    '{"api_key":"sk\u00a0"}')" 400
like "for that reason" "$(json error <"$T/body")" 'ends with a no-break space'
is "over HTTP: who has none" "$(api PUT /api/profiles/selfish/key \
    '{"api_key":"x"}')" 400
is "over HTTP: nobody" "$(api PUT /api/profiles/nobody/key \
    '{"api_key":"x"}')" 404

# A keyring that is silent, then locked: the old key stays, and that is said.
kill -STOP "$KEYRING"
printf '%s\n' "$new" | ringlet profiles rekey keeper >"$T/first" 2>&1 &
first=$!
busy()
{
	grep -q ' trace: keychain <- KC_REQUEST .*op=1' "$LOG.part"
}
begun()
{
	tail -n +"$lines" "$LOG" >"$LOG.part"
	busy
}
lines=$(grep -c '' "$LOG")
wait_for 10 begun || [ -s "$T/first" ] || not_ok "the first has begun"
is "another change meanwhile is refused" "$(echo "$new" |
    status ringlet profiles rekey keeper)" 1
like "by name" "$(cat "$T/err")" \
    'keeper is being changed by another request'
is "and so is a deletion" "$(status ringlet profiles delete keeper -y)" 1
wait $first
is "a silent keyring fails it" $? 1
like "and says what is known" "$(cat "$T/first")" \
    'keeper (keeps its former key|may have)'
kill -CONT "$KEYRING"
is "the old key is still there" "$(in_keyring)" "$old"
is "and is what runs get" "$(now)" "$old"
done_testing
