# SPDX-License-Identifier: Apache-2.0
"""The socket of an ASGI worker on an asyncio event loop. Everything here runs on that loop's
thread.
"""
import asyncio
import contextlib
import os
import signal
import socket
import sys

from . import asgi, native, protocol, sentfile
from .stream import leave
from .lifespan import Lifespan, StartupFailed

READ_BYTES = 64 * 1024
READS_PER_TURN = 4
REQUESTS_MAX = 4096


def serve(sock, application, hello, ready, report):
    loop = newLoop()
    asyncio.set_event_loop(loop)
    slots = min(max(1, int(hello.get("asgi_requests") or 1)), REQUESTS_MAX)
    lifespan = Lifespan(application, str(hello.get("lifespan") or "auto"))
    report.enter("lifespan")
    try:
        loop.run_until_complete(lifespan.startup())
    except StartupFailed as failure:
        report.failed(str(failure), failure.trace)
        return 1
    except SystemExit as error:
        report.failed("the application's lifespan ended the program with exit code %s" % error.code)
        return 1
    report.done()
    if "warm_up" in hello:
        from . import loader, warmup
        try:
            warmup.asgi(loop, application, lifespan.state, hello, report)
        except loader.LoadError as error:
            report.failed(str(error), error.trace)
            loop.run_until_complete(lifespan.shutdown())
            loop.run_until_complete(endOfTasks())
            return 1
    ready["slots"] = slots
    channel, ready["core"] = makeChannel(sock, loop, application, hello, lifespan.state)
    report.send(protocol.READY, ready)
    try:
        channel.begin()
        loop.run_until_complete(untilStopped(channel))
        loop.run_until_complete(lifespan.shutdown())
        loop.run_until_complete(endOfTasks())
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        channel.end()
    return 0


def makeChannel(sock, loop, application, hello, state):
    """With the native core, where this interpreter can have it; and which of the two."""
    table = protocol.HeaderTable(hello.get("headers", ()))
    folders = sentfile.Folders(hello.get("send_from", ()))
    core = native.load()
    if core is None:
        return Channel(sock, loop,
                       asgi.RequestFactory(application, table, state, folders)), "python"
    from . import asgi_native
    return asgi_native.Channel(core, sock, loop, application, table, state, folders), "native"


def newLoop():
    try:
        import uvloop
        return uvloop.new_event_loop()
    except ImportError:
        return asyncio.new_event_loop()


async def untilStopped(channel):
    """A task, where the future would do: anyio ends its threads with the task that the loop was
    run for, and took each request for that when there was none.
    """
    await channel.stopped


