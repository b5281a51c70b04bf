// SPDX-License-Identifier: Apache-2.0
// The logs page against an engine that is not there: following, pausing, choosing, searching.
#include "gui/gui_fixture.h"

#include "gui/pages/log_feed.h"
#include "gui/pages/log_view.h"
#include "gui/pages/logs_page.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/widgets/output_view.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScrollBar>
#include <QTableView>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

std::string accessLine(int number, int status, const char *site)
{
    return QStringLiteral("{\"time\":\"2026-11-26T04:20:49.123Z\",\"status\":%1,\"site\":\"%2\","
                          "\"method\":\"GET\",\"target\":\"/page/%3\",\"bytes\":512,\"ms\":1.5}\n")
        .arg(status)
        .arg(QLatin1String(site))
        .arg(number)
        .toStdString();
}

class LogsFixture : public GuiFixture {
public:
    LogsFixture()
    {
        control->logTexts["engine"] =
            "2026-11-26T04:20:49.123Z info listening on http://127.0.0.1:8080\n"
            "2026-11-26T04:20:50.000Z warning port 443 needs permission\n"
            "2026-11-26T04:20:51.000Z error the disk is full\n";
        for (int i = 0; i < 300; ++i)
            control->logTexts["access"] += accessLine(i,
                                                      i % 50 == 7       ? 500
                                                          : i % 10 == 3 ? 404
                                                                        : 200,
                                                      i % 2 ? "shop" : "docs");
    }
    LogsPage &openPage(const QString &source = QStringLiteral("engine"))
    {
        open();
        page = shell.logsPage();
        shell.goTo(PageId::Logs);
        choose(source);
        return *page;
    }
    void choose(const QString &source)
    {
        QTRY_VERIFY(page->sources()->count() >= 4);
        for (int i = 0; i < page->sources()->count(); ++i) {
            if (page->sources()->item(i)->data(Qt::UserRole).toString() == source)
                page->sources()->setCurrentRow(i);
        }
        QTRY_COMPARE(page->feed()->source(), source);
    }
    int rows() const { return page->view()->filter().rowCount(); }
    QString cell(int row, int column) const
    {
        return page->view()->filter().index(row, column).data().toString();
    }
    LogsPage *page = nullptr;
};

} // namespace

