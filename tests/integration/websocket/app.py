# SPDX-License-Identifier: Apache-2.0
"""What tst_websocket.cpp talks to: one WebSocket route for each habit of applications."""
import asyncio

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
counts = {"sent": 0, "received": 0}
ends = []


@app.get("/")
async def front():
    return {"page": "front"}


@app.get("/counts")
async def showCounts():
    return counts


@app.get("/ends")
async def showEnds():
    return ends


@app.websocket("/echo")
async def echo(socket: WebSocket):
    offered = socket.scope["subprotocols"]
    await socket.accept(subprotocol=offered[-1] if offered else None,
                        headers=[(b"x-origin", socket.headers.get("origin", "none").encode()),
                                 (b"x-scheme", socket.scope["scheme"].encode())])
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                ends.append(message["code"])
                print("disconnect", message["code"], flush=True)
                with open("ends.txt", "a", encoding="ascii") as file:
                    file.write("%d\n" % message["code"])
                return
            if message["text"] is not None:
                await socket.send_text(message["text"])
            else:
                await socket.send_bytes(message["bytes"])
    except WebSocketDisconnect as end:
        ends.append(end.code)


@app.websocket("/flood")
async def flood(socket: WebSocket):
    """Sends 1024 messages of 64 KiB as fast as it is let."""
    await socket.accept()
    for number in range(1024):
        await socket.send_bytes(bytes((number % 256,)) * 65536)
        counts["sent"] += 1
    await socket.close(4000, "enough")


@app.websocket("/deaf")
async def deaf(socket: WebSocket):
    """Receives nothing until it is told to by the other route."""
    await socket.accept()
    while not counts.get("awake"):
        await asyncio.sleep(0.02)
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            ends.append(message["code"])
            return
        counts["received"] += len(message["bytes"])


@app.get("/wake")
async def wake():
    counts["awake"] = 1
    return counts


@app.websocket("/fails")
async def fails(socket: WebSocket):
    await socket.accept()
    await socket.receive()
    raise ValueError("planted")


@app.websocket("/raises")
async def raises(socket: WebSocket):
    raise ValueError("planted")


@app.websocket("/refuses")
async def refuses(socket: WebSocket):
    await socket.close(4001)


@app.websocket("/answers")
async def answers(socket: WebSocket):
    await socket.receive()
    await socket._send({"type": "websocket.http.response.start", "status": 401,
                        "headers": [(b"www-authenticate", b"Basic"), (b"content-length", b"5")]})
    await socket._send({"type": "websocket.http.response.body", "body": b"who? "})


@app.websocket("/returns")
async def returns(socket: WebSocket):
    await socket.accept()


@app.websocket("/only-sends")
async def onlySends(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            await socket.send_text("tick")
            await asyncio.sleep(0.01)
    except OSError:
        ends.append("told")
