# The key is asked for without echo, read from a pipe or a file, and never from an argument; delete asks before it deletes.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_keyring
start_daemon
key=$(canary prompts)

on_tty --out "$T/out" expect 'API key .*: ' send "$key\\r" wait x \
    -- ringlet profiles create shell asked -p anthropic
is "the key can be typed" $? 0
refute "and is not echoed" grep -Fq -- "$key" "$T/out"
like "it is the profile's" "$(ringlet profiles env asked)" \
    "ANTHROPIC_API_KEY='$key'"

# A terminal cuts a line that is too long, and tells nobody.
long=$key$(printf '%05000d' 0)
on_tty --out "$T/out" expect 'API key .*: ' send "$long\\r" wait x \
    -- ringlet profiles rekey asked
is "what the terminal has cut is no key" $? 1
check "and it says how to give a long one" grep -q 'api-key-file' "$T/out"
like "the profile keeps its own" "$(ringlet profiles env asked)" \
    "ANTHROPIC_API_KEY='$key'"
on_tty --out "$T/out" wait x -- setsid -w ringlet profiles rekey asked
is "nor is there one where nobody can be asked" $? 1
check "and it says so" grep -q 'cannot be asked for the API key: .*: give it' \
    "$T/out"
printf %s "$long" >"$T/long"
check "a file may have one so long" ringlet profiles create shell long \
    -p anthropic --api-key-file "$T/long"

printf '%s' "$key-2" | ringlet profiles create shell piped -p anthropic \
    >"$T/out" 2>&1
is "it can be piped" $? 0
like "as it is" "$(ringlet profiles env piped)" \
    "ANTHROPIC_API_KEY='$key-2'"
printf '%s\n' "$key-3" >"$T/key"
check "it can be in a file" ringlet profiles create shell filed -p anthropic \
    --api-key-file "$T/key"
like "whose newline is not part of it" "$(ringlet profiles env filed)" \
    "ANTHROPIC_API_KEY='$key-3'"
is "env's JSON has it too" "$(ringlet --json profiles env filed |
    json data env ANTHROPIC_API_KEY)" "$key-3"

refuse()
{
	what=$1 wanted=$2
	shift 2
	code=$(status ringlet profiles create shell bad -p "$@")
	is "$what is refused" "$code" "$wanted"
	refute "and nothing is made" \
	    test -e "$RINGLET_CONFIG_DIR/profiles/bad.json"
}
: >"$T/key"
refuse "an empty key" 2 anthropic --api-key-file "$T/key"
# Closed, its number would go to the socket to the daemon, and be read.
code=$(status timeout 20 ringlet profiles create shell bad -p anthropic <&-)
is "a closed standard input holds no key" "$code" 2
printf 'one\ntwo\n' >"$T/key"
refuse "a key of two lines" 2 anthropic --api-key-file "$T/key"
refuse "a file that is not there" 4 anthropic --api-key-file "$T/none"
refuse "a key for a provider without one" 2 self --api-key-file "$T/key"
refuse "a provider that is not there" 4 nosuch
refuse "a folder that is not there" 4 self --working-dir "$T/none"
check "--dry-run asks for no key" ringlet profiles create shell dry \
    -p anthropic --dry-run
refute "and makes nothing" test -e "$RINGLET_CONFIG_DIR/profiles/dry.json"

# Nobody is asked for a key that would be of no use.
in_vain()
{
	what=$1 code=$2
	shift 2
	on_tty --out "$T/out" wait x -- ringlet profiles create "$@"
	is "$what ends at once" $? "$code"
	refute "and asks for no key" grep -q 'API key' "$T/out"
}
in_vain "a bad alias" 2 shell ../bad -p anthropic
in_vain "an alias that is taken" 1 shell piped -p anthropic
in_vain "a provider that is not the agent's" 1 claude bad -p openai
in_vain "an unknown agent" 4 nosuch bad -p anthropic
in_vain "an unknown provider" 4 shell bad -p nosuch

# delete asks on a terminal, and does not guess without one.
is "without a terminal, delete wants -y" \
    "$(status ringlet profiles delete asked)" 2
on_tty --out "$T/out" expect '\[y/N\] ' send 'n\r' wait x \
    -- ringlet profiles delete asked
check "no is no" test $? -ne 0
check "the profile is there" ringlet profiles inspect asked
like "the question names what goes" "$(cat "$T/out")" "$HOME/.shell-profiles"
on_tty --out "$T/out" expect '\[y/N\] ' send 'y\r' wait x \
    -- ringlet profiles delete asked
is "yes is yes" $? 0
is "the profile is gone" "$(status ringlet profiles inspect asked)" 4
home=$(ringlet --json profiles inspect piped | json data home)
check "--keep-home deletes" ringlet profiles delete piped --keep-home -y
check "but not the home" test -d "$home"
done_testing
