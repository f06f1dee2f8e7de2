# What somebody new does wrong is told in one line: what, where, and what to do about it, with the exit status for it.
# shellcheck shell=sh disable=SC2016
. "${0%/*}/lib.sh"

ROWS=0

# wrong STATUS PATTERN COMMAND...: COMMAND exits with STATUS, and the last line
# it says that is no usage has what went wrong, a colon, and what to do about it.
wrong()
{
	want=$1 pattern=$2
	shift 2
	ROWS=$((ROWS + 1))
	told=$*
	[ "$1" = sh ] && told="$3"
	is "$told: exits with $want" "$(status "$@" </dev/null)" "$want"
	said=$(grep -v '^usage: \|^        ' "$T/err" | tail -n 1)
	like "$told: says it" "$said" "$pattern"
	like "$told: in the form" "$said" '^ringlet: .+: .+'
	refute "$told: nothing is shown" grep -q . "$T/out"
	refute "$told: commands are quoted as all are" grep -q '`' "$T/err"
	refute "$told: without a control character" \
	    grep -q "$(printf '[\001-\010\013-\014\016-\037]')" "$T/err"
}

# --- the command itself, without a daemon ---
wrong 2 "a command is missing: .ringlet help. lists all" ringlet
wrong 2 "unknown command 'profile': did you mean 'ringlet profiles'" \
    ringlet profile list
wrong 2 "unknown command 'profiles lst': did you mean 'ringlet profiles list'" \
    ringlet profiles lst
wrong 2 "unknown command 'xyzzy': 'ringlet help' lists all" ringlet xyzzy
wrong 2 "'profiles' is not a whole command: 'ringlet help profiles' lists" \
    ringlet profiles
wrong 2 "unknown option --remot: did you mean --remote" \
    ringlet profiles run x --remot
wrong 2 "unknown option -Z: .--help. shows all" ringlet profiles list -Z
wrong 2 "--cols needs an argument: N" ringlet profiles run x --remote --cols
wrong 2 "--cols was given twice: leave one out" \
    ringlet profiles run x --remote --cols 80 --cols 81
wrong 2 "--remote takes no argument: leave out what follows" \
    ringlet profiles run x --remote=yes
wrong 2 "an argument is missing: give ALIAS" ringlet profiles inspect
wrong 2 "'profiles list' takes no arguments: leave it out" \
    ringlet profiles list work
wrong 2 "-p PROVIDER is missing: .*providers list" \
    ringlet profiles create claude work
wrong 2 "unknown command 'version': did you mean 'ringlet --version'" \
    ringlet version
wrong 2 "'doctor' takes no arguments: leave it out" ringlet doctor work
wrong 2 "-C DIR needs a profile: name one" ringlet sandbox check -C /
wrong 2 "argument 3 is not UTF-8: names" ringlet agents inspect \
    "$(printf '\377')"
wrong 2 "API key can come from one place alone: give one of" \
    ringlet profiles rekey work --from-agent --from-env HOME
wrong 2 "forbids it: leave one out" ringlet registry sync --force --offline
wrong 2 "do not go together: leave one out" ringlet profiles run work --remote \
    --sandbox --no-sandbox
wrong 2 "an index is missing: give an event and an index" \
    ringlet hooks approve work Stop
wrong 2 "--hash goes with an event and an index.*: 'ringlet hooks review'" \
    ringlet hooks approve work --hash 12
wrong 2 "-n: '0' is no number from 1 to 1000000: give one" \
    ringlet audit show -n 0
wrong 2 "'init' takes no arguments: leave it out" ringlet init work
wrong 2 "--model has an empty argument: give MODEL, or leave it out" \
    ringlet profiles create claude work -p anthropic --model ''
wrong 2 "--host has an empty argument: give HOST" ringlet -H '' agents list
wrong 2 "argument 2 is empty: give the name of a file" \
    ringlet sandbox explain work ''
wrong 2 "argument 1 is empty: give the name of a folder" ringlet registry lint ''
wrong 2 "argument 3 is empty: give what is granted" \
    ringlet profiles grant work env ''
for group in 'profiles inspect' 'profiles run' 'profiles delete -y' \
    'hooks list' 'sandbox explain' 'aliases install' 'aliases uninstall'; do
	# shellcheck disable=SC2086
	wrong 2 "'' is no profile's name: 'ringlet profiles list' shows all" \
	    ringlet $group ''
