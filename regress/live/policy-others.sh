# What others made, hooks and registries, is used as the administrator's policy allows: no setting, key, link or earlier approval gets past it, nor a mistake in ringlet.conf; doctor tells.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
[ -n "$LIVE_POLICY" ] || skip_all "only root can write a policy"
. "${0%/*}/registry-lib.sh"

mkdir "$T/agents" "$HOME/reg"
cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
PATH=$T/agents:$PATH
new_registry
publish 1
cp -a "$R" "$HOME/reg/good"
cp -a "$R" "$HOME/reg/denied"
cp -a "$R" "$HOME/outside"
ln -s "$HOME/outside" "$HOME/reg/link"
sign_by b
cp -a "$R" "$HOME/reg/other"
setting RegistryKey "$KEY_A" "$KEY_B"
policy_file none
start_daemon

# refused_by KEYWORD: what was said last names that rule.
refused_by()
{
	line=$(grep -n "^$1 " "$T/policy" | cut -d: -f1)
	grep -Eq "refused by $1 \\($LIVE_POLICY line $line\\)" "$T/said"
}
# from URL: a registry comes from there, by the command.
from()
{
	setting RegistryURL "$1"
	reload
	code=$(status ringlet registry sync)
	cat "$T/out" "$T/err" >"$T/said"
	[ "$code" = 0 ]
}
over_http()
{
	code=$(api POST /api/registry/sync)
	cat "$T/body" >"$T/said"
	[ "$code" = 200 ]
}
# no WHAT KEYWORD CODE COMMAND...: it fails so, and the rule is named.
no()
{
	no_what=$1 no_keyword=$2 no_code=$3
	shift 3
	refute "$no_what: refused" "$@"
	is "$no_what: as a refusal" "$code" "$no_code"
	check "$no_what: by the rule" refused_by "$no_keyword"
}
places="$HOME/outside $HOME/reg/good file://$HOME/outside $HOME/reg/link
    $HOME/reg/denied $HOME/reg/other"
# has: what came from the registry is there.
has()
{
	ringlet providers inspect acme >/dev/null 2>"$T/said"
}

# --- without a policy all of it is had ---
like "doctor says that there is none" "$(ringlet doctor)" \
    '^ok   policy: there is none'
like "nor a registry" "$(ringlet doctor)" '^ok   registry: none is set'
for place in $places; do
	check "without a policy: from $place" from "$place"
	check "over HTTP, too" over_http
done
like "doctor says which is used" "$(ringlet doctor)" \
    '^ok   registry: version v1 of acme'
check "a provider of it is there" has
new_profile claude dev "" -p self --working-dir "$WORK"
ringlet hooks add dev PreToolUse '' 'echo FORBIDDEN' >/dev/null
ringlet hooks add dev PreToolUse '' 'echo allowed one' >/dev/null
like "doctor names hooks that wait" "$(ringlet doctor)" \
    "^warn hooks: dev: 2 of 2 wait.*'ringlet hooks review dev'"
check "without a policy: hooks are approved" ringlet hooks approve dev -y
like "which doctor says" "$(ringlet doctor)" '^ok   hooks: 2 of them'
like "and run" "$(jailed dev -- fire PreToolUse Bash)" '^FORBIDDEN'

# --- with one, nothing ---
# The settings have a mistake when it comes.
from "$HOME/outside" || bail "a registry from outside"
echo 'Nonsense yes' >>"$CONF"
policy "AllowRegistries $HOME/reg" "DenyRegistries $HOME/reg/denied" \
    "RegistryKeys $KEY_A" 'AllowHooks "echo allowed *"'
reload
like "with a mistake in ringlet.conf the settings stay" \
    "$(grep Nonsense "$LOG")" 'the settings stay as they are'
refute "the policy holds: what came from outside is gone" has
like "doctor says why" "$(ringlet doctor)" \
    "^FAIL registry: .*outside: refused by AllowRegistries \\($LIVE_POLICY"
like "and that nothing comes from there" "$(ringlet doctor)" \
    '^warn registry: .*policy show'
