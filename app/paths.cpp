// SPDX-License-Identifier: Apache-2.0
#include "app/paths.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <pwd.h>
#include <unistd.h>

namespace arc {

std::string executablePath()
{
    std::error_code failed;
    return std::filesystem::read_symlink("/proc/self/exe", failed).string();
}

std::string defaultDataDir()
{
    if (const char *data = std::getenv("XDG_DATA_HOME"); data && *data == '/')
        return std::string(data) + "/arcology";
    const char *home = std::getenv("HOME");
    if (!home || !*home) {
        const passwd *user = ::getpwuid(::getuid());
        home = user ? user->pw_dir : "/";
    }
    return std::string(home) + "/.local/share/arcology";
}

std::string samplePath(const std::string &name)
{
    const std::filesystem::path bin = std::filesystem::path(executablePath()).parent_path();
    // Installed: <prefix>/bin and <prefix>/share. Built: build/<preset>/bin in the source tree.
    for (const char *place : {"../share/arcology/samples", "../../../resources/samples"}) {
        std::error_code failed;
        const auto folder = std::filesystem::canonical(bin / place / name, failed);
        if (!failed)
            return folder.string();
    }
    return {};
}

TemporaryDirectory::TemporaryDirectory()
{
    const char *base = std::getenv("TMPDIR");
    std::string pattern = std::string(base && *base == '/' ? base : "/tmp") + "/arcology-XXXXXX";
    if (::mkdtemp(pattern.data()))
        m_path = std::move(pattern);
}

TemporaryDirectory::~TemporaryDirectory()
{
    std::error_code ignored; // nothing can be done about what cannot be removed
    if (!m_path.empty())
        std::filesystem::remove_all(m_path, ignored);
}

} // namespace arc
