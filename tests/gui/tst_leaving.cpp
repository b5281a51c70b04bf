// SPDX-License-Identifier: Apache-2.0
// How the window goes: into a tray, away with the engine serving, or with it; and how it returns.
#include "gui/gui_fixture.h"

#include "gui/bridge/tray.h"
#include "gui/pages/tray_control.h"

#include <QDialog>
#include <QMenu>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

using namespace arc;
using namespace arc::test;

namespace {

class FakeTray : public Tray {
public:
    bool isAvailable() const override { return available; }
    void setShown(bool on) override { shown = on; }
    bool isShown() const override { return shown; }
    void setIcon(const QIcon &) override { ++icons; }
    void setToolTip(const QString &text) override { toolTip = text; }
    void setMenu(QMenu *now) override { menu = now; }
    void tell(const QString &, const QString &) override { ++told; }
    void comeOrGo(bool now)
    {
        available = now;
        Q_EMIT availabilityChanged();
    }
    void click() { Q_EMIT activated(); }

    bool available = true;
    bool shown = false;
    int icons = 0;
    int told = 0;
    QString toolTip;
    QMenu *menu = nullptr;
};

QAction *find(QMenu *menu, const char *name)
{
    for (QAction *action : menu->actions()) {
        if (action->objectName() == QLatin1String(name))
            return action;
    }
    return nullptr;
}

int activeTimers(QObject &root)
{
    int count = 0;
    for (const QTimer *timer : root.findChildren<QTimer *>())
        count += timer->isActive() ? 1 : 0;
    return count;
}

} // namespace

class TestLeaving : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void withATrayClosingHidesAndSaysSoOnce();
    void theTrayBringsTheWindowBack();
    void hiddenInTheTrayNoTimerRuns();
    void aMinimisedWindowLooksForNoTray();
    void withoutATrayTheDialogComesOnceAndIsRemembered();
    void aTrayThatComesLateIsUsed();
    void aTrayThatGoesBringsTheWindowBack();
    void aTrayThatWentBeforeClosingIsNotTrusted();
    void theIconChangesWithTheStateOnly();
    void theMenuStartsAndStopsSites();
    void stoppingABusySiteFromTheTrayAsksInTheWindow();
    void quitFromTheTrayAsksEvenIfTheWindowWasNeverShown();
    void keepServingGoesToTheTray();
    void stopServingEndsTheEngineAndTheWindow();
    void cancelChangesNothing();
    void theEndOfTheSessionAsksNothing();
    void withNoSiteClosingLeavesAtOnce();
    void manySitesAreALineInTheMenu();
};

void TestLeaving::withATrayClosingHidesAndSaysSoOnce()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    QSignalSpy left(&fixture.shell, &Shell::left);
    fixture.open();
    QVERIFY(tray.shown);
    fixture.shell.close();
    QVERIFY(!fixture.shell.isVisible());
    QVERIFY(!openDialog(fixture.shell));
    QCOMPARE(tray.told, 1);
    fixture.shell.raiseWindow();
    fixture.shell.close();
    QCOMPARE(tray.told, 1);
    QCOMPARE(left.count(), 0);
    QCOMPARE(fixture.control->count("shutdown"), size_t(0));
}

void TestLeaving::theTrayBringsTheWindowBack()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    fixture.shell.close();
    tray.click();
    QVERIFY(fixture.shell.isVisible());
    QVERIFY(fixture.bridge.isWatching());
    fixture.shell.close();
    find(tray.menu, "trayOpen")->trigger();
    QVERIFY(fixture.shell.isVisible());
}

void TestLeaving::hiddenInTheTrayNoTimerRuns()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    QVERIFY(fixture.bridge.isWatching());
    fixture.shell.close();
    QCOMPARE(activeTimers(fixture.shell), 0);
    QVERIFY(!fixture.bridge.isWatching());
    QCOMPARE(tray.toolTip.contains(QStringLiteral("Serving")), false); // nobody looks: not claimed
}

void TestLeaving::aMinimisedWindowLooksForNoTray()
{
    FakeTray tray;
    tray.available = false;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    QCOMPARE(activeTimers(*fixture.shell.trayControl()), 1);
    fixture.shell.showMinimized();
    QTRY_COMPARE(activeTimers(*fixture.shell.trayControl()), 0);
    fixture.shell.showNormal();
    QTRY_COMPARE(activeTimers(*fixture.shell.trayControl()), 1);
}

void TestLeaving::withoutATrayTheDialogComesOnceAndIsRemembered()
{
    FakeTray tray;
    tray.available = false;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    QSignalSpy left(&fixture.shell, &Shell::left);
    fixture.open();
    fixture.shell.close();
    QVERIFY(openDialog(fixture.shell));
    openDialog(fixture.shell)->reject();
    QTRY_VERIFY(!openDialog(fixture.shell));
    QVERIFY(fixture.shell.isVisible()); // "Cancel" is not remembered
    fixture.shell.close();
    QTRY_VERIFY(openDialog(fixture.shell));
    openDialog(fixture.shell)->accept();
    QTRY_COMPARE(left.count(), 1);

    ControlBridge bridge(*fixture.control, nullptr);
    Shell second(bridge,
                 {.instanceName = QStringLiteral("x"),
                  .settingsFile = fixture.dir.filePath(QStringLiteral("window.ini")),
                  .tray = &tray});
    second.show();
    QTRY_VERIFY(bridge.sitesKnown());
    second.close();
    QVERIFY(!openDialog(second));
    QVERIFY(!second.isVisible());
}

void TestLeaving::aTrayThatComesLateIsUsed()
{
    FakeTray tray;
    tray.available = false;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    QVERIFY(!tray.shown);
    tray.comeOrGo(true);
    QVERIFY(tray.shown);
    fixture.shell.close();
    QVERIFY(!openDialog(fixture.shell));
    QVERIFY(!fixture.shell.isVisible());
}

