// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"

#include <QLocalServer>
#include <QMetaType>

#include <optional>
#include <string>

namespace arc {

/// What a later start asks of the window that is open already.
struct StartRequest {
    std::string folder {}; ///< opens the Serve sheet for it; empty: none
    std::string page {};   ///< by its short name ("workers"); empty: stay
    std::string token {};  ///< the desktop's leave to come to the front; empty: none
};

/// Hands a request to the window that is already open. False: there is none of this user. Needs no
/// QApplication, so that a second double click ends at once.
bool handToFirstWindow(const std::string &socketName, const StartRequest &request);

/// The right to be the first window, held while the descriptor is open. Nothing: another one has
/// it, which may only be about to listen. Invalid: this place has no locks, so nobody can tell.
std::optional<FileDescriptor> claimFirstWindow(const std::string &socketName);

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
