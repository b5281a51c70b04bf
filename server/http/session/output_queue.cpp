// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/output_queue.h"

#include "server/base/text.h"

#include <algorithm>
#include <cerrno>

#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace arc {

namespace {

/// A text that grew beyond this in one burst is not kept for the next connection.
constexpr size_t kKeptTextMax = 256 * 1024;
/// Sent text and pieces are cut off the front when they reach this much and half of all.
constexpr size_t kForgetText = 16 * 1024;
constexpr size_t kForgetPieces = 64;

} // namespace

void OutputQueue::closeText()
{
    const uint64_t end = m_textBase + m_text.size();
    const uint64_t grown = end - m_textQueued;
    if (!grown)
        return;
    if (m_first < m_pieces.size() && m_pieces.back().kind == Kind::Text)
        m_pieces.back().left += grown; // text pieces next to each other are one range
    else
        m_pieces.push_back(
            {.kind = Kind::Text, .left = grown, .textAt = m_textQueued, .chunk = {}});
    m_textQueued = end;
    m_queued += grown;
}

void OutputQueue::addText(std::string_view text)
{
    m_text.append(text);
    closeText();
}

void OutputQueue::add(Chunk chunk, uint32_t stream)
{
    const uint64_t size = chunk.size();
    if (!size)
        return;
    if (!chunk.file && size <= kCopyMax) {
        addText(chunk.bytes);
        return;
    }
    if (chunk.counted)
        m_counted += size;
    m_queued += size;
    const Kind kind = chunk.file ? Kind::File : Kind::Memory;
    m_pieces.push_back({.kind = kind, .stream = stream, .left = size, .chunk = std::move(chunk)});
}

void OutputQueue::zeroFilesOf(uint32_t stream)
{
    for (size_t at = m_first; at < m_pieces.size(); ++at) {
        Piece &piece = m_pieces[at];
        if (piece.kind != Kind::File || piece.stream != stream)
            continue;
        piece.kind = Kind::Memory;
        piece.chunk = Chunk::own(std::string(static_cast<size_t>(piece.left), '\0'));
        m_counted += piece.left;
    }
}

OutputQueue::Flush OutputQueue::flush(int socket) noexcept
{
    const uint64_t turnEnd = m_sent + kTurnBytesMax;
    while (m_first < m_pieces.size()) {
        if (m_sent >= turnEnd) {
            forgetSent();
            return Flush::MoreNextTurn;
        }
        const bool isFile = m_pieces[m_first].kind == Kind::File;
        uint64_t asked = 0;
        const ssize_t sent = isFile ? writeFile(socket) : writeMemory(socket, asked);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN) {
            forgetSent();
            return Flush::Blocked;
        }
        if (sent <= 0)
            return sent == 0 && isFile ? Flush::FileEnded : Flush::Failed;
        consume(static_cast<uint64_t>(sent));
        // A short count says the socket is full, so the call that would say EAGAIN is saved.
        if (!isFile && static_cast<uint64_t>(sent) < asked) {
            forgetSent();
            return Flush::Blocked;
        }
    }
    clear();
    return Flush::Done;
}

std::string_view OutputQueue::memoryOf(const Piece &piece) const noexcept
{
    if (piece.kind == Kind::Text)
        return {m_text.data() + (piece.textAt - m_textBase), piece.left};
    return piece.chunk.bytes;
}

ssize_t OutputQueue::writeMemory(int socket, uint64_t &asked) noexcept
{
    iovec parts[kGatherMax];
    size_t count = 0;
    size_t at = m_first;
    for (; at < m_pieces.size() && count < kGatherMax && m_pieces[at].kind != Kind::File; ++at) {
        const Piece &piece = m_pieces[at];
        parts[count++] = {const_cast<char *>(memoryOf(piece).data()), piece.left};
        asked += piece.left;
    }
    // The file's first bytes then share a packet with the head before them.
    const int more = at < m_pieces.size() ? MSG_MORE : 0;
    if (count == 1)
        return ::send(socket, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL | more);
    msghdr message {};
    message.msg_iov = parts;
    message.msg_iovlen = count;
    return ::sendmsg(socket, &message, MSG_NOSIGNAL | more);
}

ssize_t OutputQueue::writeFile(int socket) noexcept
{
    const Piece &piece = m_pieces[m_first];
    off_t from = static_cast<off_t>(piece.chunk.offset);
    return ::sendfile(socket, piece.chunk.file->get(), &from, std::min(piece.left, kTurnBytesMax));
}

void OutputQueue::consume(uint64_t bytes) noexcept
{
    m_sent += bytes;
    while (bytes) {
        Piece &piece = m_pieces[m_first];
        const uint64_t step = std::min(bytes, piece.left);
        bytes -= step;
        piece.left -= step;
        if (piece.kind == Kind::Text) {
            piece.textAt += step;
            m_textSent += step;
        } else if (piece.kind == Kind::File) {
            piece.chunk.offset += step;
        } else {
            if (piece.chunk.counted)
                m_counted -= step;
            piece.chunk.bytes.remove_prefix(step);
        }
        if (!piece.left) {
            piece.chunk = {};
            ++m_first;
        }
    }
}

void OutputQueue::forgetSent() noexcept
{
    if (m_first >= kForgetPieces && m_first * 2 >= m_pieces.size()) {
        m_pieces.erase(m_pieces.begin(), m_pieces.begin() + static_cast<ptrdiff_t>(m_first));
        m_first = 0;
    }
    const uint64_t sent = m_textSent - m_textBase;
    if (sent >= kForgetText && sent * 2 >= m_text.size()) {
        m_text.erase(0, sent);
        m_textBase = m_textSent;
    }
}

void OutputQueue::clear() noexcept
{
    m_pieces.clear();
    m_first = 0;
    if (m_text.capacity() > kKeptTextMax)
        freeMemory(m_text);
    m_text.clear();
    m_textBase = m_textQueued = m_textSent = 0;
    m_counted = 0;
    m_sent = m_queued;
}

} // namespace arc
