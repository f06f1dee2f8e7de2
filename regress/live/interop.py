#!/usr/bin/env python3
"""interop.py: python3-websockets as a viewer.

usage: interop.py HOST:PORT PATH TOKEN_FILE

Offers compression, which must be declined; types into a session that runs a
shell, and waits for what it says; sends a Ping and waits for its Pong; closes.
Says "SUBPROTOCOL EXTENSIONS ANSWER CODE".
"""

import asyncio
import sys

import websockets


async def view(address, path, token):
    async with websockets.connect(f"ws://{address}{path}", origin=None,
                                  compression="deflate",
                                  subprotocols=["bearer", token]) as ws:
        await ws.send(b"echo py:$((40+2))\r")
        seen = b""
        while b"py:42" not in seen:
            got = await ws.recv()
            if isinstance(got, bytes):
                seen += got
        await (await ws.ping(b"interop"))
        await ws.send('{"type":"resize","cols":91,"rows":31}')
        while True:
            got = await ws.recv()
            if isinstance(got, str) and '"resized"' in got and "91" in got:
                break
        await ws.close(1000, "good-bye")
        print(ws.subprotocol, len(ws.extensions), "py:42", ws.close_code)


def main():
    with open(sys.argv[3], encoding="ascii") as file:
        token = file.read().strip()
    asyncio.run(asyncio.wait_for(view(sys.argv[1], sys.argv[2], token), 20))


main()
