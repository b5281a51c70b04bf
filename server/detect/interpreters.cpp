// SPDX-License-Identifier: Apache-2.0
#include "server/detect/interpreters.h"

#include "server/base/text.h"
#include "server/detect/captured_run.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace arc {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kVersionTime {5000};
constexpr size_t kFoldersMax = 200; ///< looked at for a pyvenv.cfg
constexpr size_t kKnownMax = 256;
constexpr size_t kPyenvMax = 32; ///< versions of pyenv that are offered

/// Understood by every Python since 2.6, so that one that is too old can say so.
constexpr const char *kAsk =
    "import sys, platform; v = '%d.%d.%d' % tuple(sys.version_info[:3]); "
    "p = getattr(sys, 'pypy_version_info', None); "
    "sys.stdout.write('arcology-python %s %s %s\\n' % (platform.python_implementation(), v, "
    "'%d.%d.%d' % tuple(p[:3]) if p else '-'))";
constexpr std::string_view kAnswer = "arcology-python";
constexpr uint64_t kMinorMin = 9; ///< of Python 3

struct Known {
    timespec changed {};
    Result<std::string> version = Error {ErrorCode::Invalid, {}};
};

Error unusable(const std::string &path, std::string_view why)
{
    return {ErrorCode::Invalid, fmt::format("{} {}", path, why)};
}

/// What an interpreter wrote: "arcology-python PyPy 3.9.16 7.3.11".
Result<std::string> readAnswer(const std::string &path, std::string_view output)
{
    const auto words = split(trim(output.substr(0, output.find('\n'))), ' ');
    const auto numbers =
        words.size() == 4 ? split(words[2], '.') : std::vector<std::string_view> {};
    if (numbers.size() != 3 || words[0] != kAnswer)
        return unusable(path, "does not answer as a Python interpreter does");
    const auto major = parseUnsigned(numbers[0]);
    const auto minor = parseUnsigned(numbers[1]);
    if (!major || !minor)
        return unusable(path, "does not answer as a Python interpreter does");
    if (*major < 3 || (*major == 3 && *minor < kMinorMin))
        return unusable(
            path, fmt::format("is Python {}, but apps need 3.{} or newer", words[2], kMinorMin));
    if (words[3] == "-")
        return fmt::format("{} {}", words[1], words[2]);
    return fmt::format("{} {} ({}.{})", words[1], words[3], numbers[0], numbers[1]);
}

Result<std::string> askVersion(const std::string &path)
{
    // -I keeps a stranger's modules out; an interpreter older than 3.4 does not know it.
    for (const std::vector<std::string> &options :
         {std::vector<std::string> {"-I", "-S"}, {"-E", "-s", "-S"}}) {
        std::vector<std::string> argv {path};
        argv.insert(argv.end(), options.begin(), options.end());
        argv.insert(argv.end(), {"-c", kAsk});
        const auto run = runCaptured(argv, kVersionTime, 4096);
        if (!run && run.error().code() == ErrorCode::Unavailable)
            return unusable(
                path,
                fmt::format("did not say its version within {} s", kVersionTime.count() / 1000));
        if (run && run->exitCode == 0)
            return readAnswer(path, run->output);
    }
    return unusable(path, "does not answer as a Python interpreter does");
}

/// What can be told without running it.
Result<struct stat> checkProgram(const std::string &path)
{
    struct stat status { };
    if (::stat(path.c_str(), &status) != 0)
        return unusable(
            path, errno == EACCES ? "cannot be reached: Permission denied" : "does not exist");
    if (S_ISDIR(status.st_mode))
        return unusable(path, "is a folder, not an interpreter");
    if (::access(path.c_str(), X_OK) != 0)
        return unusable(path, "is not executable");
    return status;
}

void offer(std::vector<FoundPython> &found, std::set<std::string> &seen, const fs::path &path,
           std::string source)
{
    const std::string text = path.string();
    if (::access(text.c_str(), X_OK) != 0 || !seen.insert(text).second)
        return;
    if (auto version = pythonVersion(text))
        found.push_back({.path = text, .version = *version, .source = std::move(source)});
}

/// "version = 3.11.2" or "version_info = 3.11.2.final.0" of a pyvenv.cfg, as the tool that made it
/// wrote.
std::string configuredVersion(const fs::path &environment)
{
    std::ifstream file(environment / "pyvenv.cfg");
    std::string name = "CPython";
    std::string version;
    std::string line;
    for (int lines = 0; lines < 100 && std::getline(file, line); ++lines) {
        const size_t equals = line.find('=');
        if (equals == line.npos)
            continue;
        const std::string_view key = trim(std::string_view(line).substr(0, equals));
        const std::string_view value = trim(std::string_view(line).substr(equals + 1));
        if (key == "implementation" && !value.empty())
            name = value;
        if (key == "version" || key == "version_info")
            version = value;
    }
    const auto numbers = split(version, '.');
    if (numbers.size() < 2)
        return {};
    const auto major = parseUnsigned(numbers[0]);
    const auto minor = parseUnsigned(numbers[1]);
    if (!major || !minor || *major != 3 || *minor < 9)
        return {};
    if (name == "PyPy") // the file tells the language's version, not PyPy's own
        return fmt::format("PyPy (3.{})", *minor);
    std::string shown = name + " 3." + std::string(numbers[1]);
    if (numbers.size() > 2)
        shown += "." + std::string(numbers[2]);
    return shown;
}

