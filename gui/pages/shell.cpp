// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/shell.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/restart_due.h"
#include "gui/bridge/staging.h"
#include "gui/bridge/undo_history.h"
#include "gui/models/format.h"
#include "gui/pages/about_page.h"
#include "gui/pages/action_registry.h"
#include "gui/pages/announcer.h"
#include "gui/pages/certificate_actions.h"
#include "gui/pages/certificates_page.h"
#include "gui/pages/header_bar.h"
#include "gui/pages/help_window.h"
#include "gui/pages/logs_page.h"
#include "gui/pages/overview_page.h"
#include "gui/pages/serve_sheet.h"
#include "gui/pages/settings_page.h"
#include "gui/pages/site_actions.h"
#include "gui/pages/sites_page.h"
#include "gui/pages/status_line.h"
#include "gui/pages/task_strip.h"
#include "gui/pages/tray_control.h"
#include "gui/pages/workers_page.h"
#include "gui/theme/icons.h"
#include "gui/widgets/banner.h"
#include "gui/widgets/drop_zone.h"
#include "gui/widgets/state_pill.h"
#include "gui/widgets/toast.h"

#include <QAbstractButton>
#include <QAction>
#include <QDesktopServices>
#include <QEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace arc {

constexpr QSize kSmallestSize {960, 600};
constexpr QSize kFirstSize {1280, 800};
constexpr QSize kFrameRoom {8, 40}; ///< what a window manager adds

Shell::Shell(ControlBridge &bridge, ShellOptions options)
    : m_bridge(bridge), m_options(std::move(options)),
      m_windowSettings(
          m_options.settingsFile.isEmpty()
              ? std::make_unique<QSettings>()
              : std::make_unique<QSettings>(m_options.settingsFile, QSettings::IniFormat)),
      m_actions(new SiteActions(*this, this)), m_registry(new ActionRegistry(this)),
      m_staging(new Staging(bridge, m_options.draftFile, this)),
      m_undo(new UndoHistory(bridge, this)), m_restartDue(new RestartDue(bridge, this))
{
    setWindowTitle(tr("Arcology – %1").arg(m_options.instanceName));
    setWindowIcon(icon(QStringLiteral("arcology"), Tint::Accent, IconPlace::Alone));
    setMinimumSize(kSmallestSize);
    // With the frame around it: what is below the screen's edge is not found.
    resize(kFirstSize.boundedTo(screen()->availableSize() - kFrameRoom).expandedTo(kSmallestSize));
    setAcceptDrops(true);
    makeLayout();
    makeActions();
    makeMenus();
    makeSiteContextMenus();
    makeTray();
    // A folder dropped on an input is meant for the window, not as text.
    for (QLineEdit *field : findChildren<QLineEdit *>())
        field->setAcceptDrops(false);
    connect(&m_bridge, &ControlBridge::linkChanged, this, &Shell::updateBanner);
    connect(&m_bridge, &ControlBridge::statusChanged, this, &Shell::updateBanner);
    connect(m_restartDue, &RestartDue::changed, this, &Shell::updateBanner);
    connect(&m_bridge, &ControlBridge::engineStartFailed, this, [this](const QString &why) {
        m_startProblem = why;
        updateBanner();
    });
    new Announcer(m_bridge, m_header->pill(), this);
    connect(m_banner, &Banner::activated, this, &Shell::bannerActivated);
    restoreWindow();
    updateBanner();
}

Shell::~Shell()
{
    // Everything that calls back into this object goes first, while it is still whole.
    hide();
    delete std::exchange(m_tray, nullptr);
    m_bridge.setWatching(false);
    m_bridge.disconnect(this);
    m_queue.clear();
    delete m_sheet.data();
    delete m_help.data();
    delete m_changesDialog.data();
    m_staging->disconnect(this);
    m_undo->disconnect(this);
    m_restartDue->disconnect(this);
    m_banner = nullptr;
    delete centralWidget(); // taken out first it would be styled anew, whole
}

