# A jailed agent reaches neither token, ssh key, another profile, D-Bus, control socket, abstract socket nor process; unjailed it reaches them all.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_bus
shell_profile prisoner
shell_profile neighbour
start_daemon

# The things to be had.
mkdir -p "$HOME/.ssh"
echo 'a private key' >"$HOME/.ssh/id_ed25519"
other=$(ringlet --json profiles inspect neighbour | json data home)
mkdir -p "$other"
echo 'a neighbour' >"$other/secret"
abstract=ringlet-live-$$
python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.bind("\0" + sys.argv[1])
s.listen(8)
open(sys.argv[2], "w").close()
time.sleep(300)' "$abstract" "$T/listening" &
at_end $!
wait_for 10 test -e "$T/listening" || bail "an abstract socket listens"
sleep 300 &
victim=$!
at_end $victim
cp "$LIVE_FAKE/fake-agent" "$LIVE_SRC/probe" "$WORK/"
set -- ./probe "$TOKEN" "$HOME/.ssh/id_ed25519" "$other" \
    "$XDG_RUNTIME_DIR/bus" "$RINGLET_RUNTIME_DIR/control.sock" \
    "$abstract" $victim
names='token ssh-key other-home bus control abstract signal process environ
home-write'

# The positive control first: without a jail every one of them is there.
jailed prisoner --no-sandbox -C "$WORK" -- "$@" >"$T/open"
like "the probe ran unjailed" "$(cat "$T/open")" '^probe complete$'
for name in $names; do
	check "unjailed: $name is reached" grep -qx "$name reached" "$T/open"
done
rm -f "$HOME/.bashrc"

jailed prisoner -C "$WORK" -- "$@" >"$T/jailed"
like "the probe ran in the jail" "$(cat "$T/jailed")" '^probe complete$'
for name in $names; do
	check "jailed: $name is refused" grep -qx "$name refused" "$T/jailed"
done
refute "nothing was written to the real home" test -e "$HOME/.bashrc"
is "the session says that it is jailed" "$(field "$ID" sandboxed)" true
done_testing
