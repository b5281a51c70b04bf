// SPDX-License-Identifier: Apache-2.0
#include "gui/gui_fixture.h"

#include "gui/bridge/staging.h"
#include "gui/forms/setting_editor.h"
#include "gui/forms/setting_form_row.h"
#include "gui/pages/diff_list.h"
#include "gui/pages/history_panel.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/settings_page.h"
#include "gui/widgets/toast.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>

#include <algorithm>

using namespace arc;
using namespace arc::test;

namespace {

class SettingsFixture : public GuiFixture {
public:
    SettingsPage *openPage()
    {
        open();
        shell.goTo(PageId::Settings);
        [this] {
            QTRY_VERIFY(shell.settingsPage()->formRow("drain_s"));
        }();
        QCoreApplication::processEvents();
        return shell.settingsPage();
    }
    void edit(const char *key, int value)
    {
        auto *spin =
            qobject_cast<QSpinBox *>(shell.settingsPage()->formRow(key)->editor()->field());
        QVERIFY(spin);
        spin->setValue(value);
    }
    Staging &staging() { return shell.staging(); }
    QPushButton *applyButton() { return shell.pendingBar()->applyButton(); }
    void apply()
    {
        QTRY_VERIFY(applyButton()->isEnabled());
        applyButton()->click();
    }
};

} // namespace

class TestSettingsPage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void rowsAreMadeAFewAtATime();
    void everyRowHasAnEditorThatKeepsItsDefault_data();
    void everyRowHasAnEditorThatKeepsItsDefault();
    void nothingIsPendingAfterOpening();
    void severalEditsAreOneChange();
    void discardForgetsEdits();
    void resetSendsNoValue();
    void anErrorStandsAtItsRow();
    void aNumberThatIsTooLargeIsToldAtItsField();
    void aPinnedSettingIsLocked();
    void searchFindsByHelp();
    void appsShowOnlyTheirSettings();
    void editsSurviveAnotherLevel();
    void historyRestores();
    void historyComparesAnyTwo();
    void aRestoreAgainstAnOlderStateIsRefused();
    void fiveClicksAreOneChange();
};

void TestSettingsPage::rowsAreMadeAFewAtATime()
{
    SettingsFixture fixture;
    fixture.open();
    SettingsPage *page = fixture.shell.settingsPage();
    const auto made = [page] {
        return page->findChildren<SettingFormRow *>().size();
    };
    const auto all = qsizetype(settingRows().size());
    QCOMPARE(made(), 0); // who never opens the page pays for none
    fixture.shell.goTo(PageId::Settings);
    QCOMPARE(made(), 0);
    while (made() == 0)
        QCoreApplication::processEvents();
    QVERIFY2(made() < all / 2, qPrintable(QString::number(made())));
    fixture.shell.goTo(PageId::Overview);
    const auto seen = made();
    for (int turn = 0; turn < 50; ++turn)
        QCoreApplication::processEvents();
    QCOMPARE(made(), seen); // nobody looks
    fixture.shell.goTo(PageId::Settings);
    QTRY_COMPARE(made(), all);
}

void TestSettingsPage::everyRowHasAnEditorThatKeepsItsDefault_data()
{
    QTest::addColumn<QString>("key");
    for (const SettingRow &row : settingRows())
        QTest::newRow(std::string(row.key).c_str())
            << QString::fromUtf8(row.key.data(), qsizetype(row.key.size()));
}

void TestSettingsPage::everyRowHasAnEditorThatKeepsItsDefault()
{
    QFETCH(QString, key);
    const SettingRow *row = findSetting(key.toStdString());
    QVERIFY(row);
    SettingEditor editor(*row);
    QVERIFY(editor.field());
    QVERIFY(!editor.field()->accessibleName().isEmpty());
    const std::string fallback = printSetting(*row, fallbackOf(*row));
    editor.setText(fallback);
    QCOMPARE(editor.text(), fallback);
}

void TestSettingsPage::nothingIsPendingAfterOpening()
{
    SettingsFixture fixture;
    fixture.openPage();
    QCOMPARE(fixture.staging().changes().count(), 0);
    QVERIFY(!fixture.shell.pendingBar()->isVisible());
}

