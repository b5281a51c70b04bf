// SPDX-License-Identifier: Apache-2.0
// Certificates are replaced while clients come and go: no request fails, and every handshake that
// begins after the import is greeted with the new one.
#include "tests/integration/https.h"
#include "tests/integration/load.h"

#include <QStandardPaths>
#include <QtTest>

using namespace arc::test;

namespace {

constexpr int kSwaps = 12;

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
        const QString url = listenerUrl(engine, "https:");
        QVERIFY(!url.isEmpty());
        const auto import = [&](int swap) {
            const Pem &pem = pems[swap % 2];
            return engine.ctl({"cert", "import", "shop", "--cert", pem.cert, "--key", pem.key});
        };
        QCOMPARE(import(1).exitCode, 0);

        const QString target = "https://localhost:" + portOf(url) + "/";
        Load staying(target, 8);
        Load coming(target, 8, {"-H", "Connection: close"});
        for (int swap = 0; swap < kSwaps; ++swap) {
            const Finished imported = import(swap);
            QVERIFY2(imported.exitCode == 0, imported.error);
            QCOMPARE(shownDigest(url, "localhost"), digestOf(pems[swap % 2].cert));
        }
        QVERIFY(staying.isRunning() && coming.isRunning());
        verifyNothingFailed(staying.finish(), 100);
        verifyNothingFailed(coming.finish(), 100);
    }
};

QTEST_GUILESS_MAIN(TestCertificateSwap)
#include "tst_certificate_swap.moc"
