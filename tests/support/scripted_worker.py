#!/usr/bin/python3 -I
# SPDX-License-Identifier: Apache-2.0
"""A worker that speaks the protocol and misbehaves on command: the environment variable SCRIPT says how.

Stands in for the app's interpreter, so it is started as  scripted_worker.py -u main.py --fd N.
"""
import json
import os
import signal
import socket
import struct
import sys

FRAME = struct.Struct("<IBBHI")
STEP, READY, FAILED, REQUEST, RESPONSE, DATA, STOP = 2, 3, 4, 5, 7, 8, 13
EARLY_HINTS, TRAILERS = 17, 18
END = 1


def frame(kind, stream, payload=b"", flags=0):
    return FRAME.pack(len(payload), kind, flags, 0, stream) + payload


def head(status=200, headers=()):
    parts = [struct.pack("<HH", status, len(headers))]
    for name, value in headers:
        parts.append(struct.pack("<BH", 0, len(name)) + name + struct.pack("<H", len(value)) + value)
    return b"".join(parts)


def receive(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            os._exit(0)
        data += more
    return data


def answer(sock, script, stream):
    if script == "garbage":
        sock.sendall(b"\xff" * 64)
    elif script == "reserved":
        sock.sendall(struct.pack("<IBBHI", 4, RESPONSE, END, 7, stream) + head())
    elif script == "oversized":
        sock.sendall(struct.pack("<IBBHI", 2 << 20, RESPONSE, END, 0, stream))
    elif script == "engine-frame":
        sock.sendall(frame(REQUEST, stream))
    elif script == "unknown-stream":
        sock.sendall(frame(RESPONSE, stream + 1, head(), END))
    elif script == "second-head":
        sock.sendall(frame(RESPONSE, stream, head()) + frame(RESPONSE, stream, head(), END))
    elif script == "data-first":
        sock.sendall(frame(DATA, stream, b"early", END))
    elif script == "truncated-head":
        sock.sendall(frame(RESPONSE, stream, head(200, [(b"x-a", b"1")])[:-1], END))
    elif script == "too-much":
        sock.sendall(frame(RESPONSE, stream, head()) + frame(DATA, stream, b"x" * 300000))
    elif script == "pong":
        sock.sendall(frame(12, 0, b"x" * 8))
    elif script == "half-frame-exit":
        sock.sendall(frame(RESPONSE, stream, head() + b"never seen", END)[:9])
        os._exit(9)
    elif script == "crash":
        sys.stderr.write("RuntimeError: it broke\n")
        os._exit(3)
    elif script == "crash-after-head":
        sock.sendall(frame(RESPONSE, stream, head() + b"first part"))
        os._exit(3)
    elif script == "last-words":
        sock.sendall(frame(RESPONSE, stream, head() + b"sent before the end", END))
        os.kill(os.getpid(), signal.SIGKILL)
    elif script == "piecewise":
        for byte in frame(RESPONSE, stream, head(200, [(b"x-long", b"v" * 3000)]) + b"whole", END):
            sock.sendall(bytes((byte,)))
    elif script == "line-break":
        sock.sendall(frame(RESPONSE, stream, head(200, [(b"x-a", b"1\r\nset-cookie: evil")]), END))
    elif script == "bad-name":
        sock.sendall(frame(RESPONSE, stream, head(200, [(b"x a", b"1")]), END))
    elif script == "status-99":
        sock.sendall(frame(RESPONSE, stream, head(99), END))
    elif script == "two-lengths":
        lengths = [(b"content-length", b"1"), (b"content-length", b"2")]
        sock.sendall(frame(RESPONSE, stream, head(200, lengths) + b"a", END))
    elif script == "too-long-body":
        sock.sendall(frame(RESPONSE, stream, head(200, [(b"content-length", b"2")]) + b"abc", END))
    elif script == "late-hints":
        sock.sendall(frame(RESPONSE, stream, head()) + frame(EARLY_HINTS, stream, head(103)))
    elif script == "many-hints":
        sock.sendall(frame(EARLY_HINTS, stream, head(103)) * 17 + frame(RESPONSE, stream, head(), END))
    elif script == "hints-with-a-body":
        sock.sendall(frame(EARLY_HINTS, stream, head(103) + b"body"))
    elif script == "early-trailers":
        sock.sendall(frame(TRAILERS, stream, head(0), END))
    elif script == "cut-trailers":
        sock.sendall(frame(RESPONSE, stream, head()) + frame(TRAILERS, stream, head(0, [(b"x-a", b"1")])[:-1], END))
    elif script == "bad-hint":
        sock.sendall(frame(EARLY_HINTS, stream, head(103, [(b"link", b"a\r\nb")])) + frame(RESPONSE, stream, head(), END))
    elif script == "hop-by-hop":
        hop = [(b"Connection", b"upgrade"), (b"Transfer-Encoding", b"gzip"), (b"Date", b"never"), (b"X-Kept", b"1")]
        sock.sendall(frame(RESPONSE, stream, head(200, hop) + b"fine", END))
    else:
        sock.sendall(frame(RESPONSE, stream, head() + b"fine", END))


def main():
    script = os.environ["SCRIPT"]
    sock = socket.socket(fileno=int(sys.argv[-1]))
    receive(sock, FRAME.unpack(receive(sock, FRAME.size))[0])
    sock.sendall(frame(STEP, 0, json.dumps({"step": "scripted", "ms": 1.5}).encode()))
    if script == "hang-start":
        receive(sock, 1 << 30)
    if script == "exit-at-start":
        print("ImportError: no such thing")
        return 7
    if script == "failed":
        sock.sendall(frame(FAILED, 0, json.dumps({"step": "import", "error": "the cause in one sentence"}).encode()))
        return 1
    ready = {"protocol": 1, "pid": os.getpid(), "python": "Scripted 1", "kind": "Scripted", "slots": 1}
    if script == "no-slots":
        ready["slots"] = 0
    if script == "old-protocol":
        ready["protocol"] = 0
    sock.sendall(frame(READY, 0, json.dumps(ready).encode()))
    while True:
        length, kind, _flags, _zero, stream = FRAME.unpack(receive(sock, FRAME.size))
        receive(sock, length)
        if kind == STOP:
            return 0
        if kind == REQUEST:
            answer(sock, script, stream)


sys.exit(main())
