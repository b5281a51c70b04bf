// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace arc {

/// A command line cut into words as a shell cuts it (POSIX, Shell Command Language, 2.2 Quoting),
/// without one: blanks separate, '...' and "..." and \ hold together. Pure.
///
/// What else a shell would do is not done. Where that would surprise, because a character of
/// another meaning stands unquoted ("|", ">", "$", ...), the line is refused: Invalid, one
/// sentence. So is an empty line, and a quotation that does not end.
Result<std::vector<std::string>> commandWords(std::string_view text);
/// A line that is cut into these words again.
std::string commandLineOf(const std::vector<std::string> &words);

} // namespace arc
