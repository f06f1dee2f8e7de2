# Every view of the dashboard fits a phone in the dark, twice the size and the system's own colours; a person chooses light or dark, and leaves a terminal by keyboard; pictures of all are kept with the logs.
# Once: it looks at pages, and what serves them other tests try.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
every_view
browser dashboard-axe.js "$URL" "$WORK" fitted
done_testing
