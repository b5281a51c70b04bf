# SPDX-License-Identifier: Apache-2.0
"""Requests that no server may answer with success, made from a seed. Each is broken in one way, around it everything is right."""
import random
import struct

HOST = b"Host: a.example\r\n"
ROUTE = b"/echo"
MARK = b"/smuggled"  # a request behind the broken one asks for it; whoever answers it was taken in
BEHIND = b"GET " + MARK + b" HTTP/1.1\r\n" + HOST + b"\r\n"
CONTROLS = bytes(set(range(32)) - {9, 10, 13}) + b"\x7f"
NOT_TOKEN = b"\"(),/;<=>?@[\\]{} \t\x80\xff\x00"
H2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


class Case:
    """What to send, and as what: "http", "h2", or "record" for bytes in place of TLS."""

    def __init__(self, name, data, speaks="http"):
        self.name, self.data, self.speaks = name, data, speaks


def word(rng, size=None):
    return bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789-") for _ in range(size or rng.randint(1, 20)))


def headers(rng, most=6):
    """Harmless lines before or behind the one that matters."""
    lines = [b"X-%s: %s\r\n" % (word(rng), word(rng, rng.randint(1, 60))) for _ in range(rng.randint(0, most))]
    return b"".join(lines)


def request(rng, lines, line=None, body=b""):
    line = line if line is not None else b"%s %s?%s HTTP/1.1" % (rng.choice((b"GET", b"POST", b"PUT")), ROUTE, word(rng))
    return line + b"\r\n" + headers(rng) + lines + headers(rng) + b"\r\n" + body


def sound(rng):
    return b"POST %s HTTP/1.1\r\n%s%sContent-Length: 3\r\n\r\nabc" % (ROUTE, HOST, headers(rng))


def bare_line_end(rng):
    head = request(rng, HOST)
    places = [at for at in range(len(head) - 1) if head[at:at + 2] == b"\r\n"]
    at = rng.choice(places)
    return head[:at] + rng.choice((b"\n", b"\r", b"\r\r\n", b"\n\r")) + head[at + 2:]


def control_in_head(rng):
    head = request(rng, HOST)
    at = rng.randint(0, len(head) - 5)
    return head[:at] + bytes([rng.choice(CONTROLS)]) + head[at + (rng.random() < 0.5):]


def coding_and_length(rng):
    length = rng.choice((b"0", b"3", b"5", b"999", b"44"))
    lines = [b"Content-Length: " + length + b"\r\n", b"Transfer-Encoding: chunked\r\n"]
    rng.shuffle(lines)
    return request(rng, HOST + headers(rng).join(lines), b"POST /echo HTTP/1.1", b"0\r\n\r\n")


def odd_coding(rng):
    value = rng.choice((
        b"chunked, chunked", b"chunked, gzip", b"gzip", b"identity", b"xchunked", b"chunke", b"chunked;q=1", b"chunked,", b",chunked",
        b"\"chunked\"", b"'chunked'", b"chunked\t", b"\tchunked", b"\x0bchunked", b"chunked\x0b", b"gzip, chunked", b"chunked chunked",
        b"", b"c\xe9hunked", b"chunked\x00", b"identity, chunked, chunked", b"x, chunked", b"cow"))
    name = rng.choice((b"Transfer-Encoding", b"transfer-encoding", b"TRANSFER-ENCODING"))
    return request(rng, HOST + name + b":" + rng.choice((b"", b" ")) + value + b"\r\n", b"POST /echo HTTP/1.1", b"0\r\n\r\n")


def odd_coding_name(rng):
    """Lines that other parsers take for Transfer-Encoding; each is broken as a header line already."""
    name = rng.choice((b"Transfer-Encoding ", b"Transfer-Encoding\t", b" Transfer-Encoding", b"\tTransfer-Encoding", b"Transfer Encoding",
                       b"Transfer-Encoding\x00", b"\x00Transfer-Encoding", b"Transfer-Encoding\x0b", b"Transfer\xadEncoding", b""))
    return request(rng, HOST + name + b": chunked\r\n", b"POST /echo HTTP/1.1", b"0\r\n\r\n")


