// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gui/bridge/hop.h"

#include <QThreadPool>

namespace arc {

/// One small file that only this user can read, replaced whole or not at all. Its one thread does
/// the reading and writing, so that a slow disk never holds the window up. GUI thread; the
/// destructor waits for what was begun.
class DraftStore {
public:
    static constexpr qint64 kBytesMax = 16 << 20;

    /// `path` empty: keeps nothing.
    DraftStore(QString path, QObject *owner);
    ~DraftStore();
    DraftStore(const DraftStore &) = delete;

    enum class Found { Nothing, Draft, Unreadable };
    /// `done` runs on the GUI thread.
    void read(std::function<void(Found, QByteArray)> done);
    void write(QByteArray bytes);
    void remove();
    /// Moves what cannot be understood out of the way instead of losing it; answers where to.
    QString setAside();

private:
    const QString m_path;
    std::shared_ptr<Hop> m_hop;
    QThreadPool m_thread;
};

} // namespace arc
