// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/single_instance.h"

#include "gui/models/format.h"
#include "server/base/file_descriptor.h"

#include <QLocalSocket>

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc {

bool handToFirstWindow(const std::string &socketName, const std::string &folder)
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
    const std::string line = folder + '\n';
    return ::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL) == ssize_t(line.size());
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
        socket->setReadBufferSize(kMessageBytesMax);
        connect(socket, &QLocalSocket::disconnected, socket, &QObject::deleteLater);
        const auto read = [this, socket] {
            if (!socket->canReadLine()) {
                if (socket->bytesAvailable() >= kMessageBytesMax)
                    socket->abort();
                return;
            }
            const QByteArray line = socket->readLine(kMessageBytesMax).trimmed();
            socket->disconnectFromServer();
            Q_EMIT started(QString::fromUtf8(line));
        };
        connect(socket, &QLocalSocket::readyRead, this, read);
        read();
    }
}

} // namespace arc
