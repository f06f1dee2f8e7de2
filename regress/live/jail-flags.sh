# --bwrap-flags adds to the jail: no network with --unshare-net, a read-only /data with --ro-bind, and nonsense is refused.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

shell_profile flags
start_daemon
start_api any
cat >"$WORK/net.sh" <<'NET'
port=$1
if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
	echo "network reached"
else
	echo "network refused"
fi
NET
port=${API##*:}
jailed flags -C "$WORK" -- ./net.sh "$port" >"$T/out1"
like "by default the network is there" "$(cat "$T/out1")" \
    '^network reached$'
jailed flags --bwrap-flags=--unshare-net -C "$WORK" -- ./net.sh "$port" \
    >"$T/out2"
like "with --unshare-net it is not" "$(cat "$T/out2")" '^network refused$'

# A folder of ours stands in for /data: it is made visible where it was not.
data=$HOME/data
mkdir "$data"
echo 'shared data' >"$data/file"
cat >"$WORK/data.sh" <<'DATA'
cat "$1/file" 2>/dev/null || echo "data missing"
touch "$1/new" 2>/dev/null && echo "data written"
touch "$HOME/still" && echo "home writable"
DATA
jailed flags -C "$WORK" -- ./data.sh "$data" >"$T/out3"
like "by default the folder is not there" "$(cat "$T/out3")" \
    '^data missing$'
jailed flags --bwrap-flags="--ro-bind $data $data" -C "$WORK" -- \
    ./data.sh "$data" >"$T/out4"
like "with --ro-bind it is" "$(cat "$T/out4")" '^shared data$'
refute "read-only" grep -q 'data written' "$T/out4"
like "on top of the defaults" "$(cat "$T/out4")" '^home writable$'

# Flags that take away do, and none of them makes a place writable.
cat >"$WORK/writable.sh" <<'LOOK'
for place in / /tmp /var/tmp /run /etc /etc/ssl /opt /usr /new /new/x "$HOME" \
    "$PWD" "$1" /dev/shm; do
	touch "$place/ringlet-live" 2>/dev/null && echo "writable $place"
done
ls /etc/ssl 2>/dev/null | sed 's/^/ssl /'
echo "name $(cat /proc/sys/kernel/hostname) link $(readlink /new-link)"
LOOK
writable()
{
	jailed flags "$@" -C "$WORK" -- ./writable.sh "$data" >"$T/places"
	grep '^writable' "$T/places"
}
writable >"$T/default"
like "by default the working folder is writable" "$(cat "$T/default")" \
    "^writable $WORK$"
for flags in "--tmpfs /etc/ssl" "--remount-ro $WORK" \
    "--dir /new --symlink /etc /new-link --hostname jail" \
    "--unshare-cgroup --assert-userns-disabled" \
    "--ro-bind $data $data,--remount-ro /tmp,--remount-ro /var/tmp" \
    "--new-session --cap-drop ALL --die-with-parent --clearenv"; do
	writable --bwrap-flags="$flags" >"$T/set"
	is "with '$flags' nothing more is writable" \
	    "$(grep -Fvx -f "$T/default" "$T/set")" ''
	check "and the jail stands" test -s "$T/set"
	case $flags in
	"--tmpfs /etc/ssl")
		refute "a tmpfs hides" grep -q '^ssl' "$T/places" ;;
	"--remount-ro $WORK")
		refute "the working folder can be closed" \
		    grep -qx "writable $WORK" "$T/set" ;;
	--dir*)
		like "a name and a link" "$(cat "$T/places")" \
		    '^name jail link /etc$' ;;
	esac
done
is "a place in one that was added is refused" "$(status ringlet profiles run \
    flags --remote --bwrap-flags='--tmpfs /new --dir /new/x' -C "$WORK" -- \
    -c true)" 5

before=$(ringlet --json terminal list | json data | grep -o '"id"' | wc -l)
for flags in --nonsense --ro-bind '--ro-bind /data' '--args 3' --; do
	code=$(status ringlet profiles run flags --remote \
	    --bwrap-flags="$flags" -- -c true)
	check "'$flags' is refused ($code)" test "$code" -ne 0
	like "and named" "$(cat "$T/err")" '^ringlet: .*bwrap'
done
is "and no session was started for it" \
    "$(ringlet --json terminal list | json data | grep -o '"id"' | wc -l)" \
    "$before"
done_testing
