// SPDX-License-Identifier: Apache-2.0
#include "gui/gui_fixture.h"

#include "gui/forms/setting_editor.h"
#include "gui/forms/setting_form_row.h"
#include "gui/pages/history_panel.h"
#include "gui/pages/settings_page.h"
#include "gui/widgets/toast.h"

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTest>

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
    const FakeControl::Call *last(std::string_view operation) const
    {
        for (auto at = control->calls.rbegin(); at != control->calls.rend(); ++at) {
            if (at->operation == operation)
                return &*at;
        }
        return nullptr;
    }
};

} // namespace

class TestSettingsPage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyRowHasAnEditorThatKeepsItsDefault_data();
    void everyRowHasAnEditorThatKeepsItsDefault();
    void nothingIsPendingAfterOpening();
    void severalEditsAreOneChange();
    void discardForgetsEdits();
    void resetSendsNoValue();
    void anErrorStandsAtItsRow();
    void aConflictKeepsTheEdits();
    void aPinnedSettingIsLocked();
    void searchFindsByHelp();
    void appsShowOnlyTheirSettings();
    void historyRestores();
    void fiveClicksAreOneChange();
};

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
    QCOMPARE(fixture.openPage()->changedCount(), 0);
    QVERIFY(!fixture.shell.settingsPage()->applyButton()->isVisible());
}

void TestSettingsPage::severalEditsAreOneChange()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.edit("http.idle_timeout_s", 30);
    fixture.edit("drain_s", 5);
    QCOMPARE(page->changedCount(), 2);
    QVERIFY(page->applyButton()->isVisible());
    page->applyButton()->click();
    QTRY_COMPARE(fixture.control->count("editSettings"), size_t(1));
    const std::string &request = fixture.last("editSettings")->request;
    QVERIFY(request.find("http.idle_timeout_s") != std::string::npos);
    QVERIFY(request.find("drain_s") != std::string::npos);
    QTRY_COMPARE(page->changedCount(), 0);
    QTRY_VERIFY(fixture.shell.toast()->isVisible());
}

void TestSettingsPage::discardForgetsEdits()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.edit("drain_s", 5);
    page->discardButton()->click();
    QCOMPARE(page->changedCount(), 0);
    QCOMPARE(fixture.control->count("editSettings"), size_t(0));
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
    page->applyButton()->click();
    QTRY_VERIFY(!row->resetButton()->isVisible());
}

void TestSettingsPage::anErrorStandsAtItsRow()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.edit("drain_s", 5);
    fixture.control->failNext("editSettings",
                              Error(ErrorCode::Invalid, "drain_s: outside 0..3600"));
    page->applyButton()->click();
    QTRY_VERIFY(page->problem().contains(QStringLiteral("Drain time")));
    QCOMPARE(page->changedCount(), 1); // what was typed stays
    bool told = false;
    for (QLabel *label : page->formRow("drain_s")->findChildren<QLabel *>())
        told = told || (label->isVisible() && label->text() == QLatin1String("outside 0..3600"));
    QVERIFY(told);
}

void TestSettingsPage::aConflictKeepsTheEdits()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.edit("drain_s", 5);
    fixture.control->changeElsewhere("http.idle_timeout_s", "20"); // before we hear of it
    page->applyButton()->click();
    QTRY_VERIFY(!page->problem().isEmpty());
    QCOMPARE(page->changedCount(), 1);
    QCoreApplication::processEvents();
    page->applyButton()->click();
    QTRY_COMPARE(page->changedCount(), 0);
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
    page->applyButton()->click();
    QTRY_COMPARE(fixture.control->count("editSettings"), size_t(1));
    QVERIFY(fixture.last("editSettings")->request.find(R"("object":"shop")") != std::string::npos);
}

void TestSettingsPage::historyRestores()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    const uint64_t before = fixture.control->revision();
    fixture.control->changeElsewhere("drain_s", "20");
    page->showHistory();
    QTRY_VERIFY(page->history()->count() >= 2);
    auto *restore =
        page->history()->findChild<QPushButton *>(QStringLiteral("restore%1").arg(before));
    QVERIFY(restore);
    restore->click();
    QTRY_COMPARE(fixture.control->count("rollbackConfig"), size_t(1));
    QVERIFY(fixture.control->document().settings.empty());
}

void TestSettingsPage::fiveClicksAreOneChange()
{
    SettingsFixture fixture;
    SettingsPage *page = fixture.openPage();
    fixture.edit("drain_s", 5);
    fixture.control->hold();
    for (int i = 0; i < 5; ++i)
        page->applyButton()->click();
    QCOMPARE(fixture.control->count("editSettings"), size_t(1));
    fixture.control->release();
}

int main(int argc, char **argv)
{
    TestSettingsPage test;
    return runGuiTest(test, argc, argv);
}
#include "tst_settings_page.moc"
