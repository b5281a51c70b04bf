// SPDX-License-Identifier: Apache-2.0
#include "app/keep_serving.h"

#include "app/command_line.h"
#include "app/ctl/text_table.h"
#include "app/paths.h"
#include "server/control/client/control_socket.h"
#include "server/detect/captured_run.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

namespace arc {

namespace {

constexpr const char *kUnit = "arcology.service";
constexpr const char *kSystemctl = "/usr/bin/systemctl";
constexpr const char *kLoginctl = "/usr/bin/loginctl";
constexpr std::chrono::seconds kQuick {30};
/// Beyond TimeoutStartSec of the unit: systemd ends the wait.
constexpr std::chrono::minutes kStartPatience {12};
constexpr size_t kOutputMax = 64 * 1024;
/// Then `off` leaves lingering on, too: it is not ours.
constexpr const char *kLingeredBefore = "# Lingering was on before.";

constexpr const char *kUnitText = R"(# Written by `arcology keep-serving on`.
{}
[Unit]
Description=Arcology, web platform for Python apps
Documentation=man:arcology(1)
StartLimitIntervalSec=60
StartLimitBurst=10

[Service]
Type=notify
# Takes the place of an engine that was started otherwise, without refusing anybody.
ExecStart={} --headless --take-over
Environment={}
# While the engine restarts, systemd holds its listening sockets.
FileDescriptorStoreMax=1024
Restart=on-failure
RestartSec=200ms
RestartPreventExitStatus=2
TimeoutStartSec=11min
WatchdogSec=60
KillMode=mixed
OOMPolicy=continue

[Install]
WantedBy=default.target
)";

std::string environment(const char *name)
{
    const char *value = std::getenv(name);
    return value ? value : "";
}

/// As a word of a unit file (systemd.syntax: quoting, systemd.unit: specifiers). A dollar sign is
/// one in the path of a program and in Environment=.
std::string quoted(const std::string &text)
{
    std::string word = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            word += '\\';
        if (c == '%')
            word += c;
        word += c;
    }
    return word + '"';
}

std::filesystem::path unitPath()
{
    const std::string config = environment("XDG_CONFIG_HOME");
    const std::filesystem::path base =
        config.starts_with('/') ? config : environment("HOME") + "/.config";
    return base / "systemd/user" / kUnit;
}

bool isLingering()
{
    std::error_code failed; // logind's own memory of it; loginctl needs a session to ask
    return std::filesystem::exists("/var/lib/systemd/linger/" + userName(), failed);
}

/// Runs to its end; an error holds what it said.
Result<std::string> run(std::vector<std::string> argv, std::chrono::milliseconds patience = kQuick)
{
    const std::string name = argv[0].substr(argv[0].rfind('/') + 1) + " " + argv.back();
    auto ran = runCaptured(argv, patience, kOutputMax);
    if (!ran)
        return std::move(ran).error().within(name);
    if (ran->exitCode != 0)
        return Error {ErrorCode::Unavailable, fmt::format("{}: {}", name, oneLine(ran->errors))};
    return std::move(ran->output);
}

Result<std::string> userSystemctl(std::vector<std::string> words,
                                  std::chrono::milliseconds patience = kQuick)
{
    words.insert(words.begin(), {kSystemctl, "--user"});
    return run(std::move(words), patience);
}

/// Why this cannot be switched here; nothing when it can.
Result<void> checkPossible()
{
    if (geteuid() == 0)
        return Error {ErrorCode::Forbidden,
                      "this is for users; the whole computer has the service: systemctl enable "
                      "--now arcology"};
    std::error_code failed;
    const std::string runtime = environment("XDG_RUNTIME_DIR");
    if (runtime.empty() || ::access(kSystemctl, X_OK) != 0 || ::access(kLoginctl, X_OK) != 0
        || !std::filesystem::exists(runtime + "/systemd/private", failed))
        return Error {
            ErrorCode::Unavailable,
            fmt::format("no systemd of the user {} runs here; log in on the desktop or by "
                        "ssh (su and sudo start none)",
                        userName())};
    return {};
}

bool isOn()
{
    const auto enabled = userSystemctl({"is-enabled", kUnit});
    return enabled && enabled->starts_with("enabled") && isLingering();
}

