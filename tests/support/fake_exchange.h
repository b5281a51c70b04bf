// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/assert.h"
#include "server/http/exchange.h"
#include "server/http/http_loop.h"
#include "server/http/router.h"
#include "server/http/syntax/head_parser.h"

#include <array>
#include <functional>
#include <string>

#include <unistd.h>

namespace arc {

/// What a fake exchange was answered, file chunks read.
struct RecordedAnswer {
    int status = 0; ///< 0: not answered
    std::string lines;
    std::string body;
    std::optional<uint64_t> length; ///< as announced
    size_t fileChunks = 0;
    bool aborted = false;

    std::string header(std::string_view name) const
    {
        const std::string mark = std::string(name) + ": ";
        const size_t at = lines.starts_with(mark) ? 0 : lines.find("\r\n" + mark);
        if (at == lines.npos)
            return {};
        const size_t from = lines.find(mark, at) + mark.size();
        return lines.substr(from, lines.find("\r\n", from) - from);
    }
};

/// An exchange without a connection: made from the bytes of a request head, it records what a
/// handler answers. Confined to its loop like a real one; `done` is called there once the answer is
/// complete.
class FakeExchange final : public Exchange {
public:
    FakeExchange(HttpLoop &home, ExchangeId id, std::string bytes, std::function<void()> done = {})
        : m_http(home), m_id(id), m_bytes(std::move(bytes)), m_done(std::move(done))
    {
        HeadProgress progress;
        m_outcome = parseHead(m_bytes, {}, progress, {m_headers, m_text}, m_head);
    }

    /// What the route says, for handlers that read settings.
    void use(const Settings &settings)
    {
        m_route.settings = settings;
        m_route.coding = CodingRules(settings);
    }
    const HeadOutcome &parsed() const noexcept { return m_outcome; }
    const RecordedAnswer &answer() const noexcept { return m_answer; }
    bool isAnswered() const noexcept { return m_isEnded; }

    const RequestHead &request() const noexcept override { return m_head; }
    const SocketAddress &peer() const noexcept override { return m_address; }
    const SocketAddress &local() const noexcept override { return m_address; }
    bool isSecure() const noexcept override { return false; }
    ExchangeId id() const noexcept override { return m_id; }
    const Site &site() const noexcept override { return m_site; }
    const Route &route() const noexcept override { return m_route; }
    HttpLoop &http() noexcept override { return m_http; }
    EventLoop &loop() noexcept override { return m_http.loop(); }
    static constexpr std::string_view kRequestId = "0123456789abcdef0123456789abcdef";
    std::string_view requestId() noexcept override { return kRequestId; }
    SteadyTime startedAt() const noexcept override { return {}; }

    void listen(ExchangeListener &) noexcept override { }
    void readBody() noexcept override { }
    void pauseBody() noexcept override { }
    void resumeBody() noexcept override { }

    void respond(ResponseHead head, Chunk body) noexcept override
    {
        const uint64_t length = body.size();
        begin(std::move(head), length);
        write(std::move(body));
        end();
    }
    void begin(ResponseHead head, std::optional<uint64_t> length) noexcept override
    {
        ARC_ASSERT(m_answer.status == 0); // one answer to one request
        m_answer.status = head.status;
        m_answer.lines = head.headers.lines();
        m_answer.length = length;
    }
    void write(Chunk chunk) noexcept override
    {
        ARC_ASSERT(m_answer.status != 0 && !m_isEnded);
        m_answer.body += chunk.bytes;
        if (!chunk.file)
            return;
        ++m_answer.fileChunks;
        std::string part(chunk.length, '\0');
        const ssize_t got = pread(chunk.file->get(), part.data(), part.size(), off_t(chunk.offset));
        m_answer.body.append(part, 0, got < 0 ? 0 : size_t(got));
    }
    void end() noexcept override
    {
        ARC_ASSERT(!m_isEnded);
        m_isEnded = true;
        if (m_done)
            m_done();
    }
    void abort() noexcept override
    {
        m_answer.aborted = true;
        end();
    }
    bool hasBegun() const noexcept override { return m_answer.status != 0; }
    bool isBacklogged() const noexcept override { return false; }

private:
    HttpLoop &m_http;
    const ExchangeId m_id;
    const std::string m_bytes;
    std::array<HeaderView, kHeaderCountMax> m_headers;
    std::string m_text;
    RequestHead m_head;
    HeadOutcome m_outcome;
    SocketAddress m_address;
    Site m_site;
    Route m_route;
    std::function<void()> m_done;
    RecordedAnswer m_answer;
    bool m_isEnded = false;
};

} // namespace arc
