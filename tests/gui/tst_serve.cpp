// SPDX-License-Identifier: Apache-2.0
#include "gui/gui_fixture.h"

#include "gui/pages/serve_form.h"
#include "gui/pages/serve_progress.h"
#include "gui/pages/serve_sheet.h"
#include "gui/pages/sites_page.h"
#include "gui/widgets/toast.h"

#include <QCheckBox>
#include <QDir>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

/// A fixture without sites, with a project folder "blog" that is recognised.
class ServeFixture : public GuiFixture {
public:
    ServeFixture() : GuiFixture(std::make_unique<FakeControl>(FakeControl::Begin::Empty))
    {
        folder = dir.filePath(QStringLiteral("blog"));
        QDir().mkpath(folder);
        control->folders[folder.toStdString()] = djangoFolder(folder.toStdString(), "blog");
    }

    void openSheet()
    {
        open();
        shell.serveFolder(folder);
        QTRY_VERIFY(shell.sheet());
    }

    std::string lastRequest(std::string_view operation) const
    {
        for (auto at = control->calls.rbegin(); at != control->calls.rend(); ++at) {
            if (at->operation == operation)
                return at->request;
        }
        return {};
    }

    QString folder;
};

} // namespace

class TestServe : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void twoActionsServeAProjectAndOpenTheBrowser();
    void whatTheFormSaysIsSent();
    void theBrowserStaysShutWhenNotWanted();
    void aNameIsNeeded();
    void badVariablesAreRefusedBeforeSending();
    void severalProjectsAreAList();
    void aPortThatIsTakenIsToldInTheSheet();
    void whatIsNoProjectCanBeServedAsFiles();
    void anUnreadableFolderCannotBeServedAsFiles();
    void aRefusedSiteKeepsTheForm();
    void aFailedStartShowsCauseAndLastLines();
    void retryStartsAgain();
    void removeAgainForgetsTheSite();
    void undoOfAServedSiteRemovesIt();
    void severalClicksAreOneSite();
};

void TestServe::twoActionsServeAProjectAndOpenTheBrowser()
{
    ServeFixture fixture;
    fixture.openSheet(); // the drop
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    fixture.shell.sheet()->mainButton()->click();
    QTRY_VERIFY(!fixture.opened.isEmpty());
    QVERIFY(fixture.opened.first().host().contains(QStringLiteral("blog"))
            || fixture.opened.first().port() > 0);
    QTRY_VERIFY(!fixture.shell.sheet());
    QCOMPARE(fixture.shell.page(), PageId::Sites);
    QTRY_COMPARE(fixture.shell.sitesPage()->selected(), QStringLiteral("blog"));
    QVERIFY(fixture.shell.toast()->text().contains(QStringLiteral("blog")));
}

void TestServe::whatTheFormSaysIsSent()
{
    ServeFixture fixture;
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    ServeForm *form = fixture.shell.sheet()->form();
    form->name()->setText(QStringLiteral("diary"));
    form->moreButton()->click();
    form->findChild<QPushButton *>(QStringLiteral("addVariable"))->click();
    const api::NewSite site = form->site();
    QCOMPARE(site.name, std::string("diary"));
    QCOMPARE(site.entry, std::string("blog.wsgi:application"));
    QCOMPARE(site.python, std::string("/usr/bin/python3"));
    QVERIFY(site.env.empty());
    QVERIFY(site.settings.empty()); // auto is not an own value
    fixture.shell.sheet()->mainButton()->click();
    QTRY_COMPARE(fixture.control->count("addSite"), size_t(1));
    QVERIFY(fixture.lastRequest("addSite").find("\"diary\"") != std::string::npos);
}

void TestServe::theBrowserStaysShutWhenNotWanted()
{
    ServeFixture fixture;
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    for (QCheckBox *box : fixture.shell.sheet()->form()->findChildren<QCheckBox *>()) {
        if (box->text().contains(QStringLiteral("browser")))
            box->setChecked(false);
    }
    fixture.shell.sheet()->mainButton()->click();
    QTRY_VERIFY(!fixture.shell.sheet());
    QVERIFY(fixture.opened.isEmpty());
}

void TestServe::aNameIsNeeded()
{
    ServeFixture fixture;
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    QVERIFY(fixture.shell.sheet()->mainButton()->isEnabled());
    fixture.shell.sheet()->form()->name()->setText(QStringLiteral("  "));
    QVERIFY(!fixture.shell.sheet()->mainButton()->isEnabled());
}

void TestServe::badVariablesAreRefusedBeforeSending()
{
    ServeFixture fixture;
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    ServeForm *form = fixture.shell.sheet()->form();
    form->moreButton()->click();
    form->findChild<QPushButton *>(QStringLiteral("addVariable"))->click();
    for (QLineEdit *field : form->findChildren<QLineEdit *>()) {
        if (field->placeholderText() == QLatin1String("NAME"))
            QTest::keyClicks(field, QStringLiteral("1 BAD"));
    }
    QVERIFY(!form->isComplete());
    QVERIFY(!fixture.shell.sheet()->mainButton()->isEnabled());
}

