// SPDX-License-Identifier: Apache-2.0
// Every page in every state, light and dark: rendered, not blank, and written as PNG for people to
// look at when ARC_SHOTS names a folder.
#include "gui/gui_fixture.h"

#include "gui/charts/line_chart.h"
#include "gui/forms/setting_form_row.h"
#include "gui/pages/overview_page.h"
#include "gui/pages/pool_card.h"
#include "gui/pages/pool_tuner.h"
#include "gui/pages/serve_form.h"
#include "gui/pages/serve_progress.h"
#include "gui/pages/serve_sheet.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/workers_page.h"
#include "gui/widgets/banner.h"

#include <QDialog>
#include <QDir>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

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

void shoot(QWidget &widget, const QString &name)
{
    QCoreApplication::sendPostedEvents();
    const QImage image = widget.grab().toImage();
    QVERIFY2(coloursOf(image) >= kColoursMin, qPrintable(name));
    const QString folder = qEnvironmentVariable("ARC_SHOTS");
    if (folder.isEmpty())
        return;
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(image.save(folder + QLatin1Char('/') + name + QStringLiteral(".png")));
}

} // namespace

class TestShots : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyPageIsDrawn_data();
    void everyPageIsDrawn();
    void sheetsAreDrawn_data();
    void sheetsAreDrawn();
};

void TestShots::everyPageIsDrawn_data()
{
    QTest::addColumn<int>("theme");
    QTest::addColumn<QString>("state");
    for (const char *state : {"busy", "empty", "error", "lost", "small", "deploying", "refused"}) {
        QTest::addRow("light-%s", state) << int(ThemeChoice::Light) << QString::fromLatin1(state);
        QTest::addRow("dark-%s", state) << int(ThemeChoice::Dark) << QString::fromLatin1(state);
    }
}

void TestShots::everyPageIsDrawn()
{
    QFETCH(int, theme);
    QFETCH(QString, state);
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
    if (state == QLatin1String("deploying"))
        control->setNextGeneration("shop", 1);
    if (state == QLatin1String("refused"))
        control->setSiteState("shop", "running",
                              "the new release did not start: ModuleNotFoundError: No module named "
                              "'stripe' (shop/views.py line 3); the old one still serves");
    GuiFixture fixture(std::move(control));
    fixture.theme()->choose(ThemeChoice(theme));
    fixture.open();
    if (state == QLatin1String("small"))
        fixture.shell.resize(960, 600);
    if (state == QLatin1String("lost")) {
        fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
        QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    }
    fixture.shell.sitesPage()->select(QStringLiteral("shop"));
    const QString prefix = QString::fromLatin1(QTest::currentDataTag());
    for (int page = 0; page < kPageCount; ++page) {
        fixture.shell.goTo(PageId(page));
        fixture.bridge.refresh();
        settle();
        shoot(fixture.shell,
              prefix + QLatin1Char('-') + pageTitle(PageId(page)).section(QLatin1Char(' '), 0, 0));
    }
    fixture.shell.goTo(PageId::Sites);
    for (int tab = 1; state == QLatin1String("busy") && tab < 3; ++tab) {
        fixture.shell.sitesPage()->detail()->tabs()->setCurrentIndex(tab);
        settle();
        shoot(fixture.shell, prefix + QStringLiteral("-Sites-tab%1").arg(tab));
    }
    if (state == QLatin1String("busy")) {
        fixture.shell.goTo(PageId::Settings);
        auto *row = fixture.shell.settingsPage()->formRow("http.idle_timeout_s");
        QVERIFY(row);
        qobject_cast<QSpinBox *>(row->editor()->field())->setValue(30);
        shoot(fixture.shell, prefix + QStringLiteral("-Settings-pending"));
        fixture.shell.settingsPage()->showHistory();
        settle();
        shoot(fixture.shell, prefix + QStringLiteral("-Settings-history"));
        fixture.shell.goTo(PageId::Workers);
        PoolCard *card = fixture.shell.workersPage()->card("shop");
        QVERIFY(card);
        card->tuner()->threads()->setValue(9);
        shoot(fixture.shell, prefix + QStringLiteral("-Workers-threads"));
    }
}

void TestShots::sheetsAreDrawn_data()
{
    QTest::addColumn<int>("theme");
    QTest::newRow("light") << int(ThemeChoice::Light);
    QTest::newRow("dark") << int(ThemeChoice::Dark);
}

void TestShots::sheetsAreDrawn()
{
    QFETCH(int, theme);
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
    fixture.shell.sheet()->closeButton()->click();
    fixture.shell.quit();
    QTRY_VERIFY(openDialog(fixture.shell));
    shoot(*openDialog(fixture.shell), prefix + QStringLiteral("quit"));
}

int main(int argc, char **argv)
{
    TestShots test;
    return runGuiTest(test, argc, argv);
}
#include "tst_shots.moc"
