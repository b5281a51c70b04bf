// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/metrics/cell.h"
#include "server/workers/home_request.h"
#include "server/workers/worker_stream.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace arc {

/// What the control loop reads of a worker; written by the home loop alone.
struct WorkerCells {
    Cell requests; ///< answered
    Cell busy;     ///< slots in use
    Cell sockets;  ///< WebSockets
};

/// One worker as the home loop sees it: its stream and which request runs in which slot. Confined
/// to the home loop.
///
/// A slot whose request was cancelled stays taken until the worker says that the application has
/// returned.
class HomeWorker final : public WorkerStream::Owner {
public:
    enum class State { Starting, Active, Retiring, Closed };

    HomeWorker(AppHome &home, EventLoop &loop, uint32_t number, FileDescriptor socket,
               std::shared_ptr<WorkerCells> cells);

    uint32_t number() const noexcept { return m_number; }
    State state() const noexcept { return m_state; }
    unsigned busy() const noexcept { return m_busy; }
    unsigned slots() const noexcept { return m_slots; }
    /// WebSockets that were accepted; they take no slot.
    size_t sockets() const noexcept { return m_sockets; }
    bool hasFreeSlot() const noexcept { return m_state == State::Active && m_busy < m_slots; }
    uint64_t lastUsed() const noexcept { return m_lastUsed; }

    void hello(std::string_view payload);
    void activate(unsigned slots);
    /// Tells the worker to finish what it has and go. Its WebSockets have `socketDrain` left.
    void retire(std::chrono::milliseconds socketDrain);
    /// Sends a request into a free slot.
    void start(HomeRequest &request, uint64_t useNumber);
    void sendBody(HomeRequest &request, std::string_view bytes, uint8_t flags);
    void sendMessage(const HomeRequest &request, std::string_view bytes, uint8_t flags);
    /// The client of a WebSocket is no longer there; its stream ends when the application returns.
    void endSocket(HomeRequest &request, uint16_t code, std::string_view reason);
    void grant(HomeRequest &request, uint32_t bytes);
    struct Patience {
        std::chrono::milliseconds wait {0};  ///< 0: for ever
        std::chrono::milliseconds grace {0}; ///< behind an interruption
        bool isInterrupted = false;          ///< it is being, already
    };
    /// Nobody waits any more. When the slot is still taken after the wait, the request is reported
    /// as abandoned, so that it can be interrupted; the grace later the worker is, as stuck.
    void cancel(HomeRequest &request, Patience patience);
    void readOn() noexcept { m_stream.readOn(); }
    /// Takes what a dead worker had still written.
    void readRest() noexcept;
    unsigned inFlightAtEnd() const noexcept { return m_inFlightAtEnd; }
    /// Ends the stream; what ran comes back, oldest first.
    std::vector<HomeRequest *> close() noexcept;
    /// What became of the request that stood at `index` of close().
    void settle(size_t index, RequestFate fate) noexcept { m_atEnd[index].fate = fate; }
    /// All that ran when it was closed, those that nobody waited for included.
    std::vector<RequestAtEnd> &atEnd() noexcept { return m_atEnd; }
    /// What runs for somebody who still waits, oldest first.
    std::vector<HomeRequest *> running() const;
    /// The request that runs longest, WebSockets aside, or null.
    HomeRequest *oldest() const noexcept;

    // WorkerStream::Owner
    const char *onFrame(const protocol::Frame &frame) noexcept override;
    void onClosed(std::string reason, bool violation) noexcept override;
    void onMoreToRead() noexcept override;

private:
    /// What is known of a request after it was cancelled.
    struct GivenUp {
        std::string label;
        std::string requestId;
        SteadyTime startedAt;
        std::chrono::milliseconds grace {0};
        bool isInterrupted = false;
    };
    struct Slot {
        uint32_t stream = 0;              // 0: free
        HomeRequest *request = nullptr;   // null: cancelled
        std::unique_ptr<GivenUp> givenUp; // since it was
        int64_t window = 0;               // answer bytes the worker may still send
        bool headSeen = false;
        bool asksSocket = false;
        bool isSocket = false;
        uint8_t hints = 0; // EARLY_HINTS so far
        SteadyTime stuckAt = SteadyTime::max();
    };
    Slot *find(uint32_t stream) noexcept;
    Slot &slotOf(const HomeRequest &request) noexcept;
    const char *onAnswer(const protocol::Frame &frame) noexcept;
    const char *onHints(const protocol::Frame &frame) noexcept;
    const char *onSocketFrame(const protocol::Frame &frame) noexcept;
    void accept(Slot &slot) noexcept;
    void makeRoom();
    static void drainDue(void *context) noexcept;
    void endSockets() noexcept;
    void widen(Slot &slot, uint32_t bytes);
    void onWindow(const protocol::Frame &frame) noexcept;
    void free(Slot &slot) noexcept;
    void describeEnd(const std::vector<HomeRequest *> &lost);
    static void stuckDue(void *context) noexcept;
    void checkStuck() noexcept;
    void runOut(Slot &slot) noexcept;

    AppHome &m_home;
    EventLoop &m_loop;
    const uint32_t m_number;
    State m_state = State::Starting;
    unsigned m_slots = 0;
    unsigned m_busy = 0; ///< streams that take a slot
    size_t m_sockets = 0;
    unsigned m_inFlightAtEnd = 0;
    std::vector<RequestAtEnd> m_atEnd; ///< those of close() in its order, then the cancelled ones
    uint32_t m_lastStream = 0;
    uint64_t m_lastUsed = 0;
    std::vector<Slot>
        m_table; // a power of two, at least twice the streams; a stream's place is its number
    std::shared_ptr<WorkerCells> m_cells;
    Timer m_stuck;
    SteadyTime m_stuckNext = SteadyTime::max(); ///< when it is due
    Timer m_drain;                              ///< of the WebSockets of a worker that retires
    WorkerStream m_stream;
};

} // namespace arc
