// SPDX-License-Identifier: Apache-2.0
#include "server/detect/detect.h"

#include "server/base/text.h"
#include "server/detect/captured_run.h"
#include "server/detect/detection_json.h"
#include "server/detect/interpreters.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr std::chrono::milliseconds kTimeMax {10000};
constexpr size_t kOutputMax = 1024 * 1024;

std::string userName()
{
    char buffer[1024];
    passwd entry {};
    passwd *found = nullptr;
    if (::getpwuid_r(::geteuid(), &entry, buffer, sizeof buffer, &found) == 0 && found)
        return found->pw_name;
    return fmt::format("user {}", ::geteuid());
}

Error unreadable(const std::string &folder)
{
    return {
        ErrorCode::Forbidden,
        fmt::format("the user {} may not read {}; give that user the right to (chmod, setfacl), "
                    "or start Arcology as the user who owns it",
                    userName(), folder)};
}

/// Without any Python a folder with pages is still a site.
Detection staticOnly(const std::string &folder)
{
    Detection detection {.folder = folder, .projects = {}, .pythons = {}};
    std::error_code ignored;
    const std::filesystem::path path(folder);
    for (const char *index : {"index.html", "index.htm"}) {
        if (!std::filesystem::exists(path / index, ignored))
            continue;
        detection.projects.push_back({.kind = "static",
                                      .title = "Static files",
                                      .name = path.filename().string(),
                                      .root = folder,
                                      .entry = {},
                                      .interface = {},
                                      .evidence = {fmt::format("{} is there", index)},
                                      .warnings = {"No Python 3.9 or newer was found."}});
        break;
    }
    return detection;
}

std::string firstLineOf(std::string_view text)
{
    return std::string(trim(text.substr(0, text.find('\n'))));
}

Result<Detection> runDetect(const std::string &folder, const FoundPython &runner,
                            const std::vector<std::string> &packages)
{
    std::vector<std::string> argv {runner.path, "-I", "-S",
                                   pythonFilesDirectory() + "/worker/detect.py", folder};
    for (const std::string &path : packages) {
        argv.push_back("--site-packages");
        argv.push_back(path);
    }
    auto run = runCaptured(argv, kTimeMax, kOutputMax);
    if (!run)
        return std::move(run).error().within(fmt::format("cannot look at {}", folder));
    constexpr int kUnreadable = 3;
    if (run->exitCode != 0) {
        std::string said = firstLineOf(run->errors);
        if (said.empty())
            said = fmt::format("detect.py ended with code {}", run->exitCode);
        return Error {run->exitCode == kUnreadable ? ErrorCode::Forbidden : ErrorCode::Internal,
                      fmt::format("cannot look at {} as {}: {}", folder, userName(), said)};
    }
    return parseDetection(run->output);
}

Error notAnInterpreter(const Error &why, const std::vector<FoundPython> &others)
{
    const auto system = std::find_if(others.begin(), others.end(),
                                     [](const FoundPython &p) { return p.source == "system"; });
    const std::string remedy = system == others.end()
        ? std::string("install python3, or name one of Python 3.9 or newer")
        : fmt::format("choose another interpreter, for instance {} ({})", system->path,
                      system->version);
    return {ErrorCode::Invalid, fmt::format("{}; {}", why.message(), remedy)};
}

} // namespace

Result<void> checkProjectFolder(const std::string &folder)
{
    struct stat status { };
    if (::stat(folder.c_str(), &status) != 0) {
        if (errno == EACCES)
            return unreadable(folder);
        return Error {ErrorCode::NotFound,
                      fmt::format("{} does not exist; name the folder of a project", folder)};
    }
    if (!S_ISDIR(status.st_mode))
        return Error {ErrorCode::NotFound,
                      fmt::format("{} is not a folder; name the folder it lies in", folder)};
    if (::access(folder.c_str(), R_OK | X_OK) != 0)
        return unreadable(folder);
    return {};
}

Result<Detection> detectProject(const std::string &folder, const std::string &preferredPython)
{
    std::error_code problem;
    std::string absolute = std::filesystem::absolute(folder, problem).lexically_normal().string();
    while (absolute.size() > 1 && absolute.ends_with('/'))
        absolute.pop_back();
    if (auto readable = checkProjectFolder(absolute); !readable)
        return std::move(readable).error();
    std::vector<FoundPython> pythons = findPythons(absolute);
    if (!preferredPython.empty()) {
        const auto version = pythonVersion(preferredPython);
        if (!version)
            return notAnInterpreter(version.error(), pythons);
        std::erase_if(pythons, [&](const FoundPython &p) { return p.path == preferredPython; });
        const auto beside = std::filesystem::path(preferredPython).parent_path().parent_path();
        const bool own = std::filesystem::exists(beside / "pyvenv.cfg", problem);
        pythons.insert(pythons.begin(),
                       {.path = preferredPython,
                        .version = *version,
                        .source = own ? "pyvenv.cfg" : "system"});
    }
    if (pythons.empty())
        return staticOnly(absolute);
    // A stranger's folder must not choose the program that looks at it: the system's interpreter
    // does.
    const auto system = std::find_if(pythons.begin(), pythons.end(),
                                     [](const FoundPython &p) { return p.source == "system"; });
    auto detection = runDetect(absolute, system != pythons.end() ? *system : pythons.front(),
                               sitePackages(pythons.front()));
    if (detection)
        detection->pythons = std::move(pythons);
    return detection;
}

} // namespace arc
