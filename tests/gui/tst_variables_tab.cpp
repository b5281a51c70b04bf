// SPDX-License-Identifier: Apache-2.0
// Variables and secrets of an app in the window: rows, ticks, pasted lines, what is sent, what is
// kept on disk, and whether what they point to is there.
#include "gui/gui_fixture.h"

#include "gui/bridge/staging.h"
#include "gui/forms/env_editor.h"
#include "gui/models/pending_changes.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/connection_checks.h"
#include "gui/pages/environment_tab.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/site_detail.h"
#include "gui/pages/sites_page.h"
#include "server/config/variables.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QFile>
#include <QPushButton>
#include <QTabWidget>
#include <QTest>

using namespace arc;
using namespace arc::test;

namespace {

constexpr auto kTyped = "s3cr3t-typed-here";

std::unique_ptr<FakeControl> withSecret()
{
    auto control = std::make_unique<FakeControl>();
    Document document = control->document();
    document.apps.front().env = {{"DEBUG", "0"}, {"DATABASE_URL", "postgres://u:p@db/shop"}};
    document.apps.front().secrets = {{"SECRET_KEY", "stored-in-the-engine"}};
    control->changeElsewhere(std::move(document), "ana");
    return control;
}

class VariablesFixture : public GuiFixture {
public:
    explicit VariablesFixture(std::unique_ptr<FakeControl> engine = withSecret(),
                              const QString &draft = {})
        : GuiFixture(std::move(engine), nullptr, draft)
    {
        open();
        shell.showSite(QStringLiteral("shop"));
        shell.sitesPage()->detail()->tabs()->setCurrentIndex(1);
    }
    EnvironmentTab *tab() { return shell.sitesPage()->detail()->environment(); }
    EnvEditor *editor() { return tab()->variables(); }
    PendingChanges &changes() { return shell.staging().changes(); }
    /// Rows come anew after a change was applied: waits for it. Null: there is none.
    EnvRow *row(const char *name)
    {
        (void)QTest::qWaitFor([&] { return rowNow(name) != nullptr; }, 1000);
        return rowNow(name);
    }
    EnvRow *rowNow(const char *name)
    {
        for (EnvRow *row : editor()->findChildren<EnvRow *>()) {
            if (row->name() == QLatin1String(name) && row->isVisible())
                return row;
        }
        return nullptr;
    }
    void add(const char *name, const char *value)
    {
        editor()->findChild<QPushButton *>(QStringLiteral("addVariable"))->click();
        EnvRow *empty = row("");
        QVERIFY(empty);
        QTest::keyClicks(empty->nameField(), QLatin1String(name));
        QTest::keyClicks(empty->valueField(), QLatin1String(value));
    }
    bool applyAll()
    {
        if (!QTest::qWaitFor([&] { return shell.staging().state() == Staging::State::Ready; }))
            return false;
        shell.pendingBar()->applyButton()->click();
        return QTest::qWaitFor([&] { return changes().isEmpty(); });
    }
    const AppConfig &app() { return control->document().apps.front(); }
    QByteArray draft()
    {
        shell.staging().flushDraft();
        QByteArray bytes;
        (void)QTest::qWaitFor([&] {
            QFile file(draftFile());
            if (file.open(QIODevice::ReadOnly))
                bytes = file.readAll();
            return !bytes.isEmpty();
        });
        return bytes;
    }
};

} // namespace

class TestVariablesTab : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aStoredSecretIsShownAsDotsAndKeptByOtherEdits();
    void aTypedSecretReplacesTheStoredOne();
    void emptyingATypedSecretKeepsTheStoredOne();
    void aVariableBecomesASecretWithoutItsValueTravelling();
    void aTickIsTakenBack();
    void aSecretNeverBecomesReadable();
    void aSecretIsRemoved();
    void aNameThatSaysSoIsTickedByItself();
    void anUntickedSecretIsSaidAtItsRow();
    void aTypedSecretIsInNoDraft();
    void aLostSecretWaitsForBeingTypedAgain();
    void linesBecomeRows();
    void linesThatAreNoneChangeNothing_data();
    void linesThatAreNoneChangeNothing();
    void pastingIntoAFieldTakesLines();
    void badNamesAreSaidAtTheirRow_data();
    void badNamesAreSaidAtTheirRow();
    void whatTheEngineRefusesIsSaidAtItsRow();
    void connectionsAreCheckedWithWhatIsTyped();
    void connectionsThatCannotBeCheckedSayWhy();
    void theActionsGoThere();
};

