# Grants and settings show a jail what they name and nothing else; what would uncover Ringlet's own files, keys, sockets or the home is refused, by whatever name.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

mkdir -p "$HOME/data/inner" "$HOME/rw" "$HOME/set" "$HOME/.ssh" \
    "$HOME/.gnupg" "$HOME/.local/share/keyrings"
echo shared >"$HOME/data/file"
echo hidden >"$HOME/data/inner/secret"
echo set >"$HOME/set/file"
start_bus
cat >>"$CONF" <<CONF
JailReadOnly ~/set
JailHide ~/data/inner
JailEnv FROM_SETTING
CONF
shell_profile granted
shell_profile other
start_daemon
cat >"$WORK/look.sh" <<'LOOK'
cat "$1/data/file" 2>/dev/null || echo "no data"
touch "$1/data/new" 2>/dev/null && echo "data written"
ls "$1/data/inner" 2>/dev/null
cat "$1/set/file" 2>/dev/null
touch "$1/set/new" 2>/dev/null && echo "set written"
touch "$1/rw/new" 2>/dev/null && echo "rw written"
echo "env=$GRANTED setting=$FROM_SETTING other=$NOT_GRANTED"
for place in /tmp /var/tmp /dev/shm; do
	echo "$place $(df -B1 --output=size $place | tail -1 | tr -d ' ')"
done
touch /dev/new 2>/dev/null && echo "/dev written"
head -c 9M /dev/zero >/dev/shm/much 2>/dev/null && echo "shm unbounded"
rm -f /dev/shm/much
head -c 1M /dev/zero >/dev/shm/some && echo "shm written"
LOOK
GRANTED=yes NOT_GRANTED=no FROM_SETTING=all
export GRANTED NOT_GRANTED FROM_SETTING
jailed granted -C "$WORK" -- ./look.sh "$HOME" >"$T/before"
like "before, a folder is not there" "$(cat "$T/before")" '^no data$'
like "what a setting names is" "$(cat "$T/before")" '^set$'
refute "and is not writable" grep -q 'set written' "$T/before"
like "a variable that a setting names is there, others are not" \
    "$(cat "$T/before")" '^env= setting=all other=$'

for grant in "ro $HOME/data" "rw $HOME/rw" "env GRANTED" "limit tmp=8M" \
    "limit memory=2G"; do
	# shellcheck disable=SC2086  # its words
	is "granted: $grant" "$(status ringlet profiles grant granted $grant)" 0
done
like "inspect lists them" "$(ringlet profiles inspect granted)" \
    "^Grant: ro $HOME/data$"
jailed granted -C "$WORK" -- ./look.sh "$HOME" >"$T/after"
like "then it can be read" "$(cat "$T/after")" '^shared$'
refute "but not written" grep -q 'data written' "$T/after"
refute "and what JailHide names stays hidden" grep -q secret "$T/after"
like "one that is granted for it can be written" "$(cat "$T/after")" \
    '^rw written$'
check "outside, too" test -e "$HOME/rw/new"
like "the variable is passed on" "$(cat "$T/after")" '^env=yes setting=all'
for place in /tmp /var/tmp /dev/shm; do
	like "and $place is of that size" "$(cat "$T/after")" \
	    "^$place 8388608\$"
done
like "/dev/shm is there to be used" "$(cat "$T/after")" '^shm written$'
refute "and takes no more" grep -q 'shm unbounded' "$T/after"
refute "nor does the rest of /dev" grep -q '/dev written' "$T/after"
like "by default it has a size, too" "$(cat "$T/before")" \
    '^/dev/shm 2147483648$'
is "bounds are in the plan" "$(ringlet --json sandbox explain granted |
    json data limits memory_bytes)" 2147483648
jailed other -C "$WORK" -- ./look.sh "$HOME" >"$T/other"
like "another profile gets none of it" "$(cat "$T/other")" '^no data$'
is "a grant in place of one" "$(status ringlet profiles grant granted \
    limit tmp=16M)" 0
is "replaces it" "$(ringlet profiles inspect granted | grep -c 'limit tmp')" 1
is "revoked" "$(status ringlet profiles grant granted ro "$HOME/data" \
    --revoke)" 0
jailed granted -C "$WORK" -- ./look.sh "$HOME" >"$T/revoked"
like "it is gone again" "$(cat "$T/revoked")" '^no data$'
is "what is not there cannot be revoked" "$(status ringlet profiles grant \
    granted ssh-agent --revoke)" 4

# What must not be uncovered: by its name, a link, or a way around.
ln -s "$RINGLET_CONFIG_DIR" "$HOME/data/way"
home=$(ringlet --json profiles inspect other | json data home)
for path in "$HOME" "$HOME/.." / "$RINGLET_CONFIG_DIR" "$TOKEN" \
    "$RINGLET_DATA_DIR" "$RINGLET_STATE_DIR" "$RINGLET_RUNTIME_DIR" \
    "$XDG_RUNTIME_DIR" "$XDG_RUNTIME_DIR/bus" "$HOME/.ssh" "$HOME/.gnupg" \
    "$HOME/.local/share/keyrings" "$HOME/.local/share" "$HOME/.config" \
    "$home" "${home%/*}" /run /tmp /proc /dev /etc \
    "$HOME/data/way" "$HOME/data/way/http_token" "$HOME/data/../.ssh" \
    "$T"; do
	[ -e "$path" ] || continue
	for way in ro rw; do
		is "refused: $way $path" \
		    "$(status ringlet profiles grant granted $way "$path")" 5
	done
done
like "the reason names what and why" "$(cat "$T/err")" \
    "^ringlet: $T: holds "
is "so is a variable that loads code" "$(status ringlet profiles grant \
    granted env LD_PRELOAD)" 1
is "or one that carries a key" "$(status ringlet profiles grant granted env \
    ANTHROPIC_API_KEY)" 1
is "a limit that cannot be" "$(status ringlet profiles grant granted limit \
    memory=1)" 1
is "and a word that is no grant" "$(status ringlet profiles grant granted \
    everything)" 1

# A link that is put in a granted folder's place later leads nowhere.
mv "$HOME/rw" "$HOME/rw.old"
ln -s "$HOME/.ssh" "$HOME/rw"
is "a link in place of a granted folder stops the session" \
    "$(status ringlet profiles run granted --remote -C "$WORK" -- -c true)" 5
rm "$HOME/rw"
mv "$HOME/rw.old" "$HOME/rw"

# Over HTTP there is no way to any of it.
is "no route for grants" "$(api POST /api/profiles/granted/grants \
    '{"grant":"ssh-agent"}')" 404
# A setting that must not hold stops sessions, and says which.
echo "JailReadOnly $HOME/.ssh" >>"$CONF"
kill -HUP "$MONITOR"
says()
{
	ringlet sandbox explain other 2>&1 | grep -q 'JailReadOnly: .*\.ssh'
}
check "a setting that would uncover keys stops sessions" wait_for 20 says
done_testing
