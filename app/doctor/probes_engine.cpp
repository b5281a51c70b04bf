// SPDX-License-Identifier: Apache-2.0
// Probes of a running engine and of the display.
#include "app/doctor/probes.h"

#include "server/base/file_descriptor.h"
#include "server/control/client/client.h"
#include "server/control/client/control_socket.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <future>
#include <memory>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace arc {

namespace {

using Level = Finding::Level;
constexpr std::chrono::milliseconds kEngineWait {3000};

Finding describe(const std::string &path, const Result<api::Status> &status)
{
    if (!status) {
        return {"engine", Level::Warn, fmt::format("{}.", status.error().message()),
                "arcology ctl status; if it stays so, end the engine and start it again."};
    }
    Finding finding {"engine",
                     Level::Ok,
                     fmt::format("Version {}, pid {}, {}, {} sites, at {}.", status->version,
                                 status->pid, status->state, status->sites, path),
                     {}};
    std::string closed;
    for (const api::ListenerStatus &listener : status->listeners) {
        if (!listener.error.empty())
            closed += fmt::format(" {} is closed: {}.", listener.address, listener.error);
    }
    if (!closed.empty()) {
        finding.level = Level::Warn;
        finding.text += closed;
        finding.mend = "free the address, or change the listener's.";
    }
    return finding;
}

/// X servers listen at a path, at its twin in the abstract namespace, or at both.
bool answersAsX11(const std::string &path)
{
    if (acceptsConnections(path))
        return true;
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (!socket || path.size() + 1 > sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path + 1, path.data(), path.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + path.size());
    return ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), size) == 0
        || errno == EAGAIN;
}

} // namespace

Finding probeEngine(const std::string &dataDirOption)
{
    const auto path = findControlSocket(dataDirOption);
    if (!path)
        return {"engine", Level::Fail, path.error().message() + ".", "a shorter data directory."};
    if (!acceptsConnections(*path))
        return {"engine", Level::Ok, fmt::format("None runs (looked at {}).", *path), {}};
    auto client =
        ControlClient::create({.socketPath = *path, .author = "doctor", .timeout = kEngineWait});
    if (!client)
        return {"engine", Level::Fail, client.error().message() + ".",
                "fewer open files and processes of this user."};
    auto promise = std::make_shared<std::promise<Result<api::Status>>>();
    auto answer = promise->get_future();
    (*client)->status(
        {}, [promise](Result<api::Status> status) { promise->set_value(std::move(status)); });
    return describe(*path, answer.get());
}

Finding probeDisplay()
{
    const std::string wayland = environmentText("WAYLAND_DISPLAY");
    const std::string x11 = environmentText("DISPLAY");
    const char *const mend =
        "use arcology --headless and arcology ctl here, or open the window on a desktop.";
    if (wayland.empty() && x11.empty())
        return {"display", Level::Warn, "None: the window cannot open.", mend};
    if (!wayland.empty()) {
        const std::string path =
            wayland.starts_with('/') ? wayland : environmentText("XDG_RUNTIME_DIR") + "/" + wayland;
        if (acceptsConnections(path))
            return {"display", Level::Ok, fmt::format("Wayland at {}.", path), {}};
    }
    if (x11.starts_with(':')) {
        const std::string path = "/tmp/.X11-unix/X" + x11.substr(1, x11.find('.') - 1);
        if (answersAsX11(path))
            return {"display", Level::Ok, fmt::format("X11 {}.", x11), {}};
        return {"display", Level::Warn, fmt::format("Nothing answers at DISPLAY {}.", x11), mend};
    }
    if (!x11.empty())
        return {
            "display", Level::Ok, fmt::format("X11 {}, on another machine; not tried.", x11), {}};
    return {"display", Level::Warn, fmt::format("Nothing answers at WAYLAND_DISPLAY {}.", wayland),
            mend};
}

} // namespace arc
