# SPDX-License-Identifier: Apache-2.0
"""ASGI applications that each do one thing; app() dispatches by path."""
import asyncio
import collections
import contextvars
import fcntl
import gc
import inspect
import json
import sys
import termios
import time

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


async def firstStep(scope, receive, send):
    """What the task of a request is while nothing has waited yet, and afterwards."""
    loop = asyncio.get_running_loop()
    known = asyncio.all_tasks()
    first = asyncio.current_task(loop)
    found = [isinstance(first, asyncio.Task), first in known, first is asyncio.current_task(),
             first.done(), first.get_coro().cr_running]
    await asyncio.sleep(0)
    found += [first is asyncio.current_task(), first in asyncio.all_tasks()]
    await answer(send, json.dumps(found).encode())


async def unseenTask(scope, receive, send):
    await asyncio.sleep(0)
    await answer(send, json.dumps([isinstance(asyncio.current_task(), asyncio.Task),
                                   asyncio.current_task() in asyncio.all_tasks()]).encode())


made, heard = [], []


async def callWhileTasksAreMade(scope, receive, send):
    """As a finalizer may do at any time. The loop is asked then whether it debugs, so that the
    moment needs no luck.
    """
    def get_debug():
        del loop.get_debug  # handles ask too
        made.append((len(made), "given"))
        asyncio.current_task()
        loop.call_soon(hear, len(heard), made[-1][0], context=copied)
        loop.get_debug = get_debug
        return False

    def hear(_before, number):
        heard.append((number, variable.get()))
    loop = asyncio.get_running_loop()
    copied = contextvars.copy_context()
    copied.run(variable.set, "given")
    loop.get_debug = get_debug
    await answer(send, b"")


async def tellCalls(scope, receive, send):
    del asyncio.get_running_loop().get_debug
    for _ in range(3):
        await asyncio.sleep(0)
    await answer(send, b"%d" % (len(made) > 0 and made == heard))


async def cancelFirst(scope, receive, send):
    """A task that cancels itself in its first step cancels what it waits for."""
    inner = asyncio.get_running_loop().create_task(asyncio.sleep(10))
    asyncio.current_task().cancel()
    try:
        await inner
    except asyncio.CancelledError:
        await answer(send, b"cancelled, inner %d" % inner.cancelled())


async def cancelTold(scope, receive, send):
    """What cancelled a task in its first step is told to what it waits for."""
    asyncio.current_task().cancel("closing time")
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError as error:
        await answer(send, str(error).encode())


async def cancelBare(scope, receive, send):
    asyncio.current_task().cancel()
    try:
        await asyncio.sleep(0)
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        await asyncio.sleep(0)
        await answer(send, b"cancelled")


async def cancelledByAnother(scope, receive, send):
    asyncio.get_running_loop().call_later(0.01, asyncio.current_task().cancel)
    try:
        await receive()
        await receive()
    except asyncio.CancelledError:
        await answer(send, b"cancelled")


async def timesOut(scope, receive, send):
    await receive()
    try:
        await asyncio.wait_for(receive(), 0.01)
    except asyncio.TimeoutError:
        await answer(send, b"timed out")


async def neverAwaited(scope, receive, send):
    """What is not awaited does nothing; what is awaited twice is a mistake."""
    for unused in (send({"type": "http.response.start", "status": 404}), receive()):
        unused.close()
    message = receive()
    body = (await message)["body"]
    try:
        await message
    except RuntimeError:
        body += b" once"
    task = asyncio.get_running_loop().create_task(receive())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await answer(send, body)


async def failuresInGather(scope, receive, send):
    found = await asyncio.gather(send({"type": "http.response.body"}), send({"type": "brew"}),
                                 send({}), return_exceptions=True)
    await answer(send, ",".join(type(each).__name__ for each in found).encode())


async def pollDisconnect(scope, receive, send):
    """As a stream does that looks between its events whether anybody listens."""
    await receive()
    for _ in range(300):
        task = asyncio.get_running_loop().create_task(receive())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    del task
    for _ in range(4):  # PyPy needs some rounds for what has a __del__
        gc.collect()
    await answer(send, b"%d" % sum(type(each) is asyncio.Future for each in gc.get_objects()))


async def otherShapes(scope, receive, send):
    """Messages that are no plain dictionaries, headers that are no lists of tuples."""
    Message = collections.UserDict
    await send(Message(type="http.response.start", status=200,
                       headers=iter([[b"x-list", b" a "], (bytearray(b"x-array"), b"b")])))
    await send(Message(type="http.response.body", body=memoryview(b"hel"), more_body=True))
    await send({"type": "".join(("http.", "response.body")), "body": bytearray(b"lo")})


async def sendPath(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-own", b"yes")]})
    await send({"type": "http.response.pathsend", "path": scope["query_string"].decode()})


async def receiveInTask(scope, receive, send):
    message = await asyncio.get_running_loop().create_task(receive())
    await asyncio.get_running_loop().create_task(answer(send, message["body"]))


async def coroutineStates(scope, receive, send):
    """What inspect says of receive() while it waits as a task, and before and afterwards."""
    await receive()
    call = receive()
    found = [inspect.iscoroutine(call), call.cr_running]
    task = asyncio.get_running_loop().create_task(call)
    await asyncio.sleep(0)
    found.append(inspect.getcoroutinestate(call))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    found.append(inspect.getcoroutinestate(call))
    await answer(send, json.dumps(found).encode())


async def sendsAside(scope, receive, send):
    """Two tasks wait for room when the answer ends: by its last message, or by a failure."""
    async def sends():
        await send({"type": "http.response.body", "body": b"x" * 600000, "more_body": True})
        events.append("sent")
    await send({"type": "http.response.start", "status": 200})
    for _ in range(2):
        background.add(asyncio.get_running_loop().create_task(sends()))
    await asyncio.sleep(0.01)
    if scope["query_string"] == b"fails":
        raise ValueError("secret detail")
    await send({"type": "http.response.body"})


async def sendsTogether(scope, receive, send):
    await send({"type": "http.response.start", "status": 200})
    await asyncio.gather(*(send({"type": "http.response.body", "body": b"x" * 600000,
                                 "more_body": True}) for _ in range(2)))
    await send({"type": "http.response.body"})


async def busy(scope, receive, send):
    time.sleep(0.01)
    await answer(send, b"busy")


async def showUnread(scope, receive, send):
    """How many bytes of earlier answers the engine has not read yet."""
    with open("/proc/self/cmdline") as line:
        fd = int(line.read().rstrip("\0").rpartition("\0")[2])
    unread = fcntl.ioctl(fd, termios.TIOCOUTQ, b"\0" * 4)
    await answer(send, b"%d" % int.from_bytes(unread, sys.byteorder))


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


class Awaitable:
    """What a call of it gives is no coroutine, but can be awaited."""

    def __init__(self, scope, receive, send):
        self.call = plain(scope, receive, send)

    def __await__(self):
        return self.call.__await__()


def awaitable(scope, receive, send):
    return Awaitable(scope, receive, send)


def notAwaitable(scope, receive, send):
    return None
