// SPDX-License-Identifier: Apache-2.0
#include "tests/support/http2_peer.h"

#include "server/base/text.h"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <sys/socket.h>

namespace arc {

struct Http2PeerCallbacks {
    static Http2Peer &self(void *context) { return *static_cast<Http2Peer *>(context); }

    static int statusOf(std::string_view text)
    {
        const auto value = parseUnsigned(text);
        return value ? static_cast<int>(*value) : 0;
    }
    static int onHeader(nghttp2_session *, const nghttp2_frame *frame, const uint8_t *name,
                        size_t nameSize, const uint8_t *value, size_t valueSize, uint8_t,
                        void *context)
    {
        Http2Answer &answer = self(context).answers[frame->hd.stream_id];
        const std::string key(reinterpret_cast<const char *>(name), nameSize);
        const std::string text(reinterpret_cast<const char *>(value), valueSize);
        if (key != ":status") {
            answer.headers[key] = text;
        } else if (const int status = statusOf(text); status < 200) {
            answer.interim.push_back(status);
        } else {
            answer.status = status;
        }
        return 0;
    }
    static int onData(nghttp2_session *, uint8_t, int32_t stream, const uint8_t *bytes, size_t size,
                      void *context)
    {
        self(context).answers[stream].body.append(reinterpret_cast<const char *>(bytes), size);
        return 0;
    }
    static int onFrame(nghttp2_session *, const nghttp2_frame *frame, void *context)
    {
        Http2Peer &peer = self(context);
        switch (frame->hd.type) {
        case NGHTTP2_DATA:
        case NGHTTP2_HEADERS:
            if (frame->hd.type == NGHTTP2_DATA)
                peer.answers[frame->hd.stream_id].frames.push_back(frame->hd.length);
            if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
                peer.answers[frame->hd.stream_id].complete = true;
                peer.completed.push_back(frame->hd.stream_id);
            }
            break;
        case NGHTTP2_RST_STREAM:
            peer.answers[frame->hd.stream_id].reset = frame->rst_stream.error_code;
            break;
        case NGHTTP2_GOAWAY:
            peer.goAways.emplace_back(frame->goaway.error_code, frame->goaway.last_stream_id);
            break;
        case NGHTTP2_PING:
            peer.pongs += (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0;
            break;
        case NGHTTP2_SETTINGS:
            for (size_t i = 0; i < frame->settings.niv; ++i)
                peer.settings[static_cast<uint16_t>(frame->settings.iv[i].settings_id)] =
                    frame->settings.iv[i].value;
            break;
        default:
            break;
        }
        return 0;
    }
    static ssize_t read(nghttp2_session *session, int32_t stream, uint8_t *to, size_t size,
                        uint32_t *flags, nghttp2_data_source *source, void *context)
    {
        auto &body = *static_cast<Http2Peer::Body *>(source->ptr);
        const size_t count = std::min(size, body.bytes.size() - body.at);
        if (!count && !body.ends)
            return NGHTTP2_ERR_DEFERRED;
        std::copy_n(body.bytes.data() + body.at, count, reinterpret_cast<char *>(to));
        body.at += count;
        self(context).bytesSent += count;
        if (body.ends && body.at == body.bytes.size()) {
            *flags |= NGHTTP2_DATA_FLAG_EOF;
            if (!body.trailers.empty()) {
                *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
                const auto list = fieldsOf(body.trailers);
                nghttp2_submit_trailer(session, stream, list.data(), list.size());
            }
        }
        return static_cast<ssize_t>(count);
    }
    static std::vector<nghttp2_nv> fieldsOf(const Http2Peer::Fields &fields)
    {
        std::vector<nghttp2_nv> list;
        const auto bytes = [](const std::string &text) {
            return reinterpret_cast<uint8_t *>(const_cast<char *>(text.data()));
        };
        for (const auto &[name, value] : fields)
            list.push_back({bytes(name), bytes(value), name.size(), value.size(), 0});
        return list;
    }
};

Http2Peer::Http2Peer(uint16_t port) : Http2Peer(port, Options())
{
}

Http2Peer::Http2Peer(uint16_t port, Options options)
    : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    if (options.receiveBuffer)
        ::setsockopt(m_socket.get(), SOL_SOCKET, SO_RCVBUF, &options.receiveBuffer,
                     sizeof options.receiveBuffer);
    const int on = 1;
    ::setsockopt(m_socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(m_socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address)
        != 0)
        m_socket.reset();

