// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/integration/program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLocalSocket>

namespace arc::test {

inline QJsonObject json(const Finished &finished)
{
    return QJsonDocument::fromJson(finished.out).object();
}

inline QJsonObject firstSite(const EngineProcess &engine)
{
    return json(engine.ctl({"site", "list", "--json"})).value("sites").toArray().first().toObject();
}

/// One call of the admin API on the engine's socket, as the window makes it.
inline QJsonObject api(const QString &dataDir, const QByteArray &path, const QByteArray &body)
{
    QLocalSocket socket;
    socket.connectToServer(dataDir + "/control.sock");
    if (!socket.waitForConnected(5000))
        return {};
    socket.write("POST /api/v1" + path
                 + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                   "Content-Type: application/json\r\nContent-Length: "
                 + QByteArray::number(body.size()) + "\r\n\r\n" + body);
    QByteArray answer;
    while (socket.waitForReadyRead(20000))
        answer += socket.readAll();
    return QJsonDocument::fromJson(answer.mid(answer.indexOf("\r\n\r\n") + 4)).object();
}

} // namespace arc::test
