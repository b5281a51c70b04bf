// SPDX-License-Identifier: Apache-2.0
// The other half of AppHome: its workers come, speak and go.
#include "server/base/assert.h"
#include "server/workers/app_core.h"
#include "server/workers/app_home.h"

#include <algorithm>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr int kAttemptsMax = 3;
constexpr size_t kLabelBytesMax = 128;
constexpr size_t kLabelsMax = 8;
constexpr const char *kDied = "The application ended while it worked on this request.";

} // namespace

HomeWorker *AppHome::find(uint32_t number) noexcept
{
    for (const auto &worker : m_workers) {
        if (worker->number() == number)
            return worker.get();
    }
    return nullptr;
}

void AppHome::addWorker(uint32_t number, FileDescriptor socket, const std::string &hello,
                        std::shared_ptr<WorkerCells> cells)
{
    m_metrics->cells.starts.add(1);
    m_workers.push_back(
        std::make_unique<HomeWorker>(*this, m_loop, number, std::move(socket), std::move(cells)));
    m_workers.back()->hello(hello);
}

void AppHome::activateWorker(uint32_t number, unsigned slots)
{
    HomeWorker *worker = find(number);
    if (!worker || worker->state() != HomeWorker::State::Starting)
        return;
    worker->activate(slots);
    measure();
    dispatch();
}

void AppHome::retireWorker(uint32_t number)
{
    if (HomeWorker *worker = find(number)) {
        worker->retire(m_limits.socketDrain);
        measure();
        if (const size_t sockets = worker->sockets())
            m_core.tellControl({.kind = HomeEvent::Kind::Sockets,
                                .worker = number,
                                .count = static_cast<int64_t>(sockets)});
    }
}

void AppHome::socketsEnded(const std::vector<HomeRequest *> &sockets, uint16_t code) noexcept
{
    const std::string payload = protocol::socketClosePayload(code, "the application is replaced");
    std::vector<RequestId> ended;
    for (HomeRequest *socket : sockets) {
        ended.push_back(socket->id);
        socket->worker->endSocket(*socket, code, {});
        release(*socket);
    }
    measure();
    for (const RequestId id : ended)
        m_core.sides().answer(id, {.type = protocol::FrameType::SocketClose, .payload = payload},
                              0);
}

void AppHome::removeWorker(uint32_t number, bool unplanned)
{
    const auto it = std::find_if(m_workers.begin(), m_workers.end(),
                                 [number](const auto &w) { return w->number() == number; });
    if (it == m_workers.end())
        return;
    HomeWorker &worker = **it;
    worker.readRest();
    if (worker.state() != HomeWorker::State::Closed)
        giveBack(worker);
    if (unplanned)
        m_metrics->cells.deaths.add(1);
    const int64_t inFlight = worker.inFlightAtEnd();
    std::vector<RequestAtEnd> requests = std::move(worker.atEnd());
    std::stable_sort(requests.begin(), requests.end(),
                     [](const auto &a, const auto &b) { return a.ranMs > b.ranMs; });
    if (requests.size() > WorkerEnd::kRequestsMax)
        requests.resize(WorkerEnd::kRequestsMax);
    // Its stream may be in this turn's list of hooks, so it goes with a later turn's mail.
    const auto again = std::find_if(m_workers.begin(), m_workers.end(),
                                    [number](const auto &w) { return w->number() == number; });
    m_loop.post([core = m_core.shared_from_this(), last = std::move(*again)] {});
    m_workers.erase(again);
    measure();
    m_core.tellControl({.kind = HomeEvent::Kind::Gone,
                        .worker = number,
                        .count = inFlight,
                        .requests = std::move(requests)});
    dispatch();
}

void AppHome::report(uint32_t number)
{
    HomeWorker *worker = find(number);
    const HomeRequest *oldest = worker ? worker->oldest() : nullptr;
    const auto ran = oldest ? m_loop.now() - oldest->startedAt : SteadyTime::duration::zero();
    m_core.tellControl(
        {.kind = HomeEvent::Kind::Report,
         .worker = number,
         .count = std::chrono::duration_cast<std::chrono::milliseconds>(ran).count(),
         .text = oldest ? protocol::requestLabel(oldest->payload, kLabelBytesMax) : std::string()});
}

/// At most kLabelsMax are named, oldest first.
void AppHome::reportLingering(uint32_t number)
{
    std::string labels;
    size_t named = 0;
    const HomeWorker *worker = find(number);
    const auto running = worker ? worker->running() : std::vector<HomeRequest *> {};
    for (const HomeRequest *request : running) {
        if (named++ == kLabelsMax)
            break;
        labels += labels.empty() ? "" : ", ";
        labels += protocol::requestLabel(request->payload, kLabelBytesMax);
    }
    if (running.size() > kLabelsMax)
        labels += fmt::format(" and {} more", running.size() - kLabelsMax);
    m_core.tellControl({.kind = HomeEvent::Kind::Lingers,
                        .worker = number,
                        .count = static_cast<int64_t>(running.size()),
                        .text = std::move(labels)});
}

