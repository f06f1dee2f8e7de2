#!/usr/bin/env python3
"""manual.py: run the examples of a manual page as they stand there.

    manual.py [--setup FILE] [--address HOST:PORT] PAGE

Every display of a page's EXAMPLES is run, in order, by one shell on a terminal
of 80 columns.  A line that begins with "$ " is a command, with the lines below
it that go on, by a backslash, a pipe, a quote or a parenthesis.  The lines
below that are what it prints, and are compared; none: that is not looked at.
A command must exit with 0.  In what is printed

    ...                 stands for anything, alone on a line for any lines
    8 or 16 hexadecimal digits
                        are an id, here and in what follows, shortened or not
    a time, an age of that unit, a process id in brackets
                        stands for any
    /home/anna          is the user's home
    127.0.0.1:8765      is the daemon's address

and any blanks are as good as any other.  Comments in the page (.\\" and a word
with a colon) tell what a reader need not know:

    before: COMMAND     outside of a display: run first
    file: NAME          before a display without commands: it goes there
    after: COMMAND      outside of a display: what is to be tried then
    type: TEXT          in a display: typed when the command above it asks; \r
                        is that key, \c at the end leaves out the newline
    until: REGEX        the command above it gets ^C once it has printed that
    status: N           the command above it exits with that

What cannot be run is in NOT_RUN, with its reason.  Prints ok and not ok for
each command, as live tests do.
"""

import argparse
import os
import pty
import re
import select
import signal
import struct
import fcntl
import sys
import termios
import time

# Page and first line of a display: why it is not run.  This may not become
# more without somebody who sees it: AT_MOST is how many there are.
REMOTE = "another machine, which remote.sh has"
NOT_RUN = {
    "ringlet.1": {"$ ringlet -H server terminal attach cfe1": REMOTE},
    "ringlet-dashboard.1": {"$ ssh -N -L 9000:127.0.0.1:8765 server &":
                            REMOTE},
    "ringlet-keychain.1": {"$ ringlet -H server keychain unlock": REMOTE},
    "ringlet-registry.5": {
        "$ rsync -a reg/ www.example.org:/srv/www/ringlet/":
        "a web server of somebody's"},
    "ringlet-terminal.1": {"$ ringlet -H server terminal attach cfe1": REMOTE},
    "ringlet-tunnel.1": {"$ ringlet tunnel server": REMOTE},
    "ringletd.8": {"$ ringlet tunnel workstation": REMOTE},
}
AT_MOST = 7

PROMPT = re.compile(r"[])>:?$#]$")
MARK = re.compile(r"\n?\x01(\d+)\x02")
# What a terminal obeys and does not show.
CONTROL = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|"
                     r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]|"
                     r"[\x00-\x08\x0b-\x1f\x7f]")
TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?Z?")
AGE = re.compile(r"\b\d+(?:ms|[smhd])\b")
HEX = re.compile(r"\b(?=\w*\d)(?:[0-9a-f]{16}|[0-9a-f]{8})\b")
SHORT = re.compile(r"\b[0-9a-f]{4,16}\b")
ESCAPES = {r"\e": "\\", r"\-": "-", r"\&": "", r"\(dq": '"', r"\(ha": "^",
           r"\(ti": "~", r"\(aq": "'"}


class Broken(Exception):
    """The page is not written as it must be, or the shell has gone."""


def plain(line):
    """Return a line of a display as it is printed."""
    def escape(match):
        if match[0] not in ESCAPES:
            raise Broken(f"{match[0]} in an example is not known")
        return ESCAPES[match[0]]
    return re.sub(r"\\(?:\(..|.)", escape, line)


class Command:
    """One command of a display, and what is said of it."""

    def __init__(self, text):
        self.text = text
        self.wanted = []
        self.typed = []
        self.until = None
        self.status = 0


def open_ended(text):
    """Whether a shell would read on."""
    if text.endswith(("\\", "|", "&&")):
        return True
    quote = ""
    depth = 0
    for char in re.sub(r"\\.", "", text):
        if quote:
            if char == quote:
                quote = ""
        elif char in "'\"":
            quote = char
        else:
            depth += {"(": 1, ")": -1}.get(char, 0)
    return bool(quote) or depth > 0


