# What `doctor` looks at, broken one thing at a time: each is fine before, is told of with how to mend it, and is fine again; the daemon is never started by it.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

[ -n "${LIVE_LIBEXEC:-}" ] || skip_all "the programs are not in one folder"

# before: what it says while nothing is broken.
before()
{
	ringlet doctor >"$T/before" 2>&1
	is "all is well before" $? 0
}
# after: the same again, now that all is mended; times and numbers differ.
after()
{
	ringlet doctor >"$T/after" 2>&1
	is "all is well again" $? 0
	refute "and nothing is told of that was not before" sh -c \
	    "sed 's/[0-9]//g' $T/before >$T/before.x
	     sed 's/[0-9]//g' $T/after | grep -vxF -f $T/before.x"
}
# fine PATTERN, told PATTERN: there is such a line before; or one that warns.
fine()
{
	grep -Eq -- "^ok +$1" "$T/before" || { cat "$T/before"; return 1; }
}
told()
{
	grep -Eq -- "^(ok|warn) +$1" "$T/before"
}
# bad VERDICT PATTERN: there is such a line now, and the exit status says so.
bad()
{
	ringlet doctor >"$T/doctor" 2>&1
	code=$?
	grep -Eq -- "^$1 +$2" "$T/doctor" || { cat "$T/doctor"; return 1; }
	[ "$1" = warn ] || [ $code -eq 1 ] || { echo "status $code"; return 1; }
}
# breaks WHAT FINE VERDICT BAD BREAK MEND: the last two are commands.
breaks()
{
	check "(control: $1 is fine)" fine "$2"
	eval "$5"
	check "$1, broken, is told of" bad "$3" "$4"
	eval "$6"
}

mkdir -p "$RINGLET_DATA_DIR" "$RINGLET_STATE_DIR" "$HOME/.local/bin"
mkdir -p "$RINGLET_RUNTIME_DIR"

# Without a daemon.
mkdir "$RINGLET_CONFIG_DIR/profiles"
start_bus
cp -r "$LIVE_LIBEXEC" "$T/libexec"
libexec=$LIVE_LIBEXEC
RINGLET_LIBEXEC_DIR=$T/libexec
export RINGLET_LIBEXEC_DIR
before
mkdir -m 500 "$T/shut"
is "a folder that cannot be made is told of before it is needed" \
    "$(status env RINGLET_DATA_DIR="$T/shut/share/ringlet" ringlet doctor)" 1
like "with where, and why" "$(cat "$T/out")" \
    "^FAIL data folder: $T/shut/share/ringlet: cannot be made in $T/shut: Perm"
status env XDG_RUNTIME_DIR="$T/shut/run" RINGLET_RUNTIME_DIR= ringlet doctor \
    >"$T/code"
like "of what a login makes, how that is had" "$(cat "$T/out")" \
    "^FAIL runtime folder: $T/shut/run/ringlet: .*Perm.*: log in anew, .*XDG_RUN"
is "(control: of one that can be, it is not)" \
    "$(status env RINGLET_DATA_DIR="$T/share/ringlet" ringlet doctor)" 0
breaks "a folder that is there" 'data folder: ' FAIL \
    "data folder: .*Permission denied: chmod 700 $RINGLET_DATA_DIR" \
    'chmod 500 $RINGLET_DATA_DIR' 'chmod 700 $RINGLET_DATA_DIR'
breaks "a program" 'programs: ' FAIL 'programs: .*ringlet-screen.*install' \
    'mv $T/libexec/ringlet-screen $T/away' \
    'mv $T/away $T/libexec/ringlet-screen'
for folder in config data state runtime; do
	name=$folder
	[ $folder = config ] && name=settings
	eval "dir=\$RINGLET_$(echo $folder | tr a-z A-Z)_DIR"
	breaks "the $name folder" "$name folder: /" \
	    FAIL "$name folder: .*chmod 700" 'chmod 755 $dir' 'chmod 700 $dir'
	breaks "its being one" "$name folder: " \
	    FAIL "$name folder: .*not a folder: move it away" \
	    'mv $dir $T/away; : >$dir' 'rm $dir; mv $T/away $dir'
done
breaks "a setting" 'settings: /' FAIL 'settings: .*line [0-9]+' \
    'echo Nonsense >>$CONF' "sed -i /Nonsense/d \$CONF"
breaks "the settings' mode" 'settings: /' FAIL 'settings: .*chmod 600' \
    'chmod 666 $CONF' 'chmod 600 $CONF'
breaks "what is a profile" 'profiles: 0 of them' \
    FAIL 'profiles: .*x.json is damaged: .+: mend it, or' \
    'echo "{" >$RINGLET_CONFIG_DIR/profiles/x.json' \
    'rm $RINGLET_CONFIG_DIR/profiles/x.json'
breaks "what is none" 'profiles: 0 of them' \
    warn 'profiles: .*/x.bak: is no profile.s file: move it' \
    ': >$RINGLET_CONFIG_DIR/profiles/x.bak' \
    'rm $RINGLET_CONFIG_DIR/profiles/x.bak'
half=$RINGLET_STATE_DIR/.new-0123456789abcdef
breaks "a write that was cut off" 'state folder' \
    warn "leftover: .*new-0123456789abcdef: of a write" \
    'touch -d "2 hours ago" $half' 'rm $half'
refute "(control: else nothing is)" grep -q leftover "$T/before"
: >"$RINGLET_DATA_DIR/vault"
chmod 640 "$RINGLET_DATA_DIR/vault"
bus=$DBUS_SESSION_BUS_ADDRESS
DBUS_SESSION_BUS_ADDRESS=unix:path=$T/x
check "the vault's mode is told of" bad FAIL 'vault: .*chmod 600'
like "a bus is not needed beside a vault" "$(cat "$T/doctor")" \
    '^ok +session bus: .*none is needed'