    nghttp2_session_callbacks *callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Http2PeerCallbacks::onHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              Http2PeerCallbacks::onData);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Http2PeerCallbacks::onFrame);
    nghttp2_option *option = nullptr;
    nghttp2_option_new(&option);
    if (!options.takesByItself)
        nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_session_client_new2(&m_session, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    const std::array settingsSent {
        nghttp2_settings_entry {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        nghttp2_settings_entry {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                static_cast<uint32_t>(options.windowBytes)},
        nghttp2_settings_entry {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}};
    nghttp2_submit_settings(m_session, 0, settingsSent.data(), settingsSent.size());
    if (options.widensConnection && options.windowBytes > 65535)
        nghttp2_session_set_local_window_size(m_session, 0, 0, options.windowBytes);
    flush();
}

Http2Peer::~Http2Peer()
{
    nghttp2_session_del(m_session);
}

Http2Peer::Fields Http2Peer::head(std::string_view method, std::string_view path)
{
    return {{":method", std::string(method)},
            {":scheme", "http"},
            {":authority", "a"},
            {":path", std::string(path)}};
}

int32_t Http2Peer::get(std::string_view path, const Fields &fields)
{
    Fields all = head("GET", path);
    all.insert(all.end(), fields.begin(), fields.end());
    return ask(all);
}

int32_t Http2Peer::ask(const Fields &head, const std::optional<std::string> &body, bool bodyEnds,
                       const Fields &trailers)
{
    auto kept = std::make_unique<Body>();
    kept->bytes = body.value_or(std::string());
    kept->ends = bodyEnds;
    kept->trailers = trailers;
    nghttp2_data_provider provider {};
    provider.source.ptr = kept.get();
    provider.read_callback = Http2PeerCallbacks::read;
    const auto list = Http2PeerCallbacks::fieldsOf(head);
    const int32_t stream = nghttp2_submit_request(m_session, nullptr, list.data(), list.size(),
                                                  body ? &provider : nullptr, nullptr);
    m_bodies[stream] = std::move(kept);
    flush();
    return stream;
}

void Http2Peer::send(int32_t stream, std::string_view bytes, bool ends)
{
    Body &body = *m_bodies[stream];
    body.bytes.append(bytes);
    body.ends = ends;
    nghttp2_session_resume_data(m_session, stream);
    flush();
}

void Http2Peer::reset(int32_t stream, uint32_t code)
{
    nghttp2_submit_rst_stream(m_session, 0, stream, code);
    flush();
}

void Http2Peer::prioritise(int32_t stream, std::string_view value)
{
    const auto *bytes = reinterpret_cast<const uint8_t *>(value.data());
    nghttp2_submit_priority_update(m_session, 0, stream, bytes, value.size());
    flush();
}

void Http2Peer::take(int32_t stream, size_t bytes)
{
    nghttp2_session_consume(m_session, stream, bytes);
    flush();
}

void Http2Peer::flush()
{
    const uint8_t *bytes = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(m_session, &bytes)) > 0) {
        for (ssize_t at = 0; at < size;) {
            const ssize_t sent =
                ::send(m_socket.get(), bytes + at, static_cast<size_t>(size - at), MSG_NOSIGNAL);
            if (sent <= 0)
                return;
            at += sent;
        }
    }
}

