// SPDX-License-Identifier: Apache-2.0
// Bad input in the window: the real pages against a real engine. The sentence is read where a
// person would read it: on the sheet, beside the form, in the banner, in the message at the foot.
#include "app/engine_process.h"
#include "gui/gui_fixture.h"
#include "gui/pages/config_documents.h"
#include "gui/pages/serve_form.h"
#include "gui/pages/serve_progress.h"
#include "gui/pages/serve_sheet.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "gui/widgets/banner.h"
#include "gui/widgets/toast.h"
#include "server/control/client/client.h"
#include "test_paths.h"
#include "tests/integration/bad_input_table.h"

#include <QComboBox>
#include <QFileDialog>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QMessageBox>
#include <QPushButton>
#include <QTabWidget>
#include <QtTest>

#include <csignal>

using namespace arc;
using namespace arc::test;

Q_DECLARE_METATYPE(const arc::test::BadInput *)

namespace {

/// The window of a person on this engine, without a screen.
class LiveWindow {
public:
    explicit LiveWindow(const QString &socket, EngineLauncher *launcher = nullptr)
        : m_client(
            *ControlClient::create({.socketPath = socket.toStdString(), .author = "window"})),
          bridge(*m_client, launcher),
          shell(bridge,
                {.instanceName = QStringLiteral("This computer"),
                 .sampleFolder = {},
                 .settingsFile = m_dir.filePath(QStringLiteral("window.ini")),
                 .openUrl = [](const QUrl &) {
                 }})
    {
        shell.show();
    }

private:
    QTemporaryDir m_dir;
    std::unique_ptr<ControlClient> m_client;

public:
    ControlBridge bridge;
    Shell shell;
};

/// What was asked for, or what the text is at the deadline.
template <class Text>
QString waitForText(Text text, int timeoutMs = 30000)
{
    QDeadlineTimer deadline(timeoutMs);
    while (text().isEmpty() && !deadline.hasExpired())
        QTest::qWait(20);
    return text();
}

QString shown(const QLabel *label)
{
    return label && label->isVisible() ? label->text() : QString();
}

} // namespace

class TestBadInputWindow : public QObject {
    Q_OBJECT

    Stage m_stage;

    QString mainSocket() const { return m_stage.dataDir() + "/control.sock"; }

    QString drop(LiveWindow &window, const QString &folder);
    QString serve(LiveWindow &window, const QString &folder, const QString &name);
    QString chooseInterpreter(LiveWindow &window, const QString &path);
    QString editInterpreter(LiveWindow &window, const QString &path);
    QString importDocument(LiveWindow &window, const QString &file);
    QString stopSite(LiveWindow &window, const QString &site);
    QString startEngine(const QString &dataDir);
    QString say(const BadInput &row, const QString &argument, const QString &socket);

private Q_SLOTS:
    void initTestCase()
    {
        const QString problem = m_stage.start();
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
    }
    void theWindowSaysIt_data();
    void theWindowSaysIt();
    void anEngineOfAnotherVersionIsNamedInTheBanner();
    void anInterpreterThatIsNotListedCanBeChosen();
};

QString TestBadInputWindow::drop(LiveWindow &window, const QString &folder)
{
    window.shell.serveFolder(folder);
    return waitForText([&] {
        const ServeSheet *sheet = window.shell.sheet();
        if (sheet && sheet->step() == ServeSheet::Step::NotProject)
            return sheet->message();
        return window.shell.toast()->isVisible() ? window.shell.toast()->text() : QString();
    });
}

QString TestBadInputWindow::serve(LiveWindow &window, const QString &folder, const QString &name)
{
    window.shell.serveFolder(folder);
    const auto isForm = [&] {
        return window.shell.sheet() && window.shell.sheet()->step() == ServeSheet::Step::Form;
    };
    if (!QTest::qWaitFor(isForm, 20000))
        return "there is no form";
    ServeSheet *sheet = window.shell.sheet();
    if (!name.isEmpty())
        sheet->form()->name()->setText(name);
    sheet->mainButton()->click();
    return waitForText([&] {
        const QString problem = shown(sheet->findChild<QLabel *>("serveProblem"));
        return problem.isEmpty() ? shown(sheet->findChild<QLabel *>("serveCause")) : problem;
    });
}

