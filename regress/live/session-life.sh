# A session says why and when it ended, is kept for SessionKeep, and there are no more of them, nor viewers, than settings allow.
# shellcheck shell=sh disable=SC2016
. "${0%/*}/lib.sh"

start_daemon MaxSessions=3 MaxViewers=2
shell_profile life

# why REASON STATUS TEXT [RUN'S OPTIONS]...
why()
{
	why_reason=$1 why_status=$2 why_text=$3
	shift 3
	session life -C "$WORK" "$@"
	is "$why_reason: attach ends with its status" \
	    "$(status ringlet terminal attach "$ID" </dev/null)" "$why_status"
	like "$why_reason: and says why" "$(cat "$T/err")" "$why_text"
	await "$ID" || not_ok "$why_reason: it ends"
	is "$why_reason: so does info" "$(field "$ID" reason)" "$why_reason"
	is "$why_reason: and its state" "$(field "$ID" state)" terminated
}

why exit 7 '^$' -- -c 'exit 7'
is "it ended no sooner than it began" \
    "$( (field "$ID" created_at; field "$ID" ended_at) | sort | head -n 1)" \
    "$(field "$ID" created_at)"
why exit 138 '^$' -- -c 'kill -USR1 $$'
why limit 153 "session [0-9a-f]*: it wrote a file larger than it may" -- -c \
    'ulimit -f 1; exec head -c 1000000 /dev/zero >"$HOME/large"'
why limit 152 "it has used all the processor time" -- -c 'kill -XCPU $$'
# The same without a jail: the init there is another.
why limit 153 "larger than it may" --no-sandbox -- -c \
    'ulimit -f 1; exec head -c 1000000 /dev/zero >"$HOME/large"'
# SIGKILL from inside: nobody lacked memory.
why exit 137 '^$' -- -c 'kill -KILL $$'
session life -C "$WORK"
check "kill" ringlet terminal kill "$ID"
is "kill: info says so" "$(field "$ID" reason)" kill

# Limits.
check "cleanup" ringlet terminal cleanup
for i in 1 2 3; do
	session life -C "$WORK" -- -c 'echo up; read x'
done
is "one session too many is refused" \
    "$(status ringlet profiles run life --remote -C "$WORK")" 1
like "with the setting's name" "$(cat "$T/err")" '3 .*MaxSessions'
is "over HTTP too" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"life"}')" 429
like "likewise" "$(json error <"$T/body")" 'MaxSessions'
for i in 1 2; do
	ringlet terminal attach --read-only "$ID" >"$T/seen$i" &
	at_end $!
	wait_for 20 grep -q up "$T/seen$i" || bail "a viewer sees output"
done
is "one viewer too many is refused" \
    "$(status ringlet terminal attach "$ID")" 1
like "with the setting's name" "$(cat "$T/err")" '2 viewers .*MaxViewers'
is "the others still count" "$(field "$ID" client_count)" 2
check "one ends" ringlet terminal kill "$ID"
session life -C "$WORK" -- -c 'exit 0'
ok "and there is room for another"
await "$ID" || bail "it ends"

# Time.
gone()
{
	! ringlet terminal info "$ID" >/dev/null 2>&1
}
said()
{
	grep -q 'SessionKeep is now' "$LOG"
}
is "an ended session can be read" "$(field "$ID" state)" terminated
runs=$(ringlet --json terminal list | grep -o '"running"' | wc -l)
echo 'SessionKeep 1s' >>"$CONF"
kill -HUP "$MONITOR"
check "the setting is read" wait_for 20 said
check "and it is forgotten" wait_for 20 gone
is "as a session that is not there" \
    "$(status ringlet terminal attach "$ID")" 4
is "what runs is not" \
    "$(ringlet --json terminal list | grep -o '"running"' | wc -l)" "$runs"
session life -C "$WORK" -- -c 'exit 0'
check "the next one is forgotten too" wait_for 20 gone
check "and after a restart in place" ringlet daemon restart
session life -C "$WORK" -- -c 'exit 0'
check "as well" wait_for 20 gone
done_testing
