// SPDX-License-Identifier: Apache-2.0
#include "server/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace arc {

void assertionFailed(const char *expression, const char *file, int line) noexcept
{
    std::fprintf(stderr, "arcology: internal error: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

} // namespace arc
