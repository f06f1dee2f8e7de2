# What clients may take over HTTP, in places, bytes and time, is what the settings say, and changes at once.
# shellcheck shell=sh
. "${0%/*}/lib.sh"

# Each: keyword, a value, one below and one above what it takes.
while read -r name value low high; do
	is "$name is printed" "$(ringletd -T -o "$name=$value" |
	    grep -c "^$name $value\$")" 1
	for bad in "$low" "$high"; do
		refute "$name $bad is refused" ringletd -t \
		    -o "$name=$bad" 2>"$T/err"
		like "by its name" "$(cat "$T/err")" "$name"
	done
done <<-TABLE
	MaxConnections 4 3 513
	MaxStreams 2 0 65
	MaxHeaderSize 2K 1K 32K
	MaxBodySize 1K 512 128K
	FirstRequestTime 1s 999ms 61s
	RequestTime 1s 999ms 121s
	IdleTime 1s 999ms 601s
	WriteTime 1s 999ms 601s
	PingInterval 1s 999ms 601s
TABLE

cat >"$T/client.py" <<'P'
import socket, struct, sys, time

what, address, token = sys.argv[1:4]
host, port = address.rsplit(":", 1)
HEAD = "Host: localhost\r\nAuthorization: Bearer %s\r\n" % open(token).read().strip()
PING = "GET /api/ping HTTP/1.1\r\n" + HEAD

def connect():
    s = socket.socket()
    if what == "write":
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(25)
    s.connect((host, int(port)))
    return s

def say(s, text):
    s.sendall(text if isinstance(text, bytes) else text.encode())