done
wrong 2 "'\.\./x' is no profile's name: " ringlet profiles env ../x
wrong 2 "'a.x0ab' is no profile's name: " ringlet profiles rekey 'a
b'
wrong 2 "A' is no profile's name: " ringlet profiles inspect \
    "$(head -c 10000 /dev/zero | tr '\0' A)"
check "of such a word no more than can be read is told" \
    test "$(wc -c <"$T/err")" -lt 1000
wrong 2 "unknown option --A.*A: '--help' shows all" ringlet profiles list \
    "--$(head -c 10000 /dev/zero | tr '\0' A)"
wrong 2 "arguments for the agent stand after --" \
    ringlet profiles run work extra
wrong 2 "argument 3 is one too many: " \
    ringlet profiles create claude work sk-ant-secret -p anthropic
refute "a key that was typed as an argument is not repeated" \
    grep -q secret "$T/err"
wrong 3 "the daemon is not running: 'ringlet daemon' starts it" \
    ringlet daemon status
wrong 2 "RINGLET_CONFIG_DIR is not an absolute path: mend" \
    env RINGLET_CONFIG_DIR=here ringlet profiles list
wrong 2 "-H: .* is no host: HOST or USER@HOST" ringlet -H '-oProxy' agents list
wrong 2 "a tunnel begins here: .ringlet tunnel there" \
    ringlet -H there tunnel there

# --- the daemon cannot start ---
chmod 755 "$XDG_RUNTIME_DIR"
mkdir -m 755 "$RINGLET_RUNTIME_DIR"
wrong 3 "open to other users: chmod 700 it" ringlet profiles list
rmdir "$RINGLET_RUNTIME_DIR"
chmod 700 "$XDG_RUNTIME_DIR"
wrong 3 "No such file|cannot|missing.*: " \
    env RINGLET_LIBEXEC_DIR="$T/none" ringlet profiles list
cp "$CONF" "$T/conf"
echo 'ListenAdress 127.0.0.1:0' >>"$CONF"
wrong 3 "ringlet.conf.*ListenAdress" ringlet profiles list
cp "$T/conf" "$CONF"
chmod 000 "$CONF"
wrong 3 "ringlet.conf: Permission denied" ringlet profiles list
chmod 600 "$CONF"
chmod 755 "$RINGLET_CONFIG_DIR"
wrong 3 "$RINGLET_CONFIG_DIR: .*chmod 700" ringlet profiles list
chmod 700 "$RINGLET_CONFIG_DIR"
python3 -c '
import socket, time
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
print(s.getsockname()[1], flush=True)
time.sleep(600)' >"$T/port" &
at_end $!
wait_for 10 test -s "$T/port" || bail "a port is taken"
wrong 3 "$(cat "$T/port"): .*in use.*: " \
    ringlet daemon -o "ListenAddress=127.0.0.1:$(cat "$T/port")"
mkdir -m 500 "$T/shut"
wrong 3 "$T/shut/state: Permission denied: 'ringlet doctor' says" \
    env RINGLET_STATE_DIR="$T/shut/state" ringlet profiles list
wrong 3 "/dev/full.*Not a directory" \
    env RINGLET_STATE_DIR=/dev/full/x ringlet profiles list
chmod 000 "$HOME"
wrong 3 "$HOME.*: .*Permission denied" env -u RINGLET_CONFIG_DIR \
    -u RINGLET_DATA_DIR -u RINGLET_STATE_DIR ringlet profiles list
chmod 700 "$HOME"

# --- with a daemon ---
start_daemon
printf 'sk-ant-0123456789abcdef0123456789\n' >"$T/key"
printf 'a good passphrase, long\n' >"$T/pass"
chmod 600 "$T/key" "$T/pass"
wrong 1 "keychain: .*: 'ringlet keychain unlock' makes one" \
    ringlet profiles create claude work -p anthropic --api-key-file "$T/key"
like "why there is none is said, and that there is none once" \
    "$(cat "$T/err")" 'no Secret Service answers \(([^n]|n[^o])'
ringlet -q keychain unlock --new --passphrase-file "$T/pass" ||
	bail "there is a vault"
wrong 4 "there is no agent 'clade': did you mean 'claude'" \
    ringlet profiles create clade work -p anthropic
wrong 4 "there is no provider 'antropic': did you mean 'anthropic'" \
    ringlet profiles create claude work -p antropic
