// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/single_instance.h"

#include "gui/models/format.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc {

constexpr auto kFolder = "folder";
constexpr auto kPage = "page";
constexpr auto kToken = "token";

/// Whether the process at the other end runs as this user. A folder others can write to may hold a
/// socket of somebody else, and root may reach every socket.
static bool isOwnUser(int socket)
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
    const QJsonObject object {{QLatin1String(kFolder), toQString(request.folder)},
                              {QLatin1String(kPage), toQString(request.page)},
                              {QLatin1String(kToken), toQString(request.token)}};
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

SingleInstance::SingleInstance(QObject *parent) : QObject(parent)
{
    m_server.setSocketOptions(QLocalServer::UserAccessOption);
    connect(&m_server, &QLocalServer::newConnection, this, &SingleInstance::take);
}

bool SingleInstance::listen(const std::string &socketName)
{
    if (socketName.empty())
        return false;
    QLocalServer::removeServer(toQString(socketName)); // nobody answered there
    return m_server.listen(toQString(socketName));
}

void SingleInstance::take()
{
    while (QLocalSocket *socket = m_server.nextPendingConnection()) {
        if (m_clients >= kClientsMax || !isOwnUser(int(socket->socketDescriptor()))) {
            socket->abort();
            socket->deleteLater();
            continue;
        }
        ++m_clients;
        socket->setReadBufferSize(kMessageBytesMax);
        connect(socket, &QObject::destroyed, this, [this] { --m_clients; });
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        connect(socket, &QLocalSocket::readyRead, this, [this, socket] { read(socket); });
        read(socket);
    }
}

void SingleInstance::read(QLocalSocket *socket)
{
    if (!socket->canReadLine()) {
        if (socket->bytesAvailable() >= kMessageBytesMax)
            socket->abort();
        return;
    }
    const QByteArray line = socket->readLine(kMessageBytesMax);
    socket->disconnectFromServer();
    const QJsonDocument document = QJsonDocument::fromJson(line);
    if (!document.isObject())
        return;
    const QJsonObject object = document.object();
    const auto text = [&object](const char *key) {
        return toStd(object.value(QLatin1String(key)).toString());
    };
    Q_EMIT started({.folder = text(kFolder), .page = text(kPage), .token = text(kToken)});
}

} // namespace arc
