# The runtime folder goes, as it does with a user's last login: sessions and HTTP go on, and commands reach the daemon again once it can be made; nothing of another daemon's is touched.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

SOCK=$RINGLET_RUNTIME_DIR/control.sock
HTTP_SOCK=$RINGLET_RUNTIME_DIR/http.sock

reached()
{
	ringlet --json daemon status >"$T/status.json" 2>"$T/err" &&
		[ "$(json data pid <"$T/status.json")" = "$MONITOR" ]
}
# gone N: that it is gone has been told N times.
gone()
{
	[ "$(grep -c "warn: $SOCK is gone" "$LOG")" = "$1" ]
}
# lose: the folder goes in one step, whenever the monitor looks.
lose()
{
	mv "$RINGLET_RUNTIME_DIR" "$T/lost" && rm -r "$T/lost"
}
# other: in place of the folder there is one whose lock, and a socket of that
# name, are something else's; see other_ends.  It is made beside it: between one
# that goes and one that comes the monitor may look, and be the first.
cat >"$T/other.py" <<'PY'
import ctypes, fcntl, os, socket, sys
folder = sys.argv[1]
os.umask(0o077)
os.mkdir(folder + ".other")
os.chdir(folder + ".other")
lock = open("ringlet.lock", "a")
fcntl.flock(lock, fcntl.LOCK_EX)
s = socket.socket(socket.AF_UNIX)
s.bind("control.sock")
libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, RENAME_EXCHANGE = -100, 2
if libc.renameat2(AT_FDCWD, (folder + ".other").encode(), AT_FDCWD,
                  folder.encode(), RENAME_EXCHANGE) != 0:
    sys.exit(os.strerror(ctypes.get_errno()))
print("ready", flush=True)
sys.stdin.read()
PY
other()
{
	mkfifo "$T/other.in" "$T/other.out"
	python3 "$T/other.py" "$RINGLET_RUNTIME_DIR" <"$T/other.in" \
	    >"$T/other.out" &
	OTHER=$!
	at_end $OTHER
	exec 7>"$T/other.in" 6<"$T/other.out"
	read -r other_says <&6
	is "(another has the folder)" "$other_says" ready
	rm -r "$T/other.in" "$T/other.out" "$RINGLET_RUNTIME_DIR.other"
	OTHERS=$(stat -c %i "$SOCK")
}
other_ends()
{
	exec 7>&- 6<&-
	wait $OTHER
}
pages()
{
	[ "$(curl -sS --noproxy '*' --max-time 20 --unix-socket "$HTTP_SOCK" \
	    -o "$T/body" -w '%{http_code}' http://localhost/api/ping \
	    2>"$T/curl.err")" = 401 ]
}

printf '%s\n' "ListenAddress $HTTP_SOCK" >>"$CONF"
shell_profile work
start_daemon
daemon_facts
# shellcheck disable=SC2016  # for the shell inside
session work -C "$WORK" -- -c 'while read -r x; do echo "line:$x"; done'

# --- the folder alone -------------------------------------------------------------
lose
check "a folder that was removed is made again, by itself" \
    wait_for 30 reached
is "closed to others" "$(stat -c %a "$RINGLET_RUNTIME_DIR" "$SOCK" |
    tr '\n' ' ')" '700 600 '
is "the lock has its number" "$(cat "$RINGLET_RUNTIME_DIR/ringlet.lock")" \
    "$MONITOR"
is "the session lives" "$(field "$ID" state)" running
check "the unix socket of ListenAddress is there again" wait_for 30 pages
like "which the log tells" "$(cat "$LOG")" "info: $SOCK is back"
refute "no second daemon starts" timeout 30 ringletd -D 2>"$T/err"
like "because the first has the lock" "$(cat "$T/err")" 'already running'

# --- the folder above it ----------------------------------------------------------
# As logind has it: what is removed can be made again by root alone.
mv "$XDG_RUNTIME_DIR" "$T/away"
kill -HUP "$MONITOR"
check "one that cannot be made is told" wait_for 30 gone 2
check "with why" wait_for 30 grep -q \
    "cannot be made again yet: $XDG_RUNTIME_DIR: No such file" "$LOG"
refute "and is not made" test -e "$XDG_RUNTIME_DIR"
is "a command does not reach it" "$(status ringlet daemon status)" 3
daemon_serves()
{
	[ "$(api GET /api/ping)" = 200 ]
}
check "HTTP does" wait_for 30 daemon_serves
is "but starts no session that may have pictures" \
    "$(api POST /api/terminal/sessions '{"profile_alias":"work"}')" 503
like "and says what there is not" "$(json error <"$T/body")" \
    "$RINGLET_RUNTIME_DIR/files/.*: No such file"
refute "nor makes it for one" test -e "$XDG_RUNTIME_DIR"
mkdir -m 700 "$XDG_RUNTIME_DIR"
check "after the next login commands reach it" wait_for 30 reached
is "and the session" "$(field "$ID" state)" running
rm -rf "$T/away"

# --- another daemon is quicker ----------------------------------------------------
check "it can be replaced in place" ringlet daemon restart
other
kill -HUP "$MONITOR"
check "the lock of another is respected" wait_for 30 \
    grep -q 'ringlet.lock: another daemon has it' "$LOG"
is "and its socket stays" "$(stat -c %i "$SOCK")" "$OTHERS"
other_ends
check "once that has ended, commands reach this one" wait_for 30 reached
is "which has kept its session" "$(field "$ID" state)" running

other
kill -TERM "$MONITOR"
wait_for 30 grep -q 'info: stopped' "$LOG"
is "a stop does not remove another's socket" "$(stat -c %i "$SOCK")" \
    "$OTHERS"
other_ends
done_testing
