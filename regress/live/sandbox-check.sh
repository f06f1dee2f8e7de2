# `ringlet sandbox check`: nothing gets through in a real jail, what can get through without one does, and a jail with a hole is told.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

command -v dbus-daemon >/dev/null && start_bus
# Something to be had behind every name that the test knows.
mkdir -p "$HOME/.ssh" "$HOME/.gnupg" "$HOME/.local/share/keyrings" \
    "$HOME/.config/autostart" "$HOME/.config/systemd/user" "$HOME/.local/bin"
for file in .ssh/authorized_keys .gnupg/trustdb.gpg .bashrc .gitconfig \
    .local/share/keyrings/login.keyring; do
	: >"$HOME/$file"
done
mkdir "$XDG_RUNTIME_DIR/systemd" "$XDG_RUNTIME_DIR/keyring" \
    "$XDG_RUNTIME_DIR/gnupg"
SSH_AUTH_SOCK=$XDG_RUNTIME_DIR/agent
export SSH_AUTH_SOCK
python3 -c '
import socket, sys, time
held = []
for path in sys.argv[2:]:
    held.append(socket.socket(socket.AF_UNIX))
    held[-1].bind(path)
    held[-1].listen(64)
open(sys.argv[1], "w").close()
time.sleep(300)' "$T/listening" "$SSH_AUTH_SOCK" \
    "$XDG_RUNTIME_DIR/systemd/private" "$XDG_RUNTIME_DIR/keyring/control" \
    "$XDG_RUNTIME_DIR/gnupg/S.gpg-agent" "$XDG_RUNTIME_DIR/wayland-0" &
at_end $!
wait_for 10 test -e "$T/listening" || bail "sockets listen"
find "$HOME" "$XDG_RUNTIME_DIR" -path "$RINGLET_STATE_DIR" -prune -o \
    -path "$RINGLET_RUNTIME_DIR" -prune -o -print | sort >"$T/before"

# names KEY VALUE: the attempts of $T/json whose member KEY is VALUE.
names()
{
	python3 -c '
import json, sys
key, value = sys.argv[1], json.loads(sys.argv[2])
for a in json.load(sys.stdin)["data"]["attempts"]:
    if a.get(key) == value:
        print(a["name"])' "$1" "$2" <"$T/json"
}

# --- a jail of its own ----------------------------------------------------------
is "with nothing to find wrong it succeeds" \
    "$(status ringlet --json sandbox check)" 0
cp "$T/out" "$T/json"
cat "$T/err"
total=$(json data attempts <"$T/json" | grep -o '"name"' | wc -l)
held=$(json data held <"$T/json")
check "there are $total attempts, at least 60" test "$total" -ge 60
is "all of them are tried, and held" "$held" "$total"
is "none is told to have got through" "$(json data through <"$T/json")" 0
tier=$(json data tier <"$T/json")
is "the tier is the daemon's" "$tier" \
    "$(ringlet --json daemon status | json data jail)"
is "each of the five groups is there" "$(python3 -c '
import json, sys
print(len({a["group"] for a in json.load(sys.stdin)["data"]["attempts"]}))' \
    <"$T/json")" 5
is "each has its control" "$(names control null | wc -l)" 0
# An attempt that nobody has written would have none.
is "each has a target" "$(names control_how '"no target"')" ''
# What depends on nothing but an ordinary Linux must work without a jail.
names control true | sort >"$T/works"
for name in token-read settings-list settings-write profiles-list \
    profiles-write logs-list home-list home-write secret-read secret-write \
    secret-remove secret-exec secret-symlink secret-hardlink secret-rename \
    secret-climb secret-procroot other-read other-write parent-write \
    ssh-list keyrings-list gnupg-list tmp-read vartmp-read shm-read \
    varlib-list sys-list control-socket systemd-user keyring-socket \
    ssh-agent gpg-agent display home-stream home-dgram home-fifo tmp-stream \
    abstract-stream abstract-seqpacket abstract-dgram abstract-pair \
    netlink-uevent pasting discipline capabilities new-privileges \
    process-seen process-environ signal-kill signal-thread signal-pidfd \
    signal-group signal-owner priority limits shared-memory message-queue \
    first-process daemon-seen terminal setuid-chmod setuid-create \
    setuid-mknod tmp-left vartmp-left shm-left memory-left shell-start \
    git-settings login-keys autostart user-unit user-program; do
	check "without a jail: $name works" grep -qx "$name" "$T/works"
