// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class ParseError;
class Validator;
} // namespace CLI

namespace arc {

// What the commands share of reading a command line.

/// One sentence about words that could not be understood: which one, and what would be. `root` has
/// parsed, and thrown `error`.
std::string usageSentence(const CLI::App &root, const CLI::ParseError &error);

/// For an option or word that is a whole number; says so in one sentence.
CLI::Validator wholeNumber(int64_t least, int64_t most = std::numeric_limits<int64_t>::max());

/// What may have been meant by words in front of which no command stands ("serv", "site add"):
/// one sentence. `words` is not empty; `commands` are those of the program.
std::string noSuchCommand(const std::vector<std::string> &words,
                          const std::vector<std::string_view> &commands);

/// An interpreter as people name it ("pypy3", ".venv/bin/python", "~" is the shell's) to an
/// absolute path; links stay, because an environment is known by its link. Invalid: not on PATH.
Result<std::string> interpreterPath(const std::string &named);

/// Absolute, links followed where they can be; what is wrong with it, the engine says.
std::string folderPath(const std::string &named);

/// Who runs this process: "anna", or "uid 1000" where nobody is called so.
std::string userName();

} // namespace arc
