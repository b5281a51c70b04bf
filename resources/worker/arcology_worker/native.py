# SPDX-License-Identifier: Apache-2.0
"""The native core of a worker: whether this interpreter can have it, and what it leaves to
Python.

The core (../core, C on the stable ABI) is a Channel that does what channel, stream, environ and
wsgi do, faster and with the same results, and for ASGI what loop and asgi do. What is rare it asks
of the functions below.
"""
import fcntl
import functools
import importlib.machinery
import importlib.util
import os
import signal
import struct
import sys
import threading
import traceback
from collections import deque  # noqa: F401  used by the core
from io import BufferedReader, BytesIO  # noqa: F401
from types import CoroutineType  # noqa: F401

from . import clientfacts, environ, protocol, wsgi
from .protocol import ProtocolError, environKey  # noqa: F401
from .stream import ClientGone, leave  # noqa: F401

# For tests: "python" does without the core; a path is that of the core, without which nothing
# starts.
_CHOICE = os.environ.get("ARCOLOGY_WORKER_CORE", "")
_FILE = _CHOICE if os.path.isabs(_CHOICE) else os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "_core.abi3.so")
_EXIT_SOFTWARE = 70
_EXIT_CONFIGURATION = 78
# every request sets them, so that the dictionary has its size from the start
_ALWAYS_SET = ("REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "REQUEST_URI", "RAW_URI",
               "SERVER_PROTOCOL", "SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "REMOTE_PORT",
               "wsgi.url_scheme", "wsgi.input", "arcology.request_id", "arcology.queue_seconds")


@functools.lru_cache(None)
def load():
    """The module _core, or None where this interpreter cannot have it."""
    reason = _whyNot()
    if not reason:
        try:
            return _loaded()
        except (ImportError, OSError) as error:
            reason = str(error)
            sys.stderr.write("arcology: the native core cannot be loaded, so Python does its work: "
                             "%s\n" % reason)
    if os.path.isabs(_CHOICE):
        sys.stderr.write("arcology: the native core was demanded, but %s\n" % reason)
        sys.exit(_EXIT_CONFIGURATION)
    return None


def _whyNot():
    if _CHOICE == "python":
        return "ARCOLOGY_WORKER_CORE=python"
    if sys.implementation.name != "cpython" or sys.version_info < (3, 11):
        return "it needs CPython 3.11 or newer"
    if "t" in sys.abiflags:
        return "this build of Python has no GIL"
    return "" if os.path.exists(_FILE) else "%s is not there" % _FILE


def _loaded():
    """From a sealed copy in memory: the folder may be mounted noexec, and nobody can change it."""
    try:
        fd = _sealed()
    except (AttributeError, OSError):  # a Python built for an old C library has no memfd_create
        return _from(_FILE)
    # fd stays open: the loader knows libraries by path, and a number used again would be the first
    return _from("/proc/self/fd/%d" % fd)


def _sealed():
    fd = os.memfd_create("arcology_core", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(_FILE, "rb") as source, open(fd, "wb", closefd=False) as copy:
        copy.write(source.read())
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS,
                fcntl.F_SEAL_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
    return fd


def _from(path):
    name = "arcology_worker._core"
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    core = importlib.util.module_from_spec(spec)
    loader.exec_module(core)
    return core


class Server:
    """What channel.Channel is without the core."""

    def __init__(self, core, sock, threads, application, table):
        reader = environ.EnvironReader(table, threads)
        template = dict(reader.template, **dict.fromkeys(_ALWAYS_SET))
        self._sock = sock  # the core has only its number
        self._threads = threads
        self._channel = core.Channel(sock.fileno(), threads, application, table, reader, template,
                                     sys.modules[__name__])

    def serve(self):
        channel = self._channel
        signal.signal(signal.SIGTERM, lambda _number, _frame: channel.stop())
        for number in range(self._threads):
            threading.Thread(target=channel.work, name="request-%d" % (number + 1),
                             daemon=True).start()
        channel.serve()


# -- what the core calls ---------------------------------------------------------------------------

def makeInput(channel, stream, first):
    return BufferedReader(environ.StreamInput(channel, stream, first), protocol.BODY_FRAME_MAX)


def nameOf(table, name):
    """How a response header begins: a byte for its kind (core.h), then its encoded name."""
    if isinstance(name, bytes):
        name = name.decode("latin-1")
    prefix = table.prefix(name)
    lower = name.lower()
    if not prefix:
        kind = 3
    elif lower == "content-length":
        kind = 2
    else:
        kind = 1 if lower in protocol.STABLE else 0
    return bytes((kind,)) + prefix


def encodeHead(table, headers):
    count, raw, length = table.encodeText(headers)
    # more digits than any body has bytes; the core counts in 64 bits
    return count, raw, -1 if length is None else min(length, 2 ** 62)


def encodeHeadBytes(table, headers):
    count, raw, length = table.encodeBytes(headers)
    return count, raw, -1 if length is None else min(length, 2 ** 62)


def tlsExtension(data):
    """ASGI: of the facts at the begin of `data`; and where they end."""
    try:
        facts, end = clientfacts.read(data, 0)
    except (IndexError, struct.error):
        raise ProtocolError("a REQUEST that ends too early") from None
    return clientfacts.extension(facts), end


async def sendPath(request, folders, path):
    from . import sentfile
    place = folders.place(path)
    if place is None:
        await sentfile.copy(path, request.put)
    else:
        request.sendFile(place)


def failureBytes(requestId):
    from . import asgi
    body = protocol.failurePage(requestId)
    return asgi.failureHeaders(body), body


def requestFailed(error, scope, requestId):
    from . import asgi
    asgi.report(error, scope, requestId)


def failure(requestId):
    body = protocol.failurePage(requestId)
    return wsgi.failureHeaders(body), body


def applicationFailed(error, method, target, requestId):
    _report("the application failed on %s %s (request %s)" % (method, target, requestId), error)


def closeFailed(error, method, target, requestId):
    _report("close() failed after %s %s (request %s)" % (method, target, requestId), error)


def _report(what, error):
    sys.stderr.write("arcology: %s\n%s" % (what, "".join(
        traceback.format_exception(type(error), error, error.__traceback__))))


def end(error):
    """The engine is gone (None) or cannot be understood, or the core cannot go on."""
    if error is None:
        leave(0)
    if isinstance(error, ProtocolError):
        sys.stderr.write("arcology: the engine sent %s\n" % error)
        leave(76)
    _report("the worker cannot go on", error)
    leave(_EXIT_SOFTWARE)