DBUS_SESSION_BUS_ADDRESS=$bus
rm "$RINGLET_DATA_DIR/vault"
breaks "the session bus" 'session bus: unix:.* answers' \
    warn 'session bus: .*keychain unlock. makes a vault' \
    'kept=$DBUS_SESSION_BUS_ADDRESS; DBUS_SESSION_BUS_ADDRESS=unix:path=$T/x' \
    'DBUS_SESSION_BUS_ADDRESS=$kept'
python3 - "$T/port" <<-'PY' &
	import os, socket, sys
	s = socket.socket()
	s.bind(("127.0.0.1", 0))
	s.listen(1)
	open(sys.argv[1] + "~", "w").write(str(s.getsockname()[1]))
	os.rename(sys.argv[1] + "~", sys.argv[1])
	s.accept()
PY
taker=$!
at_end $taker
wait_for 10 test -s "$T/port"
breaks "the port" 'listener: 127.0.0.1:0 is free' \
    FAIL 'listener: .*a program of yours listens there: .*set another' \
    'sed -i "s/127.0.0.1:0/127.0.0.1:$(cat $T/port)/" $CONF' \
    'sed -i "s/127.0.0.1:.*/127.0.0.1:0/" $CONF'
kill $taker
refused_lock()
{
	! flock -n "$RINGLET_RUNTIME_DIR/ringlet.lock" true
}
breaks "the lock" 'listener' FAIL 'daemon: it runs .*does not answer' \
    'flock "$RINGLET_RUNTIME_DIR/ringlet.lock" sleep 100 & locker=$!
     at_end $locker; wait_for 10 refused_lock' \
    'pkill -P $locker; wait $locker 2>/dev/null; :'
after
RINGLET_LIBEXEC_DIR=$libexec
refute "no daemon was started by all that" \
    test -S "$RINGLET_RUNTIME_DIR/control.sock"

# The machine: a view of it in which something is missing.
mkdir "$T/realbin" "$T/bin"
find /usr/bin -mindepth 1 -maxdepth 1 -printf "$T/realbin/%f\\0" |
    xargs -0 ln -s -t "$T/bin"
rm "$T/bin/bwrap"
# within WHAT VERDICT PATTERN FLAGS...: told so in such a view.
within()
{
	what=$1 verdict=$2 pattern=$3
	shift 3
	bwrap --dev-bind / / true 2>/dev/null || {
		skip "$what: user namespaces are not to be had here"
		return
	}
	bwrap --dev-bind / / "$@" ringlet doctor >"$T/doctor" 2>&1
	code=$?
	like "$what" "$(cat "$T/doctor")" "^$verdict +$pattern"
	[ "$verdict" = warn ] || is "(and the status says so)" "$code" 1
}
check "(control: bwrap is fine)" fine 'bwrap: /'
check "(control: user namespaces are)" fine 'user namespaces: '
check "(control: the kernel is)" told 'kernel: Linux'
within "no bwrap" FAIL 'bwrap: .*install bubblewrap' \
    --ro-bind /usr/bin "$T/realbin" --ro-bind "$T/bin" /usr/bin
within "no user namespaces" FAIL 'user namespaces: no more are allowed' \
    --unshare-user --disable-userns
within "no seccomp" FAIL 'kernel: .*seccomp' --tmpfs /proc/sys/kernel

# With one.
PATH=$HOME/.local/bin:$PATH
chmod go-w "$HOME"
start_daemon
shell_profile work
ringlet aliases install work >/dev/null
shim=$HOME/.local/bin/work
before
breaks "a shim" 'aliases: 1 of them' warn 'aliases: .*/work: is not as it' \
    'echo "#" >>$shim' "sed -i '\$d' \$shim"
breaks "its being there" 'aliases: 1 of them' warn 'aliases: .*work: is gone' \
    'mv $shim $T/away' 'mv $T/away $shim'
breaks "the record of shims" 'aliases: 1' FAIL 'aliases: .*aliases.json: ' \
    'cp $RINGLET_STATE_DIR/aliases.json $T/away
     echo x >$RINGLET_STATE_DIR/aliases.json' \
    'cp $T/away $RINGLET_STATE_DIR/aliases.json'
breaks "the audit log's mode" 'audit log: /' FAIL 'audit log: .*chmod 600' \
    'chmod 644 $RINGLET_STATE_DIR/audit.jsonl' \
    'chmod 600 $RINGLET_STATE_DIR/audit.jsonl'
check "the seal is told of" told 'front-end: its seal is'
check "and the cgroup" told 'cgroup: '
breaks "the listener" 'listener: 127.0.0.1:[0-9]+ answers' \
    FAIL 'listener: .*no answer within.*daemon restart' \
    'kill -STOP $RINGLETD' 'kill -CONT $RINGLETD'
after
rm "$shim"
is "JSON has the same lines" "$(ringlet --json doctor | python3 -c '
import json, sys
d = json.load(sys.stdin)["data"]
assert sorted(d) == ["checks", "failed", "missing", "orphans"], sorted(d)
for c in d["checks"]:
    assert sorted(c) == ["text", "verdict", "what"], c
    assert c["verdict"] in ("ok", "warn", "FAIL"), c
print(*[c["what"] for c in d["checks"] if c["what"] == "aliases"])')" aliases
kill -KILL "$MONITOR"
left()
{
	! kill -0 "$MONITOR" 2>/dev/null
}
wait_for 10 left
check "what a killed daemon leaves is told of" \
    bad warn 'leftover: .*control.sock: of a daemon that was killed'
refute "and none is started" ringlet daemon status
done_testing
