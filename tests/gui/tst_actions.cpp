// SPDX-License-Identifier: Apache-2.0
#include "gui/gui_fixture.h"

#include "gui/charts/line_chart.h"
#include "gui/forms/setting_form_row.h"
#include "gui/models/addresses.h"
#include "gui/models/fuzzy.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/command_palette.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/overview_page.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/status_line.h"
#include "gui/pages/summary_tab.h"
#include "gui/widgets/safe_table.h"

#include <QAction>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QTableWidget>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

QString s(const char *text)
{
    return QString::fromUtf8(text);
}

CommandPalette *openPalette(GuiFixture &fixture)
{
    fixture.shell.activateWindow(); // without a window manager nobody else gives it back
    if (!QTest::qWaitForWindowActive(&fixture.shell))
        return nullptr;
    QTest::keyClick(&fixture.shell, Qt::Key_K, Qt::ControlModifier);
    return fixture.shell.commandPalette();
}

/// Types a query into the open palette and gives its first line.
QString firstFound(CommandPalette &palette, const char *query)
{
    palette.field()->clear();
    QTest::keyClicks(palette.field(), QString::fromUtf8(query));
    return palette.list()->count() ? palette.list()->item(0)->text() : QString();
}

} // namespace

class TestActions : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fuzzyFindsWhatWasMeant_data();
    void fuzzyFindsWhatWasMeant();
    void fuzzyRefusesWhatIsNotThere_data();
    void fuzzyRefusesWhatIsNotThere();
    void everyActionThatOrdersNamesAnOperationThatExists();
    void noKeyIsGivenTwice();
    void everyKeyOfTheSpecificationIsThere_data();
    void everyKeyOfTheSpecificationIsThere();
    void menusAndPaletteShareTheirActions();
    void whatCannotBeDoneSaysWhy();
    void aSiteThatIsNotSeenIsNotActedOn();
    void thePaletteIsUsedByKeyboardAlone();
    void thePaletteFindsSettingsByKey();
    void thePaletteActsOnTheSiteItNames();
    void thePaletteSaysWhatItDoesNotFind();
    void aLineThatCannotBeChosenStaysOpen();
    void sourcesOfOthersAreOffered();
    void theSheetOfShortcutsTellsEveryKey();
    void backGoesToPageSiteAndFilter();
    void spacePausesTheLiveView();
    void spaceOnAButtonPressesTheButton();
    void findGoesToThePagesFilter();
    void theSiteMenuOfAnotherSiteActsOnIt();
    void routesThatAnAppNamesAppearWithoutAChange();
    void aSiteIsShownByNameAndByPort_data();
    void aSiteIsShownByNameAndByPort();
    void aChartIsShownAsATable();
};

void TestActions::fuzzyFindsWhatWasMeant_data()
{
    QTest::addColumn<QString>("query");
    QTest::addColumn<QString>("better");
    QTest::addColumn<QString>("worse");
    QTest::newRow("beginnings of words") << s("ds") << s("Deploy shop") << s("Workers of docs");
    QTest::newRow("side by side") << s("set") << s("Settings") << s("Show everything at once");
    QTest::newRow("start of the text") << s("work") << s("Workers") << s("Busy workers");
    QTest::newRow("the shorter") << s("logs") << s("Logs") << s("Logs of everything");
    QTest::newRow("two words in any order")
        << s("shop deploy") << s("Deploy shop") << s("Deploy a shopping list of workers");
    QTest::newRow("case") << s("SHOP") << s("shop") << s("s h o p");
}

void TestActions::fuzzyFindsWhatWasMeant()
{
    QFETCH(QString, query);
    QFETCH(QString, better);
    QFETCH(QString, worse);
    const auto first = fuzzyMatch(query, better);
    QVERIFY(first);
    const auto second = fuzzyMatch(query, worse);
    QVERIFY2(!second || first->score > second->score, qPrintable(worse));
    for (const int at : first->at)
        QVERIFY(at >= 0 && at < better.size());
}

