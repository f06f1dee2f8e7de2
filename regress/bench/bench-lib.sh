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

# median FILE [COLUMN]: of a column of numbers.
median()
{
	awk "{ print \$${2:-1} }" "$1" | sort -n |
	    awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# ratio_of FILE OTHER [COLUMN]: how many times OTHER's number FILE's is.  Their
# lines are of runs in turns, so each is held against its neighbour: what was
# busy in one was so in the other.  The median of that.
ratio_of()
{
	paste "$1" "$2" | awk -v c="${3:-1}" \
	    '{ printf "%.3f\n", $c / $(NF / 2 + c) }' >"$T/ratios"
	median "$T/ratios"
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
	# What the last one said is not waited for.
	rm -f "$T/node.out"
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

# A ttyd: the program that TTYD names, or the one in PATH, or none.
TTYD=${TTYD:-$(command -v ttyd)}
[ -z "$TTYD" ] || [ -x "$TTYD" ] ||
	bail "TTYD=$TTYD is a program that $(id -un) can run"

# ttyd_server NAME=COMMAND...: sets TTYD_PID and TTYD_AT; false: there is none.
# Each client of /ws?arg=NAME starts COMMAND for itself.
ttyd_server()
{
	TTYD_PID=
	[ -n "$TTYD" ] || return 1
	{
		# shellcheck disable=SC2016  # the command's own
		echo 'case $1 in'
		for command; do
			echo "${command%%=*}) ${command#*=} ;;"
		done
		echo 'esac'
	} >"$T/ttyd.sh"
	rm -f "$T/ttyd.out"
	"$TTYD" -i 127.0.0.1 -p 0 -W -a /bin/sh "$T/ttyd.sh" \
	    >"$T/ttyd.out" 2>&1 &
	TTYD_PID=$!
	at_end $TTYD_PID
	if ! wait_for 10 grep -q 'Listening on port: ' "$T/ttyd.out"; then
		cat "$T/ttyd.out"
		bail "$TTYD starts, and says where it listens"
	fi
	# shellcheck disable=SC2034
	TTYD_AT=127.0.0.1:$(sed -n 's/.*Listening on port: //p' "$T/ttyd.out")
}

ttyd_stop()
{
	[ -n "$TTYD_PID" ] || return 0
	kill "$TTYD_PID" 2>/dev/null
	wait "$TTYD_PID" 2>/dev/null
	TTYD_PID=
}

# say_left_out: once a test, what it cannot compare with on this machine.
say_left_out()
{
	[ -n "$LIVE_AGENTS" ] ||
		skip "a server of node-pty: npm ci could not install it"
	[ -n "$TTYD" ] || skip "ttyd: not installed"
}

# end_session ID
end_session()
{
	ringlet terminal kill --signal KILL "$1" >/dev/null 2>&1
	await "$1" || bail "session $1 ends"
}
