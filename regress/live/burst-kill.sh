# ringletd is killed in a burst, and then the daemon restarted: the viewer comes back for the next byte, and misses none.
# Alone: a viewer that gets no processor falls behind, and has gaps.
# shellcheck shell=sh
. "${0%/*}/lib.sh"
. "${0%/*}/burst-lib.sh"

bytes=$(burst_bytes 256m 48m)
start_daemon
shell_profile work
"$WORK/burst-viewer" hash "$bytes" >"$T/wanted" &
hash=$!

# somewhere: an offset by chance in the middle half of the burst.
somewhere()
{
	SEED=$(((SEED * 1103515245 + 12345) % 2147483648))
	echo $((bytes / 4 + bytes / 2 / 1000 * (SEED / 65536 % 1000)))
}

# burst NAME COMMAND...: one in whose midst COMMAND is run.
burst()
{
	name=$1
	shift
	burst_session work "$bytes"
	watch live "$name" /dev/null
	live=$WATCHER
	watching "$name"
	offset=$(somewhere)
	go
	wait_for 60 printed "$offset" || bail "$name: the burst gets there"
	"$@"
	wait "$live"
	like "$name: the viewer has every byte (at $offset, seed $SEED)" \
	    "$(told "$name")" \
	    "^$(cat "$T/wanted") attaches [0-9]+ gaps 0 missed 0\$"
	refute "$name: and had to come back for them" \
	    grep -q 'attaches 1 ' "$T/$name"
	is "$name: the session runs" "$(field "$ID" state)" running
	ringlet terminal kill "$ID" >/dev/null
	await "$ID"
}

wait "$hash"
killed()
{
	kill -9 "$RINGLETD"
}
burst "ringletd killed" killed
daemon_facts
restarted()
{
	check "the daemon is restarted" ringlet daemon restart
}
burst "daemon restarted" restarted
done_testing
