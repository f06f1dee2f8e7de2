# Who attaches late sees the screen as it is: a terminal draws it instead of the past, a pipe gets the bytes that are kept.
# shellcheck shell=sh disable=SC2016
. "${0%/*}/lib.sh"

start_daemon ScrollbackSize=64K
shell_profile late
# Far more than is kept, then a screen that no last 64K of output would give:
# what is at its top was drawn long before.
# shellcheck disable=SC2016
session late -C "$WORK" --cols 80 --rows 24 -- -c '
	stty -echo
	printf "\033[2J\033[HTOP:$((40+2))\033[2;24r\033[24;1H"
	i=0; while [ $i -lt 5000 ]; do
		echo "line $i of a long story that nobody has read"; i=$((i+1))
	done
	printf "END:$((i))"
	read -r x; echo "got:<$x>"; exit 4'
written()
{
	: >"$T/pipe" # of the one before
	ringlet terminal attach --read-only "$ID" </dev/null >"$T/pipe" \
	    2>"$T/pipe.err" &
	pid=$!
	wait_for 2 grep -q END:5000 "$T/pipe"
	code=$?
	kill $pid
	wait $pid 2>/dev/null
	return $code
}
wait_for 60 written || bail "the session has written it all"
# Once more, now that all of it is the past.
written || bail "a pipe gets its end"
like "a pipe is told what is gone" "$(cat "$T/pipe.err")" \
    '^ringlet: output was missed: [0-9]+ bytes, from 0 to [0-9]+$'
from=$(sed -n 's/.* to \([0-9]*\)$/\1/p' "$T/pipe.err" | head -n 1)
is "and gets every byte from there" "$(($(wc -c <"$T/pipe") + from))" \
    "$(field "$ID" output_bytes)"
refute "and no screen" grep -q 'TOP:42' "$T/pipe"

on_tty --size 24x80 --out "$T/tty" expect 'TOP:42' expect 'END:5000' \
    send '~.' wait x -- ringlet terminal attach "$ID"
is "a terminal gets the screen, its top too" $? 0
check "and not the past" test "$(wc -c <"$T/tty")" -lt 20000
on_tty --size 24x80 --out "$T/tty" expect 'TOP:42' expect 'END:5000' \
    send 'typed\r' expect 'got:<typed>' wait x -- ringlet terminal attach "$ID"
is "and goes on from there to the end" $? 4

# An ended session begins with a screen too, where its beginning is gone.
await "$ID" || bail "it ends"
on_tty --size 24x80 --out "$T/tty" expect 'got:<typed>' wait x \
    -- ringlet terminal attach "$ID"
is "an ended one is shown again" $? 4
check "from a screen on" grep -q 'TOP:42' "$T/tty"
is "a pipe gets no screen of it either" "$(status ringlet terminal attach \
    "$ID")" 4
refute "but what is kept" grep -q 'TOP:42' "$T/out"
like "and is told what is not" "$(cat "$T/err")" \
    '^ringlet: output was missed: [0-9]+ bytes, from 0 to [0-9]+$'
done_testing
