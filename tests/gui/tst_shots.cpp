// SPDX-License-Identifier: Apache-2.0
// Every page in every state, light and dark: rendered, not blank, and written as PNG for people to
// look at, with a contact sheet of each theme, into build/…/shots or where ARC_SHOTS says. In every
// one nothing is clipped, covered or too faint to read, with letters of twice the size and with
// longer texts as well.
#include "gui/filled_engine.h"
#include "gui/gui_fixture.h"
#include "gui/look_checks.h"

#include "gui/bridge/staging.h"
#include "gui/charts/line_chart.h"
#include "gui/forms/setting_form_row.h"
#include "gui/pages/about_page.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/certificate_actions.h"
#include "gui/pages/certificates_page.h"
#include "gui/pages/command_palette.h"
#include "gui/pages/help_window.h"
#include "gui/pages/history_panel.h"
#include "gui/pages/import_dialog.h"
#include "gui/pages/log_feed.h"
#include "gui/pages/log_view.h"
#include "gui/pages/logs_page.h"
#include "gui/pages/overview_page.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/pool_card.h"
#include "gui/pages/pool_tuner.h"
#include "gui/pages/serve_form.h"
#include "gui/pages/serve_progress.h"
#include "gui/pages/serve_sheet.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/worker_ends_card.h"
#include "gui/pages/workers_page.h"
#include "gui/widgets/banner.h"
#include "gui/widgets/safe_table.h"

#include <QClipboard>
#include <QDialog>
#include <QDir>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPainter>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTableView>
#include <QTest>

#include <optional>

using namespace arc;
using namespace arc::test;

namespace {

constexpr QSize kThumbnail {480, 300};
constexpr int kSheetColumns = 4;
constexpr int kColoursMin = 8; ///< fewer in a page is a blank page

int coloursOf(const QImage &image)
{
    QSet<QRgb> colours;
    for (int y = 0; y < image.height(); y += 3) {
        for (int x = 0; x < image.width(); x += 3)
            colours.insert(image.pixel(x, y));
    }
    return int(colours.size());
}

/// The fake answers at once, so what is on its way arrives in a few turns of the event loop.
void settle()
{
    for (int turn = 0; turn < 6; ++turn)
        QCoreApplication::processEvents();
}

QString shotsFolder()
{
    const QString asked = qEnvironmentVariable("ARC_SHOTS");
    return asked.isEmpty() ? QCoreApplication::applicationDirPath() + QStringLiteral("/../shots")
                           : asked;
}

struct Thumbnail {
    QString name;
    QImage picture;
};
QList<Thumbnail> s_thumbnails; // of what was taken, for the contact sheets
QStringList s_flaws; // of all pictures: one test that stops at the first would hide the others

void shoot(QWidget &widget, const QString &name)
{
    for (int pass = 0; pass < 5; ++pass) // a layout that turned asks the one around it again
        QCoreApplication::sendPostedEvents(nullptr, QEvent::LayoutRequest);
    QCoreApplication::sendPostedEvents();
    for (const QString &flaw : flawsIn(widget))
        s_flaws << name + QStringLiteral(": ") + flaw;
    const QImage image = widget.grab().toImage();
    QVERIFY2(coloursOf(image) >= kColoursMin, qPrintable(name));
    QVERIFY(QDir().mkpath(shotsFolder()));
    QVERIFY(image.save(shotsFolder() + QLatin1Char('/') + name + QStringLiteral(".png")));
    s_thumbnails.append(
        {name, image.scaled(kThumbnail, Qt::KeepAspectRatio, Qt::SmoothTransformation)});
}

/// All pictures whose names begin alike on one, small: to see at a glance what does not belong.
void writeContactSheet(const QString &theme)
{
    QList<Thumbnail> chosen;
    for (const Thumbnail &one : s_thumbnails) {
        if (one.name.startsWith(theme))
            chosen << one;
    }
    if (chosen.isEmpty())
        return;
    const int rows = int(chosen.size() + kSheetColumns - 1) / kSheetColumns;
    const QSize cell = kThumbnail + QSize(12, 30);
    QImage sheet(cell.width() * kSheetColumns, cell.height() * rows, QImage::Format_RGB32);
    sheet.fill(Qt::gray);
    QPainter painter(&sheet);
    for (int i = 0; i < chosen.size(); ++i) {
        const QPoint at(i % kSheetColumns * cell.width(), i / kSheetColumns * cell.height());
        painter.drawText(at + QPoint(6, 18), chosen[i].name);
        painter.drawImage(at + QPoint(6, 24), chosen[i].picture);
    }
    QVERIFY(sheet.save(shotsFolder() + QStringLiteral("/contact-%1.png").arg(theme)));
}

/// Letters and texts as the row of the test asks by its name.
class Appearance {
public:
    Appearance()
    {
        const QByteArray row = QTest::currentDataTag();
        if (row.startsWith("large"))
            m_letters.emplace(2.0);
        if (row.startsWith("long"))
            m_texts.emplace();
    }
    bool isLong() const { return m_texts.has_value(); }

private:
    std::optional<Letters> m_letters;
    std::optional<LongTexts> m_texts;
};

} // namespace

