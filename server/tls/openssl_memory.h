// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arc {

/// From now on the buffers that OpenSSL takes for one record and gives back after it
/// (SSL_MODE_RELEASE_BUFFERS) come out of a few that each thread keeps: they are too large for what
/// malloc keeps by thread, and cost as much there as the rest of a small record's bookkeeping.
///
/// For the whole process. Call before anything else of OpenSSL; false: it was too late, or this is
/// a build that watches memory, and nothing is changed.
bool keepRecordBuffers() noexcept;

} // namespace arc
