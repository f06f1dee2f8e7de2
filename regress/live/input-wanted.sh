# An agent that rings, or prints a notification, is heard by who listens to events, once, whether somebody watches or not.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile seen --working-dir "$WORK"
start_daemon
(printf 'Authorization: Bearer '; cat "$TOKEN") >"$T/auth"
curl -sSN --noproxy '*' -H "@$T/auth" -o "$T/sse.events" \
    "http://$ADDRESS/api/events?topics=session.*" 2>"$T/sse.err" &
at_end $!
python3 "$LIVE_SRC/ws.py" --token-file "$TOKEN" --events "$T/ws.events" \
    "$ADDRESS" /ws text '{"type":"subscribe","topics":["session.input_wanted"]}' \
    end 60 >"$T/ws.out" 2>&1 &
at_end $!
wait_for 10 grep -q '^: listening' "$T/sse.events" || bail "curl listens"
wait_for 10 grep -q subscribed "$T/ws.events" || bail "ws.py listens"

# told NAME PATTERN: whether it has come.
told()
{
	wait_for 10 grep -Eq "$2" "$T/$1.events"
}

# go: the agent goes on.
go()
{
	timeout 10 sh -c 'echo go >"$1"' sh "$WORK/go"
}

mkfifo "$WORK/go"
cat >"$WORK/agent.sh" <<'A'
exec 3<>go # no word is lost between two readings
wait() { read -r x <&3; }
printf 'a bell: \a'; wait
printf '\033]9;4;1;50\a\033]2;a title\a\033]777;notify;Build;done; 3 of 3\033\\'
wait
printf '\033]9;ab\177c\342\200\256d\033'; wait
printf '\\'; wait
printf 'and the last: \a'; wait
A
session seen -- "$WORK/agent.sh"
check "a bell is heard that nobody waits for" told sse \
    "^data: \{\"id\":\"$ID\",\"profile_alias\":\"seen\",\"kind\":\"bell\",\"title\":\"\",\"text\":\"\"\}"
check "by WebSocket, too" told ws '"session.input_wanted".*"bell"'
go
check "a notification, with its text" told sse \
    '"kind":"notification","title":"Build","text":"done; 3 of 3"'
go
ringlet terminal attach --read-only "$ID" >"$T/seen" 2>&1 &
viewer=$!
at_end $viewer
check "a viewer comes amid one" wait_for 20 grep -aq 'a bell: ' "$T/seen"
kill $viewer
go
check "it is whole, without what leads terminals astray" told sse \
    '"kind":"notification","title":"","text":"abcd"'
refute "and of titles and progress nothing is told" \
    grep -Eq '"text":"(4;1;50|a title)"' "$T/sse.events"
go
# Keepers that ended have begun anew, and what they read again is no news.
two()
{
	[ "$(grep -c '"kind":"bell"' "$T/sse.events")" -eq 2 ]
}
check "a second bell" wait_for 10 two
go
await "$ID"
is "and all that was told" \
    "$(grep -c 'event: session.input_wanted' "$T/sse.events")" 4

done_testing
