// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"
#include "server/http/files/file_entry.h"
#include "server/http/files/folder_changes.h"
#include "server/loop/blocking_pool.h"
#include "server/loop/event_loop.h"

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace arc {

/// Files of one loop: small ones in memory, large ones as open descriptors, and what was not found.
/// Confined to its loop; everything that may block runs on the pool and comes back as mail. A hit
/// makes no system call, but for the length of a large file.
///
/// An entry younger than kFresh is used as it is; younger than kUsable it is used once more while
/// the pool looks at the file again; an older one waits for that look, so that an edited file is
/// never served stale after a pause. Where the kernel tells that something in a file's folder
/// changed, the entry waits for that look at once.
class FileCache {
public:
    static constexpr std::chrono::milliseconds kFresh {1000};
    static constexpr std::chrono::milliseconds kUsable {2000};
    static constexpr size_t kFoundMax = 16384;
    static constexpr size_t kMissingMax =
        1024; ///< kept apart: a scan for names that do not exist evicts no file
    static constexpr size_t kPathBytesMax = 4095; ///< PATH_MAX; what is longer is not there

    using Find = std::function<Exchange *(ExchangeId)>;
    using Entry = std::shared_ptr<const FileEntry>;
    /// What was asked for and what is there. `scope` and `path` are gone after the next call of
    /// serve().
    struct Found {
        const Entry &entry;
        const std::shared_ptr<const FileScope> &scope;
        std::string_view path;
    };
    /// Answers an exchange from an entry.
    using Answer = std::function<void(Exchange &exchange, const Found &found)>;

    /// find: the exchange of an id of this loop, or null when it is gone (HttpLoop::find()).
    /// loops: that share files.cache_mib.
    FileCache(EventLoop &loop, BlockingPool &pool, Find find,
              OpenStrategy strategy = bestOpenStrategy(), size_t loops = 1);
    ~FileCache();
    FileCache(const FileCache &) = delete;

    /// Calls `answer` now, or later if the exchange is still there then, whatever the path; never
    /// answers the exchange itself. False: the pool's queue is full, and nothing was done.
    [[nodiscard]] bool serve(Exchange &exchange, const std::shared_ptr<const FileScope> &scope,
                             std::string_view path, const FileVariant &variant,
                             const Answer &answer) noexcept;

    /// Whether what so many bytes are compressed to may stay: two of them must have room, else each
    /// request would compress anew.
    bool hasRoomFor(uint64_t bytes) const noexcept { return bytes <= m_bytesMax / 2; }

    uint64_t bytes() const noexcept { return m_found.cost; }
    size_t foldersWatched() const noexcept { return m_changes.folders(); }
    size_t entries() const noexcept { return m_nodes.size(); }

private:
    struct KeyView {
        const FileScope *scope;
        std::string_view path;
        FileVariant variant;
    };
    struct Key {
        std::shared_ptr<const FileScope> scope;
        std::string path;
        FileVariant variant;
        KeyView view() const noexcept { return {scope.get(), path, variant}; }
    };
    struct KeyHash {
        using is_transparent = void;
        uint64_t seed;
        size_t operator()(const KeyView &key) const noexcept;
        size_t operator()(const Key &key) const noexcept { return (*this)(key.view()); }
    };
    struct KeyEqual {
        using is_transparent = void;
        template <class A, class B>
        bool operator()(const A &a, const B &b) const noexcept
        {
            return same(viewOf(a), viewOf(b));
        }
        static const KeyView &viewOf(const KeyView &key) noexcept { return key; }
        static KeyView viewOf(const Key &key) noexcept { return key.view(); }
        static bool same(const KeyView &a, const KeyView &b) noexcept;
    };
    struct Node;
    using Nodes = std::unordered_map<Key, std::unique_ptr<Node>, KeyHash, KeyEqual>;
    struct Shelf { // least recently used last
        std::list<Nodes::value_type *> order;
        uint64_t cost = 0;
    };
    struct Waiter {
        ExchangeId id;
        Answer answer;
    };
    struct Node {
        Entry entry;
        SteadyTime checkedAt {};
        SteadyTime askedAt {};    ///< when the look began whose answer this is
        SteadyTime measuredAt {}; ///< of a large file: the turn in which its length was asked
        int watch = -1;           ///< of its folder
        bool isLoading = false;
        bool isCut = false; ///< as measured
        Shelf *shelf = nullptr;
        std::list<Nodes::value_type *>::iterator place {};
        std::vector<Waiter>
            waiters; ///< each one a request in flight, so bounded by limits.connections
    };

    bool startLoad(const Key &key, Node &node, LoadStep step = LoadStep::Look);
    bool isChanged(Node &node) const noexcept;
    bool hasShrunk(Node &node) const noexcept;
    void answerFrom(Nodes::value_type &slot, Exchange &exchange, const Answer &answer) noexcept;
    void loaded(const Key &key, FileLoad load) noexcept;
    void shelve(Nodes::value_type &slot);
    void unshelve(Node &node) noexcept;
    void trim(Shelf &shelf, size_t entriesMax, uint64_t costMax) noexcept;

    EventLoop &m_loop;
    BlockingPool &m_pool;
    const Find m_find;
    const OpenStrategy m_strategy;
    const size_t m_loops;
    uint64_t
        m_bytesMax; ///< of files found, see FileEntry::cost(); as the last request's settings say
    FolderChanges m_changes;
    Nodes m_nodes;
    Shelf m_found;
    Shelf m_missing;
    std::shared_ptr<FileCache *>
        m_self; ///< what answers of the pool look for: gone when the cache is
};

} // namespace arc
