// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/folder_changes.h"

#include <sys/inotify.h>
#include <unistd.h>

namespace arc {

namespace {

// Not IN_MODIFY: a file that is being written is not worth reading before it is closed, and a log
// that grows in a served folder would keep everything beside it from being cached.
constexpr uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO
    | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

} // namespace

FolderWatcher::FolderWatcher() : m_inotify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
{
}

int FolderWatcher::watch(const std::string &folder) noexcept
{
    if (!m_inotify || m_isFull.load(std::memory_order_relaxed))
        return -1;
    return ::inotify_add_watch(m_inotify.get(), folder.c_str(), kEvents);
}

void FolderWatcher::forget(int watch) noexcept
{
    ::inotify_rm_watch(m_inotify.get(), watch);
}

FolderChanges::FolderChanges(EventLoop &loop)
    : m_loop(loop), m_watcher(std::make_shared<FolderWatcher>())
{
    m_watcher->setFull(true); // until a limit is set
}

void FolderChanges::setLimit(size_t folders) noexcept
{
    if (folders == m_limit)
        return;
    m_limit = folders;
    m_watcher->setFull(m_changed.size() >= m_limit);
    if (m_watcher->descriptor() >= 0 && !m_event.isWatching())
        m_event.watchInput(m_loop, m_watcher->descriptor(), &FolderChanges::readable, this);
}

bool FolderChanges::note(int watch) noexcept
{
    if (watch < 0)
        return false;
    if (!m_changed.contains(watch) && m_changed.size() >= m_limit) {
        m_watcher->forget(watch);
        return false;
    }
    m_changed.try_emplace(watch, SteadyTime {});
    m_watcher->setFull(m_changed.size() >= m_limit);
    return true;
}

bool FolderChanges::changedSince(int watch, SteadyTime when) const noexcept
{
    const auto at = m_changed.find(watch);
    return at == m_changed.end() || at->second >= when;
}

void FolderChanges::readable(void *self, Readiness) noexcept
{
    static_cast<FolderChanges *>(self)->readEvents();
}

void FolderChanges::readEvents() noexcept
{
    alignas(inotify_event) char buffer[16 * 1024];
    for (;;) {
        const ssize_t size = ::read(m_watcher->descriptor(), buffer, sizeof buffer);
        if (size <= 0)
            return;
        for (ssize_t at = 0; at < size;) {
            const auto &event = *reinterpret_cast<const inotify_event *>(buffer + at);
            at += static_cast<ssize_t>(sizeof event + event.len);
            if (event.mask & IN_Q_OVERFLOW) { // what was missed may be anywhere
                for (auto &[watch, when] : m_changed)
                    when = m_loop.now();
                continue;
            }
            const auto known = m_changed.find(event.wd);
            if (event.mask & IN_IGNORED) { // the folder is gone; its number is never used again
                m_changed.erase(event.wd);
                m_watcher->setFull(m_changed.size() >= m_limit);
            } else if (known != m_changed.end()) {
                known->second = m_loop.now();
            } else { // added by the pool, whose mail is on its way here
                m_changed.emplace(event.wd, m_loop.now());
            }
        }
    }
}

} // namespace arc
