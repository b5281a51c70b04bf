// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/tray_control.h"

#include "gui/bridge/control_bridge.h"
#include "gui/bridge/tray.h"
#include "gui/models/format.h"
#include "gui/models/states.h"
#include "gui/pages/action_registry.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/state_mark.h"

#include <QMenu>
#include <QPainter>
#include <QPixmap>
#include <QTimer>

namespace arc {

constexpr int kIconSize = 64;
constexpr double kMarkSize = 26;

/// The program's mark; with a state its shape and colour in the corner.
static QIcon trayIcon(const QString &state)
{
    // Panels are dark or light whatever the window's theme is: the accent reads on both.
    QPixmap picture =
        iconPixmap(QStringLiteral("arcology"), QColor(0x4F, 0x80, 0xE8), kIconSize, 1);
    if (state.isEmpty())
        return picture;
    QPainter painter(&picture);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF corner(kIconSize - kMarkSize, kIconSize - kMarkSize, kMarkSize, kMarkSize);
    painter.setCompositionMode(QPainter::CompositionMode_Clear);
    painter.setPen(Qt::NoPen);
    painter.setBrush(Qt::black);
    painter.drawEllipse(corner.adjusted(-4, -4, 4, 4));
    painter.setCompositionMode(QPainter::CompositionMode_SourceOver);
    paintStateMark(painter, corner, lookOf(state).tone);
    return picture;
}

TrayControl::TrayControl(Tray &tray, ControlBridge &bridge, ActionRegistry &actions, QString name,
                         QObject *parent)
    : QObject(parent), m_tray(tray), m_bridge(bridge), m_actions(actions), m_name(std::move(name)),
      m_menu(std::make_unique<QMenu>()), m_lookTimer(new QTimer(this))
{
    m_menu->setObjectName(QStringLiteral("trayMenu"));
    m_tray.setMenu(m_menu.get());
    connect(m_menu.get(), &QMenu::aboutToShow, this, [this] {
        fillMenu();
        m_bridge.refresh(); // a hidden window does not look: now somebody does
    });
    connect(&m_tray, &Tray::activated, this, &TrayControl::openWanted);
    connect(&m_tray, &Tray::availabilityChanged, this, &TrayControl::look);
    connect(&bridge, &ControlBridge::snapshotChanged, this, &TrayControl::showState);
    connect(&bridge, &ControlBridge::linkChanged, this, &TrayControl::showState);
    m_lookTimer->setInterval(kLookEveryMs);
    connect(m_lookTimer, &QTimer::timeout, this, [this] {
        if (++m_looks >= kLooksMax)
            m_lookTimer->stop();
        look();
    });
    fillMenu(); // some panels ask for it before it is shown
    look();
}

TrayControl::~TrayControl()
{
    m_tray.setMenu(nullptr);
    m_tray.setShown(false);
}

void TrayControl::look()
{
    const bool available = m_tray.isAvailable();
    const bool was = m_tray.isShown();
    if (available == was)
        return;
    if (available) {
        m_lookTimer->stop();
        m_shownState = QStringLiteral("?");
        showState();
    }
    m_tray.setShown(available);
    if (!available)
        Q_EMIT lost();
}

void TrayControl::setWatched(bool watched)
{
    if (!watched || m_tray.isShown() || m_looks >= kLooksMax)
        m_lookTimer->stop();
    else if (!m_lookTimer->isActive())
        m_lookTimer->start();
    showState(); // what is not looked at is not claimed
}

bool TrayControl::canHold()
{
    look();
    return m_tray.isShown();
}

QString TrayControl::stateLine() const
{
    if (m_bridge.link() == Link::Connecting)
        return tr("Connecting");
    if (m_bridge.link() == Link::Lost)
        return tr("The engine is not reachable");
    const api::Snapshot &snapshot = m_bridge.snapshot();
    return tr("%1 · %2 requests/s · %3")
        .arg(lookOf(toQString(snapshot.state)).word, rateText(snapshot.total.requestsPerSecond),
             clockText(m_bridge.asOfUnixMs()));
}

void TrayControl::showState()
{
    // Redrawn when the state changes, never for figures; what is not looked at is not claimed.
    const bool looking = m_bridge.isWatching() && m_bridge.link() != Link::Connecting;
    const QString state = !looking      ? QString()
        : m_bridge.link() == Link::Lost ? QStringLiteral("unreachable")
                                        : toQString(m_bridge.snapshot().state);
    if (QAction *line = m_menu->findChild<QAction *>(QStringLiteral("trayState")))
        line->setText(stateLine());
    if (state == m_shownState)
        return;
    m_shownState = state;
    m_tray.setIcon(trayIcon(state));
    m_tray.setToolTip(state.isEmpty() ? tr("Arcology – %1").arg(m_name)
                                      : tr("Arcology – %1: %2").arg(m_name, lookOf(state).word));
}

void TrayControl::fillMenu()
{
    m_menu->clear();
    QAction *line = m_menu->addAction(stateLine());
    line->setParent(m_menu.get());
    line->setObjectName(QStringLiteral("trayState"));
    line->setEnabled(false);
    m_menu->addSeparator();
    QAction *open = m_menu->addAction(tr("&Open Arcology"), this, &TrayControl::openWanted);
    open->setObjectName(QStringLiteral("trayOpen"));
    m_menu->setDefaultAction(open);
    addSites();
    m_menu->addSeparator();
    m_menu->addAction(m_actions.action(QStringLiteral("file.quit")));
}

void TrayControl::addSites()
{
    const auto &sites = m_bridge.sites().sites;
    if (sites.empty())
        return;
    m_menu->addSeparator();
    int shown = 0;
    for (const api::SiteView &view : sites) {
        if (shown++ == kSitesMax) {
            m_menu->addAction(tr("All %n sites…", nullptr, int(sites.size())), this,
                              &TrayControl::openWanted);
            return;
        }
        const QString site = toQString(view.id);
        const ActionRegistry::Entry &entry = m_actions.entry(
            view.enabled ? QStringLiteral("site.stop") : QStringLiteral("site.start"));
        QAction *action =
            m_menu->addAction(entry.siteTitle(site).replace(QLatin1Char('&'), QLatin1String("&&")));
        action->setIcon(entry.action->icon());
        action->setObjectName(entry.facts.id + QLatin1Char(':') + site);
        action->setEnabled(entry.siteWhyNot(site).isEmpty());
        const bool asks = ActionRegistry::confirmation(entry.facts) == Confirm::Dialog;
        connect(action, &QAction::triggered, this, [this, run = entry.siteRun, site, asks] {
            if (asks)
                Q_EMIT openWanted(); // a question needs its window
            run(site);
        });
    }
}

void TrayControl::tellHidden()
{
    m_tray.tell(tr("Arcology goes on serving"),
                tr("Its window is here now. Click the icon to open it again."));
}

} // namespace arc