void TestVariablesTab::aStoredSecretIsShownAsDotsAndKeptByOtherEdits()
{
    VariablesFixture fixture;
    EnvRow *secret = fixture.row("SECRET_KEY");
    QVERIFY(secret);
    QVERIFY(secret->valueField()->text().isEmpty()); // the window has no value to show
    QVERIFY(secret->valueField()->placeholderText().contains(QStringLiteral("••••")));
    QCOMPARE(secret->valueField()->echoMode(), QLineEdit::Password);
    QVERIFY(fixture.changes().isEmpty());
    EnvRow *debug = fixture.row("DEBUG");
    debug->valueField()->selectAll();
    QTest::keyClicks(debug->valueField(), QStringLiteral("1"));
    QVERIFY(fixture.applyAll());
    QCOMPARE(fixture.app().env.at("DEBUG"), std::string("1"));
    QCOMPARE(fixture.app().secrets.at("SECRET_KEY"), std::string("stored-in-the-engine"));
}

void TestVariablesTab::aTypedSecretReplacesTheStoredOne()
{
    VariablesFixture fixture;
    QTest::keyClicks(fixture.row("SECRET_KEY")->valueField(), QLatin1String(kTyped));
    QCOMPARE(fixture.changes().count(), 1);
    const StagedEdit &edit = fixture.changes().edits().front();
    QCOMPARE(edit.label(), QStringLiteral("Secret SECRET_KEY"));
    QVERIFY(!edit.changeText().contains(QLatin1String(kTyped)));
    QCOMPARE(edit.effect(), Effect::RestartsWorkers);
    QVERIFY(fixture.applyAll());
    QCOMPARE(fixture.app().secrets.at("SECRET_KEY"), std::string(kTyped));
    // Written once, seen never.
    QTRY_VERIFY(fixture.row("SECRET_KEY")
                && fixture.row("SECRET_KEY")->valueField()->text().isEmpty());
}

void TestVariablesTab::emptyingATypedSecretKeepsTheStoredOne()
{
    VariablesFixture fixture;
    QLineEdit *field = fixture.row("SECRET_KEY")->valueField();
    QTest::keyClicks(field, QStringLiteral("x"));
    QCOMPARE(fixture.changes().count(), 1);
    QTest::keyClick(field, Qt::Key_Backspace);
    QVERIFY(fixture.changes().isEmpty());
}

void TestVariablesTab::aVariableBecomesASecretWithoutItsValueTravelling()
{
    VariablesFixture fixture;
    fixture.control->calls.clear();
    fixture.row("DATABASE_URL")->secretBox()->setFocus();
    QTest::keyClick(fixture.row("DATABASE_URL")->secretBox(), Qt::Key_Space);
    QCOMPARE(fixture.changes().count(), 2); // no variable any more, and a secret
    QVERIFY(fixture.row("DATABASE_URL")->secretBox()->hasFocus());
    QVERIFY(!fixture.draft().contains("postgres://"));
    QVERIFY(fixture.applyAll());
    QVERIFY(!fixture.app().env.contains("DATABASE_URL"));
    QCOMPARE(fixture.app().secrets.at("DATABASE_URL"), std::string("postgres://u:p@db/shop"));
    for (const FakeControl::Call &call : fixture.control->calls)
        QVERIFY(call.request.find("postgres://") == std::string::npos);
}

void TestVariablesTab::aTickIsTakenBack()
{
    VariablesFixture fixture;
    fixture.row("DATABASE_URL")->secretBox()->click();
    fixture.row("DATABASE_URL")->secretBox()->click();
    QVERIFY(fixture.changes().isEmpty());
    QCOMPARE(fixture.row("DATABASE_URL")->valueField()->text(),
             QStringLiteral("postgres://u:p@db/shop"));
}

void TestVariablesTab::aSecretNeverBecomesReadable()
{
    VariablesFixture fixture;
    EnvRow *row = fixture.row("SECRET_KEY");
    QVERIFY(!row->secretBox()->isEnabled());
    QVERIFY(row->secretBox()->toolTip().contains(QStringLiteral("never becomes readable")));
    QVERIFY(row->nameField()->isReadOnly()); // under another name there is nothing stored
}

