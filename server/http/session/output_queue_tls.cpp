// SPDX-License-Identifier: Apache-2.0
// OutputQueue through TLS: records instead of system calls.
#include "server/http/session/output_queue.h"
#include "server/tls/tls_loop.h"
#include "server/tls/tls_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace arc {

namespace {

OutputQueue::Flush leaveThrough(TlsStream &tls, int socket) noexcept
{
    switch (tls.flush(socket)) {
    case TlsStream::Flush::Done:
        return OutputQueue::Flush::Done;
    case TlsStream::Flush::Blocked:
        return OutputQueue::Flush::Blocked;
    case TlsStream::Flush::Failed:
        break;
    }
    return OutputQueue::Flush::Failed;
}

} // namespace

std::string_view OutputQueue::nextBytes(size_t size, char *scratch) noexcept
{
    const Piece &first = m_pieces[m_first];
    const bool isAlone = m_first + 1 == m_pieces.size();
    if (first.kind != Kind::File && (first.left >= size || isAlone))
        return memoryOf(first).substr(0, size);
    size_t filled = 0;
    for (size_t at = m_first; at < m_pieces.size() && filled < size; ++at) {
        const Piece &piece = m_pieces[at];
        const size_t step = static_cast<size_t>(std::min<uint64_t>(piece.left, size - filled));
        if (piece.kind != Kind::File) {
            std::memcpy(scratch + filled, memoryOf(piece).data(), step);
            filled += step;
            continue;
        }
        ssize_t count = 0;
        do {
            count = ::pread(piece.chunk.file->get(), scratch + filled, step,
                            static_cast<off_t>(piece.chunk.offset));
        } while (count < 0 && errno == EINTR);
        if (count > 0)
            filled += static_cast<size_t>(count);
        if (count != static_cast<ssize_t>(step))
            break; // shorter than announced: what is there goes out first
    }
    return {scratch, filled};
}

/// At once, or behind a head.
bool OutputQueue::comesToLargeFile() const noexcept
{
    size_t at = m_first;
    if (m_pieces[at].kind == Kind::Text && at + 1 < m_pieces.size())
        ++at;
    return m_pieces[at].kind == Kind::File && m_pieces[at].left >= kKernelFileBytes;
}

/// As to a plain socket: what an alert of the stream leaves over.
OutputQueue::Flush OutputQueue::flushInKernel(TlsStream &tls, int socket) noexcept
{
    if (tls.held()) {
        if (const Flush left = leaveThrough(tls, socket); left != Flush::Done)
            return left;
    }
    if (m_first == m_pieces.size())
        return Flush::Done;
    if (!tls.isWritable())
        return Flush::Failed;
    const uint64_t before = m_sent;
    const Flush done = flush(socket);
    tls.kernelTook(m_sent - before, done == Flush::Done, socket);
    return done == Flush::Done && tls.held() ? Flush::Blocked : done;
}

OutputQueue::Flush OutputQueue::flush(TlsStream &tls, int socket) noexcept
{
    if (tls.isInKernel())
        return flushInKernel(tls, socket);
    const auto leave = [&tls, socket] {
        return leaveThrough(tls, socket);
    };
    if (tls.held()) {
        if (const Flush left = leave(); left != Flush::Done)
            return left;
    }
    const uint64_t turnEnd = m_sent + kTurnBytesMax;
    while (m_first < m_pieces.size()) {
        if (m_sent >= turnEnd) {
            forgetSent();
            const Flush left = leave();
            return left == Flush::Done ? Flush::MoreNextTurn : left;
        }
        if (comesToLargeFile() && tls.mayMoveToKernel()) {
            if (const Flush left = leave(); left != Flush::Done) {
                forgetSent();
                return left;
            }
            if (tls.moveToKernel(socket))
                return flushInKernel(tls, socket);
        }
        const std::string_view bytes = nextBytes(tls.recordBytes(), tls.loop().plainBuffer());
        if (bytes.empty())
            return Flush::FileEnded;
        const size_t taken = tls.write(bytes);
        if (taken) {
            consume(taken);
            continue;
        }
        const Flush left = leave(); // the gathered records fill a write
        if (left != Flush::Done) {
            forgetSent();
            return left;
        }
        if (!tls.isWritable())
            return Flush::Failed;
    }
    clear();
    return leave();
}

} // namespace arc
