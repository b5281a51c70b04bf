// SPDX-License-Identifier: Apache-2.0
// Certificates: what is shown of them, and what a click sends to the engine.
#include "gui/gui_fixture.h"

#include "gui/models/format.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/certificate_actions.h"
#include "gui/pages/certificate_detail.h"
#include "gui/pages/certificates_page.h"
#include "gui/pages/help_window.h"
#include "gui/pages/import_dialog.h"
#include "gui/pages/local_ca_card.h"
#include "gui/widgets/safe_table.h"
#include "gui/widgets/toast.h"

#include <QAction>
#include <QClipboard>
#include <QDateTime>
#include <QDropEvent>
#include <QFile>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QTest>

#include <algorithm>

using namespace arc;
using namespace arc::test;

namespace {

const QByteArray kChain = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const QByteArray kKey = "-----BEGIN PRIVATE KEY-----\nBBBB\n-----END PRIVATE KEY-----\n";
const QByteArray kLockedKey =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nCCCC\n-----END ENCRYPTED PRIVATE KEY-----\n";

class CertificatesFixture : public GuiFixture {
public:
    using GuiFixture::GuiFixture;

    CertificatesPage &page() { return *shell.certificatesPage(); }
    void openPage()
    {
        open();
        shell.goTo(PageId::Certificates);
        QTRY_VERIFY(page().showsTable());
    }
    void addImported(const std::string &id)
    {
        control->importCertificate({.id = id, .chain = "-----BEGIN CERTIFICATE-----", .key = "key"},
                                   [](Result<api::Changed> answer) { QVERIFY(answer); });
        control->calls.clear();
        bridge.refresh();
    }
    void select(const QString &id)
    {
        QTRY_VERIFY(page().model().find(toStd(id)) >= 0);
        page().select(id);
    }
    QString file(const char *name, const QByteArray &text)
    {
        const QString path = dir.filePath(QString::fromLatin1(name));
        QFile out(path);
        if (!out.open(QIODevice::WriteOnly) || out.write(text) != text.size())
            qFatal("%s", qPrintable(path));
        return path;
    }
    ImportDialog *importDialog() { return qobject_cast<ImportDialog *>(openDialog(shell)); }
    CreateDialog *createDialog() { return qobject_cast<CreateDialog *>(openDialog(shell)); }
    std::string request(std::string_view operation)
    {
        const FakeControl::Call *call = last(operation);
        return call ? call->request : std::string();
    }
    QString toast() { return shell.toast()->text(); }
};

} // namespace

