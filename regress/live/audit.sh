# What uses keys, starts sessions and loosens jails is in the audit log, by whom, without a secret, and its hashes are those that the manual says.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

AUDIT=$RINGLET_STATE_DIR/audit.jsonl

# entries [OPTION]...: the entries as one JSON array.
entries()
{
	ringlet --json audit show "$@" | json data
}
# find EVENT OUTCOME OBJECT [NAME]: that member of the last such entry.
find()
{
	entries --event "$1" | python3 -c '
import json, sys
event, outcome, thing, name = sys.argv[1:]
found = [e for e in json.load(sys.stdin) if e["event"] == event
         and e["outcome"] == outcome and thing in ("", e["object"])]
if not found:
    sys.exit(1)
value = found[-1]
for part in name.split("."):
    value = value.get(part, "") if part else value
print(value)' "$1" "$2" "$3" "${4:-}"
}
has()
{
	find "$@" >/dev/null
}
sealed()
{
	grep -q '"event":"audit.\(seal\|key\)"' "$AUDIT"
}
# in_keychain: what the keychain has for the log, "v1 KEY SEQ HASH".
in_keychain()
{
	secret-tool lookup service ringlet profile .audit provider ringlet
}

start_keyring
key=$(canary audit)
start_daemon
check "the log gets a key of its own" wait_for 20 sealed
is "the log is closed to others" "$(stat -c %a "$AUDIT")" 600
check "the start is there" has daemon.start ok daemon
check "and so is the token that was made" has token.make ok main

# --- keys ---
new_profile shell alice "$key" -p anthropic
check "a key is about to be stored" has key.store intent alice
check "and was" has key.store ok alice
is "for its provider" "$(find key.store ok alice provider)" anthropic
ringlet profiles env alice >"$T/env"
check "a key that is shown was read" has key.read ok alice
is "by the command" "$(find key.read ok alice actor.kind)" cli
is "of this user" "$(find key.read ok alice actor.uid)" "$(id -u)"
is "that calls itself ringlet" "$(find key.read ok alice actor.comm)" ringlet
is "for the environment" "$(find key.read ok alice for)" env

# A process that does not hide is named by its program.
python3 - "$RINGLET_RUNTIME_DIR/control.sock" <<'PY'
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
body = b"\x92\xc4\x00\xa4none"
body = b"\x95\xc4\x00\xa5alice\x90\x90\x90"
s.sendall(struct.pack("<IHBBI", len(body), 44, 0, 0, 1) + body)
s.recv(12)
PY
like "another process is named by its program" \
    "$(find key.read ok alice actor.exe)" '/python3'

printf '%s\n' "$(canary other)" | ringlet -q profiles rekey alice >/dev/null
check "a key that is replaced is there" has key.replace ok alice

# --- sessions ---
session alice -C "$WORK" -- -c 'exit 3'
await "$ID"
check "a session is about to start" has session.start intent "$ID"
check "and has started" has session.start ok "$ID"
check "and ended" wait_for 10 has session.end ok "$ID"
is "with its status" "$(find session.end ok "$ID" exit)" 3
first=$(find session.start intent "$ID" jail)
like "its jail has a hash" "$first" '^[0-9a-f]{64}$'
is "it is jailed" "$(find session.start intent "$ID" sandboxed)" yes
is "the key was read for it" "$(find key.read ok alice for)" session
session alice -C "$WORK" -- -c 'exit 3'
await "$ID"
is "the same jail has the same hash" \
    "$(find session.start intent "$ID" jail)" "$first"
refute "and is not loosened" has jail.loosen intent "$ID"
mkdir "$HOME/shown"
session alice -C "$WORK" "--bwrap-flags=--ro-bind $HOME/shown $HOME/shown" \
    -- -c :
await "$ID"
refute "another has another" \
    test "$(find session.start intent "$ID" jail)" = "$first"
like "and how it is looser" "$(find jail.loosen intent "$ID" what)" \
    '^bwrap-flags: --ro-bind .*/shown'
session alice -C "$WORK" --no-sandbox -- -c :
await "$ID"
is "no jail at all is loosening, too" \
    "$(find jail.loosen intent "$ID" what)" no-sandbox
