// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/single_instance.h"

#include "gui/models/format.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>

namespace arc {

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
    Q_EMIT started({.folder = text("folder"), .page = text("page"), .token = text("token")});
}

} // namespace arc
