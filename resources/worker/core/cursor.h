// SPDX-License-Identifier: Apache-2.0
// Reading a payload that may end anywhere. What is read beyond its end is zero or empty, and noted.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const uint8_t *at, *end;
    bool isShort; ///< more was read than there is
} Cursor;

typedef struct {
    const char *data;
    size_t size;
} View;

static inline bool has(Cursor *cursor, size_t size)
{
    if ((size_t)(cursor->end - cursor->at) >= size)
        return true;
    cursor->isShort = true;
    cursor->at = cursor->end;
    return false;
}

static inline unsigned takeU8(Cursor *cursor)
{
    return has(cursor, 1) ? *cursor->at++ : 0;
}

static inline unsigned takeU16(Cursor *cursor)
{
    if (!has(cursor, 2))
        return 0;
    cursor->at += 2;
    return cursor->at[-2] | (unsigned)cursor->at[-1] << 8;
}

static inline uint64_t takeLong(Cursor *cursor, unsigned bytes)
{
    uint64_t value = 0;
    if (!has(cursor, bytes))
        return 0;
    for (unsigned i = 0; i < bytes; ++i)
        value |= (uint64_t)cursor->at[i] << 8 * i;
    cursor->at += bytes;
    return value;
}

static inline View takeString(Cursor *cursor)
{
    const size_t size = takeU16(cursor);
    if (!has(cursor, size))
        return (View) {"", 0};
    cursor->at += size;
    return (View) {(const char *)cursor->at - size, size};
}