Result<void> writeUnit(bool lingeredBefore)
{
    const std::filesystem::path path = unitPath();
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    const std::string partial = path.string() + ".new";
    {
        // The data directory of this session: systemd need not have the same XDG_DATA_HOME.
        const std::string data = std::filesystem::path(defaultDataDir()).parent_path().string();
        std::ofstream file(partial, std::ios::trunc);
        file << fmt::format(fmt::runtime(kUnitText), lingeredBefore ? kLingeredBefore : "#",
                            quoted(executablePath()), quoted("XDG_DATA_HOME=" + data));
        if (!file.flush())
            return errnoError(partial, errno);
    }
    std::filesystem::rename(partial, path, failed);
    return failed
        ? Result<void> {Error {ErrorCode::Unavailable, path.string() + ": " + failed.message()}}
        : Result<void> {};
}

bool unitSaysLingeredBefore()
{
    std::ifstream file(unitPath());
    std::stringstream text;
    text << file.rdbuf();
    return text.str().find(kLingeredBefore) != std::string::npos;
}

Result<void> switchOff()
{
    if (auto disabled = userSystemctl({"disable", kUnit}); !disabled)
        return std::move(disabled).error();
    if (unitSaysLingeredBefore() || !isLingering())
        return {};
    auto ended = run({kLoginctl, "--no-ask-password", "disable-linger"});
    return ended ? Result<void> {} : Result<void> {std::move(ended).error()};
}

Result<void> switchOn()
{
    // Switched on twice, it must not take its own lingering for somebody else's.
    const bool lingeredBefore = isLingering() && (!isOn() || unitSaysLingeredBefore());
    if (auto written = writeUnit(lingeredBefore); !written)
        return written;
    const auto undo = [&](Error why) -> Result<void> {
        (void)switchOff(); // as far as it goes: the first error is the one to tell
        return why;
    };
    if (!lingeredBefore) {
        if (auto lingers = run({kLoginctl, "--no-ask-password", "enable-linger"}); !lingers)
            return undo({ErrorCode::Forbidden,
                         fmt::format("{}; an administrator can allow it: sudo loginctl "
                                     "enable-linger {}",
                                     lingers.error().message(), userName())});
    }
    if (auto loaded = userSystemctl({"daemon-reload"}); !loaded)
        return undo(std::move(loaded).error());
    if (auto enabled = userSystemctl({"enable", kUnit}); !enabled)
        return undo(std::move(enabled).error());
    if (auto started = userSystemctl({"start", kUnit}, kStartPatience); !started)
        return undo({ErrorCode::Unavailable,
                     fmt::format("{} (journalctl --user -u arcology says more)",
                                 started.error().message())});
    return {};
}

int tell(bool asJson)
{
    const auto possible = checkPossible();
    const bool on = possible && isOn();
    const std::string why = possible ? "" : possible.error().message();
    if (asJson)
        fmt::print(
            "{}\n",
            nlohmann::ordered_json {{"on", on}, {"possible", possible.has_value()}, {"why", why}}
                .dump());
    else if (on)
        fmt::print("On: Arcology goes on serving when {} logs out.\n", userName());
    else
        fmt::print("Off{}\n",
                   possible ? ": Arcology may end when " + userName() + " logs out."
                            : ", and cannot be switched on: " + why + ".");
    return 0;
}

} // namespace

int keepServingMain(int argc, char **argv)
{
    CLI::App app("Whether the engine goes on when you log out: as a unit of your own systemd.",
                 "arcology keep-serving");
    std::string wish;
    bool asJson = false;
    app.add_option("state", wish, "on or off; without it the state is told")
        ->check(CLI::IsMember({"on", "off"}));
    app.add_flag("--json", asJson, "Tell the state as one JSON object");
    std::ostringstream discarded; // what CLI11 would say of an error takes two lines
    const auto fail = [](const Error &error) {
        fmt::print(stderr, "arcology keep-serving: {}\n", error.message());
        return exitCode(error.code());
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        if (app.exit(error, std::cout, discarded) == 0)
            return 0;
        fmt::print(stderr, "{}\n", usageSentence(app, error)); // begins with the command's name
        return exitCode(ErrorCode::Invalid);
    }
    if (wish.empty())
        return tell(asJson);
    if (auto possible = checkPossible(); !possible)
        return fail(possible.error());
    if (auto switched = wish == "on" ? switchOn() : switchOff(); !switched)
        return fail(switched.error());
    return tell(asJson);
}

} // namespace arc
