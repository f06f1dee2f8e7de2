#!/usr/bin/env python3
"""ws.py: a small WebSocket client (RFC 6455) for tests of ringletd.

As a program it opens one connection, does what its arguments say in
order, and tells what came:

    ws.py [options] HOST:PORT PATH [ACTION ARGUMENT]...

    send TEXT       a binary frame: keystrokes (\\n, \\r, \\x03 ... are known)
    text JSON       a text frame
    expect REGEX    wait until the binary bytes so far hold REGEX; the next
                    expect looks only behind what this one found
    event TYPE      wait for a text frame whose JSON "type" is TYPE
    end SECONDS     read on until the server closes, at most so long
    raw HEX         put these bytes on the wire as they are

Binary bytes go to --out (default: standard output), text frames as lines to
--events.  Exit status: 0 all done; 1 an action failed or timed out; 4 the
handshake was refused, and "HTTP STATUS BODY" is printed.
"""

import argparse
import base64
import hashlib
import json
import os
import re
import socket
import struct
import sys
import time

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Refused(Exception):
    """The server answered the handshake with something other than 101."""

    def __init__(self, status, body):
        super().__init__(f"HTTP {status} {body}")
        self.status = status
        self.body = body


class Closed(Exception):
    """The server closed the connection; code is its reason, or None."""

    def __init__(self, code):
        super().__init__(f"closed by the server ({code})")
        self.code = code


class WebSocket:
    """One connection as a client."""

    def __init__(self, host, port, path, headers=(), protocols=(),
                 timeout=10.0):
        self.sock = socket.create_connection((host, port), timeout)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = bytearray()
        self.protocol = None
        self.headers = {}
        self._shake(host, port, path, dict(headers), list(protocols))

    def _shake(self, host, port, path, headers, protocols):
        key = base64.b64encode(os.urandom(16)).decode()
        fields = {
            "Host": f"{host}:{port}", "Upgrade": "websocket",
            "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key,
        }
        if protocols:
            fields["Sec-WebSocket-Protocol"] = ", ".join(protocols)
        fields.update(headers)
        lines = [f"GET {path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in fields.items()]
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head = self._take(self.buffer.index(b"\r\n\r\n") + 4)
        head = head.decode("latin-1").rstrip().split("\r\n")
        for line in head[1:]:
            name, value = line.split(":", 1)
            self.headers[name.strip().lower()] = value.strip()
        status = int(head[0].split()[1])
        if status != 101:
            length = int(self.headers.get("content-length", "0"))
            raise Refused(status, self._take(length).decode(
                "utf-8", "replace").strip())
        accept = base64.b64encode(
            hashlib.sha1((key + GUID).encode()).digest()).decode()
        if self.headers.get("sec-websocket-accept") != accept:
            raise ValueError("wrong Sec-WebSocket-Accept")
        self.protocol = self.headers.get("sec-websocket-protocol")

    def _more(self):
        data = self.sock.recv(256 * 1024)
        if not data:
            raise Closed(None)
        self.buffer += data

    def _take(self, count):
        while len(self.buffer) < count:
            self._more()
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def send(self, opcode, data):
        """Send one whole frame, masked as a client must."""
        head = bytes([0x80 | opcode])
        if len(data) < 126:
            head += bytes([0x80 | len(data)])
        elif len(data) < 65536:
            head += struct.pack("!BH", 0x80 | 126, len(data))
        else:
            head += struct.pack("!BQ", 0x80 | 127, len(data))
        mask = os.urandom(4)
        body = bytes(b ^ mask[i & 3] for i, b in enumerate(data))
        self.sock.sendall(head + mask + body)

    def _frame(self):
        first, second = self._take(2)
        if first & 0x70 or second & 0x80:
            raise ValueError("reserved bits or a mask in a server's frame")
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self._take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self._take(8))
        return bool(first & 0x80), first & 0x0f, self._take(length)

    def receive(self, deadline):
        """Return (opcode, data) of the next message; answer pings.

        Raises TimeoutError when time.monotonic() has passed the deadline.
        """
        kind, parts = None, []
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("nothing came in time")
            self.sock.settimeout(left)
            final, opcode, data = self._frame()
            if opcode == PING:
                self.send(PONG, data)
            elif opcode == CLOSE:
                code = struct.unpack("!H", data[:2])[0] if data else None
                raise Closed(code)
            elif opcode != PONG:
                kind = opcode or kind
                parts.append(data)
                if final:
                    return kind, b"".join(parts)

    def close(self):
        """Say good-bye and leave."""
        try:
            self.send(CLOSE, struct.pack("!H", 1000))
        except OSError:
            pass
        self.sock.close()