void TestVariablesTab::aSecretIsRemoved()
{
    VariablesFixture fixture;
    EnvRow *row = fixture.row("SECRET_KEY");
    Q_EMIT row->removeAsked();
    QCOMPARE(fixture.changes().count(), 1);
    QCOMPARE(fixture.changes().edits().front().changeText(), QStringLiteral("removed"));
    QVERIFY(fixture.applyAll());
    QVERIFY(fixture.app().secrets.empty());
    QCOMPARE(fixture.app().env.size(), size_t(2));
}

void TestVariablesTab::aNameThatSaysSoIsTickedByItself()
{
    VariablesFixture fixture;
    fixture.add("API_TOKEN", kTyped);
    QVERIFY(fixture.row("API_TOKEN")->secretBox()->isChecked());
    QCOMPARE(fixture.row("API_TOKEN")->valueField()->echoMode(), QLineEdit::Password);
    fixture.add("LEVEL", "5");
    QVERIFY(!fixture.row("LEVEL")->secretBox()->isChecked());
    QVERIFY(fixture.applyAll());
    QCOMPARE(fixture.app().secrets.at("API_TOKEN"), std::string(kTyped));
    QCOMPARE(fixture.app().env.at("LEVEL"), std::string("5"));
}

void TestVariablesTab::anUntickedSecretIsSaidAtItsRow()
{
    VariablesFixture fixture;
    EnvRow *row = fixture.row("DATABASE_URL");
    QVERIFY(row->looksSecret());
    QCOMPARE(row->valueField()->echoMode(), QLineEdit::Password); // somebody may look on
    auto *show = fixture.editor()->findChild<QCheckBox *>();
    for (QCheckBox *box : fixture.editor()->findChildren<QCheckBox *>()) {
        if (box->text() == QStringLiteral("Show values"))
            show = box;
    }
    show->click();
    QCOMPARE(row->valueField()->echoMode(), QLineEdit::Normal);
    QCOMPARE(fixture.row("SECRET_KEY")->valueField()->echoMode(), QLineEdit::Password);
}

void TestVariablesTab::aTypedSecretIsInNoDraft()
{
    VariablesFixture fixture;
    fixture.add("API_TOKEN", kTyped);
    QTest::keyClicks(fixture.row("SECRET_KEY")->valueField(), QStringLiteral("other-typed"));
    const QByteArray draft = fixture.draft();
    QVERIFY(draft.contains("secrets.API_TOKEN"));
    QVERIFY(!draft.contains(kTyped));
    QVERIFY(!draft.contains("other-typed"));
}

void TestVariablesTab::aLostSecretWaitsForBeingTypedAgain()
{
    QTemporaryDir dir;
    const QString draft = dir.filePath(QStringLiteral("draft.json"));
    {
        VariablesFixture fixture(withSecret(), draft);
        fixture.add("API_TOKEN", kTyped);
        fixture.add("LEVEL", "5");
        fixture.shell.hide(); // which writes it
    }
    VariablesFixture next(withSecret(), draft);
    QTRY_COMPARE(next.changes().count(), 2);
    QVERIFY(next.shell.pendingBar()->note().contains(QStringLiteral("must be typed again")));
    QTRY_COMPARE(next.shell.staging().state(), Staging::State::Refused);
    QTRY_VERIFY(next.row("API_TOKEN"));
    QVERIFY(next.row("API_TOKEN")->secretBox()->isChecked());
    QTRY_VERIFY(next.row("API_TOKEN")->problem().contains(QStringLiteral("type it again")));
    QCOMPARE(next.row("LEVEL")->valueField()->text(), QStringLiteral("5"));
    // What else is typed does not make it an empty secret.
    QTest::keyClicks(next.row("LEVEL")->valueField(), QStringLiteral("6"));
    QVERIFY(next.changes().find(secretOf("shop", "API_TOKEN"))->isValueLost);
    QTest::keyClicks(next.row("API_TOKEN")->valueField(), QStringLiteral("again"));
    QVERIFY(next.applyAll());
    QCOMPARE(next.app().secrets.at("API_TOKEN"), std::string("again"));
    QCOMPARE(next.app().secrets.at("SECRET_KEY"), std::string("stored-in-the-engine"));
}

