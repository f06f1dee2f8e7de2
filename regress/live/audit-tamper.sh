# Whatever is done to a real audit log, verify says so, and where: each line changed, removed, swapped, copied, cut; the file replaced; while the daemon runs and while it does not.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

AUDIT=$RINGLET_STATE_DIR/audit.jsonl

sealed()
{
	ringlet --json audit verify | json data key | grep -q .
}
# knows: the keychain knows of the last entry.
knows()
{
	[ "$(ringlet --json audit verify | json data checkpoint)" = \
	    "$(ringlet --json audit verify | json data last)" ]
}
# has EVENT [TEXT]: such an entry, with TEXT in it, is the log's.
has()
{
	grep "\"event\":\"$1\"" "$AUDIT" | grep -q -- "${2:-}"
}
# tampered PATTERN: verify fails, and says that.
tampered()
{
	[ "$(status ringlet audit verify)" = 1 ] && grep -Eq -- "$1" "$T/out"
}
# start: the daemon, with the key in use.
start()
{
	start_daemon
	wait_for 20 sealed || bail "the log's key is read"
}
# fresh: a whole log of a dozen entries and more, and the daemon stopped.
fresh()
{
	ringlet -q daemon stop 2>/dev/null
	rm -f "$AUDIT"
	secret-tool clear service ringlet profile .audit provider ringlet
	rm -f "$RINGLET_STATE_DIR/audit.state"
	start
	for n in 1 2 3; do
		ringlet profiles env alice >/dev/null
	done
	ringlet audit verify >/dev/null || bail "a fresh log is whole"
	ringlet -q daemon stop
	cp "$AUDIT" "$T/whole"
}

start_keyring
start
new_profile shell alice "$(canary tamper)" -p anthropic
fresh

# --- the daemon runs: every line, in every way ---
start
shell_profile other
session other -- -c :
await "$ID"
cat >"$T/tamper.py" <<'PY'
import json, subprocess, sys
path = sys.argv[1]
whole = open(path, "rb").read()
lines = whole.splitlines(True)
bad = []

def put(text):
    # The same file: its inode must not be what gives it away.
    with open(path, "r+b") as f:
        f.write(text)
        f.truncate()

def verify(what, text, line, kinds):
    put(text)
    p = subprocess.run(["ringlet", "--json", "audit", "verify"],
                       stdout=subprocess.PIPE)
    data = json.loads(p.stdout)["data"]
    first = [f for f in data["findings"] if f["line"]] or [None]
    there = [f for f in data["findings"] if f["line"] == line]
    if p.returncode != 1 or data["whole"]:
        bad.append("%s, line %d: verify says whole" % (what, line))
    elif line and (first[0] is None or first[0]["line"] != line):
        bad.append("%s: line %d, not %s" % (what, line, first[0]))
    elif not [f for f in data["findings"]
              if f["line"] == line and f["kind"] in kinds]:
        bad.append("%s, line %d: %s" % (what, line, data["findings"]))

