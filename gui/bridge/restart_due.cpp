// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/restart_due.h"

#include "gui/bridge/control_bridge.h"

#include <algorithm>

namespace arc {

RestartDue::RestartDue(ControlBridge &bridge, QObject *parent) : QObject(parent), m_bridge(bridge)
{
    connect(&bridge, &ControlBridge::sitesChanged, this, &RestartDue::compare); // a new revision
}

void RestartDue::note(const std::vector<StagedEdit> &edits)
{
    const int64_t engine = m_bridge.status().startedUnixMs;
    if (m_engineStarted != engine)
        m_late.clear();
    m_engineStarted = engine;
    ++m_comparison; // one that is on its way knows nothing of these
    for (const StagedEdit &edit : edits) {
        if (edit.effect() != Effect::EngineRestart)
            continue;
        const auto known = std::ranges::find(m_late, edit.id.key, &Late::key);
        if (known == m_late.end())
            m_late.push_back({edit.id.key, edit.label(), edit.before.own});
    }
    Q_EMIT changed();
    compare(); // one of them may say again what is in force
}

QStringList RestartDue::labels() const
{
    QStringList labels;
    for (const Late &late : m_late) {
        if (late.isDue && m_bridge.status().startedUnixMs == m_engineStarted)
            labels << late.label;
    }
    return labels;
}

void RestartDue::compare()
{
    if (m_late.empty())
        return;
    m_bridge.call(&Control::settings, {.scope = "engine"}, this,
                  [this, serial = ++m_comparison](Result<api::SettingViews> answer) {
                      if (!answer || serial != m_comparison)
                          return; // the next revision asks again
                      for (Late &late : m_late) {
                          const auto now =
                              std::ranges::find(answer->settings, late.key, &api::SettingView::key);
                          late.isDue = now == answer->settings.end() || now->value != late.inForce;
                      }
                      Q_EMIT changed();
                  });
}

} // namespace arc
