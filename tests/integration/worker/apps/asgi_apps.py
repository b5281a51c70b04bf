# SPDX-License-Identifier: Apache-2.0
"""ASGI applications that each do one thing; app() dispatches by path."""
import asyncio
import contextvars
import json
import sys

variable = contextvars.ContextVar("variable", default="unset")
events = []
background = set()


async def answer(send, body, status=200, headers=()):
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})


async def readAll(receive):
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def plain(scope, receive, send):
    await answer(send, b"hello", headers=[(b"content-type", b"text/plain"), (b"X-Own", b"yes")])


async def showScope(scope, receive, send):
    await answer(send, json.dumps(scope, default=lambda value: value.decode("latin-1")).encode())


async def echo(scope, receive, send):
    await answer(send, await readAll(receive))


async def echoAfterSleep(scope, receive, send):
    await asyncio.sleep(0)
    await answer(send, await readAll(receive))


async def chunks(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    for number in range(3):
        await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
        await asyncio.sleep(0)
    await send({"type": "http.response.body"})


async def hints(scope, receive, send):
    for _ in range(int(scope["query_string"] or 1)):
        await send({"type": "http.response.early_hint",
                    "links": [b"</a.css>; rel=preload; as=style", b"</b.js>; rel=preload"]})
    await answer(send, b"hello")
    try:
        await send({"type": "http.response.early_hint", "links": []})
    except RuntimeError:
        sys.stderr.write("hints came too late\n")


async def badHint(scope, receive, send):
    await send({"type": "http.response.early_hint", "links": [b"</a>\r\nx: y"]})


async def trailers(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "trailers": True,
                "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": "http.response.body", "body": b" there"})
    if "http.response.trailers" in scope["extensions"]:
        await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"1")],
                    "more_trailers": True})
        await send({"type": "http.response.trailers", "headers": [(b"server-timing", b"a;dur=1")]})


async def forgottenTrailers(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "trailers": True})
    await send({"type": "http.response.body", "body": b"hello"})


async def unannouncedTrailers(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await send({"type": "http.response.body", "body": b"hello", "more_body": True})
    await send({"type": "http.response.trailers", "headers": []})


async def large(scope, receive, send):
    await answer(send, b"x" * int(scope["query_string"]))


async def failBefore(scope, receive, send):
    raise ValueError("secret detail")


async def failAfterSleep(scope, receive, send):
    await asyncio.sleep(0)
    raise ValueError("secret detail")


async def failAfterHead(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"some", "more_body": True})
    raise ValueError("secret detail")


async def exitProgram(scope, receive, send):
    sys.exit(3)


async def cancelled(scope, receive, send):
    asyncio.current_task().cancel()
    await asyncio.sleep(1)


async def silent(scope, receive, send):
    pass


async def headOnly(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def bodyFirst(scope, receive, send):
    await send({"type": "http.response.body", "body": b"x"})


async def startTwice(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.start", "status": 200, "headers": []})


async def unknownMessage(scope, receive, send):
    await send({"type": "http.response.brew"})


async def badHeader(scope, receive, send):
    await answer(send, b"", headers=[(b"x-a", b"b\r\nx-c: d")])


async def badStatus(scope, receive, send):
    await answer(send, b"", status=99)


async def tooLong(scope, receive, send):
    await answer(send, b"12345", headers=[(b"content-length", b"3")])


async def waitForDisconnect(scope, receive, send):
    await readAll(receive)
    message = await receive()
    events.append(message["type"])
    await answer(send, b"too late")


async def disconnectAfterAnswer(scope, receive, send):
    await readAll(receive)
    await answer(send, b"done")
    events.append("after:" + (await receive())["type"])


async def showEvents(scope, receive, send):
    await answer(send, ",".join(events).encode())


async def context(scope, receive, send):
    before = variable.get()
    variable.set(scope["query_string"].decode())
    await asyncio.sleep(0)
    await answer(send, ("%s %s" % (before, variable.get())).encode())


async def taskTools(scope, receive, send):
    first = asyncio.current_task()
    await asyncio.wait_for(asyncio.sleep(0), 5)
    inner = await asyncio.gather(*(asyncio.ensure_future(asyncio.sleep(0, number))
                                   for number in range(3)))
    same = first is not None and first is asyncio.current_task()
    await answer(send, ("%s %s" % (same, inner)).encode())


async def receiveInTask(scope, receive, send):
    message = await asyncio.get_running_loop().create_task(receive())
    await asyncio.get_running_loop().create_task(answer(send, message["body"]))


async def slow(scope, receive, send):
    await asyncio.sleep(0.2)
    await answer(send, b"slow")


async def app(scope, receive, send):
    if scope["type"] != "http":
        raise NotImplementedError(scope["type"])
    await globals()[scope["path"].strip("/") or "plain"](scope, receive, send)


# -- lifespan --------------------------------------------------------------------------------------

def withLifespan(startup, shutdown):
    async def application(scope, receive, send):
        if scope["type"] == "lifespan":
            assert (await receive())["type"] == "lifespan.startup"
            await startup(scope, send)
            assert (await receive())["type"] == "lifespan.shutdown"
            await shutdown(scope, send)
        else:
            await answer(send, json.dumps(scope["state"]).encode())
            scope["state"]["own"] = "must not be seen by others"
    return application


async def complete(scope, send):
    scope["state"]["pool"] = "ready"
    await send({"type": "lifespan.startup.complete"})


async def fails(scope, send):
    await send({"type": "lifespan.startup.failed",
                "message": "Traceback\n  line\nRuntimeError: no database"})


async def raises(scope, send):
    raise RuntimeError("no database")


async def ends(scope, send):
    print("cleaned up", file=sys.stderr)
    await send({"type": "lifespan.shutdown.complete"})


async def failsToEnd(scope, send):
    await send({"type": "lifespan.shutdown.failed", "message": "disk on fire"})


lifespanComplete = withLifespan(complete, ends)
lifespanFails = withLifespan(fails, ends)
lifespanRaises = withLifespan(raises, ends)
lifespanEndsBadly = withLifespan(complete, failsToEnd)


class Instance:
    async def __call__(self, scope, receive, send):
        await plain(scope, receive, send)


instance = Instance()
