// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/exchange.h"

#include <string>
#include <string_view>
#include <vector>

namespace arc {

class TlsStream;

/// Bytes on their way to one socket, in order: heads and small bodies copied into one text, larger
/// bodies referred to, parts of files by descriptor. Confined to its loop; pooled there, so that
/// its vectors keep their capacity.
///
/// Unbounded by itself: the connection starts no request while bytes wait, and a handler that
/// writes on in spite of isBacklogged() is charged to the buffer budget.
class OutputQueue {
public:
    /// Copying this much costs less than a place in the gather list and a counted reference.
    static constexpr size_t kCopyMax = 4096;
    /// Bytes of one connection before others get their turn.
    static constexpr uint64_t kTurnBytesMax = 2 * 1024 * 1024;
    /// So much of a file in one piece is worth having the kernel do TLS, where it can. DATA of
    /// HTTP/2 never is: two system calls for each 16 KiB frame cost more than the copies they save.
    static constexpr uint64_t kKernelFileBytes = 64 * 1024;

    /// FileEnded: the next bytes are of a file that has become shorter than announced.
    enum class Flush { Done, Blocked, MoreNextTurn, FileEnded, Failed };

    /// Text grows by what is appended to the string between openText() and closeText().
    std::string &openText() noexcept { return m_text; }
    void closeText();
    void addText(std::string_view text);
    /// stream: whose bytes they are, where several share the socket.
    void add(Chunk chunk, uint32_t stream = 0);

    /// Writes until everything is gone, the socket is full, or the turn's limit is reached.
    Flush flush(int socket) noexcept;
    /// The same through TLS. Bytes count as sent when they are encrypted; what the socket does not
    /// take then is held by the stream, and Blocked is told though nothing may be pending here.
    /// From the first large file on the kernel may be given the stream.
    Flush flush(TlsStream &tls, int socket) noexcept;

    /// After FileEnded: the stream of that file.
    uint32_t endedStream() const noexcept { return m_pieces[m_first].stream; }
    /// Puts zeros in the place of all parts of files of the stream that wait here: what frames have
    /// promised must come, whatever it is. The next flush goes on.
    void zeroFilesOf(uint32_t stream);

    uint64_t queuedTotal() const noexcept { return m_queued; }
    uint64_t sentTotal() const noexcept { return m_sent; }
    uint64_t pending() const noexcept { return m_queued - m_sent; }
    /// Memory that exists for this queue alone.
    uint64_t ownedBytes() const noexcept { return (m_textQueued - m_textSent) + m_counted; }
    void clear() noexcept;

private:
    enum class Kind : uint8_t { Text, Memory, File };
    struct Piece {
        Kind kind = Kind::Text;
        uint32_t stream = 0;
        uint64_t left = 0;
        uint64_t textAt = 0; ///< Text: place since clear()
        Chunk chunk;         ///< Memory, File: bytes and offset move on
    };
    static constexpr size_t kGatherMax = 64;

    /// The next bytes, in one piece and at most `size`; small pieces and file parts are put
    /// together in `scratch`. Empty: a file is shorter than announced.
    std::string_view nextBytes(size_t size, char *scratch) noexcept;
    bool comesToLargeFile() const noexcept;
    Flush flushInKernel(TlsStream &tls, int socket) noexcept;
    std::string_view memoryOf(const Piece &piece) const noexcept;
    ssize_t writeMemory(int socket, uint64_t &asked) noexcept;
    ssize_t writeFile(int socket) noexcept;
    void consume(uint64_t bytes) noexcept;
    void forgetSent() noexcept;

    std::string m_text;
    std::vector<Piece> m_pieces;
    size_t m_first = 0;      ///< of m_pieces, not yet sent
    uint64_t m_textBase = 0; ///< place of m_text[0]
    uint64_t m_textQueued = 0;
    uint64_t m_textSent = 0;
    uint64_t m_counted = 0;
    uint64_t m_queued = 0;
    uint64_t m_sent = 0;
};

} // namespace arc
