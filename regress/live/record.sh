# `profiles run --record` writes an asciicast that asciinema plays byte for byte, and never over a file that is there.
# shellcheck shell=sh disable=SC2016
. "${0%/*}/lib.sh"

shell_profile rec
start_daemon
cp "$LIVE_FAKE/fake-agent" "$WORK/"
command -v asciinema >/dev/null || skip_all "asciinema is not installed"
# It wants a folder for its own settings.
ASCIINEMA_CONFIG_HOME=$T/asciinema
export ASCIINEMA_CONFIG_HOME

# valid FILE: every line is JSON of the form that the format has.
valid()
{
	python3 - "$1" <<'PY'
import json, sys
lines = open(sys.argv[1], encoding="utf-8", newline="\n").read()
assert lines.endswith("\n")
head, *events = map(json.loads, lines[:-1].split("\n"))
assert head["version"] == 2 and head["width"] > 0 and head["height"] > 0
assert isinstance(head["timestamp"], int) and head["env"]["TERM"]
last = 0
for when, kind, data in events:
    assert when >= last and kind in ("o", "r") and isinstance(data, str)
    last = when
PY
}

# played FILE: what asciinema prints, its own reset of the terminal left out.
played()
{
	on_tty --out "$T/played" wait x -- asciinema cat "$1" &&
	    sed 's/\r$//' "$T/played" | tr -d '\r'
}

# Without --attach it stays to record, and types nothing.
ringlet profiles run rec --remote --record "$T/one.cast" -C "$WORK" \
    --cols 91 --rows 23 -- -c 'printf "caf\303"; sleep 0.2; printf "\251 \"\\\\\t\033[31mred\033[0m\n"
    printf "bad:\377:\n"; exit 6' >"$T/id" 2>"$T/err"