def coding_in_1_0(rng):
    return request(rng, HOST + b"Transfer-Encoding: chunked\r\n", b"POST /echo HTTP/1.0", b"0\r\n\r\n")


def coding_twice(rng):
    second = rng.choice((b"chunked", b"identity", b"gzip", b"x"))
    lines = [b"Transfer-Encoding: chunked\r\n", b"Transfer-encoding: " + second + b"\r\n"]
    rng.shuffle(lines)
    return request(rng, HOST + headers(rng).join(lines), b"POST /echo HTTP/1.1", b"0\r\n\r\n")


def odd_length(rng):
    value = rng.choice((
        b"+3", b"-3", b"0x3", b"3,3", b"3, 3", b"3 3", b"", b"3\t", b"3.0", b"1e1", b"4611686018427387905", b"18446744073709551619",
        b"9" * rng.randint(20, 300), b"three", b"3;", b"\xb3", b"3\x0b", b"0b11", b"_3", b"3_0", b"\"3\"", b"-0", b"+0", b" -1"))
    return request(rng, HOST + b"Content-Length: " + value + b"\r\n", b"POST /echo HTTP/1.1", b"abc")


def length_twice(rng):
    second = rng.choice((b"3", b"4", b"0", b"03"))
    lines = [b"Content-Length: 3\r\n", b"content-length: " + second + b"\r\n"]
    rng.shuffle(lines)
    return request(rng, HOST + headers(rng).join(lines), b"POST /echo HTTP/1.1", b"abc")


def odd_header_line(rng):
    bad = bytes([rng.choice(NOT_TOKEN)])
    line = rng.choice((
        b"X : y\r\n", b"X\t: y\r\n", b"X: a\r\n b\r\n", b"X: a\r\n\tb\r\n", b"X: a\r\n \r\n", b": y\r\n", b"no colon\r\n", b"nocolon\r\n",
        b"X" + bad + b": y\r\n", bad + b"X: y\r\n", b"Content-Length : 3\r\n"))
    return request(rng, HOST + line)


def folded_first(rng):
    return b"GET /echo HTTP/1.1\r\n" + rng.choice((b" ", b"\t")) + HOST + b"\r\n"


def odd_host(rng):
    lines = rng.choice((
        b"", HOST + HOST, HOST + headers(rng) + b"host: b\r\n", b"Host:\r\n", b"Host: me@a\r\n", b"Host: a/b\r\n", b"Host: a:65536\r\n",
        b"Host: a:x\r\n", b"Host: ::1\r\n", b"Host: [::1\r\n", b"Host: a b\r\n", b"Host: a?b\r\n", b"Host: a\\b\r\n",
        b"Host: \xc3\xa4\r\n",
        b"Host: a:80:80\r\n", b"Host: [::g]\r\n", b"Host: " + b"a" * 256 + b"\r\n", b"Host: a%\r\n", b"Host: http://a/\r\n"))
    return request(rng, lines, b"GET /echo HTTP/1.1")


def odd_target(rng):
    target = rng.choice((
        b"", b"x", b"*", b"/a b", b"/#a", b"/\xc3\xa4", b"/%", b"/%z", b"/%0", b"/%00", b"/a%00b", b"/../x", b"/%2e%2e/x", b"/a/../../x",
        b"/..", b"ftp://a.example/", b"http://", b"http:///x", b"http://me@a.example/", b"http://other.example/", b"http://a.example:81/",
        b"//", b"?x", b"\\x", b"/\t", b"a.example:80", b"http:/x", b"/%2E./x", b"/.%2e"))
    if target == b"//":
        target = b"/" * 9000
    return request(rng, HOST, b"GET " + target + b" HTTP/1.1")