class TestShots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPageIsDrawn_data();
    void everyPageIsDrawn();
    void changesAreDrawn_data() { sheetsAreDrawn_data(); }
    void changesAreDrawn();
    void oldDraftsAreDrawn_data() { sheetsAreDrawn_data(); }
    void oldDraftsAreDrawn();
    void sheetsAreDrawn_data();
    void sheetsAreDrawn();
    void logsAboutAndManualAreDrawn_data();
    void logsAboutAndManualAreDrawn();
    void certificateDialogsAreDrawn_data() { sheetsAreDrawn_data(); }
    void certificateDialogsAreDrawn();
    void whatLiesOverThePagesIsDrawn_data() { sheetsAreDrawn_data(); }
    void whatLiesOverThePagesIsDrawn();
    void cleanupTestCase();
};

void TestShots::everyPageIsDrawn_data()
{
    QTest::addColumn<int>("theme");
    QTest::addColumn<QString>("state");
    for (const char *state : {"busy", "empty", "error"}) {
        QTest::addRow("large-%s", state) << int(ThemeChoice::Light) << QString::fromLatin1(state);
        QTest::addRow("long-%s", state) << int(ThemeChoice::Dark) << QString::fromLatin1(state);
    }
    for (const char *state : {"busy", "empty", "error", "lost", "small", "deploying", "refused"}) {
        QTest::addRow("light-%s", state) << int(ThemeChoice::Light) << QString::fromLatin1(state);
        QTest::addRow("dark-%s", state) << int(ThemeChoice::Dark) << QString::fromLatin1(state);
    }
}

static void shootWorkers(GuiFixture &fixture, const QString &prefix)
{
    fixture.shell.goTo(PageId::Workers);
    WorkersPage &page = *fixture.shell.workersPage();
    PoolCard *card = page.card("shop");
    QVERIFY(card);
    card->tuner()->threads()->setValue(9);
    shoot(fixture.shell, prefix + QStringLiteral("-Workers-threads"));
    card->table()->selectRow(0);
    SafeTable *ends = page.ends()->table();
    QTRY_VERIFY(ends->model()->rowCount() > 1);
    for (int row = 0; row < 2; ++row) {
        ends->selectRow(row);
        settle();
        page.showEnds();
        settle();
        shoot(fixture.shell, prefix + QStringLiteral("-Workers-end%1").arg(row));
    }
}

