# Output of a jailed agent at one WebSocket client, against a C program that reads the same terminal directly.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
# As users have it: tests trace every message.
sed -i 's/^LogLevel .*/LogLevel info/' "$CONF"

bytes=$((256 * 1024 * 1024))
runs=3
cp "$LIVE_FAKE/fake-agent" "$LIVE_FAKE/pty-read" "$WORK/"
start_bus
shell_profile bench --working-dir "$WORK"
start_daemon
best()
{
	awk '{ r = $1 / $2 / 1e6; if (r > b) b = r } END { printf "%.1f", b }' \
	    "$1"
}
for _ in $(seq $runs); do
	"$WORK/pty-read" "$WORK/fake-agent" flood $bytes >>"$T/direct"
	session bench -- -c \
	    "stty raw -echo; echo ready; read x; exec ./fake-agent flood $bytes"
	python3 "$LIVE_SRC/../bench/measure.py" read "$ADDRESS" "$TOKEN" "$ID" \
	    ready >>"$T/ringlet" || bail "the output can be timed"
done
is "every byte came" "$(awk "\$1 < $bytes" "$T/ringlet" "$T/direct")" ""
direct=$(best "$T/direct")
ringlet=$(best "$T/ringlet")
ratio=$(awk "BEGIN { printf \"%.2f\", $ringlet / $direct }")
echo "figure output: ringlet $ringlet MB/s, direct $direct MB/s," \
    "ratio $ratio (best of $runs)"
check "it is at least half as fast (ratio $ratio)" \
    awk "BEGIN { exit !($ratio >= 0.5) }"
done_testing
