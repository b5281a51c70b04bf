// SPDX-License-Identifier: Apache-2.0
// "Keep serving when I log out": explained before it is done, and never shown as more than it is.
#include "app/keep_serving_command.h"
#include "gui/gui_fixture.h"

#include "gui/bridge/keep_serving.h"
#include "gui/models/format.h"
#include "gui/pages/action_registry.h"
#include "gui/widgets/toast.h"

#include <QDialog>
#include <QFile>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QPushButton>
#include <QTest>

#include <mutex>
#include <optional>
#include <utility>

using namespace arc;
using namespace arc::test;

namespace {

/// A computer whose service manager does as a test says.
class FakeKeepServing : public KeepServing {
public:
    void look(std::function<void(Result<State>)> done) override
    {
        ++looks;
        done(isMute ? Result<State>(Error {ErrorCode::Unavailable, "no such command"})
                    : Result<State>(state));
    }
    void set(bool on, std::function<void(Result<std::string>)> done) override
    {
        ++asked;
        waiting = [this, on, done = std::move(done)] {
            if (!refusal.empty())
                return done(Error {ErrorCode::Unavailable, refusal});
            state.on = on;
            done(std::string(on ? "Serving goes on after logout." : "Serving ends at logout."));
        };
    }
    void answer() { std::exchange(waiting, {})(); }

    State state {.on = false, .possible = true, .why = {}};
    std::string refusal;
    bool isMute = false;
    int looks = 0;
    int asked = 0;
    std::function<void()> waiting;
};

/// What came back on another thread.
template <class T>
class Mailbox {
public:
    std::function<void(Result<T>)> slot()
    {
        return [this](Result<T> answer) {
            std::scoped_lock lock(m_mutex);
            m_answer.emplace(std::move(answer));
        };
    }
    std::optional<Result<T>> answer()
    {
        std::scoped_lock lock(m_mutex);
        return m_answer;
    }

private:
    std::mutex m_mutex;
    std::optional<Result<T>> m_answer; // guarded by m_mutex
};

QAction *afterLogout(GuiFixture &fixture)
{
    return fixture.shell.registry().action(QStringLiteral("file.afterLogout"));
}

QString textsOf(const QWidget &widget)
{
    QString all;
    for (const QLabel *label : widget.findChildren<QLabel *>())
        all += label->isVisibleTo(&widget) ? label->text() + QLatin1Char('\n') : QString();
    return all;
}

} // namespace

class TestAfterLogout : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepingOnAfterLogoutIsExplainedAndDone();
    void aClosedDialogLosesNoAnswer();
    void keepingOnIsTakenBack();
    void aRefusedKeepServingSaysWhyAndStays();
    void whereItIsNotPossibleTheMenuSaysWhy();
    void whatCannotBeLookedIntoIsNotOffered();
    void whereItDoesNotDependOnALoginNothingIsOffered();
    void closingAndQuittingSayWhatLogoutDoes_data();
    void closingAndQuittingSayWhatLogoutDoes();
    void theCommandsAnswerIsRead_data();
    void theCommandsAnswerIsRead();
    void theCommandsRefusalIsTheSentence();
};

void TestAfterLogout::keepingOnAfterLogoutIsExplainedAndDone()
{
    FakeKeepServing service;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, nullptr, &service);
    fixture.open();
    QAction *action = afterLogout(fixture);
    QTRY_VERIFY(action->isEnabled());
    QVERIFY(!action->isChecked());
    action->trigger();
    QVERIFY(!action->isChecked()); // asked for is not done
    QDialog *dialog = openDialog(fixture.shell);
    QVERIFY(dialog);
    QCOMPARE(service.asked, 0); // nothing before it was explained
    const QString text = textsOf(*dialog);
    for (const char *said : {"log out", "systemd", "password", "no request fails"})
        QVERIFY2(text.contains(QLatin1String(said)), said);
    auto *confirm = dialog->findChild<QPushButton *>(QStringLiteral("confirm"));
    confirm->click();
    QCOMPARE(service.asked, 1);
    QVERIFY(!confirm->isEnabled()); // five clicks are one
    QCOMPARE(dialog->findChild<QPushButton *>(QStringLiteral("cancel"))->text(),
             QStringLiteral("Close"));
    QVERIFY(dialog->findChild<QLabel *>(QStringLiteral("note"))->isVisible());
    service.answer();
    QTRY_VERIFY(!openDialog(fixture.shell));
    QTRY_VERIFY(action->isChecked());
    QCOMPARE(fixture.shell.toast()->text(), QStringLiteral("Serving goes on after logout."));
}

