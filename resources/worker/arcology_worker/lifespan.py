# SPDX-License-Identifier: Apache-2.0
"""The lifespan part of ASGI: the application's start before READY and its end after STOP."""
import asyncio
import sys
import traceback


class StartupFailed(Exception):
    def __init__(self, sentence, trace=""):
        super().__init__(sentence)
        self.trace = trace


class Lifespan:
    """mode "auto": an application that does not know lifespan is served without; "on": it must;
    "off": never asked.
    """

    def __init__(self, application, mode):
        self._application = application
        self._mode = mode
        self._task = None
        self._inbox = None
        self._started = None
        self._ended = None
        self.state = {}

    async def startup(self):
        if self._mode == "off":
            return
        loop = asyncio.get_running_loop()
        self._inbox = asyncio.Queue()
        self._started = loop.create_future()
        self._ended = loop.create_future()
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = loop.create_task(self._run())
        failure = await self._started
        if failure is not None:
            raise failure

    async def shutdown(self):
        if self._task is None or self._task.done():
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        message = await self._ended
        if message:
            sys.stderr.write("arcology: lifespan shutdown failed: %s\n" % message)

    async def _run(self):
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"},
                 "state": self.state}
        trace = ""
        error = None
        try:
            await self._application(scope, self._inbox.get, self._send)
        except asyncio.CancelledError:
            raise
        except BaseException as caught:  # the loop must not see SystemExit
            error = caught
            trace = traceback.format_exc()
        self._settle(error, trace)

    def _settle(self, error, trace):
        """The application's lifespan call has returned or raised."""
        if not self._started.done():
            if self._mode == "on":
                what = "%s: %s" % (type(error).__name__,
                                   error) if error else "it returned too early"
                self._started.set_result(StartupFailed("lifespan startup failed: %s" % what, trace))
            else:
                self._started.set_result(None)
        elif error is not None and not self._ended.done():
            sys.stderr.write("arcology: lifespan ended with an error\n%s" % trace)
        if not self._ended.done():
            self._ended.set_result("")

    async def _send(self, message):
        kind = message["type"]
        if kind == "lifespan.startup.complete":
            if not self._started.done():
                self._started.set_result(None)
        elif kind == "lifespan.startup.failed":
            if not self._started.done():
                text = str(message.get("message") or "the application gave no reason")
                lines = [line.strip() for line in text.splitlines() if line.strip()]
                # Starlette sends a whole traceback; its last line is the sentence.
                self._started.set_result(StartupFailed("lifespan startup failed: %s" % lines[-1],
                                                       text if len(lines) > 1 else ""))
        elif kind == "lifespan.shutdown.complete":
            if not self._ended.done():
                self._ended.set_result("")
        elif kind == "lifespan.shutdown.failed":
            if not self._ended.done():
                self._ended.set_result(str(message.get("message")
                                           or "the application gave no reason"))
        else:
            raise RuntimeError("lifespan: unknown message %r" % kind)
