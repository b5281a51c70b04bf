// SPDX-License-Identifier: Apache-2.0
// The first minute of somebody new: a real engine, real projects, and a count of what the hand
// does.
#include "tests/integration/program.h"

#include "gui/gui_fixture.h"
#include "gui/models/sites_model.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/overview_page.h"
#include "gui/pages/serve_form.h"
#include "gui/pages/serve_sheet.h"
#include "gui/pages/sites_page.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/toast.h"
#include "server/control/client/client.h"

#include <QAbstractButton>
#include <QApplication>
#include <QDialogButtonBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QElapsedTimer>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QPushButton>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

constexpr int kClicksMax = 3;
constexpr int kMachineMs = 12'000; ///< what the program may need, without the person
constexpr int kPatience = 60'000;

QString s(const char *text)
{
    return QString::fromLatin1(text);
}

/// Counts what a hand does: each press of a button of the mouse, each drop, each key.
class HandCounter : public QObject {
public:
    HandCounter() { qApp->installEventFilter(this); }
    ~HandCounter() override { qApp->removeEventFilter(this); }
    int count = 0;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override
    {
        // The window system's events, once: their way through the widgets is no second press.
        if ((watched->isWindowType() || qobject_cast<QAbstractButton *>(watched))
            && (event->type() == QEvent::MouseButtonPress || event->type() == QEvent::KeyPress))
            ++count;
        if (watched->isWidgetType() && event->type() == QEvent::Drop)
            ++count;
        return false;
    }
};

void drop(Shell &shell, const QString &folder)
{
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(folder)});
    QDragEnterEvent enter({400, 300}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&shell, &enter);
    QDropEvent event({400, 300}, Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&shell, &event);
}

/// An engine of the test's own, its client, and a window on it.
class FirstRun {
public:
    FirstRun() : engine(data.path()) { }

    bool open()
    {
        if (!engine.start())
            return false;
        auto made = ControlClient::create(
            {.socketPath = data.filePath(s("control.sock")).toStdString(), .author = "window"});
        if (!made)
            return false;
        client = std::move(*made);
        bridge = std::make_unique<ControlBridge>(*client, nullptr);
        shell =
            std::make_unique<Shell>(*bridge,
                                    ShellOptions {.instanceName = s("This computer"),
                                                  .settingsFile = data.filePath(s("window.ini")),
                                                  .openUrl = [this](const QUrl &url) {
                                                      opened << url;
                                                  }});
        shell->show();
        return QTest::qWaitFor([this] { return bridge->sitesKnown(); }, kPatience);
    }
    /// What a browser would get: names under .localhost are this computer.
    HttpAnswer visit(QUrl url, const QString &path) const
    {
        HttpAsk ask;
        url.setPath(path);
        ask.host = url.authority().toLatin1();
        url.setHost(s("127.0.0.1"));
        return http(url.toString(), ask);
    }
    ~FirstRun()
    {
        shell.reset();
        bridge.reset();
        client.reset();
    }

    QTemporaryDir data;
    QList<QUrl> opened;
    arc::test::EngineProcess engine;
    std::unique_ptr<ControlClient> client;
    std::unique_ptr<ControlBridge> bridge;
    std::unique_ptr<Shell> shell;
};

} // namespace

class TestFirstRun : public QObject {
    Q_OBJECT

    QTemporaryDir m_projects;

    void projects();
private Q_SLOTS:
    void initTestCase();
    void aProjectIsServedByADropAndAClick_data() { projects(); }
    void aProjectIsServedByADropAndAClick();
    void aProjectIsServedByThreeClicks_data() { projects(); }
    void aProjectIsServedByThreeClicks();
    void theAddressIsTheSameBeforeAndAfter();
    void severalProjectsAreChosenInTheSheet();
    void aSecondSiteOfTheSameNameGetsAnother();
    void aFolderThatCannotBeReadIsToldInTheSheet();
    void aFolderThatIsNoProjectCanBeServedAsFiles();
};

void TestFirstRun::projects()
{
    QTest::addColumn<QString>("folder");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QByteArray>("contains");
    QTest::newRow("Django") << s("shop") << s("/") << QByteArray("The install worked successfully");
    QTest::newRow("Flask") << s("notes") << s("/") << QByteArray("hello from flask");
    QTest::newRow("FastAPI") << s("prices") << s("/openapi.json") << QByteArray("\"openapi\"");
    QTest::newRow("static files") << s("brochure") << s("/") << QByteArray("just a page");
}

