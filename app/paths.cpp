// SPDX-License-Identifier: Apache-2.0
#include "app/paths.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <sys/stat.h>
#include <unistd.h>

namespace arc {

std::string executablePath()
{
    std::error_code failed;
    return std::filesystem::read_symlink("/proc/self/exe", failed).string();
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

void makeSocketFolder(const std::string &socketPath)
{
    const std::filesystem::path folder = std::filesystem::path(socketPath).parent_path();
    std::error_code failed;
    std::filesystem::create_directories(folder.parent_path(), failed);
    ::mkdir(folder.c_str(), 0700);
}

std::string sampleCopy(const std::string &name, const std::string &dataDir)
{
    const std::string source = samplePath(name);
    const std::filesystem::path copy = std::filesystem::path(dataDir) / "samples" / name;
    std::error_code failed;
    if (std::filesystem::exists(copy, failed))
        return copy.string();
    if (source.empty())
        return {};
    // Copied aside first: a copy that was cut off must not be taken for a whole one later.
    const std::filesystem::path partial = copy.string() + ".partial";
    std::filesystem::remove_all(partial, failed);
    std::filesystem::create_directories(copy.parent_path(), failed);
    std::filesystem::copy(source, partial, std::filesystem::copy_options::recursive, failed);
    if (!failed)
        std::filesystem::rename(partial, copy, failed);
    return failed ? std::string() : copy.string();
}

std::string draftPath(const std::string &socketPath)
{
    const char *state = std::getenv("XDG_STATE_HOME");
    const char *home = std::getenv("HOME");
    std::filesystem::path folder;
    if (state && *state == '/')
        folder = state;
    else if (home && *home == '/')
        folder = std::filesystem::path(home) / ".local/state";
    else
        return {};
    std::string name = socketPath; // one engine, one name; the socket's path is short
    for (char &c : name) {
        if (c == '/')
            c = '-';
    }
    return folder / "arcology" / "drafts" / (name.substr(name.find_first_not_of('-')) + ".json");
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

NewDataDir::NewDataDir(std::string path) : m_path(std::move(path))
{
    std::error_code failed;
    m_isNew = !m_path.empty() && !std::filesystem::exists(m_path, failed) && !failed;
}

NewDataDir::~NewDataDir()
{
    std::error_code ignored; // nothing can be done about what cannot be removed
    if (m_isNew)
        std::filesystem::remove_all(m_path, ignored);
}

} // namespace arc
