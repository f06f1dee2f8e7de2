# As a service: systemd's sockets are taken where ListenAddress could have opened them, and it is told how the daemon is.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

RECORD=$T/record

# managed [OPTION]...: the daemon under a service manager; see manager.py.
managed()
{
	rm -f "$RECORD"
	python3 "$LIVE_SRC/manager.py" "$@" "$RECORD" ringletd -D \
	    >"$T/service.out" 2>"$T/service.log" &
	SERVICE=$!
	at_end $SERVICE
	wait_for 30 told READY=1 ||
		{ cat "$T/service.log"; bail "the service gets ready"; }
	daemon_facts
}

# told WORD...: such a message has come.
told()
{
	grep -q " $*" "$RECORD"
}

# told_again WORD...: one more than mark() has seen.
mark()
{
	MARK=$(wc -l <"$RECORD")
}
told_again()
{
	sed "1,${MARK}d" "$RECORD" | grep -q " $*"
}

over()
{
	! kill -0 "$SERVICE" 2>/dev/null
}

# pages SOCKET: the dashboard's page, by that unix socket.
pages()
{
	curl -sS --noproxy '*' --max-time 20 --unix-socket "$1" -o "$T/body" \
	    -w '%{http_code}' http://localhost/api/ping 2>"$T/curl.err"
}

# --- it is told -----------------------------------------------------------------
shell_profile work
ringlet daemon stop
managed -w 4000000 -l tcp:127.0.0.1 -l "unix:$T/http.sock"
port=$(sed -n 's/^port //p' "$RECORD")
is "the socket of systemd's is listened on" "$ADDRESS" "127.0.0.1:$port"
is "HTTP answers there" "$(api GET /api/ping)" 200
is "and at the second one" "$(pages "$T/http.sock")" 401
is "it is told by the main process alone" \
    "$(sed -n 's/^\([0-9][0-9]*\) .*/\1/p' "$RECORD" | sort -u)" "$MONITOR"
like "with its number" "$(grep READY=1 "$RECORD")" "MAINPID=$MONITOR$"
like "status says who runs it" "$(ringlet daemon status)" \
    '^Run by: +systemd'
is "so does JSON" "$(ringlet --json daemon status | json data manager)" \
    systemd
like "and whose the listeners are" "$(ringlet daemon status)" \
    "Listens on: +127.0.0.1:$port, which the service manager"
check "it hears of life" wait_for 20 told WATCHDOG=1
check "it waits for less than a daemon may need: that is said at the start" \
    grep -q 'warn: WatchdogSec is 4000 ms, .*10s is the least' "$T/service.log"
ringlet doctor >"$T/out" 2>&1
like "doctor warns of it" "$(cat "$T/out")" '^warn daemon: WatchdogSec is 4000 ms'

mark
# shellcheck disable=SC2016  # for the shell inside
session work -C "$WORK" -- -c 'while read -r x; do echo "line:$x"; done'
check "a session is told" wait_for 20 told_again 'STATUS=1 session$'
mark
echo 'KillGrace 4s' >>"$CONF"
kill -HUP "$MONITOR"
check "a reload is told" wait_for 20 \
    told_again 'RELOADING=1 MONOTONIC_USEC=[0-9][0-9]*$'
check "and its end" wait_for 20 told_again READY=1
mark
echo 'Nonsense yes' >>"$CONF"
kill -HUP "$MONITOR"
check "so are settings that are refused" wait_for 20 told_again READY=1
sed -i '/Nonsense/d' "$CONF"

# --- in place -------------------------------------------------------------------
mark
before=$MONITOR
check "restart" ringlet daemon restart
daemon_facts
check "is told as a reload" told_again RELOADING=1
check "that ends" wait_for 20 told_again READY=1
is "the main process is the same" "$MONITOR" "$before"
is "so is the socket" "$ADDRESS" "127.0.0.1:$port"
is "it serves" "$(api GET /api/ping)" 200
is "and the second" "$(pages "$T/http.sock")" 401
is "the session lives" "$(field "$ID" state)" running
check "it hears of life again" wait_for 20 told_again WATCHDOG=1
is "options need the service manager" \
    "$(status ringlet daemon restart -o LogLevel=info)" 1
