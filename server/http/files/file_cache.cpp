// SPDX-License-Identifier: Apache-2.0
#include "server/http/files/file_cache.h"

#include "server/base/assert.h"

#include <cstring>
#include <random>
#include <utility>

namespace arc {

namespace {

uint64_t fold(uint64_t a, uint64_t b) noexcept
{
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
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
    hash = fold(hash ^ last, kMix ^ key.path.size());
    return static_cast<size_t>(fold(hash, seed | 1));
}

bool FileCache::KeyEqual::same(const KeyView &a, const KeyView &b) noexcept
{
    return a.path == b.path && (a.scope == b.scope || a.scope->key == b.scope->key);
}

FileCache::FileCache(EventLoop &loop, BlockingPool &pool, Find find, OpenStrategy strategy)
    : m_loop(loop), m_pool(pool), m_find(std::move(find)), m_strategy(strategy),
      m_nodes(64, KeyHash {randomSeed()}), m_self(std::make_shared<FileCache *>(this))
{
}

FileCache::~FileCache() = default;

void FileCache::serve(Exchange &exchange, const std::shared_ptr<const FileScope> &scope,
                      std::string_view path, Answer answer) noexcept
{
    ARC_DEBUG_ASSERT(m_loop.isCurrent());
    auto at = m_nodes.find(KeyView {scope.get(), path});
    if (at == m_nodes.end()) {
        if (path.size() > kPathBytesMax) {
            exchange.respondStatus(404);
            return;
        }
        at = m_nodes.emplace(Key {scope, std::string(path)}, std::make_unique<Node>()).first;
        if (!startLoad(at->first, nullptr)) {
            m_nodes.erase(at);
            exchange.respondStatus(503, {}, 1);
            return;
        }
        at->second->isLoading = true;
    }
    Node &node = *at->second;
    if (node.entry) {
        const auto age = m_loop.now() - node.checkedAt;
        if (age >= kFresh && !node.isLoading && startLoad(at->first, node.entry)) {
            node.isLoading = true;
            unshelve(node); // what is being loaded is not evicted: somebody may wait for it
        }
        if (age < kUsable || !node.isLoading) {
            if (node.shelf)
                node.shelf->order.splice(node.shelf->order.begin(), node.shelf->order, node.place);
            const Entry entry =
                node.entry; // answering may bring the next request, and that may evict
            answer(exchange, entry);
            return;
        }
    }
    node.waiters.push_back({exchange.id(), answer});
}

bool FileCache::startLoad(const Key &key, const Entry &known)
{
    auto job = [weak = std::weak_ptr(m_self), key, strategy = m_strategy,
                stamp = known ? known->stamp : std::nullopt]() -> std::function<void()> {
        Entry entry = loadFile(*key.scope, key.path, strategy, stamp);
        return [weak, key, entry = std::move(entry)]() mutable {
            if (const auto self = weak.lock())
                (*self)->loaded(key, std::move(entry));
        };
    };
    return m_pool.submit(m_loop, std::move(job));
}

void FileCache::loaded(const Key &key, Entry entry) noexcept
{
    ARC_DEBUG_ASSERT(m_loop.isCurrent());
    const auto at = m_nodes.find(key);
    ARC_ASSERT(at != m_nodes.end() && at->second->isLoading);
    Node &node = *at->second;
    node.isLoading = false;
    node.checkedAt = m_loop.now();
    if (entry)
        node.entry = std::move(entry);
    const Entry current = node.entry;
    const std::vector<Waiter> waiters = std::exchange(node.waiters, {});
    if (current->status == 503)
        m_nodes.erase(at);
    else
        shelve(*at);
    // Last, because an answer may bring the next request of its connection into serve().
    for (const Waiter &waiter : waiters) {
        if (Exchange *exchange = m_find(waiter.id))
            waiter.answer(*exchange, current);
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
    trim(m_found, kFoundMax, kBytesMax);
    trim(m_missing, kMissingMax, UINT64_MAX);
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
