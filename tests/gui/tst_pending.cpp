// SPDX-License-Identifier: Apache-2.0
// Changes that wait: collected over pages, reviewed, applied as one, kept over kill -9, and what
// happens when somebody else was faster.
#include "gui/gui_fixture.h"

#include "gui/bridge/staging.h"
#include "gui/bridge/undo_history.h"
#include "gui/forms/setting_editor.h"
#include "gui/forms/setting_form_row.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/conflict_dialog.h"
#include "gui/pages/diff_list.h"
#include "gui/pages/environment_tab.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/review_dialog.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/widgets/banner.h"
#include "gui/widgets/toast.h"

#include <QAction>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QLineEdit>
#include <QProcess>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QTest>

#include <csignal>
#include <cstdio>

using namespace arc;
using namespace arc::test;

namespace {

constexpr auto kSecret = "s3cret-token-of-the-test";

class PendingFixture : public GuiFixture {
public:
    using GuiFixture::GuiFixture;

    void editSetting(const char *key, int value)
    {
        shell.goTo(PageId::Settings);
        QTRY_VERIFY(shell.settingsPage()->formRow(key));
        QTRY_VERIFY(!shell.settingsPage()->formRow(key)->editor()->text().empty());
        QCoreApplication::processEvents();
        auto *spin =
            qobject_cast<QSpinBox *>(shell.settingsPage()->formRow(key)->editor()->field());
        QVERIFY(spin);
        spin->setValue(value);
    }
    EnvironmentTab *openEnvironment(const QString &site = QStringLiteral("shop"))
    {
        shell.showSite(site);
        shell.sitesPage()->detail()->tabs()->setCurrentIndex(1);
        return shell.sitesPage()->detail()->findChild<EnvironmentTab *>();
    }
    void editEntry(const QString &entry)
    {
        EnvironmentTab *tab = openEnvironment();
        tab->entry()->selectAll();
        QTest::keyClicks(tab->entry(), entry);
    }
    void editVariable(const QString &value)
    {
        EnvironmentTab *tab = openEnvironment();
        for (QLineEdit *field : tab->findChildren<QLineEdit *>()) {
            if (field->accessibleName() != QLatin1String("Value of DEBUG"))
                continue;
            field->selectAll();
            QTest::keyClicks(field, value);
        }
    }
    /// Somebody else changes what shop starts with.
    void changeEntryElsewhere(const std::string &by)
    {
        Document document = control->document();
        document.apps.front().entry = "shop.theirs:app";
        control->changeElsewhere(std::move(document), by);
    }
    PendingChanges &changes() { return shell.staging().changes(); }
    Staging &staging() { return shell.staging(); }
    PendingBar *bar() { return shell.pendingBar(); }
    template <class Dialog>
    Dialog *dialog()
    {
        return qobject_cast<Dialog *>(openDialog(shell));
    }
};

QByteArray contents(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A window that edits, tells when its draft is on disk, and then waits to be killed.
int editAndWait(const QString &draft)
{
    PendingFixture fixture(std::make_unique<FakeControl>(), nullptr, draft);
    fixture.open();
    fixture.editSetting("drain_s", 5);
    fixture.editEntry(QStringLiteral("shop.other:app"));
    fixture.editVariable(QLatin1String(kSecret));
    if (!QTest::qWaitFor([&] { return contents(draft).count("\"key\"") == 3; }, 10000))
        return 1;
    std::puts("drafted");
    std::fflush(stdout);
    return QCoreApplication::exec();
}

} // namespace

class TestPending : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void editsOfAllPagesBecomeOneRevision();
    void applyWaitsForTheCheck();
    void takingAnEditBackByHandIsNoChange();
    void reviewTellsEverythingAndTakesLinesOut();
    void aRefusedEditIsToldAtItsFieldAndInTheReview();
    void aBadVariableNameIsToldWithoutTheEngine();
    void discardedChangesCanBeBroughtBack();
    void variablesAreNeverShownInTheBar();
    void othersChangesElsewhereAreFollowedSilently();
    void othersChangesOfTheSameAreAConflict();
    void aFasterRevisionIsOfferedWhenApplyIsRefused();
    void anOwnUndoIsNobodyElses();
    void whatNeedsARestartIsSaidUntilThen();
    void dropMineShowsTheirs();
    void anEngineThatIsGoneKeepsTheChanges();
    void aFailedApplyKeepsTheChanges();
    void aChangeThatBreaksItsSiteIsRolledBack();
    void editsSurviveKill9();
    void anOldDraftIsOfferedAndNeverApplied();
    void theDraftIsPrivateAndGoesWithItsChanges();
    void aDamagedDraftIsKeptAside_data();
    void aDamagedDraftIsKeptAside();
};

