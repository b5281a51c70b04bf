# SPDX-License-Identifier: Apache-2.0
"""An ASGI worker with the native core: what loop.Channel is without it."""
import asyncio
import contextlib
import os
import signal
import sys

from . import asgi, native, websocket

# how the task of a request begins: asgi.h
_SOON, _EAGER, _SHOWN, _LAZY = range(4)
_channel = None
_isPrepared = False


def prepare():
    """Before the application is imported. Where interpreters make a task only for its own sake
    (asgi_task.c), nobody may have taken the functions that we replace.
    """
    global _isPrepared
    plainTask, plainTasks = asyncio.tasks.current_task, asyncio.tasks.all_tasks

    def current_task(loop=None):
        task = plainTask(loop)
        return task if task is not None or _channel is None else _ofStep(loop)

    def all_tasks(loop=None):
        if _channel is not None:
            _ofStep(loop)
        return plainTasks(loop)

    def _ofStep(loop):
        return _channel.taskOfStep(loop or asyncio.get_running_loop())

    for replacement, plain in ((current_task, plainTask), (all_tasks, plainTasks)):
        replacement.__doc__ = plain.__doc__
        for module in (asyncio, asyncio.tasks):
            setattr(module, replacement.__name__, replacement)
    _isPrepared = True


def howToStart(loop):
    if os.environ.get("PYTHONASYNCIODEBUG"):
        return _SOON
    if sys.version_info >= (3, 12):
        return _EAGER
    try:
        loop.call_soon = loop.call_soon
        del loop.call_soon
    except AttributeError:
        return _SOON
    return _LAZY if _isPrepared else _SHOWN


class Channel:
    def __init__(self, core, sock, loop, application, table, state, folders):
        global _channel
        self._loop = loop
        self._sock = sock  # the core has only its number
        self.application = application
        self.table = table
        template = dict.fromkeys(("http_version", "method", "scheme", "path", "raw_path",
                                  "query_string", "headers", "client", "server", "state",
                                  "extensions"))
        template.update(type="http", asgi=asgi.VERSIONS, root_path="")
        self._core = core.AsgiChannel(
            sock.fileno(), howToStart(loop), loop, application, table, template, state,
            asgi.extensions(folders), folders or None, self, native)
        _channel = self._core
        self.stopped = loop.create_future()

    def begin(self):
        self._loop.add_reader(self._sock.fileno(), self._core.onReadable)
        with contextlib.suppress(NotImplementedError):
            self._loop.add_signal_handler(signal.SIGTERM, self.stop)

    def end(self):
        self._loop.remove_reader(self._sock.fileno())
        self._core.drain()

    # -- what the core calls -----------------------------------------------------------------------

    def makeSocket(self, number, scope, requestId):
        return websocket.WebSocket(self, self._core, number, websocket.makeScope(scope), requestId)

    def stop(self):
        self._core.stopping = True
        if not self._core.requests:
            self.stopNow()

    def stopNow(self):
        if not self.stopped.done():
            # Tasks whose answer is out may still run what comes after it.
            waiting = [task for task in self._core.tasks if not task.done()]
            if waiting:
                asyncio.gather(*waiting,
                               return_exceptions=True).add_done_callback(lambda _: self.stopNow())
            else:
                self.stopped.set_result(None)
