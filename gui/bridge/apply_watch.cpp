// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/apply_watch.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"

namespace arc {

ApplyWatch::ApplyWatch(ControlBridge &bridge, QObject *parent) : QObject(parent), m_bridge(bridge)
{
    connect(&bridge, &ControlBridge::snapshotChanged, this, &ApplyWatch::look);
}

void ApplyWatch::begin(const QStringList &apps, uint64_t revision)
{
    m_sites.clear();
    m_revision = revision;
    m_since.start();
    // The figures are still those from before the change.
    for (const api::SiteView &site : m_bridge.sites().sites) {
        const api::SiteFigures *figures = m_bridge.siteFigures(site.id);
        if (apps.contains(toQString(site.app)) && figures && figures->state == "running"
            && figures->cause.empty())
            m_sites << toQString(site.id);
    }
}

void ApplyWatch::look()
{
    if (m_sites.isEmpty())
        return;
    if (m_since.elapsed() > kWatchMs)
        return m_sites.clear();
    for (const QString &site : m_sites) {
        const api::SiteFigures *figures = m_bridge.siteFigures(toStd(site));
        // A site that still runs has a cause when its new workers could not take over.
        if (!figures || (figures->state != "failed" && figures->cause.empty()))
            continue;
        const QString why = figures->cause.empty() ? tr("it failed") : toQString(figures->cause);
        m_sites.clear();
        return Q_EMIT wentWrong(site, why, m_revision);
    }
}

} // namespace arc
