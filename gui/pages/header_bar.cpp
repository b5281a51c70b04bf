// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/header_bar.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/theme/icons.h"
#include "gui/theme/theme.h"
#include "gui/widgets/elided_label.h"
#include "gui/widgets/state_pill.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

#include <algorithm>

namespace arc {

constexpr int kSearchWidth = 210;

HeaderBar::HeaderBar(ControlBridge &bridge, const QString &instanceName, QWidget *parent)
    : QFrame(parent), m_bridge(bridge), m_pill(new StatePill(this)),
      m_search(new QPushButton(icon(QStringLiteral("search"), Tint::Secondary),
                               tr("Search or run…"), this)),
      m_undo(new QPushButton(icon(QStringLiteral("undo")), tr("Undo"), this)),
      m_add(new QPushButton(icon(QStringLiteral("plus"), Tint::OnAccent), tr("Add site…"), this))
{
    setProperty("bar", true);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    auto *instance = new ElidedLabel(this);
    instance->setFont(titleFont());
    instance->setFullText(instanceName);
    instance->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    m_add->setProperty("primary", true);
    m_add->setAccessibleName(tr("Add site"));
    m_add->setToolTip(tr("Serve a folder (Ctrl+N)"));
    m_search->setProperty("search", true);
    m_search->setToolTip(tr("Pages, sites, actions and settings (Ctrl+K)"));
    m_search->setMinimumWidth(std::max(kSearchWidth, m_search->sizeHint().width()));
    m_undo->setAccessibleName(tr("Undo the last change of the configuration"));
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(16, 8, 16, 8);
    layout->setSpacing(12);
    layout->addWidget(instance);
    layout->addWidget(m_pill);
    layout->addStretch();
    layout->addWidget(m_search);
    layout->addWidget(m_undo);
    layout->addWidget(m_add);
    connect(&bridge, &ControlBridge::snapshotChanged, this, &HeaderBar::showState);
    connect(&bridge, &ControlBridge::sitesChanged, this, &HeaderBar::showState);
    connect(&bridge, &ControlBridge::linkChanged, this, &HeaderBar::showState);
    showState();
}

void HeaderBar::showState()
{
    if (m_bridge.link() == Link::Connecting)
        return m_pill->show(QStringLiteral("connecting"));
    if (m_bridge.link() == Link::Lost)
        return m_pill->show(QStringLiteral("unreachable"));
    int serving = 0;
    for (const api::SiteFigures &site : m_bridge.snapshot().sites)
        serving += site.state == "running" || site.state == "degraded" ? 1 : 0;
    m_pill->show(toQString(m_bridge.snapshot().state),
                 serving ? tr("%n site(s)", nullptr, serving) : tr("no site"));
}

void HeaderBar::showUndo(const QString &what, const QString &whyNot)
{
    m_undo->setEnabled(whyNot.isEmpty());
    m_undo->setToolTip(whyNot.isEmpty() ? tr("Undo: %1 (Ctrl+Z)").arg(what) : whyNot);
}

} // namespace arc
