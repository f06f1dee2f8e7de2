# shellcheck shell=sh
# agents-lib.sh: what the tests of real agents with several kinds of API claim
# of each.  Source lib.sh first.

# talked ALIAS ID PATH MEMBER VALUE: the session of that profile, whose model is
# called as the profile, got the fake API's reply; the request for it came to
# PATH (empty: anywhere) with its key, $key, as MEMBER.
talked()
{
	await "$2" 90 || not_ok "$1: it ends"
	output "$2" >"$T/reply"
	like "$1: the reply is printed" "$(cat "$T/reply")" \
	    'hello from behind the jail'
	is "$1: it exits with 0" "$(field "$2" exit_code)" 0
	is "$1: it was jailed" "$(field "$2" sandboxed)" true
	grep "\"model\": \"$1\"" "$API_LOG" |
	    grep -F "${3:+\"path\": \"$3\"}" | head -n 1 >"$T/sent"
	is "$1: the request came with the profile's key" \
	    "$(json "$4" <"$T/sent")" "$5"
	is "$1: and was answered" "$(json status <"$T/sent")" 200
	home=$(ringlet --json profiles inspect "$1" | json data home)
	# shellcheck disable=SC2154
	refute "$1: the key is in no file of its home" \
	    grep -rFq "$key" "$home"
}
