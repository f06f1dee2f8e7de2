# The dashboard shows what the command shows of tokens, settings, jails, grants, hooks and the registry; it revokes, proposes, syncs and pins, approves and loosens nothing, and whatever is shown stays text.
# Once: what is judged is the page; dashboard.sh has it with sanitizers.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"
. "$LIVE_SRC/registry-lib.sh"

browser_found
mkdir -p "$T/agents" "$HOME/data/keys" "$HOME/project" "$HOME/.ssh"
cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
PATH=$T/agents:$PATH
printf 'JailHide ~/data/keys\n' >>"$CONF"
new_registry
publish 1
setting RegistryURL "$R"
setting RegistryKey "$KEY_A"
start_daemon
curl -s --compressed "$URL/" | grep -q /assets/ ||
	skip_all "this build has no dashboard"
new_profile claude dev "" -p self --working-dir "$WORK"
ringlet -q profiles grant dev ro "$HOME/data" || bail "a grant is made"
ringlet token create --scope control --label '<img src=x onerror=window.hit=1>' \
    >"$T/other" 2>/dev/null || bail "a token is made"
ringlet token create --scope view --label look >"$T/view" 2>/dev/null ||
	bail "and one that may only look"
ringlet -q hooks add dev Stop '' 'echo first' || bail "a hook is added"
ringlet -q hooks approve dev Stop 0 -y || bail "and approved"
# Shown as it stands it would read otherwise, and be markup.
printf '%s' '{"event":"Stop","index":0,"command":"' \
    'echo <b onclick=1>second</b> \u202e# safe"}' >"$T/hook.json"
is "it is changed over HTTP" "$(api POST /api/profiles/dev/hooks \
    "$(cat "$T/hook.json")")" 201
shell_profile sh
is "a session is started" "$(api POST /api/terminal/sessions \
    "{\"profile_alias\":\"sh\",\"args\":[\"-c\",\"sleep 1000\"],
    \"working_dir\":\"$HOME/project\"}")" 201
export TOKEN
browser dashboard-views.js "$URL" "$T" "$HOME" "$CONF"

is "the hook is approved" "$(ringlet --json hooks list dev |
    json data 0 approved)" true
is "and no other" "$(ringlet --json hooks list dev | json data 1 approved)" \
    false
done_testing
