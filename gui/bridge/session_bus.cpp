// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/session_bus.h"

#include <QCoreApplication>
#include <QDBusConnection>
#include <QPointer>
#include <QThreadPool>

namespace arc {

void withSessionBus(QObject *receiver, std::function<void(const QDBusConnection &)> done)
{
    // Without an address Qt would start a bus of its own, which is nobody's session.
    if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS"))
        return;
    QThreadPool::globalInstance()->start(
        [guard = QPointer<QObject>(receiver), done = std::move(done)] {
            const QDBusConnection bus = QDBusConnection::connectToBus(
                QDBusConnection::SessionBus, QStringLiteral("arcology-window"));
            if (!bus.isConnected() || !qApp)
                return;
            QMetaObject::invokeMethod(
                qApp,
                [guard, done, bus] {
                    if (guard)
                        done(bus);
                },
                Qt::QueuedConnection);
        });
}

} // namespace arc
