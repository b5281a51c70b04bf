// SPDX-License-Identifier: Apache-2.0
#include "app/ctl/ctl_session.h"

#include "server/control/api/wire.h"

#include <fmt/format.h>

namespace arc {

void CtlSession::say(std::string_view line) const
{
    if (!m_json)
        m_world.out(std::string(line) + "\n");
}

int CtlSession::fail(const Error &error) const
{
    m_world.err((m_json ? api::errorToJson(error) : "arcology: " + error.message()) + "\n");
    return exitCode(error.code());
}

int CtlSession::sayChanged(const Result<api::Changed> &changed) const
{
    if (!changed)
        return fail(changed.error());
    if (m_json)
        printJson(*changed);
    say(fmt::format("{} (revision {})", changed->summary, changed->revision));
    return 0;
}

} // namespace arc
