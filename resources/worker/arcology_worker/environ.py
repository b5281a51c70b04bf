# SPDX-License-Identifier: Apache-2.0
"""From a REQUEST frame to the environ dictionary of PEP 3333, with the body as a file."""
import io
import struct
import sys

from . import clientfacts, protocol
from .stream import ClientGone
from .protocol import HAS_BODY, HAS_CLIENT_FACTS, LENGTH_KNOWN, METHODS

_PROTOCOLS = ("HTTP/1.0", "HTTP/1.1", "HTTP/2.0")  # as servers before us have spelt them


class StreamInput(io.RawIOBase):
    """The part of a request body that is still arriving. BufferedReader on top gives read, readline
    and iteration.
    """

    def __init__(self, channel, stream, first):
        super().__init__()
        self._channel = channel
        self._stream = stream
        self._chunk = memoryview(first)
        self._ungranted = 0

    def readable(self):
        return True

    def readinto(self, target):
        if not self._chunk and not self._nextChunk():
            return 0
        size = min(len(target), len(self._chunk))
        target[:size] = self._chunk[:size]
        self._chunk = self._chunk[size:]
        self._ungranted += size
        if self._ungranted >= protocol.WINDOW_STEP and not self._stream.complete:
            self._channel.grant(self._stream, self._ungranted)
            self._ungranted = 0
        return size

    def _nextChunk(self):
        stream = self._stream
        chunks = stream.chunks
        if not chunks and not stream.complete:
            self._channel.wait(stream, lambda: chunks or stream.complete or stream.gone)
        if chunks:
            self._chunk = memoryview(chunks.popleft())
            return True
        if stream.gone and not stream.complete:
            raise ClientGone("the client left while it sent the request body")
        return False


class FileWrapper:
    """wsgi.file_wrapper: blocks of a file, for applications that ask for it by name."""

    def __init__(self, file, blockSize=64 * 1024):
        self._file = file
        self._blockSize = blockSize
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self):
        return self

    def __next__(self):
        block = self._file.read(self._blockSize)
        if block:
            return block
        raise StopIteration


class EnvironReader:
    """Builds environ dictionaries. One per worker; used by all its threads, changes nothing of
    itself.
    """

    def __init__(self, table, threads):
        self._keys = table.environKeys
        self.template = {
            "SCRIPT_NAME": "", "SERVER_SOFTWARE": "arcology", "GATEWAY_INTERFACE": "CGI/1.1",
            "wsgi.version": (1, 0), "wsgi.errors": sys.stderr, "wsgi.multithread": threads > 1,
            "wsgi.multiprocess": True, "wsgi.run_once": False, "wsgi.file_wrapper": FileWrapper,
            # Our input ends by itself, which bodies of unknown length need (werkzeug looks for this
            # name).
            "wsgi.input_terminated": True,
        }

    def read(self, channel, stream):
        data = stream.data
        try:
            return self._read(channel, stream, data)
        except (IndexError, struct.error):
            raise protocol.ProtocolError("a REQUEST that ends too early") from None

    def _read(self, channel, stream, data):
        begin = stream.begin
        method, scheme, version, bits, length, queueMicroseconds = protocol.REQUEST_HEAD.unpack_from(
            data, begin)
        position = begin + 16
        unpack16 = protocol.U16.unpack_from
        texts = []
        for _ in range(5):  # literal method, raw path, path, query, client host
            (size,) = unpack16(data, position)
            position += 2
            texts.append(data[position:position + size].decode("latin-1"))
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

        environ = self.template.copy()
        target = rawPath + "?" + query if query else rawPath
        environ["REQUEST_METHOD"] = literal or METHODS[method]
        environ["PATH_INFO"] = path
        environ["QUERY_STRING"] = query
        environ["REQUEST_URI"] = target
        environ["RAW_URI"] = target
        environ["SERVER_PROTOCOL"] = _PROTOCOLS[version]
        environ["SERVER_NAME"] = serverHost
        environ["SERVER_PORT"] = str(serverPort)
        environ["REMOTE_ADDR"] = clientHost
        environ["REMOTE_PORT"] = str(clientPort)
        environ["wsgi.url_scheme"] = "https" if scheme else "http"
        environ["arcology.request_id"] = requestId
        environ["arcology.queue_seconds"] = queueMicroseconds / 1e6
        if bits & LENGTH_KNOWN and bits & HAS_BODY:
            environ["CONTENT_LENGTH"] = str(length)
        position = self._readHeaders(environ, data, position + 2, count)
        if bits & HAS_CLIENT_FACTS:
            facts, position = clientfacts.read(data, position)
            clientfacts.fillEnviron(environ, facts)
        if position > stream.end:
            raise protocol.ProtocolError("a REQUEST that ends too early")

        first = data[position:stream.end]
        stream.data = None  # the head is read; a long answer need not keep the frame
        if stream.complete and stream.chunks is None:
            environ["wsgi.input"] = io.BytesIO(first)
        else:
            environ["wsgi.input"] = io.BufferedReader(StreamInput(channel, stream, first),
                                                      protocol.BODY_FRAME_MAX)
        return environ

    def _readHeaders(self, environ, data, position, count):
        keys = self._keys
        unpack = protocol.HEADER.unpack_from
        for _ in range(count):
            number, size = unpack(data, position)
            position += 3
            if number:
                key = keys[number]
            else:
                key = protocol.environKey(data[position:position + size].decode("latin-1"))
                position += size
                (size,) = protocol.U16.unpack_from(data, position)
                position += 2
            value = data[position:position + size].decode("latin-1")
            position += size
            if key is None:
                continue
            if key in environ:
                value = environ[key] + ("; " if key == "HTTP_COOKIE" else ",") + value
            environ[key] = value
        return position