void TestPending::editsOfAllPagesBecomeOneRevision()
{
    PendingFixture fixture;
    fixture.open();
    QVERIFY(!fixture.bar()->isVisible());
    const uint64_t before = fixture.control->revision();
    fixture.editSetting("drain_s", 5);
    fixture.editEntry(QStringLiteral("shop.other:app"));
    QCOMPARE(fixture.changes().count(), 2);
    fixture.shell.goTo(PageId::Overview);
    QVERIFY(fixture.bar()->isVisible());
    QVERIFY(fixture.bar()->text().contains(QStringLiteral("2 changes not applied")));
    QTRY_VERIFY(fixture.bar()->applyButton()->isEnabled());
    QVERIFY(fixture.bar()->applyButton()->text().contains(QStringLiteral("restarts shop")));
    fixture.bar()->applyButton()->click();
    QTRY_COMPARE(fixture.control->revision(), before + 1);
    QCOMPARE(fixture.control->document().apps.front().entry, std::string("shop.other:app"));
    QVERIFY(fixture.control->document().settings.contains("drain_s"));
    QTRY_VERIFY(!fixture.bar()->isVisible());
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("2 changes applied")));
}

void TestPending::applyWaitsForTheCheck()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.control->hold();
    fixture.editSetting("drain_s", 6);
    QCOMPARE(fixture.staging().state(), Staging::State::Checking);
    QVERIFY(!fixture.bar()->applyButton()->isEnabled());
    QVERIFY(!fixture.bar()->applyButton()->toolTip().isEmpty());
    fixture.staging().apply();
    QCOMPARE(fixture.applied(), 0);
    fixture.control->release();
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
}

void TestPending::takingAnEditBackByHandIsNoChange()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    QCOMPARE(fixture.changes().count(), 1);
    fixture.editSetting("drain_s", 10);
    QCOMPARE(fixture.changes().count(), 0);
    QVERIFY(!fixture.bar()->isVisible());
}

void TestPending::reviewTellsEverythingAndTakesLinesOut()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    fixture.editSetting("loops", 3);
    fixture.editEntry(QStringLiteral("shop.other:app"));
    fixture.bar()->reviewButton()->click();
    auto *review = fixture.dialog<ReviewDialog>();
    QVERIFY(review);
    const QString all = review->lines().join(QLatin1Char('\n'));
    QVERIFY2(all.contains(QStringLiteral("Engine: Drain time 10 s → 5 s (at once)")),
             qPrintable(all));
    QVERIFY2(all.contains(QStringLiteral("I/O loops auto → 3 (needs engine restart)")),
             qPrintable(all));
    QVERIFY2(all.contains(QStringLiteral("shop.wsgi:application → shop.other:app (restarts")),
             qPrintable(all));
    review->findChild<QPushButton *>(QStringLiteral("drop:loops"))->click();
    QTRY_COMPARE(fixture.changes().count(), 2);
    QTRY_COMPARE(review->lines().size(), 2);
    QTRY_VERIFY(review->applyButton()->isEnabled());
    review->applyButton()->click();
    QTRY_VERIFY(!openDialog(fixture.shell)); // nothing is left to review
    QVERIFY(!fixture.control->document().settings.contains("loops"));
}

void TestPending::aRefusedEditIsToldAtItsFieldAndInTheReview()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    fixture.editEntry(QStringLiteral("nonsense"));
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Refused);
    QVERIFY(!fixture.bar()->applyButton()->isEnabled());
    EnvironmentTab *tab = fixture.openEnvironment();
    QVERIFY2(tab->problem().contains(QStringLiteral("MODULE:ATTRIBUTE")),
             qPrintable(tab->problem()));
    QVERIFY(tab->entry()->property("invalid").toBool());
    fixture.bar()->reviewButton()->click();
    auto *review = fixture.dialog<ReviewDialog>();
    QVERIFY(review);
    QVERIFY(review->lines().last().contains(QStringLiteral("MODULE:ATTRIBUTE")));
    QVERIFY(!review->lines().first().contains(QStringLiteral("MODULE:ATTRIBUTE")));
    review->findChild<QPushButton *>(QStringLiteral("drop:entry"))->click();
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    QCOMPARE(tab->entry()->text(), QStringLiteral("shop.wsgi:application"));
}