tries = 0
for i, line in enumerate(lines):
    before, after = lines[:i], lines[i + 1:]
    last = i == len(lines) - 1
    # A letter of the object, a digit of the time, and one of the hash.
    for at in (line.index(b'"object":"') + 10, 20, len(line) - 10):
        other = b"1" if line[at:at + 1] != b"1" else b"2"
        changed = line[:at] + other + line[at + 1:]
        verify("changed", b"".join(before + [changed] + after), i + 1,
               ("changed", "damaged"))
    verify("removed", b"".join(before + after), 0 if last else i + 1,
           ("truncated",) if last else ("missing",))
    if not last:
        verify("swapped", b"".join(before + [after[0], line] + after[1:]),
               i + 1, ("missing",))
    verify("copied", b"".join(before + [line, line] + after), i + 2,
           ("order",))
    verify("put in", b"".join(before + [line.replace(b"key", b"kex", 1)] +
                              [line] + after), i + 1,
           ("changed", "order", "damaged"))
    verify("cut", b"".join(before) + line[:len(line) // 2], 0,
           ("truncated",))
    verify("cut here", b"".join(before), 0, ("truncated",))
    tries += 9
put(whole)
for b in bad:
    print("\t" + b)
print(tries, "tries")
sys.exit(1 if bad else 0)
PY
check "every change to every line is found where it is" \
    python3 "$T/tamper.py" "$AUDIT"
check "and what was put back is whole" ringlet audit verify

# --- the daemon runs: the file ---
: >"$AUDIT"
ringlet profiles env alice >/dev/null
check "a file that is emptied is told" has audit.damaged 'was cut off'
check "and where" tampered 'missing .*: entries 1 to [0-9]+ are not before'
check "the log goes on" has key.read
fresh
start
rm "$AUDIT"
check "a file that is removed is missed" tampered 'The log: file: No such'
ringlet profiles env alice >/dev/null
check "and told in the next" has audit.damaged 'was removed'
fresh
start
cp "$AUDIT" "$T/copy"
mv "$T/copy" "$AUDIT"
check "another file, though the same, is not ours" \
    tampered 'not the file that the daemon writes'
ringlet profiles env alice >/dev/null
check "and is told" has audit.damaged 'was replaced'
fresh
start
tail -n 1 "$AUDIT" >"$T/line"
cat "$T/line" >>"$AUDIT"
ringlet profiles env alice >/dev/null
check "a line of somebody else's is told" \
    has audit.damaged 'written by somebody else'
check "and found" tampered 'order .*was moved, copied or put in'
fresh
start
chmod 644 "$AUDIT"
check "a file that others can read is refused" \
    tampered 'mode 0644, so others could'
ringlet -q daemon stop
start_daemon
is "and no key is used" "$(status ringlet profiles env alice)" 5
like "which says why" "$(cat "$T/err")" 'audit.jsonl: it has mode 0644'
chmod 600 "$AUDIT"
is "until it is mended" "$(status ringlet profiles env alice)" 0
wait_for 20 sealed
check "and the log goes on from where it was" ringlet audit verify
ringlet -q daemon stop
mv "$AUDIT" "$T/elsewhere"
ln -s "$T/elsewhere" "$AUDIT"
start_daemon
is "nor through a link" "$(status ringlet profiles env alice)" 5
like "which says so" "$(cat "$T/err")" 'symbolic link'
rm "$AUDIT"

# --- the daemon does not run ---
# after PATTERN: the daemon starts, tells that, and so does verify.
after()
{
	start_daemon
	wait_for 20 sealed && has audit.damaged "$1" && tampered "told.*$1"
}
fresh
sed '$d' "$T/whole" >"$AUDIT"
check "a last entry that is gone" after 'ended with entry'
fresh
head -n 2 "$T/whole" >"$AUDIT"
check "all that a key covers, gone" after 'ended with entry'
fresh
: >"$AUDIT"
check "all of it gone" after 'ended with entry'
fresh
rm "$AUDIT"
check "the file gone" after 'ended with entry'
fresh
sed '4s/alice/alicf/' "$T/whole" >"$T/new"
cat "$T/new" >"$AUDIT"
if cmp -s "$T/new" "$T/whole"; then
	sed '4s/"ok"/"ko"/' "$T/whole" >"$AUDIT"
fi
check "a changed entry" after 'line 4: does not have the hash'
fresh
python3 - "$AUDIT" <<'PY'
# As somebody without the key would: as many entries, chained as they must be.
import hashlib, json, re, sys
before, out = bytes(32), b""
for line in open(sys.argv[1], "rb"):
    body = line[:line.rindex(b',"hash":"')]
    body = re.sub(b'"key":"[0-9a-f]*"', b'"key":"none"', body)
    body = body.replace(b"alice", b"bob")
    before = hashlib.blake2b(before + body, digest_size=32).digest()
    out += body + b',"hash":"' + before.hex().encode() + b'"}\n'
open(sys.argv[1], "wb").write(out)
PY
check "all of it written anew" after 'is not the one that the keychain remembers'
is "it is told once, not at each start" \
    "$(ringlet -q daemon stop; start; grep -c audit.damaged "$AUDIT")" 1
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
wait_for 5 sh -c '[ "$(date -u +%Y-%m-%dT%H:%M:%SZ)" != "$1" ]' sh "$now"
check "what is known can be left out" ringlet audit verify --since now

# --- something else in its place, for a while ---
fresh
start
chmod 640 "$AUDIT"
refute "a log that others may read or write is not written" \
    ringlet profiles env alice
chmod 600 "$AUDIT"
check "once it is closed again, it is" ringlet profiles env alice
check "and that it was open is told" has audit.damaged 'was opened to others'
fresh
start
mv "$AUDIT" "$AUDIT.away"
mkfifo "$AUDIT"
refute "nothing is done for a pipe in its place" ringlet profiles env alice
rm "$AUDIT"
mv "$AUDIT.away" "$AUDIT"
check "with the log itself there again, it is" ringlet profiles env alice
check "what was there meanwhile is told" \
    has audit.damaged 'was replaced by another'
check "verify says so, too" tampered 'was replaced by another'

# --- a crash ---
fresh
start
kill -9 "$MONITOR"
wait_for 20 sh -c '! kill -0 "$1" 2>/dev/null' sh "$MONITOR"
start
check "a daemon that was killed has a whole log" ringlet audit verify
kill_facts=$(ringlet --json daemon status | json data pid)
kill -9 "$kill_facts"
wait_for 20 sh -c '! kill -0 "$1" 2>/dev/null' sh "$kill_facts"
size=$(wc -c <"$AUDIT")
printf '{"time":"2026-01-01T00:00:00.000Z","se' >>"$AUDIT"
start
check "half a line is a crash, not tampering" ringlet audit verify
check "and is told" has audit.recovered '"bytes":"38"'
check "nothing of it is lost" grep -q '^{"time":"2026-01-01T00:00:00.000Z","se$' \
    "$AUDIT"
check "nor of what was before" test "$(wc -c <"$AUDIT")" -gt "$size"
ringlet -q daemon stop
size=$(wc -c <"$AUDIT")
lines=$(wc -l <"$AUDIT")
truncate -s $((size - 1)) "$AUDIT"
start
check "so is a line that lacks its newline alone" ringlet audit verify
is "which is kept" "$(head -n "$lines" "$AUDIT" | wc -l)" "$lines"
ringlet -q daemon stop
mv "$AUDIT" "$RINGLET_STATE_DIR/audit-000000000000000.jsonl"
(umask 077; printf '{"time":"2026-01-01T00:00:00.000Z","se' >"$AUDIT")
start
check "so is half a line where another file was begun" ringlet audit verify
is "and the log goes on after the file before" \
    "$(ringlet --json audit show | python3 -c 'import json, sys
seq = [e["seq"] for e in json.load(sys.stdin)["data"] if "seq" in e]
print(len(seq) > 20 and seq == list(range(1, len(seq) + 1)))')" True
done_testing
