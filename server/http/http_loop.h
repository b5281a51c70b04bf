// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/log_ring.h"
#include "server/http/exchange.h"
#include "server/http/router.h"
#include "server/loop/blocking_pool.h"
#include "server/loop/event_loop.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

class AddressCounts;
class BufferBudget;
class CoderPool;
class FileCache;
class SessionLoop;
class TicketKeys;
struct KernelTls;

/// What clients speak first.
struct ListenerKind {
    bool isTls = false;
    bool isProxied = false; ///< before it, a PROXY header of a trusted proxy

    static const ListenerKind Plain;
    static const ListenerKind Tls;
};
inline constexpr ListenerKind ListenerKind::Plain {};
inline constexpr ListenerKind ListenerKind::Tls {.isTls = true};

/// What all HTTP loops of an engine share. Outlives them.
struct HttpShared {
    BlockingPool *pool = nullptr;         ///< cold files
    BufferBudget *budget = nullptr;       ///< buffers.total_mib
    AddressCounts *addresses = nullptr;   ///< limits.connections_per_address; null: no such limit
    std::function<void()> wakeLogs;       ///< any thread; the log writer should drain soon
    const KernelTls *kernelTls = nullptr; ///< null: as if the kernel had none
    size_t loops = 1;
    /// Takes a snapshot that no request of a loop needs any longer, so that it is destroyed
    /// elsewhere. Any thread; may be empty.
    std::function<void(std::shared_ptr<const HttpSnapshot>)> retire;
};

/// Everything HTTP on one loop: its acceptors, connections, exchanges and file cache. Confined to
/// its loop; the constructor may run on another thread before the loop does.
class HttpLoop {
public:
    HttpLoop(EventLoop &loop, const HttpShared &shared,
             std::shared_ptr<const HttpSnapshot> snapshot, LogRing *accessLog);
    ~HttpLoop();
    HttpLoop(const HttpLoop &) = delete;

    /// The loops that serve the same listeners, this one among them; before any of them runs. They
    /// outlive its connections. A connection goes to one that has clearly fewer.
    void setSiblings(std::vector<HttpLoop *> siblings);
    /// Connections it has, or will have once its mail is read. Any thread; a moment old.
    int64_t load() const noexcept;

    void publish(std::shared_ptr<const HttpSnapshot> snapshot);
    /// Accepts on a socket of listener `id` from now on.
    void listen(std::string id, FileDescriptor socket, ListenerKind kind = ListenerKind::Plain);
    /// Session tickets are sealed with these from now on.
    void useTicketKeys(std::shared_ptr<const TicketKeys> keys);
    /// Speaks something else to the clients that come from now on.
    void retune(std::string_view id, ListenerKind kind);
    /// Closes the socket; connections accepted through it live on for what they have begun.
    void unlisten(std::string_view id);
    /// Stops accepting, closes idle connections, answers what is in flight with Connection: close,
    /// cuts what is left at the deadline, then calls done once.
    void drain(std::chrono::milliseconds deadline, std::function<void()> done);

    /// The exchange of an id of this loop, or null when it is gone.
    Exchange *find(ExchangeId id) noexcept;
    /// Before the first request that needs it; the loop owns it and never looks inside.
    void setFiles(std::shared_ptr<FileCache> files) noexcept;
    FileCache &files() noexcept;
    /// The same for what compresses answers; null when none was set: nothing is compressed.
    void setCoders(std::shared_ptr<CoderPool> coders) noexcept;
    CoderPool *coders() noexcept;
    /// Bytes that a handler keeps for its exchanges, beside what those hold themselves: they count
    /// against buffers.total_mib. Negative: no more.
    void charge(int64_t bytes) noexcept;
    EventLoop &loop() noexcept;
    size_t connections() const noexcept;

private:
    friend class SessionLoop; // hands connections to that of another loop
    SessionLoop &sessions() noexcept;
    struct Implementation;
    std::unique_ptr<Implementation> m_impl;
};

} // namespace arc
