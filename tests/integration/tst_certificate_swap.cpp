// SPDX-License-Identifier: Apache-2.0
// Certificates are replaced while clients come and go: no request fails, and every handshake that
// begins after the import is greeted with the new one.
#include "tests/integration/https.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QtTest>

#include <csignal>

using namespace arc::test;

namespace {

constexpr int kSwaps = 12;

/// wrk until it is told to stop.
class Load {
public:
    Load(const QString &url, const QStringList &options)
    {
        m_wrk.start("wrk",
                    QStringList {"-t1", "-c8", "-d300", "--timeout", "20"} + options
                        + QStringList {url});
        m_wrk.waitForStarted();
    }
    ~Load() { finish(); }
    bool isRunning() const { return m_wrk.state() == QProcess::Running; }
    QByteArray finish()
    {
        if (isRunning()) {
            ::kill(static_cast<pid_t>(m_wrk.processId()), SIGINT);
            m_wrk.waitForFinished(30000);
        }
        return m_wrk.readAllStandardOutput() + m_wrk.readAllStandardError();
    }

private:
    QProcess m_wrk;
};

void verifyNothingFailed(const QByteArray &report)
{
    static const QRegularExpression answered("(\\d+) requests in");
    const auto match = answered.match(QString::fromUtf8(report));
    QVERIFY2(match.hasMatch() && match.captured(1).toInt() > 100, report);
    QVERIFY2(!report.contains("Non-2xx") && !report.contains("Socket errors"), report);
}

} // namespace

class TestCertificateSwap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void importsUnderLoadFailNoRequest()
    {
        for (const char *program : {"curl", "openssl", "wrk"}) {
            if (QStandardPaths::findExecutable(program).isEmpty())
                QSKIP("needs curl, openssl and wrk");
        }
        QTemporaryDir data;
        QTemporaryDir files;
        QTemporaryDir site;
        write(site.filePath("index.html"), "<h1>safe</h1>");
        EngineProcess engine(data.path());
        QVERIFY2(engine.start(), engine.errors());
        QCOMPARE(engine
                     .ctl({"site", "add", site.path(), "--name", "shop", "--kind", "static",
                           "--host", "localhost"})
                     .exitCode,
                 0);
        const Pem pems[] = {makePem(files, "one", "localhost"), makePem(files, "two", "localhost")};
        const QString url = listenerUrl(engine);
        QVERIFY(!url.isEmpty());
        const auto import = [&](int swap) {
            const Pem &pem = pems[swap % 2];
            return engine.ctl({"cert", "import", "shop", "--cert", pem.cert, "--key", pem.key});
        };
        QCOMPARE(import(1).exitCode, 0);

        const QString target = "https://localhost:" + portOf(url) + "/";
        Load staying(target, {});
        Load coming(target, {"-H", "Connection: close"});
        for (int swap = 0; swap < kSwaps; ++swap) {
            const Finished imported = import(swap);
            QVERIFY2(imported.exitCode == 0, imported.error);
            QCOMPARE(shownDigest(url, "localhost"), digestOf(pems[swap % 2].cert));
        }
        QVERIFY(staying.isRunning() && coming.isRunning());
        verifyNothingFailed(staying.finish());
        verifyNothingFailed(coming.finish());
    }

private:
    static QString listenerUrl(const EngineProcess &engine)
    {
        const QJsonArray listeners = QJsonDocument::fromJson(engine.ctl({"status", "--json"}).out)
                                         .object()
                                         .value("listeners")
                                         .toArray();
        for (const QJsonValue &listener : listeners) {
            const QString url = listener.toObject().value("url").toString();
            if (url.startsWith("https:"))
                return url;
        }
        return {};
    }
};

QTEST_GUILESS_MAIN(TestCertificateSwap)
#include "tst_certificate_swap.moc"
