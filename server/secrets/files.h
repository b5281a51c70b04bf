// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>
#include <string_view>

namespace arc {

/// The whole of a small file. NotFound when it is not there, DataDir otherwise.
Result<std::string> readSmallFile(const std::string &path, size_t bytesMax);
/// Replaces a file whole or not at all, and is on the disk when it returns.
Result<void> replaceFile(const std::string &path, std::string_view bytes, unsigned mode);
Result<void> makeFolder(const std::string &path);

} // namespace arc
