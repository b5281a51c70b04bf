# SPDX-License-Identifier: Apache-2.0
"""Preloading: an interpreter that has imported the application, and answers no request, forks the
workers of its generation, which share what it has in memory.

Orders come on a socket of messages, JSON, one at a time: {"n": 1, "do": "fork"} with the worker's
descriptors (stream, lane, stacks, output: as a worker that is started alone has them) is answered
{"n": 1, "pid": 4711} or {"n": 1, "error": sentence}. Only its parent can learn how a process ended,
so the engine asks for that, too: {"n": 2, "do": "reap", "pid": 4711}, of one that it saw end, is
answered {"n": 2, "status": as wait4() tells it, "peak_kib": most that was resident}.
"""
import gc
import json
import os
import random
import signal
import socket
import sys
import threading
import time
# As they are: gevent replaces them.
from os import fork as _fork
from select import POLLIN, poll as _poll
from socket import socket as _Socket
from time import sleep as _sleep

MESSAGE_BYTES = 4096
NAMES_MAX = 8
ENDING_SECONDS = 0.5


def obstacle(watched):
    """Why this interpreter must not be forked, as the rest of a sentence; "": nothing. `watched`:
    a thread of watch.py is one of those that run.
    """
    if "gevent" in sys.modules:
        return "the app uses gevent, whose hub a fork would have to know of"
    limit = time.monotonic() + ENDING_SECONDS
    while threadCount() - watched > threading.active_count() and time.monotonic() < limit:
        _sleep(0.001)  # the kernel's part of a thread goes a moment after Python's
    count = threadCount() - 1 - watched
    if count <= 0:
        return ""
    names = [thread.name for thread in threading.enumerate()
             if thread is not threading.main_thread()]
    unnamed = count - len(names)
    shown = names[:NAMES_MAX]
    if len(names) > NAMES_MAX:
        shown.append("%d more" % (len(names) - NAMES_MAX))
    if unnamed > 0:
        shown.append("%d that Python's threading does not know%s" % (unnamed, libraryHint()))
    return "the import of the app started threads, which a fork would lose: " + ", ".join(shown)


def threadCount():
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return threading.active_count()


def libraryHint():
    if "numpy" in sys.modules and "OPENBLAS_NUM_THREADS" not in os.environ:
        return " (numpy starts none with OPENBLAS_NUM_THREADS=1 in the app's environment)"
    return ""


def warm(interface):
    """What a worker imports after the application."""
    from . import native
    core = native.load()
    if interface == "asgi":
        from . import loop  # noqa: F401
        if core is not None:
            from . import asgi_native  # noqa: F401
        try:
            import uvloop  # noqa: F401
        except ImportError:
            pass
    elif core is None:
        from . import channel, wsgi  # noqa: F401


def closeDatabases():
    """Django's own connections; of others nobody knows how they are closed: see connections()."""
    if "django.db" not in sys.modules:
        return
    try:
        sys.modules["django.db"].connections.close_all()
    # settings without a database, or one that cannot be reached any more: nothing is open then
    except Exception as error:
        sys.stderr.write("arcology: Django's database connections were not closed before the fork: "
                         "%s: %s\n" % (type(error).__name__, error))


def connections(own):
    """Peers of the streams that the application has opened: two workers that speak on one of them
    spoil it for each other.
    """
    usual = socket.getdefaulttimeout()
    socket.setdefaulttimeout(None)  # else looking at a socket would make it non-blocking
    try:
        return [peer for peer in map(peerOf, set(map(int, os.listdir("/proc/self/fd"))) - own)
                if peer]
    finally:
        socket.setdefaulttimeout(usual)


def peerOf(fd):
    """"127.0.0.1 port 5432"; empty where it is no connected stream."""
    try:
        if not os.readlink("/proc/self/fd/%d" % fd).startswith("socket:"):
            return ""
        sock = _Socket(fileno=fd)
    except OSError:  # it was that of the listing
        return ""
    try:
        peer = sock.getpeername() if sock.type == socket.SOCK_STREAM else ""
    except OSError:  # it is not connected
        return ""
    finally:
        sock.detach()
    return "%s port %s" % peer[:2] if isinstance(peer, tuple) else os.fsdecode(peer)


