// SPDX-License-Identifier: Apache-2.0
// Sites & Apps and Workers: what a click sends to the engine.
#include "gui/gui_fixture.h"

#include "gui/bridge/staging.h"
#include "gui/forms/env_editor.h"
#include "gui/pages/deploy_strip.h"
#include "gui/pages/environment_tab.h"
#include "gui/pages/output_tab.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/pool_card.h"
#include "gui/pages/pool_tuner.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/task_strip.h"
#include "gui/pages/workers_page.h"
#include "gui/widgets/output_view.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/switch.h"
#include "gui/widgets/toast.h"

#include <QCheckBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>
#include <QWheelEvent>

using namespace arc;
using namespace arc::test;

namespace {

class PageFixture : public GuiFixture {
public:
    using GuiFixture::GuiFixture;

    void openSite(const QString &site)
    {
        open();
        shell.showSite(site);
        QTRY_COMPARE(shell.sitesPage()->selected(), site);
    }
    PoolTuner *openTuner(const std::string &app)
    {
        open();
        shell.goTo(PageId::Workers);
        return shell.workersPage()->card(app) ? shell.workersPage()->card(app)->tuner() : nullptr;
    }
    SiteDetail *detail() { return shell.sitesPage()->detail(); }
    std::string lastRequest(std::string_view operation) const
    {
        for (auto at = control->calls.rbegin(); at != control->calls.rend(); ++at) {
            if (at->operation == operation)
                return at->request;
        }
        return {};
    }
    bool lastHas(std::string_view operation, std::string_view part) const
    {
        return lastRequest(operation).find(part) != std::string::npos;
    }
    void choose(const QString &text)
    {
        QMenu *menu = detail()->runButton()->menu();
        Q_EMIT menu->aboutToShow();
        for (QAction *action : menu->actions()) {
            if (action->isVisible() && action->text().contains(text))
                return action->trigger();
        }
        QFAIL(qPrintable(text));
    }
    QPushButton *confirmButton()
    {
        QDialog *dialog = openDialog(shell);
        return dialog ? dialog->findChild<QPushButton *>(QStringLiteral("confirm")) : nullptr;
    }
};

} // namespace

class TestPages : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theSwitchAsksBeforeItStopsBusySites();
    void theSwitchStartsAStoppedSite();
    void theSwitchShowsWhatIs();
    void deployIsSentAndItsAnswerSaid();
    void aNewGenerationShowsHowFarItIs();
    void aReleaseThatDidNotStartIsToldOnTheSitesPage();
    void removeCanBeUndone();
    void migrateIsConfirmedAndShowsOutput();
    void createAdminSendsThePasswordOnlyInTheEnvironment();
    void anotherCommandIsTakenApart();
    void aStaticSiteOffersNoCommands();
    void aHangingCommandIsCancelled();
    void aFailedSiteShowsItsCauseFirst();
    void environmentIsSentAsOneEdit();
    void anEditSurvivesAForeignChange();
    void outputFollowsTheApp();
    void processesWaitInTheBar();
    void whatIsPutBackIsNoEdit();
    void threadsWaitInTheBar();
    void aWheelOverTheTunerScrollsThePage();
};

void TestPages::theSwitchAsksBeforeItStopsBusySites()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    QTRY_VERIFY(fixture.bridge.siteFigures("shop")->now.requestsPerSecond > 0);
    fixture.detail()->onSwitch()->click();
    QCOMPARE(fixture.control->count("stopSite"), size_t(0));
    QVERIFY(fixture.confirmButton());
    QVERIFY(fixture.confirmButton()->text().contains(QStringLiteral("shop")));
    QVERIFY(!fixture.confirmButton()->isDefault());
    fixture.confirmButton()->click();
    QTRY_COMPARE(fixture.control->count("stopSite"), size_t(1));
    QTRY_VERIFY(!fixture.detail()->onSwitch()->isChecked());
}

void TestPages::theSwitchStartsAStoppedSite()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("api"));
    QVERIFY(!fixture.detail()->onSwitch()->isChecked());
    fixture.detail()->onSwitch()->click();
    QTRY_COMPARE(fixture.control->count("startSite"), size_t(1));
    QTRY_VERIFY(fixture.detail()->onSwitch()->isChecked());
}

void TestPages::theSwitchShowsWhatIs()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("api"));
    fixture.control->failNext("startSite", Error(ErrorCode::AppFailed, "no interpreter"));
    fixture.detail()->onSwitch()->click();
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("no interpreter")));
    QVERIFY(!fixture.detail()->onSwitch()->isChecked());
}

