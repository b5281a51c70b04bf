// SPDX-License-Identifier: Apache-2.0
// Every test is compiled with this.
#pragma once

#include <QtTest>

namespace arc::test {

/// How long QTRY_VERIFY and its like wait for their condition: QtTest's own 5 s end too early on a
/// machine that does several other things. Milliseconds.
constexpr int kTryPatience = 30'000;

} // namespace arc::test

#undef QTRY_VERIFY
#undef QTRY_VERIFY2
#undef QTRY_COMPARE
#define QTRY_VERIFY(expr) QTRY_VERIFY_WITH_TIMEOUT(expr, arc::test::kTryPatience)
#define QTRY_VERIFY2(expr, message)                                                                \
    QTRY_VERIFY2_WITH_TIMEOUT(expr, message, arc::test::kTryPatience)
#define QTRY_COMPARE(expr, expected)                                                               \
    QTRY_COMPARE_WITH_TIMEOUT(expr, expected, arc::test::kTryPatience)
