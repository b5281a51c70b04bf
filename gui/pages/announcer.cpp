// SPDX-License-Identifier: Apache-2.0
#include "gui/pages/announcer.h"

#include "gui/bridge/control_bridge.h"
#include "gui/models/format.h"
#include "gui/models/states.h"

#include <QAccessible>
#include <QWidget>

namespace arc {

Announcer::Announcer(ControlBridge &bridge, QWidget *voice, QObject *parent)
    : QObject(parent), m_bridge(bridge), m_voice(voice)
{
    connect(&bridge, &ControlBridge::snapshotChanged, this, &Announcer::listen);
    connect(&bridge, &ControlBridge::linkChanged, this, [this] {
        if (m_begun && m_bridge.link() == Link::Lost)
            say(tr("The engine does not answer"));
    });
}

void Announcer::listen()
{
    QStringList news;
    std::map<std::string, std::string> states;
    for (const api::SiteFigures &site : m_bridge.snapshot().sites) {
        states[site.id] = site.state;
        const auto before = m_states.find(site.id);
        const bool passing = site.state == "starting"; // its end is the news
        if (passing || (before != m_states.end() && before->second == site.state)) {
            if (passing && before != m_states.end())
                states[site.id] = before->second;
            continue;
        }
        if (m_begun)
            news << tr("%1: %2").arg(toQString(site.id), lookOf(toQString(site.state)).word);
    }
    // What could not be said yet is said with the next one: the states stay as they were told.
    if (!news.isEmpty() && m_sinceLast.isValid() && m_sinceLast.elapsed() < kApartMs)
        return;
    m_states = std::move(states);
    m_begun = true;
    if (!news.isEmpty())
        say(news.join(QStringLiteral(", ")));
}

void Announcer::say(const QString &sentence)
{
    m_sentence = sentence;
    m_sinceLast.start();
    m_voice->setAccessibleDescription(sentence);
    QAccessibleEvent alert(m_voice, QAccessible::Alert);
    QAccessible::updateAccessibility(&alert);
    Q_EMIT said(sentence);
}

} // namespace arc
