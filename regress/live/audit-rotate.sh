# The audit log goes on in another file when one is long enough, and its chain with it: all files are shown and checked, one that is changed or taken away is told, and AuditKeep removes the oldest in order.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

AUDIT=$RINGLET_STATE_DIR/audit.jsonl

sealed()
{
	ringlet --json audit verify | json data key | grep -q .
}
# before: the files before the one that is written, in their order.
before()
{
	ls "$RINGLET_STATE_DIR" | grep '^audit-[0-9]*\.jsonl$'
}
count()
{
	before | wc -l
}
# more N WORD: so many entries.
more()
{
	python3 "$T/more.py" "$ADDRESS" "$TOKEN" "$1" "$2" ||
		not_ok "$1 requests are refused"
}
whole()
{
	ringlet audit verify
}
# tampered PATTERN: verify fails, and says that.
tampered()
{
	[ "$(status ringlet audit verify)" = 1 ] && grep -Eq -- "$1" "$T/out"
}
cat >"$T/more.py" <<'PY'
import http.client, json, sys
c = http.client.HTTPConnection(sys.argv[1])
token = open(sys.argv[2]).read().strip()
for n in range(int(sys.argv[3])):
    c.request("POST", "/api/terminal/sessions",
              json.dumps({"profile_alias": "%s%d" % (sys.argv[4], n),
                          "no_sandbox": True}),
              {"Authorization": "Bearer " + token,
               "Content-Type": "application/json"})
    r = c.getresponse()
    r.read()
    assert r.status == 403
PY
# The manual's way to check the chain without Ringlet.
cat >"$T/chain.py" <<'PY'
import glob, hashlib, json, os, sys
key = bytes.fromhex(sys.argv[2])
os.chdir(sys.argv[1])
before = bytes(32)
for name in sorted(glob.glob("audit-*.jsonl")) + ["audit.jsonl"]:
    for line in open(name, "rb"):
        body = line[:line.rindex(b',"hash":"')]
        entry = json.loads(line)
        if before == bytes(32) and entry["seq"] > 1:
            before = bytes.fromhex(entry["after_hash"])
        before = hashlib.blake2b(before + body, digest_size=32,
            key=b"" if entry["key"] == "none" else key).digest()
        assert before.hex() == entry["hash"], (name, entry["seq"])
print(entry["seq"])
PY
chain()
{
	python3 "$T/chain.py" "$RINGLET_STATE_DIR" "$(secret-tool lookup service \
	    ringlet profile .audit provider ringlet | cut -d ' ' -f 2)"
}

start_keyring
printf 'AuditMaxSize 64K\n' >>"$CONF"
start_daemon
wait_for 20 sealed || bail "the log's key is read"
more 700 a
check "a log that is long goes on in other files ($(count))" \
    test "$(count)" -ge 2
is "which nobody else can read" \
    "$(cd "$RINGLET_STATE_DIR" && stat -c %a audit*.jsonl | sort -u)" 600
is "none is much longer than it may be" \
    "$(find "$RINGLET_STATE_DIR" -name 'audit*.jsonl' -size +72k)" ''
check "they are one log" whole
last=$(ringlet --json audit verify | json data last)
is "also as the manual says" "$(chain)" "$last"
is "all of which is shown" "$(ringlet --json audit show |
    python3 -c 'import json, sys
d = json.load(sys.stdin)["data"]
print([e["seq"] for e in d] == list(range(1, len(d) + 1)), len(d))')" \
    "True $last"
offset=0
: >"$T/all"
while [ "$(api GET "/api/audit?offset=$offset")" = 200 ]; do
	python3 -c '
import json, sys
for e in json.load(sys.stdin)["data"]["entries"]:
    print(e["seq"])' <"$T/body" >>"$T/all"
	next=$(json data next <"$T/body")
	[ "$next" != "$offset" ] || break
	offset=$next
done
is "HTTP gives all, too" "$(cat "$T/all")" "$(seq "$(wc -l <"$T/all")")"
check "(which is no less)" test "$(wc -l <"$T/all")" -ge "$last"

# --- what others do to them ---
second=$(before | sed -n 2p)
cp -a "$RINGLET_STATE_DIR/$second" "$T/second"
sed -i '3s/refused/allowed/' "$RINGLET_STATE_DIR/$second"
check "a change is told, with the file and the line" \
    tampered "[Ll]ine 3.*$second|$second.*[Ll]ine 3"
rm "$RINGLET_STATE_DIR/$second"
check "so is one that is gone" tampered 'entries [0-9]+ to [0-9]+ are not'
cp -a "$T/second" "$RINGLET_STATE_DIR/$second"
check "as before, it is whole" whole
first=$(before | sed -n 1p)
mv "$RINGLET_STATE_DIR/$first" "$T/first"
check "so is the first one" tampered 'files before were taken away'
mv "$T/first" "$RINGLET_STATE_DIR/$first"

