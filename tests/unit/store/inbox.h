// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/store/sqlite_store.h"

#include <condition_variable>
#include <deque>
#include <mutex>

#include <QtTest>

/// Stands for the control loop: answers are delivered here and run on the test's thread, one at a
/// time.
class Inbox {
public:
    arc::SqliteStore::Deliver deliver()
    {
        return [this](std::function<void()> answer) {
            std::scoped_lock lock(m_mutex);
            m_answers.push_back(std::move(answer));
            m_wake.notify_one();
        };
    }

    /// Calls `ask(callback)` and waits for the answer.
    template <class T, class Ask>
    arc::Result<T> wait(Ask ask)
    {
        std::optional<arc::Result<T>> got;
        ask([&](arc::Result<T> result) { got.emplace(std::move(result)); });
        while (!got && runOne()) { }
        if (!got)
            return arc::Error {arc::ErrorCode::Internal, "no answer within ten seconds"};
        return *std::move(got);
    }

    bool runOne()
    {
        std::function<void()> answer;
        {
            std::unique_lock lock(m_mutex);
            if (!m_wake.wait_for(lock, std::chrono::seconds(10),
                                 [this] { return !m_answers.empty(); }))
                return false;
            answer = std::move(m_answers.front());
            m_answers.pop_front();
        }
        answer();
        return true;
    }

private:
    std::mutex m_mutex; // guards m_answers
    std::deque<std::function<void()>> m_answers;
    std::condition_variable m_wake;
};

/// A store and the calls of it, as if they waited.
struct OpenStore {
    explicit OpenStore(const std::string &path)
        : opened(arc::SqliteStore::open(path, inbox.deliver()))
    {
    }

    arc::Result<arc::StoredConfig> load()
    {
        return inbox.wait<arc::StoredConfig>([&](auto done) { (*opened)->load(done); });
    }
    arc::Result<uint64_t> commit(uint64_t expected, const arc::Document &document,
                                 const std::string &summary = {})
    {
        return inbox.wait<uint64_t>(
            [&](auto done) { (*opened)->commit(expected, document, "test", summary, done); });
    }
    arc::Result<std::vector<arc::Revision>> history(uint64_t before, size_t limit)
    {
        return inbox.wait<std::vector<arc::Revision>>(
            [&](auto done) { (*opened)->history(before, limit, done); });
    }
    arc::Result<arc::Document> documentAt(uint64_t revision)
    {
        return inbox.wait<arc::Document>([&](auto done) { (*opened)->documentAt(revision, done); });
    }
    arc::Result<void> close()
    {
        return inbox.wait<void>([&](auto done) { (*opened)->close(done); });
    }

    Inbox inbox;
    arc::Result<std::unique_ptr<arc::SqliteStore>> opened;
};
