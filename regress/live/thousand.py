#!/usr/bin/env python3
"""thousand.py: start sessions and see them end, several at a time.

usage: thousand.py ADDRESS TOKEN-FILE ALIAS FIRST COUNT

Each session ends in one of the ways that sessions end in: by itself, with
much output, by DELETE, by what a viewer types, with a process left behind, or
with a viewer that breaks off.  Whatever does not go as it should is said, and
the exit status is then 1.
"""

import http.client
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ws  # noqa: E402  # found only once the path is set

TOGETHER = 6
LIMIT = 60.0
KILLED, TYPED, BROKEN = 2, 3, 5
WAYS = [
    "exit 3",
    "seq 20000; exit 3",
    "echo ready; sleep 300",
    "echo ready; read x; exit 3",
    "(setsid sleep 300 &) ; exit 3",
    "echo ready; read x; exit 3",
]


class Worker(threading.Thread):
    """Does every TOGETHER-th session."""

    def __init__(self, options, numbers):
        super().__init__()
        address, token_file, self.alias = options
        with open(token_file, encoding="ascii") as file:
            self.token = file.read().strip()
        host, port = address.rsplit(":", 1)
        self.host, self.port = host, int(port)
        self.http = http.client.HTTPConnection(host, self.port, LIMIT)
        self.numbers = numbers
        self.wrong = []

    def ask(self, method, path, body=None):
        """One request; returns what is in its data."""
        headers = {"Authorization": "Bearer " + self.token}
        if body is not None:
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        self.http.request(method, path, body, headers)
        answer = json.loads(self.http.getresponse().read())
        if not answer["success"]:
            raise ValueError(f"{method} {path}: {answer['error']}")
        return answer["data"]

    def watch(self, session, way):
        """A viewer that types, or breaks off and leaves it to DELETE."""
        viewer = ws.WebSocket(self.host, self.port,
                              f"/ws/terminal/{session}",
                              protocols=["bearer", self.token])
        deadline = time.monotonic() + LIMIT
        seen = b""
        while b"ready" not in seen:
            kind, data = viewer.receive(deadline)
            if kind == ws.BINARY:
                seen += data
        if way == BROKEN:
            viewer.sock.close()
            return
        viewer.send(ws.BINARY, b"\r")
        try:
            while True:
                viewer.receive(deadline)
        except ws.Closed as why:
            if why.code != 1000:
                raise ValueError(f"closed {why.code}") from why

    def one(self, number):
        """One session from its beginning to its end."""
        way = number % len(WAYS)
        session = self.ask("POST", "/api/terminal/sessions", {
            "profile_alias": self.alias, "args": ["-c", WAYS[way]],
        })["session_id"]
        path = f"/api/terminal/sessions/{session}"
        if way in (TYPED, BROKEN):
            self.watch(session, way)
        if way in (KILLED, BROKEN):
            if not self.ask("DELETE", path)["proven"]:
                raise ValueError("its end is not proven")
        deadline = time.monotonic() + LIMIT
        while True:
            info = self.ask("GET", path)
            if info["state"] == "terminated":
                break
            if time.monotonic() > deadline:
                raise ValueError(f"it is {info['state']} for ever")
            time.sleep(0.005)
        wanted = "kill" if way in (KILLED, BROKEN) else "exit"
        if info["reason"] != wanted or \
                (wanted == "exit" and info["exit_code"] != 3):
            raise ValueError(f"it ended otherwise: {info}")

    def run(self):
        for number in self.numbers:
            try:
                self.one(number)
            except (OSError, ValueError, KeyError, ws.Closed,
                    http.client.HTTPException) as why:
                self.wrong.append(f"session {number}: {why!r}")
                self.http.close()
        self.http.close()


def main():
    """Share them out."""
    first, count = int(sys.argv[4]), int(sys.argv[5])
    workers = [Worker(sys.argv[1:4],
                      range(first + i, first + count, TOGETHER))
               for i in range(TOGETHER)]
    for worker in workers:
        worker.start()
    wrong = []
    for worker in workers:
        worker.join()
        wrong += worker.wrong
    for line in wrong:
        print(line)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
