// SPDX-License-Identifier: Apache-2.0
// A real browser in front of the program: a page over HTTP/2, and a WebSocket over a stream of the
// same connection (RFC 8441), which browsers open where the server says that it can.
#include "test_paths.h"
#include "tests/integration/program.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtTest>

using namespace arc::test;

namespace {

/// A browser without a window that shows one page until it is destroyed.
class Browser {
public:
    explicit Browser(const QString &url)
    {
        m_process.setProcessChannelMode(QProcess::MergedChannels);
        m_process.start("chromium",
                        {"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--no-first-run", "--disable-background-networking",
                         "--ignore-certificate-errors", "--remote-debugging-port=0",
                         "--user-data-dir=" + m_profile.path(), url});
    }
    ~Browser()
    {
        m_process.terminate();
        if (!m_process.waitForFinished(10000)) {
            m_process.kill();
            m_process.waitForFinished();
        }
    }
    bool runs() { return m_process.waitForStarted(); }
    QByteArray output() { return m_process.readAll(); }

private:
    QTemporaryDir m_profile;
    QProcess m_process;
};

} // namespace

class TestBrowser : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aWebSocketSharesTheConnectionOfItsPage_data();
    void aWebSocketSharesTheConnectionOfItsPage();
};

void TestBrowser::aWebSocketSharesTheConnectionOfItsPage_data()
{
    QTest::addColumn<QString>("http2");
    QTest::addColumn<QString>("version");
    QTest::newRow("HTTP/2") << "on"
                            << "HTTP/2";
    QTest::newRow("HTTP/1.1") << "off"
                              << "HTTP/1.1";
}

void TestBrowser::aWebSocketSharesTheConnectionOfItsPage()
{
    QFETCH(QString, http2);
    QFETCH(QString, version);
    QTemporaryDir folder;
    QVERIFY(
        QFile::copy(ARC_SOURCE_DIR "/tests/integration/browser/app.py", folder.filePath("app.py")));
    Served served(
        folder.path(),
        {"--workers", "1", "--tls-listen", "127.0.0.1:0", "--set", "http2.enabled=" + http2});
    QVERIFY2(served.isServing(), served.errors());
    static const QRegularExpression address("(https://[0-9.:]+)");
    Browser browser(address.match(served.line()).captured(1) + "/");
    QVERIFY(browser.runs());
    HttpAnswer told;
    QTRY_VERIFY2_WITH_TIMEOUT((told = http(served.url() + "/report")).status == 200,
                              browser.output(), 60000);
    const QJsonObject report = QJsonDocument::fromJson(told.body).object();
    QVERIFY2(!report.contains("error"), told.body);
    QCOMPARE(report["fetch"].toString(), version);
    QCOMPARE(report["messages"].toArray(), (QJsonArray {version, "hello", "large", "bye"}));
    QCOMPARE(report["protocol"].toString(), QString("second"));
    QCOMPARE(report["extensions"].toString().section(';', 0, 0), QString("permessage-deflate"));
    QCOMPARE(report["code"].toInt(), 4001);
    QCOMPARE(report["reason"].toString(), QString("enough"));
    QVERIFY(report["clean"].toBool());
}

QTEST_GUILESS_MAIN(TestBrowser)
#include "tst_browser.moc"