class Preloader:
    """`orders`: the descriptor they come on; `sock`, `watcher`: of this process itself."""

    def __init__(self, orders, sock, watcher, ends):
        self._orders = _Socket(fileno=orders)
        self._orders.setblocking(True)  # the app may have set another default
        self._sock = sock
        self._watcher = watcher
        # the numbers a worker has its descriptors under, in the order they come
        self._numbers = (sock.fileno(), ends["lane"], ends["stacks"], 1)
        self._collects = gc.isenabled()
        self._childSignal = None

    def warnings(self):
        own = {self._orders.fileno(), *self._numbers}
        peers = connections(own)
        return ["the import of the app connects to %s, and with pool.preload all workers share that "
                "connection; let each open its own with its first request" % ", ".join(peers)
                ] if peers else []

    def prepare(self):
        """The last that happens before there are workers."""
        self._watcher.end()
        closeDatabases()
        # Its handler could take our children's ends away; "ignore" would.
        self._childSignal = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # What is collected now leaves no work, and so no writes to shared pages, for the workers;
        # what is left is never looked at again.
        gc.disable()
        gc.collect()
        if hasattr(gc, "freeze"):
            gc.freeze()

    def serve(self):
        """Returns in each worker, with its socket and the time of its order; and here, with None,
        when the engine wants no more.
        """
        waiting = _poll()
        waiting.register(self._orders, POLLIN)
        waiting.register(self._sock, POLLIN)  # HELLO was all: now STOP, or end of file
        while True:
            for fd, _events in waiting.poll():
                if fd == self._sock.fileno():
                    return None
                data, descriptors, _flags, _address = socket.recv_fds(
                    self._orders, MESSAGE_BYTES, len(self._numbers))
                for descriptor in descriptors:
                    os.set_inheritable(descriptor, False)
                if not data:
                    return None
                began = time.monotonic()
                order = json.loads(data.decode())
                answer = self._reap(order) if order["do"] == "reap" else self._forkWorker(descriptors)
                if answer is None:
                    return self._becomeWorker(descriptors), began
                for descriptor in descriptors:
                    os.close(descriptor)
                try:
                    self._orders.send(json.dumps(dict(answer, n=order["n"])).encode())
                except OSError:
                    return None

    @staticmethod
    def _reap(order):
        try:
            _pid, status, used = os.wait4(order["pid"], 0)
        except OSError as error:
            return {"error": str(error)}
        return {"status": status, "peak_kib": used.ru_maxrss}

    def _forkWorker(self, descriptors):
        """The answer; None: this is the worker."""
        if len(descriptors) != len(self._numbers):
            return {"error": "%d descriptors came with the order" % len(descriptors)}
        for file in (sys.stdout, sys.stderr):
            try:
                file.flush()  # else each worker would write it again
            except (OSError, ValueError):
                pass
        try:
            pid = _fork()
        except OSError as error:
            return {"error": "cannot fork: %s" % error}
        return {"pid": pid} if pid else None

    def _becomeWorker(self, descriptors):
        os.setpgid(0, 0)  # signals to a worker's group reach what it starts, and no other worker
        self._orders.close()
        self._watcher.forget()
        self._sock.detach()
        for descriptor, number in zip(descriptors, self._numbers):
            os.dup2(descriptor, number, inheritable=number == 1)
        os.dup2(1, 2)
        for descriptor in descriptors:
            os.close(descriptor)
        signal.signal(signal.SIGCHLD, self._childSignal or signal.SIG_DFL)
        reseed()
        if self._collects:
            gc.enable()
        sock = _Socket(fileno=self._numbers[0])
        sock.setblocking(True)  # the app may have set another default
        return sock


def reseed():
    """Else all workers would draw the same numbers."""
    random.seed()
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()
