// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/session_exchange.h"

#include "server/base/text.h"
#include "server/http/session/connection.h"
#include "server/http/session/session_loop.h"
#include "server/http/session/trace_id.h"
#include "server/http/syntax/head_rules.h"
#include "server/tls/tls_stream.h"

#include <algorithm>

#include <sys/socket.h>

namespace arc {

namespace {

const Site kNoSite;
const Route kNoRoute;
/// As servers have logged it since nginx: the client left before there was a status.
constexpr int kClientLeftStatus = 499;

/// What logs, pages and apps may be given as an id: letters, digits and a few marks between them.
bool isRequestId(std::string_view text) noexcept
{
    constexpr size_t kIdBytesMax = 128;
    return !text.empty() && text.size() <= kIdBytesMax
        && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                   || std::string_view("-_.:/+=@").find(c) != std::string_view::npos;
           });
}

} // namespace

SessionExchange::SessionExchange()
{
    reset();
}

SessionExchange::~SessionExchange() = default;

void SessionExchange::open(Connection &connection, const RequestHead &head)
{
    m_connection = &connection;
    m_tls = connection.transport().tls();
    m_home = &connection.home();
    m_head = head;
    m_continueDue = head.expectContinue && head.hasBody();
    m_snapshot = m_home->pin();
    m_id = {.loop = static_cast<uint32_t>(m_home->loop().index()),
            .slot = connection.slot(),
            .generation = m_home->table().nextGeneration(connection.slot())};
    m_startedAt = m_home->loop().now();
    m_isSecure = m_tls != nullptr;
    if (connection.isTrusted()) [[unlikely]]
        readForwardedBy(connection.rules());
}

void SessionExchange::readForwardedBy(const ConnectionRules &rules)
{
    ForwardedHops hops;
    m_badForwarded = !readForwarded(m_head, rules.forwardedFields, hops);
    m_isForwarded = hops.total() > 0;
    if (m_badForwarded)
        return;
    const ForwardedClient client = followHops(hops, rules.trustedProxies);
    if (client.address)
        m_peer = SocketAddress::fromIp(client.address->ip, client.address->port);
    m_isSecure = client.isSecure.value_or(m_isSecure);
    if (!client.host.empty())
        takeHost(client.host);
}

/// Handlers and apps see the host that the client asked for; what is none changes nothing.
void SessionExchange::takeHost(std::string_view authority)
{
    HeaderView given {.name = headerName(HeaderId::Host), .value = authority, .id = HeaderId::Host};
    RequestHead named;
    if (readHost(named, &given, {}, 0))
        return;
    m_forwardedHost = toLower(named.host);
    m_head.host = m_forwardedHost;
    m_head.authority = authority;
    m_forwardedHeaders.assign(m_head.headers.begin(), m_head.headers.end());
    for (HeaderView &header : m_forwardedHeaders) {
        if (header.id == HeaderId::Host)
            header.value = authority;
    }
    m_head.headers = m_forwardedHeaders;
}

const SocketAddress &SessionExchange::peer() const noexcept
{
    if (!m_peer)
        m_peer = m_connection->peer();
    return *m_peer;
}

const SocketAddress &SessionExchange::local() const noexcept
{
    return m_connection->local();
}

std::optional<uint32_t> SessionExchange::peerUid() const noexcept
{
    ucred credentials {};
    socklen_t length = sizeof credentials;
    if (!m_connection->peer().isUnix() && !local().isUnix())
        return std::nullopt;
    if (::getsockopt(m_connection->transport().socket(), SOL_SOCKET, SO_PEERCRED, &credentials,
                     &length)
        != 0)
        return std::nullopt;
    return credentials.uid;
}

HttpLoop &SessionExchange::http() noexcept
{
    return m_home->front();
}

EventLoop &SessionExchange::loop() noexcept
{
    return m_home->loop();
}

std::string_view SessionExchange::requestId() noexcept
{
    if (m_connection->isTrusted()) {
        const auto given = m_head.find(HeaderId::XRequestId).value_or(std::string_view());
        if (isRequestId(given)) // one id names it in the proxy's log and in ours
            return given;
    }
    if (!m_hasRequestId) {
        m_hasRequestId = true;
        const auto given =
            traceIdOf(m_head.find(HeaderId::Traceparent).value_or(std::string_view()));
        if (given.empty())
            printTraceId(m_home->random(), m_home->random(), m_requestId);
        else
            std::copy(given.begin(), given.end(), m_requestId.begin());
    }
    return {m_requestId.data(), m_requestId.size()};
}

/// An app that sends one of its own has its reason.
std::string_view SessionExchange::shownId(std::string_view lines) noexcept
{
    const Settings &settings = m_isRouted ? m_route->settings : m_snapshot->settings;
    if (!settings.requestIdHeader)
        return {};
    for (const std::string_view line : split(lines, '\n')) {
        if (headerFromName(line.substr(0, line.find(':'))) == HeaderId::XRequestId)
            return {};
    }
    return requestId();
}

void SessionExchange::routeTo(const Router::Match &match) noexcept
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

const ClientFacts *SessionExchange::clientFacts() const noexcept
{
    // A certificate that comes with a request of somebody else's is the proxy's own.
    const TlsEndpoint *greeted = m_tls && !m_isForwarded ? m_tls->endpoint() : nullptr;
    if (!greeted || greeted->clients == ClientCertificates::Off)
        return nullptr;
    // Another site of this connection, or the same one before it was changed, may have been content
    // with other authorities.
    const Settings &wanted = m_route->settings;
    if (wanted.tlsClients != clientCertificatesName(greeted->clients)
        || wanted.tlsClientCa != greeted->clientCaFile || m_tls->hasOldAuthorities())
        return nullptr;
    return &m_tls->clientFacts();
}

