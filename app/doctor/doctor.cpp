// SPDX-License-Identifier: Apache-2.0
#include "app/doctor/doctor.h"

#include "app/doctor/probes.h"
#include "app/doctor/repair.h"
#include "server/control/client/control_socket.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace arc {

namespace {

struct LevelNames {
    const char *human;
    const char *json;
};
constexpr LevelNames kLevels[] = {{"OK", "ok"}, {"WARN", "warn"}, {"FAIL", "fail"}};

const LevelNames &namesOf(Finding::Level level)
{
    return kLevels[static_cast<size_t>(level)];
}

std::vector<Finding> probeMachine()
{
    std::vector<Finding> findings = probePythons();
    findings.push_back(probeOpenat2());
    findings.push_back(probePidfd());
    findings.push_back(probeLandlock());
    findings.push_back(probeKernelTls());
    findings.push_back(probeCgroup());
    findings.push_back(probeFileLimit());
    return findings;
}

std::vector<Finding> probeAll(const std::string &dataDirOption)
{
    std::vector<Finding> findings = probeMachine();
    findings.push_back(probePort());
    findings.push_back(probeDataDir(dataDirOption.empty() ? defaultDataDir() : dataDirOption));
    findings.push_back(probeRuntimeDir());
    findings.push_back(probeEngine(dataDirOption));
    findings.push_back(probeDisplay());
    return findings;
}

std::string humanText(const std::vector<Finding> &findings)
{
    std::string text;
    for (const Finding &finding : findings) {
        const std::string mend =
            finding.mend.empty() ? "" : fmt::format(" To mend: {}", finding.mend);
        text += fmt::format("{:<5} {:<18} {}{}\n", namesOf(finding.level).human, finding.name,
                            finding.text, mend);
    }
    return text;
}

void printJson(const std::vector<Finding> &findings)
{
    auto list = nlohmann::ordered_json::array();
    for (const Finding &finding : findings) {
        list.push_back({{"name", finding.name},
                        {"state", namesOf(finding.level).json},
                        {"text", finding.text},
                        {"mend", finding.mend}});
    }
    const nlohmann::ordered_json json = {{"findings", std::move(list)}};
    fmt::print("{}\n", json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

} // namespace

std::string environmentText(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

std::string machineReport()
{
    return humanText(probeMachine());
}

int doctorMain(int argc, char **argv)
{
    std::string dataDir;
    bool json = false;
    bool repair = false;
    CLI::App app("What this machine supports, what is wrong, how to mend it.", "arcology doctor");
    app.add_flag("--json", json, "Print one JSON object");
    app.add_option("--data-dir", dataDir, "Look at this data directory instead of the default one");
    app.add_flag("--repair", repair,
                 "Put the engine's own copy in the place of a damaged configuration database")
        ->excludes("--json");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : 2;
    }
    if (repair) {
        const auto done = repairDataDir(dataDir.empty() ? defaultDataDir() : dataDir);
        if (done)
            fmt::print("{}\n", *done);
        else
            fmt::print(stderr, "arcology: {}\n", done.error().message());
        return done ? 0 : exitCode(done.error().code());
    }
    const std::vector<Finding> findings = probeAll(dataDir);
    if (json)
        printJson(findings);
    else
        fmt::print("{}", humanText(findings));
    const bool fails = std::any_of(findings.begin(), findings.end(), [](const Finding &one) {
        return one.level == Finding::Level::Fail;
    });
    return fails ? 1 : 0;
}

} // namespace arc
