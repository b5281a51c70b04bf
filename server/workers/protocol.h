// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace arc::protocol {

// Frames between the engine and one worker, over one AF_UNIX stream socket. All numbers little
// endian.
//
//   u32 length of payload | u8 type | u8 flags | u16 zero | u32 stream | payload
//
// A stream is one request; the engine numbers them 1, 2, 3 ... per worker, never 0 and never one
// still in use. The side that reads closes the socket on any frame it cannot parse. Strings are u16
// length + bytes unless said otherwise.
//
// Start:   engine HELLO -> worker STEP* -> worker READY or FAILED (then it exits).
// Request: engine REQUEST [BODY*]; worker RESPONSE [DATA*]. The stream ends when the worker has
// sent a frame with kEnd or
//          kAbort, and only then is its slot free, even after CANCEL. A worker answers CANCEL of a
//          stream it still works on with kEnd or kAbort when the application has returned; what it
//          sends for it before that is discarded. An empty DATA with kAbort may come without a
//          RESPONSE: there will be no answer.
// Windows: each side may send kInitialWindow body bytes per stream ahead of WINDOW frames of the
// other. Bytes inside REQUEST
//          and RESPONSE frames count. The frame that crosses the window's end may not be sent.
// WebSocket: a REQUEST may ask for one (bits). An ASGI worker then answers RESPONSE 101 without
//          kEnd, which accepts it, or any other answer, which does not. Afterwards MESSAGE frames
//          go both ways, a message in pieces that are not mixed with others. SOCKET_CLOSE is the
//          last of either side; the stream still ends as above. Against the windows a MESSAGE
//          counts kMessageCost more than its bytes, so that empty ones cannot be sent without end.
// Stop:    engine STOP: finish the streams that run, take no new ones, run lifespan shutdown, exit
// 0. End of file means the
//          same with nobody listening: exit at once.

inline constexpr uint16_t kVersion = 1;
inline constexpr uint32_t kHeaderBytes = 12;
inline constexpr uint32_t kPayloadMax = 1 << 20;       ///< longer: protocol error
inline constexpr uint32_t kInitialWindow = 256 * 1024; ///< per stream and direction
inline constexpr uint32_t kBodyFrameMax = 64 * 1024;   ///< body bytes in one frame
inline constexpr unsigned kHintsMax = 16;
inline constexpr uint32_t kMessageCost = 256; ///< about what a short message takes in Python

enum class FrameType : uint8_t {
    Hello = 1,    ///< engine: JSON, see below. Stream 0
    Step = 2,     ///< worker: JSON {"step": "import", "ms": 184.2}. Stream 0
    Ready = 3,    ///< worker: JSON, see below. Stream 0
    Failed = 4,   ///< worker: JSON {"step", "error": one sentence, "traceback"}. Stream 0
    Request = 5,  ///< engine: request head and the first body bytes
    Body = 6,     ///< engine: body bytes; kEnd on the last (may be empty). kAbort: the client left
                  ///< while sending
    Response = 7, ///< worker: response head and the first body bytes
    Data = 8, ///< worker: body bytes; kEnd on the last (may be empty); kAbort: cannot be completed
    Window = 9,  ///< both: u32 body bytes the sender of this frame is ready to take beyond what it
                 ///< granted
    Cancel = 10, ///< engine: nobody waits for this answer any more
    Ping = 11,   ///< engine: u64, stream 0
    Pong = 12,   ///< worker: the same u64
    Stop = 13,   ///< engine, stream 0
    Log = 14,    ///< worker: u8 level (0 debug .. 4 critical), then text to the end; stream or 0
    Message =
        15, ///< both: piece of a WebSocket message; kEnd on its last, kText on all of a text's
    SocketClose = 16, ///< both: u16 code of RFC 6455 7.4, then the reason to the end
    EarlyHints = 17,  ///< worker: as a RESPONSE without a body, before that; kHintsMax of a stream
    Trailers = 18,    ///< worker: the same instead of the last DATA, status 0; kEnd
};

inline constexpr uint8_t kEnd = 1;   ///< last frame of this direction of the stream
inline constexpr uint8_t kAbort = 2; ///< this direction ended early
inline constexpr uint8_t kText = 4;  ///< of a MESSAGE: text, not bytes

// HELLO payload: u16 kVersion, u32 features (0), then JSON:
//   {"app": {"id", "root", "entry", "interface": "wsgi"|"asgi"}, "threads": 4, "asgi_requests":
//   128,
//    "headers": [names in the order of HeaderId, [0] = ""], "lifespan": "auto", "send_from":
//    [folders], "worker": ordinal in the pool, "watch": {"lane", "stacks"}: descriptors of its
//    WorkerInspector, "preload": descriptor of its Forker, of a process that is to fork workers,
//    "warm_up": {"origin": "https://shop.example", "requests": ["/health"]}: before READY}
// READY payload: JSON
//   {"protocol": 1, "pid", "python": "CPython 3.11.2", "kind": "Django 3.2.19", "interface":
//   "wsgi"|"asgi", "slots": 4, "core": "native"|"python",
//    "static": [{"prefix": "/static/", "roots": ["/srv/shop/static", ".../admin/static"]}],
//    "warnings": ["DEBUG is on"],
//    "preloads": true: it gets no requests, workers are forked from it, |
//    "preload_refused": why it must not be forked, and goes on as a worker}
//
// REQUEST payload:
//   u8 method (enum Method; Other: literal follows) | u8 scheme (0 http, 1 https) | u8 version
//   of HTTP (0: 1.0, 1: 1.1, 2: 2) | u8 bits: 1 has a body, 2 its length is known, 4 asks for a
//   WebSocket, 8 the client takes trailers, 16 has facts of the client | u64 content length (0 when
//   unknown) | u32 µs waited in the queue | string method (empty unless Other) | string raw path |
//   string path (decoded bytes) | string query | string client host | u16 client port | string
//   server host | u16 server port | string request id | u16 count of headers, each: u8 HeaderId
//   (0: string name in lower case follows) | string value | facts of the client (client_facts.h),
//   where the site asks for certificates: u16 version of TLS | u16 cipher suite | u8 1: a
//   certificate was shown and verified | strings name of the cipher, PEM of the server's
//   certificate, and, empty without one of the client, its subject, issuer, common name, serial,
//   begin, end, fingerprint, PEM chain | first body bytes to the end of the payload. kEnd: the body
//   is complete. Hop-by-hop headers and Content-Length/Transfer-Encoding are not among the headers;
//   Content-Length stands above.
// RESPONSE payload:
//   u16 status | u16 count of headers, each: u8 HeaderId (0: string name follows) | string value |
//   first body bytes to the end of the payload.  kEnd: the answer is complete.
//   A Content-Length header of the app is sent like any other; the engine frames by it.

} // namespace arc::protocol
