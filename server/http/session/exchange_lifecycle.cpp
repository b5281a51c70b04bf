// SPDX-License-Identifier: Apache-2.0
// The connection's side of Http1Exchange: begin, body and end; what handlers call is in
// http1_exchange.cpp.
#include "server/http/session/http1_connection.h"
#include "server/http/session/http1_exchange.h"
#include "server/http/session/session_loop.h"

namespace arc {

namespace {

const Site kNoSite;
const Route kNoRoute;
/// As servers have logged it since nginx: the client left before there was a status.
constexpr int kClientLeftStatus = 499;

} // namespace

Http1Exchange::Http1Exchange()
{
    reset();
}

Http1Exchange::~Http1Exchange() = default;

void Http1Exchange::open(Http1Connection &connection, const RequestHead &head, uint32_t generation)
{
    m_connection = &connection;
    m_home = &connection.home();
    m_head = head;
    m_body = RequestBody(head);
    m_continueDue = head.expectContinue && head.hasBody();
    m_snapshot = m_home->pin();
    m_id = {.loop = static_cast<uint32_t>(m_home->loop().index()),
            .slot = connection.slot(),
            .generation = generation};
    m_startedAt = m_home->loop().now();
}

void Http1Exchange::routeTo(const Router::Match &match) noexcept
{
    if (match.site)
        m_site = match.site;
    if (match.route)
        m_route = match.route;
    m_isRouted = match.site != nullptr;
    m_bodyBytesMax = static_cast<uint64_t>(m_route->settings.bodyMiBMax) * 1024 * 1024;
    if (SiteMetrics *metrics = m_home->metricsOf(match.site))
        m_inFlight = InFlight(*metrics);
}

void Http1Exchange::keepHead(std::string_view bytes)
{
    m_head = copyHead(m_head, bytes, m_ownText, m_ownHeaders);
}

uint64_t Http1Exchange::ownedBytes() const noexcept
{
    return sizeof *this + m_ownText.capacity() + m_ownHeaders.capacity() * sizeof(HeaderView);
}

void Http1Exchange::tellBody(std::string_view bytes) noexcept
{
    if (m_listener && !bytes.empty())
        m_listener->onBody(bytes);
}

void Http1Exchange::tellBodyEnd() noexcept
{
    m_bodyEndTold = true;
    if (m_listener)
        m_listener->onBodyEnd();
}

void Http1Exchange::tellDrained(uint64_t pending) noexcept
{
    if (!m_wasBacklogged || pending >= kBacklogHigh / 4 || m_state == State::Ended)
        return;
    m_wasBacklogged = false;
    if (m_listener)
        m_listener->onDrained();
}

void Http1Exchange::tellGone() noexcept
{
    m_state = State::Ended;
    if (ExchangeListener *listener = std::exchange(m_listener, nullptr))
        listener->onGone();
}

void Http1Exchange::fail(int status, std::string_view reason) noexcept
{
    ExchangeListener *listener = std::exchange(m_listener, nullptr);
    if (m_state == State::Waiting)
        respondStatus(status, reason);
    else
        abort();
    if (listener)
        listener->onGone();
}

void Http1Exchange::finish(Outbox &outbox)
{
    if (!m_status)
        m_status = kClientLeftStatus;
    AnswerRecord record;
    record.end = outbox.queue.queuedTotal();
    record.bytes = m_answerFrom ? record.end - *m_answerFrom : 0;
    record.status = m_status;
    record.cut = m_aborted;
    record.startedAt = m_startedAt;
    const bool logged = m_isRouted ? m_route->settings.accessLog : m_snapshot->settings.accessLog;
    if (logged && m_home->log().isOn())
        logInto(outbox, record);
    record.inFlight = std::move(m_inFlight);
    record.snapshot = std::move(m_snapshot);
    outbox.add(std::move(record));
}

void Http1Exchange::logInto(Outbox &outbox, AnswerRecord &record)
{
    const std::string client = peer().host();
    AccessLine line;
    line.unixMs = m_home->loop().unixMs();
    line.site = m_site->id;
    line.route = m_isRouted ? std::string_view(m_route->prefix) : std::string_view();
    line.method = m_head.methodText;
    line.target = m_head.target;
    line.status = m_status;
    line.client = client;
    line.host = m_head.host;
    line.userAgent = m_head.find(HeaderId::UserAgent).value_or(std::string_view());
    line.referer = m_head.find(HeaderId::Referer).value_or(std::string_view());
    line.requestId = requestId();
    line.queued = m_queueTime;
    record.logAt = outbox.logText().size();
    m_home->log().begin(outbox.logText(), line);
    record.logSize = outbox.logText().size() - record.logAt;
}

void Http1Exchange::reset() noexcept
{
    constexpr size_t kKeptTextMax = 16 * 1024;
    m_connection = nullptr;
    m_head = {};
    m_body = {};
    m_snapshot = {};
    m_inFlight = {};
    m_site = &kNoSite;
    m_route = &kNoRoute;
    m_listener = nullptr;
    m_queueTime.reset();
    m_peer.reset();
    m_local.reset();
    m_answerFrom.reset();
    m_left = m_bodyBytesMax = 0;
    m_status = 0;
    m_state = State::Waiting;
    m_framing = Framing::None;
    m_isRouted = m_wantsBody = m_paused = m_bodyEndTold = m_continueDue = false;
    m_wasBacklogged = m_aborted = m_hasRequestId = false;
    if (m_ownText.capacity() > kKeptTextMax)
        m_ownText = {};
}

} // namespace arc
