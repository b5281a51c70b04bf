// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/assert.h"
#include "server/base/thread.h"
#include "server/loop/event_loop.h"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace arc {

/// A loop for a test, with a deadline: a test that would hang forever fails instead.
struct LoopFixture {
    LoopMetrics metrics;
    std::unique_ptr<EventLoop> loop;

    explicit LoopFixture(std::string name = "test")
    {
        auto made = EventLoop::create(std::move(name), 0, metrics);
        ARC_ASSERT(made.has_value());
        loop = std::move(*made);
    }

    /// Runs the loop here until somebody stops it. False when the deadline had to.
    bool run(std::chrono::seconds deadline = std::chrono::seconds(20))
    {
        std::mutex mutex; // guards done
        std::condition_variable wake;
        bool done = false;
        bool late = false;
        Thread guard("guard", [&] {
            std::unique_lock lock(mutex);
            late = !wake.wait_for(lock, deadline, [&] { return done; });
            if (late)
                loop->stop();
        });
        loop->run();
        {
            std::scoped_lock lock(mutex);
            done = true;
        }
        wake.notify_all();
        guard.join();
        return !late;
    }
};

} // namespace arc
