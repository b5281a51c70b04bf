// SPDX-License-Identifier: Apache-2.0
#include "server/http/session/http2_memory.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include <malloc.h>

namespace arc {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsWatched = true; // what is kept would hide that it is used after it was freed
#else
constexpr bool kIsWatched = false;
#endif

/// Of a piece, malloc needs eight bytes beside what may be used of it.
constexpr size_t kOwnBytes = 8;

} // namespace

Http2Memory::Http2Memory() noexcept
{
    m_functions.mem_user_data = this;
    m_functions.malloc = [](size_t size, void *self) {
        return static_cast<Http2Memory *>(self)->take(size);
    };
    m_functions.free = [](void *piece, void *self) {
        static_cast<Http2Memory *>(self)->give(piece);
    };
    m_functions.calloc = [](size_t count, size_t size, void *self) -> void * {
        if (size && count > SIZE_MAX / size)
            return nullptr;
        void *const piece = static_cast<Http2Memory *>(self)->take(count * size);
        return piece ? std::memset(piece, 0, count * size) : nullptr;
    };
    m_functions.realloc = [](void *piece, size_t size, void *) {
        return std::realloc(piece, size);
    };
}

Http2Memory::~Http2Memory()
{
    for (Shelf &shelf : m_shelves) {
        while (shelf.first)
            std::free(std::exchange(shelf.first, shelf.first->next));
    }
}

void *Http2Memory::take(size_t size) noexcept
{
    const size_t steps = std::max<size_t>(1, (size + kStep - kOwnBytes - 1) / kStep);
    if (kIsWatched || steps >= kShelves || !m_shelves[steps].first)
        return std::malloc(std::max<size_t>(1, size));
    Shelf &shelf = m_shelves[steps];
    --shelf.count;
    return std::exchange(shelf.first, shelf.first->next);
}

void Http2Memory::give(void *memory) noexcept
{
    if (!memory) // every second time
        return;
    const size_t usable = ::malloc_usable_size(memory);
    const size_t steps = usable / kStep;
    if (kIsWatched || !steps || usable % kStep != kOwnBytes || steps >= kShelves
        || m_shelves[steps].count == kKeptMax) {
        std::free(memory);
        return;
    }
    Shelf &shelf = m_shelves[steps];
    ++shelf.count;
    shelf.first = new (memory) Piece {shelf.first};
}

} // namespace arc