like "which is said" "$(cat "$T/err")" 'systemctl --user restart ringlet'
is "so does force" "$(status ringlet daemon restart --force)" 1
is "settings for one that runs need it, too" \
    "$(status ringlet daemon -o LogLevel=info)" 1
like "and nothing is advised that is refused" "$(cat "$T/err")" \
    'systemctl --user restart ringlet'

# --- the watchdog ---------------------------------------------------------------
silence='ringlet-sandboxer has not answered'
kill -STOP "$SANDBOXER"
thrice()
{
	[ "$(grep -c "$silence" "$RECORD")" -ge 3 ]
}
check "a sandboxer that does not answer is noticed" wait_for 30 thrice
is "and nobody says that all is alive" \
    "$(sed -n "/$silence/,\$p" "$RECORD" | grep -c WATCHDOG=1)" 0
is "a restart waits for it, in vain" "$(status ringlet daemon restart)" 1
is "and ringletd, which is not read meanwhile, is not held to be dead" \
    "$(grep -c 'ringletd: it does not answer' "$T/service.log")" 0
mark
kill -CONT "$SANDBOXER"
check "once it answers it is said again" wait_for 20 told_again WATCHDOG=1
check "and the status is as before" wait_for 20 told_again 'STATUS=1 session$'

kill -STOP "$RINGLETD"
silence='ringletd has not answered'
check "ringletd is noticed, too" wait_for 20 told "STATUS=$silence"
check "and it is killed" wait_for 20 \
    grep -q 'ringletd: it does not answer: killing' "$T/service.log"
is "before that, nobody said that all is alive" \
    "$(sed -n "/$silence for 1000/,/$silence for 2000/p" "$RECORD" |
    grep -c WATCHDOG=1)" 0
answers()
{
	[ "$(api GET /api/ping)" = 200 ]
}
check "another serves at the same socket" wait_for 30 answers
is "the session lives" "$(field "$ID" state)" running
mark
check "and life is told" wait_for 20 told_again WATCHDOG=1

# --- the end --------------------------------------------------------------------
is "stop" "$(status ringlet daemon stop)" 0
like "says that a connection starts it again" "$(cat "$T/err")" \
    'next connection starts it again.*ringlet.socket'
like "the end was told, with the session" "$(cat "$RECORD")" \
    ' STOPPING=1 STATUS=ending 1 session'
wait $SERVICE
is "which is no failure" $? 0
check "the unix socket is systemd's and stays" test -S "$T/http.sock"
rm -f "$T/http.sock"

# --- sockets that are not taken -------------------------------------------------
# wrong WHAT PATTERN [OPTION]...: no start, and that is why.
wrong()
{
	what=$1 pattern=$2
	shift 2
	timeout 60 python3 "$LIVE_SRC/manager.py" "$@" "$RECORD" ringletd -D \
	    >"$T/service.out" 2>"$T/service.log"
	is "$what: no start" $? 1
	like "$what: why" "$(cat "$T/service.log")" "$pattern"
	refute "$what: not ready" told READY=1
	rm -f "$T/http.sock"
}
wrong "an address of others" 'descriptor 3 \(http\).*AllowRemote yes' \
    -l tcp:0.0.0.0
wrong "the second of two" 'descriptor 4 \(second\).*other machines' \
    -l tcp:127.0.0.1 -l tcp:::
wrong "open to others" 'http.sock: open to other users: SocketMode=0600' \
    -l "unix:$T/http.sock:666"
wrong "without a name" 'open to every user' -l abstract
for kind in udp bound connected file; do
	wrong "$kind" 'not a listening stream socket' -l $kind
