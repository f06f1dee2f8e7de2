# Time from request to first output byte of a jailed /bin/echo, against bare bwrap with the same arguments.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

count=40

# The runtime folder is in memory, as systemd makes a user's: on a disk, making
# the folder for a session's pictures takes a tenth of the whole.
memory=$(mktemp -d /dev/shm/rl.XXXXXX) || bail "there is a folder in memory"
trap 'live_end; rm -rf "$memory"' EXIT
RINGLET_RUNTIME_DIR=$memory

# The agent is a copy of /bin/echo by the name of one that Ringlet knows.
mkdir -p "$HOME/.local/bin"
cp /bin/echo "$HOME/.local/bin/claude"

# What the sandboxer hands to bwrap: by a bwrap that writes it down.  In the
# namespace that puts it there root's files are nobody's, so the agent is ours.
mkdir "$T/realbin" "$T/bin"
for file in /usr/bin/*; do
	ln -s "$T/realbin/${file##*/}" "$T/bin/"
done
rm "$T/bin/bwrap"
cat >"$T/bin/bwrap" <<-TAP
	#!/bin/sh
	# The sandboxer tries the real one first.
	[ "\$1" = --args ] || exec "$T/realbin/bwrap" "\$@"
	cat <&4 >"$T/args"
	cat <&5 >"$T/seccomp"
	exit 1
TAP
chmod 755 "$T/bin/bwrap"
start_bus
new_profile claude bench "" -p self --working-dir "$WORK"
ringlet daemon stop >/dev/null
bwrap --dev-bind / / --ro-bind /usr/bin "$T/realbin" \
    --ro-bind "$T/bin" /usr/bin ringlet daemon >/dev/null
ringlet profiles run bench --remote -- hello >"$T/run.out" 2>&1
wait_for 10 test -s "$T/seccomp" ||
	{ cat "$T/run.out"; bail "the arguments are seen"; }
ringlet daemon stop >/dev/null
# The session's folder for pictures went with it.
pictures=$(tr '\0' '\n' <"$T/args" | grep -m 1 '/files/[0-9a-f]*$')

start_daemon
mkdir -p -m 700 "$pictures"
# In turns, so that a machine which is busy is so for both.
for _ in 1 2 3 4; do
	"$LOAD" start -t "$TOKEN" -n $((count / 4)) "$ADDRESS" bench \
	    >>"$T/ringlet.ms" || bail "sessions can be timed"
	for _ in $(seq $((count / 4))); do
		env -i "$LIVE_FAKE/pty-read" /usr/bin/bwrap --args 4 -- \
		    "$HOME/.local/bin/claude" hello \
		    4<"$T/args" 5<"$T/seccomp" >>"$T/bare"
	done
done
is "bwrap alone printed the same each time" \
    "$(cut -d' ' -f1 "$T/bare" | sort -u)" 6
cut -d' ' -f3 "$T/bare" >"$T/bwrap.ms"
ringlet=$(median "$T/ringlet.ms")
bare=$(median "$T/bwrap.ms")
ratio=$(per "$ringlet / $bare")
goal start "$ringlet ms, bwrap alone $bare ms, ratio $ratio (medians of \
$count)" "$ratio" at-most 1.5
done_testing