void TestPages::deployIsSentAndItsAnswerSaid()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    fixture.detail()->deployButton()->click();
    QTRY_COMPARE(fixture.control->count("deploySite"), size_t(1));
    QVERIFY(fixture.lastHas("deploySite", "shop"));
    QTRY_VERIFY(fixture.shell.toast()->text().contains(
        QStringLiteral("generation 2 of shop serves with 2 workers")));
}

void TestPages::aNewGenerationShowsHowFarItIs()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    QCOMPARE(fixture.detail()->deployStrip()->text(), QString());
    fixture.control->setNextGeneration("shop", 1);
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.detail()->deployStrip()->text(),
                 QStringLiteral("Generation 2: 1 of 2 new workers are ready. Generation 1 serves "
                                "until they take over."));
    QVERIFY(!fixture.detail()->deployButton()->isEnabled());
    fixture.control->setNextGeneration("shop", -1);
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.detail()->deployStrip()->text(), QString());
    QVERIFY(fixture.detail()->deployButton()->isEnabled());
}

void TestPages::aReleaseThatDidNotStartIsToldOnTheSitesPage()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    fixture.control->setSiteState("shop", "running",
                                  "the new release did not start: ModuleNotFoundError: No module "
                                  "named 'shp'; the old one still serves");
    fixture.bridge.refresh();
    QTRY_VERIFY(fixture.detail()->deployStrip()->text().startsWith(
        QStringLiteral("The new release did not start: ModuleNotFoundError")));
    QVERIFY(!fixture.detail()->showsFailure());
    QVERIFY(fixture.detail()->deployButton()->isEnabled());
    fixture.detail()->deployStrip()->outputButton()->click();
    QCOMPARE(fixture.detail()->tabs()->currentIndex(), 2);
}

void TestPages::removeCanBeUndone()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("docs"));
    fixture.detail()->removeButton()->click();
    QTRY_COMPARE(fixture.control->document().sites.size(), size_t(2));
    QTRY_VERIFY(fixture.shell.toast()->isVisible());
    QTRY_VERIFY(fixture.bridge.site("docs") == nullptr);
    QVERIFY(fixture.shell.sitesPage()->selected() != QStringLiteral("docs"));
    fixture.shell.toast()->actionButton()->click();
    QTRY_COMPARE(fixture.control->document().sites.size(), size_t(3));
}

void TestPages::migrateIsConfirmedAndShowsOutput()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    fixture.choose(QStringLiteral("Migrate"));
    QCOMPARE(fixture.control->count("runCommand"), size_t(0));
    QVERIFY(fixture.confirmButton());
    fixture.confirmButton()->click();
    QTRY_COMPARE(fixture.shell.tasks().size(), size_t(1));
    QVERIFY(fixture.lastHas("runCommand", R"(["manage.py","migrate"])"));
    TaskStrip *strip = fixture.shell.tasks().front();
    QTRY_VERIFY(!strip->isRunning());
    auto *output = strip->findChild<OutputView *>();
    QVERIFY(output->toPlainText().contains(QStringLiteral("Applying shop.0001_initial")));
}

void TestPages::createAdminSendsThePasswordOnlyInTheEnvironment()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    fixture.choose(QStringLiteral("admin"));
    QDialog *dialog = openDialog(fixture.shell);
    QVERIFY(dialog);
    QVERIFY(!fixture.confirmButton()->isEnabled());
    dialog->findChild<QLineEdit *>(QStringLiteral("adminName"))->setText(QStringLiteral("ana"));
    dialog->findChild<QLineEdit *>(QStringLiteral("adminMail"))->setText(QStringLiteral("a@b.c"));
    dialog->findChild<QLineEdit *>(QStringLiteral("adminPassword"))->setText(QStringLiteral("pw1"));
    QVERIFY(!fixture.confirmButton()->isEnabled());
    auto *again = dialog->findChild<QLineEdit *>(QStringLiteral("adminPasswordAgain"));
    again->setText(QStringLiteral("pw2"));
    QVERIFY(!fixture.confirmButton()->isEnabled());
    again->setText(QStringLiteral("pw1"));
    fixture.confirmButton()->click();
    QTRY_COMPARE(fixture.control->count("runCommand"), size_t(1));
    QVERIFY(fixture.lastHas("runCommand", R"("DJANGO_SUPERUSER_PASSWORD":"pw1")"));
    QVERIFY(fixture.lastHas("runCommand", R"(["manage.py","createsuperuser","--noinput"])"));
}

