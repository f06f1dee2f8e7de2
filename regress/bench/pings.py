#!/usr/bin/env python3
"""pings: how long GET /api/ping takes, and calls to a keychain that hang.

usage: pings.py ping ADDRESS TOKEN-FILE COUNT
       pings.py hang ADDRESS TOKEN-FILE COUNT

ping prints the milliseconds of each of COUNT requests, one after the other on
one connection.  hang asks for COUNT profiles at once, each of which needs the
keychain, and prints the status of each answer.
"""

import http.client
import json
import sys
import threading
import time


def connect(address, token_file):
    """A connection, and the headers of its requests."""
    with open(token_file, encoding="ascii") as file:
        token = file.read().strip()
    return http.client.HTTPConnection(address, timeout=120), {
        "Authorization": "Bearer " + token,
        "Content-Type": "application/json"}


def ping(address, token_file, count):
    """Time requests."""
    connection, headers = connect(address, token_file)
    for _ in range(count):
        began = time.perf_counter()
        connection.request("GET", "/api/ping", headers=headers)
        answer = connection.getresponse()
        answer.read()
        took = time.perf_counter() - began
        assert answer.status == 200
        print(f"{took * 1000:.4f}")


def create(address, token_file, number):
    """Ask for one profile."""
    connection, headers = connect(address, token_file)
    connection.request("POST", "/api/profiles", headers=headers,
                       body=json.dumps({
                           "agent_id": "shell", "alias": f"hang-{number}",
                           "provider_id": "anthropic",
                           "api_key": "sk-throwaway"}))
    print(connection.getresponse().status)


def hang(address, token_file, count):
    """Ask for many."""
    threads = [threading.Thread(target=create,
                                args=(address, token_file, number))
               for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    """Do what the first word says."""
    if len(sys.argv) != 5 or sys.argv[1] not in ("ping", "hang"):
        sys.exit(__doc__)
    {"ping": ping, "hang": hang}[sys.argv[1]](
        sys.argv[2], sys.argv[3], int(sys.argv[4]))


main()