void TestSettingsPage::severalEditsAreOneChange()
{
    SettingsFixture fixture;
    fixture.openPage();
    fixture.edit("http.idle_timeout_s", 30);
    fixture.edit("drain_s", 5);
    QCOMPARE(fixture.staging().changes().count(), 2);
    fixture.apply();
    QTRY_COMPARE(fixture.applied(), 1);
    const std::string &request = fixture.last("applyChanges")->request;
    QVERIFY(request.find("http.idle_timeout_s") != std::string::npos);
    QVERIFY(request.find("drain_s") != std::string::npos);
    QTRY_COMPARE(fixture.staging().changes().count(), 0);
    QTRY_VERIFY(fixture.shell.toast()->isVisible());
}

void TestSettingsPage::discardForgetsEdits()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.edit("drain_s", 5);
    fixture.shell.pendingBar()->discardButton()->click();
    QCOMPARE(fixture.staging().changes().count(), 0);
    QVERIFY(!page->formRow("drain_s")->isChanged());
    QCOMPARE(page->formRow("drain_s")->editor()->text(), std::string("10"));
    QCOMPARE(fixture.applied(), 0);
}

void TestSettingsPage::resetSendsNoValue()
{
    SettingsFixture fixture;
    fixture.control->changeElsewhere("drain_s", "20");
    SettingsPage *page = fixture.openPage();
    SettingFormRow *row = page->formRow("drain_s");
    QTRY_VERIFY(row->resetButton()->isVisible());
    row->resetButton()->click();
    QVERIFY(row->isChanged());
    QVERIFY(!row->edit().value.has_value());
    fixture.apply();
    QTRY_VERIFY(!row->resetButton()->isVisible());
}

void TestSettingsPage::anErrorStandsAtItsRow()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    PendingChanges &changes = fixture.staging().changes();
    // A value that the editor itself cannot say, as a draft of another version may hold it.
    changes.stage({.id = page->formRow("drain_s")->id(),
                   .value = "99999",
                   .shown = "99999 s",
                   .before = {"10", "10 s"}},
                  fixture.control->revision());
    QTRY_VERIFY(changes.hasProblem());
    QVERIFY(!fixture.applyButton()->isEnabled());
    bool told = false;
    for (QLabel *label : page->formRow("drain_s")->findChildren<QLabel *>())
        told = told || (label->isVisible() && label->text() == QLatin1String("outside 0..3600"));
    QVERIFY(told);
}

void TestSettingsPage::aNumberThatIsTooLargeIsToldAtItsField()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    SettingFormRow *row = page->formRow("drain_s");
    auto *field = qobject_cast<QSpinBox *>(row->editor()->field());
    QVERIFY(field);
    field->selectAll();
    QTest::keyClicks(field, "99999");
    QCOMPARE(row->editor()->text(), std::string("99999")); // not 999, as if it had been meant
    const auto tells = [&] {
        const auto labels = row->findChildren<QLabel *>();
        return std::ranges::any_of(labels, [](const QLabel *label) {
            return label->isVisible() && label->text() == QLatin1String("outside 0..3600");
        });
    };
    QVERIFY(tells());
    QTRY_VERIFY(fixture.staging().changes().hasProblem());
    QVERIFY(!fixture.applyButton()->isEnabled());
    field->stepUp(); // the arrows know the limit
    QCOMPARE(row->editor()->text(), std::string("3600"));
    QTRY_VERIFY(!tells());
}

void TestSettingsPage::aPinnedSettingIsLocked()
{
    SettingsFixture fixture;
    fixture.control->pinned["loops"] = "command line";
    SettingsPage *page = fixture.openPage();
    QVERIFY(!page->formRow("loops")->editor()->field()->isEnabled());
    QVERIFY(page->formRow("drain_s")->editor()->field()->isEnabled());
}

void TestSettingsPage::searchFindsByHelp()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    auto *search = [page]() -> QLineEdit * {
        for (QLineEdit *field : page->findChildren<QLineEdit *>()) {
            if (field->accessibleName() == QLatin1String("Search settings"))
                return field;
        }
        return nullptr;
    }();
    QVERIFY(search);
    search->setText(QStringLiteral("backlog"));
    QVERIFY(page->formRow("limits.connections")->isVisible());
    QVERIFY(!page->formRow("drain_s")->isVisible());
    search->setText(QStringLiteral("no such thing"));
    QVERIFY(!page->formRow("limits.connections")->isVisible());
    search->clear();
    QVERIFY(page->formRow("drain_s")->isVisible());
}