async def endOfTasks():
    """Background tasks that the application left are cancelled and may clean up."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.gather(*tasks, return_exceptions=True)


class Channel:
    """Reads frames as they come and writes once per turn of the loop."""

    def __init__(self, sock, loop, makeRequest):
        self._sock = sock
        self._fd = sock.fileno()
        self._loop = loop
        self._makeRequest = makeRequest
        self._start = taskStarter(loop)
        self._buffer = protocol.FrameBuffer()
        self._requests = {}
        self._tasks = set()        # the loop itself holds tasks only weakly
        self._out = []
        # what the socket did not take; the writer callback is set while there is some
        self._blocked = b""
        self._flushSoon = False
        self._stopping = False
        self.stopped = loop.create_future()

    def begin(self):
        self._sock.setblocking(False)
        self._loop.add_reader(self._fd, self._onReadable)
        with contextlib.suppress(NotImplementedError):
            self._loop.add_signal_handler(signal.SIGTERM, self._stop)

    def end(self):
        self._loop.remove_reader(self._fd)
        self._flush()
        self._sock.setblocking(True)
        if self._blocked:
            with contextlib.suppress(OSError):
                self._sock.sendall(self._blocked)

    # -- reading -----------------------------------------------------------------------------------

    def _onReadable(self):
        # one write at the end of this turn carries everything said during it
        self._flushSoon = True
        try:
            for _ in range(READS_PER_TURN):
                try:
                    data = self._sock.recv(READ_BYTES)
                except (BlockingIOError, InterruptedError):
                    break
                except OSError:
                    data = b""
                if not data:
                    leave(0)
                for item in self._buffer.feed(data):
                    self._handle(item)
                if len(data) < READ_BYTES:
                    break
        except protocol.ProtocolError as error:
            sys.stderr.write("arcology: the engine sent %s\n" % error)
            leave(76)
        self._flush()

    def _handle(self, item):
        kind, flags, number, data, begin, end = item
        if kind == protocol.REQUEST:
            if number == 0 or number in self._requests:
                raise protocol.ProtocolError("a REQUEST on stream %d, which is in use" % number)
            request = self._makeRequest(self, number, flags, data, begin, end)
            self._requests[number] = request
            self._start(request.run(), self._tasks)
        elif kind == protocol.PING:
            self.send(protocol.frame(protocol.PONG, 0, data[begin:end]))
        elif kind == protocol.STOP:
            self._stop()
        elif kind == protocol.WINDOW:
            if end - begin != 4:
                raise protocol.ProtocolError("a WINDOW of %d bytes" % (end - begin))
            request = self._requests.get(number)
            if request is not None:
                request.onWindow(protocol.U32.unpack_from(data, begin)[0])
        elif kind == protocol.BODY:
            request = self._requests.get(number)  # None: it has ended while this was under way
            if request is not None:
                request.onBody(data[begin:end], flags)
        elif kind == protocol.CANCEL:
            request = self._requests.get(number)
            if request is not None:
                request.onCancel()
        elif kind == protocol.MESSAGE:
            request = self._requests.get(number)
            if request is not None:
                request.onMessage(data[begin:end], flags)
        elif kind == protocol.SOCKET_CLOSE:
            if end - begin < 2:
                raise protocol.ProtocolError("a SOCKET_CLOSE of %d bytes" % (end - begin))
            request = self._requests.get(number)
            if request is not None:
                request.onCloseFrame(data[begin:end])
        else:
            raise protocol.ProtocolError("a frame of type %d" % kind)

    def future(self):
        return self._loop.create_future()

    # -- writing -----------------------------------------------------------------------------------

    def send(self, data):
        self._out.append(data)
        if not self._flushSoon:
            self._flushSoon = True
            self._loop.call_soon(self._flush)

    def release(self, number):
        """The end of this stream is in the output: its number is free."""
        self._requests.pop(number, None)
        if self._stopping and not self._requests:
            # later: the task that gave this answer may still run
            self._loop.call_soon(self._stopNow)

    def _flush(self):
        self._flushSoon = False
        out = self._out
        if not out or self._blocked:
            return
        data = out[0] if len(out) == 1 else b"".join(out)
        out.clear()
        self._write(data)

    def _write(self, data):
        try:
            sent = self._sock.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            leave(0)
        if sent < len(data):
            if not self._blocked:
                self._loop.add_writer(self._fd, self._onWritable)
            self._blocked = memoryview(data)[sent:]
        elif self._blocked:
            self._blocked = b""
            self._loop.remove_writer(self._fd)

    def _onWritable(self):
        self._write(self._blocked)
        if not self._blocked:
            self._flush()

    # -- end ---------------------------------------------------------------------------------------

    def _stop(self):
        self._stopping = True
        if not self._requests:
            self._stopNow()

    def _stopNow(self):
        if not self.stopped.done():
            # Tasks whose answer is out may still run what comes after it.
            waiting = [task for task in self._tasks if not task.done()]
            if waiting:
                asyncio.gather(*waiting,
                               return_exceptions=True).add_done_callback(lambda _: self._stopNow())
            else:
                self.stopped.set_result(None)


def taskStarter(loop):
    """Returns start(coroutine, tasks): a real task whose first step runs at once, where the
    interpreter can do it.

    An answer that never waits is then complete before the read that brought its request returns.
    Must be called with no task current, which holds in a reader callback.
    """
    Task = asyncio.Task

    def keep(task, tasks):
        if not task.done():
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    def startEager(coroutine, tasks):
        keep(Task(coroutine, loop=loop, eager_start=True), tasks)

    def startShadowed(coroutine, tasks):
        # 3.11: the task hands its first step to call_soon; for that moment, call_soon is ours.
        # What a garbage collection finalizes may call it too, and that is passed on.
        steps = []
        callSoon = loop.call_soon

        def capture(callback, *arguments, context=None):
            task = getattr(callback, "__self__", None)
            if not isinstance(task, Task) or task.get_coro() is not coroutine:
                return callSoon(callback, *arguments, context=context)
            steps.append((callback, arguments, context))
            return None
        loop.call_soon = capture
        try:
            task = Task(coroutine, loop=loop)
        finally:
            del loop.call_soon
        for step, arguments, context in steps:
            context.run(step, *arguments)
        keep(task, tasks)

    def startSoon(coroutine, tasks):
        keep(loop.create_task(coroutine), tasks)

    if sys.implementation.name != "cpython" or sys.version_info < (3,
            11) or os.environ.get("PYTHONASYNCIODEBUG"):
        return startSoon
    if sys.version_info >= (3, 12):
        return startEager
    try:
        loop.call_soon = loop.call_soon
        del loop.call_soon
    except AttributeError:
        return startSoon
    return startShadowed
