#!/usr/bin/env python3
"""names.py: a server of names that knows none, while a command runs.

    names.py FILE COMMAND [ARG]...

It listens on 127.0.0.1, port 53, which takes CAP_NET_BIND_SERVICE; COMMAND is
run without that.  Each name that is asked for is a line of FILE, and the answer
is that there is no such name.  Exit status: COMMAND's own, 125 when the server
cannot be.
"""

import os
import socket
import sys
import threading

DROPPED = ["setpriv", "--ambient-caps", "-all", "--inh-caps", "-all"]


def name_in(query):
    """The name of a query's first question, and where that ends."""
    labels, at = [], 12
    while query[at] != 0:
        labels.append(query[at + 1:at + 1 + query[at]])
        at += 1 + query[at]
    return b".".join(labels).decode("ascii", "backslashreplace"), at + 5


def serve(server, path):
    """Answer until the process ends."""
    while True:
        query, asker = server.recvfrom(4096)
        try:
            name, end = name_in(query)
        except IndexError:
            continue
        with open(path, "a", encoding="ascii") as file:
            file.write(name.lower() + "\n")
        # Its id; an answer, for what is asked, which does not exist.
        server.sendto(query[:2] + b"\x81\x83" + b"\0\1" + b"\0" * 6 +
                      query[12:end], asker)


def main():
    """Run the command beside the server."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        server.bind(("127.0.0.1", 53))
    except OSError as error:
        sys.stderr.write(f"names.py: {error}\n")
        return 125
    child = os.fork()
    if child == 0:
        server.close()
        os.execvp(DROPPED[0], DROPPED + sys.argv[2:])
    threading.Thread(
        target=serve, args=(server, sys.argv[1]), daemon=True).start()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) & 0xff


if __name__ == "__main__":
    sys.exit(main())
