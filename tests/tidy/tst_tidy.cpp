// SPDX-License-Identifier: Apache-2.0
// The style guide as a test: each rule over the whole tree, and each rule against code that breaks
// it.
#include "server/config/manual.h"
#include "server/metrics/metrics.h"
#include "test_paths.h"
#include "tests/tidy/rules.h"

#include <QFile>
#include <QtTest>

using namespace arc::tidy;

namespace {

SourceFile made(const QString &path, const QString &text)
{
    return {path, text.split('\n')};
}

} // namespace

class TestTidy : public QObject {
    Q_OBJECT

    std::vector<SourceFile> m_tree;

    static void expectNone(const QStringList &findings)
    {
        for (const QString &finding : findings) // the message of a failure is cut
            qWarning("%s", qPrintable(finding));
        QVERIFY2(findings.isEmpty(), qPrintable(QString("%1 findings").arg(findings.size())));
    }

private Q_SLOTS:
    void initTestCase()
    {
        m_tree = readTree(ARC_SOURCE_DIR);
        QVERIFY(m_tree.size() > 100);
    }

    void includesFollowTheArrows() { expectNone(checkArrows(m_tree)); }
    void filesAndFunctionsAreSmall() { expectNone(checkSizes(m_tree)); }
    void bannedCallsAreNotUsed() { expectNone(checkBannedCalls(m_tree)); }
    void everyFileNamesItsLicence() { expectNone(checkLicenceLines(m_tree)); }
    void everySourceIsBuilt() { expectNone(checkEverySourceIsBuilt(m_tree)); }

    void aForbiddenArrowIsFound()
    {
        QCOMPARE(
            checkArrows({made("server/loop/x.cpp", "#include \"server/http/exchange.h\"")}).size(),
            1);
        QCOMPARE(checkArrows({made("server/config/x.h", "#include <event2/event.h>")}).size(), 1);
        QCOMPARE(checkArrows({made("gui/x.cpp", "#include \"server/control/service.h\"")}).size(),
                 1);
        QCOMPARE(
            checkArrows({made("gui/x.cpp", "#include \"server/control/api/control.h\"")}).size(),
            0);
    }

    void aLongFunctionIsFound()
    {
        QCOMPARE(checkSizes({made("server/x.cpp",
                                  "void f()\n{\n" + QString("    g();\n").repeated(71) + "}")})
                     .size(),
                 1);
        QCOMPARE(checkSizes({made("server/x.cpp",
                                  "void f()\n{\n" + QString("    g();\n").repeated(70) + "}")})
                     .size(),
                 0);
        QCOMPARE(checkSizes({made("server/x.cpp", QString("x;\n").repeated(601))}).size(), 1);
    }

    void aBannedCallIsFoundButNotInAComment()
    {
        QCOMPARE(checkBannedCalls({made("server/x.cpp", "int n = std::stoi(text);")}).size(), 1);
        QCOMPARE(checkBannedCalls({made("server/x.cpp", "// not std::stoi(text)")}).size(), 0);
        QCOMPARE(checkBannedCalls({made("server/x.cpp", "call(\"std::stoi\");")}).size(), 0);
        QCOMPARE(checkBannedCalls({made("server/x.h", "#include <QString>")}).size(), 1);
    }

    void aForgottenSourceIsFound()
    {
        const SourceFile cmake =
            made("server/a/CMakeLists.txt", "arc_module(arc_a SOURCES one.cpp ../two.cpp)");
        QCOMPARE(checkEverySourceIsBuilt(
                     {cmake, made("server/a/one.cpp", ""), made("server/two.cpp", "")})
                     .size(),
                 0);
        QCOMPARE(checkEverySourceIsBuilt({cmake, made("server/a/three.cpp", "")}).size(), 1);
    }

    void generatedPagesAreFresh_data()
    {
        QTest::addColumn<QString>("page");
        QTest::addColumn<QString>("text");
        QTest::newRow("settings") << "resources/docs/settings.md"
                                  << QString::fromStdString(arc::settingsManual());
        QTest::newRow("metrics") << "resources/docs/metrics.md"
                                 << QString::fromStdString(arc::metricsManual());
    }
    void generatedPagesAreFresh()
    {
        QFETCH(QString, page);
        QFETCH(QString, text);
        QFile file(QString(ARC_SOURCE_DIR) + "/" + page);
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(page));
        QVERIFY2(QString::fromUtf8(file.readAll()) == text,
                 "stale: run arcology --dump-docs resources/docs");
    }
};

QTEST_APPLESS_MAIN(TestTidy)
#include "tst_tidy.moc"
