# What a browser fetches before the dashboard can be used, and how long that takes in a real Chromium: signed in for the first time, again in another tab, and until a session's terminal can be typed into.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

browser_found
shell_profile plain
start_daemon
dashboard_there
session plain -C "$WORK" -- -c 'echo ready; exec cat'
browser ../bench/bench-dashboard.js "$URL" "$ID" >"$T/said"
grep -v '^took ' "$T/said"
[ "${LIVE_FAILED:-0}" -eq 0 ] || done_testing
# took WHAT MILLISECONDS BYTES
for what in first again session; do
	sed -n "s/^took $what //p" "$T/said" >"$T/$what"
done
bytes=$(median "$T/first" 2)
goal first-load "$bytes bytes over the wire" "$bytes" at-most 350000
goal interactive "$(median "$T/first") ms, $(least "$T/first" '$1') to \
$(most "$T/first" '$1')" "$(median "$T/first")" at-most 1000
figure interactive-again "$(median "$T/again") ms, $(median "$T/again" 2) bytes"
figure terminal "$(median "$T/session") ms to the session's screen"
ringlet terminal kill "$ID" >/dev/null
done_testing
