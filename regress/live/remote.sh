# By -H a command runs on another machine over the user's own ssh, its arguments, bytes and status as they are; `ringlet tunnel` brings that machine's dashboard here and leaves nothing behind.
# Once: what it adds is ssh and a tunnel; others have the commands with sanitizers.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

sshd=/usr/sbin/sshd
[ -x $sshd ] || skip_all "sshd is not installed"
command -v ssh >/dev/null || skip_all "ssh is not installed"
command -v bwrap >/dev/null || skip_all "bwrap is not installed"

# --- another machine: an sshd, and a home and a daemon behind it ----------------
THERE=$T/there
mkdir -p "$THERE/home/.config/ringlet" "$THERE/run" "$THERE/bin" "$T/pw/.ssh"
chmod 700 "$T/pw/.ssh"
echo /bin/sh >"$THERE/shell"
echo "$LIVE_BIN" >"$THERE/path"
printf 'LogLevel debug\nListenAddress %s\n' "$THERE/run/http.sock" \
    >"$THERE/home/.config/ringlet/ringlet.conf"
# What sshd does with a command, for any login shell.
cat >"$THERE/login" <<SH
#!/bin/sh
unset DISPLAY DBUS_SESSION_BUS_ADDRESS
export HOME=$THERE/home XDG_RUNTIME_DIR=$THERE/run LANG=C.UTF-8
export RINGLET_LIBEXEC_DIR="${LIVE_LIBEXEC:-}"
[ -n "\$RINGLET_LIBEXEC_DIR" ] || unset RINGLET_LIBEXEC_DIR
export PATH="\$(cat $THERE/path):/usr/bin:/bin"
cd "\$HOME"
shell=\$(cat $THERE/shell)
exec "\$shell" -c "\$SSH_ORIGINAL_COMMAND"
SH
chmod +x "$THERE/login"

ssh-keygen -q -t ed25519 -N '' -f "$T/host"
ssh-keygen -q -t ed25519 -N '' -f "$T/pw/.ssh/id_ed25519"
cp "$T/pw/.ssh/id_ed25519.pub" "$T/authorized"

# tty_of_ours COMMAND...: with terminals being of the group `tty', whichever
# they are of: sshd would give them to that group, which only root can.
python3 -c 'import os, pty
print("tty:x:%d:" % os.fstat(pty.openpty()[1]).st_gid)' >"$T/group"
grep -v '^tty:' /etc/group >>"$T/group"
tty_of_ours()
{
	exec bwrap --die-with-parent --dev-bind / / --ro-bind "$T/group" /etc/group -- "$@"
}

# start_sshd NAME [WRAPPER...]: sets port and sshd_pid.
start_sshd()
{
	name=$1
	shift
	port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >"$T/sshd_config" <<-CONF
		ListenAddress 127.0.0.1:$port
		HostKey $T/host
		AuthorizedKeysFile $T/authorized
		StrictModes no
		UsePAM no
		PidFile none
		ForceCommand exec $THERE/login
	CONF
	"$@" $sshd -D -e -f "$T/sshd_config" >"$T/$name.log" 2>&1 &
	sshd_pid=$!
	at_end $sshd_pid
	wait_for 10 grep -q 'Server listening' "$T/$name.log"
}
# Another may have been faster to take the port.
start_sshd tty tty_of_ours || start_sshd tty tty_of_ours ||
	{ cat "$T/tty.log"; skip_all "sshd does not start here"; }
tty_port=$port
start_sshd sshd || start_sshd sshd ||
	{ cat "$T/sshd.log"; skip_all "sshd does not start here"; }
printf '[127.0.0.1]:%s %s\n' "$port" "$(cat "$T/host.pub")" \
    "$tty_port" "$(cat "$T/host.pub")" >"$T/pw/.ssh/known_hosts"
cat >"$T/pw/.ssh/config" <<CONF
Host there
	HostName 127.0.0.1
	Port $port
	IdentitiesOnly yes
	BatchMode yes
Host tty
	HostName 127.0.0.1
	Port $tty_port
	IdentitiesOnly yes
	BatchMode yes
Host shared
	HostName 127.0.0.1
	Port $port
	BatchMode yes
	ControlMaster auto
	ControlPath $T/shared
	ControlPersist yes
Host nowhere
	ProxyCommand false
CONF