def steps(path):
    """Yield (what, value): before, after, file with lines, and display."""
    with open(path, encoding="ascii") as file:
        text = file.read()
    match = re.search(r"^\.Sh EXAMPLES\n(.*?)(?=^\.Sh |\Z)", text, re.M | re.S)
    if match is None:
        raise Broken("it has no examples")
    name = None
    block = None
    for line in match[1].splitlines():
        said = re.match(r'\.\\" (\w+): (.*)', line)
        if block is not None and line == ".Ed":
            yield ("file", (name, block)) if name else ("display", block)
            name = block = None
        elif block is not None:
            if line.startswith(".") and said is None:
                raise Broken(f"{line} in a display")
            block.append(said.groups() if said else plain(line))
        elif said and said[1] in ("before", "after"):
            yield said.groups()
        elif said and said[1] == "file":
            name = said[2]
        elif said:
            raise Broken(f"{said[1]}: is not known here")
        elif line.startswith(".Bd "):
            block = []
        elif re.match(r"\.D[l1] \$", line):
            raise Broken("a command stands in .Dl: use .Bd -literal")


def commands(block):
    """Return the commands of a display."""
    found = []
    for line in block:
        if isinstance(line, tuple):
            what, value = line
            if not found:
                raise Broken(f"{what}: stands before any command")
            if what == "type":
                found[-1].typed.append(value)
            elif what == "until":
                found[-1].until = value
            elif what == "status":
                found[-1].status = int(value)
            else:
                raise Broken(f"{what}: is not known in a display")
        elif line.startswith("$ "):
            found.append(Command(line[2:]))
        elif not found:
            raise Broken(f"'{line}' is no command: what is done with it?")
        elif not found[-1].wanted and open_ended(found[-1].text):
            found[-1].text += "\n" + line
        else:
            found[-1].wanted.append(line)
    return found


class Shell:
    """A shell on a terminal of its own."""

    def __init__(self, setup):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            # A shell in the background leaves these ignored.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.signal(signal.SIGQUIT, signal.SIG_DFL)
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80,
                                                           0, 0))
            os.environ.update(PS1="", PS2="", RINGLET_PAGER="",
                              PROMPT_COMMAND=r'printf "\n\001%d\002" $?')
            os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting",
                               "-i"])
        self.quiet()
        self.read(None)
        self.run("set +H")
        if setup:
            self.run(f". '{setup}'")

    def quiet(self):
        """Have no echo, which a program that asks may have left on."""
        settings = termios.tcgetattr(self.master)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(self.master, termios.TCSANOW, settings)

    def read(self, command):
        """Return what is printed until the shell is back, and the status."""
        said = ""
        answers = list(command.typed) if command else []
        end = time.monotonic() + 60
        quiet = None
        while True:
            match = MARK.search(said)
            if match:
                return said[:match.start()], int(match[1])
            if time.monotonic() > end:
                os.killpg(os.tcgetpgrp(self.master), signal.SIGKILL)
                raise Broken(f"took too long, and printed: {said}")
            ready, _, _ = select.select([self.master], [], [], 0.1)
            if ready:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    data = b""
                if not data:
                    raise Broken(f"the shell has ended: {said}")
                said += data.decode("utf-8", "replace").replace("\r\n", "\n")
                quiet = None
            elif answers and quiet != said and PROMPT.search(
                    CONTROL.sub("", said).rstrip()):
                # It has printed a question, and waits.
                quiet = said
                text = answers.pop(0)
                text = text[:-2] if text.endswith("\\c") else text + "\n"
                os.write(self.master, text.replace("\\r", "\r").encode())
            if command and command.until and re.search(command.until, said):
                os.write(self.master, b"\x03")
                command.until = None

    def run(self, text, command=None):
        """Run a command: what it prints, and its status."""
        self.quiet()
        os.write(self.master, text.encode() + b"\n")
        return self.read(command)

    def end(self):
        """End the shell, and what it has started in the background."""
        os.close(self.master)
        for _ in range(100):
            if os.waitpid(self.pid, os.WNOHANG)[0]:
                return
            time.sleep(0.05)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


