# Every tab of the dashboard learns that its token has ended, whoever ended it and wherever; signing out leaves no token in the browser, with the daemon there or away.
# Once: what is judged is the page; dashboard.sh has it with sanitizers.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
echo 'KillGrace 500ms' >>"$CONF"
shell_profile plain
start_daemon
dashboard_there
browser dashboard-signout.js "$URL"
done_testing