# ssh takes the user's folder from the password file, whatever HOME is.
home=$(getent passwd "$(id -u)" | cut -d: -f6)
in_home="bwrap --dev-bind / / --bind $T/pw $home --bind $T $T --"
# shellcheck disable=SC2086  # words
here()
{
	$in_home "$@"
}
here true 2>"$T/err" ||
	{ cat "$T/err"; skip_all "no namespace for a folder of ssh's own"; }
there()
{
	here ringlet -H there "$@"
}
# begin WORD...: in the background; sets JOB, and writes ringlet's pid to
# $T/pid.  A shell has its background commands ignore ^C.
begin()
{
	rm -f "$T/pid"
	# shellcheck disable=SC2016  # the other shell expands it
	python3 -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' $in_home sh -c 'echo $$ >"$0"; exec ringlet "$@"' "$T/pid" "$@" \
	    </dev/null &
	JOB=$!
	at_end $JOB
}
remote()
{
	status there "$@" </dev/null
}
if [ "$(here ssh there echo hello 2>"$T/err")" != hello ]; then
	cat "$T/err" "$T/sshd.log"
	bail "one logs in"
fi

# --- what is no host --------------------------------------------------------------
for host in '' -oProxyCommand=true 'a b' "a
b" me@ @there me@-x; do
	is "'$host' is no host" "$(status ringlet -H "$host" agents list)" 2
	is "nor for a tunnel" "$(status ringlet tunnel -- "$host")" 2
done
is "nor are two" "$(status ringlet -H a -H b agents list)" 2
is "a command is needed" "$(status ringlet -H there)" 2
is "a tunnel begins here" "$(remote tunnel there)" 2
like "which is said" "$(cat "$T/err")" 'ringlet tunnel there'
is "a host that does not answer is 3" \
    "$(status here ringlet -H nowhere agents list)" 3
like "with words" "$(cat "$T/err")" '^ringlet: nowhere could not be reached'
is "in JSON too" "$(status here ringlet -H nowhere --json agents list)" 3
is "(its code)" "$(json error code <"$T/out")" UNREACHABLE

# --- arguments, byte for byte, whatever the login shell is ----------------------
cat >"$THERE/bin/ringlet" <<SH
#!/bin/sh
printf '%s\\0' "\$@" >$THERE/words
case \${2:-} in
bytes) exec cat ;;
status) exit \$3 ;;
dies) kill -KILL \$\$ ;;
esac
SH
chmod +x "$THERE/bin/ringlet"
echo "$THERE/bin" >"$THERE/path"
# nasty COMMAND...: with words that a shell would do something with.
# shellcheck disable=SC1003,SC2016  # they are meant so
nasty()
{
	"$@" '' ' ' "it's" '"double"' "\$(touch $T/harm)" '`id`' "\\" '\\' \
	    '\n\0101' "new
line
" '!!' 'a!b' '~' '*' '$HOME' '%s%n' '-' '--' -x '#' '&|;<>' '{a,b}' '^x' \
	    'ünï 日本 🙂' "tab	end" "'\\''" '=ls' '?' "
"
}
words()
{
	printf '%s\0' --over-ssh "$@"
}
nasty words say >"$T/wanted"
for shell in sh bash dash zsh fish tcsh csh ksh mksh; do
	file=$(command -v $shell) || continue
	echo "$file" >"$THERE/shell"
	rm -f "$THERE/words"
	nasty there say </dev/null
	check "arguments arrive through $shell" cmp "$THERE/words" "$T/wanted"
done
echo /bin/sh >"$THERE/shell"
refute "and nothing in them is done" test -e "$T/harm"
there --json -q -v profiles list --json </dev/null
is "options before the command go along" \
    "$(tr '\0' ' ' <"$THERE/words")" \
    "--over-ssh --json --quiet --verbose profiles list --json "
there --help </dev/null
is "so does --help" "$(tr '\0' ' ' <"$THERE/words")" "--over-ssh --help "
there dashboard --scope view </dev/null 2>"$T/err"
is "dashboard opens no browser over there" \
    "$(tr '\0' ' ' <"$THERE/words")" \
    "--over-ssh dashboard --print --scope view "
like "and the tunnel is told of" "$(cat "$T/err")" 'ringlet tunnel HOST'
long=$(head -c 125000 /dev/zero | tr '\0' a)
is "what is too long is told" "$(remote say "$long")" 2
head -c 3000000 /dev/urandom >"$T/bytes"
is "bytes go through both ways" \
    "$(there bytes <"$T/bytes" | sha256sum)" "$(sha256sum <"$T/bytes")"
for n in 0 1 3 4 5 77; do
	is "the status $n comes through" "$(remote status $n)" $n
done

