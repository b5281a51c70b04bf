// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/integration/program.h"

#include <QMap>
#include <QTcpServer>

#include <memory>

namespace arc::test {

/// Where bad input is tried: an engine that serves a site of files and an app, and must not notice.
class Stage {
public:
    Stage();
    ~Stage();

    /// Starts the engine with its two sites. Empty, or why not.
    QString start();
    EngineProcess &engine() { return *m_engine; }
    QString dataDir() const { return path("data"); }
    QString siteFolder() const { return path("shop"); }
    QString path(const QString &name) const { return m_dir.filePath(name); }
    quint16 heldPort() const { return m_holder.serverPort(); } ///< this test listens there

    /// A fresh folder for one row.
    QString makeFolder(const QString &name);
    /// An engine's whole data directory, stopped: for rows that spoil one.
    void copyDataDir(const QString &to) const;
    /// No file of the engine may grow, as if the disk were full; false: as many as it likes.
    void fillDisk(bool full);

    /// Everything that must be as before: both sites answer, from the same workers; the
    /// configuration; the folders given. Compare two of them.
    QStringList picture(const QString &folder);

    /// Words in front of a command so that it runs without root's rights; empty: it has none.
    static QStringList asGuest();
    /// A copy of the program that such a user may run.
    QString guestProgram();
    /// An engine of that user. Empty, or why not.
    QString startGuest();
    QString guestDataDir() const { return path("guest/data"); }
    Finished guest(const QStringList &words);

private:
    QTemporaryDir m_dir;
    QTcpServer m_holder;
    std::unique_ptr<EngineProcess> m_engine;
    QProcess m_guest;
    QString m_guestProgram;
    QString m_filesUrl;
    QString m_appUrl;
};

/// Answers every request on a socket like an engine whose admin API is another one.
class OtherEngine {
public:
    /// `header`: a line such as "Arcology-Api: 2; arcology=9.9.9\r\n", or nothing, as the first
    /// did.
    OtherEngine(const QString &socketPath, QByteArray header);
    ~OtherEngine();

private:
    struct Implementation;
    std::unique_ptr<Implementation> m_impl;
};

} // namespace arc::test
