// SPDX-License-Identifier: Apache-2.0
// The shell's ways to logs, About and the manual.
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/pages/about_page.h"
#include "gui/pages/help_window.h"
#include "gui/pages/logs_page.h"
#include "gui/theme/icons.h"

#include <QDesktopServices>
#include <QMenuBar>

namespace arc {

void Shell::makeHelpMenu()
{
    auto *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(icon(QStringLiteral("help")), tr("&Help for this page"), this,
                    [this] { showHelp(pageHelp(m_page)); })
        ->setShortcut(QKeySequence(Qt::Key_F1));
    help->addAction(tr("&Contents of the manual"), this,
                    [this] { showHelp(QLatin1String(HelpPages::kContents)); });
    help->addAction(tr("&Troubleshooting"), this,
                    [this] { showHelp(QStringLiteral("troubleshooting.md")); });
    help->addSeparator();
    help->addAction(icon(QStringLiteral("copy")), tr("Copy &diagnostics…"), this, [this] {
        goTo(PageId::About);
        m_aboutPage->openDiagnostics();
    });
    help->addAction(icon(QStringLiteral("info")), tr("&About Arcology"), this,
                    [this] { goTo(PageId::About); });
    connect(m_aboutPage, &AboutPage::helpWanted, this,
            [this] { showHelp(QLatin1String(HelpPages::kContents)); });
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
    m_logs->showSite(site);
    goTo(PageId::Logs);
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
