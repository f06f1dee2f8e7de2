# A screen that is larger than a frame reaches a late viewer over a WebSocket whole, and so does one of 500 columns and 200 rows in which every cell has colours of its own.
# shellcheck shell=sh disable=SC2016
. "${0%/*}/lib.sh"

start_daemon ScrollbackSize=1M
shell_profile big
# paint COLS ROWS: a session that has filled its terminal, colour by colour.
paint()
{
	session big -C "$WORK" --cols "$1" --rows "$2" -- -c '
		stty -echo
		awk -v c='"$1"' -v r='"$2"' "BEGIN {
			for (i = 0; i < c * r; i++)
				printf \"\\033[38;2;%d;%d;%d;48;2;%d;%d;%dm%c\",
				    i % 251, i % 241, i % 239, i % 233, i % 229,
				    i % 227, 65 + i % 26
		}"
		printf "\033[HTHE:$((40+2))"
		read -r x; echo "got:<$x>"; exit 4'
}
# late: what a viewer gets that comes when all is drawn.
late()
{
	ws "/ws/terminal/$ID?screen=1" --events "$T/told" --out /dev/null \
	    --timeout 40 event screen send 'on\n' expect 'got:<on>' end 20 \
	    >"$T/ws.out" 2>&1
}
drawn()
{
	# What the one before saw must not count.
	: >"$T/pipe"
	ringlet terminal attach --read-only "$ID" </dev/null >"$T/pipe" \
	    2>/dev/null &
	pid=$!
	wait_for 60 grep -q THE:42 "$T/pipe"
	code=$?
	kill $pid
	wait $pid 2>/dev/null
	return $code
}
# shown COLS ROWS
shown()
{
	python3 - "$T/told" "$1" "$2" <<'EOF'
import base64
import json
import sys

cols, rows = int(sys.argv[2]), int(sys.argv[3])
with open(sys.argv[1], encoding="utf-8") as file:
    told = [json.loads(line) for line in file]
screens = [event for event in told if event["type"] == "screen"]
assert len(screens) == 1, told
screen = screens[0]
assert screen["cols"] == cols and screen["rows"] == rows, screen
assert screen["exact"] is True
data = base64.b64decode(screen["data"], validate=True)
assert b"THE:42" in data
count = data.count(b"38;2;")
assert count >= cols * rows * 0.99, (count, len(data))
print(len(data))
EOF
}
for size in '120 40' '500 200'; do
	# shellcheck disable=SC2086
	paint $size
	drawn || bail "it is drawn ($size)"
	check "a late viewer gets the screen ($size)" late
	# shellcheck disable=SC2086
	check "all of it" shown $size
done
done_testing
