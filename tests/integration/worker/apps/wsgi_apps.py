# SPDX-License-Identifier: Apache-2.0
"""WSGI applications that each do one thing; app() dispatches by path."""
import fcntl
import json
import signal
import sys
import termios
import threading
from wsgiref.validate import validator

closed = []
gate = threading.Event()
signal.signal(signal.SIGUSR1, lambda _number, _frame: gate.set())


class Closing:
    """An iterable that notes its close()."""

    def __init__(self, chunks, name="closing"):
        self._chunks = iter(chunks)
        self._name = name

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._chunks)

    def close(self):
        closed.append(self._name)


def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("X-Own", "yes")])
    return [b"hello"]


def showEnviron(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    shown = {key: value if isinstance(value, (str, bool, int)) else repr(value) for key,
             value in environ.items()}
    return [json.dumps(shown).encode()]


def echo(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [body]


def inputWays(environ, start_response):
    source = environ["wsgi.input"]
    parts = [source.read(3), source.readline(), source.readline(2), b"|".join(source.readlines(1)),
             b"|".join(source),
             source.read(), source.read(5), source.readline()]
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps([part.decode() for part in parts]).encode()]


def firstLine(environ, start_response):
    line = environ["wsgi.input"].readline()
    start_response("200 OK", [])
    return [line]


def writeCallable(environ, start_response):
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"one ")
    write(b"two ")
    return [b"three"]


def generator(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b""
    yield b"a"
    yield b"b"


def lazyStart(environ, start_response):
    def chunks():
        start_response("201 Created", [])
        yield b"late"
    return chunks()


def large(environ, start_response):
    size = int(environ["QUERY_STRING"])
    start_response("200 OK", [("Content-Length", str(size))])
    return [b"x" * size]


def endless(environ, start_response):
    start_response("200 OK", [])

    def chunks():
        while True:
            yield b"y" * 10000
    return Closing(chunks(), "endless")


def failBefore(environ, start_response):
    raise ValueError("secret detail")


def failWhileIterating(environ, start_response):
    start_response("200 OK", [])

    def chunks():
        raise ValueError("secret detail")
        yield b""
    return Closing(chunks(), "failWhileIterating")


def failAfterHead(environ, start_response):
    start_response("200 OK", [])

    def chunks():
        yield b"some"
        raise ValueError("secret detail")
    return Closing(chunks(), "failAfterHead")


def failInClose(environ, start_response):
    class Bad(Closing):
        def close(self):
            super().close()
            raise ValueError("close failed")
    start_response("200 OK", [])
    return Bad([b"fine"], "failInClose")


def exitProgram(environ, start_response):
    sys.exit(3)


def replaceHead(environ, start_response):
    start_response("200 OK", [("X-First", "1")])
    try:
        raise KeyError("k")
    except KeyError:
        start_response("418 Teapot", [("X-Second", "2")], sys.exc_info())
    return [b"short and stout"]


def replaceTooLate(environ, start_response):
    write = start_response("200 OK", [])
    write(b"gone")
    try:
        raise KeyError("k")
    except KeyError:
        start_response("500 No", [], sys.exc_info())
    return []


def startTwice(environ, start_response):
    start_response("200 OK", [])
    start_response("200 OK", [])
    return [b""]


def neverStarts(environ, start_response):
    return [b"body"]


def textBody(environ, start_response):
    start_response("200 OK", [])
    return ["text"]


def badHeader(environ, start_response):
    name, _, value = environ["QUERY_STRING"].replace("%0A", "\n").replace("%00",
                                                                          "\0").partition("=")
    start_response("200 OK", [(name, value)])
    return [b"sent"]


def badStatus(environ, start_response):
    start_response(environ["QUERY_STRING"].replace("+", " "), [])
    return [b"sent"]


def hopByHop(environ, start_response):
    start_response("200 OK",
                   [("Connection", "close"), ("Transfer-Encoding", "chunked"), ("Keep-Alive", "1"),
                              ("X-Kept", "1")])
    return [b"sent"]


def lengths(environ, start_response):
    declared, actual = environ["QUERY_STRING"].split(",")
    start_response("200 OK", [("Content-Length", declared)])
    return iter([b"z" * int(actual), b""])


def notModified(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"v1"')])
    return [b""]


def fileWrapper(environ, start_response):
    start_response("200 OK", [])
    return environ["wsgi.file_wrapper"](open(__file__, "rb"), 100)


def waitAtGate(environ, start_response):
    gate.wait(20)
    start_response("200 OK", [])
    return [threading.current_thread().name.encode()]


def showClosed(environ, start_response):
    start_response("200 OK", [])
    return [",".join(closed).encode()]


def showUnread(environ, start_response):
    """How many bytes of earlier answers the engine has not read yet."""
    with open("/proc/self/cmdline") as line:
        fd = int(line.read().rstrip("\0").rpartition("\0")[2])
    unread = fcntl.ioctl(fd, termios.TIOCOUTQ, b"\0" * 4)
    start_response("200 OK", [])
    return [b"%d" % int.from_bytes(unread, sys.byteorder)]


def printSomething(environ, start_response):
    print("to standard output")
    print("to wsgi.errors", file=environ["wsgi.errors"])
    start_response("200 OK", [])
    return []


def app(environ, start_response):
    return globals()[environ["PATH_INFO"].strip("/") or "plain"](environ, start_response)


def validInner(environ, start_response):
    body = environ["wsgi.input"].read(-1)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


valid = validator(validInner)
