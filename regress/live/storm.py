#!/usr/bin/env python3
"""storm.py: many WebSockets, and listeners to events, at once, that behave in
every way there is.

usage: storm.py HOST:PORT PATH TOKEN_FILE SECONDS

Some type and read, some ping without end, some send frames that are forbidden,
some leave in the middle of a frame or of the handshake; some ask for events,
which each viewer that comes or goes makes, and read them, or do not.  What a
client does is chosen by a fixed seed.  Says "N opened, M events, K refused, L
errors": an error is something that no server may do, and makes the exit status
1.
"""

import random
import socket
import sys
import threading
import time

from ws import BINARY, CLOSE, PING, TEXT, Closed, Refused, WebSocket

CLIENTS = 24
WRONG = [
    b"\x81\x01x", b"\xc1\x80aaaa", b"\x83\x80aaaa", b"\x80\x80aaaa",
    b"\x09\x80aaaa", b"\x89\xfe\x00\x7eaaaa" + bytes(126),
    b"\x82\xff\xff" + bytes(11), b"\x81\x82aaaa\x9e\x9e",
    b"\x88\x81aaaa\x62", b"\x88\x82aaaa\x61\x61",
    b"\x81\xfe\x20\x00aaaa" + bytes(64), bytes(300),
]


class Viewer(WebSocket):
    """Whose frames are taken whole or not at all, whenever time is over."""

    taken = b""

    def _take(self, count):
        data = super()._take(count)
        self.taken += data
        return data

    def _frame(self):
        self.taken = b""
        try:
            return super()._frame()
        except TimeoutError:
            self.buffer[:0] = self.taken
            raise


class Client(threading.Thread):
    """One after the other, until the time is over."""

    def __init__(self, number, address, path, token, end):
        super().__init__(daemon=True)
        self.random = random.Random(number)
        self.host, port = address.rsplit(":", 1)
        self.port = int(port)
        self.path, self.token, self.end = path, token, end
        self.opened = self.events = self.refused = 0
        self.errors = []

    def read(self, ws, seconds):
        """Take what comes for a while."""
        end = time.monotonic() + seconds
        while True:
            try:
                ws.receive(end)
            except TimeoutError:
                return

    def types(self, ws):
        for _ in range(self.random.randrange(1, 20)):
            ws.send(BINARY, self.random.randbytes(
                self.random.choice((1, 10, 200, 5000))))
            self.read(ws, 0.01)

    def pings(self, ws):
        for _ in range(self.random.randrange(1, 300)):
            ws.send(PING, self.random.randbytes(self.random.randrange(126)))
        self.read(ws, 0.05)

    def talks(self, ws):
        for _ in range(self.random.randrange(1, 20)):
            ws.send(TEXT, b'{"type":"resize","cols":%d,"rows":24}' %
                    self.random.randrange(1, 5000))
        self.read(ws, 0.05)

    def errs(self, ws):
        ws.sock.sendall(self.random.choice(WRONG))
        self.read(ws, 2)

    def breaks(self, ws):
        frame = b"\x82\xfe\x10\x00aaaa" + bytes(4096)
        ws.sock.sendall(frame[:self.random.randrange(1, len(frame))])
        if self.random.random() < 0.5:
            # With bytes unread, so that it is reset.
            ws.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               b"\1\0\0\0\0\0\0\0")

    def closes(self, ws):
        ws.send(CLOSE, b"\x03\xe8" + b"x" * self.random.randrange(124))
        self.read(ws, 2)

    def half(self):
        """Leaves in the middle of the handshake."""
        with socket.create_connection((self.host, self.port), 10) as sock:
            text = (f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\n"
                    "Connection: Upgrade\r\nUpgrade: websocket\r\n").encode()
            sock.sendall(text[:self.random.randrange(1, len(text))])

    def hear(self, reply):
        """One piece of a stream: whole events, or comments."""
        size = reply.readline()
        if not size:
            raise ConnectionError
        piece = reply.read(int(size, 16) + 2)
        if (not piece.startswith((b": ", b"id: ", b"event: dropped\n")) or
                not piece.endswith(b"\n\n\r\n")):
            raise ValueError(f"an event is {piece!r}")
        self.events += 1

    def listens(self):
        """Asks for events, and hears some, or none of those that come."""
        with socket.create_connection((self.host, self.port), 10) as sock:
            sock.sendall(("GET /api/events HTTP/1.1\r\nHost: localhost\r\n"
                          f"Authorization: Bearer {self.token}\r\n\r\n"
                          ).encode())
            self.opened += 1
            if self.random.random() < 0.3:
                time.sleep(self.random.random())
                return
            sock.settimeout(1)
            reply = sock.makefile("rb")
            line = reply.readline()
            if line.split()[1:2] != [b"200"]:
                raise Refused(int(line.split()[1]), "no events")
            while reply.readline() not in (b"\r\n", b""):
                pass
            for _ in range(self.random.randrange(1, 200)):
                self.hear(reply)

    def once(self):
        what = self.random.random()
        if what < 0.1:
            self.half()
            return
        if what < 0.3:
            self.listens()
            return
        ws = Viewer(self.host, self.port, self.path, {},
                    ["bearer", self.token])
        self.opened += 1
        try:
            self.random.choice((self.types, self.pings, self.talks, self.errs,
                                self.breaks, self.closes))(ws)
        finally:
            ws.sock.close()

    def run(self):
        while time.monotonic() < self.end:
            try:
                self.once()
            except Refused as why:
                self.refused += 1
                if why.status not in (429, 503):
                    self.errors.append(str(why))
                time.sleep(0.02)
            except (Closed, ConnectionError, TimeoutError):
                pass
            except ValueError as why:
                self.errors.append(str(why))


def main():
    """Start them, wait, and count."""
    address, path, file, seconds = sys.argv[1:]
    with open(file, encoding="ascii") as token:
        secret = token.read().strip()
    end = time.monotonic() + float(seconds)
    clients = [Client(i, address, path, secret, end) for i in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    errors = [text for client in clients for text in client.errors]
    print(f"{sum(c.opened for c in clients)} opened, "
          f"{sum(c.events for c in clients)} events, "
          f"{sum(c.refused for c in clients)} refused, {len(errors)} errors")
    for text in errors[:10]:
        print(text)
    sys.exit(1 if errors else 0)


main()
