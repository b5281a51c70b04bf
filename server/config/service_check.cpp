// SPDX-License-Identifier: Apache-2.0
#include "server/config/checks.h"
#include "server/config/document_json.h"

#include <set>

#include <fmt/format.h>

namespace arc {

namespace {

constexpr size_t kServicesMax = 50; // of one app
constexpr int64_t kInstancesMax = 64;
constexpr int64_t kSecondsMax = 3'600;

void checkSeconds(Checks &checks, int64_t seconds, int64_t least, const char *key)
{
    checks.expect(seconds >= least && seconds <= kSecondsMax, key,
                  fmt::format("must be {} to {}", least, kSecondsMax));
}

} // namespace

Result<void> checkService(const ServiceConfig &service)
{
    const std::set<std::string_view> restarts {"always", "on-failure", "never"};
    const std::set<std::string_view> signals {"TERM", "INT", "QUIT", "HUP", "USR1", "USR2"};
    Checks checks;
    checks.expect(isIdentifier(service.name), "name", kIdentifierRule);
    checkCommand(checks, service.command);
    checks.expect(service.port || service.command.find("{port}") == service.command.npos, "command",
                  "names {port}, but port is not on");
    checks.expect(service.instances >= 1 && service.instances <= kInstancesMax, "instances",
                  "must be 1 to 64");
    checks.expect(restarts.contains(service.restart), "restart",
                  "must be always, on-failure or never");
    checkSeconds(checks, service.readyAfterSeconds, 0, "ready_after_s");
    checkSeconds(checks, service.startTimeoutSeconds, 1, "start_timeout_s");
    checks.expect(signals.contains(service.stopSignal), "stop_signal",
                  "must be TERM, INT, QUIT, HUP, USR1 or USR2");
    checkSeconds(checks, service.stopTimeoutSeconds, 1, "stop_timeout_s");
    return checks.end();
}

Result<void> checkServices(const std::vector<ServiceConfig> &services)
{
    Checks checks;
    checks.expect(services.size() <= kServicesMax, "services", "more than 50");
    std::set<std::string_view> names;
    for (size_t i = 0; i < services.size(); ++i) {
        const std::string place = fmt::format("services[{}]", i);
        checks.pass(checkService(services[i]), place + ".");
        checks.expect(names.insert(services[i].name).second, place + ".name",
                      fmt::format("\"{}\" is taken", services[i].name));
    }
    return checks.end();
}

} // namespace arc