QString TestBadInputWindow::chooseInterpreter(LiveWindow &window, const QString &path)
{
    window.shell.serveFolder(m_stage.siteFolder());
    const auto isForm = [&] {
        return window.shell.sheet() && window.shell.sheet()->step() == ServeSheet::Step::Form;
    };
    if (!QTest::qWaitFor(isForm, 20000))
        return "there is no form";
    ServeForm *form = window.shell.sheet()->form();
    const QString before = form->python()->currentText();
    Q_EMIT form->python()->activated(form->python()->count() - 1);
    auto *dialog = form->findChild<QFileDialog *>();
    if (!dialog)
        return "no file can be chosen";
    Q_EMIT dialog->fileSelected(path);
    dialog->close();
    const QString said =
        waitForText([&] { return shown(form->findChild<QLabel *>("serveProblem")); });
    return form->python()->currentText() == before ? said : "another interpreter is chosen now";
}

QString TestBadInputWindow::editInterpreter(LiveWindow &window, const QString &path)
{
    window.shell.showSite("shop");
    auto *field = window.shell.findChild<QLineEdit *>("environmentPython");
    auto *problem = window.shell.findChild<QLabel *>("environmentProblem");
    const auto isLoaded = [&] {
        return field && !field->text().isEmpty();
    };
    if (!QTest::qWaitFor(isLoaded, 20000))
        return "there is no interpreter to edit";
    QTabWidget *tabs = window.shell.sitesPage()->detail()->tabs();
    for (int i = 0; i < tabs->count(); ++i) {
        if (tabs->widget(i)->isAncestorOf(field))
            tabs->setCurrentIndex(i);
    }
    field->selectAll();
    QTest::keyClicks(field, path);
    // What is typed waits in the bar and is tried as it stands; only the whole path counts.
    return waitForText([&] {
        const QString said = shown(problem);
        return said.contains(path) ? said : QString();
    });
}

QString TestBadInputWindow::importDocument(LiveWindow &window, const QString &file)
{
    window.shell.findChild<ConfigDocuments *>()->importFile(file);
    return waitForText([&] {
        // What only listening finds out comes after the question.
        for (auto *box : window.shell.findChildren<QMessageBox *>()) {
            for (QAbstractButton *button : box->buttons()) {
                const auto role = box->buttonRole(button);
                if (box->isVisible() && role != QMessageBox::RejectRole)
                    button->click();
            }
        }
        return window.shell.toast()->isVisible() ? window.shell.toast()->text() : QString();
    });
}

QString TestBadInputWindow::stopSite(LiveWindow &window, const QString &site)
{
    window.shell.showSite(site);
    QAction *stop = nullptr;
    for (QAction *action : window.shell.findChildren<QAction *>()) {
        if (action->text().startsWith("S&top")) // it names its site
            stop = action;
    }
    if (!stop || !QTest::qWaitFor([&] { return stop->isEnabled(); }, 20000))
        return "the site cannot be stopped";
    m_stage.fillDisk(true);
    stop->trigger();
    const QString said = waitForText([&] {
        if (QDialog *dialog = openDialog(window.shell)) { // it has visitors: it asks
            if (auto *yes = dialog->findChild<QPushButton *>("confirm"))
                yes->click();
        }
        return window.shell.toast()->isVisible() ? window.shell.toast()->text() : QString();
    });
    m_stage.fillDisk(false);
    return said;
}

QString TestBadInputWindow::startEngine(const QString &dataDir)
{
    const QString socket = dataDir + "/control.sock";
    arc::EngineProcess launcher({.executable = ARC_BINARY,
                                 .dataDirOption = dataDir.toStdString(),
                                 .dataDir = dataDir.toStdString(),
                                 .socketPath = socket.toStdString()});
    LiveWindow window(socket, &launcher);
    window.bridge.startEngine();
    const QString said = waitForText([&] {
        const Banner *banner = window.shell.banner();
        const bool isFinal = banner->isVisible() && !window.bridge.isStartingEngine();
        return isFinal ? banner->text() : QString();
    });
    const QByteArray status = runArcology({"ctl", "status", "--json", "--socket", socket}).out;
    if (const auto pid = QJsonDocument::fromJson(status).object().value("pid").toInteger())
        ::kill(static_cast<pid_t>(pid), SIGTERM); // it must not have started
    return said;
}

