# Every system call of the daemons while a key is stored, used, replaced, moved to the vault and deleted is looked at: it is written to sockets and pipes that are meant for it, and to no file.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

[ -n "$LIVE_SCAN" ] || skip_all "only root can trace the daemons"
command -v strace >/dev/null || skip_all "strace is not installed"

start_keyring
start_daemon
key=$(canary strace)
echo "$key" >"$T/key"
trace=$(python3 "$LIVE_SRC/memscan" --trace "$LIVE_SCAN" "$MONITOR" \
    "$RINGLETD" "$SANDBOXER") || skip_all "strace cannot follow the daemons"

new_profile shell traced "$key" -p anthropic
# shellcheck disable=SC2016
session traced -C "$WORK" -- -c 'test -n "$ANTHROPIC_API_KEY"'
await "$ID"
is "the agent has its key" "$(field "$ID" exit_code)" 0
api POST /api/terminal/sessions '{"profile_alias":"traced","args":["-c","exit 3"]}' \
    >/dev/null
await "$(json data session_id <"$T/body")"
# The control: an agent may do with its own key what it likes.
cat >"$WORK/map.py" <<-'PY'
	import mmap, os
	key = os.environ["ANTHROPIC_API_KEY"].encode()
	with open("mapped", "w+b") as f:
	    f.truncate(4096)
	    mmap.mmap(f.fileno(), 4096)[:len(key)] = key
PY
# shellcheck disable=SC2016
session traced -C "$WORK" -- -c \
    'echo "$ANTHROPIC_API_KEY" >leak; python3 map.py'
await "$ID"
check "the control has written its key" grep -Fq "$key" "$WORK/leak"
check "once without a call" grep -Fq "$key" "$WORK/mapped"
rm "$WORK/leak" "$WORK/mapped"
check "it is replaced" ringlet profiles rekey traced --api-key-file "$T/key"
canary passphrase >"$T/pass"
check "a vault is made" ringlet keychain unlock --new --passphrase-file "$T/pass"
check "and the key moved into it" ringlet keychain migrate vault
# shellcheck disable=SC2016
session traced -C "$WORK" -- -c 'test -n "$ANTHROPIC_API_KEY"'
await "$ID"
is "the agent has its key from there" "$(field "$ID" exit_code)" 0
check "the profile is deleted" ringlet profiles delete traced -y
python3 "$LIVE_SRC/memscan" --untrace "$LIVE_SCAN" >/dev/null

python3 "$LIVE_SRC/tracesays" "$trace" "$T/key" >"$T/says"
cat "$T/says"
says()
{
	grep -E "$1" "$T/says"
}
control=$(says "^sends [^ ]+ $WORK/leak\$")
like "what the control wrote is seen" "$control" .
mapped=$(says "^maps python3[^ ]* $WORK/mapped\$")
like "also without a call" "$mapped" .
check "the monitor sends the key over sockets" \
    says '^sends ringlet-monit[^ ]* [0-9]+ socket$'
check "the helper over its channel" says '^sends ringlet-keych[^ ]* 3 socket$'
check "the sandboxer to bwrap, by a pipe" \
    says '^sends ringlet-sandb[^ ]* [0-9]+ pipe$'
# What is left must be nothing: no file, no terminal, no other descriptor of
# the helper (to this keyring it speaks in cipher), nothing of ringletd's.  (A
# sanitizer in the jail's init reads that process's own environment.)
grep -Ev '^sends ringlet-monit[^ ]* [0-9]+ socket$|^sends ringlet-keych[^ ]* 3 socket$|^sends ringlet-sandb[^ ]* [0-9]+ pipe$|^receives ringlet-(monit|keych|sandb)[^ ]* socket$|^receives bwrap pipe$|^receives jail-init /proc/1/environ$' \
    "$T/says" | grep -Fvx -e "$control" -e "$mapped" >"$T/rest"
is "and nothing else goes anywhere" "$(cat "$T/rest")" ""

# The vault's passphrase: from the command, to the helper, and no further.
python3 "$LIVE_SRC/tracesays" "$trace" "$T/pass" >"$T/says"
cat "$T/says"
check "the monitor sends the passphrase to the helper" \
    says '^sends ringlet-monit[^ ]* [0-9]+ socket$'
grep -Ev '^sends ringlet-monit[^ ]* [0-9]+ socket$|^receives ringlet-(monit|keych)[^ ]* socket$|^maps python3' \
    "$T/says" >"$T/rest"
is "which sends it nowhere" "$(cat "$T/rest")" ""
done_testing
