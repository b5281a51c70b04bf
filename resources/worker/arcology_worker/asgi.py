# SPDX-License-Identifier: Apache-2.0
"""One ASGI request (ASGI 3, HTTP): its scope, receive() and send(). Everything runs on the event
loop's thread.
"""
import asyncio
import struct
import sys
import traceback

from . import clientfacts, protocol, sentfile, websocket
from .protocol import (ABORT, ASKS_SOCKET, BODY_FRAME_MAX, END, HAS_BODY, HAS_CLIENT_FACTS,
                       LENGTH_KNOWN, METHODS, TAKES_TRAILERS)

VERSIONS = {"version": "3.0", "spec_version": "2.3"}
_HTTP_VERSIONS = ("1.0", "1.1", "2")


def extensions(folders):
    """What every scope announces."""
    announced = {"http.response.early_hint": {}}
    if folders:
        announced["http.response.pathsend"] = {}
    return announced


def report(error, scope, requestId):
    """The application raised, or (None) returned without completing its answer."""
    where = "%s %s (request %s)" % (scope.get("method"), scope.get("path"), requestId)
    if error is None:
        sys.stderr.write("arcology: the application returned without completing its answer to %s\n"
                         % where)
    else:
        sys.stderr.write("arcology: the application failed on %s\n%s" % (where, "".join(
            traceback.format_exception(type(error), error, error.__traceback__))))


def failureHeaders(body):
    return [(b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body))]


class RequestFactory:
    """Makes a Request of a REQUEST frame. One per worker; changes nothing of itself."""

    def __init__(self, application, table, state, folders):
        self.application = application
        self.table = table
        self.folders = folders
        self._state = state

    def __call__(self, channel, number, flags, data, begin, end):
        try:
            scope, requestId, position, bits = self._readHead(data, begin)
        except (IndexError, struct.error):
            raise protocol.ProtocolError("a REQUEST that ends too early") from None
        if position > end:
            raise protocol.ProtocolError("a REQUEST that ends too early")
        if bits & ASKS_SOCKET:
            return websocket.WebSocket(self, channel, number, websocket.makeScope(scope),
                                       requestId)
        return Request(self, channel, number, scope, requestId, data[position:end],
                       flags & END != 0)

    def _readHead(self, data, begin):
        method, scheme, version, bits, length, _queue = protocol.REQUEST_HEAD.unpack_from(data, begin)
        position = begin + 16
        unpack16 = protocol.U16.unpack_from
        texts = []
        for _ in range(5):  # literal method, raw path, path, query, client host
            (size,) = unpack16(data, position)
            position += 2
            texts.append(data[position:position + size])
            position += size
        literal, rawPath, path, query, clientHost = texts
        clientPort, size = protocol.RESPONSE_HEAD.unpack_from(data, position)
        position += 4
        serverHost = data[position:position + size].decode("latin-1")
        position += size
        serverPort, size = protocol.RESPONSE_HEAD.unpack_from(data, position)
        position += 4
        requestId = data[position:position + size].decode("latin-1")
        position += size
        (count,) = unpack16(data, position)
        headers, position = self._readHeaders(data, position + 2, count)
        if bits & LENGTH_KNOWN and bits & HAS_BODY:
            headers.append((b"content-length", b"%d" % length))
        scope = {
            "type": "http", "asgi": VERSIONS, "http_version": _HTTP_VERSIONS[version],
            "method": literal.decode("latin-1") if literal else METHODS[method],
            "scheme": "https" if scheme else "http", "path": path.decode("utf-8", "replace"),
            "raw_path": rawPath,
            "query_string": query, "root_path": "", "headers": headers,
            "client": (clientHost.decode("latin-1"), clientPort),
            "server": (serverHost, serverPort),
            "state": self._state.copy(),
        }
        announced = extensions(self.folders)
        if bits & TAKES_TRAILERS:
            announced["http.response.trailers"] = {}
        if bits & HAS_CLIENT_FACTS:
            facts, position = clientfacts.read(data, position)
            announced["tls"] = clientfacts.extension(facts)
        scope["extensions"] = announced
        return scope, requestId, position, bits

    def _readHeaders(self, data, position, count):
        names = self.table.bytesNames
        unpack = protocol.HEADER.unpack_from
        headers = []
        for _ in range(count):
            number, size = unpack(data, position)
            position += 3
            if number:
                name = names[number]
            else:
                name = data[position:position + size]
                position += size
                (size,) = protocol.U16.unpack_from(data, position)
                position += 2
            headers.append((name, data[position:position + size]))
            position += size
        return headers, position


