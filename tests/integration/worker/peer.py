# SPDX-License-Identifier: Apache-2.0
"""The engine's side of a worker's socket, played by hand, frame by frame."""
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
MAIN = os.path.join(SOURCE, "resources", "worker", "main.py")
APPS = os.path.join(HERE, "apps")
(HELLO, STEP, READY, FAILED, REQUEST, BODY, RESPONSE, DATA, WINDOW, CANCEL, PING, PONG, STOP,
 LOG, _MESSAGE, _SOCKET_CLOSE, EARLY_HINTS, TRAILERS) = range(1, 19)
END, ABORT = 1, 2
WINDOW_BYTES = 256 * 1024
FRAME = struct.Struct("<IBBHI")
METHODS = ("", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
DEADLINE = 20.0
CORE = "ARCOLOGY_WORKER_CORE"


def headerNames():
    with open(os.path.join(SOURCE, "server", "http", "syntax", "headers.def"),
              encoding="ascii") as file:
        return [""] + re.findall(r'^HEADER\(\w+, "([^"]+)"\)', file.read(), re.M)


NAMES = headerNames()


def string(value):
    raw = value if isinstance(value, bytes) else value.encode("utf-8")
    return struct.pack("<H", len(raw)) + raw


def encodeHeaders(headers):
    parts = [struct.pack("<H", len(headers))]
    for name, value in headers:
        if name in NAMES[1:]:
            parts.append(bytes((NAMES.index(name),)) + string(value))
        else:
            parts.append(b"\0" + string(name) + string(value))
    return b"".join(parts)


def requestHead(method="GET", path="/", rawPath=None, query="", headers=(("host", "example.org"),),
                hasBody=False,
                length=None, scheme=0, version=1, client=("192.0.2.7", 50123),
                server=("example.org", 8080), takesTrailers=False, clientFacts=b""):
    number = METHODS.index(method) if method in METHODS else 0
    bits = ((1 if hasBody else 0) | (2 if length is not None else 0) | (8 if takesTrailers else 0)
            | (16 if clientFacts else 0))
    return b"".join((
        struct.pack("<BBBBQI", number, scheme, version, bits, length or 0, 1500),
        string("" if number else method),
        string(rawPath if rawPath is not None else path), string(path), string(query),
        string(client[0]), struct.pack("<H", client[1]), string(server[0]),
        struct.pack("<H", server[1]),
        string("req-1"), encodeHeaders(list(headers)), clientFacts))


def pem(text):
    return "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % text


def clientFacts(verified=True):
    texts = ["TLS_AES_128_GCM_SHA256", pem("server")]
    if verified:
        texts += ["CN=J\\C3\\B6rg,O=Shop", "CN=Clients", "J\u00f6rg", "0A1B",
                  "Jan  2 15:04:05 2026 GMT", "Jan  2 15:04:05 2027 GMT", "ab12",
                  pem("own") + pem("issuer")]
    else:
        texts += [""] * 8
    return struct.pack("<HHB", 0x0304, 0x1301, verified) + b"".join(map(string, texts))


class Answer:
    def __init__(self):
        self.status = 0
        self.headers = []
        self.body = b""
        self.frames = 0
        self.flags = 0
        self.hints = []      # header lines of each EARLY_HINTS
        self.trailers = None

    def get(self, name):
        return dict((key.lower(), value) for key, value in self.headers).get(name)


class Worker:
    """Starts a worker process. Use as a context manager: it always ends the process it started."""

    def __init__(self, entry, interface="wsgi", root=APPS, threads=4, requests=128, lifespan="auto",
                 environment=None, folders=(),
                 hello=True, watched=False, preload=False, warmUp=None):
        self.sock, other = socket.socketpair()
        self.sock.settimeout(DEADLINE)
        values = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8",
                  "PYTHONDONTWRITEBYTECODE": "1"}
        if CORE in os.environ:
            values[CORE] = os.environ[CORE]
        values.update(environment or {})
        inherited = [other.fileno()]
        watch = {}
        if watched:
            self.lane, lane = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.lane.settimeout(DEADLINE)
            self.stacks, stacks = os.pipe()
            inherited += [lane.fileno(), stacks]
            watch = {"watch": {"lane": lane.fileno(), "stacks": stacks}}
        if preload:
            self.orders, orders = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.orders.settimeout(DEADLINE)
            inherited.append(orders.fileno())
            watch["preload"] = orders.fileno()
        with other:
            self.process = subprocess.Popen([sys.executable, "-u", MAIN, "--fd",
                                             str(other.fileno())], env=values,
                                            pass_fds=inherited, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if watched:
            lane.close()
            os.close(stacks)
        if preload:
            orders.close()
        self.steps = []
        self._rest = b""
        self._stream = 0
        self.greeting = {
            "app": {"id": "test", "root": root, "entry": entry, "interface": interface},
            "threads": threads, "asgi_requests": requests, "headers": NAMES, "lifespan": lifespan,
            "send_from": list(folders), "worker": 0, **watch}
        if warmUp:
            self.greeting["warm_up"] = warmUp
        if hello:
            self.hello(self.greeting)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        if hasattr(self, "lane"):
            self.lane.close()
            os.close(self.stacks)

    def hello(self, value, version=1):
        self.send(HELLO, 0, struct.pack("<HI", version, 0) + json.dumps(value).encode())

    # -- sending -----------------------------------------------------------------------------------

    def send(self, kind, stream=0, payload=b"", flags=0):
        self.raw(frame(kind, stream, payload, flags))

    def raw(self, data):
        self.sock.sendall(data)

    def residentKiB(self):
        with open("/proc/%d/status" % self.process.pid) as file:
            return int(next(line for line in file if line.startswith("VmRSS")).split()[1])

    def nextStream(self):
        self._stream += 1
        return self._stream

    def request(self, body=None, end=True, **head):
        """Sends a REQUEST with its first body bytes; returns its stream."""
        stream = self.nextStream()
        if body is not None:
            head.setdefault("hasBody", True)
            head.setdefault("length", len(body) if end else None)
        self.send(REQUEST, stream, requestHead(**head) + (body or b""), END if end else 0)
        return stream

    def grant(self, stream, size):
        self.send(WINDOW, stream, struct.pack("<I", size))

    # -- receiving ---------------------------------------------------------------------------------

    def receive(self):
        """The next frame as (kind, flags, stream, payload); None at end of file."""
        head = self._exactly(12)
        if head is None:
            return None
        length, kind, flags, zero, stream = FRAME.unpack(head)
        assert zero == 0 and length <= 1 << 20, (length, kind, flags, zero)
        return kind, flags, stream, self._exactly(length)

    def _exactly(self, size):
        while len(self._rest) < size:
            more = self.sock.recv(1 << 16)
            if not more:
                return None
            self._rest += more
        data, self._rest = self._rest[:size], self._rest[size:]
        return data

    def silent(self, seconds):
        """Whether nothing arrives for so long."""
        return not self._rest and not select.select([self.sock], [], [], seconds)[0]

    def start(self):
        """Reads the STEP frames; returns READY's or FAILED's (kind, value)."""
        while True:
            kind, _flags, stream, payload = self.receive()
            assert stream == 0
            value = json.loads(payload.decode())
            if kind != STEP:
                return kind, value
            self.steps.append(value)

    def ready(self):
        kind, value = self.start()
        assert kind == READY, value
        return value

    def answers(self, streams, grant=True):
        """Reads until every stream has ended; returns {stream: Answer}. WINDOW frames of the worker
        are collected.
        """
        found = {stream: Answer() for stream in streams}
        self.windows = {stream: 0 for stream in streams}
        left = set(streams)
        while left:
            kind, flags, stream, payload = self.receive() or (0, 0, 0, b"")
            assert kind, "the worker has gone: %s" % self.process.stderr.read().decode()
            if kind == WINDOW:
                self.windows[stream] += struct.unpack("<I", payload)[0]
                continue
            assert stream in left, (kind, flags, stream)
            answer = found[stream]
            body = payload
            if kind == RESPONSE:
                assert not answer.status
                answer.status, answer.headers, body = parseResponse(payload)
            elif kind == EARLY_HINTS:
                status, lines, body = parseResponse(payload)
                assert (status, body, answer.status) == (103, b"", 0)
                answer.hints.append(lines)
                continue
            elif kind == TRAILERS:
                assert flags == END and answer.status
                _status, answer.trailers, body = parseResponse(payload)
                assert not body
            else:
                assert kind == DATA and (answer.status or flags & ABORT), (kind, flags)
            answer.body += body
            answer.frames += 1
            assert len(body) <= 64 * 1024
            if flags & (END | ABORT):
                answer.flags = flags
                left.discard(stream)
            elif grant and body:
                self.grant(stream, len(body))
        return found

    def get(self, path="/", **head):
        stream = self.request(path=path, **head)
        return self.answers([stream])[stream]

    # -- end ---------------------------------------------------------------------------------------

    def stop(self):
        self.send(STOP)
        return self.finished()

    def finished(self):
        """Waits for the end of the process; returns (exit code, what it wrote to standard error).
        """
        _out, errors = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, errors.decode()


def frame(kind, stream=0, payload=b"", flags=0):
    return FRAME.pack(len(payload), kind, flags, 0, stream) + payload


def parseResponse(payload):
    status, count = struct.unpack_from("<HH", payload)
    position = 4
    headers = []

    def text():
        nonlocal position
        (size,) = struct.unpack_from("<H", payload, position)
        position += 2 + size
        return payload[position - size:position].decode("latin-1")

    for _ in range(count):
        number = payload[position]
        position += 1
        name = NAMES[number] if number else text()
        headers.append((name, text()))
    return status, headers, payload[position:]


def eventually(condition):
    """Waits until condition() holds, no longer than the deadline."""
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            return False
        select.select([], [], [], 0.005)
    return True
