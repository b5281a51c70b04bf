// SPDX-License-Identifier: Apache-2.0
#include "gui/gui_fixture.h"

#include "gui/bridge/engine_launcher.h"
#include "gui/charts/line_chart.h"
#include "gui/pages/command_palette.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/nav_rail.h"
#include "gui/pages/overview_page.h"
#include "gui/pages/serve_sheet.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/status_line.h"
#include "gui/pages/task_strip.h"
#include "gui/widgets/banner.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/state_pill.h"
#include "gui/widgets/switch.h"
#include "gui/widgets/toast.h"

#include <QAbstractScrollArea>
#include <QAccessible>
#include <QDialog>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFile>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QTabBar>
#include <QTabWidget>
#include <QTest>
#include <QTimer>

#include <algorithm>

using namespace arc;
using namespace arc::test;

namespace {

class FakeLauncher : public EngineLauncher {
public:
    void start(std::function<void(Result<void>)> done) override
    {
        ++starts;
        done(failure ? Result<void>(*failure) : Result<void>());
    }
    std::string lastCause() override { return "killed by signal 9"; }

    int starts = 0;
    std::optional<Error> failure;
};

void drop(Shell &shell, const QList<QUrl> &urls)
{
    QMimeData mime;
    mime.setUrls(urls);
    QDragEnterEvent enter({200, 200}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&shell, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event({200, 200}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&shell, &event);
}

QStringList activeTimers(QObject &root)
{
    QStringList names;
    for (QTimer *timer : root.findChildren<QTimer *>()) {
        if (timer->isActive())
            names << QString::fromLatin1(
                timer->parent() ? timer->parent()->metaObject()->className() : "?");
    }
    return names;
}

} // namespace

class TestShell : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pagesAreReachedByTheirPlaceOnTheRail();
    void onlyPagesThatExistAreOffered();
    void theMouseWorksAfterThePalette();
    void f6CyclesTheRegions();
    void pageAndGeometryComeBack();
    void showsTheDropZoneWhileThereIsNoSite();
    void everySampleCanBeTried_data();
    void everySampleCanBeTried();
    void aDroppedFolderOpensTheSheet();
    void aDroppedFileOffersItsFolder();
    void twoFoldersComeOneAfterTheOther();
    void anAddressIsRefusedWithASentence();
    void textIsNotAccepted();
    void aMissingPathIsToldAndOpensNothing();
    void chartsBeginWithTheEnginesHistory();
    void aHiddenWindowAsksNothingAndHasNoTimer();
    void returningRefreshesAtOnce();
    void silenceIsToldAndTheLinkComesBack();
    void startAgainAsksTheLauncher();
    void aFailedStartTellsWhy();
    void closingSaysOnceThatServingGoesOn();
    void quitKeepsServingByDefault();
    void quitCanStopTheEngine();
    void onlyWebAddressesAreOpened_data();
    void onlyWebAddressesAreOpened();
    void everyFocusableWidgetHasAName();
};

/// The number is the page's place as somebody counts it on the rail.
void TestShell::pagesAreReachedByTheirPlaceOnTheRail()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    const auto *rail = fixture.shell.findChild<NavRail *>();
    std::vector<PageId> seen = rail->pages();
    std::ranges::sort(seen, {}, [&](PageId page) { return rail->button(page)->y(); });
    QVERIFY(rail->pages() == seen);
    QCOMPARE(int(seen.size()), kPageCount);
    int number = 0;
    for (const PageId page : seen) {
        const bool isNumbered = page != PageId::Settings && page != PageId::About;
        if (page == PageId::About) {
            QVERIFY(rail->shortcut(page).isEmpty());
            continue;
        }
        const Qt::Key key = isNumbered ? Qt::Key(Qt::Key_0 + ++number % 10) : Qt::Key_Comma;
        fixture.shell.goTo(page == PageId::Overview ? PageId::Sites : PageId::Overview);
        QTest::keyClick(&fixture.shell, key, Qt::ControlModifier);
        QCOMPARE(fixture.shell.page(), page);
        const QString name = QKeySequence(Qt::CTRL | key).toString(QKeySequence::NativeText);
        QVERIFY2(rail->button(page)->toolTip().contains(name), qPrintable(name));
    }
    QVERIFY(number >= 4);
}

void TestShell::onlyPagesThatExistAreOffered()
{
    GuiFixture fixture;
    const auto *rail = fixture.shell.findChild<NavRail *>();
    QVERIFY(rail);
    QCOMPARE(rail->findChildren<QPushButton *>().size(), kPageCount);
}

