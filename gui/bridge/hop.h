// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QMutex>
#include <QObject>
#include <QPointer>

#include <functional>
#include <memory>

namespace arc {

/// The way home: runs a function on the GUI thread, called from any thread.
///
/// Callbacks hold it by shared_ptr, because the client's loop may answer after the window is gone;
/// close() (GUI thread) makes every later call a no-op. The mutex guards m_target and is held for
/// one posted event.
class Hop {
public:
    explicit Hop(QObject *target) : m_target(target) { }

    void run(std::function<void()> task)
    {
        QMutexLocker lock(&m_mutex);
        if (m_target)
            QMetaObject::invokeMethod(m_target, std::move(task), Qt::QueuedConnection);
    }
    void close()
    {
        QMutexLocker lock(&m_mutex);
        m_target = nullptr;
    }

private:
    QMutex m_mutex;
    QObject *m_target;
};

} // namespace arc
