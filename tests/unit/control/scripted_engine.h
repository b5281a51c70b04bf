// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/file_descriptor.h"
#include "server/base/thread.h"

#include <atomic>
#include <functional>
#include <string>

namespace arc::test {

/// What listens where an engine should: gives raw bytes for each request it reads, one connection
/// after the other. An empty answer, and one that says "Connection: close", closes the connection;
/// the word "hang" keeps it open and silent until the peer or we close.
class ScriptedEngine {
public:
    using Script = std::function<std::string(const std::string &request)>;

    ScriptedEngine(std::string socketPath, Script script);
    ~ScriptedEngine();

    int connections() const { return m_connections; }
    static std::string json(const std::string &body, int status = 200);

private:
    void serve(int fd);

    const std::string m_path;
    const Script m_script;
    FileDescriptor m_listener;
    std::atomic<int> m_connections {0};
    std::atomic<int> m_open {-1};
    std::atomic<bool> m_stopping {false};
    Thread m_thread;
};

} // namespace arc::test