void Shell::makeLayout()
{
    auto *central = new QWidget(this);
    m_header = new HeaderBar(m_bridge, m_options.instanceName, central);
    m_banner = new Banner(central);
    m_rail = new NavRail(central);
    m_stack = new QStackedWidget(central);
    m_overview = new OverviewPage(m_bridge, !m_options.sampleFolder.isEmpty(), m_stack);
    m_sites = new SitesPage(*this, *m_actions, m_stack);
    m_certificateActions = new CertificateActions(*this, this);
    m_stack->addWidget(m_overview);
    m_stack->addWidget(m_sites); // also without being seen: the menu Site acts on what it selects
    while (m_stack->count() < kPageCount)
        m_stack->addWidget(new QWidget(m_stack)); // the place of a page, see install()
    m_status = new StatusLine(m_bridge, central);
    m_taskLayout = new QVBoxLayout;
    m_taskLayout->setSpacing(0);
    auto *middle = new QHBoxLayout;
    middle->setSpacing(0);
    middle->addWidget(m_rail);
    auto *rule = new QFrame(central);
    rule->setFixedWidth(1);
    rule->setProperty("line", true);
    middle->addWidget(rule);
    middle->addWidget(m_stack, 1);
    auto *column = new QVBoxLayout(central);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    column->addWidget(m_banner);
    column->addLayout(middle, 1);
    column->addLayout(m_taskLayout);
    column->addWidget(makePendingBar(central));
    column->addWidget(m_status);
    setCentralWidget(central);
    m_toast = new Toast(m_stack);
    m_overlay = new DropOverlay(central);
    connect(m_rail, &NavRail::chosen, this, &Shell::goTo);
    connect(m_header->addButton(), &QPushButton::clicked, this, &Shell::chooseFolder);
    connect(m_header->paletteButton(), &QPushButton::clicked, this, &Shell::openPalette);
    connect(m_overview, &OverviewPage::addSite, this, &Shell::chooseFolder);
    connect(m_sites, &SitesPage::addSite, this, &Shell::chooseFolder);
    connect(m_overview, &OverviewPage::siteChosen, this, &Shell::showSite);
    connect(m_overview, &OverviewPage::trySample, this, &Shell::serveSample);
}

QLineEdit *Shell::pageFilter() const
{
    const QWidget *page = m_stack->currentWidget();
    return page ? page->findChild<QLineEdit *>(QStringLiteral("pageFilter")) : nullptr;
}

Shell::Place Shell::place() const
{
    const QLineEdit *filter = pageFilter();
    return {.page = m_page,
            .site = m_page == PageId::Sites ? m_sites->selected() : QString(),
            .filter = filter ? filter->text() : QString()};
}

void Shell::goTo(PageId page)
{
    const Place left = place();
    if (page != m_page && (m_places.isEmpty() || !(m_places.last() == left))) {
        m_places << left;
        if (m_places.size() > kPlacesMax)
            m_places.removeFirst();
    }
    showPage(page);
}

void Shell::goToNamed(const QString &page)
{
    for (int i = 0; i < kPageCount; ++i) {
        if (pageIcon(PageId(i)) == page)
            goTo(PageId(i));
    }
}

void Shell::goBack()
{
    if (m_places.isEmpty())
        return;
    const Place back = m_places.takeLast();
    showPage(back.page);
    if (!back.site.isEmpty())
        m_sites->select(back.site);
    if (QLineEdit *filter = pageFilter())
        filter->setText(back.filter);
    m_registry->refresh();
}

/// Menus and keys act on what can be seen.
void Shell::updateSelectedSite()
{
    m_registry->selectSite(m_page == PageId::Sites          ? m_sites->selected()
                               : m_page == PageId::Overview ? m_overview->selectedSite()
                                                            : QString());
}

void Shell::showPage(PageId page)
{
    m_page = page;
    makePage(page);
    m_rail->setCurrent(page);
    if (m_rail->isAncestorOf(focusWidget())) // the ring goes where the page went
        m_rail->button(page)->setFocus(Qt::OtherFocusReason);
    m_stack->setCurrentIndex(int(page));
    m_toast->raise();
    updateSelectedSite();
}

void Shell::showSite(const QString &site)
{
    const Place left = place();
    goTo(PageId::Sites);
    if (left.page == PageId::Sites && left.site != site)
        m_places << left;
    m_sites->select(site);
}

void Shell::raiseWindow()
{
    if (isMinimized())
        showNormal();
    show();
    raise();
    activateWindow();
}

void Shell::say(const QString &text)
{
    m_toast->show(text);
}

void Shell::sayFailed(const QString &what, const QString &why)
{
    m_toast->show(tr("%1 failed: %2").arg(what, why));
}

