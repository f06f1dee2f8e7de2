# Under a real systemd --user the units work as they are installed: a connection starts the daemon, whatever ends it wrongly starts it again.
# Cgroup: systemd wants one that is delegated.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

[ -x /lib/systemd/systemd ] || skip_all "systemd is not installed"
[ -n "$LIVE_CGROUP" ] || skip_all "only root can delegate a cgroup"

# Without the variables that give a daemon other folders: they are those that
# HOME and XDG_RUNTIME_DIR give it anyway.
ringlet()
{
	env -u RINGLET_CONFIG_DIR -u RINGLET_DATA_DIR -u RINGLET_STATE_DIR \
	    -u RINGLET_RUNTIME_DIR ringlet "$@"
}
RUNTIME=$XDG_RUNTIME_DIR/ringlet
units=$T/units
mkdir "$units" "$units/ringlet.socket.d" "$units/ringlet.service.d"
# Nothing of this machine's own is started.
SYSTEMD_UNIT_PATH=$units
SYSTEMD_LOG_TARGET=console
SYSTEMD_PAGER=
export SYSTEMD_UNIT_PATH SYSTEMD_LOG_TARGET SYSTEMD_PAGER
for unit in app.slice basic.target default.target exit.target paths.target \
    shutdown.target sockets.target systemd-exit.service timers.target; do
	cp -L "/usr/lib/systemd/user/$unit" "$units/"
done
sed "s,@sbindir@,$LIVE_BIN," "$LIVE_SRC/../systemd/ringlet.service.in" \
    >"$units/ringlet.service"
cp "$LIVE_SRC/../systemd/ringlet.socket" "$units/"
# The port that is the unit's may be somebody's.
cat >"$units/ringlet.socket.d/test.conf" <<-'CONF'
	[Socket]
	ListenStream=
	ListenStream=%t/ringlet/http.sock
CONF
# The log is looked into.
echo 'LogDestination file' >>"$CONF"
env -u RINGLET_CONFIG_DIR -u RINGLET_DATA_DIR -u RINGLET_STATE_DIR \
    -u RINGLET_RUNTIME_DIR /lib/systemd/systemd --user >"$T/systemd.log" 2>&1 &
SYSTEMD=$!
at_end $SYSTEMD
ctl()
{
	systemctl --user "$@"
}
wait_for 20 ctl is-active basic.target ||
	{ cat "$T/systemd.log"; bail "systemd --user runs"; }

# shows NAME [UNIT]: a property.
shows()
{
	ctl show -P "$1" "${2:-ringlet.service}"
}
pages()
{
	curl -sS --noproxy '*' --max-time 30 \
	    --unix-socket "$RUNTIME/http.sock" -o "$T/body" \
	    -w '%{http_code}' http://localhost/api/ping 2>"$T/curl.err"
}
# comes NAME VALUE: the property becomes that.
is_now()
{
	[ "$(shows "$1")" = "$2" ]
}
comes()
{
	wait_for 30 is_now "$@" || { shows "$1"; return 1; }
}

# --- a connection starts it -----------------------------------------------------
check "the socket" ctl start ringlet.socket
is "its folder is closed to others" "$(stat -c %a "$RUNTIME")" 700
is "and so is the socket" "$(stat -c %a "$RUNTIME/http.sock")" 600
is "nothing runs" "$(status ringlet daemon status)" 3
status ringlet doctor >/dev/null
like "doctor knows why" "$(cat "$T/out")" \
    '^ok   listener: systemd has ringlet.socket'
is "a connection is answered" "$(pages)" 401
check "by the service" comes ActiveState active
daemon_facts
is "whose main process is the monitor" "$(shows MainPID)" "$MONITOR"
check "it says what it does" comes StatusText '0 sessions'
is "the socket is systemd's" \
    "$(json data handed <"$T/status.json")" true
status ringlet doctor >/dev/null
like "it has a cgroup to divide" "$(cat "$T/out")" \
    '^ok   cgroup: the daemon has one'