void TestShots::everyPageIsDrawn()
{
    QFETCH(int, theme);
    QFETCH(QString, state);
    const Appearance appearance;
    auto control = state == QLatin1String("empty")
        ? std::make_unique<FakeControl>(FakeControl::Begin::Empty)
        : std::make_unique<FakeControl>();
    control->outputs["shop"] = "Watching for file changes\nTraceback (most recent call last):\n"
                               "  File \"manage.py\", line 11, in main\n"
                               "ModuleNotFoundError: No module named 'django'\n";
    if (state == QLatin1String("error")) {
        control->setSiteState("shop", "failed", "ModuleNotFoundError: No module named 'django'");
        control->warnings = {"Port 443 needs permission; plain HTTP only"};
    }
    control->hasLocalCa = state != QLatin1String("empty");
    if (control->hasLocalCa)
        fillDay(*control);
    if (state == QLatin1String("deploying"))
        control->setNextGeneration("shop", 1);
    if (state == QLatin1String("refused"))
        control->setSiteState("shop", "running",
                              "the new release did not start: ModuleNotFoundError: No module named "
                              "'stripe' (shop/views.py line 3); the old one still serves");
    GuiFixture fixture(std::move(control));
    fixture.theme()->choose(ThemeChoice(theme));
    fixture.open();
    if (state == QLatin1String("small") || appearance.isLong())
        fixture.shell.resize(960, 600);
    if (state == QLatin1String("lost")) {
        fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
        QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    } else {
        fixture.makeAllSettings();
    }
    fixture.shell.sitesPage()->select(QStringLiteral("shop"));
    const QString prefix = QString::fromLatin1(QTest::currentDataTag());
    for (int page = 0; page < kPageCount; ++page) {
        fixture.shell.goTo(PageId(page));
        fixture.bridge.refresh();
        settle();
        shoot(fixture.shell, prefix + QLatin1Char('-') + pageIcon(PageId(page)));
    }
    fixture.shell.goTo(PageId::Sites);
    for (int tab = 1; state == QLatin1String("busy") && tab < 3; ++tab) {
        fixture.shell.sitesPage()->detail()->tabs()->setCurrentIndex(tab);
        settle();
        shoot(fixture.shell, prefix + QStringLiteral("-Sites-tab%1").arg(tab));
    }
    if (state == QLatin1String("busy")) {
        fixture.shell.goTo(PageId::Certificates);
        for (const char *id : {"local", "lost.example.org"}) {
            fixture.shell.certificatesPage()->select(QLatin1String(id));
            settle();
            shoot(fixture.shell,
                  prefix + QStringLiteral("-Certificates-") + QLatin1String(id).left(4));
        }
        fixture.shell.goTo(PageId::Settings);
        auto *row = fixture.shell.settingsPage()->formRow("http.idle_timeout_s");
        QVERIFY(row);
        qobject_cast<QSpinBox *>(row->editor()->field())->setValue(30);
        shoot(fixture.shell, prefix + QStringLiteral("-Settings-pending"));
        fixture.shell.settingsPage()->showHistory();
        settle();
        shoot(fixture.shell, prefix + QStringLiteral("-Settings-history"));
        shootWorkers(fixture, prefix);
    }
}

void TestShots::sheetsAreDrawn_data()
{
    QTest::addColumn<int>("theme");
    QTest::newRow("light") << int(ThemeChoice::Light);
    QTest::newRow("dark") << int(ThemeChoice::Dark);
    QTest::newRow("large") << int(ThemeChoice::Light);
    QTest::newRow("long") << int(ThemeChoice::Dark);
}

