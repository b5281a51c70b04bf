# SPDX-License-Identifier: Apache-2.0
"""Frames between engine and worker, as server/workers/protocol.h defines them. No socket is touched
here.
"""
import json
import re
import struct

VERSION = 1
HEADER_BYTES = 12
PAYLOAD_MAX = 1 << 20
INITIAL_WINDOW = 256 * 1024
BODY_FRAME_MAX = 64 * 1024
# Granting in halves keeps the peer sending while we still work on the other half.
WINDOW_STEP = INITIAL_WINDOW // 2

(HELLO, STEP, READY, FAILED, REQUEST, BODY, RESPONSE, DATA, WINDOW, CANCEL, PING, PONG, STOP,
 LOG, MESSAGE, SOCKET_CLOSE, EARLY_HINTS, TRAILERS) = range(1, 19)
END = 1
ABORT = 2
TEXT = 4
MESSAGE_COST = 256   # counts against a window beside a message's bytes
REASON_MAX = 123     # of a SOCKET_CLOSE

METHODS = ("", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
HAS_BODY = 1
LENGTH_KNOWN = 2
ASKS_SOCKET = 4
TAKES_TRAILERS = 8
HAS_CLIENT_FACTS = 16
HINTS_MAX = 16       # EARLY_HINTS of a stream

FRAME = struct.Struct("<IBBHI")
REQUEST_HEAD = struct.Struct("<BBBBQI")
RESPONSE_HEAD = struct.Struct("<HH")
HEADER = struct.Struct("<BH")
U16 = struct.Struct("<H")
U32 = struct.Struct("<I")
HELLO_HEAD = struct.Struct("<HI")
CLIENT_FACTS_HEAD = struct.Struct("<HHB")

# RFC 9110 7.6.1: these describe one connection, and the connection is the engine's.
HOP_BY_HOP = frozenset(("connection", "keep-alive", "proxy-connection", "te", "trailer",
                        "transfer-encoding", "upgrade", "http2-settings"))
# Values of these repeat from answer to answer, so that remembering their bytes pays.
STABLE = frozenset(("content-type", "vary", "x-frame-options", "x-content-type-options", "server",
                    "referrer-policy", "cache-control", "allow", "content-language",
                    "cross-origin-opener-policy", "content-security-policy", "accept-ranges"))
REMEMBERED_MAX = 512
HEAD_BYTES_MAX = 256 * 1024

_isToken = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z").match
_hasControl = re.compile("[\0-\x08\x0a-\x1f\x7f]").search


class ProtocolError(Exception):
    """The peer sent something that is not in the contract."""


class BadHeader(ValueError):
    """The application gave a header that cannot be sent."""


def frame(kind, stream=0, payload=b"", flags=0):
    return FRAME.pack(len(payload), kind, flags, 0, stream) + payload


def jsonFrame(kind, value):
    text = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    if len(text) > PAYLOAD_MAX:  # only a traceback or a list of folders can grow so
        text = json.dumps({"error": "the worker's report is longer than a frame"}).encode()
    return frame(kind, 0, text)


def parseHello(payload):
    if len(payload) < HELLO_HEAD.size:
        raise ProtocolError("HELLO is too short")
    version, _features = HELLO_HEAD.unpack_from(payload)
    if version != VERSION:
        raise ProtocolError("the engine speaks version %d, this worker %d" % (version, VERSION))
    try:
        value = json.loads(payload[HELLO_HEAD.size:].decode("utf-8"))
    except ValueError as error:
        raise ProtocolError("HELLO is not JSON: %s" % error) from None
    if not isinstance(value, dict) or not isinstance(value.get("app"), dict):
        raise ProtocolError("HELLO names no app")
    return value


def failurePage(requestId):
    """What the client reads when the application failed: nothing about why."""
    return ("500 Internal Server Error\n\nThe application failed on this request.\n"
            "Request: %s\n" % requestId).encode("latin-1", "replace")


class FrameBuffer:
    """Cuts received bytes into frames. feed() yields (kind, flags, stream, data, begin, end).

    A frame is a range of the received bytes, not a copy: most reads carry exactly one frame.
    """

    def __init__(self):
        self._rest = bytearray()
        self._wanted = 0

    def feed(self, data):
        rest = self._rest
        if rest:
            rest += data
            if len(rest) < self._wanted:
                return
            data = bytes(rest)
            rest.clear()
        position = 0
        total = len(data)
        unpack = FRAME.unpack_from
        while total - position >= HEADER_BYTES:
            length, kind, flags, _zero, stream = unpack(data, position)
            if length > PAYLOAD_MAX:
                raise ProtocolError("a frame of %d bytes" % length)
            begin = position + HEADER_BYTES
            end = begin + length
            if end > total:
                self._wanted = end - position
                rest += data[position:]
                return
            position = end
            yield kind, flags, stream, data, begin, end
        if position < total:
            self._wanted = HEADER_BYTES
            rest += data[position:]


class HeaderTable:
    """Names that have a number in this engine's build, ready in the forms that requests and answers
    need.
    """

    def __init__(self, names):
        self.names = [str(name).lower() for name in names] or [""]
        self.bytesNames = [name.encode("latin-1") for name in self.names]
        self.environKeys = [environKey(name) for name in self.names]
        self._numbers = {name: number for number, name in enumerate(self.names) if 0 < number < 256}
        self._prefixes = {}
        self.pairs = {}              # of str, with their bytes, for values that repeat
        self.lengthPrefix = self._prefix("Content-Length", "Content-Length")

    def encodeText(self, pairs):
        """WSGI: a list of (str, str) to (count, bytes, Content-Length or None)."""
        known = self.pairs
        parts = []
        length = None
        for pair in pairs:
            try:
                encoded = known.get(pair)
            except TypeError:
                encoded = None
            if encoded is None:
                encoded, length = self._encodeText(pair, length)
                if encoded is None:
                    continue
            parts.append(encoded)
        return len(parts), joined(parts), length

    def encodeLength(self, size):
        raw = b"%d" % size
        return self.lengthPrefix + U16.pack(len(raw)) + raw

    def _encodeText(self, pair, length):
        try:
            name, value = pair
        except (TypeError, ValueError):
            raise BadHeader("a response header is %r, not a pair" % (pair,)) from None
        if not isinstance(name, str) or not isinstance(value, str):
            raise BadHeader("response header %r: name and value must be str" % (name,))
        prefix = self.prefix(name)
        if not value.isprintable() and _hasControl(value):
            raise BadHeader("response header %s: the value has a control character" % name)
        if not prefix:
            return None, length
        try:
            raw = value.strip(" \t").encode("latin-1")
        except UnicodeEncodeError:
            raise BadHeader("response header %s: the value is not Latin-1" % name) from None
        lower = name.lower()
        if lower == "content-length":
            length = contentLength(raw)
        encoded = prefix + U16.pack(fitting(name, raw)) + raw
        if lower in STABLE and type(pair) is tuple and len(self.pairs) < REMEMBERED_MAX:
            self.pairs[pair] = encoded
        return encoded, length

    def encodeBytes(self, pairs):
        """ASGI: an iterable of (bytes, bytes) to (count, bytes, Content-Length or None)."""
        parts = []
        length = None
        for name, value in pairs:
            if type(name) is not bytes:
                if not isinstance(name, (bytes, bytearray, memoryview)):
                    raise BadHeader("response header %r: name and value must be bytes" % (name,))
                name = bytes(name)
            prefix = self._prefixes.get(name)
            if prefix is None:
                prefix = self._prefix(name, name.decode("latin-1"))
            if not prefix:
                continue
            value = bytes(value).strip(b" \t")
            if not value.isascii() or not value.decode("ascii").isprintable():
                if _hasControl(value.decode("latin-1")):
                    raise BadHeader("response header %r: the value has a control character" % name)
            if len(name) == 14 and name.lower() == b"content-length":
                length = contentLength(value)
            parts.append(prefix + U16.pack(fitting(name, value)) + value)
        return len(parts), joined(parts), length

    def prefix(self, name):
        """How the header with that name (str) begins; empty for one that is not sent."""
        prefix = self._prefixes.get(name)
        return self._prefix(name, name) if prefix is None else prefix

    def _prefix(self, key, name):
        if not _isToken(name):
            raise BadHeader("%r is not a header name" % name)
        lower = name.lower()
        number = self._numbers.get(lower)
        if lower in HOP_BY_HOP:
            prefix = b""
        elif number is not None:
            prefix = bytes((number,))
        else:
            raw = name.encode("ascii")
            prefix = b"\0" + U16.pack(fitting(name, raw)) + raw
        if len(self._prefixes) < REMEMBERED_MAX:
            self._prefixes[key] = prefix
        return prefix


def joined(parts):
    raw = b"".join(parts)
    if len(raw) > HEAD_BYTES_MAX or len(parts) > 0xFFFF:
        raise BadHeader("the response headers take %d bytes, more than %d"
                        % (len(raw), HEAD_BYTES_MAX))
    return raw


def fitting(name, raw):
    if len(raw) > 0xFFFF:
        raise BadHeader("response header %s is longer than 65535 bytes" % (name,))
    return len(raw)


def contentLength(raw):
    if not raw.isdigit():
        raise BadHeader("Content-Length is %r" % raw.decode("latin-1"))
    return int(raw)


def environKey(name):
    """The WSGI key of a request header, or None for a header that applications must not see.

    Names with an underscore would collide with those with a dash, and Proxy would set HTTP_PROXY
    for CGI-style code.
    """
    if not name or "_" in name or name in HOP_BY_HOP or name in ("content-length", "proxy"):
        return None
    if name == "content-type":
        return "CONTENT_TYPE"
    return "HTTP_" + name.upper().replace("-", "_")
