// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QProcess>
#include <QString>
#include <QStringList>

namespace arc::test {

/// wrk until it is told to stop.
class Load {
public:
    explicit Load(const QString &url, int connections, const QStringList &options = {});
    ~Load() { finish(); }
    bool isRunning() const { return m_wrk.state() == QProcess::Running; }
    QByteArray finish(); ///< its report

private:
    QProcess m_wrk;
};

/// That a report tells of more requests than `least`, and of none that failed.
void verifyNothingFailed(const QByteArray &report, int least);

} // namespace arc::test