is "and such a session says so" \
    "$(find session.start intent "$ID" sandboxed)" no

# --- over HTTP ---
is "HTTP starts one" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"alice","args":["-c","sleep 100"]}')" 201
http_id=$(json data session_id <"$T/body")
is "it is the token's" "$(find session.start ok "$http_id" actor.kind) \
$(find session.start ok "$http_id" actor.token)" "http main"
api DELETE "/api/terminal/sessions/$http_id" >/dev/null
check "the kill is there" has session.kill intent "$http_id"
is "HTTP may not loosen" "$(api POST /api/terminal/sessions \
    '{"profile_alias":"alice","no_sandbox":true}')" 403
check "and its attempt is there" has jail.loosen refused alice
for try in 1 2 3 4 5; do
	http GET /api/profiles -H "Authorization: Bearer $try" >/dev/null
done
check "so is a wrong token" has token.refuse refused ""
is "once, not for each" "$(grep -c token.refuse "$AUDIT")" 1

offset=0
: >"$T/all"
while :; do
	[ "$(api GET "/api/audit?offset=$offset")" = 200 ] || break
	python3 -c '
import json, sys
for e in json.load(sys.stdin)["data"]["entries"]:
    print(e["seq"])' <"$T/body" >>"$T/all"
	next=$(json data next <"$T/body")
	[ "$next" != "$offset" ] || break
	offset=$next
done
is "HTTP gives all entries" "$(cat "$T/all")" "$(seq "$(wc -l <"$AUDIT")")"
is "and those since a time" "$(api GET '/api/audit?since=2126-01-01')" 200
is "(none yet)" "$(json data entries <"$T/body")" '[]'
is "and none for nonsense" "$(api GET '/api/audit?since=soon')" 400
is "nor without a token" "$(http GET /api/audit)" 401
is "nor beyond its end" "$(api GET '/api/audit?offset=99999999')" 409

ringlet --json token create --scope view --label look >"$T/token"
view=$(json data id <"$T/token")
check "a token that is made is there" has token.make ok "$view"
is "with what it may do" "$(find token.make ok "$view" scope)" view
json data token <"$T/token" >"$T/view"
printf 'Authorization: Bearer %s\n' "$(cat "$T/view")" >"$T/viewer"
is "it may not read the log" "$(http GET /api/audit -H "@$T/viewer")" 403
check "which is there, too" has token.refuse refused "$view"
is "as that token's" "$(find token.refuse refused "$view" actor.token)" "$view"
ringlet -q token revoke "$view"
check "and its end" has token.revoke ok "$view"
refute "the token itself is not" grep -qF -- "$(cat "$T/view")" "$AUDIT"

# --- grants, settings, deletion ---
ringlet profiles grant alice ro "$HOME/shown" >/dev/null
is "a grant is there" "$(find jail.grant ok alice grant)" "ro $HOME/shown"
ringlet profiles grant alice ro "$HOME/shown" --revoke >/dev/null
check "and its end" has jail.revoke ok alice
status ringlet profiles grant alice rw "$RINGLET_CONFIG_DIR" >/dev/null
check "and one that failed" has jail.grant failed alice
echo "MaxSessions 7" >>"$CONF"
kill -HUP "$MONITOR"
check "settings that change are named" \
    wait_for 10 has settings.change ok ringlet.conf
is "and no others" "$(find settings.change ok '' changed)" MaxSessions
kill -9 "$RINGLETD"
check "a daemon that died is there" wait_for 10 has daemon.child failed ringletd
await "$http_id"
ringlet profiles delete alice -y >/dev/null
check "a key was deleted" has key.delete ok alice

# --- what could not be done ---
echo "Keychain vault" >>"$CONF"
kill -HUP "$MONITOR"
changed()
{
	[ "$(find settings.change ok "" changed)" = "$1" ]
}
wait_for 10 changed Keychain
refute "a key that no keychain takes makes no profile" test "$(api POST \
    /api/profiles '{"agent_id":"shell","alias":"none","provider_id":"anthropic",
    "api_key":"'"$(canary none)"'"}')" = 201
