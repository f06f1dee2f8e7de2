# Every command that prints data prints one JSON document with --json, of the shape that ringlet-json(7) has for it; errors, too.
# shellcheck shell=sh disable=SC2086
. "${0%/*}/lib.sh"
. "${0%/*}/registry-lib.sh"

PAGE=$LIVE_SRC/ringlet-json.7
: >"$T/seen"

shape()
{
	python3 "$LIVE_SRC/json-shape.py" "$PAGE" "$@"
}

# shaped STATUS COMMAND ARGS...: COMMAND, in words, does what it should and its
# document is as the page says.
shaped()
{
	want=$1 name=$2
	shift 2
	is "$name is $want" "$(status ringlet --json $name "$@" </dev/null)" \
	    "$want"
	check "$name: its document is as the page says" \
	    shape "$name" "$T/out"
	is "$name: it is one line" "$(grep -c '' <"$T/out")" 1
	refute "$name: nothing but hints is beside it" \
	    grep -qv '^ringlet: ' "$T/err"
	echo "$name" >>"$T/seen"
}

# refused STATUS CODE ARGS...
refused()
{
	want=$1 code=$2
	shift 2
	is "$* is $want" "$(status ringlet --json "$@" </dev/null)" "$want"
	check "$*: its error is as the page says" shape --error "$T/out"
	is "$*: its code" "$(json error code <"$T/out")" "$code"
	is "$*: there is nothing else" "$(cat "$T/err")" ''
}

refused 3 UNREACHABLE daemon status
like "what to do is apart from what went wrong" \
    "$(json error hint <"$T/out")" "^'ringlet daemon' starts it"
is "and left out of that" "$(json error message <"$T/out")" \
    'the daemon is not running'
refused 2 USAGE profiles inspect
like "how it is used is the hint" "$(json error hint <"$T/out")" 'ALIAS'
refused 2 USAGE frobnicate
refused 2 USAGE terminal list --frob

new_registry
index 2 2.0
sign_by a
cat >>"$CONF" <<-CONF
	RegistryURL file://$R
	RegistryKey $KEY_A
CONF
shaped 0 daemon
daemon_facts
shaped 0 'daemon status'
shaped 0 help
shaped 0 --version
shaped 0 'profiles create' shell plain -p self --working-dir "$WORK" \
    --env A=b --arg -l
printf 'sk-ant-0123456789abcdef0123456789\n' >"$T/key"
chmod 600 "$T/key"
printf 'a good passphrase, long\n' >"$T/pass"
chmod 600 "$T/pass"
shaped 0 'keychain unlock' --new --passphrase-file "$T/pass"
shaped 0 'profiles create' claude keyed -p anthropic --api-key-file "$T/key"
shaped 0 'profiles list'
shaped 0 'profiles inspect' keyed
shaped 0 'profiles env' plain
shaped 0 'profiles rekey' keyed --api-key-file "$T/key"
shaped 0 'profiles grant' plain ro "$WORK"
shaped 0 'profiles endpoint' keyed https://api.example/v1 -y
shaped 0 'sandbox explain' plain
shaped 0 'sandbox explain' plain "$WORK"
shaped 0 'agents list'
shaped 0 'agents inspect' claude
shaped 0 'providers list'
shaped 0 'providers inspect' anthropic
shaped 0 'hooks add' keyed PreToolUse Bash true
shaped 0 'hooks add' keyed Stop '' 'echo done'
shaped 0 'hooks list' keyed
shaped 0 'hooks approve' keyed -y
ringlet hooks add keyed PreToolUse Bash false --replace 0 >/dev/null 2>&1
shaped 0 'hooks review' keyed
shaped 0 'hooks export' keyed
ringlet hooks export keyed >"$T/hooks"
shaped 0 'hooks remove' keyed Stop 0
shaped 0 'hooks import' keyed "$T/hooks"
mkdir "$T/bin"
shaped 0 'aliases install' plain --bin-dir "$T/bin"
shaped 0 'aliases list'
shaped 0 'aliases uninstall' plain
shaped 0 'keychain status'
shaped 0 'token path'
shaped 0 'token create' --scope view --label one --expires 1h
token=$(json data id <"$T/out")
shaped 0 'token list'
shaped 0 'token revoke' "$token"
shaped 0 'token rotate'
shaped 0 dashboard --print
shaped 0 'policy show'
shaped 0 'registry lint' "$R"
shaped 0 'registry sync'
shaped 0 'registry inspect'
shaped 0 'registry pin' 2.0
shaped 0 'registry unpin'
cp -r "$R" "$T/own"
rm -f "$T/own/registry.json"*
shaped 0 'registry sign' "$T/own" --secret-key "$T/a.key" --name acme