void TestAfterLogout::aClosedDialogLosesNoAnswer()
{
    FakeKeepServing service;
    service.refusal = "lingering was not allowed";
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, nullptr, &service);
    fixture.open();
    QTRY_VERIFY(afterLogout(fixture)->isEnabled());
    afterLogout(fixture)->trigger();
    QDialog *dialog = openDialog(fixture.shell);
    dialog->findChild<QPushButton *>(QStringLiteral("confirm"))->click();
    dialog->reject();
    QTRY_VERIFY(!openDialog(fixture.shell));
    QVERIFY(!afterLogout(fixture)->isEnabled()); // it is under way
    service.answer();
    QTRY_COMPARE(fixture.shell.toast()->text(), QStringLiteral("lingering was not allowed"));
    QTRY_VERIFY(afterLogout(fixture)->isEnabled());
}

void TestAfterLogout::keepingOnIsTakenBack()
{
    FakeKeepServing service;
    service.state = {.on = true, .possible = true, .why = {}};
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, nullptr, &service);
    fixture.open();
    QTRY_VERIFY(afterLogout(fixture)->isChecked());
    afterLogout(fixture)->trigger();
    QDialog *dialog = openDialog(fixture.shell);
    QVERIFY(dialog);
    QVERIFY(textsOf(*dialog).contains(QStringLiteral("Nothing is interrupted now")));
    dialog->findChild<QPushButton *>(QStringLiteral("confirm"))->click();
    service.answer();
    QTRY_VERIFY(!afterLogout(fixture)->isChecked());
    QVERIFY(!service.state.on);
}

void TestAfterLogout::aRefusedKeepServingSaysWhyAndStays()
{
    FakeKeepServing service;
    service.refusal = "lingering was not allowed: ask an administrator of this computer";
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, nullptr, &service);
    fixture.open();
    QTRY_VERIFY(afterLogout(fixture)->isEnabled());
    afterLogout(fixture)->trigger();
    QDialog *dialog = openDialog(fixture.shell);
    auto *confirm = dialog->findChild<QPushButton *>(QStringLiteral("confirm"));
    confirm->click();
    service.answer();
    const auto *note = dialog->findChild<QLabel *>(QStringLiteral("note"));
    QTRY_COMPARE(note->text(), QString::fromStdString(service.refusal));
    QVERIFY(dialog->isVisible());
    QTRY_VERIFY(confirm->isEnabled());
    QVERIFY(!afterLogout(fixture)->isChecked());
    service.refusal.clear();
    confirm->click();
    service.answer();
    QTRY_VERIFY(afterLogout(fixture)->isChecked());
}

void TestAfterLogout::whereItIsNotPossibleTheMenuSaysWhy()
{
    FakeKeepServing service;
    service.state = {.on = false, .possible = false, .why = "this computer runs no systemd"};
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, nullptr, &service);
    fixture.open();
    QTRY_COMPARE(afterLogout(fixture)->toolTip(), QStringLiteral("this computer runs no systemd"));
    QVERIFY(!afterLogout(fixture)->isEnabled());
    QVERIFY(afterLogout(fixture)->isVisible());
}

void TestAfterLogout::whatCannotBeLookedIntoIsNotOffered()
{
    FakeKeepServing service;
    service.isMute = true;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, nullptr, &service);
    fixture.open();
    QTRY_VERIFY(service.looks > 0);
    QCoreApplication::processEvents();
    QVERIFY(!afterLogout(fixture)->isVisible());
    service.isMute = false;
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    fixture.control->failAll(std::nullopt);
    QTRY_VERIFY_WITH_TIMEOUT(afterLogout(fixture)->isVisible(), 8000); // looked at again
}

void TestAfterLogout::whereItDoesNotDependOnALoginNothingIsOffered()
{
    GuiFixture fixture;
    fixture.open();
    for (const QMenu *menu : fixture.shell.menuBar()->findChildren<QMenu *>()) {
        for (const QAction *action : menu->actions())
            QVERIFY(action->objectName() != QLatin1String("file.afterLogout"));
    }
}

void TestAfterLogout::closingAndQuittingSayWhatLogoutDoes_data()
{
    QTest::addColumn<bool>("on");
    QTest::addColumn<QString>("said");
    QTest::newRow("on") << true << QStringLiteral("goes on when you log out");
    QTest::newRow("off") << false << QStringLiteral("may end when you log out");
}