check "was about to be stored" has key.store intent none
check "and failed" has key.store failed none
shell_profile odd
python3 -c 'import os; os.mkdir(b"'"$HOME"'/x\xff")'
ln -s "$(printf 'x\377')" "$HOME/link"
refute "no session starts in a folder whose name is no text" test \
    "$(api POST /api/terminal/sessions '{"profile_alias":"odd",
    "working_dir":"'"$HOME"'/link"}')" = 201
cat "$T/body"
check "failed, as the log says" has session.start failed ""

# --- no secret ---
refute "the key is not in it" grep -qF -- "$key" "$AUDIT"
refute "nor the token" grep -qF -- "$(cat "$TOKEN")" "$AUDIT"
refute "nor the log's own key" grep -qF -- \
    "$(in_keychain | cut -d ' ' -f 2)" "$AUDIT"

# --- show ---
COLUMNS=80 ringlet audit show >"$T/show"
like "show has a heading" "$(head -n 1 "$T/show")" \
    '^TIME +EVENT +OUTCOME +ACTOR +OBJECT'
is "and a line an entry" "$(($(wc -l <"$T/show") - 1))" "$(wc -l <"$AUDIT")"
is "-q leaves hints out, not the heading" "$(ringlet -q audit show |
    head -n 1)" "$(head -n 1 "$T/show")"
# shown OPTION...: how many lines show has below its heading.
shown()
{
	ringlet audit show "$@" 2>/dev/null | tail -n +2 | wc -l
}
is "-n takes the last" "$(shown -n 2)" 2
is "--object takes a session's, too" "$(shown --object "$http_id")" \
    "$(grep -c "\"object\":\"$http_id\"" "$AUDIT")"
is "--until before all is nothing" \
    "$(shown --until 1d)" 0
is "--since is all of today" "$(shown --since 1d)" \
    "$(wc -l <"$AUDIT")"
is "a time that is none" "$(status ringlet audit show --since soon)" 2
on_tty --size 80x24 --until 'audit.jsonl|daemon' --timeout 20 -- \
    ringlet audit show >"$T/tty" 2>/dev/null || :
ringlet -q audit show --follow -n 1 >"$T/follow" &
follow=$!
at_end $follow
check "--follow begins with the last" wait_for 10 grep -q '^20' "$T/follow"
shell_profile later
session later -- -c :
check "and shows what comes" wait_for 10 grep -q session.start "$T/follow"
kill -INT $follow 2>/dev/null || :
kill $follow 2>/dev/null || :

# --- verify, by Ringlet and by hand ---
check "the log is whole" ringlet audit verify
is "JSON says so" "$(ringlet --json audit verify | json data whole)" true
ringlet --json audit verify >"$T/verdict"
ringlet daemon stop -q
check "the stop is there" grep -q '"event":"daemon.stop"' "$AUDIT"
in_keychain >"$T/value"
python3 - "$AUDIT" "$T/value" >"$T/python" <<'PY'
import hashlib, json, sys
mark, key, seq, last = open(sys.argv[2]).read().split()
key = bytes.fromhex(key)
before = bytes(32)
keyed = 0
for n, line in enumerate(open(sys.argv[1], "rb"), 1):
    body = line[:line.rindex(b',"hash":"')]
    entry = json.loads(line)
    k = b"" if entry["key"] == "none" else key
    if k:
        assert entry["key"] == hashlib.blake2b(key, digest_size=32
            ).hexdigest()[:16]
        keyed += 1
    before = hashlib.blake2b(before + body, digest_size=32, key=k).digest()
    assert before.hex() == entry["hash"], n
    assert entry["seq"] == n
assert keyed > 0
assert (int(seq), last) == (n, before.hex()), "checkpoint"
print("ok")
PY
is "Python's hashlib agrees, and the keychain knows the last" \
    "$(cat "$T/python")" ok
rm "$T/value"

