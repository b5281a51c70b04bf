# SPDX-License-Identifier: Apache-2.0
"""A client that speaks ASGI to the application itself: Debian's FastAPI comes without the library
that Starlette's own test client needs.
"""
import asyncio
import json as jsonModule
import os
import tempfile
import unittest

from music.application import create_app


class Answer:
    def __init__(self):
        self.status = 0
        self.headers = {}
        self.body = b""

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return jsonModule.loads(self.body)


class LibraryTest(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = os.path.join(os.path.realpath(folder.name), "data")
        self.app = await self.started()
        self.library = self.app.state.library

    async def started(self):
        """The application after its lifespan startup, as one more worker on the same data."""
        app = create_app(self.data)
        context = app.router.lifespan_context(app)
        await context.__aenter__()
        self.addAsyncCleanup(context.__aexit__, None, None, None)
        return app

    async def ask(self, path, method="GET", json=None, app=None, until=None, **headers):
        """until(answer so far): the client leaves once it holds."""
        path, _, query = path.partition("?")
        body = b"" if json is None else jsonModule.dumps(json).encode()
        fields = {key.replace("_", "-"): value for key, value in headers.items()}
        if json is not None:
            fields.setdefault("content-type", "application/json")
        answer, sent, left = Answer(), [], asyncio.Event()

        async def receive():
            if not sent:
                sent.append(body)
                return {"type": "http.request", "body": body}
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {key.decode().lower(): value.decode()
                                  for key, value in message["headers"]}
            else:
                answer.body += message.get("body", b"")
            if until and until(answer):
                left.set()

        await asyncio.wait_for((app or self.app)(
            {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
             "scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "",
             "query_string": query.encode(), "server": ("localhost", 80),
             "client": ("127.0.0.1", 1),
             "headers": [(key.lower().encode(), value.encode()) for key, value in fields.items()]},
            receive, send), 20)
        return answer
