# `doctor` and `init` know where they are: a container with or without user namespaces, a login over ssh that ends, folders of another user's after su, a system with nothing but the base.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# A view of the machine in which something else is the case.
bwrap --dev-bind / / true 2>/dev/null ||
	skip_all "user namespaces are not to be had here"
# Files of / that begin with a dot are how docker tells.
root=''
for file in /*; do
	if [ -L "$file" ]; then
		root="$root --symlink $(readlink "$file") $file"
	else
		root="$root --dev-bind $file $file"
	fi
done
# view OPTION...: bwrap's; doctor's words are in $T/doctor.
view()
{
	# shellcheck disable=SC2086  # words without blanks
	bwrap $root "$@" ringlet doctor >"$T/doctor" 2>&1
}
# told WHAT PATTERN, silent WHAT PATTERN: there is such a line, or none.
told()
{
	like "$1" "$(cat "$T/doctor")" "$2"
}
silent()
{
	refute "$1" grep -Eq -- "$2" "$T/doctor"
}

# --- containers -----------------------------------------------------------------
: >"$T/empty"
printf 'systemd-nspawn\n' >"$T/nspawn"
view
silent "(control: this is taken for no container)" '^ok +machine: a container'
view --ro-bind "$T/empty" /.dockerenv
told "docker is known" '^ok +machine: a container \(docker\)'
view --tmpfs /run --ro-bind "$T/empty" /run/.containerenv
told "podman is known" '^ok +machine: a container \(podman\)'
view --tmpfs /run --dir /run/systemd --ro-bind "$T/nspawn" /run/systemd/container
told "and what systemd names" '^ok +machine: a container \(systemd-nspawn\)'
view --unshare-user --disable-userns
told "without user namespaces" '^FAIL user namespaces: '
told "no jail can be built, which is said with what to do" \
    '^FAIL jail: none can be built here: .*max_user_namespaces'
bwrap --dev-bind / / --unshare-user --disable-userns ringlet init -y \
    >"$T/init" 2>&1
is "init fails there" $? 1
like "and says the same" "$(cat "$T/init")" '^FAIL jail: .*max_user_namespaces'
ringlet daemon stop 2>/dev/null
# As docker's filter has it: the call is refused.
cat >"$T/refuse.py" <<'PY'
import ctypes, os, struct, sys
unshare, clone = {"x86_64": (272, 56), "aarch64": (97, 220)}[os.uname().machine]
LOAD, EQUAL, BITS, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, ERRNO = 0x7fff0000, 0x50000
rules = [(LOAD, 0, 0, 0), (EQUAL, 5, 0, unshare), (EQUAL, 5, 0, 435),
         (EQUAL, 1, 0, clone), (RETURN, 0, 0, ALLOW),
         (LOAD, 0, 0, 16), (BITS, 0, 2, 0x10000000),
         (RETURN, 0, 0, ERRNO | 1), (RETURN, 0, 0, ERRNO | 38),
         (RETURN, 0, 0, ALLOW)]
code = b"".join(struct.pack("HBBI", *rule) for rule in rules)
held = ctypes.create_string_buffer(code)
prog = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(held))
libc = ctypes.CDLL(None, use_errno=True)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, prog, 0, 0):
    sys.exit(99)
os.execvp(sys.argv[1], sys.argv[1:])
PY
refused()
{
	python3 "$T/refuse.py" "$@"
}
if refused true; then
	refused ringlet doctor >"$T/doctor" 2>&1
	is "with docker's filter doctor fails" $? 1
	told "and names the filter" \
	    '^FAIL user namespaces: .*--security-opt seccomp=unconfined'
	told "for the jail, too" '^FAIL jail: .*filter that allows unshare'
	refused ringlet init -y >"$T/init" 2>&1
	is "so does init" $? 1
	like "with what to do" "$(cat "$T/init")" \
	    '^FAIL jail: .*filter that allows unshare'
	ringlet daemon stop 2>/dev/null
else
	skip "docker's filter: none can be set here"
fi
view --unshare-user --uid 0
told "root is told to be somebody else" '^FAIL user: root: .*ordinary user$'
view --unshare-user --uid 0 --tmpfs /run --ro-bind "$T/empty" /run/.containerenv
told "and in a container how" '^FAIL user: root: .*--user NAME'

# --- the login ------------------------------------------------------------------
uid=$(id -u)
# login [OPTION]... -- [NAME=VALUE]...: in a machine with logind.
login()
{
	set -- "$@" end
	options=''
	while [ "$1" != -- ]; do
		options="$options $1"
		shift
	done
	shift
	values=''
	while [ "$1" != end ]; do
		values="$values $1"
		shift
	done
	# shellcheck disable=SC2086  # words without blanks
	env -u RINGLET_RUNTIME_DIR XDG_RUNTIME_DIR="/run/user/$uid" $values \
	    bwrap --dev-bind / / --tmpfs /run --dir /run/systemd/system \
	    --perms 0700 --dir "/run/user/$uid" --tmpfs /var/lib $options \
	    ringlet doctor >"$T/doctor" 2>&1
}
over='SSH_CONNECTION=192.0.2.1_1_192.0.2.2_22'
linger="--dir /var/lib/systemd --dir /var/lib/systemd/linger"
linger="$linger --ro-bind $T/empty /var/lib/systemd/linger/$(id -un)"
login -- "$over"
told "over ssh a login that ends takes the socket with it" \
    "^warn login: over ssh, and lingering is off: .*/run/user/$uid/ringlet.*loginctl enable-linger"