class Request:
    """States of the answer: nothing, _head set (start was sent by the application), _begun (it is
    on its way), _ended.
    """
    __slots__ = ("_factory", "_channel", "_number", "_scope", "_requestId", "_chunks", "_complete",
                 "_gone", "_received", "_receiver", "_ungranted", "_granted", "_sent",
                 "_roomWaiters", "_head", "_bodyless", "_hints", "_trailing",
                 "_trailers",
                 "_length", "_written", "_begun", "_ended")

    def __init__(self, factory, channel, number, scope, requestId, first, complete):
        self._factory = factory
        self._channel = channel
        self._number = number
        self._scope = scope
        self._requestId = requestId
        self._chunks = [first] if first else []
        self._complete = complete    # the whole request body is here
        self._gone = False           # CANCEL, or the client left while it sent
        self._received = False       # receive() has delivered the body's last message
        self._receiver = None        # futures receive() waits on; several tasks may do it at once
        self._ungranted = 0
        self._granted = protocol.INITIAL_WINDOW
        self._sent = 0
        self._roomWaiters = None     # and futures send() waits on
        self._head = None
        self._bodyless = False
        self._hints = 0              # EARLY_HINTS sent
        self._trailing = False       # trailers come behind the body: they end the answer
        self._length = None
        self._written = 0
        self._begun = False
        self._ended = False

    async def run(self):
        try:
            await self._factory.application(self._scope, self.receive, self.send)
        # SystemExit must not reach the loop: one request must not end the worker
        except BaseException as error:
            if not self._gone:
                report(error, self._scope, self._requestId)
            self._fail()
            if isinstance(error, GeneratorExit):
                raise
        else:
            if not self._ended:
                if not self._gone:
                    report(None, self._scope, self._requestId)
                self._fail()
        finally:
            self._wakeReceivers()
            self._scope = None

    # -- frames from the engine --------------------------------------------------------------------

    def onBody(self, chunk, flags):
        if self._complete:
            raise protocol.ProtocolError("a BODY after the end of stream %d" % self._number)
        if chunk:
            self._chunks.append(chunk)
        if flags & ABORT:
            self._gone = True
        elif flags & END:
            self._complete = True
        self._wakeReceivers()
        if self._gone:
            self._wakeSenders()

    def onMessage(self, chunk, flags):
        raise protocol.ProtocolError("a MESSAGE on stream %d, which is no WebSocket" % self._number)

    def onCloseFrame(self, payload):
        raise protocol.ProtocolError("a SOCKET_CLOSE on stream %d, which is no WebSocket"
                                     % self._number)

    def onWindow(self, size):
        self._granted += size
        self._wakeSenders()

    def onCancel(self):
        self._gone = True
        self._wakeReceivers()
        self._wakeSenders()

    def _wakeReceivers(self):
        waiters, self._receiver = self._receiver, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    def _wakeSenders(self):
        waiters, self._roomWaiters = self._roomWaiters, None
        for waiter in waiters or ():
            if not waiter.done():
                waiter.set_result(None)

    # -- what the application calls ----------------------------------------------------------------

    async def receive(self):
        while True:
            if self._gone or self._ended:
                return {"type": "http.disconnect"}
            if not self._received and (self._chunks or self._complete):
                return self._nextBody()
            # who looks again and again whether the client is there cancels each look
            waiter = self._channel.future()
            self._receiver = [each for each in self._receiver or () if not each.done()] + [waiter]
            await waiter

    def _nextBody(self):
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        if self._complete:
            self._received = True
            return {"type": "http.request", "body": body, "more_body": False}
        self._ungranted += len(body)
        if self._ungranted >= protocol.WINDOW_STEP:
            self._channel.send(protocol.frame(protocol.WINDOW, self._number,
                                              protocol.U32.pack(self._ungranted)))
            self._ungranted = 0
        return {"type": "http.request", "body": body, "more_body": True}

    async def send(self, message):
        kind = message["type"]
        if kind == "http.response.body":
            if self._head is None and not self._begun:
                raise RuntimeError("http.response.body came before http.response.start")
            if self._ended:
                if self._gone:
                    return
                raise RuntimeError("http.response.body came after the answer was complete")
            if self._gone:  # nobody reads it; by the specification, send() is then a no-op
                # An endless answer would keep the loop to itself: who waits for its end, or serves
                # others, must get a turn.
                await asyncio.sleep(0)
                return
            body = message.get("body", b"")
            if not isinstance(body, bytes):
                body = bytes(body)
            await self._put(body, not message.get("more_body", False) and not self._trailing)
        elif kind == "http.response.start":
            if self._head is not None or self._begun:
                raise RuntimeError("http.response.start came a second time")
            self._start(message)
        elif kind == "http.response.early_hint":
            self._hint(message["links"])
        elif kind == "http.response.trailers" and \
                "http.response.trailers" in self._scope["extensions"]:
            self._sendTrailers(message)
        elif kind == "http.response.pathsend" and self._factory.folders:
            await self._sendPath(message["path"])
        else:
            raise RuntimeError("unknown message %r: no extension of that kind was announced" % kind)

    def _start(self, message):
        status = message["status"]
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise RuntimeError("the status is %r, not a number from 200 to 599" % (status,))
        count, raw, self._length = self._factory.table.encodeBytes(message.get("headers", ()))
        if message.get("trailers", False) and \
                "http.response.trailers" in self._scope["extensions"]:
            self._trailing = True
            self._trailers = []
        self._bodyless = self._scope["method"] == "HEAD" or status in (204, 304)
        self._head = protocol.RESPONSE_HEAD.pack(status, count) + raw

    def _hint(self, links):
        if self._head is not None or self._begun:
            raise RuntimeError("http.response.early_hint came after http.response.start")
        if self._gone or self._hints == protocol.HINTS_MAX:
            return
        self._hints += 1
        count, raw, _length = self._factory.table.encodeBytes((b"link", link) for link in links)
        self._channel.send(protocol.frame(protocol.EARLY_HINTS, self._number,
                                          protocol.RESPONSE_HEAD.pack(103, count) + raw))

    def _sendTrailers(self, message):
        if not self._begun or not self._trailing:
            raise RuntimeError("http.response.trailers came before the body, or was not announced "
                               "by http.response.start")
        if self._ended or self._gone:
            return
        self._trailers += message.get("headers", ())
        if message.get("more_trailers", False):
            return
        count, raw, _length = self._factory.table.encodeBytes(self._trailers)
        self._channel.send(protocol.frame(protocol.TRAILERS, self._number,
                                          protocol.RESPONSE_HEAD.pack(0, count) + raw, END))
        self._end()

    async def _sendPath(self, path):
        """The engine sends the file; one that it may not reach is read here."""
        if not self._head:
            raise RuntimeError("http.response.pathsend did not follow http.response.start")
        if self._gone:
            return
        place = self._factory.folders.place(path)
        if place is None:
            await sentfile.copy(path, self._put)
            return
        status, count = protocol.RESPONSE_HEAD.unpack_from(self._head)
        _one, raw, _length = self._factory.table.encodeBytes(((b"x-sendfile", place),))
        head = protocol.RESPONSE_HEAD.pack(status, count + 1) + self._head[4:] + raw
        self._head = b""
        self._begun = True
        self._frame(protocol.RESPONSE, True, head, b"")

    async def _put(self, body, last):
        if self._bodyless:
            body = b""
        if self._length is not None and not self._bodyless:
            self._written += len(body)
            if self._written > self._length:
                raise RuntimeError("the body is longer than its Content-Length of %d"
                                   % self._length)
            if last and self._written < self._length:
                raise RuntimeError("the body ended %d bytes before its Content-Length"
                                   % (self._length - self._written))
        size = len(body)
        head, self._head = self._head or b"", b""
        kind = protocol.DATA if self._begun else protocol.RESPONSE
        self._begun = True
        if size <= BODY_FRAME_MAX and size <= self._granted - self._sent:
            self._sent += size
            if size or last or kind == protocol.RESPONSE:
                self._frame(kind, last, head, body)
            return
        await self._putLong(kind, head, memoryview(body), last)

    async def _putLong(self, kind, head, body, last):
        position = 0
        total = len(body)
        while position < total:
            room = self._granted - self._sent
            if room <= 0 and kind == protocol.DATA:
                waiter = self._channel.future()
                self._roomWaiters = [each for each in self._roomWaiters or ()
                                     if not each.done()] + [waiter]
                await waiter
                if self._gone or self._ended:
                    return
                continue
            size = max(0, min(total - position, room, BODY_FRAME_MAX))
            self._sent += size
            position += size
            self._frame(kind, last and position == total, head, body[position - size:position])
            kind, head = protocol.DATA, b""

    def _frame(self, kind, last, head, body):
        start = protocol.FRAME.pack(len(head) + len(body), kind, END if last else 0, 0,
                                    self._number)
        self._channel.send(b"".join((start, head, body)))
        if last:
            self._end()

    def _end(self):
        self._ended = True
        self._channel.release(self._number)
        self._wakeReceivers()
        self._wakeSenders()  # the engine grants nothing more

    def _fail(self):
        """500 while nothing has been sent, else the answer breaks off."""
        if self._ended:
            return
        if self._begun or self._gone:
            self._channel.send(protocol.frame(protocol.DATA, self._number, b"", ABORT))
        else:
            body = protocol.failurePage(self._requestId)
            count, raw, _length = self._factory.table.encodeBytes(failureHeaders(body))
            if self._scope["method"] == "HEAD":
                body = b""
            payload = protocol.RESPONSE_HEAD.pack(500, count) + raw + body
            self._channel.send(protocol.frame(protocol.RESPONSE, self._number, payload, END))
        self._end()
