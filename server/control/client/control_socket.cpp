// SPDX-License-Identifier: Apache-2.0
#include "server/control/client/control_socket.h"

#include "server/base/file_descriptor.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr const char *kSocketName = "control.sock";
constexpr const char *kServiceData = "/var/lib/arcology";

/// The XDG specification: a value that is not absolute is ignored.
std::string absoluteFromEnvironment(const char *name)
{
    const char *value = std::getenv(name);
    return value && value[0] == '/' ? value : "";
}

/// systemd separates several directories by colons.
std::string firstFromEnvironment(const char *name)
{
    const std::string list = absoluteFromEnvironment(name);
    return list.substr(0, list.find(':'));
}

std::string homeDirectory()
{
    if (std::string home = absoluteFromEnvironment("HOME"); !home.empty())
        return home;
    const passwd *user = getpwuid(getuid());
    return user && user->pw_dir ? user->pw_dir : "/";
}

/// 0, or errno.
int tryToConnect(const std::string &socketPath)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (socketPath.size() >= sizeof address.sun_path)
        return ENAMETOOLONG;
    std::memcpy(address.sun_path, socketPath.data(), socketPath.size());
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return errno;
    const auto *generic = reinterpret_cast<const sockaddr *>(&address);
    return connect(socket.get(), generic, sizeof address) == 0 ? 0 : errno;
}

std::string absolute(const std::string &path)
{
    std::error_code error;
    const auto whole = std::filesystem::absolute(path, error);
    return error ? path : whole.lexically_normal().string();
}

} // namespace

std::string defaultDataDir()
{
    if (const std::string data = absoluteFromEnvironment("XDG_DATA_HOME"); !data.empty())
        return data + "/arcology";
    return homeDirectory() + "/.local/share/arcology";
}

std::string serviceDataDir()
{
    const std::string given = firstFromEnvironment("STATE_DIRECTORY");
    return given.empty() ? kServiceData : given;
}

Result<std::string> serviceSocketPath()
{
    const std::string given = firstFromEnvironment("RUNTIME_DIRECTORY");
    return checkSocketPath(given.empty() ? kServiceSocket : given + "/" + kSocketName);
}

Result<std::string> checkSocketPath(std::string path)
{
    constexpr size_t kBytesMax = sizeof(sockaddr_un::sun_path) - 1;
    if (path.size() > kBytesMax) {
        return Error {ErrorCode::Invalid,
                      fmt::format("{}: {} bytes, but a socket's path may have {}; choose a shorter "
                                  "data directory",
                                  path, path.size(), kBytesMax)};
    }
    return path;
}

Result<std::string> controlSocketPath(const std::string &dataDirOption)
{
    if (!dataDirOption.empty())
        return checkSocketPath(absolute(dataDirOption) + "/" + kSocketName);
    if (const std::string runtime = absoluteFromEnvironment("XDG_RUNTIME_DIR"); !runtime.empty())
        return checkSocketPath(runtime + "/arcology/" + kSocketName);
    return checkSocketPath(defaultDataDir() + "/" + kSocketName);
}

std::vector<std::string> controlSocketCandidates(const std::string &dataDirOption)
{
    std::vector<std::string> candidates;
    if (auto own = controlSocketPath(dataDirOption))
        candidates.push_back(std::move(*own));
    if (dataDirOption.empty())
        candidates.push_back(kServiceSocket);
    return candidates;
}

bool acceptsConnections(const std::string &socketPath)
{
    const int why = tryToConnect(socketPath);
    return why == 0 || why == EAGAIN; // it listens, but its backlog is full at this moment
}

bool isForbiddenToUs(const std::string &socketPath)
{
    return tryToConnect(socketPath) == EACCES;
}

Result<std::string> findControlSocket(const std::string &dataDirOption)
{
    for (const std::string &candidate : controlSocketCandidates(dataDirOption)) {
        if (acceptsConnections(candidate))
            return candidate;
    }
    return controlSocketPath(dataDirOption);
}

} // namespace arc