void TestShots::sheetsAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    GuiFixture fixture(std::make_unique<FakeControl>(FakeControl::Begin::Empty));
    fixture.theme()->choose(ThemeChoice(theme));
    const QString prefix = QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral("-sheet-");
    const QString folder = fixture.dir.filePath(QStringLiteral("blog"));
    QVERIFY(QDir().mkpath(folder));
    fixture.control->folders[folder.toStdString()] = djangoFolder(folder.toStdString(), "blog");
    fixture.control->startupSnapshots = 3;
    fixture.control->startFails = "ModuleNotFoundError: No module named 'django'";
    fixture.control->outputs["blog"] =
        "Traceback (most recent call last):\n  File \"blog/wsgi.py\", "
        "line 3\nModuleNotFoundError: No module named 'django'\n";
    fixture.open();
    fixture.shell.serveFolder(folder);
    QTRY_VERIFY(fixture.shell.sheet());
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    shoot(*fixture.shell.sheet(), prefix + QStringLiteral("form"));
    fixture.shell.sheet()->form()->moreButton()->click();
    shoot(*fixture.shell.sheet(), prefix + QStringLiteral("more"));
    fixture.shell.sheet()->mainButton()->click();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Serving);
    settle();
    shoot(*fixture.shell.sheet(), prefix + QStringLiteral("serving"));
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Failed);
    QTRY_VERIFY(!fixture.shell.sheet()->progress()->output().isEmpty());
    shoot(*fixture.shell.sheet(), prefix + QStringLiteral("failed"));
}

void TestShots::logsAboutAndManualAreDrawn_data()
{
    sheetsAreDrawn_data();
}

void TestShots::logsAboutAndManualAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    GuiFixture fixture;
    fillLogs(*fixture.control);
    fixture.control->outputs["shop"] +=
        "2026-11-26T09:13:20.000Z [4210] WARNING:shop.cart:price of 42 is old\n"
        "2026-11-26T09:13:21.000Z [4210] Traceback (most recent call last):\n"
        "2026-11-26T09:13:21.000Z [4210]   File \"/srv/shop/cart.py\", line 31, in total\n"
        "2026-11-26T09:13:21.000Z [4210] KeyError: 42\n"
        "2026-11-26T09:13:22.000Z [engine] worker 4210 ended after 3 min with 0 requests in "
        "flight: it was told to\n";
    fixture.theme()->choose(ThemeChoice(theme));
    fixture.open();
    const QString prefix = QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral("-more-");
    LogsPage &page = *fixture.shell.logsPage();
    fixture.shell.goTo(PageId::Logs);
    QTRY_VERIFY(page.sources()->count() >= 4);
    page.sources()->setCurrentRow(1);
    QTRY_COMPARE(page.view()->model().rowCount(), 240);
    page.view()->table()->selectRow(233);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("logs-access"));
    page.filterField()->setText(QStringLiteral("/api/"));
    page.searchButton()->click();
    QTRY_VERIFY(!page.feed()->isSearching());
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("logs-search"));
    page.filterField()->setText(QStringLiteral("nothing like this"));
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("logs-none"));
    page.filterField()->clear();
    page.showSite(QStringLiteral("shop"));
    QTRY_VERIFY(page.view()->model().rowCount() > 4);
    page.pauseButton()->click();
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("logs-app"));
    fixture.shell.aboutPage()->openDiagnostics();
    QTRY_VERIFY(openDialog(fixture.shell));
    settle();
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("diagnostics"));
    openDialog(fixture.shell)->close();
    fixture.shell.showHelp(QStringLiteral("troubleshooting.md"));
    settle();
    shoot(*fixture.shell.helpWindow(), prefix + QStringLiteral("help"));
    fixture.shell.showHelp(QStringLiteral("configuration.md#apps"));
    settle();
    shoot(*fixture.shell.helpWindow(), prefix + QStringLiteral("help-table"));
    fixture.shell.helpWindow()->searchField()->setText(QStringLiteral("rotated"));
    settle();
    shoot(*fixture.shell.helpWindow(), prefix + QStringLiteral("help-search"));
}

