# Who subscribes to what happens is told of profiles, sessions and viewers, by the topics that it chose.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile seen --working-dir "$WORK"
start_daemon

# listen NAME [ACTION ARGUMENT]...: a subscriber; what comes is in
# $T/NAME.events.
listen()
{
	listen_name=$1
	shift
	python3 "$LIVE_SRC/ws.py" --token-file "$TOKEN" \
	    --events "$T/$listen_name.events" "$ADDRESS" /ws "$@" end 60 \
	    >"$T/$listen_name.out" 2>&1 &
	at_end $!
}

# told NAME PATTERN: whether it has come.
told()
{
	wait_for 10 grep -Eq "$2" "$T/$1.events"
}

refused=$(python3 "$LIVE_SRC/ws.py" "$ADDRESS" /ws 2>&1)
like "without a token nobody is told anything" "$refused" '^HTTP 401'
listen all text '{"type":"ping"}'
listen some text '{"type":"subscribe","topics":["session.*"]}'
listen none text '{"type":"subscribe","topics":["*"]}' \
    text '{"type":"unsubscribe","topics":["*"]}'
check "a ping is answered" told all '"type": "pong"'
check "a subscription is confirmed" told some '"topics": \["session\.\*"\]'
check "and its end" told none '"topics": \[\]'
shell_profile fresh
session seen -- -c 'read x; exit 7'
check "a profile that is made" told all '"profile.created".*"fresh"'
check "a session that starts" told all '"session.started".*"running"'
printf '\n' | timeout 20 ringlet terminal attach "$ID" >/dev/null 2>&1
is "its viewer that comes ends with it" $? 7
check "and is told of" told all '"session.viewer_joined".*"client_count": 1'
check "and the session's end" told all \
    '"session.ended".*"terminated".*"exit_code": 7.*"reason": "exit"'
printf 'a good passphrase\n' >"$T/pass"
ringlet -q keychain unlock --new --passphrase-file "$T/pass"
check "the vault is unlocked" told all '"keychain.unlocked"'
new_profile shell keyed sk-events-1 -p anthropic
printf 'sk-events-2\n' | ringlet -q profiles rekey keyed >/dev/null
check "a profile gets another key" told all '"profile.rekeyed".*"keyed"'
refute "which is not told" grep -q sk-events "$T/all.events"
ringlet -q keychain lock
check "and locked" told all '"keychain.locked"'
ringlet profiles delete -y fresh >/dev/null
check "a profile that is deleted" told all '"profile.deleted".*"fresh"'
mkdir "$T/agents"
cp "$LIVE_FAKE/fake-claude" "$T/agents/claude"
PATH=$T/agents:$PATH
new_profile claude hooked "" -p self --working-dir "$WORK"
ringlet -q hooks add hooked Stop '' 'echo secret-command'
check "a hook that is added" told all '"hook.added".*"hooked".*"Stop".*0'
session hooked
check "a run that leaves one out" told all '"hook.waiting".*"hooked".*1'
ringlet -q hooks approve hooked -y
check "and that it is approved" told all '"hook.approved".*"hooked"'
refute "but not what it is" grep -q secret-command "$T/all.events"
check "who chose sessions is told of them" told some '"session.ended"'
refute "and of nothing else" grep -q '"profile\.' "$T/some.events"
refute "who chose nothing is told of nothing" grep -q '"event"' \
    "$T/none.events"

listen wrong text '{"type":"subscribe","topics":["a b"]}' \
    text '{"type":"subscribe","topics":[1]}' text '{"type":"dance"}' text '[' \
    text '{"type":"ping","x":1}' text '{"type":"subscribe","topics":["session"]}'
check "what it cannot subscribe to is said" told wrong "element 0 is no type"
check "and every other mistake, and it goes on" told wrong \
    '"topics": \["session"\]'
is "one answer each" "$(grep -c '"error"' "$T/wrong.events")" 5

done_testing
