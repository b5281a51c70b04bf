// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/file_cache.h"

#include "server/base/assert.h"
#include "server/http/coding/coder_pool.h"
#include "server/http/router.h"

#include <cstring>
#include <random>
#include <utility>

#include <sys/stat.h>

namespace arc {

namespace {

uint64_t fold(uint64_t a, uint64_t b) noexcept
{
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

uint64_t shareOf(const Settings &settings, size_t loops) noexcept
{
    return static_cast<uint64_t>(settings.filesCacheMiB) * 1024 * 1024 / loops;
}

/// With too much to be compressed at one time the file goes as it is: every client that takes
/// codings takes that.
FileCache::Entry asItIs()
{
    auto entry = std::make_shared<FileEntry>();
    entry->status = 200;
    entry->isOriginalBetter = true;
    return entry;
}

constexpr uint64_t kMix = 0x9e3779b97f4a7c15;

uint64_t randomSeed()
{
    std::random_device device;
    return uint64_t {device()} << 32 | device();
}

} // namespace

/// Multiply and fold, seeded per cache: clients choose paths, and must not be able to choose
/// collisions.
size_t FileCache::KeyHash::operator()(const KeyView &key) const noexcept
{
    uint64_t hash = seed ^ key.scope->keyHash;
    const char *at = key.path.data();
    size_t left = key.path.size();
    for (; left >= 8; left -= 8, at += 8) {
        uint64_t word;
        std::memcpy(&word, at, 8);
        hash = fold(hash ^ word, seed | kMix);
    }
    uint64_t last = 0;
    std::memcpy(&last, at, left);
    hash = fold(hash ^ last, kMix ^ key.path.size() ^ uint64_t {key.variant.number()} << 32);
    return static_cast<size_t>(fold(hash, seed | 1));
}

bool FileCache::KeyEqual::same(const KeyView &a, const KeyView &b) noexcept
{
    return a.path == b.path && a.variant == b.variant
        && (a.scope == b.scope || a.scope->key == b.scope->key);
}

FileCache::FileCache(EventLoop &loop, BlockingPool &pool, Find find, OpenStrategy strategy,
                     size_t loops)
    : m_loop(loop), m_pool(pool), m_find(std::move(find)), m_strategy(strategy), m_loops(loops),
      m_bytesMax(shareOf(Settings {}, loops)), m_changes(loop), m_nodes(64, KeyHash {randomSeed()}),
      m_self(std::make_shared<FileCache *>(this))
{
}

FileCache::~FileCache() = default;

bool FileCache::serve(Exchange &exchange, const std::shared_ptr<const FileScope> &scope,
                      std::string_view path, const FileVariant &variant,
                      const Answer &answer) noexcept
{
    ARC_DEBUG_ASSERT(m_loop.isCurrent());
    const Settings &settings = exchange.route().settings;
    m_bytesMax = shareOf(settings, m_loops);
    m_changes.setLimit((static_cast<size_t>(settings.filesWatches) + m_loops - 1) / m_loops);
    auto at = m_nodes.find(KeyView {scope.get(), path, variant});
    if (at == m_nodes.end()) {
        if (path.size() > kPathBytesMax) {
            // Through `answer` as everything else: who asks may hold things until it is called.
            static const Entry kNothing = std::make_shared<const FileEntry>();
            answer(exchange, {kNothing, scope, path});
            return true;
        }
        at = m_nodes.emplace(Key {scope, std::string(path), variant}, std::make_unique<Node>())
                 .first;
        if (!startLoad(at->first, *at->second)) {
            m_nodes.erase(at);
            return false;
        }
    }
    Node &node = *at->second;
    if (node.entry) {
        const auto age = m_loop.now() - node.checkedAt;
        const bool isOld = isChanged(node);
        if ((age >= kFresh || isOld) && !node.isLoading && startLoad(at->first, node))
            unshelve(node); // what is being loaded is not evicted: somebody may wait for it
        if ((age < kUsable && !isOld) || !node.isLoading) {
            if (node.shelf)
                node.shelf->order.splice(node.shelf->order.begin(), node.shelf->order, node.place);
            m_loop.metrics().fileHits.add(1);
            answerFrom(*at, exchange, answer);
            return true;
        }
    }
    m_loop.metrics().fileMisses.add(1);
    node.waiters.push_back({exchange.id(), answer});
    return true;
}

/// The entry and the scope are held meanwhile: answering may bring the next request of the
/// connection, and that may evict them.
void FileCache::answerFrom(Nodes::value_type &slot, Exchange &exchange,
                           const Answer &answer) noexcept
{
    const Entry entry = slot.second->entry;
    answer(exchange, {entry, slot.first.scope, slot.first.path});
}

bool FileCache::isChanged(Node &node) const noexcept
{
    return (node.watch >= 0 && m_changes.changedSince(node.watch, node.askedAt)) || hasShrunk(node);
}

/// Of a large file: its length is promised before its bytes are read, and nobody tells when it is
/// cut. Its descriptor is asked once in a turn: what happens within one may as well happen between
/// this look and the sending.
bool FileCache::hasShrunk(Node &node) const noexcept
{
    const FileEntry &entry = *node.entry;
    if (entry.file && std::exchange(node.measuredAt, m_loop.now()) != m_loop.now()) {
        struct stat now { };
        node.isCut = ::fstat(entry.file->get(), &now) == 0
            && static_cast<uint64_t>(now.st_size) < entry.size;
    }
    return node.isCut;
}

/// Compressing is long work for the pool; whether there is any is found out by a look before, so
/// that what has not changed never waits behind it.
bool FileCache::startLoad(const Key &key, Node &node, LoadStep step)
{
    auto job = [weak = std::weak_ptr(m_self), key, strategy = m_strategy, known = node.entry,
                watcher = m_changes.watcher(), step]() -> std::function<void()> {
        FileLoad load =
            loadFile(*key.scope, key.path, key.variant, strategy, known.get(), *watcher, step);
        return [weak, key, load = std::move(load)]() mutable {
            if (const auto self = weak.lock())
                (*self)->loaded(key, std::move(load));
        };
    };
    const auto length =
        step == LoadStep::Code ? BlockingPool::Length::Long : BlockingPool::Length::Short;
    if (!m_pool.submit(m_loop, std::move(job), length))
        return false;
    node.isLoading = true;
    node.askedAt = m_loop.now();
    return true;
}

void FileCache::loaded(const Key &key, FileLoad load) noexcept
{
    ARC_DEBUG_ASSERT(m_loop.isCurrent());
    const auto at = m_nodes.find(key);
    ARC_ASSERT(at != m_nodes.end() && at->second->isLoading);
    Node &node = *at->second;
    if (m_changes.note(load.watch))
        node.watch = load.watch;
    else if (!m_changes.knows(node.watch)) // else as before: the folder may still be watched
        node.watch = -1;
    if (load.mustCode && startLoad(at->first, node, LoadStep::Code))
        return;
    node.isLoading = false;
    node.checkedAt = m_loop.now();
    if (load.mustCode) {
        node.entry = asItIs();
    } else if (load.entry) {
        countCoding(m_loop.metrics(), load.entry->coding, load.entry->codedFrom,
                    load.entry->content.size(), load.entry->codedIn);
        node.entry = std::move(load.entry);
        node.measuredAt = {};
        node.isCut = false;
    }
    const Entry current = node.entry;
    const std::vector<Waiter> waiters = std::exchange(node.waiters, {});
    if (current->status == 503 || load.mustCode)
        m_nodes.erase(at); // the next one may have more luck
    else
        shelve(*at);
    // Last, because an answer may bring the next request of its connection into serve().
    for (const Waiter &waiter : waiters) {
        if (Exchange *exchange = m_find(waiter.id))
            waiter.answer(*exchange, {current, key.scope, key.path});
    }
}

void FileCache::shelve(Nodes::value_type &slot)
{
    Node &node = *slot.second;
    Shelf &shelf = node.entry->status == 200 ? m_found : m_missing;
    shelf.order.push_front(&slot);
    shelf.cost += node.entry->cost();
    node.shelf = &shelf;
    node.place = shelf.order.begin();
    trim(m_found, kFoundMax, m_bytesMax);
    trim(m_missing, kMissingMax, UINT64_MAX);
    m_loop.metrics().fileCacheBytes.set(static_cast<int64_t>(m_found.cost));
}

void FileCache::unshelve(Node &node) noexcept
{
    node.shelf->order.erase(node.place);
    node.shelf->cost -= node.entry->cost();
    node.shelf = nullptr;
}

void FileCache::trim(Shelf &shelf, size_t entriesMax, uint64_t costMax) noexcept
{
    while (shelf.order.size() > entriesMax || shelf.cost > costMax) {
        Nodes::value_type *oldest = shelf.order.back();
        unshelve(*oldest->second);
        m_nodes.erase(m_nodes.find(oldest->first.view()));
    }
}

} // namespace arc