is "the status is the agent's" $? 6
like "the id is alone on standard output" "$(cat "$T/id")" '^[0-9a-f]{16}$'
check "what it wrote is an asciicast" valid "$T/one.cast"
is "of the user alone" "$(stat -c %a "$T/one.cast")" 600
is "of that size" "$(head -n 1 "$T/one.cast" | json width)" 91
is "named after the profile" "$(head -n 1 "$T/one.cast" | json title)" rec
is "asciinema plays the bytes" "$(played "$T/one.cast")" \
    "$(printf 'caf\303\251 "\\\t\033[31mred\033[0m\nbad:\357\277\275:')"
is "the session has the same" "$(output "$(cat "$T/id")" | head -n 1)" \
    "$(printf 'caf\303\251 "\\\t\033[31mred\033[0m')"

# A file that is there is kept, and no session starts.
before=$(ringlet --json terminal list | grep -o '"id"' | wc -l)
sum=$(sha256sum <"$T/one.cast")
is "a file that is there is refused" "$(status ringlet profiles run rec \
    --remote --record "$T/one.cast" -C "$WORK" -- -c true)" 1
like "and named" "$(cat "$T/err")" "^ringlet: $T/one.cast exists already: "
is "it is kept" "$(sha256sum <"$T/one.cast")" "$sum"
is "a folder that is not there is named" "$(status ringlet profiles run rec \
    --remote --record "$T/no/x.cast" -C "$WORK" -- -c true)" 4
like "as what it is" "$(cat "$T/err")" "^ringlet: $T/no/x.cast: No such file"
is "no session was started" \
    "$(ringlet --json terminal list | grep -o '"id"' | wc -l)" "$before"
is "a session that cannot start leaves no file" "$(status ringlet profiles \
    run nobody --remote --record "$T/none.cast"; test -e "$T/none.cast" ||
    echo none)" "$(printf '4\nnone')"
is "standard output, which has the session's id, is refused" \
    "$(cd "$T" && status ringlet profiles run rec --remote --record - \
    -C "$WORK" -- -c true; test -e "$T/-" || echo none)" "$(printf '2\nnone')"
like "and a file asked for" "$(cat "$T/err")" '^ringlet: --record .*: give the'
is "it needs --remote" \
    "$(status ringlet profiles run rec --record "$T/x.cast")" 2

# Every byte, in parts at every edge: text of all lengths, and what is no text.
python3 - "$WORK/mixed" <<'PY'
import random, sys
random.seed(4)
with open(sys.argv[1], "wb") as f:
    for _ in range(40000):
        kind = random.random()
        if kind < 0.1:
            f.write(random.randbytes(random.randrange(9)))
        else:
            top = random.choice((0x80, 0x800, 0xd800, 0x110000))
            f.write("".join(chr(c) for c in
                            (random.randrange(top) for _ in range(40))
                            if not 0xd800 <= c < 0xe000).encode())
PY
ringlet profiles run rec --remote --record "$T/big.cast" -C "$WORK" -- -c \
    'stty raw -echo; until [ -e go ]; do sleep 0.05; done; cat mixed' \
    >"$T/id" 2>"$T/err" &
recorder=$!
started()
{
	[ "$(field "$(cat "$T/id")" client_count)" = 1 ]
}
wait_for 20 started || bail "the recorder watches"
: >"$WORK/go"
wait $recorder
is "a flood is recorded to its end" $? 0
check "as an asciicast" valid "$T/big.cast"
python3 - "$T/big.cast" "$WORK/mixed" <<'PY'
import json, sys
lines = open(sys.argv[1], encoding="utf-8", newline="\n").readlines()
data = "".join(e[2] for e in map(json.loads, lines[1:]) if e[1] == "o")
want = open(sys.argv[2], "rb").read().decode("utf-8", "replace")
assert data == want, (len(data), len(want))
PY
is "with every byte" $? 0

# ^C ends the recording alone.
ringlet profiles run rec --remote --record "$T/cut.cast" -C "$WORK" -- -c \
    'echo begun; read x' >"$T/id" 2>"$T/err" &
recorder=$!
wait_for 20 grep -q begun "$T/cut.cast" || bail "it is written at once"
kill -TERM $recorder
wait $recorder
is "a signal ends it" $? 143
is "the session goes on" "$(field "$(cat "$T/id")" state)" running
check "the file is whole" valid "$T/cut.cast"
ringlet terminal kill "$(cat "$T/id")" >/dev/null

# With --attach: what the terminal shows, its sizes, and nothing less after a stop.
# shellcheck disable=SC2016
on_tty --size 24x80 --out "$T/out" expect 'shown' size 30x100 \
    expect '30 100' send '~' send '\x1a' expect 'is stopped' \
    send '.\r' expect 'got' wait x -- bash -c '
	set -m
	ringlet profiles run rec --remote --attach --record "$0" -C "$1" -- -c "
	    echo shown; until stty size | grep \"30 100\"; do :; done
	    read -r x; echo \"got<\$x>\"; exit 3"
	echo is stopped
	fg %1 >/dev/null' "$T/two.cast" "$WORK"
is "attached, the status is the agent's too" $? 3
check "this is an asciicast" valid "$T/two.cast"
is "it begins in the first size" "$(head -n 1 "$T/two.cast" | json height)" 24
check "and has the second" grep -q '"r", "100x30"\]' "$T/two.cast"
like "it has all that was shown" "$(played "$T/two.cast")" 'got<.>'
is "once each" "$(played "$T/two.cast" | grep -c shown)" 1

# A full disk is told; the session does not suffer.
if [ -w /dev/shm ] && command -v prlimit >/dev/null; then
	status prlimit --fsize=100000 ringlet profiles run rec --remote \
	    --record "$T/full.cast" -C "$WORK" -- -c \
	    './fake-agent flood 1000000; read x' >"$T/code"
	is "a file that cannot grow is an error" "$(cat "$T/code")" 1
	like "that is told" "$(cat "$T/err")" \
	    "ringlet: $T/full.cast: File too large: the recording ends there"
	check "what is there can be played" valid "$T/full.cast"
	is "the session goes on" "$(field "$(head -n 1 "$T/out")" state)" running
else
	skip "a file that cannot grow: prlimit is not installed"
fi
# Who only records sees that, and what is waited for.
on_tty --timeout 20 --out "$T/tty" expect 'waiting for the session to end' \
    send '\x03' wait x -- ringlet profiles run rec --remote \
    --record "$T/wait.cast" -C "$WORK" -- -c 'sleep 100'
is "^C ends the recording" $? 130
check "what is waited for shows, and goes" grep -q \
    "$(printf 'to end ([0-9]*s).*\r\033\[Kringlet: the recording ends here')" "$T/tty"
done_testing