void TestAfterLogout::closingAndQuittingSayWhatLogoutDoes()
{
    QFETCH(bool, on);
    QFETCH(QString, said);
    FakeKeepServing service;
    service.state.on = on;
    GuiFixture fixture(std::make_unique<FakeControl>(), nullptr, {}, nullptr, &service);
    fixture.open();
    QTRY_COMPARE(afterLogout(fixture)->isChecked(), on);
    QTRY_VERIFY(afterLogout(fixture)->isEnabled());
    fixture.shell.quit();
    QVERIFY(textsOf(*openDialog(fixture.shell)).contains(said));
    openDialog(fixture.shell)->reject();
    QTRY_VERIFY(!openDialog(fixture.shell));
    fixture.shell.close();
    QVERIFY(openDialog(fixture.shell));
    QVERIFY(textsOf(*openDialog(fixture.shell)).contains(said));
}

/// A program that answers to `keep-serving` with what a shell does.
static std::string programThat(const QTemporaryDir &dir, const QString &does)
{
    QFile file(dir.filePath(QStringLiteral("program")));
    if (!file.open(QIODevice::WriteOnly))
        return {};
    file.write("#!/bin/sh\n" + does.toUtf8() + '\n');
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return toStd(file.fileName());
}

void TestAfterLogout::theCommandsAnswerIsRead_data()
{
    QTest::addColumn<QString>("does");
    QTest::addColumn<bool>("isKnown");
    QTest::addColumn<bool>("on");
    QTest::addColumn<QString>("why");
    const auto says = [](const char *json) {
        return QStringLiteral("test \"$1 $2\" = 'keep-serving --json' && echo '%1'")
            .arg(QLatin1String(json));
    };
    QTest::newRow("on") << says(R"({"on":true,"possible":true,"why":""})") << true << true
                        << QString();
    QTest::newRow("not possible") << says(R"({"on":false,"possible":false,"why":"no systemd"})")
                                  << true << false << QStringLiteral("no systemd");
    QTest::newRow("no words") << says(R"({"on":false,"possible":true})") << true << false
                              << QString();
    QTest::newRow("wrong types") << says(R"({"on":"yes","possible":1})") << false << false
                                 << QString();
    QTest::newRow("no object") << says("[]") << false << false << QString();
    QTest::newRow("rubbish") << says("Usage: arcology") << false << false << QString();
    QTest::newRow("unknown command") << QStringLiteral("exit 2") << false << false << QString();
}

void TestAfterLogout::theCommandsAnswerIsRead()
{
    QFETCH(QString, does);
    QFETCH(bool, isKnown);
    QFETCH(bool, on);
    QFETCH(QString, why);
    const QTemporaryDir dir;
    KeepServingCommand command(programThat(dir, does));
    Mailbox<KeepServing::State> box;
    command.look(box.slot());
    QTRY_VERIFY_WITH_TIMEOUT(box.answer().has_value(), 20000);
    const Result<KeepServing::State> answer = *box.answer();
    QCOMPARE(bool(answer), isKnown);
    if (!isKnown) {
        QVERIFY(!answer.error().message().empty());
        return;
    }
    QCOMPARE(answer->on, on);
    QCOMPARE(toQString(answer->why), why);
}

void TestAfterLogout::theCommandsRefusalIsTheSentence()
{
    const QTemporaryDir dir;
    KeepServingCommand command(programThat(
        dir,
        QStringLiteral("test \"$2\" = off && { echo 'Off: it may end.'; exit 0; }\n"
                       "echo 'arcology: not allowed; ask an administrator' >&2; exit 1")));
    Mailbox<std::string> on;
    command.set(true, on.slot());
    QTRY_VERIFY_WITH_TIMEOUT(on.answer().has_value(), 20000);
    QCOMPARE(toQString(on.answer()->error().message()),
             QStringLiteral("not allowed; ask an administrator"));
    Mailbox<std::string> off;
    command.set(false, off.slot());
    QTRY_VERIFY_WITH_TIMEOUT(off.answer().has_value(), 20000);
    QCOMPARE(toQString(**off.answer()), QStringLiteral("Off: it may end."));
}

int main(int argc, char **argv)
{
    TestAfterLogout test;
    return runGuiTest(test, argc, argv);
}
#include "tst_after_logout.moc"
