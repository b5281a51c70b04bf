// SPDX-License-Identifier: Apache-2.0
#include "server/workers/home_worker.h"

#include "server/base/assert.h"
#include "server/http/websocket/frame.h"
#include "server/workers/app_home.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace arc {

using protocol::Frame;
using protocol::FrameType;
using protocol::kAbort;
using protocol::kEnd;

namespace {

constexpr int kSwitchingProtocols = 101;
constexpr size_t kLabelBytesMax = 128;

/// As a RESPONSE, without a body.
bool holdsOnlyFields(std::string_view payload) noexcept
{
    protocol::ResponseReader reader(payload);
    if (!reader.isSound())
        return false;
    while (reader.next()) { }
    return reader.body().empty();
}

} // namespace

HomeWorker::HomeWorker(AppHome &home, EventLoop &loop, uint32_t number, FileDescriptor socket,
                       std::shared_ptr<WorkerCells> cells)
    : m_home(home), m_loop(loop), m_number(number), m_cells(std::move(cells)),
      m_stuck(&HomeWorker::stuckDue, this), m_drain(&HomeWorker::drainDue, this),
      m_stream(loop, std::move(socket), *this)
{
}

void HomeWorker::hello(std::string_view payload)
{
    m_stream.send({.type = FrameType::Hello, .payload = payload});
}

void HomeWorker::activate(unsigned slots)
{
    ARC_ASSERT(m_state == State::Starting && slots > 0);
    m_state = State::Active;
    m_slots = slots;
    m_table.resize(std::bit_ceil(size_t {slots} * 2));
}

void HomeWorker::retire(std::chrono::milliseconds socketDrain)
{
    if (m_state == State::Closed || m_state == State::Retiring)
        return;
    m_state = State::Retiring;
    m_stream.send({.type = FrameType::Stop});
    m_drain.arm(m_loop.timers(), socketDrain);
}

void HomeWorker::drainDue(void *context) noexcept
{
    static_cast<HomeWorker *>(context)->endSockets();
}

void HomeWorker::endSockets() noexcept
{
    std::vector<HomeRequest *> sockets;
    for (const Slot &slot : m_table) {
        if (slot.request && slot.isSocket)
            sockets.push_back(slot.request);
    }
    if (!sockets.empty())
        m_home.socketsEnded(sockets, ws_close::kServiceRestart);
}

/// Places for another stream: half of them stay free. Two streams never meet in a larger table that
/// did not in the smaller one.
void HomeWorker::makeRoom()
{
    if ((m_busy + m_sockets + 1) * 2 <= m_table.size())
        return;
    std::vector<Slot> larger(m_table.size() * 2);
    for (Slot &slot : m_table) {
        if (slot.stream)
            larger[slot.stream & (larger.size() - 1)] = std::move(slot);
    }
    m_table = std::move(larger);
}

void HomeWorker::start(HomeRequest &request, uint64_t useNumber)
{
    ARC_DEBUG_ASSERT(hasFreeSlot());
    makeRoom();
    Slot *slot = nullptr;
    do { // half of the places are free
        ++m_lastStream;
        slot = &m_table[m_lastStream & (m_table.size() - 1)];
    } while (m_lastStream == 0 || slot->stream != 0);
    *slot = {.stream = m_lastStream,
             .request = &request,
             .window = protocol::kInitialWindow,
             .asksSocket = request.asksSocket};
    request.worker = this;
    request.stream = m_lastStream;
    m_lastUsed = useNumber;
    m_cells->busy.set(++m_busy);
    m_stream.send({.type = FrameType::Request,
                   .flags = request.complete ? kEnd : uint8_t {0},
                   .stream = m_lastStream,
                   .payload = request.payload});
}

void HomeWorker::sendBody(HomeRequest &request, std::string_view bytes, uint8_t flags)
{
    m_stream.send(
        {.type = FrameType::Body, .flags = flags, .stream = request.stream, .payload = bytes});
}

void HomeWorker::sendMessage(const HomeRequest &request, std::string_view bytes, uint8_t flags)
{
    m_stream.send(
        {.type = FrameType::Message, .flags = flags, .stream = request.stream, .payload = bytes});
}

void HomeWorker::endSocket(HomeRequest &request, uint16_t code, std::string_view reason)
{
    slotOf(request).request = nullptr;
    request.worker = nullptr;
    m_stream.send({.type = FrameType::SocketClose,
                   .stream = request.stream,
                   .payload = protocol::socketClosePayload(code, reason)});
}

void HomeWorker::grant(HomeRequest &request, uint32_t bytes)
{
    widen(slotOf(request), bytes);
}

void HomeWorker::widen(Slot &slot, uint32_t bytes)
{
    slot.window += bytes;
    char payload[4];
    std::memcpy(payload, &bytes, sizeof payload);
    m_stream.send(
        {.type = FrameType::Window, .stream = slot.stream, .payload = {payload, sizeof payload}});
}

