// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/first_window.h"

#include <QLocalServer>
#include <QMetaType>

#include <string>

namespace arc {

/// The first window's ear for later starts; only this user can reach it. GUI thread.
/// A message is one line of JSON, at most kMessageBytesMax bytes.
class SingleInstance : public QObject {
    Q_OBJECT
public:
    static constexpr qint64 kMessageBytesMax = 16 * 1024;
    static constexpr int kClientsMax = 8; ///< at once; more are turned away

    explicit SingleInstance(QObject *parent = nullptr);

    bool listen(const std::string &socketName);

Q_SIGNALS:
    void started(const arc::StartRequest &request);

private:
    void take();
    void read(QLocalSocket *socket);

    QLocalServer m_server;
    int m_clients = 0;
};

} // namespace arc

Q_DECLARE_METATYPE(arc::StartRequest)
