// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/tidy/tree.h"

namespace arc::tidy {

// Each rule answers its findings: "path:line: what is wrong, and what to do instead".

/// Includes follow the table of allowed arrows (ARCHITECTURE.md); third-party headers stay in the
/// modules that own them.
QStringList checkArrows(const std::vector<SourceFile> &files);
/// Files of code at most 600 lines, main.cpp 150, functions 70, lines of C++ 100 columns.
QStringList checkSizes(const std::vector<SourceFile> &files);
/// Calls that have a better replacement here.
QStringList checkBannedCalls(const std::vector<SourceFile> &files);
/// First line names the licence; exactly one such line.
QStringList checkLicenceLines(const std::vector<SourceFile> &files);
/// Every .cpp of the program stands in a CMakeLists.txt.
QStringList checkEverySourceIsBuilt(const std::vector<SourceFile> &files);

} // namespace arc::tidy
