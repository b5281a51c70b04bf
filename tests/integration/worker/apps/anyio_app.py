# SPDX-License-Identifier: Apache-2.0
"""Starlette and anyio at the places where they look closely at the task of a request."""
import asyncio
import contextvars
import json
import threading

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route

variable = contextvars.ContextVar("variable", default="unset")


class Passing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        variable.set(request.url.path)
        response = await call_next(request)
        response.headers["x-passed"] = "yes"
        return response


async def scopes(request):
    """Each in a first step that nothing has interrupted yet."""
    found = []
    with anyio.CancelScope() as cancelled:
        cancelled.cancel()
        await anyio.sleep(10)
    found.append(cancelled.cancel_called)
    with anyio.move_on_after(0.01) as timed:
        await anyio.sleep(10)
    found.append(timed.cancel_called)
    try:
        with anyio.fail_after(0.01):
            await anyio.Event().wait()
    except TimeoutError:
        found.append("late")
    return JSONResponse(found)


async def groups(request):
    """A task of a group fails: the others and the host are cancelled."""
    ended = []

    async def waits():
        try:
            await anyio.sleep(10)
        finally:
            ended.append("waits")

    async def fails():
        await anyio.sleep(0)
        raise ValueError("secret detail")
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(waits)
            group.start_soon(fails)
            await anyio.sleep(10)
    except ValueError:
        ended.append("fails")
    return JSONResponse(ended)


async def threads(request):
    variable.set("mine")
    inThread = await anyio.to_thread.run_sync(variable.get)
    back = await anyio.to_thread.run_sync(lambda: anyio.from_thread.run(anyio.sleep, 0))
    return JSONResponse([inThread, back, anyio.get_current_task().name is not None])


def uses(request):
    """Runs in a thread of anyio's: how often that one has been used."""
    local.uses = getattr(local, "uses", 0) + 1
    return JSONResponse(local.uses)


async def polls(request):
    """Starlette cancels a receive() at once to see whether the client is there."""
    body = await request.body()
    return JSONResponse([body.decode(), [await request.is_disconnected() for _ in range(3)]])


async def streams(request):
    async def pieces():
        for number in range(3):
            yield b"%d" % number
            await asyncio.sleep(0)
    return StreamingResponse(pieces())


async def endless(request):
    async def pieces():
        try:
            while True:
                yield b"tick "
                await asyncio.sleep(0.01)
        finally:
            ends.append("endless")
    return StreamingResponse(pieces())


ends = []
local = threading.local()
app = Starlette(routes=[
    Route("/scopes", scopes), Route("/groups", groups), Route("/threads", threads),
    Route("/uses", uses),
    Route("/polls", polls, methods=["POST"]), Route("/streams", streams),
    Route("/endless", endless), Route("/ends", lambda request: JSONResponse(ends)),
    Route("/plain", lambda request: PlainTextResponse(variable.get()))])
passing = Starlette(routes=app.routes, middleware=[Middleware(Passing)])
