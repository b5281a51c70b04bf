# SPDX-License-Identifier: Apache-2.0
"""client.py SCENARIO URL [arguments]: one talk with an engine, by the library that others use too.
Ends with "ok", or with a traceback.
"""
import asyncio
import json
import ssl
import sys
import urllib.request

import websockets

DEADLINE = 30


def get(url, path):
    with urllib.request.urlopen(url + path, timeout=DEADLINE) as answer:
        return json.loads(answer.read().decode())


async def fetch(url, path):
    return await asyncio.get_running_loop().run_in_executor(None, get, url, path)


def connect(url, path, **options):
    options.setdefault("max_size", None)
    options.setdefault("open_timeout", DEADLINE)
    if url.startswith("https"):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        options.setdefault("ssl", context)
    return websockets.connect("ws" + url[4:] + path, **options)


async def until(condition):
    """condition() gives a value in the end; asks again until it is one."""
    for _ in range(DEADLINE * 20):
        value = await condition()
        if value:
            return value
        await asyncio.sleep(0.05)
    raise AssertionError("it did not happen in time")


def residentMiB(pid):
    with open("/proc/%s/status" % pid) as file:
        return int(next(line for line in file if line.startswith("VmRSS")).split()[1]) / 1024


async def closed(socket):
    """The code that the other side ended it with."""
    try:
        while True:
            await asyncio.wait_for(socket.recv(), DEADLINE)
    except websockets.ConnectionClosed as end:
        return end.rcvd.code if end.rcvd else 1006


async def echo(url):
    for compression in ("deflate", None):
        async with connect(url, "/echo", compression=compression, origin="http://o.example",
                           subprotocols=["one", "two"]) as socket:
            assert socket.subprotocol == "two", socket.subprotocol
            assert socket.response_headers["x-origin"] == "http://o.example"
            assert socket.response_headers["x-scheme"] == ("wss" if url[4] == "s" else "ws")
            agreed = socket.response_headers.get("Sec-WebSocket-Extensions", "")
            assert ("permessage-deflate" in agreed) == (compression is not None), agreed
            for size in (0, 1, 125, 126, 255, 256, 65535, 65536, 262144, 300001, 1 << 20):
                data = (b"0123456789abcdef\x00\xff" * (size // 18 + 1))[:size]
                text = ("gr\u00fc\u00df \u4f60 " * (size // 9 + 1))[:size]
                await socket.send(data)
                await socket.send(text)
                assert await asyncio.wait_for(socket.recv(), DEADLINE) == data, size
                assert await asyncio.wait_for(socket.recv(), DEADLINE) == text, size
            await socket.send(["fra", "gmen", "ts"])
            assert await asyncio.wait_for(socket.recv(), DEADLINE) == "fragments"
            await asyncio.wait_for(await socket.ping(b"there?"), DEADLINE)
            await socket.close(4321, "bye")
            assert socket.close_code == 4321, socket.close_code


async def many(url, count):
    sockets = await asyncio.gather(*(connect(url, "/echo") for _ in range(int(count))))
    for turn in range(3):
        await asyncio.gather(*(socket.send("%d %d" % (turn, i)) for i, socket in
                               enumerate(sockets)))
        got = await asyncio.gather(*(asyncio.wait_for(socket.recv(), DEADLINE)
                                     for socket in sockets))
        assert got == ["%d %d" % (turn, i) for i in range(len(sockets))]
        assert (await fetch(url, "/"))["page"] == "front"
    await asyncio.gather(*(socket.close() for socket in sockets))


async def slowReader(url, pid):
    """64 MiB are on offer; who does not read them must not make the engine keep them."""
    before = residentMiB(pid)
    async with connect(url, "/flood", compression=None, max_queue=1, read_limit=4096,
                       ping_interval=None) as socket:
        stood = -1
        quiet = 0
        while quiet < 5:
            await asyncio.sleep(0.1)
            sent = (await fetch(url, "/counts"))["sent"]
            quiet = quiet + 1 if sent == stood and sent else 0
            stood = sent
        grown = residentMiB(pid) - before
        assert 0 < stood < 400, stood
        assert grown < 16, grown
        for number in range(1024):
            message = await asyncio.wait_for(socket.recv(), DEADLINE)
            assert message == bytes((number % 256,)) * 65536, number
        assert await closed(socket) == 4000
        assert socket.close_reason == "enough"


async def slowApp(url, pid):
    before = residentMiB(pid)
    chunk = b"x" * 65536
    sent = 0
    async with connect(url, "/deaf", compression=None, write_limit=4096,
                       ping_interval=None) as socket:
        while True:
            try:
                await asyncio.wait_for(socket.send(chunk), 1)
            except asyncio.TimeoutError:
                break
            sent += 1
            assert sent < 512, "nothing holds the client back"
        grown = residentMiB(pid) - before
        assert grown < 16, grown
        await fetch(url, "/wake")

        async def all():
            return (await fetch(url, "/counts"))["received"] >= sent * len(chunk)
        await until(all)


async def ends(url):
    async with connect(url, "/fails") as socket:
        await socket.send("now")
        assert await closed(socket) == 1011
    async with connect(url, "/returns") as socket:
        assert await closed(socket) == 1000
    for path, status in (("/refuses", 403), ("/raises", 500), ("/answers", 401), ("/none", 403)):
        try:
            async with connect(url, path):
                raise AssertionError(path)
        except websockets.InvalidStatusCode as refusal:
            assert refusal.status_code == status, (path, refusal.status_code)
    socket = await connect(url, "/only-sends")
    await socket.recv()
    socket.transport.abort()

    async def told():
        return "told" in await fetch(url, "/ends")
    await until(told)
    async with connect(url, "/echo", compression=None) as socket:
        await socket.send(b"x" * (17 << 20))
        assert await closed(socket) == 1009
    assert (await fetch(url, "/"))["page"] == "front"


async def hold(url, *codes):
    """Keeps a socket until the other side ends it. "ready" when it is open."""
    async with connect(url, "/echo") as socket:
        await socket.send("a")
        assert await socket.recv() == "a"
        print("ready", flush=True)
        loop = asyncio.get_running_loop()
        asked = loop.run_in_executor(None, sys.stdin.readline)
        if (await asked).strip() == "talk":
            await socket.send("still here")
            assert await asyncio.wait_for(socket.recv(), DEADLINE) == "still here"
            print("talked", flush=True)
        code = await closed(socket)
        assert str(code) in codes, code


async def quiet(url, *codes):
    """A client that answers no ping: the library's pong is taken away."""
    async with connect(url, "/echo", ping_interval=None) as socket:
        socket.pong = lambda *_: asyncio.sleep(0)
        code = await closed(socket)
        assert str(code) in codes, code


scenario = {function.__name__: function for function in (echo, many, slowReader, slowApp, ends, hold,
                                                         quiet)}
asyncio.run(scenario[sys.argv[1]](*sys.argv[2:]))
print("ok")
