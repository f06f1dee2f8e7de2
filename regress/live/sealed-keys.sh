# Keys sealed to the daemon's public key work over HTTP, once each, for the profile they are bound to; RequireSealedKeys refuses all others.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# public_key: fetch it, set ID and PUBLIC.
public_key()
{
	api GET /api/keychain/public-key >/dev/null
	ID=$(json data key_id <"$T/body")
	PUBLIC=$(json data public_key <"$T/body")
}

# seal KEY [ALIAS AGENT PROVIDER ENDPOINT]: print the member for a body.
seal()
{
	seal_key=$1
	shift
	printf '"sealed_key":{"key_id":"%s","ciphertext":"%s"}' "$ID" \
	    "$(printf %s "$seal_key" |
	    python3 "$LIVE_SRC/sealkey.py" "$PUBLIC" "$@")"
}

# make ALIAS MEMBER: create a profile over HTTP, print the status.
make()
{
	api POST /api/profiles "{\"agent_id\":\"shell\",\"alias\":\"$1\",
	    \"provider_id\":\"anthropic\",$2}"
}

rekey()
{
	api PUT "/api/profiles/$1/key" "{$2}"
}

# has ALIAS: the key that the keyring has for it.
has()
{
	secret-tool lookup profile "$1"
}

start_keyring
start_daemon
one=$(canary one) two=$(canary two) three=$(canary three)
is "the public key is served" "$(api GET /api/keychain/public-key)" 200
public_key
like "it has a name" "$ID" '^[0-9a-f]{16}$'
is "and 32 bytes" "$(printf %s "$PUBLIC" | base64 -d | wc -c)" 32
is "without a token it is not" "$(http GET /api/keychain/public-key)" 401

sealed=$(seal "$one")
is "a profile is made with a sealed key" "$(make web "$sealed")" 201
is "the keyring has the key" "$(has web)" "$one"
is "the same ciphertext again is refused" "$(rekey web "$sealed")" 409
is "by a code of its own" "$(json code <"$T/body")" STALE
like "that says what to do" "$(json error <"$T/body")" 'seal the key again'
is "also for another profile" "$(make other "$sealed")" 409
is "which is not made" "$(api GET /api/profiles/other)" 404
is "rekey takes one, too" "$(rekey web "$(seal "$two")")" 200
is "and the keyring has it" "$(has web)" "$two"

# Bound to a profile.
is "a key bound to its profile" \
    "$(rekey web "$(seal "$three" web shell anthropic '')")" 200
is "is taken" "$(has web)" "$three"
is "one bound to another profile" \
    "$(rekey web "$(seal "$one" wob shell anthropic '')")" 403
is "or to another provider" \
    "$(rekey web "$(seal "$one" web shell openai '')")" 403
like "is refused" "$(json error <"$T/body")" 'sealed for another provider'
is "nor can a profile be made for it elsewhere" \
    "$(api POST /api/profiles "{\"agent_id\":\"shell\",\"alias\":\"mine\",
    \"provider_id\":\"anthropic\",\"endpoint_id\":\"https://evil.example\",
    $(seal "$one" mine shell anthropic '')}")" 403
is "the keyring has the same key" "$(has web)" "$three"

# What does not open.
good=$(seal "$one")
is "an altered ciphertext" "$(rekey web \
    "$(printf %s "$good" | sed 's/ciphertext":"..../ciphertext":"AAAA/')")" 400
like "does not open" "$(json error <"$T/body")" 'does not open'
is "base64 of something else does not" "$(rekey web "\"sealed_key\":{
    \"key_id\":\"$ID\",\"ciphertext\":\"AAAA\"}")" 400
is "a key that is none is refused once it is open" \
    "$(rekey web "$(seal "$(printf 'a\tb')")")" 400
like "for that reason" "$(json error <"$T/body")" 'a tab at byte 2'
refute "no error has a key in it" grep -Fq canary "$T/body"

# Across a restart in place the pair stays, and so does what was used.
ringlet daemon restart >/dev/null || not_ok "the daemon is restarted"
daemon_facts
before=$ID
public_key
is "after a restart in place the key is the same" "$ID" "$before"
is "and a used ciphertext is still refused" "$(rekey web "$sealed")" 409
ringlet daemon stop >/dev/null
start_daemon
stale=$(seal "$one")
public_key
refute "after a new start it is another" test "$ID" = "$before"
is "a key sealed to the old one" "$(rekey web "$stale")" 409
is "is told by its code" "$(json code <"$T/body")" STALE
like "and what to do" "$(json error <"$T/body")" 'fetch the public key again'

# RequireSealedKeys.
is "a plain key is taken by default" "$(rekey web "\"api_key\":\"$two\"")" 200
echo 'RequireSealedKeys yes' >>"$CONF"
kill -HUP "$MONITOR"
holds_now()
{
	[ "$(rekey web "\"api_key\":\"$one\"")" = 403 ]
}
check "with RequireSealedKeys it is refused" wait_for 10 holds_now
like "by the setting's name" "$(json error <"$T/body")" RequireSealedKeys
is "in create, too" "$(make plain "\"api_key\":\"$one\"")" 403
is "and nothing is made" "$(api GET /api/profiles/plain)" 404
now=$(has web)
is "nor is a sealed one that is not bound" "$(rekey web "$(seal "$three")")" 403
like "by the setting's name" "$(json error <"$T/body")" RequireSealedKeys
is "the key is as it was" "$(has web)" "$now"
is "a bound one is taken" \
    "$(rekey web "$(seal "$three" web shell anthropic '')")" 200
is "and holds" "$(has web)" "$three"
is "the command needs none of that" \
    "$(echo "$one" | status ringlet profiles rekey web)" 0
refute "no key is in the log" grep -Fq canary "$LOG"
done_testing