void TestSettingsPage::appsShowOnlyTheirSettings()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    QVERIFY(page->formRow("loops"));
    const int app = page->level()->findText(QStringLiteral("App shop"));
    QVERIFY(app > 0);
    page->level()->setCurrentIndex(app);
    Q_EMIT page->level()->activated(app);
    QTRY_VERIFY(!page->formRow("loops"));
    QVERIFY(page->formRow("pool.processes"));
    fixture.edit("pool.queue_length", 50);
    fixture.apply();
    QTRY_COMPARE(fixture.applied(), 1);
    QVERIFY(fixture.last("applyChanges")->request.find(R"("object":"shop")") != std::string::npos);
}

void TestSettingsPage::editsSurviveAnotherLevel()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.edit("drain_s", 5);
    const int app = page->level()->findText(QStringLiteral("App shop"));
    page->level()->setCurrentIndex(app);
    Q_EMIT page->level()->activated(app);
    QTRY_VERIFY(!page->formRow("drain_s"));
    page->level()->setCurrentIndex(0);
    Q_EMIT page->level()->activated(0);
    QTRY_VERIFY(page->formRow("drain_s"));
    QCOMPARE(page->formRow("drain_s")->editor()->text(), std::string("5"));
    QVERIFY(page->formRow("drain_s")->isChanged());
}

void TestSettingsPage::historyRestores()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    const uint64_t before = fixture.control->revision();
    fixture.control->changeElsewhere("drain_s", "20");
    page->showHistory();
    HistoryPanel *history = page->history();
    QTRY_VERIFY(history->count() >= 3);
    QVERIFY(!history->restoreButton()->isEnabled()); // the newest is in force
    QVERIFY(QTest::qWaitForWindowActive(&fixture.shell));
    history->list()->setFocus();
    QTest::keyClick(history->list(), Qt::Key_Down);
    QTRY_VERIFY(history->restoreButton()->isEnabled());
    QVERIFY(history->restoreButton()->text().contains(QString::number(before)));
    history->restoreButton()->click();
    QTRY_COMPARE(fixture.control->count("rollbackConfig"), size_t(1));
    QVERIFY(fixture.control->document().settings.empty());
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("Back at revision")));
    fixture.shell.toast()->actionButton()->click(); // and back again
    QTRY_VERIFY(!fixture.control->document().settings.empty());
}

void TestSettingsPage::historyComparesAnyTwo()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.control->changeElsewhere("drain_s", "20");
    fixture.control->changeElsewhere("drain_s", "30");
    page->showHistory();
    HistoryPanel *history = page->history();
    QTRY_VERIFY(history->count() >= 4);
    QTRY_VERIFY(history->difference()->text().contains(QStringLiteral("20 s → 30 s")));
    history->compareWith()->setCurrentIndex(
        history->compareWith()->findText(QStringLiteral("revision 2"), Qt::MatchContains));
    QTRY_VERIFY(history->difference()->text().contains(QStringLiteral("not set → 30 s")));
    history->compareWith()->setCurrentIndex(1);
    QTRY_VERIFY(history->difference()->text().contains(QStringLiteral("Nothing differs")));
    history->filter()->setText(QStringLiteral("docs, shop"));
    int visible = 0;
    for (int i = 0; i < history->list()->count(); ++i)
        visible += history->list()->item(i)->isHidden() ? 0 : 1;
    QCOMPARE(visible, 1);
}

void TestSettingsPage::aRestoreAgainstAnOlderStateIsRefused()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    page->showHistory();
    HistoryPanel *history = page->history();
    QTRY_COMPARE(history->count(), 2);
    history->list()->setCurrentRow(1);
    fixture.control->changeElsewhere("drain_s", "20"); // before this window hears of it
    history->restoreButton()->click();
    QTRY_VERIFY(fixture.shell.toast()->text().contains(QStringLiteral("made against")));
    QVERIFY(!fixture.control->document().settings.empty());
}

void TestSettingsPage::fiveClicksAreOneChange()
{
    SettingsFixture fixture;
    fixture.openPage();
    fixture.edit("drain_s", 5);
    QTRY_VERIFY(fixture.applyButton()->isEnabled());
    fixture.control->hold();
    for (int i = 0; i < 5; ++i)
        fixture.applyButton()->click();
    QCOMPARE(fixture.applied(), 1);
    QVERIFY(!fixture.applyButton()->isEnabled());
    fixture.control->release();
    QTRY_VERIFY(fixture.staging().changes().isEmpty());
    QCOMPARE(fixture.applied(), 1);
}

int main(int argc, char **argv)
{
    TestSettingsPage test;
    return runGuiTest(test, argc, argv);
}
#include "tst_settings_page.moc"