class Names:
    """What stands in the page for what there is here."""

    def __init__(self, address):
        self.address = address
        self.ids = {}

    def here(self, text):
        """Return text of the page as it is to be run here."""
        def identify(match):
            for theirs, ours in self.ids.items():
                if theirs.startswith(match[0]):
                    return ours[:max(len(match[0]), 8)]
            return match[0]
        text = SHORT.sub(identify, text)
        text = text.replace("/home/anna", os.environ["HOME"])
        if self.address:
            text = text.replace("127.0.0.1:8765", self.address)
        return re.sub(r"(127\.0\.0\.1|localhost):\d+",
                      lambda m: m[0] if m[0] == self.address
                      else m[1] + ":0", text)

    def pattern(self, line):
        """Return (a regular expression of a line, the ids that it binds)."""
        line = line.replace("/home/anna", os.environ["HOME"])
        if self.address:
            line = line.replace("127.0.0.1:8765", self.address)
        new = []
        wanted = ""
        for part in re.split(rf"({TIME.pattern}|{AGE.pattern}|{HEX.pattern}|"
                             r"\[\d+\]|\.\.\.|\s+)", line):
            if not part:
                continue
            if TIME.fullmatch(part):
                wanted += f"(?:{TIME.pattern})"
            elif AGE.fullmatch(part):
                wanted += r"\d+" + part.lstrip("0123456789")
            elif re.fullmatch(r"\[\d+\]", part):
                wanted += r"\[\d+\]"
            elif part == "...":
                wanted += ".*"
            elif part.isspace():
                wanted += r"\s+"
            elif HEX.fullmatch(part) and part not in self.ids:
                if part in new:
                    wanted += rf"(?P=id{new.index(part)})"
                else:
                    wanted += (rf"(?P<id{len(new)}>[0-9a-f]"
                               rf"{{{len(part)}}})")
                    new.append(part)
            else:
                wanted += re.escape(self.ids.get(part, part))
        return wanted, new

    def compare(self, wanted, printed):
        """Return what is wrong, or nothing."""
        lines = [line.rstrip() for line in
                 CONTROL.sub("", printed).split("\n")
                 if line.strip() and not re.match(r"\[\d+\]", line)]
        wanted = [line for line in wanted if line.strip()]
        at = 0
        skip = False
        for line in wanted:
            if line.strip() == "...":
                skip = True
                continue
            pattern, new = self.pattern(line.strip())
            while True:
                if at >= len(lines):
                    return f"it lacks: {line}"
                match = re.fullmatch(pattern, lines[at].strip())
                at += 1
                if match:
                    break
                if not skip:
                    return f"'{lines[at - 1]}' is not: {line}"
            skip = False
            for number, name in enumerate(new):
                self.ids[name] = match[f"id{number}"]
        if at < len(lines) and not skip:
            return f"the page lacks: {lines[at]}"
        return ""


def told(good, what, why=""):
    """Print what came of one thing."""
    print(("ok " if good else "not ok ") + what.replace("\n", " ")[:100])
    if not good:
        for line in why.splitlines():
            print(f"\t{line}")
    sys.stdout.flush()
    return good


def run_display(shell, names, page, block):
    """Run the commands of one display."""
    for command in commands(block):
        what = f"{page}: {command.text}"
        printed, status = shell.run(names.here(command.text), command)
        why = ""
        if status != command.status:
            why = f"its status is {status}"
        elif command.wanted:
            why = names.compare(command.wanted, printed)
        if not told(not why, what, why + "\n" + printed):
            return False
    return True


def run_page(path, setup, address):
    """Run the examples of a page; return whether all went well."""
    page = os.path.basename(path)
    shell = Shell(setup)
    names = Names(address)
    left = dict(NOT_RUN.get(page, {}))
    done = 0
    good = True
    for what, value in steps(path):
        if what in ("before", "after"):
            printed, status = shell.run(names.here(value))
            if status or what == "after":
                good &= told(status == 0, f"{page}: {what}: {value}",
                             f"its status is {status}\n{printed}")
        elif what == "file":
            name, block = value
            name = os.path.expanduser(name)
            os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
            with open(name, "w", encoding="ascii") as file:
                file.write(names.here("\n".join(block)) + "\n")
            done += 1
        elif value[0] in left:
            print(f"{page}: not run: {value[0]}: {left.pop(value[0])}")
        else:
            good &= run_display(shell, names, page, value)
            done += 1
        if not good:
            break
    shell.end()
    if good:
        for line in left:
            good = told(False, f"{page}: '{line}' is to be left out, and is "
                        "not there")
        if not done and page not in NOT_RUN:
            good = told(False, f"{page}: has an example")
    return good


def main():
    """Do what the command line says."""
    ask = argparse.ArgumentParser(prog="manual.py")
    ask.add_argument("--setup")
    ask.add_argument("--address", default="")
    ask.add_argument("page")
    options = ask.parse_args()
    count = sum(len(page) for page in NOT_RUN.values())
    if count != AT_MOST:
        told(False, f"{AT_MOST} examples are not run", f"there are {count}")
    try:
        good = run_page(options.page, options.setup, options.address)
    except Broken as why:
        good = told(False, f"{os.path.basename(options.page)} can be run",
                    str(why))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