void TestFirstRun::initTestCase()
{
    const QString shop = m_projects.filePath(s("shop"));
    QVERIFY(QDir().mkpath(shop));
    QCOMPARE(runProgram(s("django-admin"), {s("startproject"), s("shop"), s(".")}, shop).exitCode,
             0);
    write(m_projects.filePath(s("notes/app.py")),
          "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef home():\n"
          "    return 'hello from flask'\n");
    write(m_projects.filePath(s("prices/main.py")),
          "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef home():\n"
          "    return {'price': 1}\n");
    write(m_projects.filePath(s("brochure/index.html")), "<h1>just a page</h1>");
}

void TestFirstRun::aProjectIsServedByADropAndAClick()
{
    QFETCH(QString, folder);
    QFETCH(QString, path);
    QFETCH(QByteArray, contains);
    FirstRun run;
    QVERIFY(run.open());
    QVERIFY(run.shell->overview()->showsDropZone());
    HandCounter hand;
    QElapsedTimer timer;
    timer.start();
    drop(*run.shell, m_projects.filePath(folder));
    QTRY_VERIFY_WITH_TIMEOUT(run.shell->sheet(), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(run.shell->sheet()->step(), ServeSheet::Step::Form, kPatience);
    QTest::mouseClick(run.shell->sheet()->mainButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!run.opened.isEmpty(), kPatience);
    const qint64 machine = timer.elapsed();
    QCOMPARE(hand.count, 2);
    const HttpAnswer answer = run.visit(run.opened.first(), path);
    QCOMPARE(answer.status, 200);
    QVERIFY2(answer.body.contains(contains), answer.body);
    qInfo("%s: %d actions, %lld ms", qPrintable(folder), hand.count,
          static_cast<long long>(machine));
    if (qEnvironmentVariableIsSet("ARC_TIMES")) // a loaded machine proves nothing about time
        QVERIFY(machine < kMachineMs);
}

void TestFirstRun::aProjectIsServedByThreeClicks()
{
    QFETCH(QString, folder);
    QFETCH(QString, path);
    QFETCH(QByteArray, contains);
    FirstRun run;
    QVERIFY(run.open());
    HandCounter hand;
    QTest::mouseClick(run.shell->header()->addButton(), Qt::LeftButton);
    auto *dialog = run.shell->findChild<QFileDialog *>();
    QVERIFY(dialog && dialog->isVisible());
    dialog->selectFile(m_projects.filePath(folder)); // where the hand would have gone
    auto *buttons = dialog->findChild<QDialogButtonBox *>();
    QVERIFY(buttons);
    QPushButton *accept = nullptr;
    for (QAbstractButton *button : buttons->buttons()) {
        if (buttons->buttonRole(button) == QDialogButtonBox::AcceptRole)
            accept = qobject_cast<QPushButton *>(button);
    }
    QVERIFY(accept);
    QTRY_VERIFY(accept->isEnabled());
    QTest::mouseClick(accept, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(run.shell->sheet(), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(run.shell->sheet()->step(), ServeSheet::Step::Form, kPatience);
    QTest::mouseClick(run.shell->sheet()->mainButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!run.opened.isEmpty(), kPatience);
    QVERIFY2(hand.count <= kClicksMax, qPrintable(QString::number(hand.count)));
    QVERIFY(run.visit(run.opened.first(), path).body.contains(contains));
}

void TestFirstRun::theAddressIsTheSameBeforeAndAfter()
{
    FirstRun run;
    QVERIFY(run.open());
    // The first site, which any name reaches, and a second one, which has its own.
    for (const char *folder : {"brochure", "notes"}) {
        run.opened.clear();
        drop(*run.shell, m_projects.filePath(s(folder)));
        QTRY_VERIFY_WITH_TIMEOUT(run.shell->sheet(), kPatience);
        QTRY_COMPARE_WITH_TIMEOUT(run.shell->sheet()->step(), ServeSheet::Step::Form, kPatience);
        const QString told = run.shell->sheet()->form()->address();
        QVERIFY2(told.contains(s(folder) + s(".localhost:")), qPrintable(told));
        QTest::mouseClick(run.shell->sheet()->mainButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!run.opened.isEmpty(), kPatience);
        QCOMPARE(told.split(QStringLiteral(" · ")).first(), run.opened.first().toString());
        const auto *model = run.shell->overview()->table()->model();
        const auto isListed = [&] {
            for (int row = 0; row < model->rowCount(); ++row) {
                if (model->index(row, SitesModel::Address).data().toString()
                    == run.opened.first().toString())
                    return true;
            }
            return false;
        };
        QTRY_VERIFY(isListed()); // with the next figures
        QTRY_VERIFY(!run.shell->sheet());
    }
}

void TestFirstRun::severalProjectsAreChosenInTheSheet()
{
    write(m_projects.filePath(s("two/alpha/app.py")),
          "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef home():\n"
          "    return 'alpha'\n");
    write(m_projects.filePath(s("two/beta/app.py")),
          "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef home():\n"
          "    return 'beta'\n");
    FirstRun run;
    QVERIFY(run.open());
    drop(*run.shell, m_projects.filePath(s("two")));
    QTRY_VERIFY_WITH_TIMEOUT(run.shell->sheet(), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(run.shell->sheet()->step(), ServeSheet::Step::Form, kPatience);
    QListWidget *projects = run.shell->sheet()->form()->projects();
    QVERIFY(projects->isVisible());
    QCOMPARE(projects->count(), 2);
    const int beta = projects->item(0)->text().contains(s("beta")) ? 0 : 1;
    projects->setCurrentRow(beta);
    QTest::mouseClick(run.shell->sheet()->mainButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!run.opened.isEmpty(), kPatience);
    QCOMPARE(run.visit(run.opened.first(), s("/")).body, QByteArray("beta"));
}

void TestFirstRun::aSecondSiteOfTheSameNameGetsAnother()
{
    write(m_projects.filePath(s("other/brochure/index.html")), "<h1>the other one</h1>");
    FirstRun run;
    QVERIFY(run.open());
    for (const char *folder : {"brochure", "other/brochure"}) {
        run.opened.clear();
        drop(*run.shell, m_projects.filePath(s(folder)));
        QTRY_VERIFY_WITH_TIMEOUT(run.shell->sheet(), kPatience);
        QTRY_COMPARE_WITH_TIMEOUT(run.shell->sheet()->step(), ServeSheet::Step::Form, kPatience);
        QTest::mouseClick(run.shell->sheet()->mainButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(!run.opened.isEmpty(), kPatience);
        QTRY_VERIFY(!run.shell->sheet());
    }
    QCOMPARE(run.opened.first().host(), s("brochure-2.localhost"));
}

void TestFirstRun::aFolderThatIsNoProjectCanBeServedAsFiles()
{
    const QString folder = m_projects.filePath(s("papers"));
    write(folder + s("/report.txt"), "forty pages");
    write(folder + s("/count.py"), "print(len(open('report.txt').read()))"); // or it is a site
    write(folder + s("/notes/today.md"), "# Today");
    FirstRun run;
    QVERIFY(run.open());
    HandCounter hand;
    drop(*run.shell, folder);
    QTRY_VERIFY_WITH_TIMEOUT(run.shell->sheet(), kPatience);
    QTRY_COMPARE_WITH_TIMEOUT(run.shell->sheet()->step(), ServeSheet::Step::NotProject, kPatience);
    QCOMPARE(run.shell->sheet()->mainButton()->text(), s("Serve as files"));
    QTest::mouseClick(run.shell->sheet()->mainButton(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(!run.opened.isEmpty(), kPatience);
    QCOMPARE(hand.count, 2);
    QCOMPARE(run.visit(run.opened.first(), s("/report.txt")).body, QByteArray("forty pages"));
    QCOMPARE(run.visit(run.opened.first(), s("/notes/today.md")).body, QByteArray("# Today"));
    QCOMPARE(run.visit(run.opened.first(), s("/missing.txt")).status, 404);
    const auto *model = run.shell->overview()->table()->model();
    QTRY_COMPARE(model->rowCount(), 1);
    QCOMPARE(model->index(0, SitesModel::Address).data().toString(), run.opened.first().toString());
}

void TestFirstRun::aFolderThatCannotBeReadIsToldInTheSheet()
{
    FirstRun run;
    QVERIFY(run.open());
    // What root may read anyway is no test: a folder that goes while it is looked at cannot be.
    const QString gone = m_projects.filePath(s("gone"));
    QVERIFY(QDir().mkpath(gone));
    drop(*run.shell, gone);
    QVERIFY(QDir().rmdir(gone));
    // Gone before the window looked, it is told at the foot; gone after, in the sheet.
    const auto told = [&run] {
        return run.shell->toast()->text().contains(s("gone"))
            || (run.shell->sheet() && run.shell->sheet()->step() == ServeSheet::Step::NotProject
                && run.shell->sheet()->message().contains(s("gone")));
    };
    QTRY_VERIFY_WITH_TIMEOUT(told(), kPatience);
    QVERIFY(run.opened.isEmpty());
}

int main(int argc, char **argv)
{
    TestFirstRun test;
    return runGuiTest(test, argc, argv);
}
#include "tst_first_run.moc"
