# While the audit log cannot be written, for a disk that is full, no key is used, no session starts and no jail is loosened; or all goes on, as AuditFull says, and what is missing is counted.
# shellcheck shell=sh

# A disk that is full: this test runs once more where a small one is mounted.
if [ -z "${AUDIT_DISK:-}" ]; then
	AUDIT_DISK=$(mktemp -d "$LIVE_TMP/rl-disk.XXXXXX") || exit 1
	export AUDIT_DISK
	if bwrap --dev-bind / / --size 262144 --tmpfs "$AUDIT_DISK" true \
	    2>/dev/null; then
		bwrap --dev-bind / / --size 262144 --tmpfs "$AUDIT_DISK" \
		    sh "$0"
		status=$?
	else
		echo "skip audit-full: no small file system can be mounted"
		echo "done"
		status=0
	fi
	rmdir "$AUDIT_DISK"
	exit $status
fi
. "${0%/*}/lib.sh"

RINGLET_STATE_DIR=$AUDIT_DISK/state
LOG=$RINGLET_STATE_DIR/ringlet.log
AUDIT=$RINGLET_STATE_DIR/audit.jsonl
export RINGLET_STATE_DIR

settings()
{
	printf '%s\n' 'ListenAddress 127.0.0.1:0' 'LogLevel info' "$@" >"$CONF"
}
# fill: until not one byte more fits; free: again.
fill()
{
	cat /dev/zero >"$AUDIT_DISK/filler" 2>/dev/null
	while printf x >>"$AUDIT_DISK/filler"; do :; done 2>/dev/null
	# What is left of the last block of the log itself.
	while ringlet terminal kill 0000000000000000 >/dev/null 2>&1; do
		:
	done
	i=0
	while [ $i -lt 60 ] && ringlet profiles env alice >/dev/null 2>&1; do
		i=$((i + 1))
	done
}
free()
{
	rm "$AUDIT_DISK/filler"
}
in_keyring()
{
	secret-tool lookup profile "$1" >/dev/null
}
sealed()
{
	ringlet --json audit verify | json data key | grep -q .
}
# refused: the last command's error names the cause, the file and the setting.
refused()
{
	grep -q "audit.jsonl: No space left on device.*AuditFull" "$T/err"
}

start_keyring
settings
start_daemon
new_profile shell alice "$(canary full)" -p anthropic
shell_profile plain
wait_for 20 sealed || bail "the log's key is read"
mkdir "$HOME/shown"
session plain -- -c 'read x'
running=$ID
is "with room a key is read" "$(status ringlet profiles env alice)" 0

# --- deny, which is the default ---
ringlet -q dashboard --print | sed 's/.*#code=\(.*\)/{"code":"\1"}/' >"$T/code"
fill
is "a key is not read" "$(status ringlet profiles env alice)" 5
check "which says why" refused
is "nor for a session" "$(status ringlet profiles run alice --remote -- -c :)" 5
check "which says why, too" refused
is "one without a key does not start" \
    "$(status ringlet profiles run plain --remote -- -c :)" 5
is "nor without a jail" "$(status ringlet profiles run plain --remote \
    --no-sandbox -- -c :)" 5
printf 'sk-new\n' >"$T/key"
is "none is stored" "$(status ringlet profiles create shell bob -p anthropic \
    --api-key-file "$T/key")" 5
refute "(it is not)" in_keyring bob
is "none is replaced" "$(status ringlet profiles rekey alice \
    --api-key-file "$T/key")" 5
is "none is deleted" "$(status ringlet profiles delete alice -y)" 5
check "(it is not)" in_keyring alice
is "no jail is loosened" \
    "$(status ringlet profiles grant plain ro "$HOME/shown")" 5
refute "(it is not)" sh -c 'ringlet profiles inspect plain | grep -q shown'
printf 'GIF89a123456' >"$T/picture"
is "no picture is shown to an agent" \
    "$(status ringlet terminal upload "$running" "$T/picture")" 5
check "which says why, once more" refused
is "(it is not)" "$(find "$RINGLET_RUNTIME_DIR/files" -type f)" ""
is "no token is made" "$(status ringlet token create --scope view)" 5
is "nor a code for one" "$(status ringlet dashboard --print)" 5
check "which says why as well" refused
is "nor one for a code" "$(http POST /api/token/exchange \
    -H 'Content-Type: application/json' -d "@$T/code")" 403
is "over HTTP it is 403" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"plain","args":["-c",":"]}')" 403
like "with the cause" "$(json error <"$T/body")" 'No space left on device'
is "what needs no entry goes on" "$(api GET /api/terminal/sessions)" 200
is "sessions that run go on" "$(field "$running" state)" running
status ringlet terminal kill "$running" >/dev/null
check "and can be ended" await "$running"
free
is "with room again, a key is read" "$(status ringlet profiles env alice)" 0
check "entries that are lost were counted" grep -q \
    '"event":"audit.lost".*"count":"[0-9]*"' "$AUDIT"
check "and the log is whole" ringlet audit verify

# --- warn ---
settings 'AuditFull warn'
kill -HUP "$MONITOR"
wait_for 10 grep -q 'AuditFull is now warn' "$LOG" ||
	not_ok "AuditFull can be changed"
: >"$LOG"
cat /dev/zero >"$AUDIT_DISK/filler" 2>/dev/null
before=$(grep -c audit.lost "$AUDIT")
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ringlet profiles env alice >/dev/null 2>"$T/err" || break
done
is "with warn, a key is read" "$(status ringlet profiles env alice)" 0
is "and a session starts" \
    "$(status ringlet profiles run plain --remote -- -c :)" 0
free
is "and once there is room" "$(status ringlet profiles env alice)" 0
check "what is missing is counted" \
    test "$(grep -c audit.lost "$AUDIT")" -gt "$before"
check "the log is whole" ringlet audit verify

# --- a disk that is full from the start ---
settings
ringlet -q daemon stop
cat /dev/zero >"$AUDIT_DISK/filler" 2>/dev/null
start_daemon
for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	ringlet profiles env alice >/dev/null 2>"$T/err" || break
done
check "a daemon that starts on a full disk uses no key" refused
free
is "until there is room" "$(status ringlet profiles env alice)" 0
check "and its log is whole" ringlet audit verify
done_testing
