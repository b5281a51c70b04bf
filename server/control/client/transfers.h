// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/control/api/control.h"
#include "server/loop/event_loop.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace arc {

/// One HTTP request of the client and what happens with its answer.
struct Transfer {
    ApiMethod method = ApiMethod::Get;
    std::string path; ///< with query, from the root
    std::string body;
    std::chrono::milliseconds timeout {};
    std::function<void(Result<std::string>)>
        done; ///< the body of a 200, else the error the engine told
};

/// HTTP over one Unix socket with connections kept alive: libcurl's multi interface on an
/// EventLoop. Confined to it.
class Transfers {
public:
    static constexpr size_t kTransfersMax = 256;
    static constexpr long kConnectionsMax = 8; ///< further transfers wait for one

    Transfers(EventLoop &loop, std::string socketPath, std::string author);
    ~Transfers(); ///< drops what is under way; no `done` is called
    Transfers(const Transfers &) = delete;

    void start(Transfer transfer);

private:
    struct Implementation;
    std::unique_ptr<Implementation> m_impl;
};

/// The libraries that run, by name: "libcurl", and "OpenSSL" as libcurl found it.
std::map<std::string, std::string> clientLibraries();

} // namespace arc
