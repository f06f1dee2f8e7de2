# Who has no token, or may only look, brings none of the daemon's processes down, however much comes at once.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

cat >"$T/many.py" <<'P'
"""many.py WHAT HOST:PORT TOKEN PATH: how often each status has come."""
import collections, json, socket, sys

what, address, token, path = sys.argv[1:5]
host, port = address.rsplit(":", 1)
HEAD = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"

def connect(n):
    return [socket.create_connection((host, int(port)), 60) for _ in range(n)]

def say(socks, text):
    for s in socks:
        try:
            s.sendall(text)
        except OSError:
            pass

def take(s):
    """The status of a reply that is taken whole."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            more = s.recv(65536)
            if not more:
                return "closed"
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        length = [int(l.split(b":")[1]) for l in head.split(b"\r\n")
                  if l.lower().startswith(b"content-length:")][0]
        while len(body) < length:
            more = s.recv(65536)
            if not more:
                return "cut"
            body += more
    except OSError as e:
        return type(e).__name__
    return head.split()[1].decode()

def tell(statuses):
    print(*sorted(collections.Counter(statuses)))

def bodies():
    """All are whole at the same time."""
    body = json.dumps({"alias": "x", "agent_id": "shell",
                       "provider_id": "self",
                       "args": ["a" * 31000, "b" * 31000]}).encode()
    socks = connect(300)
    say(socks, (f"POST {path} HTTP/1.1\r\n{HEAD}"
                "Content-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body[:-1])
    say(socks, body[-1:])
    tell(take(s) for s in socks)

def answers():
    """Nobody takes one before all have asked."""
    socks = connect(300)
    say(socks, f"GET {path} HTTP/1.1\r\n{HEAD}\r\n".encode())
    tell(take(s) for s in socks)

def frame(kind, flags=0, stream=0, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) +
            stream.to_bytes(4, "big") + payload)

def text(value):
    return bytes([len(value)]) + value

def files():
    """HTTP/2, and no window for what comes.  The last one is served."""
    head = b"\x82\x86\x04" + text(path.encode()) + b"\x01" + text(b"localhost")
    ask = b"".join(frame(1, 5, 2 * i + 1, head) for i in range(64))
    socks = connect(480)
    say(socks, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
        frame(4, 0, 0, b"\0\4\0\0\0\0") + ask)
    # A frame that is answered: all before it has been.
    say(socks, frame(6, 0, 0, bytes(8)))
    statuses = []
    for s in socks:
        data, status = b"", "closed"
        try:
            while True:
                while len(data) < 9 or len(data) < 9 + int.from_bytes(
                        data[:3], "big"):
                    more = s.recv(65536)
                    if not more:
                        raise OSError
                    data += more
                kind, flags = data[3], data[4]
                data = data[9 + int.from_bytes(data[:3], "big"):]
                if kind == 6 and flags & 1:
                    status = "answered"
                    break
        except OSError:
            pass
        statuses.append(status)
    tell(statuses)

{"bodies": bodies, "answers": answers, "files": files}[what]()
P

many()
{
	python3 "$T/many.py" "$1" "$ADDRESS" "$2" "$3"
}

start_daemon
first=$RINGLETD
same()
{
	daemon_facts
	is "$1" "$RINGLETD" "$first"
}

is "long bodies with a wrong token are refused" \
    "$(many bodies wrong /api/profiles)" 401
same "and end nobody"

long=$(printf '%03000d' 0)
i=0
while [ $i -lt 30 ]; do
	i=$((i + 1))
	is "profile $i is made" "$(api POST /api/profiles "{\"alias\":\"long$i\",
	    \"agent_id\":\"shell\",\"provider_id\":\"self\",
	    \"args\":[\"$long\"]}")" 201
done
ringlet -q token create --scope view --label look >"$T/view" ||
	bail "a token is made"
is "long answers go to all who ask at once" \
    "$(many answers "$(cat "$T/view")" /api/profiles)" 200
same "and end nobody"

asset=$(curl -sS --noproxy '*' --compressed "http://$ADDRESS/" |
    grep -o '/assets/app-[^"]*\.js' | head -n 1)
if [ -z "$asset" ]; then
	skip "files for strangers: this build has no dashboard"
else
	is "files that nobody takes are kept for nobody" \
	    "$(many files none "$asset")" answered
	same "and end nobody"
fi

done_testing
