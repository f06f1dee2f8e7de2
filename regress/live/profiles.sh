# A profile is made, listed, run on this terminal with its own HOME and key, and leaves no secret in its metadata.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_keyring
key=$(canary profiles)
new_profile shell work "$key" -p anthropic --env COLOUR=green \
    --working-dir "$WORK"
is "list knows it" "$(ringlet --json profiles list |
    json data 0 alias)" work
is "with its agent" "$(ringlet --json profiles list |
    json data 0 agent_id)" shell
meta=$RINGLET_CONFIG_DIR/profiles/work.json
check "its metadata is a file" test -f "$meta"
is "which others cannot read" "$(stat -c %a "$meta")" 600
refute "and which holds no secret" grep -Fq -- "$key" "$meta"
refute "nor half of one" grep -Fq -- "${key#sk-canary-profiles-}" "$meta"
check "metadata is valid JSON" json alias <"$meta"

# run here: HOME is the profile's, the key is in the environment, the exit
# status is the agent's own.
home=$(ringlet --json profiles inspect work | json data home)
# shellcheck disable=SC2016  # the profile's shell expands these
out=$(ringlet profiles run work -- \
    -c 'echo "$HOME|$ANTHROPIC_API_KEY|$COLOUR"; exit 3')
is "run ends with the agent's status" $? 3
is "the agent has the profile's HOME, key and environment" "$out" \
    "$home|$key|green"
is "a signal's status is 128 and its number" \
    "$(status ringlet profiles run work -- -c 'kill -9 $$')" 137
# Two variables of the person's own do not leak into it.
out=$(AWS_SECRET_ACCESS_KEY=leak LD_PRELOAD='' ringlet profiles run work -- \
    -c env)
case $out in
*leak*) not_ok "the caller's environment stays outside" ;;
*) ok "the caller's environment stays outside" ;;
esac

# What cannot be is refused, and nothing is left of it.
is "an alias twice is refused" "$(printf x | status ringlet profiles create \
    shell work -p anthropic)" 1
for alias in ../up .hidden 'a b' -dash ''; do
	code=$(status ringlet profiles create shell -p self -- "$alias")
	check "alias '$alias' is refused ($code)" \
	    test "$code" = 1 -o "$code" = 2
done
is "an unknown agent is 4" \
    "$(status ringlet profiles create nosuch x -p self)" 4
like "and named" "$(cat "$T/err")" "there is no agent 'nosuch'"
is "an unknown provider is 4" \
    "$(status ringlet profiles create shell x -p nosuch)" 4
like "and named" "$(cat "$T/err")" "there is no provider 'nosuch'"
code=$(status ringlet profiles create shell x -p anthropic \
    --endpoint http://api.example.com --api-key-file /dev/null)
check "a key never goes to a plain http endpoint ($code)" \
    test "$code" -ne 0
is "there is still one profile" "$(ls "$RINGLET_CONFIG_DIR/profiles")" \
    work.json
is "a name that is not there is 4" \
    "$(status ringlet profiles run nobody -- -c true)" 4

# An environment file that sh reads must be safe to read.
# shellcheck disable=SC2016
new_profile shell quoted "a'b\$(touch $WORK/owned)" -p anthropic
(
	eval "$(ringlet profiles env quoted)"
	# shellcheck disable=SC2016
	is "env is quoted for the shell" "$ANTHROPIC_API_KEY" \
	    "a'b\$(touch $WORK/owned)"
)
refute "reading it runs nothing" test -e "$WORK/owned"
done_testing
