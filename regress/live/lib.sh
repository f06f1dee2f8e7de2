# shellcheck shell=sh
# lib.sh: what every live test is made of.
#
# A test sources it first, and has then a world of its own below $T: HOME,
# XDG_RUNTIME_DIR, Ringlet's folders, a working folder $WORK, nothing of the
# person who runs it.  regress/live/run sets the LIVE_ variables:
#	LIVE_BIN	folder with ringlet and ringletd
#	LIVE_LIBEXEC	folder with the other programs, or empty
#	LIVE_SRC	this folder		LIVE_FAKE	the fakes' folder,
#			with the programs of another version in next/
#	LIVE_TMP	where to make $T	LIVE_SCAN	memscan's socket
#	LIVE_AGENTS	node_modules with the real agents, or empty
#	LIVE_XTERM	node_modules with xterm.js, or empty
#	LIVE_BROWSER	node_modules with playwright-core, or empty
#	LIVE_POLICY	the administrator's policy, which policy() writes; or
#			empty: nobody here may
#	LIVE_CGROUP	the test's own cgroup, delegated, which it is in; or
#			empty: it has none
#	LIVE_LOGS	the folder of logs, for what is to be looked at later
#
# Every claim that a test makes is one line on its output, "ok WHAT",
# "not ok WHAT" or "skip WHAT: WHY", and its last line is "done": the runner
# counts those, and takes a test without "done" as one that broke.
# Waiting is always for something, with a deadline; nothing sleeps in hope.

set -u
: "${LIVE_BIN:?run tests by regress/live/run}"
PATH=$LIVE_BIN:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin
export PATH
umask 077

T=$(mktemp -d "$LIVE_TMP/rl.XXXXXX") || exit 1
HOME=$T/home
XDG_RUNTIME_DIR=$T/run
XDG_CONFIG_HOME=$HOME/.config
XDG_DATA_HOME=$HOME/.local/share
XDG_STATE_HOME=$HOME/.local/state
RINGLET_CONFIG_DIR=$HOME/.config/ringlet
RINGLET_DATA_DIR=$HOME/.local/share/ringlet
RINGLET_STATE_DIR=$HOME/.local/state/ringlet
RINGLET_RUNTIME_DIR=$T/run/ringlet
WORK=$HOME/work
SHELL=/bin/bash
TERM=xterm-256color
LANG=C.UTF-8
export HOME XDG_RUNTIME_DIR XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME
export RINGLET_CONFIG_DIR RINGLET_DATA_DIR RINGLET_STATE_DIR
export RINGLET_RUNTIME_DIR SHELL TERM LANG
[ -z "${LIVE_LIBEXEC:-}" ] || export RINGLET_LIBEXEC_DIR="$LIVE_LIBEXEC"
unset DISPLAY WAYLAND_DISPLAY SSH_AUTH_SOCK SSH_CONNECTION DBUS_STARTER_ADDRESS
# No bus unless the test starts one: the person's own must not be reached.
DBUS_SESSION_BUS_ADDRESS=unix:path=$T/no-bus
export DBUS_SESSION_BUS_ADDRESS
mkdir -p "$HOME" "$XDG_RUNTIME_DIR" "$RINGLET_CONFIG_DIR" "$WORK"
cd "$WORK" || exit 1
# The kernel chooses the port; LogLevel is the highest there is, so that a
# secret in a log is found.
TOKEN=$RINGLET_CONFIG_DIR/http_token
CONF=$RINGLET_CONFIG_DIR/ringlet.conf
LOG=$RINGLET_STATE_DIR/ringlet.log
cat >"$CONF" <<-CONF
	ListenAddress 127.0.0.1:0
	LogLevel trace
CONF

LIVE_PIDS=

# at_end PID: kill PID when the test ends, however it ends.
at_end()
{
	LIVE_PIDS="$1 $LIVE_PIDS"
}

live_end()
{
	trap - EXIT
	trap '' HUP INT TERM
	# Programs that do not work yet may not answer either.
	if [ -S "$RINGLET_RUNTIME_DIR/control.sock" ]; then
		timeout 10 ringlet daemon stop >/dev/null 2>&1
	fi
	for live_pid in $LIVE_PIDS; do
		kill "$live_pid" 2>/dev/null
		wait "$live_pid" 2>/dev/null
	done
	if [ "${LIVE_FAILED:-0}" -ne 0 ] && [ -f "$LOG" ]; then
		echo "--- $LOG"
		tail -n 60 "$LOG"
		echo "---"
	fi
	cd /
	rm -rf "$T"
}
trap live_end EXIT
trap 'exit 1' HUP INT TERM