/// Clicks go through the window, as the platform sends them: what is modal would keep them away.
void TestShell::theMouseWorksAfterThePalette()
{
    GuiFixture fixture;
    fixture.open();
    const auto click = [&](PageId page) {
        QWidget *button = fixture.shell.findChild<NavRail *>()->button(page);
        QTest::mouseClick(fixture.shell.windowHandle(), Qt::LeftButton, {},
                          button->mapTo(&fixture.shell, button->rect().center()));
    };
    click(PageId::Workers);
    QTRY_COMPARE(fixture.shell.page(), PageId::Workers);
    fixture.shell.openPalette();
    QTRY_VERIFY(fixture.shell.commandPalette()->isActiveWindow());
    QTest::keyClick(fixture.shell.commandPalette()->field(), Qt::Key_Escape);
    QTRY_VERIFY(!fixture.shell.commandPalette());
    QVERIFY(!QGuiApplication::modalWindow());
    click(PageId::Sites);
    QTRY_COMPARE(fixture.shell.page(), PageId::Sites);
}

void TestShell::f6CyclesTheRegions()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    fixture.shell.header()->addButton()->setFocus();
    QSet<QWidget *> seen;
    for (int i = 0; i < 3; ++i) {
        QTest::keyClick(&fixture.shell, Qt::Key_F6);
        seen << QApplication::focusWidget();
    }
    QCOMPARE(seen.size(), 3);
    QVERIFY(fixture.shell.header()->isAncestorOf(QApplication::focusWidget()));
}

void TestShell::pageAndGeometryComeBack()
{
    QTemporaryDir dir;
    FakeControl control;
    const auto options = [&] {
        return ShellOptions {.instanceName = QStringLiteral("x"),
                             .settingsFile = dir.filePath(QStringLiteral("w.ini"))};
    };
    {
        ControlBridge bridge(control, nullptr);
        Shell shell(bridge, options());
        // The screen of the tests is smaller than the usual first size.
        const QSize screen = shell.screen()->availableSize();
        QVERIFY(screen.height() < 800 + 40);
        QVERIFY2(shell.height() < screen.height(), "its foot, or the frame, is off the screen");
        shell.goTo(PageId::Workers);
        shell.resize(1100, 700);
        shell.show();
        shell.close();
    }
    ControlBridge bridge(control, nullptr);
    Shell shell(bridge, options());
    QCOMPARE(shell.page(), PageId::Workers);
    QCOMPARE(shell.size(), QSize(1100, 700));
}

void TestShell::showsTheDropZoneWhileThereIsNoSite()
{
    GuiFixture empty(std::make_unique<FakeControl>(FakeControl::Begin::Empty));
    empty.open();
    QTRY_VERIFY(empty.shell.overview()->showsDropZone());
    GuiFixture busy;
    busy.open();
    QTRY_VERIFY(!busy.shell.overview()->showsDropZone());
}

void TestShell::everySampleCanBeTried_data()
{
    QTest::addColumn<bool>("fromMenu");
    for (const char *name : {"photos", "filesync", "streaming"}) {
        QTest::addRow("%s", name) << false;
        QTest::addRow("%s, from the menu", name) << true;
    }
}

void TestShell::everySampleCanBeTried()
{
    QFETCH(bool, fromMenu);
    const QString name =
        QString::fromLatin1(QTest::currentDataTag()).section(QLatin1Char(','), 0, 0);
    GuiFixture fixture(std::make_unique<FakeControl>(FakeControl::Begin::Empty));
    fixture.open();
    const QString folder = fixture.dir.filePath(QStringLiteral("samples/") + name);
    QVERIFY(QDir().mkpath(folder));
    fixture.control->folders[folder.toStdString()] =
        djangoFolder(folder.toStdString(), name.toStdString());
    QWidget *place = fixture.shell.overview();
    if (fromMenu) {
        fixture.shell.chooseSample();
        place = fixture.shell.findChild<QDialog *>(QStringLiteral("samples"));
        QVERIFY(place);
    }
    auto *button = place->findChild<QPushButton *>(QStringLiteral("sample-") + name);
    QVERIFY(button);
    QTRY_VERIFY(button->isVisible());
    button->click();
    QTRY_VERIFY(fixture.shell.sheet());
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    QVERIFY(fixture.shell.sheet()->windowTitle().contains(name));
}

void TestShell::aDroppedFolderOpensTheSheet()
{
    GuiFixture fixture;
    fixture.open();
    const QString folder = fixture.dir.filePath(QStringLiteral("blog"));
    QVERIFY(QDir().mkpath(folder));
    fixture.control->folders[folder.toStdString()] = djangoFolder(folder.toStdString(), "blog");
    drop(fixture.shell, {QUrl::fromLocalFile(folder)});
    QTRY_VERIFY(fixture.shell.sheet());
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    QVERIFY(fixture.shell.sheet()->windowTitle().contains(QStringLiteral("blog")));
}

