// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/base/error.h"
#include "server/releases/copy_file.h"
#include "server/releases/manifest.h"

#include <string>
#include <vector>

namespace arc {

/// What a release of a folder holds: release.shared, release.exclude and the limits.
struct ReleaseRules {
    std::vector<std::string> shared;
    std::vector<std::string> exclude;
    int64_t filesMax = 0;
    int64_t bytesMax = 0;
    std::string dataDir; ///< of the engine, which is no part of an app
};

/// What would go into a release of a folder, without what is in the files. Refused with a sentence
/// that names the file and what to do: what the app writes and each release would have a copy of
/// its own of (databases, uploads), what cannot be copied, what leads out of the folder. Blocks.
Result<Manifest> scanFolder(const std::string &folder, const ReleaseRules &rules,
                            CopyProgress &progress);

/// How a database is refused, by whomever it is found.
Error refuseDatabase(const std::string &path);

/// Conflict: something of the folder is not as `seen` has it.
Result<void> checkUnchanged(const std::string &folder, const ReleaseRules &rules,
                            const Manifest &seen);

} // namespace arc
