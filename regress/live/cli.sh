# The command line's manners: exit statuses, suggestions, one JSON document, no colour in a pipe, one daemon for many starts.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

like "--version" "$(ringlet --version)" '^ringlet [0-9]'
is "and by its letter" "$(ringlet -V)" "$(ringlet --version)"
check "help" ringlet help
check "help of a command" ringlet help profiles create
refute "none of it starts a daemon" test -e "$RINGLET_RUNTIME_DIR"
for command in 'daemon status' 'daemon stop'; do
	# shellcheck disable=SC2086
	is "without a daemon, $command is 3" "$(status ringlet $command)" 3
done

# usage PATTERN ARGS: is refused by 2, and the error's form is right.
usage()
{
	pattern=$1
	shift
	is "ringlet $* is wrong usage" "$(status ringlet "$@")" 2
	like "and it says why" "$(cat "$T/err")" "^ringlet: .*$pattern"
	is "the same in JSON" "$(status ringlet --json "$@")" 2
	is "is one document" "$(json error code <"$T/out")" USAGE
	is "and nothing else" "$(cat "$T/err")" ''
}
usage 'command is missing'
usage "did you mean 'ringlet profiles'" profile list
usage "did you mean 'ringlet terminal attach'" terminal atach x
usage 'unknown option --frob: ' profiles run x --frob
usage 'needs --remote' profiles run x --no-sandbox
usage 'needs --remote' profiles run x --sandbox
usage 'do not go together' profiles run x --remote --sandbox --no-sandbox
usage 'stand after --' profiles run x extra --remote
usage 'takes no arguments' profiles list x
usage 'argument is missing' profiles inspect
usage 'PROVIDER is missing' profiles create shell x
usage 'number from 1 to' profiles run x --remote --cols 0
usage 'number from 1 to' profiles run x --remote --rows 99999
usage "not a session" terminal info ../x
usage 'not a signal' terminal kill abc --signal FOO
is "an argument that is no text is wrong usage" \
    "$(status ringlet profiles inspect "$(printf '\377\376')")" 2
is "a relative folder in the environment too" \
    "$(RINGLET_CONFIG_DIR=rel status ringlet profiles list)" 2

# Many at once start one daemon.
for i in 1 2 3 4 5 6; do
	(ringlet --json daemon >"$T/start.$i" 2>&1) &
	(ringlet profiles list >"$T/list.$i" 2>&1 || echo bad >"$T/bad") &
	at_end $!
done
wait_for 30 sh -c 'cat "$0"/start.[1-6] | grep -c . | grep -qx 6' "$T" ||
	not_ok "six starts answer"
is "many starts at once are one daemon" "$(for i in 1 2 3 4 5 6; do
    json data pid <"$T/start.$i"; done | sort -u | wc -l)" 1
refute "and nobody was turned away" test -e "$T/bad"
daemon_facts

shell_profile plain
is "a session that is not there is 4" \
    "$(status ringlet terminal attach abcdef0123456789)" 4
is "in JSON it has its code" "$(ringlet --json terminal info abc |
    json error code)" NOT_FOUND
# shellcheck disable=SC2016
on_tty --out "$T/tty" wait x -- ringlet profiles list
check "a table has colour on a terminal" grep -q "$(printf '\033')" "$T/tty"
on_tty --out "$T/tty" wait x -- env NO_COLOR=1 ringlet profiles list
refute "unless NO_COLOR is set" grep -q "$(printf '\033')" "$T/tty"
ringlet profiles list >"$T/out"
refute "and never in a pipe" grep -q "$(printf '\033')" "$T/out"
: >"$RINGLET_CONFIG_DIR/profiles/broken.json"
like "a damaged profile is shown as one" "$(ringlet profiles list)" \
    'broken +\(damaged\)'
rm "$RINGLET_CONFIG_DIR/profiles/broken.json"
is "output that cannot be written is an error" \
    "$(ringlet profiles list >/dev/full 2>"$T/err"; echo $?)" 1

# Where a session works unless it is said.
works_in()
{
	cd "$1" && session plain && field "$ID" working_dir
	cd "$WORK" || exit 1
}
home=$(ringlet --json profiles inspect plain | json data home)
is "the current folder" "$(works_in "$WORK")" "$WORK"
is "but not the user's home" "$(works_in "$HOME")" "$home"
is "nor what is above it" "$(works_in /)" "$home"
is "nor what is another's" "$(works_in /usr)" "$home"
ln -s "$WORK" "$T/link"
is "-C is resolved" "$(session plain -C "$T/link" && field "$ID" working_dir)" \
    "$WORK"
is "--sandbox is how it is without it" \
    "$(session plain --sandbox && field "$ID" sandboxed)" true
is "a folder that is not there is 4" \
    "$(status ringlet profiles run plain --remote -C "$T/none")" 4

is "restart with other settings is refused while sessions run" \
    "$(status ringlet daemon restart -o LogLevel=trace)" 1
like "and says so" "$(cat "$T/err")" 'sessions would end'
is "the daemon is the same" "$(ringlet --json daemon status |
    json data pid)" "$MONITOR"
same_daemon()
{
	[ "$(ringlet --json daemon status | json data pid)" = "$MONITOR" ] &&
		[ "$(field "$ID" state)" = running ]
}
session plain -C "$WORK" -- -c 'exec sleep 600'
for how in -q --json --verbose; do
	check "restart $how ends nothing" ringlet daemon restart "$how"
	check "restart $how: the session goes on" same_daemon
done
is "a setting that is none is found before anything ends" \
    "$(status ringlet daemon restart --force -o MaxSessons=5)" 1
like "and said" "$(cat "$T/err")" \
    "stays as it is: -o: 'MaxSessons' is not a keyword: "
check "the session goes on" same_daemon
is "so is a file that is none" \
    "$(status ringlet daemon restart --force -f "$T/none")" 1
check "and the session goes on" same_daemon
is "settings for a daemon that runs are not passed over" \
    "$(status ringlet daemon -o MaxSessions=5)" 1
like "but said to hold at a restart" "$(cat "$T/err")" \
    "running already.*without these settings: 'ringlet daemon restart'"
is "no audit entries of a name that is none is no error" \
    "$(status ringlet audit show --event keys)" 0
like "but said" "$(cat "$T/err")" "no entry is like that: 'ringlet audit show'"
status ringlet audit show --event daemon >"$T/code"
refute "where there are some, nothing is" test -s "$T/err"
check "unless it is forced" ringlet daemon restart --force
refute "then it is another" test "$(ringlet --json daemon status |
    json data pid)" = "$MONITOR"
check "a second start is none" ringlet daemon
chmod 755 "$RINGLET_RUNTIME_DIR"
is "a folder that others can reach is not trusted" \
    "$(status ringlet terminal list)" 3
chmod 700 "$RINGLET_RUNTIME_DIR"
ringlet -q daemon stop
is "settings are not left to a daemon that was quicker" \
    "$(status flock "$RINGLET_RUNTIME_DIR/ringlet.lock" \
    ringlet daemon -o MaxSessions=5)" 3
like "which is said" "$(cat "$T/err")" 'did not start: already running'
done_testing
