// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/control/scripted_engine.h"

#include "server/base/version.h"
#include "server/control/api/wire.h"

#include <cstring>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace arc::test {

namespace {

/// One request, head and body by Content-Length; empty when the peer left.
std::string readRequest(int fd, std::string &pending)
{
    char bytes[65536];
    for (;;) {
        const size_t headEnd = pending.find("\r\n\r\n");
        if (headEnd != pending.npos) {
            const size_t at = pending.find("Content-Length: ");
            const size_t length =
                at < headEnd ? std::strtoul(pending.c_str() + at + 16, nullptr, 10) : 0;
            if (pending.size() >= headEnd + 4 + length) {
                std::string request = pending.substr(0, headEnd + 4 + length);
                pending.erase(0, request.size());
                return request;
            }
        }
        const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
        if (got <= 0)
            return {};
        pending.append(bytes, static_cast<size_t>(got));
    }
}

} // namespace

ScriptedEngine::ScriptedEngine(std::string socketPath, Script script)
    : m_path(std::move(socketPath)), m_script(std::move(script)),
      m_listener(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, m_path.data(), m_path.size());
    unlink(m_path.c_str());
    if (bind(m_listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
        || ::listen(m_listener.get(), 16) != 0)
        std::abort();
    m_thread = Thread("scripted", [this] {
        while (!m_stopping) {
            const FileDescriptor connection(
                accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            if (!connection)
                return;
            ++m_connections;
            m_open = connection.get();
            if (!m_stopping)
                serve(connection.get());
            m_open = -1;
        }
    });
}

ScriptedEngine::~ScriptedEngine()
{
    m_stopping = true;
    shutdown(m_listener.get(), SHUT_RDWR); // wakes accept
    if (const int open = m_open; open >= 0)
        shutdown(open, SHUT_RDWR);
    m_thread.join();
    unlink(m_path.c_str());
}

void ScriptedEngine::serve(int fd)
{
    std::string pending;
    for (;;) {
        const std::string request = readRequest(fd, pending);
        if (request.empty())
            return;
        const std::string answer = m_script(request);
        if (answer == "hang") {
            char byte = 0;
            (void)!recv(fd, &byte, 1, 0);
            return;
        }
        if (answer.empty() || send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0)
            return;
        if (answer.find("Connection: close") != answer.npos)
            return;
    }
}

std::string ScriptedEngine::json(const std::string &body, int status)
{
    return fmt::format(
        "HTTP/1.1 {} X\r\nContent-Type: application/json\r\n{}: {}\r\nContent-Length: {}\r\n\r\n{}",
        status, api::kVersionHeader, api::versionText({api::kApiVersion, kVersion}), body.size(),
        body);
}

} // namespace arc::test
