// SPDX-License-Identifier: Apache-2.0
#include "server/workers/forker.h"

#include "server/workers/process_figures.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

namespace arc {

namespace {

using Json = nlohmann::json;

constexpr size_t kMessageMax = 4096;
constexpr size_t kDescriptorsMax = 8;

int64_t numberOf(const Json &object, const char *key, int64_t other)
{
    const auto it = object.find(key);
    return it != object.end() && it->is_number_integer() ? it->get<int64_t>() : other;
}

bool hasEnded(int pid)
{
    const char state = readProcessState(pid);
    return state == 'Z' || state == 'X' || state == '?';
}

/// unix(7): the descriptors go as one control message.
bool sendWith(int socket, std::string message, const std::vector<FileDescriptor> &descriptors)
{
    iovec bytes {message.data(), message.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kDescriptorsMax * sizeof(int))> control {};
    msghdr head {};
    head.msg_iov = &bytes;
    head.msg_iovlen = 1;
    if (!descriptors.empty()) {
        std::array<int, kDescriptorsMax> numbers {};
        const size_t count = std::min(descriptors.size(), kDescriptorsMax);
        for (size_t i = 0; i < count; ++i)
            numbers[i] = descriptors[i].get();
        head.msg_control = control.data();
        head.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr *one = CMSG_FIRSTHDR(&head);
        one->cmsg_level = SOL_SOCKET;
        one->cmsg_type = SCM_RIGHTS;
        one->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(one), numbers.data(), count * sizeof(int));
    }
    return ::sendmsg(socket, &head, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

} // namespace

Forker::Forker(EventLoop &control) noexcept : m_loop(control), m_overdue(&Forker::overdue, this)
{
}

Result<FileDescriptor> Forker::open()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errnoError("cannot make a socket pair", errno);
    m_socket.reset(ends[0]);
    m_event.watchInput(m_loop, m_socket.get(), &Forker::ready, this);
    return FileDescriptor(ends[1]);
}

void Forker::fork(std::vector<FileDescriptor> descriptors, Forked done)
{
    add(R"("do": "fork")", std::move(descriptors), [done = std::move(done)](const Answer &answer) {
        if (answer.pid > 0)
            done(answer.pid);
        else
            done(Error {ErrorCode::AppFailed, answer.error});
    });
}

void Forker::reap(int pid, std::function<void(ChildProcess::Fate)> done)
{
    add(fmt::format(R"("do": "reap", "pid": {})", pid), {},
        [done = std::move(done)](const Answer &answer) { done(answer.fate); });
}

void Forker::add(std::string message, std::vector<FileDescriptor> descriptors,
                 std::function<void(Answer)> done)
{
    if (m_isBroken)
        return answerLater(std::move(done), {.error = "its preloader has gone"});
    const uint64_t number = ++m_lastNumber;
    m_orders.push_back({.number = number,
                        .message = fmt::format(R"({{"n": {}, {}}})", number, message),
                        .descriptors = std::move(descriptors),
                        .done = std::move(done)});
    if (m_orders.size() == 1)
        sendNext();
}

void Forker::sendNext()
{
    if (m_orders.empty())
        return;
    Order &order = m_orders.front();
    // It has room: one order is under way at a time.
    if (!sendWith(m_socket.get(), order.message, order.descriptors))
        return condemn(fmt::format("did not take an order: {}", std::strerror(errno)));
    order.descriptors.clear(); // the worker alone holds its ends, or its end would not be seen
    m_overdue.arm(m_loop.timers(), m_patience);
}

void Forker::ready(void *context, Readiness) noexcept
{
    const auto self =
        static_cast<Forker *>(context)->shared_from_this(); // answers may let go of it
    std::string message(kMessageMax, '\0');
    while (!self->m_isBroken) {
        const ssize_t size =
            ::recv(self->m_socket.get(), message.data(), message.size(), MSG_DONTWAIT);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && errno == EAGAIN)
            return;
        if (size <= 0)
            return self->close("its preloader has ended");
        self->hear({message.data(), static_cast<size_t>(size)});
    }
}

void Forker::hear(std::string_view message)
{
    const Json answer = Json::parse(message, nullptr, false);
    if (!answer.is_object() || m_orders.empty()
        || static_cast<uint64_t>(numberOf(answer, "n", 0)) != m_orders.front().number)
        return condemn("sent what answers no order");
    const auto pid = static_cast<int>(numberOf(answer, "pid", 0));
    // The app's code runs in there: what it names will be signalled.
    if (pid != 0 && (pid < 2 || readParentPid(pid) != m_preloader)) {
        if (hasEnded(m_preloader)) // its children have another parent now
            return close("its preloader has ended");
        return condemn("named a process that it did not fork");
    }
    m_hasForked = m_hasForked || pid > 0;
    m_overdue.disarm();
    const auto error = answer.find("error");
    Answer heard {.pid = pid,
                  .fate = {.status = static_cast<int>(
                               numberOf(answer, "status", ChildProcess::kStatusUnknown)),
                           .peakMemoryBytes = numberOf(answer, "peak_kib", 0) * 1024},
                  .error = error != answer.end() && error->is_string() ? error->get<std::string>()
                                                                       : std::string()};
    answerLater(std::move(m_orders.front().done), std::move(heard));
    m_orders.pop_front();
    sendNext();
}

void Forker::overdue(void *context) noexcept
{
    const auto self = static_cast<Forker *>(context)->shared_from_this();
    self->condemn(fmt::format("did not carry out an order within {} s", self->m_patience.count()));
}

void Forker::hurry()
{
    m_patience = kHurry;
    if (m_overdue.isArmed())
        m_overdue.arm(m_loop.timers(), m_patience);
}

void Forker::condemn(std::string fault)
{
    m_fault = std::move(fault);
    close("its preloader " + m_fault);
}

void Forker::close(const std::string &why)
{
    m_isBroken = true;
    m_overdue.disarm();
    m_event.stop();
    m_socket.reset(); // it ends at that, if it still runs
    for (Order &order : std::exchange(m_orders, {}))
        answerLater(std::move(order.done), {.error = why});
}

/// Never from inside the call that asked.
void Forker::answerLater(std::function<void(Answer)> done, Answer answer)
{
    m_loop.post([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

} // namespace arc
