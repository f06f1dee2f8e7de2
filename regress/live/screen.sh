# Late viewers see what early ones do: recorded programs, in xterm.js, cell by cell.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

[ -n "$LIVE_XTERM" ] || skip_all "npm has not brought xterm.js"
command -v node >/dev/null || skip_all "node is not installed"
NODE_PATH=$LIVE_XTERM
export NODE_PATH
compare=$LIVE_SRC/../screen/compare.js
set -- "$LIVE_SRC"/../screen/recordings/*.raw
check "there are at least 12 recordings" test $# -ge 12

# Our screens against xterm.js, at many cuts of each.
node "$compare" "$LIVE_FAKE/screen-cuts" "$@" 2>&1
is "the comparison ends well" $? 0

# The same through the daemon: a program runs after so much output that its
# beginning is gone from the ring; who attaches then sees what it shows.
start_daemon ScrollbackSize=64K
shell_profile late
seq -f 'line %g of what nobody has read' 10000 | sed 's/$/\r/' >"$WORK/flood"

written()
{
	: >"$T/pipe" # of the one before
	ringlet terminal attach --read-only "$ID" </dev/null >"$T/pipe" \
	    2>/dev/null &
	pid=$!
	wait_for 10 grep -q 'END-OF-IT' "$T/pipe"
	code=$?
	kill $pid
	wait $pid 2>/dev/null
	return $code
}

for name in claude codex htop tmux vim; do
	file=$(echo "$LIVE_SRC"/../screen/recordings/"$name".*.raw)
	size=${file%.raw}
	size=${size##*.}
	{
		cat "$WORK/flood"
		head -c $(($(stat -c %s "$file") * 2 / 3)) "$file"
		printf '\033]7;END-OF-IT\007'
	} >"$WORK/early"
	session late -C "$WORK" --cols "${size%x*}" --rows "${size#*x}" -- -c \
	    'stty raw -echo; cat early; read -r x; printf MARK; read -r x'
	written || bail "$name has been written"
	on_tty --size "${size#*x}x${size%x*}" --out "$T/late" send '\r\n' \
	    expect MARK send '\r~.' wait x -- ringlet terminal attach "$ID"
	printf MARK | cat "$WORK/early" - >"$T/early"
	check "$name: a screen came, and not the past" \
	    test "$(stat -c %s "$T/late")" -lt 30000
	node "$compare" -e "$name" "$size" "$T/early" "$T/late" MARK
	ringlet terminal kill "$ID" >/dev/null 2>&1
done
done_testing