bool Http2Peer::receive(std::chrono::milliseconds wait)
{
    pollfd one {.fd = m_socket.get(), .events = POLLIN, .revents = 0};
    if (m_ended || ::poll(&one, 1, static_cast<int>(wait.count())) <= 0)
        return false;
    std::array<uint8_t, 65536> bytes;
    const ssize_t count = ::recv(m_socket.get(), bytes.data(), bytes.size(), 0);
    if (count <= 0) {
        m_ended = true;
        return false;
    }
    nghttp2_session_mem_recv(m_session, bytes.data(), static_cast<size_t>(count));
    flush();
    return true;
}

bool Http2Peer::until(const std::function<bool()> &done)
{
    const auto deadline = std::chrono::steady_clock::now() + ScriptedPeer::kDeadline;
    while (!done()) {
        if (m_ended || std::chrono::steady_clock::now() > deadline)
            return false;
        receive(std::chrono::milliseconds(100));
    }
    return true;
}

bool Http2Peer::untilClosed()
{
    until([this] { return m_ended; });
    return m_ended;
}

bool Http2Peer::ping()
{
    const int before = pongs;
    nghttp2_submit_ping(m_session, 0, nullptr);
    flush();
    return until([&] { return pongs > before; });
}

namespace http2 {

std::string number(uint32_t value)
{
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
            static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload)
{
    std::string bytes = number(static_cast<uint32_t>(payload.size())).substr(1);
    bytes += static_cast<char>(type);
    bytes += static_cast<char>(flags);
    bytes += number(stream);
    bytes += payload;
    return bytes;
}

std::string field(std::string_view name, std::string_view value)
{
    const auto text = [](std::string_view bytes) {
        std::string out;
        if (bytes.size() < 127) {
            out += static_cast<char>(bytes.size());
        } else { // an integer of seven bits and more (RFC 7541 5.1)
            out += '\x7f';
            size_t rest = bytes.size() - 127;
            for (; rest >= 128; rest /= 128)
                out += static_cast<char>(rest % 128 + 128);
            out += static_cast<char>(rest);
        }
        return out.append(bytes);
    };
    return std::string(1, '\0') + text(name) + text(value);
}

std::string getHead()
{
    return std::string("\x82\x86\x84", 3) + std::string("\x01\x01", 2) + "a";
}

std::string get(uint32_t stream, uint8_t flags)
{
    return frame(kHeaders, flags, stream, getHead());
}

std::string repeated(std::string_view bytes, int times)
{
    std::string all;
    all.reserve(bytes.size() * static_cast<size_t>(times));
    for (int i = 0; i < times; ++i)
        all += bytes;
    return all;
}

std::string hello()
{
    return std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") + frame(kSettings, 0, 0);
}

std::optional<Frame> readFrame(ScriptedPeer &peer)
{
    const std::string head = peer.readBytes(9);
    if (head.size() < 9)
        return std::nullopt;
    const auto byte = [&head](size_t at) {
        return static_cast<uint32_t>(static_cast<unsigned char>(head[at]));
    };
    const size_t size = byte(0) << 16 | byte(1) << 8 | byte(2);
    Frame frame;
    frame.type = static_cast<uint8_t>(byte(3));
    frame.flags = static_cast<uint8_t>(byte(4));
    frame.stream = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
    frame.payload = size ? peer.readBytes(size) : std::string();
    if (frame.payload.size() < size)
        return std::nullopt;
    return frame;
}

std::optional<uint32_t> goAwayOf(ScriptedPeer &peer)
{
    while (const auto frame = readFrame(peer)) {
        if (frame->type != kGoAway || frame->payload.size() < 8)
            continue;
        uint32_t code = 0;
        for (size_t i = 4; i < 8; ++i)
            code = code << 8 | static_cast<unsigned char>(frame->payload[i]);
        return code;
    }
    return std::nullopt;
}

} // namespace http2

} // namespace arc
