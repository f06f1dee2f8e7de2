# In the dashboard a picture is pasted, dropped or chosen, asked about, sent with a way to stop it, and its path typed; what an agent writes to the clipboard gets there once a person lets it; hooks that were left out are told.
# Once: what is judged is the page; dashboard.sh has it with sanitizers.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"

browser_found
mkdir "$T/agents"
cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
PATH=$T/agents:$PATH
echo 'UploadMaxSize 128K' >>"$CONF"
shell_profile plain
new_profile claude hooked "" -p self
start_daemon
dashboard_there
ringlet -q hooks add hooked Stop '' 'echo never' || bail "a hook is added"
# It takes what is typed as it comes, and says by a mark that it may be typed.
cat >"$WORK/takes" <<'SH'
stty raw -echo
printf '\033[?2004hready'
exec cat >typed
SH
cat >"$WORK/writes" <<'SH'
osc52() { printf '\033]52;c;%s\007' "$(printf %s "$1" | base64)"; }
echo ready; read -r x
osc52 'first words'; echo first; read -r x
osc52 'second words'; echo second; read -r x
SH
browser dashboard-paste.js "$URL" "$WORK" "$RINGLET_RUNTIME_DIR/files"
done_testing