class Script:
    """Does the actions of the command line."""

    def __init__(self, ws, out, events, timeout):
        self.ws = ws
        self.out = out
        self.events = events
        self.timeout = timeout
        self.seen = bytearray()
        self.frames = []

    def pump(self, deadline):
        """Take in one message."""
        kind, data = self.ws.receive(deadline)
        if kind == BINARY:
            self.seen += data
            self.out.write(data)
            self.out.flush()
        else:
            frame = json.loads(data)
            self.frames.append(frame)
            self.events.write(json.dumps(frame) + "\n")
            self.events.flush()

    def expect(self, text):
        """Wait for binary bytes."""
        deadline = time.monotonic() + self.timeout
        pattern = re.compile(text.encode(), re.DOTALL)
        while True:
            found = pattern.search(self.seen)
            if found:
                del self.seen[:found.end()]
                return
            try:
                self.pump(deadline)
            except TimeoutError as why:
                raise TimeoutError(
                    f"{text!r} is not in {bytes(self.seen[-500:])!r}") from why

    def event(self, kind):
        """Wait for a text frame."""
        deadline = time.monotonic() + self.timeout
        while True:
            for i, frame in enumerate(self.frames):
                if frame.get("type") == kind:
                    del self.frames[:i + 1]
                    return
            self.pump(deadline)

    def end(self, seconds):
        """Read until the server closes."""
        deadline = time.monotonic() + float(seconds)
        while True:
            try:
                self.pump(deadline)
            except Closed as why:
                print(f"closed {why.code}", file=sys.stderr)
                return

    def run(self, actions):
        """Do them all."""
        for name, argument in actions:
            if name == "send":
                self.ws.send(BINARY, argument.encode("latin-1").decode(
                    "unicode_escape").encode("latin-1"))
            elif name == "text":
                self.ws.send(TEXT, argument.encode())
            elif name == "raw":
                self.ws.sock.sendall(bytes.fromhex(argument))
            elif name in ("expect", "event", "end"):
                getattr(self, name)(argument)
            else:
                sys.exit(f"ws.py: no such action: {name}")


def main():
    """Read the command line and do it."""
    ask = argparse.ArgumentParser(prog="ws.py")
    ask.add_argument("--token-file", help="offer bearer, TOKEN as protocols")
    ask.add_argument("--bearer-file", help="send it as Authorization")
    ask.add_argument("--header", action="append", default=[])
    ask.add_argument("--protocol", action="append", default=[])
    ask.add_argument("--out", default="/dev/stdout")
    ask.add_argument("--events", default="/dev/null")
    ask.add_argument("--show-protocol", action="store_true")
    ask.add_argument("--timeout", type=float, default=20.0)
    ask.add_argument("address")
    ask.add_argument("path")
    ask.add_argument("actions", nargs="*")
    options = ask.parse_intermixed_args()

    headers = dict(line.split(": ", 1) for line in options.header)
    protocols = list(options.protocol)
    if options.token_file:
        with open(options.token_file, encoding="ascii") as file:
            protocols += ["bearer", file.read().strip()]
    if options.bearer_file:
        with open(options.bearer_file, encoding="ascii") as file:
            headers["Authorization"] = "Bearer " + file.read().strip()
    if len(options.actions) % 2:
        ask.error("an action lacks its argument")
    actions = list(zip(options.actions[::2], options.actions[1::2]))
    host, port = options.address.rsplit(":", 1)
    try:
        ws = WebSocket(host, int(port), options.path, headers, protocols,
                       options.timeout)
    except Refused as why:
        print(why)
        sys.exit(4)
    if options.show_protocol:
        print(f"protocol {ws.protocol}", file=sys.stderr)
    with open(options.out, "wb") as out, \
            open(options.events, "w", encoding="utf-8") as events:
        try:
            Script(ws, out, events, options.timeout).run(actions)
        except (Closed, TimeoutError, ValueError) as why:
            print(f"ws.py: {why}", file=sys.stderr)
            sys.exit(1)
    ws.close()


if __name__ == "__main__":
    main()
