# SPDX-License-Identifier: Apache-2.0
"""One WebSocket of an ASGI application (ASGI 3, websocket scope): its receive() and send().
Everything runs on the event loop's thread. The engine speaks the protocol with the client; here
are only whole messages.
"""
import asyncio
import collections
import sys
import traceback

from . import protocol
from .protocol import ABORT, BODY_FRAME_MAX, END, MESSAGE_COST, TEXT
from .stream import ClientGone

NORMAL = 1000
LOST = 1006
SERVER_ERROR = 1011
# codes that stand for an end without a code, and never on the wire (RFC 6455 7.4)
_UNSPEAKABLE = (1004, 1005, 1006, 1015)
_OWN_HEADERS = frozenset((b"sec-websocket-accept", b"sec-websocket-extensions",
                          b"sec-websocket-key", b"sec-websocket-version"))


def makeScope(scope):
    """Of the scope of the HTTP request that asked for it."""
    protocols = []
    for name, value in scope["headers"]:
        if name.lower() == b"sec-websocket-protocol":
            protocols += [part.strip() for part in value.decode("latin-1").split(",")]
    extensions = {"websocket.http.response": {}}
    tls = scope.get("extensions", {}).get("tls")
    if tls is not None:
        extensions["tls"] = tls
    scope = dict(scope, type="websocket", subprotocols=protocols,
                 scheme="wss" if scope["scheme"] == "https" else "ws", extensions=extensions)
    del scope["method"]
    return scope


