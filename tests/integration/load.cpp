// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/load.h"

#include <QRegularExpression>
#include <QtTest>

#include <csignal>

namespace arc::test {

Load::Load(const QString &url, int connections, const QStringList &options)
{
    m_wrk.start("wrk",
                QStringList {"-t1", QString("-c%1").arg(connections), "-d300", "--timeout", "20"}
                    + options + QStringList {url});
    m_wrk.waitForStarted();
}

QByteArray Load::finish()
{
    if (isRunning()) {
        ::kill(static_cast<pid_t>(m_wrk.processId()), SIGINT);
        m_wrk.waitForFinished(30000);
    }
    return m_wrk.readAllStandardOutput() + m_wrk.readAllStandardError();
}

void verifyNothingFailed(const QByteArray &report, int least)
{
    static const QRegularExpression answered("(\\d+) requests in");
    const auto match = answered.match(QString::fromUtf8(report));
    QVERIFY2(match.hasMatch() && match.captured(1).toInt() > least, report);
    QVERIFY2(!report.contains("Non-2xx") && !report.contains("Socket errors"), report);
}

} // namespace arc::test
