# Every view and dialog of the dashboard has nothing that axe objects to by WCAG 2.2 AA, light and dark and on a phone, fits a width of 360 pixels, and is walked through by keyboard; pictures of all are kept with the logs.
# Once: it looks at pages, and what serves them other tests try.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
[ -e "$LIVE_BROWSER/axe-core/axe.min.js" ] ||
	skip_all "npm has not brought axe-core"
every_view
browser dashboard-axe.js "$URL" "$WORK" judged
done_testing
