# Where the log goes, what a line of it looks like, and that ringletd cannot fill it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# foreground OPTION...: a daemon with -D whose standard error is $T/stderr.
foreground()
{
	in_front -D "$@"
}
in_front()
{
	: >"$T/stderr"
	ringletd "$@" 2>>"$T/stderr" &
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

rm "$LOG"
key=$(canary trace)
echo 'LogLevel error' >"$CONF"
echo 'ListenAddress 127.0.0.1:0' >>"$CONF"
in_front -T msg
# No keychain is there, but the key gets as far as the helper.
printf '%s\n' "$key" | ringlet profiles create shell traced -p anthropic \
    >/dev/null 2>&1
api GET /api/profiles >/dev/null
for what in 'ringlet-monitor: trace: ringletd <- INIT ' \
    'ringlet-sandboxer: trace: monitor <- READY ' \
    'ringletd: trace: monitor <- PROFILE_LIST ' \
    'ringlet-monitor: trace: ringlet -> PROFILE_CREATE ' \
    'ringlet-monitor: trace: keychain <- KC_REQUEST .* value=<secret>'; do
	check "-T msg shows on standard error: $what" \
	    wait_for 20 grep -q "^$what" "$T/stderr"
done
check "the token as <secret>" \
    grep -q 'ringletd -> PROFILE_LIST .*token=<secret>' "$T/stderr"
check "the key as <secret>" \
    grep -q 'ringlet -> PROFILE_CREATE .* key=<secret>' "$T/stderr"
printf '%s\n' "$key" "$(cat "$TOKEN")" >"$T/secrets"
refute "and neither in any form" grep -qF -f "$T/secrets" "$T/stderr"
refute "and no file" test -e "$LOG"
stop
is "a word that is not msg is refused" "$(status ringletd -T all)" 2
is "so is one too many" "$(status ringletd -T msg more)" 2
like "with the usage" "$(cat "$T/err")" '^usage: ringletd .*-T \[msg\]'
is "-T alone prints the settings" "$(status ringletd -T)" 0
like "that hold" "$(cat "$T/out")" '^LogLevel error$'

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