done
wrong "more than there are" 'descriptor 4' -c 2 -l tcp:127.0.0.1
wrong "none at all" 'LISTEN_FDS is too small' -c 0
cp "$CONF" "$T/conf"
echo 'ListenAddress none' >"$CONF"
wrong "against ListenAddress none" 'ListenAddress is none' -l tcp:127.0.0.1
if [ -n "$LIVE_POLICY" ]; then
	cp "$T/conf" "$CONF"
	policy 'LockListenAddress unix'
	wrong "against the policy" 'refused by LockListenAddress' \
	    -l tcp:127.0.0.1
	policy_file none

	# --- one that is taken, and then not allowed any more -------------------
	cp "$T/conf" "$CONF"
	managed -n own.socket:second -l tcp:127.0.0.1 -l "unix:$T/http.sock"
	port=$(sed -n 's/^port //p' "$RECORD")
	refute "doctor has nothing to say of it" \
	    grep -q 'still has' "$T/service.log"
	policy 'LockListenAddress unix'
	kill -HUP "$MONITOR"
	check "one that the policy forbids later is closed, and its unit named" \
	    wait_for 20 grep -q \
	    "still has 127.0.0.1:$port open.*systemctl --user stop own.socket" \
	    "$T/service.log"
	check "the other one goes on" wait_for 20 \
	    eval 'test "$(pages "$T/http.sock")" = 401'
	ringlet doctor >"$T/out" 2>&1
	like "doctor says it" "$(cat "$T/out")" \
	    'FAIL.*systemd still has.*systemctl --user stop own.socket'
	like "so does status" "$(ringlet daemon status)" \
	    'Trouble: .*systemctl --user stop own.socket'
	refute "it is not said of the other one" \
	    grep -q "still has.*http.sock" "$T/service.log"
	ringlet daemon stop 2>"$T/err"
	rm -f "$T/http.sock"
	policy_file none
else
	skip "against the policy: only root can write one"
fi

cp "$T/conf" "$CONF"
echo 'AllowRemote yes' >>"$CONF"
managed -l tcp:0.0.0.0
like "AllowRemote lets others in" "$ADDRESS" '^0\.0\.0\.0:'
ringlet daemon stop 2>"$T/err"
cp "$T/conf" "$CONF"
managed -l tcp:127.0.0.1 -o 1
refute "those of another process are left alone" test \
    "$ADDRESS" = "127.0.0.1:$(sed -n 's/^port //p' "$RECORD")"
ringlet daemon stop 2>"$T/err"
refute "then nothing is said of a socket" grep -q 'next connection' "$T/err"

# In the background it is nobody's service, whatever the environment says.
python3 "$LIVE_SRC/manager.py" "$RECORD" ringlet daemon >/dev/null 2>&1
is "a daemon in the background says nothing" "$(cat "$RECORD")" ''
is "but serves" "$(ringlet --json daemon status | json data manager)" ''
ringlet daemon stop

# --- systemd's own starter ------------------------------------------------------
if command -v systemd-socket-activate >/dev/null; then
	set --
	for name in XDG_RUNTIME_DIR RINGLET_CONFIG_DIR RINGLET_DATA_DIR \
	    RINGLET_STATE_DIR RINGLET_RUNTIME_DIR RINGLET_LIBEXEC_DIR \
	    DBUS_SESSION_BUS_ADDRESS HOME PATH ASAN_OPTIONS; do
		eval "value=\${$name:-}"
		[ -z "$value" ] || set -- "$@" -E "$name=$value"
	done
	systemd-socket-activate --fdname=http -l "$T/http.sock" "$@" \
	    ringletd -D >"$T/activate.out" 2>"$T/activate.log" &
	at_end $!
	wait_for 20 test -S "$T/http.sock" || bail "it listens"
	# It leaves that to umask, and has none.
	chmod 600 "$T/http.sock"
	refute "systemd-socket-activate: nothing runs yet" \
	    ringlet daemon status
	is "the first connection starts it, and is answered" \
	    "$(pages "$T/http.sock")" 401
	cat "$T/activate.log"
	check "restart" ringlet daemon restart
	is "the socket goes on" "$(pages "$T/http.sock")" 401
	is "as systemd's" "$(ringlet --json daemon status | json data handed)" \
	    true
	ringlet daemon stop
else
	skip "systemd-socket-activate is not installed (Debian: systemd)"
fi
done_testing
