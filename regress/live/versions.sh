# An agent without a package is asked for its version in a jail beside the loop: hanging, forking, flooding, lying ones delay nothing, get out of nothing and leave nothing behind.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

mkdir -p "$HOME/.local/bin"
mark=ringlet-version-$$
# agent NAME BODY: a script with that body, put into place at once.
agent()
{
	{
		echo '#!/bin/sh'
		echo "$2"
	} >"$HOME/.local/bin/.$1"
	chmod 755 "$HOME/.local/bin/.$1"
	mv "$HOME/.local/bin/.$1" "$HOME/.local/bin/$1"
}
# of AGENT MEMBER: what `agents inspect` knows of it.
of()
{
	ringlet --json agents inspect "$1" | json data "$2"
}
settled()
{
	[ "$(of "$1" version_from)" != pending ]
}
# told AGENT: wait until it has answered, or cannot.
told()
{
	wait_for 40 settled "$1" || not_ok "$1 comes to an end"
}
# left: what agents have left running.
left()
{
	ps -eo pid,args | grep -F "$mark" | grep -v grep
}
gone()
{
	! left
}

agent claude 'echo "2.1.14 (Claude Code)"'
# It tells all that it sees: the home, the bus, the network, its environment.
look="said=
[ -e $HOME/.config ] && said=\$said.home
[ -e $T/run ] && said=\$said.run
[ -n \"\$RINGLET_CONFIG_DIR\$XDG_RUNTIME_DIR\" ] && said=\$said.environment
(: >$HOME/.local/bin/x) 2>/dev/null && said=\$said.writes
[ \"\$(tail -n +3 /proc/net/dev | grep -vc ' lo:')\" = 0 ] ||
    said=\$said.network
[ \"\$(ls -d /proc/[0-9]* | wc -l)\" -lt 8 ] || said=\$said.processes
[ -r /etc/passwd ] && said=\$said.etc
unshare -U true 2>/dev/null && said=\$said.namespaces
echo codex-cli 0.169.0\${said:+-\$said}"
agent codex "$look"
like "(control: outside it sees much)" "$("$HOME/.local/bin/codex")" \
    'home.run.environment.writes.*processes.etc'
# One of the user's own manifests, with another argument.
mkdir -p "$RINGLET_CONFIG_DIR/agents.d"
cat >"$RINGLET_CONFIG_DIR/agents.d/mine.json" <<-'JSON'
	{"schema": 1, "id": "mine", "name": "Mine", "binary": "mine-agent",
	 "version_argument": "-V", "home_folder": ".mine-profiles",
	 "provider_types": ["self"]}
JSON
agent mine-agent '[ "$1" = -V ] && [ $# = 1 ] && echo "mine v0.4.1-rc.2"'
start_daemon
told mine
is "an agent of the user's manifest, by its argument" \
    "$(of mine version)" 0.4.1-rc.2
told claude
is "one that says it" "$(of claude version)" 2.1.14
is "is the program's own word" "$(of claude version_from)" program
told codex
is "one that looks around sees nothing" "$(of codex version)" 0.169.0
like "the table shows it" "$(ringlet agents list)" \
    '^claude +Claude Code +yes +2.1.14'
like "inspect says how it is known" "$(ringlet agents inspect claude)" \
    '^Version: *2.1.14 \(the program says so\)'
api GET /api/agents/claude >/dev/null
is "HTTP has it" "$(json data version_from <"$T/body")" program
is "the shell has no argument for it" "$(of shell version_from)" ""

# The cache outlives the daemon, and not the program.
check "it is remembered in the state folder" \
    grep -q '"2.1.14"' "$RINGLET_STATE_DIR/agents.json"
is "in a file for its owner alone" \
    "$(stat -c %a "$RINGLET_STATE_DIR/agents.json")" 600
ringlet daemon stop
sed -i s/2.1.14/9.9.9/ "$RINGLET_STATE_DIR/agents.json"
start_daemon
is "what is remembered is not asked for again" "$(of claude version)" 9.9.9
agent claude 'echo "2.1.15 (Claude Code)"'
ringlet agents list >/dev/null
told claude
is "another program is" "$(of claude version)" 2.1.15
ringlet daemon stop
echo '{"schema": 1, "programs": [{}]}' >"$RINGLET_STATE_DIR/agents.json"
start_daemon
check "a damaged memory is told of" grep -q 'agents.json: .*path' "$LOG"
told claude
is "and made again" "$(of claude version)" 2.1.15

# wrong WHAT BODY WHY: claude does that, and has no version.
wrong()
{
	agent claude "$2"
	ringlet agents list >/dev/null
	told claude
	is "$1: no version" "$(of claude version)" ""
	like "$1: and why" "$(of claude version_why)" "$3"
	check "$1: nothing is left" wait_for 10 gone
}
wrong "one that fails" 'echo 1.2.3; echo "bad: thing" >&2; exit 3' \
    'ended with status 3: bad: thing'
wrong "one that is killed" 'kill -9 $$' 'killed by signal 9|status 137'
wrong "one without a version" 'echo hello' 'has no version'
wrong "one with a terminal's sequences" "printf '\\033[31m1.2.3\\033[0m\\n'" \
    'has no version'
wrong "one that floods" 'yes 1.2.3' 'without an end'
wrong "one that floods the other way" 'yes 1.2.3 >&2' 'without an end'
wrong "one that forks away" \
    "for i in 1 2 3; do setsid sh -c 'exec sleep 300 $mark' & done
     (exec setsid nohup sh -c 'sleep 301; : $mark') & exit 4" 'status 4'
# sh -c with a name in its arguments, so that ps shows it.
hang="sh -c 'sleep 250; sleep 251' $mark & trap '' TERM HUP INT
while :; do sh -c 'sleep 252; sleep 253' $mark; done"
agent claude "$hang"
ringlet agents list >"$T/list"
like "one that hangs is shown without waiting" "$(cat "$T/list")" \
    '^claude +Claude Code +yes +\.\.\.'
is "and is pending for programs" "$(of claude version_from)" pending
like "and for people" "$(ringlet agents inspect claude)" \
    '^Version: *not known yet'
check "(control: it runs)" wait_for 10 left
told claude
like "until its time is up" "$(of claude version_why)" \
    'not ended within 5 seconds'
check "nothing of it is left" wait_for 10 gone

wrong "one that forks without an end" \
    "i=0; while [ \$i -lt 1000 ]; do i=\$((i + 1))
    sh -c 'sleep 240; sleep 241' $mark & done" '[Cc]annot fork'

# A death of who asks, and of the monitor, takes all of it along.
agent claude "$hang"
ringlet agents list >/dev/null
check "(control: it hangs)" wait_for 10 left
prober=$(pgrep -P "$MONITOR" -f -- '-A$')
kill -KILL "$prober"
told claude
like "the death of who asks is told" "$(of claude version_why)" 'has failed'
check "what hung is gone with it" wait_for 10 gone
agent claude "$hang
: 2"
ringlet agents list >/dev/null
check "(control: it hangs again)" wait_for 10 left
kill -KILL "$MONITOR"
check "the monitor's death takes it, too" wait_for 10 gone

# The end of the daemon meets it wherever it is, also while bwrap has just made
# the namespace and runs nothing of the agent's yet.
jails()
{
	ps -u "$(id -un)" -o pid,args | grep -F -- "-- $HOME/.local/bin/claude" |
	    grep -v grep
}
no_jails()
{
	! jails
}
seen=0
: >"$T/jails"
for i in 1 2 3 4 5 6 7 8; do
	agent claude "$hang
	: stop $i"
	start_daemon
	for _ in $(seq $((i * 20))); do
		! jails >/dev/null || seen=$((seen + 1))
	done
	ringlet daemon stop
	jails >>"$T/jails"
done
check "(control: jails are seen)" [ $seen -gt 0 ]
is "a daemon that stops leaves no jail of who was asked" \
    "$(cat "$T/jails")" ""
check "nor does any stay" no_jails
check "nor what hung in it" wait_for 10 gone
done_testing