void TestPending::aBadVariableNameIsToldWithoutTheEngine()
{
    PendingFixture fixture;
    fixture.open();
    fixture.changes().stage({.id = siteField("shop", "env.BAD NAME"), .value = "x", .app = "shop"},
                            fixture.control->revision());
    QCOMPARE(fixture.staging().state(), Staging::State::Refused);
    QTRY_VERIFY(fixture.openEnvironment()->problem().contains(QStringLiteral("BAD NAME")));
}

void TestPending::discardedChangesCanBeBroughtBack()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    fixture.editEntry(QStringLiteral("shop.other:app"));
    fixture.bar()->discardButton()->click();
    QCOMPARE(fixture.changes().count(), 0);
    QCOMPARE(fixture.openEnvironment()->entry()->text(), QStringLiteral("shop.wsgi:application"));
    QTRY_VERIFY(fixture.shell.toast()->isVisible());
    fixture.shell.toast()->actionButton()->click();
    QCOMPARE(fixture.changes().count(), 2);
    QCOMPARE(fixture.openEnvironment()->entry()->text(), QStringLiteral("shop.other:app"));
    QCOMPARE(fixture.applied(), 0);
}

void TestPending::variablesAreNeverShownInTheBar()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editVariable(QLatin1String(kSecret));
    QVERIFY(fixture.bar()->text().contains(QStringLiteral("Variable DEBUG new value")));
    QVERIFY(!fixture.bar()->text().contains(QLatin1String(kSecret)));
    fixture.bar()->reviewButton()->click();
    QVERIFY(
        !fixture.dialog<ReviewDialog>()->lines().join(QString()).contains(QLatin1String(kSecret)));
}

void TestPending::othersChangesElsewhereAreFollowedSilently()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    fixture.control->changeElsewhere("http.idle_timeout_s", "20");
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.changes().madeAgainst(), fixture.control->revision());
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.staging().apply();
    QTRY_VERIFY(fixture.changes().isEmpty());
    QCOMPARE(fixture.control->document().settings.size(), size_t(2)); // theirs is still there
}

void TestPending::othersChangesOfTheSameAreAConflict()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    fixture.editEntry(QStringLiteral("shop.mine:app"));
    fixture.changeEntryElsewhere("ana");
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Conflict);
    QTRY_VERIFY(fixture.bar()->note().contains(QStringLiteral("Changed by ana")));
    QVERIFY(!fixture.bar()->applyButton()->isEnabled());
    fixture.bar()->reviewButton()->click();
    auto *conflict = fixture.dialog<ConflictDialog>();
    QVERIFY(conflict);
    QVERIFY(conflict->laterButton()->isDefault());
    QTRY_VERIFY(conflict->difference()->text().contains(QStringLiteral("shop.theirs:app")));
    QTRY_VERIFY(conflict->whoText().contains(QStringLiteral("ana")));
    QTest::keyClick(conflict, Qt::Key_Escape); // decides nothing
    QTRY_VERIFY(!openDialog(fixture.shell));
    QCOMPARE(fixture.staging().state(), Staging::State::Conflict);
    fixture.bar()->reviewButton()->click();
    fixture.dialog<ConflictDialog>()->onTopButton()->click();
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    QVERIFY(fixture.bar()->text().contains(QStringLiteral("shop.theirs:app → shop.mine:app")));
    QCOMPARE(fixture.applied(), 0); // on top, but still not applied by itself
    fixture.bar()->applyButton()->click();
    QTRY_COMPARE(fixture.control->document().apps.front().entry, std::string("shop.mine:app"));
}

void TestPending::anOwnUndoIsNobodyElses()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.bar()->applyButton()->click();
    QTRY_VERIFY(fixture.control->document().settings.contains("drain_s"));
    QTRY_VERIFY(fixture.changes().isEmpty());
    fixture.editSetting("drain_s", 7);
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.shell.undoHistory().go(UndoHistory::Way::Undo);
    QTRY_VERIFY(!fixture.control->document().settings.contains("drain_s"));
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.changes().madeAgainst(), fixture.control->revision());
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    QVERIFY(!fixture.staging().foreign());
    QCOMPARE(fixture.changes().count(), 1);
    QVERIFY(fixture.bar()->text().contains(QStringLiteral("10 s → 7 s")));
}

void TestPending::whatNeedsARestartIsSaidUntilThen()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("loops", 3);
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    QVERIFY(fixture.shell.banner()->isHidden());
    fixture.bar()->applyButton()->click();
    QTRY_VERIFY(fixture.shell.banner()->isVisible());
    QVERIFY2(fixture.shell.banner()->text().contains(QStringLiteral("I/O loops")),
             qPrintable(fixture.shell.banner()->text()));
}

