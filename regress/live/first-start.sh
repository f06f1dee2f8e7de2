# The first start makes a private random token and folders; a second start says who is there and touches nothing.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

is "without a daemon, status says so by 3" \
    "$(status ringlet daemon status)" 3
refute "and does not start one" test -e "$RINGLET_RUNTIME_DIR/control.sock"
# Root in a namespace of its own is as much root as we can be.
if unshare --user --map-root-user true 2>/dev/null; then
	is "root is refused" "$(status unshare --user --map-root-user \
	    ringletd -D)" 1
	like "with words" "$(cat "$T/err")" 'will not run as root'
	refute "and makes nothing" test -e "$TOKEN"
else
	skip "root is refused: this system has no user namespaces for users"
fi
start_daemon
is "the token is closed to others" "$(stat -c %a "$TOKEN")" 600
like "it is 256 random bits" "$(cat "$TOKEN")" \
    '^([0-9a-f]{64}|[A-Za-z0-9_-]{43}=?)$'
is "the runtime folder is closed to others" \
    "$(stat -c %a "$RINGLET_RUNTIME_DIR")" 700
is "the listener is on loopback" "${ADDRESS%:*}" 127.0.0.1
before=$(sha256sum <"$TOKEN")

for second in 'ringletd -D' 'ringlet daemon --foreground'; do
	# shellcheck disable=SC2086  # a command and its option
	code=$(status timeout 20 $second)
	check "a second $second does not start ($code)" \
	    test "$code" -ne 0 -a "$code" -ne 124
	like "it says who is there" "$(cat "$T/err" "$T/out")" "$MONITOR"
done
is "the token is what it was" "$(sha256sum <"$TOKEN")" "$before"
is "the first still answers" "$(api GET /api/ping)" 200
is "by the same process" \
    "$(ringlet --json daemon status | json data pid)" "$MONITOR"

check "stop works" ringlet daemon stop
gone()
{
	! kill -0 "$MONITOR" 2>/dev/null &&
	    ! kill -0 "$RINGLETD" 2>/dev/null &&
	    ! kill -0 "$SANDBOXER" 2>/dev/null
}
check "and all three processes end" wait_for 10 gone

start_daemon
is "the next start keeps the token" "$(sha256sum <"$TOKEN")" "$before"
is "and takes it" "$(api GET /api/ping)" 200
done_testing
