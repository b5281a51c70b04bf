// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "tests/support/scripted_peer.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct nghttp2_session;

namespace arc {

/// What one stream was answered.
struct Http2Answer {
    int status = 0; ///< 0: no head came
    std::vector<int> interim;
    std::map<std::string, std::string> headers;
    std::string body;
    std::vector<size_t> frames; ///< lengths of DATA, in order
    bool complete = false;      ///< END_STREAM came
    std::optional<uint32_t> reset;
};

/// An HTTP/2 client in a test: nghttp2's client side over a blocking socket. Every wait ends at
/// ScriptedPeer::kDeadline.
class Http2Peer {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;
    struct Options {
        int32_t windowBytes = 65535;  ///< of each stream
        bool widensConnection = true; ///< its window is windowBytes, too, when that is more
        bool takesByItself = true;    ///< false: windows are opened by take() only
        int receiveBuffer = 0;
    };
    explicit Http2Peer(uint16_t port);
    Http2Peer(uint16_t port, Options options);
    ~Http2Peer();
    Http2Peer(const Http2Peer &) = delete;

    /// GET without a body; `fields` behind the pseudo-header fields. Sends at once.
    int32_t get(std::string_view path, const Fields &fields = {});
    /// Any head. Without `body` the request is complete; an open body goes on with send().
    int32_t ask(const Fields &head, const std::optional<std::string> &body = std::nullopt,
                bool bodyEnds = true, const Fields &trailers = {});
    static Fields head(std::string_view method, std::string_view path);
    void send(int32_t stream, std::string_view bytes, bool ends);
    void reset(int32_t stream, uint32_t code);
    void prioritise(int32_t stream, std::string_view value); ///< PRIORITY_UPDATE
    void take(int32_t stream, size_t bytes);

    /// Reads and sends until `done`; false: the deadline passed or the server closed before.
    bool until(const std::function<bool()> &done);
    bool untilComplete(int32_t stream)
    {
        return until([&] { return answers[stream].complete || answers[stream].reset; });
    }
    bool untilClosed();
    bool ping(); ///< there and back

    std::map<int32_t, Http2Answer> answers;
    std::vector<int32_t> completed; ///< streams, in the order in which they ended
    std::vector<std::pair<uint32_t, int32_t>> goAways; ///< code, last stream
    std::map<uint16_t, uint32_t> settings;             ///< of the server
    int pongs = 0;
    size_t bytesSent = 0; ///< of bodies

private:
    friend struct Http2PeerCallbacks;
    struct Body {
        std::string bytes;
        size_t at = 0;
        bool ends = false;
        Fields trailers;
    };
    void flush();
    bool receive(std::chrono::milliseconds wait);

    FileDescriptor m_socket;
    nghttp2_session *m_session = nullptr;
    std::map<int32_t, std::unique_ptr<Body>> m_bodies;
    bool m_ended = false;
};

/// Frames by hand (RFC 9113 4.1), for what no honest client would send.
namespace http2 {
enum Type : uint8_t {
    kData,
    kHeaders,
    kPriority,
    kRstStream,
    kSettings,
    kPushPromise,
    kPing,
    kGoAway,
    kWindowUpdate,
    kContinuation,
    kPriorityUpdate = 0x10
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;
constexpr uint8_t kEndHeaders = 4;
constexpr uint8_t kPadded = 8;

std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload = {});
std::string number(uint32_t value); ///< 32 bits, most significant first
/// A field that is not put into any table (RFC 7541 6.2.2).
std::string field(std::string_view name, std::string_view value);
/// ":method: GET", ":scheme: http", ":path: /", ":authority: a".
std::string getHead();
/// HEADERS with it.
std::string get(uint32_t stream, uint8_t flags = kEndHeaders | kEndStream);
std::string repeated(std::string_view bytes, int times);
std::string hello(); ///< preface and empty SETTINGS

struct Frame {
    uint8_t type = 0;
    uint8_t flags = 0;
    uint32_t stream = 0;
    std::string payload;
};
std::optional<Frame> readFrame(ScriptedPeer &peer);
/// Reads on until GOAWAY and gives its code; nothing: the server closed without one.
std::optional<uint32_t> goAwayOf(ScriptedPeer &peer);
} // namespace http2

} // namespace arc
