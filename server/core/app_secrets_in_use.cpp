// SPDX-License-Identifier: Apache-2.0
#include "server/core/app_secrets_in_use.h"

#include "server/secrets/app_secrets.h"

namespace arc {

namespace {

AppSecrets::Opened openNow(const AppConfig &app, const std::string &dataDir)
{
    AppSecrets::Opened opened {.sealed = app.secrets, .plain = {}, .problem = {}};
    auto values = openAppSecrets(app, dataDir);
    if (values)
        opened.plain = std::move(*values);
    else
        opened.problem = values.error().message();
    return opened;
}

AppConfig withValues(AppConfig app, const std::map<std::string, std::string> &values)
{
    app.env.insert(values.begin(), values.end());
    app.secrets.clear();
    return app;
}

} // namespace

Result<AppSecrets::Plan> AppSecrets::prepare(const Document &next,
                                             const std::set<std::string> &apps, Faults faults) const
{
    Plan plan;
    for (const std::string &id : apps) {
        const AppConfig &app = *next.findApp(id);
        const auto known = m_opened.find(id);
        const bool isKnown = known != m_opened.end() && known->second.sealed == app.secrets;
        if (isKnown && known->second.problem.empty()) {
            plan.emplace(id, known->second);
            continue;
        }
        Opened opened = openNow(app, m_dataDir);
        if (!opened.problem.empty() && !isKnown && faults == Faults::Refuse)
            return Error {ErrorCode::Invalid, opened.problem};
        plan.emplace(id, std::move(opened));
    }
    return plan;
}

AppSpec AppSecrets::specOf(const AppConfig &app, Settings settings) const
{
    const auto known = m_opened.find(app.id);
    AppSpec spec {.config = app, .settings = std::move(settings), .problem = {}};
    if (known != m_opened.end()) {
        spec.config = withValues(app, known->second.plain);
        spec.problem = known->second.problem;
    }
    // No business of workers: another one needs no new ones.
    spec.config.schedules.clear();
    spec.config.services.clear();
    return spec;
}

Result<AppConfig> AppSecrets::inClear(const AppConfig &app) const
{
    auto values = openAppSecrets(app, m_dataDir);
    return values ? withValues(app, *values) : Result<AppConfig>(std::move(values).error());
}

bool AppSecrets::tryAgain(const AppConfig &app)
{
    const auto known = m_opened.find(app.id);
    if (known == m_opened.end() || known->second.problem.empty())
        return false;
    Opened opened = openNow(app, m_dataDir);
    if (!opened.problem.empty())
        return false;
    known->second = std::move(opened);
    return true;
}

} // namespace arc
