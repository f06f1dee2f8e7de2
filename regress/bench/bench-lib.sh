# shellcheck shell=sh
# bench-lib.sh: what the benchmarks have in common.  Source lib.sh first.
#
# Everything that is measured runs with the same agents, in the same minute,
# and is read by the same client.  Times are printed and never judged by a
# test: what must be true on any machine is that all bytes came.

# As users have it: tests trace every message.
sed -i 's/^LogLevel .*/LogLevel info/' "$CONF"
cp "$LIVE_FAKE/fake-agent" "$LIVE_FAKE/pty-read" "$LIVE_FAKE/ws-load" "$WORK/"
# shellcheck disable=SC2034  # for tests
LOAD=$WORK/ws-load MIB=1048576

# per EXPRESSION [DIGITS]: a number.
per()
{
	awk "BEGIN { printf \"%.${2:-2}f\", $1 }"
}

# least FILE EXPRESSION, most FILE EXPRESSION: of an awk expression over lines.
least()
{
	awk "{ v = $2; if (NR == 1 || v < r) r = v } END { print r }" "$1"
}
most()
{
	awk "{ v = $2; if (NR == 1 || v > r) r = v } END { print r }" "$1"
}

# median FILE: of a column of numbers.
median()
{
	sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# figure NAME TEXT
figure()
{
	echo "figure $1: $2"
}

# goal NAME TEXT VALUE at-least|at-most GOAL: a figure, and whether it is met.
goal()
{
	case $4 in
	at-least) goal_ok="$3 >= $5" ;;
	*) goal_ok="$3 <= $5" ;;
	esac
	if awk "BEGIN { exit !($goal_ok) }"; then
		goal_ok=met
	else
		goal_ok=MISSED
	fi
	figure "$1" "$2; goal ${4%-*} ${4#*-} $5: $goal_ok"
}

# RAW: the terminal changes no byte and types none back; then the agent says so.
# shellcheck disable=SC2034  # for tests
RAW='stty raw -echo; echo ready;'

# node_server NAME=COMMAND...: sets NODE and NODE_AT; false: there is none.
node_server()
{
	NODE=
	[ -n "$LIVE_AGENTS" ] && [ -d "$LIVE_AGENTS/node-pty" ] || return 1
	NODE_PATH=$LIVE_AGENTS node "$LIVE_SRC/../bench/node/server.js" "$@" \
	    >"$T/node.out" 2>"$T/node.err" &
	NODE=$!
	at_end $NODE
	if ! wait_for 10 test -s "$T/node.out"; then
		cat "$T/node.err"
		bail "the server of node-pty starts"
	fi
	# shellcheck disable=SC2034
	NODE_AT=$(cat "$T/node.out")
}

node_stop()
{
	[ -n "$NODE" ] || return 0
	kill "$NODE" 2>/dev/null
	wait "$NODE" 2>/dev/null
	NODE=
}

# say_left_out: once a test, what it cannot compare with on this machine.
say_left_out()
{
	[ -n "$LIVE_AGENTS" ] ||
		skip "a server of node-pty: npm ci could not install it"
	skip "ttyd: its protocol is its own, and Debian 12 has no package"
}

# end_session ID
end_session()
{
	ringlet terminal kill --signal KILL "$1" >/dev/null 2>&1
	await "$1" || bail "session $1 ends"
}