wrong 4 "there is no agent 'qqqq': .ringlet agents list. shows all" \
    ringlet agents inspect qqqq
wrong 2 "ALIAS: must be 1 to" ringlet profiles create claude 'a b' -p anthropic
wrong 2 "ALIAS: must be 1 to" sh -c \
    'echo sk-ant-0123456789abcdef | ringlet profiles create claude /x -p anthropic'
wrong 2 "API key .standard input. is empty: give one line" sh -c \
    'ringlet profiles create claude work -p anthropic </dev/null'
wrong 2 "API key .standard input. has a tab.*: give one line" sh -c \
    'printf "a key with\ttab\n" | ringlet profiles create claude work -p anthropic'
wrong 4 "$T/none: No such file.*: the API key is read from a file" \
    ringlet profiles create claude work -p anthropic --api-key-file "$T/none"
wrong 1 "$T: Is a directory: the API key is read from a file" \
    ringlet profiles create claude work -p anthropic --api-key-file "$T"
cp "$T/key" "$T/closed"
chmod 000 "$T/closed"
wrong 5 "$T/closed: Permission denied: the API key" \
    ringlet profiles create claude work -p anthropic --api-key-file "$T/closed"
wrong 4 "$T/none: No such file.*: the passphrase is read from a file" \
    ringlet keychain unlock --passphrase-file "$T/none"
wrong 2 "has a line break at byte 2: give one line, the key alone$" sh -c \
    'printf "a\nb\n" | ringlet profiles create claude work -p anthropic'
wrong 2 "passphrase .standard input. is empty: give one line of 8" sh -c \
    'ringlet keychain unlock --passphrase-file - </dev/null'
wrong 4 "$T/none: .*: name a folder that is there" \
    ringlet profiles create shell x -p self --working-dir "$T/none"
wrong 4 "there is no profile .*: 'ringlet profiles create' makes one" \
    ringlet profiles run work
wrong 4 "there is no agent 'clade': did you mean 'claude'" \
    ringlet profiles list --agent clade
is "but an agent may have no profiles" \
    "$(status ringlet profiles list --agent codex)" 0
shell_profile work
is "an agent may be installed later" "$(status ringlet profiles create claude \
    later -p self)" 0
like "how is said, for where root owns npm" "$(cat "$T/err")" \
    "is not installed yet: npm install -g --prefix ~/.local @anthropic"
like "by agents inspect, too" "$(ringlet agents inspect claude)" \
    "Install by: +npm install -g --prefix ~/.local @anthropic"
wrong 4 "there is no profile .*: did you mean 'work'" \
    ringlet profiles run wrok
wrong 4 "there is no profile .*: 'ringlet profiles list' shows all" \
    ringlet profiles delete -y something
wrong 1 "work exists already: take another name" \
    ringlet profiles create shell work -p self
wrong 2 "no terminal to ask on: give -y" ringlet profiles delete work
wrong 2 "needs --remote: without it" ringlet profiles run work --no-sandbox
wrong 2 "takes no API key: leave out" \
    ringlet profiles create shell y -p self --from-env HOME
wrong 2 "--model: must be" ringlet profiles create claude z -p anthropic \
    --model '-x y'
wrong 2 "--env: number 2 is not NAME=VALUE" ringlet profiles create claude z \
    -p anthropic --env A=b --env TYPO
refute "(whose value is not told)" grep -q TYPO "$T/err"
wrong 2 "--env: LD_PRELOAD: refused" ringlet profiles create claude z \
    -p anthropic --env LD_PRELOAD=x
wrong 2 "--env: A: comes twice" ringlet profiles create claude z \
    -p anthropic --env A=b --env A=c
wrong 1 "-p: agent claude cannot use provider openai" \
    ringlet profiles create claude z -p openai
is "so says JSON" "$(ringlet --json profiles create claude z -p anthropic \
    --env TYPO | json error code)" USAGE
wrong 2 "--endpoint: .*would send the key unencrypted: use https" \
    ringlet profiles create claude z -p anthropic --endpoint http://evil.example
wrong 2 "argument 2 is empty: give an endpoint's id or URL, or leave it out" \
    ringlet profiles endpoint work ''
wrong 4 "$T/none: No such file.*: name a file or folder that is there" \
    ringlet profiles grant work ro "$T/none"
