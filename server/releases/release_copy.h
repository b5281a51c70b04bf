// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/releases/folder_scan.h"

#include <memory>
#include <string>
#include <vector>

namespace arc {

/// A folder that is to become a release.
struct CopyOrder {
    std::string folder; ///< of the app
    std::string store;  ///< releases/<app> in the data directory
    ReleaseRules rules;
    std::string serving;            ///< a release; empty: the folder itself
    std::vector<std::string> known; ///< releases to take unchanged files from, best first
    std::shared_ptr<CopyProgress> progress;
};

struct ReleaseMade {
    std::string id;
    int64_t files = 0;
    int64_t bytes = 0;
    int64_t addedBytes = 0; ///< that no release before had
    bool isNew = false;     ///< false: there was one with the same content
};

/// Copies a folder into <store>/<id>, whole or not at all: it is made under a name that begins with
/// a dot, brought to the disk, and renamed. Files that are as they were in a known release are
/// links to it and are not even read. Blocks for as long as the disk takes; one at a time in a
/// store.
Result<ReleaseMade> makeRelease(const CopyOrder &order);

} // namespace arc
