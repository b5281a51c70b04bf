# SPDX-License-Identifier: Apache-2.0
"""Applications whose requests stand still, each in its own way."""
import asyncio
import ctypes
import os
import tempfile
import time


def spin():
    count = 0
    while True:
        count += 1


def holdTheInterpreter():
    ctypes.PyDLL(None).sleep(60)  # PyDLL keeps the GIL


def wsgi(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/spin":
        spin()
    elif path == "/sleep":
        time.sleep(60)
    elif path == "/hold":
        holdTheInterpreter()
    elif path == "/crash":
        ctypes.string_at(1)
    elif path == "/stubborn":
        while True:
            try:
                spin()
            except BaseException:
                pass
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"plain"]


class Generator:
    """Its frames hold no environ of the name an application usually gives it."""

    def __call__(self, request, start):
        def body():
            spin()
            yield b""
        start("200 OK", [])
        return body() if request["PATH_INFO"] == "/spin" else [b"plain"]


generator = Generator()


async def waitLong():
    await asyncio.sleep(60)


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/wait":
        await waitLong()
    elif scope["path"] == "/spin":
        spin()
    elif scope["path"] == "/spin-later":
        await asyncio.sleep(0)
        spin()
    elif scope["path"] == "/thread":
        await asyncio.get_running_loop().run_in_executor(None, time.sleep, 60)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"plain"})


async def asgi_in_no_folder(scope, receive, send):
    if scope["type"] == "http":
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
    await asgi(scope, receive, send)
