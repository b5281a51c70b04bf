// SPDX-License-Identifier: Apache-2.0
// SessionLoop: where a new connection goes, and whether it may.
#include "server/http/session/address_counts.h"
#include "server/http/session/http1_connection.h"
#include "server/http/session/proxy_handshake.h"
#include "server/http/session/session_loop.h"
#include "server/http/session/tls_handshake.h"
#include "server/http/session/trace_id.h"

#include <algorithm>
#include <array>
#include <utility>

#include <sys/socket.h>

namespace arc {

namespace {

/// A loop hands a connection over when it has so many more than another, or an eighth of its own
/// where that is more. Less would hand over many for little, more would leave few connections where
/// the kernel put them: with 8 of them on 2 loops, the busier one has 5 at most, and had up to 7.
constexpr int64_t kHandOverFrom = 2;
constexpr int64_t kHandOverShare = 8;

/// What clients of an address at its limit get, without having asked yet.
constexpr std::string_view kTooMany =
    "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Length: 52\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"
    "Your address has too many connections open to here.\n";
static_assert(kTooMany.size() - kTooMany.find("\r\n\r\n") - 4 == 52);

/// A full socket or a client that is gone needs no second try.
void tellTooMany(int socket) noexcept
{
    [[maybe_unused]] const ssize_t sent =
        ::send(socket, kTooMany.data(), kTooMany.size(), MSG_NOSIGNAL);
    ::shutdown(socket, SHUT_WR);
    // Closing with unread bytes would send a reset, which can overtake the answer.
    std::array<char, 4096> unread;
    [[maybe_unused]] const ssize_t dropped =
        ::recv(socket, unread.data(), unread.size(), MSG_DONTWAIT);
}

} // namespace

void SessionLoop::setSiblings(std::vector<HttpLoop *> siblings)
{
    std::erase(siblings, &m_front);
    m_siblings = std::move(siblings);
}

int64_t SessionLoop::load() const noexcept
{
    return m_loop.metrics().connectionsOpen.read() + m_arriving.load(std::memory_order_relaxed);
}

bool SessionLoop::accepted(void *context, FileDescriptor socket, const SocketAddress &peer) noexcept
{
    auto &listening = *static_cast<Listening *>(context);
    return listening.loop->accept(listening, std::move(socket), peer);
}

/// False when the connections after this one have to wait in the backlog.
bool SessionLoop::accept(const Listening &from, FileDescriptor socket,
                         const SocketAddress &peer) noexcept
{
    metrics().connectionsAccepted.add(1);
    if (HttpLoop *other = lessLoaded(); other && handTo(*other, from, socket, peer))
        return true;
    const Connection *begun = take(from.name, from.kind, std::move(socket), peer);
    if (!begun)
        return true; // refused, which says nothing about room: other listeners may be paused
    // A newcomer is idle too, but closing it for the next one would serve nobody.
    const bool isFull = m_table.size() >= share() && m_table.quietest() == begun;
    if (isFull)
        m_acceptPaused = true; // until resumeAccepting()
    return !isFull;
}

/// The kernel deals connections out by a hash, which is uneven while they are few and live long.
/// One loop taken at random is asked: that evens out nearly as well as asking all of them.
HttpLoop *SessionLoop::lessLoaded() noexcept
{
    if (m_siblings.empty() || isDraining())
        return nullptr;
    HttpLoop *other =
        m_siblings.size() == 1 ? m_siblings.front() : m_siblings[m_random() % m_siblings.size()];
    const int64_t own = load();
    const int64_t margin = std::max(kHandOverFrom, own / kHandOverShare);
    return own > other->load() + margin ? other : nullptr;
}

/// False when the other loop serves no longer, and the socket stays here. Whether it does is asked
/// after it was told to wait for one more: it looks the other way round, so that one of the two
/// sees what the other has written (both orders are sequentially consistent).
bool SessionLoop::handTo(HttpLoop &other, const Listening &from, FileDescriptor &socket,
                         const SocketAddress &peer) noexcept
{
    SessionLoop &there = other.sessions();
    there.m_arriving.fetch_add(1);
    if (there.m_draining.load()) {
        there.m_arriving.fetch_sub(1);
        // It may have seen the one that does not come, and waits for it.
        there.m_loop.post([&there] { there.m_loop.atEndOfTurn(there); });
        return false;
    }
    metrics().connectionsHanded.add(1);
    there.m_loop.post([&there, listener = *from.name, kind = from.kind, peer = PeerAddress(peer),
                       socket = std::move(socket)]() mutable {
        there.arrive(std::move(listener), kind, std::move(socket), peer);
    });
    return true;
}

/// A sibling has accepted it. It is taken over the limit of this loop if need be: the sibling had
/// more.
void SessionLoop::arrive(std::string listener, ListenerKind kind, FileDescriptor socket,
                         const PeerAddress &peer) noexcept
{
    m_arriving.fetch_sub(1, std::memory_order_relaxed);
    m_loop.atEndOfTurn(*this); // a loop that is draining has waited for it
    take(&*m_names.insert(std::move(listener)).first, kind, std::move(socket), peer.full());
}

/// Null when it was refused.
Connection *SessionLoop::take(const std::string *listener, ListenerKind kind, FileDescriptor socket,
                              const SocketAddress &peer) noexcept
{
    if (kind.isProxied && !trusts(peer)) {
        noteProxyRefused(peer, "the connection came from no trusted proxy");
        return nullptr;
    }
    const Admission admission = admit(peer);
    if (!admission.isAdmitted) {
        if (!kind.isTls)
            tellTooMany(socket.get());
        return nullptr;
    }
    Connection::Origin origin {.transport = Transport(std::move(socket)),
                               .peer = PeerAddress(peer),
                               .listener = listener,
                               .isTrusted = admission.isTrusted,
                               .isCounted = admission.isCounted,
                               .rules = m_rules};
    if (kind.isTls && !kind.isProxied && !addTls(origin)) {
        uncountIf(origin);
        return nullptr;
    }
    if (m_table.size() >= share())
        makeRoom(); // when another listener's connection took the last place, this one is taken
                    // over the limit
    const uint32_t slot = m_table.reserve();
    std::unique_ptr<Connection> connection = kind.isProxied
        ? std::make_unique<ProxyHandshake>(*this, slot, std::move(origin), kind.isTls)
        : firstProtocol(slot, std::move(origin));
    Connection &begun = *connection;
    m_table.put(slot, std::move(connection));
    metrics().connectionsOpen.add(1);
    begun.start();
    m_table.markIdle(begun, m_loop.now());
    return &begun;
}

bool SessionLoop::trusts(const SocketAddress &peer) const noexcept
{
    const auto ip = peer.ip();
    return ip ? m_rules->trustedProxies.contains(*ip) : m_rules->trustedProxies.containsUnix();
}

SessionLoop::Admission SessionLoop::admit(const SocketAddress &peer) noexcept
{
    Admission admission {.isTrusted = trusts(peer)};
    const int64_t most = snapshot().settings.addressConnectionsMax;
    const auto ip = peer.ip();
    // Behind a proxy, a tunnel or a published port of this computer are many clients: to refuse
    // one for what the others do would lock all of them out.
    if (!m_shared.addresses || !most || !ip || admission.isTrusted || ip->isLoopback())
        return admission;
    admission.isAdmitted = admission.isCounted = m_shared.addresses->enter(*ip, most);
    if (!admission.isAdmitted)
        metrics().connectionsOverAddress.add(1);
    return admission;
}

void SessionLoop::uncount(const PeerAddress &peer) noexcept
{
    m_shared.addresses->leave(*peer.full().ip());
}

void SessionLoop::uncountIf(Connection::Origin &origin) noexcept
{
    if (std::exchange(origin.isCounted, false))
        uncount(origin.peer);
}

/// False when the listener has no certificate any more, or there is no memory.
bool SessionLoop::addTls(Connection::Origin &origin) noexcept
{
    auto tls = std::make_unique<TlsStream>(m_tls, *origin.listener);
    if (!tls->isValid()) {
        metrics().tlsFailed.add(1);
        return false;
    }
    origin.transport.speakTls(std::move(tls));
    return true;
}

std::unique_ptr<Connection> SessionLoop::firstProtocol(uint32_t slot, Connection::Origin origin)
{
    if (origin.transport.tls())
        return std::make_unique<TlsHandshake>(*this, slot, std::move(origin));
    return std::make_unique<Http1Connection>(*this, slot, std::move(origin));
}

void SessionLoop::proceedBehindProxy(ProxyHandshake &old, Connection::Origin origin,
                                     bool isTls) noexcept
{
    const Admission admission = admit(origin.peer.full());
    // Where the header names nobody, the requests are a stranger's, whom the proxy did not look at.
    origin.isTrusted = origin.local && admission.isTrusted;
    origin.isCounted = admission.isCounted;
    const bool isRefused = !admission.isAdmitted;
    if (isRefused && !isTls)
        tellTooMany(origin.transport.socket());
    if (isRefused || (isTls && !addTls(origin))) {
        uncountIf(origin);
        metrics().connectionsOpen.add(-1);
        forget(old);
        return;
    }
    auto next = firstProtocol(old.slot(), std::move(origin));
    Connection &begun = *next;
    replace(old, std::move(next));
    if (!begun.isClosed())
        m_table.markIdle(begun, m_loop.now()); // as take() does: it may have to make room
}

void SessionLoop::noteProxyRefused(const SocketAddress &peer, std::string_view reason) noexcept
{
    metrics().proxyHeadersBad.add(1);
    if (!snapshot().settings.accessLog || !m_log.isOn())
        return;
    const std::string client = peer.host();
    std::array<char, 32> id;
    printTraceId(random(), random(), id);
    std::string line;
    m_log.begin(line,
                {.unixMs = m_loop.unixMs(),
                 .status = 400, // nobody was told, but every line has one
                 .client = client,
                 .requestId = std::string_view(id.data(), id.size()),
                 .refusal = reason});
    m_log.finish(line, {});
}

} // namespace arc