def odd_line(rng):
    line = rng.choice((
        b"GET /echo", b"GET", b"", b" GET /echo HTTP/1.1", b"GET  /echo HTTP/1.1", b"GET /echo  HTTP/1.1", b"GET /echo HTTP/1.1 ",
        b"GET\t/echo\tHTTP/1.1", b"GET /echo http/1.1", b"GET /echo HTTP/1.2", b"GET /echo HTTP/2.0", b"GET /echo HTTP/0.9",
        b"GET /echo HTTP/1.10", b"GET /echo HTTP/01.1", b"GET /echo HTTP/1", b"GET /echo HTTP/1.", b"GET /echo HTTP/11",
        b"GET /echo HTP/1.1",
        b"GET /echo XHTTP/1.1", b"GET /echo HTTP/1,1", b"G\x00T /echo HTTP/1.1", b"G(T /echo HTTP/1.1", b"GET, /echo HTTP/1.1",
        b"A" * rng.randint(33, 200) + b" /echo HTTP/1.1", b"GET /echo HTTP/1.1\x00", b"CONNECT a.example HTTP/1.1",
        b"GET /echo HTTPS/1.1",
        b"\xff\xfeG\x00E\x00T\x00", b"HTTP/1.1 200 OK"))
    return request(rng, HOST, line) if line else b"\r\n\r\n" + request(rng, HOST)


def odd_expectation(rng):
    value = rng.choice((b"200-ok", b"100-continue, x", b"100", b"100-continue;x", b"\"100-continue\"", b"x", b"100 continue"))
    return request(rng, HOST + b"Content-Length: 3\r\nExpect: " + value + b"\r\n", b"POST /echo HTTP/1.1", b"abc")


def odd_connection(rng):
    value = rng.choice((b"host", b"close, Content-Length", b"transfer-encoding", b"keep alive", b"a/b", b"cookie", b"X, Host", b"@"))
    return request(rng, HOST + b"Connection: " + value + b"\r\n")


def too_large(rng):
    kind = rng.randint(0, 3)
    if kind == 0:
        return request(rng, HOST, b"GET /" + word(rng) * rng.randint(5000, 20000) + b"/" + b"a" * 8200 + b" HTTP/1.1")
    if kind == 1:
        return request(rng, HOST + b"X: " + b"v" * rng.randint(32768, 200_000) + b"\r\n")
    if kind == 2:
        return request(rng, HOST + b"X: y\r\n" * rng.randint(101, 3000))
    return request(rng, HOST + b"Content-Length: %d\r\n" % rng.choice((10 ** 9, 10 ** 12, 4611686018427387904)), b"POST /echo HTTP/1.1")


def odd_chunk(rng):
    start = b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n" + headers(rng) + b"\r\n"
    good = b"3\r\nabc\r\n" * rng.randint(0, 3)
    bad = rng.choice((
        b"0x3\r\nabc\r\n", b"+3\r\nabc\r\n", b"-1\r\nabc\r\n", b" 3\r\nabc\r\n", b"3 \r\nabc\r\n", b"3\nabc\r\n", b"3\r\nabc\n",
        b"3\r\nabcd\r\n",
        b"3\r\nabcX\r\n", b"\r\nabc\r\n", b"g\r\nabc\r\n", b"3;\r\nabc\r\n", b"3;a b\r\nabc\r\n", b"3;a=\r\nabc\r\n",
        b"3;a=\"\r\nabc\r\n",
        b"3;a\nabc\r\n", b"3\r\r\nabc\r\n", b"00000000000000003\r\nabc\r\n", b"fffffffffffffffff\r\n",
        b"3;" + b"x" * 300 + b"\r\nabc\r\n",
        b"3\r\nabc\r", b"3,\r\nabc\r\n", b"3\x00\r\nabc\r\n", b"3\r\nabc\r\n\r\n"))
    end = rng.choice((b"0\r\n\r\n", b"0\r\nX: y\r\n\r\n"))
    if rng.random() < 0.2:
        bad, end = b"", rng.choice((b"0\r\n X: y\r\n\r\n", b"0\r\nX y\r\n\r\n", b"0\r\nX: a\n\r\n", b"0\r\nX: \x01\r\n\r\n",
        b"0\n\n", b"0\r\n\n",
                                    b"0\r\n" + b"X: y\r\n" * 9000 + b"\r\n", b"0\r\r\n\r\n", b"00x\r\n\r\n"))
    return start + good + bad + end


def random_bytes(rng):
    return bytes([rng.choice(b"\x00\x01\x16\x80\xff{<(\x7f")]) + rng.randbytes(rng.randint(0, 2000))


def truncated(rng):
    if rng.random() < 0.5:
        whole = sound(rng)
    else:
        whole = b"POST /echo HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + b"3\r\nabc\r\n" * rng.randint(1,
        20) + b"0\r\n\r\n"
    return whole[:rng.randint(1, len(whole) - 1)]


