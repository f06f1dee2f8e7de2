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

for flags in --nonsense --ro-bind '--ro-bind /data' '--args 3' --; do
	code=$(status ringlet profiles run flags --remote \
	    --bwrap-flags="$flags" -- -c true)
	check "'$flags' is refused ($code)" test "$code" -ne 0
	like "and named" "$(cat "$T/err")" '^ringlet: .*bwrap'
done
is "and no session was started for it" \
    "$(ringlet --json terminal list | json data | grep -o '"id"' | wc -l)" 4
done_testing