for path in "$T/none" "$RINGLET_CONFIG_DIR"; do
	wrong 4 "there is no profile wrok: did you mean 'work'" \
	    ringlet profiles grant wrok ro "$path"
	wrong 4 "wrok.*: did you mean 'work'" \
	    ringlet profiles grant wrok ro "$path" --revoke
done
wrong 5 "$RINGLET_CONFIG_DIR.*: " \
    ringlet profiles grant work ro "$RINGLET_CONFIG_DIR"
wrong 4 "$T/none/x: No such file.*: give --record the name" \
    ringlet profiles run work --remote --record "$T/none/x"
wrong 4 "$T/none: No such file.*: -C DIR names another" \
    ringlet profiles run work -C "$T/none"
mkdir -m 000 "$T/barred"
wrong 5 "$T/barred: Permission denied: -C DIR names another" \
    ringlet profiles run work -C "$T/barred"
wrong 4 "no session abcdef0123456789: 'ringlet terminal list' shows" \
    ringlet terminal attach abcdef0123456789
wrong 2 "'work' is not a session's id: 'ringlet terminal list' shows all" \
    ringlet terminal attach work
wrong 2 "'FOO' is not a signal: TERM, KILL" ringlet terminal kill ab --signal FOO
wrong 2 "PreTol.*: .*PreToolUse" ringlet hooks add work PreTol x true
echo '{"hooks": ' >"$T/hooks"
wrong 1 "$T/hooks: line 2 .*: " ringlet hooks import work "$T/hooks"
wrong 4 "$T/none: No such file" ringlet hooks import work "$T/none"
wrong 4 "no hook.*: " ringlet hooks remove work Stop 3
wrong 1 "RegistryURL is not set: " ringlet registry sync
wrong 2 "'TYPO' is no reference: give a version" ringlet registry pin TYPO
wrong 4 "$T/none.*: " ringlet registry lint "$T/none"
wrong 2 "'valt' is no keychain: .*vault" ringlet keychain migrate valt
wrong 1 "vault: it has another passphrase" ringlet keychain passphrase \
    --passphrase-file "$T/key" --new-passphrase-file "$T/pass"
wrong 2 "--scope: 'all' is neither view nor control" \
    ringlet token create --scope all
wrong 2 "--scope: view or control is needed" ringlet token create
wrong 2 "--expires: 'soon' is no time such as 30m" \
    ringlet token create --scope view --expires soon
wrong 4 "no such token: 'ringlet token list' shows all" \
    ringlet token revoke 0123456789abcdef
wrong 2 "--since: 'someday' is no time: " ringlet audit show --since someday
wrong 4 "$T/none: .*: " ringlet sandbox explain work -C "$T/none"
wrong 1 "standard output: No space left on device: what" \
    sh -c 'ringlet profiles list >/dev/full'
for closed in 'profiles list' '--json profiles list' 'profiles env work' \
    --version; do
	wrong 1 "standard output: Bad file descriptor.*" \
	    sh -c "ringlet $closed >&-"
done
is "what prints nothing needs no output" \
    "$(status sh -c 'ringlet -q daemon >&-')" 0
ringlet -q keychain lock
wrong 1 "locked.*: .*'ringlet keychain unlock'" ringlet profiles create claude locked \
    -p anthropic --api-key-file "$T/key"
wrong 3 "ssh.*: |could not be reached.*: " ringlet -H nowhere.invalid agents list

cat >>"$CONF" <<-CONF
	RegistryURL file://$T/none
CONF
ringlet -q daemon restart
wrong 5 "RegistryKey is not set: .*see ringlet.conf" ringlet registry sync
echo "RegistryKey RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3" \
    >>"$CONF"
ringlet -q daemon restart
wrong 4 "$T/none: No such file or directory" ringlet registry sync
echo 'RegistryURL http://registry.example/' >>"$T/conf"
cp "$T/conf" "$CONF"
wrong 1 "ringlet.conf.*RegistryURL.*http" ringlet daemon restart
ringlet -q daemon stop
wrong 3 "ringlet.conf.*RegistryURL.*http" ringlet profiles list

# EPIPE and a closed standard input are no mistakes.
sed -i '/^RegistryURL/d' "$CONF"
ringlet agents list | head -n 1 >"$T/out"
like "a reader may leave" "$(cat "$T/out")" '^ID'
is "standard input may be closed" "$(status ringlet profiles list <&-)" 0
check "that were at least 40 ($ROWS)" test "$ROWS" -ge 40
done_testing