void TestPages::anotherCommandIsTakenApart()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    fixture.choose(QStringLiteral("command"));
    QDialog *dialog = openDialog(fixture.shell);
    QVERIFY(dialog);
    QVERIFY(!fixture.confirmButton()->isEnabled());
    dialog->findChild<QLineEdit *>(QStringLiteral("commandLine"))
        ->setText(QStringLiteral("manage.py shell -c \"print(1, 2)\""));
    fixture.confirmButton()->click();
    QTRY_COMPARE(fixture.control->count("runCommand"), size_t(1));
    QVERIFY(fixture.lastHas("runCommand", R"~(["manage.py","shell","-c","print(1, 2)"])~"));
}

void TestPages::aStaticSiteOffersNoCommands()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("docs"));
    QTRY_VERIFY(fixture.detail()->runButton()->isHidden());
    QVERIFY(fixture.detail()->deployButton()->isHidden());
}

void TestPages::aHangingCommandIsCancelled()
{
    PageFixture fixture;
    fixture.control->commandHangs = true;
    fixture.openSite(QStringLiteral("shop"));
    fixture.choose(QStringLiteral("Migrate"));
    fixture.confirmButton()->click();
    QTRY_COMPARE(fixture.shell.tasks().size(), size_t(1));
    TaskStrip *strip = fixture.shell.tasks().front();
    QVERIFY(strip->isRunning());
    for (QPushButton *button : strip->findChildren<QPushButton *>()) {
        if (button->text() == QLatin1String("Cancel"))
            button->click();
    }
    QTRY_VERIFY(!strip->isRunning());
    QCOMPARE(fixture.control->count("cancelTask"), size_t(1));
}

void TestPages::aFailedSiteShowsItsCauseFirst()
{
    PageFixture fixture;
    fixture.control->outputs["shop"] = "Traceback\nModuleNotFoundError\n";
    fixture.openSite(QStringLiteral("shop"));
    QVERIFY(!fixture.detail()->showsFailure());
    fixture.control->setSiteState("shop", "failed",
                                  "No module named 'django'; install it with pip");
    fixture.bridge.refresh();
    QTRY_VERIFY(fixture.detail()->showsFailure());
    const auto *remedy = fixture.detail()->findChild<QLabel *>(QStringLiteral("remedy"));
    QCOMPARE(remedy->text(), QStringLiteral("Install it with pip"));
}

void TestPages::environmentIsSentAsOneEdit()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    fixture.detail()->tabs()->setCurrentIndex(1);
    auto *tab = fixture.detail()->findChild<EnvironmentTab *>();
    auto *entry = [&]() -> QLineEdit * {
        for (QLineEdit *field : tab->findChildren<QLineEdit *>()) {
            if (field->accessibleName() == QLatin1String("Entry point"))
                return field;
        }
        return nullptr;
    }();
    QVERIFY(entry);
    PendingChanges &changes = fixture.shell.staging().changes();
    QVERIFY(changes.isEmpty());
    entry->selectAll();
    QTest::keyClicks(entry, QStringLiteral("shop.other:app"));
    QCOMPARE(changes.count(), 1);
    QPushButton *apply = fixture.shell.pendingBar()->applyButton();
    QTRY_VERIFY(apply->isEnabled());
    QVERIFY(apply->text().contains(QStringLiteral("restarts shop")));
    apply->click();
    QTRY_COMPARE(fixture.applied(), 1);
    QVERIFY(fixture.lastHas("applyChanges", "shop.other:app"));
    QVERIFY(!fixture.lastHas("applyChanges", "\"python\"")); // what was not touched is not sent
    QTRY_VERIFY(changes.isEmpty());
    QCOMPARE(entry->text(), QStringLiteral("shop.other:app"));
}

void TestPages::anEditSurvivesAForeignChange()
{
    PageFixture fixture;
    fixture.openSite(QStringLiteral("shop"));
    fixture.detail()->tabs()->setCurrentIndex(1);
    auto *tab = fixture.detail()->findChild<EnvironmentTab *>();
    auto *env = tab->findChild<EnvEditor *>();
    env->findChild<QPushButton *>(QStringLiteral("addVariable"))->click();
    QLineEdit *name = nullptr;
    for (QLineEdit *field : env->findChildren<QLineEdit *>()) {
        if (field->accessibleName() == QLatin1String("Variable name") && field->text().isEmpty())
            name = field;
    }
    QVERIFY(name);
    QTest::keyClicks(name, QStringLiteral("LEVEL"));
    PendingChanges &changes = fixture.shell.staging().changes();
    QCOMPARE(changes.count(), 1); // not one for each letter
    fixture.control->changeElsewhere("drain_s", "20");
    fixture.bridge.refresh();
    QTRY_COMPARE(changes.madeAgainst(), fixture.control->revision());
    QCOMPARE(name->text(), QStringLiteral("LEVEL"));
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Ready);
    fixture.shell.staging().apply();
    QTRY_VERIFY(fixture.control->document().findApp("shop")->env.contains("LEVEL"));
    QVERIFY(fixture.control->document().findApp("shop")->env.contains("DEBUG"));
}

