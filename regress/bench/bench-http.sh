# Requests a second and how long they take, on GET /api/ping with the token, over HTTP/1.1 and HTTP/2, against nginx that answers a fixed 200.
# shellcheck shell=sh
. "${LIVE_SRC:?run it by regress/bench/run}/lib.sh"
. "$LIVE_SRC/nginx-lib.sh"
. "$LIVE_SRC/../bench/bench-lib.sh"

command -v h2load >/dev/null || {
	skip "h2load: it is not installed"
	done_testing
}
start_daemon
header="Authorization: Bearer $(cat "$TOKEN")"
nginx_start <<-SERVERS || skip "nginx: it is not installed"
	keepalive_requests 1000000000;
	default_type application/json;
	server {
		listen 127.0.0.1:PORT1;
		listen 127.0.0.1:PORT2 http2;
		location / {
			return 200
			    '{"success":true,"data":{"status":"ok","version":"1"}}';
		}
	}
SERVERS

# ticks PID...: processor time that they have used, in 10 ms.
ticks()
{
	for pid; do
		cut -d' ' -f14-15 "/proc/$pid/stat"
	done | awk '{ n += $1 + $2 } END { print n }'
}

# load NAME PIDS H2LOAD'S OPTIONS...: sets RATE, a second, P50 and P99 in us, and
# COST, the processor time of a request in us.
load()
{
	load_name=$1 load_pids=$2
	shift 2
	# shellcheck disable=SC2086  # a list
	load_ticks=$(ticks $load_pids)
	rm -f "$T/load.log"
	h2load -t 1 --log-file="$T/load.log" -H "$header" "$@" >"$T/load" 2>&1
	if ! grep -q "succeeded, 0 failed, 0 errored, 0 timeout" "$T/load" ||
	    ! grep -q " 0 3xx, 0 4xx, 0 5xx" "$T/load"; then
		cat "$T/load"
		bail "every request is answered ($load_name)"
	fi
	ok "every request is answered ($load_name)"
	# shellcheck disable=SC2086
	COST=$(per "($(ticks $load_pids) - $load_ticks) * 10000 / $n" 1)
	RATE=$(sed -n 's/^finished in .*, \([0-9.]*\) req\/s.*/\1/p' "$T/load")
	cut -f3 "$T/load.log" | sort -n >"$T/load.us"
	P50=$(awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }' \
	    "$T/load.us")
	P99=$(awk '{ v[NR] = $1 } END { print v[int(NR * 0.99)] }' \
	    "$T/load.us")
}

loaded()
{
	echo "$(per "$RATE" 0)/s, p50 $P50 us, p99 $P99 us, $COST us of processor"
}

# best NAME PIDS H2LOAD'S OPTIONS...: as load, the better of two.
best()
{
	load "$@"
	first="$RATE $P50 $P99 $COST"
	load "$@"
	[ "$(per "(${first%% *} > $RATE)" 0)" = 0 ] ||
		read -r RATE P50 P99 COST <<-FIRST
		$first
		FIRST
}

# both VERSION OPTION NGINX: at 1, 32 and 128 connections.
both()
{
	# An option of h2load, or none.
	option=$2 front=$3
	set -- "$1" ${option:+"$option"}
	version=$1
	shift
	for clients in 1 32 128; do
		n=200000
		[ $clients -ne 1 ] || n=30000
		best "ringletd, HTTP/$version, $clients" "$RINGLETD $MONITOR" \
		    "$@" -c $clients -n $n "$URL/api/ping"
		rate=$RATE p99=$P99
		text="$(loaded)"
		name=http$version-$clients
		if [ -n "$NGINX" ]; then
			best "nginx, HTTP/$version, $clients" "$WORKER" "$@" \
			    -c $clients -n $n "http://$front/"
			figure "$name-nginx" "$(loaded)"
			text="$text, $(per "$rate / $RATE") of nginx"
		fi
		if [ $clients -ne 32 ]; then
			figure "$name" "$text"
			continue
		fi
		[ -z "$NGINX" ] || goal "$name" "$text" \
		    "$(per "$rate / $RATE")" at-least 0.5
		goal "$name-p99" "$p99 us" "$p99" at-most 1000
	done
}

NGINX=${NGINX:-}
WORKER=$(cat "/proc/$NGINX/task/$NGINX/children" 2>/dev/null)
both 1.1 --h1 "${NGINX_AT1:-}"
both 2 '' "${NGINX_AT2:-}"
done_testing