login --
told "at the machine that is no reason to warn" \
    '^ok +login: here, and lingering is off: '
# shellcheck disable=SC2086
login $linger -- "$over"
told "with lingering all stays" '^ok +login: over ssh; what you start stays'
if [ -d /etc/systemd ]; then
	printf '[Login]\n#KillUserProcesses=no\nKillUserProcesses = yes\n' \
	    >"$T/logind.conf"
	# shellcheck disable=SC2086
	login --tmpfs /etc/systemd --ro-bind "$T/logind.conf" \
	    /etc/systemd/logind.conf $linger -- "$over"
	told "unless logind ends what a login started" \
	    '^warn login: .*KillUserProcesses.*ringlet.socket'
	printf '[Login]\nKillUserProcesses=no\n' >"$T/later.conf"
	# shellcheck disable=SC2086
	login --tmpfs /etc/systemd --ro-bind "$T/logind.conf" \
	    /etc/systemd/logind.conf --dir /etc/systemd/logind.conf.d \
	    --ro-bind "$T/later.conf" /etc/systemd/logind.conf.d/a.conf \
	    $linger -- "$over"
	told "and a later word is the one that holds" \
	    '^ok +login: over ssh; what you start stays'
else
	skip "logind's settings: there is no /etc/systemd"
fi
mkdir "$T/theirs"
chmod 0 "$T/theirs"
env -u RINGLET_RUNTIME_DIR XDG_RUNTIME_DIR="$T/theirs/run" \
    ringlet doctor >"$T/doctor" 2>&1
told "after su the folder of who was there before is told" \
    '^FAIL runtime folder: .*another user.s: .*log in anew'
chmod 700 "$T/theirs"

# --- a system with nothing but the base -----------------------------------------
mkdir "$T/realbin" "$T/bin"
find /usr/bin -mindepth 1 -maxdepth 1 -printf "$T/realbin/%f\\0" |
    xargs -0 ln -s -t "$T/bin"
rm -f "$T/bin/bwrap" "$T/bin/ssh" "$T/bin/npm" "$T/bin/node" \
    "$T/bin/dbus-run-session"
bare="--ro-bind /usr/bin $T/realbin --ro-bind $T/bin /usr/bin"
[ ! -d /etc/ssl ] || bare="$bare --tmpfs /etc/ssl"
[ ! -d /etc/pki ] || bare="$bare --tmpfs /etc/pki"
# shellcheck disable=SC2086
view $bare
told "bubblewrap is to be installed" '^FAIL bwrap: .*install bubblewrap'
told "and certificates" '^warn certificates: .*apt install ca-certificates'
told "ssh is needed for other machines alone" \
    '^ok +ssh: .*only -H .*apt install openssh-client'
told "keys go to a vault" '^warn session bus: .*keychain unlock. makes a vault'
silent "no program that is not there is advised" dbus-run-session
# shellcheck disable=SC2086
PATH=$LIVE_BIN:/usr/bin bwrap --dev-bind / / $bare ringlet init -y \
    >"$T/init" 2>&1
is "init fails for want of a jail" $? 1
like "which it names" "$(cat "$T/init")" '^FAIL jail: .*apt install bubblewrap'
like "npm comes before what it installs" "$(cat "$T/init")" \
    '^todo agents: none .*nor is npm'
[ ! -x /usr/bin/apt ] || like "with what to type" \
    "$(sed -n '/^Next/,$p' "$T/init" | sed -n 2p)" '^  sudo apt install npm$'
refute "no session is advised that cannot be" \
    grep -q 'profiles run .* --remote' "$T/init"
like "and keys have no place yet" "$(cat "$T/init")" \
    '^todo keychain: .*keychain unlock'
ringlet daemon stop 2>/dev/null
done_testing
