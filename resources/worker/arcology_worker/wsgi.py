# SPDX-License-Identifier: Apache-2.0
"""One WSGI request, from REQUEST frame to the end of its answer (PEP 3333)."""
import sys
import traceback

from . import protocol
from .stream import ClientGone, leave
from .environ import EnvironReader

_LIST_ITERATORS = (type(iter([])), type(iter(())))


class Exchange:
    """The answer of one request: what start_response said, and how much has gone out."""
    __slots__ = ("_channel", "_stream", "_table", "_isHead", "_status", "_head", "_length",
                 "_begun", "_ended",
                 "_written")

    def __init__(self, channel, stream, table, isHead):
        self._channel = channel
        self._stream = stream
        self._table = table
        self._isHead = isHead
        self._status = 0
        self._head = None      # (count, bytes) once start_response was called
        self._length = None    # what the application's Content-Length says
        self._begun = False    # the head has been sent
        self._ended = False
        self._written = 0

    def startResponse(self, status, headers, excInfo=None):
        if excInfo:
            try:
                if self._begun:
                    raise excInfo[1].with_traceback(excInfo[2])
            finally:
                excInfo = None  # breaks the reference cycle, as PEP 3333 asks
        elif self._head is not None:
            raise AssertionError("start_response was called a second time without exc_info")
        if not isinstance(status, str) or not status[:3].isdigit() or status[3:4] not in ("", " "):
            raise AssertionError("start_response: the status is %r, not like '200 OK'" % (status,))
        number = int(status[:3])
        if not 200 <= number <= 599:
            raise AssertionError("start_response: the status is %r, outside 200 to 599" % (status,))
        count, raw, length = self._table.encodeText(headers)
        self._status = number
        self._head = (count, raw)
        self._length = length
        return self.write

    def write(self, chunk):
        """The imperative way out, and how every later chunk leaves."""
        if not isinstance(chunk, bytes):
            raise TypeError("a response body is made of bytes, not %s" % type(chunk).__name__)
        if self._head is None:
            raise AssertionError("the application gave a body before it called start_response")
        if self._stream.gone:
            raise ClientGone("the client has left")
        if self._ended:  # what follows a complete body has no place in HTTP
            return
        if self._length is not None and self._written + len(chunk) > self._length:
            sys.stderr.write("arcology: the body is longer than its Content-Length of %d\n"
                             % self._length)
            chunk = chunk[:self._length - self._written]
        if not chunk and self._begun:
            return
        self._written += len(chunk)
        # A complete body goes out with its end, so that the client waits for nothing more.
        last = self._length is not None and self._written == self._length
        self._put(chunk, last)

    def _put(self, chunk, last):
        if self._ended:
            return
        head = None
        if not self._begun:
            head = protocol.RESPONSE_HEAD.pack(self._status, self._head[0]) + self._head[1]
            self._begun = True
        if self._isHead or self._status in (204, 304):
            chunk = b""
        if not chunk and head is None and not last:
            return
        if chunk or head is not None:
            self._channel.sendBody(self._stream, head, chunk, last)
        else:
            self._channel.finish(self._stream)
        # Not before: a client that leaves meanwhile breaks it off, and that end is still to be said.
        self._ended = last

    def answer(self, result):
        """Sends what the application returned. close() is the caller's."""
        chunks = iter(result)
        if type(chunks) in _LIST_ITERATORS:
            # Everything is there already, so nothing is gained by sending it piece by piece.
            chunks = list(chunks)
            body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            self._answerWhole(body)
            return
        for chunk in chunks:
            if chunk:
                self.write(chunk)
        self._finish()

    def _answerWhole(self, body):
        if self._begun or self._head is None or not isinstance(body, bytes) \
                or self._length is not None and self._length < len(body):
            self.write(body)
            self._finish()
            return
        if self._stream.gone:
            raise ClientGone("the client has left")
        size = len(body)
        if self._length is None:
            # HEAD and 304 may leave their body out, and then its size says nothing.
            if size or not (self._isHead or self._status in (204, 304)):
                count, raw = self._head
                self._head = (count + 1, raw + self._table.encodeLength(size))
        self._written = size
        self._put(body, self._length is None or self._length == size or self._isHead)
        self._finish()

    def _finish(self):
        if self._head is None:
            raise AssertionError("the application returned without calling start_response")
        if self._ended:
            return
        short = self._length is not None and self._written < self._length
        if short and not self._isHead and self._status not in (204, 304):
            sys.stderr.write("arcology: the body ended %d bytes before its Content-Length\n"
                             % (self._length - self._written))
            if not self._begun:
                self._put(b"", False)
            self.abort()
            return
        self._put(b"", True)

    def abort(self):
        if not self._ended:
            self._ended = True
            self._channel.finish(self._stream, aborted=True)

    def fail(self, requestId):
        """After an exception: 500 while nothing has been sent, else the answer breaks off."""
        if self._ended:
            return
        if self._begun or self._stream.gone:
            self.abort()
            return
        body = protocol.failurePage(requestId)
        count, raw, self._length = self._table.encodeText(failureHeaders(body))
        self._head = (count, raw)
        self._status = 500
        self._put(body, True)


def failureHeaders(body):
    return [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]


class Runner:
    """What a channel's threads call for each request."""

    def __init__(self, application, table, threads):
        self._application = application
        self._table = table
        self._reader = EnvironReader(table, threads)

    def __call__(self, channel, stream):
        try:
            environ = self._reader.read(channel, stream)
        except protocol.ProtocolError as error:
            sys.stderr.write("arcology: the engine sent %s\n" % error)
            leave(76)
        method = environ["REQUEST_METHOD"]
        target = environ["RAW_URI"]
        requestId = environ["arcology.request_id"]
        exchange = Exchange(channel, stream, self._table, method == "HEAD")
        if stream.gone:  # cancelled while it waited: nobody would read the answer
            exchange.abort()
            return
        result = None
        try:
            result = self._application(environ, exchange.startResponse)
            exchange.answer(result)
        except ClientGone:
            exchange.abort()
        except BaseException:  # SystemExit too: one request must not end the worker
            if not stream.gone:
                report("the application failed on %s %s (request %s)" % (method, target, requestId))
            exchange.fail(requestId)
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                try:
                    close()
                except BaseException:
                    report("close() failed after %s %s (request %s)" % (method, target, requestId))


def report(what):
    sys.stderr.write("arcology: %s\n%s" % (what, traceback.format_exc()))