void AppHome::workerSpoke(HomeWorker &worker, const protocol::Frame &frame) noexcept
{
    HomeEvent::Kind kind = HomeEvent::Kind::Step;
    if (frame.type == protocol::FrameType::Ready)
        kind = HomeEvent::Kind::Ready;
    else if (frame.type == protocol::FrameType::Failed)
        kind = HomeEvent::Kind::Failed;
    m_core.tellControl(
        {.kind = kind, .worker = worker.number(), .text = std::string(frame.payload)});
}

void AppHome::workerLogged(HomeWorker &worker, std::string_view text) noexcept
{
    m_core.tellOutput(worker.number(), text);
}

void AppHome::workerAnswered(HomeRequest *request, const protocol::Frame &frame) noexcept
{
    if (!request) { // it was cancelled: the slot may be free now, nobody wants the bytes
        measure();
        dispatch();
        return;
    }
    const RequestId id = request->id;
    uint32_t queueUs = 0;
    if (!request->headSeen) {
        request->headSeen = true;
        request->deadline.disarm();
        queueUs = protocol::readU32(request->payload, protocol::kQueueTimeAt);
    }
    const bool ended = request->worker == nullptr;
    const bool isAccept = request->isSocket && frame.type == protocol::FrameType::Response;
    if (isAccept || (ended && !request->isSocket)) // how long a WebSocket lives is no service time
        m_metrics->cells.appTime.record(m_loop.now() - request->startedAt);
    if (ended)
        release(*request);
    if (ended || isAccept)
        measure();
    m_core.sides().answer(id, frame, queueUs);
    if (ended || isAccept)
        dispatch();
}

void AppHome::workerHinted(HomeRequest &request, const protocol::Frame &frame) noexcept
{
    m_core.sides().answer(request.id, frame, 0);
}

void AppHome::workerGranted(HomeRequest &request, uint32_t bytes) noexcept
{
    m_core.sides().credit(request.id, bytes);
}

void AppHome::workerClosed(HomeWorker &worker, std::string reason, bool violation) noexcept
{
    const uint32_t number = worker.number();
    giveBack(worker);
    measure();
    m_core.tellControl({.kind = HomeEvent::Kind::Broken,
                        .worker = number,
                        .count = violation ? 1 : 0,
                        .text = std::move(reason)});
    dispatch();
}

void AppHome::workerStuck(HomeWorker &worker, const std::string &label) noexcept
{
    m_core.tellControl({.kind = HomeEvent::Kind::Stuck, .worker = worker.number(), .text = label});
}

void AppHome::tellOfRequest(HomeEvent::Kind kind, const HomeWorker &worker,
                            AboutRequest about) noexcept
{
    const auto ran = m_loop.now() - about.startedAt;
    m_core.tellControl({.kind = kind,
                        .worker = worker.number(),
                        .count = std::chrono::duration_cast<std::chrono::milliseconds>(ran).count(),
                        .text = std::move(about.label),
                        .requestId = std::move(about.id),
                        .isAlone = worker.busy() == 1});
}

void AppHome::tellOfRequest(HomeEvent::Kind kind, const HomeRequest &request) noexcept
{
    tellOfRequest(kind, *request.worker,
                  {protocol::requestLabel(request.payload, kLabelBytesMax),
                   std::string(protocol::requestIdOf(request.payload)), request.startedAt});
}

void AppHome::readOnLater(uint32_t number) noexcept
{
    m_loop.post([core = m_core.shared_from_this(), number] {
        if (HomeWorker *worker = core->home().find(number))
            worker->readOn();
    });
}

/// What a worker held when it died: repeated where HTTP allows it and the answer has not begun,
/// else lost.
void AppHome::giveBack(HomeWorker &worker) noexcept
{
    const std::vector<HomeRequest *> requests = worker.close();
    std::vector<std::pair<RequestId, bool>> lost;
    for (size_t at = requests.size(); at-- > 0;) { // newest first to the front
        HomeRequest &request = *requests[at];
        if (!request.headSeen && request.mayRepeat && request.complete && !m_refusing
            && request.attempts < kAttemptsMax) {
            ++request.attempts;
            worker.settle(at, RequestFate::Repeated);
            m_metrics->cells.retried.add(1);
            m_queue.pushFront(request);
            wait(request);
            continue;
        }
        m_metrics->cells.lost.add(1);
        worker.settle(at, request.headSeen ? RequestFate::Cut : RequestFate::Lost);
        lost.emplace_back(request.id, request.headSeen);
        release(request);
    }
    for (const auto &[id, begun] : lost) {
        if (begun)
            m_core.sides().answer(
                id, {.type = protocol::FrameType::Data, .flags = protocol::kAbort}, 0);
        else
            m_core.sides().refuse(id, {.status = 502, .text = kDied});
    }
}

/// Gauges are sums over few workers: counted anew where they change.
void AppHome::measure() noexcept
{
    int64_t busy = 0;
    int64_t slots = 0;
    int64_t active = 0;
    int64_t sockets = 0;
    for (const auto &worker : m_workers) {
        busy += worker->busy();
        sockets += static_cast<int64_t>(worker->sockets());
        if (worker->state() == HomeWorker::State::Active) {
            slots += worker->slots();
            ++active;
        }
    }
    m_metrics->cells.busy.set(busy);
    m_metrics->cells.slots.set(slots);
    m_metrics->cells.workers.set(active);
    m_metrics->cells.sockets.set(sockets);
}

} // namespace arc
