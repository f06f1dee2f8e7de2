# With the grant an agent in a jail can use the keys of the user's ssh-agent, to sign and to log in by ssh, and reaches neither the keys themselves nor the socket's folder.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

command -v ssh-agent >/dev/null || skip_all "ssh-agent is not installed"
mkdir -p "$HOME/.ssh" "$T/agent"
chmod 700 "$HOME/.ssh"
ssh-keygen -q -t ed25519 -N '' -C canary-key -f "$HOME/.ssh/id"
ssh-agent -D -a "$T/agent/sock" >"$T/agent.out" 2>&1 &
at_end $!
wait_for 20 test -S "$T/agent/sock" || bail "an ssh-agent starts"
SSH_AUTH_SOCK=$T/agent/sock
export SSH_AUTH_SOCK
ssh-add -q "$HOME/.ssh/id" || bail "it takes a key"
shell_profile signer
start_daemon
tier=$(ringlet --json daemon status | json data jail)
# shellcheck disable=SC2016  # the agent expands it
list='ssh-add -l 2>&1; echo "sock=$SSH_AUTH_SOCK"'
jailed signer -C "$WORK" -- -c "$list" >"$T/none"
like "without the grant there is no agent" "$(cat "$T/none")" '^sock=$'
refute "and no key" grep -q canary-key "$T/none"
is "it is granted" "$(status ringlet profiles grant signer ssh-agent)" 0
case $tier in
*no-landlock-scope*)
	is "where sockets cannot be confined it is refused" "$(status ringlet \
	    profiles run signer --remote -C "$WORK" -- -c true)" 5
	like "with the reason" "$(cat "$T/err")" 'unix sockets'
	done_testing ;;
esac
jailed signer -C "$WORK" -- -c "$list; ls -A /run/ringlet $T/agent $HOME/.ssh" \
    >"$T/list"
like "with it the key is listed" "$(cat "$T/list")" 'canary-key'
like "at a place of its own" "$(cat "$T/list")" '^sock=/run/ringlet/ssh-agent'
refute "the socket's folder is not there" grep -q '^sock$' "$T/list"
refute "nor is the key" grep -q '^id$' "$T/list"
is "explain shows it" "$(ringlet --json sandbox explain signer |
    grep -c 'grant ssh-agent')" 1
is "asked by the token, a session gets none" "$(api POST \
    /api/terminal/sessions "{\"profile_alias\":\"signer\",
    \"args\":[\"-c\",\"ssh-add -l; echo sock=\$SSH_AUTH_SOCK\"]}")" 201
ID=$(json data session_id <"$T/body")
like "which it says" "$(output "$ID")" '^sock=$'
# Not any socket will do.
start_bus
SSH_AUTH_SOCK=$XDG_RUNTIME_DIR/bus
is "a bus is no agent" "$(status ringlet profiles run signer --remote \
    -C "$WORK" -- -c true)" 5
SSH_AUTH_SOCK=$RINGLET_RUNTIME_DIR/control.sock
is "nor is Ringlet's own socket" "$(status ringlet profiles run signer \
    --remote -C "$WORK" -- -c true)" 5
SSH_AUTH_SOCK=$T/agent/sock

# A real login.
sshd=/usr/sbin/sshd
if [ ! -x $sshd ]; then
	skip "a login by ssh: sshd is not installed"
	done_testing
fi
ssh-keygen -q -t ed25519 -N '' -f "$T/host"
cp "$HOME/.ssh/id.pub" "$T/authorized"
port=$(python3 -c 'import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat >"$T/sshd_config" <<CONF
ListenAddress 127.0.0.1:$port
HostKey $T/host
AuthorizedKeysFile $T/authorized
StrictModes no
UsePAM no
PidFile none
ForceCommand echo logged in as \$USER
CONF
$sshd -D -e -f "$T/sshd_config" >"$T/sshd.log" 2>&1 &
at_end $!
listens()
{
	python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))"
}
if ! wait_for 20 listens; then
	cat "$T/sshd.log"
	skip "a login by ssh: sshd does not start here"
	done_testing
fi
login="ssh -T -p $port -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=\$HOME/known 127.0.0.1 2>&1"
jailed signer -C "$WORK" -- -c "$login" >"$T/login"
like "ssh -T logs in with the agent's key" "$(cat "$T/login")" '^logged in'
ringlet profiles grant signer ssh-agent --revoke >/dev/null 2>&1
jailed signer -C "$WORK" -- -c "$login" >"$T/login2"
refute "and does not without" grep -q '^logged in' "$T/login2"
done_testing