class TestCertificatesPage : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aCertificateIsToldWhole()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.select("local");
        const QString facts = fixture.page().detail()->facts().join('\n');
        for (const char *part :
             {"Good for localhost, 127.0.0.1, ::1", "Issuer Sites of this computer", "Key EC P-256",
              "Used by shop, docs, other names on https", "Fingerprint AA:AA:",
              "Signed by Sites of this computer, until ", "Root Root of this computer"})
            QVERIFY2(facts.contains(QLatin1String(part)), qPrintable(facts));
        QVERIFY(facts.contains(QLatin1String("in 89 days"))
                || facts.contains(QLatin1String("in 88 days")));
        QVERIFY(
            !fixture.page().detail()->removeButton()->isVisible()); // the engine made it by itself
    }

    void statesAreShownAsTheyAre()
    {
        auto control = std::make_unique<FakeControl>();
        const int64_t today = QDateTime::currentSecsSinceEpoch();
        const auto view = [&](const char *id, int days, const char *fault = "") {
            api::CertificateView made;
            made.id = id;
            made.source = "import";
            made.names = {"example.org"};
            made.notBeforeUnix = today - 90 * 86400;
            made.notAfterUnix = today + days * 86400;
            made.fault = fault;
            made.isConfigured = true;
            return made;
        };
        control->moreCertificates = {view("soon", 5), view("ended", -5),
                                     view("lost", 50, "its private key is not here")};
        CertificatesFixture fixture(std::move(control));
        fixture.openPage();
        const auto state = [&](const char *id) {
            const int row = fixture.page().model().find(std::string(id));
            return fixture.page().model().index(row, CertificatesModel::State).data().toString();
        };
        QCOMPARE(state("soon"), QString("Ends soon"));
        QCOMPARE(state("ended"), QString("Expired"));
        QCOMPARE(state("lost"), QString("Not served"));
        QCOMPARE(state("local"), QString("Valid"));
        // What ends first stands first, and is shown.
        QCOMPARE(fixture.page().model().rowAt(fixture.page().table()->selectedRow()).key(),
                 std::string("ended"));
        fixture.select("lost");
        const auto tellsTheFault = [&] {
            const auto labels = fixture.page().detail()->findChildren<QLabel *>();
            return std::any_of(labels.begin(), labels.end(), [](const QLabel *label) {
                return label->isVisible()
                    && label->text() == QLatin1String("its private key is not here");
            });
        };
        QTRY_VERIFY(tellsTheFault());
    }

    void withoutHttpsThePageSaysWhatToDo()
    {
        auto control = std::make_unique<FakeControl>();
        control->hasLocalCa = false;
        CertificatesFixture fixture(std::move(control));
        fixture.open();
        fixture.shell.goTo(PageId::Certificates);
        QTRY_COMPARE(fixture.control->count("certificates"), size_t(1));
        QVERIFY(!fixture.page().showsTable());
        const auto labels = fixture.page().findChildren<QLabel *>();
        QTRY_VERIFY(std::any_of(labels.begin(), labels.end(), [](const QLabel *label) {
            return label->isVisible() && label->text() == QLatin1String("No certificates yet");
        }));
    }

    void filesMakeAnImport()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.page().importButton()->click();
        ImportDialog *dialog = fixture.importDialog();
        QVERIFY(dialog);
        QVERIFY(!dialog->mainButton()->isEnabled());
        dialog->addFile(fixture.file("fullchain.pem", kChain + kChain));
        QTRY_COMPARE(dialog->chainText(), QString("2 certificates, from fullchain.pem"));
        QVERIFY(!dialog->mainButton()->isEnabled());
        dialog->addFile(fixture.file("shop.key", kKey));
        QTRY_COMPARE(dialog->keyText(), QString("From shop.key"));
        QVERIFY(!dialog->asksPassphrase());
        dialog->nameField()->setText("shop");
        dialog->mainButton()->click();
        QTRY_COMPARE(fixture.toast(), QString("shop is imported"));
        QVERIFY(fixture.control->document().findCertificate("shop"));
        QCOMPARE(fixture.control->document().findCertificate("shop")->chain,
                 (kChain + kChain).toStdString());
        QTRY_VERIFY(fixture.page().model().find(std::string("shop")) >= 0);
        QTRY_VERIFY(!fixture.importDialog());
    }

    void theClipboardMakesOneToo()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.page().importButton()->click();
        ImportDialog *dialog = fixture.importDialog();
        QGuiApplication::clipboard()->setText(QString::fromLatin1(kKey + kChain));
        QTest::keyClick(dialog, Qt::Key_V, Qt::ControlModifier);
        QTRY_VERIFY(dialog->mainButton()->isEnabled());
        dialog->clearButton()->click();
        QVERIFY(!dialog->mainButton()->isEnabled());
        QGuiApplication::clipboard()->setText("hello");
        dialog->pasteButton()->click();
        QVERIFY2(dialog->problem().contains("neither a certificate"),
                 qPrintable(dialog->problem()));
    }

    void aLockedKeyAsksForItsPassphraseUntilItFits()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.shell.certificateActions()->importNew(
            {fixture.file("a.crt", kChain), fixture.file("a.key", kLockedKey)});
        ImportDialog *dialog = fixture.importDialog();
        QVERIFY(dialog);
        QTRY_VERIFY(dialog->asksPassphrase());
        QTRY_COMPARE(dialog->chainText(), QString("1 certificate, from a.crt"));
        QVERIFY(!dialog->mainButton()->isEnabled());
        QCOMPARE(dialog->passphraseField()->echoMode(), QLineEdit::Password);
        dialog->passphraseField()->setText("open");
        dialog->mainButton()->click();
        QTRY_VERIFY2(dialog->problem().contains("does not open"), qPrintable(dialog->problem()));
        QVERIFY(dialog->isVisible()); // nothing that was given is lost
        dialog->passphraseField()->setText("open sesame");
        dialog->mainButton()->click();
        QTRY_VERIFY(!fixture.importDialog());
        QVERIFY(fixture.control->document().findCertificate("imported.example"));
    }

    void droppedFilesOpenTheImport()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        QMimeData mime;
        mime.setUrls({QUrl::fromLocalFile(fixture.file("a.crt", kChain))});
        QDragEnterEvent enter({10, 10}, Qt::CopyAction, &mime, Qt::LeftButton, {});
        QCoreApplication::sendEvent(&fixture.page(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop({10, 10}, Qt::CopyAction, &mime, Qt::LeftButton, {});
        QCoreApplication::sendEvent(&fixture.page(), &drop);
        QVERIFY(fixture.importDialog());
        QTRY_COMPARE(fixture.importDialog()->chainText(), QString("1 certificate, from a.crt"));
        // A folder is a site, also here.
        QMimeData folder;
        folder.setUrls({QUrl::fromLocalFile(fixture.dir.path())});
        QDragEnterEvent other({10, 10}, Qt::CopyAction, &folder, Qt::LeftButton, {});
        fixture.importDialog()->reject();
        QCoreApplication::sendEvent(&fixture.page(), &other);
        QDropEvent otherDrop({10, 10}, Qt::CopyAction, &folder, Qt::LeftButton, {});
        QCoreApplication::sendEvent(&fixture.page(), &otherDrop);
        QTRY_VERIFY(fixture.shell.sheet());
        QVERIFY(!fixture.importDialog());
    }

    void aNewerOneTakesThePlace()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.addImported("shop");
        fixture.select("shop");
        QPushButton *renew = fixture.page().detail()->renewButton();
        QCOMPARE(renew->text(), QString("Import newer…"));
        renew->click();
        ImportDialog *dialog = fixture.importDialog();
        QVERIFY(dialog);
        QCOMPARE(dialog->nameField()->text(), QString("shop"));
        QVERIFY(!dialog->nameField()->isEnabled());
        dialog->addFile(fixture.file("new.pem", kChain + kKey));
        QTRY_VERIFY(dialog->mainButton()->isEnabled());
        dialog->mainButton()->click();
        QTRY_VERIFY(fixture.control->document().findCertificate("shop")->chain
                    == kChain.toStdString());
    }

    void theFilterLeavesWhatItFinds()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.addImported("mail.example.org");
        fixture.addImported("shop.example.org");
        fixture.select("shop.example.org");
        CertificatesPage &page = fixture.page();
        const auto shown = [&] {
            const int row = page.table()->selectedRow();
            return row < 0 || !page.detail()->isVisible() ? std::string()
                                                          : page.model().rowAt(row).key();
        };
        QTest::keyClick(&fixture.shell, Qt::Key_F, Qt::ControlModifier);
        QTRY_COMPARE(fixture.shell.focusWidget(), page.filterField());
        QTest::keyClicks(page.filterField(), "MAIL");
        QCOMPARE(page.table()->model()->rowCount(), 1);
        QCOMPARE(shown(), std::string("mail.example.org"));
        page.filterField()->setText("sites of this"); // an issuer
        QCOMPARE(shown(), std::string("local"));
        page.filterField()->setText("nobody");
        QCOMPARE(page.table()->model()->rowCount(), 0);
        QCOMPARE(shown(), std::string());
        const auto labels = page.findChildren<QLabel *>();
        QVERIFY(std::ranges::any_of(labels, [](const QLabel *label) {
            return label->isVisible()
                && label->text() == QString("No certificate has “nobody” in it");
        }));
        page.select("shop.example.org"); // as the palette does
        QCOMPARE(page.filterField()->text(), QString());
        QCOMPARE(shown(), std::string("shop.example.org"));
        QCOMPARE(page.table()->model()->rowCount(), 3);
    }

    void theLocalCaSignsWhatIsAsked()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.page().createButton()->click();
        CreateDialog *dialog = fixture.createDialog();
        QVERIFY(dialog);
        QVERIFY(dialog->accessibleDescription().contains("box.example"));
        QVERIFY(!dialog->mainButton()->isEnabled());
        dialog->namesField()->setText("example.org");
        dialog->mainButton()->click();
        QTRY_VERIFY(
            dialog->problem().startsWith("certificate example.org: the local CA does not sign"));
        dialog->namesField()->setText(" Shop.localhost, blog.localhost ");
        dialog->nameField()->setText("both");
        dialog->mainButton()->click();
        QTRY_VERIFY(!fixture.createDialog());
        QCOMPARE(fixture.control->document().findCertificate("both")->names,
                 (std::vector<std::string> {"shop.localhost", "blog.localhost"}));
    }

    void renewingTellsWhatBecameOfIt()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.select("local");
        fixture.page().detail()->renewButton()->click();
        QTRY_VERIFY2(fixture.toast().startsWith("local is renewed, good until "),
                     qPrintable(fixture.toast()));
        QCOMPARE(fixture.request("renewCertificates"), std::string("{\"id\":\"local\"}"));
        fixture.addImported("shop");
        fixture.page().renewButton()->click();
        QTRY_VERIFY2(fixture.toast().startsWith("1 certificate renewed; imported ones"),
                     qPrintable(fixture.toast()));
        fixture.control->renewalProblem = "the disk is full";
        fixture.page().renewButton()->click();
        QTRY_VERIFY2(fixture.toast().contains("the disk is full"), qPrintable(fixture.toast()));
    }

    void removingIsUndoneAndRefusedWhileInUse()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        fixture.addImported("shop");
        fixture.select("shop");
        QPushButton *remove = fixture.page().detail()->removeButton();
        QVERIFY(remove->isEnabled());
        remove->click();
        QTRY_VERIFY(!fixture.control->document().findCertificate("shop"));
        QTRY_COMPARE(fixture.toast(), QString("Certificate shop is removed"));
        QVERIFY(fixture.shell.toast()->actionButton()->isVisible());

        fixture.addImported("used");
        fixture.control->certificateUsers["used"] = {"shop", "docs"};
        fixture.shell.goTo(PageId::Overview);
        fixture.shell.goTo(PageId::Certificates);
        fixture.select("used");
        QTRY_VERIFY(!remove->isEnabled());
        QVERIFY2(remove->toolTip().contains("shop, docs"), qPrintable(remove->toolTip()));
        // Whoever comes by another way is told the same.
        fixture.shell.certificateActions()->remove("used");
        QTRY_VERIFY2(fixture.toast().contains("used by shop, docs"), qPrintable(fixture.toast()));
        QVERIFY(fixture.control->document().findCertificate("used"));
    }

    void theRootIsSavedAndCopied()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        const QString path = fixture.dir.filePath("root.crt");
        fixture.shell.certificateActions()->saveRootAs(path);
        QTRY_VERIFY(QFile::exists(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().startsWith("-----BEGIN CERTIFICATE-----"));
        fixture.page().localCa()->copyButton()->click();
        QTRY_VERIFY(QGuiApplication::clipboard()->text().startsWith("-----BEGIN CERTIFICATE-----"));
        Q_EMIT fixture.page().localCa()->helpWanted("window-certificates.md#trusting-the-local-ca");
        QVERIFY(fixture.shell.helpWindow());
    }

    void aLostEngineLeavesWhatWasSeen()
    {
        CertificatesFixture fixture;
        fixture.openPage();
        QVERIFY(fixture.page().note().isEmpty());
        fixture.control->failAll(Error(ErrorCode::Unavailable, "connection refused"));
        QTRY_VERIFY_WITH_TIMEOUT(fixture.bridge.link() == Link::Lost, 8000);
        QVERIFY(fixture.page().showsTable());
        QVERIFY2(fixture.page().note().contains("not reachable"),
                 qPrintable(fixture.page().note()));
        QVERIFY(!fixture.page().importButton()->isEnabled());
        QVERIFY(!fixture.page().detail()->renewButton()->isEnabled());
        QVERIFY(!fixture.shell.registry().action("cert.import")->isEnabled());
        fixture.control->failAll({});
        QTRY_VERIFY_WITH_TIMEOUT(fixture.page().note().isEmpty(), 8000);
        QVERIFY(fixture.page().importButton()->isEnabled());
    }

    void nothingIsAskedWhileThePageIsHidden()
    {
        CertificatesFixture fixture;
        fixture.open();
        fixture.bridge.refresh();
        QTRY_VERIFY(fixture.control->count("snapshot") > 2);
        QCOMPARE(fixture.control->count("certificates"), size_t(0));
        fixture.shell.goTo(PageId::Certificates);
        QTRY_COMPARE(fixture.control->count("certificates"), size_t(1));
    }

    void aMinuteLaterItIsAskedAgain()
    {
        auto control = std::make_unique<FakeControl>();
        int64_t clock = QDateTime::currentMSecsSinceEpoch();
        control->setClock([&clock] { return clock; });
        CertificatesFixture fixture(std::move(control));
        fixture.openPage();
        const size_t asked = fixture.control->count("certificates");
        clock += CertificatesPage::kRefreshMs - 1000;
        fixture.bridge.refresh();
        QTRY_COMPARE(fixture.bridge.asOfUnixMs(), clock);
        QCOMPARE(fixture.control->count("certificates"), asked);
        clock += 2000;
        fixture.bridge.refresh();
        QTRY_COMPARE(fixture.control->count("certificates"), asked + 1);
    }
};

int main(int argc, char **argv)
{
    TestCertificatesPage test;
    return runGuiTest(test, argc, argv);
}
#include "tst_certificates_page.moc"