void TestServe::severalProjectsAreAList()
{
    ServeFixture fixture;
    api::Recognition &found = fixture.control->folders[fixture.folder.toStdString()];
    found.projects.push_back({.kind = "static",
                              .title = "Static files",
                              .name = "blog-docs",
                              .root = fixture.folder.toStdString() + "/docs"});
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    ServeForm *form = fixture.shell.sheet()->form();
    QCOMPARE(form->projects()->count(), 2);
    QVERIFY(form->projects()->isVisible());
    form->projects()->setCurrentRow(1);
    QCOMPARE(form->site().kind, std::string("static"));
    QCOMPARE(form->site().name, std::string("blog-docs"));
    QVERIFY(form->site().python.empty());
}

void TestServe::aPortThatIsTakenIsToldInTheSheet()
{
    ServeFixture fixture;
    fixture.control->listenerError = "address in use by nginx, process 12";
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    QString texts;
    for (const QLabel *label : fixture.shell.sheet()->findChildren<QLabel *>()) {
        if (label->isVisible())
            texts += label->text();
    }
    QVERIFY2(texts.contains(QStringLiteral("in use by nginx")), qPrintable(texts));
}

void TestServe::whatIsNoProjectCanBeServedAsFiles()
{
    ServeFixture fixture;
    fixture.control->folders.clear();
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::NotProject);
    QVERIFY(!fixture.shell.sheet()->mainButton()->isDefault()); // Return publishes no programs
    QVERIFY(fixture.shell.sheet()->closeButton()->isDefault());
    QVERIFY(fixture.shell.sheet()->message().contains(QStringLiteral("Visitors can then read")));
    fixture.shell.sheet()->mainButton()->click();
    QTRY_COMPARE(fixture.control->count("addSite"), size_t(1));
    QVERIFY(fixture.lastRequest("addSite").find("\"static\"") != std::string::npos);
}

void TestServe::anUnreadableFolderCannotBeServedAsFiles()
{
    ServeFixture fixture;
    fixture.control->failNext("recognise", Error(ErrorCode::Forbidden, "Permission denied"));
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::NotProject);
    QVERIFY(fixture.shell.sheet()->message().contains(QStringLiteral("Permission denied")));
    QVERIFY(fixture.shell.sheet()->mainButton()->isHidden());
    fixture.shell.sheet()->secondButton()->click(); // look again, and now it can be read
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
}

void TestServe::aRefusedSiteKeepsTheForm()
{
    ServeFixture fixture;
    fixture.control->failNext("addSite", Error(ErrorCode::Conflict, "the name blog is taken"));
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    fixture.shell.sheet()->form()->name()->setText(QStringLiteral("mine"));
    fixture.shell.sheet()->mainButton()->click();
    QTRY_COMPARE(fixture.control->count("addSite"), size_t(1));
    QTRY_VERIFY(fixture.shell.sheet()->mainButton()->isEnabled());
    QCOMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    QCOMPARE(fixture.shell.sheet()->form()->name()->text(), QStringLiteral("mine"));
}

void TestServe::aFailedStartShowsCauseAndLastLines()
{
    ServeFixture fixture;
    fixture.control->startFails = "ModuleNotFoundError: No module named 'django'";
    fixture.control->outputs["blog"] = "line 1\nline 2\n";
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    fixture.shell.sheet()->mainButton()->click();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Failed);
    QVERIFY(fixture.shell.sheet()->progress()->cause().contains(QStringLiteral("django")));
    QTRY_VERIFY(fixture.shell.sheet()->progress()->output().contains(QStringLiteral("line 2")));
    QVERIFY(fixture.opened.isEmpty());
}

void TestServe::retryStartsAgain()
{
    ServeFixture fixture;
    fixture.control->startFails = "no";
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    fixture.shell.sheet()->mainButton()->click();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Failed);
    fixture.control->startFails.clear();
    fixture.shell.sheet()->mainButton()->click();
    QTRY_VERIFY(!fixture.shell.sheet());
    QCOMPARE(fixture.opened.size(), 1);
}

void TestServe::removeAgainForgetsTheSite()
{
    ServeFixture fixture;
    fixture.control->startFails = "no";
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    fixture.shell.sheet()->mainButton()->click();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Failed);
    fixture.shell.sheet()->secondButton()->click();
    QTRY_VERIFY(!fixture.shell.sheet());
    QCOMPARE(fixture.control->count("removeSite"), size_t(1));
    QVERIFY(fixture.control->document().sites.empty());
}

void TestServe::undoOfAServedSiteRemovesIt()
{
    ServeFixture fixture;
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    fixture.shell.sheet()->mainButton()->click();
    QTRY_VERIFY(!fixture.shell.sheet());
    QCOMPARE(fixture.control->document().sites.size(), size_t(1));
    fixture.shell.toast()->actionButton()->click();
    QTRY_VERIFY(fixture.control->document().sites.empty());
}

void TestServe::severalClicksAreOneSite()
{
    ServeFixture fixture;
    fixture.openSheet();
    QTRY_COMPARE(fixture.shell.sheet()->step(), ServeSheet::Step::Form);
    fixture.control->hold();
    for (int i = 0; i < 5; ++i)
        fixture.shell.sheet()->mainButton()->click();
    QCOMPARE(fixture.control->count("addSite"), size_t(1));
    fixture.control->release();
}

int main(int argc, char **argv)
{
    TestServe test;
    return runGuiTest(test, argc, argv);
}
#include "tst_serve.moc"