void Shell::openUrl(const QUrl &url)
{
    // Only what the engine serves is opened: never a file or a program an address could name.
    if (url.scheme() != QLatin1String("http") && url.scheme() != QLatin1String("https"))
        return;
    if (m_options.openUrl)
        m_options.openUrl(url);
    else
        QDesktopServices::openUrl(url);
}

void Shell::addTask(const api::TaskView &task)
{
    if (m_tasks.size() >= kTasksMax) {
        const auto done =
            std::ranges::find_if(m_tasks, [](TaskStrip *s) { return !s->isRunning(); });
        if (done == m_tasks.end())
            say(tr("%n command(s) run already; the output of the new one is not shown", nullptr,
                   int(m_tasks.size())));
        if (done == m_tasks.end())
            return;
        (*done)->deleteLater();
        m_tasks.erase(done);
    }
    auto *strip = new TaskStrip(m_bridge, task, this);
    m_tasks.push_back(strip);
    m_taskLayout->addWidget(strip);
    strip->setWatched(m_bridge.isWatching());
    connect(strip, &TaskStrip::closed, this, [this, strip] {
        std::erase(m_tasks, strip);
        strip->deleteLater();
    });
}

void Shell::setPaused(bool paused)
{
    m_paused = paused;
    m_status->setPaused(paused);
    if (m_logs)
        m_logs->showPaused(paused);
    m_registry->action(QStringLiteral("view.pause"))->setChecked(paused);
    updateWatching();
}

void Shell::updateWatching()
{
    const bool watched = isVisible() && !isMinimized();
    if (watched && !m_bridge.isWatching())
        m_status->restartCost();
    m_bridge.setWatching(watched && !m_paused);
    m_toast->setWatched(watched);
    if (m_tray)
        m_tray->setWatched(watched);
    if (!watched)
        m_staging->flushDraft();
    for (TaskStrip *strip : m_tasks)
        strip->setWatched(watched);
}

void Shell::showEvent(QShowEvent *event)
{
    QMainWindow::showEvent(event);
    updateWatching();
}

void Shell::hideEvent(QHideEvent *event)
{
    QMainWindow::hideEvent(event);
    updateWatching();
}

void Shell::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::WindowStateChange)
        updateWatching();
    if (event->type() == QEvent::PaletteChange && m_banner)
        updateBanner();
}

QString Shell::restartDueText(const QStringList &settings) const
{
    const QString what = tr("Saved, but in force only from the next start of the engine: %1.")
                             .arg(settings.join(QStringLiteral(", ")));
    return m_bridge.canStartEngine() ? what + QLatin1Char(' ')
            + tr("File › Quit › Stop serving and quit, then open Arcology again.")
                                     : what;
}

void Shell::updateBanner()
{
    if (m_bridge.link() == Link::Live) {
        m_startProblem.clear();
        for (const api::ListenerStatus &listener : m_bridge.status().listeners) {
            if (!listener.error.empty())
                return m_banner->show(
                    Banner::Tone::Warn,
                    tr("%1 is not open: %2")
                        .arg(toQString(listener.address), toQString(listener.error)),
                    {});
        }
        if (const QStringList due = m_restartDue->labels(); !due.isEmpty())
            return m_banner->show(Banner::Tone::Warn, restartDueText(due), {});
        return m_banner->hide();
    }
    if (m_bridge.link() == Link::Connecting && m_startProblem.isEmpty())
        return m_banner->hide();
    if (m_bridge.isStartingEngine())
        return m_banner->show(Banner::Tone::Warn, tr("The engine is being started."), {});
    if (m_bridge.isRefused())
        return m_banner->show(Banner::Tone::Error,
                              tr("The engine cannot be used: %1").arg(m_bridge.problem()), {});
    QString why = m_startProblem.isEmpty() ? m_bridge.engineCause() : m_startProblem;
    if (why.isEmpty())
        why = m_bridge.problem();
    m_banner->show(Banner::Tone::Error,
                   why.isEmpty() ? tr("The engine does not answer.")
                                 : tr("The engine does not answer: %1").arg(why),
                   m_bridge.canStartEngine() ? tr("Start &again") : QString());
}

void Shell::bannerActivated()
{
    m_startProblem.clear();
    m_bridge.startEngine();
}

} // namespace arc
