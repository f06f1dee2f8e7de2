# A picture that a person gives to a session reaches its agent byte for byte, under a name of ours, where a jailed one can change nothing; what is no picture, too much, for an ended session, or brought by one who may only look, is refused, and all of it goes with the session.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

printf '%s\n' 'UploadMaxSize 128K' 'UploadQuota 1M' 'MaxBodySize 16K' >>"$CONF"
shell_profile viewer
shell_profile free
start_daemon
ringlet token create --scope view >"$T/view" 2>/dev/null ||
	bail "a token that may look is made"
files=$RINGLET_RUNTIME_DIR/files
audit=$RINGLET_STATE_DIR/audit.jsonl

# picture NAME BYTES: as long, and begins as a PNG.
picture()
{
	python3 - "$T/$1" "$2" <<-'P'
		import random, sys
		n = int(sys.argv[2])
		data = b"\x89PNG\r\n\x1a\n" + random.Random(n).randbytes(n - 8)
		open(sys.argv[1], "wb").write(data)
	P
}
# upload ID FILE [TOKEN]: over HTTP, in pieces; prints the last status.
cat >"$T/upload.py" <<'P'
import base64, http.client, json, sys
address, token, session, name, out = sys.argv[1:6]
data = open(name, "rb").read()
c = http.client.HTTPConnection(address)
def ask(method, path, body):
    c.request(method, path, json.dumps(body),
        {"Authorization": "Bearer " + open(token).read().strip(),
         "Content-Type": "application/json"})
    r = c.getresponse()
    text = r.read()
    open(out, "wb").write(text)
    if r.status >= 300:
        print(r.status)
        sys.exit()
    return json.loads(text)["data"]
path = "/api/terminal/sessions/%s/files" % session
def b64(b):
    return base64.b64encode(b).decode()
s = ask("POST", path, {"size": len(data), "data": b64(data[:12])})
pieces = 0
while not s["complete"]:
    at = s["received"]
    s = ask("PUT", path + "/" + s["name"],
        {"offset": at, "data": b64(data[at:at + s["piece"]])})
    pieces += 1
print(200, pieces)
P
upload()
{
	python3 "$T/upload.py" "$ADDRESS" "${3:-$TOKEN}" "$1" "$2" "$T/reply"
}

picture small 5000
picture large 100000
picture huge 200000
# shellcheck disable=SC2016  # the agent's own
session viewer -C "$WORK" -- -c 'while read -r line; do eval "$line"; done'
AGENT=$ID
# agent COMMAND: have it run that; prints what it printed.
agent()
{
	printf '%s\n' "{ $1; } >$WORK/out 2>&1; : >$WORK/over" |
	    timeout 20 ringlet terminal attach "$AGENT" >/dev/null 2>&1 &
	live_typist=$!
	wait_for 20 test -e "$WORK/over" || echo "the agent does not answer"
	kill "$live_typist" 2>/dev/null
	wait "$live_typist" 2>/dev/null
	rm -f "$WORK/over"
	cat "$WORK/out"
}

# --- it arrives
is "a picture goes over HTTP, in pieces" "$(upload "$AGENT" "$T/large")" \
    "200 9"
path=$(json data path <"$T/reply")
is "under a name that is ours" "$path" /run/ringlet/files/paste-1.png
is "the agent has it, byte for byte" "$(agent "sha256sum <$path")" \
    "$(sha256sum <"$T/large")"
is "the command gives one, too" \
    "$(ringlet terminal upload "$AGENT" "$T/small")" \
    /run/ringlet/files/paste-2.png
is "from standard input as well" \
    "$(ringlet terminal upload "$AGENT" - <"$T/small")" \
    /run/ringlet/files/paste-3.png
is "and the agent has that" \
    "$(agent 'sha256sum </run/ringlet/files/paste-3.png')" \
    "$(sha256sum <"$T/small")"
like "each is in the audit log, with its hash" \
    "$(grep session.upload "$audit")" "$(sha256sum <"$T/large" | cut -d' ' -f1)"
is "before and after, three times" "$(grep -c session.upload "$audit")" 6
refute "but nothing of what it shows" grep -q PNG "$audit"
refute "nor is that in the log" grep -aq 'IHDR\|iVBOR' "$LOG"

# --- an agent in a jail can put nothing in the way
for try in 'ln -s /etc/passwd paste-4.png' 'rm paste-1.png' \
    'mv paste-1.png paste-4.png' ': >paste-1.png' 'mkdir paste-4.png'; do
	like "in the jail it is read-only: $try" \
	    "$(agent "cd /run/ringlet/files && $try")" 'Read-only file system'
done
like "nor can it be moved away" \
    "$(agent 'mv /run/ringlet/files /run/ringlet/other')" 'busy|Read-only'
is "what is under way is not seen" \
    "$(api POST "/api/terminal/sessions/$AGENT/files" \
    "{\"size\":100,\"data\":\"$(head -c 50 "$T/small" | base64 -w0)\"}")" 201
