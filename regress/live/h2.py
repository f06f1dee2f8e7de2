#!/usr/bin/env python3
"""h2.py: keep an HTTP/2 connection on which a token was sent.

usage: h2.py HOST:PORT TOKEN_FILE

Asks for /api/ping with the token twice: at once, as a field that it may put into
the server's header table; and after acknowledging the settings that came, as one
that it may not.  Says "STATUS STATUS" (the static
table's number of :status, or "?"), and stays connected until its standard
input ends.
"""

import socket
import sys

DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
STATUS = {8: "200", 12: "400", 13: "404"}


def frame(kind, flags=0, stream=0, payload=b""):
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags]) +
            stream.to_bytes(4, "big") + payload)


def text(value):
    return bytes([len(value)]) + value


def ask(stream, token, literal):
    """A GET; literal is how the field's representation begins."""
    return frame(HEADERS, 5, stream,
                 b"\x82\x86\x04" + text(b"/api/ping") + b"\x01" +
                 text(b"localhost") + literal + text(b"authorization") +
                 text(b"Bearer " + token))


class Connection:
    def __init__(self, address):
        host, port = address.rsplit(":", 1)
        self.sock = socket.create_connection((host, int(port)), 10)
        self.buf = b""
        self.table = 4096

    def take(self, size):
        while len(self.buf) < size:
            got = self.sock.recv(65536)
            if not got:
                sys.exit("h2.py: the server has closed")
            self.buf += got
        got, self.buf = self.buf[:size], self.buf[size:]
        return got

    def until(self, kind, flags):
        """Reads on to a frame of that kind with these flags."""
        status = "?"
        while True:
            head = self.take(9)
            payload = self.take(int.from_bytes(head[:3], "big"))
            if head[3] == SETTINGS and not head[4] & 1:
                self.sock.sendall(frame(SETTINGS, 1))
                for i in range(0, len(payload), 6):
                    if payload[i:i + 2] == b"\0\1":
                        self.table = int.from_bytes(payload[i + 2:i + 6],
                                                    "big")
            if head[3] == HEADERS:
                # There may be a change of the table's size before it.
                for byte in payload[:4]:
                    if byte & 0x80:
                        status = STATUS.get(byte & 0x7f, "?")
                        break
            if head[3] == kind and head[4] & flags == flags:
                return status


def main():
    with open(sys.argv[2], "rb") as file:
        token = file.read().strip()
    conn = Connection(sys.argv[1])
    send = conn.sock.sendall
    send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS) +
         ask(1, token, b"\x40"))
    first = conn.until(DATA, 1)
    send(frame(PING, 0, 0, b"settings"))
    conn.until(PING, 1)
    again = ask(3, token, b"\x10")
    if conn.table == 0:
        # RFC 7541 4.2: a smaller size is said first.
        again = (again[:2] + bytes([again[2] + 1]) + again[3:9] + b"\x20" +
                 again[9:])
    send(again)
    print(first, conn.until(DATA, 1), flush=True)
    sys.stdin.read()


main()
