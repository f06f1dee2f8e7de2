# Where the log goes, what a line of it looks like, and that ringletd cannot fill it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# foreground OPTION...: a daemon with -D whose standard error is $T/stderr.
foreground()
{
	: >"$T/stderr"
	ringletd -D "$@" 2>>"$T/stderr" &
	MONITOR=$!
	at_end $MONITOR
	daemon_facts
}
stop()
{
	ringlet daemon stop
	wait "$MONITOR"
}
odd()
{
	grep -Ev "$1" "$2" | head -n 3
}

start_daemon LogDestination=auto
is "a line has time, process and level" "$(odd \
    '^[0-9-]{10}T[0-9:]{8}Z \[[0-9]+\] (error|warn|info|debug|trace): .' \
    "$LOG")" ''
check "messages are traced by name" grep -q 'trace: ringletd <- INIT ' "$LOG"
api GET /api/profiles >/dev/null
check "and what is secret in them is not" \
    grep -q 'PROFILE_LIST .*token=<secret>' "$LOG"
refute "the token is not in the log" grep -qF "$(cat "$TOKEN")" "$LOG"
ringlet daemon stop
rm "$LOG"

foreground
check "in the foreground it is standard error" \
    grep -q '^ringlet-monitor: info: ringletd: ready' "$T/stderr"
refute "and no file" test -e "$LOG"
stop
foreground -o LogDestination=file
check "or the file, if so set" grep -q 'info: ringletd: ready' "$LOG"
is "and then nothing else" "$(cat "$T/stderr")" ''
stop
: >"$T/stderr"
JOURNAL_STREAM=$(stat -c %d:%i "$T/stderr")
export JOURNAL_STREAM
foreground
check "the journal gets priorities" grep -q '^<6>ringletd: ready' "$T/stderr"
is "in every line" "$(odd '^<[3-7]>.' "$T/stderr")" ''
stop
JOURNAL_STREAM=1:1
foreground
check "what is not the journal gets none" \
    grep -q '^ringlet-monitor: info: ringletd: ready' "$T/stderr"
stop
unset JOURNAL_STREAM

is "standard error is not for the background" \
    "$(status ringletd -o LogDestination=stderr)" 1
like "and it says so" "$(cat "$T/err")" 'LogDestination: stderr is for -D'
if [ ! -e /dev/log ]; then
	is "without a system's log the daemon does not start" \
	    "$(status ringletd -o LogDestination=syslog)" 1
	like "and it says so" "$(cat "$T/err")" '/dev/log: cannot open the log'
else
	skip "a missing system's log: this machine has one"
fi
done_testing