void TestPending::aFasterRevisionIsOfferedWhenApplyIsRefused()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.control->changeElsewhere("http.idle_timeout_s", "20"); // the window has not heard of it
    fixture.bar()->applyButton()->click();
    QTRY_VERIFY(fixture.dialog<ConflictDialog>());
    QVERIFY(!fixture.control->document().settings.contains("drain_s"));
    QCOMPARE(fixture.changes().count(), 1);
    fixture.dialog<ConflictDialog>()->onTopButton()->click();
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.bar()->applyButton()->click();
    QTRY_VERIFY(fixture.control->document().settings.contains("drain_s"));
    QVERIFY(fixture.control->document().settings.contains("http.idle_timeout_s"));
}

void TestPending::dropMineShowsTheirs()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editEntry(QStringLiteral("shop.mine:app"));
    fixture.changeEntryElsewhere("ana");
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Conflict);
    fixture.bar()->reviewButton()->click();
    fixture.dialog<ConflictDialog>()->dropButton()->click();
    QTRY_VERIFY(fixture.changes().isEmpty());
    QCOMPARE(fixture.openEnvironment()->entry()->text(), QStringLiteral("shop.theirs:app"));
    QCOMPARE(fixture.applied(), 0);
}

void TestPending::anEngineThatIsGoneKeepsTheChanges()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_COMPARE_WITH_TIMEOUT(fixture.staging().state(), Staging::State::Unreachable, 8000);
    QVERIFY(!fixture.bar()->applyButton()->isEnabled());
    QVERIFY(fixture.bar()->note().contains(QStringLiteral("not reachable")));
    fixture.editSetting("drain_s", 7);
    fixture.control->failAll(std::nullopt);
    QTRY_COMPARE_WITH_TIMEOUT(fixture.staging().state(), Staging::State::Ready, 8000);
    QCOMPARE(fixture.changes().count(), 1);
}

void TestPending::aFailedApplyKeepsTheChanges()
{
    PendingFixture fixture;
    fixture.open();
    fixture.editSetting("drain_s", 5);
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.control->failNext("applyChanges", Error(ErrorCode::DataDir, "the disk is full"));
    fixture.bar()->applyButton()->click();
    QTRY_VERIFY(fixture.bar()->note().contains(QStringLiteral("the disk is full")));
    QCOMPARE(fixture.changes().count(), 1);
    QCOMPARE(fixture.staging().state(), Staging::State::Refused);
    fixture.editSetting("drain_s", 6); // and another try
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
}

void TestPending::aChangeThatBreaksItsSiteIsRolledBack()
{
    PendingFixture fixture;
    fixture.open();
    QTRY_COMPARE(fixture.shell.undoHistory().known(), fixture.control->revision());
    fixture.editEntry(QStringLiteral("shop.broken:app"));
    QTRY_COMPARE(fixture.staging().state(), Staging::State::Ready);
    fixture.bar()->applyButton()->click();
    QTRY_COMPARE(fixture.control->document().apps.front().entry, std::string("shop.broken:app"));
    fixture.control->setSiteState("shop", "failed", "No module named 'shop.broken'");
    fixture.bridge.refresh();
    QTRY_COMPARE(fixture.control->document().apps.front().entry,
                 std::string("shop.wsgi:application"));
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("Rolled back: shop")));
    QVERIFY(fixture.shell.toast()->text().contains(QStringLiteral("No module named")));
    QTRY_COMPARE(fixture.changes().count(), 1); // what was typed is not lost
    QCOMPARE(fixture.openEnvironment()->entry()->text(), QStringLiteral("shop.broken:app"));
}

void TestPending::editsSurviveKill9()
{
    QTemporaryDir dir;
    const QString draft = dir.filePath(QStringLiteral("window/shop.json"));
    QProcess window;
    window.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    window.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--edit"), draft});
    QTRY_VERIFY_WITH_TIMEOUT(window.canReadLine() || window.state() == QProcess::NotRunning, 60000);
    QCOMPARE(window.readLine().trimmed(), QByteArray("drafted"));
    ::kill(static_cast<pid_t>(window.processId()), SIGKILL);
    QVERIFY(window.waitForFinished());
    QCOMPARE(window.exitStatus(), QProcess::CrashExit);

    PendingFixture next(std::make_unique<FakeControl>(), nullptr, draft);
    next.open();
    QTRY_COMPARE(next.changes().count(), 3);
    QVERIFY(next.bar()->isVisible());
    QVERIFY(next.bar()->note().contains(QStringLiteral("3 changes from")));
    QVERIFY(next.bar()->note().contains(QStringLiteral("restored")));
    QCOMPARE(next.openEnvironment()->entry()->text(), QStringLiteral("shop.other:app"));
    QCOMPARE(next.applied(), 0);
    QTRY_COMPARE(next.staging().state(), Staging::State::Ready);
    next.bar()->applyButton()->click();
    QTRY_VERIFY(next.changes().isEmpty());
    QCOMPARE(next.control->document().apps.front().env.at("DEBUG"), std::string(kSecret));
    QTRY_VERIFY(!QFile::exists(draft));
}

