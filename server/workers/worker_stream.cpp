// SPDX-License-Identifier: Apache-2.0
#include "server/workers/worker_stream.h"

#include "server/base/assert.h"

#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace arc {

namespace {

constexpr size_t kReadBytes = 64 * 1024;
constexpr size_t kKeptBytes = 64 * 1024; // buffers above this are given back when empty

/// One per loop: a read is parsed before the next begins.
char *readBuffer() noexcept
{
    alignas(64) thread_local char buffer[kReadBytes];
    return buffer;
}

} // namespace

WorkerStream::WorkerStream(EventLoop &loop, FileDescriptor socket, Owner &owner)
    : m_loop(loop), m_owner(owner), m_socket(std::move(socket))
{
    m_event.watchInput(m_loop, m_socket.get(), &WorkerStream::ready, this);
}

WorkerStream::~WorkerStream()
{
    close();
}

void WorkerStream::close() noexcept
{
    m_event.stop();
    m_socket.reset();
}

void WorkerStream::send(const protocol::Frame &frame)
{
    if (!isOpen())
        return;
    protocol::appendFrame(m_out, frame);
    if (!m_waitsToWrite)
        m_loop.atEndOfTurn(*this);
}

void WorkerStream::ready(void *context, Readiness ready) noexcept
{
    auto *self = static_cast<WorkerStream *>(context);
    self->m_peerClosed = self->m_peerClosed || ready.closed;
    if (ready.writable && self->m_waitsToWrite)
        self->flush();
    if (self->isOpen() && (ready.readable || ready.closed))
        self->readOn();
}

bool WorkerStream::readOn() noexcept
{
    for (int reads = 0; isOpen() && reads < kReadsPerTurn; ++reads) {
        const ssize_t size = ::recv(m_socket.get(), readBuffer(), kReadBytes, MSG_DONTWAIT);
        if (size > 0) {
            take({readBuffer(), static_cast<size_t>(size)});
            if (static_cast<size_t>(size) < kReadBytes && !m_peerClosed)
                return false; // drained; the next byte, or the end, is a new edge
            continue;
        }
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return false;
        // A worker that dies with our bytes unread resets the connection: the same end.
        fail(size == 0 || errno == ECONNRESET ? "" : strerror(errno), false);
        return false;
    }
    if (!isOpen())
        return false;
    m_owner.onMoreToRead();
    return true;
}

void WorkerStream::take(std::string_view bytes) noexcept
{
    if (m_partial.empty()) {
        const size_t used = parse(bytes);
        if (isOpen() && used < bytes.size())
            m_partial.assign(bytes.substr(used));
        return;
    }
    m_partial.append(bytes);
    const size_t used = parse(m_partial);
    m_partial.erase(0, used);
    if (m_partial.empty() && m_partial.capacity() > kKeptBytes)
        m_partial.shrink_to_fit();
}

/// Hands over every whole frame; returns the bytes they took.
size_t WorkerStream::parse(std::string_view bytes) noexcept
{
    size_t used = 0;
    while (isOpen()) {
        const protocol::FrameRead read = protocol::readWorkerFrame(bytes.substr(used));
        if (read.step == protocol::Step::NeedMore)
            break;
        const char *complaint =
            read.step == protocol::Step::Refuse ? read.complaint : m_owner.onFrame(read.frame);
        if (complaint) {
            fail(complaint, true);
            break;
        }
        used += read.bytesUsed;
    }
    return used;
}

void WorkerStream::fail(std::string reason, bool violation) noexcept
{
    if (!isOpen())
        return;
    close();
    m_owner.onClosed(std::move(reason), violation);
}

void WorkerStream::flush() noexcept
{
    while (isOpen() && m_outSent < m_out.size()) {
        const ssize_t size = ::send(m_socket.get(), m_out.data() + m_outSent,
                                    m_out.size() - m_outSent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size > 0) {
            m_outSent += static_cast<size_t>(size);
            continue;
        }
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            if (!m_waitsToWrite) {
                m_waitsToWrite = true;
                m_event.watchBoth(m_loop, m_socket.get(), &WorkerStream::ready, this);
            }
            if (m_outSent > kKeptBytes) {
                m_out.erase(0, m_outSent);
                m_outSent = 0;
            }
            return;
        }
        break; // the peer is gone: reading finds its last frames and then the end
    }
    m_out.clear();
    m_outSent = 0;
    if (m_out.capacity() > kKeptBytes)
        m_out.shrink_to_fit();
    if (m_waitsToWrite && isOpen()) {
        m_waitsToWrite = false;
        m_event.watchInput(m_loop, m_socket.get(), &WorkerStream::ready, this);
    }
}

} // namespace arc
