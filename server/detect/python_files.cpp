// SPDX-License-Identifier: Apache-2.0
#include "server/base/embedded.h"
#include "server/base/file_descriptor.h"
#include "server/detect/detect.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace arc {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "worker/";

std::string &installed()
{
    static std::string directory; // written once at start, before other threads ask
    return directory;
}

/// FNV-1a over names and contents: a name for a build, not a proof against an attacker.
std::string buildId()
{
    uint64_t hash = 0xcbf29ce484222325ull;
    const auto mix = [&hash](std::string_view text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
        hash = (hash ^ text.size()) * 0x100000001b3ull;
    };
    for (const std::string_view name : embeddedNames(kPrefix)) {
        mix(name);
        mix(*embeddedFile(name));
    }
    return fmt::format("{:016x}", hash);
}

bool holds(const fs::path &path, std::string_view content)
{
    std::error_code problem;
    if (fs::file_size(path, problem) != content.size() || problem)
        return false;
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    std::string found(content.size(), '\0');
    size_t at = 0;
    while (file && at < found.size()) {
        const ssize_t size = ::read(file.get(), found.data() + at, found.size() - at);
        if (size <= 0)
            return false;
        at += static_cast<size_t>(size);
    }
    return file && found == content;
}

bool holdsAll(const fs::path &directory)
{
    for (const std::string_view name : embeddedNames(kPrefix)) {
        if (!holds(directory / name, *embeddedFile(name)))
            return false;
    }
    return true;
}

/// Whole or not at all: a crash in between leaves a temporary file, never half a module.
Result<void> writeWhole(const fs::path &path, std::string_view content)
{
    const std::string temporary = fmt::format("{}.{}.new", path.string(), ::getpid());
    const FileDescriptor file(
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file)
        return errnoError(fmt::format("cannot write {}", temporary), errno);
    for (size_t at = 0; at < content.size();) {
        const ssize_t size = ::write(file.get(), content.data() + at, content.size() - at);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0) {
            const int problem = errno;
            ::unlink(temporary.c_str());
            return errnoError(fmt::format("cannot write {}", temporary), problem);
        }
        at += static_cast<size_t>(size);
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0)
        return errnoError(fmt::format("cannot write {}", path.string()), errno);
    return {};
}

} // namespace

Result<std::string> installPythonFiles(const std::string &directory, const std::string &shipped)
{
    const std::string build = buildId();
    if (const fs::path place = fs::path(shipped) / build; !shipped.empty() && holdsAll(place)) {
        installed() = place.string();
        return installed();
    }
    const fs::path target = fs::path(directory) / build;
    for (const std::string_view name : embeddedNames(kPrefix)) {
        const std::string_view content = *embeddedFile(name);
        const fs::path path = target / name;
        if (holds(path, content))
            continue;
        std::error_code problem;
        fs::create_directories(path.parent_path(), problem);
        if (problem)
            return errnoError(fmt::format("cannot make {}", path.parent_path().string()),
                              problem.value());
        if (auto written = writeWhole(path, content); !written)
            return std::move(written).error();
    }
    installed() = target.string();
    return installed();
}

const std::string &pythonFilesDirectory() noexcept
{
    return installed();
}

} // namespace arc