like "and that the policy holds" "$(ringlet doctor)" \
    "^ok   policy: $LIVE_POLICY holds; .ringlet policy show"
is "nor is it back by being looked at" "$(current)" ''
sed -i '/^Nonsense/d' "$CONF"

for place in "$HOME/outside" "file://$HOME/outside" "$HOME/reg/link"; do
	no "from $place" AllowRegistries 5 from "$place"
	no "from there over HTTP" AllowRegistries 403 over_http
done
no "from what is denied" DenyRegistries 5 from "$HOME/reg/denied"
no "that over HTTP" DenyRegistries 403 over_http
no "by another key" RegistryKeys 5 from "$HOME/reg/other"
no "that over HTTP, too" RegistryKeys 403 over_http
setting RegistryKey "$KEY_B"
no "with that key alone" RegistryKeys 5 from "$HOME/reg/other"
no "that key over HTTP" RegistryKeys 403 over_http
check "doctor names the key's rule" \
    sh -c "ringlet doctor | grep -q '^warn registry: .*RegistryKeys'"
setting RegistryKey "$KEY_A" "$KEY_B"
check "what is allowed comes" from "$HOME/reg/good"
check "and is used" has
setting RegistryURL "$HOME/outside"
reload
refute "by setting another place it goes" has
setting RegistryURL
reload
check "with none it is used, for it came from where it may" has
sed -i "s,$HOME/reg/good,$HOME/outside," "$RINGLET_DATA_DIR/registry/registry.lock"
reload
refute "and not if it did not" has

# --- hooks ---
like "a hook that was approved is left out, and told" \
    "$(jailed dev -- fire PreToolUse Bash; cat "$T/run.err")" \
    "left out: hook PreToolUse 0: .*AllowHooks \\($LIVE_POLICY line 4\\)"
is "the one that is allowed runs" \
    "$(jailed dev -- fire PreToolUse Bash | grep -v status)" 'allowed one'
ringlet profiles run dev --remote --no-sandbox -- fire PreToolUse Bash \
    >"$T/id" 2>/dev/null
is "nor does it run without a jail" \
    "$(output "$(cat "$T/id")" | grep -v status)" 'allowed one'
is "or on the user's terminal" \
    "$(ringlet profiles run dev -- fire PreToolUse Bash 2>/dev/null |
	grep -v status)" 'allowed one'
like "the review says so" "$(ringlet hooks review dev)" \
    '^Runs: no: hook .*FORBIDDEN.*refused by AllowHooks'
like "and the list" "$(ringlet hooks list dev)" '0 +refused .*FORBIDDEN'
like "and doctor" "$(ringlet doctor)" '^warn hooks: dev: the policy lets 1'
is "over HTTP one can see it" "$(api GET /api/profiles/dev/hooks)" 200
like "with the rule" "$(json data 0 refused <"$T/body")" AllowHooks
is "of the other nothing is said" "$(json data 1 refused <"$T/body")" ''
code=$(status ringlet hooks approve dev PreToolUse 0 -y)
cat "$T/err" >"$T/said"
is "it cannot be approved again" "$code" 5
check "by the rule" refused_by AllowHooks
ringlet --json audit show --event policy.refuse >"$T/audit"
like "refusals are in the audit log" "$(cat "$T/audit")" AllowHooks
for rule in AllowRegistries DenyRegistries RegistryKeys; do
	like "also of $rule" "$(cat "$T/audit")" "$rule"
done
policy_file none
reload
like "without the policy it runs again, as it was approved" \
    "$(jailed dev -- fire PreToolUse Bash)" '^FORBIDDEN'

# --- a policy that cannot be read ---
policy 'MaxSessions 3'
like "doctor says that one has come" "$(ringlet doctor)" \
    '^warn policy: .* has come since'
reload
policy 'Nonsense 3'
reload
like "doctor says what is wrong with it" "$(ringlet doctor)" \
    "^FAIL policy: .*line 1.*SIGHUP"
done_testing