# --- where the program is ----------------------------------------------------------
echo /nowhere >"$THERE/path"
is "without a ringlet over there" "$(remote agents list)" 3
like "one is told what to do" "$(cat "$T/err")" \
    '^ringlet: there has no ringlet in PATH or ~/.local/bin: install'
is "in JSON too" "$(remote --json agents list)" 3
is "(its code)" "$(json error code <"$T/out")" UNREACHABLE
like "(its text)" "$(json error message <"$T/out")" 'there has no ringlet'
mkdir -p "$THERE/home/.local/bin"
ln -s "$LIVE_BIN/ringlet" "$THERE/home/.local/bin/ringlet"
like "it is found in ~/.local/bin" "$(there --version </dev/null)" '^ringlet [0-9]'
echo "$LIVE_BIN" >"$THERE/path"

# --- the program itself --------------------------------------------------------------
is "no daemon over there" "$(remote daemon status)" 3
printf 'sk-canary\n' | there profiles create shell far -p self >"$T/out" 2>&1 ||
	{ cat "$T/out"; bail "a profile is made over there"; }
is "it is there" "$(there --json profiles list </dev/null |
    json data 0 alias)" far
refute "and not here" test -e "$RINGLET_CONFIG_DIR/profiles/far.json"
is "a session that is none is 4" "$(remote terminal info ffff)" 4
MONITOR=$(there --json daemon status </dev/null | json data pid)
at_end "$MONITOR"
remote doctor >"$T/status"
is "doctor goes along" "$(cat "$T/status")" 0
like "and knows how one came" "$(cat "$T/out")" '^(ok|warn) +login: over ssh'
like "and where keys can be kept there" "$(cat "$T/out")" \
    '^warn session bus: .*ringlet keychain unlock'
refute "and sends nobody to a desktop" grep -q 'log in to a desktop' "$T/out"
is "so does init" "$(remote init -y)" 0
like "which leaves the vault to a person" "$(cat "$T/out")" \
    '^todo keychain: .*ringlet keychain unlock'
ID=$(there profiles run far --remote -- -c 'read x; exit 5' \
    </dev/null 2>"$T/err") || { cat "$T/err"; bail "a session starts"; }
is "what is piped in is typed, and the session's status comes back" \
    "$(echo go | status there terminal attach "$ID")" 5
ID=$(there profiles run far --remote -- -c 'kill -TERM $$' \
    </dev/null 2>"$T/err")
is "a signal is 128 and its number" "$(remote terminal attach "$ID")" 143

# On a terminal: Ringlet's own escape is not ssh's.
ID=$(there profiles run far --remote </dev/null 2>"$T/err")
# shellcheck disable=SC2016  # the session expands it
on_tty --out "$T/tty" expect '[$#] ' send 'echo out-$((40+2))\r' \
    expect out-42 send '\r~.' wait end -- $in_home \
    ringlet -H tty terminal attach "$ID"
is "~. detaches" $? 0
grep -q 'out-42' "$T/tty" || tail -n 5 "$T/tty.log"
is "and the session goes on" "$(there --json terminal info "$ID" </dev/null |
    json data state)" running
on_tty --out "$T/tty" expect 'session.start' send '\x03' wait end -- $in_home \
    ringlet -H tty audit show --follow
is "^C on a terminal ends a command over there" $? 130

# Without one: whoever waits over there ends with this side.
mark=over-$$
runs()
{
	pgrep -u "$(id -u)" -f "^ringlet --over-ssh .*$mark" >/dev/null
}
runs_not()
{
	! runs
}
for host in there shared; do
	for signo in INT TERM; do
		begin -H $host audit show --follow --object $mark \
		    >"$T/out" 2>&1
		wait_for 20 runs || not_ok "it runs over there ($host)"
		kill -$signo "$(cat "$T/pid")"
		wait $JOB
		refute "SIG$signo ends it here ($host)" [ $? -eq 0 ]
		check "and over there" wait_for 10 runs_not
	done
done
here ssh -O exit shared 2>/dev/null

