# SIGHUP: settings are read again, a bad file changes nothing, the log is opened again without a loss, sessions live on.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# settings [LINE]...: the whole of ringlet.conf.
settings()
{
	printf '%s\n' 'ListenAddress 127.0.0.1:0' "$@" >"$CONF"
}

# reload PATTERN: SIGHUP, and wait for that in the log.
reload()
{
	before=$(wc -c <"$LOG")
	kill -HUP "$MONITOR"
	wait_for 20 said "$1"
}
said()
{
	tail -c +$((before + 1)) "$LOG" | grep -q -- "$1"
}
refused()
{
	! ringlet profiles run work --remote -C "$WORK" -- -c : \
	    >/dev/null 2>"$T/refused"
}

settings 'LogLevel info'
start_daemon
shell_profile work
session work -C "$WORK" -- -c 'read x; exit 6'
kept=$ID

# --- what may change ---
refute "LogLevel info traces nothing" grep -q ' trace: ' "$LOG"
settings 'LogLevel trace' 'MaxSessions 1' 'ScrollbackSize 64K' 'KillGrace 0'
check "settings are read again" reload 'settings: KillGrace is now 0s'
check "and named" said 'settings: MaxSessions is now 1$'
check "MaxSessions holds" refused
like "as an error says" "$(cat "$T/refused")" 'MaxSessions'
ringlet terminal info "$kept" >/dev/null
api GET /api/profiles >/dev/null
check "LogLevel holds in the monitor" said ' trace: ringletd -> PROFILE_LIST'
check "and in ringletd" wait_for 20 said ' trace: ringletd: monitor <- PROFILE_LIST'
settings 'LogLevel trace' 'MaxSessions 2' 'ScrollbackSize 64K'
check "it is read as often as one likes" reload 'MaxSessions is now 2'
session work -C "$WORK" -- -c 'head -c 200000 /dev/zero | tr "\0" x'
check "and LogLevel holds in the sandboxer" \
    wait_for 20 said ' trace: ringlet-sandboxer: monitor -> JAIL_START'
check "ScrollbackSize holds for new sessions" \
    test "$(output "$ID" | wc -c)" -le 65536
settings 'LogLevel error' 'MaxSessions 2'
check "a level that says less" reload 'settings: LogLevel is now error'
api GET /api/profiles >/dev/null
size=$(wc -c <"$LOG")
api GET /api/profiles >/dev/null
is "says less" "$(wc -c <"$LOG")" "$size"
settings 'MaxSessions 2' 'LogLevel trace'
check "and one that says more" reload 'settings: LogLevel is now trace'

# --- what may not ---
printf '%s\n' 'ListenAddress 127.0.0.1:1' 'RequireFullSeal yes' \
    'LogLevel trace' 'MaxSessions 2' >"$CONF"
check "another address waits" \
    reload "ListenAddress 127.0.0.1:1 holds after 'ringlet daemon stop'"
check "another seal waits" \
    said "RequireFullSeal yes holds after 'ringlet daemon restart'"
is "HTTP is where it was" "$(api GET /api/ping)" 200
settings 'LogLevel trace' 'MaxSessions 2' 'LogDestination stderr'
check "the background has no standard error" \
    reload 'stderr is for -D.*it stays where it was'
check "the log goes on" said 'trace: ringletd <- SETTINGS'

# --- a mistake ---
settings 'LogLevel trace' 'MaxSessions 1' 'Nonsense yes'
check "a mistake is named" \
    reload "ringlet.conf line 4: 'Nonsense' is not a keyword: the settings"
check "and none of the file holds" ringlet profiles run work --remote \
    -C "$WORK" -- -c :
rm "$CONF"
check "no file: defaults" reload 'settings: MaxSessions is now 32'
is "the session lives" "$(field "$kept" state)" running

# --- rotation ---
settings 'LogLevel trace'
check "one level for what follows" reload 'settings: LogLevel is now trace'
(
	i=0
	while [ $i -lt 200 ]; do
		api GET /api/agents
		i=$((i + 1))
	done >"$T/answers"
	touch "$T/asked"
) &
at_end $!
n=0
until [ -e "$T/asked" ] && [ $n -ge 5 ]; do
	n=$((n + 1))
	mv "$LOG" "$LOG.old.$n"
	kill -HUP "$MONITOR"
	wait_for 20 test -e "$LOG" || bail "the log is opened again"
done
is "while the log was moved $n times, nothing failed" \
    "$(tr -d '\n' <"$T/answers" | sed 's/200//g')" ''
is "and no entry was lost" \
    "$(cat "$LOG".old.* "$LOG" | grep -c ' trace: ringletd -> AGENT_LIST')" 200
is "the new log is private" "$(stat -c %a "$LOG")" 600
is "the session still lives" "$(field "$kept" state)" running
ringlet daemon stop

# --- a file that was named by a relative name ---
mkdir "$T/here"
cd "$T/here" || exit 1
printf '%s\n' 'ListenAddress 127.0.0.1:0' >own.conf
ringletd -f own.conf || bail "the daemon starts with a file of its own"
daemon_facts
echo 'MaxSessions 3' >>own.conf
check "it is read again from where it was" \
    reload 'settings: MaxSessions is now 3'
check "and at a restart" ringlet daemon restart
echo 'MaxViewers 3' >>own.conf
check "and after it" reload 'settings: MaxViewers is now 3'
done_testing
