# Takes README.md's picture of the dashboard: two sessions beside each other, in a real Chromium.
# shellcheck shell=sh
. "$LIVE_SRC/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
start_keyring
start_daemon
dashboard_there
mkdir "$HOME/acme" "$HOME/globex"
new_profile shell acme "$(canary acme)" -p anthropic --working-dir "$HOME/acme"
new_profile shell globex "$(canary globex)" -p openai \
    --working-dir "$HOME/globex"
printf 'int\nmain(void)\n{\n\treturn 0;\n}\n' >"$HOME/globex/main.c"
printf 'main: main.c\n' >"$HOME/globex/Makefile"
TMPDIR=$T/browser BROWSER_BASE=$LIVE_SRC/../browser/base.js \
    node "$LIVE_SRC/../browser/picture.js" "$URL" "$LIVE_LOGS/dashboard.png" ||
	bail "the picture is taken"
ok "the picture is $LIVE_LOGS/dashboard.png"
done_testing
