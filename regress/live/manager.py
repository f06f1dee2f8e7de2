#!/usr/bin/env python3
"""manager.py: what a service manager does for a daemon.

usage: manager.py [-c COUNT] [-l SOCKET]... [-n NAMES] [-o PID] [-w USEC]
           RECORD COMMAND...

Opens each SOCKET, starts COMMAND with them from descriptor 3 on and with
NOTIFY_SOCKET, and writes what it is told there into RECORD, a line for each
message: "PID WORD...", PID as the kernel knows the sender.  Ends with
COMMAND's exit status.  The kernel chooses ports; "port" lines in RECORD say
which.

	-c COUNT	what LISTEN_FDS says; else, how many there are
	-n NAMES	what LISTEN_FDNAMES says; else, http:second
	-o PID		what LISTEN_PID says; else, the process COMMAND
	-w USEC		WATCHDOG_USEC

SOCKET is tcp:HOST, unix:PATH[:MODE], abstract, udp, bound (not listening),
connected or file.
"""

import getopt
import os
import socket
import struct
import sys
import threading


def listener(sock, address):
    """Bind, and listen."""
    sock.bind(address)
    sock.listen(16)
    return sock


def tcp(host):
    """A listener at a port of the kernel's choice."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return listener(socket.socket(family), (host, 0))


def unix(path, mode="600"):
    """A listener with a name."""
    old = os.umask(0o777 & ~int(mode, 8))
    sock = listener(socket.socket(socket.AF_UNIX), path)
    os.umask(old)
    return sock


def bound():
    """A socket that could listen, and does not."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


KEPT = []


def make(what):
    """The socket that is wanted."""
    kind, _, rest = what.partition(":")
    if kind == "tcp":
        return tcp(rest)
    if kind == "unix":
        return unix(*rest.split(":"))
    if kind == "abstract":
        return listener(socket.socket(socket.AF_UNIX),
                        f"\0ringlet-{os.getpid()}")
    if kind == "udp":
        return socket.socket(type=socket.SOCK_DGRAM)
    if kind == "bound":
        return bound()
    if kind == "connected":
        KEPT.extend(socket.socketpair())
        return KEPT[-1]
    if kind == "file":
        return open("/dev/null", "rb")
    sys.exit(f"manager.py: {what}: no such socket")


def record(sock, out):
    """Write down what comes, until main() has heard enough."""
    while True:
        data, control, _, _ = sock.recvmsg(8192, 256)
        if data == b"END":
            return
        pid = 0
        for level, kind, value in control:
            if (level, kind) == (socket.SOL_SOCKET,
                                 socket.SCM_CREDENTIALS):
                pid = struct.unpack("3i", value)[0]
        words = data.decode().replace("\n", " ")
        out.write(f"{pid} {words}\n")
        out.flush()


def start(command, sockets, options):
    """In the child: become the command."""
    # Out of the way first: some may have a number that another is to have.
    high = [os.dup2(s.fileno(), 100 + i) for i, s in enumerate(sockets)]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i)
        os.close(fd)
    if sockets or "-c" in options:
        os.environ["LISTEN_FDS"] = options.get("-c", str(len(sockets)))
        os.environ["LISTEN_PID"] = options.get("-o", str(os.getpid()))
        os.environ["LISTEN_FDNAMES"] = options.get("-n", "http:second")
    if "-w" in options:
        os.environ["WATCHDOG_USEC"] = options["-w"]
        os.environ["WATCHDOG_PID"] = str(os.getpid())
    os.closerange(3 + len(sockets), 100)
    os.execvp(command[0], command)


def main():
    """Do what the head says."""
    pairs, rest = getopt.getopt(sys.argv[1:], "c:l:n:o:w:")
    options = dict(pairs)
    path, command = rest[0], rest[1:]
    sockets = [make(value) for name, value in pairs if name == "-l"]
    if os.path.exists(path + ".sock"):
        os.unlink(path + ".sock")
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.bind(path + ".sock")
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    os.environ["NOTIFY_SOCKET"] = path + ".sock"
    with open(path, "w", encoding="utf-8") as out:
        for sock in sockets:
            if getattr(sock, "family", None) in (socket.AF_INET,
                                                 socket.AF_INET6):
                out.write(f"port {sock.getsockname()[1]}\n")
        out.flush()
        pid = os.fork()
        if pid == 0:
            start(command, sockets, options)
        thread = threading.Thread(target=record, args=(ear, out))
        thread.start()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        # Behind all that was said before.
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"END", path + ".sock")
        thread.join()
        os.unlink(path + ".sock")
        sys.exit(status if status >= 0 else 128 - status)


main()
