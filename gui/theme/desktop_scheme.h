// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QDBusConnection>
#include <QDBusVariant>
#include <QObject>

#include <optional>

namespace arc {

/// Whether the desktop prefers dark, as its portal says (org.freedesktop.appearance color-scheme).
///
/// GUI thread. Asks once and listens for changes; nothing waits for the answer, which may be late
/// or never come. No preference, no portal, or an answer of another type: unknown.
class DesktopScheme : public QObject {
    Q_OBJECT
public:
    static constexpr int kAnswerWithinMs = 10000;

    using QObject::QObject;

    void listen(const QDBusConnection &bus);
    std::optional<bool> dark() const { return m_dark; }

Q_SIGNALS:
    void changed();

private Q_SLOTS:
    void settingChanged(const QString &group, const QString &key, const QDBusVariant &value);

private:
    void take(const QVariant &value);

    std::optional<bool> m_dark;
};

} // namespace arc