def frame(kind, flags, stream, payload):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream & 0x7fffffff) + payload


def http2_frames(rng):
    """After a sound beginning what may not come: frames of wrong size or place, broken header blocks, forbidden fields."""
    get = b"\x82\x86\x84\x41\x09a.example"
    bad = rng.choice((
        frame(1, 5, 1, rng.randbytes(rng.randint(1, 60)) + b"\xff\xff\xff\xff\xff\xff"),
        frame(1, 5, 2, get), frame(1, 5, 0, get), frame(9, 4, 1, get), frame(0, 1, 1, b"abc"), frame(0, 0, 0, b"x"),
frame(1, 5, 1, get + b"\x00\x01X\x01y"), frame(1, 5, 1, get + b"\x00\x01x\x03a\r\n"),
        frame(1, 5, 1, get + b"\x00\x0aconnection\x01x"), frame(1, 5, 1, b"\x82\x86\x41\x09a.example"), frame(1, 5, 1, get + b"\x82"),
        frame(1, 5, 1, get + b"\x00\x11transfer-encoding\x07chunked"), frame(1, 5, 1, get + b"\x00\x0econtent-length\x013"),
        frame(1, 5, 1, b"\x82\x86\x41\x09a.example\x04\x03/ x"), frame(6, 0, 0, b"short"), frame(8, 0, 0, b"\x00\x00\x00\x00"),
        frame(8, 0, 0, b"\x7f\xff\xff\xff"), frame(4, 0, 0, b"12345"), frame(4, 0, 1, b""), frame(3, 0, 9, b"\x00\x00\x00\x00"),
        frame(5, 4, 1, b"\x00\x00\x00\x02" + get), frame(7, 0, 0, b"abc"), rng.randbytes(rng.randint(9, 400)),
        b"\xff\xff\xff\x00\x00\x00\x00\x00\x01", frame(1, 13, 1, b"\xff" + get), frame(2, 0, 1, b"1")))
    return H2_PREFACE + frame(4, 0, 0, b"") + bad


def broken_preface(rng):
    at = rng.randint(4, len(H2_PREFACE) - 1)
    return H2_PREFACE[:at] + bytes([H2_PREFACE[at] ^ rng.randint(1, 255)]) + H2_PREFACE[at + 1:]


def plain_to_tls(rng):
    return sound(rng)


def odd_record(rng):
    body = rng.randbytes(rng.randint(0, 500))
    size = rng.choice((len(body), 0, 0xffff, 0x4801, len(body) + 50))
    return bytes([rng.choice((20, 21, 22, 22, 22, 23, 24, 99))]) + rng.choice((b"\x03\x01", b"\x03\x03", b"\x02\x00", b"\x09\x09")) \
        + struct.pack(">H", size) + rng.choice((b"", b"\x01\x00\x01\xfc\x03\x03")) + body


HTTP = (bare_line_end, control_in_head, coding_and_length, odd_coding, odd_coding_name, coding_in_1_0, coding_twice, odd_length,
        length_twice,
        odd_header_line, folded_first, odd_host, odd_target, odd_line, odd_expectation, odd_connection, too_large, odd_chunk)
ENDED = (random_bytes, truncated)  # nothing may follow: it would complete them
HTTP2 = (http2_frames, broken_preface)
RECORDS = (plain_to_tls, odd_record, random_bytes)


def make_case(seed, index):
    """The same for the same seed and index, whatever came before. Three in four are HTTP/1, inside TLS or not."""
    rng = random.Random(f"{seed}/{index}")
    draw = rng.random()
    if draw < 0.78:
        make = rng.choice(HTTP)
        data = make(rng)
        return Case(make.__name__, data + (BEHIND if rng.random() < 0.6 else b""))
    if draw < 0.88:
        make = rng.choice(ENDED)
        return Case(make.__name__, make(rng))
    if draw < 0.95:
        make = rng.choice(HTTP2)
        return Case(make.__name__, make(rng), speaks="h2")
    make = rng.choice(RECORDS)
    return Case(make.__name__ + " as TLS", make(rng), speaks="record")