void TestPending::anOldDraftIsOfferedAndNeverApplied()
{
    QTemporaryDir dir;
    const QString draft = dir.filePath(QStringLiteral("draft.json"));
    {
        PendingFixture fixture(std::make_unique<FakeControl>(), nullptr, draft);
        fixture.open();
        fixture.editSetting("drain_s", 5);
        fixture.shell.hide(); // which writes it
    }
    QVERIFY(contents(draft).contains("drain_s"));
    auto control = std::make_unique<FakeControl>();
    control->changeElsewhere("http.idle_timeout_s", "20");
    PendingFixture next(std::move(control), nullptr, draft);
    next.open();
    QTRY_COMPARE(next.staging().state(), Staging::State::Conflict);
    QVERIFY(next.bar()->isVisible());
    QVERIFY(!next.bar()->applyButton()->isEnabled());
    next.shell.registry().action(QStringLiteral("edit.apply"))->trigger();
    QCOMPARE(next.applied(), 0);
    next.bar()->reviewButton()->click();
    auto *conflict = next.dialog<ConflictDialog>();
    QVERIFY(conflict);
    QTRY_VERIFY(conflict->difference()->text().contains(QStringLiteral("20 s")));
    conflict->onTopButton()->click();
    QTRY_COMPARE(next.staging().state(), Staging::State::Ready);
    QCOMPARE(next.changes().count(), 1);
}

void TestPending::theDraftIsPrivateAndGoesWithItsChanges()
{
    PendingFixture fixture;
    fixture.control->changeElsewhere(
        [&] {
            Document document = fixture.control->document();
            document.apps.front().env["DEBUG"] = "old-secret";
            return document;
        }(),
        "ana");
    fixture.open();
    fixture.editVariable(QStringLiteral("new"));
    fixture.staging().flushDraft();
    const QString draft = fixture.draftFile();
    QTRY_VERIFY(QFile::exists(draft));
    const auto everyone = QFile::ReadGroup | QFile::WriteGroup | QFile::ReadOther
        | QFile::WriteOther | QFile::ExeGroup | QFile::ExeOther;
    QVERIFY(!(QFile::permissions(draft) & everyone));
    QVERIFY(!(QFile::permissions(QFileInfo(draft).absolutePath()) & everyone));
    QVERIFY(!contents(draft).contains("old-secret")); // the engine's secrets do not leave it
    fixture.bar()->discardButton()->click();
    QTRY_VERIFY(!QFile::exists(draft));
}

void TestPending::aDamagedDraftIsKeptAside_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("cut off") << QByteArray("{\"format\":1,\"edits\":[{\"scope\":\"eng");
    QTest::newRow("no JSON") << QByteArray("\x00\xff\x17", 3);
    QTest::newRow("another format")
        << QByteArray(R"({"format":2,"edits":[{"scope":"engine","key":"drain_s"}]})");
    QTest::newRow("an edit of nothing") << QByteArray(R"({"format":1,"edits":[{"value":"5"}]})");
    QTest::newRow("edits are no list") << QByteArray(R"({"format":1,"edits":5})");
}

void TestPending::aDamagedDraftIsKeptAside()
{
    QFETCH(QByteArray, bytes);
    QTemporaryDir dir;
    const QString draft = dir.filePath(QStringLiteral("draft.json"));
    QFile file(draft);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    PendingFixture fixture(std::make_unique<FakeControl>(), nullptr, draft);
    fixture.open();
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("could not be read")));
    QCOMPARE(fixture.changes().count(), 0);
    QTRY_COMPARE(contents(draft + QStringLiteral(".damaged")), bytes);
}

int main(int argc, char **argv)
{
    if (argc == 3 && qstrcmp(argv[1], "--edit") == 0) {
        QApplication app(argc, argv);
        return editAndWait(QString::fromLocal8Bit(argv[2]));
    }
    TestPending test;
    return runGuiTest(test, argc, argv);
}
#include "tst_pending.moc"