void TestActions::fuzzyRefusesWhatIsNotThere_data()
{
    QTest::addColumn<QString>("query");
    QTest::addColumn<QString>("text");
    QTest::newRow("a letter too many") << s("shopp") << s("shop");
    QTest::newRow("wrong order") << s("pohs") << s("shop");
    QTest::newRow("one word of two") << s("shop zebra") << s("Deploy shop");
    QTest::newRow("nothing to find in") << s("a") << QString();
    QTest::newRow("beyond its limit")
        << s("z") << QString(kFuzzyTextMax, QLatin1Char('a')) + QLatin1Char('z');
}

void TestActions::fuzzyRefusesWhatIsNotThere()
{
    QFETCH(QString, query);
    QFETCH(QString, text);
    QVERIFY(!fuzzyMatch(query, text));
}

void TestActions::everyActionThatOrdersNamesAnOperationThatExists()
{
    GuiFixture fixture;
    int orders = 0;
    for (const ActionRegistry::Entry &entry : fixture.shell.registry().entries()) {
        QVERIFY2(!plainText(entry.facts.text).isEmpty(), qPrintable(entry.facts.id));
        QVERIFY2(!entry.isOnSite() || entry.siteText.contains(s("%1")), qPrintable(entry.facts.id));
        if (entry.facts.operation.empty())
            continue;
        ++orders;
        const auto rows = operationRows();
        QVERIFY2(std::ranges::find(rows, entry.facts.operation, &OperationRow::name) != rows.end(),
                 qPrintable(entry.facts.id));
    }
    QVERIFY(orders >= 9);
    // What ends serving is never class None.
    for (const char *id : {"file.quit", "site.stop", "site.remove", "site.migrate"})
        QVERIFY2(ActionRegistry::confirmation(fixture.shell.registry().entry(s(id)).facts)
                     != Confirm::None,
                 id);
}

void TestActions::noKeyIsGivenTwice()
{
    GuiFixture fixture;
    QStringList seen;
    for (const ActionRegistry::Entry &entry : fixture.shell.registry().entries()) {
        const QString key = entry.facts.shortcut.toString();
        QVERIFY2(key.isEmpty() || !seen.contains(key), qPrintable(entry.facts.id + s(" ") + key));
        seen << key;
    }
}

void TestActions::everyKeyOfTheSpecificationIsThere_data()
{
    QTest::addColumn<QString>("key");
    for (const char *key :
         {"Ctrl+K", "Ctrl+N", "Ctrl+F", "Ctrl+L", "Alt+Left", "F6", "F5", "Space", "Ctrl+O",
          "Ctrl+W", "Ctrl+Q", "Ctrl+Z", "Ctrl+T", "Ctrl+1", "Ctrl+2", "Ctrl+3", "Ctrl+,"})
        QTest::newRow(key) << s(key);
}

void TestActions::everyKeyOfTheSpecificationIsThere()
{
    QFETCH(QString, key);
    GuiFixture fixture;
    const auto &entries = fixture.shell.registry().entries();
    QVERIFY(std::ranges::any_of(entries, [&](const ActionRegistry::Entry &entry) {
        return entry.facts.shortcut == QKeySequence(key);
    }));
}

void TestActions::menusAndPaletteShareTheirActions()
{
    GuiFixture fixture;
    fixture.open();
    int shared = 0;
    for (const QMenu *menu : fixture.shell.menuBar()->findChildren<QMenu *>()) {
        for (QAction *action : menu->actions()) {
            if (action->isSeparator() || action->menu())
                continue;
            QCOMPARE(fixture.shell.registry().action(action->objectName()), action);
            ++shared;
        }
    }
    QVERIFY(shared > 20);
}

void TestActions::whatCannotBeDoneSaysWhy()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.goTo(PageId::Sites);
    fixture.shell.sitesPage()->select(s("docs"));
    QTRY_COMPARE(fixture.shell.registry().selectedSite(), s("docs"));
    const QAction *restart = fixture.shell.registry().action(s("site.deploy"));
    QVERIFY(!restart->isEnabled());
    QVERIFY(restart->toolTip().contains(s("docs")));
    fixture.shell.sitesPage()->select(s("shop"));
    QTRY_VERIFY(restart->isEnabled());
}

