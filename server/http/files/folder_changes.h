// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>

namespace arc {

/// The part of FolderChanges that the pool uses: asks the kernel to watch a folder. Any thread.
class FolderWatcher {
public:
    FolderWatcher();
    /// The number of the folder's watch; -1: it is not watched (the limit, the kernel's limit, no
    /// such folder).
    int watch(const std::string &folder) noexcept;
    int descriptor() const noexcept { return m_inotify.get(); }
    void setFull(bool full) noexcept { m_isFull.store(full, std::memory_order_relaxed); }
    void forget(int watch) noexcept;

private:
    const FileDescriptor m_inotify;
    std::atomic<bool> m_isFull {false};
};

/// Knows when something in a folder changed, so that a cached file can be looked at again at once.
/// A help, not a promise: what it misses (another machine's writes, the target of a link, a folder
/// further up that was renamed) is found by looking once a second. Confined to its loop.
class FolderChanges {
public:
    explicit FolderChanges(EventLoop &loop);
    FolderChanges(const FolderChanges &) = delete;

    std::shared_ptr<FolderWatcher> watcher() const noexcept { return m_watcher; }
    /// At most so many folders, 0: none. Those watched already stay.
    void setLimit(size_t folders) noexcept;
    /// A watch that the pool got. False: it is one too many and was given up.
    bool note(int watch) noexcept;
    /// False: it was never noted, or its folder is gone.
    bool knows(int watch) const noexcept { return m_changed.contains(watch); }
    /// Of a watch that was noted. One whose folder is gone has changed, whatever `when` is.
    bool changedSince(int watch, SteadyTime when) const noexcept;
    size_t folders() const noexcept { return m_changed.size(); }

private:
    static void readable(void *self, Readiness) noexcept;
    void readEvents() noexcept;

    EventLoop &m_loop;
    std::shared_ptr<FolderWatcher> m_watcher;
    size_t m_limit = 0;
    std::unordered_map<int, SteadyTime> m_changed; ///< by watch: when it changed last
    IoEvent m_event;
};

} // namespace arc
