// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/loop/event_loop.h"
#include "server/loop/io_event.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace arc {

/// Tells when somebody saves source of a project: Python files, templates, settings files. What
/// tools and installations keep inside a project (.git, __pycache__, node_modules, virtual
/// environments) is passed over. Confined to its loop.
class FolderWatch {
public:
    static constexpr size_t kFoldersMax = 2000;
    /// Entries looked at while the folders are listed: the loop must not stand still for a folder
    /// of a million uploads.
    static constexpr size_t kEntriesMax = 200'000;
    /// Editors, checkouts and formatters save in bursts; one is one change.
    static constexpr std::chrono::milliseconds kQuiet {200};

    /// saved: the path, relative to the root, of one of the files.
    using Saved = std::function<void(const std::string &path)>;
    FolderWatch(EventLoop &loop, Saved saved);
    FolderWatch(const FolderWatch &) = delete;

    /// Watches a tree. What is wrong, as one sentence, is in problem(): too many folders are
    /// watched as far as the limit goes.
    void start(const std::string &root);
    const std::string &root() const noexcept { return m_root; }
    const std::string &problem() const noexcept { return m_problem; }
    size_t folders() const noexcept { return m_folders.size(); }

    static bool isSource(std::string_view fileName);
    static bool isPassedOver(std::string_view folderName);

private:
    static void readable(void *self, Readiness) noexcept;
    static void quiet(void *self) noexcept;
    void readEvents();
    void addTree(const std::string &folder, bool tellsFiles);
    bool addFolder(const std::string &folder);
    void note(const std::string &folder, std::string_view name);

    EventLoop &m_loop;
    const Saved m_saved;
    std::string m_root;
    std::string m_problem;
    std::map<int, std::string> m_folders; // by watch; relative to the root, "" for itself
    std::string m_last;                   // saved since it was told last
    FileDescriptor m_inotify;
    IoEvent m_event;
    Timer m_quiet;
};

} // namespace arc