void TestActions::aSiteThatIsNotSeenIsNotActedOn()
{
    GuiFixture fixture;
    fixture.open();
    const QAction *remove = fixture.shell.registry().action(s("site.remove"));
    fixture.shell.goTo(PageId::Sites);
    fixture.shell.sitesPage()->select(s("docs"));
    QTRY_COMPARE(plainText(remove->text()), s("Remove docs"));
    QVERIFY(remove->isEnabled());
    for (const PageId page : {PageId::Overview, PageId::Logs, PageId::Settings}) {
        fixture.shell.goTo(page);
        QVERIFY(!remove->isEnabled());
        QCOMPARE(plainText(remove->text()), s("Remove"));
    }
    fixture.shell.goTo(PageId::Overview);
    fixture.shell.overview()->table()->selectRow(0); // by name: api
    QCOMPARE(plainText(remove->text()), s("Remove api"));
    QVERIFY(remove->isEnabled());
    fixture.shell.goTo(PageId::Sites);
    QCOMPARE(plainText(remove->text()), s("Remove docs"));
}

void TestActions::thePaletteIsUsedByKeyboardAlone()
{
    GuiFixture fixture;
    fixture.open();
    CommandPalette *palette = openPalette(fixture);
    QVERIFY(palette);
    QCOMPARE(firstFound(*palette, "wor"), pageTitle(PageId::Workers));
    QTest::keyClick(palette->field(), Qt::Key_Return);
    QCOMPARE(fixture.shell.page(), PageId::Workers);
    QTRY_VERIFY(!fixture.shell.commandPalette());

    palette = openPalette(fixture);
    QVERIFY(palette);
    QTest::keyClick(palette->field(), Qt::Key_Up); // from the first to the last
    QCOMPARE(palette->list()->currentRow(), palette->list()->count() - 1);
    QTest::keyClick(palette->field(), Qt::Key_Down);
    QCOMPARE(palette->list()->currentRow(), 0);
    QTest::keyClick(palette->field(), Qt::Key_Escape);
    QTRY_VERIFY(!fixture.shell.commandPalette());
    QCOMPARE(fixture.shell.page(), PageId::Workers);
}

void TestActions::thePaletteFindsSettingsByKey()
{
    GuiFixture fixture;
    fixture.open();
    CommandPalette *palette = openPalette(fixture);
    QVERIFY(palette);
    firstFound(*palette, "http.idle_timeout_s");
    QTest::keyClick(palette->field(), Qt::Key_Return);
    QCOMPARE(fixture.shell.page(), PageId::Settings);
    SettingFormRow *row = nullptr;
    QTRY_VERIFY((row = fixture.shell.settingsPage()->formRow("http.idle_timeout_s")));
    QTRY_VERIFY(row->isAncestorOf(fixture.shell.focusWidget()));
    QVERIFY(!row->visibleRegion().isEmpty());
}

void TestActions::thePaletteActsOnTheSiteItNames()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.sitesPage()->select(s("docs")); // another one is selected
    CommandPalette *palette = openPalette(fixture);
    QVERIFY(palette);
    QCOMPARE(firstFound(*palette, "deploy shop"), s("Deploy shop"));
    QTest::keyClick(palette->field(), Qt::Key_Return);
    QTRY_COMPARE(fixture.control->count("deploySite"), size_t(1));
    QVERIFY(fixture.control->calls.back().request.find("shop") != std::string::npos
            || std::ranges::any_of(fixture.control->calls, [](const FakeControl::Call &call) {
                   return call.operation == "deploySite"
                       && call.request.find("shop") != std::string::npos;
               }));
}

void TestActions::thePaletteSaysWhatItDoesNotFind()
{
    GuiFixture fixture;
    fixture.open();
    CommandPalette *palette = openPalette(fixture);
    QVERIFY(palette);
    QCOMPARE(firstFound(*palette, "zzzqqq"), QString());
    QVERIFY(!palette->list()->isVisible());
    QTest::keyClick(palette->field(), Qt::Key_Return); // does nothing, and no harm
    QVERIFY(fixture.shell.commandPalette());
}

