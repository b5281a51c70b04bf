// SPDX-License-Identifier: Apache-2.0
// About with its report, and the manual in its window.
#include "gui/gui_fixture.h"

#include "gui/pages/about_page.h"
#include "gui/pages/diagnostics_dialog.h"
#include "gui/pages/help_window.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QRegularExpression>
#include <QScrollBar>
#include <QTest>
#include <QTextBlock>

using namespace arc;
using namespace arc::test;

class TestHelp : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyPageOfTheWindowHasItsPageOfTheManual()
    {
        const HelpPages manual;
        QVERIFY(manual.pages().size() > 12);
        QCOMPARE(manual.pages().first().name, QLatin1String(HelpPages::kContents));
        for (int page = 0; page < kPageCount; ++page) {
            const HelpPage *help = manual.find(pageHelp(PageId(page)));
            QVERIFY2(help, qPrintable(pageHelp(PageId(page))));
            QVERIFY(help->title.startsWith(pageTitle(PageId(page))));
        }
    }

    void f1ShowsThePageOfTheWindowsPage()
    {
        GuiFixture fixture;
        fixture.open();
        fixture.shell.goTo(PageId::Logs);
        fixture.shell.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
        QTest::keyClick(&fixture.shell, Qt::Key_F1);
        QTRY_VERIFY(fixture.shell.helpWindow());
        HelpWindow &help = *fixture.shell.helpWindow();
        QVERIFY(help.isVisible());
        QCOMPARE(help.currentPage(), QStringLiteral("window-logs.md"));
        QVERIFY(help.browser()->toPlainText().startsWith(QStringLiteral("Logs\n")));
        fixture.shell.showHelp(QStringLiteral("troubleshooting.md"));
        QCOMPARE(fixture.shell.helpWindow(), &help); // one window
        QCOMPARE(help.currentPage(), QStringLiteral("troubleshooting.md"));
        help.browser()->backward();
        QCOMPARE(help.currentPage(), QStringLiteral("window-logs.md"));
        help.browser()->forward();
        QCOMPARE(help.currentPage(), QStringLiteral("troubleshooting.md"));
    }

    void everyLinkOfEveryPageOpensItsPageAndPlace()
    {
        HelpWindow help;
        help.show();
        static const QRegularExpression link(QStringLiteral("\\]\\(([^)]+)\\)"));
        int followed = 0;
        for (const HelpPage &page : help.pages().pages()) {
            auto found = link.globalMatch(page.text);
            while (found.hasNext()) {
                const QString target = found.next().captured(1);
                help.openPage(page.name);
                QCOMPARE(help.currentPage(), page.name);
                help.browser()->setSource(QUrl(target));
                QCOMPARE(help.currentPage(),
                         target.startsWith(QLatin1Char('#'))
                             ? page.name
                             : target.section(QLatin1Char('#'), 0, 0));
                ++followed;
            }
        }
        QVERIFY(followed > 30);
    }

    void aLinkToAPlaceShowsThatPlace()
    {
        HelpWindow help;
        help.show();
        help.openPage(QStringLiteral("ctl.md#log"));
        QVERIFY(help.browser()->verticalScrollBar()->value() > 0);
        QCOMPARE(help.browser()->textCursor().block().text(), QStringLiteral("log"));
    }

    void whatIsNoPageOfOursIsNotOpened_data()
    {
        QTest::addColumn<QString>("link");
        for (const char *link : {"", "nothing.md", "http://example.org/", "file:///etc/passwd",
                                 "../../etc/passwd", "settings", "javascript:alert(1)"})
            QTest::newRow(link) << QString::fromLatin1(link);
    }
    void whatIsNoPageOfOursIsNotOpened()
    {
        QFETCH(QString, link);
        HelpWindow help;
        help.openPage(QStringLiteral("index.md"));
        const QString before = help.browser()->toPlainText();
        help.openPage(link);
        QCOMPARE(help.currentPage(), QStringLiteral("index.md"));
        QCOMPARE(help.browser()->toPlainText(), before);
    }

    void theManualIsSearchedByWords()
    {
        HelpWindow help;
        help.show();
        help.searchField()->setText(QStringLiteral("rotated pool"));
        QCOMPARE(help.list()->count(), 1); // "Nothing found"
        help.searchField()->setText(QStringLiteral("no engine ANSWERS at"));
        QVERIFY(help.list()->count() >= 1);
        QTest::keyClick(help.searchField(), Qt::Key_Return);
        QCOMPARE(help.currentPage(), QStringLiteral("troubleshooting.md"));
        QVERIFY(help.browser()->verticalScrollBar()->value() > 0);
        help.searchField()->clear();
        QCOMPARE(help.list()->count(), int(help.pages().pages().size()));
    }

    void aboutTellsWhatRunsAndWhere()
    {
        GuiFixture fixture;
        fixture.open();
        fixture.shell.goTo(PageId::About);
        AboutPage &about = *fixture.shell.aboutPage();
        QTRY_VERIFY(about.facts().contains(QStringLiteral("SQLite 3.40.1")));
        for (const char *fact : {"OpenSSL 3.0.17", "libevent 2.1.12-stable",
                                 "Logs /var/lib/arcology/logs", "Program /usr/bin/arcology"})
            QVERIFY2(about.facts().contains(QLatin1String(fact)), fact);
        QVERIFY(about.facts().contains(QStringLiteral("Qt (this window) ")
                                       + QLatin1String(qVersion())));
    }

    void theReportIsShownBeforeItIsCopied()
    {
        GuiFixture fixture;
        fixture.open();
        QGuiApplication::clipboard()->setText(QStringLiteral("before"));
        fixture.shell.goTo(PageId::About);
        fixture.shell.aboutPage()->diagnosticsButton()->click();
        auto *dialog = qobject_cast<DiagnosticsDialog *>(openDialog(fixture.shell));
        QVERIFY(dialog);
        QTRY_VERIFY(dialog->copyButton()->isEnabled());
        QVERIFY(dialog->text().contains(QStringLiteral("(masked)")));
        QVERIFY(dialog->text().contains(QStringLiteral("Qt ") + QLatin1String(qVersion())));
        QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("before"));
        dialog->copyButton()->click();
        QCOMPARE(QGuiApplication::clipboard()->text(), dialog->text());
    }

    void withoutAnEngineTheReportTellsAboutTheWindow()
    {
        GuiFixture fixture;
        fixture.open();
        fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
        fixture.shell.goTo(PageId::About);
        fixture.shell.aboutPage()->openDiagnostics();
        auto *dialog = qobject_cast<DiagnosticsDialog *>(openDialog(fixture.shell));
        QVERIFY(dialog);
        QTRY_VERIFY(dialog->note().contains(QStringLiteral("connection refused")));
        QVERIFY(dialog->text().contains(QStringLiteral("== Window")));
    }
};

int main(int argc, char **argv)
{
    TestHelp test;
    return runGuiTest(test, argc, argv);
}
#include "tst_help.moc"
