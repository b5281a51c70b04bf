// SPDX-License-Identifier: Apache-2.0
#include "gui/theme/desktop_scheme.h"

#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QMetaType>

namespace arc {

static const QString kPortal = QStringLiteral("org.freedesktop.portal.Desktop");
static const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
static const QString kSettings = QStringLiteral("org.freedesktop.portal.Settings");
static const QString kGroup = QStringLiteral("org.freedesktop.appearance");
static const QString kKey = QStringLiteral("color-scheme");

constexpr uint kPrefersDark = 1;
constexpr uint kPrefersLight = 2;

void DesktopScheme::listen(const QDBusConnection &connection)
{
    QDBusConnection bus = connection;
    // No sender is named: naming one would make Qt look its owner up and wait for it.
    bus.connect({}, kPath, kSettings, QStringLiteral("SettingChanged"), this,
                SLOT(settingChanged(QString, QString, QDBusVariant)));
    QDBusMessage read =
        QDBusMessage::createMethodCall(kPortal, kPath, kSettings, QStringLiteral("Read"));
    read << kGroup << kKey;
    auto *answer = new QDBusPendingCallWatcher(bus.asyncCall(read, kAnswerWithinMs), this);
    connect(answer, &QDBusPendingCallWatcher::finished, this,
            [this](QDBusPendingCallWatcher *call) {
                const QDBusPendingReply<QDBusVariant> reply = *call;
                if (!reply.isError())
                    take(reply.value().variant());
                call->deleteLater();
            });
}

void DesktopScheme::settingChanged(const QString &group, const QString &key,
                                   const QDBusVariant &value)
{
    if (group == kGroup && key == kKey)
        take(value.variant());
}

void DesktopScheme::take(const QVariant &value)
{
    // Read wraps its answer in a second variant.
    const QVariant inner = value.metaType() == QMetaType::fromType<QDBusVariant>()
        ? qvariant_cast<QDBusVariant>(value).variant()
        : value;
    bool isNumber = false;
    const uint scheme = inner.toUInt(&isNumber);
    std::optional<bool> dark;
    if (isNumber && (scheme == kPrefersDark || scheme == kPrefersLight))
        dark = scheme == kPrefersDark;
    if (dark == m_dark)
        return;
    m_dark = dark;
    Q_EMIT changed();
}

} // namespace arc
