// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/pool_under_test.h"

#include <atomic>
#include <vector>

namespace arc {

/// Clients that ask without end; every answer that is not a whole 200 is a loss.
class Load {
public:
    Load(PoolUnderTest &pool, int clients)
    {
        for (int i = 0; i < clients; ++i)
            m_threads.emplace_back("test-client", [this, port = pool.port()] { run(port); });
    }
    ~Load() { finish(); }
    void finish()
    {
        m_stop = true;
        m_threads.clear();
    }
    int answered() const { return m_answered; }
    int lost() const { return m_lost; }

private:
    void run(uint16_t port)
    {
        while (!m_stop) {
            ScriptedPeer peer(port);
            for (int i = 0; i < 50 && !m_stop; ++i) {
                peer.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
                const PeerAnswer answer = peer.readAnswer();
                ++(answer.status == 200 && answer.complete ? m_answered : m_lost);
                if (!answer.complete)
                    break;
            }
        }
    }
    std::atomic<bool> m_stop {false};
    std::atomic<int> m_answered {0};
    std::atomic<int> m_lost {0};
    std::vector<Thread> m_threads;
};

} // namespace arc
