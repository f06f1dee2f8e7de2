#!/usr/bin/env python3
"""measure.py: time the start of sessions.

usage: measure.py ADDRESS TOKEN-FILE ALIAS COUNT

Asks for COUNT jailed sessions of /bin/echo, one after another, and prints the
milliseconds from each request to the first byte of its output at a WebSocket.
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


if __name__ == "__main__":
    start(*sys.argv[1:])
