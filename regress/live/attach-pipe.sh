# Attach without a terminal: what is piped in is typed, every byte comes out, and the status is the agent's, however it ended.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile pipe
start_daemon
cp "$LIVE_FAKE/fake-agent" "$WORK/"

session pipe -C "$WORK"
is "the status is the agent's" "$(printf 'echo "sum:$((40+2))"\nexit 3\n' |
    status ringlet terminal attach "$ID")" 3
like "what is piped in is typed" "$(cat "$T/out")" 'sum:42'
is "nothing else is said" "$(cat "$T/err")" ''
is "an ended session prints the same again" \
    "$(ringlet terminal attach "$ID" | sha256sum)" "$(sha256sum <"$T/out")"

# The end of input is not the end of watching, nor of the session.
session pipe -C "$WORK" -- -c 'read x; echo "late:$x"; exit 4'
is "the end of input ends nothing" \
    "$(echo one | status ringlet terminal attach "$ID")" 4
like "and what comes after it is shown" "$(cat "$T/out")" 'late:one'

session pipe -C "$WORK" -- -c 'kill -SEGV $$'
is "a signal is 128 and its number" \
    "$(status ringlet terminal attach "$ID" </dev/null)" 139

session pipe -C "$WORK"
ringlet terminal attach "$ID" </dev/null >"$T/killed" 2>&1 &
viewer=$!
watched()
{
	[ "$(field "$ID" client_count)" = 1 ]
}
wait_for 10 watched || not_ok "the viewer is counted"
like "kill says what is proven" "$(ringlet terminal kill "$ID")" \
    'no process is left'
wait $viewer
is "a viewer of a killed session ends with 137" $? 137

# Nothing is lost on the way to a file or through a pipe.
bytes=$((32 * 1024 * 1024))
"$LIVE_FAKE/fake-agent" flood $bytes | sha256sum >"$T/wanted"
flood="stty raw -echo; read x; ./fake-agent flood $bytes"
session pipe -C "$WORK" -- -c "$flood"
echo go | ringlet terminal attach "$ID" >"$T/flood"
is "a file gets every byte of 32 MB" \
    "$(tail -c $bytes "$T/flood" | sha256sum)" "$(cat "$T/wanted")"
session pipe -C "$WORK" -- -c "$flood"
is "and so does a pipe" "$(echo go | ringlet terminal attach "$ID" |
    tail -c $bytes | sha256sum)" "$(cat "$T/wanted")"

# Nor on the way in, however fast it comes.
yes 0123456789abcdefghijklmnopqrstuvwxyz | head -c 5000000 >"$T/typed"
take='stty raw -echo; : >raw; head -c 5000000 | sha256sum; exit 2'
session pipe -C "$WORK" -- -c "$take"
wait_for 20 test -e "$WORK/raw" || bail "the terminal is raw"
is "a file of 5 MB is typed whole" \
    "$(ringlet terminal attach "$ID" <"$T/typed")" \
    "$(sha256sum <"$T/typed")"
rm "$WORK/raw"
session pipe -C "$WORK" -- -c "$take"
wait_for 20 test -e "$WORK/raw" || bail "the terminal is raw again"
# shellcheck disable=SC2002  # a pipe is what is tried
is "and so is what comes through a pipe" \
    "$(cat "$T/typed" | ringlet terminal attach "$ID")" \
    "$(sha256sum <"$T/typed")"

# One that does not keep up is told what it missed, and has the rest.
session pipe -C "$WORK" -- -c "$flood"
mkfifo "$T/slow"
echo go | ringlet terminal attach "$ID" >"$T/slow" 2>"$T/err" &
viewer=$!
exec 4<"$T/slow"
await "$ID" 60 || not_ok "a viewer that stalls does not stall the agent"
tail -c 1000000 <&4 | sha256sum >"$T/end"
exec 4<&-
wait $viewer
is "it ends well" $? 0
like "a slow one is told what it missed" "$(cat "$T/err")" \
    '^ringlet: output was missed: [0-9]+ bytes, from [0-9]+ to [0-9]+$'
is "and gets the end" "$(cat "$T/end")" \
    "$(tail -c 1000000 "$T/flood" | sha256sum)"

# Output that nobody takes is an error, not a loss of the session.
session pipe -C "$WORK" -- -c 'read x; echo out; read y'
mkfifo "$T/closed"
echo go | ringlet terminal attach "$ID" >"$T/closed" 2>"$T/err" &
viewer=$!
exec 4<"$T/closed"
exec 4<&-
wait $viewer
is "output that nobody takes is an error" $? 1
is "and the session goes on" "$(field "$ID" state)" running

# A terminal that knows no sequences is sent none.
lasting=$ID
session pipe -C "$WORK" -- -c 'echo plain; read -r x; exit 4'
for term in dumb xterm; do
	on_tty --out "$T/$term" expect plain send '~.' wait x -- \
	    env TERM=$term ringlet terminal attach "$ID"
	is "TERM=$term: it is left" $? 0
done
refute "a dumb terminal gets no sequences" grep -q "$(printf '\033')" "$T/dumb"
check "(control: another does)" grep -q "$(printf '\033')" "$T/xterm"
on_tty --out "$T/unset" expect plain send '~.' wait x -- \
    env -u TERM ringlet terminal attach "$ID"
is "nor does one of which TERM says nothing" \
    "$? $(grep -c "$(printf '\033')" "$T/unset")" "0 0"
on_tty --out "$T/dumb" expect plain send 'x\n' wait x -- \
    env TERM=dumb ringlet terminal attach "$ID"
is "and ends as the agent does" $? 4
ID=$lasting

# Who watches when a daemon dies is told.
ringlet terminal attach "$ID" </dev/null >/dev/null 2>"$T/err" &
viewer=$!
wait_for 10 watched || not_ok "the viewer is counted"
kill -9 "$SANDBOXER"
wait $viewer
is "when the sandboxer dies, a viewer fails" $? 1
like "and says whose fault it is" "$(cat "$T/err")" "^ringlet: session $ID "
back()
{
	! ringlet --json daemon status | grep -q 'starts again\|is starting'
}
wait_for 10 back || not_ok "a new sandboxer serves"
daemon_facts
session pipe -C "$WORK"
ringlet terminal attach "$ID" </dev/null >/dev/null 2>"$T/err" &
viewer=$!
wait_for 10 watched || not_ok "the viewer is counted"
kill -9 "$MONITOR"
wait $viewer
code=$?
# The sandboxer may still have told that it killed the agent.
check "when the monitor dies, it is 3 or the agent's 137 ($code)" \
    test $code = 3 -o $code = 137
done_testing
