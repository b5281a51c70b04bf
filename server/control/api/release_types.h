// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

namespace arc::api {

/// One copy of an app's folder.
struct ReleaseView {
    std::string id;
    std::string folder; ///< that it was copied from
    int64_t madeUnixMs = 0;
    std::string by; ///< who asked for it
    int64_t files = 0;
    int64_t bytes = 0;
    int64_t addedBytes = 0; ///< of them those that no release before it had
    /// "copied" (never served), "serves", "served", "refused" (its workers did not start)
    std::string state;
    std::string cause;      ///< of "refused" and "copied": why it does not serve, one sentence
    int64_t lastUnixMs = 0; ///< when that began; of "served": when it took over the last time
    ARC_FIELDS(ReleaseView, ARC_FIELD("id", id), ARC_FIELD("folder", folder),
               ARC_FIELD("made_unix_ms", madeUnixMs), ARC_FIELD("by", by),
               ARC_FIELD("files", files), ARC_FIELD("bytes", bytes),
               ARC_FIELD("added_bytes", addedBytes), ARC_FIELD("state", state),
               ARC_FIELD("cause", cause), ARC_FIELD("last_unix_ms", lastUnixMs))
};

struct ReleaseViews {
    std::string app;
    std::string folder;    ///< that a deploy copies
    int64_t copies = 0;    ///< that are kept; 0: off, the folder itself is served
    std::string serving;   ///< a release; empty: the folder itself
    std::string deploying; ///< "", "copying", "checking", "starting"
    int64_t deployingSinceUnixMs = 0;
    int64_t filesDone = 0; ///< of what is being copied
    int64_t files = 0;     ///< 0: not counted yet
    int64_t bytesDone = 0;
    int64_t bytes = 0;
    std::vector<ReleaseView> releases; ///< newest first
    ARC_FIELDS(ReleaseViews, ARC_FIELD("app", app), ARC_FIELD("folder", folder),
               ARC_FIELD("copies", copies), ARC_FIELD("serving", serving),
               ARC_FIELD("deploying", deploying),
               ARC_FIELD("deploying_since_unix_ms", deployingSinceUnixMs),
               ARC_FIELD("files_done", filesDone), ARC_FIELD("files", files),
               ARC_FIELD("bytes_done", bytesDone), ARC_FIELD("bytes", bytes),
               ARC_FIELD("releases", releases))
};

/// Empty `release`: the one that served before.
struct ReleaseChoice {
    std::string id; ///< of the site
    std::string release;
    ARC_FIELDS(ReleaseChoice, ARC_FIELD("id", id), ARC_FIELD("release", release))
};

} // namespace arc::api
