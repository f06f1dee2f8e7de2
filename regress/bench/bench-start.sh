# Time from request to first output byte of a jailed /bin/echo, against bare bwrap with the same arguments.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"

count=40
median()
{
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# What the sandboxer hands to bwrap: by a bwrap that writes it down.
mkdir "$T/realbin" "$T/bin"
for file in /usr/bin/*; do
	ln -s "$T/realbin/${file##*/}" "$T/bin/"
done
rm "$T/bin/bwrap"
cat >"$T/bin/bwrap" <<-TAP
	#!/bin/sh
	cat <&4 >"$T/args"
	cat <&5 >"$T/seccomp"
	exit 1
TAP
chmod 755 "$T/bin/bwrap"
start_bus
shell_profile bench --working-dir "$WORK"
ringlet daemon stop >/dev/null
bwrap --dev-bind / / --ro-bind /usr/bin "$T/realbin" \
    --ro-bind "$T/bin" /usr/bin ringlet daemon >/dev/null
ringlet profiles run bench --remote -- -c true >/dev/null 2>&1
wait_for 10 test -s "$T/seccomp" || bail "the arguments are seen"
ringlet daemon stop >/dev/null

start_daemon
bench=$LIVE_SRC/../bench/measure.py
python3 "$bench" start "$ADDRESS" "$TOKEN" bench $count >"$T/ringlet.ms" ||
	bail "sessions can be timed"
python3 "$bench" bare $count "$T/args" "$T/seccomp" /bin/bash -c \
    'exec /bin/echo hello' >"$T/bwrap.ms" || bail "bwrap can be timed"
ringlet=$(median "$T/ringlet.ms")
bare=$(median "$T/bwrap.ms")
ratio=$(awk "BEGIN { printf \"%.2f\", $ringlet / $bare }")
echo "figure start: ringlet $ringlet ms, bwrap alone $bare ms, ratio $ratio" \
    "(medians of $count)"
check "it takes at most twice as long (ratio $ratio)" \
    awk "BEGIN { exit !($ratio <= 2) }"
done_testing