ok()
{
	echo "ok $*"
}

not_ok()
{
	echo "not ok $*"
	LIVE_FAILED=1
}

skip()
{
	echo "skip $*"
}

# done_testing: the last line of every test.
done_testing()
{
	echo "done"
	exit "${LIVE_FAILED:-0}"
}

# skip_all WHY: this machine cannot run the test at all.
skip_all()
{
	skip "$(basename "$0" .sh): $*"
	done_testing
}

# bail WHY: nothing that follows would mean anything.
bail()
{
	not_ok "$*"
	done_testing
}

# check WHAT COMMAND...: ok if COMMAND succeeds; its output is in the log.
check()
{
	live_what=$1
	shift
	if "$@"; then ok "$live_what"; else not_ok "$live_what"; fi
}

# refute WHAT COMMAND...: ok if COMMAND fails.
refute()
{
	live_what=$1
	shift
	if "$@"; then not_ok "$live_what"; else ok "$live_what"; fi
}

# is WHAT GOT WANTED
is()
{
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		printf '\tgot:    %s\n\twanted: %s\n' "$2" "$3"
	fi
}

# like WHAT GOT PATTERN: PATTERN is an extended regular expression.
like()
{
	if printf '%s\n' "$2" | grep -Eq -- "$3"; then
		ok "$1"
	else
		not_ok "$1"
		printf '\tgot:    %s\n\twanted: /%s/\n' "$2" "$3"
	fi
}

# policy [LINE]...: these lines become the administrator's policy, by root.
policy()
{
	printf '%s\n' "$@" >"$T/policy"
	printf '%s\n' "$@" | python3 "$LIVE_SRC/memscan" --policy \
	    "$LIVE_SCAN" >/dev/null || bail "root writes a policy"
}

# policy_file WORD...: as memscan --policy says, such as none.
policy_file()
{
	python3 "$LIVE_SRC/memscan" --policy "$LIVE_SCAN" "$@" \
	    </dev/null >/dev/null || bail "root changes the policy"
}

# wait_for SECONDS COMMAND...: try COMMAND until it succeeds or time is up.
wait_for()
{
	live_until=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$live_until" ] || return 1
		sleep 0.05
	done
}

# status COMMAND...: print the exit status; output goes to $T/out, $T/err.
status()
{
	"$@" >"$T/out" 2>"$T/err"
	echo $?
}

# json NAME... <DOCUMENT: print one value; member names and indexes lead to
# it.  Fails when it is not there.
json()
{
	python3 -c '
import json, sys
value = json.load(sys.stdin)
for name in sys.argv[1:]:
    value = value[int(name) if isinstance(value, list) else name]
if isinstance(value, bool):
    value = str(value).lower()
elif isinstance(value, (dict, list)):
    value = json.dumps(value)
print("" if value is None else value)' "$@"
}

# canary NAME: make up a secret, print it; a name can be found in no other.
canary()
{
	printf 'sk-canary-%s-%s' "$1" \
	    "$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
}

# start_bus [XML]: a private session bus that activates nothing, but for what XML
# lets it.
start_bus()
{
	cat >"$T/bus.conf" <<-CONF
		<!DOCTYPE busconfig PUBLIC
		 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		 <type>session</type>
		 <listen>unix:path=$XDG_RUNTIME_DIR/bus</listen>
		 <auth>EXTERNAL</auth>
		 ${1:-}
		 <policy context="default">
		  <allow send_destination="*" eavesdrop="true"/>
		  <allow eavesdrop="true"/>
		  <allow own="*"/>
		 </policy>
		</busconfig>
	CONF
	command -v dbus-daemon >/dev/null ||
		skip_all "dbus-daemon is not installed"
	# That of an earlier one would be waited for no longer.
	rm -f "$T/bus.address"
	dbus-daemon --config-file="$T/bus.conf" --nofork --nopidfile \
	    --print-address=3 3>"$T/bus.address" 2>"$T/bus.log" &
	at_end $!
	DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
	wait_for 10 test -s "$T/bus.address" || bail "a private bus starts"
}