class TestLogsPage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void linesAreShownAndFollowed()
    {
        LogsFixture fixture;
        fixture.openPage();
        QTRY_COMPARE(fixture.rows(), 3);
        QCOMPARE(fixture.cell(1, LogModel::Level), QStringLiteral("Warning"));
        QCOMPARE(fixture.cell(1, LogModel::Message), QStringLiteral("port 443 needs permission"));
        fixture.control->logTexts["engine"] += "2026-11-26T04:20:52.000Z info stopped\n";
        QTRY_COMPARE(fixture.rows(), 4);
        QCOMPARE(fixture.cell(3, LogModel::Message), QStringLiteral("stopped"));
    }

    void theAccessLogIsReadableInWordsAndRawOnDemand()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage(QStringLiteral("access"));
        QTRY_COMPARE(fixture.rows(), 300);
        QCOMPARE(fixture.cell(3, LogModel::Status), QStringLiteral("404 not found"));
        QCOMPARE(fixture.cell(3, LogModel::Message), QStringLiteral("/page/3"));
        QVERIFY(!page.view()->table()->isColumnHidden(LogModel::Status));
        QVERIFY(page.view()->table()->isColumnHidden(LogModel::Level));
        page.view()->table()->selectRow(3);
        QTRY_VERIFY(page.view()->detail()->isVisible());
        QVERIFY(
            page.view()->detail()->toPlainText().contains(QStringLiteral("target      /page/3")));
        page.view()->rawButton()->click();
        QVERIFY(page.view()->detail()->toPlainText().startsWith(QLatin1Char('{')));
        page.view()->copySelection();
        QCOMPARE(QGuiApplication::clipboard()->text() + QLatin1Char('\n'),
                 QString::fromStdString(accessLine(3, 404, "shop")));
    }

    void aHiddenPageAsksForNothing()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage();
        QTRY_VERIFY(page.feed()->isActive());
        fixture.shell.goTo(PageId::Overview);
        QVERIFY(!page.feed()->isActive());
        for (const QTimer *timer : page.findChildren<QTimer *>())
            QVERIFY(!timer->isActive());
        const size_t asked = fixture.control->count("logTail");
        QTest::qWait(3 * LogFeed::kIntervalMs);
        QCOMPARE(fixture.control->count("logTail"), asked);
        fixture.shell.goTo(PageId::Logs);
        QTRY_VERIFY(fixture.control->count("logTail") > asked);
    }

    void itAsksAtMostFourTimesASecond()
    {
        LogsFixture fixture;
        fixture.openPage();
        QTRY_COMPARE(fixture.rows(), 3);
        const size_t before = fixture.control->count("logTail");
        QElapsedTimer clock;
        clock.start();
        QTRY_VERIFY(fixture.control->count("logTail") >= before + 4);
        QVERIFY2(clock.elapsed() >= 3 * LogFeed::kIntervalMs,
                 qPrintable(QString::number(clock.elapsed())));
    }

    void anEngineThatIsSlowIsAskedOnce()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage();
        QTRY_COMPARE(fixture.rows(), 3);
        fixture.control->hold();
        const size_t before = fixture.control->count("logTail");
        QTRY_COMPARE(fixture.control->count("logTail"), before + 1);
        QTest::qWait(3 * LogFeed::kIntervalMs);
        QCOMPARE(fixture.control->count("logTail"), before + 1);
        fixture.control->release();
        QTRY_VERIFY(fixture.control->count("logTail") > before + 1);
        QVERIFY(page.feed()->isActive());
    }

    void pauseStopsTheViewAndSpaceIsItsKey()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage();
        QTRY_COMPARE(fixture.rows(), 3);
        page.view()->table()->setFocus();
        QTest::keyClick(page.view()->table(), Qt::Key_Space);
        QVERIFY(page.feed()->isPaused());
        QVERIFY(fixture.shell.isPaused()); // one pause for the whole window
        QVERIFY(page.stateText().startsWith(QStringLiteral("Paused")));
        fixture.control->logTexts["engine"] += "2026-11-26T04:20:52.000Z info more\n";
        QTest::qWait(3 * LogFeed::kIntervalMs);
        QCOMPARE(fixture.rows(), 3);
        page.pauseButton()->click();
        QVERIFY(!fixture.shell.isPaused());
        QTRY_COMPARE(fixture.rows(), 4); // nothing was lost
    }

    void scrollingUpStopsFollowingAndCountsWhatComes()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage(QStringLiteral("access"));
        QTRY_COMPARE(fixture.rows(), 300);
        QScrollBar *bar = page.view()->table()->verticalScrollBar();
        QTRY_VERIFY(bar->maximum() > 0 && bar->value() == bar->maximum());
        bar->setValue(bar->maximum() / 2);
        QVERIFY(!page.view()->follows());
        const int place = bar->value();
        for (int i = 300; i < 305; ++i)
            fixture.control->logTexts["access"] += accessLine(i, 200, "shop");
        QTRY_COMPARE(fixture.rows(), 305);
        QCOMPARE(bar->value(), place);
        QVERIFY(page.view()->jumpButton()->isVisible());
        QCOMPARE(page.view()->jumpButton()->text(), QStringLiteral("5 new · jump"));
        page.view()->jumpButton()->click();
        QCOMPARE(bar->value(), bar->maximum());
        QVERIFY(!page.view()->jumpButton()->isVisible());
    }

    void linesThatWereSkippedAreTold()
    {
        LogsFixture fixture;
        fixture.openPage();
        QTRY_COMPARE(fixture.rows(), 3);
        fixture.control->skipLines = 2140;
        fixture.control->logTexts["engine"] += "2026-11-26T04:20:52.000Z info after\n";
        QTRY_COMPARE(fixture.rows(), 5);
        QVERIFY(fixture.cell(3, LogModel::Message).contains(QStringLiteral("2140 lines not shown"))
                || fixture.cell(3, LogModel::Message).contains(QStringLiteral("2,140 lines")));
    }

    void chipsAndTextChooseLines()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage(QStringLiteral("access"));
        QTRY_COMPARE(fixture.rows(), 300);
        page.chips().last()->click(); // 2xx and 3xx
        QCOMPARE(fixture.rows(), 36);
        page.chips().at(1)->click(); // 4xx
        QCOMPARE(fixture.rows(), 6);
        page.filterField()->setText(QStringLiteral("/page/7\""));
        QCOMPARE(fixture.rows(), 1);
        page.regexButton()->click();
        page.filterField()->setText(QStringLiteral("page/(7|57)\\b"));
        QCOMPARE(fixture.rows(), 2);
        page.filterField()->setText(QStringLiteral("("));
        QCOMPARE(fixture.rows(), 0);
        QVERIFY(!page.searchButton()->isEnabled());
        QVERIFY(!page.stateText().isEmpty());
    }

    void aSearchGoesThroughAllFilesWithProgressAndCanBeCancelled()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage(QStringLiteral("access"));
        QTRY_COMPARE(fixture.rows(), 300);
        page.filterField()->setText(QStringLiteral("\"status\":500"));
        page.searchButton()->click();
        QTRY_VERIFY(page.feed()->showsSearch() && !page.feed()->isSearching());
        QCOMPARE(fixture.rows(), 6);
        QCOMPARE(page.stateText(), QStringLiteral("6 lines found in all files"));
        QVERIFY(fixture.control->count("logSearch") > 3); // step by step
        QVERIFY(!page.feed()->isActive());
        QCOMPARE(fixture.cell(0, LogModel::Message), QStringLiteral("/page/7")); // oldest first
        page.searchButton()->click();                                            // back
        QTRY_COMPARE(page.view()->model().rowCount(), 300);

        fixture.control->hold();
        page.searchButton()->click();
        QVERIFY(page.feed()->isSearching());
        QCOMPARE(page.searchButton()->text(), QStringLiteral("Cancel"));
        page.searchButton()->click();
        QVERIFY(!page.feed()->isSearching());
        const size_t asked = fixture.control->count("logSearch");
        fixture.control->release();
        QTest::qWait(50);
        QCOMPARE(fixture.control->count("logSearch"), asked); // the late answer begins nothing
    }

    void aSearchThatFailsSaysWhy()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage();
        QTRY_COMPARE(fixture.rows(), 3);
        fixture.control->failNext("logSearch", Error(ErrorCode::Full, "too much is being read"));
        page.filterField()->setText(QStringLiteral("disk"));
        page.searchButton()->click();
        QTRY_COMPARE(page.stateText(), QStringLiteral("too much is being read"));
    }

    void ctrlLShowsTheLogsOfTheSelectedSite_data()
    {
        QTest::addColumn<QString>("site");
        QTest::addColumn<QString>("source");
        QTest::newRow("an app") << "shop"
                                << "app:shop";
        QTest::newRow("files") << "docs"
                               << "access";
    }
    void ctrlLShowsTheLogsOfTheSelectedSite()
    {
        QFETCH(QString, site);
        QFETCH(QString, source);
        LogsFixture fixture;
        fixture.open();
        fixture.shell.goTo(PageId::Sites); // a site must be seen to be meant
        fixture.shell.sitesPage()->select(site);
        fixture.shell.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
        QTest::keyClick(&fixture.shell, Qt::Key_L, Qt::ControlModifier);
        QCOMPARE(fixture.shell.page(), PageId::Logs);
        LogsPage &page = *fixture.shell.logsPage();
        QCOMPARE(page.feed()->source(), source);
        QCOMPARE(page.feed()->site(), source == QLatin1String("access") ? site : QString());
        QTRY_VERIFY(page.view()->filter().rowCount() > 0);
        if (!page.feed()->site().isEmpty()) {
            QCOMPARE(page.view()->filter().rowCount(), 150);
            QCOMPARE(page.siteBox()->currentText(), site);
        }
    }

    void anEmptyLogSaysWhatWillBeThere()
    {
        LogsFixture fixture;
        fixture.control->logTexts.clear();
        LogsPage &page = fixture.openPage();
        QTRY_VERIFY(fixture.control->count("logTail") > 0);
        QTRY_VERIFY(!page.view()->table()->isVisible());
        fixture.control->logTexts["engine"] = "2026-11-26T04:20:49.123Z info here\n";
        QTRY_VERIFY(page.view()->table()->isVisible());
    }

    void anEngineThatWentAwayStopsTheQuestions()
    {
        LogsFixture fixture;
        LogsPage &page = fixture.openPage();
        QTRY_COMPARE(fixture.rows(), 3);
        fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
        QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
        QVERIFY(!page.feed()->isActive());
        QVERIFY(page.stateText().contains(QStringLiteral("does not answer")));
        QCOMPARE(fixture.rows(), 3); // what was there can still be read
        fixture.control->failAll({});
        QTRY_VERIFY(page.feed()->isActive());
    }

    void theFolderIsOpenedOnlyIfItIsOne()
    {
        LogsFixture fixture;
        fixture.openPage();
        fixture.shell.openFolder(fixture.dir.path());
        QTRY_COMPARE(fixture.opened.size(), 1);
        fixture.shell.openFolder(QStringLiteral("/nowhere/at/all"));
        QTest::qWait(100);
        QCOMPARE(fixture.opened.size(), 1);
    }
};

int main(int argc, char **argv)
{
    TestLogsPage test;
    return runGuiTest(test, argc, argv);
}
#include "tst_logs_page.moc"
