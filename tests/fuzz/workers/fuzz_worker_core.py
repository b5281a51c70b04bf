#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Damaged frames for the native core of workers, WSGI and ASGI in turns, each conversation in a process of its own.

  tests/fuzz/workers/fuzz_worker_core.py CORE.so [--seconds 60] [--seed N]

The only ends allowed are 0 (end of file) and 76 (cannot be understood). Worth most with a core that was built with
-fsanitize=address,undefined, and PYTHONMALLOC=malloc LD_PRELOAD="libasan.so libubsan.so"; see CONTRIBUTING.md.
"""
import argparse
import asyncio
import os
import pathlib
import random
import socket
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "resources/worker"), str(ROOT / "tests/integration/worker")]
import peer  # noqa: E402

ALLOWED = (0, 76)
CHILD_SECONDS = 30


def app(environ, start_response):
    body = environ["wsgi.input"].read(1000)
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Path", environ["PATH_INFO"] or "none")])
    return [body, b"x" * len(environ)] if len(body) % 2 else iter([body or b"y"])


async def asgi_app(scope, receive, send):
    """What it does depends on the query, which is damaged like all else."""
    how = sum(scope["query_string"]) % 8
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            await send({"type": "websocket.send", "bytes": b"x" * 1000})
        return
    if how in (1, 3):
        await asyncio.sleep(0)
    if how == 2:
        asyncio.current_task().cancel()
    if how == 4:
        asyncio.ensure_future(receive()).cancel()
    body = (await receive()).get("body", b"")
    if how == 5:
        await send({"type": "http.response.early_hint", "links": [b"</a>", body]})
    await send({"type": "http.response.start", "status": 200, "headers": scope["headers"], "trailers": how == 6})
    if how == 7:
        raise ValueError(scope)
    for _ in range(how):
        await send({"type": "http.response.body", "body": body * how * 100, "more_body": True})
    await send({"type": "http.response.body", "body": b"y" * (how << 16)})
    if "http.response.trailers" in scope["extensions"]:
        await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]})
    await receive()


def conversation(chance):
    """Frames as an engine would send them, then damaged at some places."""
    frames = []
    for stream in range(1, chance.randrange(2, 7)):
        kind = chance.randrange(6)
        has_body = kind > 2
        head = peer.requestHead(path="/p%d" % stream, query=chr(chance.randrange(32, 127)), takesTrailers=not chance.randrange(4),
                                clientFacts=chance.choice((b"", b"", peer.clientFacts(), peer.clientFacts(False))),
                                method=chance.choice(("GET", "HEAD", "POST", "BREW")),
                                headers=[(chance.choice(peer.NAMES[1:] + ["x-own", "x_own"]), "v" * chance.randrange(9))
                                         for _ in range(chance.randrange(6))], hasBody=has_body)
        if not chance.randrange(8):
            head = head[:3] + bytes((head[3] | 4,)) + head[4:]  # asks for a WebSocket
        frames.append(peer.frame(peer.REQUEST, stream, head + b"b" * chance.randrange(4), 0 if has_body else peer.END))
        if has_body:
            frames.append(peer.frame(peer.BODY, stream, b"c" * chance.randrange(2000), chance.choice((0, 1, 1, 2))))
        if not chance.randrange(8):
            frames.append(peer.frame(15, stream, b"hello", chance.choice((1, 5, 0))))
            frames.append(peer.frame(16, stream, b"\xe8\3bye"))
        frames.append(chance.choice((b"", peer.frame(peer.WINDOW, stream, b"\1\0\0\0"), peer.frame(peer.CANCEL, stream),
                                     peer.frame(peer.PING, 0, b"12345678"))))
    data = bytearray(b"".join(frames))
    for _ in range(chance.choice((0, 1, 1, 2, 8))):
        at = chance.randrange(len(data))
        how = chance.randrange(4)
        if how == 0:
            data[at] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
        elif how == 1:
            del data[at:at + chance.randrange(1, 20)]
        elif how == 2:
            data[at:at] = chance.randbytes(chance.randrange(1, 20))
        else:
            data[at] ^= 1 << chance.randrange(8)
        if not data:
            break
    return bytes(data)


def serve_asgi(core, end, table):
    from arcology_worker import asgi_native, loop
    events = loop.newLoop()
    asyncio.set_event_loop(events)
    channel = asgi_native.Channel(core, end, events, asgi_app, table, {"state": 1}, ())
    channel.begin()
    events.run_until_complete(channel.stopped)
    channel.end()
    os._exit(0)  # after a STOP


def serve(core, end, data, other, is_asgi):
    from arcology_worker import native, protocol
    table = protocol.HeaderTable(peer.NAMES)

    def feed():
        other.sendall(data)
        other.shutdown(socket.SHUT_WR)
        while other.recv(65536):
            pass
    threading.Thread(target=feed, daemon=True).start()
    if is_asgi:
        serve_asgi(core, end, table)
    else:
        native.Server(core, end, 2, app, table).serve()


def child(core, data, is_asgi):
    null = os.open(os.devnull, os.O_WRONLY)
    keep = os.dup(2)
    sys.stderr = open(null, "w", closefd=False)  # protocol errors; what a sanitizer says goes to the descriptor
    try:
        other, end = socket.socketpair()
        serve(core, end, data, other, is_asgi)
    finally:
        os.write(keep, b"the core returned\n")
        os._exit(99)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("core")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    os.environ["ARCOLOGY_WORKER_CORE"] = os.path.abspath(options.core)
    from arcology_worker import asgi_native, native
    asgi_native.prepare()
    core = native.load()
    until = time.monotonic() + options.seconds
    seed, ends = options.seed, {}
    while time.monotonic() < until:
        data = conversation(random.Random(seed))
        pid = os.fork()
        if pid == 0:
            child(core, data, seed % 2 == 0)
        deadline = time.monotonic() + CHILD_SECONDS
        while (done := os.waitpid(pid, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.001)
        if done[0] == 0:
            os.kill(pid, 9)
            done = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(done[1])
        ends[code] = ends.get(code, 0) + 1
        if code not in ALLOWED:
            print("seed %d ended with %d" % (seed, code))
            return 1
        seed += 1
    print("conversations by their end:", ends)
    return 0


if __name__ == "__main__":
    sys.exit(main())
