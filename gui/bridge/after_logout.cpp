// SPDX-License-Identifier: Apache-2.0
#include "gui/bridge/after_logout.h"

#include "gui/models/format.h"

namespace arc {

AfterLogout::AfterLogout(KeepServing &service, QObject *parent)
    : QObject(parent), m_service(service), m_hop(std::make_shared<Hop>(this))
{
}

AfterLogout::~AfterLogout()
{
    m_hop->close();
}

void AfterLogout::look()
{
    m_service.look([this, hop = m_hop](Result<KeepServing::State> answer) {
        hop->run([this, answer = std::move(answer)] {
            m_state = answer ? std::optional(*answer) : std::nullopt;
            m_problem = answer ? QString() : toQString(answer.error().message());
            Q_EMIT changed();
        });
    });
}

void AfterLogout::set(bool on)
{
    if (m_busy)
        return;
    m_busy = true;
    Q_EMIT changed();
    m_service.set(on, [this, hop = m_hop](Result<std::string> answer) {
        hop->run([this, answer = std::move(answer)] {
            m_busy = false;
            look(); // what is, not what was asked for
            Q_EMIT done(bool(answer), toQString(answer ? *answer : answer.error().message()));
        });
    });
}

QString AfterLogout::whyNot() const
{
    if (m_busy)
        return tr("It is being changed");
    if (!m_state)
        return m_problem.isEmpty() ? tr("Not known yet") : m_problem;
    // What is on can always be switched off.
    return m_state->on || m_state->possible ? QString() : toQString(m_state->why);
}

} // namespace arc
