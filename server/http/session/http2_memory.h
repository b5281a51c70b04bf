// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include <nghttp2/nghttp2.h>

namespace arc {

/// What nghttp2 allocates for the connections of one loop. A stream takes a dozen small pieces and
/// gives them back when it ends; ten streams of one read do so in a row, which is more than malloc
/// keeps at hand for a thread. A bounded number of pieces of each size waits here instead. Confined
/// to its loop; outlives the sessions.
class Http2Memory {
public:
    Http2Memory() noexcept;
    ~Http2Memory();
    Http2Memory(const Http2Memory &) = delete;

    nghttp2_mem *functions() noexcept { return &m_functions; }

private:
    struct Piece {
        Piece *next;
    };
    struct Shelf {
        Piece *first = nullptr;
        size_t count = 0;
    };
    static constexpr size_t kStep = 16; ///< between sizes, as malloc has them
    static constexpr size_t kShelves = 32;
    static constexpr size_t kKeptMax = 128; ///< pieces of one size

    void *take(size_t size) noexcept;
    void give(void *memory) noexcept;

    nghttp2_mem m_functions {};
    std::array<Shelf, kShelves> m_shelves {}; ///< by how many steps a piece has
};

} // namespace arc
