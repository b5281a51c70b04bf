// SPDX-License-Identifier: Apache-2.0
// Undo, redo, and asking before what cannot be undone.
#include "gui/gui_fixture.h"

#include "gui/bridge/staging.h"
#include "gui/bridge/undo_history.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/confirm.h"
#include "gui/pages/conflict_dialog.h"
#include "gui/pages/diff_list.h"
#include "gui/pages/environment_tab.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/widgets/banner.h"
#include "gui/widgets/toast.h"
#include "server/config/schema.h"

#include <QAction>
#include <QDialog>
#include <QLineEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

class UndoFixture : public GuiFixture {
public:
    using GuiFixture::GuiFixture;

    void openAndKnow()
    {
        open();
        QTRY_COMPARE(undo().known(), control->revision());
    }
    UndoHistory &undo() { return shell.undoHistory(); }
    void press(Qt::KeyboardModifiers modifiers)
    {
        QVERIFY(QTest::qWaitForWindowActive(&shell));
        QTest::keyClick(&shell, Qt::Key_Z, modifiers);
    }
    /// A change that this window makes.
    void remove(const QString &site)
    {
        SiteActions actions(shell);
        const size_t before = control->document().sites.size();
        actions.remove(site);
        QTRY_COMPARE(control->document().sites.size(), before - 1);
        QTRY_COMPARE(undo().known(), control->revision());
        QTRY_COMPARE(bridge.snapshot().revision, control->revision());
    }
    /// What an editor would stage on the page of settings.
    void stage(const char *key, const char *before, const char *value)
    {
        shell.staging().changes().stage({.id = {EditId::Kind::Setting, "engine", "", key},
                                         .value = value,
                                         .shown = value,
                                         .before = {before, before}},
                                        control->revision());
    }
    /// One step, through to its end.
    void go(UndoHistory::Way way)
    {
        const uint64_t before = control->revision();
        undo().go(way);
        QTRY_COMPARE(undo().known(), before + 1);
    }
    QPushButton *button(const char *name)
    {
        QDialog *dialog = openDialog(shell);
        return dialog ? dialog->findChild<QPushButton *>(QLatin1String(name)) : nullptr;
    }
};

} // namespace

class TestUndo : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void undoAndRedoByKeyboard();
    void twoStepsGoBackInOrder();
    void aNewChangeForgetsWhatCouldBeRedone();
    void theHistoryBeforeThisWindowCanBeUndone();
    void aTextFieldKeepsItsOwnUndo();
    void somebodyElsesChangeIsNotUndoneUnseen();
    void aFasterChangeIsRefusedByTheEngine();
    void aStepThatNoLongerFitsIsToldAndChangesNothing();
    void droppingMineGoesOnFromNow();
    void theToastUndoesItsOwnChangeAlone();
    void fiveUndosInARowAreOneAtATime();
    void applyRightAfterAnOwnUndoIsApplied_data();
    void applyRightAfterAnOwnUndoIsApplied();
    void whatIsPutBackNeedsNoRestart();
    void everyActionHasAClass();
    void everyActionAsksAsItsClassSays();
    void everyDialogIsSafeByDefault();
    void typedNamesMustFit();
};

void TestUndo::undoAndRedoByKeyboard()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    fixture.press(Qt::ControlModifier);
    QTRY_VERIFY(fixture.control->document().findSite("docs"));
    QTRY_VERIFY(
        fixture.shell.toast()->text().startsWith(QStringLiteral("Undone: docs is removed")));
    QCOMPARE(fixture.shell.toast()->actionButton()->text(), QStringLiteral("Redo"));
    fixture.press(Qt::ControlModifier | Qt::ShiftModifier);
    QTRY_VERIFY(!fixture.control->document().findSite("docs"));
    QTRY_VERIFY(fixture.shell.toast()->text().startsWith(QStringLiteral("Redone:")));
    fixture.shell.toast()->actionButton()->click();
    QTRY_VERIFY(fixture.control->document().findSite("docs"));
}

