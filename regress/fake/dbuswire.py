"""dbuswire.py: as much of the D-Bus protocol as the fakes need, by hand.

Written from the specification and not by way of a library, so that a fake can
also say what no library would let it.  A variant is a pair (signature, value).
"""
import os
import re
import socket
import struct

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
PATH, INTERFACE, MEMBER, NAME, REPLY_TO, DEST, SENDER, SIGNATURE = range(1, 9)
FIXED = {"y": "B", "b": "I", "n": "h", "q": "H", "i": "i", "u": "I",
         "x": "q", "t": "Q", "d": "d"}
ALIGN = dict({k: struct.calcsize(v) for k, v in FIXED.items()},
             **{"s": 4, "o": 4, "g": 1, "a": 4, "(": 8, "{": 8, "v": 1})
BUS = "org.freedesktop.DBus"


def first(sig):
    """The first complete type of a signature."""
    if sig[0] == "a":
        return "a" + first(sig[1:])
    if sig[0] in "({":
        depth = 0
        for i, c in enumerate(sig):
            depth += (c in "({") - (c in ")}")
            if depth == 0:
                return sig[:i + 1]
    return sig[0]


def split(sig):
    out = []
    while sig:
        out.append(first(sig))
        sig = sig[len(out[-1]):]
    return out


def put(out, sig, value):
    """Appends value, of one complete type, to the bytearray out."""
    kind = sig[0]
    out.extend(bytes(-len(out) % ALIGN[kind]))
    if kind in FIXED:
        out.extend(struct.pack("<" + FIXED[kind], value))
    elif kind in "so":
        raw = value if isinstance(value, bytes) else value.encode()
        out.extend(struct.pack("<I", len(raw)) + raw + b"\0")
    elif kind == "g":
        out.extend(bytes([len(value)]) + value.encode() + b"\0")
    elif kind == "v":
        put(out, "g", value[0])
        put(out, value[0], value[1])
    elif kind == "a":
        at = len(out)
        out.extend(bytes(4))
        out.extend(bytes(-len(out) % ALIGN[sig[1]]))
        begin = len(out)
        if sig[1] == "y":
            out.extend(value)
        else:
            items = value.items() if isinstance(value, dict) else value
            for item in items:
                put(out, sig[1:], item)
        out[at:at + 4] = struct.pack("<I", len(out) - begin)
    else:
        for t, item in zip(split(sig[1:-1]), value):
            put(out, t, item)


def get(data, i, sig):
    """The value of one complete type at offset i, and what follows it."""
    kind = sig[0]
    i += -i % ALIGN[kind]
    if kind in FIXED:
        size = ALIGN[kind]
        return struct.unpack("<" + FIXED[kind], data[i:i + size])[0], i + size
    if kind in "so":
        n = struct.unpack("<I", data[i:i + 4])[0]
        return data[i + 4:i + 4 + n].decode(), i + 5 + n
    if kind == "g":
        n = data[i]
        return data[i + 1:i + 1 + n].decode(), i + 2 + n
    if kind == "v":
        t, i = get(data, i, "g")
        value, i = get(data, i, t)
        return (t, value), i
    if kind == "a":
        n = struct.unpack("<I", data[i:i + 4])[0]
        i += 4
        i += -i % ALIGN[sig[1]]
        if sig[1] == "y":
            return bytes(data[i:i + n]), i + n
        out, end = [], i + n
        while i < end:
            value, i = get(data, i, sig[1:])
            out.append(value)
        return (dict(out) if sig[1] == "{" else out), end
    out = []
    for t in split(sig[1:-1]):
        value, i = get(data, i, t)
        out.append(value)
    return tuple(out), i


class Message:
    """fields is a dict by number; args a list as the signature says."""

    def __init__(self, kind, fields, args, serial=0):
        self.kind, self.fields, self.args = kind, fields, args
        self.serial = serial

    def field(self, number):
        return self.fields.get(number, "")


class Bus:
    """A connection to a message bus on a unix socket."""

    def __init__(self, address):
        path = re.search(r"unix:(?:.*,)?path=([^,;]*)", address).group(1)
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.serial = 0
        uid = str(os.getuid()).encode().hex()
        self.sock.sendall(b"\0AUTH EXTERNAL %s\r\n" % uid.encode())
        line = b""
        while not line.endswith(b"\r\n"):
            line += self.exactly(1)
        assert line.startswith(b"OK "), line
        self.sock.sendall(b"BEGIN\r\n")
        self.name = self.ask(BUS, "/org/freedesktop/DBus", BUS, "Hello")[0]

    def exactly(self, n):
        data = b""
        while len(data) < n:
            more = self.sock.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def send(self, kind, fields, sig="", args=(), noreply=False):
        self.serial += 1
        body = bytearray()
        for t, value in zip(split(sig), args):
            put(body, t, value)
        if sig:
            fields = dict(fields)
            fields[SIGNATURE] = sig
        types = {PATH: "o", SIGNATURE: "g", REPLY_TO: "u"}
        head = bytearray(struct.pack("<cBBBII", b"l", kind, int(noreply), 1,
                                     len(body), self.serial))
        put(head, "a(yv)", [(k, (types.get(k, "s"), v))
                            for k, v in fields.items()])
        head.extend(bytes(-len(head) % 8))
        self.sock.sendall(bytes(head) + bytes(body))
        return self.serial

    def read(self):
        head = self.exactly(16)
        assert head[:1] == b"l"
        size, serial, n = struct.unpack("<III", head[4:16])
        rest = self.exactly(n + -n % 8)
        fields, _ = get(head + rest, 12, "a(yv)")
        fields = {k: v[1] for k, v in fields}
        body, args, i = self.exactly(size), [], 0
        for t in split(fields.get(SIGNATURE, "")):
            value, i = get(body, i, t)
            args.append(value)
        return Message(head[1], fields, args, serial)

    def ask(self, dest, path, interface, member, sig="", args=()):
        """A call and its answer; what else arrives meanwhile is dropped."""
        n = self.send(CALL, {PATH: path, INTERFACE: interface, MEMBER: member,
                             DEST: dest}, sig, args)
        while True:
            m = self.read()
            if m.fields.get(REPLY_TO) == n:
                if m.kind == ERROR:
                    raise OSError(m.field(NAME), m.args)
                return m.args

    def answer(self, m, sig="", args=()):
        self.send(RETURN, {REPLY_TO: m.serial, DEST: m.field(SENDER)},
                  sig, args)

    def refuse(self, m, name, text):
        self.send(ERROR, {REPLY_TO: m.serial, DEST: m.field(SENDER),
                          NAME: name}, "s", (text,))

    def emit(self, path, interface, member, sig, args, dest=None):
        fields = {PATH: path, INTERFACE: interface, MEMBER: member}
        if dest:
            fields[DEST] = dest
        self.send(SIGNAL, fields, sig, args)