void TestActions::aLineThatCannotBeChosenStaysOpen()
{
    GuiFixture fixture;
    fixture.open();
    CommandPalette *palette = openPalette(fixture);
    QVERIFY(palette);
    QCOMPARE(firstFound(*palette, "start shop"), s("Start shop")); // it runs already
    QTest::keyClick(palette->field(), Qt::Key_Return);
    QVERIFY(fixture.shell.commandPalette());
    QCOMPARE(fixture.control->count("startSite"), size_t(0));
}

void TestActions::sourcesOfOthersAreOffered()
{
    GuiFixture fixture;
    fixture.open();
    bool ran = false;
    fixture.shell.addPaletteSource([&ran](std::vector<PaletteItem> &items) {
        items.push_back({.text = s("Xylophone manual"), .run = [&ran] {
                             ran = true;
                         }});
    });
    CommandPalette *palette = openPalette(fixture);
    QVERIFY(palette);
    QCOMPARE(firstFound(*palette, "xylo"), s("Xylophone manual"));
    QTest::keyClick(palette->field(), Qt::Key_Return);
    QVERIFY(ran);
}

void TestActions::theSheetOfShortcutsTellsEveryKey()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.registry().action(s("help.shortcuts"))->trigger();
    const auto *sheet = fixture.shell.findChild<QDialog *>(s("shortcuts"));
    QVERIFY(sheet && sheet->isVisible());
    QStringList texts;
    for (const QLabel *label : sheet->findChildren<QLabel *>())
        texts << label->text();
    for (const ActionRegistry::Entry &entry : fixture.shell.registry().entries()) {
        if (!entry.facts.shortcut.isEmpty())
            QVERIFY2(texts.contains(entry.facts.shortcut.toString(QKeySequence::NativeText)),
                     qPrintable(entry.facts.id));
    }
}

void TestActions::backGoesToPageSiteAndFilter()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    QVERIFY(!fixture.shell.registry().action(s("view.back"))->isEnabled());
    fixture.shell.showSite(s("shop"));
    fixture.shell.showSite(s("docs"));
    auto *filter = fixture.shell.sitesPage()->findChild<QLineEdit *>(s("pageFilter"));
    QVERIFY(filter);
    filter->setText(s("do"));
    fixture.shell.goTo(PageId::Settings);
    QTest::keyClick(&fixture.shell, Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(fixture.shell.page(), PageId::Sites);
    QCOMPARE(fixture.shell.sitesPage()->selected(), s("docs"));
    QCOMPARE(filter->text(), s("do"));
    QTest::keyClick(&fixture.shell, Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(fixture.shell.sitesPage()->selected(), s("shop"));
    QTest::keyClick(&fixture.shell, Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(fixture.shell.page(), PageId::Overview);
}

void TestActions::spacePausesTheLiveView()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    fixture.shell.overview()->requestsChart()->setFocus();
    QTest::keyClick(fixture.shell.overview()->requestsChart(), Qt::Key_Space);
    QVERIFY(fixture.shell.isPaused());
    QVERIFY(!fixture.bridge.isWatching());
    QVERIFY(fixture.shell.statusLine()->freshness().contains(s("paused")));
    const size_t asked = fixture.control->count("snapshot");
    QTest::keyClick(fixture.shell.overview()->requestsChart(), Qt::Key_Space);
    QVERIFY(fixture.bridge.isWatching());
    QTRY_VERIFY(fixture.control->count("snapshot") > asked); // at once, not in a second
    QTRY_VERIFY(fixture.shell.statusLine()->freshness().contains(s("live")));
}

void TestActions::spaceOnAButtonPressesTheButton()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    QPushButton *button = fixture.shell.header()->paletteButton();
    button->setFocus();
    QTest::keyClick(button, Qt::Key_Space);
    QVERIFY(!fixture.shell.isPaused());
    QVERIFY(fixture.shell.commandPalette());
}

void TestActions::findGoesToThePagesFilter()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    fixture.shell.goTo(PageId::Settings);
    QTest::keyClick(&fixture.shell, Qt::Key_F, Qt::ControlModifier);
    QVERIFY(fixture.shell.settingsPage()->isAncestorOf(QApplication::focusWidget()));
    QCOMPARE(QApplication::focusWidget()->objectName(), s("pageFilter"));
}