# --- without a keychain, and with one again ---
real=$DBUS_SESSION_BUS_ADDRESS
DBUS_SESSION_BUS_ADDRESS=unix:path=$T/no-bus
start_daemon
check "without a keychain there is a log" has daemon.start ok daemon
like "that says what is missing" "$(ringlet audit verify)" '^Key: none: '
is "its entries have none" "$(find daemon.start ok daemon key)" none
status ringlet audit verify >/dev/null
ringlet daemon stop -q
DBUS_SESSION_BUS_ADDRESS=$real
before=$(grep -c '"event":"audit.seal"' "$AUDIT")
start_daemon
seals()
{
	[ "$(grep -c '"event":"audit.seal"' "$AUDIT")" -gt "$before" ]
}
check "the next that has it, covers them" wait_for 20 seals
check "and all is whole" ringlet audit verify

# --- a restart in place ---
ringlet -q daemon restart
daemon_facts
is "a takeover is a start" "$(find daemon.start ok daemon how)" takeover
wait_for 20 seals
check "and the log goes on" ringlet audit verify

# --- the key is gone ---
ringlet daemon stop -q
secret-tool clear service ringlet profile .audit provider ringlet
start_daemon
check "a key that is gone is told" wait_for 20 has audit.key-lost failed ''
is "and verify says so" "$(status ringlet audit verify)" 1
like "which entries cannot be checked" "$(cat "$T/out")" 'another key'

# --- a flood of what is refused ---
cat >"$T/flood.py" <<'PY'
import http.client, json, sys
host, token = sys.argv[1], open(sys.argv[2]).read().strip()
c = http.client.HTTPConnection(host)
for n in range(1500):
    alias = sys.argv[3] % n if "%" in sys.argv[3] else sys.argv[3]
    c.request("POST", "/api/terminal/sessions",
              json.dumps({"profile_alias": alias, "no_sandbox": True}),
              {"Authorization": "Bearer " + token,
               "Content-Type": "application/json"})
    r = c.getresponse()
    r.read()
    assert r.status == 403
PY
ringlet --json token create --scope view >"$T/token"
view=$(json data id <"$T/token")
json data token <"$T/token" >"$T/view"
python3 "$T/flood.py" "$ADDRESS" "$T/view" later ||
	not_ok "one with a token that may only look is answered"
is "of the same again and again the first is written" \
    "$(grep -c "token.refuse.*\"object\":\"$view\"" "$AUDIT")" 1
python3 "$T/flood.py" "$ADDRESS" "$TOKEN" later%d ||
	not_ok "a flood is answered"
entries=$(grep -c '"event":"jail.loosen".*"object":"later' "$AUDIT")
check "a flood of refused requests is bounded ($entries entries)" \
    test "$entries" -lt 1400
session later -- -c :
check "and what was left out is counted" \
    grep -q '"refused_before":"[0-9]*"' "$AUDIT"
ringlet -q daemon stop
is "and how often the same came again" \
    "$(grep -c "token.refuse.*\"$view\".*\"repeated\":\"1499\"" "$AUDIT")" 1

# --- the system's log ---
cat >"$T/syslog.py" <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    with open(sys.argv[2], "ab") as f:
        f.write(s.recv(65536) + b"\n")
PY
python3 "$T/syslog.py" "$T/log.sock" "$T/syslog" &
at_end $!
wait_for 10 test -S "$T/log.sock"
echo "AuditSyslog yes" >>"$CONF"
# An ordinary user has no /dev/log to give; in a mount namespace he has.
if bwrap --dev-bind / / --dev /dev --symlink "$T/log.sock" /dev/log \
    ringlet -q daemon 2>"$T/bwrap"; then
	check "AuditSyslog: the system's log has them" \
	    wait_for 10 grep -q 'audit [0-9]*: daemon.start daemon ok by monitor' \
	    "$T/syslog"
	# authpriv is facility 10, info level 6.
	like "as authpriv" "$(head -n 1 "$T/syslog")" '^<86>.*ringlet\['
	refute "without a hash" grep -Eq '[0-9a-f]{64}' "$T/syslog"
	ringlet -q daemon stop
else
	skip "AuditSyslog: no mount namespace: $(cat "$T/bwrap")"
fi
done_testing
