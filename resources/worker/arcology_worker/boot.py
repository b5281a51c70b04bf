# SPDX-License-Identifier: Apache-2.0
"""From a fresh interpreter to a serving worker: HELLO, the steps with their times, READY or FAILED.
"""
import os
import signal
import socket
import sys
import time
import types

from . import facts, loader, preload, protocol, watch

EXIT_FAILED = 1
THREADS_MAX = 256


class Report:
    """Sends STEP, READY and FAILED. Each step's time is counted from the end of the one before."""

    def __init__(self, sock):
        self._sock = sock
        self._began = time.monotonic()
        self.name = "interpreter"

    def enter(self, name):
        self.name = name
        self._began = time.monotonic()

    def done(self, milliseconds=None):
        if milliseconds is None:
            milliseconds = (time.monotonic() - self._began) * 1000
        self.send(protocol.STEP, {"step": self.name, "ms": round(milliseconds, 1)})

    def failed(self, error, trace=""):
        sys.stderr.write("arcology: %s\n%s" % (error, trace))
        self.send(protocol.FAILED,
                  {"step": self.name, "error": error[:4000], "traceback": trace[-100000:]})

    def send(self, kind, value):
        try:
            self._sock.sendall(protocol.jsonFrame(kind, value))
        except OSError:
            os._exit(0)  # the engine is gone


def receiveHello(sock):
    def exactly(size):
        data = b""
        while len(data) < size:
            more = sock.recv(size - len(data))
            if not more:
                os._exit(0)
            data += more
        return data

    length, kind, _flags, _zero, _stream = protocol.FRAME.unpack(exactly(protocol.HEADER_BYTES))
    if kind != protocol.HELLO or length > protocol.PAYLOAD_MAX:
        raise protocol.ProtocolError("the first frame is not HELLO")
    return protocol.parseHello(exactly(length))


def processAgeMs():
    """Milliseconds since the kernel started this process, to its clock tick; None where /proc is
    not there.
    """
    try:
        with open("/proc/self/stat", "rb") as file:
            ticks = int(file.read().rpartition(b")")[2].split()[19])
        began = ticks / os.sysconf("SC_CLK_TCK")
        return max(0.0, (time.clock_gettime(time.CLOCK_BOOTTIME) - began) * 1000)
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def prepareInterpreter(root):
    """What the application may look at shall be its own: working directory, sys.path[0], argv and
    __main__.
    """
    os.chdir(root)
    sys.path[0] = root
    sys.argv = ["arcology-worker"]
    sys.stdin = open(os.devnull, "r", encoding="utf-8")
    # No __file__: multiprocessing's spawn would run it again in each child.
    sys.modules["__main__"] = types.ModuleType("__main__")
    # Ctrl+C in the engine's terminal reaches us too; STOP follows
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)


def prepareTasks():
    """Before anybody has taken asyncio.current_task: see asgi_native.prepare()."""
    if sys.version_info[:2] == (3, 11) and "asyncio" not in sys.modules:
        from . import native
        if native.load() is not None:
            from . import asgi_native
            asgi_native.prepare()


def run(fd):
    age = processAgeMs()
    sock = socket.socket(fileno=fd)
    sock.setblocking(True)
    # what the application starts must not hold the engine's socket open
    os.set_inheritable(fd, False)
    report = Report(sock)
    try:
        hello = receiveHello(sock)
    except protocol.ProtocolError as error:
        report.failed(str(error))
        return 76
    if age is not None:
        report.done(age)
    watcher = watch.start(hello)
    try:
        application, interface = importApplication(hello, report)
    except loader.LoadError as error:
        report.failed(str(error), error.trace)
        return EXIT_FAILED

    report.enter("inspect")
    ready = facts.gather(application)
    ready.update(protocol=protocol.VERSION, interface=interface)
    report.done()
    if "preload" in hello and watcher is not None:
        born = preloaded(sock, watcher, hello, ready, report)
        if born is None:
            return 0
        sock, hello, report, watcher = born
    ready["pid"] = os.getpid()
    try:
        if interface == "asgi":
            return serveAsgi(sock, application, hello, ready, report)
        return serveWsgi(sock, application, hello, ready, report, watcher)
    except loader.LoadError as error:
        report.failed(str(error), error.trace)
        return EXIT_FAILED


def importApplication(hello, report):
    app = hello["app"]
    report.enter("import")
    if "preload" in hello:
        os.set_inheritable(hello["preload"], False)
    if app.get("interface") == "asgi":
        prepareTasks()
    try:
        prepareInterpreter(str(app.get("root", "")))
    except OSError as error:
        raise loader.LoadError("the app's folder cannot be entered: %s" % error) from None
    found = loader.load(str(app.get("entry", "")), str(app.get("interface") or ""))
    report.done()
    return found


def preloaded(sock, watcher, hello, ready, report):
    """Forks workers. Returns what a worker goes on with: in each of them, and at once in this
    process where it must not be forked; None when the engine wants no more.
    """
    reason = preload.obstacle(watched=True)
    if reason:
        os.close(hello["preload"])
        ready["preload_refused"] = reason
        return sock, hello, report, watcher
    report.enter("freeze")
    preload.warm(ready["interface"])
    preloader = preload.Preloader(hello["preload"], sock, watcher, hello["watch"])
    preloader.prepare()
    ready["warnings"] += preloader.warnings()
    report.done()
    report.send(protocol.READY, dict(ready, pid=os.getpid(), slots=1, preloads=True))
    born = preloader.serve()
    if born is None:
        return None
    sock, began = born
    report = Report(sock)
    report.name = "fork"
    hello = receiveHello(sock)
    report.done((time.monotonic() - began) * 1000)
    return sock, hello, report, watch.start(hello)


def serveWsgi(sock, application, hello, ready, report, watcher):
    from . import native
    threads = min(max(1, int(hello.get("threads") or 1)), THREADS_MAX)
    table = protocol.HeaderTable(hello.get("headers", ()))
    core = native.load()
    if core is not None:
        served = native.Server(core, sock, threads, application, table)
    else:
        from . import channel, wsgi
        served = channel.Channel(sock, threads, wsgi.Runner(application, table, threads))
    if "warm_up" in hello:
        from . import environ, warmup
        template = environ.EnvironReader(table, threads).template
        warmup.wsgi(application, template, hello, report, watcher)
    ready.update(slots=threads, core="python" if core is None else "native")
    report.send(protocol.READY, ready)
    served.serve()
    return 0


def serveAsgi(sock, application, hello, ready, report):
    from . import loop
    return loop.serve(sock, application, hello, ready, report)