void HomeWorker::cancel(HomeRequest &request, Patience patience)
{
    Slot &slot = slotOf(request);
    slot.request = nullptr;
    slot.givenUp = std::make_unique<GivenUp>(
        GivenUp {.label = protocol::requestLabel(request.payload, kLabelBytesMax),
                 .requestId = std::string(protocol::requestIdOf(request.payload)),
                 .startedAt = request.startedAt,
                 .grace = patience.grace,
                 .isInterrupted = patience.isInterrupted});
    request.worker = nullptr;
    if (!request.complete)
        sendBody(request, {}, kAbort);
    m_stream.send({.type = FrameType::Cancel, .stream = request.stream});
    if (patience.wait.count() > 0) {
        slot.stuckAt = m_loop.now() + patience.wait;
        if (slot.stuckAt < m_stuckNext) {
            m_stuckNext = slot.stuckAt;
            m_stuck.arm(m_loop.timers(), patience.wait);
        }
    }
}

std::vector<HomeRequest *> HomeWorker::close() noexcept
{
    m_state = State::Closed;
    m_inFlightAtEnd = m_busy + static_cast<unsigned>(m_sockets);
    m_stream.close();
    m_stuck.disarm();
    m_drain.disarm();
    std::vector<HomeRequest *> lost = running();
    describeEnd(lost);
    for (Slot &slot : m_table)
        slot = {};
    m_cells->busy.set(m_busy = 0);
    m_cells->sockets.set(0);
    m_sockets = 0;
    for (HomeRequest *request : lost)
        request->worker = nullptr;
    return lost;
}

void HomeWorker::describeEnd(const std::vector<HomeRequest *> &lost)
{
    const auto ran = [this](SteadyTime since) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(m_loop.now() - since).count();
    };
    for (const HomeRequest *request : lost)
        m_atEnd.push_back({.label = protocol::requestLabel(request->payload, kLabelBytesMax),
                           .ranMs = ran(request->startedAt)});
    for (const Slot &slot : m_table) {
        if (slot.givenUp)
            m_atEnd.push_back({.label = slot.givenUp->label,
                               .ranMs = ran(slot.givenUp->startedAt),
                               .fate = RequestFate::GivenUp});
    }
}

std::vector<HomeRequest *> HomeWorker::running() const
{
    std::vector<HomeRequest *> running;
    for (const Slot &slot : m_table) {
        if (slot.request)
            running.push_back(slot.request);
    }
    std::sort(running.begin(), running.end(),
              [](const HomeRequest *a, const HomeRequest *b) { return a->queuedAt < b->queuedAt; });
    return running;
}

void HomeWorker::readRest() noexcept
{
    constexpr int kTurnsMax =
        64; // what one process can have left in a socket's buffer fits many times
    for (int turn = 0; turn < kTurnsMax && m_stream.readOn(); ++turn) { }
}

HomeRequest *HomeWorker::oldest() const noexcept
{
    HomeRequest *found = nullptr;
    for (const Slot &slot : m_table) {
        if (slot.request && !slot.isSocket
            && (!found || slot.request->startedAt < found->startedAt))
            found = slot.request;
    }
    return found;
}

const char *HomeWorker::onFrame(const Frame &frame) noexcept
{
    switch (frame.type) {
    case FrameType::Response:
    case FrameType::Data:
    case FrameType::Trailers:
        return onAnswer(frame);
    case FrameType::EarlyHints:
        return onHints(frame);
    case FrameType::Message:
    case FrameType::SocketClose:
        return onSocketFrame(frame);
    case FrameType::Window:
        onWindow(frame);
        return nullptr;
    case FrameType::Step:
    case FrameType::Ready:
    case FrameType::Failed:
        if (m_state == State::Active)
            return "a start-up frame after the start";
        m_home.workerSpoke(*this, frame);
        return nullptr;
    case FrameType::Log:
        m_home.workerLogged(*this, frame.payload.substr(1));
        return nullptr;
    default:
        return "an answer to a ping that was never sent";
    }
}