keyring_answers()
{
	printf x | secret-tool store --label=probe live probe
}

# start_keyring [XML]: start_bus, and a real, unlocked gnome-keyring-daemon on it.
start_keyring()
{
	start_bus "$@"
	command -v gnome-keyring-daemon >/dev/null ||
		skip_all "gnome-keyring-daemon is not installed"
	command -v secret-tool >/dev/null ||
		skip_all "secret-tool is not installed"
	printf throwaway | gnome-keyring-daemon --foreground --unlock \
	    --components=secrets >"$T/keyring.log" 2>&1 &
	KEYRING=$!
	at_end $KEYRING
	wait_for 20 keyring_answers || bail "a private keyring unlocks"
	secret-tool clear live probe
}

# silent_bus: a session bus that takes connections and never says a word; sets
# SILENT, its pid.
silent_bus()
{
	python3 - "$XDG_RUNTIME_DIR/bus" <<-'PY' &
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(16)
		kept = []
		while True:
		    kept.append(s.accept())
	PY
	SILENT=$!
	at_end $SILENT
	wait_for 10 test -S "$XDG_RUNTIME_DIR/bus" ||
		bail "a silent bus starts"
	DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
	export DBUS_SESSION_BUS_ADDRESS
}

# start_fake: a Secret Service that does what fake says; sets FAKE, its pid.
# What it keeps is in $T/fake.store when it is started again.
start_fake()
{
	rm -f "$T/fake.ready"
	PYTHONDONTWRITEBYTECODE=1 "$LIVE_FAKE/fake-secrets" \
	    -r "$T/fake.ready" -w "$T/fake.store" 2>"$T/fake.err" &
	FAKE=$!
	at_end $FAKE
	wait_for 10 test -e "$T/fake.ready" ||
		{ cat "$T/fake.err"; bail "the scripted keyring starts"; }
}

# fake COMMAND [WORD]...: see fake-secrets; prints what it says.
fake()
{
	live_command=$1
	shift
	for live_word; do
		set -- "$@" "string:$live_word"
		shift
	done
	dbus-send --session --print-reply=literal --reply-timeout=5000 \
	    --dest=org.freedesktop.secrets /fake \
	    "org.ringlet.Fake.$live_command" "$@" | sed 's/^ *//'
}

# start_daemon [OPTION=VALUE]...: start Ringlet's daemon, wait for it, and
# set ADDRESS (host:port), URL and the pids MONITOR, RINGLETD, SANDBOXER.
start_daemon()
{
	for live_option; do
		printf '%s\n' "$live_option" | sed 's/=/ /' >>"$CONF"
	done
	if ! ringlet daemon >"$T/daemon.out" 2>&1; then
		cat "$T/daemon.out"
		bail "the daemon starts"
	fi
	daemon_facts
}

# daemon_facts: what start_daemon sets, for a daemon that runs.
daemon_facts()
{
	wait_for 20 ringlet --json daemon status || bail "the daemon answers"
	ringlet --json daemon status >"$T/status.json"
	ADDRESS=$(json data listen 0 <"$T/status.json")
	URL=http://$ADDRESS
	# shellcheck disable=SC2034  # for tests
	MONITOR=$(json data pid <"$T/status.json")
	# shellcheck disable=SC2034
	RINGLETD=$(json data ringletd_pid <"$T/status.json")
	# shellcheck disable=SC2034
	SANDBOXER=$(json data sandboxer_pid <"$T/status.json")
}

# new_profile AGENT ALIAS KEY [OPTION]...: create a profile, key from stdin.
new_profile()
{
	live_agent=$1 live_alias=$2 live_key=$3
	shift 3
	printf '%s\n' "$live_key" | ringlet profiles create "$live_agent" \
	    "$live_alias" "$@" >"$T/create.out" 2>"$T/create.err" ||
		{ cat "$T/create.err"; bail "profile $live_alias is created"; }
}

# shell_profile ALIAS [OPTION]...: a profile of the shell agent, no key.
shell_profile()
{
	live_alias=$1
	shift
	new_profile shell "$live_alias" "" -p self "$@"
}

