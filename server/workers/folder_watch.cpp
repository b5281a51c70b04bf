// SPDX-License-Identifier: Apache-2.0
#include "server/workers/folder_watch.h"

#include "server/base/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <vector>

#include <fmt/format.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace arc {

namespace {

constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
    | IN_ONLYDIR | IN_EXCL_UNLINK;

std::string below(const std::string &folder, std::string_view name)
{
    return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

} // namespace

FolderWatch::FolderWatch(EventLoop &loop, Saved saved)
    : m_loop(loop), m_saved(std::move(saved)), m_quiet(&FolderWatch::quiet, this)
{
}

bool FolderWatch::isSource(std::string_view fileName)
{
    static constexpr std::array<std::string_view, 13> kEndings {
        ".py",   ".pyi", ".html", ".htm",  ".jinja", ".jinja2", ".j2",
        ".toml", ".ini", ".cfg",  ".yaml", ".yml",   ".conf"};
    if (fileName == ".env" || fileName.starts_with(".env."))
        return true;
    if (fileName.empty() || fileName.front() == '.') // swap and lock files of editors
        return false;
    return std::any_of(kEndings.begin(), kEndings.end(),
                       [&](std::string_view ending) { return fileName.ends_with(ending); });
}

bool FolderWatch::isPassedOver(std::string_view folderName)
{
    static constexpr std::array<std::string_view, 4> kNames {"__pycache__", "node_modules", "venv",
                                                             "site-packages"};
    return folderName.starts_with('.')
        || std::find(kNames.begin(), kNames.end(), folderName) != kNames.end();
}

void FolderWatch::start(const std::string &root)
{
    m_event.stop();
    m_folders.clear();
    m_problem.clear();
    m_root = root;
    m_inotify.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!m_inotify) {
        m_problem = errnoError("the folder cannot be watched", errno).message();
        return;
    }
    addTree({}, false);
    if (m_folders.empty() && m_problem.empty())
        m_problem = fmt::format("{} cannot be watched: it is not there", m_root);
    m_event.watchInput(m_loop, m_inotify.get(), &FolderWatch::readable, this);
}

bool FolderWatch::addFolder(const std::string &folder)
{
    if (m_folders.size() >= kFoldersMax) {
        m_problem =
            fmt::format("{} has more than {} folders; saves are noticed in the first {} only",
                        m_root, kFoldersMax, kFoldersMax);
        return false;
    }
    const std::string path = folder.empty() ? m_root : m_root + "/" + folder;
    const int watch = ::inotify_add_watch(m_inotify.get(), path.c_str(), kEvents);
    if (watch < 0) {
        const int why = errno;
        // One that has gone meanwhile is no problem; out of watches is.
        if (why != ENOENT && why != ENOTDIR)
            m_problem = errnoError(fmt::format("saves in {} are not noticed", path), why).message();
        return why != ENOSPC;
    }
    m_folders[watch] = folder;
    return true;
}

/// Watched before it is listed: what comes in between is seen at least once.
void FolderWatch::addTree(const std::string &folder, bool tellsFiles)
{
    namespace fs = std::filesystem;
    size_t entries = 0;
    std::vector<std::string> open {folder};
    while (!open.empty()) {
        const std::string next = std::move(open.back());
        open.pop_back();
        if (!addFolder(next))
            return;
        std::error_code failed;
        fs::directory_iterator each(next.empty() ? m_root : m_root + "/" + next,
                                    fs::directory_options::skip_permission_denied, failed);
        std::vector<std::string> inside;
        for (; !failed && each != fs::directory_iterator(); each.increment(failed)) {
            if (++entries > kEntriesMax) {
                m_problem = fmt::format("{} holds more than {} files; saves are noticed in a part "
                                        "of it only",
                                        m_root, kEntriesMax);
                return;
            }
            const std::string name = each->path().filename().string();
            std::error_code unknown;
            if (name == "pyvenv.cfg" && !next.empty()) {
                inside.clear(); // a virtual environment, whatever its name
                break;
            }
            if (each->symlink_status(unknown).type() == fs::file_type::directory) {
                if (!isPassedOver(name))
                    inside.push_back(below(next, name));
            } else if (tellsFiles) {
                note(next, name);
            }
        }
        std::sort(inside.rbegin(), inside.rend());
        open.insert(open.end(), inside.begin(), inside.end());
    }
}

void FolderWatch::readable(void *self, Readiness) noexcept
{
    static_cast<FolderWatch *>(self)->readEvents();
}

void FolderWatch::readEvents()
{
    alignas(inotify_event) char buffer[16 * 1024];
    for (;;) {
        const ssize_t size = ::read(m_inotify.get(), buffer, sizeof buffer);
        if (size <= 0)
            return;
        for (ssize_t at = 0; at < size;) {
            const auto &event = *reinterpret_cast<const inotify_event *>(buffer + at);
            at += static_cast<ssize_t>(sizeof event + event.len);
            if (event.mask & IN_Q_OVERFLOW) { // what was missed is somewhere
                start(std::string(m_root));
                m_last = "more than could be told";
                m_quiet.arm(m_loop.timers(), kQuiet);
                return;
            }
            const auto known = m_folders.find(event.wd);
            if (known == m_folders.end())
                continue;
            const std::string folder = known->second;
            if (event.mask & IN_IGNORED) {
                m_folders.erase(known);
                continue;
            }
            const std::string name = event.len > 0 ? event.name : "";
            const bool appears = (event.mask & (IN_CREATE | IN_MOVED_TO)) != 0;
            if (!(event.mask & IN_ISDIR)) {
                if (!(event.mask & IN_CREATE)) // complete when it is closed
                    note(folder, name);
            } else if (appears && !isPassedOver(name)) {
                addTree(below(folder, name), true);
            }
        }
    }
}

void FolderWatch::note(const std::string &folder, std::string_view name)
{
    if (!isSource(name))
        return;
    m_last = below(folder, name);
    m_quiet.arm(m_loop.timers(), kQuiet);
}

void FolderWatch::quiet(void *self) noexcept
{
    auto &watch = *static_cast<FolderWatch *>(self);
    watch.m_saved(std::exchange(watch.m_last, {}));
}

} // namespace arc