/// RESPONSE, DATA and TRAILERS: the state of the slot first, then the call outwards, which may
/// start the next request here.
const char *HomeWorker::onAnswer(const Frame &frame) noexcept
{
    Slot *slot = find(frame.stream);
    if (!slot)
        return "an answer on a stream that is not open";
    const bool isHead = frame.type == FrameType::Response;
    // A request can end before it has a head: cancelled ones do, whenever the application looks.
    const bool endsEarly =
        !isHead && !slot->headSeen && (frame.flags & kAbort) != 0 && frame.payload.empty();
    if (isHead == slot->headSeen && !endsEarly)
        return isHead ? "a second response head" : "a body before its head";
    size_t bodyBytes = frame.payload.size();
    if (frame.type == FrameType::Trailers) {
        if (slot->isSocket || !holdsOnlyFields(frame.payload))
            return "trailers that do not parse";
        bodyBytes = 0;
    }
    if (isHead) {
        protocol::ResponseReader reader(frame.payload);
        if (!reader.isSound())
            return "a response head that does not parse";
        while (reader.next()) { }
        bodyBytes = reader.body().size();
        slot->headSeen = true;
        if (reader.status() == kSwitchingProtocols && slot->asksSocket && !frame.flags)
            accept(*slot);
    }
    slot->window -= static_cast<int64_t>(bodyBytes);
    if (slot->window < 0)
        return "more body than its window";
    HomeRequest *request = slot->request;
    if (frame.flags & (kEnd | kAbort)) {
        free(*slot);
        if (request)
            request->worker = nullptr;
    } else if (!request && bodyBytes > 0) {
        // Cancelled: taken and dropped, so that the application never waits for room.
        widen(*slot, static_cast<uint32_t>(bodyBytes));
    }
    m_home.workerAnswered(request, frame);
    return nullptr;
}

/// The request goes on waiting for its answer.
const char *HomeWorker::onHints(const Frame &frame) noexcept
{
    Slot *slot = find(frame.stream);
    if (!slot || slot->headSeen)
        return "early hints on a stream that waits for no answer";
    if (++slot->hints > protocol::kHintsMax)
        return "too many early hints";
    if (!holdsOnlyFields(frame.payload))
        return "early hints that do not parse";
    if (slot->request)
        m_home.workerHinted(*slot->request, frame);
    return nullptr;
}

/// From here on it is no request: it leaves its slot to the next one.
void HomeWorker::accept(Slot &slot) noexcept
{
    slot.isSocket = true;
    m_cells->busy.set(--m_busy);
    m_cells->sockets.set(static_cast<int64_t>(++m_sockets));
    if (slot.request)
        slot.request->isSocket = true;
}

const char *HomeWorker::onSocketFrame(const Frame &frame) noexcept
{
    Slot *slot = find(frame.stream);
    if (!slot || !slot->isSocket)
        return "a WebSocket frame on a stream that is none";
    if (frame.type == FrameType::Message) {
        slot->window -= static_cast<int64_t>(frame.payload.size()) + protocol::kMessageCost;
        if (slot->window < 0)
            return "more messages than its window";
    }
    if (slot->request)
        m_home.workerAnswered(slot->request, frame);
    return nullptr;
}

void HomeWorker::onWindow(const Frame &frame) noexcept
{
    // One for a stream that has just ended is late, not wrong.
    const Slot *slot = find(frame.stream);
    if (slot && slot->request)
        m_home.workerGranted(*slot->request, protocol::readU32(frame.payload, 0));
}

void HomeWorker::onClosed(std::string reason, bool violation) noexcept
{
    m_home.workerClosed(*this, std::move(reason), violation);
}

void HomeWorker::onMoreToRead() noexcept
{
    m_home.readOnLater(m_number);
}

HomeWorker::Slot *HomeWorker::find(uint32_t stream) noexcept
{
    if (m_table.empty())
        return nullptr;
    Slot &slot = m_table[stream & (m_table.size() - 1)];
    return slot.stream == stream ? &slot : nullptr;
}

HomeWorker::Slot &HomeWorker::slotOf(const HomeRequest &request) noexcept
{
    Slot *slot = find(request.stream);
    ARC_ASSERT(slot);
    return *slot;
}

void HomeWorker::free(Slot &slot) noexcept
{
    if (slot.isSocket)
        m_cells->sockets.set(static_cast<int64_t>(--m_sockets));
    else
        m_cells->busy.set(--m_busy);
    slot = {};
    m_cells->requests.add(1);
}

void HomeWorker::stuckDue(void *context) noexcept
{
    static_cast<HomeWorker *>(context)->checkStuck();
}

/// A cancelled request that never returns costs a slot for ever: it is interrupted, and if that
/// does not help, the control loop replaces the worker.
void HomeWorker::checkStuck() noexcept
{
    SteadyTime next = SteadyTime::max();
    for (Slot &slot : m_table) {
        if (slot.stream != 0 && slot.stuckAt <= m_loop.now())
            runOut(slot);
        if (slot.stream != 0)
            next = std::min(next, slot.stuckAt);
    }
    m_stuckNext = next;
    if (next != SteadyTime::max())
        m_stuck.arm(m_loop.timers(),
                    std::chrono::ceil<std::chrono::milliseconds>(next - m_loop.now()));
}

void HomeWorker::runOut(Slot &slot) noexcept
{
    GivenUp &request = *slot.givenUp;
    if (request.isInterrupted) {
        slot.stuckAt = SteadyTime::max();
        return m_home.workerStuck(*this, request.label);
    }
    request.isInterrupted = true;
    slot.stuckAt = m_loop.now() + request.grace;
    m_home.tellOfRequest(HomeEvent::Kind::Abandoned, *this,
                         {request.label, request.requestId, request.startedAt});
}

} // namespace arc