done
echo "figure check: $(wc -l <"$T/works") of $total work without a jail"

find "$HOME" "$XDG_RUNTIME_DIR" -path "$RINGLET_STATE_DIR" -prune -o \
    -path "$RINGLET_RUNTIME_DIR" -prune -o -print | sort >"$T/after"
left=$(comm -13 "$T/before" "$T/after" |
    grep -v -e "^$HOME/.shell-profiles$" -e "^$TOKEN$" \
    -e "^$RINGLET_CONFIG_DIR/profiles$" -e "^$HOME/.local/state$" \
    -e "^$RINGLET_DATA_DIR")
is "nothing is left of it at home" "$left" ''
is "nor in shared folders" "$(find /tmp /var/tmp /dev/shm -maxdepth 1 \
    -user "$(id -u)" -name 'ringlet-check-*' 2>/dev/null)" ''
is "no profile is left" "$(ringlet --json profiles list | json data)" '[]'

# --- as people see it -----------------------------------------------------------
ringlet sandbox check >"$T/table" 2>&1
cat "$T/table"
is "the table fits 80 columns" "$(awk 'length($0) > 80' "$T/table")" ''
like "it ends with the count" "$(cat "$T/table")" \
    "^Attempts: $total: $total held, 0 got through, 0 not tried$"
is "--no-sandbox tells what an agent without a jail can do" \
    "$(status ringlet --json sandbox check --no-sandbox)" 1
cp "$T/out" "$T/json"
is "which is what the controls said" \
    "$(json data through <"$T/json")" "$(wc -l <"$T/works")"

# --- a profile's jail -----------------------------------------------------------
mkdir -p "$HOME/.local/bin"
cp "$LIVE_FAKE/fake-agent" "$HOME/.local/bin/claude"
new_profile claude plain "" -p self --working-dir "$WORK"
is "a profile's jail holds as well" \
    "$(status ringlet --json sandbox check plain)" 0
is "in its working folder" "$(json data working_dir <"$T/out")" "$WORK"
is "with flags, too" "$(status ringlet --json sandbox check plain \
    --bwrap-flags=--unshare-net)" 0
is "no session of it is left" \
    "$(ringlet --json terminal list | json data)" '[]'
is "but in the audit log" "$(ringlet --json audit show --object plain \
    --event session.start | grep -o '"check":"yes"' | wc -l)" 4
is "its agent did not run" "$(ringlet --json profiles inspect plain |
    json data total_runs)" 0
is "a profile that is not there is an error" \
    "$(status ringlet sandbox check nobody)" 4
is "a folder that a jail hides is refused" \
    "$(status ringlet sandbox check plain -C "$HOME/.ssh")" 5
ringlet daemon stop >/dev/null

# --- a jail with a hole ---------------------------------------------------------
# bwrap with an option more: the user's home is there, and can be written.
mkdir "$T/realbin" "$T/bin"
for file in /usr/bin/*; do
	ln -s "$T/realbin/${file##*/}" "$T/bin/"
done
rm "$T/bin/bwrap"
cat >"$T/bin/bwrap" <<-HOLE
	#!/bin/sh
	[ "\$1" = --args ] || exec "$T/realbin/bwrap" "\$@"
	fd=\$2
	shift 3
	exec "$T/realbin/bwrap" --args "\$fd" --bind "$HOME" "$HOME" -- "\$@"
HOLE
chmod 755 "$T/bin/bwrap"
inside()
{
	bwrap --dev-bind / / --ro-bind /usr/bin "$T/realbin" \
	    --ro-bind "$T/bin" /usr/bin "$@"
}
if inside true; then
	inside ringlet daemon >"$T/daemon.out" 2>&1
	is "a hole makes it fail" \
	    "$(status ringlet --json sandbox check plain)" 1
	cp "$T/out" "$T/json"
	names jail '"through"' >"$T/through"
	cat "$T/through"
	for name in home-list home-write secret-read secret-write token-read \
	    home-fifo other-write autostart; do
		check "by the hole: $name" grep -qx "$name" "$T/through"
	done
	refute "and not by others" \
	    grep -qx -e abstract-stream -e signal-kill -e key-search \
	    "$T/through"
	ringlet daemon stop >/dev/null
else
	skip "a jail with a hole: user namespaces cannot be nested here"
fi
done_testing