void TestUndo::twoStepsGoBackInOrder()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    const Document before = fixture.control->document();
    fixture.remove(QStringLiteral("docs"));
    fixture.remove(QStringLiteral("api"));
    fixture.go(UndoHistory::Way::Undo);
    QTRY_VERIFY(fixture.control->document().findSite("api"));
    QVERIFY(!fixture.control->document().findSite("docs"));
    fixture.go(UndoHistory::Way::Undo);
    QTRY_VERIFY(fixture.control->document().findSite("docs"));
    QCOMPARE(fixture.control->document().apps.size(), before.apps.size());
    fixture.go(UndoHistory::Way::Redo);
    QTRY_VERIFY(!fixture.control->document().findSite("docs"));
    fixture.go(UndoHistory::Way::Redo);
    QTRY_VERIFY(!fixture.control->document().findSite("api"));
    QVERIFY(!fixture.undo().next(UndoHistory::Way::Redo));
}

void TestUndo::aNewChangeForgetsWhatCouldBeRedone()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    fixture.undo().go(UndoHistory::Way::Undo);
    QTRY_VERIFY(fixture.undo().next(UndoHistory::Way::Redo));
    fixture.remove(QStringLiteral("api"));
    QVERIFY(!fixture.undo().next(UndoHistory::Way::Redo));
    QVERIFY(!fixture.undo().whyNot(UndoHistory::Way::Redo).isEmpty());
}

void TestUndo::theHistoryBeforeThisWindowCanBeUndone()
{
    auto control = std::make_unique<FakeControl>();
    control->changeElsewhere("drain_s", "20");
    UndoFixture fixture(std::move(control));
    fixture.openAndKnow();
    QTRY_VERIFY(fixture.shell.header()->undoButton()->isEnabled());
    QVERIFY(fixture.shell.header()->undoButton()->toolTip().contains(QStringLiteral("drain_s")));
    fixture.shell.header()->undoButton()->click();
    QTRY_VERIFY(!fixture.control->document().settings.contains("drain_s"));
}

void TestUndo::aTextFieldKeepsItsOwnUndo()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    fixture.shell.showSite(QStringLiteral("shop"));
    fixture.shell.sitesPage()->detail()->tabs()->setCurrentIndex(1);
    auto *tab = fixture.shell.sitesPage()->detail()->findChild<EnvironmentTab *>();
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    tab->entry()->setFocus();
    QTest::keyClick(tab->entry(), Qt::Key_End);
    QTest::keyClicks(tab->entry(), QStringLiteral("xyz"));
    QVERIFY(tab->entry()->text().endsWith(QStringLiteral("xyz")));
    QTest::keyClick(tab->entry(), Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(!tab->entry()->text().endsWith(QStringLiteral("xyz")));
    QCoreApplication::processEvents();
    QCOMPARE(fixture.control->count("rollbackConfig"), size_t(0));
}

void TestUndo::somebodyElsesChangeIsNotUndoneUnseen()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    fixture.control->changeElsewhere("drain_s", "20");
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.bridge.snapshot().revision, fixture.control->revision());
    fixture.undo().go(UndoHistory::Way::Undo);
    QCOMPARE(fixture.control->count("rollbackConfig"), size_t(0));
    auto *conflict = qobject_cast<ConflictDialog *>(openDialog(fixture.shell));
    QVERIFY(conflict);
    QTRY_VERIFY(conflict->whoText().contains(QStringLiteral("somebody else")));
    QTRY_VERIFY(conflict->difference()->text().contains(QStringLiteral("20 s")));
    QVERIFY(!conflict->difference()->text().contains(QStringLiteral("docs"))); // that is ours
    conflict->onTopButton()->click();
    QTRY_VERIFY(fixture.control->document().findSite("docs"));
    QVERIFY(fixture.control->document().settings.contains("drain_s")); // theirs stays
}

void TestUndo::aFasterChangeIsRefusedByTheEngine()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    fixture.control->changeElsewhere("drain_s", "20"); // the window has not heard of it
    fixture.undo().go(UndoHistory::Way::Undo);
    QTRY_VERIFY(qobject_cast<ConflictDialog *>(openDialog(fixture.shell)));
    QVERIFY(!fixture.control->document().findSite("docs"));
    QTest::keyClick(openDialog(fixture.shell), Qt::Key_Escape);
    QVERIFY(fixture.undo().next(UndoHistory::Way::Undo)); // decided nothing, lost nothing
}

void TestUndo::aStepThatNoLongerFitsIsToldAndChangesNothing()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    Document document = fixture.control->document();
    SiteConfig docs;
    docs.id = "docs";
    docs.hosts = {"docs.example"};
    docs.routes.push_back({.path = "/", .handler = StaticRoute {.root = "/srv/other"}});
    document.sites.push_back(docs);
    fixture.control->changeElsewhere(std::move(document), "ana");
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.bridge.snapshot().revision, fixture.control->revision());
    fixture.undo().goOnTop(UndoHistory::Way::Undo);
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("was changed since")));
    QCOMPARE(fixture.control->document().findSite("docs")->hosts.front(),
             std::string("docs.example"));
}

