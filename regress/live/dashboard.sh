# A person signs in to the dashboard through a real ssh tunnel, makes a profile whose key only the monitor sees, works in jailed sessions by keyboard, loses the daemon for a moment and no byte, watches, ends and reads them.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "$LIVE_SRC/browser-lib.sh"
. "$LIVE_SRC/tunnel-lib.sh"

browser_found
start_keyring
shell_profile plain
echo 'KillGrace 500ms' >>"$CONF"
start_daemon
dashboard_there
if start_tunnel; then
	ok "the daemon is at the other end of a tunnel, too"
else
	skip "a real tunnel: there is no sshd, or none that runs as a user"
	TUNNEL=http://localhost:${ADDRESS##*:}
fi
mkdir "$WORK/first" "$WORK/second"
KEY=$(canary dashboard)
export KEY
browser dashboard.js "$URL" "$TUNNEL" "$WORK" "$TOKEN"
if command -v asciinema >/dev/null; then
	ASCIINEMA_CONFIG_HOME=$T/asciinema on_tty --out "$T/played" wait x -- \
	    asciinema cat "$WORK/page.cast"
	like "asciinema plays the recording" "$(tail -n 3 "$T/played")" 'last='
else
	skip "asciinema: it is not installed"
fi
is "the key has arrived in the keyring" \
    "$(secret-tool lookup profile sealed)" "$KEY"
check "the log says all that ringletd was sent" \
    grep -q 'PROFILE_CREATE.*sealed' "$LOG"
refute "the key is in no file of Ringlet's" \
    grep -rqF "$KEY" "$RINGLET_STATE_DIR" "$RINGLET_CONFIG_DIR"
if [ -n "$LIVE_SCAN" ]; then
	printf '%s\n' "$KEY" >"$T/key"
	daemon_facts
	like "nor in ringletd's memory" "$(scan "$RINGLETD" "$T/key")" \
	    '^0 [1-9]'
fi
done_testing
