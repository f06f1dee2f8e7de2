# A real Chromium uses the API and terminals from our own page, and can do nothing from another origin, by a rebound name, in a frame or by injected markup.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
start_daemon
head -c 6000000 /dev/urandom >"$WORK/flood"
browser chromium.js "$URL" "$TOKEN" "$LOG" "$WORK"
is "the daemon has lived through it" \
    "$(ringlet --json daemon status | json data ringletd_pid)" "$RINGLETD"
done_testing
