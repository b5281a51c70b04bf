// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// Prints where and what, then aborts. For our own mistakes only; bad input is a Result.
[[noreturn]] void assertionFailed(const char *expression, const char *file, int line) noexcept;

} // namespace arc

/// On in every build: a broken invariant must not serve traffic.
#define ARC_ASSERT(expression)                                                                     \
    (static_cast<bool>(expression) ? void()                                                        \
                                   : ::arc::assertionFailed(#expression, __FILE__, __LINE__))

/// Where the check itself costs too much for the request path: dev and sanitizer builds only.
#ifdef ARC_DEBUG
#define ARC_DEBUG_ASSERT(expression) ARC_ASSERT(expression)
#else
#define ARC_DEBUG_ASSERT(expression) void(sizeof(static_cast<bool>(expression))) // names stay used
#endif

/// Thread-safety annotations, read by clang (preset "clang"); nothing elsewhere.
#ifdef __clang__
#define ARC_GUARDED_BY(mutex) __attribute__((guarded_by(mutex)))
#else
#define ARC_GUARDED_BY(mutex)
#endif
