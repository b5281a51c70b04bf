// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_inspector.h"

#include "server/workers/process_figures.h"
#include "server/workers/spawn.h"

#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace arc {

namespace {

using Json = nlohmann::json;

constexpr size_t kMessageMax = 256 * 1024;

std::string textOf(const Json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool isTrue(const Json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_boolean() && it->get<bool>();
}

int64_t numberOf(const Json &object, const char *key)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_number_integer() ? it->get<int64_t>() : 0;
}

const char *nameOf(WorkerInspector::Deed deed)
{
    switch (deed) {
    case WorkerInspector::Deed::Stack:
        return "stack";
    case WorkerInspector::Deed::Interrupt:
        return "interrupt";
    case WorkerInspector::Deed::Start:
        return "start";
    }
    return "stack";
}

} // namespace

std::string silentPhrase(char state, double cpuSeconds, double seconds)
{
    if (state == 'T' || state == 't')
        return "was stopped by a signal or a debugger";
    if (cpuSeconds > seconds / 10)
        return fmt::format("computes ({:.1f} s of processor time in {:.1f} s) in C code that keeps "
                           "Python's interpreter to itself",
                           cpuSeconds, seconds);
    if (state == 'D')
        return "waits for a disk or another device, and Python's interpreter with it";
    if (state == 'R')
        return "gets no processor time, or computes in C code that keeps Python's interpreter to "
               "itself";
    return "stands still in C code that keeps Python's interpreter to itself";
}

WorkerInspector::WorkerInspector(EventLoop &control) noexcept
    : m_loop(control), m_self(std::make_shared<WorkerInspector *>(this)),
      m_due(&WorkerInspector::due, this)
{
}

WorkerInspector::~WorkerInspector()
{
    *m_self = nullptr;
}

Result<WorkerInspector::Ends> WorkerInspector::open()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errnoError("cannot make a socket pair", errno);
    m_lane.reset(ends[0]);
    Ends given {.lane = FileDescriptor(ends[1]), .stacks = {}};
    auto pipe = OutputPipe::create();
    if (!pipe)
        return std::move(pipe).error();
    // A signal handler writes into it: that must never wait for us.
    ::fcntl(pipe->writing.get(), F_SETFL, O_NONBLOCK);
    given.stacks = std::move(pipe->writing);
    m_stacks = std::make_unique<OutputReader>(
        m_loop, std::move(pipe->reading), [this](std::string_view bytes) {
            m_dump.append(bytes.substr(0, kDumpBytesMax - std::min(kDumpBytesMax, m_dump.size())));
        });
    m_laneEvent.watchInput(m_loop, m_lane.get(), &WorkerInspector::laneReady, this);
    return given;
}

void WorkerInspector::ask(Question question, Done done)
{
    const size_t most = question.deed == Deed::Interrupt ? kInterruptsMax : kQuestionsMax;
    if (!m_isThere || m_questions.size() >= most)
        return answerLater(std::move(done), {});
    const uint64_t number = ++m_lastNumber;
    const Json message = {{"n", number},
                          {"do", nameOf(question.deed)},
                          {"id", question.requestId},
                          {"alone", question.isAlone}};
    m_questions.push_back({.number = number,
                           .message = message.dump(-1, ' ', true, Json::error_handler_t::replace),
                           .done = std::move(done)});
    if (m_questions.size() == 1)
        next();
}

void WorkerInspector::settle(std::function<void()> done)
{
    Done told = [done = std::move(done)](const Inspection &) {
        done();
    };
    if (m_questions.empty()) // answers that are on their way come first
        return answerLater(std::move(told), {});
    ask({.deed = Deed::Interrupt}, std::move(told)); // of no request; only its place counts
}

void WorkerInspector::next()
{
    if (m_questions.empty())
        return;
    const std::string &message = m_questions.front().message;
    // It has room: one question is under way at a time. One that is gone shows by its silence.
    (void)::send(m_lane.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    m_cpuAtQuestion = readCpuSeconds(m_pid);
    m_due.arm(m_loop.timers(), kPatience);
}

void WorkerInspector::laneReady(void *context, Readiness) noexcept
{
    static_cast<WorkerInspector *>(context)->readLane();
}

void WorkerInspector::readLane() noexcept
{
    std::string message(kMessageMax, '\0');
    for (int i = 0; i < kMessagesPerTurn; ++i) {
        const ssize_t size = ::recv(m_lane.get(), message.data(), message.size(), MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return;
        hear({message.data(), static_cast<size_t>(size)});
    }
    m_loop.post([self = m_self] { // no event tells of what is there already
        if (*self)
            (*self)->readLane();
    });
}

void WorkerInspector::hear(std::string_view message)
{
    const Json answer = Json::parse(message, nullptr, false);
    if (!answer.is_object())
        return;
    if (isTrue(answer, "ready")) {
        const int64_t number = numberOf(answer, "signal");
        m_signal = number >= SIGRTMIN && number <= SIGRTMAX ? static_cast<int>(number) : 0;
        m_isThere = true;
        return;
    }
    if (m_questions.empty()
        || static_cast<uint64_t>(numberOf(answer, "n")) != m_questions.front().number)
        return; // of a question that was given up
    finish({.reach = Inspection::Reach::Answered,
            .isFound = isTrue(answer, "found"),
            .at = textOf(answer, "at"),
            .stack = textOf(answer, "stack"),
            .done = textOf(answer, "done"),
            .why = textOf(answer, "why")});
}

void WorkerInspector::due(void *context) noexcept
{
    static_cast<WorkerInspector *>(context)->overdue();
}

/// First it is made to show its stacks, where it can be; then that is the answer.
void WorkerInspector::overdue()
{
    if (!m_isDumping && m_signal != 0 && m_pid > 0) { // 0: it greeted before we knew its pid
        m_isDumping = true;
        m_dump.clear();
        ::kill(m_pid, m_signal);
        m_due.arm(m_loop.timers(), kDumpTime);
        return;
    }
    const std::chrono::duration<double> took = m_signal ? kPatience + kDumpTime : kPatience;
    finishAll({.reach = Inspection::Reach::Silent,
               .isFound = false,
               .at = {},
               .stack = std::exchange(m_dump, {}),
               .done = {},
               .why = silentPhrase(readProcessState(m_pid), readCpuSeconds(m_pid) - m_cpuAtQuestion,
                                   took.count())});
}

void WorkerInspector::finish(Inspection inspection)
{
    m_due.disarm();
    m_isDumping = false;
    answerLater(std::move(m_questions.front().done), std::move(inspection));
    m_questions.pop_front();
    next();
}

/// Each would wait as long in vain, and the last of many for minutes.
void WorkerInspector::finishAll(Inspection inspection)
{
    m_due.disarm();
    m_isDumping = false;
    for (Pending &pending : std::exchange(m_questions, {})) {
        answerLater(std::move(pending.done), inspection);
        inspection.stack.clear(); // once is enough
    }
}

void WorkerInspector::answerLater(Done done, Inspection inspection)
{
    m_loop.post([self = m_self, done = std::move(done), inspection = std::move(inspection)] {
        if (*self)
            done(inspection);
    });
}

std::string WorkerInspector::lastStacks()
{
    if (m_stacks)
        m_stacks->drain();
    return std::exchange(m_dump, {});
}

} // namespace arc
