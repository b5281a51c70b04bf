// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "server/config/document.h"

#include <functional>

namespace arc {

/// One committed revision, as the history lists it.
struct Revision {
    uint64_t number = 0;
    int64_t atUnixMs = 0;
    std::string author;  ///< "window", "ctl (ana)", "serve", ...
    std::string summary; ///< one line for people
    Diff diff;           ///< from the revision before it
};

struct StoredConfig {
    uint64_t revision = 0; ///< 0: nothing was ever committed
    Document document;
    std::vector<std::string>
        warnings; ///< kept but not understood (a newer version's keys), one sentence each
};

/// Where configuration lives. On one machine SQLite in its own thread; in a cluster something else.
///
/// Calls never block. Callbacks run on the loop that was given at construction (the control loop),
/// in order. A commit that was answered with success survives kill -9 of the engine and loss of
/// power.
class ConfigStore {
public:
    template <class T>
    using Callback = std::function<void(Result<T>)>;

    virtual ~ConfigStore() = default;

    virtual void load(Callback<StoredConfig> done) = 0;
    /// Replaces the document if the store is still at `expected`; answers the new revision's
    /// number. Conflict, and nothing changed, when somebody else committed in between.
    virtual void commit(uint64_t expected, Document document, std::string author,
                        std::string summary, Callback<uint64_t> done) = 0;
    /// Newest first.
    virtual void history(uint64_t before, size_t limit, Callback<std::vector<Revision>> done) = 0;
    /// The document as it was right after a revision.
    virtual void documentAt(uint64_t revision, Callback<Document> done) = 0;
    /// Finishes what was begun, then answers. No call may follow.
    virtual void close(Callback<void> done) = 0;
};

} // namespace arc