# session ALIAS [RUN'S OPTIONS]...: start one, set ID.
session()
{
	live_alias=$1
	shift
	ID=$(ringlet profiles run "$live_alias" --remote "$@" \
	    2>"$T/run.err") ||
		{ cat "$T/run.err"; bail "a session of $live_alias starts"; }
}

# field ID NAME: one field of a session.
field()
{
	ringlet --json terminal info "$1" | json data "$2"
}

ended()
{
	[ "$(field "$1" state)" = terminated ]
}

# await ID [SECONDS]: wait until the session has ended.
await()
{
	wait_for "${2:-30}" ended "$1"
}

# output ID: all that an ended session printed, without carriage returns.
output()
{
	await "$1" || { not_ok "session $1 ends"; return 1; }
	timeout 20 ringlet terminal attach --read-only "$1" \
	    2>/dev/null | tr -d '\r'
}

# jailed ALIAS [OPTIONS] -- ARGS: run to the end, print the output.
jailed()
{
	session "$@"
	output "$ID"
}

# http METHOD PATH [CURL'S OPTIONS]...: print the status; body in $T/body,
# headers in $T/headers.  Sends no token by itself.
http()
{
	live_method=$1 live_path=$2
	shift 2
	: >"$T/body"
	curl -sS --noproxy '*' --max-time 20 -o "$T/body" -D "$T/headers" \
	    -w '%{http_code}' -X "$live_method" "$@" "$URL$live_path" \
	    2>"$T/curl.err" || true
}

# api METHOD PATH [JSON]: the same with the token; neither it nor the JSON
# is in an argument list.
api()
{
	printf 'Authorization: Bearer %s\n' "$(cat "$TOKEN")" >"$T/bearer"
	if [ $# -gt 2 ]; then
		printf '%s' "$3" >"$T/request"
		http "$1" "$2" -H "@$T/bearer" \
		    -H 'Content-Type: application/json' -d "@$T/request"
	else
		http "$1" "$2" -H "@$T/bearer"
	fi
}

# ws PATH [OPTIONS AND ACTIONS]...: see ws.py; the token goes along.
ws()
{
	live_path=$1
	shift
	python3 "$LIVE_SRC/ws.py" --token-file "$TOKEN" \
	    "$ADDRESS" "$live_path" "$@"
}

# on_tty ACTIONS... -- COMMAND: see onpty.py.
on_tty()
{
	python3 "$LIVE_SRC/onpty.py" "$@"
}

# start_api KEY [OPTIONS]: the fake model API; sets API and API_LOG.
start_api()
{
	live_key=$1
	shift
	API_LOG=$T/api.log
	"$LIVE_FAKE/fake-api" -p "$T/api.port" -l "$API_LOG" -k "$live_key" \
	    "$@" 2>"$T/api.err" &
	at_end $!
	wait_for 20 test -s "$T/api.port" || bail "the fake API starts"
	API=http://127.0.0.1:$(cat "$T/api.port")
}

# scan PID FILE: how often FILE's line is in PID's memory; by the runner's
# root part, since a process may not look into one that is not dumpable.
scan()
{
	python3 "$LIVE_SRC/memscan" --ask "$LIVE_SCAN" "$1" "$2"
}

# resident PID: KiB of memory that it has.
resident()
{
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status"
}

# holds PID: note what it has, for holds_no_more.
holds()
{
	HELD_KB=$(resident "$1")
	[ -z "$LIVE_SCAN" ] ||
		HELD_FDS=$(python3 "$LIVE_SRC/memscan" --holds "$LIVE_SCAN" "$1")
}

# holds_no_more WHAT PID: no descriptor more than when holds looked, and a few
# MiB of memory at most.  Descriptors are seen by the runner's root part, and
# sanitizers keep what was freed.
holds_no_more()
{
	if [ -z "$LIVE_SCAN" ]; then
		skip "$1: descriptors: only root can count them"
	else
		is "$1 has no descriptor more" "$(python3 "$LIVE_SRC/memscan" \
		    --holds "$LIVE_SCAN" "$2")" "$HELD_FDS"
	fi
	if [ -n "${ASAN_OPTIONS:-}" ]; then
		skip "$1: memory: this build has sanitizers"
	else
		live_kb=$(($(resident "$2") - HELD_KB))
		check "$1 has no more memory ($live_kb KiB)" \
		    test "$live_kb" -lt 4096
	fi
}
