// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

namespace arc::test {

/// Xvfb on a display it picks itself, with a window manager and no message bus.
class Display {
public:
    ~Display();
    bool start();
    /// For a window that has never been here before.
    QProcessEnvironment environment() const;
    QByteArray run(const QString &program, const QStringList &arguments) const;
    void xdotool(const QStringList &arguments) const { run("xdotool", arguments); }
    /// The visible window whose title holds a text; empty: none.
    QByteArray windowId(const QString &title = "This computer") const;
    /// Into the folder that ARC_SHOTS names, if it does.
    void shoot(const QString &name) const;
    void kill();

private:
    QTemporaryDir m_config;
    QProcess m_xvfb;
    QProcess m_manager;
    QString m_name;
};

} // namespace arc::test
