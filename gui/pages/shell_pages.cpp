// SPDX-License-Identifier: Apache-2.0
// The pages that are made when somebody first goes there, and the shell's ways to them and to the
// manual.
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/pages/about_page.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/certificate_actions.h"
#include "gui/pages/certificates_page.h"
#include "gui/pages/help_window.h"
#include "gui/pages/local_ca_card.h"
#include "gui/pages/logs_page.h"
#include "gui/pages/pending_bar.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/shortcuts_sheet.h"
#include "gui/pages/workers_page.h"

#include <QDesktopServices>
#include <QKeySequence>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>

namespace arc {

void Shell::install(PageId at, QWidget *page)
{
    QWidget *place = m_stack->widget(int(at));
    m_stack->insertWidget(int(at), page);
    m_stack->removeWidget(place);
    delete place;
    for (QLineEdit *field : page->findChildren<QLineEdit *>())
        field->setAcceptDrops(false); // as in all of the window
    // Tab comes from the page to the bar below it, which was there before the page was.
    QWidget *last = previousInFocusChain();
    while (last != this && !(last->focusPolicy() & Qt::TabFocus))
        last = last->previousInFocusChain();
    for (QPushButton *button : m_pendingBar->findChildren<QPushButton *>()) {
        setTabOrder(last, button);
        last = button;
    }
}

void Shell::makePage(PageId page)
{
    switch (page) {
    case PageId::Overview:
    case PageId::Sites:
        return; // made with the window
    case PageId::Logs:
        logsPage();
        return;
    case PageId::Workers:
        workersPage();
        return;
    case PageId::Certificates:
        certificatesPage();
        return;
    case PageId::Settings:
        settingsPage();
        return;
    case PageId::About:
        aboutPage();
        return;
    }
}

LogsPage *Shell::logsPage()
{
    if (!m_logs) {
        m_logs = new LogsPage(*this, m_stack);
        install(PageId::Logs, m_logs);
        m_logs->showPaused(m_paused);
        connect(m_logs, &LogsPage::pauseWanted, this, &Shell::setPaused);
    }
    return m_logs;
}

WorkersPage *Shell::workersPage()
{
    if (!m_workers) {
        m_workers = new WorkersPage(*this, m_stack);
        install(PageId::Workers, m_workers);
        connect(m_workers, &WorkersPage::selectionChanged, m_registry, &ActionRegistry::refresh);
    }
    return m_workers;
}

void Shell::makeWorkerActions()
{
    m_registry->add({.id = QStringLiteral("worker.ends"),
                     .text = tr("How &workers ended"),
                     .icon = QStringLiteral("workers"),
                     .operation = "workerEnds",
                     .words = tr("crash died killed cause certificate")},
                    [this] {
                        goTo(PageId::Workers);
                        workersPage()->showEnds();
                    });
    m_registry->add(
        {.id = QStringLiteral("worker.end"),
         .text = tr("&End the selected worker…"),
         .icon = QStringLiteral("stop"),
         .operation = "killWorker",
         .words = tr("restart process drain graceful")},
        [this] { workersPage()->endSelected(); },
        [this] {
            return m_workers && m_page == PageId::Workers
                ? m_workers->whyNotEnd()
                : tr("Select a worker on the page Workers");
        });
}

CertificatesPage *Shell::certificatesPage()
{
    if (!m_certificates) {
        m_certificates = new CertificatesPage(*this, *m_certificateActions, m_stack);
        install(PageId::Certificates, m_certificates);
        connect(m_certificates->localCa(), &LocalCaCard::helpWanted, this, &Shell::showHelp);
    }
    return m_certificates;
}

SettingsPage *Shell::settingsPage()
{
    if (!m_settingsPage) {
        m_settingsPage = new SettingsPage(*this, m_stack);
        install(PageId::Settings, m_settingsPage);
    }
    return m_settingsPage;
}

AboutPage *Shell::aboutPage()
{
    if (!m_aboutPage) {
        m_aboutPage = new AboutPage(*this, m_stack);
        install(PageId::About, m_aboutPage);
        connect(m_aboutPage, &AboutPage::helpWanted, this,
                [this] { showHelp(QLatin1String(HelpPages::kContents)); });
        connect(m_aboutPage, &AboutPage::keysWanted, this,
                [this] { showShortcuts(*m_registry, this); });
    }
    return m_aboutPage;
}

void Shell::makeHelpActions()
{
    const auto id = [](const char *name) {
        return QString::fromLatin1(name);
    };
    m_registry->add({.id = id("help.page"),
                     .text = tr("&Help for this page"),
                     .icon = id("help"),
                     .shortcut = QKeySequence(Qt::Key_F1),
                     .words = tr("manual documentation")},
                    [this] { showHelp(pageHelp(m_page)); });
    m_registry->add({.id = id("help.contents"),
                     .text = tr("&Contents of the manual"),
                     .words = tr("help documentation index")},
                    [this] { showHelp(QLatin1String(HelpPages::kContents)); });
    m_registry->add({.id = id("help.troubleshooting"),
                     .text = tr("&Troubleshooting"),
                     .words = tr("help error problem")},
                    [this] { showHelp(QStringLiteral("troubleshooting.md")); });
    m_registry->add({.id = id("help.diagnostics"),
                     .text = tr("Copy &diagnostics…"),
                     .icon = id("copy"),
                     .operation = "diagnostics",
                     .words = tr("report support")},
                    [this] {
                        goTo(PageId::About);
                        aboutPage()->openDiagnostics();
                    });
    m_registry->add(
        {.id = id("help.about"), .text = tr("&About Arcology"), .words = tr("version licence")},
        [this] { goTo(PageId::About); });
}

void Shell::makeCertificateActions()
{
    const auto id = [](const char *name) {
        return QString::fromLatin1(name);
    };
    const auto whyNot = [this] {
        return m_bridge.link() == Link::Live ? QString() : tr("The engine is not reachable");
    };
    CertificateActions *actions = m_certificateActions;
    m_registry->add(
        {.id = id("cert.import"),
         .text = tr("&Import a certificate…"),
         .icon = id("certificates"),
         .operation = "importCertificate",
         .words = tr("https tls ssl pem key")},
        [actions] { actions->importNew(); }, whyNot);
    m_registry->add(
        {.id = id("cert.create"),
         .text = tr("&Create a certificate…"),
         .icon = id("lock"),
         .operation = "makeCertificate",
         .words = tr("https tls ssl local sign")},
        [actions] { actions->create(); }, whyNot);
    m_registry->add(
        {.id = id("cert.renew"),
         .text = tr("&Renew the local CA's certificates"),
         .icon = id("restart"),
         .operation = "renewCertificates",
         .words = tr("https tls ssl")},
        [actions] { actions->renewAll(); }, whyNot);
    m_registry->add(
        {.id = id("cert.root"),
         .text = tr("&Save the local CA's root certificate…"),
         .operation = "localRoot",
         .words = tr("trust browser export https tls ssl")},
        [actions] { actions->saveRoot(); }, whyNot);
}

HelpWindow *Shell::helpWindow() const
{
    return m_help;
}

void Shell::showHelp(const QString &link)
{
    if (!m_help) {
        m_help = new HelpWindow(this);
        m_help->setAttribute(Qt::WA_DeleteOnClose);
    }
    m_help->openPage(link);
    m_help->show();
    m_help->raise();
    m_help->activateWindow();
}

void Shell::showLogs(const QString &site)
{
    logsPage()->showSite(site);
    goTo(PageId::Logs);
}

void Shell::showSettingOf(const QString &app, std::string_view key)
{
    goTo(PageId::Settings);
    settingsPage()->showSetting(key, toStd(app));
}

void Shell::openFolder(const QString &folder)
{
    const QUrl url = QUrl::fromLocalFile(folder);
    // The engine names it: it must be a folder of this machine, never a program or a document.
    m_bridge.inspect(folder, this, [this, folder, url](PathFacts facts) {
        if (!facts.isFolder)
            return say(tr("%1 is no folder of this computer").arg(folder));
        if (m_options.openUrl)
            m_options.openUrl(url);
        else if (!QDesktopServices::openUrl(url))
            say(tr("No program opens folders here: %1").arg(folder));
    });
}

} // namespace arc
