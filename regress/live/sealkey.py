#!/usr/bin/env python3
"""sealkey.py: seal an API key as a client of the HTTP API does.

    sealkey.py PUBLIC_KEY [ALIAS AGENT PROVIDER ENDPOINT] <KEY

PUBLIC_KEY is base64; the key is read from standard input to its end, and the
ciphertext printed in base64.  With the other arguments the key is bound to
that profile.  It calls libsodium, which the daemon needs anyway.
"""

import base64
import ctypes
import ctypes.util
import sys

SEAL_BYTES = 48


def main():
    """Do what the arguments say."""
    sodium = ctypes.CDLL(ctypes.util.find_library("sodium")
                         or "libsodium.so.23")
    if sodium.sodium_init() < 0:
        sys.exit("libsodium does not start")
    public = base64.b64decode(sys.argv[1])
    plain = sys.stdin.buffer.read()
    if len(sys.argv) > 2:
        parts = ["ringlet-sealed-key-1"] + sys.argv[2:6]
        plain = b"".join(p.encode() + b"\0" for p in parts) + plain
    out = ctypes.create_string_buffer(len(plain) + SEAL_BYTES)
    if sodium.crypto_box_seal(out, plain, ctypes.c_ulonglong(len(plain)),
                              public) != 0:
        sys.exit("the key cannot be sealed")
    print(base64.b64encode(out.raw).decode())


if __name__ == "__main__":
    main()
