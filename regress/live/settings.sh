# Settings: -t names a mistake by its line, -T prints what -t takes, every form of ListenAddress serves, and what other machines can reach needs a second yes.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# settings LINE...: the whole of ringlet.conf.
settings()
{
	printf '%s\n' "$@" >"$CONF"
}

# serves [CURL'S OPTIONS]...: HTTP answers there.
serves()
{
	[ "$(http GET /api/ping -g -H "@$T/bearer" "$@")" = 200 ]
}

# --- -t, -T and -o ---
settings 'ListenAddress 127.0.0.1:0' '# a comment' 'KillGrace 7s'
is "-t takes good settings" "$(status ringletd -t)" 0
is "and says nothing" "$(cat "$T/out" "$T/err")" ''
is "-T prints them" "$(status ringletd -T -o MaxSessions=3)" 0
check "with what the file says" grep -qx 'KillGrace 7s' "$T/out"
check "and -o" grep -qx 'MaxSessions 3' "$T/out"
check "and all others" test "$(wc -l <"$T/out")" -ge 8
cp "$T/out" "$T/printed"
is "what it prints is a file of settings" \
    "$(status ringletd -T -f "$T/printed")" 0
is "with the same effect" "$(cat "$T/out")" "$(cat "$T/printed")"
settings 'ListenAddress 127.0.0.1:0' '' 'KillGrace 7s' 'KillGrace soon'
is "-t refuses a mistake" "$(status ringletd -t)" 1
like "and names file and line" "$(cat "$T/err")" 'ringlet\.conf line 4: Kill'
is "-T does" "$(status ringletd -T)" 1
is "and so does a start" "$(status ringlet daemon)" 3
like "with the same words" "$(cat "$T/err")" 'ringlet\.conf line 4: Kill'
settings 'ListenAddress 127.0.0.1:0'
is "a mistake in -o is one" "$(status ringletd -t -o KillGrace=soon)" 1
like "and named" "$(cat "$T/err")" '-o: KillGrace'
refute "none of that has started anything" test -e "$TOKEN"

# --- ListenAddress ---
settings 'ListenAddress 127.0.0.1:0' "ListenAddress $T/sock" 'LogLevel trace'
! grep -q '^0*1 ' /proc/net/if_inet6 2>/dev/null ||
	echo 'ListenAddress [::1]:0' >>"$CONF"
start_daemon
printf 'Authorization: Bearer %s\n' "$(cat "$TOKEN")" >"$T/bearer"
check "an IPv4 address serves" serves
is "a unix socket is there for its owner alone" \
    "$(stat -c %A "$T/sock")" srw-------
URL=http://localhost
check "and serves" serves --unix-socket "$T/sock"
v6=$(json data listen <"$T/status.json" | grep -o '\[::1\]:[0-9]*')
if [ -n "$v6" ]; then
	URL=http://$v6
	check "an IPv6 address serves" serves
else
	skip "an IPv6 address: this system has none"
fi
refute "loopback is nothing to warn of" grep -q 'other machines' "$LOG"
ringlet daemon stop >/dev/null
refute "the unix socket is removed at the end" test -e "$T/sock"

settings 'ListenAddress none' 'LogLevel trace'
: >"$LOG"
check "without an address the daemon starts" ringlet daemon
is "and listens nowhere" \
    "$(ringlet --json daemon status | json data listen)" '[]'
refute "nowhere at all" grep -q 'listening on' "$LOG"
shell_profile some
is "and the command works" "$(jailed some -C "$WORK" -- -c 'echo yes')" yes
ringlet daemon stop >/dev/null

# --- AllowRemote ---
settings '' 'ListenAddress 0.0.0.0:0' 'LogLevel trace'
is "an address that others can reach is refused" "$(status ringlet daemon)" 3
like "with what to do" "$(cat "$T/err")" \
    'line 2: ListenAddress: 0\.0\.0\.0:0 is reachable.*AllowRemote yes as well'
echo 'AllowRemote yes' >>"$CONF"
: >"$LOG"
check "with a second yes the daemon starts" ringlet daemon
check "and warns" grep -q \
    'warn: 0\.0\.0\.0:[0-9]* can be reached from other machines' "$LOG"
daemon_facts
URL=http://127.0.0.1:${ADDRESS##*:}
check "it serves" serves
done_testing
