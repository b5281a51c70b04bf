// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/session_bus.h"

#include <QCoreApplication>
#include <QDBusConnection>
#include <QPointer>
#include <QThreadPool>

namespace arc {

static void inGuiThread(const QPointer<QObject> &guard, std::function<void()> what)
{
    if (!qApp || !what)
        return;
    QMetaObject::invokeMethod(
        qApp,
        [guard, what = std::move(what)] {
            if (guard)
                what();
        },
        Qt::QueuedConnection);
}

void withSessionBus(QObject *receiver, std::function<void(const QDBusConnection &)> done,
                    std::function<void()> absent)
{
    const QPointer<QObject> guard(receiver);
    // Without an address Qt would start a bus of its own, which is nobody's session.
    if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS"))
        return inGuiThread(guard, std::move(absent));
    QThreadPool::globalInstance()->start(
        [guard, done = std::move(done), absent = std::move(absent)] {
            const QDBusConnection bus = QDBusConnection::connectToBus(
                QDBusConnection::SessionBus, QStringLiteral("arcology-window"));
            if (bus.isConnected())
                inGuiThread(guard, [done, bus] { done(bus); });
            else
                inGuiThread(guard, absent);
        });
}

} // namespace arc
