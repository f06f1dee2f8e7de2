# A session bus that is silent, or could start a keyring by itself, neither holds the daemon up nor gets one started.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

key=$(canary bus)
echo 'KeychainTimeout 2s' >>"$CONF"

silent_bus
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
	! pgrep -P "$MONITOR" -f ringlet-keychain
}
check "no helper is left" wait_for 10 no_helper
ringlet daemon stop >/dev/null 2>&1

# More calls than may run at once hang: whoever needs none has its answer.
sed -i 's/^KeychainTimeout.*/KeychainTimeout 25s/' "$CONF"
start_daemon
for n in 1 2 3 4 5 6; do
	printf '%s\n' "$key" | timeout 60 ringlet profiles create shell \
	    "hang$n" -p anthropic >/dev/null 2>&1 &
	hanging="${hanging:-} $!"
done
four_helpers()
{
	[ "$(pgrep -c -P "$MONITOR" -f ringlet-keychain)" -eq 4 ]
}
check "four calls hang" wait_for 10 four_helpers
pings=0
while [ $pings -lt 20 ] && [ "$(api GET /api/ping)" = 200 ]; do
	pings=$((pings + 1))
done
is "meanwhile every ping is answered" $pings 20
check "and what else needs no key" ringlet profiles list
shell_profile keyless
check "also that a session starts" session keyless -- -c :
check "the calls still hang" four_helpers
helpers=$(pgrep -P "$MONITOR" -f ringlet-keychain)
ringlet daemon stop >/dev/null 2>&1
for pid in $hanging; do
	wait "$pid"
done
gone()
{
	for pid in $helpers; do
		! kill -0 "$pid" || return 1
	done
}
check "no helper is left of them" wait_for 10 gone
kill "$SILENT"
wait "$SILENT" 2>/dev/null
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
sed -i 's/^KeychainTimeout.*/KeychainTimeout 2s/' "$CONF"
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