void TestVariablesTab::linesBecomeRows()
{
    VariablesFixture fixture;
    fixture.editor()->takeLines(QStringLiteral(
        "# of production\nexport DEBUG=1\nMAIL_PASSWORD='p w'\nMOTTO=\"two\\nlines\"\n"
        "SECRET_KEY=newer\n"));
    QVERIFY(fixture.editor()->note().contains(QStringLiteral("4 variables")));
    QCOMPARE(fixture.row("DEBUG")->valueField()->text(), QStringLiteral("1"));
    QVERIFY(fixture.row("MAIL_PASSWORD")->secretBox()->isChecked());
    QVERIFY(!fixture.row("MOTTO")->secretBox()->isChecked());
    QVERIFY(fixture.applyAll());
    QCOMPARE(fixture.app().env.at("DEBUG"), std::string("1"));
    QCOMPARE(fixture.app().env.at("MOTTO"), std::string("two\nlines"));
    QCOMPARE(fixture.app().secrets.at("MAIL_PASSWORD"), std::string("p w"));
    QCOMPARE(fixture.app().secrets.at("SECRET_KEY"), std::string("newer"));
    QVERIFY(!fixture.app().env.contains("SECRET_KEY"));
}

void TestVariablesTab::linesThatAreNoneChangeNothing_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("said");
    QTest::newRow("nothing") << QString() << QStringLiteral("no line such as NAME=value");
    QTest::newRow("comments") << QStringLiteral("# a\n\n# b\n")
                              << QStringLiteral("no line such as NAME=value");
    QTest::newRow("prose") << QStringLiteral("A=1\nDear all,\n") << QStringLiteral("line 2");
    QTest::newRow("an open quote") << QStringLiteral("A=1\nB='x\n") << QStringLiteral("line 2");
    QString many;
    for (int i = 0; i < 300; ++i)
        many += QStringLiteral("N%1=1\n").arg(i);
    QTest::newRow("too many") << many << QStringLiteral("more than 200");
}

void TestVariablesTab::linesThatAreNoneChangeNothing()
{
    QFETCH(QString, text);
    QFETCH(QString, said);
    VariablesFixture fixture;
    fixture.editor()->takeLines(text);
    QVERIFY2(fixture.editor()->note().contains(said), qPrintable(fixture.editor()->note()));
    QVERIFY(fixture.changes().isEmpty());
}

void TestVariablesTab::pastingIntoAFieldTakesLines()
{
    VariablesFixture fixture;
    QPushButton *add = fixture.editor()->findChild<QPushButton *>(QStringLiteral("addVariable"));
    add->click();
    QGuiApplication::clipboard()->setText(QStringLiteral("A=1\nB=2\n"));
    QTest::keySequence(fixture.row("")->nameField(), QKeySequence::Paste);
    QVERIFY(fixture.row("A"));
    QVERIFY(fixture.row("B"));
    QVERIFY(!fixture.row("")); // the row that was asked for this is taken
    QCOMPARE(fixture.changes().count(), 2);
    // One line is text like any other.
    QGuiApplication::clipboard()->setText(QStringLiteral("C=3"));
    add->click();
    QTest::keySequence(fixture.row("")->valueField(), QKeySequence::Paste);
    QCOMPARE(fixture.row("")->valueField()->text(), QStringLiteral("C=3"));
}

void TestVariablesTab::badNamesAreSaidAtTheirRow_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("said");
    QTest::newRow("a blank") << QStringLiteral("MY NAME") << QStringLiteral("is no name");
    QTest::newRow("a digit first") << QStringLiteral("1ST") << QStringLiteral("is no name");
    QTest::newRow("an equals sign") << QStringLiteral("A=B") << QStringLiteral("is no name");
    QTest::newRow("twice") << QStringLiteral("DEBUG") << QStringLiteral("is there twice");
    QTest::newRow("ours") << QStringLiteral("ARCOLOGY_X") << QStringLiteral("ARCOLOGY_X: ");
}

