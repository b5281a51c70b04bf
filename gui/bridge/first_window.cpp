// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/first_window.h"

#include "gui/models/format.h"

#include <QJsonDocument>
#include <QJsonObject>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc {

bool isOwnUser(int socket)
{
    ucred peer {};
    socklen_t length = sizeof peer;
    return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0
        && peer.uid == ::geteuid();
}

bool handToFirstWindow(const std::string &socketName, const StartRequest &request)
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    if (socketName.empty() || socketName.size() >= sizeof address.sun_path)
        return false;
    std::memcpy(address.sun_path, socketName.data(), socketName.size());
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0
        || ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address)
            != 0)
        return false; // nobody there, or a socket that a dead window left behind
    if (!isOwnUser(socket.get()))
        return false;
    const QJsonObject object {{QStringLiteral("folder"), toQString(request.folder)},
                              {QStringLiteral("page"), toQString(request.page)},
                              {QStringLiteral("token"), toQString(request.token)}};
    const QByteArray line = QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
    return ::send(socket.get(), line.constData(), size_t(line.size()), MSG_NOSIGNAL)
        == ssize_t(line.size());
}

std::optional<FileDescriptor> claimFirstWindow(const std::string &socketName)
{
    const std::string name = socketName + ".lock";
    FileDescriptor file(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() >= 0 && ::flock(file.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return std::nullopt;
    return file;
}

} // namespace arc