/// Three changes on three pages, one of which somebody else makes different meanwhile.
static void editThings(GuiFixture &fixture)
{
    PendingChanges &changes = fixture.shell.staging().changes();
    const uint64_t revision = fixture.control->revision();
    const EditId idle {EditId::Kind::Setting, "engine", "", "http.idle_timeout_s"};
    const EditId threads {EditId::Kind::Setting, "app", "shop", "pool.threads"};
    changes.stage({.id = idle, .value = "30", .shown = "30 s", .before = {"65", "65 s"}}, revision);
    changes.stage({.id = threads, .value = "8", .shown = "8", .before = {"4", "4"}}, revision);
    changes.stage({.id = siteField("shop", "entry"),
                   .value = "shop.asgi:application",
                   .shown = "shop.asgi:application",
                   .before = {"shop.wsgi:application", "shop.wsgi:application"},
                   .app = "shop"},
                  revision);
    changes.stage(
        {.id = siteField("shop", "env.DEBUG"), .value = "1", .before = {"0", {}}, .app = "shop"},
        revision);
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Ready);
    settle();
}

static void changeMeanwhile(FakeControl &control)
{
    Document document = control.document();
    document.apps.front().entry = "shop.wsgi:app";
    document.settings.insert_or_assign("limits.body_mib", SettingValue(int64_t(50)));
    control.changeElsewhere(std::move(document), "ana");
}

void TestShots::changesAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    const QString prefix =
        QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral("-changes-");
    GuiFixture fixture;
    fixture.theme()->choose(ThemeChoice(theme));
    fixture.open();
    editThings(fixture);
    shoot(fixture.shell, prefix + QStringLiteral("bar"));
    fixture.shell.pendingBar()->reviewButton()->click();
    QVERIFY(openDialog(fixture.shell));
    settle();
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("review"));
    fixture.shell.staging().changes().stage({.id = siteField("shop", "python"),
                                             .value = "python3",
                                             .shown = "python3",
                                             .before = {"/usr/bin/python3", "/usr/bin/python3"},
                                             .app = "shop"},
                                            fixture.control->revision());
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Refused);
    settle();
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("review-refused"));
    openDialog(fixture.shell)->close();
    fixture.shell.showSite(QStringLiteral("shop"));
    fixture.shell.sitesPage()->detail()->tabs()->setCurrentIndex(1);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("refused"));
    fixture.shell.staging().changes().remove(siteField("shop", "python"));
    changeMeanwhile(*fixture.control);
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Conflict);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("conflict-bar"));
    fixture.shell.pendingBar()->reviewButton()->click();
    QTRY_VERIFY(openDialog(fixture.shell));
    settle();
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("conflict"));
    openDialog(fixture.shell)->close();
    fixture.shell.staging().putOnTop();
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Ready);
    fixture.shell.staging().apply();
    QTRY_VERIFY(fixture.shell.staging().changes().isEmpty());
    fixture.shell.goTo(PageId::Settings);
    fixture.shell.settingsPage()->showHistory();
    QTRY_VERIFY(fixture.shell.settingsPage()->history()->count() >= 4);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("history"));
    if (prefix.startsWith(QLatin1String("large")))
        return; // letters of twice the size are promised a window of 1280 × 800
    fixture.shell.resize(960, 600);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("history-small"));
}

void TestShots::oldDraftsAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    const QString prefix = QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral("-draft-");
    QTemporaryDir dir;
    const QString draft = dir.filePath(QStringLiteral("draft.json"));
    {
        GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, draft);
        fixture.open();
        editThings(fixture);
        fixture.shell.staging().flushDraft();
    }
    for (const bool isOlder : {false, true}) {
        GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, draft);
        if (isOlder)
            changeMeanwhile(*fixture.control);
        fixture.theme()->choose(ThemeChoice(theme));
        fixture.open();
        QTRY_COMPARE(fixture.shell.staging().state(),
                     isOlder ? Staging::State::Conflict : Staging::State::Ready);
        settle();
        shoot(fixture.shell,
              prefix + (isOlder ? QStringLiteral("older") : QStringLiteral("restored")));
    }
}

