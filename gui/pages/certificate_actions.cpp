// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/certificate_actions.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/certificate_dialogs.h"
#include "gui/pages/confirm.h"
#include "gui/pages/import_dialog.h"
#include "gui/pages/window_context.h"

#include <QClipboard>
#include <QDateTime>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QLocale>

#include <algorithm>

namespace arc {

CertificateActions::CertificateActions(WindowContext &context, QObject *parent)
    : QObject(parent), m_context(context)
{
}

bool CertificateActions::isPemName(const QString &file)
{
    static const QStringList kEnds {QStringLiteral("pem"), QStringLiteral("crt"),
                                    QStringLiteral("cer"), QStringLiteral("key"),
                                    QStringLiteral("p12"), QStringLiteral("pfx")};
    return kEnds.contains(QFileInfo(file).suffix().toLower());
}

void CertificateActions::importNew(const QStringList &files)
{
    openImport({}, files);
}

void CertificateActions::importNewer(const QString &id)
{
    openImport(id, {});
}

void CertificateActions::openImport(const QString &id, const QStringList &files)
{
    auto *dialog = new ImportDialog(m_context, id, m_context.window());
    connect(dialog, &CertificateDialog::taken, this, &CertificateActions::changed);
    dialog->open();
    for (const QString &file : files)
        dialog->addFile(file);
}

void CertificateActions::create()
{
    auto *dialog = new CreateDialog(m_context, m_localHost, m_context.window());
    connect(dialog, &CertificateDialog::taken, this, &CertificateActions::changed);
    dialog->open();
}

void CertificateActions::renew(const QString &id)
{
    m_context.bridge().call(&Control::renewCertificates, {.id = toStd(id)}, this,
                            [this, id](Result<api::CertificateRenewals> answer) {
                                if (answer)
                                    tellRenewals(*answer, true);
                                else
                                    m_context.sayFailed(tr("Renew %1").arg(id),
                                                        toQString(answer.error().message()));
                                Q_EMIT changed();
                            });
}

void CertificateActions::renewAll()
{
    m_context.bridge().call(
        &Control::renewCertificates, {}, this, [this](Result<api::CertificateRenewals> answer) {
            if (answer)
                tellRenewals(*answer, false);
            else
                m_context.sayFailed(tr("Renew certificates"), toQString(answer.error().message()));
            Q_EMIT changed();
        });
}

void CertificateActions::tellRenewals(const api::CertificateRenewals &renewals, bool isOne)
{
    const auto &all = renewals.certificates;
    // Imported ones are renewed by nobody here, and only news when they were what was asked for.
    const auto failed = std::ranges::find_if(all, [isOne](const api::CertificateRenewal &each) {
        return !each.isRenewed && (isOne || each.source == "local");
    });
    if (failed != all.end())
        return m_context.sayFailed(tr("Renew %1").arg(toQString(failed->id)),
                                   toQString(failed->why));
    const auto renewed = std::ranges::count_if(all, &api::CertificateRenewal::isRenewed);
    if (renewed == 0)
        return m_context.say(tr("No certificate of the local CA is in use"));
    if (isOne)
        return m_context.say(
            tr("%1 is renewed, good until %2")
                .arg(toQString(all.front().id),
                     QLocale().toString(
                         QDateTime::fromSecsSinceEpoch(all.front().notAfterUnix).date(),
                         QLocale::ShortFormat)));
    const auto imported = qsizetype(all.size()) - renewed;
    m_context.say(imported == 0
                      ? tr("%n certificate(s) renewed", nullptr, int(renewed))
                      : tr("%n certificate(s) renewed; imported ones are renewed where they "
                           "came from",
                           nullptr, int(renewed)));
}

void CertificateActions::remove(const QString &id)
{
    confirm(m_context.window(), "removeCertificate",
            {.title = tr("Remove certificate %1").arg(id),
             .text = tr("Its private key stays sealed in the data directory."),
             .action = tr("Remove %1").arg(id)},
            [this, id] {
                m_context.bridge().call(
                    &Control::removeCertificate, {.id = toStd(id)}, this,
                    [this, id](Result<api::Changed> answer) {
                        if (answer)
                            m_context.sayUndoable(tr("Certificate %1 is removed").arg(id),
                                                  answer->revision);
                        else
                            m_context.sayFailed(tr("Remove %1").arg(id),
                                                toQString(answer.error().message()));
                        m_context.bridge().refresh();
                        Q_EMIT changed();
                    });
            });
}

void CertificateActions::withRoot(const QString &what,
                                  std::function<void(const std::string &pem)> use)
{
    m_context.bridge().call(&Control::localRoot, {}, this,
                            [this, what, use = std::move(use)](Result<api::Text> answer) {
                                if (answer)
                                    use(answer->text);
                                else
                                    m_context.sayFailed(what, toQString(answer.error().message()));
                            });
}

void CertificateActions::saveRoot()
{
    auto *dialog = new QFileDialog(m_context.window(), tr("Save the root certificate as"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("crt"));
    dialog->selectFile(QStringLiteral("arcology-root.crt"));
    connect(dialog, &QFileDialog::fileSelected, this, &CertificateActions::saveRootAs);
    dialog->open();
}

void CertificateActions::saveRootAs(const QString &file)
{
    const QString what = tr("Save the root certificate");
    withRoot(what, [this, what, file](const std::string &pem) {
        m_context.bridge().writeFile(file, pem, this, [this, what, file](Result<void> written) {
            if (written)
                m_context.say(tr("The root certificate is saved as %1").arg(file));
            else
                m_context.sayFailed(what, toQString(written.error().message()));
        });
    });
}

void CertificateActions::copyRoot()
{
    withRoot(tr("Copy the root certificate"), [this](const std::string &pem) {
        QGuiApplication::clipboard()->setText(toQString(pem));
        m_context.say(tr("The root certificate is copied"));
    });
}

} // namespace arc