is "by the agent" "$(agent 'ls /run/ringlet/files' | tr '\n' ' ')" \
    'paste-1.png paste-2.png paste-3.png '
is "another waits" "$(upload "$AGENT" "$T/small")" 409
is "a wrong offset is told" \
    "$(api PUT "/api/terminal/sessions/$AGENT/files/paste-4.png" \
    '{"offset":7,"data":"AAAA"}')" 409
is "it is given up" \
    "$(api DELETE "/api/terminal/sessions/$AGENT/files/paste-4.png")" 200
is "and is no more" \
    "$(api DELETE "/api/terminal/sessions/$AGENT/files/paste-4.png")" 404
is "one that is there cannot be" \
    "$(api DELETE "/api/terminal/sessions/$AGENT/files/paste-1.png")" 404

# --- what is refused
printf '#!/bin/sh\necho hello\n' >"$T/script"
is "no picture" "$(upload "$AGENT" "$T/script")" 400
like "and it is said" "$(json error <"$T/reply")" 'PNG, JPEG, GIF and WebP'
is "one that is too large" "$(upload "$AGENT" "$T/huge")" 413
like "by the setting's name" "$(json error <"$T/reply")" UploadMaxSize
is "with a token that may only look" "$(upload "$AGENT" "$T/small" "$T/view")" \
    403
is "without one" "$(http POST "/api/terminal/sessions/$AGENT/files")" 401
is "for a session that is not there" \
    "$(upload 0123456789abcdef "$T/small")" 404
is "what is no base64" "$(api POST "/api/terminal/sessions/$AGENT/files" \
    '{"size":100,"data":"?"}')" 400
is "by the command, the same" \
    "$(status ringlet terminal upload "$AGENT" "$T/script")" 1
like "in words" "$(cat "$T/err")" 'PNG, JPEG, GIF and WebP'
n=0
while [ "$(upload "$AGENT" "$T/large")" = "200 9" ] && [ $n -lt 20 ]; do
	n=$((n + 1))
done
is "a session takes so much" "$n" 9
like "and then says so" "$(json error <"$T/reply")" UploadQuota
agent 'rm -f /run/ringlet/files/*' >/dev/null
is "whatever its agent does" "$(upload "$AGENT" "$T/large")" 429

# --- another monitor
check "the daemon restarts in place" ringlet daemon restart
daemon_facts
is "and the agent still has it" "$(agent "sha256sum <$path")" \
    "$(sha256sum <"$T/large")"
is "what was taken still counts" "$(upload "$AGENT" "$T/large")" 429
is "and there is room for what is left" \
    "$(upload "$AGENT" "$T/small" | cut -d' ' -f1)" 200
check "nobody else may look there" [ "$(stat -c %a "$files")" = 700 ]

# --- without a jail it is the agent's own to spoil
session free --no-sandbox -C "$WORK" -- -c 'exec sleep 600'
own=$(ringlet terminal upload "$ID" "$T/small")
check "without a jail it is at its own place" cmp "$own" "$T/small"
echo mine >"$T/target"
ln -s "$T/target" "${own%/*}/paste-2.png"
is "a link in the way is not followed" \
    "$(status ringlet terminal upload "$ID" "$T/small")" 1
is "nor replaced" "$(readlink "${own%/*}/paste-2.png")" "$T/target"
is "what it leads to is as it was" "$(cat "$T/target")" mine
is "the next has another name" \
    "$(ringlet terminal upload "$ID" "$T/small")" "${own%/*}/paste-3.png"

# --- the end
ringlet terminal kill "$ID" >/dev/null
is "an ended session takes none" "$(upload "$ID" "$T/small")" 409
check "and its folder is gone" [ ! -e "${own%/*}" ]
ringlet terminal kill "$AGENT" >/dev/null
is "as are all" "$(ls "$files")" ""
is "what a link led to is there" "$(cat "$T/target")" mine
echo 'AllowUploads no' >>"$CONF"
kill -HUP "$MONITOR"
off()
{
	grep -q 'AllowUploads' "$LOG"
}
check "AllowUploads is switched off" wait_for 10 off
session viewer -C "$WORK" -- -c 'ls -d /run/ringlet/files; exec sleep 600'
is "then none is taken" "$(upload "$ID" "$T/small")" 403
like "by the setting's name" "$(json error <"$T/reply")" AllowUploads
is "and there is no folder" "$(ls "$files")" ""
session viewer -C "$WORK" -- -c 'exec sleep 600'
kill -9 "$MONITOR"
gone()
{
	! kill -0 "$SANDBOXER" 2>/dev/null
}
wait_for 20 gone
mkdir -p "$files/0123456789abcdef"
echo left >"$files/0123456789abcdef/paste-1.png"
start_daemon
is "what a monitor that died has left is removed" "$(ls "$files")" ""
done_testing