# --- reload, restart ------------------------------------------------------------
shell_profile work
# shellcheck disable=SC2016  # for the shell inside
session work -C "$WORK" -- -c 'trap "echo saved >leave; exit 3" TERM
    echo up; while :; do sleep 0.1; done'
check "a session is in the status" comes StatusText '1 session'
is "its jail is as it is without systemd" "$(field "$ID" tier)" \
    "$(json data jail <"$T/status.json")"
check "reload" ctl reload ringlet.service
check "reads the settings" wait_for 20 grep -q 'settings: reading' "$LOG"
check "restart in place" ringlet daemon restart
check "leaves it active" comes ActiveState active
is "as the same process" "$(shows MainPID)" "$MONITOR"
is "with the session" "$(field "$ID" state)" running
is "and the socket" "$(pages)" 401
check "stop ends it" ctl stop ringlet.service
is "and the session had its time" "$(cat "$WORK/leave")" saved
is "which is no failure" "$(shows Result)" success

# --- the command ----------------------------------------------------------------
check "the command starts systemd's" ringlet profiles list
check "and no other" comes ActiveState active
check "stop by the command" ringlet daemon stop
check "is one for systemd" comes ActiveState inactive
is "and no failure" "$(shows Result)" success
is "a connection starts it again" "$(pages)" 401

# --- what ends wrongly ----------------------------------------------------------
another()
{
	is_now ActiveState active && [ "$(shows MainPID)" != "$MONITOR" ]
}
daemon_facts
kill -9 "$MONITOR"
check "a monitor that was killed is replaced" wait_for 30 another
daemon_facts
is "and serves" "$(pages)" 401
cat >"$units/ringlet.service.d/test.conf" <<-'CONF'
	[Service]
	WatchdogSec=2s
	ExecStopPost=/bin/sh -c 'echo $SERVICE_RESULT >>%t/result'
CONF
ctl daemon-reload
ctl restart ringlet.service
daemon_facts
rm -f "$XDG_RUNTIME_DIR/result"
kill -STOP "$SANDBOXER"
check "systemd ends what does not say that it is alive, and starts it" \
    wait_for 40 another
is "the watchdog was it" "$(cat "$XDG_RUNTIME_DIR/result")" watchdog
refute "nothing is left of it" kill -0 "$SANDBOXER"
is "it serves" "$(pages)" 401

# --- confinement: what the manual says of it ------------------------------------
# confined LINE: start it with that.
confined()
{
	ctl stop ringlet.service
	printf '[Service]\nRestart=no\n%s\n' "$1" \
	    >"$units/ringlet.service.d/test.conf"
	ctl daemon-reload
	ctl start ringlet.service
}
full=$(json data jail <"$T/status.json")
check "with NoNewPrivileges it starts" confined NoNewPrivileges=yes
daemon_facts
like "(it holds)" "$(cat "/proc/$MONITOR/status")" '^NoNewPrivs:.*1'
is "and jails are as without" "$(json data jail <"$T/status.json")" "$full"
check "with RestrictNamespaces it starts" confined RestrictNamespaces=yes
daemon_facts
is "but there are no jails" "$(json data jail <"$T/status.json")" unavailable
if [ -n "$LIVE_POLICY" ]; then
	policy 'MaxSessions 7'
	refute "with PrivateUsers root's policy is nobody's" \
	    confined PrivateUsers=yes
	check "(as it is without)" confined PrivateUsers=no
	policy_file none
else
	skip "with PrivateUsers: only root can write a policy"
fi

# --- wrong settings -------------------------------------------------------------
echo 'Nonsense yes' >>"$CONF"
ctl stop ringlet.service
refute "a start with wrong settings fails" ctl start ringlet.service
is "and the command says so" "$(status ringlet profiles list)" 3
like "with the place to look" "$(cat "$T/err")" 'journalctl --user'
ctl stop ringlet.socket ringlet.service
refute "the socket is removed" test -e "$RUNTIME/http.sock"
ctl exit
wait "$SYSTEMD"
done_testing