if ringlet -q profiles run plain --remote -- -c 'exec cat' >"$T/id" \
    2>"$T/run.err"; then
	shaped 0 'profiles run' plain --remote -- -c 'exec cat'
	id=$(json data id <"$T/out")
	shaped 0 'terminal list'
	shaped 0 'terminal info' "$id"
	python3 -c '
import struct, sys, zlib
def chunk(kind, data):
    return (struct.pack(">I", len(data)) + kind + data +
        struct.pack(">I", zlib.crc32(kind + data)))
sys.stdout.buffer.write(b"\x89PNG\r\n\x1a\n" +
    chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) +
    chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b""))' \
	    >"$T/dot.png"
	shaped 0 'terminal upload' "$id" "$T/dot.png"
	shaped 0 'terminal kill' "$id"
	shaped 0 'terminal info' "$id"
	shaped 0 'terminal cleanup'
	shaped 0 'sandbox check'
else
	cat "$T/run.err"
	skip "sessions: no jail can be built here"
fi
shaped 0 'audit show'
shaped 0 'audit verify'
ringlet --json audit show -n 2 --follow >"$T/follow" &
follow=$!
at_end $follow
check "--follow prints entries" wait_for 10 test -s "$T/follow"
check "each a document" python3 -c '
import json, sys
for line in open(sys.argv[1]):
    json.loads(line)' "$T/follow"
kill $follow
shaped 0 init
ringlet --json doctor >"$T/out" 2>"$T/err" </dev/null
check "doctor: its document is as the page says" shape doctor "$T/out"
echo doctor >>"$T/seen"

refused 4 NOT_FOUND profiles inspect nobody
refused 4 NOT_FOUND agents inspect claud
like "a name that is near is the hint" "$(json error hint <"$T/out")" claude
refused 4 NOT_FOUND terminal info abcdef0123456789
refused 1 EXISTS profiles create shell plain -p self
refused 1 PASSPHRASE keychain passphrase --passphrase-file "$T/key" \
    --new-passphrase-file "$T/pass"
refused 2 USAGE terminal attach abc
refused 2 USAGE profiles run plain

shaped 0 'keychain passphrase' --passphrase-file "$T/pass" \
    --new-passphrase-file "$T/pass"
start_keyring
ringlet daemon restart --force >/dev/null 2>&1
ringlet -q keychain unlock --passphrase-file "$T/pass" 2>/dev/null
shaped 0 'keychain migrate' secret-service
shaped 0 'keychain lock'
shaped 0 'profiles delete' keyed -y
shaped 0 'daemon restart'
shaped 0 'daemon stop'

# None is forgotten; a tunnel needs a second machine, and has a test of its own.
echo tunnel >>"$T/seen"
is "all commands of the page were looked at" "$(shape --list | sort -u)" \
    "$(sort -u "$T/seen")"
like "and it has all that there are" "$(ringlet --json help | python3 -c '
import json, sys
page = set(open(sys.argv[1]).read().split("\n"))
names = [c["command"] for c in json.load(sys.stdin)["data"]["commands"]]
print("missing:", [n for n in names
    if n not in page and n != "terminal attach"])' "$T/seen")" \
    '^missing: \[\]$'
done_testing
