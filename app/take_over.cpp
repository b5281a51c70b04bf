// SPDX-License-Identifier: Apache-2.0
#include "app/take_over.h"

#include "server/control/client/client.h"
#include "server/control/client/control_socket.h"
#include "server/net/socket_passing.h"

#include <filesystem>
#include <functional>
#include <future>
#include <memory>

#include <fmt/format.h>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace arc {

namespace {

/// drain_s and the time that a service has to end may be an hour each.
constexpr std::chrono::minutes kPatience {130};
constexpr std::chrono::seconds kSocketsPatience {5};

/// What was asked of the engine, on its way. `failed` is called on the client's thread before the
/// error can be got.
template <class Request, class Answer>
std::future<Result<Answer>>
ask(Control &control, void (Control::*operation)(Request, Control::Callback<Answer>),
    std::type_identity_t<Request> what, std::function<void()> failed = {})
{
    // Shared, because the client's thread may still be inside set_value() when get() returns.
    auto promise = std::make_shared<std::promise<Result<Answer>>>();
    auto answered = promise->get_future();
    (control.*operation)(std::move(what), [promise, failed](Result<Answer> answer) {
        if (!answer && failed)
            failed();
        promise->set_value(std::move(answer));
    });
    return answered;
}

/// The engine gives its sockets while its answer to the call is awaited, and counts them as given
/// only once they are known to be here.
Result<std::vector<NamedSocket>> takeSockets(Control &engine, SocketReceiver &receiver)
{
    auto asked = ask(engine, &Control::handOver, {.to = receiver.path()},
                     [&receiver] { receiver.cancel(); });
    auto sockets = receiver.receive(kSocketsPatience);
    if (sockets)
        receiver.acknowledge();
    // Its word counts: it goes on serving unless it heard ours in time.
    if (auto given = asked.get(); !given)
        return sockets ? std::move(given).error() : std::move(sockets).error();
    return sockets;
}

} // namespace

Result<void> takeOver(const std::string &controlSocket, const std::string &dataDir,
                      Supervisor &supervisor)
{
    if (!acceptsConnections(controlSocket))
        return {};
    auto client = ControlClient::create({.socketPath = controlSocket, .author = "--take-over"});
    if (!client)
        return std::move(client).error();
    const auto status = ask(**client, &Control::status, {}).get();
    if (!status)
        return status.error();
    std::error_code failed;
    if (!std::filesystem::equivalent(status->dataDir, dataDir, failed))
        return Error {ErrorCode::Conflict,
                      fmt::format("the engine at {} serves {}, not {}", controlSocket,
                                  status->dataDir, dataDir)};
    const FileDescriptor process(
        static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(status->pid), 0)));
    if (!process)
        return errnoError(fmt::format("the engine with pid {}", status->pid), errno);
    const auto folder = std::filesystem::path(controlSocket).parent_path();
    auto receiver =
        SocketReceiver::listen((folder / fmt::format("hand-over-{}.sock", ::getpid())).string());
    if (!receiver)
        return std::move(receiver).error();
    auto sockets = takeSockets(**client, *receiver);
    if (!sockets)
        return std::move(sockets).error().within(
            fmt::format("the engine with pid {} goes on", status->pid));
    for (NamedSocket &each : *sockets)
        supervisor.offer(std::move(each.name), std::move(each.socket));
    pollfd ended {.fd = process.get(), .events = POLLIN, .revents = 0};
    const auto most = std::chrono::milliseconds(kPatience).count();
    if (::poll(&ended, 1, static_cast<int>(most)) <= 0)
        return Error {ErrorCode::Unavailable,
                      fmt::format("the engine with pid {} has given its sockets, but does not end; "
                                  "end it with: kill {}",
                                  status->pid, status->pid)};
    return {};
}

} // namespace arc
