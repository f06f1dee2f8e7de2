#!/usr/bin/env python3
"""measure.py: the clocks of the benchmarks.

    measure.py start ADDRESS TOKEN-FILE ALIAS COUNT
        Ask for COUNT jailed sessions of /bin/echo, one after another,
        and print the milliseconds from each request to the first byte
        of its output at a WebSocket.

    measure.py read ADDRESS TOKEN-FILE SESSION MARK
        Type a line into the session and print "BYTES SECONDS" for what
        comes from the first byte behind MARK until the session ends.
"""

import http.client
import json
import os
import sys
import time

sys.path.insert(0, os.environ["LIVE_SRC"])
import ws  # noqa: E402  # found only once the path is set

LIMIT = 120.0


def token_of(path):
    """The bearer token."""
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def start(address, token_file, alias, count):
    """Time sessions."""
    token = token_of(token_file)
    host, port = address.rsplit(":", 1)
    headers = {"Authorization": "Bearer " + token,
               "Content-Type": "application/json"}
    body = json.dumps({"profile_alias": alias,
                       "args": ["hello"]})
    for _ in range(int(count)):
        connection = http.client.HTTPConnection(host, int(port))
        connection.connect()
        begin = time.monotonic()
        connection.request("POST", "/api/terminal/sessions", body, headers)
        answer = json.loads(connection.getresponse().read())
        session = answer["data"]["session_id"]
        viewer = ws.WebSocket(host, int(port), f"/ws/terminal/{session}",
                              protocols=["bearer", token])
        while viewer.receive(begin + LIMIT)[0] != ws.BINARY:
            pass
        print(f"{(time.monotonic() - begin) * 1000:.2f}", flush=True)
        viewer.close()
        connection.close()


def read(address, token_file, session, mark):
    """Time output."""
    host, port = address.rsplit(":", 1)
    viewer = ws.WebSocket(host, int(port), f"/ws/terminal/{session}",
                          protocols=["bearer", token_of(token_file)])
    deadline = time.monotonic() + LIMIT
    seen, total, first, last = b"", 0, 0.0, 0.0
    while mark.encode() not in seen:
        kind, data = viewer.receive(deadline)
        if kind == ws.BINARY:
            seen += data
    viewer.send(ws.BINARY, b"go\n")
    while True:
        try:
            kind, data = viewer.receive(deadline)
        except ws.Closed:
            break
        if kind == ws.BINARY:
            last = time.monotonic()
            first = first or last
            total += len(data)
        elif json.loads(data).get("type") == "gap":
            sys.exit(f"measure.py: fell behind: {data!r}")
        elif json.loads(data).get("state") == "terminated":
            break
    print(f"{total} {last - first:.6f}")


if __name__ == "__main__":
    {"start": start, "read": read}[sys.argv[1]](*sys.argv[2:])
