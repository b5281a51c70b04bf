// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/control/raw_call.h"

#include "server/base/file_descriptor.h"
#include "server/base/text.h"

#include <cstdlib>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace arc::test {

namespace {

constexpr int kWaitSeconds = 20;

bool isWhole(const std::string &answer, bool isHead)
{
    const size_t headEnd = answer.find("\r\n\r\n");
    if (headEnd == answer.npos)
        return false;
    const size_t at = answer.find("Content-Length: ");
    return isHead
        || (at < headEnd
            && answer.size() >= headEnd + 4 + std::strtoul(answer.c_str() + at + 16, nullptr, 10));
}

} // namespace

RawAnswer rawCall(const std::string &socketPath, const std::string &request)
{
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socketPath.data(), socketPath.size());
    const timeval limit {.tv_sec = kWaitSeconds, .tv_usec = 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
        || send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
        return {};
    std::string answer;
    char bytes[65536];
    while (!isWhole(answer, request.starts_with("HEAD "))) {
        const ssize_t got = recv(socket.get(), bytes, sizeof bytes, 0);
        if (got <= 0)
            break;
        answer.append(bytes, static_cast<size_t>(got));
    }
    if (!answer.starts_with("HTTP/1.1 "))
        return {};
    const size_t headEnd = std::min(answer.find("\r\n\r\n"), answer.size() - 4);
    const auto status = parseUnsigned(std::string_view(answer).substr(9, 3));
    return {.status = static_cast<int>(status ? *status : 0),
            .head = answer.substr(0, headEnd + 2),
            .body = answer.substr(headEnd + 4)};
}

} // namespace arc::test
