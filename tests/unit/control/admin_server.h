// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/admin/admin_handler.h"
#include "server/base/thread.h"
#include "server/http/http_loop.h"
#include "server/loop/event_loop.h"
#include "tests/support/fake_control.h"

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace arc::test {

/// The real admin front and the operations endpoints over a real Unix socket, with a FakeControl
/// behind them, on a loop in its own thread.
class AdminServer final : public ControlProvider {
public:
    /// `ownUid`: whom the front takes for its own user.
    AdminServer(const std::string &socketPath, uint32_t ownUid);
    ~AdminServer() override;

    /// Runs on the server's loop and waits for it.
    template <class F>
    auto onLoop(F work)
    {
        using Value = decltype(work(m_fake));
        auto promise = std::make_shared<std::promise<Value>>();
        auto value = promise->get_future();
        m_loop->post([this, promise, work] {
            if constexpr (std::is_void_v<Value>) {
                work(m_fake);
                promise->set_value();
            } else {
                promise->set_value(work(m_fake));
            }
        });
        return value.get();
    }
    std::string unhealthy; ///< what the operations endpoints are told; change it on the loop
    std::string notReady;
    std::vector<std::string> authors()
    {
        return onLoop([this](FakeControl &) { return m_authors; });
    }

    std::shared_ptr<Control> as(std::string author, Role role) override;

private:
    FakeControl m_fake;
    std::vector<std::string> m_authors;
    MetricsRegistry m_registry {1};
    std::unique_ptr<LogRing> m_accessLog;
    std::unique_ptr<EventLoop> m_loop;
    std::unique_ptr<HttpLoop> m_http;
    Thread m_thread;
};

} // namespace arc::test