void TestShell::aDroppedFileOffersItsFolder()
{
    GuiFixture fixture;
    fixture.open();
    const QString folder = fixture.dir.filePath(QStringLiteral("blog"));
    QVERIFY(QDir().mkpath(folder));
    QFile file(folder + QStringLiteral("/manage.py"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    fixture.control->folders[folder.toStdString()] = djangoFolder(folder.toStdString(), "blog");
    drop(fixture.shell, {QUrl::fromLocalFile(file.fileName())});
    QTRY_VERIFY(fixture.shell.sheet());
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
}

void TestShell::twoFoldersComeOneAfterTheOther()
{
    GuiFixture fixture;
    fixture.open();
    QList<QUrl> urls;
    for (const QString &name : {QStringLiteral("one"), QStringLiteral("two")}) {
        QVERIFY(QDir().mkpath(fixture.dir.filePath(name)));
        urls << QUrl::fromLocalFile(fixture.dir.filePath(name));
    }
    drop(fixture.shell, urls);
    QTRY_VERIFY(fixture.shell.sheet());
    const QString first = fixture.shell.sheet()->windowTitle();
    fixture.shell.sheet()->closeButton()->click();
    QTRY_VERIFY(fixture.shell.sheet() && fixture.shell.sheet()->windowTitle() != first);
}

void TestShell::anAddressIsRefusedWithASentence()
{
    GuiFixture fixture;
    fixture.open();
    drop(fixture.shell, {QUrl(QStringLiteral("https://example.org/x"))});
    QVERIFY(fixture.shell.toast()->text().contains(QStringLiteral("https://example.org/x")));
    QVERIFY(!fixture.shell.sheet());
}

void TestShell::textIsNotAccepted()
{
    GuiFixture fixture;
    fixture.open();
    QMimeData mime;
    mime.setText(QStringLiteral("rm -rf /"));
    QDragEnterEvent enter({200, 200}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    enter.setAccepted(false);
    QCoreApplication::sendEvent(&fixture.shell, &enter);
    QVERIFY(!enter.isAccepted());
}

void TestShell::aMissingPathIsToldAndOpensNothing()
{
    GuiFixture fixture;
    fixture.open();
    drop(fixture.shell, {QUrl::fromLocalFile(fixture.dir.filePath(QStringLiteral("nowhere")))});
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("does not exist")));
    QVERIFY(!fixture.shell.sheet());
}

void TestShell::chartsBeginWithTheEnginesHistory()
{
    GuiFixture fixture;
    fixture.open();
    QTRY_VERIFY(fixture.shell.overview()->requestsChart()->model().size() > 100);
    QVERIFY(
        fixture.shell.overview()->requestsChart()->spokenText().contains(QStringLiteral("all")));
}

void TestShell::aHiddenWindowAsksNothingAndHasNoTimer()
{
    GuiFixture fixture;
    fixture.open();
    QVERIFY(fixture.bridge.isWatching());
    fixture.shell.say(QStringLiteral("something"));
    fixture.shell.hide();
    QCOMPARE(activeTimers(fixture.shell), QStringList());
    QVERIFY(!fixture.bridge.isWatching());
    fixture.shell.showMinimized();
    QTRY_VERIFY(fixture.shell.isMinimized());
    QCOMPARE(activeTimers(fixture.shell), QStringList());
    QVERIFY(!fixture.bridge.isWatching());
}

void TestShell::returningRefreshesAtOnce()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.hide();
    const size_t before = fixture.control->count("snapshot");
    fixture.shell.show();
    QCOMPARE(fixture.control->count("snapshot"), before + 1);
}

void TestShell::silenceIsToldAndTheLinkComesBack()
{
    GuiFixture fixture;
    fixture.open();
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    QVERIFY(fixture.shell.header()->pill()->text().contains(QStringLiteral("Not reachable")));
    QVERIFY(fixture.shell.banner()->isVisible());
    QVERIFY(fixture.shell.banner()->text().contains(QStringLiteral("connection refused")));
    QVERIFY(fixture.shell.banner()->actionButton()->isHidden()); // nobody could start it
    QVERIFY(fixture.shell.statusLine()->freshness().contains(QStringLiteral("as of")));
    QVERIFY(!fixture.shell.sitesPage()->detail()->onSwitch()->isEnabled());
    fixture.control->failAll(std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Live, 8000);
    QVERIFY(!fixture.shell.banner()->isVisible());
    QVERIFY(fixture.shell.statusLine()->freshness().contains(QStringLiteral("live")));
}

