# A terminal's size of 0, or beyond 4096, is refused wherever it can be asked for, with words; who typed last decides.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

start_daemon
shell_profile size
session size -C "$WORK" --cols 100 --rows 30
SIZE=$ID

for value in 0 4097 -1 99999999999999999999 8x '' 80.0 1e2; do
	for name in cols rows; do
		is "--$name '$value' is wrong usage" "$(status ringlet profiles \
		    run size --remote -C "$WORK" --$name="$value")" 2
		like "and it says so" "$(cat "$T/err")" \
		    "^ringlet: --$name ('$value': .*: give a number from 1 to 4096|has an empty argument: give N)"
	done
done
for value in 0 4097 -1 99999999999999999999 '"80"' 80.5 null true; do
	for name in cols rows; do
		is "$name $value over HTTP is 400" \
		    "$(api POST /api/terminal/sessions \
		    "{\"profile_alias\":\"size\",\"$name\":$value}")" 400
		like "and it says so" "$(cat "$T/body")" \
		    "$name|a number is too large"
		ws "/ws/terminal/$SIZE" --events "$T/told" --out /dev/null \
		    text "{\"type\":\"resize\",\"cols\":9,\"rows\":9,\"$name\":$value}" \
		    event error text '{"type":"resize","cols":9}' event error \
		    >/dev/null 2>&1
		is "$name $value over a WebSocket is an error" $? 0
	done
	ws "/ws/terminal/$SIZE" --events "$T/told" --out /dev/null \
	    text "{\"type\":\"resize\",\"cols\":$value,\"rows\":9}" event error
	like "that names it ($value)" \
	    "$(grep '"error"' "$T/told")" \
	    'cols|a number is too large'
done
is "no session was started" "$(ringlet --json terminal list |
    grep -o '"id"' | wc -l)" 1
is "and this one has its size" \
    "$(field "$SIZE" cols)x$(field "$SIZE" rows)" 100x30

# The largest there is, and the smallest.
session size -C "$WORK" --cols 4096 --rows 1 -- -c 'stty size'
is "4096 and 1 are sizes" "$(output "$ID")" '1 4096'

# Two terminals: whoever typed last decides, and ~? says so.
# shellcheck disable=SC2016
on_tty --size 20x70 --out "$T/one" expect '\$ ' send 'stty size\r' \
    expect '20 70' send 'echo one:$((1+1))\r' expect 'one:2' \
    expect 'two:2' send '~?' expect "its size is 90x25, another viewer's" \
    send '\r' expect '\$ ' \
    send 'until stty size | grep "20 70"; do :; done\r' expect '20 70' \
    send 'exit 5\r' wait x -- ringlet terminal attach "$SIZE" &
one=$!
first()
{
	ringlet terminal attach --read-only "$SIZE" >"$T/seen" &
	seer=$!
	wait_for 2 grep -q 'one:2' "$T/seen"
	code=$?
	kill $seer
	wait $seer 2>/dev/null
	return $code
}
wait_for 20 first || bail "the first viewer types"
# shellcheck disable=SC2016
on_tty --size 25x90 --out "$T/two" expect '\$ ' send '\r' expect '\$ ' \
    send 'until stty size | grep "25 90"; do :; done\r' expect '25 90' \
    send 'echo two:$((1+1))\r' expect 'two:2' wait x \
    -- ringlet terminal attach "$SIZE"
is "the one who typed last decided" $? 5
wait $one
is "and the other was told, and decided again" $? 5

# Sizes that come quickly are put off for a moment, but not beyond a key: the
# program that a key starts sees the window in which it was typed.
session size -C "$WORK" --cols 100 --rows 30
# shellcheck disable=SC2016
ws "/ws/terminal/$ID" --timeout 10 \
    send 'read -rsn 1 a; stty size; echo is:$((1+1))\r' expect 'size;' \
    text '{"type":"resize","cols":90,"rows":20}' \
    text '{"type":"resize","cols":91,"rows":21}' \
    send x expect '21 91' expect 'is:2' >/dev/null
is "what a key starts has the window it was typed in" $? 0
done_testing