QString TestBadInputWindow::say(const BadInput &row, const QString &argument, const QString &socket)
{
    if (row.window == InWindow::Start)
        return startEngine(argument);
    if (row.window == InWindow::Program) {
        const Finished finished = runArcology(argument.split(' '));
        return finished.exitCode == row.exitCode ? QString::fromUtf8(finished.error)
                                                 : QString("exit code %1").arg(finished.exitCode);
    }
    LiveWindow window(socket);
    if (!QTest::qWaitFor([&] { return window.bridge.sitesKnown(); }, 20000))
        return "the window does not reach the engine: " + window.bridge.problem();
    switch (row.window) {
    case InWindow::Drop:
        return drop(window, argument);
    case InWindow::Serve:
        return serve(window, argument, "bad");
    case InWindow::ServeNamed:
        return serve(window, argument.section(' ', 0, 0), argument.section(' ', 1));
    case InWindow::Interpreter:
        return chooseInterpreter(window, argument);
    case InWindow::Edit:
        return editInterpreter(window, argument);
    case InWindow::Import:
        return importDocument(window, argument);
    case InWindow::FullDisk:
        return stopSite(window, argument);
    default:
        return "the row names no way";
    }
}

void TestBadInputWindow::theWindowSaysIt_data()
{
    QTest::addColumn<const BadInput *>("row");
    for (const BadInput &row : badInputs()) {
        if (row.window != InWindow::Nowhere)
            QTest::newRow(row.name) << &row;
    }
}

void TestBadInputWindow::theWindowSaysIt()
{
    QFETCH(const BadInput *, row);
    const QString name = QString::fromUtf8(row->name).replace(' ', '-').remove(',');
    const QString dir = m_stage.makeFolder("window-" + name);
    row->make(m_stage, dir);
    const QStringList before = m_stage.picture(dir);
    QString socket = mainSocket();
    if (row->asGuest) {
        const QString problem = m_stage.startGuest();
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        socket = m_stage.guestDataDir() + "/control.sock";
    }
    const QString said = say(*row, filled(m_stage, dir, {row->argument}).first(), socket);
    const QString missing = lacks(*row, m_stage, dir, said);
    QVERIFY2(missing.isEmpty(), qPrintable(missing));
    if (row->staysAsFailed)
        QCOMPARE(m_stage.engine().ctl({"site", "remove", "bad"}).exitCode, 0);
    const QStringList after = m_stage.picture(dir);
    for (qsizetype i = 0; i < std::max(before.size(), after.size()); ++i)
        QCOMPARE(after.value(i), before.value(i));
}

void TestBadInputWindow::anEngineOfAnotherVersionIsNamedInTheBanner()
{
    const QString socket = m_stage.path("other.sock");
    const OtherEngine engine(socket, "Arcology-Api: 2; arcology=9.9.9\r\n");
    LiveWindow window(socket);
    const QString said = waitForText([&] {
        return window.shell.banner()->isVisible() ? window.shell.banner()->text() : QString();
    });
    QVERIFY2(said.startsWith("The engine cannot be used: the engine is Arcology 9.9.9 and this "
                             "program is ")
                 && said.endsWith("or use the newer program"),
             qPrintable(said));
    QVERIFY(!window.shell.banner()->actionButton()->isVisible());
}

void TestBadInputWindow::anInterpreterThatIsNotListedCanBeChosen()
{
    const QString dir = m_stage.makeFolder("chosen");
    write(dir + "/app.py",
          "def application(environ, start_response):\n"
          "    start_response('200 OK', [])\n    return [b'x']\n");
    const QString own = dir + "/my-python";
    QVERIFY(QFile::link("/usr/bin/python3", own));
    LiveWindow window(mainSocket());
    QTRY_VERIFY_WITH_TIMEOUT(window.bridge.sitesKnown(), 20000);
    window.shell.serveFolder(dir);
    QTRY_VERIFY_WITH_TIMEOUT(
        window.shell.sheet() && window.shell.sheet()->step() == ServeSheet::Step::Form, 20000);
    QComboBox *python = window.shell.sheet()->form()->python();
    QVERIFY2(python->currentText().startsWith("CPython 3."), qPrintable(python->currentText()));
    Q_EMIT python->activated(python->count() - 1);
    auto *dialog = window.shell.sheet()->findChild<QFileDialog *>();
    QVERIFY(dialog);
    Q_EMIT dialog->fileSelected(own);
    dialog->close();
    QTRY_COMPARE_WITH_TIMEOUT(python->currentData().toString(), own, 20000);
    QCOMPARE(window.shell.sheet()->form()->site().python, own.toStdString());
}

int main(int argc, char **argv)
{
    TestBadInputWindow test;
    return runGuiTest(test, argc, argv);
}
#include "tst_bad_input_window.moc"