void TestUndo::droppingMineGoesOnFromNow()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    fixture.remove(QStringLiteral("api"));
    fixture.control->changeElsewhere("drain_s", "20");
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.bridge.snapshot().revision, fixture.control->revision());
    fixture.undo().go(UndoHistory::Way::Undo);
    qobject_cast<ConflictDialog *>(openDialog(fixture.shell))->dropButton()->click();
    QTRY_VERIFY(!openDialog(fixture.shell));
    fixture.undo().go(UndoHistory::Way::Undo);
    QTRY_VERIFY(fixture.control->document().findSite("docs"));
    QVERIFY(!fixture.control->document().findSite("api"));
}

void TestUndo::theToastUndoesItsOwnChangeAlone()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    const uint64_t first = fixture.control->revision();
    fixture.remove(QStringLiteral("api"));
    fixture.shell.sayUndoable(QStringLiteral("an old toast"), first);
    fixture.shell.toast()->actionButton()->click();
    QVERIFY(fixture.shell.toast()->text().contains(QStringLiteral("history")));
    QCOMPARE(fixture.control->count("rollbackConfig"), size_t(0));
}

void TestUndo::fiveUndosInARowAreOneAtATime()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.remove(QStringLiteral("docs"));
    fixture.control->hold();
    for (int i = 0; i < 5; ++i)
        fixture.undo().go(UndoHistory::Way::Undo);
    QCOMPARE(fixture.control->count("rollbackConfig"), size_t(1));
    QVERIFY(!fixture.shell.header()->undoButton()->isEnabled());
    fixture.control->release();
    QTRY_VERIFY(fixture.shell.header()->undoButton()->isEnabled());
}

// ---- beside changes that wait

void TestUndo::applyRightAfterAnOwnUndoIsApplied_data()
{
    QTest::addColumn<bool>("isHeardOfFirst");
    QTest::newRow("before the window heard of the undo") << false;
    QTest::newRow("while the window heard of the undo") << true;
}

void TestUndo::applyRightAfterAnOwnUndoIsApplied()
{
    QFETCH(bool, isHeardOfFirst);
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.stage("drain_s", "10", "5");
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Ready);
    fixture.shell.staging().apply();
    QTRY_VERIFY(fixture.shell.staging().changes().isEmpty());
    fixture.stage("drain_s", "5", "7");
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Ready);
    const uint64_t before = fixture.control->revision();
    if (isHeardOfFirst) {
        fixture.undo().go(UndoHistory::Way::Undo);
        fixture.control->hold("applyChanges");
        fixture.shell.staging().apply();
        QTRY_COMPARE(fixture.bridge.sites().revision, before + 1);
    } else {
        fixture.control->hold();
        fixture.undo().go(UndoHistory::Way::Undo);
        fixture.shell.staging().apply();
    }
    QCOMPARE(fixture.applied(), 2);
    fixture.control->release(); // refused: made against what the undo replaced
    QTRY_COMPARE(fixture.control->revision(), before + 2);
    QCOMPARE(
        printSetting(*findSetting("drain_s"), fixture.control->document().settings.at("drain_s")),
        std::string("7"));
    QTRY_VERIFY(fixture.shell.staging().changes().isEmpty());
    QVERIFY(!openDialog(fixture.shell)); // nobody was asked whose change it was
}

void TestUndo::whatIsPutBackNeedsNoRestart()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    fixture.stage("loops", "auto", "3");
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Ready);
    fixture.shell.staging().apply();
    QTRY_VERIFY(fixture.shell.banner()->isVisible());
    QTRY_VERIFY(fixture.shell.staging().changes().isEmpty());
    fixture.undo().go(UndoHistory::Way::Undo);
    QTRY_VERIFY(fixture.shell.banner()->isHidden());
    QVERIFY(!fixture.control->document().settings.contains("loops"));
    QTRY_VERIFY(fixture.undo().whyNot(UndoHistory::Way::Redo).isEmpty());
    fixture.undo().go(UndoHistory::Way::Redo);
    QTRY_VERIFY(fixture.shell.banner()->isVisible());
    fixture.control->changeElsewhere("loops", "4"); // another value than in force is no way back
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.bridge.sites().revision, fixture.control->revision());
    QTRY_VERIFY(fixture.shell.banner()->isVisible());
    Document document = fixture.control->document();
    document.settings.erase("loops");
    fixture.control->changeElsewhere(std::move(document), "ana");
    fixture.bridge.refresh();
    QTRY_VERIFY(fixture.shell.banner()->isHidden());
}