# --- a stop in between, at the worst moment ---
ringlet -q daemon stop
base=$(python3 - "$RINGLET_STATE_DIR" <<'PY'
import glob, os, sys
last = sorted(glob.glob(sys.argv[1] + "/audit-*.jsonl"))[-1]
print("%015d" % (int(last[-21:-6]) + os.path.getsize(last)))
PY
)
mv "$AUDIT" "$RINGLET_STATE_DIR/audit-$base.jsonl"
start_daemon
wait_for 20 sealed
check "a file that was put aside without another is gone on with" whole
check "which says after what" grep -q '"audit.rotate".*"after":"[0-9]*"' "$AUDIT"
is "and is no damage" "$(grep -c audit.damaged "$AUDIT")" 0

# --- a name that is taken ---
base=$(python3 - "$RINGLET_STATE_DIR" <<'PY'
import glob, os, sys
last = sorted(glob.glob(sys.argv[1] + "/audit-*.jsonl"))[-1]
print("%015d" % (int(last[-21:-6]) + os.path.getsize(last)))
PY
)
ln -s nowhere "$RINGLET_STATE_DIR/audit-$base.jsonl"
more 300 b
check "where a file cannot be put aside it goes on" \
    grep -q "cannot be put aside as audit-$base.jsonl: File exists" "$LOG"
is "longer than it may be" \
    "$(find "$AUDIT" -size +72k)" "$AUDIT"
check "and whole" whole
rm "$RINGLET_STATE_DIR/audit-$base.jsonl"

# --- one that somebody has put there, named as if it were the last ---
planted=$RINGLET_STATE_DIR/audit-999999999999000.jsonl
head -n 1 "$AUDIT" | sed 's/"seq":[0-9]*/"seq":999999/' >"$planted"
cp -p "$planted" "$RINGLET_STATE_DIR/audit-000000999999000.jsonl"
ringlet -q daemon stop
start_daemon
wait_for 20 sealed
check "a file that says to follow the log is left out, by name" \
    grep -q "${planted##*/}: is none of the audit log's files" "$LOG"
check "also one whose number could be right" \
    grep -q "audit-000000999999000.jsonl: is none of" "$LOG"
kept=$(count)
more 300 e
is "the log goes on in files of its own" "$(before | sed -n "\$=")" \
    "$((kept + 1))"
last=$(before | grep -v 999999 | tail -n 1)
check "each named after the one before it" expr "$last" : audit-0000000
is "and with the number that is due" "$(ringlet --json audit show |
    python3 -c 'import json, sys
d = json.load(sys.stdin)["data"]
print([e["seq"] for e in d] == list(range(1, len(d) + 1)))')" True
check "verify names it" tampered "does not go on in ${planted##*/}"
# No file is there that says what is right.
ringlet -q daemon stop
end=$(python3 -c 'import os, sys
print("%015d" % (int(sys.argv[1][-21:-6]) + os.path.getsize(sys.argv[1])))' \
    "$RINGLET_STATE_DIR/$last")
mv "$AUDIT" "$RINGLET_STATE_DIR/audit-$end.jsonl"
rm "$RINGLET_STATE_DIR/audit-000000999999000.jsonl"
sed -i 's/"object":"[^"]*"/"object":"audit-999999999999999.jsonl"/' "$planted"
start_daemon
wait_for 20 sealed
check "nor is it believed after a stop at the worst moment" \
    grep -q "\"audit.rotate\".*\"object\":\"audit-$end.jsonl\"" "$AUDIT"
rm "$planted"
is "without it nothing is wrong but what the log itself tells" \
    "$(ringlet --json audit verify | python3 -c 'import json, sys
print({f["kind"] for f in json.load(sys.stdin)["data"]["findings"]})')" \
    "{'told'}"

# --- AuditKeep ---
printf 'AuditKeep 2\n' >>"$CONF"
ringlet -q daemon stop
start_daemon
wait_for 20 sealed
more 500 c
is "no more are kept than AuditKeep says" "$(count)" 2
check "what is removed is written down" grep -q '"audit.prune"' "$AUDIT"
check "and what is left is whole" whole
is "also as the manual says" "$(chain)" \
    "$(ringlet --json audit verify | json data last)"
is "show begins with the first that is left" \
    "$(ringlet --json audit show | json data 0 seq)" \
    "$(head -n 1 "$RINGLET_STATE_DIR/$(before | head -n 1)" | json seq)"
is "as HTTP does" "$(api GET '/api/audit?offset=0')" 200
check "(it does)" test "$(json data entries 0 seq <"$T/body")" -gt 1
# A file that somebody has put there, whose end says that it is far ahead.
planted=$RINGLET_STATE_DIR/audit-000000000000000.jsonl
last=$(before | tail -n 1)
tail -n 1 "$RINGLET_STATE_DIR/$last" |
    sed 's/"seq":[0-9]*/"seq":999999/' >"$planted"
chmod 600 "$planted"
more 500 d
check "one that is none of the log's is not said to be removed" \
    test -e "$planted"
check "(which is logged)" grep -q "nothing shows that .* goes on" "$LOG"
is "nor is the log said to be gone so far" \
    "$(cat "$RINGLET_STATE_DIR"/audit*.jsonl | grep -c '"up_to":"999999"')" 0
rm "$planted"
check "without it what is left is whole" whole
rm "$RINGLET_STATE_DIR/$(before | head -n 1)"
check "one more that is gone is told" tampered 'files before were taken away'
done_testing
