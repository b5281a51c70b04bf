// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QLocalServer>

#include <string>

namespace arc {

/// Hands a folder (or nothing, which only raises the window) to the window that is already open.
/// False: there is none. Needs no QApplication, so that a second double click ends at once.
bool handToFirstWindow(const std::string &socketName, const std::string &folder);

/// The first window's ear for later starts; only this user can reach it. GUI thread.
/// A message is one line of at most kMessageBytesMax bytes: a folder or nothing.
class SingleInstance : public QObject {
    Q_OBJECT
public:
    static constexpr qint64 kMessageBytesMax = 4096;

    explicit SingleInstance(QObject *parent = nullptr);

    bool listen(const std::string &socketName);

Q_SIGNALS:
    void started(const QString &folder); ///< empty: only raise the window

private:
    void take();

    QLocalServer m_server;
};

} // namespace arc
