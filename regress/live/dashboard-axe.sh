# Every view and dialog of the dashboard has nothing that axe objects to by WCAG 2.2 AA, light and dark and on a phone, fits a width of 360 pixels and twice the size, and is walked through and left by keyboard; pictures of all are kept with the logs.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
[ -e "$LIVE_BROWSER/axe-core/axe.min.js" ] ||
	skip_all "npm has not brought axe-core"
start_keyring
mkdir -p "$T/agents" "$HOME/data"
cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
PATH=$T/agents:$PATH
echo 'KillGrace 500ms' >>"$CONF"
shell_profile plain
new_profile shell sealed "$(canary axe)" -p anthropic
start_daemon
dashboard_there
new_profile claude dev "" -p self
ringlet -q profiles grant dev ro "$HOME/data" || bail "a grant is made"
ringlet -q hooks add dev Stop '' 'echo first' || bail "a hook is added"
ringlet -q hooks approve dev Stop 0 -y || bail "and approved"
is "and changed" "$(api POST /api/profiles/dev/hooks \
    '{"event":"Stop","index":0,"command":"echo second"}')" 201
mkdir "$WORK/first" "$WORK/second"
browser dashboard-axe.js "$URL" "$WORK"
done_testing