// ---- confirmation

void TestUndo::everyActionHasAClass()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    int withOperation = 0;
    for (const ActionRegistry::Entry &entry : fixture.shell.registry().entries()) {
        if (entry.facts.operation.empty())
            continue; // changes only the window
        ++withOperation;
        QVERIFY2(confirmationOf(entry.facts.operation), qPrintable(entry.facts.id));
    }
    QVERIFY(withOperation >= 8);
    QVERIFY(!confirmationOf("noSuchOperation"));
}

void TestUndo::everyActionAsksAsItsClassSays()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    QTRY_VERIFY(fixture.bridge.siteFigures("shop")->now.requestsPerSecond > 0);
    int asked = 0;
    for (const ActionRegistry::Entry &entry : fixture.shell.registry().entries()) {
        const auto asks = confirmationOf(entry.facts.operation);
        if (!entry.isOnSite() || (asks != Confirm::Dialog && asks != Confirm::Type))
            continue;
        ++asked;
        const std::string operation(entry.facts.operation);
        entry.siteRun(QStringLiteral("shop"));
        QDialog *dialog = openDialog(fixture.shell);
        QVERIFY2(dialog, qPrintable(entry.facts.id));
        QCOMPARE(fixture.control->count(operation), size_t(0));
        auto *act = dialog->findChild<QPushButton *>(QStringLiteral("confirm"));
        QVERIFY2(act && act->text().contains(QStringLiteral("shop")), // names what it is about
                 qPrintable(entry.facts.id));
        QTest::keyClick(dialog, Qt::Key_Escape);
        QTRY_VERIFY(!openDialog(fixture.shell));
        QCOMPARE(fixture.control->count(operation), size_t(0));
    }
    QVERIFY(asked >= 3);
}

void TestUndo::everyDialogIsSafeByDefault()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    for (const OperationRow &row : operationRows()) {
        if (row.confirm != Confirm::Dialog && row.confirm != Confirm::Type)
            continue;
        int done = 0;
        const Question question {.title = QStringLiteral("Stop shop"),
                                 .text = QStringLiteral("It is busy."),
                                 .action = QStringLiteral("Stop shop – 212 requests/s"),
                                 .typed = QStringLiteral("shop")};
        confirm(&fixture.shell, row.name, question, [&done] { ++done; });
        QVERIFY(openDialog(fixture.shell));
        QVERIFY(fixture.button("cancel")->isDefault());
        QTest::keyClick(openDialog(fixture.shell), Qt::Key_Return); // a hasty Return is safe
        QTRY_VERIFY(!openDialog(fixture.shell));
        QCOMPARE(done, 0);
        if (row.confirm == Confirm::Type)
            continue;
        confirm(&fixture.shell, row.name, question, [&done] { ++done; });
        fixture.button("confirm")->click();
        QTRY_COMPARE(done, 1);
    }
    int done = 0;
    confirm(&fixture.shell, "removeSite", {}, [&done] { ++done; });
    QCOMPARE(done, 1); // of class Undo: nothing is asked
}

void TestUndo::typedNamesMustFit()
{
    UndoFixture fixture;
    fixture.openAndKnow();
    int done = 0;
    askTyped(&fixture.shell,
             {.title = QStringLiteral("Delete the files of shop"),
              .text = {},
              .action = QStringLiteral("Delete the files of shop"),
              .typed = QStringLiteral("shop")},
             [&done] { ++done; });
    auto *field = openDialog(fixture.shell)->findChild<QLineEdit *>(QStringLiteral("typed"));
    QVERIFY(field);
    for (const char *wrong : {"", "sho", "Shop", "shop ", "shopp"}) {
        field->setText(QLatin1String(wrong));
        QVERIFY2(!fixture.button("confirm")->isEnabled(), wrong);
    }
    field->setText(QStringLiteral("shop"));
    QVERIFY(fixture.button("confirm")->isEnabled());
    fixture.button("confirm")->click();
    QTRY_COMPARE(done, 1);
}

int main(int argc, char **argv)
{
    TestUndo test;
    return runGuiTest(test, argc, argv);
}
#include "tst_undo.moc"
