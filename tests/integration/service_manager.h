// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/thread.h"

#include <QByteArray>
#include <QList>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <atomic>
#include <mutex>

namespace arc::test {

/// Plays systemd's part for one service: starts it with NOTIFY_SOCKET and LISTEN_FDS, takes its
/// messages, keeps what it stores (sd_notify(3), sd_listen_fds(3)) and gives that to the next
/// start.
class ServiceManager {
public:
    ServiceManager();
    ~ServiceManager(); ///< kills the service

    QString stateDirectory() const { return m_directory.filePath("state"); }
    QString controlSocket() const { return m_directory.filePath("run/control.sock"); }
    int watchdogMs = 0; ///< 0: none is wanted

    /// A listening socket as a .socket unit has it, on a free loopback port; given to every start,
    /// without a name.
    quint16 openSocketUnit();

    bool start(const QStringList &arguments); ///< does not wait
    bool waitReady();
    /// SIGTERM and wait; the exit code, or -1.
    int stop();
    void kill9();
    qint64 pid() const { return m_pid; }

    bool isReady() const { return m_ready; }
    bool isStopping() const { return m_stopping; }
    int beats() const { return m_beats; }
    QByteArray status() const;

    /// Stored sockets: names (of listeners; all that are stored), and the ports of one name.
    QStringList storedNames() const;
    QStringList allStoredNames() const;
    QList<quint16> storedPorts(const QString &name) const;

private:
    struct Stored {
        QByteArray name;
        int fd;
    };
    void receive();
    void take(const QByteArray &message, const QList<int> &descriptors);
    int wait(int timeoutMs);

    QTemporaryDir m_directory;
    int m_notify = -1;
    int m_unitSocket = -1;
    qint64 m_pid = -1;
    std::atomic<bool> m_ready {false};
    std::atomic<bool> m_stopping {false};
    std::atomic<int> m_beats {0};
    std::atomic<bool> m_quit {false};
    mutable std::mutex m_mutex; // guards the two below
    QList<Stored> m_stored;
    QByteArray m_status;
    Thread m_receiver;
};

} // namespace arc::test
