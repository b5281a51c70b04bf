// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QElapsedTimer>
#include <QObject>

#include <cstdint>

namespace arc {

class ControlBridge;

/// Looks after an applied change for kWatchMs: sites that were well before and are not any more
/// tell that the change was wrong. Has no timer of its own: it looks when figures come. GUI thread.
class ApplyWatch : public QObject {
    Q_OBJECT
public:
    static constexpr int kWatchMs = 10'000;

    explicit ApplyWatch(ControlBridge &bridge, QObject *parent = nullptr);

    /// `apps`: whose workers the change replaces; the sites that use them are looked after.
    void begin(const QStringList &apps, uint64_t revision);

Q_SIGNALS:
    /// Once for each change, with why the site does not do.
    void wentWrong(const QString &site, const QString &why, uint64_t revision);

private:
    void look();

    ControlBridge &m_bridge;
    QStringList m_sites; ///< that were well
    uint64_t m_revision = 0;
    QElapsedTimer m_since;
};

} // namespace arc
