# SPDX-License-Identifier: Apache-2.0
"""What was asked of it before it served is told by /seen; other paths are answered as they say."""
import asyncio
import json
import threading
import time

seen = []


def note(path, scheme, host, agent):
    seen.append([path, scheme, host, agent, threading.current_thread().name])


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/seen":
        start_response("200 OK", [])
        return [json.dumps(seen).encode()]
    note(path + "?" + environ["QUERY_STRING"], environ["wsgi.url_scheme"], environ["HTTP_HOST"],
         environ["HTTP_USER_AGENT"])
    if path == "/raises":
        raise ValueError("no table yet")
    if path == "/exits":
        raise SystemExit(3)
    if path == "/silent":
        return []
    if path == "/hangs":
        time.sleep(60)
    status = path[1:] if path[1:].isdigit() else "200"
    start_response(status + " So", [])
    return Body(path)


class Body:
    def __init__(self, path):
        self._path = path

    def __iter__(self):
        yield b"some"
        if self._path == "/breaks":
            raise OSError("the disk is gone")

    def close(self):
        seen.append("closed")


async def lifespan(receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("lifespan has ended", flush=True)
    await send({"type": "lifespan.shutdown.complete"})


async def asgi(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    path = scope["path"]
    if path != "/seen":
        headers = dict(scope["headers"])
        note(path + "?" + scope["query_string"].decode(), scope["scheme"],
             headers[b"host"].decode(), headers[b"user-agent"].decode())
        message = await receive()
        assert message == {"type": "http.request", "body": b"", "more_body": False}
    if path == "/raises":
        raise ValueError("no table yet")
    if path == "/exits":
        raise SystemExit(3)
    if path == "/silent":
        return
    if path == "/hangs":
        await asyncio.sleep(60)
    status = int(path[1:]) if path[1:].isdigit() else 200
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": b"some", "more_body": True})
    if path == "/breaks":
        raise OSError("the disk is gone")
    body = json.dumps(seen).encode() if path == "/seen" else b""
    await send({"type": "http.response.body", "body": body})
    if path != "/seen":
        assert (await receive())["type"] == "http.disconnect"
        seen.append("closed")