void TestLeaving::aTrayThatGoesBringsTheWindowBack()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    fixture.shell.close();
    QVERIFY(!fixture.shell.isVisible());
    tray.comeOrGo(false);
    QVERIFY(fixture.shell.isVisible());
}

void TestLeaving::aTrayThatWentBeforeClosingIsNotTrusted()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    tray.available = false; // and nobody said so
    fixture.shell.close();
    QVERIFY(fixture.shell.isVisible());
    QVERIFY(openDialog(fixture.shell));
}

void TestLeaving::theIconChangesWithTheStateOnly()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    const int icons = tray.icons;
    for (int i = 0; i < 5; ++i) {
        const size_t asked = fixture.control->count("snapshot");
        fixture.bridge.refresh();
        QTRY_VERIFY(fixture.control->count("snapshot") > asked);
        QCoreApplication::processEvents();
    }
    QCOMPARE(tray.icons, icons);
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(tray.icons > icons, 10000);
}

void TestLeaving::theMenuStartsAndStopsSites()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    Q_EMIT tray.menu->aboutToShow();
    QVERIFY(find(tray.menu, "trayState")->text().contains(QStringLiteral("requests/s")));
    QAction *start = find(tray.menu, "site.start:api");
    QVERIFY(start && start->isEnabled());
    QVERIFY(!find(tray.menu, "site.start:shop")); // it runs
    start->trigger();
    QTRY_COMPARE(fixture.control->count("startSite"), size_t(1));
}

void TestLeaving::stoppingABusySiteFromTheTrayAsksInTheWindow()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.open();
    fixture.shell.close();
    Q_EMIT tray.menu->aboutToShow();
    find(tray.menu, "site.stop:shop")->trigger();
    QVERIFY(fixture.shell.isVisible());
    QVERIFY(openDialog(fixture.shell));
    QCOMPARE(fixture.control->count("stopSite"), size_t(0));
}

void TestLeaving::quitFromTheTrayAsksEvenIfTheWindowWasNeverShown()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    fixture.bridge.refresh();
    QTRY_VERIFY(fixture.bridge.sitesKnown());
    QVERIFY(!fixture.shell.isVisible());
    Q_EMIT tray.menu->aboutToShow();
    find(tray.menu, "file.quit")->trigger();
    QVERIFY(fixture.shell.isVisible());
    QVERIFY(openDialog(fixture.shell));
}

void TestLeaving::keepServingGoesToTheTray()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    QSignalSpy left(&fixture.shell, &Shell::left);
    fixture.open();
    fixture.shell.quit();
    openDialog(fixture.shell)->findChild<QPushButton *>(QStringLiteral("keepServing"))->click();
    QTRY_VERIFY(!fixture.shell.isVisible());
    QCOMPARE(left.count(), 0);
    QCOMPARE(fixture.control->count("shutdown"), size_t(0));
}

void TestLeaving::stopServingEndsTheEngineAndTheWindow()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    QSignalSpy left(&fixture.shell, &Shell::left);
    fixture.open();
    fixture.shell.quit();
    openDialog(fixture.shell)->findChild<QPushButton *>(QStringLiteral("stopServing"))->click();
    QTRY_COMPARE(left.count(), 1);
    QCOMPARE(fixture.control->count("shutdown"), size_t(1));
    QVERIFY(!fixture.shell.isVisible());
}

void TestLeaving::cancelChangesNothing()
{
    GuiFixture fixture;
    QSignalSpy left(&fixture.shell, &Shell::left);
    fixture.open();
    fixture.shell.quit();
    QTest::keyClick(openDialog(fixture.shell), Qt::Key_Escape);
    QTRY_VERIFY(!openDialog(fixture.shell));
    QVERIFY(fixture.shell.isVisible());
    QCOMPARE(left.count(), 0);
    QCOMPARE(fixture.control->count("shutdown"), size_t(0));
}

void TestLeaving::theEndOfTheSessionAsksNothing()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, &tray);
    QSignalSpy left(&fixture.shell, &Shell::left);
    fixture.open();
    fixture.shell.endSession();
    QCOMPARE(left.count(), 1);
    QVERIFY(!fixture.shell.isVisible());
    QVERIFY(!openDialog(fixture.shell));
    QCOMPARE(fixture.control->count("shutdown"), size_t(0)); // the engine is no part of the session
}

void TestLeaving::withNoSiteClosingLeavesAtOnce()
{
    FakeTray tray;
    GuiFixture fixture(std::make_unique<FakeControl>(FakeControl::Begin::Empty), nullptr, {},
                       &tray);
    QSignalSpy left(&fixture.shell, &Shell::left);
    fixture.open();
    fixture.shell.close();
    QCOMPARE(left.count(), 1);
    QVERIFY(!fixture.shell.isVisible());
}

void TestLeaving::manySitesAreALineInTheMenu()
{
    FakeTray tray;
    auto control = std::make_unique<FakeControl>();
    for (int i = 0; i < TrayControl::kSitesMax + 5; ++i)
        control->addSite(
            {.path = "/srv/files", .name = "site" + std::to_string(i), .kind = "static"},
            [](const Result<api::Changed> &answer) { QVERIFY(bool(answer)); });
    GuiFixture fixture(std::move(control), nullptr, {}, &tray);
    fixture.open();
    Q_EMIT tray.menu->aboutToShow();
    QVERIFY(tray.menu->actions().size() < TrayControl::kSitesMax + 12);
}

int main(int argc, char **argv)
{
    TestLeaving test;
    return runGuiTest(test, argc, argv);
}
#include "tst_leaving.moc"
