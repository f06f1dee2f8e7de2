#!/usr/bin/env python3
"""onpty.py: run a command on a terminal of its own and talk to it.

    onpty.py [--size ROWSxCOLS] [--timeout S] [--out FILE]
        [ACTION ARGUMENT]... -- COMMAND [ARG]...

    send TEXT       type TEXT (\\n, \\r, \\x03 ... are known)
    expect REGEX    wait until what was printed holds REGEX; the next expect
                    looks only behind what this one found
    size ROWSxCOLS  change the terminal's size
    signal NUMBER   send the command a signal
    wait WORD       wait until the command has ended (WORD is not used)

What the command prints goes to --out (default: standard output).
Exit status: the command's own, 128+N for a signal; 125 when an action failed
or took too long, and the command is then killed.
"""

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time


class Failed(Exception):
    """An action could not be done."""


def unescape(text):
    """Turn \\n and its like into the bytes they stand for."""
    return text.encode("latin-1").decode("unicode_escape").encode("latin-1")


class Terminal:
    """A command on a terminal."""

    def __init__(self, command, size, out, timeout):
        self.out = out
        self.timeout = timeout
        self.seen = b""
        self.ended = False
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, self.winsize(size))
                os.execvp(command[0], command)
            except OSError as why:
                print(f"{command[0]}: {why.strerror}", file=sys.stderr)
            os._exit(127)

    @staticmethod
    def winsize(text):
        """The kernel's form of ROWSxCOLS."""
        rows, cols = text.split("x")
        return struct.pack("HHHH", int(rows), int(cols), 0, 0)

    def pump(self, deadline):
        """Take in what the command prints; notice when it has ended."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise Failed("took too long")
        ready, _, _ = select.select([self.master], [], [], min(left, 0.5))
        if not ready:
            return
        try:
            data = os.read(self.master, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            data = b""
        if not data:
            self.ended = True
            return
        self.seen += data
        self.out.write(data)
        self.out.flush()

    def expect(self, text):
        """Wait for output."""
        deadline = time.monotonic() + self.timeout
        pattern = re.compile(text.encode(), re.DOTALL)
        while True:
            found = pattern.search(self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return
            if self.ended:
                raise Failed(f"ended before it printed {text!r}")
            try:
                self.pump(deadline)
            except Failed as why:
                raise Failed(f"{text!r}: {why}") from why

    def wait(self):
        """Wait until the command has ended."""
        deadline = time.monotonic() + self.timeout
        while not self.ended:
            self.pump(deadline)

    def act(self, name, argument):
        """Do one action."""
        if name == "send":
            os.write(self.master, unescape(argument))
        elif name == "expect":
            self.expect(argument)
        elif name == "size":
            fcntl.ioctl(self.master, termios.TIOCSWINSZ,
                        self.winsize(argument))
        elif name == "signal":
            os.kill(self.pid, int(argument))
        elif name == "wait":
            self.wait()
        else:
            raise Failed(f"{name}: no such action")

    def status(self):
        """Collect the command."""
        self.wait()
        deadline = time.monotonic() + self.timeout
        while time.monotonic() < deadline:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid != 0:
                code = os.waitstatus_to_exitcode(status)
                return 128 - code if code < 0 else code
            time.sleep(0.02)
        raise Failed("closed its terminal but did not end")

    def kill(self):
        """End it by force."""
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def main():
    """Read the command line and do it."""
    ask = argparse.ArgumentParser(prog="onpty.py")
    ask.add_argument("--size", default="24x80")
    ask.add_argument("--timeout", type=float, default=20.0)
    ask.add_argument("--out", default="/dev/stdout")
    ask.add_argument("actions", nargs="*")
    if "--" not in sys.argv:
        ask.error("a command is needed behind --")
    split = sys.argv.index("--")
    options = ask.parse_args(sys.argv[1:split])
    command = sys.argv[split + 1:]
    if not command or len(options.actions) % 2:
        ask.error("an action lacks its argument, or there is no command")
    with open(options.out, "wb") as out:
        terminal = Terminal(command, options.size, out, options.timeout)
        try:
            for name, argument in zip(options.actions[::2],
                                      options.actions[1::2]):
                terminal.act(name, argument)
            code = terminal.status()
        except (Failed, OSError) as why:
            terminal.kill()
            print(f"onpty.py: {why}", file=sys.stderr)
            code = 125
    sys.exit(code)


if __name__ == "__main__":
    main()
