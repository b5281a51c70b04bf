# SPDX-License-Identifier: Apache-2.0
"""ASGI applications that each do one thing with a WebSocket; app() dispatches by path."""
import asyncio
import json
import sys


async def accept(receive, send, **options):
    assert (await receive())["type"] == "websocket.connect"
    await send(dict(options, type="websocket.accept"))


async def scope(scope, receive, send):
    await accept(receive, send, subprotocol="two",
                 headers=[(b"x-own", b"1"), (b"Sec-WebSocket-Accept", b"forged")])
    await send({"type": "websocket.send",
                "text": json.dumps(scope, default=lambda value: value.decode("latin-1"))})


async def echo(scope, receive, send):
    await accept(receive, send)
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            sys.stderr.write("disconnect %d %s\n" % (message["code"], message["reason"]))
            return
        await send({"type": "websocket.send", "text": message["text"], "bytes": message["bytes"]})


async def long(scope, receive, send):
    await accept(receive, send)
    await send({"type": "websocket.send", "bytes": b"z" * 600000})


async def deaf(scope, receive, send):
    await accept(receive, send)
    while True:
        await asyncio.sleep(0.01)
        try:
            await send({"type": "websocket.nonsense"})
        except OSError:
            return
        except RuntimeError:
            pass


async def close(scope, receive, send):
    await send({"type": "websocket.close", "code": 4000})


async def raise_(scope, receive, send):
    raise ValueError("planted")


async def return_(scope, receive, send):
    pass


async def answer(scope, receive, send):
    await send({"type": "websocket.http.response.start", "status": 401, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b"wh", "more_body": True})
    await send({"type": "websocket.http.response.body", "body": b"o?"})


async def fail(scope, receive, send):
    await accept(receive, send)
    raise ValueError("planted")


async def ticks(scope, receive, send):
    await accept(receive, send)
    while True:
        await send({"type": "websocket.send", "text": "tick"})
        await asyncio.sleep(0.005)


async def late(scope, receive, send):
    await receive()
    assert (await receive())["code"] == 1006


async def mistakes(scope, receive, send):
    told = []
    bad = [{"type": "websocket.accept", "subprotocol": "x"}, {"type": "websocket.accept"},
           {"type": "websocket.send"}, {"type": "websocket.close", "code": 1006}]
    await receive()
    try:
        await send(bad[0])
    except RuntimeError as error:
        last = str(error)
    await send({"type": "websocket.accept"})
    for message in bad[1:]:
        try:
            await send(message)
        except RuntimeError as error:
            told.append(str(error))
    await send({"type": "websocket.send", "text": json.dumps(told + [last])})


async def app(scope_, receive, send):
    if scope_["type"] == "lifespan":
        raise RuntimeError("none")
    name = scope_["path"].strip("/")
    await {"raise": raise_, "return": return_}.get(name, globals().get(name))(scope_, receive, send)
