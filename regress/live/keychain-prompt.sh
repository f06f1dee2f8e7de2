# A locked keyring asks the person who types the command at a display, who may answer, send it away or leave; nobody else, and never over HTTP.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

key=$(canary prompt)
start_bus
start_fake
start_daemon KeychainPromptTimeout=25s KeychainTimeout=5s
new_profile shell keeper "$key" -p anthropic
unset SSH_CONNECTION

# at COMMAND...: as from a terminal on a display; sets CODE.
at()
{
	CODE=$(DISPLAY=:77 "$@" </dev/null >"$T/out" 2>"$T/err"; echo $?)
}

# asked: how many prompts were opened.
asked()
{
	fake Calls | tr ' ' '\n' | grep -c '^Prompt$'
}

# locks HOW: the keyring is locked, and its prompt will end like that.
locks()
{
	fake Lock login
	fake Prompt "$1"
}

locks complete
at ringlet profiles env keeper
is "asked, the keyring unlocks" "$CODE" 0
like "and the key is read" "$(cat "$T/out")" "$key"
like "and one is told where to look" "$(cat "$T/err")" \
    'in a window of its own: answer it within 25 seconds'
is "once" "$(asked)" 1
at ringlet profiles env keeper
is "nobody is asked while it is open" "$(asked)" 1
is "or told so" "$(cat "$T/err")" ""

fake Lock login
# shellcheck disable=SC2016
at ringlet profiles run keeper --remote -C "$WORK" -- \
    -c 'test -n "$ANTHROPIC_API_KEY"'
is "a session waits for the answer, too" "$CODE" 0
await "$(cat "$T/out")"
is "and has the key" "$(field "$(cat "$T/out")" exit_code)" 0
fake Lock login
printf '%s\n' "$key-2" >"$T/key"
at ringlet profiles create shell second -p anthropic --api-key-file "$T/key"
is "so does a new profile" "$CODE" 0
fake Lock login
at ringlet profiles delete second -y
is "and a deletion" "$CODE" 0
refute "which removes the key" sh -c 'grep -q second' <<-ITEMS
	$(fake Items)
ITEMS

locks dismiss
at ringlet --json profiles env keeper
is "sent away, there is no key" "$CODE" 1
is "for a reason of its own" "$(json error code <"$T/out")" DISMISSED
at ringlet profiles create shell second -p anthropic --api-key-file "$T/key"
is "and no new profile" "$CODE" 1
like "which says what to do" "$(cat "$T/err")" 'dismissed: try again'
refute "nothing is left of it" test -e "$RINGLET_CONFIG_DIR/profiles/second.json"

# Who is not at a display is not asked.
# locked WHAT COMMAND...
locked()
{
	before=$(asked)
	what=$1
	shift
	is "$what: it fails" "$(status "$@")" 1
	like "$what: as locked, with what to do" "$(cat "$T/err")" \
	    'locked: unlock it with .*gnome-keyring-daemon --unlock'
	is "$what: nobody is asked" "$(asked)" "$before"
}
locks complete
locked "without a display" ringlet profiles env keeper
locked "over ssh, which may have one of its own" env DISPLAY=localhost:10.0 \
    SSH_CONNECTION='127.0.0.1 1 127.0.0.1 22' ringlet profiles env keeper
before=$(asked)
is "over HTTP a session does not start" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"keeper"}')" 503
is "for it is locked" "$(json code <"$T/body")" LOCKED
is "nor is a profile made" "$(api POST /api/profiles '{"agent_id":"shell",
    "alias":"third","provider_id":"anthropic","api_key":"sk-x"}')" 503
is "or deleted" "$(api DELETE /api/profiles/keeper)" 503
is "and nobody is asked" "$(asked)" "$before"

# Whoever asks may leave: the helper goes too, and all is as before.
helpers()
{
	[ "$(pgrep -c -P "$MONITOR" -f ringlet-keychain)" -eq "$1" ]
}
fake Prompt never
before=$(asked)
opens()
{
	[ "$(asked)" -eq $((before + $1)) ]
}
DISPLAY=:77 ringlet profiles delete keeper -y >"$T/out" 2>"$T/err" &
leaver=$!
check "a window opens" wait_for 10 opens 1
check "and a helper waits" helpers 1
kill -INT $leaver 2>/dev/null
kill $leaver
wait $leaver
check "it ends with the command" wait_for 10 helpers 0
like "and has the window taken away" "$(fake Calls)" ' Dismiss'
check "the profile is as it was" ringlet profiles inspect keeper

# Four windows hold up nobody, and there is no fifth.
before=$(asked)
waiters=''
for n in 1 2 3 4; do
	DISPLAY=:77 ringlet profiles env keeper >/dev/null 2>&1 &
	waiters="$waiters $!"
	check "window $n opens" wait_for 10 opens $n
done
locked "beside four windows" env DISPLAY=:77 ringlet profiles env keeper
is "other calls have their turn" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"keeper"}')" 503
# Another one, for something else, may just be ending.
check "all four still wait" wait_for 10 helpers 4
for pid in $waiters; do
	kill "$pid"
	wait "$pid"
done
check "until they are given up" wait_for 10 helpers 0

# Time runs out for people as well.
sed -i 's/^KeychainPromptTimeout.*/KeychainPromptTimeout 1s/' "$CONF"
kill -HUP "$MONITOR"
check "settings are read again" wait_for 10 \
    grep -q 'settings.*read\|read.*settings' "$LOG"
at ringlet profiles env keeper
is "who does not answer is not waited for" "$CODE" 1
like "and told so" "$(cat "$T/err")" 'nobody answered .* try again'
check "no helper is left" wait_for 10 helpers 0
fake Unlock login
check "all the time the key was there" ringlet profiles env keeper
done_testing