# --- the tunnel ------------------------------------------------------------------------
# tunnel [OPTION]...: begins one; sets URL, CODE and
# the pid TUNNEL.
tunnel()
{
	begin tunnel there "$@" >"$T/url" 2>"$T/tunnel.err"
	wait_for 40 grep -q 'leads to there, until' "$T/tunnel.err" ||
		{ cat "$T/tunnel.err"; bail "a tunnel is made"; }
	TUNNEL=$(cat "$T/pid")
	URL=$(sed -n 's/^ringlet: \(http[^ ]*\) leads to.*/\1/p' "$T/tunnel.err")
	CODE=$(sed -n 's/.*#code=//p' "$T/url")
}
exchange()
{
	printf '{"code":"%s"}' "$1" >"$T/request"
	http POST /api/token/exchange -H 'Content-Type: application/json' \
	    -d "@$T/request"
}
nothing_left()
{
	[ -z "$(ls "$RINGLET_RUNTIME_DIR" 2>/dev/null)" ] &&
		! pgrep -u "$(id -u)" -f "ssh -M -S $RINGLET_RUNTIME_DIR"
}
watch_arguments()
{
	while [ ! -e "$T/stop" ]; do
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' |
		    sort -u >>"$T/seen"
	done
}
there daemon stop </dev/null >/dev/null 2>&1
watch_arguments &
watcher=$!
at_end $watcher
tunnel --print --scope view --expires 30m
: >"$T/stop"
wait $watcher
like "it starts the daemon and prints a URL with this end's port" \
    "$(cat "$T/url")" "^$URL/#code=[A-Za-z0-9_-]+\$"
refute "whose code is in no argument list" grep -q "$CODE" "$T/seen"
# Also those of the ssh that runs it, which is there for longer.
check "(arguments were seen)" grep -q -e --url "$T/seen"
MONITOR=$(there --json daemon status </dev/null | json data pid)
at_end "$MONITOR"
is "the code is good" "$(exchange "$CODE")" 201
is "for what was asked" "$(json data scope <"$T/body")" view
is "the folder is the user's alone" \
    "$(stat -c %a "$RINGLET_RUNTIME_DIR"/tunnel.*)" 700
taken=${URL##*:}
is "a port that is taken is refused" \
    "$(status here ringlet tunnel there --port "$taken" </dev/null)" 1
like "which is said" "$(cat "$T/err")" "could not listen on port $taken"
kill -INT "$TUNNEL"
wait $JOB
is "^C ends it" $? 0
check "and leaves nothing" wait_for 10 nothing_left
is "nobody listens any more" "$(http GET /)" 000

# To a port, and with a browser.
there daemon stop </dev/null >/dev/null 2>&1
echo 'ListenAddress 127.0.0.1:0' >"$THERE/home/.config/ringlet/ringlet.conf"
cat >"$T/browser" <<SH
#!/bin/sh
echo "\$1" >$T/opened
cat "\${1#file://}" >$T/page
SH
chmod +x "$T/browser"
BROWSER=$T/browser DISPLAY=:99 tunnel --port "$taken"
MONITOR=$(there --json daemon status </dev/null | json data pid)
at_end "$MONITOR"
is "it has the port that was asked for" "$URL" "http://127.0.0.1:$taken"
is "it prints no URL" "$(cat "$T/url")" ''
like "but has a browser open a file" "$(cat "$T/opened")" \
    "^file://$RINGLET_RUNTIME_DIR/tunnel"
CODE=$(sed -n 's/.*#code=\([A-Za-z0-9_-]*\)".*/\1/p' "$T/page" | head -n 1)
is "that leads there" "$(exchange "$CODE")" 201
kill -TERM "$TUNNEL"
wait $JOB
is "SIGTERM ends it" $? 0
check "and leaves nothing" wait_for 10 nothing_left

tunnel --json
is "JSON has the host" "$(json data host <"$T/url")" there
is "and the port" "$(json data port <"$T/url")" "${URL##*:}"
# The connection breaks.
for pid in $(pgrep -P $sshd_pid); do
	# shellcheck disable=SC2046  # pids
	kill -KILL "$pid" $(pgrep -P "$pid")
done
wait $JOB
is "a connection that breaks is 3" $? 3
check "and leaves nothing" wait_for 10 nothing_left

is "wrong ports are refused" "$(status ringlet tunnel there --port 0)" 2
is "and scopes" "$(status ringlet tunnel there --scope all)" 2
is "a host that does not answer is 3" \
    "$(status here ringlet tunnel nowhere </dev/null)" 3
like "with words" "$(cat "$T/err")" 'nowhere could not be reached by ssh'
check "and leaves nothing" wait_for 10 nothing_left
there daemon stop </dev/null >/dev/null 2>&1
echo /nowhere >"$THERE/path"
rm "$THERE/home/.local/bin/ringlet"
is "so is one without a ringlet" \
    "$(status here ringlet tunnel there </dev/null)" 3
like "with words" "$(cat "$T/err")" 'there: there has no ringlet'
done_testing
