// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace arc {

/// A named thread that joins when destroyed. Signals are blocked in it: the main thread takes them
/// all.
class Thread {
public:
    Thread() = default;
    /// name: at most 15 characters, as the kernel shows it.
    Thread(std::string name, std::function<void()> body);
    Thread(Thread &&) = default;
    Thread &operator=(Thread &&other);
    ~Thread() { join(); }

    void join();
    bool joinable() const noexcept { return m_thread.joinable(); }

private:
    std::thread m_thread;
};

} // namespace arc