def status(s):
    """The status of one reply, which is taken whole."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = s.recv(4096)
        if not more:
            return "closed"
        data += more
    head, body = data.split(b"\r\n\r\n", 1)
    length = [int(l.split(b":")[1]) for l in head.split(b"\r\n")
        if l.lower().startswith(b"content-length:")]
    while length and len(body) < length[0]:
        body += s.recv(65536)
    return head.split()[1].decode()

def until(done, seconds):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return "not in time"
        time.sleep(0.05)
    return "closed"

def over(s):
    """Whether the server has closed its end, read or not."""
    ours = ":%04X" % s.getsockname()[1]
    for line in open("/proc/net/tcp"):
        f = line.split()
        if f[2].endswith(ours) and f[1].endswith(":%04X" % int(port)):
            return f[3] != "01"
    return True

# The seconds are less than the defaults, and much more than is set.
if what == "first":
    s = connect()
    say(s, "GET /api/ping HT")
    print(until(lambda: over(s), 9))
elif what == "request":
    s = connect()
    say(s, PING + "\r\n")
    assert status(s) == "200"
    say(s, PING)
    print(until(lambda: over(s), 14))
elif what == "idle":
    s = connect()
    say(s, PING + "\r\n")
    assert status(s) == "200"
    print(until(lambda: over(s), 30))
elif what == "write":
    s = connect()
    s.setblocking(False)
    one = ("GET /api/openapi.json HTTP/1.1\r\n" + HEAD + "\r\n").encode()
    def more():
        try:
            s.send(one * 50)
        except BlockingIOError:
            pass
        except OSError:
            return True
        return over(s)
    print(until(more, 25))
elif what in ("header", "body"):
    size = int(sys.argv[4])
    s = connect()
    if what == "header":
        say(s, PING + "X: " + "x" * size + "\r\n\r\n")
    else:
        say(s, "POST /api/profiles HTTP/1.1\r\n" + HEAD +
            "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % size + "{" + " " * (size - 1))
    print(status(s))
elif what == "header2" or what == "streams":
    s = connect()
    say(s, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
    data = b""
    while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], "big"):
        data += s.recv(4096)
    assert data[3] == 4
    settings = dict(struct.unpack(">HI", data[9 + i:15 + i])
        for i in range(0, int.from_bytes(data[:3], "big"), 6))
    print(settings[3 if what == "streams" else 6])
elif what == "ping":
    s = connect()
    say(s, "GET /ws HTTP/1.1\r\n" + HEAD + "Connection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    data = b""
    while b"\r\n\r\n" not in data:
        data += s.recv(1)
    while True:
        first, n = s.recv(1)[0], s.recv(1)[0]
        if n == 126:
            n = int.from_bytes(s.recv(2), "big")
        while n > 0:
            n -= len(s.recv(n))
        if first == 0x89:
            break
    # And when it is never answered, the end.
    if len(sys.argv) > 4:
        print(until(lambda: over(s), 100))
    else:
        print("pinged")
elif what == "connections":
    strangers = [connect() for i in range(4)]
    s = connect()
    say(s, PING + "\r\n")
    assert status(s) == "200"
    print(until(lambda: over(strangers[0]), 9),
        over(strangers[3]))
P
client()
{
	timeout 120 python3 "$T/client.py" "$1" "$ADDRESS" "$TOKEN" ${2:+"$2"}
}

# set_to KEYWORD VALUE: in place of what the file says, and told so.
set_to()
{
	sed -i "/^$1 /d" "$CONF"
	printf '%s %s\n' "$1" "$2" >>"$CONF"
	kill -HUP "$MONITOR"
	wait_for 10 grep -q "settings: $1 is now $2$" "$LOG" ||
		not_ok "$1 is read again"
}

start_daemon RequireSameUser=no
is "a header block of 12 KiB is taken" "$(client header 12000)" 200
is "HTTP/2 says as much" "$(client header2)" 16384
set_to MaxHeaderSize 2K
is "with MaxHeaderSize 2K it is not" "$(client header 12000)" 431
is "nor in HTTP/2" "$(printf 'X: %012000d\n' 1 >"$T/long"
    curl -sS --http2-prior-knowledge -o /dev/null -w '%{http_code}' \
	-H "@$T/long" "$URL/")" 431
is "but one of 1 KiB" "$(client header 1000)" 200
is "and HTTP/2 says so" "$(client header2)" 2048
is "a body of 60 KiB is read" "$(client body 60000)" 400
set_to MaxBodySize 1K
is "with MaxBodySize 1K it is not" "$(client body 60000)" 413
is "nor in HTTP/2" "$(printf '{%60000s' ' ' >"$T/big"
    printf 'Authorization: Bearer %s\n' "$(cat "$TOKEN")" >"$T/bearer"
    curl -sS --http2-prior-knowledge -o /dev/null -w '%{http_code}' \
	-H "@$T/bearer" -H 'Content-Type: application/json' \
	--data-binary "@$T/big" "$URL/api/profiles")" 413
is "but one of 1000 bytes" "$(client body 1000)" 400
is "HTTP/2 has 64 streams" "$(client streams)" 64
set_to MaxStreams 2
is "with MaxStreams 2 two" "$(client streams)" 2
set_to FirstRequestTime 1s
is "FirstRequestTime ends who says nothing" "$(client first)" closed
set_to FirstRequestTime 60s
set_to MaxConnections 4
is "MaxConnections has the oldest stranger make room" \
    "$(client connections)" "closed False"
set_to RequestTime 1s
is "RequestTime ends a slow request" "$(client request)" closed
set_to IdleTime 1s
is "IdleTime ends an idle connection" "$(client idle)" closed
set_to WriteTime 1s
is "WriteTime ends who takes no reply" "$(client write)" closed
set_to PingInterval 1s
is "PingInterval asks a silent WebSocket" "$(client ping)" pinged
is "and ends it when it never answers" "$(client ping end)" closed
was=$RINGLETD
kill -KILL "$RINGLETD"
again()
{
	[ "$(ringlet --json daemon status | json data ringletd_pid)" != "$was" ] &&
	    api GET /api/ping
}
wait_for 20 again || not_ok "another ringletd serves"
is "a ringletd that is started again keeps to them" "$(client streams)" 2
done_testing
