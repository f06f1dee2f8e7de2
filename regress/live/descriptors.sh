# A monitor that has no descriptors left has whoever comes wait, says so once, ends nothing for it, and goes on when it has some.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

command -v prlimit >/dev/null || skip_all "prlimit is not installed"

# None: there is no free number below 3.
none()
{
	prlimit --pid "$MONITOR" --nofile=3: || bail "a limit can be set"
}
some()
{
	prlimit --pid "$MONITOR" --nofile="$most:"
}
# refusals: how often the log says that nobody could be accepted.
refusals()
{
	grep -c 'control socket: .*has to wait' "$LOG"
}
refused()
{
	[ "$(refusals)" -gt 0 ]
}
# reloads NUMBER: settings were read again so often.
reloads()
{
	[ "$(grep -c 'settings: reading them again' "$LOG")" -ge "$1" ]
}

shell_profile lasting
start_daemon
most=$(prlimit --pid "$MONITOR" --nofile --noheadings --output SOFT)
session lasting -C "$WORK" -- -c 'read -r x; exit 6'

none
ringlet --json daemon status >"$T/waits" 2>&1 &
waiter=$!
at_end $waiter
check "without descriptors nobody is accepted" wait_for 20 refused
# As often as the loop turns; a line for each turn would be many by now.
for n in 1 2 3 4 5; do
	kill -HUP "$MONITOR"
	wait_for 20 reloads $n || not_ok "the loop turns"
done
is "which is said once" "$(refusals)" 1
some
wait $waiter
is "who waited is answered once there are some" $? 0
is "by the same monitor" "$(json data pid <"$T/waits")" "$MONITOR"

# Who is connected already may ask for what needs one.
mkfifo "$T/go"
cat >"$T/restart.py" <<'P'
"""restart.py SOCKET FIFO FILE: ask for a restart once FIFO says so."""
import socket, struct, sys
ERROR, STATUS_GET, RESTART = 4, 21, 26  # PROTOCOL.ipc
body = b"\x91\xc4\x00"  # an array of a token of no bytes
sock = socket.socket(socket.AF_UNIX)
sock.connect(sys.argv[1])
def ask(number):
    sock.sendall(struct.pack("<IHBBI", len(body), number, 0, 0, 1) + body)
    data = b""
    while len(data) < 12 or len(data) < 12 + struct.unpack("<I", data[:4])[0]:
        data += sock.recv(65536) or sys.exit("the monitor has hung up")
    return struct.unpack("<H", data[4:6])[0], data
ask(STATUS_GET)  # it has been accepted
open(sys.argv[3], "w").close()
open(sys.argv[2]).read()
kind, data = ask(RESTART)
print("refused" if kind == ERROR and b"open files" in data else data)
P
python3 "$T/restart.py" "$RINGLET_RUNTIME_DIR/control.sock" "$T/go" \
    "$T/there" >"$T/restart" 2>&1 &
asker=$!
at_end $asker
wait_for 20 test -e "$T/there" || bail "a client is connected"
none
echo go >"$T/go"
wait $asker
some
is "a restart is refused, and says why" "$(cat "$T/restart")" refused
daemon_facts
is "the session lives" "$(field "$ID" state)" running
check "then it works" ringlet daemon restart
is "with the session" "$(field "$ID" state)" running
done_testing