void TestShots::certificateDialogsAreDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    GuiFixture fixture;
    fixture.theme()->choose(ThemeChoice(theme));
    const QString prefix = QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral("-cert-");
    fixture.open();
    fixture.shell.goTo(PageId::Certificates);
    settle();
    fixture.shell.certificateActions()->importNew();
    settle();
    auto *dialog = qobject_cast<ImportDialog *>(openDialog(fixture.shell));
    QVERIFY(dialog);
    shoot(*dialog, prefix + QStringLiteral("import"));
    QGuiApplication::clipboard()->setText(QStringLiteral(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"));
    dialog->paste();
    dialog->passphraseField()->setText(QStringLiteral("wrong"));
    dialog->mainButton()->click();
    settle();
    shoot(*dialog, prefix + QStringLiteral("import-refused"));
    dialog->reject();
    settle();
    fixture.shell.certificateActions()->create();
    settle();
    auto *create = qobject_cast<CreateDialog *>(openDialog(fixture.shell));
    QVERIFY(create);
    shoot(*create, prefix + QStringLiteral("create"));
    create->namesField()->setText(QStringLiteral("shop.localhost, example.org"));
    create->mainButton()->click();
    settle();
    shoot(*create, prefix + QStringLiteral("create-refused"));
}

void TestShots::whatLiesOverThePagesIsDrawn()
{
    QFETCH(int, theme);
    const Appearance appearance;
    GuiFixture fixture;
    fixture.theme()->choose(ThemeChoice(theme));
    const QString prefix = QString::fromLatin1(QTest::currentDataTag()) + QStringLiteral("-over-");
    fixture.open();
    fixture.shell.openPalette();
    settle();
    QVERIFY(fixture.shell.commandPalette());
    shoot(*fixture.shell.commandPalette(), prefix + QStringLiteral("palette"));
    fixture.shell.commandPalette()->field()->setText(QStringLiteral("re sh"));
    shoot(*fixture.shell.commandPalette(), prefix + QStringLiteral("palette-found"));
    fixture.shell.commandPalette()->field()->setText(QStringLiteral("zzzz"));
    shoot(*fixture.shell.commandPalette(), prefix + QStringLiteral("palette-nothing"));
    fixture.shell.commandPalette()->reject();
    fixture.shell.registry().action(QStringLiteral("help.shortcuts"))->trigger();
    settle();
    shoot(*fixture.shell.findChild<QDialog *>(QStringLiteral("shortcuts")),
          prefix + QStringLiteral("shortcuts"));
    fixture.shell.registry().action(QStringLiteral("view.chartTable"))->trigger();
    settle();
    shoot(*fixture.shell.findChild<QDialog *>(QStringLiteral("chartTable")),
          prefix + QStringLiteral("chart-table"));
    for (QDialog *stays : fixture.shell.findChildren<QDialog *>())
        stays->reject();
    QMenu menu;
    fixture.shell.registry().fillSiteMenu(menu, QStringLiteral("shop"));
    menu.ensurePolished();
    menu.resize(menu.sizeHint());
    shoot(menu, prefix + QStringLiteral("site-menu"));
    fixture.shell.setPaused(true);
    settle();
    shoot(fixture.shell, prefix + QStringLiteral("paused"));
    fixture.shell.close();
    QTRY_VERIFY(openDialog(fixture.shell));
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("close"));
    openDialog(fixture.shell)->reject();
    QTRY_VERIFY(!openDialog(fixture.shell));
    fixture.shell.quit();
    QTRY_VERIFY(openDialog(fixture.shell));
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("quit"));
}

void TestShots::cleanupTestCase()
{
    for (const char *group : {"light", "dark", "large", "long"})
        writeContactSheet(QLatin1String(group));
    for (const QString &flaw : std::as_const(s_flaws))
        qWarning("%s", qPrintable(flaw)); // each on its own: a message of QtTest has its limits
    QCOMPARE(s_flaws.size(), 0);
}

int main(int argc, char **argv)
{
    TestShots test;
    return runGuiTest(test, argc, argv);
}
#include "tst_shots.moc"
