# shellcheck shell=sh
# tunnel-lib.sh: a real ssh tunnel to the daemon under test.  Source lib.sh and
# call start_daemon first.

# tunnel_free: a port of 127.0.0.1 that nobody listened on just now.
tunnel_free()
{
	python3 -c '
import socket
with socket.socket() as sock:
    sock.bind(("127.0.0.1", 0))
    print(sock.getsockname()[1])'
}

tunnel_answers()
{
	curl -sS --noproxy '*' --max-time 5 -o /dev/null "http://127.0.0.1:$1/"
}

# start_tunnel: sshd as this user, by a pipe and for one login, and ssh that
# forwards a port of its own; sets TUNNEL, where the daemon is at that end.
# Fails where there is no sshd.
start_tunnel()
{
	live_sshd=$(command -v sshd) || return 1
	command -v ssh >/dev/null || return 1
	live_ssh=$T/ssh
	mkdir -p "$live_ssh"
	ssh-keygen -q -t ed25519 -N '' -f "$live_ssh/host"
	ssh-keygen -q -t ed25519 -N '' -f "$live_ssh/id"
	cp "$live_ssh/id.pub" "$live_ssh/keys"
	printf 'here %s\n' "$(cat "$live_ssh/host.pub")" >"$live_ssh/known"
	cat >"$live_ssh/sshd" <<-CONF
		HostKey $live_ssh/host
		AuthorizedKeysFile $live_ssh/keys
		PasswordAuthentication no
		KbdInteractiveAuthentication no
		StrictModes no
		UsePAM no
		PidFile none
	CONF
	# Somebody else may be given the port before ssh has it.
	live_try=0
	while [ $((live_try += 1)) -le 3 ]; do
		live_port=$(tunnel_free)
		ssh -F none -N -T -i "$live_ssh/id" -o IdentitiesOnly=yes \
		    -o ExitOnForwardFailure=yes -o HostKeyAlias=here \
		    -o "UserKnownHostsFile=$live_ssh/known" \
		    -o "ProxyCommand=$live_sshd -i -f $live_ssh/sshd" \
		    -L "127.0.0.1:$live_port:$ADDRESS" \
		    "$(id -un)@here" 2>"$live_ssh/log" &
		live_tunnel=$!
		at_end $live_tunnel
		if wait_for 15 tunnel_answers "$live_port"; then
			# shellcheck disable=SC2034  # for tests
			TUNNEL=http://127.0.0.1:$live_port
			return 0
		fi
		kill $live_tunnel 2>/dev/null
	done
	cat "$live_ssh/log"
	return 1
}