void TestVariablesTab::badNamesAreSaidAtTheirRow()
{
    QFETCH(QString, name);
    QFETCH(QString, said);
    VariablesFixture fixture;
    fixture.editor()->findChild<QPushButton *>(QStringLiteral("addVariable"))->click();
    EnvRow *row = fixture.row("");
    QTest::keyClicks(row->valueField(), QStringLiteral("x"));
    QVERIFY(row->problem().contains(QStringLiteral("needs a name")));
    QTest::keyClicks(row->nameField(), name);
    QVERIFY2(row->problem().contains(said), qPrintable(row->problem()));
    QVERIFY(row->nameField()->property("invalid").toBool());
}

void TestVariablesTab::whatTheEngineRefusesIsSaidAtItsRow()
{
    VariablesFixture fixture;
    fixture.add("API_TOKEN", "x");
    QLineEdit *field = fixture.row("API_TOKEN")->valueField();
    field->setText(QStringLiteral("a") + QChar(1) + QString(140'000, QLatin1Char('b')));
    Q_EMIT field->textEdited(field->text());
    QTRY_COMPARE(fixture.shell.staging().state(), Staging::State::Refused);
    QVERIFY2(!fixture.row("API_TOKEN")->problem().isEmpty(), "said nowhere");
    QVERIFY(fixture.row("DEBUG")->problem().isEmpty());
}

void TestVariablesTab::connectionsAreCheckedWithWhatIsTyped()
{
    VariablesFixture fixture;
    fixture.control->connections = {{"DATABASE_URL", true, "db port 5432 answers"},
                                    {"REDIS_URL", false, "cache port 6379: refused"}};
    fixture.add("REDIS_URL", "redis://cache");
    ConnectionChecks *checks = fixture.tab()->connections();
    fixture.control->hold("checkConnections");
    checks->button()->click();
    QVERIFY(!checks->button()->isEnabled());
    QCOMPARE(checks->button()->text(), QStringLiteral("Checking…"));
    fixture.control->release();
    QTRY_COMPARE(checks->results().size(), 2);
    QVERIFY(checks->results()[0].startsWith(QStringLiteral("Reachable DATABASE_URL")));
    QVERIFY(checks->results()[1].contains(QStringLiteral("refused")));
    const FakeControl::Call *asked = fixture.last("checkConnections");
    QVERIFY(asked);
    QVERIFY(asked->request.find("redis://cache") != std::string::npos); // not applied yet
    QVERIFY(asked->request.find("\"SECRET_KEY\":\"(masked)\"") != std::string::npos);
    // A result about another value than the one that stands there would be a lie.
    QTest::keyClicks(fixture.row("REDIS_URL")->valueField(), QStringLiteral("2"));
    QTRY_VERIFY(checks->results().isEmpty());
    QVERIFY(checks->button()->isEnabled());
}

void TestVariablesTab::connectionsThatCannotBeCheckedSayWhy()
{
    VariablesFixture fixture;
    ConnectionChecks *checks = fixture.tab()->connections();
    fixture.control->failNext("checkConnections", Error(ErrorCode::Full, "more than 16"));
    checks->button()->click();
    QTRY_COMPARE(checks->results().size(), 1);
    QTRY_VERIFY(checks->results().front().contains(QStringLiteral("more than 16")));
    checks->button()->click(); // the fake knows of none
    QTRY_VERIFY(checks->results().value(0).contains(QStringLiteral("No variable is the URL")));
    fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
    QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
    QVERIFY(!checks->button()->isEnabled());
    QVERIFY(checks->button()->toolTip().contains(QStringLiteral("not reachable")));
}

void TestVariablesTab::theActionsGoThere()
{
    VariablesFixture fixture;
    fixture.shell.sitesPage()->detail()->tabs()->setCurrentIndex(0);
    QTest::keySequence(&fixture.shell, QKeySequence(QStringLiteral("Ctrl+E")));
    QVERIFY(fixture.tab()->isVisible());
    fixture.control->calls.clear();
    fixture.shell.registry().action(QStringLiteral("site.connections"))->trigger();
    QCOMPARE(fixture.control->count("checkConnections"), size_t(1));
    QVERIFY(!fixture.shell.registry()
                 .entry(QStringLiteral("site.variables"))
                 .siteWhyNot(QStringLiteral("docs"))
                 .isEmpty());
}

int main(int argc, char **argv)
{
    TestVariablesTab test;
    return runGuiTest(test, argc, argv);
}
#include "tst_variables_tab.moc"
