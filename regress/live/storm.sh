# Requests over both versions of HTTP and a storm of WebSockets and listeners to events, good and bad, at the same time: all are answered, nothing is left and no memory grows.
# shellcheck shell=sh
# RINGLET_STORM says for how many seconds; by hand 60, on a build with sanitizers.
. "${0%/*}/lib.sh"

command -v h2load >/dev/null || {
	skip "h2load: it is not installed"
	done_testing
}
seconds=${RINGLET_STORM:-8}
# What was freed is kept by AddressSanitizer: not so much that nothing else is
# seen.
slack=4096
if [ -n "${ASAN_OPTIONS:-}" ]; then
	ASAN_OPTIONS=$ASAN_OPTIONS:quarantine_size_mb=4
	slack=16384
fi
# Not every message of so many.
sed -i 's/^LogLevel .*/LogLevel info/' "$CONF"
shell_profile storm
start_daemon
session storm -C "$WORK" -- -c 'stty raw -echo; exec cat'
header="Authorization: Bearer $(cat "$TOKEN")"

# load NAME SECONDS OPTIONS...: h2load, in the background.
load()
{
	load_name=$1 load_seconds=$2
	shift 2
	h2load -t 1 -D "$load_seconds" -H "$header" "$@" "$URL/api/ping" \
	    >"$T/$load_name" 2>&1 &
	at_end $!
	loads="$loads $!"
}

# storm SECONDS
storm()
{
	loads=
	load h1 "$1" --h1 -c 8
	load h2 "$1" -c 4 -m 8
	python3 "$LIVE_SRC/storm.py" "$ADDRESS" "/ws/terminal/$ID" "$TOKEN" \
	    "$1" >"$T/storm" 2>&1
	is "no client is answered wrongly in $1 s ($(head -n 1 "$T/storm"))" \
	    $? 0
	like "and events are heard of" "$(head -n 1 "$T/storm")" \
	    ' [1-9][0-9]* events'
	sed 1d "$T/storm"
	for pid in $loads; do
		wait "$pid"
	done
	for load_name in h1 h2; do
		like "every request is answered ($load_name)" \
		    "$(cat "$T/$load_name")" \
		    'status codes: [1-9][0-9]* 2xx, 0 3xx, 0 4xx, 0 5xx'
	done
}

# left: descriptors are those of before, once the last have gone.
left()
{
	[ -z "$LIVE_SCAN" ] || [ "$(python3 "$LIVE_SRC/memscan" --holds \
	    "$LIVE_SCAN" "$1")" = "$HELD_FDS" ]
}

quiet=
if [ -n "$LIVE_SCAN" ]; then
	holds "$RINGLETD"
	quiet=$HELD_FDS
fi
storm "$((seconds / 2))"
[ -z "$quiet" ] || check "no descriptor is left in ringletd" \
    wait_for 20 left "$RINGLETD"
for pid in $RINGLETD $MONITOR $SANDBOXER; do
	resident "$pid" >"$T/$pid"
done
storm "$seconds"
[ -z "$quiet" ] || check "nor after the second one" wait_for 20 left "$RINGLETD"
for pid in $RINGLETD $MONITOR $SANDBOXER; do
	had=$(cat "$T/$pid")
	has=$(resident "$pid")
	check "$(tr -d '\0' <"/proc/$pid/comm"): from $had to $has KiB" \
	    test "$((has - had))" -lt "$slack"
done
is "a request is answered as before" "$(api GET /api/ping)" 200
is "by the same process" \
    "$(ringlet --json daemon status | json data ringletd_pid)" "$RINGLETD"
is "the session lives" "$(field "$ID" state)" running
ringlet terminal kill "$ID" >/dev/null
done_testing