bool SessionExchange::restsOnOldAuthorities() const noexcept
{
    return m_tls && m_tls->hasOldAuthorities() && m_route->settings.tlsClients != "off"
        && m_tls->clientFacts().isVerified;
}

void SessionExchange::keepHead(std::string_view bytes)
{
    m_head = copyHead(m_head, bytes, m_ownText, m_ownHeaders);
}

uint64_t SessionExchange::ownedByHead() const noexcept
{
    return m_ownText.capacity() + m_ownHeaders.capacity() * sizeof(HeaderView);
}

void SessionExchange::tellBody(std::string_view bytes) noexcept
{
    if (m_listener && !bytes.empty())
        m_listener->onBody(bytes);
}

void SessionExchange::tellBodyEnd() noexcept
{
    m_bodyEndTold = true;
    if (m_listener)
        m_listener->onBodyEnd();
}

void SessionExchange::tellDrained(uint64_t pending) noexcept
{
    if (!m_wasBacklogged || pending >= kBacklogHigh / 4 || m_state == State::Ended)
        return;
    m_wasBacklogged = false;
    if (m_listener)
        m_listener->onDrained();
}

void SessionExchange::tellGone() noexcept
{
    m_state = State::Ended;
    if (ExchangeListener *listener = std::exchange(m_listener, nullptr))
        listener->onGone();
}

void SessionExchange::fail(int status, std::string_view reason) noexcept
{
    ExchangeListener *listener = std::exchange(m_listener, nullptr);
    if (m_state == State::Waiting)
        respondStatus(status, reason);
    else
        abort();
    if (listener)
        listener->onGone();
}

void SessionExchange::abort() noexcept
{
    if (m_state == State::Ended)
        return;
    if (m_state == State::Waiting) {
        respondStatus(502);
        return;
    }
    m_aborted = true;
    ended();
}

void SessionExchange::ended() noexcept
{
    m_state = State::Ended;
    m_listener = nullptr;
    m_connection->askForTurn();
}

void SessionExchange::finish(Outbox &outbox)
{
    if (!m_status)
        m_status = kClientLeftStatus;
    AnswerRecord record;
    record.end = outbox.queue.queuedTotal();
    record.bytes = m_answerFrom ? record.end - *m_answerFrom : m_answerBytes.value_or(0);
    record.status = m_status;
    record.cut = m_aborted;
    record.clientLeft = m_clientLeft;
    close(outbox, std::move(record), 0);
}

void SessionExchange::finishAsTunnel(Outbox &outbox, uint64_t bytes, uint16_t closeCode)
{
    AnswerRecord record;
    record.end = outbox.queue.sentTotal();
    record.bytes = bytes;
    record.status = m_status;
    record.wasTunnel = true;
    close(outbox, std::move(record), closeCode);
}

void SessionExchange::close(Outbox &outbox, AnswerRecord record, uint16_t closeCode)
{
    record.startedAt = m_startedAt;
    const bool logged = m_isRouted ? m_route->settings.accessLog : m_snapshot->settings.accessLog;
    if (logged && m_home->log().isOn())
        logInto(outbox, record, closeCode);
    record.inFlight = std::move(m_inFlight);
    record.snapshot = std::move(m_snapshot);
    outbox.add(std::move(record));
}

void SessionExchange::logInto(Outbox &outbox, AnswerRecord &record, uint16_t closeCode)
{
    IpText room;
    std::string forwarded;
    if (m_peer)
        forwarded = m_peer->host();
    AccessLine line;
    line.unixMs = m_home->loop().unixMs();
    line.site = m_site->id;
    line.route = m_isRouted ? std::string_view(m_route->prefix) : std::string_view();
    line.method = m_head.methodText;
    line.target = m_head.target;
    line.status = m_status;
    line.client = m_peer ? std::string_view(forwarded) : m_connection->peerHost(room);
    line.host = m_head.host;
    line.userAgent = m_head.find(HeaderId::UserAgent).value_or(std::string_view());
    line.referer = m_head.find(HeaderId::Referer).value_or(std::string_view());
    line.requestId = requestId();
    line.refusal = m_refusal;
    line.protocol = m_head.majorVersion == 2 ? "HTTP/2"
        : m_head.minorVersion >= 1           ? "HTTP/1.1"
                                             : "HTTP/1.0";
    line.queued = m_queueTime;
    line.closeCode = closeCode;
    record.logAt = outbox.logText().size();
    m_home->log().begin(outbox.logText(), line);
    record.logSize = outbox.logText().size() - record.logAt;
}

void SessionExchange::reset() noexcept
{
    constexpr size_t kKeptTextMax = 16 * 1024;
    m_connection = nullptr;
    m_head = {};
    m_snapshot = {};
    m_inFlight = {};
    m_site = &kNoSite;
    m_route = &kNoRoute;
    m_listener = nullptr;
    m_queueTime.reset();
    m_peer.reset();
    m_answerFrom.reset();
    m_answerBytes.reset();
    m_refusal = {};
    m_forwardedHost.clear();
    m_bodyBytesMax = 0;
    m_status = 0;
    m_state = State::Waiting;
    m_isRouted = m_wantsBody = m_paused = m_bodyEndTold = m_continueDue = false;
    m_isForwarded = m_badForwarded = m_wasBacklogged = m_clientLeft = m_aborted = m_hasRequestId =
        false;
    if (m_ownText.capacity() > kKeptTextMax)
        freeMemory(m_ownText);
}

} // namespace arc