void TestPages::outputFollowsTheApp()
{
    PageFixture fixture;
    fixture.control->outputs["shop"] = "one\n";
    fixture.openSite(QStringLiteral("shop"));
    fixture.detail()->tabs()->setCurrentIndex(2);
    auto *view = fixture.detail()->findChild<OutputTab *>()->view();
    QTRY_VERIFY(view->toPlainText().contains(QStringLiteral("one")));
    fixture.control->outputs["shop"] += "two \x1b[31mred\x1b[0m\n";
    fixture.bridge.refresh();
    QTRY_VERIFY(view->toPlainText().contains(QStringLiteral("two red")));
}

void TestPages::processesWaitInTheBar()
{
    PageFixture fixture;
    PoolTuner *tuner = fixture.openTuner("shop");
    QVERIFY(tuner);
    const int before = tuner->slider()->value();
    tuner->slider()->setValue(before + 3);
    QCOMPARE(tuner->processes()->value(), before + 3);
    QVERIFY(!tuner->automatic()->isChecked());
    QVERIFY(tuner->preview().contains(QStringLiteral("no dropped requests")));
    QCOMPARE(fixture.shell.staging().changes().count(), 1);
    fixture.bridge.refresh(); // figures do not take it back
    QCoreApplication::processEvents();
    QCOMPARE(tuner->slider()->value(), before + 3);
    QPushButton *apply = fixture.shell.pendingBar()->applyButton();
    QTRY_VERIFY(apply->isEnabled());
    QCOMPARE(fixture.bridge.pool("shop")->processes, std::string("auto"));
    apply->click();
    QTRY_COMPARE(fixture.applied(), 1);
    QVERIFY(fixture.lastHas("applyChanges", "\"pool.processes\""));
    QVERIFY(fixture.lastHas("applyChanges", "\"" + std::to_string(before + 3) + "\""));
    QTRY_COMPARE(fixture.bridge.pool("shop")->processes, std::to_string(before + 3));
    tuner->automatic()->click();
    QTRY_VERIFY(apply->isEnabled());
    apply->click();
    QTRY_COMPARE(fixture.applied(), 2);
    QVERIFY(fixture.lastHas("applyChanges", "\"auto\""));
}

void TestPages::whatIsPutBackIsNoEdit()
{
    PageFixture fixture;
    PoolTuner *tuner = fixture.openTuner("shop");
    tuner->slider()->setValue(tuner->slider()->value() + 1);
    QCOMPARE(fixture.shell.staging().changes().count(), 1);
    tuner->automatic()->click();
    QCOMPARE(fixture.shell.staging().changes().count(), 0);
    tuner->slider()->setValue(tuner->slider()->value() + 1);
    fixture.shell.staging().discard();
    QVERIFY(tuner->automatic()->isChecked());
}

void TestPages::aWheelOverTheTunerScrollsThePage()
{
    PageFixture fixture;
    PoolTuner *tuner = fixture.openTuner("shop");
    for (QWidget *field :
         {static_cast<QWidget *>(tuner->slider()), static_cast<QWidget *>(tuner->processes()),
          static_cast<QWidget *>(tuner->threads())}) {
        const QPointF at = field->rect().center();
        QWheelEvent wheel(at, field->mapToGlobal(at), {}, QPoint(0, 120), Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(field, &wheel);
    }
    QCOMPARE(fixture.shell.staging().changes().count(), 0);
}

void TestPages::threadsWaitInTheBar()
{
    PageFixture fixture;
    PoolTuner *tuner = fixture.openTuner("shop");
    tuner->threads()->setValue(tuner->threads()->value() + 2);
    QVERIFY(tuner->preview().contains(QStringLiteral("new workers take over")));
    QCOMPARE(fixture.shell.staging().changes().count(), 1);
    QPushButton *apply = fixture.shell.pendingBar()->applyButton();
    QTRY_VERIFY(apply->isEnabled());
    QVERIFY(apply->text().contains(QStringLiteral("restarts shop")));
    apply->click();
    QTRY_COMPARE(fixture.applied(), 1);
    QVERIFY(fixture.lastHas("applyChanges", "\"pool.threads\""));
    QTRY_COMPARE(fixture.bridge.pool("shop")->threads, tuner->threads()->value());
}

int main(int argc, char **argv)
{
    TestPages test;
    return runGuiTest(test, argc, argv);
}
#include "tst_pages.moc"