void TestShell::startAgainAsksTheLauncher()
{
    FakeLauncher launcher;
    GuiFixture fixture(std::make_unique<FakeControl>(), &launcher);
    fixture.open();
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    QVERIFY(fixture.shell.banner()->text().contains(QStringLiteral("killed by signal 9")));
    fixture.shell.banner()->actionButton()->click();
    QCOMPARE(launcher.starts, 1);
}

void TestShell::aFailedStartTellsWhy()
{
    FakeLauncher launcher;
    launcher.failure = Error(ErrorCode::AddressInUse, "127.0.0.1:8080 is in use");
    auto control = std::make_unique<FakeControl>();
    control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    GuiFixture fixture(std::move(control), &launcher);
    fixture.shell.show();
    fixture.bridge.startEngine();
    QTRY_VERIFY(fixture.shell.banner()->text().contains(QStringLiteral("8080 is in use")));
}

void TestShell::closingSaysOnceThatServingGoesOn()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.close();
    QDialog *dialog = openDialog(fixture.shell);
    QVERIFY(dialog);
    QVERIFY(fixture.shell.isVisible());
    dialog->accept();
    QTRY_VERIFY(!fixture.shell.isVisible());
    QCOMPARE(fixture.control->count("shutdown"), size_t(0));
}

void TestShell::quitKeepsServingByDefault()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.quit();
    QDialog *dialog = openDialog(fixture.shell);
    QVERIFY(dialog);
    auto *keep = dialog->findChild<QPushButton *>(QStringLiteral("keepServing"));
    QVERIFY(keep && keep->isDefault());
    keep->click();
    QTRY_VERIFY(!fixture.shell.isVisible());
    QCOMPARE(fixture.control->count("shutdown"), size_t(0));
}

void TestShell::quitCanStopTheEngine()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.quit();
    QDialog *dialog = openDialog(fixture.shell);
    QVERIFY(dialog);
    dialog->findChild<QPushButton *>(QStringLiteral("stopServing"))->click();
    QTRY_VERIFY(!fixture.shell.isVisible());
    QCOMPARE(fixture.control->count("shutdown"), size_t(1));
}

void TestShell::onlyWebAddressesAreOpened_data()
{
    QTest::addColumn<QUrl>("url");
    QTest::addColumn<bool>("opens");
    QTest::newRow("http") << QUrl(QStringLiteral("http://shop.localhost:8080")) << true;
    QTest::newRow("https") << QUrl(QStringLiteral("https://shop.localhost")) << true;
    QTest::newRow("file") << QUrl(QStringLiteral("file:///etc/passwd")) << false;
    QTest::newRow("program") << QUrl(QStringLiteral("ssh://host")) << false;
    QTest::newRow("script") << QUrl(QStringLiteral("javascript:alert(1)")) << false;
    QTest::newRow("empty") << QUrl() << false;
}

void TestShell::onlyWebAddressesAreOpened()
{
    QFETCH(QUrl, url);
    QFETCH(bool, opens);
    GuiFixture fixture;
    fixture.shell.openUrl(url);
    QCOMPARE(fixture.opened.size(), opens ? 1 : 0);
}

void TestShell::everyFocusableWidgetHasAName()
{
    GuiFixture fixture;
    fixture.open();
    fixture.shell.sitesPage()->select(QStringLiteral("shop"));
    QStringList nameless;
    int seen = 0;
    for (int page = 0; page < kPageCount; ++page) {
        fixture.shell.goTo(PageId(page));
        QCoreApplication::processEvents();
        for (QWidget *widget : fixture.shell.findChildren<QWidget *>()) {
            if (!widget->isVisible() || !(widget->focusPolicy() & Qt::TabFocus)
                || widget->focusProxy())
                continue;
            // The line inside a spin box is read as the spin box.
            if (qobject_cast<QAbstractSpinBox *>(widget->parentWidget()))
                continue;
            ++seen;
            QAccessibleInterface *access = QAccessible::queryAccessibleInterface(widget);
            if (!access || access->text(QAccessible::Name).trimmed().isEmpty())
                nameless << QString::fromLatin1(widget->metaObject()->className())
                        + QLatin1Char(' ') + widget->objectName();
        }
    }
    QVERIFY(seen > 40);
    QCOMPARE(nameless, QStringList());
}

int main(int argc, char **argv)
{
    TestShell test;
    return runGuiTest(test, argc, argv);
}
#include "tst_shell.moc"
