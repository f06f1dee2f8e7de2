# A session bus that is silent, or could start a keyring by itself, neither holds the daemon up nor gets one started.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

key=$(canary bus)
echo 'KeychainTimeout 2s' >>"$CONF"

# A socket that takes connections and never says a word.
python3 - "$XDG_RUNTIME_DIR/bus" <<-'PY' &
	import socket, sys, time
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen(16)
	kept = []
	while True:
	    kept.append(s.accept())
PY
silent=$!
at_end $silent
wait_for 10 test -S "$XDG_RUNTIME_DIR/bus" || bail "a silent bus starts"
DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
export DBUS_SESSION_BUS_ADDRESS
start_daemon
began=$(date +%s)
code=$(printf '%s\n' "$key" | timeout 60 ringlet profiles create shell quiet \
    -p anthropic >"$T/out" 2>"$T/err"; echo $?)
took=$(($(date +%s) - began))
is "create on a silent bus fails" "$code" 1
like "and says that time ran out" "$(cat "$T/err")" '(time|answer)'
check "after the deadline, not much later ($took s)" test $took -lt 15
refute "no profile is left" \
    test -e "$RINGLET_CONFIG_DIR/profiles/quiet.json"
check "the daemon answers meanwhile and after" ringlet daemon status
no_helper()
{
	! pgrep -u "$(id -u)" -f "ringlet-keychain" >"$T/helpers"
}
check "no helper is left" wait_for 10 no_helper
ringlet daemon stop >/dev/null 2>&1
kill "$silent"
wait "$silent" 2>/dev/null
rm -f "$XDG_RUNTIME_DIR/bus"

# A bus that would start "a keyring" on request: it must not be asked to.
mkdir "$T/services"
cat >"$T/starter" <<-STARTER
	#!/bin/sh
	touch "$T/started"
STARTER
chmod 755 "$T/starter"
cat >"$T/services/secrets.service" <<-SERVICE
	[D-BUS Service]
	Name=org.freedesktop.secrets
	Exec=$T/starter
SERVICE
cat >"$T/active.conf" <<-CONF
	<!DOCTYPE busconfig PUBLIC
	 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig>
	 <type>session</type>
	 <listen>unix:path=$XDG_RUNTIME_DIR/bus</listen>
	 <auth>EXTERNAL</auth>
	 <servicedir>$T/services</servicedir>
	 <policy context="default">
	  <allow send_destination="*" eavesdrop="true"/>
	  <allow eavesdrop="true"/>
	  <allow own="*"/>
	 </policy>
	</busconfig>
CONF
command -v dbus-daemon >/dev/null || skip_all "dbus-daemon is not installed"
dbus-daemon --config-file="$T/active.conf" --nofork --nopidfile \
    --print-address=3 3>"$T/active.address" 2>"$T/active.log" &
at_end $!
wait_for 10 test -s "$T/active.address" || bail "a bus with services starts"
start_daemon
code=$(printf '%s\n' "$key" | timeout 60 ringlet profiles create shell quiet \
    -p anthropic >"$T/out" 2>"$T/err"; echo $?)
is "create without a keyring fails" "$code" 1
like "and says so" "$(cat "$T/err")" '[Ss]ecret [Ss]ervice'
refute "no keyring was started for it" test -e "$T/started"
dbus-send --session --print-reply --reply-timeout=1000 \
    --dest=org.freedesktop.secrets / org.freedesktop.DBus.Peer.Ping >/dev/null 2>&1
check "which that bus would have done" wait_for 10 test -e "$T/started"
refute "the key is in no file" grep -rFlq -- "$key" "$HOME"
done_testing
