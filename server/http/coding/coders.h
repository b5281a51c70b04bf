// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/http/coding/coder.h"

namespace arc {

// One file for each library; everybody else uses coder.h.
std::unique_ptr<Coder> makeGzipCoder(CodingLevel level);          ///< isa-l
std::unique_ptr<Coder> makeBrotliCoder(CodingLevel level);        ///< libbrotlienc
std::unique_ptr<Coder> makeZstdCoder(CodingLevel level);          ///< libzstd
std::string gzipWhole(CodingLevel level, std::string_view bytes); ///< libdeflate
/// mayTakeLong: CodingLevel::Small may use the strongest level there is.
std::string brotliWhole(CodingLevel level, bool mayTakeLong, std::string_view bytes);
std::string zstdWhole(CodingLevel level, bool mayTakeLong, std::string_view bytes);

/// Room that is made in an output before a library is asked for more of it.
inline constexpr size_t kCoderStep = 16 * 1024;

} // namespace arc