class WebSocket:
    """States: connecting until the application accepts or refuses, open, closed (by either side),
    and _ended: the stream is over.
    """
    __slots__ = ("_factory", "_channel", "_number", "_scope", "_requestId", "_messages", "_parts",
                 "_partsCost", "_connectTold", "_accepted", "_closeCode", "_closeReason",
                 "_refusal", "_begun", "_receivers", "_ungranted", "_granted", "_sent",
                 "_roomWaiters", "_sending", "_ended")

    def __init__(self, factory, channel, number, scope, requestId):
        self._factory = factory
        self._channel = channel
        self._number = number
        self._scope = scope
        self._requestId = requestId
        self._messages = collections.deque()   # whole ones: (data, cost)
        self._parts = bytearray()              # of the message that is arriving: pieces of 2 bytes
                                               # each would cost 28 times their size
        self._partsCost = 0                    # not granted yet
        self._connectTold = False
        self._accepted = False
        self._closeCode = None                 # set: receive() gives websocket.disconnect
        self._closeReason = ""
        self._refusal = None                   # head of a refusal (websocket.http.response)
        self._begun = False                    # a part of the refusal is out
        self._receivers = []
        self._ungranted = 0
        self._granted = protocol.INITIAL_WINDOW
        self._sent = 0
        self._roomWaiters = []
        self._sending = None                   # pieces of two messages must not mix
        self._ended = False

    async def run(self):
        try:
            await self._factory.application(self._scope, self.receive, self.send)
        except ClientGone as error:
            self._failed(error)
        # SystemExit must not reach the loop: one request must not end the worker
        except BaseException as error:
            self._failed(error)
            if isinstance(error, GeneratorExit):
                raise
        else:
            if not self._accepted and not self._ended and self._closeCode is None:
                sys.stderr.write("arcology: the application returned without answering the "
                                 "WebSocket %s (request %s)\n"
                                 % (self._scope.get("path"), self._requestId))
            self._finish(NORMAL)
        finally:
            self._wake()
            self._scope = None

    def _failed(self, error):
        if self._closeCode is None or not isinstance(error, (OSError, asyncio.CancelledError)):
            sys.stderr.write("arcology: the application failed on WebSocket %s (request %s)\n%s" % (
                self._scope.get("path"), self._requestId, traceback.format_exc()))
        self._finish(SERVER_ERROR)

    def _finish(self, code):
        """The application has returned: whatever it left open is closed."""
        if self._ended:
            return
        if self._accepted:
            if self._closeCode is None:
                self._closeFrame(code, "")
            self._channel.send(protocol.frame(protocol.DATA, self._number, b"", END))
        elif self._closeCode is not None or self._begun:
            self._channel.send(protocol.frame(protocol.DATA, self._number, b"", ABORT))
        else:
            self._answer(500, ((b"content-type", b"text/plain; charset=utf-8"),),
                         protocol.failurePage(self._requestId), True)
            return
        self._end()

    def _end(self):
        self._ended = True
        if self._closeCode is None:
            self._closeCode = LOST
        self._channel.release(self._number)
        self._wake()

    # -- frames from the engine --------------------------------------------------------------------

    def onBody(self, chunk, flags):
        raise protocol.ProtocolError("a BODY on the WebSocket %d" % self._number)

    def onMessage(self, chunk, flags):
        if not self._accepted:
            raise protocol.ProtocolError("a MESSAGE before its WebSocket %d" % self._number)
        if self._closeCode is not None:
            return
        self._partsCost += len(chunk) + MESSAGE_COST
        if not flags & END:
            self._parts += chunk
            self._letPartsIn()
            return
        data = chunk
        if self._parts:
            self._parts += chunk
            data = bytes(self._parts)
            self._parts = bytearray()
        self._messages.append((str(data, "utf-8") if flags & TEXT else data, self._partsCost))
        self._partsCost = 0
        self._wakeReceivers()

    def _letPartsIn(self):
        """A message may be longer than the window, so its parts make room for the next ones as
        they come; the engine limits its length. Behind another message there is no hurry: who does
        not receive is sent no more than a window.
        """
        if not self._messages:
            self._grant(self._partsCost)
            self._partsCost = 0

    def onWindow(self, size):
        self._granted += size
        self._wakeSenders()

    def onCancel(self):
        self.onClose(LOST, "")

    def onCloseFrame(self, payload):
        self.onClose(protocol.U16.unpack_from(payload)[0], payload[2:].decode("utf-8", "replace"))

    def onClose(self, code, reason):
        if self._closeCode is None:
            self._closeCode = code
            self._closeReason = reason
        self._wake()

    def _wake(self):
        self._wakeReceivers()
        self._wakeSenders()

    def _wakeReceivers(self):
        waiters, self._receivers = self._receivers, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    def _wakeSenders(self):
        waiters, self._roomWaiters = self._roomWaiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    # -- what the application calls ----------------------------------------------------------------

    async def receive(self):
        if not self._connectTold:
            self._connectTold = True
            return {"type": "websocket.connect"}
        while True:
            if self._messages:
                data, cost = self._messages.popleft()
                self._grant(cost)
                self._letPartsIn()
                if isinstance(data, str):
                    return {"type": "websocket.receive", "text": data, "bytes": None}
                return {"type": "websocket.receive", "bytes": data, "text": None}
            if self._closeCode is not None:
                return {"type": "websocket.disconnect", "code": self._closeCode,
                        "reason": self._closeReason}
            waiter = self._channel.future()
            self._receivers.append(waiter)
            await waiter

    def _grant(self, size):
        self._ungranted += size
        if self._ungranted >= protocol.WINDOW_STEP and not self._ended:
            self._channel.send(protocol.frame(protocol.WINDOW, self._number,
                                              protocol.U32.pack(self._ungranted)))
            self._ungranted = 0

    async def send(self, message):
        kind = message["type"]
        if self._closeCode is not None:
            # Who only sends would never hear of the end otherwise.
            raise ClientGone("the WebSocket is closed")
        if kind == "websocket.send":
            await self._sendMessage(message)
        elif kind == "websocket.accept":
            self._accept(message)
        elif kind == "websocket.close":
            self._close(message)
        elif kind == "websocket.http.response.start":
            if self._accepted or self._refusal is not None:
                raise RuntimeError("websocket.http.response.start came too late")
            self._refusal = (message["status"], message.get("headers", ()))
        elif kind == "websocket.http.response.body":
            if self._accepted or self._refusal is None:
                raise RuntimeError("websocket.http.response.body came before its start")
            status, headers = self._refusal
            self._answer(status, headers, bytes(message.get("body", b"")),
                         not message.get("more_body", False))
        else:
            raise RuntimeError("unknown message %r: no extension of that kind was announced" % kind)

    def _accept(self, message):
        if self._accepted or self._refusal is not None:
            raise RuntimeError("websocket.accept came a second time")
        headers = [(name, value) for name, value in message.get("headers") or ()
                   if bytes(name).lower() not in _OWN_HEADERS]
        chosen = message.get("subprotocol")
        if chosen is not None:
            if chosen not in self._scope["subprotocols"]:
                raise RuntimeError("the subprotocol %r is none that the client offered" % chosen)
            headers.append((b"sec-websocket-protocol", chosen.encode("latin-1")))
        count, raw, _length = self._factory.table.encodeBytes(headers)
        self._accepted = True
        self._channel.send(protocol.frame(protocol.RESPONSE, self._number,
                                          protocol.RESPONSE_HEAD.pack(101, count) + raw))

    def _close(self, message):
        if not self._accepted:
            self._answer(403, (), b"", True)
            return
        code = message.get("code", NORMAL)
        if code is None:
            code = NORMAL
        if not isinstance(code, int) or code in _UNSPEAKABLE or not 1000 <= code <= 4999:
            raise RuntimeError("the close code is %r, which must not be sent" % (code,))
        self._closeFrame(code, message.get("reason") or "")

    def _closeFrame(self, code, reason):
        self._closeCode = code
        self._channel.send(protocol.frame(
            protocol.SOCKET_CLOSE, self._number,
            protocol.U16.pack(code) + reason.encode("utf-8", "replace")[:protocol.REASON_MAX]))

    async def _sendMessage(self, message):
        if not self._accepted:
            raise RuntimeError("websocket.send came before websocket.accept")
        data = message.get("bytes")
        text = 0
        if data is None:
            data = message.get("text")
            if not isinstance(data, str):
                raise RuntimeError("websocket.send has neither bytes nor text")
            data = data.encode("utf-8")
            text = TEXT
        while self._sending is not None:
            await asyncio.shield(self._sending)  # who gives up must not take it with it
        if self._closeCode is not None:
            raise ClientGone("the WebSocket is closed")
        size = len(data)
        if size <= BODY_FRAME_MAX and self._sent + size + MESSAGE_COST <= self._granted:
            self._piece(bytes(data), text | END)
            return
        self._sending = self._channel.future()
        try:
            await self._sendLong(memoryview(data), text)
        finally:
            sending, self._sending = self._sending, None
            sending.set_result(None)

    async def _sendLong(self, data, text):
        position = 0
        total = len(data)
        while True:
            room = self._granted - self._sent - MESSAGE_COST
            if room <= 0:
                waiter = self._channel.future()
                self._roomWaiters.append(waiter)
                await waiter
                if self._closeCode is not None:
                    raise ClientGone("the WebSocket is closed")
                continue
            size = min(total - position, room, BODY_FRAME_MAX)
            position += size
            last = position == total
            self._piece(data[position - size:position], text | (END if last else 0))
            if last:
                return

    def _piece(self, data, flags):
        self._sent += len(data) + MESSAGE_COST
        start = protocol.FRAME.pack(len(data), protocol.MESSAGE, flags, 0, self._number)
        self._channel.send(b"".join((start, data)))

    def _answer(self, status, headers, body, last):
        """An HTTP answer instead of a WebSocket. It must fit the window: it is short."""
        if self._sent + len(body) > self._granted or len(body) > BODY_FRAME_MAX:
            raise RuntimeError("a refusal of a WebSocket is longer than %d bytes" % BODY_FRAME_MAX)
        head = b""
        kind = protocol.DATA
        if not self._begun:
            count, raw, length = self._factory.table.encodeBytes(headers)
            if length is not None and last and length != len(body):
                raise RuntimeError("the body is not as long as its Content-Length says")
            head = protocol.RESPONSE_HEAD.pack(status, count) + raw
            kind = protocol.RESPONSE
        self._begun = True
        self._sent += len(body)
        self._channel.send(protocol.frame(kind, self._number, head + body, END if last else 0))
        if last:
            self._end()