/// An interpreter inside the folder is a stranger's file and is not run: it is a link to one of the
/// system, which is asked, or its pyvenv.cfg is read.
void offerEnvironment(std::vector<FoundPython> &found, std::set<std::string> &seen,
                      const fs::path &folder, const fs::path &environment, std::string source)
{
    const fs::path python = environment / "bin/python";
    if (::access(python.c_str(), X_OK) != 0 || !seen.insert(python.string()).second)
        return;
    std::error_code problem;
    const std::string real = fs::canonical(python, problem).string();
    const std::string inside = fs::canonical(folder, problem).string() + "/";
    if (problem)
        return;
    const std::string version = real.starts_with(inside) ? configuredVersion(environment)
                                                         : pythonVersion(real).value_or("");
    if (!version.empty())
        found.push_back({.path = python.string(), .version = version, .source = std::move(source)});
}

void offerOwn(std::vector<FoundPython> &found, std::set<std::string> &seen, const fs::path &folder)
{
    offerEnvironment(found, seen, folder, folder / ".venv", ".venv");
    offerEnvironment(found, seen, folder, folder / "venv", "venv");
    std::error_code problem;
    size_t looked = 0;
    std::vector<fs::path> environments;
    for (fs::directory_iterator it(folder, problem), end;
         !problem && it != end && looked < kFoldersMax; it.increment(problem), ++looked) {
        std::error_code ignored;
        if (fs::exists(it->path() / "pyvenv.cfg", ignored))
            environments.push_back(it->path());
    }
    std::sort(environments.begin(), environments.end());
    for (const fs::path &environment : environments)
        offerEnvironment(found, seen, folder, environment, "pyvenv.cfg");
}

/// python3, python3.12, pypy3, pypy3.10: names that are interpreters.
bool isInterpreterName(std::string_view name)
{
    for (const std::string_view stem : {"python3", "pypy3"}) {
        if (!name.starts_with(stem))
            continue;
        const std::string_view rest = name.substr(stem.size());
        return rest.empty() || (rest[0] == '.' && parseUnsigned(rest.substr(1)).has_value());
    }
    return false;
}

/// Where pyenv keeps what it has built; empty without one.
fs::path pyenvRoot()
{
    const char *root = std::getenv("PYENV_ROOT");
    if (root && root[0] == '/')
        return root;
    const char *home = std::getenv("HOME");
    return home && home[0] == '/' ? fs::path(home) / ".pyenv" : fs::path();
}

void offerPyenv(std::vector<FoundPython> &found, std::set<std::string> &seen)
{
    const fs::path root = pyenvRoot();
    std::vector<fs::path> versions;
    std::error_code problem;
    for (fs::directory_iterator it(root / "versions", problem), end;
         !root.empty() && !problem && it != end && versions.size() < kPyenvMax;
         it.increment(problem))
        versions.push_back(it->path());
    std::sort(versions.begin(), versions.end());
    for (const fs::path &version : versions) {
        std::error_code ignored;
        const std::string real = fs::canonical(version / "bin/python3", ignored).string();
        if (!ignored && seen.insert("real " + real).second)
            offer(found, seen, version / "bin/python3", "pyenv");
    }
}

void offerSystem(std::vector<FoundPython> &found, std::set<std::string> &seen)
{
    offer(found, seen, "/usr/bin/python3", "system");
    const fs::path shims = pyenvRoot() / "shims";
    const char *path = std::getenv("PATH");
    for (const std::string_view folder : split(path ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
        // pyenv's shims choose by the current folder, which for an engine means nothing.
        if (!folder.starts_with('/') || fs::path(folder) == shims)
            continue;
        std::vector<fs::path> names;
        std::error_code problem;
        for (fs::directory_iterator it(fs::path(folder), problem), end; !problem && it != end;
             it.increment(problem)) {
            if (isInterpreterName(it->path().filename().string()))
                names.push_back(it->path());
        }
        std::sort(names.begin(), names.end());
        for (const fs::path &name : names) {
            // "python3" and "python3.11" of one folder are one interpreter.
            std::error_code ignored;
            const std::string real = fs::canonical(name, ignored).string();
            if (seen.insert("real " + real).second)
                offer(found, seen, name, "system");
        }
    }
}

} // namespace

Result<std::string> pythonVersion(const std::string &path)
{
    static std::mutex mutex; // guards known; never held while a program runs
    static std::map<std::string, Known> known;
    const auto status = checkProgram(path);
    if (!status)
        return status.error();
    {
        const std::scoped_lock lock(mutex);
        const auto it = known.find(path);
        if (it != known.end() && it->second.changed.tv_sec == status->st_mtim.tv_sec
            && it->second.changed.tv_nsec == status->st_mtim.tv_nsec)
            return it->second.version;
    }
    Result<std::string> version = askVersion(path);
    const std::scoped_lock lock(mutex);
    if (known.size() >= kKnownMax)
        known.clear();
    known.insert_or_assign(path, Known {.changed = status->st_mtim, .version = version});
    return version;
}

std::vector<FoundPython> findPythons(const std::string &folder)
{
    std::vector<FoundPython> found;
    std::set<std::string> seen;
    offerOwn(found, seen, folder);
    std::error_code ignored;
    seen.insert("real " + fs::canonical("/usr/bin/python3", ignored).string());
    offerSystem(found, seen);
    offerPyenv(found, seen);
    return found;
}

std::vector<std::string> sitePackages(const FoundPython &python)
{
    std::vector<std::string> folders;
    if (python.source == "system" || python.source == "pyenv")
        return folders;
    const fs::path library = fs::path(python.path).parent_path().parent_path() / "lib";
    std::error_code problem;
    for (fs::directory_iterator it(library, problem), end; !problem && it != end;
         it.increment(problem)) {
        std::error_code ignored;
        const fs::path packages = it->path() / "site-packages";
        if (fs::is_directory(packages, ignored))
            folders.push_back(packages.string());
    }
    return folders;
}

} // namespace arc