void TestActions::theSiteMenuOfAnotherSiteActsOnIt()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.sitesPage()->select(s("shop"));
    QMenu menu;
    fixture.shell.registry().fillSiteMenu(menu, s("api")); // stopped
    const auto action = [&menu](const char *id) -> QAction * {
        for (QAction *one : menu.actions()) {
            if (one->objectName() == s(id))
                return one;
        }
        return nullptr;
    };
    QVERIFY(action("site.start") && action("site.start")->isEnabled());
    QVERIFY(!action("site.stop")->isEnabled());
    action("site.start")->trigger();
    QTRY_COMPARE(fixture.control->count("startSite"), size_t(1));
}

void TestActions::routesThatAnAppNamesAppearWithoutAChange()
{
    GuiFixture fixture;
    fixture.open();
    const uint64_t revision = fixture.control->revision();
    fixture.shell.showSite(s("shop"));
    const auto texts = [&] {
        QString all;
        for (const QLabel *label : fixture.shell.sitesPage()->findChildren<QLabel *>())
            all += label->text() + label->toolTip();
        return all;
    };
    QVERIFY(!texts().contains(s("/assets/")));
    fixture.control->appRoutes["shop"] = {"/assets/"};
    fixture.bridge.refresh();
    QTRY_VERIFY(texts().contains(s("/assets/")));
    QCOMPARE(fixture.control->revision(), revision);
}

void TestActions::aSiteIsShownByNameAndByPort_data()
{
    QTest::addColumn<QString>("site");
    QTest::addColumn<QString>("url");
    QTest::addColumn<QStringList>("shown");
    QTest::newRow("only one site")
        << s("shop") << s("http://127.0.0.1:8080")
        << QStringList {s("http://shop.localhost:8080"), s("http://127.0.0.1:8080")};
    QTest::newRow("one of several") << s("blog") << s("http://blog.localhost:8080")
                                    << QStringList {s("http://blog.localhost:8080")};
    QTest::newRow("another address")
        << s("blog") << s("http://10.0.0.5:80") << QStringList {s("http://10.0.0.5:80")};
    QTest::newRow("HTTPS") << s("shop") << s("https://127.0.0.1:8443")
                           << QStringList {s("https://127.0.0.1:8443")};
    QTest::newRow("no name yet") << QString() << s("http://127.0.0.1:8080")
                                 << QStringList {s("http://127.0.0.1:8080")};
    QTest::newRow("a name that is no host")
        << s("a b/c") << s("http://127.0.0.1:8080") << QStringList {s("http://127.0.0.1:8080")};
}

void TestActions::aSiteIsShownByNameAndByPort()
{
    QFETCH(QString, site);
    QFETCH(QString, url);
    QFETCH(QStringList, shown);
    QCOMPARE(siteAddresses(site.toStdString(), {url.toStdString()}), shown);
}

void TestActions::aChartIsShownAsATable()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    LineChart *chart = fixture.shell.overview()->latencyChart();
    QTRY_VERIFY(chart->model().size() > 10);
    chart->setFocus();
    QTest::keyClick(chart, Qt::Key_T, Qt::ControlModifier);
    const auto *dialog = fixture.shell.findChild<QDialog *>(s("chartTable"));
    QVERIFY(dialog && dialog->isVisible());
    const auto *table = dialog->findChild<QTableWidget *>();
    QVERIFY(table);
    QCOMPARE(table->columnCount(), 1 + chart->model().seriesCount());
    const size_t last = chart->model().size() - 1;
    QCOMPARE(table->item(0, 1)->text(), chartText(chart->model().value(last, 0), chart->unit()));
    fixture.shell.goTo(PageId::Settings);
    QVERIFY(!fixture.shell.registry().action(s("view.chartTable"))->isEnabled());
}

int main(int argc, char **argv)
{
    TestActions test;
    return runGuiTest(test, argc, argv);
}
#include "tst_actions.moc"
