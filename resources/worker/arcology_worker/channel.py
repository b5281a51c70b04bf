# SPDX-License-Identifier: Apache-2.0
"""The socket of a WSGI worker and the threads that share it.

Every idle thread waits in one edge-triggered epoll. The kernel wakes one of them per arrival, the
one that slept least, and that thread reads, keeps the first request and runs it: a lone request
wakes one thread and passes no lock that anybody else holds. The main thread waits there too but
runs no request: it reads bodies, windows, cancellations and pings while all others are busy. When
it is woken for a request it hands it over and goes back to sleep; the thread that took it sleeps
after it and so is woken before it from then on.
"""
import collections
import select
import signal
import socket
import sys
import threading

from . import protocol, place
from .protocol import ABORT, END
from .stream import ClientGone, Stream, leave

READ_BYTES = 64 * 1024
# the main thread stays out of the epoll so long, else it would take its own wake-up
HANDOVER_SECONDS = 0.01
# above this, handing the kernel two buffers costs less than copying them into one
JOIN_BYTES = 16 * 1024
# PyPy's select has no name for it; the number is Linux's.
_EPOLLRDHUP = getattr(select, "EPOLLRDHUP", 0x2000)
_HANGUP = _EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR


class Channel:
    """Owns the socket. serve() returns when the engine said STOP (or SIGTERM came) and all streams
    have ended.
    """

    def __init__(self, sock, threads, run):
        self._sock = sock
        self._run = run
        self._threadsWanted = threads
        self._buffer = protocol.FrameBuffer()
        # guards _buffer, _streams against other readers, order of bytes
        self._readLock = threading.Lock()
        self._sendLock = threading.Lock()   # one frame at a time on the socket
        self._streams = {}
        self._pending = collections.deque()
        self._stopping = False
        # the main thread waits for somebody to take what is pending
        self._handing = False
        self._taken = threading.Event()
        self._live = threads
        self._liveLock = threading.Lock()   # guards _live; taken once per thread
        self._epoll = select.epoll()
        self._epoll.register(sock.fileno(), select.EPOLLIN | _EPOLLRDHUP | select.EPOLLET)
        self._wakeRead, self._wakeWrite = socket.socketpair()
        for end in (self._wakeRead, self._wakeWrite):
            end.setblocking(False)
        self._wakeFd = self._wakeRead.fileno()
        self._epoll.register(self._wakeFd, select.EPOLLIN | select.EPOLLET)

    def serve(self):
        signal.signal(signal.SIGTERM, lambda _number, _frame: self._stop())
        for number in range(self._threadsWanted):
            threading.Thread(target=self._work, name="request-%d" % (number + 1),
                             daemon=True).start()
        while self._live:
            self._waitAndRead(HANDOVER_SECONDS if self._pending or self._stopping else -1)
            if self._pending or self._stopping:
                self._taken.clear()
                self._handing = True
                self._wake()
                self._taken.wait(HANDOVER_SECONDS)
                self._handing = False

    # -- threads -----------------------------------------------------------------------------------

    def _work(self):
        pending = self._pending
        take = pending.popleft
        run = self._run
        while True:
            try:
                stream = take()
            except IndexError:
                if self._stopping:
                    break
                self._waitAndRead(-1)
                continue
            if self._handing:
                self._taken.set()
            if pending:
                self._wake()
            try:
                run(self, stream)
            except place.RequestTimedOut:
                pass  # it came when the request had just ended
            stream = None  # else it would keep the request's memory while this thread sleeps
        with self._liveLock:
            self._live -= 1
        self._taken.set()
        self._wake()

    def _wake(self):
        try:
            self._wakeWrite.send(b"w")
        except BlockingIOError:
            pass  # unread wake-ups are waiting, so somebody is on the way

    def _stop(self):
        self._stopping = True
        self._wake()

    # -- reading -----------------------------------------------------------------------------------

    def _waitAndRead(self, seconds):
        for fd, events in self._epoll.poll(seconds, 2):
            if fd == self._wakeFd:
                try:
                    self._wakeRead.recv(4096)
                except BlockingIOError:
                    pass
            else:
                self._read(events & _HANGUP)

    def _read(self, hasEnd):
        receive = self._sock.recv
        with self._readLock:
            while True:
                try:
                    data = receive(READ_BYTES, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    return
                except OSError:
                    data = b""
                if not data:
                    leave(0)
                try:
                    for item in self._buffer.feed(data):
                        self._handle(item)
                except protocol.ProtocolError as error:
                    sys.stderr.write("arcology: the engine sent %s\n" % error)
                    leave(76)
                # A short read means the kernel has no more, and what comes next makes a new edge.
                # Only an end of file that came with the data does not.
                if len(data) < READ_BYTES and not hasEnd:
                    return

    def _handle(self, item):
        kind, flags, number, data, begin, end = item
        if kind == protocol.REQUEST:
            if number == 0 or number in self._streams:
                raise protocol.ProtocolError("a REQUEST on stream %d, which is in use" % number)
            stream = Stream(number, flags, data, begin, end)
            if not stream.complete:
                stream.expectBody()
            self._streams[number] = stream
            self._pending.append(stream)
        elif kind == protocol.PING:
            self.send(protocol.frame(protocol.PONG, 0, data[begin:end]))
        elif kind == protocol.STOP:
            self._stop()
        else:
            self._handleStream(self._streams.get(number), kind, flags, data, begin, end)

    def _handleStream(self, stream, kind, flags, data, begin, end):
        """Frames for a stream that has just ended may still be under way: stream is None then."""
        if kind == protocol.WINDOW:
            if end - begin != 4:
                raise protocol.ProtocolError("a WINDOW of %d bytes" % (end - begin))
        elif kind not in (protocol.BODY, protocol.CANCEL):
            raise protocol.ProtocolError("a frame of type %d" % kind)
        if stream is None:
            return
        if stream.changed is None and kind != protocol.BODY:
            # The application's thread creates it only when it waits, and looks again after that.
            self._note(stream, kind, flags, data, begin, end)
            changed = stream.changed
            if changed is not None:
                with changed:
                    changed.notify_all()
            return
        if stream.changed is None:
            raise protocol.ProtocolError("a BODY after the end of stream %d" % stream.number)
        with stream.changed:
            self._note(stream, kind, flags, data, begin, end)
            stream.changed.notify_all()

    @staticmethod
    def _note(stream, kind, flags, data, begin, end):
        if kind == protocol.WINDOW:
            stream.granted += protocol.U32.unpack_from(data, begin)[0]
        elif kind == protocol.CANCEL:
            stream.gone = True
        else:
            if end > begin:
                stream.chunks.append(data[begin:end])
            if flags & ABORT:
                stream.gone = True
            elif flags & END:
                stream.complete = True

    # -- writing -----------------------------------------------------------------------------------

    def send(self, data):
        try:
            with self._sendLock:
                sent = self._sock.send(data)
                if sent != len(data):
                    self._sock.sendall(memoryview(data)[sent:])
        except OSError:
            leave(0)

    def sendParts(self, parts):
        try:
            with self._sendLock:
                sent = self._sock.sendmsg(parts)
                if sent != sum(map(len, parts)):
                    self._sock.sendall(memoryview(b"".join(parts))[sent:])
        except OSError:
            leave(0)

    def sendBody(self, stream, head, body, last):
        """Sends a RESPONSE (head is its payload so far) or DATA (head None), cut to the window and
        to frame size.

        Raises ClientGone when the stream was cancelled before its window let everything out.
        """
        total = len(body)
        room = stream.granted - stream.sent
        if total <= room and total <= protocol.BODY_FRAME_MAX:
            if last:
                # before the end goes out: then the number is free
                self._streams.pop(stream.number, None)
            stream.sent += total
            kind, prefix = (protocol.RESPONSE, head) if head is not None else (protocol.DATA, b"")
            start = protocol.FRAME.pack(len(prefix) + total, kind, END if last else 0, 0,
                                        stream.number)
            if total <= JOIN_BYTES:
                self.send(b"".join((start, prefix, body)))
            else:
                self.sendParts((start + prefix, body))
            return
        self._sendLong(stream, head, memoryview(body), last)

    def _sendLong(self, stream, head, body, last):
        position = 0
        total = len(body)
        while position < total or head is not None:
            room = self._room(stream) if head is None else stream.granted - stream.sent
            parts = []
            while position < total and room > 0 or head is not None:
                size = max(0, min(total - position, room, protocol.BODY_FRAME_MAX))
                kind = protocol.DATA if head is None else protocol.RESPONSE
                prefix = head or b""
                head = None
                flags = END if last and position + size == total else 0
                if flags:
                    self._streams.pop(stream.number, None)
                start = protocol.FRAME.pack(len(prefix) + size, kind, flags, 0, stream.number)
                parts.append(start + prefix)
                parts.append(body[position:position + size])
                position += size
                room -= size
                stream.sent += size
            self.sendParts(parts)

    def _room(self, stream):
        """How much may be sent now; waits while it is nothing."""
        room = stream.granted - stream.sent
        if room > 0 and not stream.gone:
            return room
        self.wait(stream, lambda: stream.granted > stream.sent or stream.gone)
        if stream.gone:
            raise ClientGone("the client has left")
        return stream.granted - stream.sent

    def wait(self, stream, condition):
        """Sleeps until condition() holds. The engine bounds every request in time, so there is no
        limit here.
        """
        changed = stream.changed
        if changed is None:
            changed = stream.changed = threading.Condition(threading.Lock())
        with changed:
            changed.wait_for(condition)

    def finish(self, stream, aborted=False):
        flags = ABORT if aborted else END
        self._streams.pop(stream.number, None)
        self.send(protocol.FRAME.pack(0, protocol.DATA, flags, 0, stream.number))

    def grant(self, stream, size):
        self.send(protocol.frame(protocol.WINDOW, stream.number, protocol.U32.pack(size)))
