// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_peer.h"

#include "server/base/text.h"

#include <cerrno>
#include <charconv>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace arc {

ScriptedPeer::ScriptedPeer(uint16_t port, int receiveBuffer)
    : m_socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    if (receiveBuffer)
        ::setsockopt(m_socket.get(), SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
    const int on = 1;
    ::setsockopt(m_socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address {};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(m_socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address)
        != 0)
        m_socket.reset();
}

void ScriptedPeer::send(std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t sent = ::send(m_socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0)
            return; // the server has closed; what it said is still to be read
        bytes.remove_prefix(static_cast<size_t>(sent));
    }
}

void ScriptedPeer::sendPieces(std::string_view bytes, size_t pieceBytes)
{
    for (; !bytes.empty(); bytes.remove_prefix(std::min(pieceBytes, bytes.size())))
        send(bytes.substr(0, pieceBytes));
}

void ScriptedPeer::shutdownWrite()
{
    ::shutdown(m_socket.get(), SHUT_WR);
}

void ScriptedPeer::closeWithReset()
{
    const linger reset {.l_onoff = 1, .l_linger = 0};
    ::setsockopt(m_socket.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    m_socket.reset();
}

bool ScriptedPeer::hasInput(std::chrono::milliseconds wait)
{
    pollfd waiting {.fd = m_socket.get(), .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, static_cast<int>(wait.count())) > 0;
}

bool ScriptedPeer::fill()
{
    if (m_ended || !hasInput(kDeadline))
        return false;
    char bytes[64 * 1024];
    const ssize_t count = ::recv(m_socket.get(), bytes, sizeof bytes, 0);
    if (count <= 0) {
        m_ended = true;
        m_reset = count < 0 && errno == ECONNRESET;
        return false;
    }
    m_input.append(bytes, static_cast<size_t>(count));
    return true;
}

std::string ScriptedPeer::takeUntil(std::string_view mark)
{
    size_t at = 0;
    while ((at = m_input.find(mark)) == m_input.npos) {
        if (!fill())
            return {};
    }
    std::string taken = m_input.substr(0, at + mark.size());
    m_input.erase(0, at + mark.size());
    return taken;
}

std::string ScriptedPeer::readBytes(size_t count)
{
    while (m_input.size() < count && fill()) { }
    std::string taken = m_input.substr(0, count);
    m_input.erase(0, taken.size());
    return taken;
}

std::string ScriptedPeer::readToEnd()
{
    while (fill()) { }
    return std::exchange(m_input, {});
}

bool ScriptedPeer::sawEnd()
{
    return m_input.empty() && !fill() && m_ended;
}

PeerAnswer ScriptedPeer::readAnswer(bool isHead)
{
    PeerAnswer answer;
    answer.head = takeUntil("\r\n\r\n");
    if (!answer.head.starts_with("HTTP/1.1 "))
        return answer;
    std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
    for (std::string_view line :
         split(std::string_view(answer.head).substr(0, answer.head.size() - 4), '\n')) {
        line = trim(line.substr(0, line.find('\r')));
        if (const size_t colon = line.find(':'); colon != line.npos)
            answer.headers[toLower(line.substr(0, colon))] = trim(line.substr(colon + 1));
    }
    if (isHead || answer.status < 200 || answer.status == 204 || answer.status == 304) {
        answer.complete = true;
    } else if (answer.headers.contains("transfer-encoding")) {
        readChunks(answer);
    } else if (const auto length = answer.headers.find("content-length");
               length != answer.headers.end()) {
        const size_t size = parseUnsigned(length->second).value_or(0);
        answer.body = readBytes(size);
        answer.complete = answer.body.size() == size;
    } else {
        answer.body = readToEnd();
        answer.complete = m_ended && !m_reset;
    }
    return answer;
}

void ScriptedPeer::readChunks(PeerAnswer &answer)
{
    for (;;) {
        const std::string line = takeUntil("\r\n");
        size_t size = 0;
        if (line.empty()
            || std::from_chars(line.data(), line.data() + line.size(), size, 16).ec != std::errc())
            return;
        const std::string data = readBytes(size + 2);
        if (!data.ends_with("\r\n"))
            return;
        answer.body.append(data, 0, size);
        if (!size) {
            answer.complete = true;
            return;
        }
    }
}

} // namespace arc
