// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/control/api/types.h"

namespace arc::api {

// Logs, and what an administrator tells somebody who helps: see types.h for how these travel.

/// One log there is. `id` is what the other operations take as source.
struct LogSource {
    std::string id;   ///< "engine", "access", "app:shop"
    std::string kind; ///< "engine", "access", "app"
    std::string name; ///< of an app; else empty
    std::string path;
    int64_t sizeBytes = 0; ///< with the rotated files
    int files = 0;
    bool removed = false; ///< of an app that is no more
    ARC_FIELDS(LogSource, ARC_FIELD("id", id), ARC_FIELD("kind", kind), ARC_FIELD("name", name),
               ARC_FIELD("path", path), ARC_FIELD("size_bytes", sizeBytes),
               ARC_FIELD("files", files), ARC_FIELD("removed", removed))
};
struct LogSources {
    std::string folder;
    int64_t fileBytesMax = 0; ///< a log is rotated at this size
    int filesMax = 0;         ///< rotated files that are kept of each
    std::vector<LogSource> sources;
    ARC_FIELDS(LogSources, ARC_FIELD("folder", folder), ARC_FIELD("file_bytes_max", fileBytesMax),
               ARC_FIELD("files_max", filesMax), ARC_FIELD("sources", sources))
};

struct LogQuery {
    std::string source; ///< of LogSource; "site:shop" is what that site writes
    std::string after;  ///< cursor of an earlier answer; empty: the newest lines
    int bytes = 65536;  ///< at most so many, the newest; up to 1 MiB
    std::string site;   ///< of the access log, only what this site answered
    ARC_FIELDS(LogQuery, ARC_FIELD("source", source), ARC_FIELD("after", after),
               ARC_FIELD("bytes", bytes), ARC_FIELD("site", site))
};
struct LogText {
    std::string source; ///< the log that was read
    std::string text;   ///< whole lines, oldest first
    std::string cursor;
    int64_t skippedLines = 0; ///< newer than `after`, but not in `text`; -1: some, not counted
    int64_t olderBytes = 0;   ///< what there is before `text`
    int64_t sizeBytes = 0;    ///< of the log with its rotated files
    int files = 0;
    ARC_FIELDS(LogText, ARC_FIELD("source", source), ARC_FIELD("text", text),
               ARC_FIELD("cursor", cursor), ARC_FIELD("skipped_lines", skippedLines),
               ARC_FIELD("older_bytes", olderBytes), ARC_FIELD("size_bytes", sizeBytes),
               ARC_FIELD("files", files))
};

/// One step of a search, newest lines first. Ask again with `next` of the answer as `from`.
struct LogSearch {
    std::string source;
    std::string text;
    bool regex = false;
    bool ignoreCase = false;
    std::string from; ///< empty: begins at the newest line
    int limit = 200;  ///< lines in one answer, up to 1000
    std::string site;
    ARC_FIELDS(LogSearch, ARC_FIELD("source", source), ARC_FIELD("text", text),
               ARC_FIELD("regex", regex), ARC_FIELD("ignore_case", ignoreCase),
               ARC_FIELD("from", from), ARC_FIELD("limit", limit), ARC_FIELD("site", site))
};
struct LogFound {
    std::vector<std::string> lines; ///< newest first
    std::string next;
    int64_t leftBytes = 0; ///< not looked through yet
    int64_t totalBytes = 0;
    bool done = false;
    ARC_FIELDS(LogFound, ARC_FIELD("lines", lines), ARC_FIELD("next", next),
               ARC_FIELD("left_bytes", leftBytes), ARC_FIELD("total_bytes", totalBytes),
               ARC_FIELD("done", done))
};

/// What the engine is and stands on, as it runs now.
struct About {
    std::string version;
    std::string build;                            ///< kind, compiler, id of the binary
    std::map<std::string, std::string> libraries; ///< "OpenSSL" → "3.0.17"
    std::string system;                           ///< "Debian GNU/Linux 12 (bookworm), Linux 6.1"
    std::string executable;
    std::string dataDir;
    std::string database;
    std::string logDir;
    ARC_FIELDS(About, ARC_FIELD("version", version), ARC_FIELD("build", build),
               ARC_FIELD("libraries", libraries), ARC_FIELD("system", system),
               ARC_FIELD("executable", executable), ARC_FIELD("data_dir", dataDir),
               ARC_FIELD("database", database), ARC_FIELD("log_dir", logDir))
};

} // namespace arc::api
